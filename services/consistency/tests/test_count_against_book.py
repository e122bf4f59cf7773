"""C-033: the book quantity on a count sheet against the stock recomputed to its day."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .stock_books import FEED, moved, sold, stock

RULE = [rule for rule in load_rules("perito_consistency.rules") if rule.id == "C-033"]


def count(day: str, system: object, product: str = "A", **more: object) -> dict[str, Any]:
    row: dict[str, Any] = {"ts": day, "ts_date": day, "product": product, "location": "L1", "system_qty": system}
    return {**row, "counted_qty": system, **more}


def run(folder: Path, counts: list[Any], movements: list[Any], **tables: Any) -> Trial:
    params = {"C-033": tables.pop("params", {})}
    master = [{"product": "A", "unit_cost": 2}]
    return try_rules(
        RULE, {"counts": counts, "movements": movements, "products": master, **tables}, folder, params=params
    )


OPENING = [stock("2024-07-31", 10), stock("2024-07-31", 10, "B")]
MOVES = [moved("2024-08-05", "sale", -3), moved("2024-08-05", "sale", -3, "B")]


def test_a_sheet_with_another_quantity_is_found_and_a_true_one_is_not(tmp_path: Path) -> None:
    trial = run(tmp_path, [count("2024-08-10", 9), count("2024-08-10", 7, "B")], MOVES, inventory=OPENING)
    outcome = trial.outcomes["C-033"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    assert (finding["identity"]["product"], finding["observed"], finding["expected"]) == ("A", "9", "7")
    assert (finding["impact"], finding["measures"]["book_from"], finding["measures"]["cost_source"]) == (
        Decimal(4),
        "snapshot before",
        "products",
    )
    assert (str(finding["period_start"]), str(finding["period_end"])) == ("2024-08-01", "2024-08-10")
    assert finding["title_en"] == "A at L1: the count of 2024-08-10 was taken against 9, the books had 7 (2)"
    assert "se hizo contra 9" in finding["title_es"]
    assert [row["role"] for row in trial.proof(finding)] == ["snapshot", "movement", "count"]


@pytest.mark.parametrize(("system", "off"), [(10, False), (7, False), (8, True)])
def test_a_count_may_be_taken_before_or_after_the_movement_of_its_day(tmp_path: Path, system: int, off: bool) -> None:
    trial = run(tmp_path, [count("2024-08-05", system)], MOVES, inventory=OPENING)
    assert (len(trial.findings) == 1) is off


def test_a_quantity_between_the_movements_of_the_day_is_unknown(tmp_path: Path) -> None:
    movements = [*MOVES, moved("2024-08-05", "receipt", 20)]
    outcome = run(tmp_path / "between", [count("2024-08-05", 8)], movements, inventory=OPENING).outcomes["C-033"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 1)
    assert len(run(tmp_path / "outside", [count("2024-08-05", 31)], movements, inventory=OPENING).findings) == 1


def test_the_snapshot_of_the_day_is_the_book(tmp_path: Path) -> None:
    inventory = [*OPENING, stock("2024-08-10", 50)]
    (finding,) = run(tmp_path, [count("2024-08-10", 7)], MOVES, inventory=inventory).findings
    assert (finding["expected"], finding["measures"]["book_from"]) == ("50", "snapshot of the day")


def test_without_snapshots_counts_start_from_each_other_and_a_difference_is_told_once(tmp_path: Path) -> None:
    counts = [count("2024-08-01", 10), count("2024-08-10", 9), count("2024-08-20", 9)]
    trial = run(tmp_path, counts, MOVES)
    (finding,) = trial.findings
    assert (str(finding["period_end"]), finding["delta_qty"]) == ("2024-08-10", 2)
    assert finding["measures"]["book_from"] == "count before"
    assert (trial.outcomes["C-033"].unknown, trial.outcomes["C-033"].facts["first_counts_of_a_key"]) == (1, "1")
    assert [row["role"] for row in trial.proof(finding)] == ["count before", "movement", "count"]


def test_an_adjustment_on_the_day_of_the_count_before_may_stand_before_or_after_it(tmp_path: Path) -> None:
    movements = [*MOVES, moved("2024-08-01", "adjustment", -2)]
    for number, system in enumerate((7, 5)):
        counts = [count("2024-08-01", 10), count("2024-08-10", system)]
        assert run(tmp_path / str(number), counts, movements).findings == []


def test_a_feed_of_sales_counts_where_it_moves_stock(tmp_path: Path) -> None:
    tables: dict[str, Any] = {"inventory": OPENING, "sales": [sold("2024-08-05", 3)]}
    movements = [moved("2024-08-01", "receipt", 0)]
    assert run(tmp_path / "feed", [count("2024-08-10", 7)], movements, conventions=FEED, **tables).findings == []
    assert len(run(tmp_path / "ledger", [count("2024-08-10", 7)], movements, **tables).findings) == 1


def test_lots_are_told_apart_only_where_all_books_keep_them(tmp_path: Path) -> None:
    counts = [count("2024-08-10", 4, lot="X"), count("2024-08-10", 6, lot="Y")]
    lots = [stock("2024-07-31", 4, lot="X"), stock("2024-07-31", 5, lot="Y")]
    (finding,) = run(tmp_path / "lots", counts, [moved("2024-08-02", "sale", 0, lot="X")], inventory=lots).findings
    assert (finding["identity"]["lot"], finding["delta_qty"]) == ("Y", 1)
    outcome = run(tmp_path / "none", counts, MOVES, inventory=OPENING).outcomes["C-033"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 2)


def test_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    counts = [count("2024-08-10", None), count("2024-08-10", 7, "B"), count("2024-08-10", 1, "C")]
    movements = [*MOVES, moved("2024-08-06", "sale", None, "B"), moved(None, "sale", 1, "C")]
    outcome = run(tmp_path, counts, movements, inventory=[*OPENING, stock("2024-07-31", 5, "C")]).outcomes["C-033"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 3, 3)


def test_the_tolerance_is_in_base_units(tmp_path: Path) -> None:
    books = ([count("2024-08-10", "7.5")], MOVES)
    assert len(run(tmp_path / "zero", *books, inventory=OPENING).findings) == 1
    assert run(tmp_path / "loose", *books, inventory=OPENING, params={"tolerance": "0.5"}).findings == []


MOVED = st.lists(st.tuples(st.integers(2, 27), st.integers(-5, 5)), max_size=8)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=MOVED, days=st.sets(st.integers(2, 27), min_size=1, max_size=4), shift=st.integers(0, 3), early=st.booleans()
)
def test_sheets_printed_from_the_books_hold_and_a_lasting_shift_is_told_once(
    tmp_path_factory: Any, moves: list[tuple[int, int]], days: set[int], shift: int, early: bool
) -> None:
    """Sheets printed before or after the day's movements; from the first on the system is off by thousands."""
    counts: list[dict[str, Any]] = []
    for day in sorted(days):
        book = 100 + sum(qty for d, qty in moves if (d < day if early else d <= day))
        counts.append(count(f"2024-08-{day:02d}", book + 1000 * shift))
    rows = [moved(f"2024-08-{day:02d}", "adjustment", qty) for day, qty in moves] or [
        moved("2024-08-01", "adjustment", 0)
    ]
    trial = run(tmp_path_factory.mktemp("law"), counts, rows, inventory=[stock("2024-07-31", 100)])
    assert [abs(f["delta_qty"] - 1000 * shift) < 100 for f in trial.findings] == ([True] if shift else [])


def test_counts_outside_the_days_of_the_ledger_are_unknown(tmp_path: Path) -> None:
    """Forty days sell one a day: a count of the winter before, and one of the summer after, are not led to by them."""
    ledger = [moved(f"2024-0{3 + n // 31}-{1 + n % 31:02d}", "sale", -1) for n in range(40)]
    lists = [stock("2024-02-29", 100)]
    trial = run(
        tmp_path, [count("2023-12-01", 7), count("2024-03-20", 50), count("2024-08-01", 9)], ledger, inventory=lists
    )
    assert [(f["observed"], f["expected"]) for f in trial.findings] == [("50", "80")]
    assert trial.outcomes["C-033"].unknown == 2
