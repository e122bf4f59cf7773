"""An own rule that reads more than its tables, or makes much of little, is refused, with line and column."""

import itertools

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perito_kernel.rule_packs import MOST_TEXT_BYTES, RuleText
from perito_rules.loader import load_rules
from perito_rules.user_header import own_phase
from perito_rules.user_rules import Checked, check_text, check_texts
from perito_rules.user_sql import object_to

from .own_rules import ROW, SET, spoilt


def checked(text: str) -> Checked:
    return check_text(RuleText("u.sql", text))


def told(text: str) -> tuple[int, int, str]:
    """Place and reason of the first problem; there must be one, and it must say what to do."""
    one = checked(text)
    assert one.problems
    assert not one.accepted
    assert all(": " in problem.message for problem in one.problems)
    return one.problems[0].line, one.problems[0].column, one.problems[0].reason


def test_good_rules_of_both_kinds_are_accepted() -> None:
    row, many = checked(ROW), checked(SET)
    assert row.accepted, row.problems
    assert many.accepted, many.problems
    assert row.rule is not None
    assert many.rule is not None
    assert (own_phase(row.rule), own_phase(many.rule)) == ("consistency", "pattern")
    assert row.rule.title.es == "Vendido por menos del precio mínimo"
    assert many.rule.title.es == many.rule.title.en, "English stands where there is no Spanish"


HOSTILE = {
    "SELECT * FROM read_csv('/etc/passwd')": "RULE_CONSTRUCT_REFUSED",
    "SELECT content FROM read_text('/etc/passwd')": "RULE_CONSTRUCT_REFUSED",
    "SELECT x FROM '/etc/passwd'": "RULE_TABLE_REFUSED",
    'SELECT x FROM "/tmp/a.parquet"': "RULE_TABLE_REFUSED",
    "SELECT x FROM 'https://example.org/a.csv'": "RULE_TABLE_REFUSED",
    "ATTACH '/tmp/x.db'": "RULE_STATEMENT_REFUSED",
    "COPY sales TO 'stolen.csv'": "RULE_STATEMENT_REFUSED",
    "SELECT 1; COPY sales TO 'stolen.csv'": "RULE_SQL_INVALID|RULE_STATEMENT_REFUSED",
    "SELECT 1; SELECT 2": "RULE_STATEMENT_REFUSED",
    "PRAGMA database_list": "RULE_STATEMENT_REFUSED|RULE_CONSTRUCT_REFUSED",
    "SET memory_limit = '100GB'": "RULE_STATEMENT_REFUSED",
    "INSTALL httpfs": "RULE_STATEMENT_REFUSED",
    "SELECT x FROM query('SELECT 1 AS x')": "RULE_CONSTRUCT_REFUSED",
    "SELECT x FROM query_table('sales')": "RULE_CONSTRUCT_REFUSED",
    "SELECT len(range(60000000)) AS x": "RULE_FUNCTION_REFUSED",
    "SELECT x FROM range(60000000) AS t(x)": "RULE_CONSTRUCT_REFUSED",
    "SELECT repeat('x', 2000000000) AS x": "RULE_FUNCTION_REFUSED",
    "SELECT lpad('x', 2000000000, 'y') AS x": "RULE_FUNCTION_REFUSED",
    "SELECT format('{:2000000000}', 1) AS x": "RULE_FUNCTION_REFUSED",
    "SELECT printf('%2000000000d', 1) AS x": "RULE_FUNCTION_REFUSED",
    "SELECT getenv('HOME') AS x": "RULE_FUNCTION_REFUSED",
    "SELECT current_setting('threads') AS x": "RULE_FUNCTION_REFUSED",
    "SELECT main.getenv('HOME') AS x": "RULE_FUNCTION_REFUSED",
    "SELECT current_user AS x": "RULE_FUNCTION_REFUSED",
    "SELECT glob('/etc/*') AS x": "RULE_FUNCTION_REFUSED",
    "SELECT table_name FROM duckdb_tables()": "RULE_CONSTRUCT_REFUSED",
    "SELECT name FROM sqlite_master": "RULE_TABLE_REFUSED",
    "SELECT table_name FROM information_schema.tables": "RULE_TABLE_REFUSED",
    "SELECT product FROM main.sales": "RULE_TABLE_REFUSED",
    "SELECT fingerprint FROM _findings": "RULE_TABLE_REFUSED",
    "SELECT user FROM users": "RULE_TABLE_REFUSED",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r": "RULE_CONSTRUCT_REFUSED",
    "SELECT n FROM (SELECT n FROM q) AS t, (WITH q AS (SELECT 1 AS n) SELECT n FROM q) AS u": "RULE_TABLE_REFUSED",
    'WITH "a.csv" AS (SELECT 1 AS n) SELECT n FROM "a.csv"': "RULE_TABLE_REFUSED",
    "WITH sales AS (SELECT 1 AS n) SELECT n FROM sales": "RULE_TABLE_REFUSED",
    "SELECT list_transform([1], lambda x: x + 1) AS x": "RULE_CONSTRUCT_REFUSED|RULE_FUNCTION_REFUSED",
    "SELECT [x + 1 for x in [1, 2]] AS x": "RULE_FUNCTION_REFUSED|RULE_CONSTRUCT_REFUSED",
    "SELECT unnest([1, 2]) AS x": "RULE_FUNCTION_REFUSED",
    "SELECT COLUMNS('.*') FROM sales": "RULE_CONSTRUCT_REFUSED",
    "SELECT sum(COLUMNS(*)) FROM sales": "RULE_CONSTRUCT_REFUSED",
    "SELECT a.product FROM sales AS a POSITIONAL JOIN sales AS b": "RULE_CONSTRUCT_REFUSED",
    "SELECT product FROM sales TABLESAMPLE 10%": "RULE_CONSTRUCT_REFUSED|RULE_SQL_INVALID",
    "SELECT product FROM sales USING SAMPLE 3": "RULE_CONSTRUCT_REFUSED",
    "SELECT * FROM (PIVOT sales ON product IN ('A', 'B') USING sum(qty))": "RULE_CONSTRUCT_REFUSED",
    "PIVOT sales ON product USING sum(qty)": "RULE_STATEMENT_REFUSED",
    "SUMMARIZE sales": "RULE_CONSTRUCT_REFUSED",
    "SELECT * FROM (DESCRIBE sales)": "RULE_CONSTRUCT_REFUSED",
    "SHOW TABLES": "RULE_CONSTRUCT_REFUSED",
    "CREATE MACRO f(x) AS x": "RULE_STATEMENT_REFUSED",
    "SELECT CAST(product AS JSON) AS x FROM sales": "RULE_CONSTRUCT_REFUSED",
    "SELECT 'x'::BIT AS x FROM sales": "RULE_CONSTRUCT_REFUSED",
    "SELECT #1 FROM sales": "RULE_CONSTRUCT_REFUSED",
    "SELECT product FROM sales AT (VERSION => 1)": "RULE_TABLE_REFUSED",
    "SELECT now() AS x": "RULE_FUNCTION_REFUSED",
    "SELECT random() AS x": "RULE_FUNCTION_REFUSED",
    "SELECT " + "(" * 400 + "1" + ")" * 400 + " AS x": "RULE_TOO_COMPLEX",
    "SELECT " + "+".join(["1"] * 400) + " AS x": "RULE_TOO_COMPLEX",
    "SELECT " + ", ".join(["1"] * 6_000): "RULE_TOO_COMPLEX",
}


@pytest.mark.parametrize(("sql", "reason"), HOSTILE.items(), ids=[sql[:40] for sql in HOSTILE])
def test_hostile_sql_is_refused_in_every_section(sql: str, reason: str) -> None:
    clean = "SELECT count(DISTINCT (product, day)) AS evaluated, 0 AS unknown FROM population"
    line, column, found = told(spoilt(SET, clean, f"\n  {sql}"))
    assert found in reason.split("|")
    first = SET[: SET.index(clean)].count("\n") + 2
    assert (line, 3 <= column <= 3 + len(sql)) == (first, True)


def test_hostile_expressions_of_a_row_rule_are_refused() -> None:
    for escape in (
        "true) AS e, (unit_price < $least",
        "true) AS e FROM sales UNION ALL SELECT (true",
        "unit_price < (SELECT max(unit_price) FROM products)",
        "repeat(product, 1000000000) = 'x'",
        "product IN (SELECT content FROM read_text('/etc/passwd'))",
    ):
        line, _, reason = told(spoilt(ROW, "\nunit_price < $least\n", f"\n{escape}\n"))
        assert line == ROW.count("\n"), escape
        assert reason.endswith("_REFUSED"), escape
    for part, other in (
        ("where: qty > 0", "where: qty > 0 OR getenv('HOME') = 'x'"),
        ("impact: sum(qty * ($least - unit_price))", "impact: '1) AS impact FROM (SELECT 1'"),
        ("impact: sum(qty * ($least - unit_price))", "impact: length(repeat('x', 1000000000))"),
    ):
        text = spoilt(ROW, part, other)
        line, _, _ = told(text)
        assert text.split("\n")[line - 1].startswith(("where:", "select:")), other


@pytest.mark.parametrize(
    ("part", "other", "field"),
    [
        ("id: U-001", "id: C-006", "id"),
        ("id: U-001", "id: U-000", "id"),
        ("id: U-001", "id: U-12345", "id"),
        ("kind: row", "kind: function", "kind"),
        ("kind: row", "kind: metric", "kind"),
        ("severity: high", "severity: awful", "severity"),
        ("  sales: [product,", "  sales: [colour, product,", "needs"),
        ("  sales: [product,", "  secrets: [x]\n  sales: [product,", "needs"),
        ("identity: [product, location]", "identity: [product, 'x; DROP']", "identity"),
        ("values: [qty, unit_price]", "values: ['qty, 1 AS _line']", "values"),
        ("values: [qty, unit_price]", "explains: [C-006]", "explains"),
        ("values: [qty, unit_price]", "function: os:system", "function"),
        ("values: [qty, unit_price]", "each: keyed_table", "each"),
        ("values: [qty, unit_price]", "uses: [no_such_view]", "uses"),
        ("values: [qty, unit_price]", "phase: validation", "phase"),
        ("values: [qty, unit_price]", "needs: 3", "needs"),
        ("values: [qty, unit_price]", "words: [x]", "words"),
        ("values: [qty, unit_price]", "values: {a: b}", "values"),
        ('default: "1.00"', "default: 1e999999999", "parameters"),
        ('default: "1.00"', "default: x", "parameters"),
        ("remedy: Ask the shop who allowed it.", "remedy: ''", "remedy"),
    ],
)
def test_a_header_is_refused_where_its_field_stands(part: str, other: str, field: str) -> None:
    text = spoilt(ROW, part, other)
    line, _, _ = told(text)
    assert text.split("\n")[line - 1].startswith((f"{field}:", "/* ---")), (line, field)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "RULE_MALFORMED"),
        ("SELECT 1", "RULE_MALFORMED"),
        ("/* ---\n[1\n--- */\nx", "RULE_MALFORMED"),
        ("/* ---\n- 1\n--- */\nx", "RULE_MALFORMED"),
        ("/* ---\nid: U-001\n--- */\nx", "RULE_MALFORMED"),
        ("/* ---\na: &a [x]\nb: *a\n--- */\nx", "RULE_MALFORMED"),
        ("/* ---\nid: " + "9" * 5_000 + "\n--- */\nx", "RULE_MALFORMED"),
        ("/* ---\nid: " + "[" * 3_000 + "\n--- */\nx", "RULE_MALFORMED|RULE_TOO_COMPLEX"),
        ("/*" + "\n" * 60_000 + "---", "RULE_MALFORMED"),
        (ROW + "\x00", "RULE_MALFORMED"),
        (ROW + "é" * (MOST_TEXT_BYTES // 2), "RULE_TEXT_TOO_LONG"),
    ],
)
def test_what_is_no_rule_is_refused_and_never_breaks_the_check(text: str, reason: str) -> None:
    assert told(text)[2] in reason.split("|")


def test_what_would_not_run_is_refused_with_what_lacks() -> None:
    for part, other, word in (
        ("p.qty AS value_qty", "p.colour AS value_colour", "colour"),
        ("'line' AS role, ", "", "role"),
        ("{lines:,} lines", "{pieces:,} lines", "pieces"),
        ("identity: [product, day]", "identity: [product, week]", "week"),
        ("impact: none, because it is a hint", "impact: column", "impact"),
        ("count(*) AS lines", "count(*) + product AS lines", "BIGINT, VARCHAR"),
        ("count(*) AS row_count", 'count(*) AS row_count, 1 AS "a""b"', "plain name"),
        ("count(*) AS row_count", "count(*) AS row_count, min('x\"y')", "plain name"),
        ("p.qty AS value_qty", 'p.qty AS "value_q""ty"', "plain name"),
    ):
        one = checked(spoilt(SET, part, other))
        assert [problem.reason for problem in one.problems] == ["RULE_DOES_NOT_RUN"], (other, one.problems)
        assert word in one.problems[0].message


def test_what_depends_on_chance_or_shows_people_is_refused() -> None:
    people = spoilt(SET, "sales: [product, ts, qty]", "sales: [product, ts, qty]\n  customers: [customer, name]")
    for text in (
        spoilt(SET, "count(*) AS lines", "avg(qty) AS lines"),
        spoilt(SET, "count(*) AS lines", "first(qty) AS lines"),
        spoilt(people, "p.qty AS value_qty", "(SELECT min(c.name) FROM customers AS c) AS value_name"),
    ):
        assert told(text)[2] == "RULE_NOT_REPRODUCIBLE"


def test_two_rules_of_one_id_are_told_apart_whatever_their_order() -> None:
    texts = [RuleText("a.sql", ROW), RuleText("b.sql", ROW), RuleText("c.sql", SET)]
    for order in itertools.permutations(texts):
        found = check_texts(order)
        refused = [one.name for one in found if one.problems]
        later = [text.name for text in order if text.text == ROW][1]
        assert refused == [later]
        assert "U-001" in next(one for one in found if one.problems).problems[0].message


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 20), st.text(st.sampled_from("aé漢 ;'\"("), max_size=20))
def test_a_problem_moves_with_the_lines_above_it(lines: int, words: str) -> None:
    clean = "FROM population GROUP BY product, day HAVING count(*) > $most"
    spoiled = spoilt(SET, clean, "FROM population GROUP BY product, day HAVING glob('x') = 'y'")
    line, column, reason = told(spoiled)
    remarks = "".join(f"-- {words}\n" for _ in range(lines))
    moved = spoilt(spoiled, "FROM population GROUP", f"{remarks}FROM population GROUP")
    assert told(moved) == (line + lines, column, reason)
    shown = moved.split("\n")[line + lines - 1]
    assert shown[column - 1 :].startswith("glob")


def test_most_rules_of_the_catalogue_would_be_accepted_as_sql() -> None:
    """The lists are wide enough for work: what Perito's own rules of these kinds are made of is mostly on them."""
    total = accepted = 0
    with duckdb.connect() as connection:
        for view in load_rules("perito_rules.shared"):
            names = frozenset((*view.needs, *view.optional, *view.uses))
            total += 1
            accepted += not object_to(connection, view.sections["view"].sql, names)
    assert accepted >= 0.6 * total, (accepted, total)
