"""The same retailer written in every style is read as the same books by the mapping of each, and the plain style is
understood without any."""

from pathlib import Path

import duckdb
import pytest
from perito_rules.canonical import load_canonical
from perito_simulator import generate, size_of
from perito_simulator.feeds import FEEDS
from perito_simulator.styles import STYLES

from tests.lookalikes.examined import read_books

SIZE = size_of(2_500, days=60)
UNLIKE = {"mixed": {"uom", "accepted", "rejected"}, "spanish": set[str]()}
"""By style: units are those that a file states; the mixed receipts say only what came."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("plain")
    generate(base / "books", SIZE, 11)
    return read_books(base / "books", base / "books" / "mapping.yaml", base / "run")


def assert_same(one: Path, other: Path, unlike: set[str]) -> None:
    """Both hold the same rows in every table; the second of a moment is not compared, for not every till writes it."""
    with duckdb.connect() as connection:
        for table in sorted({feed.table for feed in FEEDS.values()}):
            both = [_rows(connection, folder / f"{table}.parquet", table, unlike) for folder in (one, other)]
            assert len(both[0]) > 0, table
            assert both[0].columns == both[1].columns, table
            for first, second in (both, both[::-1]):
                assert first.except_(second).fetchall() == [], table


def _rows(connection: duckdb.DuckDBPyConnection, file: Path, table: str, unlike: set[str]) -> duckdb.DuckDBPyRelation:
    found = connection.read_parquet(file.as_posix())
    kinds = dict(zip(found.columns, map(str, found.types), strict=True))
    names = [name for name in load_canonical()[table].columns if name in kinds and name not in unlike]
    cells = [f'date_trunc(\'minute\', "{n}") AS "{n}"' if kinds[n].startswith("TIMESTAMP") else f'"{n}"' for n in names]
    return found.project(", ".join(cells))


@pytest.mark.parametrize("style", sorted(STYLES.keys() - {"plain"}))
def test_a_style_changes_how_books_look_and_nothing_else(plain: Path, tmp_path: Path, style: str) -> None:
    generate(tmp_path / "books", SIZE, 11, style=style)
    assert_same(plain, read_books(tmp_path / "books", tmp_path / "books" / "mapping.yaml", tmp_path), UNLIKE[style])


def test_the_plain_style_is_understood_without_a_mapping(plain: Path, tmp_path: Path) -> None:
    generate(tmp_path / "books", SIZE, 11, mapping=False)
    assert not (tmp_path / "books" / "mapping.yaml").exists()
    hints = {"timezone": "Europe/Madrid"}  # the one thing that such files do not say
    assert_same(plain, read_books(tmp_path / "books", None, tmp_path, hints), set())
