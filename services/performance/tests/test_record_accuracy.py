"""K-16: accuracy is counted from system and counted quantities, everywhere with its denominator, never as a bare 0."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

from .figures import shuffled

RULE = [rule for rule in load_rules("perito_performance.rules") if rule.id == "K-16"]
MASTER = [{"product": "A", "category": "Food"}, {"product": "B", "category": "Home"}]


def count(system: object, counted: object, product: str = "A", location: str = "L1", **more: object) -> dict[str, Any]:
    row = {"ts": "2024-07-31", "ts_date": "2024-07-31", "product": product, "location": location}
    return {**row, "system_qty": system, "counted_qty": counted, **more}


def run(folder: Path, counts: Sequence[Mapping[str, Any]], **params: object) -> Trial:
    return try_rules(RULE, {"counts": counts, "products": MASTER}, folder, params={"K-16": params})


def kpi(trial: Trial, measure: str, scope: str = "total", key: str = "") -> Mapping[str, Any]:
    (row,) = [r for r in trial.kpis if (r["measure"], r["scope"], r["key"]) == (measure, scope, key)]
    return row


def test_exact_and_within_tolerance(tmp_path: Path) -> None:
    trial = run(tmp_path, [count(100, 100), count(100, 96), count(100, 94), count(100, 105)])
    exact, within = kpi(trial, "exact"), kpi(trial, "within_tolerance")
    assert (exact["value"], exact["numerator"], exact["denominator"], exact["unit"]) == (25, 1, 4, "%")
    assert (within["value"], within["numerator"], within["n"], within["coverage"]) == (75, 3, 4, 1)


@pytest.mark.parametrize(
    ("off", "measures"),
    [
        (1, {"within_a", "within_b", "within_c", "within_tolerance"}),
        (3, {"within_b", "within_c", "within_tolerance"}),
        (5, {"within_c", "within_tolerance"}),
        (6, set[str]()),
    ],
)
def test_each_class_has_its_tolerance(tmp_path: Path, off: int, measures: set[str]) -> None:
    trial = run(tmp_path, [count(100, 100 - off)])
    names = ("exact", "within_a", "within_b", "within_c", "within_tolerance")
    assert {name for name in names if kpi(trial, name)["value"] == 100} == measures


def test_the_tolerance_is_a_parameter(tmp_path: Path) -> None:
    assert kpi(run(tmp_path, [count(100, 94)], tolerance="0.06"), "within_tolerance")["value"] == 100


def test_zero_in_the_books_is_accurate_only_for_zero(tmp_path: Path) -> None:
    trial = run(tmp_path, [count(0, 0), count(0, 1)])
    assert kpi(trial, "exact")["value"] == kpi(trial, "within_tolerance")["value"] == 50


def test_books_below_zero_have_the_tolerance_of_their_size(tmp_path: Path) -> None:
    assert kpi(run(tmp_path, [count(-100, -96), count(-100, -94)]), "within_tolerance")["numerator"] == 1


def test_a_product_with_two_categories_has_none(tmp_path: Path) -> None:
    master = [*MASTER, {"product": "A", "category": "Garden"}]
    trial = try_rules(RULE, {"counts": [count(5, 5), count(5, 5, "B")], "products": master}, tmp_path)
    assert {row["key"] for row in trial.kpis if row["scope"] == "category"} == {"Home"}


def test_a_reported_difference_changes_nothing(tmp_path: Path) -> None:
    trial = run(tmp_path, [count(0, 0, reported_variance=-1), count(5, 4, reported_variance=0)])
    assert kpi(trial, "exact")["numerator"] == 1


def test_by_location_category_and_month(tmp_path: Path) -> None:
    later = {"ts": "2024-08-31", "ts_date": "2024-08-31"}
    counts = [count(5, 5), count(5, 4, "B"), count(5, 4, "C", "L2"), {**count(5, 5, "A", "L2"), **later}]
    trial = run(tmp_path, counts)
    shares = {(r["scope"], r["key"], r["period"]): r["value"] for r in trial.kpis if r["measure"] == "exact"}
    assert shares == {
        ("total", "", ""): 50,
        ("location", "L1", ""): 50,
        ("location", "L2", ""): 50,
        ("category", "Food", ""): 100,
        ("category", "Home", ""): 0,
        ("month", "2024-07", "2024-07"): Decimal("33.333333333"),
        ("month", "2024-08", "2024-08"): 100,
    }


def test_what_could_not_be_read_lowers_the_coverage_and_not_the_accuracy(tmp_path: Path) -> None:
    trial = run(tmp_path, [count(5, 5), count(5, None), count(5, 5, _duplicate_file=0, _duplicate_record=1)])
    total = kpi(trial, "exact")
    assert (total["value"], total["n"], total["coverage"]) == (100, 1, Decimal("0.5"))
    outcome = trial.outcomes["K-16"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 2, 1)


def test_without_a_denominator_there_is_a_reason_and_no_value(tmp_path: Path) -> None:
    trial = run(tmp_path / "unreadable", [count(None, 5, location="L1"), count(5, 5, location="L2")])
    bare = kpi(trial, "exact", "location", "L1")
    assert (bare["value"], bare["denominator"], bare["reason"]) == (None, 0, "no counted record could be read")
    assert kpi(trial, "exact", "location", "L2")["reason"] == ""
    empty = run(tmp_path / "empty", [count(5, 5, _duplicate_file=0, _duplicate_record=1)])
    assert (kpi(empty, "exact")["value"], kpi(empty, "exact")["reason"]) == (None, "no record was counted")
    assert empty.outcomes["K-16"].status is RuleStatus.NOT_APPLICABLE


def test_without_a_product_master_there_is_no_category(tmp_path: Path) -> None:
    trial = try_rules(RULE, {"counts": [count(5, 5)]}, tmp_path)
    assert {row["scope"] for row in trial.kpis} == {"total", "location", "month"}


# In the order of their usage A makes up 80 of 100, B begins at 80, C at 95, and D was not sold at all.
USAGE = [("A", 80), ("B", 15), ("C", 5)]
SOLD = [
    {"document": p, "ts": "2024-07-01", "ts_date": "2024-07-01", "product": p, "location": "L1", "qty": n}
    for p, n in USAGE
]
COSTED = [{"product": product, "category": "Food", "unit_cost": 1} for product in "ABCD"]


def test_each_record_has_the_tolerance_of_its_products_class(tmp_path: Path) -> None:
    # Two per cent off is too much for A and good enough for B and C; four per cent is for C and D only.
    counts = [count(100, 98, p) for p in "ABC"] + [count(100, 100, "A")] + [count(100, 96, p) for p in "BCD"]
    trial = try_rules(RULE, {"counts": counts, "products": COSTED, "sales": SOLD}, tmp_path)
    within = {name: kpi(trial, name) for name in ("within_a", "within_b", "within_c", "within_class")}
    assert {name: (row["numerator"], row["denominator"]) for name, row in within.items()} == {
        "within_a": (1, 2),
        "within_b": (1, 2),
        "within_c": (3, 3),
        "within_class": (5, 7),
    }
    assert {row["basis"] for name, row in within.items() if name != "within_class"} == {"class_records"}


def test_without_classes_each_tolerance_is_for_all_records(tmp_path: Path) -> None:
    trial = run(tmp_path, [count(100, 98), count(100, 100)])
    a, own = kpi(trial, "within_a"), kpi(trial, "within_class")
    assert (a["numerator"], a["denominator"], a["basis"]) == (1, 2, "all_records")
    assert (own["value"], own["reason"]) == (None, "the books give no ABC classes")


def test_a_class_that_nobody_counted_has_no_accuracy(tmp_path: Path) -> None:
    trial = try_rules(RULE, {"counts": [count(100, 98, "A")], "products": COSTED, "sales": SOLD}, tmp_path)
    b = kpi(trial, "within_b")
    assert (b["value"], b["denominator"], b["reason"]) == (None, 0, "no record of this class was counted")


def test_order_and_files_do_not_matter(tmp_path: Path) -> None:
    counts = [count(100, 98 + n % 3, p) for n, p in enumerate("ABCDAB")]
    tables = {"products": COSTED, "sales": SOLD}
    one = try_rules(RULE, {**tables, "counts": counts}, tmp_path / "one")
    other = try_rules(RULE, {**tables, "counts": shuffled(counts)}, tmp_path / "other")
    assert one.kpis == other.kpis
