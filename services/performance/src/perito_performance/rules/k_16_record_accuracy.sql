/* ---
id: K-16
version: 1
kind: metric
title: {en: Inventory record accuracy, es: Exactitud de los registros de inventario}
grain: population
unit: records
needs:
  counts: [ts, product, location, system_qty, counted_qty]
uses: [count_differences, abc_classes]
parameters:
  tolerance: {default: "0.05", type: decimal, meaning: "share of the system quantity by which a record may be off and still be accurate"}
  tolerance_a: {default: "0.01", type: decimal, meaning: "the same for class A products"}
  tolerance_b: {default: "0.03", type: decimal, meaning: "the same for class B products"}
  tolerance_c: {default: "0.05", type: decimal, meaning: "the same for class C products"}
explanation:
  en: >-
    Share of counted records whose count equals the books (`exact`), or differs by at most a share of the books'
    quantity: `within_tolerance` applies one tolerance to all records, `within_class` to each record that of its product's
    ABC class (K-20), and `within_a`, `within_b` and `within_c` to the records of that class alone (basis `class_records`).
    Where the books give no classes, `within_a`, `within_b` and `within_c` apply their tolerance to all records (basis
    `all_records`). The difference is counted less system; one that the source states itself is never used. Where the
    books say zero, only a count of zero is accurate.
  es: >-
    Porcentaje de registros contados cuyo conteo coincide con los libros (`exact`) o difiere como máximo en una fracción
    de su cantidad: `within_tolerance` aplica una tolerancia a todos los registros; `within_class`, a cada uno la de la
    clase ABC de su producto (K-20); `within_a`, `within_b` y `within_c`, solo a los registros de esa clase (base
    `class_records`). Si los libros no dan clases, `within_a`, `within_b` y `within_c` aplican su tolerancia a todos los
    registros (base `all_records`). La diferencia es contado menos sistema; nunca se usa la declarada. Si los libros
    dicen cero, solo un conteo de cero es exacto.
remedy:
  en: "Count the locations and categories with the lowest accuracy more often, and find out why they drift."
  es: "Cuente con más frecuencia las ubicaciones y categorías menos exactas y averigüe por qué se desvían."
words:
  exact: {es: exacto}
  within_tolerance: {es: dentro de la tolerancia}
  within_a: {en: within class A, es: dentro de la clase A}
  within_b: {en: within class B, es: dentro de la clase B}
  within_c: {en: within class C, es: dentro de la clase C}
  within_class: {en: within the tolerance of its class, es: dentro de la tolerancia de su clase}
  class_records: {en: records of that class, es: registros de esa clase}
  all_records: {en: all records, es: todos los registros}
  records: {es: registros}
  readable: {es: legibles}
  no record was counted: {es: no se contó ningún registro}
  no record of this class was counted: {es: no se contó ningún registro de esta clase}
  the books give no ABC classes: {es: los libros no dan clases ABC}
  no counted record could be read: {es: no se pudo leer ningún registro contado}
source: "Cycle-count practice: A ±1 %, B ±3 %, C ±5 %"
--- */

-- section: population
-- A record is one row of a count; what could not be read stays in, as not readable, so that coverage can be stated.
SELECT d.location, d.category, d.supplier, d.month, a.class, d.difference IS NOT NULL AS readable, d.difference = 0 AS exact,
       abs(d.difference) <= $tolerance * abs(d.system_qty) AS within_tolerance,
       abs(d.difference) <= $tolerance_a * abs(d.system_qty) AS within_a,
       abs(d.difference) <= $tolerance_b * abs(d.system_qty) AS within_b,
       abs(d.difference) <= $tolerance_c * abs(d.system_qty) AS within_c
FROM count_differences AS d LEFT JOIN abc_classes AS a ON a.product = d.product

-- section: kpis
WITH classes AS (
    SELECT EXISTS (SELECT 1 FROM abc_classes WHERE class IS NOT NULL) AS known
), placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), judged AS (
    SELECT p.*, c.known, CASE p.class WHEN 'A' THEN p.within_a WHEN 'B' THEN p.within_b WHEN 'C' THEN p.within_c END AS within_class,
           NOT c.known OR coalesce(p.class = 'A', false) AS in_a, NOT c.known OR coalesce(p.class = 'B', false) AS in_b,
           NOT c.known OR coalesce(p.class = 'C', false) AS in_c
    FROM placed AS p CROSS JOIN classes AS c
), counted AS (
    SELECT scope, key, period, known, count(*) AS records, count(*) FILTER (WHERE readable) AS n,
           count(*) FILTER (WHERE exact) AS exact, count(*) FILTER (WHERE within_tolerance) AS within_tolerance,
           count(*) FILTER (WHERE within_class) AS within_class, count(within_class) AS n_class,
           count(*) FILTER (WHERE in_a) AS records_a, count(*) FILTER (WHERE in_a AND readable) AS n_a,
           count(*) FILTER (WHERE in_a AND within_a) AS within_a,
           count(*) FILTER (WHERE in_b) AS records_b, count(*) FILTER (WHERE in_b AND readable) AS n_b,
           count(*) FILTER (WHERE in_b AND within_b) AS within_b,
           count(*) FILTER (WHERE in_c) AS records_c, count(*) FILTER (WHERE in_c AND readable) AS n_c,
           count(*) FILTER (WHERE in_c AND within_c) AS within_c
    FROM judged GROUP BY scope, key, period, known
    UNION ALL
    SELECT 'total', '', '', false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), measured AS (
    SELECT scope, key, period, 'exact' AS measure, false AS by_class, exact AS numerator, n, records, records AS all_records, known FROM counted
    UNION ALL
    SELECT scope, key, period, 'within_tolerance', false, within_tolerance, n, records, records, known FROM counted
    UNION ALL
    SELECT scope, key, period, 'within_class', false, within_class, n_class, records, records, known FROM counted
    UNION ALL
    SELECT scope, key, period, 'within_a', true, within_a, n_a, records_a, records, known FROM counted
    UNION ALL
    SELECT scope, key, period, 'within_b', true, within_b, n_b, records_b, records, known FROM counted
    UNION ALL
    SELECT scope, key, period, 'within_c', true, within_c, n_c, records_c, records, known FROM counted
)
SELECT scope, key, period, measure, '%' AS unit,
       CASE WHEN NOT by_class THEN '' WHEN known THEN 'class_records' ELSE 'all_records' END AS basis,
       ratio(100 * numerator, n) AS value, numerator, n AS denominator, n, ratio(n, records) AS coverage,
       CASE WHEN n > 0 THEN '' WHEN all_records = 0 THEN 'no record was counted'
            WHEN measure = 'within_class' AND NOT known THEN 'the books give no ABC classes'
            WHEN records = 0 THEN 'no record of this class was counted' ELSE 'no counted record could be read' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT readable) AS unknown FROM population

-- section: facts
SELECT count(*) AS records, count(*) FILTER (WHERE readable) AS readable, count(*) FILTER (WHERE exact) AS exact,
       count(*) FILTER (WHERE within_tolerance) AS within_tolerance
FROM population
