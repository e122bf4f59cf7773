"""What a job's DuckDB says of its tables is what DuckDB itself says, however it was asked."""

from pathlib import Path

import duckdb
import pytest
from perito_rules.duck import create_views, describe, open_duckdb, peek, read_schemas
from perito_rules.statements import execute, parsed

_EVERY_TYPE = (
    "SELECT 1::BIGINT AS a, 'x' AS b, 1.5::DECIMAL(18, 4) AS c, TIMESTAMP '2026-01-01' AS d, DATE '2026-01-01' AS e,"
    " true AS f, 1.0::DOUBLE AS g, [{'x': 1, 'y': ['z']}] AS h, {'k': 1, 'l': {'m': 2}} AS i, '{}'::JSON AS j,"
    " MAP {'a': [1]} AS k, 3::INTEGER AS l, 1::DECIMAL(38, 4) AS m"
)


def test_schemas_and_peeks_are_what_describe_says(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.parquet" for name in ("plain", "mixed", "empty")}
    with duckdb.connect() as writer:
        writer.execute(f"COPY (SELECT 1 AS one) TO '{files['plain']}'")
        writer.execute(f"COPY ({_EVERY_TYPE}) TO '{files['mixed']}'")
        writer.execute(f"COPY ({_EVERY_TYPE} WHERE false) TO '{files['empty']}'")
    with open_duckdb(files.values(), tmp_path / "scratch", 2, 1 << 28) as connection:
        told = {name: describe(connection, f"FROM read_parquet('{path}')") for name, path in files.items()}
        assert read_schemas(connection, files) == told
        connection.execute(f"CREATE TABLE kept AS {_EVERY_TYPE}")
        connection.execute(f"CREATE TABLE bare AS {_EVERY_TYPE} WHERE false")
        described = describe(connection, "SELECT * FROM kept")
        assert peek(connection, "kept") == (described, True)
        assert peek(connection, "bare") == (described, False)


@pytest.mark.parametrize(("rows", "form"), [(0, "VIEW"), (1, "BASE TABLE"), (2048, "BASE TABLE"), (2049, "VIEW")])
def test_a_small_table_is_loaded_and_an_empty_or_large_one_is_not(tmp_path: Path, rows: int, form: str) -> None:
    path = tmp_path / "suppliers.parquet"
    with duckdb.connect() as writer:
        writer.execute("CREATE TABLE made AS SELECT 'S-' || i AS supplier FROM range($1) AS r(i)", [rows])
        writer.execute(f"COPY made TO '{path}'")
    with open_duckdb([path], tmp_path / "scratch", 2, 1 << 28) as connection:
        schemas = read_schemas(connection, {"suppliers": path})
        create_views(connection, {"suppliers": {"name"}, "products": set()}, {"suppliers": path}, schemas)
        kinds = "SELECT table_name, table_type FROM information_schema.tables ORDER BY 1"
        assert connection.execute(kinds).fetchall() == [("products", "VIEW"), ("suppliers", form)]
        told = "SELECT count(*), min(supplier), max(supplier), count(name) FROM suppliers"
        names = sorted(f"S-{i}" for i in range(rows)) or [None]
        assert connection.execute(told).fetchall() == [(rows, names[0], names[-1], 0)]
        columns = [row[0] for row in connection.execute("DESCRIBE suppliers").fetchall()]
        assert columns == ["supplier", "name", "_file_id", "_record", "_line", "_duplicate_file", "_duplicate_record"]


def test_a_statement_parsed_once_is_bound_to_each_database_anew() -> None:
    for kind, value in (("INTEGER", 7), ("VARCHAR", "x")):
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE held (a {kind})")
            execute(connection, "INSERT INTO held VALUES ($value)", {"value": value})
            assert execute(connection, "SELECT a FROM held").fetchall() == [(value,)]
            assert parsed(connection, "SELECT a FROM held") is parsed(connection, "SELECT a FROM held")


def test_statements_that_do_not_come_again_make_room() -> None:
    with duckdb.connect() as connection:
        first = parsed(connection, "SELECT 'first of many'")
        for number in range(1000):
            parsed(connection, f"SELECT {number} AS another")
        assert parsed(connection, "SELECT 'first of many'") is not first
        with pytest.raises(duckdb.ParserException):
            execute(connection, "SELECT FROM WHERE")
