/* ---
id: feed_places
version: 1
kind: view
title: {en: Where sales lines move the stock, es: Dónde las líneas de venta mueven las existencias}
optional:
  sales: [location]
  conventions: [name, value]
unique: {sold_at: [location]}
--- */
-- One row per location (NULL: lines without one) whose sales stand in the sales feed and not in the ledger. Validation
-- decides it for the books as a whole, and by name for the locations that differ from the rest.
WITH sold_at AS (
    SELECT DISTINCT location FROM sales
), rest AS (
    SELECT coalesce((SELECT max(value) FROM conventions WHERE name = 'sales_move_stock'), 'ledger') AS value
)
SELECT s.location
FROM sold_at AS s CROSS JOIN rest AS r
LEFT JOIN conventions AS c ON c.name = 'sales_move_stock:' || s.location
WHERE coalesce(c.value, r.value) = 'feed'
