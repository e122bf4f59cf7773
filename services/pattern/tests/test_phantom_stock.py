"""P-032: stock that should have sold is found where it was planted, and a clean world is left in peace."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .stock_worlds import simulate

RULES = load_rules("perito_pattern.rules")
RULE = [rule for rule in RULES if rule.id == "P-032"]
ENDS = date(2025, 12, 31)

Row = Mapping[str, Any]


def told(trial: Trial) -> set[tuple[str, str]]:
    return {(f["identity"]["product"], f["identity"]["location"]) for f in trial.findings if f["rule_id"] == "P-032"}


@pytest.mark.parametrize("clusters", [0, 0.5], ids=["Poisson", "negative binomial"])
def test_ten_thousand_clean_series_raise_no_alarm(tmp_path: Path, clusters: float) -> None:
    world = simulate(tmp_path, 10_000, seed=20251, clusters=clusters)
    trial = try_rules(RULE, world.tables, tmp_path / "run")
    assert told(trial) == set()
    outcome = trial.outcomes["P-032"]
    assert outcome.evaluated == 10_000
    assert int(outcome.facts["series_tested"]) > 7_000


# Share of the planted that must be found, by the sales that the missing stock cost.
POISSON = {(7, 15): 0.4, (15, 25): 0.9, (25, 40): 0.98, (40, 1_000): 0.99}
CLUSTERED = {(15, 25): 0.15, (25, 40): 0.8, (40, 1_000): 0.99}


@pytest.mark.parametrize(("clusters", "power"), [(0, POISSON), (0.5, CLUSTERED)], ids=["Poisson", "negative binomial"])
def test_planted_phantom_stock_is_found(
    tmp_path: Path, clusters: float, power: Mapping[tuple[float, float], float]
) -> None:
    world = simulate(tmp_path, 10_000, seed=20252, clusters=clusters, phantoms=400)
    found = told(try_rules(RULE, world.tables, tmp_path / "run"))
    # q is 0.01; of some two hundred discoveries a few more may be false by chance.
    assert len(found - world.phantoms.keys()) <= 0.02 * len(found)
    for (least, most), share in power.items():
        planted = [key for key, lost in world.phantoms.items() if least <= lost < most]
        assert len(planted) >= 20
        assert sum(key in found for key in planted) >= share * len(planted), f"lost {least} to {most} sales"


def day(ago: int) -> str:
    return (ENDS - timedelta(days=ago)).isoformat()


def sale(product: str, ago: int, location: str = "L1") -> Row:
    row = {
        "document": f"{product}-{location}-{ago}",
        "product": product,
        "location": location,
        "type": "sale",
        "qty": 1,
    }
    return {**row, "ts": day(ago), "ts_date": day(ago), "qty": 1}


def selling(product: str, first: int, last: int, every: int = 2, location: str = "L1") -> list[Row]:
    """A sale every `every` days, from `first` to `last` days before the snapshot."""
    return [sale(product, ago, location) for ago in range(first, last - 1, -every)]


def held(product: str, qty: int = 6, ago: int = 0, location: str = "L1") -> Row:
    return {"snapshot_date": day(ago), "product": product, "location": location, "qty": qty}


OPEN = selling("other", 300, 0, 1)
STOPPED = selling("A", 300, 60)


def run(folder: Path, sales: Sequence[Row], stock: Sequence[Row] | None = None, **more: Sequence[Row]) -> Trial:
    tables = {"sales": sales, "inventory": stock or [held("A")], "products": [{"product": "A", "unit_cost": "2.5"}]}
    return try_rules(RULES, {**tables, **more}, folder)


FOUND = {("A", "L1")}


def test_what_stopped_selling_is_told_with_its_run(tmp_path: Path) -> None:
    trial = run(tmp_path, [*OPEN, *STOPPED])
    (finding,) = trial.findings
    assert (finding["period_start"], finding["period_end"]) == (ENDS - timedelta(days=59), ENDS)
    measures = {
        name: finding["measures"][name] for name in ("open_days", "sales_before", "days_before", "expected_sales")
    }
    assert measures == {"open_days": "60", "sales_before": "91", "days_before": "182", "expected_sales": "30.0"}
    assert (finding["impact"], finding["severity"]) == (Decimal(15), "medium")
    assert finding["title_en"].startswith(
        "A at L1: the books hold 6 but nothing was sold on 60 open days up to 2025-12-31"
    )
    assert [(row["role"], row["table_name"]) for row in trial.proof(finding)] == [
        ("last sale", "sales"),
        ("stock", "inventory"),
    ]


def test_days_on_which_the_place_was_shut_do_not_count(tmp_path: Path) -> None:
    assert told(run(tmp_path / "no sales at all", STOPPED)) == set()
    shut = [{"location": "L1", "day": day(ago), "trading": False} for ago in range(60)]
    assert told(run(tmp_path / "shut", [*OPEN, *STOPPED], calendars=shut)) == set()
    trading = [{"location": "L1", "day": day(ago), "trading": True} for ago in range(300)]
    assert told(run(tmp_path / "trading", STOPPED, calendars=trading)) == FOUND


def test_the_run_begins_when_the_stock_arrived(tmp_path: Path) -> None:
    sales = [*OPEN, *STOPPED]
    assert told(run(tmp_path / "snapshot", sales, [held("A", 0, 12), held("A")])) == set()
    assert told(run(tmp_path / "held", sales, [held("A", 6, 12), held("A")])) == FOUND
    receipt = {"movement": "M", "product": "A", "location": "L1", "type": "receipt", "ts": day(10), "ts_date": day(10)}
    assert told(run(tmp_path / "all of it came", sales, movements=[{**receipt, "qty": 6}])) == set()
    assert told(run(tmp_path / "some was there", sales, movements=[{**receipt, "qty": 5}])) == FOUND


def test_where_others_sell_it_no_more_either_the_season_is_over(tmp_path: Path) -> None:
    elsewhere = [*OPEN, *STOPPED, *selling("A", 300, 58, 1, "L2"), *selling("B", 300, 0, 1, "L2")]
    assert told(run(tmp_path / "over", elsewhere)) == set()
    assert told(run(tmp_path / "not over", [*elsewhere, *selling("A", 57, 0, 1, "L2")])) == FOUND


def test_a_product_that_was_fading_out_is_left_alone(tmp_path: Path) -> None:
    fading = [*selling("A", 300, 140, 1), *selling("A", 130, 60, 23)]
    assert told(run(tmp_path, [*OPEN, *fading])) == set()


def test_what_sells_in_promotions_only_is_not_expected_without(tmp_path: Path) -> None:
    weeks = range(290, 60, -30)
    bought = [sale("A", ago) for first in weeks for ago in range(first, first - 7, -1)]
    assert told(run(tmp_path / "unknown", [*OPEN, *bought, sale("A", 60)])) == FOUND
    offers = [
        {"promotion": str(first), "product": "A", "starts": day(first), "ends": day(first - 6)} for first in weeks
    ]
    assert told(run(tmp_path / "known", [*OPEN, *bought, sale("A", 60)], promotions=offers)) == set()
    again = [*offers, {"promotion": "now", "product": None, "starts": day(30), "ends": day(10)}]
    assert told(run(tmp_path / "promoted again", [*OPEN, *bought, sale("A", 60)], promotions=again)) == FOUND


def test_a_run_that_a_later_sale_ended_and_a_product_that_hardly_sells_are_left_alone(tmp_path: Path) -> None:
    sales = [*OPEN, *STOPPED, sale("A", -3), *selling("C", 300, 100, 30)]
    trial = run(tmp_path, sales, [held("A"), held("B"), held("C"), held("D", 0)])
    assert told(trial) == set()
    outcome = trial.outcomes["P-032"]
    assert (outcome.evaluated, outcome.unknown, outcome.facts["runs_that_sales_ended"]) == (3, 2, "1")
