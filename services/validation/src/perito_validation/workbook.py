"""Reads workbooks (XLSX, XLSM, XLSB, XLS, ODS), each sheet a table, through fastexcel.

What its reader would leave out in silence is looked at first, in the sheets' XML: where a sheet begins, so that a row
has the number that people see; formulas that were saved without their value; and how large a rectangle it spans, which
is what would be allocated for a single cell at the far end. Cells with errors (#DIV/0!) keep their text.
"""

import html
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile

from perito_validation.archive import BROKEN, Allowance, check_directory
from perito_validation.limits import MAX_MEMBERS, MAX_RAW, MAX_SHEET_CELLS, MAX_WORKBOOK
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
_BOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_BLOCK = 1 << 20
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]|<(?:\w+:)?is\b")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
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


@dataclass
class _Extent:
    """The rectangle of a sheet's filled cells, from 1, and its formulas. `unsaved` is the first without a value."""

    first_row: int = 1
    last_row: int = 0
    columns: set[bytes] = field(default_factory=set[bytes])
    formulas: int = 0
    unsaved: str = ""

    @property
    def first_column(self) -> int:
        """Number of the first filled column."""
        return min(map(_column, self.columns), default=1)

    @property
    def cells(self) -> int:
        """Cells of the rectangle."""
        last = max(map(_column, self.columns), default=0)
        return max(self.last_row - self.first_row + 1, 0) * (last - self.first_column + 1)


def is_workbook(path: Path, name: str) -> bool:
    """Is this zip file a workbook? Raises `Invalid` where its list of members cannot be read."""
    check_directory(path, name)
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except BROKEN:
        return False
    return bool(names & set(_BOOKS[:2])) or {"content.xml", "mimetype"} <= names


def read_workbook(con: duckdb.DuckDBPyConnection, table: str, file: InputFile) -> list[tuple[str, Source]]:
    """The filled sheets of a workbook by name, in temporary tables whose names begin with `table`.

    Raises `Invalid`: INTAKE_FORMAT, INTAKE_BOMB, INTAKE_FORMULA, INTAKE_EMPTY, INTAKE_TOO_WIDE, INTAKE_HEADER.
    """
    extents = _extents(file)
    found: list[tuple[str, Source]] = []
    for number, (name, hidden, rows) in enumerate(_sheets(file)):
        extent = extents[number] if number < len(extents) else _Extent()
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
        book = fastexcel.read_excel(file.path)
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
    con: duckdb.DuckDBPyConnection, table: str, file: InputFile, rows: Sequence[list[str]], extent: _Extent
) -> Source | None:
    if not any(any(cell.strip() for cell in row) for row in rows):
        return None
    if extent.unsaved:
        message = (
            f"{file.name}, cell {extent.unsaved}: the formula was saved without its value. Open the workbook in a"
            " spreadsheet program, let it calculate, and save it."
        )
        raise Invalid("INTAKE_FORMULA", message, {"file": file.name, "cell": extent.unsaved})
    start = next(at for at, row in enumerate(rows) if any(cell.strip() for cell in row))
    filled = [at for at, row in enumerate(rows[: start + SAMPLE_LINES]) if any(cell.strip() for cell in row)]
    at = filled[header_row([rows[i] for i in filled])]
    labels = tuple(cell.replace("\0", "\N{REPLACEMENT CHARACTER}") for cell in rows[at])
    check_width(len(labels), file.name, extent.first_row + at)
    titles = [" ".join(filter(None, rows[i])) for i in filled if i < at]
    sink = TableSink(con, table, file.name)
    rejected: list[RejectedRecord] = []
    records = blank = 0
    last = max(i for i, row in enumerate(rows) if any(cell.strip() for cell in row))
    for i in range(at + 1, last + 1):
        row, line = rows[i], extent.first_row + i
        if not any(cell.strip() for cell in row):
            blank += 1
            continue
        records += 1
        reason = "nul" if any("\0" in cell for cell in row) else "total_line" if i == last and is_total(row) else ""
        if reason:
            raw = ", ".join(row).replace("\0", "\N{REPLACEMENT CHARACTER}")[:MAX_RAW]
            rejected.append(RejectedRecord(records, line, reason, raw))
        else:
            sink.add(records, line, row)
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


def _extents(file: InputFile) -> list[_Extent]:
    """The extent of each sheet of an XLSX file, in the book's order; none for formats without such XML."""
    path = Path(file.path)
    if not zipfile.is_zipfile(path):
        return []
    allowance = Allowance(file.name, path.stat().st_size, MAX_WORKBOOK)
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            parts = _sheet_parts(archive) if _BOOKS[0] in names else []
            found = [_extent(_blocks(archive, part, allowance), file.name) for part in parts if part in names]
            for name in names - set(parts):
                for _ in _blocks(archive, name, allowance):
                    pass  # only counted: the library reads them whole
    except (*BROKEN, KeyError) as error:  # KeyError: a part that every workbook has
        message = f"{file.name} is a damaged workbook. Save it again."
        raise Invalid("INTAKE_FORMAT", message, {"file": file.name}) from error
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> list[str]:
    """The parts that hold the sheets, in the order of the book."""
    book = archive.read(_BOOKS[0]).decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets: dict[str, str] = {}
    for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations):
        names = dict(_ATTRIBUTE.findall(tag))
        targets[names.get("Id", "")] = html.unescape(names.get("Target", ""))
    parts: list[str] = []
    for attributes in _SHEET.findall(book):
        identity = next((value for name, value in _ATTRIBUTE.findall(attributes) if name.endswith(":id")), "")
        target = targets.get(identity, "")
        parts.append(target.lstrip("/") if target.startswith("/") else f"xl/{target}")
    return parts


def _blocks(archive: zipfile.ZipFile, part: str, allowance: Allowance) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            allowance.spend(len(block))
            yield block


def _extent(blocks: Iterator[bytes], name: str) -> _Extent:
    extent, tail, is_first = _Extent(), b"", True
    for block in blocks:
        text = tail + block
        end = 0
        for match in _CELL.finditer(text):
            end = match.end()
            attributes, content = match.group(1), match.group(2) or b""
            place = _PLACE.search(attributes)
            has_value = bool(_VALUE.search(content))
            if _FORMULA.search(content):
                extent.formulas += 1
                if not has_value and b't="str"' not in attributes and not extent.unsaved:
                    extent.unsaved = b"".join(place.groups()).decode() if place else "?"
            if place is None or not has_value:
                continue
            row = int(place.group(2))
            extent.first_row = row if is_first else min(extent.first_row, row)
            extent.last_row, is_first = max(extent.last_row, row), False
            extent.columns.add(place.group(1))
        tail = text[end:] if len(text) - end < 2 * _BLOCK else text[-_BLOCK:]
    if extent.cells > MAX_SHEET_CELLS:
        message = (
            f"{name}: a sheet spans {extent.cells:,} cells from the first to the last filled one, more than"
            f" {MAX_SHEET_CELLS:,}. Delete what stands far from the table."
        )
        raise Invalid("INTAKE_BOMB", message, {"file": name, "cells": extent.cells})
    return extent


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - ord("A") + 1
    return number
