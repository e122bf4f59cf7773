"""No rule shows a name or an address: the linter refuses it, and leaves keys and comparisons alone."""

import pytest
from perito_rules.linter import lint
from perito_rules.loader import parse_rule

RULE = """/* ---
id: P-901
version: 1
kind: set
title: {{en: T, es: T}}
severity: low
grain: key
identity: [customer]
needs: {{sales: [customer, user], customers: [customer, name, address, phone], products: [product, name]}}
impact: none, because test
texts: {{finding: {{en: t, es: t}}}}
explanation: {{en: t, es: t}}
remedy: {{en: t, es: t}}
source: test
--- */
-- section: violations
{sql}
-- section: evaluated
SELECT count(*) AS evaluated FROM sales
-- section: evidence
SELECT c.customer, 'row' AS role, 'customers' AS table_name, c._file_id, c._record, c._line{shown} FROM customers AS c
"""
PLAIN = "SELECT customer, count(*) AS row_count FROM customers GROUP BY customer"
ROW = """/* ---
id: V-901
version: 1
kind: row
title: {{en: T, es: T}}
severity: low
grain: key
identity: [customer]
table: customers
needs: {{customers: [customer, name, phone]}}
values: [{values}]
impact: none, because test
texts: {{finding: {{en: t, es: t}}}}
explanation: {{en: t, es: t}}
remedy: {{en: t, es: t}}
source: test
--- */
name IS NULL
"""


def complaints(sql: str = PLAIN, shown: str = "") -> list[str]:
    return [c.construct for c in lint(parse_rule(RULE.format(sql=sql, shown=shown), "P-901.sql"))]


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        (PLAIN, ", c.name AS value_name"),
        (PLAIN, ", upper(c.address) AS value_address"),
        ("SELECT customer, min(address) AS address FROM customers GROUP BY customer", ""),
    ],
)
def test_what_describes_a_person_is_refused(sql: str, shown: str) -> None:
    assert len(complaints(sql, shown)) == 1


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        (PLAIN, ", c.phone AS value_phone"),
        ("SELECT p.product AS customer, min(p.name) AS name FROM products AS p GROUP BY p.product", ""),
        ("SELECT customer, count(*) AS row_count FROM customers WHERE name = 'x' GROUP BY customer, name", ""),
    ],
)
def test_pseudonyms_things_and_comparisons_are_not(sql: str, shown: str) -> None:
    assert complaints(sql, shown) == []


def test_a_row_rule_may_not_show_a_name_either() -> None:
    def refused(values: str) -> list[str]:
        return [c.construct for c in lint(parse_rule(ROW.format(values=values), "V-901.sql"))]

    assert refused("phone") == []
    assert refused("name") == ["column name in values"]
