"""Records that are decoded many at once are those that are read one by one, to the cell, the line and the error."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile
from perito_validation import encodings, json_blocks, json_reader
from perito_validation.json_blocks import decode_block

from .desk import make_job

NAMES = ("a", "b")
PLAIN = '{"a":"x","b":1.50}'
RECORDS = [
    PLAIN,
    PLAIN,
    '{"a": "Añil }, {", "b": -1e400}',
    '{"a":null,"b":true}',
    '{"a":"],[","b":NaN}',
    '{"a":"\\u00f1 \\ud83d\\ude00","b":"\\""}',
    '{"a":"\\u0000","b":2}',
    '{"a":"\\ud800","b":2}',
    '{"a":"line\n{break","b":3}',
    '{"a":"tab\there","b":"nul\0"}',
    '{"b":1,"a":2}',
    '{"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"b":2,"c":3}',
    '{"a":{"c":1},"b":{}}',
    '{"a":[1,{"b":2}],"b":"}"}',
    '{\n"a": 1,\n"b": 2}',
    "{}",
    "7",
    '["a", "b"]',
    '{"a":tru}',
]
SEPARATORS = [",", ", ", ",\n", ",\r\n  ", ",\n\n", "\n,", ",,", " "]
ENDS = ["]", "\n]\n", " ] x", ",]", "", "]}"]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


_tables = count()


def outcome(con: duckdb.DuckDBPyConnection, file: InputFile) -> object:
    """All that reading tells of a file, or how it refuses it."""
    try:
        found = json_reader.read_json(con, f"t{next(_tables)}", file)
    except Invalid as error:
        return error.reason, error.message, error.details
    rows = [con.execute(f"SELECT * FROM {source.table}").fetchall() for _, source in found]
    said = [(place, source.labels, source.rejected, source.notes, source.records) for place, source in found]
    return rows, said


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=st.lists(st.sampled_from(RECORDS) | st.just(PLAIN), min_size=1, max_size=12),
    separators=st.lists(st.sampled_from(SEPARATORS) | st.just(","), min_size=1, max_size=3),
    end=st.sampled_from(ENDS) | st.just("]"),
    block=st.integers(1, 200),
    length=st.integers(1, 200),
)
@example([PLAIN] * 12, [",\n"], "\n]\n", 1000, 1000)
@example([PLAIN, '{"a":"x},\n{y","b":1}', PLAIN], [",\n", ",\n", ","], "]", 1000, 1000)
def test_a_block_is_what_its_records_are(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    con: duckdb.DuckDBPyConnection,
    records: list[str],
    separators: list[str],
    end: str,
    block: int,
    length: int,
) -> None:
    joined = "".join(f"{r}{separators[at % len(separators)]}" for at, r in enumerate(records[:-1])) + records[-1]
    (file,) = make_job(tmp_path, {"b.json": f"[{joined}{end}"}, "").files
    monkeypatch.setattr(encodings, "BLOCK", block)
    monkeypatch.setattr(json_blocks, "_LENGTH", length)
    monkeypatch.setattr(json_reader, "_TRIES", 100)
    at_once = outcome(con, file)
    monkeypatch.setattr(json_reader, "_TRIES", 0)
    assert at_once == outcome(con, file)


@pytest.mark.parametrize(
    ("text", "rows", "by_line"),
    [
        ('{"a":"x","b":1.50},{"a":null,"b":true}]', [("x", "1.50"), ("", "true")], False),
        ('{"a":1,"b":2},\n {"a":3,"b":4}\n]', [("1", "2"), ("3", "4")], True),
        ('{"a":1,"b":2},{"a":3,"b":4},{"a":"x', [("1", "2"), ("3", "4")], False),
        ('{"a":1,"b":2},{"a":3,"b":4},{"a":"}', None, False),
        ('{"a":1,"b":2}, {"a":"},\n{', None, False),
        ('{"a":1,"b":2},\n\n{"a":3,"b":4}]', None, False),
        ('{"a":1,"b":2},{"b":3,"a":4}]', None, False),
        ('{"a":1,"b":"\\u0000"}]', None, False),
        ('{"a":1,"b":[]}]', None, False),
        ('{"a":1,"b":2},["a","b"]]', None, False),
    ],
)
def test_what_is_taken_at_once(text: str, rows: list[Any] | None, by_line: bool) -> None:
    block = decode_block(text, 0, NAMES)
    assert (block and [tuple(row) for row in block.rows]) == rows
    assert block is None or block.by_line is by_line
    assert block is None or text[: block.length].endswith("}")
