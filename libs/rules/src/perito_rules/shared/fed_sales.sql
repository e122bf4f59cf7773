/* ---
id: fed_sales
version: 1
kind: view
title: {en: Days on which the sales feed sold a product, es: Días en que el archivo de ventas vendió un producto}
optional:
  sales: [document, product, location, ts, type, qty]
--- */
-- One row per product, location and day with a sale in the feed, and how many documents sold it. What may be a sale (its type
-- or quantity could not be read) counts as one: a rule that says "nothing was sold" must not rest on a cell that nobody
-- could read.
WITH documents AS (
    SELECT DISTINCT product, location, ts_date AS day, coalesce(document, _file_id || '/' || _record) AS document
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') = 'sale' AND coalesce(qty, 1) > 0
      AND product IS NOT NULL AND location IS NOT NULL
)
SELECT product, location, day, count(*) AS sales
FROM documents
GROUP BY product, location, day
