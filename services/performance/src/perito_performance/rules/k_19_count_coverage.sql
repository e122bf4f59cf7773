/* ---
id: K-19
version: 1
kind: metric
title: {en: Count coverage, es: Cobertura de los conteos}
grain: population
unit: keys
needs:
  counts: [ts, product, location]
  inventory: [snapshot_date, product, location, qty]
optional:
  counts: [counted_qty]
  products: [product, active]
uses: [abc_classes, sold_goods, product_groups]
parameters:
  year_days: {default: 365, type: integer, meaning: "days up to the last snapshot in which counts are looked for"}
  counts_a: {default: 4, type: integer, meaning: "counts a year that the policy asks of class A"}
  counts_b: {default: 2, type: integer, meaning: "counts a year that the policy asks of class B"}
  counts_c: {default: 1, type: integer, meaning: "counts a year that the policy asks of class C"}
explanation:
  en: >-
    A key is a product at a location; it is active where stock lay or something was sold in the year before the last
    snapshot, unless the master says that the product is not. `keys_counted` is the share of active keys that were
    counted at least once in that year (in the monthly series: in that month). `policy_a`, `policy_b` and `policy_c` are the
    shares of active keys of that ABC class (K-20) that were counted on as many days as the policy asks of the class,
    4, 2 and 1 a year; `policy_met` is the same over all classes. Where the books cover less than a year the policy asks
    proportionally less.
  es: >-
    Una clave es un producto en una ubicación; está activa si hubo existencia o ventas en el año anterior al último
    saldo, salvo que el maestro diga que el producto no lo está. `keys_counted` es la parte de las claves activas
    contadas al menos una vez en ese año (en la serie mensual, en ese mes). `policy_a`, `policy_b` y `policy_c` son las
    partes de las claves activas de esa clase ABC (K-20) contadas tantos días como pide la política, 4, 2 y 1 al año;
    `policy_met`, lo mismo para todas. Si los libros cubren menos de un año, la política pide menos en proporción.
remedy:
  en: "Count first the class A keys that the policy has not reached."
  es: "Cuente primero las claves de clase A a las que la política no ha llegado."
words:
  keys_counted: {es: claves contadas}
  policy_a: {en: policy met in class A, es: política cumplida en la clase A}
  policy_b: {en: policy met in class B, es: política cumplida en la clase B}
  policy_c: {en: policy met in class C, es: política cumplida en la clase C}
  policy_met: {es: política cumplida}
  active_keys: {es: claves activas}
  counted_keys: {es: claves contadas}
  days_looked_at: {es: días considerados}
  no key was active: {es: ninguna clave estuvo activa}
  no active key has an ABC class: {es: ninguna clave activa tiene clase ABC}
  no active key is of this class: {es: ninguna clave activa es de esta clase}
  the books cover too little time for one count of this class: {es: los libros cubren muy poco tiempo para un conteo de esta clase}
source: "Cycle-count practice: A 4, B 2, C 1 counts a year"
--- */

-- section: population
-- One row per active key with the days on which it was counted.
WITH ends AS (
    SELECT max(snapshot_date) AS day, min(snapshot_date) AS begins FROM inventory WHERE _duplicate_record IS NULL
), bounds AS (
    SELECT e.day, e.day - $year_days::INTEGER AS since,
           least($year_days, e.day - least(e.begins, (SELECT min(ts_date) FROM counts)) + 1) AS days
    FROM ends AS e
), seen AS (
    SELECT i.product, i.location FROM inventory AS i CROSS JOIN bounds AS b
    WHERE i._duplicate_record IS NULL AND i.qty <> 0 AND i.snapshot_date > b.since
    UNION ALL
    SELECT s.product, s.location FROM sold_goods AS s CROSS JOIN bounds AS b WHERE s.day > b.since AND s.day <= b.day
), stopped AS (
    SELECT product FROM products WHERE product IS NOT NULL GROUP BY product HAVING max(active::INTEGER) = 0
), active AS (
    SELECT DISTINCT s.product, s.location FROM seen AS s
    WHERE s.product IS NOT NULL AND s.location IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM stopped AS p WHERE p.product = s.product)
), counted AS (
    -- Where the books hold counted quantities, a line without one was not counted.
    SELECT c.product, c.location, count(DISTINCT c.ts_date) AS counts
    FROM counts AS c CROSS JOIN bounds AS b
    WHERE c._duplicate_record IS NULL AND c.ts_date > b.since AND c.ts_date <= b.day
      AND (c.counted_qty IS NOT NULL OR NOT EXISTS (SELECT 1 FROM counts WHERE counted_qty IS NOT NULL))
    GROUP BY c.product, c.location
)
SELECT a.product, a.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, k.class, b.since, b.day, b.days,
       coalesce(c.counts, 0) AS counts,
       round(CASE k.class WHEN 'A' THEN $counts_a WHEN 'B' THEN $counts_b WHEN 'C' THEN $counts_c END * b.days
             / $year_days::DECIMAL(18, 4), 0)::INTEGER AS asked
FROM active AS a
CROSS JOIN bounds AS b
LEFT JOIN counted AS c ON c.product = a.product AND c.location = a.location
LEFT JOIN product_groups AS g ON g.product = a.product
LEFT JOIN abc_classes AS k ON k.product = a.product

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, p.* FROM population AS p
    UNION ALL
    SELECT 'category', category, p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, p.* FROM population AS p WHERE supplier <> ''
), summed AS (
    SELECT scope, key, count(*) AS keys, count(*) FILTER (WHERE counts > 0) AS counted, count(class) AS classified,
           count(*) FILTER (WHERE class = 'A') AS keys_a, count(*) FILTER (WHERE class = 'B') AS keys_b,
           count(*) FILTER (WHERE class = 'C') AS keys_c,
           count(*) FILTER (WHERE class = 'A' AND counts >= asked AND asked > 0) AS met_a,
           count(*) FILTER (WHERE class = 'B' AND counts >= asked AND asked > 0) AS met_b,
           count(*) FILTER (WHERE class = 'C' AND counts >= asked AND asked > 0) AS met_c,
           count(*) FILTER (WHERE asked > 0) AS keys_asked, count(*) FILTER (WHERE counts >= asked AND asked > 0) AS met,
           count(*) FILTER (WHERE class = 'A' AND asked > 0) AS asked_a, count(*) FILTER (WHERE class = 'B' AND asked > 0) AS asked_b,
           count(*) FILTER (WHERE class = 'C' AND asked > 0) AS asked_c
    FROM placed GROUP BY scope, key
    UNION ALL
    SELECT 'total', '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), monthly AS (
    SELECT strftime(c.ts_date, '%Y-%m') AS month, count(DISTINCT (c.product, c.location)) AS counted
    FROM counts AS c JOIN population AS p ON p.product = c.product AND p.location = c.location
    WHERE c._duplicate_record IS NULL AND c.ts_date > p.since AND c.ts_date <= p.day
      AND (c.counted_qty IS NOT NULL OR NOT EXISTS (SELECT 1 FROM counts WHERE counted_qty IS NOT NULL))
    GROUP BY strftime(c.ts_date, '%Y-%m')
), measured AS (
    SELECT scope, key, '' AS period, 'keys_counted' AS measure, counted AS numerator, keys AS denominator, keys, keys AS of_class, keys AS found FROM summed
    UNION ALL
    SELECT 'month', m.month, m.month, 'keys_counted', m.counted, s.keys, s.keys, s.keys, s.keys
    FROM monthly AS m CROSS JOIN (SELECT keys FROM summed WHERE scope = 'total') AS s
    UNION ALL
    SELECT scope, key, '', 'policy_a', met_a, asked_a, keys, keys_a, classified FROM summed
    UNION ALL
    SELECT scope, key, '', 'policy_b', met_b, asked_b, keys, keys_b, classified FROM summed
    UNION ALL
    SELECT scope, key, '', 'policy_c', met_c, asked_c, keys, keys_c, classified FROM summed
    UNION ALL
    SELECT scope, key, '', 'policy_met', met, keys_asked, keys, classified, classified FROM summed
)
SELECT scope, key, period, measure, '%' AS unit, ratio(100 * numerator, denominator) AS value, numerator, denominator,
       denominator AS n, ratio(found, keys) AS coverage,
       CASE WHEN denominator > 0 THEN '' WHEN keys = 0 THEN 'no key was active'
            WHEN found = 0 THEN 'no active key has an ABC class' WHEN of_class = 0 THEN 'no active key is of this class'
            ELSE 'the books cover too little time for one count of this class' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE class IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS active_keys, count(*) FILTER (WHERE counts > 0) AS counted_keys, max(days) AS days_looked_at FROM population
