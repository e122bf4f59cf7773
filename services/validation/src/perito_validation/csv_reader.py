"""Reads CSV, by one of two readers with one contract: the same cells, records and lines for a file that both can read.

The fast one is for files that the prescan has proven regular: DuckDB parses them as text, every cell as it stands, and
must return exactly as many rows as the prescan counted, in the same order (checked on samples), or the run stops. The
careful one (`perito_validation.careful`) is for all others; which was taken and why is told in `files`.

A source becomes a temporary table with columns c0, c1, ... in the file's order; its rows are in the file's order.
"""

import csv
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from perito_kernel.errors import Internal, Invalid
from perito_kernel.phases import InputFile
from perito_rules.sqltext import literal

from perito_validation.careful import CarefulReader
from perito_validation.database import count, only_row
from perito_validation.encodings import TextStream, find_encoding, marked_encoding
from perito_validation.limits import MAX_LINE
from perito_validation.prescan import Prescan, prescan
from perito_validation.sniff import QUOTE, Dialect, ends_in_total, sniff
from perito_validation.source import Source, check_digest, header_notes, named_columns, other_file, too_large

MEDIA_TYPE = "text/csv"
LARGE = 32 << 20
"""Bytes from which on a file is parsed while it is still being proven regular."""
_NO_NULL = "E'a\\nb'"
"""Text that stands for NULL in the CSV reader: it holds a line break, so no cell of a regular line can be it."""


def read_csv(con: duckdb.DuckDBPyConnection, table: str, file: InputFile, scratch: Path) -> Source:
    """Reads `file` into the temporary table `table`: fast where the prescan proves it regular, carefully otherwise.

    A file in another encoding is decoded first, into a copy in `scratch`. Raises `Invalid` (INTAKE_...) for what cannot
    be read, `Exhausted` where memory does not suffice, `Internal` (INTAKE_NOT_CONSERVED) where the parser did not
    deliver what the prescan counted.
    """
    path = Path(file.path)
    encoding = marked_encoding(path)
    if encoding is None:
        try:
            return _read_utf8(con, table, file, path, scratch)
        except Invalid as error:
            if error.reason != "INTAKE_ENCODING":
                raise
        encoding = find_encoding(path)
    check_digest(file)
    text = TextStream(path, encoding)
    copy = scratch / f"{table}.decoded"
    try:
        with copy.open("w", encoding="utf-8", errors="replace", newline="") as decoded:
            decoded.writelines(text)
        inner = replace(file, path=str(copy), bytes=copy.stat().st_size, sha256="")
        source = _read_utf8(con, table, inner, copy, scratch)
    finally:
        copy.unlink(missing_ok=True)
    notes = (*encoding.notes(text.replaced), *source.notes)
    return replace(source, sha256=file.sha256, bytes=file.bytes, encoding=encoding.name, notes=notes)


def _read_utf8(con: duckdb.DuckDBPyConnection, table: str, file: InputFile, path: Path, scratch: Path) -> Source:
    """Reads a file in UTF-8. `file.sha256` is "" for a copy of our own."""
    dialect = sniff(path, file.name)
    why = _why_careful(path, dialect)
    if why:
        return _read_carefully(con, table, file, dialect, why)
    try:
        scan, parsed = _prescan(con, table, file.name, path, dialect)
    except Invalid as error:
        if error.reason not in _IRREGULAR:
            raise
        return _read_carefully(con, table, file, dialect, f"{_IRREGULAR[error.reason]}, line {error.details['line']}")
    if stray := next((r for r in scan.rejected if r.reason == "stray_quote"), None):
        return _read_carefully(con, table, file, dialect, f"quotes inside cells, line {stray.line}")
    if file.sha256 and scan.sha256 != file.sha256:
        raise other_file(file.name)
    if not parsed:
        _parse(con, table, file, scan, dialect, scratch)
    return _read_fast(con, table, file, scan, dialect)


def _prescan(
    con: duckdb.DuckDBPyConnection, table: str, name: str, path: Path, dialect: Dialect
) -> tuple[Prescan, bool]:
    """The prescan, and whether `table` was made beside it: a large file is parsed while it is still being proven, for
    the prescan needs one processor only. Nothing is left of it where a line must be kept from the parser."""
    if path.stat().st_size < LARGE:
        return prescan(path, name, dialect), False
    parsed = True
    with ThreadPoolExecutor(1) as thread:
        scanning = thread.submit(_proven, con, partial(prescan, path, name, dialect))
        try:
            con.execute(_parsing(table, path, dialect))
        except duckdb.Error:  # it is tried again, and told, where the file is regular
            parsed = False
    error = scanning.exception()
    if parsed and (error or len(scanning.result().cuts)):
        con.execute(f"DROP TABLE {table}")
        parsed = False
    return scanning.result(), parsed


def _proven(con: duckdb.DuckDBPyConnection, scan: Callable[[], Prescan]) -> Prescan:
    try:
        return scan()
    except BaseException:
        con.interrupt()  # what it parses now is of no use
        raise


_IRREGULAR = {
    "INTAKE_LINE_ENDS": "mixed line ends",
    "INTAKE_QUOTED_NEWLINE": "a quoted cell that goes on in the next line",
    "INTAKE_LINE_TOO_LONG": "a line that is too long",
    "INTAKE_NUL": "a NUL",
    "INTAKE_RAGGED": "records of other widths",
}
"""What the prescan refuses and the careful reader can deal with."""


def _why_careful(path: Path, dialect: Dialect) -> str:
    if dialect.preamble:
        return f"lines above the header, which is line {dialect.header_line}"
    if not dialect.is_plain:
        return f"a header that goes on in the next line, line {dialect.header_line}"
    return "a total in the last line" if ends_in_total(path, dialect) else ""


def _read_carefully(con: duckdb.DuckDBPyConnection, table: str, file: InputFile, dialect: Dialect, why: str) -> Source:
    if file.sha256:
        check_digest(file)
    reader = CarefulReader(con, table, file.name, dialect)
    reader.read(Path(file.path))
    header = named_columns(reader.labels)
    return Source(
        file_id=0,
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        media_type=MEDIA_TYPE,
        table=table,
        header=header,
        rows=reader.sink.rows,
        record="_record",
        line="_line",
        reader="careful",
        delimiter=dialect.delimiter,
        quote=QUOTE,
        blank_lines=reader.blank_lines,
        rejected=tuple(reader.rejected),
        encoding="utf-8",
        labels=reader.labels,
        why=why,
        notes=(*reader.notes(), *header_notes(reader.labels, header, dialect.header_line)),
    )


def _read_fast(con: duckdb.DuckDBPyConnection, table: str, file: InputFile, scan: Prescan, dialect: Dialect) -> Source:
    _check_conserved(con, table, file.name, scan, dialect)
    record, line = "rowid + 1", f"rowid + {dialect.header_line + 1}"
    if len(scan.cuts):
        _number_rows(con, table, scan, dialect)
        record, line = "_record", "_line"
    header = named_columns(dialect.header)
    return Source(
        file_id=0,
        name=file.name,
        sha256=scan.sha256,
        bytes=scan.bytes,
        media_type=MEDIA_TYPE,
        table=table,
        header=header,
        rows=scan.regular,
        record=record,
        line=line,
        reader="fast",
        delimiter=dialect.delimiter,
        quote=QUOTE,
        blank_lines=scan.blank_lines,
        rejected=tuple(scan.rejected),
        encoding="utf-8",
        labels=dialect.header,
        notes=tuple(header_notes(dialect.header, header, dialect.header_line)),
    )


def _parse(
    con: duckdb.DuckDBPyConnection, table: str, file: InputFile, scan: Prescan, dialect: Dialect, scratch: Path
) -> None:
    """Makes the temporary table from the file's regular lines."""
    path = Path(file.path)
    clean = _without_cuts(path, scan, scratch / f"{table}.csv") if len(scan.cuts) else path
    try:
        con.execute(_parsing(table, clean, dialect))
    except duckdb.OutOfMemoryException as error:
        raise too_large(file.name) from error
    except duckdb.Error as error:
        raise _not_conserved(file.name, f"the parser stopped at a file of {scan.regular} regular records") from error
    finally:
        if clean is not path:
            clean.unlink()


def _parsing(table: str, path: Path, dialect: Dialect) -> str:
    return f"CREATE TEMP TABLE {table} AS FROM {csv_sql(path, dialect)}"


def csv_sql(path: Path, dialect: Dialect) -> str:
    """SQL that reads a CSV file of regular lines as text, with nothing left for the reader to guess."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(dialect.width))
    return (
        f"read_csv({literal(str(path))}, auto_detect=false, header=true, delim={literal(dialect.delimiter)}, "
        f"quote={literal(QUOTE)}, escape={literal(QUOTE)}, columns={{{columns}}}, nullstr={_NO_NULL}, "
        f"max_line_size={2 * MAX_LINE}, compression='none')"
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


def _not_conserved(name: str, what: str) -> Internal:
    message = f"{name} was not read completely: {what}. Nothing was analysed; report this file to the maintainers."
    return Internal("INTAKE_NOT_CONSERVED", message, {"file": name})
