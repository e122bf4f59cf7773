"""More of what own rules must not say: each is refused as what it is, wherever in a query it hides."""

import pytest

from .own_rules import SET, spoilt
from .test_user_rules import told

STATEMENTS = (
    *("CALL duckdb_tables()", "CALL pragma_version()", "EXPORT DATABASE 'stolen'", "IMPORT DATABASE 'stolen'"),
    *("LOAD 'evil.so'", "CHECKPOINT", "VACUUM", "DETACH memory", "USE memory", "EXPLAIN ANALYZE SELECT 1"),
    *("PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p", "CREATE TABLE t AS SELECT 1 AS x", "DROP TABLE sales"),
    *("CREATE VIEW sales AS SELECT 1 AS x", "CREATE SECRET (TYPE s3)", "CREATE FUNCTION f(x) AS repeat('x', x)"),
    *("INSERT INTO sales VALUES (1)", "UPDATE sales SET qty = 0", "DELETE FROM sales", "TRUNCATE sales"),
    *("ALTER TABLE sales RENAME TO s", "BEGIN TRANSACTION", "RESET memory_limit", "SET VARIABLE x = 1"),
    *("MERGE INTO sales USING sales AS s ON true WHEN MATCHED THEN DELETE", "COMMENT ON TABLE sales IS 'x'"),
)
CONSTRUCTS = (
    "WITH d AS (DELETE FROM sales RETURNING product) SELECT product FROM d",
    "WITH i AS (INSERT INTO sales VALUES (1) RETURNING *) SELECT 1 AS x",
    "SELECT t.x FROM sales AS s, LATERAL (SELECT content AS x FROM read_text(s.product)) AS t",
    "SELECT u.n FROM sales AS s, LATERAL unnest([1, 2]) AS u(n)",
    "SELECT u.n FROM sales AS s, LATERAL (SELECT n FROM generate_series(1, 60000000) AS g(n)) AS u",
    "SELECT (FROM read_text('/etc/passwd') SELECT content) AS x",
    "SELECT product FROM sales WHERE product IN (FROM read_text('/etc/passwd') SELECT content)",
    "SELECT product FROM sales WHERE EXISTS (SELECT 1 FROM read_csv('/etc/passwd'))",
    "SELECT product FROM sales UNION ALL SELECT content FROM read_text('/etc/passwd')",
    "SELECT 1 AS x WHERE 1 = (SELECT 1 FROM pragma_database_list())",
    "SELECT x FROM json_execute_serialized_sql('x') AS t(x)",
    *("SELECT product[1:2000000000] AS x FROM sales", "SELECT product COLLATE NOCASE AS x FROM sales"),
    *("FROM (UNPIVOT sales ON qty)", "UNPIVOT sales ON qty", "SELECT '/etc/passwd'::BLOB AS x"),
)
FUNCTIONS = (
    "SELECT product.repeat(2000000000) AS x FROM sales",
    "SELECT string_agg(product, repeat(',', 2000000000)) AS x FROM sales",
    "SELECT * REPLACE (repeat('x', 9) AS product) FROM sales",
    "SELECT product FROM sales LIMIT (SELECT len(range(9)))",
    "SELECT product FROM sales ORDER BY getenv('HOME')",
    "SELECT product FROM sales QUALIFY getenv('HOME') = 'x'",
    "SELECT product FROM sales GROUP BY GROUPING SETS ((getenv('HOME')))",
    "SELECT product FROM (VALUES (getenv('HOME'))) AS v(product)",
    "SELECT a.product FROM sales AS a JOIN sales AS b ON getenv('HOME') = b.product",
    "SELECT sum(qty) OVER (ORDER BY getenv('HOME')) AS x FROM sales",
    "SELECT count(*) FILTER (WHERE getenv('HOME') = 'x') AS x FROM sales",
    *("SELECT TRY(getenv('HOME')) AS x", "SELECT CASE WHEN getenv('HOME') = 'x' THEN 1 END AS x"),
    *("SELECT {'a': product, 'b': {'c': qty}} AS x FROM sales", "SELECT struct_pack(a := product) AS x FROM sales"),
    *("SELECT map([product], [qty]) AS x FROM sales", "SELECT list_reduce([1, 2], lambda a, b: a + b) AS x"),
    *("SELECT list_aggregate([1], 'sum') AS x", "SELECT list(product) AS x FROM sales"),
    *("SELECT array_agg(product) AS x FROM sales", "SELECT histogram(product) AS x FROM sales"),
    *("SELECT array_fill(1, 60000000) AS x", "SELECT bitstring('1', 2000000000) AS x"),
    *("SELECT string_split(product, '') AS x FROM sales", "SELECT regexp_extract_all(product, '.') AS x FROM sales"),
    *("SELECT getvariable('x') AS x", "SELECT nextval('s') AS x", "SELECT write_log('x') AS x"),
    *("SELECT error(product) AS x FROM sales", "SELECT sleep_ms(99999) AS x", "SELECT uuid() AS x"),
    *("SELECT json_execute_serialized_sql('x') AS x", "SELECT current_query() AS x", "SELECT version() AS x"),
    *("SELECT 1 << 62 AS x", "SELECT 2 ** 9999 AS x", "SELECT factorial(1000) AS x"),
)
TABLES = (
    *("FROM '/etc/passwd'", "SELECT product FROM sales SEMI JOIN '/etc/passwd' ON true"),
    *("SELECT x FROM VALUES (1) AS t(x), '/etc/passwd'", "SELECT product FROM sales, sales.product"),
)
CLEAN = "SELECT count(DISTINCT (product, day)) AS evaluated, 0 AS unknown FROM population"
CASES = [
    (sql, f"RULE_{kind}_REFUSED")
    for kind, texts in (
        ("STATEMENT", STATEMENTS),
        ("CONSTRUCT", CONSTRUCTS),
        ("FUNCTION", FUNCTIONS),
        ("TABLE", TABLES),
    )
    for sql in texts
]


@pytest.mark.parametrize(("sql", "reason"), CASES, ids=[sql[:40] for sql, _ in CASES])
def test_it_is_refused_where_it_stands(sql: str, reason: str) -> None:
    line, column, found = told(spoilt(SET, CLEAN, f"\n  {sql}"))
    first = SET[: SET.index(CLEAN)].count("\n") + 2
    assert (line, found) == (first, reason)
    assert 3 <= column <= 3 + len(sql)
