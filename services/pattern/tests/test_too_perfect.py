"""P-039: a session without a difference is told where others find many; good books and short sessions are not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-039"]

Row = Mapping[str, Any]


def counted(place: str, session: str, number: int, differ: int, **more: object) -> list[Row]:
    row = {"location": place, "count_session": session, "ts": "2025-05-05", "ts_date": "2025-05-05", "system_qty": 9}
    return [{**row, "product": f"P{n}", "counted_qty": 8 if n < differ else 9, **more} for n in range(number)]


def others(differ: int = 10, places: int = 3, sessions: int = 4) -> list[Row]:
    return [
        row
        for place in range(places)
        for session in range(sessions)
        for row in counted(f"L{place}", f"S{place}{session}", 60, differ)
    ]


def run(folder: Path, counts: Sequence[Row], **more: Sequence[Row]) -> Trial:
    return try_rules(RULE, {"counts": counts, **more}, folder)


def told(trial: Trial) -> list[str]:
    return sorted(f["identity"]["count_session"] for f in trial.findings)


def test_a_long_session_without_a_difference(tmp_path: Path) -> None:
    trial = run(tmp_path, [*others(), *counted("T", "X", 100, 0), *counted("T", "Y", 100, 9)])
    (finding,) = trial.findings
    assert finding["identity"] == {"location": "T", "count_session": "X"}
    assert finding["title_en"] == "Count X at T: 100 lines and not one difference, where 16.7 were to be expected"
    assert (finding["impact"], finding["severity"], len(trial.proof(finding))) == (None, "low", 100)
    outcome = trial.outcomes["P-039"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (14, 1, 0)
    assert outcome.facts["perfect_sessions"] == "1"


def test_how_fast_it_was_counted_is_said(tmp_path: Path) -> None:
    times = [{"count_session": "X", "started_at": "2025-05-05 08:00:00", "ended_at": "2025-05-05 08:02:00"}]
    (finding,) = run(tmp_path, [*others(), *counted("T", "X", 100, 0)], count_sessions=times).findings
    assert finding["title_en"].endswith("were to be expected, in 1.2 seconds a line")
    assert (finding["severity"], finding["measures"]["seconds_per_line"]) == ("medium", "1.2")


def test_what_honest_counts_give_is_left_alone(tmp_path: Path) -> None:
    perfect = counted("T", "X", 100, 0)
    assert told(run(tmp_path / "good books", [*others(1), *perfect])) == []
    assert told(run(tmp_path / "short", [*others(), *counted("T", "X", 19, 0)])) == []
    assert told(run(tmp_path / "one difference", [*others(), *counted("T", "X", 100, 1)])) == []
    assert told(run(tmp_path / "nobody else", perfect)) == []
    usual = [row for n in range(3) for row in counted("L9", f"Q{n}", 120, 0)]
    assert told(run(tmp_path / "usual", [*others(), *usual, *perfect])) == []


def test_a_place_is_compared_with_like_quantities(tmp_path: Path) -> None:
    two = {"system_qty": 2, "counted_qty": 2}
    small = [row for n in range(5) for row in counted("L9", f"Q{n}", 90, 0, **two)]
    singles = [{**row, "counted_qty": 1} if row["product"] == "P0" else row for row in small]
    few = counted("T", "X", 100, 0, **two)
    assert told(run(tmp_path, [*others(), *singles, *few])) == []


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    outcome = run(tmp_path, [*others(), *counted("T", "X", 100, 0, system_qty=None)]).outcomes["P-039"]
    assert (outcome.findings, outcome.evaluated, outcome.unknown) == (0, 13, 1)


def test_a_session_that_ends_when_it_begins_says_nothing_of_the_pace(tmp_path: Path) -> None:
    times = [{"count_session": "X", "started_at": "2025-05-05", "ended_at": "2025-05-05"}]
    (finding,) = run(tmp_path, [*others(), *counted("T", "X", 100, 0)], count_sessions=times).findings
    assert finding["severity"] == "low"
    assert "seconds" not in finding["title_en"]
