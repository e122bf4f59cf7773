"""C-027: what came in excess, or short of a closed order; what may still come is left alone."""

from decimal import Decimal
from pathlib import Path

import pytest
from perito_kernel.phases import RuleStatus

from .order_books import Row, match, ordered, received, told


def test_excess_is_found_and_a_full_receipt_is_not(tmp_path: Path) -> None:
    receipts = [received("P1", 60), received("P1", 50, "2024-05-12"), received("P2", 100)]
    trial = match(tmp_path, "C-027", [ordered("P1", 100), ordered("P2", 100)], receipts)
    outcome = trial.outcomes["C-027"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 2, 1, 0)
    (finding,) = trial.findings
    assert (finding["identity"]["purchase_document"], finding["identity"]["code"]) == ("P1", "over")
    assert (finding["delta_qty"], finding["impact"], finding["measures"]["cost_source"]) == (
        10,
        Decimal(100),
        "purchases",
    )
    assert finding["title_en"] == "Order P1, A: 110 of 100 received (10), more than ordered"
    assert finding["title_es"] == "Pedido P1, A: recibidos 110 de 100 (10), más de lo pedido"
    assert [(row["role"], row["values"]["qty"]) for row in trial.proof(finding)] == [
        ("order", "100"),
        ("receipt", "60"),
        ("receipt", "50"),
    ]


@pytest.mark.parametrize("closed", [{"status": "closed"}, {"status": "received"}, {"closed_at": "2024-06-01"}])
def test_a_closed_order_that_came_short(tmp_path: Path, closed: Row) -> None:
    trial = match(tmp_path, "C-027", [ordered("P1", 100, **closed)], [received("P1", 90)])
    (finding,) = trial.findings
    assert (finding["identity"]["code"], finding["severity"]) == ("short", "medium")
    assert (finding["delta_qty"], finding["impact"]) == (-10, None)


@pytest.mark.parametrize(
    ("promised", "end", "code"),
    [
        ("2024-05-15", "2024-06-14", None),
        ("2024-05-15", "2024-06-15", "open"),
        (None, "2024-06-09", None),
        (None, "2024-06-10", "open"),
    ],
)
def test_an_open_remainder_is_told_when_it_is_late(
    tmp_path: Path, promised: str | None, end: str, code: str | None
) -> None:
    orders = [ordered("P1", 100, promised_at=promised, promised_at_date=promised), ordered("P2", 1)]
    trial = match(tmp_path, "C-027", orders, [received("P1", 90, "2024-05-10"), received("P2", 1, end)])
    assert [f["identity"]["code"] for f in trial.findings] == ([code] if code else [])


def test_orders_that_are_received_after_the_books_end_are_awaited(tmp_path: Path) -> None:
    late = ordered("P1", 100, day="2024-06-20", promised_at="2024-07-05", promised_at_date="2024-07-05")
    trial = match(tmp_path, "C-027", [late, ordered("P2", 1)], [received("P2", 1, "2024-06-30")])
    assert (trial.findings, trial.outcomes["C-027"].facts["awaited"]) == ([], "1")


def test_a_date_that_nobody_meant_does_not_end_the_receipts(tmp_path: Path) -> None:
    # Fifty dated rows or more, or no date can be called a slip.
    orders = [ordered(f"Q{n}", 1, day="2024-06-28") for n in range(60)]
    receipts = [received(f"Q{n}", 1, "2024-06-30") for n in range(60)]
    late = ordered("P1", 100, day="2024-06-20", promised_at="2024-07-05", promised_at_date="2024-07-05")
    slip = received("P2", 1, "2042-06-30")
    trial = match(tmp_path, "C-027", [late, ordered("P2", 1), *orders], [*receipts, slip])
    assert (trial.findings, trial.outcomes["C-027"].facts["awaited"]) == ([], "1")


def test_an_order_older_than_the_receipts_is_unknown(tmp_path: Path) -> None:
    orders = [
        ordered("OLD", 100, day="2024-04-09", status="closed"),
        ordered("LOST", 100, day="2024-04-10", status="closed"),
    ]
    trial = match(tmp_path, "C-027", orders, [received("P2", 1, "2024-05-10")])
    assert ([row[0] for row in told(trial)], trial.outcomes["C-027"].unknown) == (["LOST"], 1)


def test_zero_tolerance_is_zero(tmp_path: Path) -> None:
    books = ([ordered("P1", 10_000)], [received("P1", "10000.0001")])
    assert len(told(match(tmp_path / "zero", "C-027", *books))) == 1
    assert told(match(tmp_path / "loose", "C-027", *books, tolerance="0.01")) == []


def test_goods_for_a_cancelled_order_are_all_excess(tmp_path: Path) -> None:
    (finding,) = match(tmp_path, "C-027", [ordered("P1", 100, status="cancelled")], [received("P1", 5)]).findings
    assert (finding["expected"], finding["delta_qty"], finding["impact"]) == ("0", 5, Decimal(50))
    unreceived = match(tmp_path / "none", "C-027", [ordered("P1", 100, status="cancelled")], [received("P9", 5)])
    assert unreceived.outcomes["C-027"].status is RuleStatus.NOT_APPLICABLE


def test_what_was_refused_has_not_come_and_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    (finding,) = match(
        tmp_path, "C-027", [ordered("P1", 100, status="closed")], [received("P1", 100, rejected=4)]
    ).findings
    assert finding["delta_qty"] == -4
    outcome = match(tmp_path / "unread", "C-027", [ordered("P1", None)], [received("P1", 100)]).outcomes["C-027"]
    assert (outcome.evaluated, outcome.unknown) == (1, 1)
