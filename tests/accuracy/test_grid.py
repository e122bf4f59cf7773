"""What the grid adds up and promises, on marks made by hand."""

import pytest
from perito_simulator.evaluation.wilson import Share
from perito_simulator.faults.strength import SHARES, TIMES, Strength

from . import precision
from .grid import CELLS, MIDDLE, Mark, fails, rows_of, table

GOOD = Share(20, 20)


def mark(rule: str, found: Share, told: Share = GOOD, strength: Strength = MIDDLE, first: Share = GOOD) -> Mark:
    return Mark(rule, strength, found, told, first)


def test_the_grid_has_a_cell_for_each_share_and_magnitude() -> None:
    assert [(cell.share, cell.times) for cell in CELLS] == [(share, times) for share in SHARES for times in TIMES]
    assert MIDDLE in CELLS


def test_worlds_of_one_cell_are_added_and_cells_are_kept_apart() -> None:
    marks = [mark("P-020", Share(2, 3)), mark("P-020", Share(3, 3)), mark("P-020", Share(0, 3), strength=CELLS[0])]
    (row,) = rows_of(marks)
    assert isinstance(row, dict)
    cells = row["recall"]
    assert isinstance(cells, list)
    assert cells[CELLS.index(MIDDLE)] == [5, 6]
    assert cells[0] == [0, 3]
    assert [cell for place, cell in enumerate(cells) if place not in {0, CELLS.index(MIDDLE)}] == [[0, 0]] * 7
    assert row["precision"] == [40, 40]
    assert "| P-020 | 0 (0 to 56) of 3 |" in table([row])


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([mark("V-001", Share(97, 100))], ["recall of V is 97.0 %, 98 % wanted"]),
        ([mark("C-001", Share(98, 100), Share(97, 100))], ["precision of C is 97.0 %, 98 % wanted"]),
        ([mark("P-020", Share(80, 100), Share(1, 100), first=Share(17, 20))], []),
        ([mark("P-020", Share(79, 100), first=Share(16, 20))], ["recall of P is 79.0 %, 80 % wanted"]),
        ([mark("P-020", Share(0, 100), strength=CELLS[0])], []),
        ([mark("C-001", Share(96, 100)), mark("C-005", Share(100, 100))], []),
    ],
)
def test_a_promise_is_about_the_middle_cell_of_a_phase(marks: list[Mark], said: list[str]) -> None:
    broken = fails(rows_of(marks))
    assert [one for one in broken if one in said or not said] == said


def test_nothing_measured_is_said_to_be_so() -> None:
    assert "Not measured" in table([])


def test_a_rule_is_as_sure_as_what_it_told_allows_and_few_findings_allow_nothing() -> None:
    marks = [mark("C-001", GOOD, Share(99, 100)), mark("P-020", GOOD, Share(19, 19))]
    # Wilson's lower bound of 99 of 100 is 0.9455.
    assert precision.text(rows_of(marks)) == '{\n "C-001": "0.94"\n}\n'
    assert precision.text([]) == "{}\n"


def test_what_rules_take_their_confidence_from_is_what_was_recorded() -> None:
    assert precision.main(["--check"]) == 0
