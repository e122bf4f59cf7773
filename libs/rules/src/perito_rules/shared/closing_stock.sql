/* ---
id: closing_stock
version: 1
kind: view
title: {en: Stock at the last snapshot of each location, es: Existencia en el último saldo de cada ubicación}
optional:
  inventory: [snapshot_date, product, location, qty, value, unit_cost]
--- */
-- One row per product and location that the location's last snapshot lists, lots added up. `qty` is NULL where a cell could
-- not be read, or where intake dropped a time of day and several snapshots share the date.
WITH held AS (
    SELECT product, location, qty, value, unit_cost, snapshot_date, snapshot_date_source,
           max(snapshot_date) OVER (PARTITION BY location) AS ends
    FROM inventory
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL AND snapshot_date IS NOT NULL
)
SELECT product, location, ends,
       CASE WHEN count(qty) = count(*) AND min(coalesce(snapshot_date_source, '')) = max(coalesce(snapshot_date_source, ''))
            THEN sum(qty) END AS qty,
       CASE WHEN count(value) = count(*) THEN sum(value) END AS value,
       CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS book_cost
FROM held
WHERE snapshot_date = ends
GROUP BY product, location, ends
