/* ---
id: C-022
version: 1
kind: set
title: {en: Goods arrive on the day they left, es: La mercancía llega el mismo día que sale}
severity: medium
grain: lane
unit: transfers
identity: [from_location, to_location]
needs:
  transfers: [transfer, from_location, to_location, out_ts]
optional:
  transfers: [line, product, lot, in_ts, qty_out, quoted_transit_days, status]
  lanes: [from_location, to_location, transit_days]
  movements: [movement, type, product, location, ts, ref_id]
parameters:
  share: {default: "0.5", type: decimal, meaning: "share of a lane's transfers above which it is told"}
  days: {default: "1", type: decimal, meaning: "days that a lane must take at least, for a day is the finest that dates can tell"}
impact: "none, because stock stands in the wrong place for some days and is not lost"
recoverable: false
explains: []
entities: [from_location, to_location]
partition_by: [from_location, to_location]
texts:
  finding:
    en: "{from_location} to {to_location}: {observed:,} of {expected:,} transfers arrive on the day they left, though the way takes {transit_days:,} {transit_days:day|days}"
    es: "{from_location} a {to_location}: {observed:,} de {expected:,} traspasos llegan el mismo día que salen, aunque el trayecto dura {transit_days:,} {transit_days:día|días}"
explanation:
  en: >-
    A lane takes days, and yet its transfers are booked in on the day they are booked out: goods under way are counted as
    stock of the destination before they are there, and a loss on the way shows nowhere. The arrival is the transfer's own,
    else the day of its entry in the stock ledger at the destination; the time under way is the lane's, else the one quoted
    on the transfer. The remaining transfers of the lane are no findings.
  es: >-
    El trayecto dura días y, sin embargo, sus traspasos entran el mismo día que salen: la mercancía en camino cuenta como
    existencia del destino antes de llegar, y una pérdida en el trayecto no se ve. La llegada es la del propio traspaso o,
    si falta, el día de su entrada en el diario del destino; la duración es la del trayecto o, si falta, la indicada en el
    traspaso. Los demás traspasos del trayecto no son hallazgos.
remedy:
  en: "Book transfers out when they leave and in when they are received, with stock in transit between."
  es: "Registre la salida al enviar y la entrada al recibir, con existencias en tránsito entre ambas."
source: "Inventory in transit, practice of warehouse audits"
--- */

-- section: population
WITH arrivals AS (
    SELECT ref_id, product, location, min(ts_date) AS arrived_on
    FROM movements
    WHERE type = 'transfer_in' AND _duplicate_record IS NULL AND ref_id IS NOT NULL
    GROUP BY ref_id, product, location
), ways AS (
    SELECT from_location, to_location, min(transit_days) AS transit_days
    FROM lanes
    WHERE _duplicate_record IS NULL
    GROUP BY from_location, to_location
)
SELECT t.transfer, t.product, t.from_location, t.to_location, t.out_ts_date AS left_on,
       coalesce(t.in_ts_date, a.arrived_on) AS arrived_on,
       CASE WHEN t.in_ts_date IS NOT NULL THEN 'transfers' WHEN a.arrived_on IS NOT NULL THEN 'movements' END AS arrival_source,
       coalesce(w.transit_days, t.quoted_transit_days) AS transit_days, t.quoted_transit_days, t.qty_out, t._file_id, t._record, t._line,
       coalesce(w.transit_days, t.quoted_transit_days) >= $days AND coalesce(t.in_ts_date, a.arrived_on) = t.out_ts_date AS same_day
FROM transfers AS t
LEFT JOIN arrivals AS a ON a.ref_id = t.transfer AND a.product = t.product AND a.location = t.to_location
LEFT JOIN ways AS w ON w.from_location = t.from_location AND w.to_location = t.to_location
WHERE t._duplicate_record IS NULL AND coalesce(t.status, '') NOT IN ('cancelled', 'draft')

-- section: violations
SELECT from_location, to_location, min(left_on) AS period_start, max(left_on) AS period_end,
       count(*) FILTER (WHERE same_day) AS observed, count(same_day) AS expected, min(transit_days) AS transit_days,
       ratio(count(*) FILTER (WHERE same_day), count(same_day)) AS share_same_day, min(arrival_source) AS arrival_source,
       count(*) AS row_count
FROM population
WHERE from_location IS NOT NULL AND to_location IS NOT NULL
GROUP BY from_location, to_location
HAVING count(*) FILTER (WHERE same_day) > count(same_day) * $share

-- section: evaluated
SELECT count(*) AS evaluated,
       count(*) FILTER (WHERE p.same_day AND EXISTS (
           SELECT 1 FROM violations AS v WHERE v.from_location = p.from_location AND v.to_location = p.to_location)) AS failed,
       count(*) FILTER (WHERE p.same_day IS NULL) AS unknown
FROM population AS p

-- section: facts
SELECT count(*) AS transfers, count(*) FILTER (WHERE same_day) AS arrive_the_day_they_left,
       count(*) FILTER (WHERE arrived_on IS NULL) AS without_arrival, count(*) FILTER (WHERE transit_days IS NULL) AS without_time_under_way,
       (SELECT count(*) FROM violations) AS lanes
FROM population

-- section: evidence
SELECT from_location, to_location,
       min(left_on) OVER (PARTITION BY from_location, to_location) AS period_start,
       max(left_on) OVER (PARTITION BY from_location, to_location) AS period_end,
       'transfer' AS role, 0 AS ordinal, 'transfers' AS table_name, _file_id, _record, _line,
       transfer AS key_transfer, product AS value_product, left_on AS value_left_on, arrived_on AS value_arrived_on,
       arrival_source AS value_arrival_source, transit_days AS value_transit_days, qty_out AS value_qty
FROM population

-- section: evidence
SELECT v.from_location, v.to_location, v.period_start, v.period_end,
       'lane' AS role, 1 AS ordinal, 'lanes' AS table_name, l._file_id, l._record, l._line,
       l.from_location AS key_from_location, l.to_location AS key_to_location, l.transit_days AS value_transit_days
FROM violations AS v JOIN lanes AS l ON l.from_location = v.from_location AND l.to_location = v.to_location
