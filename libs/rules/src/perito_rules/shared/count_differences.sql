/* ---
id: count_differences
version: 1
kind: view
title: {en: What counts found against the books, es: Lo que los conteos hallaron frente a los libros}
optional:
  counts: [ts, product, location, system_qty, counted_qty, unit_cost]
uses: [unit_costs, product_groups]
--- */
-- One row per record of a count, also one that could not be read: its difference is NULL. A difference is counted less
-- system; one that the source states itself is never used. The cost is the count's own, else the one known that day.
SELECT c._file_id, c._record, c.product, c.location, coalesce(g.category, '') AS category,
       coalesce(g.supplier, '') AS supplier, c.ts_date AS day, strftime(c.ts_date, '%Y-%m') AS month,
       c.system_qty, c.counted_qty, c.counted_qty - c.system_qty AS difference,
       CASE WHEN c.unit_cost > 0 THEN c.unit_cost ELSE u.unit_cost END AS unit_cost
FROM counts AS c
ASOF LEFT JOIN unit_costs AS u ON u.product = c.product AND c.ts_date >= u.valid_from
LEFT JOIN product_groups AS g ON g.product = c.product
WHERE c._duplicate_record IS NULL
