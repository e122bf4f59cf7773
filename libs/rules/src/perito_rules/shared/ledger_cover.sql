/* ---
id: ledger_cover
version: 1
kind: view
title: {en: Days that the ledger covers, es: Días que cubre el diario}
optional:
  movements: [ts]
  sales: [location, ts]
parameters:
  least_days: {default: 30, type: integer, meaning: "days with rows from which on the longest silence of a ledger says how long it may be silent"}
  silence: {default: 92, type: integer, meaning: "days that a ledger with fewer may be silent at least"}
uses: [book_span, feed_places]
unique: {days: [table_name, day], silences: [table_name, day], covered: [by_feed]}
--- */
-- One row for places whose sales stand in the ledger (`by_feed` false) and one for those of the sales feed (true), with the
-- first and the last day of which the ledger may speak: a year of movements says nothing of the stock lists of the year
-- before it. Beyond its first and last row it may have been silent for as long as it ever was.
WITH days AS (
    SELECT 'movements' AS table_name, ts_date AS day FROM movements WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ts_date
    UNION ALL
    SELECT 'sales', l.ts_date FROM sales AS l JOIN feed_places AS f ON f.location IS NOT DISTINCT FROM l.location
    WHERE l.ts_date IS NOT NULL AND l._duplicate_record IS NULL GROUP BY l.ts_date
), silences AS (
    SELECT d.table_name, d.day, d.day - lag(d.day) OVER (PARTITION BY d.table_name ORDER BY d.day) AS silence
    FROM days AS d CROSS JOIN book_span AS b
    WHERE d.day BETWEEN b.first_day AND b.last_day
), spans AS (
    SELECT table_name, min(day) AS first_day, max(day) AS last_day,
           greatest(coalesce(max(silence), 0), CASE WHEN count(*) >= $least_days THEN 0 ELSE $silence::INTEGER END) AS silence
    FROM silences GROUP BY table_name
), covered AS (
    SELECT f.by_feed, max(s.first_day - 1 - s.silence::INTEGER) AS begins, min(s.last_day + s.silence::INTEGER) AS ends
    FROM (VALUES (false), (true)) AS f(by_feed) JOIN spans AS s ON f.by_feed OR s.table_name = 'movements'
    GROUP BY f.by_feed
)
SELECT by_feed, begins, ends FROM covered
