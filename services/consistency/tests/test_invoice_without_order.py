"""C-026: invoices that lead to no order or no receipt, one thing told of each; matched ones are left alone."""

from decimal import Decimal
from pathlib import Path

import pytest
from perito_kernel.phases import RuleStatus

from .order_books import Row, billed, match, ordered, received, told

ORDERS = [ordered("P1", 100), ordered("P2", 50, day="2024-04-01"), ordered("P3", 10, status="cancelled")]
RECEIPTS = [received("P1", 100, "2024-05-10"), received("P0", 1, "2024-06-30")]


def codes(
    folder: Path, *invoices: Row, orders: list[Row] = ORDERS, receipts: list[Row] = RECEIPTS
) -> list[tuple[str, str]]:
    trial = match(folder, "C-026", orders, receipts, invoices)
    return sorted((f["identity"]["document"], f["identity"]["code"]) for f in trial.findings)


def test_what_leads_nowhere_is_found_and_a_matched_invoice_is_not(tmp_path: Path) -> None:
    invoices = [
        billed("SOUND", "P1", 100),
        billed("GHOST", "P9", 10),
        billed("BLANK", None, 10),
        billed("EARLY", "P2", 50),
    ]
    trial = match(tmp_path, "C-026", ORDERS, RECEIPTS, invoices)
    outcome = trial.outcomes["C-026"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 4, 3, 0)
    found = {f["identity"]["document"]: f for f in trial.findings}
    assert {name: f["identity"]["code"] for name, f in found.items()} == {
        "GHOST": "no_order",
        "BLANK": "no_order",
        "EARLY": "no_receipt",
    }
    assert found["GHOST"]["title_en"] == "Invoice GHOST of S over 100: the books have no order P9"
    assert found["BLANK"]["title_es"] == "Factura BLANK de S por 100: no nombra ningún pedido"
    assert (found["EARLY"]["severity"], found["EARLY"]["impact"]) == ("high", Decimal(500))
    assert [row["role"] for row in trial.proof(found["EARLY"])] == ["invoice", "order"]
    assert [row["values"]["line_total"] for row in trial.proof(found["GHOST"])] == ["100"]


def test_goods_that_came_after_their_invoice_are_a_code_of_their_own(tmp_path: Path) -> None:
    trial = match(tmp_path, "C-026", ORDERS, RECEIPTS, [billed("I1", "P1", 100, day="2024-05-09")])
    (finding,) = trial.findings
    assert (finding["identity"]["code"], finding["severity"], finding["impact"]) == (
        "receipt_after_invoice",
        "low",
        None,
    )
    assert "came later, on 2024-05-10" in finding["title_en"]
    assert [row["role"] for row in trial.proof(finding)] == ["invoice", "order", "receipt"]
    assert codes(tmp_path / "same", billed("I1", "P1", 100, day="2024-05-10")) == []


def test_cancelled_orders_and_products_nobody_ordered(tmp_path: Path) -> None:
    invoices = [billed("I1", "P3", 10), billed("I2", "P1", 10, product="B")]
    assert codes(tmp_path, *invoices) == [("I1", "order_cancelled"), ("I2", "not_ordered")]


def test_lines_of_one_invoice_are_one_finding_per_code(tmp_path: Path) -> None:
    invoices = [billed("I1", "P9", 10), billed("I1", "P9", 20, line="2"), billed("I1", "P1", 100, line="3")]
    trial = match(tmp_path, "C-026", ORDERS, RECEIPTS, invoices)
    assert told(trial) == [("I1", "high", Decimal(300))]
    assert trial.findings[0]["row_count"] == 2


@pytest.mark.parametrize(("day", "severity"), [("2024-06-16", "high"), ("2024-06-17", "medium")])
def test_goods_may_still_be_on_their_way(tmp_path: Path, day: str, severity: str) -> None:
    """The receipts end on 30 June: fourteen days before it an invoice without goods is only early."""
    assert [row[1] for row in told(match(tmp_path, "C-026", ORDERS, RECEIPTS, [billed("I1", "P2", 50, day=day)]))] == [
        severity
    ]


def test_books_that_begin_midway_raise_no_alarm(tmp_path: Path) -> None:
    before = [billed("I1", "P0", 50, day="2024-03-31"), billed("I2", "P2", 50, day="2024-05-09")]
    outcome = match(tmp_path, "C-026", ORDERS, RECEIPTS, before).outcomes["C-026"]
    assert (outcome.status, outcome.evaluated, outcome.unknown) == (RuleStatus.PASSED, 2, 2)


def test_an_invoice_may_name_its_receipt_only(tmp_path: Path) -> None:
    assert codes(tmp_path, billed("I1", None, 100, receipt_document="R-P1-2024-05-10")) == []


def test_credits_cancelled_and_unreadable_invoices(tmp_path: Path) -> None:
    credit = billed("C1", "P9", 10, line_total=-100)
    unread = billed("I1", None, 10, purchase_document_source="?")
    trial = match(tmp_path, "C-026", ORDERS, RECEIPTS, [credit, billed("I2", "P9", 10, status="cancelled"), unread])
    outcome = trial.outcomes["C-026"]
    assert (outcome.evaluated, outcome.unknown, trial.findings) == (1, 1, [])


def test_an_amount_that_is_not_known_is_null(tmp_path: Path) -> None:
    (finding,) = match(tmp_path, "C-026", ORDERS, RECEIPTS, [billed("I1", "P9", None, None)]).findings
    assert finding["impact"] is None
    (finding,) = match(tmp_path / "made", "C-026", ORDERS, RECEIPTS, [billed("I1", "P9", "3", "7")]).findings
    assert finding["impact"] == Decimal(21), "quantity times price where the line has no amount"
