"""Which signs the quantities of each type of movement and sale have in each file: the system table `signs`.

The convention of a file is read off it before any rule speaks of single rows: the ledger is positive for what comes in
and negative for what goes out; lines of sales and of returns are positive whatever their type.
"""

from collections.abc import Mapping
from typing import Any

import duckdb
from perito_rules.sqltext import literal

from perito_validation.amounts import SIGN_OF_TYPE
from perito_validation.tables import Written


def count_signs(con: duckdb.DuckDBPyConnection, written: Mapping[str, Written]) -> list[dict[str, Any]]:
    """Rows of `signs`, in the order of its key. Reversals, which turn a sign on purpose, and repeated rows are left
    out."""
    found: list[dict[str, Any]] = []
    for name in ("movements", "returns", "sales"):
        table = written.get(name)
        if table and "qty" in table.columns and (name != "movements" or "type" in table.columns):
            found += _of_table(con, table)
    return found


def _of_table(con: duckdb.DuckDBPyConnection, table: Written) -> list[dict[str, Any]]:
    kind = "'return'" if table.table.name == "returns" else "'sale'"
    if table.table.name == "sales" and "type" in table.columns:
        kind = "coalesce(type, 'sale')"
    expected = "1"
    if table.table.name == "movements":
        kind = "type"
        arms = " ".join(f"WHEN {literal(word)} THEN {sign}" for word, sign in SIGN_OF_TYPE.items())
        expected = f"CASE type {arms} END"
    own = "reversal_of IS NULL" if "reversal_of" in table.columns else "true"
    sql = (
        f"SELECT {literal(table.table.name)} AS table_name, _file_id AS file_id, {kind} AS type,"
        f" {expected} AS expected, count(*) AS rows, count(*) FILTER (qty > 0) AS positive,"
        f" count(*) FILTER (qty < 0) AS negative, count(*) FILTER (qty = 0) AS zero FROM {table.relation}"
        f" WHERE _duplicate_record IS NULL AND {own} AND {kind} IS NOT NULL AND qty IS NOT NULL"
        " GROUP BY ALL ORDER BY ALL"
    )
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
