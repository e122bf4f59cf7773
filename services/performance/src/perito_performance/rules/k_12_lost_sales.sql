/* ---
id: K-12
version: 1
kind: metric
title: {en: Lost sales, es: Ventas perdidas}
grain: population
unit: log entries
needs:
  lost_sales: [ts, product, qty]
optional:
  lost_sales: [location, unit_price]
  conventions: [name, value]
uses: [product_groups, sold_goods]
explanation:
  en: >-
    What customers asked for and did not get, as somebody logged it: `lost_sales` in money and `lost_units`. The method is
    the log (basis `log`); demand that nobody wrote down is not estimated, so the figure is a least one. A price is that
    of the entry, else the list price; an entry without any is left out of the money and lowers its coverage.
    `lost_sales_share` sets the money against itself and the net sales of the days of the log. A row that repeats
    another counts once.
  es: >-
    Lo que los clientes pidieron y no recibieron, según alguien lo anotó: `lost_sales` en dinero y `lost_units`. El método
    es el registro (base `log`); la demanda que nadie anotó no se estima, así que la cifra es un mínimo. El precio es el
    de la anotación; si no, el de tarifa; una anotación sin precio queda fuera del dinero y baja su cobertura.
    `lost_sales_share` lo compara con la suma de ese dinero y las ventas netas de los días del registro. Una fila
    repetida cuenta una vez.
remedy:
  en: "Start with the products that lose most: raise their reorder point or find out why they did not arrive."
  es: "Empiece por los productos que más pierden: suba su punto de pedido o averigüe por qué no llegaron."
words:
  lost_sales: {en: lost sales, es: ventas perdidas}
  lost_units: {en: units not supplied, es: unidades no servidas}
  lost_sales_share: {en: lost sales of demand, es: ventas perdidas sobre la demanda}
  units: {es: unidades}
  log: {en: the log of lost sales, es: el registro de ventas perdidas}
  entries: {en: log entries, es: anotaciones}
  priced: {en: with a price, es: con precio}
  no lost sale was logged: {es: no se anotó ninguna venta perdida}
  no entry has a readable quantity: {es: ninguna anotación tiene una cantidad legible}
  no entry has a quantity and a price: {es: ninguna anotación tiene cantidad y precio}
  nothing was sold at a known price in the days of the log: {es: no se vendió nada con precio conocido en los días del registro}
source: "Retail practice: logged lost demand at selling price"
--- */

-- section: population
SELECT 'log' AS origin, l.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier,
       strftime(l.ts_date, '%Y-%m') AS month, l.ts_date AS day, abs(l.qty) AS units,
       try((abs(l.qty)::DECIMAL(38, 4) * CASE WHEN l.unit_price > 0 THEN l.unit_price ELSE g.list_price END)::DECIMAL(38, 8)) AS lost
FROM lost_sales AS l LEFT JOIN product_groups AS g ON g.product = l.product
WHERE l._duplicate_record IS NULL

-- section: kpis
WITH span AS (
    SELECT min(day) AS starts, max(day) AS ends FROM population
), sold AS (
    SELECT s.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, s.month, s.net_sales
    FROM (
        SELECT d.product, d.location, strftime(date_trunc('month', d.day), '%Y-%m') AS month, sum(d.net_sales) AS net_sales
        FROM sold_goods AS d JOIN span AS t ON d.day >= t.starts AND d.day <= t.ends
        GROUP BY d.product, d.location, strftime(date_trunc('month', d.day), '%Y-%m')
    ) AS s LEFT JOIN product_groups AS g ON g.product = s.product
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
), placed_sales AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, s.* FROM sold AS s
    UNION ALL
    SELECT 'location', location, '', s.* FROM sold AS s WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', s.* FROM sold AS s WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', s.* FROM sold AS s WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, s.* FROM sold AS s WHERE month IS NOT NULL
), sales_sums AS (
    SELECT scope, key, period, sum(net_sales) AS net_sales FROM placed_sales GROUP BY scope, key, period
), summed AS (
    SELECT scope, key, period, count(*) AS entries, count(units) AS n_units, count(lost) AS n, sum(units) AS units, sum(lost) AS lost
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT s.*, d.net_sales, coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN s.entries = 0 THEN 'no lost sale was logged' WHEN s.n = 0 THEN 'no entry has a quantity and a price' END AS unpriced
    FROM summed AS s
    LEFT JOIN sales_sums AS d ON d.scope = s.scope AND d.key = s.key AND d.period = s.period
)
SELECT scope, key, period, 'lost_sales' AS measure, currency AS unit, 'log' AS basis, lost::DECIMAL(38, 9) AS value, lost AS numerator,
       NULL AS denominator, n, ratio(n, entries) AS coverage, unpriced AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'lost_units', 'units', 'log', units::DECIMAL(38, 9), units, NULL, n_units, ratio(n_units, entries),
       CASE WHEN entries = 0 THEN 'no lost sale was logged' WHEN n_units = 0 THEN 'no entry has a readable quantity' END
FROM explained
UNION ALL
SELECT scope, key, period, 'lost_sales_share', '%', 'log', CASE WHEN net_sales > 0 THEN ratio(100 * lost, lost + net_sales) END, lost,
       lost + net_sales, n, ratio(n, entries),
       CASE WHEN unpriced IS NOT NULL THEN unpriced WHEN net_sales > 0 THEN ''
            ELSE 'nothing was sold at a known price in the days of the log' END
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(lost) AS unknown FROM population

-- section: facts
SELECT count(*) AS entries, count(lost) AS priced FROM population
