/* ---
id: daily_sales
version: 1
kind: view
title: {en: Days on which a product was sold, es: Días en que se vendió un producto}
optional:
  sales: [document, product, location, ts, type, qty]
  movements: [product, location, ts, type, qty]
--- */
-- One row per product, location and day with a sale; the ledger's sales where no feed of sales exists. `day` is NULL where
-- a date could not be read. What may be a sale (its type or quantity could not be read) counts as one: a rule that says
-- "nothing was sold" must not rest on a cell that nobody could read.
WITH sold AS (
    SELECT product, location, ts_date AS day, coalesce(document, _file_id || '/' || _record) AS document, qty
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') = 'sale' AND coalesce(qty, 1) > 0
    UNION ALL
    SELECT product, location, ts_date, _file_id || '/' || _record, -qty
    FROM movements
    WHERE NOT EXISTS (SELECT 1 FROM sales) AND _duplicate_record IS NULL AND type = 'sale' AND coalesce(qty, -1) < 0
)
SELECT product, location, day, count(DISTINCT document) AS sales, sum(qty) AS qty
FROM sold
WHERE product IS NOT NULL AND location IS NOT NULL
GROUP BY product, location, day
