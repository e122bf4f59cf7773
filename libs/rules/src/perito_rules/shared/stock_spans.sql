/* ---
id: stock_spans
version: 1
kind: view
title: {en: Times between two stock snapshots, es: Tiempos entre dos saldos de existencias}
uses: [stock_points]
unique: {spans: [location, period]}
--- */
-- One row per location for the whole time from its first snapshot to its last (`period` is blank), and one per month that
-- has a month end before it. What moved belongs to a span from the day after `starts` to `ends`.
WITH days AS (
    SELECT location, month, day, max(is_month_end::INTEGER) = 1 AS is_month_end
    FROM stock_points GROUP BY location, month, day
), ends AS (
    SELECT location, month, max(day) AS day FROM days WHERE is_month_end GROUP BY location, month
), spans AS (
    SELECT location, '' AS period, min(day) AS starts, max(day) AS ends FROM days GROUP BY location HAVING max(day) > min(day)
    UNION ALL
    SELECT n.location, strftime(n.month, '%Y-%m'), o.day, n.day
    FROM ends AS n JOIN ends AS o ON o.location = n.location AND o.month = n.month - INTERVAL 1 MONTH
)
SELECT location, period, starts, ends FROM spans
