"""P-008: an invoice entered again is found under whatever spelling; honest neighbours are left alone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULE = [rule for rule in load_rules("perito_pattern.rules") if rule.id == "P-008"]


def invoice(document: str | None, total: object, day: str | None = "2025-03-01", **more: object) -> dict[str, Any]:
    row = {"supplier": "V1", "document": document, "line": "1", "invoiced_at": day, "invoiced_at_date": day}
    return {**row, "product": "A", "qty": 1, "line_total": total, **more}


def run(folder: Path, invoices: Sequence[Mapping[str, Any]]) -> Trial:
    return try_rules(RULE, {"invoices": invoices, "conventions": [{"name": "currency", "value": "EUR"}]}, folder)


def test_the_same_number_in_another_spelling_is_found(tmp_path: Path) -> None:
    trial = run(tmp_path, [invoice("INV-1001", 50), invoice("INV1OO1", 50, "2025-04-01"), invoice("INV-1002", 70)])
    outcome = trial.outcomes["P-008"]
    assert (outcome.status, outcome.evaluated, outcome.failed) == (RuleStatus.FAILED, 3, 1)
    (finding,) = trial.findings
    identity = {"supplier": "V1", "number": "1NV1001", "invoiced_on": None, "amount": None}
    assert finding["identity"] == {**identity, "document": "INV1OO1", "purchase_document": ""}
    assert (finding["impact"], finding["currency"], finding["recoverable"]) == (Decimal(50), "EUR", True)
    assert (finding["severity"], finding["row_count"]) == ("high", 2)
    assert finding["title_en"] == "Supplier V1: 2 entries look like one invoice: INV-1001, INV1OO1"
    assert "2 registros" in finding["title_es"]
    assert [(row["role"], row["key"]["document"]) for row in trial.proof(finding)] == [
        ("original", "INV-1001"),
        ("repeat", "INV1OO1"),
    ]
    assert outcome.facts == {
        "invoices": "3",
        "repeated_by_number": "1",
        "repeated_by_date_and_amount": "0",
        "repeated_amount": "50",
        "cancelled_rows_left_out": "0",
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0012-A", "12/a", True),
        ("F.00I2", "F0012", True),
        ("FL9", "F19", True),
        ("FAC-12", "FAC-21", False),
        ("Ñ-5", "N-5", False),
        ("120", "12", False),
        ("---", "***", False),
    ],
)
def test_what_makes_a_number_the_same(tmp_path: Path, one: str, other: str, same: bool) -> None:
    trial = run(tmp_path, [invoice(one, 50), invoice(other, 51, "2025-04-01")])
    assert len(trial.findings) == (1 if same else 0)


def test_an_amount_that_its_lines_do_not_give_is_the_documents(tmp_path: Path) -> None:
    def entered(document: str, whole: int | None) -> list[dict[str, Any]]:
        lines = [invoice(document, 50, line="1"), invoice(document, None, line="2", product="B")]
        return [line | {"document_total": whole} for line in lines]

    (finding,) = run(tmp_path / "stated", [*entered("7", 80), *entered("07", 80)]).findings
    assert (finding["impact"], finding["severity"]) == (Decimal(80), "high")
    (finding,) = run(tmp_path / "unstated", [*entered("7", None), *entered("07", None)]).findings
    assert (finding["impact"], finding["severity"]) == (None, "medium")


def test_the_first_entered_is_the_original(tmp_path: Path) -> None:
    rows = [invoice("9", 30, posted_at="2025-05-02"), invoice("09", 40, posted_at="2025-05-01")]
    (finding,) = run(tmp_path, rows).findings
    # Amounts differ, so it is weaker evidence; all but the first entered (40) is at stake.
    assert (finding["impact"], finding["severity"]) == (Decimal(30), "medium")


def test_the_lines_of_one_invoice_are_no_duplicates(tmp_path: Path) -> None:
    lines = [invoice("7", 50, line="1"), invoice("7", 50, line="2"), invoice("7", 10, line="3", product="B")]
    assert run(tmp_path / "numbered", lines).findings == []
    # Lines that the books do not number, or number all the same, as a constant of the mapping would.
    bare = [{**line, "line": None} for line in lines]
    assert run(tmp_path / "bare", bare).findings == []
    constant = [invoice("7", 50, product="A"), invoice("7", 60, product="B")]
    assert run(tmp_path / "constant", constant).findings == []


def test_an_invoice_entered_line_for_line_again_is_found_whole(tmp_path: Path) -> None:
    lines = [invoice("7", 50, line="1"), invoice("7", 20, line="2", product="B")]
    (finding,) = run(tmp_path, [*lines, *lines]).findings
    assert (finding["impact"], finding["measures"]["invoices"], finding["row_count"]) == (Decimal(70), "2", 4)


def test_one_document_with_two_dates_was_entered_twice(tmp_path: Path) -> None:
    (finding,) = run(tmp_path, [invoice("7", 50), invoice("7", 50, "2025-03-09")]).findings
    assert finding["impact"] == Decimal(50)
    unread = [invoice("7", 50, line="1"), invoice("7", 20, None, line="2")]
    assert run(tmp_path / "unread", unread).findings == []


def test_a_number_of_our_own_does_not_hide_the_suppliers(tmp_path: Path) -> None:
    rows = [invoice("2025/1", 50, supplier_number="A-77"), invoice("2025/2", 50, "2025-06-01", supplier_number="A77")]
    (finding,) = run(tmp_path, rows).findings
    assert finding["identity"]["number"] == "A77"


def test_same_date_and_amount_under_two_numbers(tmp_path: Path) -> None:
    rows = [
        invoice("100", "99.5"),
        invoice("205", "99.5"),
        invoice("300", "99.6"),
        invoice("400", 0),
        invoice("500", 0),
    ]
    (finding,) = run(tmp_path, rows).findings
    identity = {"supplier": "V1", "number": None, "invoiced_on": "2025-03-01", "amount": "99.5"}
    assert finding["identity"] == {**identity, "document": "205", "purchase_document": ""}
    assert (finding["impact"], finding["severity"]) == (Decimal("99.5"), "medium")


def test_money_is_counted_once_where_both_signs_meet(tmp_path: Path) -> None:
    trial = run(tmp_path, [invoice("100", 50), invoice("0100", 50), invoice("205", 50)])
    assert sorted((f["measures"]["basis"], f["impact"]) for f in trial.findings) == [
        ("date_amount", 50),
        ("number", 50),
    ]
    assert trial.outcomes["P-008"].facts["repeated_amount"] == "100"


def test_other_suppliers_and_other_days_are_left_alone(tmp_path: Path) -> None:
    rows = [invoice("100", 50), invoice("100", 50, supplier="V2"), invoice("101", 50, "2025-03-02")]
    outcome = run(tmp_path, rows).outcomes["P-008"]
    assert (outcome.status, outcome.evaluated, outcome.failed) == (RuleStatus.PASSED, 3, 0)


def test_a_row_that_repeats_another_letter_for_letter_is_told_elsewhere(tmp_path: Path) -> None:
    rows = [invoice("100", 50), invoice("100", 50, _duplicate_file=0, _duplicate_record=1)]
    assert run(tmp_path, rows).findings == []


def test_an_invoice_that_was_cancelled_and_entered_again_is_one_invoice(tmp_path: Path) -> None:
    rows = [invoice("100", 50, status="cancelled"), invoice("100", 50, status="paid"), invoice("200", 60)]
    trial = run(tmp_path / "cancelled", rows)
    assert (trial.findings, trial.outcomes["P-008"].evaluated) == ([], 2)
    assert trial.outcomes["P-008"].facts["cancelled_rows_left_out"] == "1"
    rows.append(invoice("0100", 50, status="open"))
    assert len(run(tmp_path / "again", rows).findings) == 1


@pytest.mark.parametrize(
    ("totals", "impact"),
    [
        ((50, -50), None),
        ((50, -50, 50), None),
        ((50, -50, 40), None),
        ((50, 50, -50), None),
        ((50, -20), None),
        ((50, 50, -20), 30),
        ((50, 50, 50, -50), 50),
        ((-50, -50), -50),
        ((50, None, -50), "unknown"),
    ],
)
def test_credits_of_the_same_number_take_entries_back(
    tmp_path: Path, totals: tuple[int | None, ...], impact: int | str | None
) -> None:
    rows = [invoice("100", total, f"2025-03-0{day}") for day, total in enumerate(totals, 1)]
    trial = run(tmp_path, rows)
    if impact is None:
        assert (trial.findings, trial.outcomes["P-008"].failed) == ([], 0)
        assert trial.outcomes["P-008"].facts["repeated_amount"] == "0"
    else:
        (finding,) = trial.findings
        assert finding["impact"] == (None if impact == "unknown" else impact)
        assert trial.outcomes["P-008"].failed == len(totals) - 1


def test_what_cannot_be_compared_is_unknown(tmp_path: Path) -> None:
    rows = [invoice("100", 50, supplier=None), invoice(None, 50, None), invoice("100", 50)]
    outcome = run(tmp_path, rows).outcomes["P-008"]
    assert (outcome.evaluated, outcome.unknown, outcome.failed) == (3, 2, 0)


def test_where_nothing_says_which_came_first_the_lower_number_did_wherever_it_stands(tmp_path: Path) -> None:
    entries = [invoice("F-10", 80), invoice("F-9", 80)]
    for number, rows in enumerate((entries, entries[::-1])):
        (finding,) = run(tmp_path / str(number), rows).findings
        assert finding["identity"]["document"] == "F-10"
        assert finding["title_en"].endswith("F-9, F-10")
