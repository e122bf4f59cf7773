/* ---
id: sold_days
version: 1
kind: view
title: {en: What was sold by day, es: Lo vendido por día}
optional:
  sales: [product, location, ts, type, qty, unit_price, discount, discount_amount, line_total, unit_cost]
  movements: [product, location, ts, type, qty, unit_cost, value_delta]
uses: [unit_costs]
--- */
-- One row per product, location and day (each may be NULL): what the sales feed sold, and where there is none, the ledger's
-- sales without a cost of their own. The cost is that of the line, else the one known that day. A type that could not be
-- read may be a void's, so its quantity is unknown.
WITH feed AS (
    SELECT EXISTS (SELECT 1 FROM sales) AS given
), lines AS (
    SELECT product, location, ts_date AS day,
           CASE WHEN type IS NULL AND type_source IS NOT NULL THEN NULL
                WHEN type = 'return' THEN -abs(qty) ELSE qty END AS qty,
           type = 'return' OR qty < 0 AS came_back,
           coalesce(line_total, try((
               CASE WHEN discount IS NULL THEN qty::DECIMAL(38, 4) * unit_price - coalesce(discount_amount, 0)
                    ELSE qty::DECIMAL(28, 4) * unit_price * (1 - discount) END)::DECIMAL(18, 4))) AS amount,
           CASE WHEN unit_cost > 0 THEN unit_cost END AS unit_cost
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') IN ('sale', 'return')
    UNION ALL
    SELECT m.product, m.location, m.ts_date, -m.qty, m.qty > 0, NULL, NULL
    FROM movements AS m CROSS JOIN feed AS f
    WHERE NOT f.given AND m._duplicate_record IS NULL AND m.type IN ('sale', 'return')
      AND m.value_delta IS NULL AND NOT coalesce(m.unit_cost > 0, false)
), daily AS (
    SELECT product, location, day, count(*) AS lines, count(qty) AS readable, count(amount) FILTER (WHERE qty IS NOT NULL) AS priced,
           sum(qty) AS units,
           sum(CASE WHEN qty IS NULL THEN NULL WHEN came_back THEN -abs(amount) ELSE amount END) AS net_sales,
           count(*) FILTER (WHERE qty IS NOT NULL AND unit_cost IS NOT NULL) AS costed,
           sum(qty::DECIMAL(38, 4) * unit_cost) AS own_cost,
           sum(CASE WHEN unit_cost IS NULL THEN qty END) AS units_to_cost
    FROM lines GROUP BY product, location, day
)
SELECT d.product, d.location, d.day, d.lines, d.units, d.priced, d.net_sales,
       CASE WHEN u.unit_cost IS NULL THEN d.costed ELSE d.readable END AS costed,
       CASE WHEN u.unit_cost IS NULL OR d.units_to_cost IS NULL THEN d.own_cost
            ELSE coalesce(d.own_cost, 0) + d.units_to_cost * u.unit_cost END AS cogs
FROM daily AS d
ASOF LEFT JOIN unit_costs AS u ON u.product = d.product AND d.day >= u.valid_from
