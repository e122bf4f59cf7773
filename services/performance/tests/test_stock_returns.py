"""K-01, K-02 and K-03: average stock and sales of the same goods and time, at cost on both sides."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus

from .figures import Row, figure, measure, plain, shuffled, values

MASTER = [
    {"product": "A", "category": "Food", "supplier": "S1", "unit_cost": 10},
    {"product": "B", "category": "Home", "supplier": "S2", "unit_cost": 2},
]


def stock(day: str, qty: object, product: str = "A", location: str = "L1", **more: object) -> dict[str, Any]:
    return {"snapshot_date": day, "product": product, "location": location, "qty": qty, **more}


def sale(day: str | None, qty: object, amount: object = None, product: str = "A", **more: object) -> dict[str, Any]:
    row = {"document": f"{day}{product}{qty}", "ts": day, "ts_date": day, "type": "sale", "product": product}
    return {**row, "location": "L1", "qty": qty, "line_total": amount, **more}


def books(inventory: Sequence[Row], sales: Sequence[Row], **more: object) -> dict[str, Any]:
    return {"products": MASTER, "inventory": inventory, "sales": sales, **more}


# A: 20 then 40 pieces at 10; B: 100 both times at 2. Stock 400 and 600, so 500 on average, over the 31 days of August.
STOCK = [
    stock("2024-07-31", 20),
    stock("2024-07-31", 100, "B"),
    stock("2024-08-31", 40),
    stock("2024-08-31", 100, "B"),
]
# Before the first snapshot and after the last nothing counts. In August: A 30 - 5 pieces, B none: cost 250, sales 450.
SALES = [
    sale("2024-07-31", 99, 9900),
    sale("2024-08-01", 30, 540),
    sale("2024-08-31", 5, 90, type="return"),
    sale("2024-08-15", 7, 70, type="void"),
    sale("2024-09-01", 99, 9900),
]


def test_turnover_of_two_snapshots_says_that_it_rests_on_two(tmp_path: Path) -> None:
    trial = measure("K-01", books(STOCK, SALES), tmp_path)
    turns = figure(trial, "turns")
    assert (turns["value"], turns["numerator"], turns["denominator"]) == (Decimal("0.5"), 250, 500)
    assert (turns["basis"], turns["unit"], turns["n"], turns["coverage"]) == ("opening_and_closing", "turns", 2, 1)
    # 0.5 x 365 / 31
    assert figure(trial, "turns_per_year")["value"] == Decimal("5.887096774")
    # Food: 250 over (200 + 400) / 2. Home: nothing was sold of what lay there, and that is a figure.
    assert values(trial, "turns", "category") == {"Food": Decimal("0.833333333"), "Home": 0}
    assert values(trial, "turns", "supplier") == {"S1": Decimal("0.833333333"), "S2": 0}
    assert values(trial, "turns", "location") == {"L1": Decimal("0.5")}
    assert values(trial, "turns", "month") == {"2024-08": Decimal("0.5")}


def test_days_in_inventory(tmp_path: Path) -> None:
    trial = measure("K-02", books(STOCK, SALES), tmp_path)
    # 500 in stock, 250 sold in 31 days.
    row = figure(trial, "days_in_inventory")
    assert (row["value"], row["unit"], row["basis"]) == (62, "days", "opening_and_closing")
    home = figure(trial, "days_in_inventory", "category", "Home")
    assert (home["value"], home["reason"]) == (None, "nothing was sold")


def test_gross_margin_return_is_on_stock_at_cost(tmp_path: Path) -> None:
    trial = measure("K-03", books(STOCK, SALES), tmp_path)
    # 540 - 90 sold for 300 - 50: a margin of 200 on 500.
    row = figure(trial, "gmroi")
    assert (row["value"], row["numerator"], row["denominator"]) == (Decimal("0.4"), 200, 500)
    # 0.4 x 365 / 31
    assert figure(trial, "gmroi_per_year")["value"] == Decimal("4.709677419")


MONTH_ENDS = [f"2024-{m:02}-28" for m in range(1, 13)] + ["2025-01-28"]
# The books hold sales of that whole time; those on the first day and after the last are outside.
AROUND = [sale("2024-01-28", 99), sale("2025-01-29", 99)]


def test_thirteen_month_ends_are_averaged(tmp_path: Path) -> None:
    # 1 to 13 pieces: 7 on average, while opening and closing would give (1 + 13) / 2 too; so make the last one 26.
    pieces = [*range(1, 13), 26]
    snapshots = [stock(day, n) for day, n in zip(MONTH_ENDS, pieces, strict=True)]
    # A snapshot within a month is no month end.
    snapshots.append(stock("2024-06-10", 900))
    trial = measure("K-01", books(snapshots, [sale("2024-05-05", 16), *AROUND]), tmp_path / "13")
    turns = figure(trial, "turns")
    # (78 + 26) / 13 = 8 pieces.
    assert (turns["value"], turns["denominator"], turns["basis"]) == (2, 80, "month_ends")
    twelve = measure("K-01", books(snapshots[1:], [sale("2024-05-05", 14), *AROUND]), tmp_path / "12")
    turns = figure(twelve, "turns")
    # (2 + 26) / 2 = 14 pieces.
    assert (turns["value"], turns["denominator"], turns["basis"]) == (1, 140, "opening_and_closing")


def test_a_month_that_lacks_a_location_is_no_point_of_the_total(tmp_path: Path) -> None:
    both = [stock(day, 10, location=place) for day in MONTH_ENDS for place in ("L1", "L2")]
    holed = [row for row in both if (row["snapshot_date"], row["location"]) != ("2024-06-28", "L2")]
    trial = measure("K-01", books(holed, [sale("2024-05-05", 10), *AROUND]), tmp_path)
    assert figure(trial, "turns")["basis"] == "opening_and_closing"
    assert figure(trial, "turns")["denominator"] == 200
    assert figure(trial, "turns", "location", "L1")["basis"] == "month_ends"
    assert not {"2024-06", "2024-07"} & values(trial, "turns", "month").keys()


@pytest.mark.parametrize(
    ("row", "denominator"),
    [({"value": 77}, 77), ({"unit_cost": 3}, 60), ({"unit_cost": 0}, 200), ({}, 200)],
    ids=["value of the book", "cost of the book", "a cost of zero is none", "cost of the master"],
)
def test_where_the_value_of_stock_comes_from(row: dict[str, Any], denominator: int, tmp_path: Path) -> None:
    snapshots = [stock("2024-07-31", 20, **row), stock("2024-08-31", 20, **row)]
    trial = measure("K-01", books(snapshots, [sale("2024-08-05", 1)]), tmp_path)
    assert figure(trial, "turns")["denominator"] == denominator


def test_the_cost_of_the_line_goes_before_any_other(tmp_path: Path) -> None:
    lines = [sale("2024-08-05", 1, unit_cost=7), sale("2024-08-20", 1), sale("2024-08-20", 1, unit_cost=0)]
    receipts = [
        {"document": "G", "product": "A", "ts": "2024-08-10", "ts_date": "2024-08-10", "unit_cost": 12, "qty": 1}
    ]
    trial = measure("K-01", books(STOCK, lines, receipts=receipts), tmp_path)
    assert figure(trial, "turns")["numerator"] == 7 + 12 + 12


def test_the_ledger_is_asked_where_no_sales_lines_are(tmp_path: Path) -> None:
    moves = [
        {"movement": "1", "type": "sale", "qty": -30},
        {"movement": "2", "type": "return", "qty": 5},
        {"movement": "3", "type": "waste", "qty": -50},
    ]
    where = {"ts": "2024-08-05", "ts_date": "2024-08-05", "product": "A", "location": "L1"}
    tables = {"products": MASTER, "inventory": STOCK, "movements": [{**row, **where} for row in moves]}
    assert figure(measure("K-01", tables, tmp_path / "1"), "turns")["numerator"] == 250
    margin = figure(measure("K-03", tables, tmp_path / "3"), "gmroi")
    assert (margin["value"], margin["coverage"]) == (None, 0)
    assert margin["reason"] == "too many sales lines or stock rows lack a cost or a date or a place"


def test_below_the_least_coverage_nothing_is_said(tmp_path: Path) -> None:
    lines = [*SALES, sale("2024-08-05", 1, 5, "UNKNOWN")]
    trial = measure("K-01", books(STOCK, lines), tmp_path / "default")
    turns = figure(trial, "turns")
    assert (turns["value"], turns["n"], turns["coverage"]) == (None, 3, Decimal("0.666666667"))
    assert turns["reason"] == "too many sales lines or stock rows lack a cost or a date or a place"
    lower = measure("K-01", books(STOCK, lines), tmp_path / "lower", least_coverage="0.6")
    assert figure(lower, "turns")["value"] == Decimal("0.5")


def test_a_line_without_a_day_or_a_quantity_lowers_the_coverage(tmp_path: Path) -> None:
    lines = [*SALES, sale(None, 1, 10), sale("2024-08-02", None, 10)]
    assert figure(measure("K-01", books(STOCK, lines), tmp_path), "turns")["coverage"] == Decimal("0.5")


def test_snapshots_of_a_time_without_sales_are_left_out(tmp_path: Path) -> None:
    older = [stock("2023-01-31", 500), stock("2023-02-28", 500)]
    one = measure("K-01", books([*older, *STOCK], SALES[1:3]), tmp_path / "one")
    assert (figure(one, "turns")["value"], figure(one, "turns_per_year")["value"]) == (
        Decimal("0.5"),
        Decimal("5.887096774"),
    )


@pytest.mark.parametrize(
    ("inventory", "sales", "reason"),
    [
        (STOCK[:2], SALES, "two stock snapshots are needed and there is one"),
        (STOCK, [], "no sales beside stock snapshots"),
        ([stock("2024-07-31", 0), stock("2024-08-31", 0)], SALES, "there was no stock on average"),
    ],
    ids=["one snapshot", "no sales", "no stock"],
)
def test_without_a_denominator_there_is_a_reason(
    inventory: list[Row], sales: list[Row], reason: str, tmp_path: Path
) -> None:
    for rule, name in (("K-01", "turns"), ("K-03", "gmroi")):
        row = figure(measure(rule, books(inventory, sales), tmp_path / rule), name)
        assert (row["value"], row["reason"]) == (None, reason)


def test_without_snapshots_the_rules_are_not_applicable(tmp_path: Path) -> None:
    for rule in ("K-01", "K-02", "K-03"):
        outcome = measure(rule, {"sales": SALES, "products": MASTER}, tmp_path / rule).outcomes[rule]
        assert outcome.status is RuleStatus.NOT_APPLICABLE
        assert "inventory" in outcome.reason


def test_repeated_rows_count_once(tmp_path: Path) -> None:
    again = {"_duplicate_file": 0, "_duplicate_record": 1}
    dirty = books([*STOCK, {**STOCK[0], **again}], [*SALES, {**SALES[1], **again}])
    assert plain(measure("K-01", dirty, tmp_path / "dirty")) == plain(
        measure("K-01", books(STOCK, SALES), tmp_path / "clean")
    )


@pytest.mark.parametrize("rule", ["K-01", "K-02", "K-03"])
def test_order_and_files_do_not_matter(rule: str, tmp_path: Path) -> None:
    one = measure(rule, books(STOCK, SALES), tmp_path / "one")
    assert plain(one) == plain(measure(rule, books(shuffled(STOCK), shuffled(SALES)), tmp_path / "other"))


def test_a_currency_of_small_units_does_not_break_a_figure(tmp_path: Path) -> None:
    """Twenty pieces at a thousand million are beyond what eighteen digits with eight decimals hold."""
    dear = [{**row, "unit_cost": 10**9} for row in MASTER]
    trial = measure("K-01", {"products": dear, "inventory": STOCK, "sales": SALES}, tmp_path)
    assert trial.outcomes["K-01"].status is RuleStatus.PASSED
    # Stock of 120 and 140 pieces, 25 sold.
    turns = figure(trial, "turns")
    assert (turns["numerator"], turns["denominator"]) == (25 * 10**9, 130 * 10**9)
    own = [{**row, "unit_cost": 10**9} for row in SALES]
    trial = measure("K-01", {"products": dear, "inventory": STOCK, "sales": own}, tmp_path / "own")
    assert figure(trial, "turns")["numerator"] == 25 * 10**9
