/* ---
id: K-16
version: 1
kind: metric
title: {en: Inventory record accuracy, es: Exactitud de los registros de inventario}
grain: population
unit: records
needs:
  counts: [ts, product, location, system_qty, counted_qty]
optional:
  products: [product, category]
parameters:
  tolerance: {default: "0.05", type: decimal, meaning: "share of the system quantity by which a record may be off and still be accurate"}
  tolerance_a: {default: "0.01", type: decimal, meaning: "the same for class A products"}
  tolerance_b: {default: "0.03", type: decimal, meaning: "the same for class B products"}
  tolerance_c: {default: "0.05", type: decimal, meaning: "the same for class C products"}
explanation:
  en: >-
    Share of counted records whose count equals the books (exact), or differs by at most a share of the books' quantity
    (within_tolerance; within_a, within_b and within_c apply the tolerance of that class to all records). The
    difference is counted less system; one that the source states itself is never used. Where the books say zero, only a
    count of zero is accurate.
  es: >-
    Porcentaje de registros contados cuyo conteo coincide con los libros (exact) o difiere como máximo en una fracción de
    su cantidad (within_tolerance; within_a, within_b y within_c aplican la tolerancia de esa clase a todos los
    registros). La diferencia es contado menos sistema; nunca se usa la declarada. Si los libros dicen cero, solo un
    conteo de cero es exacto.
remedy:
  en: "Count the locations and categories with the lowest accuracy more often, and find out why they drift."
  es: "Cuente con más frecuencia las ubicaciones y categorías menos exactas y averigüe por qué se desvían."
words:
  exact: {es: exacto}
  within_tolerance: {es: dentro de la tolerancia}
  within_a: {en: within class A, es: dentro de la clase A}
  within_b: {en: within class B, es: dentro de la clase B}
  within_c: {en: within class C, es: dentro de la clase C}
  records: {es: registros}
  readable: {es: legibles}
  no record was counted: {es: no se contó ningún registro}
  no counted record could be read: {es: no se pudo leer ningún registro contado}
source: "Cycle-count practice: A ±1 %, B ±3 %, C ±5 %"
--- */

-- section: population
-- A record is one row of a count; what could not be read stays in, as not readable, so that coverage can be stated.
-- A product that its master names twice has no category that could be relied on.
WITH master AS (
    SELECT product, CASE WHEN min(category) = max(category) THEN min(category) END AS category
    FROM products WHERE product IS NOT NULL GROUP BY product
)
SELECT c.location, coalesce(m.category, '') AS category, strftime(c.ts_date, '%Y-%m') AS month,
       c.counted_qty IS NOT NULL AND c.system_qty IS NOT NULL AS readable,
       c.counted_qty = c.system_qty AS exact,
       abs(c.counted_qty - c.system_qty) <= $tolerance * abs(c.system_qty) AS within_tolerance,
       abs(c.counted_qty - c.system_qty) <= $tolerance_a * abs(c.system_qty) AS within_a,
       abs(c.counted_qty - c.system_qty) <= $tolerance_b * abs(c.system_qty) AS within_b,
       abs(c.counted_qty - c.system_qty) <= $tolerance_c * abs(c.system_qty) AS within_c
FROM counts AS c LEFT JOIN master AS m ON m.product = c.product
WHERE c._duplicate_record IS NULL

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), counted AS (
    SELECT scope, key, period, count(*) AS records, count(*) FILTER (WHERE readable) AS n,
           count(*) FILTER (WHERE exact) AS exact, count(*) FILTER (WHERE within_tolerance) AS within_tolerance,
           count(*) FILTER (WHERE within_a) AS within_a, count(*) FILTER (WHERE within_b) AS within_b,
           count(*) FILTER (WHERE within_c) AS within_c
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), measured AS (
    SELECT scope, key, period, records, n, 'exact' AS measure, exact AS numerator FROM counted
    UNION ALL
    SELECT scope, key, period, records, n, 'within_tolerance', within_tolerance FROM counted
    UNION ALL
    SELECT scope, key, period, records, n, 'within_a', within_a FROM counted
    UNION ALL
    SELECT scope, key, period, records, n, 'within_b', within_b FROM counted
    UNION ALL
    SELECT scope, key, period, records, n, 'within_c', within_c FROM counted
)
SELECT scope, key, period, measure, '%' AS unit, ratio(100 * numerator, n) AS value,
       numerator, n AS denominator, n, ratio(n, records) AS coverage,
       CASE WHEN records = 0 THEN 'no record was counted' WHEN n = 0 THEN 'no counted record could be read' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT readable) AS unknown FROM population

-- section: facts
SELECT count(*) AS records, count(*) FILTER (WHERE readable) AS readable, count(*) FILTER (WHERE exact) AS exact,
       count(*) FILTER (WHERE within_tolerance) AS within_tolerance
FROM population
