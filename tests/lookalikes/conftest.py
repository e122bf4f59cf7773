"""The books of a distributor, the real ones and those made to be like them, each examined once."""

from pathlib import Path

import pytest

from .crestline_like import write_crestline_like
from .distributor import CRESTLINE
from .examined import examine_books
from .examined_books import Books
from .recount import Recount

MAPPING = Path(__file__).resolve().parents[1] / "crestline" / "mapping.yaml"


REAL = (pytest.mark.shared_data, pytest.mark.trial_books)


@pytest.fixture(scope="session", params=[pytest.param("crestline", marks=REAL), "seed 1"], ids=str)
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Books:
    run = tmp_path_factory.mktemp("distributor")
    if request.param == "crestline":
        folder: Path = request.getfixturevalue("shared_data") / "crestline"
        return Books(folder, CRESTLINE, examine_books(folder, MAPPING, run))
    facts = write_crestline_like(run / "books", int(request.param.split()[1]))
    return Books(run / "books", facts, examine_books(run / "books", MAPPING, run / "run"))


@pytest.fixture(scope="session")
def recount(books: Books) -> Recount:
    return Recount(books.folder)
