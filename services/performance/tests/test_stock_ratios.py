"""K-04, K-05, K-21, K-22, K-23, K-29: what sold of what was there, how steadily, how old it is, what was adjusted."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus

from .figures import figure, measure, plain, shuffled, values

MASTER = [
    {"product": "A", "category": "Food", "supplier": "S1", "unit_cost": 10},
    {"product": "B", "category": "Home", "supplier": "S2", "unit_cost": 2},
]


def stock(day: str, qty: object, product: str = "A", location: str = "L1", **more: object) -> dict[str, Any]:
    return {"snapshot_date": day, "product": product, "location": location, "qty": qty, **more}


def sale(day: str, qty: object, amount: object = None, product: str = "A", **more: object) -> dict[str, Any]:
    row = {"document": f"{day}{product}{qty}", "ts": day, "ts_date": day, "type": "sale", "product": product}
    return {**row, "location": "L1", "qty": qty, "line_total": amount, **more}


def moved(number: int, day: str, kind: str, qty: object, product: str = "A", **more: object) -> dict[str, Any]:
    row = {"movement": f"{number}", "ts": day, "ts_date": day, "type": kind, "product": product, "qty": qty}
    return {**row, "location": "L1", **more}


STOCK = [stock("2024-07-31", 20), stock("2024-07-31", 100, "B"), stock("2024-08-31", 40), stock("2024-08-31", 90, "B")]
SALES = [sale("2024-08-01", 30, 500), sale("2024-08-20", 5, 50, type="return"), sale("2024-08-31", 10, 30, "B")]
MOVES = [
    moved(1, "2024-08-02", "receipt", 60),
    # From another place: there to be sold here, and not new to the whole.
    moved(2, "2024-08-03", "transfer_in", 20, location="L1"),
    # Before the first snapshot.
    moved(3, "2024-07-31", "receipt", 500),
]
BOOKS = {"inventory": STOCK, "sales": SALES, "movements": MOVES, "products": MASTER}


def test_sell_through_of_opening_and_receipts(tmp_path: Path) -> None:
    trial = measure("K-04", BOOKS, tmp_path)
    row = figure(trial, "sell_through")
    # 25 of A and 10 of B, of 20 + 60 and 100.
    assert (row["numerator"], row["denominator"], row["value"]) == (35, 180, Decimal("19.444444444"))
    assert (row["basis"], row["coverage"]) == ("opening_and_received", 1)
    assert values(trial, "sell_through", "location") == {"L1": Decimal("17.5")}
    assert values(trial, "sell_through", "category") == {"Food": Decimal("31.25"), "Home": 10}
    assert values(trial, "sell_through", "month") == {"2024-08": Decimal("19.444444444")}


def test_receipts_are_asked_where_the_ledger_has_none(tmp_path: Path) -> None:
    receipts = [
        {"document": "1", "ts": "2024-08-02", "ts_date": "2024-08-02", "product": "A", "location": "L1", "qty": 60},
        {"document": "2", "ts": "2024-08-02", "ts_date": "2024-08-02", "product": "A", "location": "L1", "qty": 60},
    ]
    receipts[1]["status"] = "pending"
    trial = measure("K-04", {**BOOKS, "movements": [], "receipts": receipts}, tmp_path)
    assert figure(trial, "sell_through")["denominator"] == 180


def test_sell_through_without_figures_has_a_reason(tmp_path: Path) -> None:
    one = figure(measure("K-04", {**BOOKS, "inventory": STOCK[:2]}, tmp_path / "one"), "sell_through")
    assert (one["value"], one["reason"]) == (None, "the books hold no two stock snapshots with sales between")
    unread = [{**STOCK[0], "qty": None}, *STOCK[1:]]
    row = figure(measure("K-04", {**BOOKS, "inventory": unread}, tmp_path / "unread"), "sell_through")
    assert (row["value"], row["reason"]) == (None, "too many quantities cannot be read")


def test_stock_to_sales_is_of_the_month_s_opening(tmp_path: Path) -> None:
    trial = measure("K-05", BOOKS, tmp_path / "1")
    row = figure(trial, "stock_to_sales")
    # 200 + 200 at cost over 500 - 50 + 30.
    assert (row["numerator"], row["denominator"], row["value"]) == (400, 480, Decimal("0.833333333"))
    assert values(trial, "stock_to_sales", "month") == {"2024-08": Decimal("0.833333333")}
    assert values(trial, "stock_to_sales", "supplier") == {"S1": Decimal("0.444444444"), "S2": Decimal("6.666666667")}
    apart = [*STOCK[:2], *({**row, "snapshot_date": "2024-10-31"} for row in STOCK[2:])]
    none = figure(measure("K-05", {**BOOKS, "inventory": apart}, tmp_path / "2"), "stock_to_sales")
    assert none["reason"] == "no two month ends with a stock snapshot follow each other"
    unpriced = [*SALES[:1], sale("2024-08-20", 5)]
    row = figure(measure("K-05", {**BOOKS, "sales": unpriced}, tmp_path / "3"), "stock_to_sales")
    assert (row["value"], row["coverage"]) == (None, Decimal("0.5"))


def weekly(product: str, units: list[int], first: str = "2024-01-03") -> list[dict[str, Any]]:
    """A sale a week; none where there are no units."""
    begins = date.fromisoformat(first)
    return [sale(str(begins + timedelta(weeks=n)), qty, None, product) for n, qty in enumerate(units) if qty]


def test_classes_by_how_steady_demand_is(tmp_path: Path) -> None:
    sales = [
        *weekly("X", [10] * 30),
        # Mean 10, deviation 10: the limit of Y. Mean 5, every fourth week: beyond.
        *weekly("Y", [20, 0] * 15),
        *weekly("Z", [0, 0, 0, 20] * 8, "2023-12-20"),
        *weekly("NEW", [10] * 25, "2024-02-07"),
    ]
    trial = measure("K-21", {"sales": sales}, tmp_path / "1")
    x, y, z = (figure(trial, name) for name in ("products_x", "products_y", "products_z"))
    assert [row["numerator"] for row in (x, y, z)] == [1, 1, 1]
    assert (x["value"], x["denominator"], x["coverage"], x["basis"]) == (
        Decimal("33.333333333"),
        3,
        Decimal("0.75"),
        "sales",
    )
    none = figure(measure("K-21", {"sales": weekly("A", [5] * 20)}, tmp_path / "2"), "products_x")
    assert (none["value"], none["reason"]) == (None, "no product was on sale for long enough")


def test_logged_demand_steadies_what_stockouts_broke(tmp_path: Path) -> None:
    sales = weekly("A", [20, 0] * 15 + [20])
    log = [{**row, "ts": row["ts"], "qty": 20} for row in weekly("A", [0, 20] * 15)]
    lost = [{name: row[name] for name in ("ts", "ts_date", "product", "location", "qty")} for row in log]
    trial = measure("K-21", {"sales": sales, "lost_sales": lost}, tmp_path)
    assert (figure(trial, "products_x")["value"], figure(trial, "products_x")["basis"]) == (100, "sales_and_lost")


LAYERS = [
    moved(1, "2024-01-01", "receipt", 1, "B"),
    moved(2, "2024-06-30", "receipt", 50),
    moved(3, "2024-08-10", "receipt", 10),
    moved(4, "2024-08-20", "sale", -30),
    moved(5, "2024-08-20", "receipt", 5),
]


def test_what_arrived_last_is_what_is_left(tmp_path: Path) -> None:
    books = {"inventory": [stock("2024-08-31", 25), stock("2024-08-31", 10, "B")], "movements": LAYERS}
    trial = measure("K-22", {**books, "products": MASTER}, tmp_path)
    # Of A 5 and 10 within 30 days, and 10 of the 50 that are 62 days old. Of B one is 243 days old, nine are older.
    shares = {
        "value_000_030": 150,
        "value_061_090": 100,
        "value_181_365": 2,
        "value_unknown_age": 18,
        "value_366_on": 0,
    }
    assert {name: figure(trial, name)["numerator"] for name in shares} == shares
    assert figure(trial, "value_000_030")["value"] == Decimal("55.555555556")
    units = {"units_000_030": 15, "units_061_090": 10, "units_181_365": 1, "units_unknown_age": 9, "units_031_060": 0}
    assert {name: figure(trial, name)["numerator"] for name in units} == units
    assert figure(trial, "units_000_030")["denominator"] == 35
    assert values(trial, "value_000_030", "category") == {"Food": 60, "Home": 0}


def test_beyond_a_long_ledger_stock_is_old(tmp_path: Path) -> None:
    moves = [moved(1, "2023-01-01", "sale", -1), *LAYERS[1:]]
    books = {"inventory": [stock("2024-08-31", 70)], "movements": moves, "products": MASTER}
    trial = measure("K-22", books, tmp_path)
    assert (figure(trial, "units_366_on")["numerator"], figure(trial, "units_unknown_age")["numerator"]) == (5, 0)


def test_stock_that_cannot_be_read_has_no_age(tmp_path: Path) -> None:
    books = {"inventory": [stock("2024-08-31", None)], "movements": LAYERS}
    row = figure(measure("K-22", books, tmp_path / "none"), "units_000_030")
    assert (row["value"], row["reason"]) == (None, "no stock on hand has a readable quantity")
    gone = figure(measure("K-22", {**books, "inventory": [stock("2024-08-31", 0)]}, tmp_path / "0"), "value_000_030")
    assert (gone["value"], gone["reason"]) == (None, "nothing is on hand")


def test_dead_and_slow_stock(tmp_path: Path) -> None:
    held = [
        stock("2024-08-31", qty, product) for product, qty in (("A", 10), ("B", 50), ("C", 10), ("D", 10), ("E", 9))
    ]
    master = [*MASTER, *({"product": p, "unit_cost": 10} for p in "CDE")]
    sales = [
        sale("2024-01-01", 1, product="A"),
        sale("2024-05-01", 1, product="B"),
        sale("2024-08-01", 1, product="C"),
        sale("2024-01-01", 1, product="D"),
    ]
    # D came in a month ago; E was never sold.
    books = {
        "inventory": held,
        "sales": sales,
        "products": master,
        "movements": [moved(1, "2024-07-31", "receipt", 10, "D")],
    }
    trial = measure("K-23", books, tmp_path / "1")
    dead, slow = figure(trial, "dead"), figure(trial, "slow")
    assert (dead["numerator"], slow["numerator"], dead["denominator"], dead["coverage"]) == (190, 100, 490, 1)
    assert values(trial, "slow", "category") == {"Food": 0, "Home": 100}
    short = figure(measure("K-23", {**books, "sales": sales[1:3]}, tmp_path / "2"), "dead")
    assert (short["value"], short["coverage"]) == (None, 0)
    assert short["reason"] == "the books do not reach back far enough or lack costs"


def test_adjustments_do_not_cancel_out(tmp_path: Path) -> None:
    moves = [
        moved(1, "2024-08-01", "sale", -100),
        moved(2, "2024-08-02", "adjustment", 5, user="u1"),
        moved(3, "2024-08-03", "adjustment", -5, user="u2", value_delta=-30),
        moved(4, "2024-08-04", "adjustment", None, user="u2"),
        moved(5, "2024-08-05", "waste", -50),
    ]
    trial = measure("K-29", {"movements": moves, "products": MASTER}, tmp_path / "1")
    rate = figure(trial, "adjustment_rate")
    assert (rate["value"], rate["numerator"], rate["denominator"]) == (8, 80, 1000)
    assert (rate["n"], rate["coverage"]) == (2, Decimal("0.666666667"))
    assert values(trial, "adjustment_rate", "user") == {"u1": 5, "u2": 3}
    assert values(trial, "adjustment_rate", "month") == {"2024-08": 8}
    none = figure(measure("K-29", {"movements": moves[1:], "products": MASTER}, tmp_path / "2"), "adjustment_rate")
    assert (none["value"], none["reason"]) == (None, "nothing went out at a known cost")
    calm = figure(measure("K-29", {"movements": moves[:1], "products": MASTER}, tmp_path / "3"), "adjustment_rate")
    assert (calm["value"], calm["numerator"]) == (0, 0)


@pytest.mark.parametrize("rule", ["K-04", "K-05", "K-21", "K-22", "K-23", "K-29"])
def test_order_and_files_do_not_matter(rule: str, tmp_path: Path) -> None:
    books = {**BOOKS, "movements": [*MOVES, moved(9, "2024-08-09", "adjustment", -3)]}
    one = measure(rule, books, tmp_path / "one")
    assert plain(one) == plain(
        measure(rule, {name: shuffled(rows) for name, rows in books.items()}, tmp_path / "other")
    )


def test_without_stock_the_rules_are_not_applicable(tmp_path: Path) -> None:
    for rule in ("K-04", "K-05", "K-22", "K-23"):
        outcome = measure(rule, {"sales": SALES, "products": MASTER}, tmp_path / rule).outcomes[rule]
        assert outcome.status is RuleStatus.NOT_APPLICABLE
