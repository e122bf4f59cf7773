/* ---
id: K-06
version: 1
kind: metric
title: {en: Days of supply, es: Días de suministro}
grain: population
unit: places and months
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  lost_sales: [product, location, ts, qty]
uses: [stock_points, stock_spans, span_days, sold_goods, unit_costs, product_groups]
parameters:
  days: {default: 90, type: integer, meaning: "days up to the last snapshot over which demand is taken"}
  least_days: {default: 28, type: integer, meaning: "days of sales below which nothing is said of the last snapshot"}
  least_coverage: {default: "0.9", type: decimal, meaning: "share of sales lines and stock rows whose cost is known below which nothing is said"}
explanation:
  en: >-
    How long the stock on hand lasts at the latest demand: stock at the last snapshot over what was sold a day in the
    90 days up to it, both at cost, so that products of different units can be added. A month is its closing stock
    over what was sold a day in that month. Units that were asked for and logged as lost are added to what was sold
    (basis `sales_and_lost`), since an empty shelf sells nothing; without such a log demand is what was sold (basis `sales`). Returned lines are taken off.
  es: >-
    Cuánto dura la existencia al ritmo de la demanda reciente: la existencia del último saldo entre lo vendido por día
    en los 90 días anteriores, ambos a coste, para poder sumar productos de distintas unidades. Un mes es su
    existencia final entre lo vendido por día en ese mes. Las unidades pedidas y anotadas como perdidas se suman a lo
    vendido (base `sales_and_lost`), porque un estante vacío no vende nada; sin ese registro la demanda es lo vendido
    (base `sales`). Las devoluciones se restan.
remedy:
  en: "Order sooner what lasts less than its supplier takes, and later what lasts for months."
  es: "Pida antes lo que dura menos que el plazo de su proveedor, y después lo que dura meses."
words:
  days_of_supply: {en: days of supply, es: días de suministro}
  days: {es: días}
  sales: {es: ventas}
  sales_and_lost: {en: sales and logged lost demand, es: ventas y demanda perdida anotada}
  rows_read: {en: rows, es: filas}
  known: {en: known, es: conocidas}
  no sales beside stock snapshots: {es: no hay ventas junto a los saldos de existencias}
  the books hold too few days of sales: {es: los libros tienen muy pocos días de ventas}
  too many sales lines or stock rows lack a cost: {es: a demasiadas líneas de venta o saldos les falta coste}
  nothing was sold or asked for: {es: no se vendió ni se pidió nada}
source: "Forward cover: stock on hand over mean daily demand"
--- */

-- section: population
WITH first_sale AS (
    SELECT min(day) AS day FROM sold_goods
), closings AS (
    SELECT location, max(day) AS ends FROM stock_points WHERE is_closing GROUP BY location
), latest AS (
    SELECT c.location, '' AS period, greatest(c.ends - $days::INTEGER, f.day - 1) AS starts, c.ends
    FROM closings AS c CROSS JOIN first_sale AS f
), whiles AS (
    SELECT location, period, starts, ends FROM latest WHERE ends > starts
    UNION ALL
    SELECT location, period, starts, ends FROM stock_spans WHERE period <> ''
), days AS (
    SELECT location, period, unnest(generate_series(starts + 1, ends, INTERVAL 1 DAY))::DATE AS day FROM latest WHERE ends > starts
    UNION ALL
    SELECT location, period, day FROM span_days WHERE period <> ''
), lost AS (
    SELECT l.product, l.location, l.day, l.entries, CASE WHEN u.unit_cost IS NULL THEN 0 ELSE l.known END AS known,
           l.units * u.unit_cost AS value
    FROM (
        SELECT product, location, ts_date AS day, count(*) AS entries, count(qty) AS known, sum(abs(qty)) AS units
        FROM lost_sales WHERE _duplicate_record IS NULL GROUP BY product, location, ts_date
    ) AS l ASOF LEFT JOIN unit_costs AS u ON u.product = l.product AND l.day >= u.valid_from
), demand AS (
    SELECT product, location, day, lines AS rows_read, costed AS known, cogs AS value FROM sold_goods
    UNION ALL
    SELECT product, location, day, entries, known, value FROM lost
), asked AS (
    SELECT o.product, o.location, d.period, sum(o.rows_read) AS rows_read, sum(o.known) AS known, sum(o.value) AS value
    FROM demand AS o JOIN days AS d ON d.location = o.location AND d.day = o.day
    GROUP BY o.product, o.location, d.period
), held AS (
    SELECT p.product, p.location, w.period, sum(p.value) AS value, count(*) AS rows_read, count(p.value) AS known
    FROM stock_points AS p JOIN whiles AS w ON w.location = p.location AND w.ends = p.day
    GROUP BY p.product, p.location, w.period
), parts AS (
    SELECT product, location, period, value AS stock, NULL AS demand, rows_read, known FROM held
    UNION ALL
    SELECT product, location, period, NULL, value, rows_read, known FROM asked
)
SELECT p.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, p.period, w.ends - w.starts AS days,
       p.stock, ratio(p.demand, w.ends - w.starts) AS demand, p.demand IS NOT NULL AS is_asked, p.rows_read, p.known
FROM parts AS p
JOIN whiles AS w ON w.location = p.location AND w.period = p.period
LEFT JOIN product_groups AS g ON g.product = p.product

-- section: kpis
WITH whole AS (
    SELECT * FROM population WHERE period = ''
), monthly AS (
    SELECT * FROM population WHERE period <> ''
), placed AS (
    SELECT 'total' AS scope, '' AS key, w.* FROM whole AS w
    UNION ALL
    SELECT 'location', location, w.* FROM whole AS w
    UNION ALL
    SELECT 'category', category, w.* FROM whole AS w WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, w.* FROM whole AS w WHERE supplier <> ''
    UNION ALL
    SELECT 'month', period, m.* FROM monthly AS m
), summed AS (
    SELECT scope, key, period, count(*) AS parts, max(days) AS days, coalesce(sum(stock), 0) AS stock, sum(demand) AS demand,
           sum(rows_read) AS n, ratio(sum(known), sum(rows_read)) AS coverage
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, NULL, NULL, NULL, 0, NULL WHERE NOT EXISTS (SELECT 1 FROM whole)
), explained AS (
    SELECT *, CASE WHEN parts = 0 THEN 'no sales beside stock snapshots'
                   WHEN period = '' AND days < $least_days THEN 'the books hold too few days of sales'
                   WHEN coverage < $least_coverage THEN 'too many sales lines or stock rows lack a cost'
                   WHEN demand > 0 THEN NULL ELSE 'nothing was sold or asked for' END AS missing
    FROM summed
)
SELECT scope, key, period, 'days_of_supply' AS measure, 'days' AS unit,
       CASE WHEN EXISTS (SELECT 1 FROM lost_sales WHERE qty IS NOT NULL) THEN 'sales_and_lost' ELSE 'sales' END AS basis,
       CASE WHEN missing IS NULL THEN ratio(stock, demand) END AS value, stock AS numerator, demand AS denominator, n, coverage,
       missing AS reason
FROM explained

-- section: evaluated
SELECT coalesce(sum(rows_read), 0) AS evaluated, coalesce(sum(rows_read - known), 0) AS unknown FROM population WHERE period = ''

-- section: facts
SELECT coalesce(sum(rows_read), 0) AS rows_read, coalesce(sum(known), 0) AS known FROM population WHERE period = ''
