"""JSON of the shapes that programs write: what is a table in it, and what is told about the rest."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_validation import encodings
from perito_validation.source import Source

from .desk import one_table, read, sources_of

BODY = {
    "name": "shop",
    "data": {
        "providers": [{"id": "S1", "name": "Uno"}, {"id": "S2", "city": "Leon"}],
        "transactions": [{"sku": "A-1", "qty": 5, "price": 1.10}],
        "inventory": {"A-1": {"qty": 5, "at": {"shop": "N", "bin": "7"}}, "A-2": {"qty": 6}},
    },
}


def tables(folder: Path, content: object, name: str = "b.json") -> dict[str, list[tuple[Any, ...]]]:
    """Header and rows of every table of a document, by the table's name."""
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    with duckdb.connect() as con:
        found = sources_of(con, folder, {name: text})
        return {name: [source.header, *rows_of(con, source)] for name, source in found.items()}


def rows_of(con: duckdb.DuckDBPyConnection, source: Source) -> list[tuple[Any, ...]]:
    return con.execute(f"SELECT {source.cells} FROM {source.table} ORDER BY {source.record}").fetchall()


def test_a_body_of_several_tables_yields_each_by_its_place(tmp_path: Path) -> None:
    assert tables(tmp_path, BODY) == {
        "b.json/data/providers": [("id", "name", "city"), ("S1", "Uno", ""), ("S2", "", "Leon")],
        "b.json/data/transactions": [("sku", "qty", "price"), ("A-1", "5", "1.1")],
        "b.json/data/inventory": [("key", "qty", "at.shop", "at.bin"), ("A-1", "5", "N", "7"), ("A-2", "6", "", "")],
    }


@pytest.mark.parametrize("size", [1, 3_000_000])
def test_what_stands_beside_tables_is_told_whatever_their_size(tmp_path: Path, size: int) -> None:
    body = {"page": 1, "meta": {"by": "x"}, "stock": {"A-1": 5}, "rows": [{"a": "x" * (size // 10)}] * 10}
    for document in (body, {"data": body}):
        with duckdb.connect() as con:
            found = sources_of(con, tmp_path, {"b.json": json.dumps(document)})
            places = {
                name.removeprefix("b.json/").removeprefix("data/"): source.header for name, source in found.items()
            }
            assert places == {"meta": ("key", "value"), "stock": ("key", "value"), "rows": ("a",)}
            told = [note for source in found.values() for note in source.notes]
            assert [(note.kind, note.before.removeprefix("data/")) for note in told] == [("beside_the_tables", "page")]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('[{"a": 1}, {"a": 2.50, "b": null}]', [("a", "b"), ("1", ""), ("2.50", "")]),
        ('{"A": 5, "B": 6.0}', [("key", "value"), ("A", "5"), ("B", "6.0")]),
        ('{"A": {"q": 1}}', [("key", "q"), ("A", "1")]),
        ('{"items": [{"q": true}]}', [("q",), ("true",)]),
        ('[{"a": [1, {"b": "x"}], "c": {}}]', [("a", "c"), ('[1, {"b": "x"}]', "")]),
        ("[1, 2.0]", [("value",), ("1",), ("2.0",)]),
        ('[{"a": 12345678901234567890.123456789}]', [("a",), ("12345678901234567890.123456789",)]),
        ('[{"a": NaN}, {"a": 1e400}]', [("a",), ("NaN",), ("1e400",)]),
        ('[{"a": 1, "a": 2}]', [("a", "a (2)"), ("1", "2")]),
        ('[{"a.b": 1, "a": {"b": 2}}]', [("a.b", "a.b (2)"), ("1", "2")]),
        ('[{"": 1, "key": 2}]', [("column 1", "key"), ("1", "2")]),
        ('{"A": {"key": "x", "q": 1}, "B": {"q": 2}}', [("key", "key (2)", "q"), ("A", "x", "1"), ("B", "", "2")]),
        ('{"1": {"by": "x", "lines": [{"q": 1}]}, "2": {"by": "y", "lines": []}}',
         [("key", "by", "lines"), ("1", "x", '[{"q": 1}]'), ("2", "y", "[]")]),
        ('{"a": 1}\n{"a": 2}\n', [("a",), ("1",), ("2",)]),
    ],
)  # fmt: skip
def test_shapes_that_are_one_table(tmp_path: Path, text: str, rows: list[tuple[str, ...]]) -> None:
    assert tables(tmp_path, text) == {"b.json": rows}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "cp1252"])
def test_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert tables(tmp_path, '[{"a": "Añil"}]'.encode(encoding)) == {"b.json": [("a",), ("Añil",)]}


def test_records_that_cannot_be_stored_are_set_aside_with_their_line(tmp_path: Path) -> None:
    text = '[\n{"a": "x"},\n{"a": "\\u0000"},\n{"a": "\\ud800"},\n7,\n{"a": "\\ud83d\\ude00"}]'
    books = read(tmp_path, {"b.json": text}, one_table("b.json", "products", "{product: a}"))
    assert books.ask("SELECT product, _record, _line FROM products ORDER BY 2") == [("x", 1, 2), ("\U0001f600", 5, 6)]
    assert books.ask("SELECT record, line, reason FROM rejected_records ORDER BY 1") == [
        (2, 3, "nul"),
        (3, 4, "half_character"),
        (4, 5, "not_an_object"),
    ]
    assert books.ask("SELECT records, rejected_records, reader, encoding FROM files") == [(5, 3, "json", "utf-8")]


def test_lines_that_are_no_json_are_set_aside(tmp_path: Path) -> None:
    text = '{"a": "x"}\n\nnonsense\n{"a": "y"} {"a": "z"}\n{"b": 1}\n'
    books = read(tmp_path, {"b.ndjson": text}, one_table("b.ndjson", "products", "{product: a}"))
    assert books.ask("SELECT record, line, reason FROM rejected_records ORDER BY 1") == [
        (2, 3, "not_json"),
        (3, 4, "not_an_object"),
    ]
    assert books.ask("SELECT product, _record, _line FROM products ORDER BY 2") == [("x", 1, 1), (None, 4, 5)]
    assert books.ask("SELECT records, blank_lines FROM files") == [(4, 1)]


@pytest.mark.parametrize(
    ("text", "reason", "says"),
    [
        ("", "INTAKE_EMPTY", "empty"),
        ("  \n", "INTAKE_EMPTY", "empty"),
        ("[]", "INTAKE_EMPTY", "no records"),
        ("{}", "INTAKE_SHAPE", "holds no table"),
        ("7", "INTAKE_SHAPE", "holds no table"),
        ('[{"a": 1}, {"a": ', "INTAKE_JSON", "ends too early"),
        ('[{"a": 1},\n{"a": tru}]', "INTAKE_JSON", "line 2"),
        ('[{"a": 1},]', "INTAKE_JSON", "value should stand here"),
        ('[{"a": 1}] x', "INTAKE_JSON", "after the end"),
        ('[["a"], [1]]', "INTAKE_SHAPE", "array stands where a record"),
        ("[" * 1000 + "]" * 1000, "INTAKE_JSON_DEPTH", "levels"),
        ('{"a":' * 1000 + "1" + "}" * 1000, "INTAKE_JSON_DEPTH", "levels"),
        ('[{"a":' + "[" * 300 + "]" * 300 + "}]", "INTAKE_JSON_DEPTH", "levels"),
        ('[{"a": "' + "x" * (2 << 20) + '"}]', "INTAKE_LINE_TOO_LONG", "characters"),
        (json.dumps([{f"c{i}": 1 for i in range(3000)}]), "INTAKE_TOO_WIDE", "columns"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, text: str, reason: str, says: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(tmp_path, {"b.json": text}, one_table("b.json", "products", "{product: a}"))
    assert caught.value.reason == reason
    assert says in caught.value.message
    assert "b.json" in caught.value.message


VALUES = st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["a", "b", "ñ", "d e"]), VALUES, min_size=1), min_size=1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS, indent=st.sampled_from([None, 2]), block=st.integers(1, 50), lines=st.booleans())
def test_every_record_comes_back_wherever_the_chunks_are_cut(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    records: list[dict[str, Any]],
    indent: int | None,
    block: int,
    lines: bool,
) -> None:
    monkeypatch.setattr(encodings, "BLOCK", block)
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records, indent=indent)
    with duckdb.connect() as con:
        (source,) = sources_of(con, tmp_path, {"b.ndjson" if lines else "b.json": text}).values()
        assert source.records == len(records)
        kept = iter(rows_of(con, source))
        for record in records:
            cells = {name: _cell(value) for name, value in record.items()}
            if any("\0" in cell for cell in cells.values()):
                continue
            assert dict(zip(source.header, next(kept), strict=True)) == {
                name: cells.get(name, "") for name in source.header
            }
        assert next(kept, None) is None


def _cell(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
