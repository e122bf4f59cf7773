"""P-044: a receiver and a supplier whose goods are missing later are told; goods that always shrink are not."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-044"]
BEGINS = date(2025, 3, 1)

Row = Mapping[str, Any]


def received(
    user: str, supplier: str, number: int, missing: int, *, days: int = 20, **more: object
) -> tuple[list[Row], list[Row]]:
    """Receipts of products of their own, each counted `days` later; of the first `missing` two units are not there."""
    lines: list[Row] = []
    counts: list[Row] = []
    for n in range(number):
        key = {"product": f"{user}{supplier}{n}", "location": "L1"}
        came, counted = BEGINS.isoformat(), (BEGINS + timedelta(days=days)).isoformat()
        line = {"document": f"{user}{supplier}{n}", "line": "1", "user": user, "supplier": supplier, "qty": 10}
        lines.append({**key, **line, "accepted": 10, "rejected": 0, "ts": came, "ts_date": came, **more})
        found = 8 if n < missing else 10
        counts.append({**key, "ts": counted, "ts_date": counted, "system_qty": 10, "counted_qty": found})
    return lines, counts


def run(folder: Path, *pairs: tuple[Sequence[Row], Sequence[Row]]) -> Trial:
    lines, counts = ([row for rows in pairs for row in rows[part]] for part in (0, 1))
    return try_rules(RULE, {"receipts": lines, "counts": counts}, folder)


def told(trial: Trial) -> list[tuple[str, str]]:
    return sorted((f["identity"]["user"], f["identity"]["supplier"]) for f in trial.findings)


HONEST = [received("A", "V", 30, 1), received("T", "W", 30, 1), received("A", "W", 30, 2)]


def test_what_one_accepts_of_one_supplier_is_missing_later(tmp_path: Path) -> None:
    trial = run(tmp_path, received("T", "V", 20, 15), *HONEST)
    (finding,) = trial.findings
    assert finding["identity"] == {"user": "T", "supplier": "V"}
    assert finding["title_en"] == (
        "T and supplier V: of 20 receipts that were counted later, 15 were accepted in full and then found short;"
        " about 1 were to be expected"
    )
    assert (finding["impact"], finding["severity"], len(trial.proof(finding))) == (None, "medium", 15)
    outcome = trial.outcomes["P-044"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (4, 1, 0)


def test_what_is_missing_whoever_received_it_is_left_alone(tmp_path: Path) -> None:
    assert told(run(tmp_path / "supplier", received("T", "V", 20, 15), received("B", "V", 20, 14), *HONEST)) == []
    assert told(run(tmp_path / "receiver", received("T", "V", 20, 15), received("T", "X", 20, 14), *HONEST)) == []
    assert told(run(tmp_path / "few", received("T", "V", 9, 9), *HONEST)) == []


def test_what_was_refused_counted_late_or_not_read_is_left_alone(tmp_path: Path) -> None:
    assert told(run(tmp_path / "refused", received("T", "V", 20, 15, accepted=8, rejected=2), *HONEST)) == []
    assert told(run(tmp_path / "late", received("T", "V", 20, 15, days=61), *HONEST)) == []
    unknown = received("T", "V", 20, 15, accepted=None, rejected=None)
    assert told(run(tmp_path / "unknown", unknown, *HONEST)) == []
    lines, counts = received("T", "V", 20, 15)
    unread = [{**row, "counted_qty": None} for row in counts]
    trial = run(tmp_path / "unread", (lines, unread), *HONEST)
    assert (told(trial), trial.outcomes["P-044"].unknown) == ([], 1)
