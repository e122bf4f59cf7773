/* ---
id: stock_weeks
version: 1
kind: view
title: {en: What moved stock by week, es: Lo que movió existencias por semana}
uses: [stock_moves, feed_places, day_spans]
--- */
-- One row per product, place and week (NULL: without a day) of `stock_moves`. A week ends early where the books state the
-- stock (`closes`, see day_spans). `went` is all that went out: had it gone first and left enough, the order within that
-- week does not matter, and most keys of most books need no closer look. `slots` are the days on which something moved, or
-- the eighths of days where instants count: where there are as many as rows, no two rows share an instant. `sale_days` are
-- the days on which a sale took something.
WITH days AS (
    SELECT d.location, d.day, d.closes, date_trunc('week', d.day)::DATE AS week, dayofweek(d.day) AS weekday, f.location IS NOT NULL AS by_day
    FROM day_spans AS d LEFT JOIN feed_places AS f ON f.location = d.location
)
SELECT m.product, m.location, d.closes, d.week, d.by_day, sum(m.qty) AS qty, sum(least(m.qty, 0)) AS went, count(*) AS moved_rows,
       count(m.qty) < count(*) AS unread, bool_or(m.flow = 'opening') AS has_opening,
       bit_count(bit_or(1::BIGINT << CASE WHEN d.by_day THEN d.weekday ELSE d.weekday * 8 + hour(m.ts) // 3 END)) AS slots,
       bit_count(bit_or(CASE WHEN m.flow = 'sale' AND m.qty < 0 THEN 1::INTEGER << d.weekday::INTEGER ELSE 0 END)) AS sale_days
FROM stock_moves AS m LEFT JOIN days AS d ON d.location = m.location AND d.day = m.day
WHERE m.product IS NOT NULL AND m.location IS NOT NULL
GROUP BY m.product, m.location, d.closes, d.week, d.by_day
