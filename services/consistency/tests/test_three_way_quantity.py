"""C-024: what an invoice, or all invoices of an order, bill beyond receipt and order; each unit of it told once."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.phases import RuleStatus
from perito_rules.trial import try_rules

from .order_books import RULES, Row, billed, match, ordered, received, told


def test_an_overbilled_invoice_is_found_and_its_neighbour_is_not(tmp_path: Path) -> None:
    orders, receipts = [ordered("P1", 100), ordered("P2", 100)], [received("P1", 90), received("P2", 100)]
    invoices = [billed("OVER", "P1", 95, "12"), billed("SOUND", "P2", 100)]
    trial = match(tmp_path, "C-024", orders, receipts, invoices)
    outcome = trial.outcomes["C-024"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 1, 0)
    (finding,) = trial.findings
    identity = {"supplier": "S", "document": "OVER", "purchase_document": "P1", "purchase_line": None, "product": "A"}
    assert finding["identity"] == identity
    assert (finding["observed"], finding["expected"], finding["delta_qty"]) == ("95", "90", Decimal(5))
    assert (finding["impact"], finding["measures"]["cost_source"]) == (Decimal(50), "purchases")
    assert finding["title_en"] == "Invoice OVER: A on order P1: 95 billed, 90 received, 100 ordered"
    assert finding["title_es"] == "Factura OVER: A del pedido P1: 95 facturados, 90 recibidos, 100 pedidos"
    proof = [(row["role"], row["values"]["qty"]) for row in trial.proof(finding)]
    assert proof == [("order", "100"), ("receipt", "90"), ("invoice", "95")]


def test_two_honest_looking_invoices_bill_an_order_twice(tmp_path: Path) -> None:
    trial = match(
        tmp_path,
        "C-024",
        [ordered("P1", 100)],
        [received("P1", 100)],
        [billed("I1", "P1", 100), billed("I2", "P1", 100)],
    )
    (finding,) = trial.findings
    assert (finding["identity"]["document"], finding["identity"]["purchase_document"]) == (None, "P1")
    assert (finding["observed"], finding["expected"], finding["impact"]) == ("200", "100", Decimal(1000))
    assert [row["role"] for row in trial.proof(finding)] == ["order", "receipt", "invoice", "invoice"]


def test_the_order_tells_only_what_its_invoices_leave(tmp_path: Path) -> None:
    """Over-billing one invoice trips both clauses: the money must not be told twice."""
    one = match(tmp_path / "one", "C-024", [ordered("P1", 100)], [received("P1", 100)], [billed("I1", "P1", 120)])
    assert told(one) == [("I1", "high", Decimal(200))]
    invoices = [billed("I1", "P1", 120), billed("I2", "P1", 100)]
    two = match(tmp_path / "two", "C-024", [ordered("P1", 100)], [received("P1", 100)], invoices)
    assert told(two) == [("I1", "high", Decimal(200)), ("P1", "high", Decimal(1000))]


@pytest.mark.parametrize(
    ("credited", "found"),
    [(20, []), (30, []), (15, [("I1", "high", Decimal(50))]), (0, [("I1", "high", Decimal(200))])],
)
def test_an_excess_that_a_credit_note_takes_back_is_not_told(
    tmp_path: Path, credited: int, found: list[tuple[str, str, Decimal]]
) -> None:
    credit = [billed("C1", "P1", credited, line_total=-10 * credited)] if credited else []
    invoices = [billed("I1", "P1", 120), *credit]
    trial = match(tmp_path, "C-024", [ordered("P1", 100)], [received("P1", 100)], invoices)
    assert told(trial) == found


def test_partial_receipts_and_invoices_are_added_up(tmp_path: Path) -> None:
    receipts = [received("P1", 40), received("P1", 60, "2024-05-12")]
    invoices = [billed("I1", "P1", 30), billed("I2", "P1", 70)]
    assert told(match(tmp_path / "sound", "C-024", [ordered("P1", 100)], receipts, invoices)) == []
    split = [billed("I1", "P1", 60), billed("I1", "P1", 60, line="2")]
    (finding,) = match(tmp_path / "lines", "C-024", [ordered("P1", 100)], receipts, split).findings
    assert (finding["identity"]["document"], finding["delta_qty"]) == ("I1", Decimal(20))


def test_goods_that_came_in_excess_and_were_billed_are_not_told_here(tmp_path: Path) -> None:
    assert told(match(tmp_path, "C-024", [ordered("P1", 100)], [received("P1", 110)], [billed("I1", "P1", 110)])) == []


def test_what_was_refused_does_not_count_as_received(tmp_path: Path) -> None:
    books = ([ordered("P1", 100)], [billed("I1", "P1", 100)])
    refused: dict[str, Row] = {"accepted": {"accepted": 95}, "rejected": {"rejected": 5}}
    for name, more in refused.items():
        trial = match(tmp_path / name, "C-024", books[0], [received("P1", 100, **more)], books[1])
        assert told(trial) == [("I1", "high", Decimal(50))]
    # Less was accepted than came and none was rejected: C-028's, and no fault of the supplier.
    at_odds = [received("P1", 100, accepted=95, rejected=0)]
    assert told(match(tmp_path / "at odds", "C-024", books[0], at_odds, books[1])) == []
    receipts = [received("P1", 95), received("P1", 5, "2024-05-11", status="cancelled")]
    assert told(match(tmp_path / "cancelled", "C-024", books[0], receipts, books[1])) == [("I1", "high", Decimal(50))]


def test_zero_tolerance_is_zero_and_two_percent_is_two(tmp_path: Path) -> None:
    books = ([ordered("P1", 10_000)], [received("P1", 10_000)], [billed("I1", "P1", "10000.0001")])
    assert [row[1] for row in told(match(tmp_path / "zero", "C-024", *books))] == ["medium"]
    assert told(match(tmp_path / "loose", "C-024", *books, tolerance="0.02")) == []
    at = ([ordered("P1", 100)], [received("P1", 100)])
    assert told(match(tmp_path / "at", "C-024", *at, [billed("I1", "P1", 102)], tolerance="0.02")) == []
    assert len(told(match(tmp_path / "above", "C-024", *at, [billed("I1", "P1", "102.5")], tolerance="0.02"))) == 1


def test_lines_of_an_order_are_told_apart_where_every_document_names_them(tmp_path: Path) -> None:
    orders = [ordered("P1", 10), ordered("P1", 90, line="2")]
    receipts = [received("P1", 10, purchase_line="1"), received("P1", 90, purchase_line="2")]
    invoices = [billed("I1", "P1", 20, purchase_line="1"), billed("I2", "P1", 80, purchase_line="2")]
    (finding,) = match(tmp_path / "lines", "C-024", orders, receipts, invoices).findings
    assert (finding["identity"]["document"], finding["identity"]["purchase_line"], finding["delta_qty"]) == (
        "I1",
        "1",
        10,
    )
    unnamed = [*invoices[:1], billed("I2", "P1", 80)]
    assert told(match(tmp_path / "products", "C-024", orders, receipts, unnamed)) == []


def test_credits_and_cancelled_and_repeated_documents(tmp_path: Path) -> None:
    books = ([ordered("P1", 100)], [received("P1", 100)])
    credit = billed("C1", "P1", 100, line_total=-1000)
    assert (
        told(match(tmp_path / "credit", "C-024", *books, [billed("I1", "P1", 100), billed("I2", "P1", 100), credit]))
        == []
    )
    again = billed("I1", "P1", 100, _duplicate_file=0, _duplicate_record=1)
    cancelled = billed("I3", "P1", 100, status="cancelled")
    assert told(match(tmp_path / "left", "C-024", *books, [billed("I1", "P1", 100), again, cancelled])) == []
    trial = match(
        tmp_path / "order", "C-024", [ordered("P1", 100, status="cancelled")], books[1], [billed("I1", "P1", 300)]
    )
    assert trial.outcomes["C-024"].status is RuleStatus.NOT_APPLICABLE, "an invoice of a cancelled order is C-026's"


def test_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    trial = match(tmp_path, "C-024", [ordered("P1", 100)], [received("P1", None)], [billed("I1", "P1", 500)])
    outcome = trial.outcomes["C-024"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 2, 2)


def test_positions_without_receipt_are_left_to_the_rule_that_looks_for_them(tmp_path: Path) -> None:
    invoices = [billed("I1", "P1", 100), billed("I2", "P2", 100)]
    trial = match(tmp_path, "C-024", [ordered("P1", 100), ordered("P2", 9)], [received("P1", 100)], invoices)
    assert told(trial) == []
    assert trial.outcomes["C-024"].facts["positions_without_receipt"] == "1"


LOTS = st.lists(st.integers(1, 20), min_size=1, max_size=4)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.integers(1, 60), lots=LOTS, bills=LOTS, seed=st.randoms(use_true_random=False))
def test_all_that_is_told_adds_up_to_what_was_billed_beyond_what_came(
    tmp_path_factory: Any, order: int, lots: list[int], bills: list[int], seed: Any
) -> None:
    """Where more was billed than ordered, the findings together are billed less received, in any order of rows."""
    receipts: list[Row] = [received("P1", qty, f"2024-05-{i + 1:02d}") for i, qty in enumerate(lots)]
    invoices = [billed(f"I{i}", "P1", qty) for i, qty in enumerate(bills)]
    trial = match(tmp_path_factory.mktemp("sum"), "C-024", [ordered("P1", order)], receipts, invoices)
    excess = sum((f["delta_qty"] for f in trial.findings), Decimal(0))
    beyond = sum(max(qty - sum(lots), 0) for qty in bills)
    assert excess == (max(sum(bills) - sum(lots), beyond) if sum(bills) > order else beyond)
    seed.shuffle(invoices)
    seed.shuffle(receipts)
    again = match(tmp_path_factory.mktemp("shuffled"), "C-024", [ordered("P1", order)], receipts, invoices)
    assert told(again) == told(trial)


@pytest.mark.parametrize(
    ("price", "master", "source", "impact"),
    [("7", "3", "invoices", 28), (None, "3", "products", 12), (None, None, "none", None)],
)
def test_the_value_says_whence_it_comes(
    tmp_path: Path, price: str | None, master: str | None, source: str, impact: int | None
) -> None:
    tables: dict[str, Any] = {
        "purchases": [ordered("P1", 10, None)],
        "receipts": [received("P1", 10)],
        "invoices": [billed("I1", "P1", 14, price)],
        "products": [{"product": "A", "unit_cost": master}],
    }
    (finding,) = try_rules([RULES["C-024"]], tables, tmp_path).findings
    assert (finding["measures"]["cost_source"], finding["impact"]) == (source, impact)
