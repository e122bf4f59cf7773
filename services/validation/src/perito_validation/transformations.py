"""The log of what intake did to cells: per file, column and kind how many, with the first one before and after.

A number that was rounded, a key that was upper-cased and a carton that became pieces are all in the tables as if they
had been written so; whoever reads a finding must be able to see that they were not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
from perito_rules.sqltext import literal, quote

from perito_validation.database import only_row
from perito_validation.feeds import FedColumn, Feed
from perito_validation.tables import Written


@dataclass(frozen=True)
class Transformation:
    """One kind of change in one column of one file."""

    file_id: int
    table: str
    column: str
    kind: str
    cells: int
    before: str
    after: str

    def row(self, ordinal: int) -> dict[str, object]:
        """Its row of the system table `transformations`."""
        english, spanish = TEXTS[self.kind]
        return {
            "ordinal": ordinal,
            "file_id": self.file_id,
            "table_name": self.table,
            "column_name": self.column,
            "kind": self.kind,
            "cells": self.cells,
            "example_before": self.before[:200],
            "example_after": self.after[:200],
            "explanation_en": english,
            "explanation_es": spanish,
        }


TEXTS: Mapping[str, tuple[str, str]] = {
    "key_normalised": (
        "Keys were brought to one form by the steps of the mapping.",
        "Las claves se llevaron a una sola forma con los pasos del mapeo.",
    ),
    "enum": (
        "Words of the file were translated to the canonical words.",
        "Las palabras del archivo se tradujeron a las palabras canónicas.",
    ),
    "thousands_separator": (
        "Thousands separators were taken out of numbers.",
        "Se quitaron los separadores de miles de los números.",
    ),
    "rounded_to_places": (
        "Numbers with more decimals than the column keeps were rounded, half away from zero.",
        "Los números con más decimales que la columna se redondearon, la mitad lejos de cero.",
    ),
    "trimmed": ("Spaces around numbers were taken off.", "Se quitaron los espacios alrededor de los números."),
    "sign": ("Signs were turned, as the mapping says.", "Se invirtieron los signos, como indica el mapeo."),
    "unit_conversion": (
        "Values stated in another unit were converted to base units.",
        "Los valores expresados en otra unidad se convirtieron a unidades base.",
    ),
    "rounded_to_unit": (
        "Converted quantities within half a printed decimal of a whole number were rounded to it.",
        "Las cantidades convertidas a menos de medio decimal impreso de un entero se redondearon a él.",
    ),
    "constant": (
        "The value stands in the mapping, not in the file.",
        "El valor figura en el mapeo, no en el archivo.",
    ),
    "time_dropped": (
        "A time of day was dropped from a date.",
        "Se descartó la hora de una fecha.",
    ),
    "clock_turned_back": (
        "The local time happened twice that night; the later one was taken.",
        "La hora local ocurrió dos veces esa noche; se tomó la segunda.",
    ),
    "clock_turned_forward": (
        "The local time did not exist that night; it was moved by the hour that was skipped.",
        "La hora local no existió esa noche; se movió la hora que se saltó.",
    ),
    "row_skipped": (
        "Rows without a value here are no rows of this table, as the mapping says.",
        "Las filas sin valor aquí no son filas de esta tabla, como indica el mapeo.",
    ),
}


def log_transformations(con: duckdb.DuckDBPyConnection, written: Sequence[Written]) -> list[Transformation]:
    """All changes, in the order of tables, files, columns and kinds."""
    found: list[Transformation] = []
    for table in written:
        for feed in table.feeds:
            if feed.where and feed.part.skip_when_blank:
                skipped = feed.source.rows - table.kept[feed.source.file_id]
                column = feed.part.skip_when_blank
                found += [_entry(feed, column, "row_skipped", skipped, "", "")] if skipped else []
            found += _of_feed(con, feed)
    return found


def _of_feed(con: duckdb.DuckDBPyConnection, feed: Feed) -> list[Transformation]:
    tests = [(fed, kind, test) for fed in feed.columns.values() for kind, test in fed.reading.kinds.items()]
    if not tests:
        return []
    counts = ", ".join(f"count(*) FILTER ({test}), {_example(fed, test)}" for fed, _, test in tests)
    row = only_row(con, f"SELECT {counts} FROM ({feed.sql(None)})")
    found: list[Transformation] = []
    for i, (fed, kind, _) in enumerate(tests):
        cells, example = int(row[2 * i]), row[2 * i + 1]
        if cells:
            found.append(_entry(feed, fed.column.name, kind, cells, example["before"] or "", example["after"] or ""))
    return found


def _example(fed: FedColumn, test: str) -> str:
    before = literal("") if fed.source_column is None else fed.cell
    pair = f"{{'before': {before}, 'after': {quote(fed.column.name)}::VARCHAR}}"
    return f"arg_min({pair}, _at_record) FILTER ({test})"


def _entry(feed: Feed, column: str, kind: str, cells: int, before: str, after: str) -> Transformation:
    return Transformation(feed.source.file_id, feed.table.name, column, kind, cells, before, after)
