"""K-06, K-08 and K-09: how long the stock lasts, and the days on which a ranged product had none."""

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


def stock(day: str, qty: object, product: str = "A", location: str = "L1") -> dict[str, Any]:
    return {"snapshot_date": day, "product": product, "location": location, "qty": qty}


def sale(day: str, qty: object, product: str = "A", **more: object) -> dict[str, Any]:
    row = {"document": f"{day}{product}{qty}", "ts": day, "ts_date": day, "type": "sale", "product": product}
    return {**row, "location": "L1", "qty": qty, **more}


def moved(number: int, day: str, qty: object, product: str = "A", location: str = "L1") -> dict[str, Any]:
    row = {"movement": f"{number}", "ts": day, "ts_date": day, "type": "adjustment", "product": product, "qty": qty}
    return {**row, "location": location}


STOCK = [stock("2024-07-31", 20), stock("2024-08-31", 62), stock("2024-08-31", 31, "B")]
# From the first sale to the last snapshot are 31 days.
SALES = [sale("2024-08-01", 40), sale("2024-08-20", 9, type="return"), sale("2024-08-30", 31, "B")]
BOOKS = {"inventory": STOCK, "sales": SALES, "products": MASTER}


def test_days_of_supply_at_the_latest_demand(tmp_path: Path) -> None:
    trial = measure("K-06", BOOKS, tmp_path)
    row = figure(trial, "days_of_supply")
    # 620 + 62 on hand; 31 x 10 + 31 x 2 in 31 days are 12 a day.
    assert (row["numerator"], row["denominator"], row["value"]) == (682, 12, Decimal("56.833333333"))
    assert (row["basis"], row["coverage"]) == ("sales", 1)
    assert values(trial, "days_of_supply", "category") == {"Food": 62, "Home": 31}
    assert values(trial, "days_of_supply", "month") == {"2024-08": Decimal("56.833333333")}


def test_what_was_asked_for_and_lost_is_demand(tmp_path: Path) -> None:
    lost = [{"ts": "2024-08-25", "ts_date": "2024-08-25", "product": "A", "location": "L1", "qty": 31}]
    row = figure(measure("K-06", {**BOOKS, "lost_sales": lost}, tmp_path), "days_of_supply", "category", "Food")
    assert (row["value"], row["basis"]) == (31, "sales_and_lost")


def test_days_of_supply_need_days_of_sales(tmp_path: Path) -> None:
    late = [sale("2024-08-20", 40)]
    row = figure(measure("K-06", {**BOOKS, "sales": late}, tmp_path / "late"), "days_of_supply")
    assert (row["value"], row["reason"]) == (None, "the books hold too few days of sales")
    none = figure(measure("K-06", {**BOOKS, "sales": []}, tmp_path / "none"), "days_of_supply")
    assert (none["value"], none["reason"]) == (None, "no sales beside stock snapshots")
    uncosted = figure(measure("K-06", {"inventory": STOCK, "sales": SALES}, tmp_path / "cost"), "days_of_supply")
    assert (uncosted["value"], uncosted["coverage"]) == (None, 0)


# Ten days, 31 August to 9 September. A is out from the 3rd until the 6th brings more: three days of ten.
RANGE = [{"product": "A", "location": "L1"}]
HELD = [stock("2024-08-31", 5), stock("2024-09-09", 4)]
MOVES = [moved(1, "2024-09-03", -5), moved(2, "2024-09-06", 4), moved(3, "2024-08-31", -99)]
RANGED = {"ranging": RANGE, "inventory": HELD, "movements": MOVES, "products": MASTER}


def test_days_without_stock_and_with_it(tmp_path: Path) -> None:
    out, there = measure("K-08", RANGED, tmp_path / "8"), measure("K-09", RANGED, tmp_path / "9")
    row = figure(out, "stock_out_rate")
    assert (row["value"], row["numerator"], row["denominator"], row["coverage"]) == (30, 3, 10, 1)
    assert figure(there, "availability")["value"] == 70
    assert values(out, "stock_out_rate", "month") == {"2024-08": 0, "2024-09": Decimal("33.333333333")}
    assert values(out, "stock_out_rate", "category") == {"Food": 30}
    assert values(there, "availability", "location") == {"L1": 70}


def test_a_product_that_is_ranged_and_never_listed_is_out(tmp_path: Path) -> None:
    both = [*RANGE, {"product": "B", "location": "L1"}]
    row = figure(measure("K-08", {**RANGED, "ranging": both}, tmp_path), "stock_out_rate")
    assert (row["numerator"], row["denominator"]) == (13, 20)


def test_outside_its_range_and_on_closed_days_nothing_counts(tmp_path: Path) -> None:
    until = [{**RANGE[0], "starts": "2024-09-01", "ends": "2024-09-04"}]
    row = figure(measure("K-08", {**RANGED, "ranging": until}, tmp_path / "range"), "stock_out_rate")
    assert (row["numerator"], row["denominator"]) == (2, 4)
    closed = [{"location": "L1", "day": day, "trading": day == "2024-09-01"} for day in ("2024-09-01", "2024-09-04")]
    row = figure(measure("K-08", {**RANGED, "calendars": closed}, tmp_path / "closed"), "stock_out_rate")
    assert (row["numerator"], row["denominator"]) == (2, 9)


def test_after_an_unreadable_movement_stock_is_unknown_until_the_next_snapshot(tmp_path: Path) -> None:
    moves = [*MOVES[:1], moved(2, "2024-09-06", None)]
    row = figure(measure("K-08", {**RANGED, "movements": moves}, tmp_path), "stock_out_rate")
    assert (row["numerator"], row["denominator"], row["coverage"]) == (3, 7, Decimal("0.7"))


def test_a_snapshot_sets_the_stock_right(tmp_path: Path) -> None:
    held = [HELD[0], stock("2024-09-04", 8), HELD[1]]
    row = figure(measure("K-08", {**RANGED, "inventory": held}, tmp_path), "stock_out_rate")
    assert (row["numerator"], row["denominator"]) == (1, 10)


def test_without_a_range_or_stock_there_is_a_reason(tmp_path: Path) -> None:
    row = figure(measure("K-08", {**RANGED, "ranging": []}, tmp_path / "range"), "stock_out_rate")
    assert (row["value"], row["reason"]) == (None, "no product is ranged anywhere")
    for rule in ("K-08", "K-09"):
        outcome = measure(rule, BOOKS, tmp_path / rule).outcomes[rule]
        assert outcome.status is RuleStatus.NOT_APPLICABLE


@pytest.mark.parametrize("rule", ["K-06", "K-08", "K-09"])
def test_order_and_files_do_not_matter(rule: str, tmp_path: Path) -> None:
    books = {**BOOKS, **RANGED} if rule != "K-06" else BOOKS
    one = measure(rule, books, tmp_path / "one")
    assert plain(one) == plain(
        measure(rule, {name: shuffled(rows) for name, rows in books.items()}, tmp_path / "other")
    )
