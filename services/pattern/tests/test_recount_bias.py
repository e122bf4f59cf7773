"""P-040: whom recounts always correct to one side is told; errors up and down, and those of all, are not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-040"]

Row = Mapping[str, Any]


def recounted(counter: str | None, less: int, more: int, **other: object) -> list[Row]:
    """Recounts that found one unit less, and one unit more, than was counted."""
    row = {"location": "L1", "ts": "2025-05-05 10:00:00", "ts_date": "2025-05-05", "counter": counter, "counted_qty": 9}
    return [
        {**row, "product": f"{counter}{n}", "recount_qty": found, **other}
        for n, found in enumerate([8] * less + [10] * more)
    ]


def run(folder: Path, *lists: Sequence[Row]) -> Trial:
    return try_rules(RULE, {"counts": [row for rows in lists for row in rows]}, folder)


def told(trial: Trial) -> list[str]:
    return sorted(f["identity"]["counter"] for f in trial.findings)


def test_one_who_always_counts_too_much(tmp_path: Path) -> None:
    trial = run(tmp_path, recounted("T", 20, 0), recounted("A", 10, 10), recounted("B", 12, 14))
    (finding,) = trial.findings
    assert finding["identity"] == {"counter": "T"}
    assert finding["title_en"] == "T: 20 of 20 recounts found less than was counted; about 10 were to be expected"
    assert (finding["impact"], finding["severity"], len(trial.proof(finding))) == (None, "low", 20)
    assert trial.proof(finding)[0]["values"]["recount_qty"] == "8"
    outcome = trial.outcomes["P-040"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3, 1, 0)


def test_honest_counters_are_left_alone(tmp_path: Path) -> None:
    assert told(run(tmp_path / "both ways", recounted("T", 13, 7), recounted("A", 10, 10))) == []
    assert told(run(tmp_path / "everybody", *(recounted(name, 2, 18) for name in "ABC"))) == []
    assert told(run(tmp_path / "few", recounted("T", 9, 0), recounted("A", 10, 10))) == []
    himself = recounted("T", 20, 0, recounter="T")
    assert told(run(tmp_path / "himself", himself, recounted("A", 10, 10))) == []


def test_what_agrees_or_cannot_be_read_does_not_count(tmp_path: Path) -> None:
    same = recounted("T", 20, 0, recount_qty=9)
    unread = recounted("U", 20, 0, recount_qty=None)
    outcome = run(tmp_path, same, unread, recounted("A", 4, 4), recounted(None, 20, 0)).outcomes["P-040"]
    assert (outcome.findings, outcome.evaluated, outcome.unknown) == (0, 1, 1)
