"""Finds rows that repeat an earlier row exactly: every cell of the file, mapped or not.

A hash finds candidates without sorting; the cells themselves decide. Rows are compared within a file and across files
of the same header that feed the same table with the same constants.
"""

from collections.abc import Sequence

import duckdb

from perito_validation.database import count
from perito_validation.feeds import Feed

_CANDIDATES = "_candidates"


def find_duplicates(con: duckdb.DuckDBPyConnection, table: str, feeds: Sequence[Feed]) -> str | None:
    """Name of a temporary table (file_id, record, first_file, first_record) with one row per repetition, or None."""
    name = f"duplicates_{table}"
    con.execute(f"CREATE TEMP TABLE {name} (file_id INTEGER, record BIGINT, first_file INTEGER, first_record BIGINT)")
    groups: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], list[Feed]] = {}
    for feed in feeds:
        groups.setdefault((feed.source.header, tuple(sorted(feed.part.constants.items()))), []).append(feed)
    for group in groups.values():
        _collect(con, name, group)
    return name if count(con, f"SELECT count(*) FROM {name}") else None


def _collect(con: duckdb.DuckDBPyConnection, name: str, feeds: Sequence[Feed]) -> None:
    cells = feeds[0].source.cells
    hashes = " UNION ALL ".join(f"SELECT hash({cells}) AS h FROM {feed.source.table}{feed.where}" for feed in feeds)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_CANDIDATES} AS SELECT h FROM ({hashes}) GROUP BY h HAVING count(*) > 1"
    )
    if not count(con, f"SELECT count(*) FROM {_CANDIDATES}"):
        return
    rows = " UNION ALL ".join(
        f"SELECT {feed.source.file_id}::INTEGER AS file_id, ({feed.source.record})::BIGINT AS record, {cells} "
        f"FROM {feed.source.table}{feed.where}{' AND' if feed.where else ' WHERE'} "
        f"hash({cells}) IN (SELECT h FROM {_CANDIDATES})"
        for feed in feeds
    )
    place = "{'f': file_id, 'r': record}"
    con.execute(
        f"INSERT INTO {name} SELECT file_id, record, first['f'], first['r'] FROM "
        f"(SELECT file_id, record, min({place}) OVER (PARTITION BY {cells}) AS first FROM ({rows})) "
        "WHERE file_id <> first['f'] OR record <> first['r']"
    )
