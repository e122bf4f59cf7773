/* ---
id: K-22
version: 1
kind: metric
title: {en: Age of the stock, es: Antigüedad de las existencias}
grain: population
unit: products held
needs:
  inventory: [snapshot_date, product, location, qty]
  movements: [type, product, location, ts, qty]
optional:
  inventory: [value, unit_cost]
  conventions: [name, value]
uses: [closing_stock, unit_costs, product_groups]
explanation:
  en: >-
    What is on hand at the last snapshot by the time since it arrived: the last arrivals of a product at a place are
    what is still there (first in, first out). Arrivals are receipts, transfers in, returns, production and openings
    of the stock ledger. What is left beyond all arrivals of the ledger lay there before its first day: it counts as
    over 365 days where the ledger reaches back that far, else as of unknown age. At a place the age runs from the
    arrival there, so goods that were moved are older than they look. Measures of value are shares of the value at cost,
    those of units, for the whole alone, shares of units.
  es: >-
    La existencia del último saldo según el tiempo desde su llegada: las últimas llegadas de un producto a un lugar
    son lo que queda (primero en entrar, primero en salir). Las llegadas son recepciones, traspasos de entrada,
    devoluciones, producción y aperturas del diario. Lo que excede todas las llegadas del diario estaba antes de su
    primer día: cuenta como más de 365 días si el diario llega tan atrás; si no, como de antigüedad desconocida. En un
    lugar la antigüedad corre desde su llegada allí, así que lo trasladado es más antiguo de lo que parece. Las
    medidas de valor son porcentajes del valor a coste; las de unidades, solo del total, de las unidades.
remedy:
  en: "Look at what is older than 180 days first: sell it, return it or write its value down."
  es: "Mire primero lo de más de 180 días: véndalo, devuélvalo o rebaje su valor."
words:
  value_000_030: {en: value 0-30 days, es: valor 0-30 días}
  value_031_060: {en: value 31-60 days, es: valor 31-60 días}
  value_061_090: {en: value 61-90 days, es: valor 61-90 días}
  value_091_180: {en: value 91-180 days, es: valor 91-180 días}
  value_181_365: {en: value 181-365 days, es: valor 181-365 días}
  value_366_on: {en: value over 365 days, es: valor más de 365 días}
  value_unknown_age: {en: value of unknown age, es: valor de antigüedad desconocida}
  units_000_030: {en: units 0-30 days, es: unidades 0-30 días}
  units_031_060: {en: units 31-60 days, es: unidades 31-60 días}
  units_061_090: {en: units 61-90 days, es: unidades 61-90 días}
  units_091_180: {en: units 91-180 days, es: unidades 91-180 días}
  units_181_365: {en: units 181-365 days, es: unidades 181-365 días}
  units_366_on: {en: units over 365 days, es: unidades más de 365 días}
  units_unknown_age: {en: units of unknown age, es: unidades de antigüedad desconocida}
  products_held: {en: products held, es: productos en existencia}
  aged: {en: of known age, es: de antigüedad conocida}
  nothing is on hand: {es: no hay existencias}
  no stock on hand has a readable quantity: {es: ninguna existencia tiene una cantidad legible}
  no stock on hand has a known cost: {es: ninguna existencia tiene un coste conocido}
source: "Stock ageing by first in, first out layers"
--- */

-- section: population
WITH held AS (
    SELECT s.product, s.location, s.ends, s.qty,
           CASE WHEN s.value > 0 AND s.qty > 0 THEN s.value::DECIMAL(38, 8)
                ELSE try((s.qty::DECIMAL(38, 4) * coalesce(s.book_cost, u.unit_cost))::DECIMAL(38, 8)) END AS value
    FROM closing_stock AS s
    ASOF LEFT JOIN unit_costs AS u ON u.product = s.product AND s.ends >= u.valid_from
    WHERE coalesce(s.qty, 1) > 0
), begins AS (
    SELECT location, min(ts_date) AS day FROM movements WHERE _duplicate_record IS NULL GROUP BY location
), arrivals AS (
    SELECT m.product, m.location, m.ts_date AS day, sum(m.qty) AS qty
    FROM movements AS m JOIN held AS h ON h.product = m.product AND h.location = m.location AND m.ts_date <= h.ends
    WHERE m._duplicate_record IS NULL AND m.qty > 0 AND m.type IN ('receipt', 'transfer_in', 'return', 'production', 'opening')
    GROUP BY m.product, m.location, m.ts_date
), stacked AS (
    SELECT product, location, day, qty, sum(qty) OVER (
               PARTITION BY product, location ORDER BY day DESC ROWS UNBOUNDED PRECEDING) - qty AS later
    FROM arrivals
), layers AS (
    SELECT h.product, h.location, h.ends - a.day AS age, greatest(least(a.qty, h.qty - a.later), 0) AS qty
    FROM held AS h JOIN stacked AS a ON a.product = h.product AND a.location = h.location
    WHERE a.later < h.qty
), covered AS (
    SELECT product, location, sum(qty) AS qty FROM layers GROUP BY product, location
), aged AS (
    SELECT product, location, CASE WHEN age <= 30 THEN 1 WHEN age <= 60 THEN 2 WHEN age <= 90 THEN 3 WHEN age <= 180 THEN 4
                                   WHEN age <= 365 THEN 5 ELSE 6 END AS bucket, qty
    FROM layers
    UNION ALL
    SELECT h.product, h.location, CASE WHEN h.ends - b.day > 365 THEN 6 ELSE 7 END,
           h.qty - coalesce(c.qty, 0)
    FROM held AS h
    LEFT JOIN covered AS c ON c.product = h.product AND c.location = h.location
    LEFT JOIN begins AS b ON b.location = h.location
    WHERE h.qty > coalesce(c.qty, 0)
), bucketed AS (
    SELECT product, location, bucket, sum(qty) AS qty FROM aged GROUP BY product, location, bucket
    UNION ALL
    SELECT product, location, NULL, NULL FROM held WHERE qty IS NULL
)
SELECT b.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, b.bucket, b.qty AS units,
       ratio(h.value * b.qty, h.qty) AS value
FROM bucketed AS b
JOIN held AS h ON h.product = b.product AND h.location = b.location
LEFT JOIN product_groups AS g ON g.product = b.product

-- section: kpis
WITH buckets AS (
    SELECT 1 AS bucket, 'value_000_030' AS value_share, 'units_000_030' AS units_share
    UNION ALL
    SELECT 2, 'value_031_060', 'units_031_060'
    UNION ALL
    SELECT 3, 'value_061_090', 'units_061_090'
    UNION ALL
    SELECT 4, 'value_091_180', 'units_091_180'
    UNION ALL
    SELECT 5, 'value_181_365', 'units_181_365'
    UNION ALL
    SELECT 6, 'value_366_on', 'units_366_on'
    UNION ALL
    SELECT 7, 'value_unknown_age', 'units_unknown_age'
), placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
), summed AS (
    SELECT scope, key, count(*) AS layers, count(units) AS n_units, count(value) AS n_values, sum(units) AS units, sum(value) AS value
    FROM placed GROUP BY scope, key
    UNION ALL
    SELECT 'total', '', 0, 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), parts AS (
    SELECT scope, key, bucket, sum(units) AS units, sum(value) AS value FROM placed GROUP BY scope, key, bucket
)
SELECT s.scope, s.key, '' AS period, b.value_share AS measure, '%' AS unit,
       CASE WHEN s.value > 0 THEN ratio(100 * coalesce(p.value, 0), s.value) END AS value,
       CASE WHEN s.n_values > 0 THEN coalesce(p.value, 0) END AS numerator, s.value AS denominator, s.n_values AS n,
       ratio(s.n_values, s.layers) AS coverage,
       CASE WHEN s.layers = 0 THEN 'nothing is on hand' WHEN s.value > 0 THEN '' ELSE 'no stock on hand has a known cost' END AS reason
FROM summed AS s CROSS JOIN buckets AS b
LEFT JOIN parts AS p ON p.scope = s.scope AND p.key = s.key AND p.bucket = b.bucket
UNION ALL
SELECT s.scope, s.key, '', b.units_share, '%', ratio(100 * coalesce(p.units, 0), s.units),
       CASE WHEN s.n_units > 0 THEN coalesce(p.units, 0) END, s.units, s.n_units, ratio(s.n_units, s.layers),
       CASE WHEN s.layers = 0 THEN 'nothing is on hand' WHEN s.n_units = 0 THEN 'no stock on hand has a readable quantity' END
FROM summed AS s CROSS JOIN buckets AS b
LEFT JOIN parts AS p ON p.scope = s.scope AND p.key = s.key AND p.bucket = b.bucket
WHERE s.scope = 'total'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(units) AS unknown FROM population

-- section: facts
SELECT count(*) AS products_held, count(*) FILTER (WHERE bucket < 7) AS aged FROM population
