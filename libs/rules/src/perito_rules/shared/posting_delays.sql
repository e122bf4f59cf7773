/* ---
id: posting_delays
version: 1
kind: view
title: {en: How late a ledger usually enters what moved, es: Cuánto suele tardar un diario en registrar lo que se movió}
optional:
  movements: [type, location, ts, posted_at]
  receipts: [location, ts, posted_at]
parameters:
  usual_share: {default: "0.9", type: decimal, meaning: "share of a feed's rows that its usual delay covers"}
  least: {default: 20, type: integer, meaning: "rows from which on a type of movement at a place has a usual delay of its own; with fewer it is that of the whole table"}
--- */
-- One row per table, type of movement (empty: receipts), place and delay in days: how many rows have it, and between which
-- delays a row is as usual there (`early` to `late`). A nightly batch has one day, a weekly one seven. A delay is the day
-- of entry less the day of the movement. What was entered on the first day of entries is the takeover of an older
-- system (`taken_over`): its delays say how old it was, and nothing of how the books are kept.
WITH first_days AS (
    SELECT (SELECT min(posted_at_date) FROM movements) AS of_movements, (SELECT min(posted_at_date) FROM receipts) AS of_receipts
), entered AS (
    SELECT 'movements' AS table_name, coalesce(m.type, '') AS type, coalesce(m.location, '') AS location, m.posted_at_date - m.ts_date AS delay,
           m.posted_at_date = f.of_movements AS taken_over, count(*) AS entered_rows
    FROM movements AS m CROSS JOIN first_days AS f
    WHERE m._duplicate_record IS NULL AND m.posted_at_date IS NOT NULL AND m.ts_date IS NOT NULL
    GROUP BY m.type, m.location, m.posted_at_date - m.ts_date, m.posted_at_date = f.of_movements
    UNION ALL
    SELECT 'receipts', '', coalesce(r.location, ''), r.posted_at_date - r.ts_date, r.posted_at_date = f.of_receipts, count(*)
    FROM receipts AS r CROSS JOIN first_days AS f
    WHERE r._duplicate_record IS NULL AND r.posted_at_date IS NOT NULL AND r.ts_date IS NOT NULL
    GROUP BY r.location, r.posted_at_date - r.ts_date, r.posted_at_date = f.of_receipts
), own AS (
    SELECT table_name, type, location, delay, (sum(entered_rows) OVER (PARTITION BY table_name, type, location ORDER BY delay))::BIGINT AS so_far,
           (sum(entered_rows) OVER (PARTITION BY table_name, type, location))::BIGINT AS all_rows
    FROM (SELECT table_name, type, location, delay, sum(entered_rows) AS entered_rows FROM entered WHERE NOT taken_over GROUP BY ALL) AS kept
), of_table AS (
    SELECT table_name, delay, (sum(entered_rows) OVER (PARTITION BY table_name ORDER BY delay))::BIGINT AS so_far, (sum(entered_rows) OVER (PARTITION BY table_name))::BIGINT AS all_rows
    FROM (SELECT table_name, delay, sum(entered_rows) AS entered_rows FROM entered WHERE NOT taken_over GROUP BY ALL) AS kept
), own_limits AS (
    SELECT table_name, type, location, min(delay) FILTER (WHERE so_far >= all_rows * $usual_share) AS late, min(delay) FILTER (WHERE so_far > all_rows * (1 - $usual_share)) AS early
    FROM own WHERE all_rows >= $least GROUP BY table_name, type, location
), table_limits AS (
    SELECT table_name, min(delay) FILTER (WHERE so_far >= all_rows * $usual_share) AS late, min(delay) FILTER (WHERE so_far > all_rows * (1 - $usual_share)) AS early
    FROM of_table GROUP BY table_name
)
SELECT e.table_name, e.type, e.location, e.delay, e.taken_over, e.entered_rows, coalesce(o.late, t.late) AS late, coalesce(o.early, t.early) AS early
FROM entered AS e
LEFT JOIN own_limits AS o ON o.table_name = e.table_name AND o.type = e.type AND o.location = e.location
LEFT JOIN table_limits AS t ON t.table_name = e.table_name
