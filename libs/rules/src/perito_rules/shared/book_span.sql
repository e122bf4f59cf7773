/* ---
id: book_span
version: 1
kind: view
title: {en: First and last day of which the books speak, es: Primer y último día de los que hablan los libros}
optional:
  sales: [ts]
  movements: [ts]
  purchases: [ordered_at]
  receipts: [ts]
  invoices: [invoiced_at]
  returns: [ts]
  counts: [ts]
  transfers: [out_ts]
  inventory: [snapshot_date]
parameters:
  quiet_days: {default: 92, type: integer, meaning: "days without a row after which the few rows that follow are slips of the pen"}
  stray_share: {default: "0.001", type: decimal, meaning: "share of the dated rows up to which rows after a quiet time are few"}
  silent_days: {default: 1826, type: integer, meaning: "days without a row before which rows are slips where they are few in small books too; also before the first day"}
  small_share: {default: "0.01", type: decimal, meaning: "share of the dated rows, and one row more, that is few in small books"}
  least_rows: {default: 50, type: integer, meaning: "dated rows below which no date is called a slip"}
--- */
-- One row: the first and the last day on which something happened, without dates that nobody can have meant. A date is
-- left out where no row of any table stands within a quarter before it and hardly any after: books do not fall silent and
-- speak once more. What is far too old needs five silent years, for the oldest order may well be a year older than the rest.
WITH dated AS (
    SELECT ts_date AS day, count(*) AS rows FROM sales WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ts_date
    UNION ALL SELECT ts_date, count(*) FROM movements WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ts_date
    UNION ALL SELECT ordered_at_date, count(*) FROM purchases WHERE ordered_at_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ordered_at_date
    UNION ALL SELECT ts_date, count(*) FROM receipts WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ts_date
    UNION ALL SELECT invoiced_at_date, count(*) FROM invoices WHERE invoiced_at_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY invoiced_at_date
    UNION ALL SELECT ts_date, count(*) FROM returns WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ts_date
    UNION ALL SELECT ts_date, count(*) FROM counts WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY ts_date
    UNION ALL SELECT out_ts_date, count(*) FROM transfers WHERE out_ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY out_ts_date
    UNION ALL SELECT snapshot_date, count(*) FROM inventory WHERE snapshot_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY snapshot_date
), days AS (
    SELECT day, sum(rows)::BIGINT AS rows FROM dated GROUP BY day
), placed AS (
    SELECT day, rows, sum(rows) OVER (ORDER BY day) AS up_to, sum(rows) OVER () AS total,
           lag(day) OVER (ORDER BY day) AS day_before, lead(day) OVER (ORDER BY day) AS day_after
    FROM days
)
SELECT coalesce(max(day) FILTER (total >= $least_rows AND day - day_before >= $silent_days AND (up_to - rows <= $stray_share * total OR up_to - rows <= 1 + $small_share * total)),
                min(day)) AS first_day,
       coalesce(min(day) FILTER (total >= $least_rows
                                 AND (day_after - day >= $quiet_days AND total - up_to <= $stray_share * total
                                      OR day_after - day >= $silent_days AND total - up_to <= 1 + $small_share * total)),
                max(day)) AS last_day
FROM placed
