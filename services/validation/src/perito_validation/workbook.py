"""Reads workbooks (XLSX, XLSM, XLSB, XLS, ODS), each sheet a table, through fastexcel.

What its reader would leave out in silence is looked at first, in the sheets' XML: where a sheet begins, so that a row
has the number that people see; formulas that were saved without their value; and how large a rectangle it spans, which
is what would be allocated for a single cell at the far end. Cells with errors (#DIV/0!) keep their text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile

from perito_validation.limits import MAX_MEMBERS, MAX_RAW
from perito_validation.sheet_extent import Extent, extents
from perito_validation.sniff import SAMPLE_LINES, header_row, is_total
from perito_validation.source import (
    Note,
    RejectedRecord,
    Source,
    TableSink,
    check_width,
    header_notes,
    named_columns,
)

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MIDNIGHT = r"^\d{4}-\d\d-\d\d 00:00:00$"
_MOMENT = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$"
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def read_workbook(con: duckdb.DuckDBPyConnection, table: str, file: InputFile) -> list[tuple[str, Source]]:
    """The filled sheets of a workbook by name, in temporary tables whose names begin with `table`.

    Raises `Invalid`: INTAKE_FORMAT, INTAKE_BOMB, INTAKE_FORMULA, INTAKE_EMPTY, INTAKE_TOO_WIDE, INTAKE_HEADER.
    """
    found_extents = extents(file)
    found: list[tuple[str, Source]] = []
    for number, (name, hidden, rows) in enumerate(_sheets(file)):
        extent = found_extents[number] if number < len(found_extents) else Extent()
        source = _read_sheet(con, f"{table}_{number}", replace(file, name=f"{file.name}/{name}"), rows, extent)
        if source is not None:
            notes = (*source.notes, Note("hidden_sheet", 1, name)) if hidden else source.notes
            found.append((name, replace(source, notes=notes)))
    if not found:
        message = f"{file.name} holds no filled sheet. Export it again, or take it out of the mapping."
        raise Invalid("INTAKE_EMPTY", message, {"file": file.name})
    return found


def _sheets(file: InputFile) -> Iterator[tuple[str, bool, Sequence[list[str]]]]:
    """Name, whether hidden, and the rows of text of each sheet."""
    import fastexcel  # noqa: PLC0415  # a library of 10 MB that few analyses need

    try:
        book = fastexcel.read_excel(Path(file.path).read_bytes())  # by a path it would believe the name
        names = book.sheet_names
        if len(names) > MAX_MEMBERS:
            message = f"{file.name} has more than {MAX_MEMBERS:,} sheets. Export those that hold tables."
            raise Invalid("INTAKE_BOMB", message, {"file": file.name})
        for name in names:
            sheet = book.load_sheet(name, header_row=None, dtypes="string")
            yield name, sheet.visible != "visible", _rows(sheet)
    except Invalid:
        raise
    except BaseException as error:  # a panic of the library is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        message = f"{file.name} cannot be read as a workbook: it is damaged, or protected by a password. Save it again."
        raise Invalid("INTAKE_FORMAT", message, {"file": file.name}) from error


def _rows(sheet: Any) -> list[list[str]]:  # fastexcel's types leave Arrow's open
    if not sheet.width or not sheet.height:
        return []
    batch, errors = sheet.to_arrow_with_errors()
    columns = [_days(column.to_pylist()) for column in batch.columns]
    rows = [["" if cell is None else cell for cell in row] for row in zip(*columns, strict=True)]
    for error in errors.errors if errors is not None else ():
        row, column = error.offset_position
        kind = re.search(r"Error\((\w+)\)", error.detail)
        rows[row][column] = _ERRORS.get(kind.group(1), "#ERROR!") if kind else "#ERROR!"
    return rows


def _days(cells: list[str | None]) -> list[str | None]:
    """Dates without the midnight that a sheet stores with them, where a column has no other times."""
    moments = [cell for cell in cells if cell and re.match(_MOMENT, cell)]
    if not moments or not all(re.match(_MIDNIGHT, moment) for moment in moments):
        return cells
    return [cell[:10] if cell and re.match(_MIDNIGHT, cell) else cell for cell in cells]


def _read_sheet(
    con: duckdb.DuckDBPyConnection, table: str, file: InputFile, rows: Sequence[list[str]], extent: Extent
) -> Source | None:
    if not any(map(_is_filled, rows)):
        return None
    if extent.unsaved:
        message = (
            f"{file.name}, cell {extent.unsaved}: the formula was saved without its value. Open the workbook in a"
            " spreadsheet program, let it calculate, and save it."
        )
        raise Invalid("INTAKE_FORMULA", message, {"file": file.name, "cell": extent.unsaved})
    at, titles = _header(rows)
    labels = tuple(cell.replace("\0", "\N{REPLACEMENT CHARACTER}") for cell in rows[at])
    check_width(len(labels), file.name, extent.first_row + at)
    sink = TableSink(con, table, file.name)
    rejected, blank = _fill(sink, rows, at, extent.first_row)
    sink.finish(len(labels))
    header = named_columns(labels)
    notes = [Note("preamble", len(titles), titles[0])] if titles else []
    notes += [Note("formula", extent.formulas)] if extent.formulas else []
    return Source(
        file_id=0,
        name=file.name,
        sha256=file.sha256,
        bytes=file.bytes,
        media_type=MEDIA_TYPE,
        table=table,
        header=header,
        rows=sink.rows,
        record="_record",
        line="_line",
        reader="workbook",
        blank_lines=blank,
        rejected=tuple(rejected),
        labels=labels,
        notes=(*notes, *header_notes(labels, header, extent.first_row + at)),
    )


def _header(rows: Sequence[list[str]]) -> tuple[int, list[str]]:
    """Which row names the columns, and the text of the titles above it."""
    start = next(at for at, row in enumerate(rows) if _is_filled(row))
    filled = [at for at, row in enumerate(rows[: start + SAMPLE_LINES]) if _is_filled(row)]
    at = filled[header_row([rows[i] for i in filled])]
    return at, [" ".join(filter(None, rows[i])) for i in filled if i < at]


def _fill(sink: TableSink, rows: Sequence[list[str]], header: int, first: int) -> tuple[list[RejectedRecord], int]:
    """Adds the rows below the header, numbered from `first`; answers those set aside and the number of blank ones."""
    rejected: list[RejectedRecord] = []
    records = blank = 0
    last = max(i for i, row in enumerate(rows) if _is_filled(row))
    for i in range(header + 1, last + 1):
        row = rows[i]
        if not _is_filled(row):
            blank += 1
            continue
        records += 1
        reason = "nul" if any("\0" in cell for cell in row) else "total_line" if i == last and is_total(row) else ""
        if reason:
            raw = ", ".join(row).replace("\0", "\N{REPLACEMENT CHARACTER}")[:MAX_RAW]
            rejected.append(RejectedRecord(records, first + i, reason, raw))
        else:
            sink.add(records, first + i, row)
    return rejected, blank


def _is_filled(row: Sequence[str]) -> bool:
    return any(cell.strip() for cell in row)
