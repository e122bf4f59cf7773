"""What is decided once is said once, per file and per place, with the figures behind it."""

import json
from pathlib import Path
from typing import Any

import pytest

from .desk import HEAD, Books, one_table, read


def said(books: Books, name: str) -> tuple[str, str, str]:
    """Value, basis and English text of one convention."""
    ((value, basis, english),) = books.ask(
        f"SELECT value, basis, explanation_en FROM conventions WHERE name = '{name}' AND explanation_es IS NOT NULL"
    )
    return value, basis, english


def named(books: Books, topic: str) -> dict[str, Any]:
    rows = books.ask(f"SELECT name, value FROM conventions WHERE starts_with(name, '{topic}:')")
    return {name.partition(":")[2]: value for name, value in rows}


@pytest.mark.parametrize(
    ("option", "rows", "value", "basis", "text"),
    [
        ("q", "A,WE,5\nB,SALE,-3\nC,ADJUSTMENT,1\nD,ADJUSTMENT,-1\n", "as_written", "evidence", "adjustment ±, re"),
        ("q", "A,WE,5\nB,SALE,3\n", "as_written", "evidence", "Against their type: sale (1/1)."),
        ("{column: q, sign: by_type}", "A,WE,5\nB,SALE,3\n", "by_type", "mapping", "(receipt +, sale −)"),
        ("{column: q, negate: true}", "A,WE,-5\nB,SALE,3\n", "turned", "mapping", "(receipt +, sale −)"),
    ],
)
def test_the_signs_of_a_ledger(tmp_path: Path, option: str, rows: str, value: str, basis: str, text: str) -> None:
    mapping = one_table(
        "l.csv", "movements", f"{{movement: m, type: {{column: k, values: {{WE: receipt}}}}, qty: {option}}}"
    )
    books = read(tmp_path, {"l.csv": "m,k,q\n" + rows}, mapping)
    found = said(books, "sign:l.csv")
    assert found[:2] == (value, basis)
    assert text in found[2]
    evidence = json.loads(books.column("SELECT evidence_json FROM conventions WHERE name = 'sign:l.csv'")[0])
    assert sum(row["rows"] for row in evidence["types"]) == rows.count("\n")


def test_returned_goods_are_positive(tmp_path: Path) -> None:
    mapping = one_table("r.csv", "returns", "{return_document: d, qty: q}")
    books = read(tmp_path, {"r.csv": "d,q\n1,2\n2,-1\n"}, mapping)
    assert "return ±" in said(books, "sign:r.csv")[2]
    assert books.ask("SELECT type, expected, positive, negative FROM signs") == [("return", 1, 1, 1)]


@pytest.mark.parametrize(
    ("form", "days", "value", "texts"),
    [
        (
            "%d/%m/%Y",
            ["13/02/2024", "03/02/2024"],
            "d/m",
            ["day comes before the month in t: 1 date", "1 could be read"],
        ),
        ("%m/%d/%Y", ["02/13/2024"], "m/d", ["month comes before the day in t: 1 date"]),
        ("%d/%m/%Y", ["03/02/2024", "04/02/2024"], "d/m", ["no date has a number above 12", "2 could be read"]),
    ],
)
def test_the_order_of_day_and_month(tmp_path: Path, form: str, days: list[str], value: str, texts: list[str]) -> None:
    columns = f"{{document: d, ts: {{column: t, format: '{form}'}}}}"
    rows = "".join(f"{n},{day}\n" for n, day in enumerate(days))
    books = read(tmp_path, {"s.csv": "d,t\n" + rows}, one_table("s.csv", "sales", columns))
    found = said(books, "date_order:s.csv")
    assert found[:2] == (value, "mapping")
    assert all(text in found[2] for text in texts)


def test_a_proposal_says_whether_the_cells_prove_it(tmp_path: Path) -> None:
    head = "document,date,product,quantity,unit_price\n"
    proven = "".join(f'S{n},{n:02d}/03/2024,P{n % 7},{n},"1.{n:02d}0,50"\n' for n in range(1, 29))
    books = read(tmp_path / "1", {"sales.csv": head + proven}, "")
    assert said(books, "date_order:sales.csv")[:2] == ("d/m", "evidence")
    assert said(books, "number_marks:sales.csv")[:2] == ("1.234,5", "evidence")
    open_ones = "".join(f'S{n},{n % 12 + 1:02d}/03/2024,P{n % 7},{n},"1.{n:02d}0"\n' for n in range(1, 29))
    books = read(tmp_path / "2", {"sales.csv": head + open_ones}, "")
    assert said(books, "date_order:sales.csv")[:2] == ("d/m", "default")
    assert books.column("SELECT count(*) FROM sales WHERE ts_alternative IS NOT NULL")[0] > 0


def test_units_and_their_factors(tmp_path: Path) -> None:
    columns = "{document: d, qty: {column: q, unit: {column: u, factors: {EACH: 1, BOX: 12}}}}"
    books = read(tmp_path, {"s.csv": "d,q,u\n1,2,BOX\n2,5,EACH\n"}, one_table("s.csv", "sales", columns))
    value, basis, text = said(books, "units:s.csv")
    assert (value, basis, text) == (
        "BOX, EACH",
        "mapping",
        "Quantities of q are converted to base units: BOX = 12, EACH = 1.",
    )


def test_what_could_be_read_one_way_only_is_not_said(tmp_path: Path) -> None:
    books = read(
        tmp_path,
        {"p.csv": "a,c,t\nA,1.50,2024-01-31\n"},
        one_table("p.csv", "products", "{product: a, unit_cost: c, launched: t}"),
    )
    assert books.column("SELECT name FROM conventions WHERE contains(name, ':')") == []


MAPPING = HEAD + (
    "  ledger.csv:\n    tables:\n      movements:\n"
    "        columns: {movement: m, ts: t, product: p, location: l, type: k, qty: q}\n"
    "  sales.csv:\n    tables:\n      sales:\n        columns: {document: d, ts: t, product: p, location: l, qty: q}\n"
)


def shops(folder: Path, booked: dict[str, int], sold: dict[str, int], sale_day: str = "2024-05-20") -> Books:
    """A ledger of May with a receipt at each place and `booked` sales of one unit; `sold` lines of one unit."""
    ledger = [f"R{place},2024-05-{day},P,{place},RECEIPT,900\n" for place in {**booked, **sold} for day in ("01", "31")]
    ledger += [f"M{place}{n},2024-05-20,P,{place},SALE,-1\n" for place, lines in booked.items() for n in range(lines)]
    lines = [f"S{place}{n},{sale_day},P,{place},1\n" for place, count in sold.items() for n in range(count)]
    files = {"ledger.csv": "m,t,p,l,k,q\n" + "".join(ledger), "sales.csv": "d,t,p,l,q\n" + "".join(lines)}
    return read(folder, files, MAPPING)


@pytest.mark.parametrize(
    ("booked", "sold", "value", "differing"),
    [
        ({"L1": 1}, {"L1": 400}, "feed", {}),
        ({"L1": 380}, {"L1": 400}, "ledger", {}),
        ({"L1": 90, "L2": 80}, {"L1": 90, "L2": 80, "L3": 30}, "ledger", {"L3": "feed"}),
        ({"L3": 30}, {"L1": 90, "L2": 80, "L3": 30}, "feed", {"L3": "ledger"}),
        ({"L1": 5}, {}, "ledger", {}),
    ],
)
def test_sales_in_the_ledger_by_place(
    tmp_path: Path, booked: dict[str, int], sold: dict[str, int], value: str, differing: dict[str, str]
) -> None:
    books = shops(tmp_path, booked, sold)
    assert said(books, "sales_move_stock")[:2] == (value, "evidence")
    assert named(books, "sales_move_stock") == differing


def test_only_the_days_of_the_ledger_are_compared(tmp_path: Path) -> None:
    books = shops(tmp_path, {"L1": 20}, {"L1": 400}, sale_day="2023-11-02")
    assert said(books, "sales_move_stock")[0] == "ledger"
