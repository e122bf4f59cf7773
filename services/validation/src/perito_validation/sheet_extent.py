"""Looks through the XML of a workbook before its library reads it: where each sheet begins and how far it reaches,
which formulas were saved without a value, and whether it expands or repeats beyond what honest ones do."""

import html
import re
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile

from perito_validation.archive import BROKEN, Allowance, check_directory
from perito_validation.limits import MAX_SHEET_CELLS, MAX_WORKBOOK

_BOOKS = ("xl/workbook.xml", "xl/workbook.bin")
_BLOCK = 1 << 20
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>[^<]|<(?:\w+:)?is\b")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_SHEET = re.compile(r"<(?:\w+:)?sheet\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,12})"')
_ENDLESS = 1 << 20
"""Rows of a sheet: writers of ODS repeat blank rows and cells up to its end, and nothing may be repeated further."""


@dataclass
class Extent:
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
    return bool(names & set(_BOOKS)) or {"content.xml", "mimetype"} <= names


def extents(file: InputFile) -> list[Extent]:
    """The extent of each sheet of an XLSX file, in the book's order; none for formats without such XML.

    Raises `Invalid` INTAKE_FORMAT, INTAKE_BOMB.
    """
    path = Path(file.path)
    if not zipfile.is_zipfile(path):
        Allowance(file.name, path.stat().st_size, MAX_WORKBOOK).spend(path.stat().st_size)
        return []
    allowance = Allowance(file.name, path.stat().st_size, MAX_WORKBOOK)
    found: list[Extent] = []
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            parts = _sheet_parts(archive) if _BOOKS[0] in names else []
            for part in (part for part in parts if part in names):
                with closing(_blocks(archive, part, allowance)) as blocks:
                    found.append(_extent(blocks, file.name))
            for name in sorted(names - set(parts)):
                with closing(_blocks(archive, name, allowance)) as blocks:
                    _check_repeated(blocks, file.name)  # and bytes are counted: the library reads parts whole
    except (*BROKEN, KeyError) as error:  # KeyError: a part that every workbook has
        message = f"{file.name} is a damaged workbook. Save it again."
        raise Invalid("INTAKE_FORMAT", message, {"file": file.name}) from error
    return found


def _check_repeated(blocks: Iterator[bytes], name: str) -> None:
    """Refuses OpenDocument sheets that write a cell once and mean it a million times over."""
    tail = b""
    for block in blocks:
        text = tail + block
        for match in _REPEATED.finditer(text):
            if int(match.group(1)) > _ENDLESS:
                message = f"{name}: a sheet repeats a row or cell {int(match.group(1)):,} times. Save it again."
                raise Invalid("INTAKE_BOMB", message, {"file": name})
        tail = text[-64:]


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


def _blocks(archive: zipfile.ZipFile, part: str, allowance: Allowance) -> Generator[bytes, None, None]:
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK):
            allowance.spend(len(block))
            yield block


def _extent(blocks: Iterator[bytes], name: str) -> Extent:
    extent, tail, is_first = Extent(), b"", True
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
