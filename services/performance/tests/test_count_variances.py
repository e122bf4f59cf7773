"""K-17 and K-18: gross beside net, money only where a cost is known, and never a 0 for what could not be measured."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus

from .figures import figure, measure, plain, shuffled, values

MASTER = [
    {"product": "A", "category": "Food", "supplier": "S1", "unit_cost": 10},
    {"product": "B", "category": "Home", "supplier": "S2", "unit_cost": 4},
    {"product": "C", "category": "Home", "supplier": "S2", "unit_cost": None},
]


def count(product: str, system: object, counted: object, location: str = "L1", **more: object) -> dict[str, Any]:
    row = {"ts": "2024-07-31", "ts_date": "2024-07-31", "product": product, "location": location}
    return {**row, "system_qty": system, "counted_qty": counted, **more}


# Differences -5, +4, 0 and -1: net -2, gross 10, of 100 + 50 + 20 + 30 = 200 units in the books.
COUNTS = [count("A", 100, 95), count("B", 50, 54), count("B", 20, 20, "L2"), count("C", 30, 29, "L2")]


def test_what_is_missing_and_what_is_too_much_do_not_cancel_out(tmp_path: Path) -> None:
    trial = measure("K-17", {"counts": COUNTS, "products": MASTER}, tmp_path)
    accuracy = figure(trial, "unit_accuracy")
    assert (accuracy["value"], accuracy["numerator"], accuracy["denominator"], accuracy["unit"]) == (95, 190, 200, "%")
    assert (accuracy["n"], accuracy["coverage"]) == (4, 1)
    assert (figure(trial, "net_difference")["value"], figure(trial, "gross_difference")["value"]) == (-2, 10)
    # L1: 9 of 150 off. L2: 1 of 50. Home: 5 of 100. S1: 5 of 100.
    assert values(trial, "unit_accuracy", "location") == {"L1": 94, "L2": 98}
    assert values(trial, "unit_accuracy", "category") == {"Food": 95, "Home": 95}
    assert values(trial, "unit_accuracy", "supplier") == {"S1": 95, "S2": 95}
    assert values(trial, "unit_accuracy", "month") == {"2024-07": 95}


def test_no_unit_accuracy_without_units_in_the_books(tmp_path: Path) -> None:
    trial = measure("K-17", {"counts": [count("A", 0, 3)]}, tmp_path)
    bare = figure(trial, "unit_accuracy")
    assert (bare["value"], bare["denominator"]) == (None, 0)
    assert bare["reason"] == "the books held nothing of what was counted"
    assert figure(trial, "net_difference")["value"] == 3


def test_a_variance_is_worth_what_its_product_costs(tmp_path: Path) -> None:
    trial = measure("K-18", {"counts": COUNTS, "products": MASTER}, tmp_path)
    # A -5 x 10 = -50, B +4 x 4 = 16, B 0, C has no cost. Books: 1,000 + 200 + 80.
    net = figure(trial, "net_variance")
    assert (net["value"], net["n"], net["coverage"]) == (-34, 3, Decimal("0.75"))
    assert figure(trial, "gross_variance")["value"] == 66
    share = figure(trial, "net_variance_share")
    assert (share["value"], share["numerator"], share["denominator"]) == (Decimal("-2.65625"), -34, 1280)
    assert values(trial, "net_variance", "location") == {"L1": -34, "L2": 0}
    outcome = trial.outcomes["K-18"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 4, 1)


def test_amounts_are_in_the_currency_of_the_books(tmp_path: Path) -> None:
    currency = [{"name": "currency", "value": "NGN"}]
    trial = measure("K-18", {"counts": COUNTS, "products": MASTER, "conventions": currency}, tmp_path)
    assert (figure(trial, "net_variance")["unit"], figure(trial, "net_variance_share")["unit"]) == ("NGN", "%")


@pytest.mark.parametrize(
    ("own", "receipt", "net"),
    [(None, None, -50), (7, None, -35), (0, None, -50), (None, 12, -60), (7, 12, -35)],
    ids=["master", "the count's own", "a cost of zero is none", "last receipt", "the count's own before a receipt"],
)
def test_the_cost_nearest_to_the_count_is_taken(own: object, receipt: object, net: int, tmp_path: Path) -> None:
    tables: dict[str, Any] = {"counts": [count("A", 100, 95, unit_cost=own)], "products": MASTER}
    if receipt:
        days = [("2024-07-01", receipt), ("2024-08-01", 99)]
        tables["receipts"] = [{"document": d, "product": "A", "ts": d, "ts_date": d, "unit_cost": c} for d, c in days]
    assert figure(measure("K-18", tables, tmp_path), "net_variance")["value"] == net


def test_without_any_cost_there_is_a_reason_and_no_amount(tmp_path: Path) -> None:
    trial = measure("K-18", {"counts": [count("C", 30, 29)], "products": MASTER}, tmp_path)
    for name in ("net_variance", "gross_variance", "net_variance_share"):
        row = figure(trial, name)
        assert (row["value"], row["coverage"]) == (None, 0)
        assert row["reason"] == "no counted record has a readable difference and a cost"


@pytest.mark.parametrize("rule", ["K-17", "K-18"])
def test_unreadable_and_repeated_rows(rule: str, tmp_path: Path) -> None:
    dirty = [*COUNTS, count("A", 9, None), count("A", 100, 0, _duplicate_file=0, _duplicate_record=1)]
    one = measure(rule, {"counts": dirty, "products": MASTER}, tmp_path / "dirty")
    other = measure(rule, {"counts": COUNTS, "products": MASTER}, tmp_path / "clean")
    assert [(r["measure"], r["scope"], r["key"], r["value"]) for r in one.kpis] == [
        (r["measure"], r["scope"], r["key"], r["value"]) for r in other.kpis
    ]
    assert (one.outcomes[rule].evaluated, one.outcomes[rule].unknown) == (5, 1 if rule == "K-17" else 2)
    none = measure(rule, {"counts": [dirty[-1]]}, tmp_path / "none")
    assert {row["reason"] for row in none.kpis} == {"no record was counted"}


@pytest.mark.parametrize("rule", ["K-17", "K-18"])
def test_order_and_files_do_not_matter(rule: str, tmp_path: Path) -> None:
    tables = {"products": MASTER}
    one = measure(rule, {**tables, "counts": COUNTS}, tmp_path / "one")
    assert plain(one) == plain(measure(rule, {**tables, "counts": shuffled(COUNTS)}, tmp_path / "other"))


def test_a_currency_of_small_units_does_not_break_the_variance(tmp_path: Path) -> None:
    dear = [{**row, "unit_cost": 10**9} for row in MASTER]
    trial = measure("K-18", {"counts": COUNTS, "products": dear}, tmp_path)
    assert figure(trial, "net_variance")["value"] == -2 * 10**9
