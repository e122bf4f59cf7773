"""What intake says about its own reading: system tables, conventions, the end of the books, one digest per content."""

# ruff: noqa: DTZ001  # the tables hold naive UTC instants and local dates on purpose

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from perito_kernel.errors import Invalid
from perito_rules.canonical import SYSTEM_TABLES, load_canonical, physical_columns
from perito_validation import duplicates

from .desk import HEAD, Books, one_table, read

LEDGER = one_table(
    "ledger.csv",
    "movements",
    "{movement: id, ts: t, product: p, location: l, type: k, qty: q}",
    "  sales.csv:\n    tables:\n      sales:\n        columns: {document: d, ts: t, product: p, qty: q}\n"
    "        constants: {type: sale, location: L1}\n",
)


def ledger(folder: Path, kinds: list[str], threads: int = 2) -> Books:
    rows = "".join(f"M{i},2024-05-{i + 1:02d},P{i % 3},L1,{kind},{i}\n" for i, kind in enumerate(kinds))
    files = {"ledger.csv": f"id,t,p,l,k,q\n{rows}", "sales.csv": "d,t,p,q\nS1,2024-05-02,P1,1\nS1,2024-05-02,P1,1\n"}
    return read(folder, files, LEDGER, threads)


def test_the_tables_have_exactly_the_columns_that_files_supply(tmp_path: Path) -> None:
    books = ledger(tmp_path, ["receipt"])
    for name in ("movements", "sales"):
        present = {"movements": {"movement", "ts", "product", "location", "type", "qty"}}.get(
            name, {"document", "ts", "product", "location", "type", "qty"}
        )
        described = [(row[0], row[1]) for row in books.ask(f"DESCRIBE {name}")]
        assert described == physical_columns(load_canonical()[name], present)
    for name, table in SYSTEM_TABLES.items():
        assert [(row[0], row[1]) for row in books.ask(f"DESCRIBE {name}")] == physical_columns(table), name


def test_whether_sales_move_the_stock_is_decided_by_evidence(tmp_path: Path) -> None:
    sql = "SELECT value, basis, evidence_json FROM conventions WHERE name = 'sales_move_stock'"
    value, basis, evidence = ledger(tmp_path / "1", ["receipt", "adjustment"]).ask(sql)[0]
    assert (value, basis) == ("feed", "evidence")
    assert json.loads(evidence) == {
        "ledger_rows": 2,
        "ledger_sales": 0,
        "ledger_units": "0.0000",
        "lines_compared": 1,
        "units_compared": "1.0000",
        "sales_lines": 2,
    }
    value, _, evidence = ledger(tmp_path / "2", ["receipt", "SALE"]).ask(sql)[0]
    assert value == "ledger"
    assert json.loads(evidence)["ledger_sales"] == 1
    bare = read(tmp_path / "3", {"p.csv": "a\nA\n"}, one_table("p.csv", "products", "{product: a}"))
    assert bare.ask(sql)[0][0] == "none"


def test_conventions_name_currency_zone_and_duplicates(tmp_path: Path) -> None:
    books = ledger(tmp_path, ["receipt"])
    assert books.ask("SELECT name, value, basis FROM conventions ORDER BY name") == [
        ("currency", "EUR", "mapping"),
        ("duplicates_excluded", "true", "evidence"),
        ("sales_move_stock", "feed", "evidence"),
        ("sign:ledger.csv", "as_written", "evidence"),
        ("sign:sales.csv", "as_written", "evidence"),
        ("timezone", "UTC", "mapping"),
    ]
    assert books.column("SELECT count(*) FROM conventions WHERE explanation_en IS NULL OR explanation_es IS NULL") == [
        0
    ]


def test_a_column_is_accounted_for_cell_by_cell(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", '{product: a, unit_cost: {column: c, thousands: ","}}')
    books = read(tmp_path, {"p.csv": 'a,c\n1,5\n2,\n3,x\n4,"1,000"\n5,y-1\n6,zz-22\n'}, mapping)
    sql = (
        "SELECT source_column, cells, blanks, rejected, changed, rule_json FROM columns WHERE column_name = 'unit_cost'"
    )
    assert books.ask(sql) == [("c", 6, 1, 3, 1, '{"column": "c", "thousands": ","}')]
    assert books.ask("SELECT record, line, value, pattern, reason FROM rejected_cells ORDER BY record") == [
        (3, 4, "x", "a", "not_a_number"),
        (5, 6, "y-1", "a-9", "not_a_number"),
        (6, 7, "zz-22", "a-9", "not_a_number"),
    ]


def test_files_that_the_mapping_does_not_name_are_listed_as_unused(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", "{product: a}")
    books = read(tmp_path, {"notes.txt": b"\x00\xff", "p.csv": "a,b\nA,1\n"}, mapping)
    assert books.ask("SELECT file_id, name, reader, records, tables_json FROM files ORDER BY file_id") == [
        (0, "notes.txt", "unused", 0, "[]"),
        (1, "p.csv", "fast", 1, '["products"]'),
    ]
    assert books.column("SELECT _file_id FROM products") == [1]


def test_one_file_feeds_two_tables_and_unreceived_lines_are_no_receipts(tmp_path: Path) -> None:
    part = "{document: po, line: n, qty: q"
    mapping = one_table(
        "po.csv",
        "purchases",
        part + ", ordered_at: o}",
        f"      receipts:\n        columns: {part}, ts: r}}\n        skip_when_blank: r\n",
    )
    text = (
        "po,n,q,o,r\nA,1,5,2024-01-01,2024-01-05\nA,2,6,2024-01-01,\nB,1,7,2024-01-02,  \nB,2,8,2024-01-02,2024-01-09\n"
    )
    books = read(tmp_path, {"po.csv": text}, mapping)
    assert books.column("SELECT count(*) FROM purchases") == [4]
    assert books.ask("SELECT document, line, _record, _line FROM receipts ORDER BY _record") == [
        ("A", "1", 1, 2),
        ("B", "2", 4, 5),
    ]
    assert books.log("r") == {"row_skipped": 2}


def test_rows_with_a_word_that_the_mapping_excludes_are_left_out_and_counted(tmp_path: Path) -> None:
    more = "        skip_words: {Kind: [sale, Vale]}\n"
    mapping = one_table("t.csv", "purchases", "{document: d, supplier: s}", more)
    text = "d,s,Kind\n1,P,receipt\n2,P,SALE \n3,P,\n4,P,vale\n5,P,sales\n"
    books = read(tmp_path, {"t.csv": text}, mapping)
    assert books.column("SELECT document FROM purchases ORDER BY 1") == ["1", "3", "5"]
    assert books.log("Kind") == {"row_skipped": 2}
    with pytest.raises(Invalid, match="Kynd"):
        read(tmp_path / "2", {"t.csv": text}, mapping.replace("Kind", "Kynd"))


def test_the_end_of_the_books_ignores_a_slip_of_the_pen_and_promises(tmp_path: Path) -> None:
    mapping = one_table("po.csv", "purchases", "{document: d, ordered_at: o, promised_at: p}")
    rows = "".join(f"{i},2024-03-{i % 28 + 1:02d},2099-01-01\n" for i in range(2000))
    books = read(tmp_path, {"po.csv": f"d,o,p\n{rows}X,2204-03-01,2099-01-01\n"}, mapping)
    assert books.intake.as_of == "2024-03-28T00:00:00Z"


@pytest.mark.parametrize(
    ("bound", "value", "shared"),
    [("HASHES", duplicates.HASHES, False), ("HASHES", 2, True), ("_ENGINE_BYTES", 1 << 40, True)],
)
def test_rows_that_repeat_are_marked_with_the_first_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, shared: bool
) -> None:
    """Whether all hashes are looked at together or a share of them at a time, of many rows or with little memory."""
    sorts: list[int] = []

    def sort(values: NDArray[np.uint64]) -> None:
        sorts.append(len(values))
        values.sort()

    monkeypatch.setattr(duplicates, bound, value)
    monkeypatch.setattr(duplicates, "_sort", sort)
    head = "{version: 1, currency: EUR, timezone: UTC, files: {"
    feed = "tables: {sales: {columns: {document: d, qty: q}, constants: {location: %s}}}"
    names = {"a.csv": "L1", "b.csv": "L1", "c.csv": "L2"}
    mapping = head + ", ".join(f"{name}: {{{feed % place}}}" for name, place in names.items()) + "}}"
    files = {
        "a.csv": "d,q,note\n1,5,x\n1,5,x\n1,5,y\n2,5,\n1,5,x\n",  # the note is not mapped and tells rows apart
        "b.csv": "d,q,note\n2,5,\n2,05,\n",  # equal to a row of a.csv; 05 is another cell than 5
        "c.csv": "d,q,note\n1,5,x\n",  # another location: another row
    }
    books = read(tmp_path, files, mapping)
    sql = "SELECT _file_id, _record, _duplicate_file, _duplicate_record FROM sales ORDER BY 1, 2"
    assert [row for row in books.ask(sql) if row[2] is not None] == [(0, 2, 0, 1), (0, 5, 0, 1), (1, 1, 0, 4)]
    assert books.ask("SELECT file_id, record, line, first_file_id, first_record, first_line FROM duplicates") == [
        (0, 2, 3, 0, 1, 2),
        (0, 5, 6, 0, 1, 2),
        (1, 1, 2, 0, 4, 5),
    ]
    assert (len(sorts) > 2) == shared  # of two groups of files


def test_where_a_key_is_repeated_the_other_cells_tell_whether_the_row_is(tmp_path: Path) -> None:
    mapping = one_table("l.csv", "movements", "{movement: id, product: p, qty: q}")
    books = read(tmp_path, {"l.csv": "id,p,q\nM1,A,1\nM1,A,2\nM2,A,1\nM1,A,2\n"}, mapping)
    assert books.column("SELECT _duplicate_record FROM movements ORDER BY _record") == [None, None, None, 2]


def test_entity_keys_hold_every_form_with_its_first_row(tmp_path: Path) -> None:
    mapping = one_table(
        "p.csv",
        "products",
        "{product: k, supplier: s}",
        "  sales.csv:\n    tables:\n      sales:\n"
        "        columns: {document: d, product: {column: p, normalise: [upper]}}\n",
    )
    files = {"p.csv": "k,s\nA1,007\n\u24b62,7\n", "sales.csv": "d,p\n1,a1\n2,A1\n3,a1\n4,\n"}
    books = read(tmp_path, files, mapping)
    sql = (
        "SELECT domain, table_name, raw, normal, value, rows, first_record, first_line"
        " FROM entity_keys ORDER BY 1, 2, 3"
    )
    assert books.ask(sql) == [
        ("product", "products", "A1", "A1", "A1", 1, 1, 2),
        ("product", "products", "\u24b62", "A2", "\u24b62", 1, 2, 3),
        ("product", "sales", "A1", "A1", "A1", 1, 2, 3),
        ("product", "sales", "a1", "A1", "A1", 2, 1, 2),
        ("supplier", "products", "007", "7", "007", 1, 1, 2),
        ("supplier", "products", "7", "7", "7", 1, 2, 3),
    ]


def test_the_digest_is_of_the_content_whatever_the_threads(tmp_path: Path) -> None:
    kinds = ["receipt", "sale", "adjustment"] * 9
    digests = {ledger(tmp_path / str(n), kinds, threads=n).intake.digest for n in (1, 2, 4)}
    assert len(digests) == 1
    assert ledger(tmp_path / "other", [*kinds[:-1], "waste"]).intake.digest not in digests


def test_factors_may_not_be_looked_up_in_a_circle(tmp_path: Path) -> None:
    unit = "unit: {column: u, factors: {BOX: {table: %s, column: %s, key: %s}}}"
    mapping = HEAD + (
        "  p.csv:\n    tables:\n      products:\n        columns: {product: a, units_per_pack: {column: b, "
        + unit % ("products", "units_per_pack", "product")
        + "}}\n"
    )
    with pytest.raises(Invalid, match="circle"):
        read(tmp_path, {"p.csv": "a,b,u\n1,2,BOX\n"}, mapping)


def test_an_empty_table_is_a_table(tmp_path: Path) -> None:
    books = read(tmp_path, {"p.csv": "a,b\n"}, one_table("p.csv", "movements", "{movement: a, ts: b}"))
    assert books.column("SELECT count(*) FROM movements") == [0]
    assert books.intake.as_of == ""


def test_as_of_is_the_newest_time_of_all_tables(tmp_path: Path) -> None:
    assert ledger(tmp_path, ["receipt"] * 5).intake.as_of == datetime(2024, 5, 5).isoformat() + "Z"
