"""Rules on documents and master data: each finds what was planted, with its amount, and leaves honest ones alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from perito_kernel.phases import RuleStatus
from perito_rules.loader import load_rules
from perito_rules.trial import Rows, Trial, try_rules

RULES = {rule.id: rule for rule in load_rules("perito_validation.rules")}
FILES: Rows = [{"file_id": 0, "name": "s.csv", "records": 9}]
COLUMNS: Rows = [{"table_name": "sales", "column_name": "qty", "file_id": 0, "source_column": "q"}]
Row = dict[str, Any]


def tried(folder: Path, rule: str, params: Row | None = None, /, **tables: Rows) -> Trial:
    return try_rules([RULES[rule]], {"columns": COLUMNS, **tables}, folder, params={rule: params or {}})


def test_v_009_one_number_for_two_documents(tmp_path: Path) -> None:
    purchases = [
        {"document": "P1", "line": "1", "supplier": "A"},
        {"document": "P1", "line": "2", "supplier": "B"},
        {"document": "P2", "line": "1", "supplier": "A"},
        {"document": "P2", "line": "2", "supplier": None},
        {"document": "P3", "line": "1", "supplier": "A", "_duplicate_record": 1, "_duplicate_file": 0},
        {"document": "P3", "line": "2", "supplier": "C"},
    ]
    sales = [
        {"document": "T1", "line": "1", "till": "1", "customer": "X"},
        {"document": "T1", "line": "2", "till": "2", "customer": "X"},
        {"document": "T2", "line": "1", "till": "1", "customer": "X"},
        {"document": "T2", "line": "2", "till": "1", "customer": None},
    ]
    trial = tried(tmp_path, "V-009", purchases=purchases, sales=sales)
    found = {(f["identity"]["table_name"], f["identity"]["kind"], f["identity"]["document"]): f for f in trial.findings}
    assert set(found) == {("purchases", "two_suppliers", "P1"), ("sales", "two_tills", "T1")}
    order = found["purchases", "two_suppliers", "P1"]
    assert order["title_en"] == "purchases P1: its lines name two suppliers (A and B)"
    assert [(row["record"], row["values"]["named"]) for row in trial.proof(order)] == [(1, "A"), (2, "B")]
    assert [row["record"] for row in trial.proof(found["sales", "two_tills", "T1"])] == [1, 2]
    assert trial.outcomes["V-009"].evaluated == 3 + 2 + 2


def test_v_009_who_is_in_no_master_is_no_second_customer(tmp_path: Path) -> None:
    names = {"T1": ("X", "N/A"), "T2": ("X", "Y"), "T3": ("X", "X9000")}
    sales = [{"document": d, "line": str(n), "customer": c} for d, pair in names.items() for n, c in enumerate(pair)]
    trial = tried(tmp_path / "listed", "V-009", sales=sales, customers=[{"customer": "X"}, {"customer": "Y"}])
    assert [f["identity"]["document"] for f in trial.findings] == ["T2"]
    assert len(tried(tmp_path / "unlisted", "V-009", sales=sales).findings) == 3


def test_v_009_a_place_in_a_series_is_given_once_a_day(tmp_path: Path) -> None:
    def ticket(document: str, number: int, day: str, series: str | None = "A", till: str = "1") -> Row:
        return {"document": document, "series": series, "number": number, "till": till, "ts": day, "ts_date": day}

    documents = [
        ticket("D1", 7, "2024-03-01"),
        ticket("D2", 7, "2024-03-01"),
        ticket("D3", 7, "2024-03-02"),  # tills begin anew each day
        ticket("D4", 8, "2024-03-01"),
        ticket("D5", 8, "2024-03-01", till="2"),
        {**ticket("D6", 9, "2024-03-01", series=None), "till": None},
        {**ticket("D7", 9, "2024-03-01", series=None), "till": None},
    ]
    invoices = [
        {"document": f"I{n}", "supplier": "S", "series": "F", "number": 1, "invoiced_at": day, "invoiced_at_date": day}
        for n, day in enumerate(("2023-05-01", "2024-05-01"))
    ]
    trial = tried(tmp_path, "V-009", sale_documents=documents, invoice_documents=invoices)
    (finding,) = trial.findings
    assert (finding["identity"]["document"], finding["measures"]["other"]) == ("D1", "D2")
    assert [row["record"] for row in trial.proof(finding)] == [1, 2]


def test_v_009_copies_and_blanks_are_no_second_supplier(tmp_path: Path) -> None:
    again: Row = {"document": "P1", "line": "2", "supplier": "A"}
    copy: Row = {**again, "supplier": "B", "_duplicate_record": 1, "_duplicate_file": 0}
    purchases: list[Row] = [{**again, "line": "1"}, again, {**again, "line": "3", "supplier": None}, copy]
    assert tried(tmp_path, "V-009", purchases=purchases).findings == []


def stock(product: str, qty: int | None, day: str = "2024-06-30", location: str = "L1") -> Row:
    return {"product": product, "location": location, "snapshot_date": day, "qty": qty}


def test_v_017_stock_that_the_books_value_at_nothing(tmp_path: Path) -> None:
    products: list[Row] = [
        {"product": "ZERO", "unit_cost": 0, "unit_price": 9},
        {"product": "CONSIGNED", "unit_cost": 0, "unit_price": 9},
        {"product": "GONE", "unit_cost": 0, "unit_price": 9},
        {"product": "SAMPLE", "unit_cost": 0, "unit_price": 0},
        {"product": "BLANK", "unit_cost": None, "unit_price": 9},
        {"product": "SOUND", "unit_cost": 4, "unit_price": 9},
        {"product": "TWICE", "unit_cost": 0, "unit_price": 9},
        {"product": "TWICE", "unit_cost": 4, "unit_price": 9},
    ]
    inventory = [stock(row["product"], 10) for row in products if row["product"] not in {"GONE", "TWICE"}]
    inventory += [stock("ZERO", 30, "2024-05-31"), stock("ZERO", 5, location="L2"), stock("GONE", 0), stock("TWICE", 8)]
    receipts = [
        {"product": "ZERO", "ts": "2024-01-05", "ts_date": "2024-01-05", "unit_cost": 3},
        {"product": "ZERO", "ts": "2024-05-05", "ts_date": "2024-05-05", "unit_cost": "4.5"},
        {"product": "ZERO", "ts": "2024-06-05", "ts_date": "2024-06-05", "unit_cost": 0},
    ]
    trial = tried(tmp_path, "V-017", products=products, inventory=inventory, receipts=receipts)
    found = {f["identity"]["product"]: f for f in trial.findings}
    assert {product: (f["severity"], f["impact"]) for product, f in found.items()} == {
        "ZERO": ("high", Decimal("67.5")),  # 15 pieces, at two places, at the last cost that was one
        "CONSIGNED": ("medium", None),
    }
    assert (
        found["ZERO"]["title_en"] == "ZERO: 15 in stock at a price of 9 and a cost of 0; the books know a cost of 4.5"
    )
    assert [(r["role"], r["table_name"], r["record"]) for r in trial.proof(found["ZERO"])] == [
        ("master", "products", 1),
        ("stock", "inventory", 1),
        ("stock", "inventory", 7),
    ]
    outcome = trial.outcomes["V-017"]
    assert (outcome.evaluated, outcome.unknown) == (6, 1)


def test_v_017_without_documents_nothing_is_of_high_severity(tmp_path: Path) -> None:
    trial = tried(
        tmp_path, "V-017", products=[{"product": "A", "unit_cost": 0, "unit_price": 1}], inventory=[stock("A", 1)]
    )
    assert [(f["severity"], f["impact"]) for f in trial.findings] == [("medium", None)]


def test_v_017_where_costs_are_kept_elsewhere_a_zero_says_nothing(tmp_path: Path) -> None:
    """A master of zeros does not keep costs; one zero among costs is one."""
    products = [{"product": f"P{n}", "unit_cost": 0 if n < 15 else 3, "unit_price": 9} for n in range(24)]
    receipts = [{"product": f"P{n}", "ts": "2024-01-05", "ts_date": "2024-01-05", "unit_cost": 3} for n in range(24)]
    inventory = [stock(f"P{n}", 10) for n in range(24)]
    trial = tried(tmp_path / "all", "V-017", products=products, inventory=inventory, receipts=receipts)
    assert (trial.findings, trial.outcomes["V-017"].unknown) == ([], 15)
    few = [{**row, "unit_cost": 3} if row["product"] != "P0" else row for row in products]
    found = tried(tmp_path / "one", "V-017", products=few, inventory=inventory, receipts=receipts).findings
    assert [(f["severity"], f["impact"]) for f in found] == [("high", Decimal(30))]


def test_v_017_what_has_no_price_or_no_stock_may_cost_nothing(tmp_path: Path) -> None:
    products: list[Row] = [
        {"product": "SAMPLE", "unit_cost": 0, "unit_price": 0},
        {"product": "GONE", "unit_cost": 0, "unit_price": 9},
        {"product": "SOUND", "unit_cost": 4, "unit_price": 9},
    ]
    inventory = [stock("SAMPLE", 10), stock("GONE", 0), stock("SOUND", 10)]
    assert tried(tmp_path, "V-017", products=products, inventory=inventory).findings == []


def test_v_018_cost_above_price(tmp_path: Path) -> None:
    products: list[Row] = [
        {"product": "DEAR", "unit_cost": "12.5", "unit_price": "12.4"},
        {"product": "EVEN", "unit_cost": "12.5", "unit_price": "12.5"},
        {"product": "CLEARED", "unit_cost": 12, "unit_price": 5, "active": False},
        {"product": "FREE", "unit_cost": 12, "unit_price": 0},
        {"product": "BLANK", "unit_cost": None, "unit_price": 5},
        {"product": "DOUBTFUL", "unit_cost": 12, "unit_price": 5},
        {"product": "DOUBTFUL", "unit_cost": 4, "unit_price": 5},
    ]
    trial = tried(tmp_path, "V-018", products=products)
    found = {f["identity"]["product"]: (f["severity"], f["observed"], f["expected"]) for f in trial.findings}
    assert found == {"DEAR": ("medium", "12.5", "12.4"), "CLEARED": ("low", "12", "5")}
    assert {f["impact"] for f in trial.findings} == {None}
    outcome = trial.outcomes["V-018"]
    assert (outcome.evaluated, outcome.unknown) == (5, 2)


def test_v_018_a_thin_margin_is_a_margin(tmp_path: Path) -> None:
    products: list[Row] = [
        {"product": "EVEN", "unit_cost": "12.5", "unit_price": "12.5"},
        {"product": "FREE", "unit_cost": 12, "unit_price": 0},
        {"product": "THIN", "unit_cost": "12.4", "unit_price": "12.5"},
    ]
    assert tried(tmp_path, "V-018", products=products).findings == []


def ticket(document: str, total: str | None, *lines: str | None, **head: object) -> tuple[Row, list[Row]]:
    """A ticket with its lines, which say their amounts; a type may stand before one: `return:5`."""
    rows: list[Row] = []
    for number, text in enumerate(lines, 1):
        kind, _, amount = (text or "").rpartition(":")
        rows.append({"document": document, "line": str(number), "type": kind or "sale", "line_total": amount or None})
    return {"document": document, "ts": "2024-02-01", "ts_date": "2024-02-01", "total": total, **head}, rows


def documents(*tickets: tuple[Row, list[Row]]) -> dict[str, Rows]:
    return {"sale_documents": [head for head, _ in tickets], "sales": [row for _, rows in tickets for row in rows]}


def test_v_020_a_total_that_its_lines_do_not_make(tmp_path: Path) -> None:
    books = documents(
        ticket("T1", "30", "10", "20"),
        ticket("T2", "35", "10", "20"),
        ticket("T3", "36.3", "10", "20", tax="6.3"),
        ticket("T4", "28", "10", "20", discount_amount="2"),
        ticket("T5", "5", "10", "return:5"),
        ticket("T6", "10", "10", "void:10"),
        ticket("T7", "0", "10", "void:10"),
        ticket("T8", "99", "10", voided_at="2024-02-01"),
        ticket("T9", "99", "10", None),
        ticket("T10", None, "10"),
        ticket("T11", "-5", "return:5"),
        ticket("T12", "7", "void:10"),
    )
    trial = tried(tmp_path, "V-020", **books)
    (finding,) = trial.findings
    assert finding["identity"] == {"table_name": "sale_documents", "supplier": None, "document": "T2"}
    assert (finding["observed"], finding["expected"], finding["impact"]) == ("35", "30", Decimal(5))
    assert [(r["role"], r["record"]) for r in trial.proof(finding)] == [("header", 2), ("line", 3), ("line", 4)]
    outcome = trial.outcomes["V-020"]
    assert (outcome.evaluated, outcome.unknown) == (10, 2)


def test_v_020_the_difference_is_taken_to_how_the_books_write_totals(tmp_path: Path) -> None:
    with_tax = [ticket(f"T{n}", "12.1", "10", tax="2.1") for n in range(5)]
    trial = tried(tmp_path, "V-020", **documents(*with_tax, ticket("X", "15.1", "10", tax="2.1")))
    assert [(f["expected"], f["impact"]) for f in trial.findings] == [("12.1", Decimal(3))]


def test_v_020_rounding_and_a_line_at_fault_are_left_alone(tmp_path: Path) -> None:
    cents = ticket("T1", "10.02", *["3.34", "3.34", "3.33"])  # a cent off in three lines
    head, rows = ticket("T2", "30", "10", "27")  # V-019 tells the second line: 2 x 10
    rows[1] |= {"qty": 2, "unit_price": 10}
    signed, lines = ticket("T3", "30", "10", "-20")  # V-015 or V-016 tells the sign
    assert tried(tmp_path, "V-020", **documents(cents, (head, rows), (signed, lines))).findings == []


def test_v_020_supplier_invoices_with_and_without_headers(tmp_path: Path) -> None:
    day = {"invoiced_at": "2024-02-01", "invoiced_at_date": "2024-02-01"}
    lines = [
        {**day, "supplier": s, "document": "I1", "line": n, "line_total": 10, "document_total": total}
        for s, total in (("A", 20), ("B", 25))
        for n in "12"
    ]
    (finding,) = tried(tmp_path / "1", "V-020", invoices=lines).findings
    assert finding["identity"] == {"table_name": "invoices", "supplier": "B", "document": "I1"}
    assert (finding["impact"], finding["row_count"]) == (Decimal(5), 3)
    heads = [{**day, "supplier": s, "document": "I1", "total": 20} for s in "AB"]
    assert tried(tmp_path / "2", "V-020", invoices=lines, invoice_documents=heads).findings == []
    cancelled = [{**row, "status": "cancelled"} for row in lines]
    assert tried(tmp_path / "3", "V-020", invoices=cancelled).outcomes["V-020"].status is RuleStatus.NOT_APPLICABLE


def gtins(*codes: str | None) -> list[Row]:
    return [{"product": f"P{n}", "gtin": code} for n, code in enumerate(codes)]


SOUND = ("4006381333931", "73513537", "036000291452", "10012345678902", "9780306406157", "5901234123457")


@pytest.mark.parametrize(
    ("code", "kind", "severity"),
    [
        ("4006381333932", "wrong_digit", "medium"),
        ("4006381333391", "wrong_digit", "medium"),  # two digits changed places
        ("36000291452", "lost_zeros", "low"),
        ("4.00638E+12", "rounded_by_a_spreadsheet", "low"),
        ("400638133393", "wrong_digit", "medium"),  # one digit was lost
        ("123456", "wrong_length", "low"),
        ("ABC-1", "wrong_length", "low"),
    ],
)
def test_v_023_article_numbers_that_do_not_check(tmp_path: Path, code: str, kind: str, severity: str) -> None:
    trial = tried(tmp_path, "V-023", files=FILES, products=gtins(*SOUND, code))
    (finding,) = trial.findings
    assert (finding["identity"]["kind"], finding["severity"], finding["row_count"]) == (kind, severity, 1)
    assert [(row["record"], row["values"]["code"]) for row in trial.proof(finding)] == [(7, code)]
    assert (trial.outcomes["V-023"].evaluated, trial.outcomes["V-023"].failed) == (7, 1)


def test_v_023_numbers_of_the_retailers_own_and_blanks_are_left_alone(tmp_path: Path) -> None:
    own = ("2000000000001", "212345678901", "4011", "94011", "400638-133393-1", "4006381333931.0", "04252614", None)
    trial = tried(tmp_path, "V-023", files=FILES, products=gtins(*SOUND, *own))
    assert trial.findings == []
    assert trial.outcomes["V-023"].evaluated == 8


def test_v_023_a_column_of_other_codes_is_told_once(tmp_path: Path) -> None:
    codes = [f"40063813{n:05d}" for n in range(40)]
    trial = tried(tmp_path, "V-023", files=FILES, products=gtins(*codes))
    (finding,) = trial.findings
    assert (finding["identity"]["kind"], finding["severity"]) == ("other_codes", "info")
    assert trial.outcomes["V-023"].failed == 0


def test_v_023_units_have_numbers_too_and_the_text_as_read_counts(tmp_path: Path) -> None:
    units = [{"product": "A", "uom": f"U{n}", "gtin": code} for n, code in enumerate(SOUND)]
    units += [{"product": "B", "uom": "CT", "gtin": "36000291452", "gtin_source": "036000291452"}]
    assert tried(tmp_path, "V-023", files=FILES, product_units=units).findings == []
