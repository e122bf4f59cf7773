/* ---
id: ranged_days
version: 1
kind: view
title: {en: Days on which a ranged product had stock or none, es: Días en que un producto previsto tenía existencia o no}
optional:
  ranging: [product, location, starts, ends]
  inventory: [snapshot_date, product, location, qty]
  calendars: [location, day, trading]
uses: [stock_moves]
unique: {changes: [product, location, day]}
--- */
-- One row per product, location and month: days of trading on which the product was ranged there (`ranged`), those whose stock
-- at the end of the day is known (`days`) and those without stock (`out_days`). Stock is the last snapshot's plus what moved
-- since; a product that the location's first snapshot does not list began with none. An unreadable quantity makes it unknown until
-- the next snapshot. Days are not unfolded per product: stock stands still between movements, so only its changes are rows.
WITH moved AS (
    SELECT product, location, day, sum(qty) AS qty, count(*) - count(qty) AS unread
    FROM stock_moves WHERE product IS NOT NULL AND location IS NOT NULL AND day IS NOT NULL
    GROUP BY product, location, day
), snapshots AS (
    SELECT product, location, snapshot_date AS day, CASE WHEN count(qty) = count(*) THEN sum(qty) END AS qty
    FROM inventory
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL AND snapshot_date IS NOT NULL
    GROUP BY product, location, snapshot_date
), opened AS (
    SELECT location, min(day) AS starts, max(day) AS last_snapshot FROM snapshots GROUP BY location
), last_moves AS (
    SELECT location, max(day) AS day FROM moved GROUP BY location
), spans AS (
    SELECT o.location, o.starts, greatest(o.last_snapshot, coalesce(m.day, o.last_snapshot)) AS ends
    FROM opened AS o LEFT JOIN last_moves AS m ON m.location = o.location
), wanted AS (
    SELECT r.product, r.location, greatest(min(coalesce(r.starts, s.starts)), min(s.starts)) AS starts,
           least(max(coalesce(r.ends, s.ends)), max(s.ends)) AS ends
    FROM ranging AS r JOIN spans AS s ON s.location = r.location
    WHERE r._duplicate_record IS NULL AND r.product IS NOT NULL
      AND (r.starts IS NOT NULL OR r.starts_source IS NULL) AND (r.ends IS NOT NULL OR r.ends_source IS NULL)
    GROUP BY r.product, r.location
), closed AS (
    SELECT location, day FROM calendars WHERE NOT trading AND day IS NOT NULL GROUP BY location, day
), numbered AS (
    -- `opened` counts the days of trading up to each day, so that those between two days are a difference.
    SELECT d.location, d.day, d.month, sum(CASE WHEN c.day IS NULL THEN 1 ELSE 0 END) OVER (
               PARTITION BY d.location ORDER BY d.day ROWS UNBOUNDED PRECEDING) AS opened
    FROM (
        SELECT location, day, date_trunc('month', day)::DATE AS month
        FROM (SELECT location, unnest(generate_series(starts - 1, ends, INTERVAL 1 DAY))::DATE AS day FROM spans) AS unfolded
    ) AS d LEFT JOIN closed AS c ON c.location = d.location AND c.day = d.day
), months AS (
    SELECT location, month, min(day) AS first_day, max(day) AS last_day FROM numbered GROUP BY location, month
), changes AS (
    SELECT s.product, s.location, s.day, s.qty, true AS is_set, CASE WHEN s.qty IS NULL THEN 1 ELSE 0 END AS unread FROM snapshots AS s
    UNION ALL
    SELECT w.product, w.location, o.starts, 0, true, 0
    FROM wanted AS w JOIN spans AS o ON o.location = w.location
    WHERE NOT EXISTS (
        SELECT 1 FROM snapshots AS s WHERE s.product = w.product AND s.location = w.location AND s.day = o.starts
    )
    UNION ALL
    SELECT m.product, m.location, m.day, m.qty, false, m.unread
    FROM moved AS m JOIN spans AS o ON o.location = m.location AND m.day > o.starts
    WHERE NOT EXISTS (SELECT 1 FROM snapshots AS s WHERE s.product = m.product AND s.location = m.location AND s.day = m.day)
), chained AS (
    SELECT product, location, day, qty, unread, sum(is_set::INTEGER) OVER (
               PARTITION BY product, location ORDER BY day ROWS UNBOUNDED PRECEDING) AS anchor,
           lead(day) OVER (PARTITION BY product, location ORDER BY day) AS next_day
    FROM changes
), states AS (
    SELECT product, location, day, next_day, sum(qty) OVER (
               PARTITION BY product, location, anchor ORDER BY day ROWS UNBOUNDED PRECEDING) AS stock,
           sum(unread) OVER (PARTITION BY product, location, anchor ORDER BY day ROWS UNBOUNDED PRECEDING) AS unread
    FROM chained
), odd AS (
    -- Times without stock, or of which nobody knows.
    SELECT s.product, s.location, greatest(s.day, w.starts) AS first_day, least(coalesce(s.next_day - 1, w.ends), w.ends) AS last_day,
           s.unread > 0 AS is_unknown
    FROM states AS s JOIN wanted AS w ON w.product = s.product AND w.location = s.location
    WHERE s.unread > 0 OR s.stock <= 0
), pieces AS (
    SELECT o.product, o.location, m.month, o.is_unknown, greatest(o.first_day, m.first_day) AS first_day,
           least(o.last_day, m.last_day) AS last_day
    FROM odd AS o JOIN months AS m ON m.location = o.location AND m.first_day <= o.last_day AND m.last_day >= o.first_day
    WHERE o.first_day <= o.last_day
    UNION ALL
    SELECT w.product, w.location, m.month, NULL, greatest(w.starts, m.first_day), least(w.ends, m.last_day)
    FROM wanted AS w JOIN months AS m ON m.location = w.location AND m.first_day <= w.ends AND m.last_day >= w.starts
    WHERE w.starts <= w.ends
), lengths AS (
    SELECT p.product, p.location, p.month, p.is_unknown, e.opened - b.opened AS days
    FROM pieces AS p
    JOIN numbered AS e ON e.location = p.location AND e.day = p.last_day
    JOIN numbered AS b ON b.location = p.location AND b.day = p.first_day - 1
)
SELECT product, location, strftime(month, '%Y-%m') AS month, sum(CASE WHEN is_unknown IS NULL THEN days ELSE 0 END) AS ranged,
       sum(CASE WHEN is_unknown IS NULL THEN days WHEN is_unknown THEN -days ELSE 0 END) AS days,
       sum(CASE WHEN NOT is_unknown THEN days ELSE 0 END) AS out_days
FROM lengths
GROUP BY product, location, strftime(month, '%Y-%m')
