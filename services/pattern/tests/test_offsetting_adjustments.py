"""P-037: adjustments that undo each other in silence are told; reversals, counts and busy products are not."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-037"]
BEGINS = date(2025, 3, 1)

Row = Mapping[str, Any]


def on(day: int) -> str:
    return (BEGINS + timedelta(days=day)).isoformat()


def adjusted(product: str | None, day: int, qty: object, **more: object) -> Row:
    row = {"movement": f"{product}-{day}-{qty}", "product": product, "location": "L1", "type": "adjustment", "qty": qty}
    return {**row, "ts": on(day), "ts_date": on(day), "user": "U1", **more}


def run(folder: Path, rows: Sequence[Row], **more: Sequence[Row]) -> Trial:
    return try_rules(RULE, {"movements": rows, **more}, folder)


def test_down_and_up_again_within_a_week(tmp_path: Path) -> None:
    rows = [adjusted("A", 0, -5), adjusted("A", 4, 5, user="U2", reason="FOUND"), adjusted("B", 0, -5)]
    trial = run(tmp_path, rows)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L1"}
    assert (finding["period_start"], finding["period_end"]) == (BEGINS, BEGINS + timedelta(days=4))
    assert (finding["impact"], finding["severity"], finding["row_count"]) == (None, "low", 2)
    assert finding["title_en"] == (
        "A at L1: an adjustment of -5 on 2025-03-01 was undone by an opposite one on 2025-03-05, and neither says so"
    )
    assert [(row["role"], row["values"]["user"]) for row in trial.proof(finding)] == [
        ("first adjustment", "U1"),
        ("second adjustment", "U2"),
    ]
    outcome = trial.outcomes["P-037"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3, 1, 0)


def test_what_says_why_or_is_not_the_opposite_is_left_alone(tmp_path: Path) -> None:
    rows = [
        *(adjusted("reversed", 0, -5), adjusted("reversed", 2, 5, reversal_of="reversed-0--5")),
        *(adjusted("linked", 0, -5), adjusted("linked", 2, 5, ref_id="linked-0--5")),
        *(adjusted("same paper", 0, -5, ref_id="X"), adjusted("same paper", 2, 5, ref_id="X")),
        *(adjusted("late", 0, -5), adjusted("late", 8, 5)),
        *(adjusted("other", 0, -5), adjusted("other", 2, 4)),
        *(adjusted("single", 0, -1), adjusted("single", 2, 1)),
        *(adjusted("between", 0, -5), adjusted("between", 1, -2), adjusted("between", 2, 5)),
        *(adjusted("waste", 0, -5, type="waste"), adjusted("waste", 2, 5)),
        *(adjusted("moved", 0, -5), adjusted("moved", 2, 5, location="L2")),
    ]
    assert list(run(tmp_path, rows).findings) == []


def test_adjustments_that_post_counts_are_left_alone(tmp_path: Path) -> None:
    rows = [
        adjusted("A", 1, -5),
        adjusted("A", 4, 5),
        adjusted("B", 1, -5, ref_id="S1"),
        adjusted("B", 4, 5, ref_id="S2"),
    ]
    line = {"location": "L1", "system_qty": 10}
    counts = [
        {**line, "product": "A", "ts": on(0), "ts_date": on(0), "counted_qty": 5, "count_session": "S1"},
        {**line, "product": "A", "ts": on(4), "ts_date": on(4), "counted_qty": 15, "count_session": "S2"},
    ]
    assert len(run(tmp_path / "no counts", rows).findings) == 2
    assert list(run(tmp_path / "counts", rows, counts=counts).findings) == []


def test_a_product_that_is_adjusted_all_the_time_proves_nothing(tmp_path: Path) -> None:
    rows = [adjusted("A", day, 5 if day % 2 else -5) for day in range(0, 60, 3)]
    trial = run(tmp_path, rows)
    assert list(trial.findings) == []
    assert (trial.outcomes["P-037"].unknown, trial.outcomes["P-037"].facts["adjusted_every_week"]) == (20, "1")


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    rows = [
        adjusted("A", 0, None),
        adjusted("A", 2, 5),
        adjusted("B", 0, -5, ts=None, ts_date=None),
        adjusted(None, 3, 5),
    ]
    outcome = run(tmp_path, rows).outcomes["P-037"]
    assert (outcome.findings, outcome.evaluated, outcome.unknown) == (0, 4, 3)
