/* ---
id: unit_costs
version: 1
kind: view
title: {en: Unit cost of a product from a date on, es: Coste unitario de un producto desde una fecha}
optional:
  receipts: [product, ts, unit_cost]
  purchases: [product, ordered_at, unit_cost]
  products: [product, unit_cost]
unique: {known: [rank, _file_id, _record]}
--- */
-- One row per product and day on which its cost became known; read it with
--   ASOF LEFT JOIN unit_costs AS u ON u.product = v.product AND v.some_date >= u.valid_from
-- and prefer the cost on the row itself: coalesce(v.unit_cost, u.unit_cost).
-- A receipt knows better than the order of the same day; the master's cost has no date and stands before all others.
-- A cost of zero or less is no cost: it would value a loss at nothing.
WITH known AS (
    SELECT product, ts_date AS valid_from, unit_cost, 'receipts' AS cost_source, 2 AS rank,
           ts AS moment, _file_id, _record
    FROM receipts
    WHERE unit_cost > 0 AND ts_date IS NOT NULL
    UNION ALL
    SELECT product, ordered_at_date, unit_cost, 'purchases', 1, ordered_at, _file_id, _record
    FROM purchases
    WHERE unit_cost > 0 AND ordered_at_date IS NOT NULL
    UNION ALL
    SELECT product, DATE '0001-01-01', unit_cost, 'products', 0, NULL, _file_id, _record
    FROM products
    WHERE unit_cost > 0
)
SELECT product, valid_from, unit_cost, cost_source
FROM known
WHERE product IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY product, valid_from ORDER BY rank DESC, moment DESC NULLS LAST, _file_id DESC, _record DESC
) = 1
