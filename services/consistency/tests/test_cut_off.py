"""C-031 and C-032: what was entered late, over a month end or beneath a count; batches and takeovers are left alone."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_consistency.rules") if rule.id in {"C-031", "C-032"}]
BEGINS = date(2024, 4, 1)
Row = dict[str, Any]


def moved(number: str, day: date, entered: date | None, **more: object) -> Row:
    on, posted = f"{day} 10:00:00", f"{entered} 20:00:00" if entered else None
    row: Row = {"movement": number, "type": "sale", "product": "A", "location": "L", "qty": -1, "user": "U1"}
    return {**row, "ts": on, "ts_date": day, "posted_at": posted, "posted_at_date": entered, **more}


def ledger(delay: int = 0, weekly: bool = False) -> list[Row]:
    """Ninety days of one movement each, entered some days later, or each week on its last day."""
    days = [BEGINS + timedelta(n) for n in range(90)]
    return [moved(f"M{n}", day, day + timedelta(6 - n % 7 if weekly else delay)) for n, day in enumerate(days)]


def run(folder: Path, movements: list[Row], **more: Any) -> Trial:
    return try_rules(RULES, {"movements": movements, **more}, folder)


def told(trial: Trial) -> list[tuple[str, ...]]:
    known = [
        (f["rule_id"], f["identity"].get("movement") or f["identity"]["month_end"], f["identity"]["code"])
        for f in trial.findings
    ]
    return sorted(known)


def test_an_entry_after_the_month_end_is_found_by_both(tmp_path: Path) -> None:
    trial = run(tmp_path, [*ledger(), moved("X", date(2024, 5, 29), date(2024, 6, 8))])
    assert told(trial) == [("C-031", "2024-05-31", "posted_after"), ("C-032", "X", "late")]
    cut, late = sorted(trial.findings, key=lambda f: f["rule_id"])
    assert cut["identity"] == {"feed": "movements", "location": "L", "month_end": "2024-05-31", "code": "posted_after"}
    assert (cut["observed"], cut["severity"], cut["impact"]) == ("1", "medium", None)
    assert cut["title_en"] == (
        "L: 1 row of the ledger that happened before, entered after the month end 2024-05-31,"
        " 10 days apart at most where 0 are usual"
    )
    assert cut["title_es"].startswith(
        "L: 1 fila del diario de lo ocurrido antes, con registro después del fin de mes 31/05/2024"
    )
    assert late["identity"] == {"movement": "X", "product": "A", "location": "L", "code": "late"}
    assert (late["observed"], late["period_start"], late["period_end"]) == ("10", date(2024, 5, 29), date(2024, 6, 8))
    assert late["title_en"] == "A at L: X, dated 2024-05-29, entered on 2024-06-08, 10 days later (0 are usual)"
    assert [row["values"]["user"] for row in trial.proof(late)] == ["U1"]
    assert [row["key"]["movement"] for row in trial.proof(cut)] == ["X"]
    counts = {rule: (o.evaluated, o.failed, o.unknown) for rule, o in trial.outcomes.items()}
    assert counts == {"C-031": (91, 1, 0), "C-032": (91, 1, 0)}


@pytest.mark.parametrize("books", [ledger(), ledger(1), ledger(5), ledger(weekly=True)])
def test_a_batch_is_as_usual(tmp_path: Path, books: list[Row]) -> None:
    trial = run(tmp_path, books)
    assert {o.status for o in trial.outcomes.values()} == {RuleStatus.PASSED}


def test_late_within_a_month_is_no_matter_of_cut_off_and_days_that_do_not_count(tmp_path: Path) -> None:
    rows = [moved("X", date(2024, 5, 10), date(2024, 5, 20)), moved("Y", date(2024, 5, 30), date(2024, 6, 2))]
    assert told(run(tmp_path, [*ledger(), *rows])) == [("C-032", "X", "late")]


def test_dated_ahead_over_a_month_end(tmp_path: Path) -> None:
    trial = run(tmp_path, [*ledger(), moved("X", date(2024, 6, 5), date(2024, 5, 25))])
    assert told(trial) == [("C-031", "2024-05-31", "dated_ahead")]


def test_what_was_taken_over_on_the_first_day_of_entries(tmp_path: Path) -> None:
    old = [moved(f"O{n}", BEGINS - timedelta(n), BEGINS) for n in range(1, 60)]
    trial = run(tmp_path, [*ledger(), *old])
    assert told(trial) == []
    assert trial.outcomes["C-032"].facts["rows_of_a_takeover"] == "60"


def test_each_kind_and_place_has_its_own_time(tmp_path: Path) -> None:
    """Receipts that wait a week for their papers, beside sales of the same night."""
    slow = [{**row, "movement": f"R{n}", "type": "receipt"} for n, row in enumerate(ledger(7))]
    rows = [*ledger(), *slow, moved("X", date(2024, 5, 29), date(2024, 6, 5))]
    assert told(run(tmp_path, rows)) == [("C-031", "2024-05-31", "posted_after"), ("C-032", "X", "late")]


def test_an_entry_beneath_a_count(tmp_path: Path) -> None:
    counts = [{"ts": "2024-05-15 22:00:00", "ts_date": date(2024, 5, 15), "product": "A", "location": "L"}]
    rows = [moved("X", date(2024, 5, 14), date(2024, 5, 16)), moved("Y", date(2024, 5, 15), date(2024, 5, 16))]
    rows += [
        moved("Z", date(2024, 5, 16), date(2024, 5, 18)),
        moved("B", date(2024, 5, 14), date(2024, 5, 16), product="B"),
    ]
    trial = run(tmp_path, [*ledger(), *rows], counts=[{**row, "system_qty": 5, "counted_qty": 5} for row in counts])
    assert told(trial) == [("C-032", "X", "below_count")]
    assert trial.findings[0]["title_es"].endswith("(lo habitual: 0), tras un conteo suyo")
    assert [row["role"] for row in trial.proof(trial.findings[0])] == ["movement", "count"]


def test_receipts_have_month_ends_too(tmp_path: Path) -> None:
    days = [BEGINS + timedelta(n) for n in range(90)]
    papers: list[Row] = [
        {"document": f"R{n}", "line": "1", "location": "W", "ts": d, "ts_date": d, "posted_at": d, "posted_at_date": d}
        for n, d in enumerate(days)
    ]
    papers.append({**papers[59], "document": "X", "posted_at": days[70], "posted_at_date": days[70]})
    trial = run(tmp_path, ledger(), receipts=papers)
    assert [(f["identity"]["feed"], f["identity"]["month_end"]) for f in trial.findings] == [("receipts", "2024-05-31")]
    assert [row["key"]["document"] for row in trial.proof(trial.findings[0])] == ["X"]


def test_rows_without_a_time_are_unknown(tmp_path: Path) -> None:
    trial = run(tmp_path, [*ledger(), moved("X", date(2024, 5, 29), None)])
    assert {o.unknown for o in trial.outcomes.values()} == {1}
