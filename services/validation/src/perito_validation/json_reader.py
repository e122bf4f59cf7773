"""Reads JSON and JSON lines: arrays of objects, objects keyed by code, and documents that hold several of these.

The shape decides what is a table. An array of objects is one, of any size, read record by record. An object is one
when its values are alike (`{"A-1": {"qty": 5}, "A-2": {"qty": 6}}`, `{"A-1": 5, "A-2": 6}`): the names become the first
column, `key`. Any other object is a folder of tables. Nested objects become columns `a.b`; lists stay JSON text.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile

from perito_validation.encodings import Encoding, TextStream, find_encoding
from perito_validation.json_blocks import decode_block
from perito_validation.json_table import JsonTable, are_alike, is_records, leaves
from perito_validation.json_text import JsonStream, as_text, distinct, is_array, is_flat, is_object, too_deep
from perito_validation.limits import MAX_JSON_DEPTH, MAX_JSON_KEYED, MAX_JSON_RECORD, MAX_MEMBERS, MAX_RAW
from perito_validation.source import (
    Note,
    Source,
    TableSink,
)

MEDIA_TYPE = "application/json"
LINES_MEDIA_TYPE = "application/x-ndjson"
_LINE_SUFFIXES = (".ndjson", ".jsonl")
_LOOK = 64 << 10
_TRIES = 3
"""An array is read record by record once so many of its blocks were not plain: most likely none is."""


def is_json(start: bytes, name: str) -> bool:
    """Does a file of this beginning and name hold JSON? By its content, or by the name where it says so."""
    if name.casefold().removesuffix(".gz").endswith((".json", *_LINE_SUFFIXES)):
        return True
    text = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if text[:1] == b"{":
        return text[1:].lstrip()[:1] in {b'"', b"}"}
    return text[:1] == b"[" and text[1:].lstrip()[:1] in {b"{", b"]"}


def read_json(
    con: duckdb.DuckDBPyConnection, table: str, file: InputFile, encoding: Encoding | None = None
) -> list[tuple[str, Source]]:
    """The tables of a JSON file with their places in it (`data/providers`; "" for the document itself).

    Raises `Invalid`: INTAKE_JSON, INTAKE_JSON_DEPTH, INTAKE_SHAPE (no table in it), INTAKE_EMPTY, INTAKE_TOO_WIDE,
    INTAKE_LINE_TOO_LONG.
    """
    found = encoding or find_encoding(Path(file.path))
    text = TextStream(Path(file.path), found)
    is_lines = _is_lines(text, file.name)
    reading = _Document(con, table, file)
    if is_lines:
        reading.read_lines(text)
    else:
        reading.read(JsonStream(text, file.name))
    media_type = LINES_MEDIA_TYPE if is_lines else MEDIA_TYPE
    return reading.sources(found, text.replaced, media_type)


def _is_lines(text: TextStream, name: str) -> bool:
    """JSON lines: a whole object in the first line and another line that begins one, or a name that says so."""
    start = next(iter(text), "")[:_LOOK]
    lines = [line for line in start.split("\n") if line.strip()]
    if name.casefold().removesuffix(".gz").endswith(_LINE_SUFFIXES):
        return True
    if len(lines) < 2 or not (lines[0].lstrip().startswith("{") and lines[1].lstrip().startswith("{")):
        return False
    try:
        json.loads(lines[0])
    except (ValueError, RecursionError):
        return False
    return True


class _Document:
    """Finds the tables of one document and fills them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str, file: InputFile) -> None:
        self.con = con
        self.prefix = table
        self.file = file
        self.tables: list[JsonTable] = []
        self.beside: list[str] = []
        self.streamed = 0  # characters of records that were written and are held no more
        self.repeated = 0

    def read(self, stream: JsonStream) -> None:
        """Reads a document of any shape."""
        first = stream.peek()
        if not first:
            message = f"{self.file.name} is empty. Export it again, or take it out of the mapping."
            raise Invalid("INTAKE_EMPTY", message, {"file": self.file.name})
        if first == "[":
            self._array(stream, "")
        elif first == "{":
            self._object(stream, "", 1)
        else:
            stream.value()
            raise self._no_table()
        if stream.peek():
            raise stream.wrong("more follows after the end of the document", stream.raw(20))
        self.repeated = stream.repeated
        if not self.tables:
            raise self._no_table()

    def read_lines(self, text: TextStream) -> None:
        """Reads JSON lines, one record each; a line that is none is set aside."""
        table = self._table("")
        for number, line in enumerate(_lines(text), 1):
            if not line.strip():
                table.blank_lines += 1
                continue
            stream = JsonStream([line[: MAX_JSON_RECORD + 1]], self.file.name)
            try:
                value = stream.value() if len(line) <= MAX_JSON_RECORD else None
                if stream.peek() or not is_object(value):
                    table.reject(number, "not_an_object", line)
                else:
                    table.add(number, self._flat(value), self.file.name)
            except Invalid as error:
                if error.reason == "INTAKE_TOO_WIDE":
                    raise
                table.reject(number, "not_json" if error.reason == "INTAKE_JSON" else "too_deep", line)
            self.repeated += stream.repeated
        if table.rejected and not table.columns:
            first = table.rejected[0]
            message = f"{self.file.name}, line {first.line}: no line holds a JSON object. Export one object per line."
            raise Invalid("INTAKE_JSON", message, {"file": self.file.name, "line": first.line})

    def _array(self, stream: JsonStream, path: str) -> None:
        """An array: a table whose records are its elements. Elements that are no objects stand in a column `value`
        where all are such, and are set aside among objects."""
        table = self._table(path)
        plain = stream.second() not in "{]"
        before = stream.characters
        stream.take("[")
        more = stream.peek() != "]"
        tries = 0 if plain else _TRIES
        while more:
            block = decode_block(*stream.beginning(), tuple(table.columns)) if tries and table.columns else None
            if block:
                rows = len(block.rows)
                lines = range(stream.line, stream.line + rows) if block.by_line else [stream.line] * rows
                table.add_all(lines, block.rows, block.length)
                stream.skip(block.length)
                more = stream.another("]")
                continue
            tries -= bool(tries and table.columns)
            odd = (stream.peek() == "{") is plain
            line, raw = stream.line, stream.raw(MAX_RAW) if odd else ""  # what is not odd is not set aside
            value = stream.value()
            if is_array(value):
                message = (
                    f"{self.file.name}, line {line}: an array stands where a record should. Write records as objects,"
                    ' {"name": value}.'
                )
                raise Invalid("INTAKE_SHAPE", message, {"file": self.file.name, "line": line})
            if is_object(value) is plain:
                table.reject(line, "not_an_object" if not plain else "an_object", raw)
            else:
                table.add(line, self._flat(value) if not plain else {"value": value}, self.file.name)
            more = stream.another("]")
        stream.take("]")
        self.streamed += stream.characters - before

    def _object(self, stream: JsonStream, path: str, level: int) -> None:
        """An object: arrays of objects in it are read at once; what is small is held until its end tells what it is."""
        held: dict[str, Any] = {}
        lines: dict[str, int] = {}
        before = len(self.tables)
        stream.take("{")
        more = stream.peek() != "}"
        while more:
            if stream.peek() != '"':
                raise stream.wrong("a name in quotes should stand here", stream.peek())
            line = stream.line
            key = distinct(str(stream.value()), held)
            stream.take(":")
            inner = f"{path}/{key}" if path else key
            if stream.peek() == "[" and stream.second() == "{":
                self._array(stream, inner)
            elif stream.peek() == "{" and level < MAX_JSON_DEPTH and not stream.has(MAX_JSON_RECORD):
                self._object(stream, inner, level + 1)
            else:
                held[key], lines[key] = stream.value(), line
                self._check_held(stream.characters, line)
            more = stream.another("}")
        stream.take("}")
        self._settle(held, lines, path, 1, has_tables=len(self.tables) > before)

    def _check_held(self, characters: int, line: int) -> None:
        if characters - self.streamed > MAX_JSON_KEYED:
            message = (
                f"{self.file.name}, line {line}: objects keyed by code are read up to {MAX_JSON_KEYED >> 20} MiB. Write"
                " the records into an array, or one per line."
            )
            raise Invalid("INTAKE_LINE_TOO_LONG", message, {"file": self.file.name, "line": line})

    def _settle(
        self, held: dict[str, Any], lines: Mapping[str, int], path: str, level: int, *, has_tables: bool = False
    ) -> None:
        """Decides what the members of an object are, and reads them. `has_tables`: others of its members were tables,
        so that it is a folder of tables."""
        if level > MAX_JSON_DEPTH:
            raise too_deep(self.file.name, min(lines.values(), default=1))
        objects = {key: value for key, value in held.items() if is_object(value)}
        if not held:
            return
        is_folder = has_tables or any(is_records(value) for value in held.values())
        if not is_folder and (not objects or (len(objects) == len(held) and are_alike(objects))):
            self._keyed(held, lines, path)
            return
        for key, value in held.items():
            inner = f"{path}/{key}" if path else key
            if is_object(value):
                self._settle(value, dict.fromkeys(value, lines[key]), inner, level + 1)
            elif is_records(value):
                self._records(value, inner, lines[key])
            else:
                self.beside.append(inner)

    def _records(self, values: list[Any], path: str, line: int) -> None:
        table = self._table(path)
        for value in values:
            if is_object(value):
                table.add(line, self._flat(value), self.file.name)
            else:
                table.reject(line, "not_an_object", as_text(value))

    def _keyed(self, held: Mapping[str, Any], lines: Mapping[str, int], path: str) -> None:
        table = self._table(path)
        for key, value in held.items():
            flat = self._flat(value) if is_object(value) else {"value": value}
            row: dict[str, Any] = {"key": key}
            for name, cell in flat.items():
                row[distinct(name, row)] = cell
            table.add(lines[key], row, self.file.name)

    def _flat(self, value: dict[str, Any]) -> dict[str, Any]:
        """Nested objects as `a.b`; an empty one is a blank cell."""
        if is_flat(value):
            return value
        flat: dict[str, Any] = {}
        for name, cell in leaves(value, ""):
            flat[distinct(name, flat)] = cell
        return flat

    def _table(self, path: str) -> JsonTable:
        if len(self.tables) >= MAX_MEMBERS:
            message = (
                f"{self.file.name} holds more than {MAX_MEMBERS:,} tables. Write records of a kind into one array."
            )
            raise Invalid("INTAKE_SHAPE", message, {"file": self.file.name})
        sink = TableSink(self.con, f"{self.prefix}_{len(self.tables)}", self.file.name)
        self.tables.append(JsonTable(path, sink))
        return self.tables[-1]

    def _no_table(self) -> Invalid:
        message = (
            f"{self.file.name} holds no table: no array of objects and no object of records. Export records as an array"
            ' of objects, [{"name": value}].'
        )
        return Invalid("INTAKE_SHAPE", message, {"file": self.file.name})

    def sources(self, encoding: Encoding, replaced: int, media_type: str) -> list[tuple[str, Source]]:
        """The tables, written; an empty array is none. Raises `Invalid` INTAKE_EMPTY where all are."""
        kept = [table for table in self.tables if table.columns]
        if not kept:
            message = f"{self.file.name} holds no records. Export it again, or take it out of the mapping."
            raise Invalid("INTAKE_EMPTY", message, {"file": self.file.name})
        kept[0].notes += [Note("beside_the_tables", len(self.beside), ", ".join(self.beside))] if self.beside else []
        kept[0].notes += [Note("repeated_name", self.repeated)] if self.repeated else []
        kept[0].notes += encoding.notes(replaced)
        return [(table.path, table.source(self.file, encoding.name, media_type)) for table in kept]


def _lines(text: TextStream) -> Iterator[str]:
    """Lines of a text; of one that is too long only its beginning is kept, longer than any record may be."""
    tail = ""
    for chunk in text:
        *whole, rest = chunk.split("\n")
        if whole:
            yield tail + whole[0]
            yield from whole[1:]
            tail = ""
        if len(tail) <= MAX_JSON_RECORD:
            tail += rest
    if tail:
        yield tail
