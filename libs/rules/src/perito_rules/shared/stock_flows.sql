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
uses: [unit_costs, feed_places, day_spans]
--- */
-- One row per product, location, span up to a day of which the location has a snapshot or a count (`closes`; each may be
-- NULL), and kind of flow: receipt, transfer_in, transfer_out, sale, return, loss, adjustment, other. What has no readable
-- date is not `dated`. Quantities are signed, out is negative; losses alone are valued, day by day, and where one cannot
-- be it is `unvalued`. A loss is waste, or an adjustment whose reason or
-- reference names one. Sales lines move the stock only at places that keep sales outside the ledger (roll-forward, C-006); one with a
-- negative quantity counts where the ledger has no returns at all. Where `unreadable` is not 0, the quantity is unknown.
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM movements WHERE type = 'return') AS has_returns
), may_be_lost AS (
    -- By themselves: of all other movements the texts and values need not be read.
    SELECT product, location, ts_date AS day, qty,
           CASE WHEN type = 'waste' OR (qty < 0 AND regexp_matches(lower(concat_ws(' ', reason, ref_id)), $loss_reasons)) THEN 'loss'
                ELSE 'adjustment' END AS flow,
           coalesce(value_delta::DECIMAL(38, 8), CASE WHEN unit_cost > 0 THEN qty::DECIMAL(38, 4) * unit_cost END) AS value
    FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('waste', 'adjustment')
), moved AS (
    SELECT product, location, ts_date AS day, qty,
           CASE WHEN type IN ('receipt', 'transfer_in', 'transfer_out', 'sale', 'return') THEN type
                WHEN type = 'count' THEN 'adjustment' ELSE 'other' END AS flow,
           type IS NULL AND type_source IS NOT NULL AS is_unclear
    FROM movements
    WHERE _duplicate_record IS NULL AND coalesce(type NOT IN ('waste', 'adjustment'), true)
    UNION ALL
    SELECT product, location, day, qty, flow, false FROM may_be_lost
    UNION ALL
    SELECT l.product, l.location, l.ts_date, -l.qty, CASE WHEN l.qty < 0 THEN 'return' ELSE 'sale' END,
           l.type IS NULL AND l.type_source IS NOT NULL
    FROM sales AS l JOIN feed_places AS f ON f.location IS NOT DISTINCT FROM l.location CROSS JOIN settings AS s
    WHERE l._duplicate_record IS NULL AND coalesce(l.type, 'sale') = 'sale'
      AND NOT (s.has_returns AND coalesce(l.qty < 0, false))
), flows AS (
    SELECT m.product, m.location, s.closes, m.day IS NOT NULL AS dated, m.flow, sum(m.qty) AS qty, count(*) AS moved_rows,
           count(*) FILTER (WHERE m.qty IS NULL OR m.is_unclear) AS unreadable
    FROM moved AS m LEFT JOIN day_spans AS s ON s.location = m.location AND s.day = m.day
    GROUP BY ALL
), losses AS (
    SELECT product, location, day, sum(value) AS own_value, sum(CASE WHEN value IS NULL THEN qty END) AS to_value
    FROM may_be_lost WHERE flow = 'loss' GROUP BY product, location, day
), valued AS (
    SELECT l.product, l.location, l.day,
           CASE WHEN l.to_value IS NULL THEN l.own_value
                WHEN u.unit_cost IS NOT NULL THEN coalesce(l.own_value, 0) + l.to_value * u.unit_cost END AS value_at_cost
    FROM losses AS l
    ASOF LEFT JOIN unit_costs AS u ON u.product = l.product AND l.day >= u.valid_from
), lost AS (
    SELECT v.product, v.location, s.closes, v.day IS NOT NULL AS dated, sum(v.value_at_cost) AS value_at_cost,
           count(*) - count(v.value_at_cost) AS unvalued
    FROM valued AS v LEFT JOIN day_spans AS s ON s.location = v.location AND s.day = v.day
    GROUP BY ALL
)
SELECT f.product, f.location, f.closes, f.dated, f.flow, f.qty, f.moved_rows, f.unreadable, l.value_at_cost,
       coalesce(l.unvalued, 0) AS unvalued
FROM flows AS f
LEFT JOIN lost AS l ON f.flow = 'loss' AND l.product IS NOT DISTINCT FROM f.product
 AND l.location IS NOT DISTINCT FROM f.location AND l.closes IS NOT DISTINCT FROM f.closes AND l.dated = f.dated
