"""C-038: a reversal undoes one movement, once, in its place and by its quantity."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-038"]
MASTER = [{"product": "A", "unit_cost": "2"}]
Row = dict[str, Any]


def moved(number: str, qty: object, of: str | None = None, day: str = "2024-05-10", **more: object) -> Row:
    value = {"value_delta": None if qty is None else 2 * int(str(qty))}
    row: Row = {"movement": number, "product": "A", "location": "L", "qty": qty, "reversal_of": of, **value}
    return {**row, "ts": day, "ts_date": day, **more}


def run(folder: Path, movements: list[Row]) -> Trial:
    """A ledger since January with three sound reversals, and these rows."""
    sound = [moved(f"OK{n}", 4, day="2024-01-01") for n in range(3)]
    sound += [moved(f"NO{n}", -4, f"OK{n}", "2024-01-05") for n in range(3)]
    return try_rules(RULE, {"movements": [*sound, *movements], "products": MASTER}, folder)


def told(trial: Trial) -> list[tuple[str, str, str, Any]]:
    return sorted(
        (f["identity"]["reversal_of"], f["identity"]["code"], f["severity"], f["impact"]) for f in trial.findings
    )


def test_a_movement_that_was_reversed_twice_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [moved("M1", -5), moved("R1", 5, "M1"), moved("R2", 5, "M1", "2024-05-12")])
    outcome = trial.outcomes["C-038"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 1, 0)
    (finding,) = trial.findings
    identity = {"reversal_of": "M1", "movement": None, "product": "A", "location": "L", "code": "twice"}
    assert finding["identity"] == identity
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(5), Decimal(10), "high")
    assert finding["title_en"] == "Movement M1 of A, L: it is reversed 2 times (5 left of -5)"
    assert finding["title_es"] == "Movimiento M1 de A, L: está anulado 2 veces (quedan 5 de -5)"
    assert sorted((row["role"], row["key"]["movement"]) for row in trial.proof(finding)) == [
        *(("original", "M1"), ("reversal", "R1"), ("reversal", "R2")),
    ]


@pytest.mark.parametrize(
    ("rows", "told_as"),
    [
        ([moved("R1", 5, "GONE")], ("GONE", "no_original", "medium", 10)),
        ([moved("M1", -5), moved("R1", 4, "M1")], ("M1", "qty_differs", "medium", 2)),
        ([moved("M1", -5), moved("R1", -5, "M1")], ("M1", "qty_differs", "high", 20)),
        ([moved("M1", -5), moved("R1", 5, "M1", product="B")], ("M1", "other_key", "medium", 10)),
        ([moved("M1", -5), moved("R1", 5, "M1", location="L2")], ("M1", "other_key", "medium", 10)),
        ([moved("M1", -5), moved("R1", 5, "M1", value_delta="7")], ("M1", "value_differs", "low", 3)),
    ],
)
def test_every_way_a_reversal_can_fail(tmp_path: Path, rows: list[Row], told_as: tuple[str, str, str, int]) -> None:
    assert told(run(tmp_path, rows)) == [told_as]


@pytest.mark.parametrize(
    "rows",
    [
        [moved("M1", -5), moved("R1", 5, "M1"), moved("R2", -5, "R1"), moved("R3", 5, "M1")],
        [moved("M1", -5), moved("R1", 2, "M1"), moved("R2", 3, "M1")],
        [moved("R1", 5, "BEFORE", "2024-01-20")],
        [moved("M1", None), moved("R1", 5, "M1")],
        [moved("M1", -5), moved("M1", -6), moved("R1", 5, "M1")],
        [moved("M1", -5), moved("R1", 5, "M1", value_delta=None)],
        [moved("M1", -5), moved("R1", 5, "M1"), moved("R1", 5, "M1", _duplicate_file=0, _duplicate_record=1)],
    ],
    ids=[
        "reversal undone",
        "in two parts",
        "before the books",
        "unread",
        "number used twice",
        "no value",
        "row repeated",
    ],
)
def test_what_is_sound_or_cannot_be_known(tmp_path: Path, rows: list[Row]) -> None:
    assert told(run(tmp_path, rows)) == []


def test_numbers_that_mostly_mean_something_else_are_not_judged(tmp_path: Path) -> None:
    outcome = run(tmp_path, [moved(f"R{n}", 5, f"NOTE {n}") for n in range(5)]).outcomes["C-038"]
    assert (outcome.status, outcome.unknown, outcome.facts["without_original"]) == (RuleStatus.PASSED, 5, "5")


def test_where_stock_is_valued_anew_values_are_not_judged(tmp_path: Path) -> None:
    rows = [row for n in range(9) for row in (moved(f"M{n}", -5), moved(f"R{n}", 5, f"M{n}", value_delta="11"))]
    assert told(run(tmp_path, rows)) == []


def test_books_that_do_not_turn_the_sign_of_what_they_undo(tmp_path: Path) -> None:
    rows = [row for n in range(9) for row in (moved(f"M{n}", -5), moved(f"R{n}", -5, f"M{n}"))]
    outcome = run(tmp_path, rows).outcomes["C-038"]
    assert (outcome.failed, outcome.unknown) == (0, 9)
