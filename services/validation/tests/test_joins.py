"""Lines take what their order says, never become more, and what finds no partner is counted."""

from pathlib import Path

import pytest
from perito_kernel.errors import Invalid

from .desk import HEAD, read

LINES = "Order,Item,Qty\n1,A,5\n1,B,6\n2,A,7\n9,A,8\n9,B,9\n,C,1\n"
ORDERS = "No,Day,Who,Kind,Memo\n2,2026-02-02,Bo,refund,x\n1,2026-01-01,Al,order,y\n2,2026-03-03,Cy,order,z\n"
TABLE = """  lines.csv:
    tables:
      sales:
        join:
          orders.csv: {match: {Order: "No"}}
        columns:
          document: Order
          product: Item
          qty: Qty
          ts: {column: Day, file: orders.csv}
          location: {column: Who, file: orders.csv, normalise: [upper]}
          type: {column: Kind, file: orders.csv}
"""
FILES = {"lines.csv": LINES, "orders.csv": ORDERS}


def test_lines_take_the_columns_of_their_order(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, HEAD + TABLE)
    columns = "document, product, qty::INTEGER, ts_date::VARCHAR, location, location_source, type"
    rows = books.ask(f"SELECT {columns} FROM sales ORDER BY _record")
    assert rows == [
        ("1", "A", 5, "2026-01-01", "AL", "Al", "sale"),
        ("1", "B", 6, "2026-01-01", "AL", "Al", "sale"),
        ("2", "A", 7, "2026-02-02", "BO", "Bo", "return"),
        ("9", "A", 8, None, None, None, None),
        ("9", "B", 9, None, None, None, None),
        (None, "C", 1, None, None, None, None),
    ]


def test_what_does_not_match_is_counted(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, HEAD + TABLE)
    told = books.ask("SELECT column_name, kind, cells, example_before FROM transformations WHERE kind LIKE 'join%'")
    assert told == [("Order", "join_unmatched", 3, "9"), ("Order", "join_repeated", 1, "2")]
    assert books.ask("SELECT count(*) FROM rejected_cells") == [(0,)]


def test_the_joined_file_is_accounted_for(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, HEAD + TABLE)
    assert books.ask("SELECT name, records, tables_json FROM files") == [
        ("lines.csv", 6, '["sales"]'),
        ("orders.csv", 3, '["sales"]'),
    ]
    placed = books.ask("SELECT source_column, table_name, column_name, status FROM placements WHERE file_id = 1")
    assert placed == [
        ("No", "sales", None, "joined"),
        ("Day", "sales", "ts", "joined"),
        ("Who", "sales", "location", "joined"),
        ("Kind", "sales", "type", "joined"),
        ("Memo", None, None, "not_used"),
    ]
    assert books.column("SELECT source_column FROM columns WHERE column_name = 'ts'") == ["orders.csv: Day"]


def test_keys_are_compared_after_their_steps(tmp_path: Path) -> None:
    lines = "Order,Item,Qty\n 01,A,5\nx2,A,6\n"
    orders = "No,Day,Who,Kind\n1,2026-02-02,Bo,order\nX2 ,2026-01-01,Al,order\n"
    mapping = TABLE.replace('"No"}}', '"No"}, normalise: [trim, upper, strip_leading_zeros]}')
    books = read(tmp_path, {"lines.csv": lines, "orders.csv": orders}, HEAD + mapping)
    assert books.ask("SELECT document, location FROM sales ORDER BY _record") == [(" 01", "BO"), ("x2", "AL")]
    assert books.ask("SELECT count(*) FROM transformations WHERE kind LIKE 'join%'") == [(0,)]


def test_a_cell_of_a_joined_file_that_cannot_be_read_is_told_with_the_line(tmp_path: Path) -> None:
    orders = ORDERS.replace("2026-01-01", "soon")
    books = read(tmp_path, {"lines.csv": LINES, "orders.csv": orders}, HEAD + TABLE)
    refused = books.ask("SELECT file_id, record, source_column, value, reason FROM rejected_cells ORDER BY record")
    assert refused == [
        (0, 1, "orders.csv: Day", "soon", "not_a_time"),
        (0, 2, "orders.csv: Day", "soon", "not_a_time"),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("orders.csv: {match", "gone.csv: {match"), "which `join` does not name"),
        (('{Order: "No"}', "{Order: Number}"), "orders.csv has no column 'Number'"),
        (('{Order: "No"}', '{Ordr: "No"}'), "lines.csv has no column 'Ordr'"),
        (("column: Day", "column: Date"), "orders.csv has no column 'Date'"),
        (("orders.csv", "lines.csv"), "a file cannot be joined to itself"),
        (
            ("          orders.csv: {match", "          o.csv: {match: {a: b}}\n          orders.csv: {match"),
            "no column says `file: o.csv`",
        ),
    ],
)
def test_a_wrong_join_is_explained(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, FILES, HEAD + TABLE.replace(*change))
    assert words in caught.value.message


def test_a_joined_file_that_was_not_uploaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, {"lines.csv": LINES}, HEAD + TABLE)
    assert (caught.value.reason, caught.value.details["file"]) == ("MAPPING_FILE_MISSING", "orders.csv")
