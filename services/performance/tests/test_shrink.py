"""K-13, K-14 and K-15: what was lost between counts, found once, with known losses apart and the basis said."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus

from .figures import Row, figure, measure, plain, shuffled, values

WHERE = {"product": "A", "location": "L1"}
MASTER = [{"product": "A", "category": "Food", "supplier": "S1", "unit_cost": 10, "unit_price": 20}]
FEED = [{"name": "sales_move_stock", "value": "feed"}, {"name": "currency", "value": "EUR"}]
LEDGER = [{"name": "sales_move_stock", "value": "ledger"}]


def stock(day: str, qty: object, **more: object) -> dict[str, Any]:
    return {"snapshot_date": day, **WHERE, "qty": qty, **more}


def count(day: str, qty: object, **more: object) -> dict[str, Any]:
    return {"ts": day, "ts_date": day, **WHERE, "counted_qty": qty, **more}


def moved(day: str | None, kind: str | None, qty: object, **more: object) -> dict[str, Any]:
    return {"movement": f"{day}{kind}{qty}", "ts": day, "ts_date": day, "type": kind, **WHERE, "qty": qty, **more}


def sold(day: str, qty: int, **more: object) -> dict[str, Any]:
    return {"document": day, "ts": day, "ts_date": day, **WHERE, "qty": qty, "line_total": 20 * qty, **more}


def books(counts: Sequence[Row], movements: Sequence[Row], **more: object) -> dict[str, Any]:
    tables = {"products": MASTER, "inventory": STOCK, "sales": SALES, "conventions": FEED}
    return {**tables, "counts": counts, "movements": movements, **more}


# 100 + 20 received - 12 sold - 3 wasted: 105 should be there on 10 August, and 95 were. 95 - 4 sold + 2 transferred in:
# 93 should be there on 31 August, and 90 were. Lost: 10 + 3 unknown, 3 known. The adjustment books the first loss.
STOCK = [stock("2024-07-15", 55), stock("2024-07-31", 100), stock("2024-08-10", 95)]
SALES = [sold("2024-07-20", 99), sold("2024-08-06", 12), sold("2024-08-20", 4)]
MOVES = [
    moved("2024-08-05", "receipt", 20),
    moved("2024-08-07", "waste", -3),
    moved("2024-08-10", "adjustment", -10),
    moved("2024-08-25", "transfer_in", 2),
]
COUNTS = [count("2024-08-10", 95), count("2024-08-31", 90)]


def test_each_loss_is_found_once_and_postings_of_it_hide_nothing(tmp_path: Path) -> None:
    trial = measure("K-13", books(COUNTS, MOVES), tmp_path)
    row = figure(trial, "shrink")
    assert (row["value"], row["unit"], row["n"], row["coverage"]) == (13, "units", 2, 1)
    assert values(trial, "shrink", "month") == {"2024-08": 13}
    assert values(trial, "shrink", "location") == {"L1": 13}
    assert values(trial, "shrink", "category") == {"Food": 13}
    assert values(trial, "shrink", "supplier") == {"S1": 13}


def test_a_surplus_is_negative_and_cancels_out_in_the_net_figure_only(tmp_path: Path) -> None:
    trial = measure("K-13", books([count("2024-08-10", 110), count("2024-08-31", 103)], MOVES), tmp_path)
    # 105 - 110 = -5, then 108 - 103 = 5.
    assert (figure(trial, "shrink")["value"], figure(trial, "shrink_gross")["value"]) == (0, 10)


def test_rates_say_their_basis_and_keep_known_losses_apart(tmp_path: Path) -> None:
    trial = measure("K-14", books(COUNTS, MOVES), tmp_path)
    # 12 + 4 pieces sold for 320. Unknown 13 pieces: 130 at cost, 260 at list price. Known 3: 30 and 60.
    told = {r["measure"]: (r["value"], r["numerator"], r["denominator"]) for r in trial.kpis if r["scope"] == "total"}
    assert told == {
        "unknown_at_cost": (Decimal("40.625"), 130, 320),
        "known_at_cost": (Decimal("9.375"), 30, 320),
        "unknown_at_retail": (Decimal("81.25"), 260, 320),
        "known_at_retail": (Decimal("18.75"), 60, 320),
    }
    assert {(r["measure"].rpartition("_")[2], r["basis"]) for r in trial.kpis} == {
        ("cost", "cost"),
        ("retail", "retail"),
    }


def test_known_and_unknown_loss(tmp_path: Path) -> None:
    trial = measure("K-15", books(COUNTS, MOVES), tmp_path)
    told = {r["measure"]: (r["value"], r["unit"]) for r in trial.kpis if r["scope"] == "total"}
    assert told == {
        "known_loss_units": (3, "units"),
        "unknown_loss_units": (13, "units"),
        "known_loss": (30, "EUR"),
        "unknown_loss": (130, "EUR"),
        "unknown_share": (Decimal("81.25"), "%"),
    }


@pytest.mark.parametrize(
    ("move", "known", "unknown"),
    [
        (moved("2024-08-07", "adjustment", -3, reason="Damaged in store"), 3, 10),
        (moved("2024-08-07", "adjustment", -3, reason="Producto DAÑADO"), 3, 10),
        (moved("2024-08-07", "adjustment", -3, ref_id="EXPIRY"), 3, 10),
        (moved("2024-08-07", "adjustment", -3, reason="count"), 0, 13),
        (moved("2024-08-07", "adjustment", 3, reason="damaged goods found"), 0, 13),
        (moved("2024-08-07", "vendor_return", -3), 0, 10),
    ],
    ids=["damage", "in Spanish", "as reference", "another reason", "more stock is no loss", "back to the supplier"],
)
def test_what_is_a_known_loss(move: dict[str, Any], known: int, unknown: int, tmp_path: Path) -> None:
    trial = measure("K-15", books(COUNTS[:1], [MOVES[0], move]), tmp_path)
    assert (figure(trial, "known_loss_units")["value"], figure(trial, "unknown_loss_units")["value"]) == (
        known,
        unknown,
    )


@pytest.mark.parametrize(
    ("more", "known"), [({"unit_cost": 7}, 21), ({"value_delta": -25}, 25), ({"unit_cost": 0}, 30)]
)
def test_a_known_loss_is_worth_what_its_movement_says(more: dict[str, Any], known: int, tmp_path: Path) -> None:
    trial = measure("K-15", books(COUNTS, [MOVES[0], moved("2024-08-07", "waste", -3, **more)]), tmp_path)
    assert figure(trial, "known_loss")["value"] == known


def test_sales_of_the_ledger_are_not_subtracted_again(tmp_path: Path) -> None:
    moves = [*MOVES, moved("2024-08-06", "sale", -12), moved("2024-08-20", "sale", -4)]
    trial = measure("K-13", books(COUNTS, moves, conventions=LEDGER), tmp_path)
    assert figure(trial, "shrink")["value"] == 13


def test_a_return_moves_stock_where_a_movement_says_so(tmp_path: Path) -> None:
    back = [*SALES, sold("2024-08-08", -2)]
    without = measure("K-13", books(COUNTS, MOVES, sales=back), tmp_path / "feed")
    assert figure(without, "shrink")["value"] == 15
    both = measure("K-13", books(COUNTS, [*MOVES, moved("2024-08-08", "return", 1)], sales=back), tmp_path / "ledger")
    assert figure(both, "shrink")["value"] == 14


@pytest.mark.parametrize(
    ("counts", "moves"),
    [
        ([*COUNTS, count("2024-08-31", 50, product="B")], MOVES),
        ([*COUNTS, count("2024-09-30", None)], MOVES),
        ([*COUNTS, count("2024-09-30", 5), count("2024-09-30", 6)], MOVES),
        ([*COUNTS, count("2024-09-30", 5)], [*MOVES, moved("2024-09-05", None, 1, type_source="XX")]),
        ([*COUNTS, count("2024-09-30", 5)], [*MOVES, moved("2024-09-05", "receipt", None)]),
    ],
    ids=["no opening", "unread count", "counted twice on a day", "unread type", "unread quantity"],
)
def test_what_cannot_be_known_lowers_the_coverage_only(counts: list[Row], moves: list[Row], tmp_path: Path) -> None:
    trial = measure("K-13", books(counts, moves), tmp_path)
    row = figure(trial, "shrink")
    assert (row["value"], row["n"], row["coverage"]) == (13, 2, Decimal("0.666666667"))
    assert (trial.outcomes["K-13"].evaluated, trial.outcomes["K-13"].unknown) == (3, 1)


def test_lots_counted_on_one_day_are_one_count(tmp_path: Path) -> None:
    counts = [count("2024-08-10", 60, lot="X"), count("2024-08-10", 35, lot="Y")]
    assert figure(measure("K-13", books(counts, MOVES), tmp_path), "shrink")["value"] == 10


def test_a_movement_without_a_day_leaves_its_goods_unknown(tmp_path: Path) -> None:
    trial = measure("K-13", books(COUNTS, [*MOVES, moved(None, "receipt", 1)]), tmp_path)
    row = figure(trial, "shrink")
    missing = "no count has a count or a snapshot before it and readable movements between"
    assert (row["value"], row["reason"]) == (None, missing)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    unpriced = [{**row, "line_total": None} for row in SALES]
    rate = measure("K-14", books(COUNTS, MOVES, sales=unpriced), tmp_path / "unpriced")
    assert {row["reason"] for row in rate.kpis} == {"nothing was sold at a known price between these counts"}
    bare = books(COUNTS, MOVES, products=[{"product": "A"}])
    rate = measure("K-14", bare, tmp_path / "bare")
    assert {(row["basis"], row["reason"]) for row in rate.kpis} == {
        ("cost", "no cost is known of what was lost"),
        ("retail", "no list price is known of what was lost"),
    }
    surplus = measure("K-15", books([count("2024-08-10", 200)], MOVES), tmp_path / "surplus")
    assert figure(surplus, "unknown_share")["reason"] == "one of the two is a surplus"
    even = measure("K-15", books([count("2024-08-10", 108)], MOVES[:1]), tmp_path / "even")
    assert figure(even, "unknown_share")["reason"] == "nothing was lost"
    for rule in ("K-13", "K-14", "K-15"):
        trial = measure(rule, books([], MOVES), tmp_path / rule)
        assert {row["reason"] for row in trial.kpis} == {"no count was taken"}
        assert trial.outcomes[rule].status is RuleStatus.NOT_APPLICABLE


def test_known_losses_outside_the_counted_time_are_told_apart(tmp_path: Path) -> None:
    late = [*MOVES, moved("2024-09-09", "waste", -8)]
    trial = measure("K-15", books(COUNTS, late), tmp_path)
    assert figure(trial, "known_loss_units")["value"] == 3
    assert trial.outcomes["K-15"].facts["known_loss_outside_counts"] == "8"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counted=st.dictionaries(st.integers(1, 28), st.integers(0, 200), min_size=1, max_size=6))
def test_the_sum_does_not_depend_on_how_often_was_counted(
    counted: dict[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The losses add up to what the opening and the movements up to the last count say, less that count."""
    moves = [moved(f"2024-08-{day:02}", "receipt", day) for day in range(1, 29)]
    counts = [count(f"2024-08-{day:02}", qty) for day, qty in counted.items()]
    tables = {"inventory": STOCK[:2], "counts": counts, "movements": moves}
    trial = measure("K-13", tables, tmp_path_factory.mktemp("k13"))
    last = max(counted)
    assert figure(trial, "shrink")["value"] == 100 + sum(range(1, last + 1)) - counted[last]


@pytest.mark.parametrize("rule", ["K-13", "K-14", "K-15"])
def test_order_files_and_repeated_rows_do_not_matter(rule: str, tmp_path: Path) -> None:
    again = {"_duplicate_file": 0, "_duplicate_record": 1}
    one = books(COUNTS, MOVES)
    mixed = {name: [*shuffled(rows), {**rows[0], **again}] for name, rows in one.items() if name != "conventions"}
    other = {**mixed, "products": MASTER, "conventions": FEED}
    assert plain(measure(rule, one, tmp_path / "one")) == plain(measure(rule, other, tmp_path / "other"))
