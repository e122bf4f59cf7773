"""A table of a JSON document on its way into DuckDB, and by what its shape is told from that of a folder of tables."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perito_kernel.phases import InputFile

from perito_validation.json_text import Number, as_text, is_array, is_object
from perito_validation.limits import MAX_RAW
from perito_validation.source import (
    Note,
    RejectedRecord,
    Source,
    TableSink,
    check_width,
    header_notes,
    named_columns,
)

_TEXTS = frozenset({str, Number})


@dataclass
class JsonTable:
    """A table on its way into DuckDB."""

    path: str
    sink: TableSink
    columns: dict[str, int] = field(default_factory=dict[str, int])
    records: int = 0
    blank_lines: int = 0
    rejected: list[RejectedRecord] = field(default_factory=list[RejectedRecord])
    notes: list[Note] = field(default_factory=list[Note])

    def add(self, line: int, row: Mapping[str, Any], name: str) -> None:
        """Adds a flat row, whose names may be new."""
        if list(row) == list(self.columns) and _TEXTS.issuperset(map(type, row.values())):
            cells = list(map(str, row.values()))  # nearly every record is one of these
        else:
            for column in row:
                if column not in self.columns:
                    self.columns[column] = len(self.columns)
                    check_width(len(self.columns), name, line)
            cells = [""] * len(self.columns)
            for column, value in row.items():
                cells[self.columns[column]] = as_text(value)
        self.records += 1
        reason = unstorable(cells)
        if reason:
            raw = _storable(as_text(dict(row)))
            self.rejected.append(RejectedRecord(self.records, line, reason, raw[:MAX_RAW]))
        else:
            self.sink.add(self.records, line, cells)

    def add_all(self, lines: Sequence[int], rows: Sequence[Sequence[str]], characters: int) -> None:
        """Adds storable rows that have all columns, from these lines; `characters` is what they are written in."""
        self.sink.add_all(self.records + 1, lines, rows, characters)
        self.records += len(rows)

    def reject(self, line: int, reason: str, raw: str) -> None:
        """Sets a record aside."""
        self.records += 1
        self.rejected.append(RejectedRecord(self.records, line, reason, _storable(raw)[:MAX_RAW]))

    def source(self, file: InputFile, encoding: str, media_type: str) -> Source:
        """The table, written."""
        labels = tuple(_storable(label) for label in self.columns)
        header = named_columns(labels)
        self.sink.finish(len(labels))
        return Source(
            file_id=0,
            name=file.name,
            sha256=file.sha256,
            bytes=file.bytes,
            media_type=media_type,
            table=self.sink.table,
            header=header,
            rows=self.sink.rows,
            record="_record",
            line="_line",
            reader="json",
            blank_lines=self.blank_lines,
            rejected=tuple(self.rejected),
            encoding=encoding,
            labels=labels,
            notes=(*self.notes, *header_notes(labels, header, 1)),
        )


def unstorable(cells: Sequence[str]) -> str:
    """Why no database takes this row: a NUL, or half of a surrogate pair; "" where nothing is wrong."""
    together = "".join(cells)
    if together.isascii() and "\0" not in together:
        return ""
    for cell in cells:
        if "\0" in cell:
            return "nul"
        if not cell.isascii():
            try:
                cell.encode()
            except UnicodeEncodeError:
                return "half_character"
    return ""


def leaves(value: Mapping[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    """Columns of a record, nested objects as `a.b`; an empty one is a blank cell."""
    for key, cell in value.items():
        if is_object(cell):
            yield from leaves(cell, f"{before}{key}.") if cell else [(before + key, None)]
        else:
            yield before + key, cell


def is_records(value: Any) -> bool:
    """Is it an array that holds objects?"""
    return is_array(value) and any(is_object(element) for element in value)


def are_alike(objects: Mapping[str, Mapping[str, Any]]) -> bool:
    """Are these the records of one table, keyed by code? They share names and have values of their own; a single one
    is a record when it holds single values and no tables."""
    if not any(_is_leaf(cell) for value in objects.values() for cell in value.values()):
        return False
    if len(objects) == 1:
        return not any(is_records(cell) for value in objects.values() for cell in value.values())
    counts = Counter(key for value in objects.values() for key in value)
    return counts.most_common(1)[0][1] > len(objects) / 2


def _is_leaf(value: Any) -> bool:
    return value is None or isinstance(value, str | bool | Number)


def _storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
