"""Executes SQL that was parsed before, where it was.

DuckDB's parser takes a sixth of the time that a rule takes on small books, and a compute child or a run of tests meets
the same texts in every job: those of the rules, and what is made from a rule's columns. A parsed statement belongs to
no database and is bound anew each time, so it holds nothing of the books.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

_MOST = 1000
"""All rules have 300 sections, 7 MB when parsed; what is made from their columns is as much again."""

_parsed: dict[str, "Statement"] = {}


def execute(
    connection: "DuckDBPyConnection", sql: str, parameters: Mapping[str, object] | None = None
) -> "DuckDBPyConnection":
    """`connection.execute` for one statement whose text will come again: not for texts with paths or data in them."""
    return connection.execute(parsed(connection, sql), dict(parameters or {}))


def parsed(connection: "DuckDBPyConnection", sql: str) -> "Statement":
    """The one statement of a text that will come again, for `connection.sql`."""
    found = _parsed.get(sql)
    if found is None:
        (found,) = connection.extract_statements(sql)
        if len(_parsed) >= _MOST:
            del _parsed[next(iter(_parsed))]  # the oldest; where it comes again it is parsed again
        _parsed[sql] = found
    return found
