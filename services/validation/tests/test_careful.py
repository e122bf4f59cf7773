"""The careful reader: whatever a file does, each record is kept or set aside, and the next one is read."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_validation.careful import CarefulReader
from perito_validation.sniff import sniff

from .desk import Books, one_table, read, sources_of

MAPPING = one_table("p.csv", "products", "{product: a, name: b, brand: c}")
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rows(books: Books) -> list[tuple[Any, ...]]:
    return books.ask("SELECT product, name, brand, _record, _line FROM products ORDER BY _record")


def rejected(books: Books) -> list[tuple[Any, ...]]:
    return books.ask("SELECT record, line, reason, raw FROM rejected_records ORDER BY 1")


def told(books: Books) -> dict[str, int]:
    return dict(books.ask("SELECT kind, cells FROM transformations WHERE table_name IS NULL"))


@pytest.mark.parametrize(
    ("text", "kept", "aside"),
    [
        ('a,b,c\n1,"x\ny",2\n3,z,4\n', [("1", "x\ny", "2", 1, 2), ("3", "z", "4", 2, 4)], []),
        ('a,b,c\n1,"x,2\n3,y,4\n', [("3", "y", "4", 2, 3)], [(1, 2, "unclosed_quote", '1,"x,2')]),
        ('a,b,c\n1,"x,2\n3,"y",4\n', [("3", "y", "4", 2, 3)], [(1, 2, "unclosed_quote", '1,"x,2')]),
        ('a,b,c\n1,2,"x\n', [], [(1, 2, "unclosed_quote", '1,2,"x')]),
        ('a,b,c\n1,"x"y,2\n3,z,4\n', [("3", "z", "4", 2, 3)], [(1, 2, "stray_quote", '1,"x"y,2')]),
        ('a,b,c\n1,5" pipe,2\n', [("1", '5" pipe', "2", 1, 2)], []),
        ("a,b,c\r\n1,x,2\n3,y,4\r5,z,6", [("1", "x", "2", 1, 2), ("3", "y", "4", 2, 3), ("5", "z", "6", 3, 4)], []),
        ("a,b,c\r1,x,2\r\r3,y,4", [("1", "x", "2", 1, 2), ("3", "y", "4", 2, 4)], []),
        ("a,b,c\n1,x\0,2\n3,y,4\n", [("3", "y", "4", 2, 3)], [(1, 2, "nul", "1,x\ufffd,2")]),
        ("a,b,c\n1,x\0,2\n3\n", [], [(1, 2, "nul", "1,x\ufffd,2"), (2, 3, "ragged", "3")]),
        ("Report\n\na,b,c\n1,x,2\n", [("1", "x", "2", 1, 4)], []),
        ("sep=,\na,b,c\n1,x,2\n", [("1", "x", "2", 1, 3)], []),
        ("a,b,c\n1,x,2\nTotal,,2\n", [("1", "x", "2", 1, 2)], [(2, 3, "total_line", "Total,,2")]),
        ("a,b,c\n1,x,2\nTotal,tool,2\n", [("1", "x", "2", 1, 2), ("Total", "tool", "2", 2, 3)], []),
        ('"a",b,"c"\n1,"x ""q""\r\nz",2\n', [("1", 'x "q"\r\nz', "2", 1, 2)], []),
    ],
)  # fmt: skip
def test_each_record_is_kept_or_set_aside(
    tmp_path: Path, text: str, kept: list[tuple[Any, ...]], aside: list[tuple[Any, ...]]
) -> None:
    books = read(tmp_path, {"p.csv": text.encode()}, MAPPING)
    assert (rows(books), rejected(books)) == (kept, aside)
    assert books.ask("SELECT records, rejected_records FROM files") == [(len(kept) + len(aside), len(aside))]


def test_what_was_decided_is_told(tmp_path: Path) -> None:
    text = 'Report\na,b,c\n1,"x\ny",2\r\n3,5" z,4\n'
    books = read(tmp_path, {"p.csv": text.encode()}, MAPPING)
    assert told(books) == {"preamble": 1, "line_ends": 5, "quoted_line_break": 1, "stray_quote": 1}
    (said,) = books.column("SELECT declared_json FROM files")
    assert "lines above the header, which is line 2" in said
    assert books.column("SELECT reader FROM files") == ["careful"]


def test_a_header_may_hold_a_line_break(tmp_path: Path) -> None:
    mapping = one_table("p.csv", "products", '{product: a, name: "b\\nd"}')
    with pytest.raises(Invalid):  # a mapping cannot name it: control characters
        read(tmp_path / "1", {"p.csv": 'a,"b\nd",c\n1,x,2\n'}, mapping)
    with duckdb.connect() as con:
        (source,) = sources_of(con, tmp_path / "2", {"p.csv": 'a,"b\nd",c\n1,x,2\n'}).values()
        assert (source.header, source.rows) == (("a", "b\nd", "c"), 1)


def test_a_quote_that_swallows_records_is_seen_though_it_closes(tmp_path: Path) -> None:
    lines = [f"P{i},name {i},x" for i in range(5_000)]
    lines[100] = 'P100,"name'
    lines[900] = 'P900,name",x'
    books = read(tmp_path, {"p.csv": "a,b,c\n" + "\n".join(lines)}, MAPPING)
    assert books.column("SELECT count(*) FROM products") == [4_999]
    assert [row[:3] for row in rejected(books)] == [(101, 102, "unclosed_quote")]


def test_a_long_line_is_set_aside_and_the_next_is_read(tmp_path: Path) -> None:
    text = "a,b,c\n1,x,2\n3," + "y" * (3 << 20) + ",4\n5,z,6\n"
    books = read(tmp_path, {"p.csv": text}, MAPPING)
    assert [row[0] for row in rows(books)] == ["1", "5"]
    (found,) = rejected(books)
    assert (*found[:3], len(found[3])) == (2, 3, "line_too_long", 200)
    assert rows(books)[1][3:] == (3, 4)


def test_too_many_records_of_another_width_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, {"p.csv": "a,b,c\r\n1,x,2\n" + "1,2\r\n" * 1500}, MAPPING)
    assert (caught.value.reason, caught.value.details["line"]) == ("INTAKE_RAGGED", 3)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-16", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
        ("utf-32-be", "utf-32-be"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
        ("utf-8-sig", "utf-8"),
        ("utf-8", "utf-8"),
    ],
)
def test_every_encoding_is_read_and_told(tmp_path: Path, encoding: str, name: str) -> None:
    books = read(tmp_path, {"p.csv": "a,b,c\nñ1,Café,ü\nA,x,y\n".encode(encoding)}, MAPPING)
    assert [row[:3] for row in rows(books)] == [("ñ1", "Café", "ü"), ("A", "x", "y")]
    assert books.ask("SELECT encoding, reader FROM files") == [(name, "fast")]
    assert ("decoded" in told(books)) is (name != "utf-8")


def test_lines_of_two_encodings_are_each_read_as_they_are(tmp_path: Path) -> None:
    content = "a,b,c\n1,Café,x\n".encode() + "2,Año,x\n".encode("cp1252") + b"3,\x81\x93x\x94,x\n"
    books = read(tmp_path, {"p.csv": content}, MAPPING)
    assert books.column("SELECT name FROM products ORDER BY product") == ["Café", "Año", "\x81“x”"]
    assert books.column("SELECT encoding FROM files") == ["mixed"]
    assert '"line": 3' in books.column("SELECT declared_json FROM files")[0]


def test_half_a_surrogate_pair_is_replaced_and_told(tmp_path: Path) -> None:
    content = "\ufeffa,b,c\n1,x,2\n".encode("utf-16-le") + b"3\x00,\x00\x00\xd8,\x004\x00\n\x00"
    books = read(tmp_path, {"p.csv": content}, MAPPING)
    assert books.column("SELECT name FROM products ORDER BY product") == ["x", "\ufffd"]
    assert told(books)["replaced_character"] == 1


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t"), max_size=8)
ROW = st.tuples(TEXT, TEXT, TEXT).filter(lambda row: any(cell.strip() for cell in row))


@PROPERTY
@given(rows=st.lists(ROW, max_size=12), delimiter=st.sampled_from(",;|^~"), crlf=st.booleans(), blank=st.booleans())
def test_both_readers_read_a_regular_file_alike(
    tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str, crlf: bool, blank: bool
) -> None:
    text = written(rows, delimiter, "\r\n" if crlf else "\n")
    text = text.replace("\n", "\n\n", 2) if blank and not crlf else text
    with duckdb.connect() as con:
        (fast,) = sources_of(con, tmp_path, {"p.csv": text}).values()
        careful = CarefulReader(con, "careful", "p.csv", sniff(tmp_path / "p.csv", "p.csv"))
        careful.read(tmp_path / "p.csv")
        assert fast.reader == "fast"
        assert (fast.labels, fast.records, fast.rows) == (careful.labels, careful.records, careful.sink.rows)
        assert (fast.blank_lines, fast.rejected) == (careful.blank_lines, ())
        cells = f"SELECT {fast.cells}, "
        quick = con.execute(f"{cells} {fast.record}, {fast.line} FROM {fast.table} ORDER BY rowid").fetchall()
        assert quick == con.execute(f"{cells} _record, _line FROM careful ORDER BY rowid").fetchall()


@PROPERTY
@given(rows=st.lists(ROW, min_size=1, max_size=12), data=st.data())
def test_line_breaks_in_cells_are_kept_and_counted(
    tmp_path: Path, rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    broken = [
        (first + data.draw(st.sampled_from(["", "\n", "\r\nx", " \n\n"])), second, third)
        for first, second, third in rows
    ]
    with duckdb.connect() as con:
        (source,) = sources_of(con, tmp_path, {"p.csv": written(broken, ",", "\n")}).values()
        got = con.execute(f"SELECT {source.cells} FROM {source.table} ORDER BY rowid").fetchall()
        assert (got, source.rejected) == (broken, ())


def written(rows: Sequence[tuple[str, str, str]], delimiter: str, end: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    return text.getvalue()
