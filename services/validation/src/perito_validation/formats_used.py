"""Which date formats read the cells of each column, and which of them could be read otherwise: the system table
`date_formats`.

A format of the mapping is counted by the cells that it was the first to read. Cells that none of them read are tried
with the formats that people use, so that a finding can name the one to add.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import duckdb
from perito_rules.canonical import ColumnType
from perito_rules.sqltext import quote

from perito_validation.accounts import ColumnAccount
from perito_validation.database import only_row
from perito_validation.date_formats import bare, exchanged, numbered, parsed
from perito_validation.feeds import Feed
from perito_validation.options import MOMENTS
from perito_validation.tables import Written

ISO = "ISO 8601"

_DAYS = (
    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y"),
    *("%d/%m/%y", "%m/%d/%y", "%Y%m%d"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
CANDIDATES = tuple(day + time for day, time in product(_DAYS, _TIMES))
"""Formats that refused cells are tried with, in this order."""


def count_formats(
    con: duckdb.DuckDBPyConnection, written: Mapping[str, Written], accounts: Sequence[ColumnAccount]
) -> list[dict[str, Any]]:
    """Rows of `date_formats`; `accounts` are those of all columns."""
    found: list[dict[str, Any]] = []
    for account in accounts:
        fed = account.fed
        if fed.column.type in MOMENTS and fed.source_column is not None:
            table = written[account.table]
            feed = next(feed for feed in table.feeds if feed.source.file_id == account.file_id)
            given = fed.rule.get("format")
            stated = [str(form) for form in given] if isinstance(given, list) else [str(given)] if given else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # from JSON
            read = _one(con, table, account, stated) if len(stated) < 2 else _several(con, feed, account, stated)
            rows = [*read, *(_refused(con, table, account, stated) if account.rejected else [])]
            found += [{**_head(account), **row, "ordinal": place} for place, row in enumerate(rows, 1)]
    return found


def _head(account: ColumnAccount) -> dict[str, Any]:
    return {
        "table_name": account.table,
        "column_name": account.fed.column.name,
        "file_id": account.file_id,
        "source_column": account.fed.source_column,
    }


def _one(
    con: duckdb.DuckDBPyConnection, table: Written, account: ColumnAccount, stated: Sequence[str]
) -> list[dict[str, Any]]:
    """One format reads all cells; which of them could be exchanged is seen in their dates."""
    name = account.fed.column.name
    day = quote(f"{name}_date" if account.fed.column.type is ColumnType.TIMESTAMP else name)
    swaps = "true" if stated and exchanged(stated[0]) else "false"
    counts = (
        f"count({day}), count({day}) FILTER ({swaps} AND day({day}) <= 12 AND day({day}) <> month({day})),"
        f" count({day}) FILTER ({swaps} AND day({day}) > 12)"
    )
    return [_row(stated[0] if stated else ISO, bool(stated), *_counted(con, table, account, counts, day))]


def _counted(
    con: duckdb.DuckDBPyConnection, table: Written, account: ColumnAccount, counts: str, value: str
) -> tuple[Any, ...]:
    first = f"min(_record) FILTER ({value} IS NOT NULL), arg_min(_line, _record) FILTER ({value} IS NOT NULL)"
    rows = f"{table.relation} WHERE _file_id = {account.file_id}"
    return only_row(con, f"SELECT {counts}, {first} FROM {rows}")


def _several(
    con: duckdb.DuckDBPyConnection, feed: Feed, account: ColumnAccount, stated: Sequence[str]
) -> list[dict[str, Any]]:
    """Each cell is counted with the format that read it."""
    text = bare(account.fed.cell)
    arms = " ".join(f"WHEN {parsed(text, form)} IS NOT NULL THEN {n}" for n, form in enumerate(stated))
    other = quote(f"{account.fed.column.name}_alternative")
    rows = (
        f"SELECT CASE {arms} END AS format, {other} IS NOT NULL AS twice, _at_record, _at_line FROM ({feed.sql(None)})"
    )
    sql = (
        "SELECT format, count(*), count(*) FILTER (twice), count(*) FILTER (NOT twice), min(_at_record),"
        f" arg_min(_at_line, _at_record) FROM ({rows}) WHERE format IS NOT NULL GROUP BY format ORDER BY format"
    )
    return [_row(stated[int(row[0])], True, *row[1:]) for row in con.execute(sql).fetchall()]


def _refused(
    con: duckdb.DuckDBPyConnection, table: Written, account: ColumnAccount, stated: Sequence[str]
) -> list[dict[str, Any]]:
    """Which format would read the cells that no stated one does."""
    tried = [form for form in CANDIDATES if form not in stated]
    arms = " ".join(f"WHEN {parsed('text', form, 'numbered')} IS NOT NULL THEN {n}" for n, form in enumerate(tried))
    name = account.fed.column.name
    texts = (
        f"SELECT {quote(name + '_source')} AS text, count(*) AS cells, min(_record) AS record, "
        f"arg_min(_line, _record) AS line FROM {table.relation} "
        f"WHERE _file_id = {account.file_id} AND {quote(name)} IS NULL GROUP BY text"
    )
    bared = f"SELECT {bare('text')} AS text, cells, record, line FROM ({texts}) WHERE text IS NOT NULL"
    sql = (
        "SELECT format, sum(cells)::BIGINT, 0, 0, min(record), arg_min(line, record) FROM "
        f"(SELECT CASE {arms} END AS format, cells, record, line FROM"
        f" (SELECT *, {numbered('text')} AS numbered FROM ({bared}))) "
        "WHERE format IS NOT NULL GROUP BY format ORDER BY format"
    )
    return [_row(tried[int(row[0])], False, *row[1:]) for row in con.execute(sql).fetchall()]


def _row(form: str, stated: bool, cells: int, both_ways: int, one_way: int, record: int, line: int) -> dict[str, Any]:
    return {
        "format": form,
        "stated": stated,
        "cells": cells,
        "both_ways": both_ways,
        "one_way": one_way,
        "first_record": record,
        "first_line": line,
    }
