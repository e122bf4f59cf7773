"""K-10, K-11 and K-12: what customers ordered, what of it reached them and when, and what they did not get."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus

from .figures import figure, measure, plain, shuffled, values


def order(document: str, qty: object, shipped: object, **more: object) -> dict[str, Any]:
    """A line promised for 10 May and delivered that day."""
    row = {"document": document, "line": f"{qty}", "product": "A", "location": "L1", "qty": qty, "shipped_qty": shipped}
    days = {"ordered_at": "2024-05-01", "promised_at": "2024-05-10", "delivered_at": "2024-05-10", **more}
    dates = {f"{name}_date": day for name, day in days.items() if name.endswith("_at") and f"{name}_date" not in more}
    return {**row, **days, **dates}


MASTER = [
    {"product": "A", "category": "Food", "supplier": "S1", "unit_price": 4},
    {"product": "B", "category": "Home", "supplier": "S2"},
]


def test_fill_of_units_lines_and_orders(tmp_path: Path) -> None:
    orders = [
        order("1", 10, 10),
        # Of this line more was sent than ordered: it fills no other.
        order("1", 20, 25, product="B"),
        order("2", 10, 4),
        order("2", 60, 60, location="L2"),
        order("3", 50, 0, cancelled_at="2024-05-02"),
    ]
    trial = measure("K-10", {"orders": orders, "products": MASTER}, tmp_path)
    units, lines, whole = (figure(trial, name) for name in ("units_filled", "lines_filled", "orders_filled"))
    assert (units["value"], units["numerator"], units["denominator"], units["n"]) == (94, 94, 100, 4)
    assert (lines["value"], lines["numerator"], lines["denominator"]) == (75, 3, 4)
    assert (whole["value"], whole["numerator"], whole["denominator"]) == (50, 1, 2)
    # Of order 2 the line at L2 is whole there.
    assert values(trial, "orders_filled", "location") == {"L1": 50, "L2": 100}
    assert values(trial, "units_filled", "category") == {"Food": Decimal("92.5"), "Home": 100}
    assert values(trial, "units_filled", "month") == {"2024-05": 94}


def test_an_unreadable_shipment_is_unknown_and_not_short(tmp_path: Path) -> None:
    orders = [order("1", 10, 10), order("1", 20, None), order("2", 5, 5), order("3", 0, 0)]
    trial = measure("K-10", {"orders": orders}, tmp_path)
    units, whole = figure(trial, "units_filled"), figure(trial, "orders_filled")
    assert (units["value"], units["n"], units["coverage"]) == (100, 2, Decimal("0.666666667"))
    assert (whole["value"], whole["n"], whole["coverage"]) == (100, 1, Decimal("0.5"))


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([order("1", 5, 5, cancelled_at="2024-05-02")], "nothing was ordered"),
        ([order("1", 5, None)], "no order line has a readable ordered and shipped quantity"),
    ],
    ids=["all cancelled", "nothing readable"],
)
def test_fill_without_lines_has_a_reason(orders: list[dict[str, Any]], reason: str, tmp_path: Path) -> None:
    row = figure(measure("K-10", {"orders": orders}, tmp_path), "units_filled")
    assert (row["value"], row["reason"]) == (None, reason)


ON_TIME = [
    order("1", 10, 10),
    order("2", 10, 10, delivered_at="2024-05-11", location="L2"),
    order("3", 10, 9),
    # Promised, never delivered, and the books go on until 30 May: late, and short of what was never sent.
    order("4", 10, None, delivered_at=None),
    # Promised for after the books: not due.
    order("5", 10, None, delivered_at=None, promised_at="2024-06-10"),
    order("6", 10, 10, promised_at=None),
    order("7", 10, 10, delivered_at="2024-05-30", promised_at="2024-05-30"),
]


def test_on_time_in_full_and_its_two_parts(tmp_path: Path) -> None:
    trial = measure("K-11", {"orders": ON_TIME}, tmp_path / "0")
    otif, on_time, in_full = (figure(trial, name) for name in ("otif", "on_time", "in_full"))
    assert (otif["value"], otif["numerator"], otif["denominator"], otif["basis"]) == (40, 2, 5, "delivered")
    assert (on_time["value"], in_full["value"]) == (60, 60)
    assert (otif["n"], otif["coverage"]) == (5, Decimal("0.833333333"))
    assert values(trial, "otif", "location") == {"L1": 50, "L2": 0}
    assert figure(trial, "tolerance")["value"] == 0
    later = measure("K-11", {"orders": ON_TIME}, tmp_path / "1", days_late=1)
    assert (figure(later, "otif")["value"], figure(later, "tolerance")["value"]) == (60, 1)


def test_books_without_deliveries_are_judged_by_shipments(tmp_path: Path) -> None:
    rows = [{**row, "delivered_at": None, "delivered_at_date": None} for row in ON_TIME[:1]]
    rows[0] |= {"shipped_at": "2024-05-09", "shipped_at_date": "2024-05-09"}
    row = figure(measure("K-11", {"orders": rows}, tmp_path), "otif")
    assert (row["value"], row["basis"]) == (100, "shipped")


def test_without_promises_nothing_is_on_time(tmp_path: Path) -> None:
    row = figure(measure("K-11", {"orders": [ON_TIME[0], ON_TIME[5]]}, tmp_path / "some"), "otif")
    assert (row["value"], row["coverage"]) == (100, Decimal("0.5"))
    none = figure(measure("K-11", {"orders": [ON_TIME[5]]}, tmp_path / "none"), "otif")
    assert none["reason"] == "no due order line has a promised date and readable quantities"


def lost(day: str | None, qty: object, **more: object) -> dict[str, Any]:
    return {"ts": day, "ts_date": day, "product": "A", "location": "L1", "qty": qty, **more}


LOG = [
    lost("2024-05-02", 3, unit_price=5),
    # The list price.
    lost("2024-05-20", 2),
    # No price at all, and no quantity.
    lost("2024-06-02", 7, product="B", location="L2"),
    lost("2024-06-03", None),
]
SOLD = {"type": "sale", "product": "A", "location": "L1", "qty": 1}
SALES = [
    {"document": "1", "ts": "2024-05-10", "ts_date": "2024-05-10", "line_total": 77, **SOLD},
    # Before the log begins.
    {"document": "2", "ts": "2024-04-10", "ts_date": "2024-04-10", "line_total": 9000, **SOLD},
]


def test_lost_sales_say_their_method(tmp_path: Path) -> None:
    trial = measure("K-12", {"lost_sales": LOG, "products": MASTER, "sales": SALES}, tmp_path)
    money, units, share = (figure(trial, name) for name in ("lost_sales", "lost_units", "lost_sales_share"))
    assert (money["value"], money["basis"], money["n"], money["coverage"]) == (23, "log", 2, Decimal("0.5"))
    assert (units["value"], units["n"], units["coverage"]) == (12, 3, Decimal("0.75"))
    assert (share["value"], share["denominator"]) == (23, 100)
    assert values(trial, "lost_units", "location") == {"L1": 5, "L2": 7}
    assert values(trial, "lost_sales", "category") == {"Food": 23, "Home": None}
    assert values(trial, "lost_sales", "month") == {"2024-05": 23, "2024-06": None}
    home = figure(trial, "lost_sales", "category", "Home")
    assert home["reason"] == "no entry has a quantity and a price"


def test_a_log_beside_no_sales_has_no_share(tmp_path: Path) -> None:
    trial = measure("K-12", {"lost_sales": LOG, "products": MASTER}, tmp_path)
    share = figure(trial, "lost_sales_share")
    assert (share["value"], share["reason"]) == (None, "nothing was sold at a known price in the days of the log")


def test_an_empty_log_is_no_zero(tmp_path: Path) -> None:
    row = figure(measure("K-12", {"lost_sales": []}, tmp_path), "lost_sales")
    assert (row["value"], row["reason"]) == (None, "no lost sale was logged")


def test_without_their_tables_the_rules_are_not_applicable(tmp_path: Path) -> None:
    for rule in ("K-10", "K-11", "K-12"):
        outcome = measure(rule, {"sales": SALES}, tmp_path / rule).outcomes[rule]
        assert outcome.status is RuleStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("rule", "table", "rows"), [("K-10", "orders", ON_TIME), ("K-11", "orders", ON_TIME), ("K-12", "lost_sales", LOG)]
)
def test_order_and_files_do_not_matter(rule: str, table: str, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    one = measure(rule, {table: rows, "products": MASTER}, tmp_path / "one")
    assert plain(one) == plain(measure(rule, {table: shuffled(rows), "products": shuffled(MASTER)}, tmp_path / "other"))


def test_what_was_promised_for_later_and_is_not_shipped_yet_is_not_short(tmp_path: Path) -> None:
    orders = [
        order("1", 10, 10),
        order("2", 20, 0, promised_at="2024-06-30"),
        order("3", 5, 0, ordered_at="2024-05-20"),
    ]
    units = figure(measure("K-10", {"orders": orders}, tmp_path), "units_filled")
    assert (units["numerator"], units["denominator"]) == (10, 15)
