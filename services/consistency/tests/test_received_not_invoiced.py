"""C-029: what was received is billed within the supplier's usual time; young, free and other bills are left alone."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.trial import Trial, try_rules

from .order_books import RULES, billed, match, ordered, received

Row = dict[str, Any]
ENDS = date(2024, 12, 31)


def ago(days: int) -> str:
    """The day so many days before the invoices end."""
    return (ENDS - timedelta(days=days)).isoformat()


def sound(wait: int = 10) -> tuple[list[Row], list[Row], list[Row]]:
    """Eight orders that are billed `wait` days after they came, the last bill on the last day."""
    ages = [*range(300, 20, -40), wait]
    orders = [ordered(f"OK{n}", 10, day=ago(age + 5)) for n, age in enumerate(ages)]
    receipts = [received(f"OK{n}", 10, ago(age)) for n, age in enumerate(ages)]
    return orders, receipts, [billed(f"I{n}", f"OK{n}", 10, day=ago(age - wait)) for n, age in enumerate(ages)]


def run(folder: Path, orders: list[Row], receipts: list[Row], bills: list[Row] | None = None, wait: int = 10) -> Trial:
    known, came, asked = sound(wait)
    return match(folder, "C-029", [*known, *orders], [*came, *receipts], [*asked, *(bills or [])])


def told(trial: Trial) -> list[tuple[str, str, Any]]:
    return sorted((f["identity"]["purchase_document"], f["severity"], f["impact"]) for f in trial.findings)


def test_what_was_never_billed_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [ordered("P1", 10, day=ago(105))], [received("P1", 10, ago(100))])
    outcome = trial.outcomes["C-029"]
    assert (outcome.status, outcome.evaluated, outcome.failed, outcome.unknown) == (RuleStatus.FAILED, 9, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "S", "purchase_document": "P1", "purchase_line": None, "product": "A"}
    assert (finding["delta_qty"], finding["impact"], finding["severity"]) == (Decimal(-10), Decimal(100), "medium")
    assert finding["title_en"] == "A on order P1: 10 received by 2024-09-22, 0 billed, 100 days open"
    assert finding["title_es"] == "A del pedido P1: 10 recibidos hasta el 22/09/2024, 0 facturados, 100 días pendiente"
    assert [row["role"] for row in trial.proof(finding)] == ["receipt", "order"]


@pytest.mark.parametrize(("age", "severities"), [(30, []), (31, ["medium"]), (91, ["medium"])])
def test_age_decides(tmp_path: Path, age: int, severities: list[str]) -> None:
    trial = run(tmp_path, [ordered("P1", 10, day=ago(age + 5))], [received("P1", 10, ago(age))])
    assert [severity for _, severity, _ in told(trial)] == severities


def test_a_supplier_who_bills_late_has_time(tmp_path: Path) -> None:
    trial = run(tmp_path, [ordered("P1", 10, day=ago(60))], [received("P1", 10, ago(50))], wait=70)
    assert told(trial) == []


def test_of_a_position_in_parts_the_oldest_goods_are_billed_first(tmp_path: Path) -> None:
    orders = [ordered("P1", 30, day=ago(200)), ordered("P2", 30, day=ago(200))]
    receipts = [received("P1", 10, ago(150)), received("P1", 20, ago(20))]
    receipts += [received("P2", 10, ago(150)), received("P2", 20, ago(70))]
    bills = [billed("B1", "P1", 10, day=ago(140)), billed("B2", "P2", 10, day=ago(140))]
    assert told(run(tmp_path, orders, receipts, bills)) == [("P2", "medium", Decimal(200))]


def test_what_is_no_debt(tmp_path: Path) -> None:
    """Free goods, goods beyond the order, and a credit for goods that went back."""
    orders = [ordered("FREE", 10, "0", ago(105)), ordered("OVER", 10, day=ago(105)), ordered("BACK", 10, day=ago(105))]
    receipts = [received("FREE", 10, ago(100)), received("OVER", 12, ago(100)), received("BACK", 10, ago(100))]
    bills = [billed("B1", "OVER", 10, day=ago(90)), billed("B2", "BACK", 10, day=ago(90))]
    bills += [billed("B3", "BACK", -4, day=ago(80), line_total="-40")]
    assert told(run(tmp_path, orders, receipts, bills)) == []


@pytest.mark.parametrize("order", [None, "TYPED WRONG"])
def test_a_bill_without_a_known_order_may_be_the_one(tmp_path: Path, order: str | None) -> None:
    bill = billed("B1", order, 10, day=ago(90))
    trial = run(tmp_path, [ordered("P1", 10, day=ago(105))], [received("P1", 10, ago(100))], [bill])
    assert (told(trial), trial.outcomes["C-029"].unknown) == ([], 1)


def test_a_stray_bill_may_be_for_the_first_part(tmp_path: Path) -> None:
    bills = [billed("B1", "TYPED WRONG", 4, day=ago(98)), billed("B2", "P1", 6, day=ago(85))]
    parts = [received("P1", 4, ago(100)), received("P1", 6, ago(95))]
    trial = run(tmp_path, [ordered("P1", 10, day=ago(105))], parts, bills)
    assert (told(trial), trial.outcomes["C-029"].unknown) == ([], 1)


def test_a_supplier_who_does_not_bill_by_order_is_not_judged(tmp_path: Path) -> None:
    orders = [ordered(f"P{n}", 10, day=ago(105), supplier="BARTER") for n in range(4)]
    outcome = run(tmp_path, orders, [received(f"P{n}", 10, ago(100)) for n in range(4)]).outcomes["C-029"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 4)


def test_what_lies_before_the_invoices_or_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    orders = [ordered("OLD", 10, day="2023-01-01"), ordered("P2", 10, day=ago(105)), ordered("P3", 10, day=ago(105))]
    receipts = [received("OLD", 10, "2023-01-05"), received("P2", None, ago(100)), received("P3", 10, None)]
    outcome = run(tmp_path, orders, receipts).outcomes["C-029"]
    assert (outcome.status, outcome.unknown) == (RuleStatus.PASSED, 3)


def test_goods_that_went_back_or_that_an_unclear_bill_covers(tmp_path: Path) -> None:
    """Sent back whole, or billed by a line of the order without a product; a bill of freight covers no goods."""
    known, came, asked = sound()
    orders = [*known, *(ordered(f"P{n}", 10, day=ago(105), product=f"X{n}") for n in range(3))]
    receipts = [*came, *(received(f"P{n}", 10, ago(100), product=f"X{n}") for n in range(3))]
    unclear: Row = {"day": ago(90), "product": None}
    bills = [*asked, billed("B1", "P1", 10, **unclear), billed("B2", "P2", 1, **unclear)]
    back = [{"movement": "M", "type": "vendor_return", "product": "X0", "qty": -10, "ts": ago(80), "ts_date": ago(80)}]
    tables = {"purchases": orders, "receipts": receipts, "invoices": bills, "movements": back}
    assert [name for name, _, _ in told(try_rules([RULES["C-029"]], tables, tmp_path))] == ["P2"]
