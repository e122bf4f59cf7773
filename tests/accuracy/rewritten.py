"""Books written anew so that they say the same: rows in another order, files in parts, other names, another clock and
other signs in numbers. What a report says of them must be the same, but for file, record and line."""

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

MAPPING = "mapping.yaml"
HOME = ZoneInfo("Europe/Madrid")

Row = list[str]
Spec = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A file: its name, what its mapping says, its header and its rows."""

    name: str
    spec: Spec
    header: Row
    rows: list[Row]
    delimiter: str = ","

    @property
    def columns(self) -> dict[str, Any]:
        """What the mapping says of the columns of its one table."""
        (table,) = self.spec["tables"].values()
        columns: dict[str, Any] = table["columns"]
        return columns

    def place(self, column: str) -> int:
        """Where a canonical column stands in the file."""
        return self.header.index(_spec(self.columns[column])["column"])

    def written(self, columns: Spec, header: Row, rows: list[Row], name: str = "") -> "Sheet":
        """This file with other columns."""
        (table,) = self.spec["tables"]
        spec = {**self.spec, "tables": {table: {**self.spec["tables"][table], "columns": columns}}}
        return replace(self, name=name or self.name, spec=spec, header=header, rows=rows)


def read_sheets(books: Path) -> tuple[Spec, list[Sheet]]:
    """The mapping without its files, and every file of it."""
    mapping: Spec = yaml.safe_load((books / MAPPING).read_text("utf-8"))
    sheets: list[Sheet] = []
    for name, spec in mapping.pop("files").items():
        with (books / name).open(encoding="utf-8", newline="") as file:
            first = file.readline()
            delimiter = max(",;|\t", key=first.count)
            file.seek(0)
            header, *rows = list(csv.reader(file, strict=True, delimiter=delimiter))
        sheets.append(Sheet(name, spec, header, rows, delimiter))
    return mapping, sheets


def write_sheets(books: Path, mapping: Spec, sheets: Sequence[Sheet]) -> None:
    """The same the other way."""
    books.mkdir(parents=True)
    for sheet in sheets:
        with (books / sheet.name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n", delimiter=sheet.delimiter)
            writer.writerows([sheet.header, *sheet.rows])
    said = mapping | {"files": {sheet.name: sheet.spec for sheet in sheets}}
    (books / MAPPING).write_text(yaml.dump(said, Dumper=_Plain, sort_keys=False, allow_unicode=True), "utf-8")


class _Plain(yaml.SafeDumper):
    """Writes out what stands twice: a mapping may have no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (its name is PyYAML's)
        return True


def shuffled(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """The rows of every file in another order."""
    return [replace(sheet, rows=chance.sample(sheet.rows, len(sheet.rows))) for sheet in sheets]


def split(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """Every file in two or three parts, cut anywhere. (What is merged is what was split, read backwards.)"""
    found: list[Sheet] = []
    for sheet in sheets:
        cuts = sorted(chance.sample(range(1, len(sheet.rows)), min(chance.randint(1, 2), len(sheet.rows) - 1)))
        for place, (first, last) in enumerate(zip([0, *cuts], [*cuts, len(sheet.rows)], strict=True)):
            name = f"{sheet.name.removesuffix('.csv')}_part{place + 1}.csv"
            found.append(replace(sheet, name=name, rows=sheet.rows[first:last]))
    return found


def renamed(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """Files and columns under names that mean nothing, columns in another order."""
    found: list[Sheet] = []
    for number, sheet in enumerate(chance.sample(sheets, len(sheets))):
        label = {name: f"Field {n:02d}" for n, name in enumerate(sheet.header)}
        order = chance.sample(range(len(sheet.header)), len(sheet.header))
        columns = {column: _relabelled(said, label) for column, said in sheet.columns.items()}
        rows = [[row[n] for n in order] for row in sheet.rows]
        found.append(sheet.written(columns, [label[sheet.header[n]] for n in order], rows, f"export_{number:02d}.csv"))
    return found


def elsewhere(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """Moments in the clock of another zone, with its offset; dates the other way round; amounts with the other decimal
    sign."""
    zone = ZoneInfo(chance.choice(["America/Bogota", "Asia/Kolkata", "Pacific/Auckland"]))
    found: list[Sheet] = []
    for sheet in sheets:
        columns, change = dict(sheet.columns), dict[int, Callable[[str], str]]()
        for column, said in sheet.columns.items():
            place, cell = sheet.place(column), _spec(said)
            pattern = str(cell.get("format", ""))
            if "%H" in pattern:
                columns[column] = {key: value for key, value in cell.items() if key != "format"}
                change[place] = partial(_moved, pattern=pattern, zone=zone)
            elif pattern:
                other = "%d/%m/%Y" if pattern.startswith("%Y") else "%Y-%m-%d"
                columns[column] = cell | {"format": other}
                change[place] = partial(_dated, pattern=pattern, other=other)
            elif _is_amount([row[place] for row in sheet.rows], cell):
                comma = cell.get("decimal") != ","
                columns[column] = cell | {"decimal": "," if comma else "."}
                change[place] = _other_sign
        found.append(sheet.written(columns, sheet.header, [_changed(row, change) for row in sheet.rows]))
    return found


def _changed(row: Row, change: dict[int, Callable[[str], str]]) -> Row:
    return [change[n](cell) if n in change and cell else cell for n, cell in enumerate(row)]


def _moved(cell: str, pattern: str, zone: ZoneInfo) -> str:
    moment = _read(cell, pattern)
    return moment.replace(tzinfo=HOME).astimezone(zone).isoformat() if moment else cell


def _dated(cell: str, pattern: str, other: str) -> str:
    moment = _read(cell, pattern)
    return moment.strftime(other) if moment else cell


def _read(cell: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(cell, pattern)  # noqa: DTZ007  (the clock of the books)
    except ValueError:
        return None


def _other_sign(cell: str) -> str:
    return cell.translate(str.maketrans(".,", ",."))


def _is_amount(cells: Sequence[str], cell: Spec) -> bool:
    """True where a column has amounts with cents, and nothing else that has a point or a comma in it."""
    sign = cell.get("decimal", ".")
    filled = [text.removeprefix("-") for text in cells if text]
    return (
        "thousands" not in cell
        and bool(filled)
        and all(sign in text and text.replace(sign, "", 1).isdecimal() for text in filled)
    )


def _spec(said: Any) -> Spec:
    return dict(said) if isinstance(said, dict) else {"column": said}  # pyright: ignore[reportUnknownArgumentType]  # YAML


def _relabelled(said: Any, label: dict[str, str]) -> Spec:
    cell = _spec(said)
    unit = {"unit": {**cell["unit"], "column": label[cell["unit"]["column"]]}} if "unit" in cell else {}
    return cell | {"column": label[cell["column"]]} | unit


WHEN = {
    "movements": "ts",
    "sales": "ts",
    "sale_documents": "ts",
    "shifts": "opened_at",
    "purchases": "ordered_at",
    "receipts": "ts",
    "invoices": "invoiced_at",
    "invoice_documents": "invoiced_at",
    "transfers": "out_ts",
    "counts": "ts",
    "count_sessions": "started_at",
    "count_schedule": "scheduled_at",
    "inventory": "snapshot_date",
}
"""The column that says when a row of a table came to be."""
_ARRIVES = ("in_ts", "qty_in", "receiver")


def before(sheets: Sequence[Sheet], end: date, last: date) -> list[Sheet]:
    """The books, whose last day is `last`, as they were when the day `end` was over: what came later is not there yet.
    Dates after the last day are slips, and their rows came when their neighbours did."""
    found: list[Sheet] = []
    for sheet in sheets:
        (table,) = sheet.spec["tables"]
        rows = sheet.rows
        if table in WHEN:
            rows = [list(row) for row in rows if not _between(sheet, row, WHEN[table], end, last)]
        if table == "transfers":
            places = [sheet.place(name) for name in _ARRIVES]
            for row in rows:
                if _between(sheet, row, _ARRIVES[0], end, last):
                    row[sheet.place("status")] = _word(sheet, "status", "sent")
                    for place in places:
                        row[place] = ""
        found.append(replace(sheet, rows=rows))
    return found


def _between(sheet: Sheet, row: Row, column: str, end: date, last: date) -> bool:
    moment = _read(row[sheet.place(column)], str(_spec(sheet.columns[column]).get("format", "")))
    return moment is not None and end < moment.date() <= last


def _word(sheet: Sheet, column: str, wanted: str) -> str:
    """How the file writes a word of a closed list."""
    words = _spec(sheet.columns[column]).get("values", {})
    return next((word for word, meant in words.items() if meant == wanted), wanted)
