"""What was decided once for all later phases, with the evidence: currency, zone, duplicates, pseudonyms, and the end
of the books. How sales move the stock and how each file is written are decided in modules of their own.

Later phases read these and decide nothing of the kind again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
from perito_kernel.pseudonyms import key_id
from perito_rules.terms import spanish_number

from perito_validation.currencies import NONE
from perito_validation.database import count, only_row
from perito_validation.mapping import BooksMapping
from perito_validation.tables import Written

_HAPPENED = ("ts", "snapshot_date", "ordered_at", "invoiced_at", "out_ts", "in_ts")
"""Columns that say when something happened. Promised and due dates say nothing about the end of the books."""

_SLIP_DAYS = 366
"""A date further than this beyond all but a thousandth of its column is a slip of the pen, not the end of the books."""


@dataclass(frozen=True)
class Convention:
    """One decision. `basis` is evidence, mapping or default."""

    name: str
    value: str
    basis: str
    english: str
    spanish: str
    evidence: Mapping[str, object]

    def row(self) -> dict[str, object]:
        """Its row of the system table `conventions`."""
        return {
            "name": self.name,
            "value": self.value,
            "basis": self.basis,
            "explanation_en": self.english,
            "explanation_es": self.spanish,
            "evidence_json": json.dumps(self.evidence, sort_keys=True, ensure_ascii=False),
        }


def decide(
    con: duckdb.DuckDBPyConnection, mapping: BooksMapping, written: Mapping[str, Written], pseudonym_key: str
) -> list[Convention]:
    """The conventions of the books as a whole, sorted by name."""
    found = [
        _currency(mapping.currency),
        Convention(
            "timezone",
            mapping.timezone,
            "mapping" if "timezone" in mapping.model_fields_set else "default",
            f"Dates and times without offset stand in {mapping.timezone}.",
            f"Las fechas y horas sin desfase están en {mapping.timezone}.",
            {},
        ),
        _duplicates(con, written),
        *_pseudonyms(written, pseudonym_key),
    ]
    return sorted(found, key=lambda convention: convention.name)


def _currency(code: str) -> Convention:
    if code == NONE:
        english, spanish = "Nobody stated the currency of the amounts.", "Nadie indicó la moneda de los importes."
        return Convention("currency", code, "default", english, spanish, {})
    english, spanish = f"All amounts are in {code}.", f"Todos los importes están en {code}."
    return Convention("currency", code, "mapping", english, spanish, {})


def _duplicates(con: duckdb.DuckDBPyConnection, written: Mapping[str, Written]) -> Convention:
    found = {
        name: count(con, f"SELECT count(*) FROM {table.duplicates}")
        for name, table in sorted(written.items())
        if table.duplicates
    }
    total = sum(found.values())
    english = "1 row repeats an earlier row in every cell; it stays in the tables, marked, and is not summed."
    if total != 1:
        english = (
            f"{total:,} rows repeat an earlier row in every cell; they stay in the tables, marked, and are not summed."
        )
    repeat = "fila repite otra en todas sus celdas; sigue en las tablas, marcada, y no se suma."
    if total != 1:
        repeat = "filas repiten otra en todas sus celdas; siguen en las tablas, marcadas, y no se suman."
    spanish = f"{spanish_number(f'{total:,}')} {repeat}"
    basis = "evidence" if total else "default"
    return Convention("duplicates_excluded", "true", basis, english, spanish, {"rows": total, "tables": found})


def _pseudonyms(written: Mapping[str, Written], key: str) -> list[Convention]:
    feeds = (feed for table in written.values() for feed in table.feeds)
    columns = {
        f"{feed.table.name}.{name}" for feed in feeds for name, fed in feed.columns.items() if fed.reading.person
    }
    if not columns:
        return []
    mark = key_id(key)
    english = f"Codes of people are shown as pseudonyms, made with key {mark}; whoever holds it can tell who they are."
    spanish = (
        f"Los códigos de personas se muestran como seudónimos, hechos con la clave {mark}; quien la tiene puede saber"
        " quiénes son."
    )
    return [Convention("pseudonyms", mark, "default", english, spanish, {"columns": sorted(columns)})]


def newest_moment(con: duckdb.DuckDBPyConnection, written: Mapping[str, Written]) -> str:
    """The end of the books as ISO 8601 UTC, "" where nothing is dated. Slips of the pen are left out, per column."""
    found = [
        _newest(con, f"(SELECT {name}::TIMESTAMP AS v FROM {table.relation} WHERE {name} IS NOT NULL)")
        for _, table in sorted(written.items())
        for name in table.columns
        if name in _HAPPENED
    ]
    newest = [moment for moment in found if moment is not None]
    return f"{max(newest).isoformat()}Z" if newest else ""


def _newest(con: duckdb.DuckDBPyConnection, moments: str) -> datetime | None:
    """The newest of `moments` (v) that is no slip. Where more than a thousandth of them are near the very newest it is
    none, and they need not be put in order."""
    slip = f"INTERVAL {_SLIP_DAYS} DAY"
    near = f"SELECT newest, count(*), count(*) FILTER (v >= newest - {slip})"
    row = only_row(con, f"{near} FROM {moments}, (SELECT max(v) AS newest FROM {moments}) GROUP BY newest")
    if not row or row[2] * 1000 >= row[1] + 2000:
        return row[0] if row else None
    most = f"SELECT quantile_disc(v, 0.999) AS q FROM {moments}"
    return only_row(con, f"SELECT max(v) FROM {moments}, ({most}) WHERE v <= q + {slip}")[0]
