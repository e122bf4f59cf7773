"""Writes the system tables: what validation says about its own reading, in the columns that canonical.yaml fixes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
from perito_rules.canonical import SYSTEM_TABLES, physical_columns
from perito_rules.sqltext import literal, quote

_empty: dict[str, bytes] = {}
"""Files of tables without rows, which most books have several of: they depend on nothing but the table."""


def write_rows(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, object]], out: Path) -> Path:
    """Writes a system table from rows as dicts; columns that a row lacks are NULL."""
    if not rows:
        return write_query(con, name, [], out)
    columns = physical_columns(SYSTEM_TABLES[name])
    texts = {column: pa.array([_text(row.get(column)) for row in rows], pa.string()) for column, _ in columns}
    con.register("_rows", pa.Table.from_pydict(texts))
    path = write_query(con, name, ["SELECT * FROM _rows"], out)
    con.unregister("_rows")
    return path


def write_query(con: duckdb.DuckDBPyConnection, name: str, parts: Sequence[str], out: Path) -> Path:
    """Writes a system table from SELECTs, sorted by its key; without any it is written empty."""
    table, path = SYSTEM_TABLES[name], out / f"{name}.parquet"
    if not parts and name in _empty:
        path.write_bytes(_empty[name])
        return path
    columns = physical_columns(table)
    wanted = ", ".join(f"{quote(column)}::{kind} AS {quote(column)}" for column, kind in columns)
    empty = "SELECT " + ", ".join(f"NULL::{kind} AS {quote(column)}" for column, kind in columns) + " WHERE false"
    body = " UNION ALL BY NAME ".join(parts) or empty
    order = ", ".join(quote(column) for column in table.key)
    con.execute(f"COPY (SELECT {wanted} FROM ({body}) ORDER BY {order}) TO {literal(str(path))} (FORMAT parquet)")
    if not parts:
        _empty[name] = path.read_bytes()
    return path


def _text(value: object) -> str | None:
    return None if value is None else str(value)
