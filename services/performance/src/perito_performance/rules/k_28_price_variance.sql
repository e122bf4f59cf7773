/* ---
id: K-28
version: 1
kind: metric
title: {en: Purchase price variance, es: Desviación del precio de compra}
grain: population
unit: receipt lines
needs:
  receipts: [product, ts, qty, unit_cost]
  products: [product, unit_cost]
optional:
  receipts: [supplier, location, accepted, rejected, status]
  conventions: [name, value]
uses: [product_groups]
explanation:
  en: >-
    What was paid beyond the standard: the price of each receipt less the master's cost of the product, times what was
    accepted. Above zero is dearer. `price_variance_share` sets it against the same goods at standard, `dearer` and
    `cheaper` add the two directions up apart, since they cancel out in the net figure. A receipt without a price, or
    whose product has no one cost in the master, is left out and lowers the coverage.
  es: >-
    Lo pagado por encima del estándar: el precio de cada recepción menos el coste del maestro, por lo aceptado. Por
    encima de cero es más caro. `price_variance_share` lo compara con los mismos artículos al estándar; `dearer` y `cheaper`
    suman por separado las dos direcciones, porque en el neto se compensan. Una recepción sin precio, o cuyo producto
    no tiene un único coste en el maestro, queda fuera y baja la cobertura.
remedy:
  en: "Where it is dearer, compare with the contract; where it is so for all suppliers, bring the standard up to date."
  es: "Donde es más caro, compare con el contrato; si lo es con todos los proveedores, actualice el estándar."
words:
  price_variance: {en: price variance, es: desviación de precio}
  price_variance_share: {en: price variance of standard, es: desviación sobre el estándar}
  dearer: {en: paid above standard, es: pagado sobre el estándar}
  cheaper: {en: paid below standard, es: pagado bajo el estándar}
  receipt_lines: {en: receipt lines, es: líneas de recepción}
  compared: {en: compared, es: comparadas}
  nothing was received: {es: no se recibió nada}
  no receipt has a price and a product with a standard cost: {es: ninguna recepción tiene precio y producto con coste estándar}
  nothing was received at a standard cost: {es: no se recibió nada con coste estándar}
source: "Standard costing: purchase price variance"
--- */

-- section: population
WITH standards AS (
    SELECT product, CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS standard
    FROM products WHERE product IS NOT NULL GROUP BY product
), lines AS (
    SELECT r.product, r.location, r.supplier, r.ts_date AS day, coalesce(r.accepted, r.qty - coalesce(r.rejected, 0)) AS qty,
           CASE WHEN r.unit_cost > 0 THEN r.unit_cost END AS paid
    FROM receipts AS r
    WHERE r._duplicate_record IS NULL AND coalesce(r.status, '') NOT IN ('cancelled', 'rejected', 'pending')
)
SELECT l.location, coalesce(l.supplier, g.supplier, '') AS supplier, coalesce(g.category, '') AS category,
       strftime(l.day, '%Y-%m') AS month, try(((l.paid - s.standard)::DECIMAL(38, 4) * l.qty)::DECIMAL(38, 8)) AS variance,
       CASE WHEN l.paid IS NOT NULL THEN try((s.standard::DECIMAL(38, 4) * l.qty)::DECIMAL(38, 8)) END AS standard_value
FROM lines AS l
LEFT JOIN standards AS s ON s.product = l.product
LEFT JOIN product_groups AS g ON g.product = l.product

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), summed AS (
    SELECT scope, key, period, count(*) AS lines, count(variance) AS n, sum(variance) AS net,
           sum(CASE WHEN variance IS NOT NULL THEN greatest(variance, 0) END) AS dearer,
           sum(CASE WHEN variance IS NOT NULL THEN least(variance, 0) END) AS cheaper,
           sum(standard_value) AS standard_value
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, ratio(n, lines) AS coverage,
           coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN lines = 0 THEN 'nothing was received'
                WHEN n = 0 THEN 'no receipt has a price and a product with a standard cost' END AS unread
    FROM summed
)
SELECT scope, key, period, 'price_variance' AS measure, currency AS unit, net::DECIMAL(38, 9) AS value, net AS numerator,
       NULL AS denominator, n, coverage, unread AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'price_variance_share', '%', CASE WHEN standard_value > 0 THEN ratio(100 * net, standard_value) END, net,
       standard_value, n, coverage,
       CASE WHEN unread IS NOT NULL THEN unread WHEN standard_value > 0 THEN '' ELSE 'nothing was received at a standard cost' END
FROM explained
UNION ALL
SELECT scope, key, period, 'dearer', currency, dearer::DECIMAL(38, 9), dearer, NULL, n, coverage, unread FROM explained
UNION ALL
SELECT scope, key, period, 'cheaper', currency, cheaper::DECIMAL(38, 9), cheaper, NULL, n, coverage, unread FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(variance) AS unknown FROM population

-- section: facts
SELECT count(*) AS receipt_lines, count(variance) AS compared FROM population
