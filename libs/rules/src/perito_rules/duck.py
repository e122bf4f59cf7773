"""Opens DuckDB for one job: it may read exactly the job's files, spill to the job's scratch folder, and nothing else.

Rules see of each canonical table every column that they name: what no file supplied is a typed NULL, so a rule may
speak of optional columns without asking. What really stands in the Parquet file decides whether a rule is
applicable. A large file is read through, a small one is loaded: opening it for every statement costs more than that.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from perito_rules.canonical import ROW_COLUMNS, SYSTEM_TABLES, load_canonical, physical_columns
from perito_rules.instances import new_instance
from perito_rules.sqltext import literal, macros, quote
from perito_rules.statements import execute
from perito_rules.templates import reader_words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOADED_ROWS, _LOADED_BYTES = 2048, 1 << 20
"""A Parquet file is loaded where it has no more than both: most system tables, and the masters of small books."""

Schemas = Mapping[str, Mapping[str, str]]
"""Column name to SQL type, per table that the job has."""


def open_duckdb(
    files: Iterable[Path], scratch: Path, threads: int, memory_bytes: int, *, spilled: int = 0
) -> "DuckDBPyConnection":
    """A `new_instance` that can read `files` and nothing else; its configuration cannot be changed any more.

    With `spilled`, it is for SQL of a stranger: no more bytes than that may go to disk, and no name that is no table's
    is looked for among the variables of this process.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    connection = new_instance(scratch, threads, memory_bytes)
    if spilled:
        connection.execute(f"SET max_temp_directory_size = '{spilled >> 10} KiB'")
        connection.execute("SET python_enable_replacements = false")
    allowed = ", ".join(literal(str(path.resolve())) for path in files)
    connection.execute(f"SET allowed_paths = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    for statement in macros():
        execute(connection, statement)
    for variable, words in reader_words().items():
        both = {"names": [*words], "words": [*words.values()]}
        connection.execute(f"SET VARIABLE {variable} = map($names, $words)", both)
    connection.execute("SET lock_configuration = true")
    return connection


def read_schemas(connection: "DuckDBPyConnection", tables: Mapping[str, Path]) -> Schemas:
    """The real columns of each table's Parquet file, all found by one statement."""
    names = {str(path.resolve()): name for name, path in tables.items()}
    found: dict[str, dict[str, str]] = {name: {} for name in sorted(tables)}
    if not names:
        return found
    sql = f"SELECT file_name, name, duckdb_type, num_children FROM parquet_schema({_listed(tables)})"
    inside = 0  # parts of nested columns that are still to come; the first row of a file stands for its columns
    last = ""
    for path, column, kind, children in connection.execute(sql).fetchall():
        if path != last:
            last, inside = path, 0
            continue
        if inside:
            inside += (children or 0) - 1
            continue
        found[names[path]][column] = kind
        inside = children or 0
    return found


def describe(
    connection: "DuckDBPyConnection", sql: str, parameters: Mapping[str, object] | None = None
) -> dict[str, str]:
    """Names and types of a query's columns, in order."""
    rows = execute(connection, f"DESCRIBE {sql}", parameters).fetchall()
    return {row[0]: row[1] for row in rows}


def peek(connection: "DuckDBPyConnection", table: str) -> tuple[dict[str, str], bool]:
    """Names and types of a table's columns, in order, and whether it has a row."""
    cursor = execute(connection, f"SELECT * FROM {quote(table)} LIMIT 1")
    columns = {str(column[0]): str(column[1]) for column in cursor.description or ()}
    return columns, bool(cursor.fetchall())


def create_views(
    connection: "DuckDBPyConnection",
    wanted: Mapping[str, Collection[str]],
    tables: Mapping[str, Path],
    schemas: Schemas,
) -> None:
    """One view (or table, see above) per wanted table, empty where the job has no such or no row of it. Of a table's
    canonical columns it has those that are wanted, the key and the row's place: to bind a hundred columns for five
    takes longer than to read small books."""
    known = {**load_canonical(), **SYSTEM_TABLES}
    loaded = small_tables(connection, tables)
    for name in sorted(set(wanted) & (known.keys() | tables.keys())):
        there = name in tables and loaded.get(name, 1) > 0  # what has no rows need not be opened
        real = schemas.get(name, {})
        full = dict(physical_columns(known[name])) if name in known else {}
        keeps = {*wanted[name], *(known[name].key if name in known else ()), *(column for column, _ in ROW_COLUMNS)}
        chosen = [(column, kind) for column, kind in full.items() if column in keeps]
        chosen += [(column, kind) for column, kind in real.items() if column not in full]
        columns = [_column(column, kind, real.get(column) if there else None) for column, kind in chosen]
        source = f"FROM {_parquet(tables[name])}" if there else "WHERE false"
        form = "TABLE" if there and name in loaded else "VIEW"
        connection.execute(f"CREATE {form} {quote(name)} AS SELECT {', '.join(columns)} {source}")


def small_tables(connection: "DuckDBPyConnection", tables: Mapping[str, Path]) -> dict[str, int]:
    """Number of rows of the Parquet files that hold so little that they are better loaded."""
    if not tables:
        return {}
    sql = f"SELECT file_name, num_rows FROM parquet_file_metadata({_listed(tables)}) WHERE num_rows <= {_LOADED_ROWS}"
    rows = dict(connection.execute(sql).fetchall())
    small = [(name, path) for name, path in tables.items() if path.stat().st_size <= _LOADED_BYTES]
    return {name: rows[at] for name, path in small if (at := str(path.resolve())) in rows}


def _listed(tables: Mapping[str, Path]) -> str:
    return "[" + ", ".join(literal(str(path.resolve())) for path in tables.values()) + "]"


def _column(name: str, wanted: str, real: str | None) -> str:
    if real is None:
        return f"NULL::{wanted} AS {quote(name)}"
    return quote(name) if real == wanted else f"{quote(name)}::{wanted} AS {quote(name)}"


def _parquet(path: Path) -> str:
    return f"read_parquet({literal(str(path.resolve()))})"
