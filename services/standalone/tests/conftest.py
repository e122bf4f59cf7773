"""Made-up books and the demonstration on them, once for all tests of this folder."""

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from perito_simulator import generate, size_of
from perito_standalone.demo import run_demo

DEMO_ROWS, FEW_ROWS = 20_000, 8_000
"""Ledger rows: as few as leave room for faults of every kind, and as give every phase something to do."""


@dataclass(frozen=True)
class Ran:
    """What a command answered and printed, and where it wrote."""

    code: int
    said: str
    complained: str
    out: Path


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """`perito demo` in this process, so that coverage sees it, with report, tables and books."""
    out = tmp_path_factory.mktemp("demo")
    said, complained = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        code = run_demo(out, "", DEMO_ROWS)
    return Ran(code, said.getvalue(), complained.getvalue(), out)


@pytest.fixture(scope="session")
def made_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of consistent books with their mapping."""
    folder = tmp_path_factory.mktemp("made") / "books"
    generate(folder, size_of(FEW_ROWS), 1)
    return folder
