/* ---
id: C-037
version: 1
kind: set
title: {en: A serial number in two places or goods sold past their date, es: Un número de serie en dos lugares o mercancía vendida caducada}
severity: high
grain: key
unit: serials and sold lots
identity: [code, product, serial, lot, location]
needs:
  movements: [movement, type, product, location, ts, qty]
optional:
  movements: [lot, serial, unit_cost]
  lots: [product, lot, expires]
  serials: [product, serial, location, status]
  products: [product, tracking]
one_of: [movements.serial, lots.expires]
uses: [unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days for which a wrong state must last, for legs of transfers and returns are entered in any order"}
  before_days: {default: 30, type: integer, meaning: "days after an issue within which a receipt of the same serial shows that it was issued before it was there"}
  single: {default: "0.9", type: decimal, meaning: "share of a product's rows with a serial that must move one unit for its serials to be single goods"}
  unscanned: {default: "0.1", type: decimal, meaning: "share of a product's sales without a serial from which on nobody knows where its serials are; with fewer, what is there twice is of medium severity"}
  share: {default: "0.5", type: decimal, meaning: "share of sold lots past their date, and of serials elsewhere, from which on the master is taken to mean something else"}
impact: column
recoverable: false
explains: []
entities: [product, serial, lot, location]
partition_by: [product]
texts:
  finding:
    en: "{product} {subject}: {reason_en}"
    es: "{product} {subject}: {reason_es}"
words:
  serials and sold lots: {es: series y lotes vendidos}
  two_places: {en: in two places, es: en dos lugares}
  balance: {en: more or less than one, es: más o menos de una}
  issued_before_receipt: {en: issued before its receipt, es: salida antes de su recepción}
  elsewhere: {en: elsewhere than the register says, es: en otro lugar que el del registro}
  expired_issue: {en: sold past its date, es: vendida caducada}
  serials_read: {es: series leídas}
  lots_sold: {es: lotes vendidos}
  states_wrong: {es: series en estado imposible}
  lots_sold_past_their_date: {es: lotes vendidos caducados}
explanation:
  en: >-
    A serial number is one thing: it is at one place or at none. Told are serials that the ledger has at several places at
    once (`two_places`), twice or less than not at all (`balance`, whether or not it was there when the ledger begins),
    sold shortly before they were received (`issued_before_receipt`), and at another place than the register of serials
    says (`elsewhere`); each state must last some days. Serials of products that move several units at once are lots by
    another name and are left out. Where sales are seldom scanned nothing is said of serials, and where some are not, or where
    a serial at two places is there once in all, severity is medium. A lot is sold until the day on which it expires: sales after it are told per lot and
    place (`expired_issue`); throwing it away or sending it back is as it should be.
  es: >-
    Un número de serie es una sola cosa: está en un lugar o en ninguno. Se informan las series que el diario tiene en varios
    lugares a la vez (`two_places`), dos veces o menos que ninguna (`balance`, hubiera o no al empezar el diario), vendidas
    poco antes de recibirse (`issued_before_receipt`) y en otro lugar que el del registro de series (`elsewhere`); cada estado
    debe durar algunos días. Las series de productos que mueven varias unidades a la vez son lotes con otro nombre y quedan
    fuera. Si las ventas rara vez se escanean no se dice nada de las series; si faltan algunas, o si una serie en dos lugares
    está una sola vez en total, la gravedad es media. Un lote se vende hasta el día en que caduca: las ventas posteriores se informan por lote y lugar
    (`expired_issue`); desecharlo o devolverlo es lo correcto.
remedy:
  en: "Look at the thing and its number, and correct the entry that is wrong; take expired lots off the shelf."
  es: "Mire la pieza y su número y corrija el asiento equivocado; retire los lotes caducados."
source: "Traceability of serial and batch numbers"
--- */

-- section: population
-- One row per serial, and one per lot and place at which it was sold.
WITH single AS (
    SELECT m.product FROM movements AS m
    WHERE m.serial IS NOT NULL AND m.product IS NOT NULL AND m._duplicate_record IS NULL
      AND m.product NOT IN (SELECT product FROM products WHERE product IS NOT NULL AND tracking IS NOT NULL AND tracking <> 'serial')
    GROUP BY m.product HAVING count(*) FILTER (abs(m.qty) = 1) >= $single * count(m.qty) AND count(m.qty) > 0
), blanks AS (
    -- A sale that was not scanned leaves its serial in stock: sold again after a repair or a return, it is there twice.
    SELECT product, count(*) FILTER (serial IS NULL) AS blank_sales, count(*) FILTER (serial IS NULL) > $unscanned * count(*) AS is_untold
    FROM movements
    WHERE _duplicate_record IS NULL AND type = 'sale' AND product IN (SELECT product FROM single)
    GROUP BY product
), span AS (
    SELECT max(ts_date) AS ends FROM movements WHERE serial IS NOT NULL AND _duplicate_record IS NULL
), moved AS (
    SELECT m.product, m.serial, m.location, m.ts_date AS day, sum(m.qty) AS qty, bool_and(m.type = 'sale') AS is_sale, bool_and(m.type = 'receipt') AS is_receipt,
           count(m.qty) < count(*) OR m.ts_date IS NULL OR m.location IS NULL OR m.product IN (SELECT product FROM blanks WHERE is_untold) AS unread, count(*) AS moved_rows
    FROM movements AS m
    WHERE m.serial IS NOT NULL AND m._duplicate_record IS NULL AND m.product IN (SELECT product FROM single)
    GROUP BY m.product, m.serial, m.location, m.ts_date
), at_places AS (
    SELECT *, CASE WHEN sum(qty) OVER k >= 1 THEN 1 ELSE 0 END AS is_there FROM moved
    WINDOW k AS (PARTITION BY product, serial, location ORDER BY day)
), changes AS (
    SELECT *, is_there - coalesce(lag(is_there) OVER (PARTITION BY product, serial, location ORDER BY day), 0) AS change FROM at_places
), days AS (
    SELECT product, serial, day, sum(qty) AS qty, sum(change) AS change, bool_or(unread) AS unread, bool_and(is_sale) AS is_sale, bool_and(is_receipt) AS is_receipt, sum(moved_rows) AS moved_rows
    FROM changes GROUP BY product, serial, day
), running AS (
    SELECT d.*, sum(d.qty) OVER k AS balance, sum(d.change) OVER k AS places, lead(d.day) OVER k AS next_day, lead(d.is_receipt) OVER k AS next_is_receipt,
           rank() OVER k AS place, coalesce(lead(d.day) OVER k, s.ends) - d.day > $days AS lasts
    FROM days AS d CROSS JOIN span AS s
    WINDOW k AS (PARTITION BY d.product, d.serial ORDER BY d.day)
), states AS (
    SELECT *, greatest(max(CASE WHEN lasts THEN balance ELSE 0 END) OVER k, 0) - least(min(CASE WHEN lasts THEN balance ELSE 0 END) OVER k, 0) AS spread
    FROM running WINDOW k AS (PARTITION BY product, serial ORDER BY day)
), serial_codes AS (
    SELECT product, serial, bool_or(unread) AS unread, min(day) FILTER (WHERE lasts AND places > 1) AS two_on, coalesce(bool_or(lasts AND places > 1 AND balance > 1), false) AS is_twice, min(day) FILTER (WHERE spread > 1) AS off_on, max(spread) AS spread, max(places) AS most_places,
           min(day) FILTER (WHERE place = 1 AND is_sale AND next_is_receipt AND next_day - day <= $before_days) AS early_on, min(next_day) FILTER (WHERE place = 1) AS second_on,
           max(day) AS last_day, sum(moved_rows) AS row_count
    FROM states GROUP BY product, serial
), last_places AS (
    SELECT product, serial, min(location) FILTER (WHERE is_there = 1) AS location, count(*) FILTER (WHERE is_there = 1) AS places
    FROM (
        SELECT product, serial, location, is_there, row_number() OVER (PARTITION BY product, serial, location ORDER BY day DESC) AS place FROM at_places
    ) AS ended WHERE place = 1 GROUP BY product, serial
), registered AS (
    SELECT product, serial, min(location) AS location FROM serials
    WHERE _duplicate_record IS NULL AND status = 'in_stock' GROUP BY product, serial HAVING count(*) = count(location) AND min(location) = max(location)
), placed AS (
    SELECT c.*, r.location AS registered_at, f.location AS ledger_at, r.location <> f.location AND f.places = 1 AND s.ends - c.last_day > $days AS is_elsewhere
    FROM serial_codes AS c CROSS JOIN span AS s
    LEFT JOIN registered AS r ON r.product = c.product AND r.serial = c.serial
    LEFT JOIN last_places AS f ON f.product = c.product AND f.serial = c.serial
), months AS (
    -- Dates that are all the first of a month are months, and last until their end.
    SELECT count(*) >= 5 AND bool_and(day(expires) = 1) AS by_month FROM lots WHERE expires IS NOT NULL
), expiry AS (
    SELECT product, lot, CASE WHEN (SELECT by_month FROM months) THEN last_day(max(expires)) ELSE max(expires) END AS expires
    FROM lots
    WHERE product IS NOT NULL AND lot IS NOT NULL AND expires IS NOT NULL GROUP BY product, lot
), sold AS (
    SELECT m.product, m.lot, m.location, e.expires, min(m.ts_date) FILTER (WHERE m.ts_date > e.expires) AS first_day, max(m.ts_date) FILTER (WHERE m.ts_date > e.expires) AS last_day,
           -sum(m.qty) FILTER (WHERE m.ts_date > e.expires) AS expired_qty, count(*) FILTER (WHERE m.ts_date > e.expires) AS expired_rows,
           count(m.ts_date) < count(*) AS unread, count(*) AS row_count
    FROM movements AS m JOIN expiry AS e ON e.product = m.product AND e.lot = m.lot
    WHERE m.type = 'sale' AND m._duplicate_record IS NULL AND coalesce(m.qty < 0, true)
    GROUP BY m.product, m.lot, m.location, e.expires
)
SELECT 'serial' AS side, product, serial, NULL AS lot, CASE WHEN two_on IS NULL AND off_on IS NULL AND early_on IS NULL AND is_elsewhere THEN registered_at END AS location,
       coalesce(two_on, off_on, early_on, last_day) AS first_day, CASE WHEN two_on IS NULL AND off_on IS NULL AND early_on IS NOT NULL THEN second_on ELSE last_day END AS last_day,
       most_places::BIGINT AS places, ledger_at, NULL::DATE AS expires, CASE WHEN two_on IS NOT NULL THEN most_places - 1 WHEN off_on IS NOT NULL THEN spread - 1 END AS qty, row_count,
       -- At two places and once in all: what one place sold was taken from another, and the ledger does not say so.
       product IN (SELECT product FROM blanks WHERE blank_sales > 0) OR (two_on IS NOT NULL AND NOT is_twice) AS may_be_sold,
       CASE WHEN unread THEN NULL WHEN two_on IS NOT NULL THEN 'two_places' WHEN off_on IS NOT NULL THEN 'balance' WHEN early_on IS NOT NULL THEN 'issued_before_receipt'
            WHEN is_elsewhere AND count(*) FILTER (is_elsewhere) OVER () <= $share * count(is_elsewhere) OVER () THEN 'elsewhere' ELSE 'sound' END AS code
FROM placed
UNION ALL
SELECT 'lot', product, NULL, lot, location, first_day, last_day, NULL, NULL, expires, expired_qty, row_count, false,
       CASE WHEN expired_rows > 0 THEN CASE WHEN count(*) FILTER (expired_rows > 0) OVER () <= $share * count(*) OVER () THEN 'expired_issue' END WHEN unread THEN NULL ELSE 'sound' END
FROM sold

-- section: violations
SELECT p.code, p.product, p.serial, p.lot, p.location, p.first_day AS period_start, p.last_day AS period_end, coalesce(p.serial, p.lot) AS subject, p.expires,
       CASE p.code WHEN 'two_places' THEN 'the ledger has it at ' || p.places || ' places at once' WHEN 'balance' THEN 'the ledger has it twice, or less than not at all'
                   WHEN 'issued_before_receipt' THEN 'sold on ' || strftime(p.first_day, '%Y-%m-%d') || ' and received on ' || strftime(p.last_day, '%Y-%m-%d')
                   WHEN 'elsewhere' THEN 'the register has it at ' || p.location || ', the ledger at ' || p.ledger_at
                   ELSE 'expired on ' || strftime(p.expires, '%Y-%m-%d') || ' and sold until ' || strftime(p.last_day, '%Y-%m-%d') || coalesce(' at ' || p.location, '') END AS reason_en,
       CASE p.code WHEN 'two_places' THEN 'el diario la tiene en ' || p.places || ' lugares a la vez' WHEN 'balance' THEN 'el diario la tiene dos veces, o menos que ninguna'
                   WHEN 'issued_before_receipt' THEN 'vendida el ' || strftime(p.first_day, '%Y-%m-%d') || ' y recibida el ' || strftime(p.last_day, '%Y-%m-%d')
                   WHEN 'elsewhere' THEN 'el registro la tiene en ' || p.location || ' y el diario en ' || p.ledger_at
                   ELSE 'caducó el ' || strftime(p.expires, '%Y-%m-%d') || ' y se vendió hasta el ' || strftime(p.last_day, '%Y-%m-%d') || coalesce(' en ' || p.location, '') END AS reason_es,
       p.qty AS observed, CASE WHEN p.side = 'serial' THEN p.qty END AS delta_qty, u.unit_cost, coalesce(u.cost_source, 'none') AS cost_source,
       -- Goods sold past their date were paid for: a risk, and no loss.
       CASE WHEN p.side = 'serial' THEN try(p.qty::DECIMAL(38, 4) * u.unit_cost) END AS impact,
       CASE WHEN p.code IN ('issued_before_receipt', 'elsewhere') OR (p.side = 'serial' AND p.may_be_sold) THEN 'medium' ELSE 'high' END AS severity, p.row_count::BIGINT AS row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.first_day >= u.valid_from
WHERE p.code <> 'sound'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE side = 'serial') AS serials_read, count(*) FILTER (WHERE side = 'lot') AS lots_sold,
       count(*) FILTER (WHERE side = 'serial' AND code <> 'sound') AS states_wrong, count(*) FILTER (WHERE code = 'expired_issue') AS lots_sold_past_their_date
FROM population

-- section: evidence
SELECT v.code, v.product, v.serial, v.lot, v.location, v.period_start, v.period_end, 'movement' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.location AS value_location, m.qty AS value_qty
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.serial = v.serial AND m._duplicate_record IS NULL

-- section: evidence
SELECT v.code, v.product, v.serial, v.lot, v.location, v.period_start, v.period_end, 'movement' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.location AS value_location, m.qty AS value_qty
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.lot = v.lot AND m.location IS NOT DISTINCT FROM v.location AND m.type = 'sale' AND m._duplicate_record IS NULL
WHERE v.code = 'expired_issue' AND m.ts_date > v.expires

-- section: evidence
SELECT v.code, v.product, v.serial, v.lot, v.location, v.period_start, v.period_end, 'serial' AS role, 1 AS ordinal, 'serials' AS table_name, s._file_id, s._record, s._line,
       s.serial AS key_serial, s.location AS value_location, s.status AS value_status
FROM violations AS v JOIN serials AS s ON s.product = v.product AND s.serial = v.serial AND s._duplicate_record IS NULL

-- section: evidence
SELECT v.code, v.product, v.serial, v.lot, v.location, v.period_start, v.period_end, 'lot' AS role, 1 AS ordinal, 'lots' AS table_name, l._file_id, l._record, l._line,
       l.lot AS key_lot, l.expires AS value_expires
FROM violations AS v JOIN lots AS l ON l.product = v.product AND l.lot = v.lot
