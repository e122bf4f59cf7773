"""Empty DuckDB instances, made before they are needed.

A new instance fills its catalogue of functions, 11 ms of processor time, and an analysis opens six. A compute child
makes them between its jobs. An instance is used for one job and never again, so that it holds nothing of other books.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from perito_rules.sqltext import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_READY = 2
"""Validation opens two, the other phases one."""

_LEAST_BYTES = 64 << 20
_ready: list["DuckDBPyConnection"] = []


def keep_ready() -> bool:
    """Makes one instance more, where fewer than two are ready; False where there is nothing to do."""
    if len(_ready) >= _READY:
        return False
    _ready.append(_made())
    return True


def new_instance(scratch: Path, threads: int, memory_bytes: int) -> "DuckDBPyConnection":
    """An empty database in memory that spills to `scratch`, keeps the order of rows and reckons time in UTC.

    `memory_bytes` bounds what DuckDB counts, not the process: that is the compute child's limit.
    """
    connection = _ready.pop() if _ready else _made()
    connection.execute(f"SET temp_directory = {literal(str(scratch))}")
    connection.execute(f"SET memory_limit = '{max(memory_bytes, _LEAST_BYTES) // 1024} KiB'")
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _made() -> "DuckDBPyConnection":
    import duckdb  # noqa: PLC0415  # 0.1 s and 60 MB that only a compute child should pay

    fixed = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    return duckdb.connect(config={"threads": 1, "preserve_insertion_order": True, **fixed})
