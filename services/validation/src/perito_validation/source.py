"""What every reader hands on: a table of text cells in DuckDB, where each row stands in its file, and what was noticed.

Readers that cannot leave the parsing to DuckDB fill their table through `TableSink`, a few megabytes at a time.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from perito_kernel.errors import Exhausted, Invalid
from perito_kernel.phases import InputFile

from perito_validation.limits import (
    MAX_BLANK_LINES,
    MAX_COLUMNS,
    MAX_REJECTED,
    MAX_REJECTED_KEPT,
    MAX_REJECTED_SHARE,
)

_BLOCK = 4 << 20
_FLUSH_ROWS = 20_000
_FLUSH_CHARACTERS = 4 << 20


@dataclass(frozen=True)
class RejectedRecord:
    """A record that is not part of any table: its 1-based number among the records, line, reason and text."""

    record: int
    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Note:
    """Something about a whole file that its reader had to decide or change, told in `transformations`.

    `kind` is one of `notes.TEXTS`; `count` how often, `before` and `after` an example. `line` is where it
    was first met.
    """

    kind: str
    count: int
    before: str = ""
    after: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Source:
    """A table of a file. `table` is its temporary table in DuckDB with text cells c0, c1, ...; `record` and `line` are
    SQL over it, 1-based numbers of the record and of the place where it begins: the physical line of text, the row of
    a sheet, the row of Parquet. `header` holds the names of c0, c1, ..., `labels` what the file writes in their
    place. `name` is the client's name for the file, or `file/member` for one of several tables in it."""

    file_id: int
    name: str
    sha256: str
    bytes: int
    media_type: str
    table: str
    header: tuple[str, ...]
    rows: int
    record: str
    line: str
    reader: str
    delimiter: str = ""
    quote: str = ""
    blank_lines: int = 0
    rejected: tuple[RejectedRecord, ...] = ()
    no_cells: Mapping[str, str] = field(default_factory=dict[str, str])
    """Columns of Parquet whose values are no single cells (lists, bytes), and their types."""
    encoding: str | None = None
    labels: tuple[str, ...] = ()
    why: str = ""
    """Why the careful reader was taken, "" where it was not."""
    notes: tuple[Note, ...] = ()

    @property
    def records(self) -> int:
        """Records of the file: rows and rejected ones."""
        return self.rows + len(self.rejected)

    @property
    def cells(self) -> str:
        """SQL list of all raw columns."""
        return ", ".join(f"c{i}" for i in range(len(self.header)))

    def cell(self, column: str, place: str) -> str:
        """SQL name of a source column. Raises `Invalid` where the header has none or several of that name."""
        exact = [i for i, name in enumerate(self.header) if name == column]
        found = exact or [i for i, name in enumerate(self.header) if name.strip() == column.strip()]
        details: dict[str, str | int] = {"file": self.name, "column": column}
        if len(found) == 1 and (kind := self.no_cells.get(self.header[found[0]])):
            message = f"{self.name}: column {column!r} holds {kind} ({place}). Write it as text, numbers or dates."
            raise Invalid("INTAKE_COLUMN_TYPE", message, details)
        if len(found) == 1:
            return f"c{found[0]}"
        if found:
            message = f"{self.name} has {len(found)} columns named {column!r} ({place}). Give each its own name."
            raise Invalid("INTAKE_HEADER", message, details)
        message = f"{self.name} has no column {column!r} ({place}); it has {', '.join(self.header)[:500]}."
        raise Invalid("MAPPING_COLUMN_MISSING", message, details)


@dataclass(frozen=True)
class Unread:
    """A file, or a member of one, that no table was made of. `reason` is "" where the mapping does not name it, or,
    without a mapping, where it is no books by name and first lines; otherwise the reason and the words of the `Invalid`
    that reading it raised."""

    file_id: int
    name: str
    sha256: str
    bytes: int
    reason: str = ""
    message: str = ""


def named_columns(labels: Sequence[str]) -> tuple[str, ...]:
    """Names of columns from a header's labels: a blank one is `column N`, a repeated one `name (2)`."""
    names: list[str] = []
    taken = {label for label in labels if label.strip()}
    used: set[str] = set()
    for number, label in enumerate(labels, 1):
        name = label if label.strip() else f"column {number}"
        again = 1
        base = name
        while name in used or (name != label and name in taken):
            again += 1
            name = f"{base} ({again})"
        used.add(name)
        names.append(name)
    return tuple(names)


def header_notes(labels: Sequence[str], names: Sequence[str], line: int) -> list[Note]:
    """What is to be told about labels that could not stand as names."""
    blank = [name for label, name in zip(labels, names, strict=True) if not label.strip()]
    repeated = [(label, name) for label, name in zip(labels, names, strict=True) if label.strip() and label != name]
    notes = [Note("header_blank", len(blank), "", blank[0], line)] if blank else []
    return notes + ([Note("header_repeated", len(repeated), *repeated[0], line)] if repeated else [])


def check_width(width: int, name: str, line: int) -> None:
    """Raises `Invalid` INTAKE_TOO_WIDE for more columns than a table may have."""
    if width > MAX_COLUMNS:
        message = (
            f"{name}, line {line}: the header has {width:,} columns, more than {MAX_COLUMNS:,}. Check that lines end"
            " where records do, or export fewer columns."
        )
        raise Invalid("INTAKE_TOO_WIDE", message, {"file": name, "line": line, "columns": width})


def check_blank(name: str, blank: int, records: int) -> None:
    """Raises `Invalid` INTAKE_FORMAT for a file of blank lines."""
    if blank > MAX_BLANK_LINES and blank > records:
        message = f"{name} has more than {MAX_BLANK_LINES:,} blank lines, and fewer records. Export it again as CSV."
        raise Invalid("INTAKE_FORMAT", message, {"file": name, "blank_lines": blank})


def check_rejected(name: str, width: int, records: int, rejected: Sequence[RejectedRecord]) -> None:
    """Raises `Invalid` INTAKE_RAGGED where so many records are irregular that the dialect is in doubt."""
    count = len(rejected)
    if count > MAX_REJECTED and (count * MAX_REJECTED_SHARE > records or count > MAX_REJECTED_KEPT):
        first = rejected[0]
        message = (
            f"{name}, line {first.line}: {count} of {records} records do not have {width} cells as the header has."
            " Check the delimiter and quotes."
        )
        raise Invalid("INTAKE_RAGGED", message, {"file": name, "line": first.line})


def check_digest(file: InputFile) -> None:
    """Raises `Invalid` DATASET_CORRUPT where the file is not the one that was uploaded."""
    digest = hashlib.sha256()
    with Path(file.path).open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    if digest.hexdigest() != file.sha256:
        raise other_file(file.name)


def other_file(name: str) -> Invalid:
    """The error for a file that is not the one that was uploaded."""
    message = f"{name} is not the file that was uploaded (its SHA-256 differs). Upload it again."
    return Invalid("DATASET_CORRUPT", message, {"file": name})


def too_large(name: str) -> Exhausted:
    """The error for a file that does not fit into the memory of the analysis."""
    message = f"{name} needs more memory to be read than this analysis may use. Split it, or raise the limit."
    return Exhausted("COMPUTE_MEMORY_EXCEEDED", message, {"file": name})


class TableSink:
    """Fills a temporary table with text cells and the columns `_record` and `_line`, in the order of `add`.

    Columns may come later than rows: earlier rows are '' there. Memory is bounded by a batch.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
        self.con = con
        self.table = table
        self.name = name
        self.rows = 0
        self._width = 0
        self._batch: list[Sequence[str]] = []
        self._places: list[tuple[int, int]] = []
        self._characters = 0
        con.execute(f"CREATE TEMP TABLE {table} (_record BIGINT, _line BIGINT)")

    def add(self, record: int, line: int, cells: Sequence[str]) -> None:
        """Adds a row; `cells` may be shorter than the widest one so far, and a list that is not changed afterwards."""
        self._batch.append(cells)
        self._places.append((record, line))
        self._characters += sum(map(len, cells))
        self._flush_full()

    def add_all(self, record: int, lines: Sequence[int], rows: Sequence[Sequence[str]], characters: int) -> None:
        """Adds rows, the first of which is `record`; their text is no longer than `characters`."""
        self._batch.extend(rows)
        self._places.extend(enumerate(lines, record))
        self._characters += characters
        self._flush_full()

    def finish(self, width: int) -> None:
        """Writes what is left. The table then has at least `width` columns."""
        self._flush()
        self._widen(width)

    def _flush_full(self) -> None:
        if len(self._batch) >= _FLUSH_ROWS or self._characters >= _FLUSH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if not self._batch:
            return
        self._widen(max(map(len, self._batch)))
        width = self._width
        rows = [cells if len(cells) == width else [*cells, *[""] * (width - len(cells))] for cells in self._batch]
        columns: dict[str, pa.Array[Any]] = {
            f"c{i}": pa.array(column, pa.string()) for i, column in enumerate(zip(*rows, strict=True))
        }
        columns["_record"] = pa.array([record for record, _ in self._places], pa.int64())
        columns["_line"] = pa.array([line for _, line in self._places], pa.int64())
        self.con.register("_batch", pa.Table.from_pydict(columns))
        try:
            self.con.execute(f"INSERT INTO {self.table} BY NAME SELECT * FROM _batch")
        except duckdb.OutOfMemoryException as error:
            raise too_large(self.name) from error
        finally:
            self.con.unregister("_batch")
        self.rows += len(rows)
        self._batch, self._places, self._characters = [], [], 0

    def _widen(self, width: int) -> None:
        for i in range(self._width, width):
            self.con.execute(f"ALTER TABLE {self.table} ADD COLUMN c{i} VARCHAR DEFAULT ''")
        self._width = max(self._width, width)
