"""K-25 and K-26: days from order to last receipt and promises kept, with receipts after the stock books told apart."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus

from .figures import figure, measure, plain, shuffled, values


def line(number: int, ordered: str | None, promised: str | None = None, **more: object) -> dict[str, Any]:
    row = {"document": "PO", "line": str(number), "supplier": "S1", "location": "L1", "product": "A"}
    dates = {"ordered_at": ordered, "ordered_at_date": ordered, "promised_at": promised, "promised_at_date": promised}
    return {**row, **dates, **more}


def receipt(number: int | None, day: str, document: str = "PO", **more: object) -> dict[str, Any]:
    row = {"document": f"GR{number}", "purchase_document": document, "ts": day, "ts_date": day}
    return {**row, **({"purchase_line": str(number)} if number is not None else {}), **more}


# Days: 2, 4, 6 and, after the stock books end, 20. Promised after 3, 3, 6 and 10 days. The fifth line is open.
LINES = [
    line(1, "2024-07-01", "2024-07-04"),
    line(2, "2024-07-01", "2024-07-04", location="L2"),
    line(3, "2024-07-01", "2024-07-07", supplier="S2"),
    line(4, "2024-07-20", "2024-07-30", supplier="S2"),
    line(5, "2024-07-20", "2024-07-25"),
]
RECEIPTS = [receipt(1, "2024-07-03"), receipt(2, "2024-07-05"), receipt(3, "2024-07-07"), receipt(4, "2024-08-09")]
STOCK = [{"snapshot_date": "2024-07-31", "product": "A", "location": "L1", "qty": 1}]
QUOTES = [{"supplier": "S1", "quoted_lead_days": 3}, {"supplier": "S2", "quoted_lead_days": 10}]
BOOKS = {"purchases": LINES, "receipts": RECEIPTS, "inventory": STOCK, "suppliers": QUOTES}


def test_lead_times_and_what_suppliers_quote(tmp_path: Path) -> None:
    trial = measure("K-25", BOOKS, tmp_path)
    mean = figure(trial, "mean")
    assert (mean["value"], mean["numerator"], mean["denominator"], mean["unit"]) == (8, 32, 4, "days")
    assert (mean["basis"], mean["n"], mean["coverage"]) == ("all_receipts", 4, Decimal("0.8"))
    assert (figure(trial, "median")["value"], figure(trial, "p95")["value"]) == (5, 20)
    # Squares 4 + 16 + 36 + 400 = 456, less 32 x 32 / 4 = 256, over 3: the root of 66.666666667.
    assert figure(trial, "standard_deviation")["value"] == Decimal("8.164965809")
    # Quotes 3, 3, 10 and 10: 6.5 on average, and 1.5 less than it took.
    assert (figure(trial, "quoted")["value"], figure(trial, "over_quoted")["value"]) == (Decimal("6.5"), Decimal("1.5"))
    assert values(trial, "mean", "supplier") == {"S1": 3, "S2": 13}
    assert values(trial, "mean", "location") == {"L1": Decimal("9.333333333"), "L2": 4}
    assert values(trial, "mean", "month") == {"2024-07": 4, "2024-08": 20}


def test_promises_kept_on_both_bases(tmp_path: Path) -> None:
    trial = measure("K-26", BOOKS, tmp_path)
    every, known = figure(trial, "on_time"), figure(trial, "on_time_in_ledger")
    assert (every["value"], every["numerator"], every["denominator"]) == (50, 2, 4)
    assert (every["basis"], known["basis"]) == ("all_receipts", "receipts_in_ledger")
    assert (known["value"], known["numerator"], known["denominator"]) == (Decimal("66.666666667"), 2, 3)
    facts = trial.outcomes["K-26"].facts
    assert (facts["received"], facts["received_after_the_ledger_ends"], facts["open_and_overdue"]) == ("4", "1", "1")
    assert values(trial, "on_time", "supplier") == {"S1": 50, "S2": 50}
    assert figure(measure("K-25", BOOKS, tmp_path / "K-25"), "mean_in_ledger")["value"] == 4


def test_a_line_has_arrived_with_its_last_receipt(tmp_path: Path) -> None:
    tables = {"purchases": LINES[:1], "receipts": [*RECEIPTS[:1], receipt(1, "2024-07-11", document="PO")]}
    assert figure(measure("K-25", tables, tmp_path / "25"), "mean")["value"] == 10
    assert figure(measure("K-26", tables, tmp_path / "26"), "on_time")["value"] == 0


@pytest.mark.parametrize(
    ("receipts", "mean"),
    [
        ([receipt(None, "2024-07-03", product="A")], 2),
        ([receipt(None, "2024-07-03", product="B")], None),
        ([receipt(None, "2024-07-03")], 2),
        ([receipt(None, "2024-07-03", document="OTHER")], None),
        ([receipt(1, "2024-07-03", status="cancelled")], None),
        ([receipt(1, "2024-06-30")], None),
    ],
    ids=["by product", "another product", "the order's only line", "another order", "cancelled", "before the order"],
)
def test_which_receipt_belongs_to_a_line(receipts: list[dict[str, Any]], mean: int | None, tmp_path: Path) -> None:
    row = figure(measure("K-25", {"purchases": LINES[:1], "receipts": receipts}, tmp_path), "mean")
    assert row["value"] == mean
    assert row["reason"] == ("" if mean else "no line has an order date and a later receipt")


def test_an_order_of_several_lines_is_not_received_by_a_receipt_that_names_none(tmp_path: Path) -> None:
    tables = {"purchases": LINES[:2], "receipts": [receipt(None, "2024-07-03")]}
    assert figure(measure("K-25", tables, tmp_path), "mean")["value"] is None


def test_cancelled_and_repeated_lines_are_nobodys_lead_time(tmp_path: Path) -> None:
    more = [line(9, "2024-01-01", status="cancelled"), {**LINES[0], "_duplicate_file": 0, "_duplicate_record": 1}]
    tables = {**BOOKS, "purchases": [*LINES, *more], "receipts": [*RECEIPTS, receipt(9, "2024-07-03")]}
    mean = figure(measure("K-25", tables, tmp_path), "mean")
    assert (mean["value"], mean["coverage"]) == (8, Decimal("0.8"))


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    bare: Mapping[str, Any] = {"purchases": [line(1, "2024-07-01")], "receipts": [receipt(1, "2024-07-03")]}
    lead = measure("K-25", bare, tmp_path / "25")
    reasons = {row["measure"]: row["reason"] for row in lead.kpis if row["scope"] == "total" and row["value"] is None}
    assert reasons == {
        "quoted": "no supplier of these lines quotes a lead time",
        "over_quoted": "no supplier of these lines quotes a lead time",
        "standard_deviation": "one line has no spread",
        "mean_in_ledger": "no snapshot or movement says where the stock books end",
    }
    tables = {**bare, "purchases": [line(1, "2024-07-01", None)]}
    punctual = measure("K-26", {**tables, "inventory": STOCK}, tmp_path / "26")
    assert {row["reason"] for row in punctual.kpis} == {"no received line has a promised date"}
    assert (punctual.outcomes["K-26"].evaluated, punctual.outcomes["K-26"].unknown) == (1, 1)
    nothing = measure("K-26", {"purchases": LINES, "receipts": []}, tmp_path / "none")
    assert nothing.outcomes["K-26"].status is RuleStatus.NOT_APPLICABLE


@pytest.mark.parametrize("rule", ["K-25", "K-26"])
def test_order_and_files_do_not_matter(rule: str, tmp_path: Path) -> None:
    one = measure(rule, BOOKS, tmp_path / "one")
    other = {**BOOKS, "purchases": shuffled(LINES), "receipts": shuffled(RECEIPTS)}
    assert plain(one) == plain(measure(rule, other, tmp_path / "other"))
