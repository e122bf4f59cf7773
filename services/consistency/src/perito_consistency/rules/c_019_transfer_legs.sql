/* ---
id: C-019
version: 1
kind: set
title: {en: A transfer without both its legs, es: Un traspaso sin sus dos asientos}
severity: high
grain: document
unit: transfer legs
identity: [transfer, product, lot, location, code]
needs:
  transfers: [transfer, product, from_location, to_location, qty_out, out_ts]
  movements: [type, product, location, ts, qty, ref_id]
optional:
  transfers: [line, lot, qty_in, in_ts, promised_at, quoted_transit_days, unit_cost, status]
  lanes: [from_location, to_location, transit_days]
  movements: [movement, lot]
uses: [book_span, unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days beyond promise or usual time under way after which goods should have been booked in"}
  tolerance: {default: "0", type: decimal, meaning: "base units by which a leg may differ from its transfer"}
impact: column
recoverable: false
explains: [C-006, C-023]
entities: [transfer, product, location]
partition_by: [product]
texts:
  finding:
    en: "Transfer {transfer} of {product}, {location}: {reason_en} ({observed:,} booked, {expected:,} expected)"
    es: "Traspaso {transfer} de {product}, {location}: {reason_es} ({observed:,} registrados, {expected:,} esperados)"
explanation:
  en: >-
    Each transfer takes its quantity out of the stock ledger at the source and into it at the destination, and the two
    places differ. Told per leg: `out_missing`, `in_missing`, `out_differs`, `in_differs`, and `same_place`. Legs are found
    by the transfer's number; where the ledger names no transfer at all, by product, place and day. The amount is the
    quantity that a place has too much or too little. Goods that may still be under way when the ledger ends are no
    finding; transfers before the ledger's first day or after its last are unknown.
  es: >-
    Cada traspaso saca su cantidad del diario en el origen y la entra en el destino, y los dos lugares son distintos. Se
    informa por asiento: `out_missing` (falta la salida), `in_missing` (falta la entrada), `out_differs`, `in_differs` (otra
    cantidad) y `same_place` (el mismo lugar). Los asientos se buscan por el número del traspaso; si el diario no nombra
    ninguno, por producto, lugar y día. El importe es la cantidad que un lugar tiene de más o de menos. Lo que aún puede
    estar en camino al terminar el diario no es hallazgo; los traspasos fuera de las fechas del diario son desconocidos.
remedy:
  en: "Ask both places what left and what arrived, and book the missing leg."
  es: "Pregunte en ambos lugares qué salió y qué llegó, y registre el asiento que falta."
words:
  out_missing: {es: falta la salida}
  in_missing: {es: falta la entrada}
  out_differs: {es: la salida difiere}
  in_differs: {es: la entrada difiere}
  same_place: {es: el mismo lugar}
source: "Double entry of stock between locations"
--- */

-- section: population
-- Two rows per transfer and product (and lot, where both books keep lots): the leg out and the leg in.
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM transfers AS t JOIN movements AS m ON m.ref_id = t.transfer WHERE m.type IN ('transfer_in', 'transfer_out')) AS by_number,
           EXISTS (SELECT 1 FROM transfers WHERE lot IS NOT NULL) AND EXISTS (
               SELECT 1 FROM movements WHERE lot IS NOT NULL AND type IN ('transfer_in', 'transfer_out')) AS by_lot,
           (SELECT min(m.ts_date) FROM movements AS m JOIN book_span AS b ON m.ts_date >= b.first_day) AS ledger_begins,
           (SELECT max(m.ts_date) FROM movements AS m JOIN book_span AS b ON m.ts_date <= b.last_day) AS ledger_ends
), ways AS (
    SELECT from_location, to_location, max(transit_days) AS transit_days FROM lanes GROUP BY from_location, to_location
), sent AS (
    SELECT t.transfer, t.product, CASE WHEN s.by_lot THEN t.lot END AS lot, t.from_location, t.to_location, s.by_number, s.by_lot,
           s.ledger_begins, s.ledger_ends, min(t.out_ts_date) AS left_on, max(t.in_ts_date) AS arrived_on,
           CASE WHEN count(t.qty_out) = count(*) THEN sum(t.qty_out) END AS qty_out,
           CASE WHEN count(t.qty_in) = count(*) THEN sum(t.qty_in) WHEN count(t.qty_in) = 0 AND count(t.qty_out) = count(*) THEN sum(t.qty_out) END AS qty_in,
           coalesce(bool_and(t.status = 'received'), false) OR count(t.in_ts_date) = count(*) AS said_to_have_arrived,
           max(coalesce(t.promised_at_date, t.out_ts_date + coalesce(t.quoted_transit_days, w.transit_days, 0)::INTEGER)) AS due_on,
           CASE WHEN min(t.unit_cost) = max(t.unit_cost) AND min(t.unit_cost) > 0 THEN min(t.unit_cost) END AS row_cost, count(*) AS transfer_rows
    FROM transfers AS t
    CROSS JOIN settings AS s
    LEFT JOIN ways AS w ON w.from_location = t.from_location AND w.to_location = t.to_location
    WHERE t._duplicate_record IS NULL AND coalesce(t.status, '') NOT IN ('cancelled', 'draft') AND t.transfer IS NOT NULL AND t.product IS NOT NULL
    GROUP BY ALL
), booked AS (
    SELECT CASE WHEN s.by_number THEN m.ref_id END AS transfer, m.type, m.product, CASE WHEN s.by_lot THEN m.lot END AS lot, m.location,
           CASE WHEN NOT s.by_number THEN m.ts_date END AS day,
           CASE WHEN count(m.qty) = count(*) THEN sum(m.qty) END AS qty, count(*) AS ledger_rows
    FROM movements AS m CROSS JOIN settings AS s
    WHERE m._duplicate_record IS NULL AND m.type IN ('transfer_in', 'transfer_out')
    GROUP BY ALL
), legs AS (
    SELECT 'out' AS leg, transfer, product, lot, from_location AS location, to_location AS other_location, -qty_out AS due_qty, by_number, by_lot,
           left_on AS day, left_on AS due_on, true AS is_due, ledger_begins, ledger_ends, row_cost, transfer_rows
    FROM sent
    UNION ALL
    SELECT 'in', transfer, product, lot, to_location, from_location, qty_in, by_number, by_lot, coalesce(arrived_on, left_on), due_on,
           said_to_have_arrived OR due_on + $days < ledger_ends, ledger_begins, ledger_ends, row_cost, transfer_rows
    FROM sent
), expected AS (
    -- Without numbers, transfers of one product, place and day share their ledger rows.
    SELECT *, CASE WHEN by_number THEN due_qty ELSE sum(due_qty) OVER (PARTITION BY by_number, leg, product, lot, location, day) END AS whole_qty
    FROM legs
)
SELECT e.leg, e.transfer, e.product, e.lot, e.location, e.other_location, e.due_qty, e.by_number, e.by_lot, e.day, e.due_on, e.row_cost,
       coalesce(b.qty, 0) AS booked_qty, coalesce(b.ledger_rows, 0) AS ledger_rows, e.transfer_rows,
       CASE WHEN e.location IS NULL OR e.other_location IS NULL OR e.day IS NULL OR e.due_qty IS NULL THEN NULL
            WHEN e.location = e.other_location THEN CASE WHEN e.leg = 'in' THEN 'same_place' ELSE 'booked' END
            WHEN e.day < e.ledger_begins OR e.day > e.ledger_ends OR (b.ledger_rows > 0 AND b.qty IS NULL) THEN NULL
            WHEN b.ledger_rows IS NULL THEN CASE WHEN abs(e.due_qty) <= $tolerance THEN 'booked' WHEN e.is_due THEN e.leg || '_missing' ELSE 'under_way' END
            WHEN abs(b.qty - e.whole_qty) > $tolerance THEN e.leg || '_differs'
            ELSE 'booked' END AS code,
       CASE WHEN b.ledger_rows IS NULL THEN -e.due_qty ELSE b.qty - e.whole_qty END AS difference
FROM expected AS e
LEFT JOIN booked AS b
  ON b.type = 'transfer_' || e.leg AND b.product = e.product AND b.location = e.location AND coalesce(b.lot, '') = coalesce(e.lot, '')
 AND CASE WHEN e.by_number THEN b.transfer = e.transfer ELSE b.day = e.day END

-- section: violations
WITH faulty AS (
    SELECT p.transfer, p.product, p.lot, p.location, p.code, min(p.day) AS period_start, max(p.day) AS period_end,
           sum(p.booked_qty) AS observed, sum(p.due_qty) AS expected,
           CASE WHEN p.code <> 'same_place' THEN sum(p.difference) END AS difference,
           CASE WHEN p.code <> 'same_place' THEN min(coalesce(p.row_cost, u.unit_cost)) END AS unit_cost,
           min(CASE WHEN p.row_cost IS NOT NULL THEN 'transfers' ELSE coalesce(u.cost_source, 'none') END) AS cost_source,
           sum(p.transfer_rows + p.ledger_rows) AS row_count
    FROM population AS p
    ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
    WHERE p.code NOT IN ('booked', 'under_way')
    GROUP BY p.transfer, p.product, p.lot, p.location, p.code
)
SELECT transfer, product, lot, location, code, period_start, period_end,
       CASE code WHEN 'out_missing' THEN 'nothing was booked out' WHEN 'in_missing' THEN 'nothing was booked in'
                 WHEN 'same_place' THEN 'source and destination are the same' ELSE 'another quantity was booked' END AS reason_en,
       CASE code WHEN 'out_missing' THEN 'no se registró la salida' WHEN 'in_missing' THEN 'no se registró la entrada'
                 WHEN 'same_place' THEN 'el origen y el destino son el mismo' ELSE 'se registró otra cantidad' END AS reason_es,
       observed, expected, difference AS delta_qty, unit_cost,
       CASE WHEN code = 'same_place' THEN 'none' ELSE cost_source END AS cost_source,
       try(difference::DECIMAL(38, 4) * unit_cost) AS delta_value, try(abs(difference)::DECIMAL(38, 4) * unit_cost) AS impact,
       CASE code WHEN 'same_place' THEN 'medium' ELSE 'high' END AS severity, row_count
FROM faulty

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code NOT IN ('booked', 'under_way')) AS failed, count(*) FILTER (WHERE code IS NULL) AS unknown
FROM population

-- section: facts
SELECT count(*) AS legs, count(*) FILTER (WHERE code IN ('out_missing', 'in_missing')) AS missing,
       count(*) FILTER (WHERE code IN ('out_differs', 'in_differs')) AS differing, count(*) FILTER (WHERE code = 'under_way') AS under_way,
       CASE WHEN bool_and(by_number) THEN 'number' ELSE 'product, place and day' END AS legs_found_by
FROM population

-- section: evidence
SELECT v.transfer, v.product, v.lot, v.location, v.code, v.period_start, v.period_end,
       'transfer' AS role, 0 AS ordinal, 'transfers' AS table_name, t._file_id, t._record, t._line,
       t.transfer AS key_transfer, t.product AS value_product, t.from_location AS value_from_location, t.to_location AS value_to_location,
       t.out_ts_date AS value_left_on, t.in_ts_date AS value_arrived_on, t.qty_out AS value_qty_out, t.qty_in AS value_qty_in
FROM violations AS v
JOIN transfers AS t ON t.transfer = v.transfer AND t.product = v.product AND t._duplicate_record IS NULL
     AND (v.lot IS NULL OR t.lot = v.lot)

-- section: evidence
-- What the ledger has under the transfer's number, wherever it was booked.
SELECT v.transfer, v.product, v.lot, v.location, v.code, v.period_start, v.period_end,
       'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.location AS value_location, m.qty AS value_qty,
       m.ref_id AS value_ref_id
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.ref_id = v.transfer AND m.type IN ('transfer_in', 'transfer_out') AND m._duplicate_record IS NULL
