"""Two own rules that are as they should be, for tests to spoil: one of each kind, each with a planted example."""

ROW = """/* ---
id: U-001
version: 1
kind: row
title: {en: Sold for less than the least price, es: Vendido por menos del precio mínimo}
severity: high
grain: sales line
unit: sales lines
identity: [product, location]
needs:
  sales: [product, location, qty, unit_price]
parameters:
  least: {default: "1.00", type: decimal, meaning: least price of one unit}
impact: column
table: sales
where: qty > 0
select:
  impact: sum(qty * ($least - unit_price))
values: [qty, unit_price]
texts:
  finding: {en: "{product} at {location} went for {impact:,} less than it may"}
explanation: {en: Somebody sells below the least price.}
remedy: Ask the shop who allowed it.
example:
  tables:
    sales:
      - {document: T1, line: "1", product: A, location: X, qty: 2, unit_price: "0.50"}
      - {document: T2, line: "1", product: B, location: X, qty: 2, unit_price: "1.00"}
  finds:
    - {product: A, location: X}
--- */
unit_price < $least
"""

SET = """/* ---
id: U-002
version: 1
kind: set
phase: pattern
title: {en: Many lines of one product in a day}
severity: low
grain: product and day
unit: product days
identity: [product, day]
needs:
  sales: [product, ts, qty]
parameters:
  most: {default: 2, type: integer, meaning: lines of a day that are nothing special}
impact: none, because it is a hint
texts:
  finding: {en: "{product}: {lines:,} lines on {day}"}
explanation: Many lines in a day may be one sale that was split.
remedy: Look at the tickets.
example:
  tables:
    sales:
      - {document: T1, line: "1", product: A, ts: "2026-03-01 09:00:00", qty: 1}
      - {document: T2, line: "1", product: A, ts: "2026-03-01 10:00:00", qty: 1}
      - {document: T3, line: "1", product: A, ts: "2026-03-01 11:00:00", qty: 1}
      - {document: T4, line: "1", product: B, ts: "2026-03-01 11:00:00", qty: 1}
  finds:
    - {product: A, day: 2026-03-01}
--- */
-- section: population
SELECT product, ts_date AS day, qty, _file_id, _record, _line
FROM sales WHERE product IS NOT NULL AND ts_date IS NOT NULL

-- section: violations
SELECT product, day, day AS period_start, count(*) AS lines, count(*) AS row_count
FROM population GROUP BY product, day HAVING count(*) > $most

-- section: evaluated
SELECT count(DISTINCT (product, day)) AS evaluated, 0 AS unknown FROM population

-- section: evidence
SELECT p.product, p.day, p.day AS period_start, 'line' AS role, 'sales' AS table_name, p._file_id, p._record,
       p._line, p.qty AS value_qty
FROM population AS p JOIN violations AS v ON v.product = p.product AND v.day = p.day
"""


def spoilt(text: str, part: str, other: str) -> str:
    """The text with one part of it replaced, which must stand in it once."""
    assert text.count(part) == 1, part
    return text.replace(part, other)
