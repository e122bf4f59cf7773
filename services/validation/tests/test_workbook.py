"""Workbooks: each sheet a table, rows by the numbers that people see, and nothing left out in silence."""

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from perito_kernel.errors import Invalid

from .desk import one_table, read, sources_of
from .sheets import day, number, row, text, workbook
from .test_archive import packed

MAPPING = one_table("w.xlsx", "products", "{product: a, name: b, unit_price: c, launched: d}")
HEADER = row(1, "a", "b", "c", "d")


def test_cells_are_read_as_they_stand_with_the_row_of_the_sheet(tmp_path: Path) -> None:
    cells = text("B4", "00123") + text("C4", " x ") + number("D4", "1.5") + day("E4", "45306")
    book = workbook(
        {"S": f'{row(2, "", "a", "b", "c", "d")}<row r="4">{cells}</row>{row(7, "", "B", "", "2", "2024-02-01")}'}
    )
    books = read(tmp_path, {"w.xlsx": book}, MAPPING)
    assert books.ask("SELECT product, name, unit_price, launched, _record, _line FROM products ORDER BY 5") == [
        ("00123", " x ", Decimal("1.5"), date(2024, 1, 15), 1, 4),
        ("B", None, Decimal(2), date(2024, 2, 1), 2, 7),
    ]
    assert books.ask("SELECT reader, records, blank_lines FROM files") == [("workbook", 2, 3)]


def test_sheets_are_members_and_empty_ones_are_none(tmp_path: Path) -> None:
    book = workbook({"Led ger": HEADER + row(2, "1"), "Empty": "", "Hid": row(1, "k") + row(2, "v")}, hidden="Hid")
    with duckdb.connect() as con:
        found = sources_of(con, tmp_path, {"w.xlsx": book, "one.xlsx": workbook({"S": HEADER})})
        assert list(found) == ["w.xlsx/Led ger", "w.xlsx/Hid", "one.xlsx"]
        assert [note.kind for note in found["w.xlsx/Hid"].notes] == ["hidden_sheet"]
        inside = sources_of(con, tmp_path / "zip", {"z.zip": packed({"w.xlsx": book})}, ["z.zip/w.xlsx/Hid"])
        assert [source.rows for source in inside.values()] == [1]


def test_errors_in_cells_are_kept_as_what_they_are(tmp_path: Path) -> None:
    cells = f'{text("A2", "1")}<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="D2" t="e"><v>#N/A</v></c>'
    books = read(tmp_path, {"w.xlsx": workbook({"S": f'{HEADER}<row r="2">{cells}</row>'})}, MAPPING)
    assert books.ask("SELECT column_name, value, line FROM rejected_cells ORDER BY 1") == [
        ("launched", "#N/A", 2),
        ("unit_price", "#DIV/0!", 2),
    ]


def test_formulas_are_read_by_their_saved_value_and_told(tmp_path: Path) -> None:
    cells = f'{text("A2", "1")}<c r="C2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>""</f><v></v></c>'
    books = read(tmp_path, {"w.xlsx": workbook({"S": f'{HEADER}<row r="2">{cells}</row>'})}, MAPPING)
    assert books.column("SELECT unit_price FROM products") == [Decimal(2)]
    assert books.ask("SELECT kind, cells FROM transformations WHERE table_name IS NULL") == [("formula", 2)]


def test_titles_and_totals_are_no_records(tmp_path: Path) -> None:
    rows = (
        row(1, "Ledger 2026")
        + row(3, "a", "b", "c", "d")
        + row(4, "1", "x", "2", "2024-01-01")
        + row(6, "Total", "", "2")
    )
    books = read(tmp_path, {"w.xlsx": workbook({"S": rows})}, MAPPING)
    assert books.ask("SELECT product, _line FROM products") == [("1", 4)]
    assert books.ask("SELECT record, line, reason, raw FROM rejected_records") == [(2, 6, "total_line", "Total, , 2, ")]
    assert books.ask("SELECT kind, example_before FROM transformations WHERE table_name IS NULL") == [
        ("preamble", "Ledger 2026")
    ]


def ods(rows: str) -> bytes:
    """An OpenDocument spreadsheet of one sheet."""
    names = ["office", "table", "text"]
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    sheet = f'<table:table table:name="S">{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body>"
    content = f'<?xml version="1.0"?><office:document-content {spaces}>{body}</office:document-content>'
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    members = {"mimetype": kind, "content.xml": content.encode(), "META-INF/manifest.xml": manifest}
    return packed(members, zipfile.ZIP_STORED)


def ods_row(*cells: str, repeated: int = 1) -> str:
    inner = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f'<table:table-row table:number-rows-repeated="{repeated}">{inner}</table:table-row>'


def test_opendocument_sheets_are_read(tmp_path: Path) -> None:
    content = ods(ods_row("a", "b", "c", "d") + ods_row("1", "x", "2.5", "2024-01-31", repeated=2))
    books = read(tmp_path, {"w.xlsx": content}, MAPPING)
    assert books.ask("SELECT product, name, unit_price, launched, _line FROM products ORDER BY 5") == [
        ("1", "x", Decimal("2.5"), date(2024, 1, 31), 2),
        ("1", "x", Decimal("2.5"), date(2024, 1, 31), 3),
    ]


SOUND = workbook({"S": HEADER + row(2, "1")}, method=zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("content", "reason", "says"),
    [
        (workbook({"S": HEADER + '<row r="2"><c r="A2"><f>1+1</f></c></row>'}), "INTAKE_FORMULA", "cell A2"),
        (workbook({"S": HEADER + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'}), "INTAKE_BOMB", "spans"),
        (workbook({"S": HEADER + " " * (40 << 20)}), "INTAKE_BOMB", "200 times"),
        (ods(ods_row("a", "b") + ods_row("x", "y", repeated=900_000_000)), "INTAKE_BOMB", "repeats"),
        (workbook({"S": ""}), "INTAKE_EMPTY", "no filled sheet"),
        (SOUND[: len(SOUND) // 2], "INTAKE_FORMAT", "damaged"),
        (SOUND.replace(b"<sheetData>", b"<sheetDatA>"), "INTAKE_FORMAT", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "INTAKE_FORMAT", "damaged"),
        (packed({"xl/workbook.xml": b"<nonsense"}), "INTAKE_FORMAT", "damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path, content: bytes, reason: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, {"w.xlsx": content}, MAPPING)
    assert caught.value.reason == reason
    assert says in caught.value.message
    assert "w.xlsx" in caught.value.message
