"""The log of what intake did to cells: per file, column and kind how many, with the first one before and after.

A number that was rounded, a key that was upper-cased and a carton that became pieces are all in the tables as if they
had been written so; whoever reads a finding must be able to see that they were not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
from perito_rules.sqltext import quote

from perito_validation.accounts import ColumnAccount
from perito_validation.database import only_row
from perito_validation.feeds import Feed
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
    record: int | None = None
    line: int | None = None

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
            "first_record": self.record,
            "first_line": self.line,
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
    "currency_mark": (
        "Marks of the currency of the books were taken off amounts.",
        "Se quitaron de los importes las marcas de la moneda de los libros.",
    ),
    "negative_form": (
        "Brackets or a minus sign behind the number were read as negative.",
        "Los paréntesis o el signo menos detrás del número se leyeron como negativo.",
    ),
    "percent": ("Percentages were read as shares of one.", "Los porcentajes se leyeron como partes de uno."),
    "exponent": (
        "Numbers written with an exponent, as programs print them, were read in full.",
        "Los números escritos con exponente, como los imprimen los programas, se leyeron completos.",
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
    "pseudonym": (
        "Codes of people were replaced by pseudonyms; the holder of the key can tell who they are.",
        "Los códigos de personas se sustituyeron por seudónimos; quien tiene la clave puede saber quiénes son.",
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
        "Rows without a value here, or with one that the mapping excludes, are no rows of this table.",
        "Las filas sin valor aquí, o con uno que el mapeo excluye, no son filas de esta tabla.",
    ),
    "join_unmatched": (
        "Rows for which the joined file has none: the columns that it should bring are empty.",
        "Filas para las que el archivo unido no tiene ninguna: las columnas que debía traer están vacías.",
    ),
    "join_repeated": (
        "Rows of the joined file whose key an earlier row has: the earlier one was taken.",
        "Filas del archivo unido cuya clave ya tiene una fila anterior: se tomó la anterior.",
    ),
}


def log_transformations(
    con: duckdb.DuckDBPyConnection, written: Written, accounts: Sequence[ColumnAccount]
) -> list[Transformation]:
    """All changes in one table, in the order of files, columns and kinds. Only columns with changes are looked at."""
    found: list[Transformation] = []
    for feed in written.feeds:
        file_id = feed.source.file_id
        if feed.where:
            skipped = feed.source.rows - written.kept[file_id]
            columns = dict.fromkeys([feed.part.skip_when_blank or "", *feed.part.skip_words])
            named = ", ".join(column for column in columns if column)
            found += [_entry(feed, named, "row_skipped", skipped, "", "")] if skipped else []
        found += _of_joins(feed)
        for account in accounts:
            if account.file_id == file_id:
                found += _of_column(con, written, feed, account)
    return found


def _of_joins(feed: Feed) -> list[Transformation]:
    found: list[Transformation] = []
    for joined in feed.joined.values():
        columns = ", ".join(joined.join.match)
        if joined.unmatched:
            found.append(_entry(feed, columns, "join_unmatched", joined.unmatched, joined.lonely, ""))
        if joined.repeated:
            found.append(_entry(feed, columns, "join_repeated", joined.repeated, joined.repeating, ""))
    return found


def _of_column(
    con: duckdb.DuckDBPyConnection, written: Written, feed: Feed, account: ColumnAccount
) -> list[Transformation]:
    fed, name = account.fed, account.fed.column.name
    if fed.source_column is None:
        value = "" if fed.column.names_person else str(fed.rule["constant"])
        return [_entry(feed, name, "constant", account.cells, "", value)] if account.cells else []
    found: list[Transformation] = []
    if fed.reading.person:
        found += _pseudonyms(con, written, feed, account)
    rows = f"SELECT *, {quote(name)} AS value FROM {written.relation} WHERE _file_id = {account.file_id}"
    if account.changed:
        changed = (
            f"SELECT {quote(f'{name}_source')} AS text, value, _record, _line FROM ({rows}) WHERE value IS NOT NULL"
        )
        changed = f"SELECT * FROM ({changed}) WHERE text IS NOT NULL"
        found += _counted(con, feed, name, fed.reading.kinds, changed)
    if account.changed and fed.reading.row_kinds:
        place = "_at_record AS _record, _at_line AS _line"
        value = f"SELECT *, {fed.cell} AS text, {quote(name)} AS value, {place} FROM ({feed.sql(None)})"
        whole = f"SELECT * FROM ({value}) WHERE value IS NOT NULL AND {quote(f'{name}_source')} IS NOT NULL"
        found += _counted(con, feed, name, fed.reading.row_kinds, whole)
    if fed.reading.marks:
        marked = f"SELECT value::VARCHAR AS text, value, {quote(f'{name}_alternative')} AS alternative, _record, _line"
        found += _counted(con, feed, name, fed.reading.marks, f"{marked} FROM ({rows})")
    return found


def _pseudonyms(
    con: duckdb.DuckDBPyConnection, written: Written, feed: Feed, account: ColumnAccount
) -> list[Transformation]:
    name, cells = account.fed.column.name, account.cells - account.blanks - account.rejected
    if not cells:
        return []
    example = f"SELECT min({quote(name)}) FROM {written.relation} WHERE _file_id = {account.file_id}"
    return [_entry(feed, name, "pseudonym", cells, "", str(only_row(con, example)[0]))]


def _counted(
    con: duckdb.DuckDBPyConnection, feed: Feed, column: str, kinds: Mapping[str, str], rows: str
) -> list[Transformation]:
    if not kinds:
        return []
    pair = "{'before': text, 'after': value::VARCHAR, 'record': _record, 'line': _line}"
    counts = ", ".join(f"count(*) FILTER ({test}), arg_min({pair}, _record) FILTER ({test})" for test in kinds.values())
    answer = only_row(con, f"SELECT {counts} FROM ({rows})")
    found: list[Transformation] = []
    for i, kind in enumerate(kinds):
        if answer[2 * i]:
            first, cells = answer[2 * i + 1], int(answer[2 * i])
            example = (str(first["before"]), str(first["after"]), int(first["record"]), int(first["line"]))
            found.append(_entry(feed, column, kind, cells, *example))
    return found


def _entry(
    feed: Feed,
    column: str,
    kind: str,
    cells: int,
    before: str,
    after: str,
    record: int | None = None,
    line: int | None = None,
) -> Transformation:
    return Transformation(feed.source.file_id, feed.table.name, column, kind, cells, before, after, record, line)
