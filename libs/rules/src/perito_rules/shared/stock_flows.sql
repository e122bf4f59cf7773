/* ---
id: stock_flows
version: 1
kind: view
title: {en: What moved the stock, es: Lo que movió las existencias}
optional:
  movements: [product, location, ts, type, qty, unit_cost, value_delta, reason, ref_id]
  sales: [product, location, ts, type, qty]
parameters:
  loss_reasons:
    default: "damag|expir|spoil|theft|stol|break|broken|da.ad|caduc|vencid|merma|robo|hurto|rotura"
    type: text
    meaning: "regular expression; an adjustment whose reason or reference contains it is a known loss"
uses: [unit_costs, feed_places]
--- */
-- One row per product, location, day (each may be NULL) and kind of flow: receipt, transfer_in, transfer_out, sale, return,
-- loss, adjustment, other. Quantities are signed, out is negative. A loss is waste, or an adjustment whose reason or
-- reference names one. Sales lines move the stock only at places that keep sales outside the ledger (roll-forward, C-006); one with a
-- negative quantity counts where the ledger has no returns at all. Where `unreadable` is not 0, the quantity is unknown.
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM movements WHERE type = 'return') AS has_returns
), moved AS (
    SELECT product, location, ts_date AS day, qty,
           CASE WHEN type IN ('receipt', 'transfer_in', 'transfer_out', 'sale', 'return') THEN type
                WHEN type = 'waste' THEN 'loss'
                WHEN type = 'adjustment' AND qty < 0 AND regexp_matches(lower(concat_ws(' ', reason, ref_id)), $loss_reasons) THEN 'loss'
                WHEN type IN ('adjustment', 'count') THEN 'adjustment'
                ELSE 'other' END AS flow,
           type IS NULL AND type_source IS NOT NULL AS is_unclear,
           coalesce(value_delta::DECIMAL(38, 8), CASE WHEN unit_cost > 0 THEN qty * unit_cost END) AS value
    FROM movements
    WHERE _duplicate_record IS NULL
    UNION ALL
    SELECT l.product, l.location, l.ts_date, -l.qty, CASE WHEN l.qty < 0 THEN 'return' ELSE 'sale' END,
           l.type IS NULL AND l.type_source IS NOT NULL, NULL
    FROM sales AS l JOIN feed_places AS f ON f.location IS NOT DISTINCT FROM l.location CROSS JOIN settings AS s
    WHERE l._duplicate_record IS NULL AND coalesce(l.type, 'sale') = 'sale'
      AND NOT (s.has_returns AND coalesce(l.qty < 0, false))
), daily AS (
    SELECT product, location, day, flow, sum(qty) AS qty, count(*) AS moved_rows,
           count(*) FILTER (WHERE qty IS NULL OR is_unclear) AS unreadable,
           sum(value) AS own_value, sum(CASE WHEN value IS NULL THEN qty END) AS to_value
    FROM moved GROUP BY product, location, day, flow
)
SELECT d.product, d.location, d.day, d.flow, d.qty, d.moved_rows, d.unreadable,
       CASE WHEN d.to_value IS NULL THEN d.own_value
            WHEN u.unit_cost IS NOT NULL THEN coalesce(d.own_value, 0) + d.to_value * u.unit_cost END AS value_at_cost
FROM daily AS d
ASOF LEFT JOIN unit_costs AS u ON u.product = d.product AND d.day >= u.valid_from
