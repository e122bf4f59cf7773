"""Joins files: the rows of one take columns of another, such as the order to which a line belongs.

A row takes the first row there that has its key and never becomes two. What finds no partner keeps empty cells, and
both, lonely rows and repeated keys, are counted, so that a join that went wrong is seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
from perito_kernel.errors import Invalid

from perito_validation.cells import is_blank, normalised
from perito_validation.database import only_row
from perito_validation.mapping import Cell, Join, TableMapping
from perito_validation.source import Source


@dataclass(frozen=True)
class JoinedFile:
    """A file that completes another one's rows. `held` are the cells that it brings, `clause` is the SQL that joins
    them. `unmatched` rows of the fed file found no row, the first of them by the key `lonely`; `repeated` rows of this
    one had a key that an earlier one had, such as `repeating`."""

    keyed: "_KeyedFile"
    held: Sequence[str]
    clause: str
    unmatched: int
    lonely: str
    repeated: int
    repeating: str

    @property
    def join(self) -> Join:
        """What the mapping says of it."""
        return self.keyed.join

    @property
    def table(self) -> str:
        """The temporary table that holds its cells under the names they have beside the raw row."""
        return self.keyed.table

    @property
    def cells(self) -> str:
        """SQL list of its cells beside the raw row; a row without partner has blank ones."""
        return ", ".join(f"coalesce({self.table}.{cell}, '') AS {cell}" for cell in self.held)

    def cell(self, column: str) -> str:
        """SQL name of one of its columns that the mapping takes."""
        return self.keyed.named(column)


def join_files(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    table: str,
    part: TableMapping,
    sources: Mapping[str, Source],
    where: str,
) -> dict[str, JoinedFile]:
    """The files that `part` joins to `source` for a canonical table, by name. `where` chooses the rows of `source`.

    Raises `Invalid` for a column that is not there, and for a file that is joined to itself.
    """
    found: dict[str, JoinedFile] = {}
    for number, (name, join) in enumerate(part.join.items()):
        place = f"files > {source.name} > tables > {table} > join > {name}"
        if name == source.name:
            raise Invalid("MAPPING_INVALID", f"Mapping, {place}: a file cannot be joined to itself.", {"place": place})
        wanted = sorted({cell.column for cell in part.columns.values() if cell.file == name})
        made = _KeyedFile(sources[name], join, f"j{number}_{table}_{source.file_id}", place)
        made.write(con, wanted)
        found[name] = _joined(con, source, made, where)
    return found


@dataclass(frozen=True)
class _KeyedFile:
    """A file to be joined, with the name of the temporary table that shall hold one row per key."""

    source: Source
    join: Join
    table: str
    place: str

    @property
    def names(self) -> str:
        return ", ".join(f"k{i}" for i in range(len(self.join.match)))

    def keys(self, source: Source, columns: Iterable[str]) -> list[str]:
        """SQL of the key over the raw cells of either file."""
        steps = Cell(column="key", normalise=self.join.normalise)
        return [normalised(source.cell(column, f"{self.place} > match"), steps) for column in columns]

    def named(self, column: str) -> str:
        """Name of a raw cell of this file beside the cells of the other."""
        return f"{self.table}_{self.source.cell(column, self.place)}"

    def write(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[str]) -> None:
        """Makes the table: all rows that have a key, each with its rank among those of the same key."""
        keys = [f"{sql} AS k{i}" for i, sql in enumerate(self.keys(self.source, self.join.match.values()))]
        cells = [f"{self.source.cell(column, self.place)} AS {self.named(column)}" for column in wanted]
        rows = f"SELECT {', '.join([*keys, *cells])}, {self.source.record} AS _at FROM {self.source.table}"
        filled = " AND ".join(f"NOT {is_blank(f'k{i}')}" for i in range(len(keys)))
        rank = f"row_number() OVER (PARTITION BY {self.names} ORDER BY _at) AS _rank"
        con.execute(f"CREATE TEMP TABLE {self.table} AS SELECT *, {rank} FROM ({rows}) WHERE {filled}")


def _joined(con: duckdb.DuckDBPyConnection, source: Source, made: _KeyedFile, where: str) -> JoinedFile:
    repeated, repeating = _counted(con, made, f"SELECT {made.names}, _at FROM {made.table} WHERE _rank > 1")
    con.execute(f"DELETE FROM {made.table} WHERE _rank > 1")
    ours = made.keys(source, made.join.match)
    mine = ", ".join(f"{sql} AS k{i}" for i, sql in enumerate(ours))
    rows = f"SELECT {mine}, {source.record} AS _at FROM {source.table}{where}"
    alone = (
        f"SELECT {made.names}, _at FROM ({rows}) WHERE ({made.names}) NOT IN (SELECT ({made.names}) FROM {made.table})"
    )
    unmatched, lonely = _counted(con, made, alone)
    on = " AND ".join(f"{made.table}.k{i} = {sql}" for i, sql in enumerate(ours))
    clause = f"LEFT JOIN {made.table} ON {on}"
    cells = [row[0] for row in con.execute(f"DESCRIBE {made.table}").fetchall() if str(row[0]).startswith(made.table)]
    return JoinedFile(made, tuple(cells), clause, unmatched, lonely, repeated, repeating)


def _counted(con: duckdb.DuckDBPyConnection, made: _KeyedFile, rows: str) -> tuple[int, str]:
    """How many rows there are, and the key of the first."""
    key = f"concat_ws(' ', {made.names})"
    row = only_row(con, f"SELECT count(*), arg_min({key}, _at) FROM ({rows})")
    return int(row[0]), str(row[1] or "")
