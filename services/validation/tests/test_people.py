"""No file that validation leaves names a person by code; whoever holds the key can tell who is who."""

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from perito_kernel.errors import PeritoError, Precondition
from perito_kernel.pseudonyms import pseudonym
from perito_validation import known_people
from perito_validation.compute import validate
from perito_validation.people import seal, unseal

from .desk import HEAD, KEY, examine, make_job, read, silent

SALES = """Ticket,Line,Cashier,Customer,Sku,Qty
1,1,emp-1,CUST-9,A,1
2,1,EMP-1,CUST-9,A,2
3,1,EMP-2,,A,3
4,1,EMP-2,CUST-8,A
"""
PEOPLE = "Id,Name\nEMP-1,Ana Mena\nEMP-2,Luis Rey\n"
MAPPING = f"""{HEAD}  sales.csv:
    tables:
      sales:
        columns:
          document: Ticket
          line: Line
          user: {{column: Cashier, normalise: [upper]}}
          customer: Customer
          product: Sku
          qty: Qty
        constants: {{type: sale}}
  people.csv:
    tables:
      users:
        columns: {{user: Id, name: Name}}
"""
FILES = {"sales.csv": SALES, "people.csv": PEOPLE}
CODES = ("EMP-1", "emp-1", "EMP-2", "CUST-9", "CUST-8")


def test_tables_hold_pseudonyms_that_join(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, MAPPING)
    ana, luis = (pseudonym(KEY, "user", code) for code in ("EMP-1", "EMP-2"))
    assert books.column("SELECT user FROM sales ORDER BY _record") == [ana, ana, luis]
    assert books.column("SELECT user_source FROM sales ORDER BY _record") == [
        pseudonym(KEY, "user", "emp-1"),
        None,
        None,
    ]
    customer = pseudonym(KEY, "customer", "CUST-9")
    assert books.column("SELECT customer FROM sales ORDER BY _record") == [customer, customer, None]
    assert books.ask("SELECT count(*) FROM sales JOIN users USING (user)") == [(3,)]
    assert books.log("user") == {"key_normalised": 1, "pseudonym": 5}
    assert books.log("customer") == {"pseudonym": 2}


def test_nothing_that_is_left_names_anybody_by_code(tmp_path: Path) -> None:
    """All content of all tables is searched, the rejected line and the findings of the rules among it."""
    examined = examine(tmp_path, FILES, MAPPING)
    assert [finding["rule_id"] for finding in examined.findings].count("V-012") == 1
    for path in sorted((tmp_path / "out").iterdir()):
        if path.suffix == ".parquet":
            with duckdb.connect() as con:
                text = str(con.execute("FROM read_parquet($path)", {"path": str(path)}).fetchall())
        else:
            text = path.read_text("utf-8")
        assert [code for code in CODES if code in text] == [], path.name


def test_a_line_of_a_file_about_people_is_shown_by_its_shape(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, MAPPING)
    assert books.column("SELECT raw FROM rejected_records") == ["9,9,a-9,a-9,a"]


def test_two_spellings_of_a_person_are_told_without_telling_who(tmp_path: Path) -> None:
    as_written = MAPPING.replace("{column: Cashier, normalise: [upper]}", "Cashier")
    [finding] = examine(tmp_path, FILES, as_written).of("V-012")
    assert finding["row_count"] == 1
    assert pseudonym(KEY, "user", "emp-1") in finding["title_en"]
    assert pseudonym(KEY, "user", "EMP-1") in finding["title_en"]


def test_identities_are_sealed_and_whoever_has_the_key_opens_them(tmp_path: Path) -> None:
    books = read(tmp_path, FILES, MAPPING)
    rows = books.ask("SELECT domain, pseudonym, sealed FROM identities ORDER BY 1, 2")
    told = {name: unseal(KEY, domain, sealed) for domain, name, sealed in rows}
    people = [("customer", "CUST-9"), ("user", "EMP-1"), ("user", "EMP-2")]
    assert told == {pseudonym(KEY, domain, code): code for domain, code in people}
    domain, _, sealed = rows[0]
    with pytest.raises(Precondition, match="another key"):
        unseal("00" * 32, domain, sealed)
    with pytest.raises(Precondition, match="another key"):
        unseal(KEY, "user", seal(KEY, "customer", "CUST-9"))


def test_the_same_key_gives_the_same_digest_and_another_one_other_pseudonyms(tmp_path: Path) -> None:
    digests = [_validated(tmp_path / name, key) for name, key in (("a", KEY), ("b", KEY), ("c", "00" * 32))]
    assert digests[0] == digests[1] != digests[2]


def test_people_too_many_to_be_looked_up_get_the_same_pseudonyms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = _validated(tmp_path / "few", KEY)
    monkeypatch.setattr(known_people, "MAX_KNOWN", 1)
    assert _validated(tmp_path / "many", KEY) == few


def test_books_with_people_are_refused_without_a_key(tmp_path: Path) -> None:
    with pytest.raises((PeritoError, duckdb.Error), match="no key of pseudonyms"):
        _validated(tmp_path, "")


def test_a_constant_that_names_a_person_is_not_repeated(tmp_path: Path) -> None:
    mapping = MAPPING.replace("          user: {column: Cashier, normalise: [upper]}\n", "").replace(
        "{type: sale}", "{type: sale, user: EMP-1}"
    )
    books = read(tmp_path, FILES, mapping)
    assert set(books.column("SELECT user FROM sales")) == {pseudonym(KEY, "user", "EMP-1")}
    assert books.column("SELECT rule_json FROM columns WHERE column_name = 'user' AND table_name = 'sales'") == [
        '{"constant": "withheld"}'
    ]
    assert "EMP-1" not in str(books.ask("SELECT example_before, example_after FROM transformations"))


def _validated(folder: Path, key: str) -> str:
    job = make_job(folder, FILES, MAPPING)
    return validate(replace(job, pseudonym_key=key), silent).content_digest
