"""P-009: an edited copy of an invoice is found and named; instalments, credits and standing orders are left alone."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perito_rules.loader import load_rules
from perito_rules.trial import Trial, try_rules

RULES = [rule for rule in load_rules("perito_pattern.rules") if rule.id in {"P-008", "P-009"}]

Row = Mapping[str, Any]


def invoice(document: str, day: int = 1, qty: object = 100, total: object = 1000, **more: object) -> dict[str, Any]:
    date = f"2025-03-{day:02}"
    row = {"supplier": "V1", "document": document, "line": "1", "invoiced_at": date, "invoiced_at_date": date}
    return {**row, "purchase_document": "PO1", "product": "A", "qty": qty, "line_total": total, **more}


def run(folder: Path, invoices: Sequence[Row], **more: Sequence[Row]) -> Trial:
    tables = {"invoices": invoices, "conventions": [{"name": "currency", "value": "EUR"}], **more}
    return try_rules(RULES, tables, folder)


def told(trial: Trial) -> list[tuple[str, str]]:
    """(copy, original) of each finding of P-009."""
    found = [f for f in trial.findings if f["rule_id"] == "P-009"]
    return sorted((f["identity"]["document"], f["measures"]["original"]) for f in found)


def received(qty: int, **more: object) -> Row:
    return {"document": "GR1", "line": "1", "purchase_document": "PO1", "product": "A", "qty": qty, **more}


def ordered(qty: int) -> Row:
    return {"document": "PO1", "line": "1", "product": "A", "qty": qty}


def test_the_copy_is_the_higher_number_and_the_original_its_evidence(tmp_path: Path) -> None:
    rows = [invoice("INV-10", 1, 102, "1010.50"), invoice("INV-9", 6), invoice("INV-11", 2, 300, 3000)]
    trial = run(tmp_path, rows, purchases=[ordered(400)])
    outcome = trial.outcomes["P-009"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (3, 1, 0)
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "V1", "document": "INV-10", "purchase_document": "PO1"}
    assert (finding["severity"], finding["impact"], finding["recoverable"]) == ("high", Decimal("1010.5"), True)
    assert finding["title_en"] == (
        "Supplier V1: invoice INV-10 resembles INV-9: same order PO1 and product, 5 days apart, "
        "1,010.5 charged against 1,000"
    )
    assert [(row["role"], row["key"]["document"]) for row in trial.proof(finding)] == [
        ("original", "INV-9"),
        ("copy", "INV-10"),
    ]


@pytest.mark.parametrize(
    ("copies", "goods", "found"),
    [
        ([invoice("3", 5, 99, 990)], 200, [("3", "1")]),
        ([invoice("3", 5, 99, 990), invoice("4", 6)], 200, [("3", "1"), ("4", "1")]),
        ([], 200, []),
        ([], 199, []),
        ([], 100, [("2", "1")]),
        ([invoice("3", 5, 99, 990)], 0, [("2", "1"), ("3", "1")]),
    ],
)
def test_of_equal_instalments_only_what_no_receipt_explains_is_told(
    tmp_path: Path, copies: list[Row], goods: int, found: list[tuple[str, str]]
) -> None:
    """Two deliveries of 100 are billed by two invoices: neither copies the other, whatever is entered after them."""
    invoices = [invoice("1"), invoice("2", 4), *copies]
    assert told(run(tmp_path, invoices, receipts=[received(goods)] if goods else [])) == found


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (invoice("2", 8, 102, 1050), True),
        (invoice("2", 9, 100, 1001), False),
        (invoice("2", 2, 103, 1001), False),
        (invoice("2", 2, 100, "1050.01"), False),
        (invoice("2", 2, 98, 950), True),
        (invoice("2", 2, supplier="V2"), False),
        (invoice("2", 2, purchase_document="PO2"), False),
        (invoice("2", 2, product="B"), False),
        (invoice("2", 2, location="X"), True),
    ],
)
def test_each_limit_counts(tmp_path: Path, other: Row, found: bool) -> None:
    assert bool(told(run(tmp_path, [invoice("1"), other]))) is found


def test_one_order_for_two_shops_is_charged_twice_honestly(tmp_path: Path) -> None:
    assert told(run(tmp_path, [invoice("1", location="X"), invoice("2", 2, location="Y")])) == []


def test_instalments_that_the_receipts_cover_are_left_alone(tmp_path: Path) -> None:
    rows = [invoice("1"), invoice("2", 8), invoice("3", 15)]
    trial = run(tmp_path / "covered", rows, receipts=[received(100), received(200, document="GR2")])
    assert told(trial) == []
    assert trial.outcomes["P-009"].facts["invoices_covered_by_receipts"] == "3"
    short = run(tmp_path / "short", rows, receipts=[received(100), received(100, document="GR2")])
    assert told(short) == [("3", "2")]
    refused = [received(100), received(200, document="GR2", status="cancelled")]
    assert told(run(tmp_path / "refused", rows, receipts=refused)) == [("2", "1"), ("3", "2")]


def test_an_order_for_both_without_a_receipt_is_weaker_evidence(tmp_path: Path) -> None:
    rows = [invoice("1"), invoice("2", 2, 101)]
    (finding,) = run(tmp_path / "room", rows, purchases=[ordered(250)]).findings
    assert finding["severity"] == "medium"
    (finding,) = run(tmp_path / "unknown", rows).findings
    assert finding["severity"] == "medium"
    (finding,) = run(tmp_path / "none", rows, purchases=[ordered(100)]).findings
    assert finding["severity"] == "high"
    (finding,) = run(tmp_path / "received", rows, purchases=[ordered(250)], receipts=[received(100)]).findings
    assert finding["severity"] == "high"


@pytest.mark.parametrize(
    ("qty", "total", "copies"),
    [(17, 1730, [("2", "1")]), (17, 1560, []), (16, 1600, [])],
    ids=["two of nineteen fewer at nearly the price", "at another price", "three fewer"],
)
def test_of_few_units_the_price_is_what_a_copy_keeps(
    tmp_path: Path, qty: int, total: int, copies: list[tuple[str, str]]
) -> None:
    rows = [invoice("1", 1, 19, 1900), invoice("2", 3, qty, total)]
    assert told(run(tmp_path, rows, receipts=[received(19)])) == copies
    few = [invoice("3", 1, 6, 600), invoice("4", 3, 4, 400)]
    assert told(run(tmp_path / "few", few, receipts=[received(6)])) == []


def test_what_p008_tells_is_not_told_again(tmp_path: Path) -> None:
    rows = [invoice("100"), invoice("0100", 2), invoice("205"), invoice("300", 3, 101, 1010)]
    trial = run(tmp_path, rows)
    assert told(trial) == [("300", "100")]
    assert sum(f["impact"] for f in trial.findings) == Decimal(1000 + 1000 + 1010)


def test_a_credit_takes_the_copy_back(tmp_path: Path) -> None:
    rows = [invoice("1"), invoice("2", 2, 101, 1010), invoice("3", 5, -101, -1010)]
    assert told(run(tmp_path / "one", rows)) == []
    rows.append(invoice("4", 6, 99, 990))
    assert told(run(tmp_path / "two", rows)) == [("2", "1")]
    cancelled = [invoice("1"), invoice("2", 2, status="cancelled")]
    assert told(run(tmp_path / "cancelled", cancelled)) == []


def test_lines_of_one_invoice_and_its_copy_make_one_finding(tmp_path: Path) -> None:
    first = [
        invoice("1"),
        invoice("1", line="2", product="B", qty=7, total=70),
        invoice("1", line="3", qty=5, total=50),
    ]
    copy = [{**row, "document": "2", "invoiced_at": "2025-03-04", "invoiced_at_date": "2025-03-04"} for row in first]
    (finding,) = run(tmp_path, [*first, *copy]).findings
    assert (finding["impact"], finding["measures"]["products"], finding["row_count"]) == (Decimal(1120), "2", 6)


def test_a_standing_order_and_blank_keys_are_unknown(tmp_path: Path) -> None:
    standing = [invoice(str(n), 1 + n % 28, total=1000 + n) for n in range(61)]
    outcome = run(tmp_path / "standing", standing).outcomes["P-009"]
    assert (outcome.failed, outcome.unknown) == (0, 61)
    assert outcome.facts["invoices_of_standing_orders"] == "61"
    blank = [
        invoice("1"),
        invoice("2", 2, total=1001, purchase_document=None),
        invoice("3", 2, total=None),
        invoice("4", 2, total=1002, product=None),
    ]
    outcome = run(tmp_path / "blank", blank).outcomes["P-009"]
    assert (outcome.evaluated, outcome.failed, outcome.unknown) == (4, 0, 3)


books = st.lists(
    st.builds(
        invoice,
        document=st.integers(1, 30).map(str),
        day=st.integers(1, 12),
        qty=st.integers(98, 104),
        total=st.integers(960, 1060),
        product=st.sampled_from("AB"),
    ),
    min_size=2,
    max_size=9,
    unique_by=lambda row: row["document"],
)


@settings(max_examples=10, deadline=None)
@given(books, st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_split_into_files_matters(rows: list[dict[str, Any]], chance: Any) -> None:
    # Entered at once, so that P-008, which keeps the first entered, has no say either.
    rows = [{**row, "posted_at": f"2025-04-01 00:{int(row['document']):02}:00"} for row in rows]
    shuffled = chance.sample(rows, len(rows))
    split = [{**row, "_file_id": n % 2, "_record": n // 2 + 1} for n, row in enumerate(shuffled)]
    with TemporaryDirectory() as folder:
        assert told(run(Path(folder) / "a", rows)) == told(run(Path(folder) / "b", split))
