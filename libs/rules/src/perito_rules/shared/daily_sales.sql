/* ---
id: daily_sales
version: 1
kind: view
title: {en: Days on which a product was sold, es: Días en que se vendió un producto}
optional:
  sales: [product]
  movements: [product, location, ts, type, qty]
uses: [fed_sales]
stored: false
--- */
-- One row per product, location and day with a sale, and the number of sales; where no feed of sales exists, one row per
-- sale of the ledger instead, so add up. `day` is NULL where a date could not be read. What may be a sale (its
-- quantity could not be read) counts as one.
SELECT product, location, day, sales FROM fed_sales
UNION ALL
SELECT product, location, ts_date, 1
FROM movements
WHERE NOT EXISTS (SELECT 1 FROM sales) AND _duplicate_record IS NULL AND type = 'sale' AND coalesce(qty, -1) < 0
  AND product IS NOT NULL AND location IS NOT NULL
