"""P-042: what lasts longer than a year is told; what is new, hardly sells or lies in small numbers is not."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-042"]
ENDS = date(2025, 12, 31)

Row = Mapping[str, Any]


def ago(days: int) -> str:
    return (ENDS - timedelta(days=days)).isoformat()


def held(product: str, qty: object, location: str = "L1", **more: object) -> Row:
    return {"snapshot_date": ago(0), "product": product, "location": location, "qty": qty, **more}


def selling(product: str, every: int = 10, first: int = 400, qty: int = 1, **more: object) -> list[Row]:
    """A sale every `every` days, from `first` days ago on."""
    days = range(first, -1, -every)
    row = {"product": product, "location": "L1", "type": "sale", "qty": qty}
    return [{**row, "document": f"{product}{n}", "ts": ago(n), "ts_date": ago(n), **more} for n in days]


def run(folder: Path, inventory: Sequence[Row], sales: Sequence[Row], **more: Sequence[Row]) -> Trial:
    return try_rules(RULE, {"inventory": inventory, "sales": sales, **more}, folder)


def told(trial: Trial) -> list[str]:
    return sorted(f["identity"]["product"] for f in trial.findings)


COSTS = [{"product": "A", "unit_cost": 3}]


def test_three_years_of_supply_are_told_with_what_is_beyond_one(tmp_path: Path) -> None:
    trial = run(tmp_path, [held("A", 120), held("B", 30)], [*selling("A"), *selling("B")], products=COSTS)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L1"}
    # 37 sales in 365 days; at the upper end of what chance allows, 1.645 x root(37) + 1.35 more.
    more = 1 + (1.645 * 37**0.5 + 1.35) / 37
    assert int(finding["measures"]["days"]) == round(120 * 365 / (37 * more))
    assert finding["impact"] == (Decimal(str(round(120 - 37 * round(more, 6), 4))) * 3).quantize(Decimal("0.0001"))
    assert finding["title_en"].startswith("A at L1: 120 on hand on 2025-12-31 last about ")
    assert finding["title_en"].endswith(" days; 37 were sold in 365 days")
    assert [row["table_name"] for row in trial.proof(finding)] == ["inventory"]
    outcome = trial.outcomes["P-042"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (2, 1, 0)


def test_a_feed_that_ended_before_the_stock_says_nothing_of_it(tmp_path: Path) -> None:
    sales = [row for row in selling("A") if row["ts"] < ago(60)]
    outcome = run(tmp_path, [held("A", 120)], sales, products=COSTS).outcomes["P-042"]
    assert (outcome.failed, outcome.unknown) == (0, 1)


def test_the_books_own_value_comes_first_and_without_cost_the_amount_is_unknown(tmp_path: Path) -> None:
    inventory = [held("A", 120, value=600), held("C", 120)]
    findings = run(tmp_path, inventory, [*selling("A"), *selling("C")], products=COSTS).findings
    amounts = {f["identity"]["product"]: f["impact"] for f in findings}
    assert amounts["C"] is None
    assert amounts["A"] == (Decimal(str(round(120 - 37 * round(1 + (1.645 * 37**0.5 + 1.35) / 37, 6), 4))) * 5)


def test_the_new_the_rare_the_few_and_the_unread_are_left_alone(tmp_path: Path) -> None:
    inventory = [held("new", 500), held("rare", 500), held("few", 9), held("unread", None), held("sold once", 90, "DC")]
    sales = [
        *selling("new", first=150),
        *selling("rare", 140, 380),
        *selling("few", 90),
        *selling("unread"),
        *selling("X"),
    ]
    trial = run(tmp_path, inventory, sales)
    assert told(trial) == []
    assert trial.outcomes["P-042"].unknown == 4
    launched = [{"product": "A", "launched": ago(100)}]
    assert told(run(tmp_path / "launched", [held("A", 500)], selling("A"), products=launched)) == []


def test_a_year_holds_every_season_once(tmp_path: Path) -> None:
    season = [row for row in selling("A", 1, 365) if "2025-05" <= row["ts"][:7] <= "2025-08"]
    assert told(run(tmp_path, [held("A", 130)], [*season, *selling("X", first=500)])) == []


def test_where_the_category_lasts_long_only_the_longest_is_told(tmp_path: Path) -> None:
    goods = [f"P{n}" for n in range(30)]
    inventory = [held(product, 200 + n) for n, product in enumerate(goods)]
    sales = [row for product in goods for row in selling(product)]
    masters = [{"product": product, "category": "wine"} for product in goods]
    assert told(run(tmp_path / "category", inventory, sales, products=masters)) == ["P29"]
    assert len(told(run(tmp_path / "none", inventory, sales))) == 30


def test_returns_are_taken_off_and_the_ledger_does_without_a_feed(tmp_path: Path) -> None:
    back = [{**row, "type": "return", "document": "R" + row["document"]} for row in selling("A")][::2]
    assert told(run(tmp_path / "returns", [held("A", 45)], [*selling("A"), *back])) == ["A"]
    assert told(run(tmp_path / "no returns", [held("A", 45)], selling("A"))) == []
    ledger = [
        {"movement": row["document"], "product": "A", "location": "L1", "type": "sale", "qty": -1, "ts": row["ts"]}
        | {"ts_date": row["ts_date"]}
        for row in selling("A")
    ]
    assert told(try_rules(RULE, {"inventory": [held("A", 120)], "movements": ledger}, tmp_path / "ledger")) == ["A"]
