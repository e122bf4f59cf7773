"""The account of the reading: per column what was blank, refused and changed, and each refused cell.

Everything is counted on the tables as written, so the account cannot say other than they do.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
from perito_rules.canonical import ColumnType
from perito_rules.sqltext import literal, quote

from perito_validation.amounts import SCALES
from perito_validation.database import only_row
from perito_validation.feeds import FedColumn, Feed
from perito_validation.tables import Written

PATTERN = r"regexp_replace(regexp_replace(left({0}, 200), '\p{{L}}+', 'a', 'g'), '\p{{N}}+', '9', 'g')"
"""SQL of a cell's shape: letters as a, digits as 9, runs as one."""

_FOLDED = "upper(trim(CASE WHEN regexp_full_match(raw, '[\\x00-\\x7F]*') THEN raw ELSE nfkc(raw) END))"
_NORMAL = f"coalesce(nullif(ltrim({_FOLDED}, '0'), ''), left({_FOLDED}, 1))"
"""SQL of the form in which keys meet that differ only in case, width, spaces around or leading zeros."""

_LEAST_ROWS = 100
"""Rows below which a column of one value is nothing to speak of."""


@dataclass(frozen=True)
class ColumnAccount:
    """cells = blanks + refused + read; `changed` are those read whose text stays beside them. `constant` is the one
    value that all rows of the table have, None where they differ or describe a person."""

    table: str
    file_id: int
    fed: FedColumn
    cells: int
    blanks: int
    rejected: int
    changed: int
    constant: str | None = None

    def row(self) -> dict[str, object]:
        """Its row of the system table `columns`."""
        hidden = {"constant", "values"} if self.fed.column.names_person else set[str]()
        rule = {name: "withheld" if name in hidden else value for name, value in self.fed.rule.items()}
        return {
            "table_name": self.table,
            "column_name": self.fed.column.name,
            "file_id": self.file_id,
            "source_column": self.fed.source_column,
            "column_type": self.fed.column.type.value,
            "rule_json": json.dumps(rule, sort_keys=True, ensure_ascii=False, default=str),
            "cells": self.cells,
            "blanks": self.blanks,
            "rejected": self.rejected,
            "changed": self.changed,
            "constant": self.constant,
        }


def count_columns(con: duckdb.DuckDBPyConnection, written: Written) -> list[ColumnAccount]:
    """One account per column and file, in the table's order."""
    names = written.columns
    counts: list[str] = []
    for name in names:
        value, source = quote(name), _source_sql(written, name)
        counts.append(f"count({value}), count({source}), count(CASE WHEN {value} IS NOT NULL THEN {source} END)")
    sql = f"SELECT _file_id, count(*), {', '.join(counts)} FROM {written.relation} GROUP BY _file_id"
    rows = {int(row[0]): [int(cell) for cell in row[1:]] for row in con.execute(sql).fetchall()}
    constants = _constants(con, written)
    accounts: list[ColumnAccount] = []
    for feed in written.feeds:
        total, *rest = rows.get(feed.source.file_id, [0] * (1 + 3 * len(names)))
        for i, name in enumerate(names):
            if name in feed.columns:
                values, sources, changed = rest[3 * i : 3 * i + 3]
                rejected = sources - changed
                blanks = total - values - rejected
                place = (written.table.name, feed.source.file_id, feed.columns[name])
                accounts.append(ColumnAccount(*place, total, blanks, rejected, changed, constants.get(name)))
    return accounts


def _constants(con: duckdb.DuckDBPyConnection, written: Written) -> dict[str, str]:
    """Columns of which all rows have one value. The file's own statistics name the candidates; only these are read."""
    if written.rows < _LEAST_ROWS:
        return {}
    found = con.execute(
        "SELECT path_in_schema FROM parquet_metadata(?) GROUP BY path_in_schema"
        " HAVING bool_and(stats_null_count = 0) AND min(stats_min_value) = max(stats_max_value)",
        [str(written.path)],
    ).fetchall()
    candidates = {str(row[0]) for row in found}
    names = [n for n in written.columns if n in candidates and not written.table.columns[n].personal]
    if not names:
        return {}
    cells = ", ".join(f"min({quote(n)})::VARCHAR, max({quote(n)})::VARCHAR" for n in names)
    row = only_row(con, f"SELECT {cells} FROM {written.relation}")
    same = {n: row[2 * i] for i, n in enumerate(names) if row[2 * i] == row[2 * i + 1]}
    return {n: _plain(text) if written.table.columns[n].type in SCALES else text for n, text in same.items()}


def _plain(text: str) -> str:
    """A decimal without the zeros of its scale."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def has_proven_key(written: Written, accounts: Sequence[ColumnAccount]) -> bool:
    """Whether no two rows of the table can have the same key, and none lacks it: the key's cells differ in every row,
    and each of them was read as it stands."""
    return written.distinct and all(
        any(account.fed.column.name == name for account in accounts)
        and all(_is_read_as_it_stands(account) for account in accounts if account.fed.column.name == name)
        for name in written.table.key
    )


def _is_read_as_it_stands(account: ColumnAccount) -> bool:
    column = account.fed.column
    whole = not (account.blanks or account.rejected or account.changed)
    return column.type is ColumnType.KEY and not column.names_person and whole


def rejected_cells_sql(written: Written, accounts: Sequence[ColumnAccount]) -> list[str]:
    """SELECTs of the rows of the system table `rejected_cells`, one per column and file with refused cells."""
    return [_rejected(written, account) for account in accounts if account.rejected]


def _rejected(written: Written, account: ColumnAccount) -> str:
    name = account.fed.column.name
    source_column = account.fed.source_column
    return (
        f"SELECT {literal(account.table)} AS table_name, {literal(name)} AS column_name, "
        f"{literal(source_column) if source_column else 'NULL::VARCHAR'} AS source_column, "
        f"_file_id AS file_id, _record AS record, _line AS line, text AS value, "
        f"{PATTERN.format('text')} AS pattern, {account.fed.reading.reason} AS reason FROM "
        f"(SELECT _file_id, _record, _line, {quote(name + '_source')} AS text FROM {written.relation} "
        f"WHERE _file_id = {account.file_id} AND {quote(name)} IS NULL AND {quote(name + '_source')} IS NOT NULL)"
    )


def entity_keys_sql(written: Written) -> list[str]:
    """SELECTs of the rows of `entity_keys`: distinct forms of each key that names a thing of master data."""
    return [_entity_keys(written, name, domain) for name, domain in _domains(written)]


def people_sql(written: Written) -> list[str]:
    """SELECTs of domain and text of whoever this table's files name, in clear: for sealing and nothing else."""
    return [
        f"SELECT DISTINCT {literal(fed.column.domain)} AS domain, {fed.reading.person} AS text "
        f"FROM (SELECT DISTINCT {fed.cell} FROM ({feed.placed()}))"
        for feed in written.feeds
        for fed in feed.columns.values()
        if fed.reading.person
    ]


def files_of_people(written: Iterable[Written]) -> set[int]:
    """Files with columns about people: no line of theirs is quoted."""
    feeds = [feed for table in written for feed in table.feeds]
    return {feed.source.file_id for feed in feeds if any(fed.column.personal for fed in feed.columns.values())}


def shape(text: str) -> str:
    """Letters as a, digits as 9, runs as one: what a line looks like without what it says."""
    return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", text))


def duplicates_sql(written: Written) -> str:
    """SELECT of the rows of `duplicates` for one table that has any."""
    lines = f"SELECT _file_id, _record, _line FROM {written.relation}"
    return (
        f"SELECT {literal(written.table.name)} AS table_name, d.file_id, d.record, r._line AS line, "
        "d.first_file AS first_file_id, d.first_record, f._line AS first_line "
        f"FROM {written.duplicates} AS d "
        f"JOIN ({lines}) AS r ON r._file_id = d.file_id AND r._record = d.record "
        f"JOIN ({lines}) AS f ON f._file_id = d.first_file AND f._record = d.first_record"
    )


def _domains(written: Written) -> list[tuple[str, str]]:
    """Columns that name things of master data, and the thing; a document is none (it has a time)."""
    table = written.table
    found = [(n, table.columns[n].references.partition(".")[2]) for n in written.columns if table.columns[n].references]
    if len(table.key) == 1 and table.key[0] in written.columns and "ts" not in table.columns:
        own = table.key[0]
        found += [(own, own)] if (own, own) not in found else []
    return found


def _entity_keys(written: Written, name: str, domain: str) -> str:
    column = written.table.columns[name]
    raw, normal, grouped = "raw", _NORMAL, [_forms_of_key(written, name)]
    if column.names_person:  # their texts stand in the files only
        raw, normal = (f"pseudonym({literal(domain)}, {sql})" for sql in (raw, normal))
        grouped = [_forms_of_person(feed, name) for feed in written.feeds if name in feed.columns]
    return (
        f"SELECT {literal(domain)} AS domain, {literal(written.table.name)} AS table_name, "
        f"{literal(name)} AS column_name, file_id, {str(column.personal).lower()} AS personal, {raw} AS raw, "
        f"{normal} AS normal, value, rows, first_record, first_line FROM ({' UNION ALL '.join(grouped)})"
    )


def _forms_of_key(written: Written, name: str) -> str:
    value, source = quote(name), quote(name + "_source")
    return (
        f"SELECT _file_id AS file_id, coalesce({source}, {value}) AS raw, min({value}) AS value, count(*) AS rows, "
        f"min(_record) AS first_record, min(_line) AS first_line FROM {written.relation} WHERE {value} IS NOT NULL "
        "GROUP BY ALL"
    )


def _forms_of_person(feed: Feed, name: str) -> str:
    """Distinct texts first, so that each person is made a pseudonym once and not for every row."""
    fed = feed.columns[name]
    cell, person = fed.cell, fed.reading.person or fed.cell  # a constant of the mapping stands for itself
    cells = (
        f"SELECT {cell}, count(*) AS rows, min(_at_record) AS first_record, min(_at_line) AS first_line "
        f"FROM ({feed.placed()}) GROUP BY {cell}"
    )
    value = f"pseudonym({literal(fed.column.domain)}, {person})"
    return (
        f"SELECT {feed.source.file_id} AS file_id, {cell} AS raw, {value} AS value, rows, first_record, first_line "
        f"FROM ({cells}) WHERE {person} IS NOT NULL"
    )


def _source_sql(written: Written, name: str) -> str:
    is_text = written.table.columns[name].type is ColumnType.TEXT
    return "NULL::VARCHAR" if is_text else quote(f"{name}_source")
