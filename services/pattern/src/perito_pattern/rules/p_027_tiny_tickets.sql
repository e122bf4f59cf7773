/* ---
id: P-027
version: 1
kind: function
function: perito_pattern.stretches:judge_shares
title: {en: Tickets of next to nothing, es: Tiques de casi nada}
severity: low
grain: cashier
unit: shifts of cashiers
identity: [user]
needs:
  sales: [document, "user", ts, line_total]
optional:
  sales: [line, location, till, shift, type, product, qty, unit_price, discount, discount_amount, tender, card, customer, original_document, void_stage]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {units: [user, stretch]}
parameters:
  tiny: {default: "1.00", type: decimal, meaning: "amount in the books' currency below which a ticket is next to nothing"}
  floor_events: {default: 2, type: integer, meaning: "such tickets in a shift that must be exceeded"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all shifts tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 5, type: integer, meaning: "tickets without which a shift is not compared"}
  least_events: {default: 1, type: integer, meaning: "such tickets in a shift without which it is not told; the floor asks for more"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound must exceed the median of shifts"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected share that the lower bound must reach where all shifts are alike"}
impact: none, because what was not rung up is not in the books
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "Cashier {user}: {events:,} tickets of less than {tiny:,} in {shifts:,} {shifts:shift|shifts}, up to {most:,} in one; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {events:,} tiques de menos de {tiny:,} en {shifts:,} {shifts:turno|turnos}, hasta {most:,} en uno; eran de esperar unos {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    A ticket of next to nothing opens the drawer like any other: goods can pass for the price of a bag. Shops that sell
    bags and sweets have many, so each shift is compared with those of others of the same role and store format, on
    weekdays and weekends apart, and with those at the same place where all have many. More than two in a shift are the
    least that is told. Tickets that refund or are voided do not count, nor those of zero.
  es: >-
    Un tique de casi nada abre el cajón como cualquier otro: puede pasar mercancía al precio de una bolsa. Las tiendas que
    venden bolsas y caramelos tienen muchos, por lo que cada turno se compara con los de otros del mismo puesto y formato de
    tienda, con laborables y fines de semana por separado, y con los del mismo lugar si allí todos tienen muchos. No se
    indica nada hasta superar dos en un turno. No cuentan los que devuelven o se anulan, ni los de cero.
remedy:
  en: "Look at the video of those tickets: what went over the counter?"
  es: "Vea el vídeo de esos tiques: ¿qué pasó por el mostrador?"
words:
  shifts of cashiers: {es: turnos de cajeros}
  events: {en: tickets, es: tiques}
  most: {en: most in one shift, es: máximo en un turno}
  stretches: {en: "shifts, or tills and days", es: "turnos, o cajas y días"}
  expected_events: {en: tickets to be expected, es: tiques esperados}
  chance: {es: probabilidad}
  tested: {en: compared, es: comparados}
  shifts_told: {en: shifts that stand out, es: turnos que destacan}
  ticket: {es: tique}
source: "Exception reports of retail loss prevention (Lightspeed)"
--- */

-- section: population
-- One row per ticket of next to nothing. A shift is known by its number, else its till, and the day:
-- in many books the shifts of each day are numbered anew.
SELECT "user", concat_ws(' ', coalesce(shift, till), day) AS stretch, document, location, till, day
FROM till_tickets
WHERE sale_lines > 0 AND return_lines = 0 AND NOT is_voided_before AND NOT is_voided_after AND sold > 0 AND sold < $tiny

-- section: input
WITH worked AS (
    SELECT "user", concat_ws(' ', coalesce(shift, till), day) AS stretch,
           max(location) AS location, max(role) AS role, max(format) AS format, max(band) AS band, min(day) AS day, count(*) AS trials
    FROM till_tickets WHERE sale_lines > 0
    GROUP BY "user", concat_ws(' ', coalesce(shift, till), day)
), happened AS (
    SELECT "user", stretch, count(*) AS events FROM population GROUP BY "user", stretch
), units AS (
    SELECT w."user", w.stretch, w.location, w.role, w.format, w.band, w.day, w.trials::BIGINT AS trials,
           coalesce(h.events, 0)::BIGINT AS events
    FROM worked AS w LEFT JOIN happened AS h ON h."user" = w."user" AND h.stretch = w.stretch
)
SELECT "user", stretch, location, role, format, band, day, trials, events, $tiny::VARCHAR AS tiny FROM units ORDER BY "user", stretch

-- section: evidence
SELECT v."user", v.period_start, v.period_end, 'ticket' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.till AS value_till,
       s.shift AS value_shift, s.product AS value_product, s.qty AS value_qty, s.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND list_contains(string_split(v.stretches, ' | '), p.stretch)
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
 AND s.location IS NOT DISTINCT FROM p.location AND s.till IS NOT DISTINCT FROM p.till
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
