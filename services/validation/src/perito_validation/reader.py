"""Brings one source file into DuckDB as text, every cell as it stands, and proves that no record was lost on the way.

A source becomes a temporary table with columns c0, c1, ... in the file's order; its row ids are the file's order. CSV
goes through the prescan first; the parser then sees regular lines only and must return exactly as many rows as the
prescan counted, in the same order (checked on samples), or the run stops.
"""

import csv
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from perito_kernel.errors import Exhausted, Internal, Invalid
from perito_kernel.phases import InputFile
from perito_rules.sqltext import literal, quote

from perito_validation.database import count, only_row
from perito_validation.prescan import MAX_LINE, Prescan, RejectedRecord, prescan
from perito_validation.sniff import QUOTE, Dialect, is_parquet, sniff

_NO_NULL = "E'a\\nb'"
"""Text that stands for NULL in the CSV reader: it holds a line break, so no cell of a regular line can be it."""

_NO_CELLS = ("STRUCT", "MAP", "UNION", "BLOB", "BIT", "VARIANT")


@dataclass(frozen=True)
class Source:
    """A file in DuckDB. `table` is its temporary table; `record` and `line` are SQL over it, 1-based numbers of the
    record and of the physical line where it begins; `header` holds the names of c0, c1, ..."""

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


def load(con: duckdb.DuckDBPyConnection, file_id: int, file: InputFile, scratch: Path) -> Source:
    """Reads `file` into a temporary table.

    Raises `Invalid` (INTAKE_...) for what cannot be read, `Exhausted` where memory does not suffice, `Internal`
    (INTAKE_NOT_CONSERVED) where the parser did not deliver what the prescan counted.
    """
    path = Path(file.path)
    return _load_parquet(con, file_id, file) if is_parquet(path) else _load_csv(con, file_id, file, scratch)


def _load_csv(con: duckdb.DuckDBPyConnection, file_id: int, file: InputFile, scratch: Path) -> Source:
    path = Path(file.path)
    dialect = sniff(path, file.name)
    scan = prescan(path, file.name, dialect)
    if scan.sha256 != file.sha256:
        message = f"{file.name} is not the file that was uploaded (its SHA-256 differs). Upload it again."
        raise Invalid("DATASET_CORRUPT", message, {"file": file.name})
    table = f"raw_{file_id}"
    _parse(con, table, file, scan, dialect, scratch)
    _check_conserved(con, table, file.name, scan, dialect)
    record, line = "rowid + 1", f"rowid + {dialect.header_line + 1}"
    if len(scan.cuts):
        _number_rows(con, table, scan, dialect)
        record, line = "_record", "_line"
    return Source(
        file_id=file_id,
        name=file.name,
        sha256=scan.sha256,
        bytes=scan.bytes,
        media_type="text/csv",
        table=table,
        header=dialect.header,
        rows=scan.regular,
        record=record,
        line=line,
        reader="fast",
        delimiter=dialect.delimiter,
        quote=QUOTE,
        blank_lines=scan.blank_lines,
        rejected=tuple(scan.rejected),
    )


def _parse(
    con: duckdb.DuckDBPyConnection, table: str, file: InputFile, scan: Prescan, dialect: Dialect, scratch: Path
) -> None:
    """Makes the temporary table from the file's regular lines."""
    path = Path(file.path)
    clean = _without_cuts(path, scan, scratch / f"{table}.csv") if len(scan.cuts) else path
    reading = csv_sql(clean, dialect)
    try:
        con.execute(f"CREATE TEMP TABLE {table} AS FROM {reading}")
    except duckdb.OutOfMemoryException as error:
        message = f"{file.name} needs more memory to be read than this analysis may use. Split it, or raise the limit."
        raise Exhausted("COMPUTE_MEMORY_EXCEEDED", message, {"file": file.name}) from error
    except duckdb.Error as error:
        raise _not_conserved(file.name, f"the parser stopped at a file of {scan.regular} regular records") from error
    finally:
        if clean is not path:
            clean.unlink()


def csv_sql(path: Path, dialect: Dialect) -> str:
    """SQL that reads a CSV file of regular lines as text, with nothing left for the reader to guess."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(dialect.width))
    return (
        f"read_csv({literal(str(path))}, auto_detect=false, header=true, delim={literal(dialect.delimiter)}, "
        f"quote={literal(QUOTE)}, escape={literal(QUOTE)}, columns={{{columns}}}, nullstr={_NO_NULL}, "
        f"max_line_size={2 * MAX_LINE})"
    )


def _without_cuts(path: Path, scan: Prescan, target: Path) -> Path:
    """A copy of the file without the lines that no parser shall see."""
    with path.open("rb") as source, target.open("wb") as copy:
        at = 0
        for start, end in scan.cuts.tolist():
            _copy_range(source, copy, start - at)
            source.seek(end)
            at = end
        shutil.copyfileobj(source, copy, 1 << 20)
    return target


def _copy_range(source: Any, copy: Any, length: int) -> None:  # binary files have no shared public type
    while length > 0:
        block = source.read(min(length, 1 << 20))
        copy.write(block)
        length -= len(block)


def _check_conserved(con: duckdb.DuckDBPyConnection, table: str, name: str, scan: Prescan, dialect: Dialect) -> None:
    rows = count(con, f"SELECT count(*) FROM {table}")
    if rows != scan.regular:
        text = f"{scan.records} records stand in it, {len(scan.rejected)} were set aside and {rows} were read"
        raise _not_conserved(name, text)
    for sample in scan.samples:
        want = tuple(next(csv.reader([sample.text], delimiter=dialect.delimiter, quotechar=QUOTE, strict=True)))
        got = only_row(con, f"SELECT * FROM {table} WHERE rowid = {sample.ordinal}")
        if got != want:
            raise _not_conserved(name, f"record {sample.ordinal + 1} is not the row that was read for it")


def _number_rows(con: duckdb.DuckDBPyConnection, table: str, scan: Prescan, dialect: Dialect) -> None:
    """Adds `_record` and `_line` where lines were cut out, so that row ids no longer tell."""
    lines = np.arange(1, scan.lines + 1)
    is_cut = np.zeros(scan.lines + 1, np.bool_)
    is_cut[scan.cut_lines] = True
    is_record = np.ones(scan.lines + 1, np.bool_)
    is_record[scan.cut_lines[scan.cut_blank]] = False
    is_record[[0, dialect.header_line]] = False
    numbers = np.cumsum(is_record)
    kept = lines[is_record[1:] & ~is_cut[1:]]
    places = pa.Table.from_pydict({"_record": pa.array(numbers[kept]), "_line": pa.array(kept)})
    con.register("places", places)
    con.execute(f"CREATE TEMP TABLE {table}_numbered AS SELECT * FROM {table} POSITIONAL JOIN places")
    con.unregister("places")
    con.execute(f"DROP TABLE {table}")
    con.execute(f"ALTER TABLE {table}_numbered RENAME TO {table}")


def _load_parquet(con: duckdb.DuckDBPyConnection, file_id: int, file: InputFile) -> Source:
    table = f"raw_{file_id}"
    reading = f"read_parquet({literal(file.path)}, file_row_number=true)"
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM {reading}").fetchall()
        types = {str(row[0]): str(row[1]) for row in described if row[0] != "file_row_number"}
        header = tuple(types)
        cells = ", ".join(f"coalesce({quote(name)}::VARCHAR, '') AS c{i}" for i, name in enumerate(header))
        con.execute(f"CREATE TEMP TABLE {table} AS SELECT {cells}, file_row_number + 1 AS _record FROM {reading}")
    except duckdb.Error as error:
        message = f"{file.name} cannot be read as Parquet. Write it again, or export it as CSV in UTF-8."
        raise Invalid("INTAKE_FORMAT", message, {"file": file.name}) from error
    _refuse_nul(con, table, file.name, types)
    return Source(
        file_id=file_id,
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        media_type="application/vnd.apache.parquet",
        table=table,
        header=header,
        rows=count(con, f"SELECT count(*) FROM {table}"),
        record="_record",
        line="_record",
        reader="parquet",
        no_cells={name: kind for name, kind in types.items() if kind.startswith(_NO_CELLS) or kind.endswith("]")},
    )


def _refuse_nul(con: duckdb.DuckDBPyConnection, table: str, name: str, types: Mapping[str, str]) -> None:
    """Text in Parquet may hold NUL characters, which neither the database nor many a reader of the results takes."""
    for i, (column, kind) in enumerate(types.items()):
        if kind != "VARCHAR":
            continue
        found = con.execute(f"SELECT min(_record) FROM {table} WHERE contains(c{i}, chr(0))").fetchone()
        if found and found[0] is not None:
            message = f"{name}, row {found[0]}: column {column!r} holds a NUL character. Export it again without."
            raise Invalid("INTAKE_NUL", message, {"file": name, "row": int(found[0]), "column": column})


def _not_conserved(name: str, what: str) -> Internal:
    message = f"{name} was not read completely: {what}. Nothing was analysed; report this file to the maintainers."
    return Internal("INTAKE_NOT_CONSERVED", message, {"file": name})
