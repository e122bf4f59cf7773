"""What SQL writes is what the kernel writes: a finding has one fingerprint, wherever it is computed."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_kernel.findings import canonical_json, fingerprint
from perito_rules.book import period_sql
from perito_rules.duck import open_duckdb
from perito_rules.planner import key_text
from perito_rules.sqltext import json_object, json_value, literal, plain_text, quote
from perito_rules.templates import title_sql

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_duckdb([], tmp_path_factory.mktemp("scratch"), 1, 1 << 28) as opened:
        yield opened


def one(connection: duckdb.DuckDBPyConnection, sql: str, **values: object) -> object:
    row = connection.execute(f"SELECT {sql}", values).fetchone()
    assert row is not None
    return row[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.one_of(st.none(), TEXTS), number=st.integers(-(2**63), 2**63 - 1), key=TEXTS)
def test_identity_and_fingerprint_are_the_kernels(
    connection: duckdb.DuckDBPyConnection, text: str | None, number: int, key: str
) -> None:
    columns = [("b", "$text::VARCHAR", "VARCHAR"), ("a", "$number::BIGINT", "BIGINT"), ("ñ_c", "$key", "VARCHAR")]
    identity = {"b": text, "a": number, "ñ_c": key}
    values = {"text": text, "number": number, "key": key}
    made = json_object(columns, numbers_as_text=False)
    assert one(connection, made, **values) == canonical_json(identity)
    hashed = f"sha256({literal('C-006' + chr(10))} || {made} || chr(10) || '2024-07-01')"
    assert one(connection, hashed, **values) == fingerprint("C-006", identity, "2024-07-01")


def test_every_character_has_the_kernels_escape(connection: duckdb.DuckDBPyConnection) -> None:
    text = "".join(chr(code) for code in range(0x300)) + "\u2028\ufeff\U0001f4a9"
    assert one(connection, "json_text($text)", text=text) == canonical_json(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**13), max_value=10**13))
def test_decimals_lose_their_zeros_and_nothing_else(connection: duckdb.DuckDBPyConnection, number: Decimal) -> None:
    text = one(connection, plain_text("$n::DECIMAL(18, 4)", "DECIMAL(18,4)"), n=number)
    assert isinstance(text, str)
    assert Decimal(text) == number
    assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize(
    ("value", "sql_type", "text"),
    [
        (date(2024, 7, 1), "DATE", '"2024-07-01"'),
        (datetime(2024, 7, 1, 9, 30), "TIMESTAMP", '"2024-07-01T09:30:00Z"'),  # noqa: DTZ001  # naive UTC, as stored
        (datetime(2024, 7, 1, 9, 30, 0, 50000), "TIMESTAMP", '"2024-07-01T09:30:00.05Z"'),  # noqa: DTZ001
        (True, "BOOLEAN", "true"),
        (7, "BIGINT", "7"),
        (None, "BIGINT", "null"),
        (Decimal("100.5000"), "DECIMAL(18,4)", '"100.5"'),
    ],
)
def test_each_type_has_one_json_form(
    connection: duckdb.DuckDBPyConnection, value: object, sql_type: str, text: str
) -> None:
    assert one(connection, json_value(f"$v::{sql_type}", sql_type, numbers_as_text=False), v=value) == text


@pytest.mark.parametrize(
    ("start", "end", "period"),
    [
        (None, None, ""),
        ("2024-07-01", None, "2024-07-01"),
        ("2024-07-01", "2024-07-01", "2024-07-01"),
        ("2024-07-01", "2024-07-31", "2024-07-01/2024-07-31"),
        (None, "2024-07-31", "../2024-07-31"),
    ],
)
def test_a_period_is_iso(
    connection: duckdb.DuckDBPyConnection, start: str | None, end: str | None, period: str
) -> None:
    made = period_sql({"period_start": "DATE", "period_end": "DATE"})
    sql = f"{made} FROM (SELECT $s::DATE AS period_start, $e::DATE AS period_end)"
    assert one(connection, sql, s=start, e=end) == period
    assert period_sql({"qty": "BIGINT"}) == "''"


def test_titles_group_thousands_and_survive_what_is_unknown(connection: duckdb.DuckDBPyConnection) -> None:
    template = "{product}: {q:,} of {n:,}, {{braces}} and 'quotes'"
    columns = {"product": "VARCHAR", "q": "DECIMAL(18,4)", "n": "BIGINT"}
    sql = title_sql(template, columns, "en")
    source = "SELECT $p::VARCHAR AS product, $q::DECIMAL(18,4) AS q, $n::BIGINT AS n"
    told = one(connection, f"{sql} FROM ({source})", p="O'Brien", q=Decimal("-1234567.5"), n=12)
    assert told == "O'Brien: -1,234,567.5 of 12, {braces} and 'quotes'"
    told = one(connection, f"{sql} FROM ({source})", p=None, q=None, n=0)
    assert told == "unknown: unknown of 0, {braces} and 'quotes'"


def test_titles_write_numbers_and_dates_as_their_language_does(connection: duckdb.DuckDBPyConnection) -> None:
    template = "{day}: {q:,} de {plain}, {code}"
    columns = {"day": "DATE", "q": "DECIMAL(18,4)", "plain": "DECIMAL(18,4)", "code": "VARCHAR"}
    source = "SELECT DATE '2025-03-31' AS day, $q::DECIMAL(18,4) AS q, $q::DECIMAL(18,4) AS plain, 'A-1.5' AS code"
    english, spanish = (
        one(connection, f"{title_sql(template, columns, language)} FROM ({source})", q=Decimal("-1234567.5"))
        for language in ("en", "es")
    )
    assert english == "2025-03-31: -1,234,567.5 de -1234567.5, A-1.5"
    assert spanish == "31/03/2025: -1.234.567,5 de -1234567,5, A-1.5"
    nothing = one(connection, f"{title_sql('{q:,}', {'q': 'BIGINT'}, 'es')} FROM (SELECT NULL::BIGINT AS q)")
    assert nothing == "desconocido"


def test_a_text_that_is_a_number_is_written_as_one(connection: duckdb.DuckDBPyConnection) -> None:
    source = "SELECT '1234.50' AS usual, '8.0' AS whole, '1.2.3' AS version, NULL::VARCHAR AS nothing"
    columns: dict[str, str] = dict.fromkeys(("usual", "whole", "version", "nothing"), "VARCHAR")
    template = "{usual:,} {whole:,} {version:,} {usual} {nothing:,}"
    english, spanish = (
        one(connection, f"{title_sql(template, columns, language)} FROM ({source})") for language in ("en", "es")
    )
    assert english == "1,234.5 8 1.2.3 1234.50 unknown"
    assert spanish == "1.234,5 8 1.2.3 1234.50 desconocido"


def test_names_of_tables_and_columns_are_written_in_words(connection: duckdb.DuckDBPyConnection) -> None:
    source = "SELECT 'invoice_documents' AS book, 'unit_price, line_total' AS several, 'our_own' AS other, "
    source += "'product=A_1, ts=2025-01-01' AS ts"
    columns: dict[str, str] = dict.fromkeys(("book", "several", "other", "ts"), "VARCHAR")
    template = "{book:name}: {several:name}; {other:name}; {ts:name}"
    english, spanish = (
        one(connection, f"{title_sql(template, columns, language)} FROM ({source})") for language in ("en", "es")
    )
    assert english == "invoice documents: unit price, line total; our own; product A_1, date 2025-01-01"
    assert spanish == "facturas: precio unitario, total de la línea; our own; producto A_1, fecha 2025-01-01"


@pytest.mark.parametrize(
    ("days", "english", "spanish"),
    [
        ("1", "1 day before", "1 día antes"),
        ("2", "2 days before", "2 días antes"),
        ("0", "0 days before", "0 días antes"),
        ("-1", "-1 day before", "-1 día antes"),
        ("1.5", "1.5 days before", "1,5 días antes"),
        ("1000", "1,000 days before", "1.000 días antes"),
        (None, "unknown days before", "desconocido días antes"),
    ],
)
def test_a_word_agrees_with_its_number(
    days: str | None, english: str, spanish: str, connection: duckdb.DuckDBPyConnection
) -> None:
    for template, language, text in (
        ("{q:,} {q:day|days} before", "en", english),
        ("{q:,} {q:día|días} antes", "es", spanish),
    ):
        for sql_type in ["DECIMAL(18,4)", *(["BIGINT"] if days != "1.5" else [])]:
            sql = title_sql(template, {"q": sql_type}, language)
            assert one(connection, f"{sql} FROM (SELECT $q::{sql_type} AS q)", q=days) == text


@pytest.mark.parametrize(
    "template",
    [
        "{missing}",
        "{product!r}",
        "{product:>10}",
        "{q:.2f}",
        "{q:day|}",
        "{q:|days}",
        "{q:a|b|c}",
        "{product:day|days}",
    ],
)
def test_a_template_that_asks_for_more_is_refused(template: str) -> None:
    with pytest.raises(Invalid, match="RULE_TEMPLATE"):
        title_sql(template, {"product": "VARCHAR", "q": "DECIMAL(18,4)"}, "en")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.tuples(st.one_of(st.none(), TEXTS), st.one_of(st.none(), TEXTS)), min_size=2, max_size=2, unique=True)
)
def test_different_keys_never_read_alike(
    connection: duckdb.DuckDBPyConnection, keys: list[tuple[str | None, str | None]]
) -> None:
    made = [
        one(connection, f"{key_text(['a', 'b'])} FROM (SELECT $a::VARCHAR a, $b::VARCHAR b)", a=a, b=b) for a, b in keys
    ]
    assert made[0] != made[1]


def test_names_are_quoted(connection: duckdb.DuckDBPyConnection) -> None:
    assert one(connection, f"1 AS {quote('ab')}") == 1


def test_a_job_reads_its_own_files_and_nothing_else(tmp_path: Path) -> None:
    own, other = tmp_path / "own.parquet", tmp_path / "other.parquet"
    with duckdb.connect() as writer:
        for path in (own, other):
            writer.execute(f"COPY (SELECT 1 AS a) TO {literal(str(path))} (FORMAT parquet)")
    with open_duckdb([own], tmp_path / "scratch", 1, 1 << 28) as connection:
        assert one(connection, f"a FROM read_parquet({literal(str(own))})") == 1
        for statement in (
            f"FROM read_parquet({literal(str(other))})",
            "FROM read_text('/etc/hostname')",
            f"COPY (SELECT 2 AS a) TO {literal(str(own))} (FORMAT parquet)",
            f"COPY (SELECT 2 AS a) TO {literal(str(tmp_path / 'new.csv'))}",
            f"ATTACH {literal(str(tmp_path / 'x.db'))}",
            "INSTALL httpfs",
            "SET memory_limit = '100GB'",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
        assert one(connection, f"a FROM read_parquet({literal(str(own))})") == 1


def test_a_large_sort_spills_to_the_jobs_scratch(tmp_path: Path) -> None:
    with open_duckdb([], tmp_path / "scratch", 1, 64 << 20) as connection:
        connection.execute("CREATE TEMP TABLE t AS SELECT hash(i) AS h, i FROM range(4000000) AS r(i) ORDER BY h")
        assert list((tmp_path / "scratch").iterdir())
        assert one(connection, "count(*) FROM t") == 4_000_000
