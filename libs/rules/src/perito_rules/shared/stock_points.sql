/* ---
id: stock_points
version: 1
kind: view
title: {en: Stock at month ends, es: Existencias a fin de mes}
optional:
  inventory: [snapshot_date, product, location, qty, value, unit_cost]
parameters:
  grace_days: {default: 31, type: integer, meaning: "days that a snapshot may lie before the first or after the last sale of the books"}
uses: [unit_costs, sold_goods]
--- */
-- One row per product, location and snapshot that counts for an average: the last snapshot of each month, the first and the
-- last of its location. Snapshots of a time of which the books hold no sales are left out: they would be set against
-- nothing. The value is the book's own at cost, else the quantity times the cost in the book, else times the one known
-- that day; NULL where none is known, or where several snapshots of one day contradict each other.
WITH traded AS (
    SELECT min(day) - $grace_days::INTEGER AS first_day, max(day) + $grace_days::INTEGER AS last_day FROM sold_goods
), days AS (
    SELECT DISTINCT i.location, i.snapshot_date AS day
    FROM inventory AS i CROSS JOIN traded AS t
    WHERE i._duplicate_record IS NULL AND i.location IS NOT NULL AND i.snapshot_date >= t.first_day
      AND i.snapshot_date <= t.last_day
), points AS (
    SELECT location, day, date_trunc('month', day)::DATE AS month,
           day = max(day) OVER (PARTITION BY location, date_trunc('month', day)) AS is_month_end,
           day = min(day) OVER (PARTITION BY location) AS is_opening, day = max(day) OVER (PARTITION BY location) AS is_closing
    FROM days
), valued AS (
    SELECT i.product, p.location, p.day, p.month, p.is_month_end, p.is_opening, p.is_closing, i.qty, i.snapshot_date_source,
           CASE WHEN i.value IS NOT NULL THEN i.value::DECIMAL(38, 8) WHEN i.qty = 0 THEN 0
                WHEN i.unit_cost > 0 THEN i.qty::DECIMAL(38, 4) * i.unit_cost ELSE i.qty::DECIMAL(38, 4) * u.unit_cost END AS value
    FROM inventory AS i
    JOIN points AS p ON p.location = i.location AND p.day = i.snapshot_date
    ASOF LEFT JOIN unit_costs AS u ON u.product = i.product AND i.snapshot_date >= u.valid_from
    WHERE i._duplicate_record IS NULL AND (p.is_month_end OR p.is_opening OR p.is_closing)
)
SELECT product, location, day, month, is_month_end, is_opening, is_closing,
       CASE WHEN count(value) = count(*)
             AND min(coalesce(snapshot_date_source, '')) = max(coalesce(snapshot_date_source, '')) THEN sum(value) END AS value
FROM valued
GROUP BY product, location, day, month, is_month_end, is_opening, is_closing
