"""Words by which rows are grouped and that stand in several forms (`Beverages`, `BEVERAGES`): the system table
`text_forms`. Keys of master data have their own, `entity_keys`."""

import duckdb
from perito_rules.canonical import ColumnType
from perito_rules.sqltext import literal, quote

from perito_validation.database import count
from perito_validation.tables import Written

MAX_GROUPS = 2000
"""A column with more distinct values groups nothing."""

_FOLDED = "lower(strip_accents(trim(regexp_replace(raw, '\\s+', ' ', 'g'))))"
"""SQL of the form in which words meet that differ in case, accents and spaces only."""

_FIRST_ROWS = 50_000
"""Where already these have more distinct values than `MAX_GROUPS`, the rest need not be read."""


def text_forms_sql(con: duckdb.DuckDBPyConnection, written: Written) -> list[str]:
    """SELECTs of the rows of `text_forms`: every form of each word that has more than one."""
    names = [name for name in written.columns if _groups(written, name)]
    return [_forms(written, name) for name in names if not _has_many(con, written, name)]


def _groups(written: Written, name: str) -> bool:
    column = written.table.columns[name]
    wordy = column.type in {ColumnType.KEY, ColumnType.TEXT} and name != "name"
    return wordy and not (column.personal or column.references or name in written.table.key)


def _has_many(con: duckdb.DuckDBPyConnection, written: Written, name: str) -> bool:
    first = f"SELECT {quote(name)} AS raw FROM {written.relation} LIMIT {_FIRST_ROWS}"
    words = f"SELECT DISTINCT raw FROM ({first})"
    return count(con, f"SELECT count(DISTINCT {_FOLDED}) FROM ({words})") > MAX_GROUPS


def _forms(written: Written, name: str) -> str:
    value = quote(name)
    return (
        f"SELECT {literal(written.table.name)} AS table_name, {literal(name)} AS column_name, file_id, folded, raw, "
        "rows, first_record, first_line FROM ("
        "SELECT *, count(DISTINCT raw) OVER (PARTITION BY folded) AS forms, count(DISTINCT folded) OVER () AS groups "
        f"FROM (SELECT *, {_FOLDED} AS folded FROM (SELECT _file_id AS file_id, {value} AS raw, count(*) AS rows, "
        "min(_record) AS first_record, arg_min(_line, _record) AS first_line "
        f"FROM {written.relation} WHERE {value} IS NOT NULL GROUP BY 1, 2))) "
        f"WHERE forms > 1 AND groups <= {MAX_GROUPS}"
    )
