/* ---
id: K-23
version: 1
kind: metric
title: {en: Dead and slow stock, es: Existencia muerta y lenta}
grain: population
unit: products held
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  inventory: [value, unit_cost]
  receipts: [product, location, ts, status]
  movements: [type, product, location, ts, qty]
  products: [product, launched]
uses: [closing_stock, daily_sales, sale_histories, unit_costs, product_groups]
parameters:
  dead_days: {default: 180, type: integer, meaning: "days without a sale from which stock is dead"}
  slow_days: {default: 90, type: integer, meaning: "days without a sale from which stock is slow"}
  arrival_days: {default: 90, type: integer, meaning: "days since the last arrival up to which stock is too new to judge"}
explanation:
  en: >-
    Share of the value on hand that no longer sells: dead was not sold for 180 days, slow for 90 and is not dead yet;
    neither arrived in the last 90 days. The value is that of the last snapshot at cost. A place that never sells,
    such as a central warehouse, is judged by what it sends and by sales anywhere. Where the sales of the books do not
    reach back far enough before the snapshot, nothing is dead or slow yet and the stock is unknown. It is a share by
    time alone; P-041 tells which goods stand beyond what their own pace explains.
  es: >-
    Porcentaje del valor en existencia que ya no se vende: muerto es lo que no se vende desde hace 180 días; lento,
    desde hace 90 y aún no muerto; ninguno llegó en los últimos 90 días. El valor es el del último saldo a coste. Un
    lugar que nunca vende, como un almacén central, se juzga por lo que envía y por las ventas en cualquier lugar. Si
    las ventas de los libros no llegan lo bastante atrás, nada es todavía muerto ni lento y la existencia se
    desconoce. Es un porcentaje solo por tiempo; P-041 dice qué artículos están parados más de lo que explica su
    propio ritmo.
remedy:
  en: "Mark slow stock down while it still sells; return or write down what is dead."
  es: "Rebaje lo lento mientras aún se venda; devuelva o deprecie lo muerto."
words:
  dead: {en: dead stock of value on hand, es: existencia muerta sobre el valor}
  slow: {en: slow stock of value on hand, es: existencia lenta sobre el valor}
  products_held: {en: products held, es: productos en existencia}
  judged: {en: judged, es: juzgados}
  nothing is on hand: {es: no hay existencias}
  the books do not reach back far enough or lack costs: {es: los libros no llegan lo bastante atrás o les faltan costes}
source: "Slow-moving stock review of inventory audits"
--- */

-- section: population
WITH sellers AS (
    SELECT location, min(first_sale) AS begins FROM sale_histories GROUP BY location
), unselling AS (
    SELECT DISTINCT s.location, s.ends FROM closing_stock AS s LEFT JOIN sellers AS e ON e.location = s.location WHERE e.location IS NULL
), last_here AS (
    SELECT product, location, last_held_sale AS day, undated FROM sale_histories
    UNION ALL
    SELECT m.product, m.location, max(CASE WHEN m.ts_date <= p.ends THEN m.ts_date END), count(*) - count(m.ts_date)
    FROM movements AS m JOIN unselling AS p ON p.location = m.location
    WHERE m.type = 'transfer_out' AND m._duplicate_record IS NULL
    GROUP BY m.product, m.location
), last_anywhere AS (
    SELECT d.product, p.location, max(d.day) AS day
    FROM daily_sales AS d JOIN unselling AS p ON d.day <= p.ends
    GROUP BY d.product, p.location
), used AS (
    -- What a kitchen or workshop uses up leaves the shelf as what is sold does.
    SELECT product, location, max(ts_date) AS day FROM movements
    WHERE type = 'production' AND qty < 0 AND _duplicate_record IS NULL GROUP BY product, location
), arrivals AS (
    SELECT product, location, ts_date AS day FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected')
    UNION ALL
    SELECT product, location, ts_date FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('receipt', 'transfer_in', 'opening') AND coalesce(qty, 1) > 0
), arrived AS (
    SELECT s.product, s.location, max(a.day) AS day
    FROM closing_stock AS s
    JOIN arrivals AS a ON a.product = s.product AND coalesce(a.location, s.location) = s.location AND a.day <= s.ends
    GROUP BY s.product, s.location
), launches AS (
    SELECT product, max(launched) AS day FROM products WHERE product IS NOT NULL GROUP BY product
), first_sale AS (
    SELECT min(begins) AS day FROM sellers
), judged AS (
    SELECT s.product, s.location, s.ends,
           CASE WHEN s.value > 0 THEN s.value::DECIMAL(38, 8)
                ELSE try((s.qty::DECIMAL(38, 4) * coalesce(s.book_cost, u.unit_cost))::DECIMAL(38, 8)) END AS value,
           s.ends - coalesce(greatest(h.day, w.day, x.day), e.begins, f.day) AS silent, s.ends - coalesce(e.begins, f.day) AS reach,
           coalesce(s.ends - a.day <= $arrival_days OR s.ends - l.day <= $arrival_days, false) AS is_new,
           coalesce(h.undated, 0) = 0 AS dated
    FROM closing_stock AS s
    ASOF LEFT JOIN unit_costs AS u ON u.product = s.product AND s.ends >= u.valid_from
    CROSS JOIN first_sale AS f
    LEFT JOIN sellers AS e ON e.location = s.location
    LEFT JOIN last_here AS h ON h.product = s.product AND h.location = s.location
    LEFT JOIN last_anywhere AS w ON w.product = s.product AND w.location = s.location
    LEFT JOIN arrived AS a ON a.product = s.product AND a.location = s.location
    LEFT JOIN launches AS l ON l.product = s.product
    LEFT JOIN used AS x ON x.product = s.product AND x.location = s.location AND x.day <= s.ends
    WHERE coalesce(s.qty, 1) > 0
)
SELECT j.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier,
       coalesce(j.dated AND j.reach >= $dead_days AND j.value IS NOT NULL, false) AS known, j.value,
       CASE WHEN j.is_new OR j.silent < $slow_days THEN 'selling' WHEN j.silent < $dead_days THEN 'slow' ELSE 'dead' END AS state
FROM judged AS j LEFT JOIN product_groups AS g ON g.product = j.product

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
), summed AS (
    SELECT scope, key, count(*) AS held, count(*) FILTER (WHERE known) AS n, sum(CASE WHEN known THEN value END) AS value,
           sum(CASE WHEN known AND state = 'dead' THEN value ELSE 0 END) AS dead,
           sum(CASE WHEN known AND state = 'slow' THEN value ELSE 0 END) AS slow
    FROM placed GROUP BY scope, key
    UNION ALL
    SELECT 'total', '', 0, 0, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), measured AS (
    SELECT scope, key, held, n, value, 'dead' AS measure, dead AS part FROM summed
    UNION ALL
    SELECT scope, key, held, n, value, 'slow', slow FROM summed
)
SELECT scope, key, '' AS period, measure, '%' AS unit, CASE WHEN value > 0 THEN ratio(100 * part, value) END AS value,
       CASE WHEN n > 0 THEN part END AS numerator, value AS denominator, n, ratio(n, held) AS coverage,
       CASE WHEN held = 0 THEN 'nothing is on hand' WHEN value > 0 THEN ''
            ELSE 'the books do not reach back far enough or lack costs' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT known) AS unknown FROM population

-- section: facts
SELECT count(*) AS products_held, count(*) FILTER (WHERE known) AS judged FROM population
