"""Opens DuckDB for one job: it may read exactly the job's files, spill to the job's scratch folder, and nothing else.

Rules see each canonical table as a view with every column of `canonical.yaml`: what no file supplied is a typed NULL,
so a rule may speak of optional columns without asking. What really stands in the Parquet file decides whether a rule is
applicable.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from perito_rules.canonical import SYSTEM_TABLES, load_canonical, physical_columns
from perito_rules.sqltext import literal, macros, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Schemas = Mapping[str, Mapping[str, str]]
"""Column name to SQL type, per table that the job has."""


def open_duckdb(files: Iterable[Path], scratch: Path, threads: int, memory_bytes: int) -> "DuckDBPyConnection":
    """An in-memory database that can read `files` and spill to `scratch`; its configuration cannot be changed any more.

    `memory_bytes` bounds what DuckDB counts, not the process: that is the compute child's limit.
    """
    import duckdb  # noqa: PLC0415  # 0.1 s and 60 MB that only a compute child should pay

    scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "temp_directory": str(scratch),
            "memory_limit": f"{max(memory_bytes, 64 << 20) // 1024} KiB",
            "threads": threads,
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    allowed = ", ".join(literal(str(path.resolve())) for path in files)
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    for statement in macros():
        connection.execute(statement)
    connection.execute("SET lock_configuration = true")
    return connection


def read_schemas(connection: "DuckDBPyConnection", tables: Mapping[str, Path]) -> Schemas:
    """The real columns of each table's Parquet file."""
    return {name: describe(connection, f"SELECT * FROM {_parquet(path)}") for name, path in sorted(tables.items())}


def describe(
    connection: "DuckDBPyConnection", sql: str, parameters: Mapping[str, object] | None = None
) -> dict[str, str]:
    """Names and types of a query's columns, in order."""
    rows = connection.execute(f"DESCRIBE {sql}", dict(parameters or {})).fetchall()
    return {row[0]: row[1] for row in rows}


def create_views(
    connection: "DuckDBPyConnection", wanted: Iterable[str], tables: Mapping[str, Path], schemas: Schemas
) -> None:
    """One view per wanted table, with all canonical columns; empty where the job has no such table."""
    known = {**load_canonical(), **SYSTEM_TABLES}
    for name in sorted(set(wanted) & (known.keys() | tables.keys())):
        real = schemas.get(name, {})
        full = dict(physical_columns(known[name])) if name in known else {}
        columns = [_column(column, kind, real.get(column)) for column, kind in full.items()]
        columns += [quote(column) for column in real if column not in full]
        source = f"FROM {_parquet(tables[name])}" if name in tables else "WHERE false"
        connection.execute(f"CREATE VIEW {quote(name)} AS SELECT {', '.join(columns)} {source}")


def _column(name: str, wanted: str, real: str | None) -> str:
    if real is None:
        return f"NULL::{wanted} AS {quote(name)}"
    return quote(name) if real == wanted else f"{quote(name)}::{wanted} AS {quote(name)}"


def _parquet(path: Path) -> str:
    return f"read_parquet({literal(str(path.resolve()))})"
