"""The large books and the rules, once for all tests of this folder."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from perito_rules.model import Rule

from tests.determinism.books import every_rule, write_books

ROWS, PLACES = 40_000, 5
"""Fewer than the trial reads: as many months as the longest look back needs, in as many row groups."""


@pytest.fixture(scope="session")
def phase_rules() -> tuple[Rule, ...]:
    """Every rule of every phase."""
    return every_rule()


@pytest.fixture(scope="session")
def both_books(
    tmp_path_factory: pytest.TempPathFactory, phase_rules: tuple[Rule, ...]
) -> tuple[Mapping[str, Path], Mapping[str, Path]]:
    """The books in order, and the same rows shuffled."""
    plain, shuffled = write_books(tmp_path_factory.mktemp("books"), phase_rules, None, 7, rows=ROWS, places=PLACES)
    return plain, shuffled


@pytest.fixture(scope="session")
def plain_books(both_books: tuple[Mapping[str, Path], Mapping[str, Path]]) -> Mapping[str, Path]:
    """The books in order: a Parquet file per table."""
    return both_books[0]


@pytest.fixture(scope="session")
def shuffled_books(both_books: tuple[Mapping[str, Path], Mapping[str, Path]]) -> Mapping[str, Path]:
    """The same rows in another order."""
    return both_books[1]
