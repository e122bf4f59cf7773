"""What stands in the cells of each file as they came, in every column, mapped or not: the system tables
`source_columns` (counts) and `odd_cells` (the first rows of each kind).

Blank cells, words that stand for no value, blanks around a text, text decoded twice. Words of people are not repeated:
of a column that may hold them only what is odd is shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
from perito_rules.canonical import load_canonical, normal_header
from perito_rules.sqltext import literal

from perito_validation.cells import BLANKS, is_blank
from perito_validation.database import only_row
from perito_validation.feeds import FedColumn
from perito_validation.mojibake import ODD
from perito_validation.source import Source
from perito_validation.tables import Written

MAX_ROWS = 1000
"""Rows of one kind and column that `odd_cells` holds; `source_columns` has their true number."""

PLACEHOLDERS = (
    *("n/a", "#n/a", "n.a.", "null", "-", "--", "?", "unknown", "tbd", "0000", "00000", "000000"),
    *("desconocido", "desconocida", "s/d", "sin dato", "sin datos", "no aplica", "por definir"),
)
EMPTY_DATES = ("1900-01-01", "01/01/1900", "1/1/1900", "01-01-1900", "0000-00-00", "00/00/0000", "1900-01-01 00:00:00")

_COLUMNS_AT_ONCE = 100

FIRST_ROWS, FEW = 50_000, 2_500
"""A column that has at most FEW words among its FIRST_ROWS is counted word by word: a word is looked at once."""


@dataclass(frozen=True)
class _Column:
    """A source column: its cell's SQL, whether a table takes it, and whether its words may be shown."""

    source: Source
    position: int
    cell: str
    mapped: bool
    shown: bool

    def tests(self) -> dict[str, str]:
        """SQL that finds the cells of each kind."""
        cell = self.cell
        word = f"lower(trim({cell}, {BLANKS}))"
        ends = f"left({cell}, 1) IN (' ', chr(9), chr(160)) OR right({cell}, 1) IN (' ', chr(9), chr(160))"
        is_odd = f"CASE WHEN regexp_matches({cell}, {literal(ODD)}) THEN undecoded({cell}) <> '' ELSE false END"
        return {
            "blank": is_blank(cell),
            "placeholder": _where(f"length({cell}) < 16", f"{word} IN ({_listed(PLACEHOLDERS)})"),
            "empty_date": _where(f"length({cell}) BETWEEN 8 AND 19", f"{cell} IN ({_listed(EMPTY_DATES)})"),
            "padded": _where(ends, f"NOT {is_blank(cell)}"),
            "decoded_twice": _where(f"strlen({cell}) > length({cell})", is_odd),
        }


KINDS = ("blank", "placeholder", "empty_date", "padded", "decoded_twice")

_MARK = r"\x1f"
_EDGE = r"[ \t\x{A0}]"
_WORDS = "|".join(re.escape(word) for word in (*PLACEHOLDERS, *EMPTY_DATES))
_NOTABLE = f"(?i)(?:^|{_MARK})(?:{_EDGE}|(?:{_WORDS})(?:{_MARK}|$))|{_EDGE}(?:{_MARK}|$)|{ODD}"
"""Finds, in the cells of a row with a mark between them, whether any may be of a kind other than blank: one look at the
row costs a tenth of four tests of each of its cells, and most rows have none."""


def _where(cheap: str, test: str) -> str:
    """SQL of both; the second is computed only where the first holds, which AND does not promise."""
    return f"CASE WHEN {cheap} THEN {test} ELSE false END"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(literal, words))


@dataclass(frozen=True)
class ColumnCounts:
    """How many cells of a source column are of each kind."""

    column: _Column
    cells: int
    counts: Mapping[str, int]

    def row(self) -> dict[str, object]:
        """Its row of the system table `source_columns`."""
        source = self.column.source
        return {
            "file_id": source.file_id,
            "position": self.column.position,
            "source_column": source.header[self.column.position - 1],
            "mapped": self.column.mapped,
            "cells": self.cells,
            "blanks": self.counts["blank"],
            "placeholders": self.counts["placeholder"],
            "empty_dates": self.counts["empty_date"],
            "padded": self.counts["padded"],
            "decoded_twice": self.counts["decoded_twice"],
        }


def count_cells(
    con: duckdb.DuckDBPyConnection, sources: Iterable[Source], written: Mapping[str, Written]
) -> list[ColumnCounts]:
    """Counts of every column of every file that was read, in the order of files and columns."""
    found: list[ColumnCounts] = []
    for source in sources:
        columns = list(_columns(source, written))
        for start in range(0, len(columns), _COLUMNS_AT_ONCE):
            found += _counted(con, source, columns[start : start + _COLUMNS_AT_ONCE])
    return found


def odd_cells_sql(counts: Sequence[ColumnCounts]) -> list[str]:
    """SELECTs of the rows of `odd_cells`. Blank cells are listed where a column is mapped and mostly filled."""
    parts: list[str] = []
    for counted in counts:
        for kind, test in counted.column.tests().items():
            listed = counted.column.mapped and (kind != "blank" or 2 * counted.counts[kind] < counted.cells)
            if counted.counts[kind] and (listed or kind in {"padded", "decoded_twice"}):
                parts.append(_odd_rows(counted.column, kind, test))
    return parts


def _columns(source: Source, written: Mapping[str, Written]) -> Iterator[_Column]:
    mapped: dict[str, bool] = {}
    for table in written.values():
        for feed in table.feeds:
            if feed.source.file_id == source.file_id:
                for fed in feed.columns.values():
                    for cell in _cells_of(source, fed):
                        mapped[cell] = mapped.get(cell, False) or fed.column.personal
    for i, header in enumerate(source.header):
        if header not in source.no_cells:
            cell = f"c{i}"
            shown = not mapped[cell] if cell in mapped else _harmless(header)
            yield _Column(source, i + 1, cell, cell in mapped, shown)


def _cells_of(source: Source, fed: FedColumn) -> Sequence[str]:
    """The raw cells that a column is read from: one, or two where what came in and what went out stand apart."""
    out = fed.rule.get("out")
    if out is None or fed.source_column is None:
        return (fed.cell,)
    return source.cell(fed.source_column, "columns"), source.cell(str(out), "columns > out")


def _harmless(header: str) -> bool:
    """Whether a header is known, and nowhere as one of a person's."""
    word = normal_header(header)
    known = [
        column
        for table in load_canonical().values()
        for column in table.columns.values()
        if word in (column.name, *column.synonyms_en, *column.synonyms_es)
    ]
    return bool(known) and not any(column.personal for column in known)


def _counted(con: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[_Column]) -> list[ColumnCounts]:
    few = _with_few_words(con, source, columns)
    found = {column.position: _by_word(con, source, column) for column in few}
    many = [column for column in columns if column not in few]
    if many:
        cells = ", ".join(column.cell for column in many)
        notable = f"regexp_matches(concat_ws(chr(31), {cells}), {literal(_NOTABLE)})"
        blanks, any_odd = _blanks(con, source, many, notable)
        tests = [column.tests()[kind] for column in many for kind in KINDS[1:]]
        odd = _sums(con, f"{source.table} WHERE {notable}", tests) if any_odd else [0] * len(tests)
        found |= {column.position: [blanks[n], *odd[4 * n : 4 * n + 4]] for n, column in enumerate(many)}
    return [
        ColumnCounts(column, source.rows, dict(zip(KINDS, found[column.position], strict=True))) for column in columns
    ]


def _blanks(
    con: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[_Column], notable: str
) -> tuple[list[int], bool]:
    """Blank cells of each column, and whether other odd cells are worth looking for. In a short file that is asked
    here, for to plan four tests of each column takes longer than a second look at its rows."""
    tests = [column.tests()["blank"] for column in columns]
    if source.rows > FIRST_ROWS:
        return _sums(con, source.table, tests), True
    *blanks, odd = _sums(con, source.table, [*tests, notable])
    return blanks, odd > 0


def _with_few_words(con: duckdb.DuckDBPyConnection, source: Source, columns: Sequence[_Column]) -> list[_Column]:
    if source.rows <= FIRST_ROWS:
        return []  # what costs little is asked at once
    cells = ", ".join(column.cell for column in columns)
    distinct = ", ".join(f"count(DISTINCT {column.cell})" for column in columns)
    words = only_row(con, f"SELECT {distinct} FROM (SELECT {cells} FROM {source.table} LIMIT {FIRST_ROWS})")
    return [column for column, number in zip(columns, words, strict=True) if number <= FEW]


def _by_word(con: duckdb.DuckDBPyConnection, source: Source, column: _Column) -> list[int]:
    """How many cells of a column are of each kind, in the order of KINDS."""
    counts = ", ".join(f"coalesce(sum(cells) FILTER ({test}), 0)" for test in column.tests().values())
    words = f"SELECT {column.cell}, count(*) AS cells FROM {source.table} GROUP BY {column.cell}"
    return [int(number) for number in only_row(con, f"SELECT {counts} FROM ({words})")]


def _sums(con: duckdb.DuckDBPyConnection, rows: str, tests: Sequence[str]) -> list[int]:
    """How many rows pass each test."""
    counts = ", ".join(f"count(*) FILTER ({test})" for test in tests)
    return [int(n) for n in only_row(con, f"SELECT {counts} FROM {rows}")]


def _odd_rows(column: _Column, kind: str, test: str) -> str:
    source, cell = column.source, column.cell
    before, after = f"left({cell}, 200)" if column.shown else "NULL", "NULL"
    if kind == "decoded_twice":
        before = before if column.shown else f"left(odd_parts({cell}), 200)"
        after = f"left(undecoded({cell}), 200)" if column.shown else "NULL"
    return (
        f"(SELECT {source.file_id} AS file_id, {source.record} AS record, {source.line} AS line, "
        f"{column.position} AS position, {literal(source.header[column.position - 1])} AS source_column, "
        f"{literal(kind)} AS kind, {before} AS before, {after} AS after "
        f"FROM {source.table} WHERE {test} ORDER BY record LIMIT {MAX_ROWS})"
    )
