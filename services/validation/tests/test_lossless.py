"""Nothing is lost between a file and its tables, and a parser that loses something stops the run."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Exhausted, Internal, Invalid, PeritoError
from perito_kernel.phases import InputFile
from perito_validation import csv_reader
from perito_validation.reader import read_files
from perito_validation.sniff import Dialect

from .desk import HEAD, examine, one_table, read, silent

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t"), max_size=8)
MAPPING = one_table("p.csv", "products", "{product: a, name: b, brand: c}")
PROPERTY = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(rows: list[tuple[str, str, str]], delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    return text.getvalue()


def blank_as_none(row: tuple[str, str, str]) -> tuple[str | None, ...]:
    return tuple(cell if cell.strip(" \t\u00a0") else None for cell in row)


@PROPERTY
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=12), delimiter=st.sampled_from(",;\t|"))
def test_every_cell_is_read_back_as_it_was_written(
    tmp_path: Path, rows: list[tuple[str, str, str]], delimiter: str
) -> None:
    kept = [row for row in rows if any(row)] if delimiter == "\t" else rows
    books = read(tmp_path, {"p.csv": written(kept, delimiter)}, MAPPING)
    got = books.ask("SELECT product, name, brand FROM products ORDER BY _record")
    assert got == [blank_as_none(row) for row in kept]
    assert books.column("SELECT _line FROM products ORDER BY _record") == list(range(2, len(kept) + 2))
    assert books.ask("SELECT records, rejected_records, blank_lines FROM files") == [(len(kept), 0, 0)]


@PROPERTY
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT).filter(any), min_size=1, max_size=12), data=st.data())
def test_two_files_are_the_same_table_as_one(
    tmp_path: Path, rows: list[tuple[str, str, str]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(rows)))
    half = "        columns: {product: a, name: b, brand: c}\n"
    mapping = MAPPING + f"  q.csv:\n    tables:\n      products:\n{half}"
    one = read(tmp_path / "one", {"p.csv": written(rows)}, MAPPING)
    two = read(tmp_path / "two", {"p.csv": written(rows[:cut]), "q.csv": written(rows[cut:])}, mapping)
    sql = "SELECT product, name, brand, _duplicate_record IS NULL FROM products ORDER BY _file_id, _record"
    assert one.ask(sql) == two.ask(sql)


@pytest.fixture(params=["after the prescan", "beside it"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file is parsed when it is proven, a large one while it is."""
    if request.param == "beside it":
        monkeypatch.setattr(csv_reader, "LARGE", 0)


@pytest.mark.usefixtures("either_way")
def test_irregular_lines_are_cut_and_the_rest_keeps_its_numbers(tmp_path: Path) -> None:
    text = 'a,b,c\nA,x,1\n\nB,y\nC,"z, z",3\n"D,w,4\nE,v,5\n'
    books = read(tmp_path, {"p.csv": text}, MAPPING)
    assert books.ask("SELECT product, _record, _line FROM products ORDER BY 2") == [
        ("A", 1, 2),
        ("C", 3, 5),
        ("E", 5, 7),
    ]
    assert books.ask("SELECT record, line, reason, raw FROM rejected_records ORDER BY 1") == [
        (2, 4, "ragged", "B,y"),
        (4, 6, "unclosed_quote", '"D,w,4'),
    ]
    assert books.ask("SELECT records, rejected_records, blank_lines FROM files") == [(5, 2, 1)]


@pytest.mark.usefixtures("either_way")
def test_one_unclosed_quote_costs_one_record_not_the_rest_of_the_file(tmp_path: Path) -> None:
    lines = [f"P{i},name {i},x" for i in range(20_000)]
    lines[7_000] = 'P7000,"name,x'
    books = read(tmp_path, {"p.csv": "a,b,c\n" + "\n".join(lines)}, MAPPING)
    assert books.column("SELECT count(*) FROM products") == [19_999]
    assert books.ask("SELECT record, line FROM rejected_records") == [(7_001, 7_002)]
    assert books.ask("SELECT product FROM products WHERE _line = 7003") == [("P7001",)]


@pytest.mark.usefixtures("either_way")
def test_a_parser_that_loses_a_row_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = csv_reader.csv_sql

    def losing(path: Path, dialect: Dialect) -> str:
        return f"(SELECT * FROM {real(path, dialect)} WHERE c0 <> 'B')"

    monkeypatch.setattr(csv_reader, "csv_sql", losing)
    with pytest.raises(Internal) as caught:
        read(tmp_path, {"p.csv": "a,b,c\nA,x,1\nB,y,2\n"}, MAPPING)
    assert caught.value.reason == "INTAKE_NOT_CONSERVED"
    assert "p.csv" in caught.value.message


def test_a_stray_quote_in_a_large_file_leaves_nothing_of_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"P{i},name {i},x" for i in range(2_000)]
    lines[1_500] = 'P1500,a 12" pipe,x'
    monkeypatch.setattr(csv_reader, "LARGE", 0)
    books = read(tmp_path, {"p.csv": "a,b,c\n" + "\n".join(lines)}, MAPPING)
    assert books.ask("SELECT reader, records, rejected_records FROM files") == [("careful", 2_000, 0)]
    assert books.ask("SELECT name FROM products WHERE product = 'P1500'") == [('a 12" pipe',)]


def test_what_only_the_careful_reader_can_read_leaves_nothing_of_the_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"P{i},name {i},x" for i in range(20_000)]
    lines[15_000] = 'P15000,"name\nof two lines",x'
    lines[16_000] = 'P16000,"name\nof two lines",x'
    monkeypatch.setattr(csv_reader, "LARGE", 0)
    books = read(tmp_path, {"p.csv": "a,b,c\n" + "\n".join(lines)}, MAPPING)
    assert books.ask("SELECT reader, records, rejected_records FROM files") == [("careful", 20_000, 0)]
    assert books.ask("SELECT product, name, _line FROM products WHERE _record = 16001") == [
        ("P16000", "name\nof two lines", 16_003)
    ]


@pytest.mark.usefixtures("either_way")
def test_a_parser_that_changes_the_order_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = csv_reader.csv_sql

    def turning(path: Path, dialect: Dialect) -> str:
        return f"(SELECT * FROM {real(path, dialect)} ORDER BY c0 DESC)"

    monkeypatch.setattr(csv_reader, "csv_sql", turning)
    with pytest.raises(Internal, match="INTAKE_NOT_CONSERVED"):
        read(tmp_path, {"p.csv": "a,b,c\nA,x,1\nB,y,2\n"}, MAPPING)


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize(
    ("sql", "error", "reason"),
    [
        ("(SELECT error('boom') AS c0)", Internal, "INTAKE_NOT_CONSERVED"),
        (
            "(SELECT repeat(chr(65 + i::INTEGER), 90000000) AS c0 FROM range(20) AS r(i))",
            Exhausted,
            "COMPUTE_MEMORY_EXCEEDED",
        ),
    ],
)
def test_a_parser_that_stops_is_told_by_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str, error: type[PeritoError], reason: str
) -> None:
    def stopping(_path: Path, _dialect: Dialect) -> str:
        return sql

    monkeypatch.setattr(csv_reader, "csv_sql", stopping)
    with pytest.raises(error) as caught:
        read(tmp_path, {"p.csv": "a,b,c\nA,x,1\n"}, MAPPING)
    assert caught.value.reason == reason
    assert "boom" not in caught.value.message


def test_a_file_that_is_not_the_uploaded_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("a,b\n1,2\n")
    with duckdb.connect() as con, pytest.raises(Invalid, match="DATASET_CORRUPT"):
        read_files(con, [InputFile("p.csv", str(path), "0" * 64, 8)], None, tmp_path, silent)


def test_parquet_is_read_like_text(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "a": ["A", "B", None],
        "price": pa.array([Decimal("1.50"), None, Decimal(-2)], pa.decimal128(10, 2)),
        "packs": [12, 24, 36],
    }
    with duckdb.connect() as con:
        con.register("made", pa.Table.from_pydict(columns))
        con.execute(f"COPY made TO '{tmp_path / 'p.parquet'}' (FORMAT parquet)")
    mapping = one_table("p.parquet", "products", "{product: a, unit_price: price, units_per_pack: packs}")
    books = read(tmp_path, {"p.parquet": tmp_path / "p.parquet"}, mapping)
    assert books.ask("SELECT product, unit_price, units_per_pack, _record, _line FROM products ORDER BY _record") == [
        ("A", Decimal("1.5"), Decimal(12), 1, 1),
        ("B", None, Decimal(24), 2, 2),
        (None, Decimal(-2), Decimal(36), 3, 3),
    ]
    assert books.ask("SELECT reader, records FROM files") == [("parquet", 3)]


@pytest.mark.parametrize(
    ("made", "reason", "details"),
    [
        (
            "SELECT 'a' || chr(0) AS a UNION ALL SELECT 'b'",
            "INTAKE_NUL",
            {"file": "p.parquet", "row": 1, "column": "a"},
        ),
        ("SELECT ['x'] AS a", "INTAKE_COLUMN_TYPE", {"file": "p.parquet", "column": "a"}),
        ("SELECT {'x': 1} AS a", "INTAKE_COLUMN_TYPE", {"file": "p.parquet", "column": "a"}),
        ("SELECT 'x'::BLOB AS a", "INTAKE_COLUMN_TYPE", {"file": "p.parquet", "column": "a"}),
    ],
)
def test_what_is_no_cell_in_parquet_is_refused(
    tmp_path: Path, made: str, reason: str, details: dict[str, str | int]
) -> None:
    with duckdb.connect() as con:
        con.execute(f"COPY ({made}) TO '{tmp_path / 'p.parquet'}' (FORMAT parquet)")
    with pytest.raises(Invalid) as caught:
        read(tmp_path, {"p.parquet": tmp_path / "p.parquet"}, one_table("p.parquet", "products", "{product: a}"))
    assert (caught.value.reason, caught.value.details) == (reason, details)


def test_a_nested_column_that_nobody_maps_does_no_harm(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT 'p' AS a, [1] AS b) TO '{tmp_path / 'p.parquet'}' (FORMAT parquet)")
    mapping = one_table("p.parquet", "products", "{product: a}")
    assert read(tmp_path, {"p.parquet": tmp_path / "p.parquet"}, mapping).ask("SELECT product FROM products") == [
        ("p",)
    ]


def test_a_very_long_cell_is_read_whole(tmp_path: Path) -> None:
    text = "x" * 200_000
    mapping = one_table("p.csv", "products", "{product: a, name: b}")
    books = read(tmp_path, {"p.csv": f"a,b\np,{text}\nq,y\n"}, mapping)
    assert books.ask("SELECT name FROM products ORDER BY product") == [(text,), ("y",)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("%d/%m/%Y", "%Q", "no date format"),
        ("%d/%m/%Y", "%", "no date format"),
        ("timezone: UTC", "timezone: posixrules", "no time zone"),
        ("column: units_per_pack", "column: name", "is no number"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_in_words(tmp_path: Path, old: str, new: str, says: str) -> None:
    products = "{product: a, name: b, units_per_pack: c, launched: {column: d, format: '%d/%m/%Y'}}"
    factors = "{BOX: {table: products, column: units_per_pack, key: product}}"
    sales = f"{{product: a, qty: {{column: b, unit: {{column: c, factors: {factors}}}}}}}"
    both = one_table("p.csv", "products", products) + one_table("s.csv", "sales", sales).removeprefix(HEAD)
    files: dict[str, str | bytes | Path] = {"p.csv": "a,b,c,d\np,n,2,01/02/2024\n", "s.csv": "a,b,c\np,1,BOX\n"}
    assert read(tmp_path / "well", files, both).ask("SELECT qty FROM sales") == [(2,)]
    with pytest.raises(Invalid, match=says):
        read(tmp_path / "ill", files, both.replace(old, new))


def test_a_folder_with_a_quote_in_its_name_is_a_folder(tmp_path: Path) -> None:
    done = examine(tmp_path / "O'Brien", {"p.csv": "a\nA\nA\n"}, one_table("p.csv", "products", "{product: a}"))
    assert [finding["row_count"] for finding in done.of("V-010")] == [1]


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    mapping = one_table("p.parquet", "products", "{product: a}")
    with pytest.raises(Invalid, match="INTAKE_FORMAT"):
        read(tmp_path, {"p.parquet": b"PAR1 but not really"}, mapping)
