"""K-20 and K-19: one definition of A, B and C, ties by code, and how often each class was counted."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.trial import try_rules

from .figures import RULES, figure, measure, plain, shuffled, values


def master(product: str, unit_cost: object = 1, **more: object) -> dict[str, Any]:
    return {"product": product, "category": "Food", "supplier": "S1", "unit_cost": unit_cost, **more}


def sale(product: str, qty: object, day: str = "2024-12-31", location: str = "L1", **more: object) -> dict[str, Any]:
    row = {"document": f"{product}{day}{qty}", "ts": day, "ts_date": day, "product": product, "location": location}
    return {**row, "qty": qty, **more}


MASTER = [master("A"), master("B"), master("C"), master("D", category="Home"), master("E", unit_cost=None)]
# A 8 x 10 pieces, B 15, C 5; D is not sold; of E no cost is known.
SALES = [*(sale("A", 10, location=f"L{n % 2 + 1}") for n in range(8)), sale("B", 15), sale("C", 5), sale("E", 3)]


def test_classes_by_usage_value(tmp_path: Path) -> None:
    trial = measure("K-20", {"products": MASTER, "sales": SALES}, tmp_path)
    facts = trial.outcomes["K-20"].facts
    assert facts == {"products": "5", "classified": "4", "class_a": "1", "class_b": "1", "class_c": "2"}
    a, c = figure(trial, "products_a"), figure(trial, "products_c")
    assert (a["value"], a["numerator"], a["denominator"], a["coverage"]) == (25, 1, 4, Decimal("0.8"))
    assert (c["value"], figure(trial, "products_c", "category", "Home")["value"]) == (50, 100)
    usage = {name: figure(trial, name)["value"] for name in ("usage_a", "usage_b", "usage_c")}
    assert usage == {"usage_a": 80, "usage_b": 15, "usage_c": 5}
    # L1: 40 of A, 15 of B, 5 of C. L2: 40 of A only.
    assert values(trial, "usage_a", "location") == {"L1": Decimal("66.666666667"), "L2": 100}
    assert values(trial, "usage_b", "month") == {"2024-12": 15}
    # One of 11 lines has no cost.
    assert figure(trial, "usage_a")["coverage"] == Decimal("0.909090909")


@pytest.mark.parametrize("names", ["PQRSTUVWXY", "YXWVUTSRQP"])
def test_ties_stand_in_the_order_of_their_codes(names: str, tmp_path: Path) -> None:
    """Ten products of a tenth each: the first eight codes are A, the next two, which begin at 80 and 90 %, B."""
    tables = {"products": [master(n) for n in names], "sales": [sale(n, 7) for n in names]}
    counts = [
        {"ts": "2024-12-31", "ts_date": "2024-12-31", "product": n, "location": "L1", "system_qty": 1, "counted_qty": 1}
        for n in "WX"
    ]
    trial = measure("K-20", tables, tmp_path / "classes")
    assert [trial.outcomes["K-20"].facts[f"class_{c}"] for c in "abc"] == ["8", "2", "0"]
    accuracy = measure("K-16", {**tables, "counts": counts}, tmp_path / "accuracy")
    assert (figure(accuracy, "within_a")["numerator"], figure(accuracy, "within_b")["numerator"]) == (1, 1)


def test_only_the_last_year_of_sales_counts_and_a_slip_of_the_pen_does_not_end_it(tmp_path: Path) -> None:
    old = [sale("D", 10_000, "2023-12-31")]
    many = [sale("A", "0.001", "2024-12-31") for _ in range(1500)]
    slip = [sale("C", 1, "2062-12-31")]
    trial = measure("K-20", {"products": MASTER, "sales": [*SALES, *old, *many, *slip]}, tmp_path)
    assert trial.outcomes["K-20"].facts["class_a"] == "1"
    # 81.5 of 101.5
    assert figure(trial, "usage_a")["value"] == Decimal("80.295566502")


def test_the_shares_of_the_classes_are_parameters_of_the_view(tmp_path: Path) -> None:
    params = {"abc_classes": {"share_a": "0.85", "share_b": "0.1"}}
    tables = {"products": MASTER, "sales": SALES}
    trial = try_rules([RULES["K-20"]], tables, tmp_path, params=params)
    assert [trial.outcomes["K-20"].facts[f"class_{c}"] for c in "abc"] == ["2", "0", "2"]


def test_without_sales_or_costs_there_are_no_classes(tmp_path: Path) -> None:
    for name, sales in (("none", []), ("uncosted", [sale("E", 3)])):
        trial = measure("K-20", {"products": MASTER, "sales": sales}, tmp_path / name)
        products, usage = figure(trial, "products_a"), figure(trial, "usage_a")
        assert (products["value"], products["reason"]) == (None, "no product could be classified")
        assert (usage["value"], usage["reason"]) == (None, "nothing was sold here at a known cost")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(quantities=st.lists(st.integers(min_value=0, max_value=9), min_size=1, max_size=12))
def test_classes_are_those_of_a_loop_in_python(quantities: list[int], tmp_path_factory: pytest.TempPathFactory) -> None:
    usage = {f"P{n:02}": quantity for n, quantity in enumerate(quantities)}
    wanted, before = {"A": 0, "B": 0, "C": 0}, 0
    for product in sorted(usage, key=lambda p: (-usage[p], p)):
        share = Decimal(before) / max(sum(usage.values()), 1)
        wanted["A" if share < Decimal("0.8") else "B" if share < Decimal("0.95") else "C"] += 1
        before += usage[product]
    tables = {"products": [master(p) for p in usage], "sales": [sale(p, q) for p, q in usage.items()]}
    trial = measure("K-20", tables, tmp_path_factory.mktemp("abc"))
    facts = trial.outcomes["K-20"].facts
    if sum(usage.values()):
        assert {c: int(facts[f"class_{c.lower()}"]) for c in "ABC"} == wanted
    else:
        assert facts["classified"] == "0"


def stock(product: str, day: str, qty: object = 5, location: str = "L1") -> dict[str, Any]:
    return {"snapshot_date": day, "product": product, "location": location, "qty": qty}


def count(product: str, day: str, location: str = "L1", **more: object) -> dict[str, Any]:
    return {"ts": day, "ts_date": day, "product": product, "location": location, **more}


# A year of books. Active at L1: A, B, C, D, E; F is discontinued, and at L2 nothing lies and nothing is sold but A.
YEAR = [stock(p, day) for p in "ABCDEF" for day in ("2024-01-01", "2024-12-31")]
STOCK = [*YEAR, stock("B", "2024-12-31", 0, "L2")]
PRODUCTS = [*MASTER, master("F", active=False)]
QUARTERS = ["2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31"]
COUNTS = [
    *(count("A", day) for day in QUARTERS),
    count("A", "2024-06-30"),
    count("A", "2024-06-30", "L2"),
    count("B", "2024-06-30"),
    count("C", "2024-06-30"),
    count("F", "2024-06-30"),
    count("D", "2023-06-30"),
]
BOOKS = {"inventory": STOCK, "products": PRODUCTS, "sales": SALES, "counts": COUNTS}


def test_active_keys_and_how_often_they_were_counted(tmp_path: Path) -> None:
    trial = measure("K-19", BOOKS, tmp_path)
    # A, B, C, D, E at L1 and A at L2 are active; D and E were not counted within the year.
    counted = figure(trial, "keys_counted")
    assert (counted["numerator"], counted["denominator"], counted["unit"]) == (4, 6, "%")
    assert values(trial, "keys_counted", "location") == {"L1": 60, "L2": 100}
    # A at L1 four times as asked, at L2 once; B once of two; C once, D (class C) never.
    met = {name: figure(trial, name) for name in ("policy_a", "policy_b", "policy_c", "policy_met")}
    assert {name: (row["numerator"], row["denominator"]) for name, row in met.items()} == {
        "policy_a": (1, 2),
        "policy_b": (0, 1),
        "policy_c": (1, 2),
        "policy_met": (2, 5),
    }
    assert met["policy_a"]["coverage"] == Decimal("0.833333333")
    assert values(trial, "keys_counted", "month")["2024-06"] == Decimal("66.666666667")


def test_a_short_time_asks_for_less(tmp_path: Path) -> None:
    """Half a year asks for two counts of A and one of B; of C half a count is rounded up to one, a quarter to none."""
    half = {**BOOKS, "inventory": [stock(p, day) for p in "ABC" for day in ("2024-07-02", "2024-12-31")]}
    late = [row for row in COUNTS if row["ts"] > "2024-07-02"]
    trial = measure("K-19", {**half, "counts": late}, tmp_path / "half")
    assert figure(trial, "policy_a", "location", "L1")["value"] == 100
    assert figure(trial, "policy_c")["value"] == 0
    quarter = {**BOOKS, "inventory": [stock(p, day) for p in "ABC" for day in ("2024-10-15", "2024-12-31")]}
    late = [row for row in COUNTS if row["ts"] > "2024-10-15"]
    row = figure(measure("K-19", {**quarter, "counts": late}, tmp_path / "quarter"), "policy_c")
    assert (row["value"], row["reason"]) == (None, "the books cover too little time for one count of this class")


def test_a_line_without_a_counted_quantity_was_not_counted(tmp_path: Path) -> None:
    counts = [count("A", "2024-12-31", counted_qty=5), count("B", "2024-12-31", counted_qty=None)]
    assert figure(measure("K-19", {**BOOKS, "counts": counts}, tmp_path), "keys_counted")["numerator"] == 1


def test_what_cannot_be_said_has_a_reason(tmp_path: Path) -> None:
    books = {name: rows for name, rows in BOOKS.items() if name != "sales"}
    trial = measure("K-19", books, tmp_path / "classes")
    assert figure(trial, "policy_a")["reason"] == "no active key has an ABC class"
    assert figure(trial, "keys_counted")["value"] == 60
    empty = measure("K-19", {"inventory": [stock("A", "2024-12-31", 0)], "counts": COUNTS}, tmp_path / "none")
    assert {row["reason"] for row in empty.kpis} == {"no key was active"}
    assert empty.outcomes["K-19"].status is RuleStatus.NOT_APPLICABLE


@pytest.mark.parametrize("rule", ["K-19", "K-20"])
def test_order_and_files_do_not_matter(rule: str, tmp_path: Path) -> None:
    one = measure(rule, BOOKS, tmp_path / "one")
    assert plain(one) == plain(
        measure(rule, {name: shuffled(rows) for name, rows in BOOKS.items()}, tmp_path / "other")
    )
