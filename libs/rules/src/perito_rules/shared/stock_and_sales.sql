/* ---
id: stock_and_sales
version: 1
kind: view
title: {en: Average stock and what was sold from it, es: Existencia media y lo vendido de ella}
parameters:
  month_ends: {default: 13, type: integer, meaning: "month ends from which on their mean is the average stock; with fewer it is that of opening and closing"}
uses: [sold_goods, stock_points, product_groups]
--- */
-- One row per place (total, location, category, supplier) and per month: the average stock at cost and the sales of the
-- same goods from the first snapshot to the last. A month in which a location that has snapshots before and after has
-- none is no point of any sum over locations.
WITH spans AS (
    SELECT location, min(day) AS opening, max(day) AS closing, min(month) AS first_month, max(month) AS last_month
    FROM stock_points GROUP BY location
), months AS (
    SELECT month, max(day) AS day FROM stock_points WHERE is_month_end GROUP BY month
), there AS (
    SELECT DISTINCT location, month FROM stock_points WHERE is_month_end
), complete AS (
    SELECT m.month, m.day FROM months AS m
    WHERE NOT EXISTS (
        SELECT 1 FROM spans AS s
        WHERE s.first_month <= m.month AND s.last_month >= m.month
          AND NOT EXISTS (SELECT 1 FROM there AS t WHERE t.location = s.location AND t.month = m.month)
    )
), stock AS (
    SELECT p.*, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, c.month IS NOT NULL AS is_complete
    FROM stock_points AS p
    LEFT JOIN product_groups AS g ON g.product = p.product
    LEFT JOIN complete AS c ON c.month = p.month
), placed_stock AS (
    SELECT 'total' AS scope, '' AS key, s.*, s.is_month_end AND s.is_complete AS is_point FROM stock AS s
    UNION ALL
    SELECT 'location', location, s.*, s.is_month_end FROM stock AS s
    UNION ALL
    SELECT 'category', category, s.*, s.is_month_end AND s.is_complete FROM stock AS s WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, s.*, s.is_month_end AND s.is_complete FROM stock AS s WHERE supplier <> ''
), held AS (
    SELECT scope, key, count(DISTINCT month) FILTER (WHERE is_point) AS own_points,
           sum(CASE WHEN is_point THEN value END) AS at_points,
           sum(CASE WHEN is_opening THEN value END) AS at_opening, sum(CASE WHEN is_closing THEN value END) AS at_closing,
           count(*) AS stock_rows, count(value) AS valued_rows
    FROM placed_stock GROUP BY scope, key
), sold AS (
    -- What was sold at a place and time of which stock is known, or on a day that could not be read.
    SELECT o.*, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier
    FROM (
        SELECT l.product, l.location, coalesce(l.day > s.opening AND l.day <= s.closing, false) AS is_within,
               sum(l.lines) AS lines, sum(l.costed) AS costed, sum(least(l.costed, l.priced)) AS margined, sum(l.cogs) AS cogs,
               sum(CASE WHEN l.costed = l.lines AND l.priced = l.lines THEN l.net_sales - l.cogs END) AS margin
        FROM sold_goods AS l
        CROSS JOIN (SELECT min(opening) AS opening, max(closing) AS closing FROM spans) AS e
        LEFT JOIN spans AS s ON s.location = l.location
        WHERE l.day IS NULL OR (l.day > e.opening AND l.day <= e.closing)
        GROUP BY ALL
    ) AS o
    LEFT JOIN product_groups AS g ON g.product = o.product
), placed_sales AS (
    SELECT 'total' AS scope, '' AS key, o.* FROM sold AS o
    UNION ALL
    SELECT 'location', location, o.* FROM sold AS o WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, o.* FROM sold AS o WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, o.* FROM sold AS o WHERE supplier <> ''
), sums AS (
    SELECT scope, key, sum(lines) AS lines, sum(CASE WHEN is_within THEN costed ELSE 0 END) AS costed,
           sum(CASE WHEN is_within THEN margined ELSE 0 END) AS margined,
           sum(CASE WHEN is_within THEN cogs END) AS cogs, sum(CASE WHEN is_within THEN margin END) AS margin
    FROM placed_sales GROUP BY scope, key
), whole AS (
    SELECT h.scope, h.key, h.stock_rows, h.valued_rows, h.at_opening, h.at_closing, h.at_points,
           CASE WHEN h.scope = 'location' THEN h.own_points ELSE (SELECT count(*) FROM complete) END AS points,
           coalesce(s.closing - s.opening, (SELECT max(closing) - min(opening) FROM spans)) AS days
    FROM held AS h LEFT JOIN spans AS s ON h.scope = 'location' AND s.location = h.key
), monthly_stock AS (
    SELECT c.month, c.day, sum(p.value) AS value, count(*) AS stock_rows, count(p.value) AS valued_rows
    FROM complete AS c JOIN stock_points AS p ON p.month = c.month AND p.is_month_end GROUP BY c.month, c.day
), month_pairs AS (
    SELECT n.month, n.day - o.day AS days, o.value AS at_opening, n.value AS at_closing,
           o.stock_rows + n.stock_rows AS stock_rows, o.valued_rows + n.valued_rows AS valued_rows
    FROM monthly_stock AS n JOIN monthly_stock AS o ON o.month = n.month - INTERVAL 1 MONTH
), month_ends AS (
    SELECT location, day, min(month) AS month FROM stock_points WHERE is_month_end GROUP BY location, day
), sold_by_day AS (
    SELECT l.location, l.day, sum(l.lines) AS lines, sum(l.costed) AS costed, sum(least(l.costed, l.priced)) AS margined,
           sum(l.cogs) AS cogs, sum(CASE WHEN l.costed = l.lines AND l.priced = l.lines THEN l.net_sales - l.cogs END) AS margin
    FROM sold_goods AS l JOIN spans AS s ON s.location = l.location AND l.day > s.opening AND l.day <= s.closing
    GROUP BY l.location, l.day
), monthly_sales AS (
    SELECT e.month, sum(o.lines) AS lines, sum(o.costed) AS costed, sum(o.margined) AS margined, sum(o.cogs) AS cogs,
           sum(o.margin) AS margin
    FROM sold_by_day AS o
    ASOF JOIN month_ends AS e ON e.location = o.location AND o.day <= e.day
    GROUP BY e.month
), rows_of_all AS (
    SELECT w.scope, w.key, '' AS period, w.days,
           CASE WHEN w.points >= $month_ends THEN 'month_ends' ELSE 'opening_and_closing' END AS basis,
           CASE WHEN w.points >= $month_ends THEN w.points ELSE 2 END AS points,
           CASE WHEN w.points >= $month_ends THEN w.at_points ELSE coalesce(w.at_opening, 0) + coalesce(w.at_closing, 0) END AS summed,
           w.stock_rows, w.valued_rows, coalesce(s.lines, 0) AS lines, coalesce(s.costed, 0) AS costed,
           coalesce(s.margined, 0) AS margined, s.cogs, s.margin
    FROM whole AS w LEFT JOIN sums AS s ON s.scope = w.scope AND s.key = w.key
    UNION ALL
    SELECT 'month', strftime(m.month, '%Y-%m'), strftime(m.month, '%Y-%m'), m.days, 'opening_and_closing', 2,
           coalesce(m.at_opening, 0) + coalesce(m.at_closing, 0), m.stock_rows, m.valued_rows, coalesce(s.lines, 0),
           coalesce(s.costed, 0), coalesce(s.margined, 0), s.cogs, s.margin
    FROM month_pairs AS m LEFT JOIN monthly_sales AS s ON s.month = m.month
)
SELECT scope, key, period, days, basis, points, ratio(summed, points) AS average_stock, lines, costed,
       CASE WHEN lines = 0 THEN 0 ELSE cogs END AS cogs, CASE WHEN lines = 0 THEN 0 ELSE margin END AS margin,
       least(CASE WHEN lines = 0 THEN 1 ELSE ratio(costed, lines) END, ratio(valued_rows, stock_rows)) AS coverage,
       least(CASE WHEN lines = 0 THEN 1 ELSE ratio(margined, lines) END, ratio(valued_rows, stock_rows)) AS margin_coverage
FROM rows_of_all
