/* ---
id: K-05
version: 1
kind: metric
title: {en: Stock to sales, es: Existencias sobre ventas}
grain: population
unit: products, places and months
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  conventions: [name, value]
uses: [stock_points, stock_spans, span_days, sold_goods, product_groups]
parameters:
  least_coverage: {default: "0.9", type: decimal, meaning: "share of the rows whose figures are known below which nothing is said"}
explanation:
  en: >-
    Value of the stock at cost with which a month opened over what was sold in that month before tax: how many months
    of sales lay in stock. A month goes from one month end to the next; over several months both sides are added up,
    so that it is their mean weighted by sales. Returned lines are taken off the sales. A month without a snapshot at
    its beginning and its end is left out at that location, on both sides.
  es: >-
    Valor a coste de las existencias con que abrió un mes entre lo vendido en él sin impuestos: cuántos meses de
    ventas había en existencias. Un mes va de un cierre de mes al siguiente; en varios meses se suman ambos lados, así
    que es la media ponderada por ventas. Las devoluciones se restan de las ventas. Un mes sin saldo al principio y al
    final se deja fuera en esa ubicación, en ambos lados.
remedy:
  en: "Where it is far above that of other places or categories, order less until it comes down."
  es: "Donde esté muy por encima de otros lugares o categorías, pida menos hasta que baje."
words:
  stock_to_sales: {en: stock to sales, es: existencias sobre ventas}
  ratio: {es: proporción}
  rows_read: {en: rows, es: filas}
  known: {en: known, es: conocidas}
  no two month ends with a stock snapshot follow each other: {es: no hay dos cierres de mes seguidos con saldo de existencias}
  too many sales lines or stock rows lack a price or a cost: {es: a demasiadas líneas de venta o saldos les falta precio o coste}
  nothing was sold: {es: no se vendió nada}
source: "Retail planning: stock-to-sales ratio at the beginning of the month"
--- */

-- section: population
WITH opening AS (
    SELECT p.product, p.location, s.period, sum(p.value) AS opening, count(*) AS stock_rows, count(p.value) AS valued_rows
    FROM stock_points AS p JOIN stock_spans AS s ON s.location = p.location AND s.starts = p.day
    WHERE s.period <> '' GROUP BY p.product, p.location, s.period
), sold AS (
    SELECT o.product, o.location, d.period, sum(o.lines) AS lines, sum(o.priced) AS priced, sum(o.net_sales) AS net_sales
    FROM sold_goods AS o JOIN span_days AS d ON d.location = o.location AND d.day = o.day
    WHERE d.period <> '' GROUP BY o.product, o.location, d.period
), parts AS (
    SELECT product, location, period, opening, stock_rows, valued_rows, 0 AS lines, 0 AS priced, NULL AS net_sales FROM opening
    UNION ALL
    SELECT product, location, period, NULL, 0, 0, lines, priced, net_sales FROM sold
)
SELECT p.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, p.period AS month, p.opening,
       p.stock_rows, p.valued_rows, p.lines, p.priced, p.net_sales
FROM parts AS p LEFT JOIN product_groups AS g ON g.product = p.product

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
    SELECT scope, key, period, sum(opening) AS opening, sum(net_sales) AS sold, sum(lines) AS n, sum(stock_rows) AS stock_rows,
           least(CASE WHEN sum(lines) > 0 THEN ratio(sum(priced), sum(lines)) ELSE 1 END,
                 CASE WHEN sum(stock_rows) > 0 THEN ratio(sum(valued_rows), sum(stock_rows)) ELSE 1 END) AS coverage
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', NULL, NULL, 0, 0, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, CASE WHEN n = 0 AND stock_rows = 0 THEN 'no two month ends with a stock snapshot follow each other'
                   WHEN coverage < $least_coverage THEN 'too many sales lines or stock rows lack a price or a cost'
                   WHEN sold > 0 THEN NULL ELSE 'nothing was sold' END AS missing
    FROM summed
)
SELECT scope, key, period, 'stock_to_sales' AS measure, 'ratio' AS unit,
       CASE WHEN missing IS NULL THEN ratio(coalesce(opening, 0), sold) END AS value, opening AS numerator, sold AS denominator, n,
       coverage, missing AS reason
FROM explained

-- section: evaluated
SELECT coalesce(sum(stock_rows + lines), 0) AS evaluated, coalesce(sum(stock_rows - valued_rows + lines - priced), 0) AS unknown
FROM population

-- section: facts
SELECT coalesce(sum(stock_rows + lines), 0) AS rows_read, coalesce(sum(valued_rows + priced), 0) AS known FROM population
