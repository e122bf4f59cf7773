"""Books written anew so that they say the same: rows in another order, files in parts, other names, another clock and
other signs in numbers. What a report says of them must be the same, but for file, record and line."""

import csv
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

MAPPING = "mapping.yaml"
HOME = ZoneInfo("Europe/Madrid")

_NUMBER = re.compile(r"-?\d+\.\d+")

Row = list[str]
Spec = dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A file: its name, what its mapping says, its header and its rows."""

    name: str
    spec: Spec
    header: Row
    rows: list[Row]

    @property
    def columns(self) -> dict[str, Any]:
        """What the mapping says of the columns of its one table."""
        (table,) = self.spec["tables"].values()
        columns: dict[str, Any] = table["columns"]
        return columns


def read_sheets(books: Path) -> tuple[Spec, list[Sheet]]:
    """The mapping without its files, and every file of it."""
    mapping: Spec = yaml.safe_load((books / MAPPING).read_text("utf-8"))
    sheets: list[Sheet] = []
    for name, spec in mapping.pop("files").items():
        with (books / name).open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file, strict=True))
        sheets.append(Sheet(name, spec, header, rows))
    return mapping, sheets


def write_sheets(books: Path, mapping: Spec, sheets: Sequence[Sheet]) -> None:
    """The same the other way."""
    books.mkdir(parents=True)
    for sheet in sheets:
        with (books / sheet.name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([sheet.header, *sheet.rows])
    said = mapping | {"files": {sheet.name: sheet.spec for sheet in sheets}}
    (books / MAPPING).write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), "utf-8")


def shuffled(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """The rows of every file in another order."""
    return [Sheet(s.name, s.spec, s.header, chance.sample(s.rows, len(s.rows))) for s in sheets]


def split(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """Every file in two or three parts, cut anywhere. (What is merged is what was split, read backwards.)"""
    found: list[Sheet] = []
    for sheet in sheets:
        cuts = sorted(chance.sample(range(1, len(sheet.rows)), min(chance.randint(1, 2), len(sheet.rows) - 1)))
        for place, (first, last) in enumerate(zip([0, *cuts], [*cuts, len(sheet.rows)], strict=True)):
            name = f"{sheet.name.removesuffix('.csv')}_part{place + 1}.csv"
            found.append(Sheet(name, sheet.spec, sheet.header, sheet.rows[first:last]))
    return found


def renamed(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """Files and columns under names that mean nothing, columns in another order."""
    found: list[Sheet] = []
    for number, sheet in enumerate(chance.sample(sheets, len(sheets))):
        label = {name: f"Field {n:02d}" for n, name in enumerate(sheet.header)}
        order = chance.sample(range(len(sheet.header)), len(sheet.header))
        columns = {column: _relabelled(said, label) for column, said in sheet.columns.items()}
        (table,) = sheet.spec["tables"]
        spec = {**sheet.spec, "tables": {table: {**sheet.spec["tables"][table], "columns": columns}}}
        rows = [[row[n] for n in order] for row in sheet.rows]
        found.append(Sheet(f"export_{number:02d}.csv", spec, [label[sheet.header[n]] for n in order], rows))
    return found


def elsewhere(sheets: Sequence[Sheet], chance: random.Random) -> list[Sheet]:
    """Moments in the clock of another zone, with its offset; dates day first; amounts with a decimal comma."""
    zone = ZoneInfo(chance.choice(["America/Bogota", "Asia/Kolkata", "Pacific/Auckland"]))
    found: list[Sheet] = []
    for sheet in sheets:
        columns, change = dict(sheet.columns), dict[int, Callable[[str], str]]()
        for column, said in sheet.columns.items():
            place = sheet.header.index(_spec(said)["column"])
            cell = _spec(said)
            wanted = str(cell.get("format", ""))
            if "%H" in wanted:
                columns[column] = {key: value for key, value in cell.items() if key != "format"}
                change[place] = lambda text: _moved(text, zone)
            elif wanted:
                columns[column] = cell | {"format": "%d/%m/%Y"}
                change[place] = lambda text: "/".join(reversed(text.split("-")))
            elif _is_amount([row[place] for row in sheet.rows]):
                columns[column] = cell | {"decimal": ","}
                change[place] = lambda text: text.replace(".", ",")
        (table,) = sheet.spec["tables"]
        spec = {**sheet.spec, "tables": {table: {**sheet.spec["tables"][table], "columns": columns}}}
        found.append(Sheet(sheet.name, spec, sheet.header, [_changed(row, change) for row in sheet.rows]))
    return found


def _changed(row: Row, change: dict[int, Callable[[str], str]]) -> Row:
    return [change[n](cell) if n in change and cell else cell for n, cell in enumerate(row)]


def _moved(cell: str, zone: ZoneInfo) -> str:
    return datetime.fromisoformat(cell).replace(tzinfo=HOME).astimezone(zone).isoformat()


def _is_amount(cells: Sequence[str]) -> bool:
    """True where a column has amounts with cents, and nothing else that has a point in it."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(
        cell.removeprefix("-").replace(".", "", 1).isdecimal() and "." in cell for cell in filled
    )


def _spec(said: Any) -> Spec:
    return dict(said) if isinstance(said, dict) else {"column": said}  # pyright: ignore[reportUnknownArgumentType]  # YAML


def _relabelled(said: Any, label: dict[str, str]) -> Spec:
    cell = _spec(said)
    return cell | {"column": label[cell["column"]]}


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


def before(sheets: Sequence[Sheet], end: str) -> list[Sheet]:
    """The books as they were at the end of the day `end` (ISO 8601): what came later is not there yet."""
    found: list[Sheet] = []
    for sheet in sheets:
        (table,) = sheet.spec["tables"]
        rows = sheet.rows
        if table in WHEN:
            when = sheet.header.index(WHEN[table])
            rows = [list(row) for row in rows if row[when][:10] <= end]
        if table == "transfers":
            places = [sheet.header.index(name) for name in _ARRIVES]
            state = sheet.header.index("status")
            for row in rows:
                if row[places[0]][:10] > end:
                    row[state] = "sent"
                    for place in places:
                        row[place] = ""
        found.append(Sheet(sheet.name, sheet.spec, sheet.header, rows))
    return found
