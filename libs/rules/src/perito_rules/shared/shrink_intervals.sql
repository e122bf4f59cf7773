/* ---
id: shrink_intervals
version: 1
kind: view
title: {en: What was lost between one count and the next, es: Lo perdido entre un conteo y el siguiente}
optional:
  counts: [ts, product, location, lot, counted_qty, unit_cost]
  inventory: [snapshot_date, product, location, qty]
uses: [stock_flows, sold_goods, day_spans, unit_costs, product_groups]
--- */
-- One row per product, location and day of a count. The stock that was counted before (or, before the first count, the
-- snapshot before it) plus everything that documents moved since, less the losses that documents name, is what should be
-- there; the rest is lost. Adjustments are left out, for they book the very loss that is measured. What opens one interval
-- closes the one before, so that a loss is found once, and sums over intervals are the loss of the whole time. The loss is
-- NULL where the opening is missing, where a movement of the time could not be read, or where the same goods were counted
-- twice on one day.
WITH counted AS (
    SELECT product, location, ts_date AS day,
           CASE WHEN count(counted_qty) = count(*) AND count(DISTINCT coalesce(lot, '')) = count(*) THEN sum(counted_qty) END AS qty,
           CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS unit_cost
    FROM counts
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL AND ts_date IS NOT NULL
    GROUP BY product, location, ts_date
), chained AS (
    SELECT *, lag(day) OVER w AS last_day, lag(qty) OVER w AS last_qty
    FROM counted WHERE qty IS NOT NULL
    WINDOW w AS (PARTITION BY product, location ORDER BY day)
), snapshots AS (
    SELECT product, location, snapshot_date AS day,
           CASE WHEN count(qty) = count(*)
                 AND min(coalesce(snapshot_date_source, '')) = max(coalesce(snapshot_date_source, '')) THEN sum(qty) END AS qty
    FROM inventory
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL AND snapshot_date IS NOT NULL
    GROUP BY product, location, snapshot_date
), intervals AS (
    SELECT c.product, c.location, c.day, c.qty AS counted, c.unit_cost, coalesce(c.last_day, s.day) AS since,
           CASE WHEN c.last_day IS NOT NULL THEN c.last_qty ELSE s.qty END AS opening
    FROM chained AS c
    ASOF LEFT JOIN snapshots AS s ON s.product = c.product AND s.location = c.location AND s.day < c.day
), moved AS (
    SELECT i.product, i.location, i.day, sum(CASE WHEN f.flow <> 'adjustment' THEN f.qty END) AS moved,
           sum(CASE WHEN f.flow = 'loss' THEN -f.qty END) AS known_loss,
           sum(CASE WHEN f.flow = 'loss' THEN -f.value_at_cost END) AS known_value,
           sum(f.unvalued) AS unvalued,
           sum(CASE WHEN f.flow <> 'adjustment' THEN f.unreadable END) AS unreadable
    FROM stock_flows AS f
    ASOF JOIN intervals AS i ON i.product = f.product AND i.location = f.location AND f.closes <= i.day
    WHERE f.closes > i.since
    GROUP BY i.product, i.location, i.day
), undated AS (
    SELECT DISTINCT product, location FROM stock_flows WHERE NOT dated AND flow <> 'adjustment'
), sold_spans AS (
    SELECT o.product, o.location, s.closes, sum(o.net_sales) AS net_sales, sum(o.lines) AS lines, sum(o.priced) AS priced
    FROM sold_goods AS o JOIN day_spans AS s ON s.location = o.location AND s.day = o.day
    WHERE s.closes IS NOT NULL
    GROUP BY o.product, o.location, s.closes
), sold AS (
    SELECT i.product, i.location, i.day, sum(o.net_sales) AS net_sales, sum(o.lines) AS lines, sum(o.priced) AS priced
    FROM sold_spans AS o
    ASOF JOIN intervals AS i ON i.product = o.product AND i.location = o.location AND o.closes <= i.day
    WHERE o.closes > i.since
    GROUP BY i.product, i.location, i.day
), judged AS (
    SELECT n.product, n.location, n.day, i.counted, i.since, i.unit_cost,
           CASE WHEN i.opening IS NOT NULL AND u.product IS NULL AND coalesce(m.unreadable, 0) = 0
                THEN i.opening + coalesce(m.moved, 0) END AS expected,
           coalesce(m.known_loss, 0) AS known_loss, CASE WHEN coalesce(m.unvalued, 0) = 0 THEN coalesce(m.known_value, 0) END AS known_value,
           coalesce(s.net_sales, 0) AS net_sales, coalesce(s.lines, 0) AS sale_lines, coalesce(s.priced, 0) AS priced_lines
    FROM counted AS n
    LEFT JOIN intervals AS i ON i.product = n.product AND i.location = n.location AND i.day = n.day
    LEFT JOIN moved AS m ON m.product = n.product AND m.location = n.location AND m.day = n.day
    LEFT JOIN undated AS u ON u.product = n.product AND u.location = n.location
    LEFT JOIN sold AS s ON s.product = n.product AND s.location = n.location AND s.day = n.day
)
SELECT j.product, j.location, j.day, strftime(j.day, '%Y-%m') AS month, coalesce(g.category, '') AS category,
       coalesce(g.supplier, '') AS supplier, j.since, j.expected, j.counted, j.expected - j.counted AS loss,
       (j.expected - j.counted) * coalesce(j.unit_cost, u.unit_cost) AS loss_value,
       (j.expected - j.counted) * g.list_price AS loss_at_retail,
       j.known_loss, j.known_value, j.known_loss * g.list_price AS known_at_retail, j.net_sales, j.sale_lines, j.priced_lines
FROM judged AS j
ASOF LEFT JOIN unit_costs AS u ON u.product = j.product AND j.day >= u.valid_from
LEFT JOIN product_groups AS g ON g.product = j.product
