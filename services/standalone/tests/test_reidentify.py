"""A report names nobody; whoever holds its key can tell who is who, and nobody else can."""

import contextlib
import io
import os
import shutil
import stat
from pathlib import Path

import pytest
from perito_standalone.commands import run_analyze, run_reidentify
from perito_standalone.pseudonym_key import default_key_file

from .house import House, reachable_folder

SALES = "Ticket,Line,Cashier,Customer,Sku,Qty\n1,1,EMP-1,CUST-9,A,1\n2,1,EMP-2,,A,2\n2,1,EMP-2,,A,3\n"
MAPPING = """version: 1
currency: EUR
files:
  sales.csv:
    tables:
      sales:
        columns: {document: Ticket, line: Line, user: Cashier, customer: Customer, product: Sku, qty: Qty}
"""
KEY = "ab" * 32
EVERYBODY = [("customer", "CUST-9"), ("user", "EMP-1"), ("user", "EMP-2")]


def told(where: Path, *wanted: str, key: Path | None = None) -> tuple[int, list[list[str]], str]:
    """Exit code, rows of the answer without its head, and what was said of errors."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_reidentify(where, list(wanted), key)
    return code, [line.split() for line in out.getvalue().splitlines()[1:]], err.getvalue()


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    (folder / "sales.csv").write_text(SALES)
    (folder / "mapping.yaml").write_text(MAPPING)
    return folder


@pytest.fixture(scope="module")
def report(books: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `perito analyze` leaves, with the user's own key."""
    out = tmp_path_factory.mktemp("out")
    with contextlib.redirect_stdout(io.StringIO()):
        assert run_analyze(books, None, out, "never", "", "") == 0
    return out


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another key, in a file of its own."""
    path = tmp_path_factory.mktemp("key") / "client.key"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def keyed(books: Path, key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the same books under that key."""
    out = tmp_path_factory.mktemp("keyed")
    with contextlib.redirect_stdout(io.StringIO()):
        assert run_analyze(books, None, out, "never", "", "", pseudonym_key=key) == 0
    return out


def test_everybody_and_one_person_can_be_told(report: Path) -> None:
    code, rows, _ = told(report)
    assert code == 0
    assert [(row[1], row[2]) for row in rows] == EVERYBODY
    assert told(report, rows[1][0])[1] == [rows[1]]


def test_the_users_own_key_is_made_once_and_closed_to_others(report: Path) -> None:
    path = default_key_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(path).startswith(os.environ["XDG_CONFIG_HOME"])
    before = path.read_text()
    told(report)
    assert path.read_text() == before


def test_no_file_of_a_report_names_anybody(report: Path) -> None:
    for path in report.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [code for _, code in EVERYBODY if code.encode() in content] == [], path


def test_another_key_tells_nothing(report: Path, key: Path) -> None:
    code, rows, err = told(report, key=key)
    assert (code, rows) == (2, [])
    assert "made with another key" in err


def test_a_named_key_makes_other_pseudonyms_and_opens_them(report: Path, keyed: Path, key: Path) -> None:
    code, rows, _ = told(keyed, key=key)
    assert code == 0
    assert [(row[1], row[2]) for row in rows] == EVERYBODY
    assert {row[0] for row in rows}.isdisjoint(row[0] for row in told(report)[1])


@pytest.mark.parametrize(
    ("content", "mode", "answer"),
    [("xyz", 0o600, "64 hexadecimal digits"), (KEY, 0o644, "chmod 600"), (None, 0, "openssl rand -hex 32")],
)
def test_a_key_that_cannot_be_used_is_answered_with_the_remedy(
    report: Path, tmp_path: Path, content: str | None, mode: int, answer: str
) -> None:
    path = tmp_path / "k"
    if content:
        path.write_text(content)
        path.chmod(mode)
    code, _, err = told(report, key=path)
    assert code == 2
    assert answer in err


def test_what_is_not_there_is_said(report: Path, tmp_path: Path) -> None:
    code, _, err = told(report, "user-aaaaaaaaaaaa")
    assert (code, "There is no user-aaaaaaaaaaaa" in err) == (2, True)
    code, _, err = told(tmp_path)
    assert (code, "keeps no people" in err) == (2, True)


def test_a_data_directory_tells_them_too(books: Path) -> None:
    with reachable_folder() as folder:
        house = House(folder / "data")
        try:
            house.start()
            house.completed(house.submit(house.upload(books)))
            code, rows, _ = told(house.data_dir)
        finally:
            house.end()
    assert code == 0
    assert [(row[1], row[2]) for row in rows] == EVERYBODY


def test_one_tenants_key_opens_that_tenants_people_alone(report: Path, keyed: Path, key: Path, tmp_path: Path) -> None:
    for number, folder in enumerate((report, keyed)):
        tenant = f"{str(number) * 8}-0000-4000-8000-000000000000"
        sealed = tmp_path / "data" / "objects" / "tenants" / tenant / "analyses" / "a" / "validation" / "1"
        sealed.mkdir(parents=True)
        shutil.copy(folder / "tables" / "validation" / "identities.parquet", sealed)
    code, rows, _ = told(tmp_path / "data", key=key)
    assert code == 0
    assert [(row[1], row[2]) for row in rows] == EVERYBODY
    code, _, err = told(tmp_path / "data")
    assert (code, "no secret" in err) == (2, True)
