"""The looks at whole rows and at words by which odd cells are found miss none: the counts are those of a plain recount
by cell."""

import itertools
import random

import duckdb
import pytest
from duckdb.sqltypes import VARCHAR
from perito_validation import raw_cells
from perito_validation.mojibake import undecoded
from perito_validation.raw_cells import EMPTY_DATES, KINDS, PLACEHOLDERS, count_cells
from perito_validation.source import Source

EDGES = ("", " ", "\t", "\u00a0", " \t")
SPACES = " \t\u00a0"
PLAIN = ("", "0", "P-1", "Ñandú", "n/a b", "null and void", "1900-01-02", "a-", "CafÃ©", "Ã¼ber", "Ã")
WIDTH = 4


def kinds_of(cell: str) -> dict[str, bool]:
    """What `source_columns` counts, by the words of its definition."""
    blank = not cell.strip(SPACES)
    return {
        "blank": blank,
        "placeholder": cell.strip(SPACES).lower() in PLACEHOLDERS,
        "empty_date": cell in EMPTY_DATES,
        "padded": not blank and (cell[0] in SPACES or cell[-1] in SPACES),
        "decoded_twice": undecoded(cell) != "",
    }


def counts_of(rows: list[list[str]]) -> list[raw_cells.ColumnCounts]:
    with duckdb.connect() as con:
        con.create_function("undecoded", undecoded, [VARCHAR], VARCHAR)  # pyright: ignore[reportUnknownMemberType]  # its stub leaves the function type open
        columns = ", ".join(f"c{i} VARCHAR" for i in range(WIDTH))
        con.execute(f"CREATE TABLE raw ({columns})")
        con.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * WIDTH)})", rows)
        header = tuple(f"column {i}" for i in range(WIDTH))
        source = Source(0, "f.csv", "", 0, "text/csv", "raw", header, len(rows), "rowid + 1", "rowid + 2", "fast")
        return count_cells(con, [source], {})


@pytest.mark.parametrize(("first", "few"), [(raw_cells.FIRST_ROWS, 0), (100, 1), (10, 10)])
def test_counts_are_those_of_each_cell_by_itself(monkeypatch: pytest.MonkeyPatch, first: int, few: int) -> None:
    """No column has few words, one has, and all have."""
    monkeypatch.setattr(raw_cells, "FIRST_ROWS", first)
    monkeypatch.setattr(raw_cells, "FEW", few)
    words = [*PLAIN, *EMPTY_DATES, *PLACEHOLDERS, *map(str.upper, PLACEHOLDERS), *map(str.title, PLACEHOLDERS)]
    cells = [before + word + after for before, word, after in itertools.product(EDGES, words, EDGES)]
    random.Random(4).shuffle(cells)  # noqa: S311  # an order, no secret
    cells += ["x"] * (-len(cells) % WIDTH) + ["x"] * WIDTH * 10
    rows = [cells[start : start + WIDTH] for start in range(0, len(cells), WIDTH)]
    rows = [["always", *row[1:]] for row in rows[:100]] + rows
    counted = counts_of(rows)
    for n, column in enumerate(counted):
        expected = [kinds_of(row[n]) for row in rows]
        assert column.counts == {kind: sum(kinds[kind] for kinds in expected) for kind in KINDS}, column.column.cell
        assert column.cells == len(rows)
    assert all(sum(column.counts[kind] for column in counted) for kind in KINDS)


def test_a_file_without_odd_cells_is_not_asked_for_their_kinds() -> None:
    rows = [["plain", ""] + ["1900"] * (WIDTH - 2)] * 3
    found = [dict(column.counts) for column in counts_of(rows)]
    none = dict.fromkeys(KINDS, 0)
    assert found == [none, {**none, "blank": 3}] + [none] * (WIDTH - 2)
    rows[1] = [*rows[1][:-1], " N/A"]
    assert [dict(column.counts) for column in counts_of(rows)][-1] == {**none, "placeholder": 1, "padded": 1}
