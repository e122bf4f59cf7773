/* ---
id: P-024
version: 1
kind: function
function: perito_pattern.stretches:judge_numbers
title: {en: Drawer opened without a sale, es: Cajón abierto sin venta}
severity: low
grain: cashier
unit: shifts of cashiers
identity: [user]
needs:
  sales: [type, "user", ts]
optional:
  sales: [document, line, location, till, shift, qty, unit_price, discount, discount_amount, line_total, tender, card, customer, original_document, void_stage, reason, approved_by]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {units: [user, stretch]}
parameters:
  floor_events: {default: 8, type: integer, meaning: "openings in a shift that must be exceeded"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all shifts tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 1, type: integer, meaning: "shifts in one row"}
  least_events: {default: 1, type: integer, meaning: "openings in a shift without which it is not told; the floor asks for more"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound must exceed the median of shifts"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected number that the lower bound must reach where all shifts are alike"}
impact: none, because an open drawer has no amount
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "Cashier {user}: {events:,} drawer openings without a sale in {shifts:,} {shifts:shift|shifts}, up to {most:,} in one; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {events:,} aperturas de cajón sin venta en {shifts:,} {shifts:turno|turnos}, hasta {most:,} en uno; eran de esperar unas {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    Who takes money has to open the drawer. It is opened without a sale for change as well, so each shift is compared with
    those of others of the same role and store format, on weekdays and weekends apart, and with those at the same place
    where all open it often. More than eight in a shift are the least that is told; where all do so, nobody is. Without
    numbers of shifts a day at a till is one.
  es: >-
    Quien toma dinero tiene que abrir el cajón. También se abre sin venta para dar cambio, por lo que cada turno se compara
    con los de otros del mismo puesto y formato de tienda, con laborables y fines de semana por separado, y con los del mismo
    lugar si allí todos lo abren mucho. No se indica nada hasta superar ocho en un turno; si todos lo hacen, a nadie. Si no
    hay números de turno, lo es un día en una caja.
remedy:
  en: "Look at the video of those openings, and at the cash count of those shifts."
  es: "Vea el vídeo de esas aperturas y el arqueo de esos turnos."
words:
  shifts of cashiers: {es: turnos de cajeros}
  events: {en: openings, es: aperturas}
  most: {en: most in one shift, es: máximo en un turno}
  stretches: {en: "shifts, or tills and days", es: "turnos, o cajas y días"}
  expected_events: {en: openings to be expected, es: aperturas esperadas}
  chance: {es: probabilidad}
  tested: {en: compared, es: comparados}
  shifts_told: {en: shifts that stand out, es: turnos que destacan}
  opening: {en: drawer opened, es: apertura}
source: "Exception reports of retail loss prevention (Lightspeed)"
--- */

-- section: population
-- One row per opening. A shift is known by its number and day where all openings have one, else by till and day: in many
-- books the shifts of each day are numbered anew.
WITH mode AS (
    SELECT coalesce(bool_and(shift IS NOT NULL), false) AS by_shift
    FROM sales WHERE type = 'no_sale' AND "user" IS NOT NULL AND _duplicate_record IS NULL
)
SELECT s."user", CASE WHEN m.by_shift THEN s.shift ELSE coalesce(s.till, '') END || ' ' || coalesce(s.ts_date::VARCHAR, '') AS stretch,
       s.location, s.ts_date AS day, m.by_shift, s._file_id, s._record
FROM sales AS s CROSS JOIN mode AS m
WHERE s.type = 'no_sale' AND s."user" IS NOT NULL AND s._duplicate_record IS NULL

-- section: input
WITH mode AS (
    SELECT coalesce(bool_and(by_shift), false) AS by_shift FROM population
), worked AS (
    SELECT t."user", CASE WHEN m.by_shift THEN t.shift ELSE coalesce(t.till, '') END || ' ' || coalesce(t.day::VARCHAR, '') AS stretch,
           t.location, t.day, 0 AS events
    FROM till_tickets AS t CROSS JOIN mode AS m
    UNION ALL
    SELECT "user", stretch, location, day, 1 FROM population
), roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), formats AS (
    SELECT location, max(lower(trim(format))) AS format FROM locations WHERE location IS NOT NULL GROUP BY location
), sums AS (
    SELECT "user", stretch, max(location) AS location, min(day) AS day, sum(events) AS events
    FROM worked WHERE stretch IS NOT NULL GROUP BY "user", stretch
), units AS (
    SELECT s."user", s.stretch, s.location, r.role, f.format, s.day,
           CASE WHEN isodow(s.day) >= 6 THEN 'weekend' WHEN s.day IS NOT NULL THEN 'weekday' END AS band,
           1::BIGINT AS trials, s.events::BIGINT AS events
    FROM sums AS s
    LEFT JOIN roles AS r ON r."user" = s."user"
    LEFT JOIN formats AS f ON f.location = s.location
)
SELECT "user", stretch, location, role, format, band, day, trials, events FROM units ORDER BY "user", stretch

-- section: evidence
SELECT v."user", v.period_start, v.period_end, 'opening' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.ts AS value_ts, s.location AS value_location, s.till AS value_till, s.shift AS value_shift,
       s.reason AS value_reason, s.approved_by AS value_approved_by
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND list_contains(string_split(v.stretches, ' | '), p.stretch)
JOIN sales AS s ON s._file_id = p._file_id AND s._record = p._record
