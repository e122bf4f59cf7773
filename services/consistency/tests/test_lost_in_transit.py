"""C-020: what left must arrive; what may still be under way, or is never recorded, is left alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-020"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def sent(number: str, out: str | None = "2024-05-01", arrived: str | None = None, **more: object) -> Row:
    row: Row = {"transfer": number, "product": "A", "from_location": "W", "to_location": "L", "qty_out": 10}
    return {**row, "out_ts": out, "out_ts_date": out, "in_ts": arrived, "in_ts_date": arrived, **more}


def sound(to: str = "L") -> list[Row]:
    """Eight transfers that took two days each, the last arrival on 30 June."""
    days = ["2024-05-01", "2024-05-06", "2024-05-13", "2024-05-20", "2024-06-01", "2024-06-10", "2024-06-20"]
    rows = [sent(f"OK{to}{n}", day, day[:-2] + f"{int(day[-2:]) + 2:02d}") for n, day in enumerate(days)]
    return [{**row, "to_location": to} for row in [*rows, sent(f"OK{to}8", "2024-06-28", "2024-06-30")]]


def run(folder: Path, transfers: list[Row], movements: list[Row] | None = None, **more: Any) -> Trial:
    tables = {"transfers": [*sound(), *transfers], "products": MASTER, **more}
    if movements:
        tables["movements"] = movements
    return try_rules(RULE, tables, folder)


def told(trial: Trial) -> list[tuple[str, str]]:
    return sorted((f["identity"]["transfer"], f["severity"]) for f in trial.findings)


def test_what_never_arrived_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [sent("T1", sender="U7")])
    outcome = trial.outcomes["C-020"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 9, 1, 0)
    (finding,) = trial.findings
    identity = {"transfer": "T1", "product": "A", "lot": None, "location": "L", "from_location": "W"}
    assert finding["identity"] == identity
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(-10), Decimal(20), "high")
    assert (finding["period_start"].isoformat(), finding["period_end"].isoformat()) == ("2024-05-01", "2024-05-01")
    assert finding["title_en"] == (
        "Transfer T1 of A, W to L: 10 units left on 2024-05-01 and have not arrived, due by 2024-05-03"
    )
    assert finding["title_es"].startswith("Traspaso T1 de A, W a L: 10 unidades salieron el 01/05/2024")
    assert [row["role"] for row in trial.proof(finding)] == ["transfer"]


@pytest.mark.parametrize(
    ("out", "more", "severities"),
    [
        ("2024-06-25", {}, []),
        ("2024-06-24", {}, ["medium"]),
        ("2024-06-10", {}, ["high"]),
        ("2024-06-10", {"promised_at": "2024-06-27", "promised_at_date": "2024-06-27"}, []),
        ("2024-05-01", {"status": "cancelled"}, []),
        ("2024-05-01", {"status": "received"}, []),
        ("2024-05-01", {"qty_out": 0}, []),
    ],
)
def test_what_may_be_under_way_or_came_is_no_finding(
    tmp_path: Path, out: str, more: Row, severities: list[str]
) -> None:
    assert [severity for _, severity in told(run(tmp_path, [sent("T1", out, **more)]))] == severities


def test_an_entry_in_the_ledger_is_an_arrival(tmp_path: Path) -> None:
    entry = {"movement": "M1", "type": "transfer_in", "product": "A", "location": "L", "ref_id": "T1", "qty": 10}
    other = {**entry, "movement": "M2", "ref_id": "T2", "type": "transfer_out", "location": "W", "qty": -10}
    rows = [{**row, "ts": "2024-05-03", "ts_date": "2024-05-03"} for row in (entry, other)]
    trial = run(tmp_path, [sent("T1"), sent("T2")], rows)
    assert told(trial) == [("T2", "high")]
    assert [row["role"] for row in trial.proof(trial.findings[0])] == ["transfer", "movement"]


def test_a_slow_lane_has_its_own_time(tmp_path: Path) -> None:
    """Stated days count where a lane has few arrivals, and arrivals where it has many."""
    slow = [sent("T1", "2024-06-01", to_location="FAR"), sent("T2", "2024-06-01", "2024-06-20", to_location="FAR")]
    lanes = [{"from_location": "W", "to_location": "FAR", "transit_days": "30"}]
    assert told(run(tmp_path / "stated", slow, lanes=lanes)) == []
    assert told(run(tmp_path / "of all", slow)) == [("T1", "medium")]
    ship = [sent(f"S{n}", "2024-04-01", "2024-05-30", to_location="SEA") for n in range(6)]
    assert told(run(tmp_path / "own", [*ship, sent("T1", "2024-05-01", to_location="SEA")])) == []


def test_places_that_never_record_arrivals_are_not_judged(tmp_path: Path) -> None:
    outcome = run(tmp_path, [sent(f"T{n}", to_location="KIOSK") for n in range(5)]).outcomes["C-020"]
    assert (outcome.status, outcome.unknown, outcome.facts["not_compared"]) == (RuleStatus.PASSED, 5, "5")


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    rows = [sent("T1", None), sent("T2", qty_out=None), sent("T3", in_ts_source="soon")]
    outcome = run(tmp_path, rows).outcomes["C-020"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 3)


def test_lines_and_lots_are_told_apart_and_lines_of_one_product_are_not(tmp_path: Path) -> None:
    rows = [sent("T1", line="1"), sent("T1", line="2"), sent("T2", lot="X"), sent("T2", None, lot="Y")]
    rows[3] |= {"out_ts": "2024-05-01", "out_ts_date": "2024-05-01", "in_ts": "2024-05-03", "in_ts_date": "2024-05-03"}
    trial = run(tmp_path, rows)
    found = sorted((f["identity"]["transfer"], f["identity"]["lot"], f["delta_qty"]) for f in trial.findings)
    assert found == [("T1", None, -20), ("T2", "X", -10)]


def test_what_came_back_to_its_source_did_not_get_lost(tmp_path: Path) -> None:
    entry = {"movement": "M1", "type": "transfer_in", "product": "A", "location": "W", "ref_id": "T1", "qty": 10}
    rows = [{**entry, "ts": "2024-05-09", "ts_date": "2024-05-09"}]
    assert told(run(tmp_path, [sent("T1"), sent("T2")], rows)) == [("T2", "high")]


def test_a_place_whose_record_of_arrivals_ends_early(tmp_path: Path) -> None:
    """K's arrivals were exported until the end of April: several that should have come later are unknown, one not."""
    known = [sent(f"K{n}", f"2024-04-{n:02d}", f"2024-04-{n + 2:02d}", to_location="K") for n in range(1, 21)]
    lost = sent("LOST", "2024-04-05", to_location="K")
    late = [sent(f"LATE{n}", f"2024-05-{n:02d}", to_location="K") for n in (2, 9, 16)]
    trial = run(tmp_path, [*known, lost, *late])
    assert (told(trial), trial.outcomes["C-020"].unknown) == ([("LOST", "high")], 3)
    assert told(run(tmp_path / "one", [*known, late[0]])) == [("LATE2", "high")]
