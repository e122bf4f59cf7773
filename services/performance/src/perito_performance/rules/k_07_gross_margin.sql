/* ---
id: K-07
version: 1
kind: metric
title: {en: Gross margin, es: Margen bruto}
grain: population
unit: sale lines
needs:
  sales: [product, ts, qty]
optional:
  conventions: [name, value]
uses: [sold_goods, product_groups]
parameters:
  least_coverage: {default: "0.9", type: decimal, meaning: "share of what is counted whose figures are known below which nothing is said"}
explanation:
  en: >-
    `gross_margin` is what was sold before tax less what it cost; `gross_margin_share` is that over the same sales.
    Returned lines are taken off both sides, voided lines count on neither. The cost is that of the line, else the
    last receipt, order or master cost known that day. Only days of a product whose lines all have a price and a cost
    count: where they are too few, no margin is given, since the two sides would speak of different goods.
  es: >-
    `gross_margin` es lo vendido sin impuestos menos lo que costó; `gross_margin_share` lo divide entre esas mismas
    ventas. Las devoluciones se restan en ambos lados y las líneas anuladas no cuentan. El coste es el de la línea; si
    no, el de la última recepción, pedido o maestro conocido ese día. Solo cuentan los días de un producto cuyas
    líneas tienen todas precio y coste: si son pocos, no se da margen, porque los dos lados hablarían de artículos
    distintos.
remedy:
  en: "Look at the categories and places with the lowest share first, and at whether their costs are up to date."
  es: "Mire primero las categorías y lugares con menor porcentaje, y si sus costes están al día."
words:
  gross_margin: {en: gross margin, es: margen bruto}
  gross_margin_share: {en: gross margin of sales, es: margen bruto sobre ventas}
  lines: {es: líneas}
  margined: {en: with price and cost, es: con precio y coste}
  nothing was sold: {es: no se vendió nada}
  too many sales lines lack a price or a cost: {es: a demasiadas líneas de venta les falta precio o coste}
  what came back is worth as much as what was sold: {es: lo devuelto vale tanto como lo vendido}
source: "Gross profit over net sales"
--- */

-- section: population
SELECT s.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, s.month, s.lines, s.margined,
       s.net_sales, s.cogs
FROM (
    SELECT product, location, strftime(date_trunc('month', day), '%Y-%m') AS month, sum(lines) AS lines,
           sum(CASE WHEN priced = lines AND costed = lines THEN lines ELSE 0 END) AS margined,
           sum(CASE WHEN priced = lines AND costed = lines THEN net_sales END) AS net_sales,
           sum(CASE WHEN priced = lines AND costed = lines THEN cogs END) AS cogs
    FROM sold_goods GROUP BY product, location, strftime(date_trunc('month', day), '%Y-%m')
) AS s LEFT JOIN product_groups AS g ON g.product = s.product

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
    SELECT scope, key, period, sum(lines) AS lines, sum(margined) AS n, sum(net_sales) AS sold, sum(cogs) AS cogs
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, ratio(n, lines) AS coverage,
           coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN lines = 0 THEN 'nothing was sold'
                WHEN n = 0 OR ratio(n, lines) < $least_coverage THEN 'too many sales lines lack a price or a cost' END AS unread
    FROM summed
)
SELECT scope, key, period, 'gross_margin_share' AS measure, '%' AS unit,
       CASE WHEN unread IS NULL AND sold > 0 THEN ratio(100 * (sold - cogs), sold) END AS value, sold - cogs AS numerator,
       sold AS denominator, n, coverage,
       CASE WHEN unread IS NOT NULL THEN unread WHEN sold > 0 THEN ''
            ELSE 'what came back is worth as much as what was sold' END AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'gross_margin', currency, CASE WHEN unread IS NULL THEN (sold - cogs)::DECIMAL(38, 9) END, sold - cogs,
       NULL, n, coverage, unread
FROM explained

-- section: evaluated
SELECT coalesce(sum(lines), 0) AS evaluated, coalesce(sum(lines - margined), 0) AS unknown FROM population

-- section: facts
SELECT coalesce(sum(lines), 0) AS lines, coalesce(sum(margined), 0) AS margined FROM population
