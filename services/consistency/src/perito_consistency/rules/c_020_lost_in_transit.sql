/* ---
id: C-020
version: 1
kind: set
title: {en: Goods left and never arrived, es: Mercancía que salió y nunca llegó}
severity: high
grain: document
unit: transfers
identity: [transfer, product, lot, location, from_location]
needs:
  transfers: [transfer, product, from_location, to_location, qty_out, out_ts, in_ts]
optional:
  transfers: [line, lot, qty_in, promised_at, quoted_transit_days, unit_cost, status, sender]
  lanes: [from_location, to_location, transit_days]
  movements: [movement, type, product, location, ref_id, ts, qty]
uses: [unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days beyond promise and usual time under way after which goods are missing"}
  high_days: {default: 14, type: integer, meaning: "days beyond that time from which on severity is high; before it is medium"}
  least: {default: 5, type: integer, meaning: "arrivals from which the usual time of a lane, or of all lanes, is taken"}
  silent: {default: 3, type: integer, meaning: "transfers without arrival after the last arrival of a destination from which on its record of arrivals ends there, and nothing is missing"}
  share: {default: "0.5", type: decimal, meaning: "share of a destination's transfers that must have arrived for the others to be judged"}
impact: column
recoverable: false
explains: [C-019]
entities: [transfer, product, location]
partition_by: [from_location, location]
texts:
  finding:
    en: "Transfer {transfer} of {product}, {from_location} to {location}: {observed:,} {observed:unit|units} left on {period_start} and {observed:has|have} not arrived, due by {due_on}"
    es: "Traspaso {transfer} de {product}, {from_location} a {location}: {observed:,} {observed:unidad salió|unidades salieron} el {period_start} y no {observed:ha|han} llegado, {observed:prevista|previstas} hasta el {due_on}"
words:
  age_in_days: {es: días en camino}
  lost: {es: perdidos}
  time_under_way: {es: tiempo en camino}
  not_compared: {es: sin comparar}
  usual_days: {es: días habituales}
  due_on: {en: due by, es: prevista hasta}
explanation:
  en: >-
    A transfer that left must arrive: by its own record or by an entry of its number in the stock ledger at the destination.
    It is missing when the books go on past the promised day, the usual time of its lane (95 of 100 arrive within it; where
    the lane has few arrivals its stated days, else the usual time of all lanes) and a few days more. What may still be under
    way when the transfers end is no finding. Places that never record arrivals are left out, and so is what should
    have come after the last arrival that a place recorded, where that is several transfers. The books end where nearly
    all departures and arrivals lie before, so that one mistyped date makes nothing late.
  es: >-
    Un traspaso que salió debe llegar: según su propio registro o por un asiento con su número en el diario del destino. Falta
    cuando los libros continúan más allá de lo prometido, del tiempo habitual del trayecto (95 de 100 llegan en él; con pocas
    llegadas, los días indicados o el tiempo habitual de todos) y algunos días más. Lo que aún puede estar en camino al
    terminar los traspasos no es hallazgo. Los lugares que nunca registran llegadas quedan fuera, y también lo que debía
    llegar después de la última llegada registrada de un lugar, si son varios traspasos. Los libros terminan donde
    casi todas las salidas y llegadas quedan antes, así una fecha mal escrita no retrasa nada.
remedy:
  en: "Ask both places and the carrier; claim the loss or book the arrival."
  es: "Pregunte a ambos lugares y al transportista; reclame la pérdida o registre la llegada."
source: "Inventory in transit, practice of warehouse audits"
--- */

-- section: population
-- One row per transfer, product, lot and destination.
WITH entered AS (
    SELECT ref_id, product, location, min(ts_date) AS day
    FROM movements
    WHERE type = 'transfer_in' AND _duplicate_record IS NULL AND ref_id IS NOT NULL
    GROUP BY ref_id, product, location
), ways AS (
    SELECT from_location, to_location, max(transit_days) AS transit_days FROM lanes WHERE _duplicate_record IS NULL GROUP BY from_location, to_location
), sent AS (
    SELECT t.transfer, t.product, t.lot, t.from_location, t.to_location, max(t.out_ts_date) AS left_on, coalesce(max(t.in_ts_date), min(e.day)) AS arrived_on,
           CASE WHEN count(t.qty_out) = count(*) THEN sum(t.qty_out) END AS qty, max(t.promised_at_date) AS promised_on,
           max(coalesce(t.quoted_transit_days, w.transit_days)) AS stated_days,
           -- What the source took back in did not get lost either.
           bool_or(t.in_ts_date IS NOT NULL OR e.ref_id IS NOT NULL OR b.ref_id IS NOT NULL OR coalesce(t.status = 'received', false) OR coalesce(t.qty_in > 0, false)) AS has_arrived,
           -- A text that could not be read as a time may be the arrival.
           bool_or(t.in_ts IS NULL AND t.in_ts_source IS NOT NULL) AS unread,
           CASE WHEN min(t.unit_cost) = max(t.unit_cost) AND min(t.unit_cost) > 0 THEN min(t.unit_cost) END AS row_cost, count(*) AS row_count
    FROM transfers AS t
    LEFT JOIN entered AS e ON e.ref_id = t.transfer AND e.product = t.product AND e.location = t.to_location
    LEFT JOIN entered AS b ON b.ref_id = t.transfer AND b.product = t.product AND b.location = t.from_location
    LEFT JOIN ways AS w ON w.from_location = t.from_location AND w.to_location = t.to_location
    WHERE t._duplicate_record IS NULL AND coalesce(t.status, '') NOT IN ('cancelled', 'draft') AND t.transfer IS NOT NULL AND t.product IS NOT NULL
    GROUP BY t.transfer, t.product, t.lot, t.from_location, t.to_location
), ends AS (
    SELECT quantile_disc(day, 0.999) AS day FROM (SELECT left_on AS day FROM sent UNION ALL SELECT arrived_on FROM sent) AS dates WHERE day IS NOT NULL
), usual AS (
    SELECT from_location, to_location, quantile_disc(arrived_on - left_on, 0.95) AS days
    FROM sent WHERE arrived_on >= left_on GROUP BY from_location, to_location HAVING count(*) >= $least
), usual_of_all AS (
    SELECT CASE WHEN count(*) >= $least THEN quantile_disc(arrived_on - left_on, 0.95) END AS days FROM sent WHERE arrived_on >= left_on
), dated AS (
    SELECT s.*, e.day AS ends, coalesce(u.days, ceil(s.stated_days)::INTEGER, a.days, 0) AS usual_days,
           -- What the transfer says itself is its period: the usual time changes as the books go on.
           greatest(s.left_on, coalesce(s.promised_on, s.left_on + ceil(s.stated_days)::INTEGER)) AS said_on,
           greatest(s.promised_on, s.left_on + coalesce(u.days, ceil(s.stated_days)::INTEGER, a.days, 0)::INTEGER) AS due_on
    FROM sent AS s CROSS JOIN ends AS e CROSS JOIN usual_of_all AS a
    LEFT JOIN usual AS u ON u.from_location = s.from_location AND u.to_location = s.to_location
), kept AS (
    SELECT to_location, count(*) FILTER (has_arrived) >= $share * count(*) AS compared
    FROM dated WHERE due_on + $days < ends GROUP BY to_location
), heard AS (
    SELECT to_location, max(arrived_on) AS day FROM dated GROUP BY to_location
), unheard AS (
    -- Places of which nothing at all came in any more: their arrivals may not have been delivered yet.
    SELECT d.to_location, h.day FROM dated AS d JOIN heard AS h ON h.to_location = d.to_location
    WHERE NOT d.has_arrived AND d.due_on > h.day AND d.due_on + $days < d.ends
    GROUP BY d.to_location, h.day HAVING count(DISTINCT d.transfer) >= $silent
)
SELECT d.*, coalesce(k.compared, false) AS compared,
       CASE WHEN d.has_arrived THEN 'arrived'
            WHEN d.left_on IS NULL OR d.qty IS NULL OR d.to_location IS NULL OR d.unread THEN NULL
            WHEN d.due_on + $days >= d.ends THEN 'under_way'
            WHEN d.qty <= 0 THEN 'arrived'
            WHEN NOT coalesce(k.compared, false) OR d.due_on > u.day THEN NULL
            ELSE 'lost' END AS code
FROM dated AS d
LEFT JOIN kept AS k ON k.to_location = d.to_location
LEFT JOIN unheard AS u ON u.to_location = d.to_location

-- section: violations
SELECT p.transfer, p.product, p.lot, p.to_location AS location, p.from_location, p.left_on AS period_start, p.said_on AS period_end,
       p.qty AS observed, -p.qty AS delta_qty, p.ends - p.left_on AS age_in_days, p.usual_days, p.promised_on, p.due_on,
       coalesce(p.row_cost, u.unit_cost) AS unit_cost, CASE WHEN p.row_cost IS NOT NULL THEN 'transfers' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try(-p.qty::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS delta_value, try(p.qty::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS impact,
       CASE WHEN p.due_on + $days + $high_days < p.ends THEN 'high' ELSE 'medium' END AS severity, p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.left_on >= u.valid_from
WHERE p.code = 'lost'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS transfers, count(*) FILTER (WHERE code = 'lost') AS lost, count(*) FILTER (WHERE code = 'under_way') AS under_way,
       count(*) FILTER (WHERE NOT has_arrived AND NOT compared) AS not_compared, max(ends) AS ends
FROM population

-- section: evidence
SELECT v.transfer, v.product, v.lot, v.location, v.from_location, v.period_start, v.period_end,
       'transfer' AS role, 0 AS ordinal, 'transfers' AS table_name, t._file_id, t._record, t._line,
       t.transfer AS key_transfer, t.product AS value_product, t.out_ts_date AS value_left_on, t.promised_at_date AS value_promised_on,
       t.qty_out AS value_qty_out, t.status AS value_status, t.sender AS value_sender
FROM violations AS v
JOIN transfers AS t ON t.transfer = v.transfer AND t.product = v.product AND t.lot IS NOT DISTINCT FROM v.lot AND t.to_location = v.location AND t._duplicate_record IS NULL
 AND t.from_location IS NOT DISTINCT FROM v.from_location

-- section: evidence
-- The entry out of the source, where the ledger has one.
SELECT v.transfer, v.product, v.lot, v.location, v.from_location, v.period_start, v.period_end,
       'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.location AS value_location, m.qty AS value_qty
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.ref_id = v.transfer AND m.type = 'transfer_out' AND m._duplicate_record IS NULL
