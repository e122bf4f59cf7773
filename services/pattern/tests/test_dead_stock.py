"""P-041: stock that stopped selling is found; what arrived lately, sells elsewhere, or is unknown is left alone."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-041"]
ENDS = date(2025, 12, 31)

Row = Mapping[str, Any]


def before(days: int) -> str:
    return (ENDS - timedelta(days=days)).isoformat()


def stock(product: str, qty: object = 10, days: int = 0, location: str = "L1", **more: object) -> Row:
    return {"snapshot_date": before(days), "product": product, "location": location, "qty": qty, **more}


def sale(product: str, days: int | None, location: str = "L1", **more: object) -> Row:
    moment = None if days is None else before(days)
    row = {"document": f"T{product}{days}{location}", "product": product, "location": location, "qty": 1}
    return {**row, "ts": moment, "ts_date": moment, "type": "sale", **more}


def sold_until(product: str, days: int, location: str = "L1") -> list[Row]:
    """A sale every 20 days over 200 days, the last of them `days` before the snapshot."""
    return [sale(product, n, location) for n in range(days + 200, days - 1, -20)]


def moved(product: str, days: int, kind: str, qty: int, location: str = "L1") -> Row:
    row = {"movement": f"M{product}{days}", "product": product, "location": location, "type": kind, "qty": qty}
    return {**row, "ts": before(days), "ts_date": before(days)}


OPENING = sale("other", 400)
COSTS = [{"product": "A", "unit_cost": 3}]


def run(folder: Path, inventory: Sequence[Row], sales: Sequence[Row], **more: Sequence[Row]) -> Trial:
    places = {row["location"] for row in sales} & {row["location"] for row in inventory} | {"L1"}
    trading = [sale("other", 1, place) for place in sorted(places)]
    tables = {"inventory": inventory, "sales": [OPENING, *trading, *sales], "products": COSTS}
    return try_rules(RULE, {**tables, **more}, folder)


def dead(trial: Trial) -> list[str]:
    return sorted(f["identity"]["product"] for f in trial.findings)


def test_a_feed_that_ended_before_the_stock_says_nothing_of_it(tmp_path: Path) -> None:
    """Sales of two months beside a stock of the year's end: nobody knows what was sold in between."""
    tables = {"inventory": [stock("A")], "sales": [OPENING, *sold_until("A", 180), sale("B", 60)], "products": COSTS}
    outcome = try_rules(RULE, tables, tmp_path).outcomes["P-041"]
    assert (outcome.failed, outcome.unknown) == (0, 1)


def test_what_was_not_sold_for_half_a_year_is_dead(tmp_path: Path) -> None:
    sales = [*sold_until("A", 180), *sold_until("B", 179), *sold_until("C", 300), sale("C", 20, type="return")]
    trial = run(tmp_path, [stock("A"), stock("B"), stock("C", 4), stock("D", 0)], sales)
    assert dead(trial) == ["A", "C"]
    outcome = trial.outcomes["P-041"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3, 2, 0)
    first = next(f for f in trial.findings if f["identity"]["product"] == "A")
    assert (first["impact"], first["measures"]["days"], first["measures"]["cost_source"]) == (
        Decimal(30),
        "180",
        "products",
    )
    assert first["title_en"] == "A at L1: 10 on hand on 2025-12-31 and no sale in the 180 days before"
    assert [(row["table_name"], row["role"]) for row in trial.proof(first)] == [
        ("inventory", "stock"),
        ("sales", "last sale"),
    ]
    # Without any cost the amount is unknown, not nothing.
    assert [f["impact"] for f in trial.findings if f["identity"]["product"] == "C"] == [None]


def test_the_book_value_comes_first_and_lots_are_added_up(tmp_path: Path) -> None:
    lots = [stock("A", 2, lot="1", value=20), stock("A", 3, lot="2", value=31)]
    (finding,) = run(tmp_path, lots, sold_until("A", 200)).findings
    assert (finding["impact"], finding["measures"]["qty"]) == (Decimal(51), "5")


@pytest.mark.parametrize(("days", "found"), [(91, ["A"]), (90, [])])
def test_what_arrived_lately_is_not_dead(tmp_path: Path, days: int, found: list[str]) -> None:
    receipt = {"document": "R1", "line": "1", "product": "A", "ts": before(days), "ts_date": before(days)}
    assert (
        dead(run(tmp_path / "r", [stock("A")], sold_until("A", 200), receipts=[{**receipt, "location": "L1"}])) == found
    )
    assert dead(run(tmp_path / "no location", [stock("A")], sold_until("A", 200), receipts=[receipt])) == found
    ledger = [moved("A", days, "transfer_in", 10)]
    assert dead(run(tmp_path / "m", [stock("A")], sold_until("A", 200), movements=ledger)) == found


def test_without_receipts_a_rise_between_snapshots_is_an_arrival(tmp_path: Path) -> None:
    history = [stock("B", 5, 60), stock("A", 5, 60), stock("C", 5, 60), stock("N", 5, 30)]
    last = [stock("A", 5), stock("B", 6), stock("C", 4), stock("N", 5)]
    sales = [row for product in "ABC" for row in sold_until(product, 200)]
    assert dead(run(tmp_path, [*history, *last], sales)) == ["A", "C"]


def test_a_new_product_had_no_time_to_sell(tmp_path: Path) -> None:
    masters = [{"product": "A", "launched": before(100)}, {"product": "B", "launched": before(300)}]
    assert dead(run(tmp_path, [stock("A"), stock("B")], [], products=masters)) == ["B"]


def test_a_warehouse_that_never_sells_is_judged_by_what_it_sends_and_by_the_shops(tmp_path: Path) -> None:
    held = [stock("A", location="DC"), stock("B", location="DC"), stock("C", location="DC")]
    ledger = [moved("A", 100, "transfer_out", -3, "DC"), moved("B", 300, "transfer_out", -3, "DC")]
    trial = run(tmp_path, held, [sale("C", 10), sale("A", 300), *sold_until("B", 200)], movements=ledger)
    assert dead(trial) == ["B"]


def test_books_that_are_too_short_say_nothing(tmp_path: Path) -> None:
    outcome = try_rules(RULE, {"inventory": [stock("A")], "sales": [sale("B", 170)]}, tmp_path / "short").outcomes[
        "P-041"
    ]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 1, 1)
    outcome = run(tmp_path / "undated", [stock("A")], [sale("A", None)]).outcomes["P-041"]
    assert (outcome.findings, outcome.unknown) == (0, 1)
    outcome = run(tmp_path / "unread", [stock("A", None)], []).outcomes["P-041"]
    assert (outcome.findings, outcome.unknown) == (0, 1)


def test_the_ledgers_sales_do_where_no_feed_exists(tmp_path: Path) -> None:
    ledger = [*(moved("B", days, "sale", -1) for days in range(400, 199, -20)), moved("A", 20, "sale", -1)]
    assert dead(try_rules(RULE, {"inventory": [stock("A"), stock("B")], "movements": ledger}, tmp_path)) == ["B"]


def test_slow_goods_that_stand_by_chance_are_left_alone(tmp_path: Path) -> None:
    slow = [*(sale("slow", days) for days in (380, 310, 190)), sale("once", 300), sale("elsewhere", 100, "L2")]
    held = [stock("slow"), stock("once"), stock("elsewhere"), stock("nobody's"), stock("A")]
    trial = run(tmp_path, held, [*slow, *sold_until("A", 200)])
    assert dead(trial) == ["A", "nobody's"]
    found = {f["identity"]["product"]: f["period_start"] for f in trial.findings}
    assert found["nobody's"] == ENDS - timedelta(days=400)


def test_what_a_kitchen_uses_up_is_not_dead(tmp_path: Path) -> None:
    ledger = [moved("flour", days, "production", -2) for days in range(400, 9, -30)]
    trial = run(tmp_path, [stock("flour"), stock("A")], sold_until("A", 200), movements=ledger)
    assert dead(trial) == ["A"]
