"""Each construct that could give another answer on another run is refused, and its clean neighbour is not."""

import pytest
from perito_kernel.errors import Invalid
from perito_rules.lint_query import Complaint
from perito_rules.linter import check_rules, lint
from perito_rules.loader import load_rules, parse_rule
from perito_rules.model import Rule

SET = """/* ---
id: C-901
version: 1
kind: set
title: {{en: T, es: T}}
severity: low
grain: key
identity: [product]
needs: {{movements: [product, location, qty, ts, unit_cost, type], products: [product, category, unit_cost]}}
{more}
impact: none, because test
texts: {{finding: {{en: t, es: t}}}}
explanation: {{en: t, es: t}}
remedy: {{en: t, es: t}}
source: test
--- */
-- section: violations
{sql}
-- section: evaluated
SELECT count(*) AS evaluated FROM movements
-- section: evidence
SELECT product, 'row' AS role, 'movements' AS table_name, _file_id, _record, _line FROM movements
"""


def set_rule(sql: str, more: str = "") -> Rule:
    return parse_rule(SET.format(sql=sql, more=more), "C-901.sql")


def complaints(sql: str, more: str = "") -> list[Complaint]:
    return lint(set_rule(sql, more))


REFUSED = [
    # floating point in aggregates
    "SELECT sum(qty::DOUBLE)::DECIMAL(18,4) AS x FROM movements",
    "SELECT sum(qty::FLOAT)::DECIMAL(18,4) AS x FROM movements",
    "SELECT sum(CAST(qty AS REAL))::DECIMAL(18,4) AS x FROM movements",
    "SELECT sum(qty / 2)::DECIMAL(18,4) AS x FROM movements",
    "SELECT sum(qty * 1e3)::DECIMAL(18,4) AS x FROM movements",
    "SELECT max(sqrt(qty))::DECIMAL(18,4) AS x FROM movements",
    "SELECT sum(CASE WHEN qty > 0 THEN qty / 2 END)::DECIMAL(18,4) AS x FROM movements",
    "SELECT (sum(qty / 2) OVER (PARTITION BY product))::DECIMAL(18,4) AS x FROM movements",
    "SELECT avg(qty)::DECIMAL(18,4) AS x FROM movements",
    "SELECT stddev(qty)::DECIMAL(18,4) AS x FROM movements",
    "SELECT corr(qty, unit_cost)::DECIMAL(18,4) AS x FROM movements",
    "SELECT regr_slope(qty, unit_cost)::DECIMAL(18,4) AS x FROM movements",
    # floating point that leaves its SELECT, where an aggregate could take it up
    "SELECT sum(h)::DECIMAL(18,4) AS x FROM (SELECT qty / 2 AS h FROM movements)",
    "SELECT product, qty / 2 AS x FROM movements",
    "SELECT median(qty) AS x FROM movements",
    "SELECT product, jaro_winkler_similarity(product, location) AS x FROM movements",
    # the order of rows
    "SELECT first(qty) AS x FROM movements",
    "SELECT first(qty ORDER BY ts) AS x FROM movements",
    "SELECT last(qty) AS x FROM movements",
    "SELECT any_value(qty) AS x FROM movements",
    "SELECT mode(qty) AS x FROM movements",
    "SELECT arg_min(qty, ts) AS x FROM movements",
    "SELECT arg_max(qty, ts) AS x FROM movements",
    "SELECT max_by(qty, ts) AS x FROM movements",
    "SELECT list(qty) AS x FROM movements",
    "SELECT array_agg(qty ORDER BY ts) AS x FROM movements",
    "SELECT string_agg(product, ',') AS x FROM movements",
    "SELECT string_agg(product, ',' ORDER BY ts) AS x FROM movements",
    "SELECT row_number() OVER (ORDER BY ts) AS x FROM movements",
    "SELECT row_number() OVER () AS x FROM movements",
    "SELECT row_number() OVER (PARTITION BY product ORDER BY ts, location) AS x FROM movements",
    "SELECT lag(qty) OVER (ORDER BY ts) AS x FROM movements",
    "SELECT first_value(qty) OVER (ORDER BY ts) AS x FROM movements",
    "SELECT lag(qty) OVER w AS x FROM movements WINDOW w AS (ORDER BY ts)",
    "SELECT sum(qty) OVER (ORDER BY ts ROWS UNBOUNDED PRECEDING) AS x FROM movements",
    "SELECT product FROM movements LIMIT 5",
    "SELECT product FROM movements ORDER BY ts LIMIT 5",
    "SELECT DISTINCT ON (product) product, qty FROM movements ORDER BY product, ts",
    """SELECT product FROM (SELECT product, qty FROM movements UNION ALL SELECT product, 0 FROM products)
       ORDER BY product, qty LIMIT 3""",
    """SELECT m.product, row_number() OVER (ORDER BY m._file_id, m._record) AS x FROM movements AS m
       JOIN products AS p ON p.product = m.product""",
    """SELECT product, row_number() OVER (ORDER BY q) AS x
       FROM (SELECT product, sum(qty) AS q FROM movements GROUP BY 1)""",
    "SELECT product FROM movements UNION ALL SELECT product FROM products ORDER BY product LIMIT 3",
    "(SELECT product FROM movements) LIMIT 3",
    """SELECT m.product, p.unit_cost AS x FROM movements AS m
       ASOF JOIN products AS p ON p.product = m.product AND p.unit_cost <= m.unit_cost""",
    "SELECT m.product FROM movements AS m POSITIONAL JOIN products AS p",
    # approximations, chance, the clock
    "SELECT approx_count_distinct(product) AS x FROM movements",
    "SELECT approx_quantile(qty, 0.5) AS x FROM movements",
    "SELECT product FROM movements WHERE random() < 0.5",
    "SELECT uuid() AS x FROM movements",
    "SELECT product FROM movements WHERE ts < now()",
    "SELECT product FROM movements WHERE ts < current_date",
    "SELECT product FROM movements WHERE ts < today()",
    "SELECT product FROM movements WHERE ts < current_timestamp",
    "SELECT product FROM movements TABLESAMPLE 10%",
    "SELECT product FROM movements USING SAMPLE 3 ROWS",
    # what is not a canonical table
    "SELECT * FROM read_parquet('x.parquet')",
    "SELECT * FROM read_csv('x.csv')",
    "SELECT * FROM 'x.parquet'",
    "SELECT name AS product FROM duckdb_settings()",
    "SELECT table_name AS product FROM information_schema.tables",
    "SELECT product FROM sales",
    # unknown functions, other statements
    "SELECT some_new_function(qty) AS x FROM movements",
    "DROP TABLE movements",
    "SELECT 1 AS product; SELECT 2 AS product",
    "SELECT FROM WHERE",
    # a column that the header keeps quiet about
    "SELECT product, lot FROM movements",
    # columns that are meant and not named
    "SELECT * FROM movements",
    "SELECT * EXCLUDE (lot) FROM movements",
    "SELECT m.* FROM movements AS m",
    "SELECT COLUMNS('qty.*') FROM movements",
    "SELECT m.product, to_json(m)::VARCHAR AS x FROM movements AS m",
    "SELECT product FROM (SELECT DISTINCT * FROM movements)",
    "SELECT qty FROM movements NATURAL JOIN products",
]
ACCEPTED = [
    "SELECT product, jaro_winkler_similarity(product, location)::DECIMAL(9, 6) AS x FROM movements",
    "SELECT product, bit_count(bit_or(1::BIGINT << hour(ts))) AS x FROM movements GROUP BY product",
    "SELECT sum(qty) AS x, sum(try(qty::DECIMAL(38,4) * unit_cost)) AS y FROM movements",
    "SELECT ratio(sum(qty), count(*)) AS x FROM movements",
    "SELECT (qty / 2)::DECIMAL(18,4) AS x FROM movements WHERE qty / unit_cost > 0.5",
    "SELECT sum(h) AS x FROM (SELECT (qty / 2)::DECIMAL(18,4) AS h FROM movements)",
    "SELECT count(*) FILTER (qty / 2 > 1) AS x FROM movements",
    "SELECT median(qty)::DECIMAL(18,4) AS x, quantile_disc(qty, 0.5) AS y FROM movements",
    "SELECT first(qty ORDER BY ts, _file_id, _record) AS x FROM movements",
    "SELECT arg_max(qty, ts ORDER BY _file_id, _record) AS x FROM movements",
    "SELECT list(DISTINCT product ORDER BY product) AS x FROM movements",
    "SELECT string_agg(product, ',' ORDER BY product) AS x FROM movements",
    "SELECT row_number() OVER (PARTITION BY product ORDER BY ts, _file_id, _record) AS x FROM movements",
    "SELECT rank() OVER (ORDER BY ts) AS x FROM movements",
    "SELECT sum(qty) OVER (PARTITION BY product ORDER BY ts) AS x FROM movements",
    "SELECT lag(qty) OVER w AS x FROM movements WINDOW w AS (PARTITION BY product ORDER BY ts, _file_id, _record)",
    "SELECT product FROM movements ORDER BY ts, _file_id, _record LIMIT 5",
    "SELECT product, sum(qty) AS q FROM movements GROUP BY product ORDER BY q DESC, product LIMIT 3",
    """SELECT product, row_number() OVER (ORDER BY q, product) AS x
       FROM (SELECT product, sum(qty) AS q FROM movements GROUP BY 1)""",
    """WITH days AS (SELECT product, location, sum(qty) AS q FROM movements GROUP BY ALL)
       SELECT product, lag(q) OVER (PARTITION BY product ORDER BY location) AS x FROM days""",
    "SELECT DISTINCT ON (product) product, qty FROM movements ORDER BY product, ts, _file_id, _record",
    """SELECT m.product, row_number() OVER (ORDER BY m._file_id, m._record) AS x FROM movements AS m
       SEMI JOIN products AS p ON p.product = m.product""",
    """SELECT m.product, row_number() OVER (ORDER BY m._file_id, m._record) AS x FROM movements AS m
       LEFT JOIN (SELECT product, min(category) AS c FROM products GROUP BY product) AS p ON p.product = m.product""",
    """SELECT m.product, p.x FROM movements AS m
       ASOF JOIN (SELECT product, unit_cost, count(*) AS x FROM products GROUP BY ALL) AS p
       ON p.product = m.product AND p.unit_cost <= m.unit_cost""",
    """WITH one AS (SELECT EXISTS (SELECT 1 FROM products) AS flag),
       days AS (SELECT m.product, one.flag, sum(m.qty) AS q FROM movements AS m CROSS JOIN one GROUP BY ALL)
       SELECT product, row_number() OVER (ORDER BY product) AS x FROM days""",
    "SELECT product FROM movements WHERE product IN (SELECT product FROM products WHERE category = 'A')",
    "SELECT d::DATE AS x FROM generate_series(DATE '2024-01-01', DATE '2024-02-01', INTERVAL 1 DAY) AS s(d)",
    "SELECT x.* FROM (SELECT product, qty FROM movements) AS x",
    "SELECT h.* FROM movements AS m JOIN (SELECT product FROM products) AS h ON h.product = m.product",
    "WITH held AS (SELECT product, qty FROM movements) SELECT *, qty + 1 AS x FROM held",
    "SELECT product.product FROM movements AS product WHERE product = 'A'",
    "SELECT product FROM movements WHERE ts_date - DATE '2024-01-01' > 3 AND qty_source IS NULL",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_a_forbidden_construct_is_refused(sql: str) -> None:
    assert complaints(sql)


@pytest.mark.parametrize("sql", ACCEPTED)
def test_its_clean_neighbour_is_not(sql: str) -> None:
    assert complaints(sql) == []


def test_the_error_names_rule_line_construct_and_remedy() -> None:
    rule = set_rule("SELECT product,\n       sum(qty) AS q,\n       now() AS t\nFROM movements GROUP BY product")
    with pytest.raises(Invalid) as caught:
        check_rules([rule])
    line = SET.splitlines().index("{sql}") + 3
    assert caught.value.details == {"rule": "C-901", "file": "C-901.sql", "line": line, "construct": "now"}
    assert "a rule must not know the time" in caught.value.message


UNION = """WITH both_ways AS (
    SELECT product, qty, 0 AS way, _file_id, _record FROM movements
    UNION ALL SELECT product, 0, 1, _file_id, _record FROM products
)
SELECT product, lag(qty) OVER (PARTITION BY product ORDER BY way, _file_id, _record) AS x FROM both_ways"""


def test_a_key_that_cannot_be_worked_out_may_be_named_by_the_header() -> None:
    assert complaints(UNION)
    assert complaints(UNION, "unique: {both_ways: [way, _file_id, _record]}") == []


def test_population_and_violations_may_be_read_by_later_sections() -> None:
    text = SET.format(sql="SELECT product, sum(qty) AS q FROM population GROUP BY product", more="")
    population = "-- section: population\nSELECT product, qty FROM movements\n"
    assert (
        lint(parse_rule(text.replace("-- section: violations", population + "-- section: violations"), "x.sql")) == []
    )


def test_a_row_rule_is_read_as_the_scan_uses_it() -> None:
    head = SET.split("--- */", maxsplit=1)[0].format(sql="", more="table: movements").replace("kind: set", "kind: row")
    assert lint(parse_rule(head + "--- */\nqty < 0 AND type = 'sale'", "x.sql")) == []
    assert lint(parse_rule(head + "--- */\nts < now()", "x.sql"))
    assert lint(parse_rule(head.replace("impact:", "select: {a: sum(qty / 2)}\nimpact:") + "--- */\nqty < 0", "x.sql"))


def test_a_function_gets_its_input_in_an_order_without_ties() -> None:
    head = (
        SET.split("--- */", maxsplit=1)[0].format(sql="", more="function: a.b:c").replace("kind: set", "kind: function")
    )
    evidence = "-- section: evidence\nSELECT product FROM movements"
    query = "--- */\n-- section: input\nSELECT product, sum(qty) AS q FROM movements GROUP BY product "
    assert lint(parse_rule(f"{head}{query}ORDER BY product\n{evidence}", "x.sql")) == []
    assert lint(parse_rule(f"{head}{query}ORDER BY q\n{evidence}", "x.sql"))
    assert lint(parse_rule(f"{head}{query}\n{evidence}", "x.sql"))


def test_the_shared_views_are_clean() -> None:
    check_rules(load_rules("perito_rules.shared"))


@pytest.mark.parametrize("needs", ["optional: {movments: [qty]}", "optional: {sales: [quantity]}"])
def test_needs_are_those_of_the_canonical_tables(needs: str) -> None:
    assert complaints("SELECT product FROM movements", needs)
    assert complaints("SELECT product FROM movements", "optional: {sales: [qty, ts_date]}") == []
