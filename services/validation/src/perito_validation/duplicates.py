"""Finds rows that repeat an earlier row exactly: every cell of the file, mapped or not.

Hashes find candidates; the cells themselves decide. Where already the cells of the table's key differ in every row, no
row repeats another, and no other cell is read. Rows are compared within a file and across files of the same header that
feed the same table with the same constants.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from perito_validation.database import count
from perito_validation.feeds import Feed

_CANDIDATES = "_candidates"
HASHES = 1 << 24
"""The most hashes that are sorted at once: 128 MiB. Of more rows a share at a time is looked at. Sorting costs a fifth
of grouping them."""
_ENGINE_BYTES = 96
"""Of the engine's memory for each hash that is sorted at once. Hashes lie beside the engine, twice while they are
fetched: 16 of the 64 bytes that a child has left for each 96 of its engine. Python and its libraries take the rest."""


@dataclass(frozen=True)
class Repetitions:
    """Rows that repeat another. `table` is a temporary table (file_id, record, first_file, first_record) with one row
    per repetition, None where there is none; `distinct` says that the cells of the key alone differ in every row."""

    table: str | None
    distinct: bool


def find_duplicates(
    con: duckdb.DuckDBPyConnection, table: str, feeds: Sequence[Feed], memory_bytes: int
) -> Repetitions:
    """Finds the repetitions among the rows of all feeds of a table. `memory_bytes` is what the engine may use."""
    at_once = max(1, min(HASHES, memory_bytes // _ENGINE_BYTES))
    name = f"duplicates_{table}"
    con.execute(f"CREATE TEMP TABLE {name} (file_id INTEGER, record BIGINT, first_file INTEGER, first_record BIGINT)")
    groups: dict[tuple[tuple[str, ...], tuple[tuple[str, str], ...]], list[Feed]] = {}
    for feed in feeds:
        groups.setdefault((feed.source.header, tuple(sorted(feed.part.constants.items()))), []).append(feed)
    distinct = [_collect(con, name, group, at_once) for group in groups.values()]
    repeats = count(con, f"SELECT count(*) FROM {name}") > 0
    return Repetitions(name if repeats else None, distinct == [True])


def _collect(con: duckdb.DuckDBPyConnection, name: str, feeds: Sequence[Feed], at_once: int) -> bool:
    """Enters the repetitions of one group of feeds; whether the cells of the key alone differ in every row of it."""
    cells = feeds[0].source.cells
    key = _key_cells(feeds[0])
    if key and not len(_repeated(con, feeds, key, at_once)):
        return all(_key_cells(feed) == key for feed in feeds)
    candidates = _repeated(con, feeds, cells, at_once)
    if not len(candidates):
        return False
    con.register(_CANDIDATES, pa.Table.from_pydict({"h": candidates}))
    con.execute(
        f"INSERT INTO {name} SELECT file_id, record, first['f'], first['r'] FROM "
        f"({_with_first(feeds, cells)}) WHERE file_id <> first['f'] OR record <> first['r']"
    )
    con.unregister(_CANDIDATES)
    return False


def _key_cells(feed: Feed) -> str:
    """SQL list of the raw cells in which the table's key stands, "" where they are not all in the file itself."""
    fed = [feed.columns.get(name) for name in feed.table.key]
    own = feed.source.cells.split(", ")
    cells = [column.cell for column in fed if column and column.cell in own]
    return ", ".join(cells) if len(cells) == len(fed) else ""


def _repeated(con: duckdb.DuckDBPyConnection, feeds: Sequence[Feed], cells: str, at_once: int) -> NDArray[np.uint64]:
    """The hashes of `cells` that several rows have, found among so many at once."""
    hashes = " UNION ALL ".join(f"SELECT hash({cells}) AS h FROM {feed.source.table}{feed.where}" for feed in feeds)
    shares = 1 + sum(feed.source.rows for feed in feeds) // at_once
    found: list[NDArray[np.uint64]] = []
    for share in range(shares):
        part = f"SELECT h FROM ({hashes}) WHERE h % {shares} = {share}" if shares > 1 else hashes
        answer = con.execute(part)
        columns = cast("dict[str, NDArray[np.uint64]]", answer.fetchnumpy())  # pyright: ignore[reportUnknownMemberType]  # its stub knows masked arrays by half
        values = columns["h"]
        _sort(values)
        found.append(np.unique(values[1:][values[1:] == values[:-1]]))
    return np.concatenate(found)


def _sort(values: NDArray[np.uint64]) -> None:
    """Sorts in place, the lower half beside the upper one: numpy sorts with one processor, and lets others work."""
    middle = len(values) // 2
    if middle:
        values.partition(middle)
        with ThreadPoolExecutor(2) as threads:
            sorting = [threads.submit(half.sort) for half in (values[:middle], values[middle:])]
        for half in sorting:
            half.result()


def _with_first(feeds: Sequence[Feed], cells: str) -> str:
    """SELECT of the candidates' places, each with the `first` row that has the same cells."""
    rows = " UNION ALL ".join(
        f"SELECT {feed.source.file_id}::INTEGER AS file_id, ({feed.source.record})::BIGINT AS record, {cells} "
        f"FROM {feed.source.table}{feed.where}{' AND' if feed.where else ' WHERE'} "
        f"hash({cells}) IN (SELECT h FROM {_CANDIDATES})"
        for feed in feeds
    )
    place = "{'f': file_id, 'r': record}"
    return f"SELECT file_id, record, min({place}) OVER (PARTITION BY {cells}) AS first FROM ({rows})"
