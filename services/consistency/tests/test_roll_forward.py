"""C-006: a cell that does not add up is found with its whole bridge, and one that does is left alone."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus

from .stock_books import FEED, LEDGER, moved, run, sold, stock


def faulty() -> dict[str, Any]:
    """A breaks by -3 in August; B, its neighbour with the same movements, holds."""
    tables: dict[str, Any] = {"inventory": [], "movements": [], "sales": [], "conventions": FEED}
    for product, closing in (("A", 37), ("B", 40)):
        tables["inventory"] += [
            stock("2024-06-30", 4, product),
            stock("2024-07-31", 10, product),
            stock("2024-08-31", closing, product),
        ]
        tables["movements"] += [
            moved("2024-07-31", "receipt", 6, product),
            moved("2024-08-01", "receipt", 50, product),
            moved("2024-08-10", "transfer_in", 5, product),
            moved("2024-08-11", "transfer_out", -8, product),
            moved("2024-08-12", "return", 2, product),
            moved("2024-08-13", "waste", -1, product),
            moved("2024-08-14", "production", 4, product),
        ]
        tables["sales"] += [
            sold("2024-08-20", 22, product),
            sold("2024-08-20", 22, product, _duplicate_file=0, _duplicate_record=1),
            sold("2024-08-21", 9, product, kind="return"),
            sold("2024-08-22", 9, product, kind="void"),
        ]
    return tables


def test_a_break_is_found_with_its_bridge(tmp_path: Path) -> None:
    trial = run(tmp_path, faulty())
    outcome = trial.outcomes["C-006"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"product": "A", "location": "L1", "lot": None}
    assert (str(finding["period_start"]), str(finding["period_end"])) == ("2024-08-01", "2024-08-31")
    assert (finding["expected"], finding["observed"], finding["delta_qty"]) == ("40", "37", Decimal(-3))
    bridge = {
        name: finding["measures"][name] for name in finding["measures"] if name not in {"unit_cost", "cost_source"}
    }
    assert bridge == {
        "opening": "10",
        "receipts": "50",
        "transfers_in": "5",
        "transfers_out": "-8",
        "sales": "-22",
        "returns": "2",
        "adjustments": "-1",
        "other": "4",
        "actual": "37",
        "difference": "-3",
    }
    assert finding["title_en"] == (
        "A at L1: the books say 37 on 2024-08-31, the movements since 2024-08-01 lead to 40 (-3)"
    )
    assert "los libros dicen 37" in finding["title_es"]
    assert (finding["impact"], finding["measures"]["cost_source"]) == (None, "none")


def test_its_evidence_is_both_snapshots_and_what_moved_between(tmp_path: Path) -> None:
    trial = run(tmp_path, faulty())
    (finding,) = trial.findings
    proof = trial.proof(finding)
    assert [row["role"] for row in proof] == ["opening", *["movement"] * 6, "sale", "closing"]
    assert len(proof) == finding["row_count"]
    assert proof[1]["values"]["qty"] == "50"
    assert proof[-1]["key"]["snapshot_date"] == "2024-08-31"


def test_facts_give_the_whole_account(tmp_path: Path) -> None:
    facts = run(tmp_path, faulty()).outcomes["C-006"].facts
    assert facts == {
        "cells": "4",
        "breaks": "1",
        "net_difference": "-3",
        "gross_difference": "3",
        "opening_total": "8",
        "moved_total": "72",
        "closing_total": "77",
        "repeated_rows_left_out": "2",
        "rows_without_key_left_out": "0",
        "rows_between_no_snapshots": "0",
    }


def test_sales_in_the_ledger_are_not_subtracted_again(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 7)],
        "movements": [moved("2024-08-20", "sale", -3)],
        "sales": [sold("2024-08-20", 3)],
        "conventions": LEDGER,
    }
    assert run(tmp_path / "ledger", tables).findings == []
    (finding,) = run(tmp_path / "feed", {**tables, "conventions": FEED}).findings
    assert (finding["delta_qty"], finding["measures"]["sales"]) == (Decimal(3), "-6")


def test_a_movement_on_the_day_of_a_snapshot_belongs_before_it(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 15)],
        "movements": [moved("2024-07-31", "receipt", 99), moved("2024-08-31", "receipt", 5)],
    }
    assert run(tmp_path, tables).outcomes["C-006"].status is RuleStatus.PASSED


def test_a_month_without_snapshot_widens_the_window(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-06-30", 10), stock("2024-08-31", 16)],
        "movements": [moved("2024-07-15", "receipt", 5), moved("2024-08-15", "receipt", 1)],
    }
    assert run(tmp_path, tables).outcomes["C-006"].status is RuleStatus.PASSED


def test_the_cost_is_the_last_one_known_and_says_whence(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", 10), stock("2024-08-31", 8)],
        "movements": [moved("2024-08-01", "receipt", 0)],
        "products": [{"product": "A", "unit_cost": "3"}],
        "conventions": FEED,
    }
    (finding,) = run(tmp_path / "master", tables).findings
    assert (finding["impact"], finding["measures"]["cost_source"]) == (Decimal(6), "products")
    receipts = [
        {"document": "R1", "product": "A", "ts": "2024-08-30", "ts_date": "2024-08-30", "unit_cost": "4"},
        {"document": "R2", "product": "A", "ts": "2024-09-01", "ts_date": "2024-09-01", "unit_cost": "9"},
    ]
    (finding,) = run(tmp_path / "receipt", {**tables, "receipts": receipts}).findings
    assert (finding["impact"], finding["measures"]["cost_source"]) == (Decimal(8), "receipts")
    assert (finding["delta_value"], finding["currency"]) == (Decimal(-8), "NGN")
    own = [stock("2024-07-31", 10), stock("2024-08-31", 8, unit_cost="5")]
    (finding,) = run(tmp_path / "own", {**tables, "receipts": receipts, "inventory": own}).findings
    assert (finding["impact"], finding["measures"]["cost_source"]) == (Decimal(10), "inventory")


def test_within_the_tolerance_nothing_is_said(tmp_path: Path) -> None:
    tables = {
        "inventory": [stock("2024-07-31", "10"), stock("2024-08-31", "10.5")],
        "movements": [moved("2024-08-01", "receipt", 0)],
    }
    assert len(run(tmp_path / "strict", tables).findings) == 1
    assert run(tmp_path / "loose", tables, tolerance="0.5").findings == []


def test_without_a_ledger_it_is_not_applicable(tmp_path: Path) -> None:
    outcome = run(tmp_path, {"inventory": [stock("2024-07-31", 10)]}).outcomes["C-006"]
    assert (outcome.status, outcome.reason) == (RuleStatus.NOT_APPLICABLE, "needs table movements")


FLOWS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["receipt", "waste", "count", "other"]), st.integers(-9, 9)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flows=FLOWS, sales=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=8), lost=st.integers(-3, 3)
)
def test_books_made_of_their_movements_hold_and_a_lost_quantity_is_found_exactly(
    tmp_path_factory: Any, flows: list[tuple[int, str, int]], sales: list[tuple[int, int]], lost: int
) -> None:
    """Day 0 has 100 units; snapshots of days 20, 40 and 60 are sums of what moved; the last is short by `lost`."""

    def day(number: int) -> str:
        return f"2024-{number // 28 + 1:02d}-{number % 28 + 1:02d}"

    def level(end: int) -> int:
        return 100 + sum(q for d, _, q in flows if d <= end) - sum(q for d, q in sales if d <= end)

    tables = {
        "inventory": [stock(day(d), level(d) - (lost if d == 60 else 0)) for d in (0, 20, 40, 60)],
        "movements": [moved(day(d), kind, q) for d, kind, q in flows],
        "sales": [sold(day(d), q) for d, q in sales] or [sold(day(0), 1)],
        "conventions": FEED,
    }
    trial = run(tmp_path_factory.mktemp("law"), tables)
    assert trial.outcomes["C-006"].evaluated == 3
    assert [f["delta_qty"] for f in trial.findings] == ([-lost] if lost else [])


def test_places_may_keep_their_sales_in_different_books(tmp_path: Path) -> None:
    def at(place: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**row, "location": place}

    tables = {
        "inventory": [at(p, stock(d, q)) for p in ("L1", "L2") for d, q in (("2024-07-31", 50), ("2024-08-31", 45))],
        "movements": [at("L1", moved("2024-08-10", "sale", -5)), at("L2", moved("2024-08-11", "receipt", 4))],
        "sales": [at("L1", sold("2024-08-10", 5)), at("L2", sold("2024-08-12", 9))],
    }
    own = {"name": "sales_move_stock:L2", "value": "feed"}
    assert run(tmp_path / "1", {**tables, "conventions": [*LEDGER, own]}).findings == []
    other = {"name": "sales_move_stock:L1", "value": "ledger"}
    assert run(tmp_path / "2", {**tables, "conventions": [*FEED, other]}).findings == []
    found = run(tmp_path / "3", {**tables, "conventions": LEDGER}).findings
    assert [(f["identity"]["location"], f["delta_qty"]) for f in found] == [("L2", -9)]
