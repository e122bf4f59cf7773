"""C-025: an invoice line at another price than contract, order or last cost; within the tolerance it is left alone."""

from decimal import Decimal
from pathlib import Path

from perito_kernel.phases import RuleStatus
from perito_rules.trial import try_rules

from .order_books import RULES, billed, match, ordered, received, told


def test_a_dearer_line_is_found_and_its_neighbour_is_not(tmp_path: Path) -> None:
    invoices = [billed("DEAR", "P1", 100, "11"), billed("SOUND", "P2", 100, "10")]
    orders, receipts = [ordered("P1", 100), ordered("P2", 100)], [received("P1", 100), received("P2", 100)]
    trial = match(tmp_path, "C-025", orders, receipts, invoices)
    outcome = trial.outcomes["C-025"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    assert (finding["identity"]["document"], finding["identity"]["purchase_document"]) == ("DEAR", "P1")
    assert (finding["observed"], finding["expected"], finding["impact"]) == ("11", "10", Decimal(100))
    assert finding["title_en"] == "Invoice DEAR of S: A at 11, 10 by the order"
    assert finding["title_es"] == "Factura DEAR de S: A a 11; 10 según el pedido"
    proof = [(row["role"], row["values"]["unit_price"]) for row in trial.proof(finding)]
    assert proof == [("order", "10"), ("invoice", "11")]


def test_a_lower_price_is_a_difference_too(tmp_path: Path) -> None:
    (finding,) = match(
        tmp_path, "C-025", [ordered("P1", 100)], [received("P1", 100)], [billed("I1", "P1", 100, "9")]
    ).findings
    assert (finding["severity"], finding["impact"], finding["delta_value"]) == ("medium", Decimal(100), Decimal(-100))


def test_only_what_was_billed_beyond_the_agreed_price_can_be_claimed_back(tmp_path: Path) -> None:
    orders, receipts = [ordered("P1", 100), ordered("P2", 100)], [received("P1", 100), received("P2", 100)]
    trial = match(tmp_path, "C-025", orders, receipts, [billed("DEAR", "P1", 100, "11"), billed("LOW", "P2", 100, "9")])
    assert {f["identity"]["document"]: f["recoverable"] for f in trial.findings} == {"DEAR": True, "LOW": False}


def test_the_tolerance_is_a_share_and_zero_is_zero(tmp_path: Path) -> None:
    books = ([ordered("P1", 100)], [received("P1", 100)], [billed("I1", "P1", 100, "10.2")])
    assert told(match(tmp_path / "two", "C-025", *books)) == []
    assert len(told(match(tmp_path / "zero", "C-025", *books, tolerance="0"))) == 1
    hair = (*books[:2], [billed("I1", "P1", 100, "10.0001")])
    assert len(told(match(tmp_path / "hair", "C-025", *hair, tolerance="0"))) == 1


def test_the_contract_goes_before_the_order(tmp_path: Path) -> None:
    orders = [ordered("P1", 100, "12", contract_price="10"), ordered("P2", 100, "12", contract_price="12")]
    invoices = [billed("I1", "P1", 100, "12"), billed("I2", "P2", 100, "12")]
    (finding,) = match(tmp_path, "C-025", orders, [received("P1", 100), received("P2", 100)], invoices).findings
    assert (finding["identity"]["document"], finding["measures"]["basis"]) == ("I1", "contract")
    assert (finding["expected"], finding["impact"]) == ("10", Decimal(200))


def test_without_an_agreed_price_the_last_one_known_is_what_there_is(tmp_path: Path) -> None:
    orders = [ordered("P1", 100, None), ordered("P0", 5, "8", "2024-04-01")]
    trial = match(tmp_path, "C-025", orders, [received("P1", 100)], [billed("I1", "P1", 100, "12")])
    (finding,) = trial.findings
    assert (finding["severity"], finding["expected"], finding["measures"]["basis"]) == ("medium", "8", "last cost")
    alone = match(tmp_path / "alone", "C-025", orders[:1], [received("P1", 100)], [billed("I1", "P1", 100, "12")])
    assert (alone.findings, alone.outcomes["C-025"].unknown) == ([], 1)


def test_several_prices_of_one_position_are_a_range(tmp_path: Path) -> None:
    orders = [ordered("P1", 50, "10"), ordered("P1", 50, "14", line="2")]
    books = (orders, [received("P1", 100)])
    assert told(match(tmp_path / "between", "C-025", *books, [billed("I1", "P1", 100, "12")])) == []
    (finding,) = match(tmp_path / "above", "C-025", *books, [billed("I1", "P1", 100, "15")]).findings
    assert (finding["expected"], finding["impact"]) == ("14", Decimal(100))


def test_lines_of_one_invoice_are_one_finding_with_the_farthest_price(tmp_path: Path) -> None:
    invoices = [billed("I1", "P1", 50, "12"), billed("I1", "P1", 50, "15", line="2")]
    trial = match(tmp_path, "C-025", [ordered("P1", 100)], [received("P1", 100)], invoices)
    (finding,) = trial.findings
    assert (finding["observed"], finding["impact"], finding["row_count"]) == ("15", Decimal(350), 2)
    assert trial.outcomes["C-025"].failed == 2


def test_what_was_never_received_has_its_amount_elsewhere(tmp_path: Path) -> None:
    orders, invoices = [ordered("P1", 100), ordered("P2", 1)], [billed("I1", "P1", 100, "12")]
    (finding,) = match(tmp_path / "other", "C-025", orders, [received("P2", 1)], invoices).findings
    assert (finding["impact"], finding["measures"]["amount_in"]) == (None, "C-026")
    alone = try_rules([RULES["C-025"]], {"purchases": orders, "invoices": invoices}, tmp_path / "no receipts")
    assert (alone.findings[0]["impact"], alone.findings[0]["measures"]["amount_in"]) == (Decimal(200), "C-025")


def test_prices_that_are_missing_or_zero_are_unknown(tmp_path: Path) -> None:
    orders = [ordered("P1", 100, "0"), ordered("P2", 100)]
    invoices = [billed("I1", "P1", 100, "12"), billed("I2", "P2", 100, None)]
    outcome = match(tmp_path, "C-025", orders, [received("P1", 100)], invoices).outcomes["C-025"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (2, 1, 1), "the last order of A cost 10"
    free = match(tmp_path / "free", "C-025", orders[:1], [received("P1", 100)], invoices[:1]).outcomes["C-025"]
    assert (free.evaluated, free.failed, free.unknown) == (1, 0, 1)
