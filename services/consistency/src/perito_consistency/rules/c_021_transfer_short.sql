/* ---
id: C-021
version: 1
kind: set
title: {en: A transfer arrived short or over, es: Un traspaso llegó con menos o con más}
severity: high
grain: document
unit: transfers
identity: [transfer, product, lot, location, from_location, code]
needs:
  transfers: [transfer, product, from_location, to_location, qty_out, qty_in]
optional:
  transfers: [line, lot, out_ts, in_ts, unit_cost, status, sender, receiver]
uses: [unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which arrival and departure may differ"}
  open_days: {default: 31, type: integer, meaning: "days before the transfers end within which the rest of one that says it is under way may still come"}
  share: {default: "0.5", type: decimal, meaning: "share of arrivals (of five at least) that may differ; with more, arrivals are kept in another way"}
  loose: {default: "0.005", type: decimal, meaning: "share by which quantities with fractions (weighed or poured goods) may differ"}
impact: column
recoverable: false
explains: [C-019, C-023]
entities: [transfer, product, location]
partition_by: [from_location, location]
texts:
  finding:
    en: "Transfer {transfer} of {product}, {from_location} to {location}: {expected:,} left and {observed:,} arrived"
    es: "Traspaso {transfer} de {product}, {from_location} a {location}: salieron {expected:,} y llegaron {observed:,}"
words:
  short: {es: de menos}
  over: {es: de más}
  arrived_whole: {es: llegados completos}
  arrived_short: {es: llegados con menos}
  arrived_over: {es: llegados con más}
  not_arrived: {es: no llegados}
explanation:
  en: >-
    What arrives of a transfer is what left: quantities of a transfer and product are added up over its lines, so that goods
    may arrive in parts. Told are `short` (high severity) and `over` (medium). A transfer without any arrival is C-020's
    matter; one that says it is still under way may get the rest. Goods with fractions may differ by a small share, for
    two scales never agree. Where most arrivals differ they are kept in another way, and nothing is said.
  es: >-
    Lo que llega de un traspaso es lo que salió: las cantidades se suman por traspaso y producto, así que puede llegar en
    partes. Se informa `short` (de menos, gravedad alta) y `over` (de más, media). Un traspaso sin ninguna llegada es de
    C-020; de uno que dice estar en camino puede llegar el resto. Las mercancías con fracciones pueden diferir en una pequeña
    parte, pues dos balanzas nunca coinciden. Si la mayoría de las llegadas difiere, se llevan de otro modo y nada se informa.
remedy:
  en: "Compare the packing list with the receiving note; ask sender, carrier and receiver, and count both places."
  es: "Compare la lista de empaque con la nota de entrada; pregunte a quien envió, al transportista y a quien recibió, y cuente en ambos lugares."
source: "Inventory in transit, practice of warehouse audits"
--- */

-- section: population
-- One row per transfer, product, lot and way.
WITH ends AS (
    SELECT quantile_disc(day, 0.999) AS day FROM (SELECT out_ts_date AS day FROM transfers UNION ALL SELECT in_ts_date FROM transfers) AS dates WHERE day IS NOT NULL
), sent AS (
    SELECT transfer, product, lot, from_location, to_location, min(out_ts_date) AS left_on, max(in_ts_date) AS arrived_on,
           CASE WHEN count(qty_out) = count(*) THEN sum(qty_out) END AS qty_out, sum(qty_in) AS qty_in, count(qty_in) AS arrivals,
           -- A part that could not be read, or is still to come.
           bool_or(qty_in IS NULL AND (qty_in_source IS NOT NULL OR in_ts_date IS NOT NULL OR coalesce(status = 'received', false))) AS unread,
           bool_or(coalesce(status = 'sent', false) AND coalesce(in_ts_date > (SELECT day FROM ends) - $open_days, true)) OR count(qty_in) < count(*) AS is_open,
           bool_or(qty_out <> trunc(qty_out) OR qty_in <> trunc(qty_in)) AS has_fractions,
           CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS row_cost, count(*) AS row_count
    FROM transfers
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'draft') AND transfer IS NOT NULL AND product IS NOT NULL
    GROUP BY transfer, product, lot, from_location, to_location
), allowed AS (
    SELECT *, qty_in - qty_out AS difference, greatest($tolerance, CASE WHEN has_fractions THEN try((qty_out * $loose)::DECIMAL(38, 4)) ELSE 0 END) AS allowance FROM sent
), judged AS (
    SELECT *, CASE WHEN arrivals = 0 AND NOT unread THEN 'not_arrived'
                   WHEN qty_out IS NULL OR unread THEN NULL
                   WHEN abs(difference) <= allowance THEN 'whole'
                   WHEN difference < 0 AND is_open THEN 'not_arrived'
                   -- Nothing that came, on no day, is no arrival.
                   WHEN qty_in = 0 AND arrived_on IS NULL THEN 'not_arrived'
                   WHEN difference < 0 THEN 'short' ELSE 'over' END AS verdict
    FROM allowed
), shares AS (
    -- A column that nobody fills, or that counts cartons, differs in most rows.
    SELECT count(*) FILTER (verdict IN ('short', 'over')) >= 5
           AND count(*) FILTER (verdict IN ('short', 'over')) > $share * count(*) FILTER (verdict IN ('whole', 'short', 'over')) AS is_other
    FROM judged
)
SELECT j.*, CASE WHEN s.is_other AND j.verdict IN ('short', 'over') THEN NULL ELSE j.verdict END AS code
FROM judged AS j CROSS JOIN shares AS s

-- section: violations
SELECT p.transfer, p.product, p.lot, p.to_location AS location, p.from_location, p.code, p.left_on AS period_start, greatest(p.left_on, p.arrived_on) AS period_end,
       p.qty_in AS observed, p.qty_out AS expected, p.difference AS delta_qty,
       coalesce(p.row_cost, u.unit_cost) AS unit_cost, CASE WHEN p.row_cost IS NOT NULL THEN 'transfers' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try(p.difference::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS delta_value,
       try(abs(p.difference)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS impact,
       CASE p.code WHEN 'short' THEN 'high' ELSE 'medium' END AS severity, p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND coalesce(p.arrived_on, p.left_on) >= u.valid_from
WHERE p.code IN ('short', 'over')

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS transfers, count(*) FILTER (WHERE code = 'whole') AS arrived_whole, count(*) FILTER (WHERE code = 'short') AS arrived_short,
       count(*) FILTER (WHERE code = 'over') AS arrived_over, count(*) FILTER (WHERE code = 'not_arrived') AS not_arrived
FROM population

-- section: evidence
SELECT v.transfer, v.product, v.lot, v.location, v.from_location, v.code, v.period_start, v.period_end,
       'transfer' AS role, 0 AS ordinal, 'transfers' AS table_name, t._file_id, t._record, t._line,
       t.transfer AS key_transfer, t.line AS key_line, t.product AS value_product, t.out_ts_date AS value_left_on, t.in_ts_date AS value_arrived_on,
       t.qty_out AS value_qty_out, t.qty_in AS value_qty_in, t.sender AS value_sender, t.receiver AS value_receiver
FROM violations AS v
JOIN transfers AS t ON t.transfer = v.transfer AND t.product = v.product AND t.lot IS NOT DISTINCT FROM v.lot
 AND t.from_location IS NOT DISTINCT FROM v.from_location AND t.to_location IS NOT DISTINCT FROM v.location AND t._duplicate_record IS NULL
 AND coalesce(t.status, '') NOT IN ('cancelled', 'draft')
