/* ---
id: P-020
version: 1
kind: function
function: perito_pattern.cashiers:judge_each
title: {en: Cashier who voids more than the others, es: Cajero que anula más que los demás}
severity: medium
grain: cashier
unit: cashiers and kinds of void
identity: [user, kind]
needs:
  sales: [document, type, "user"]
optional:
  sales: [line, location, till, shift, ts, product, qty, unit_price, discount, discount_amount, line_total, tender, card, customer, original_document, void_stage, reason, approved_by]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {cells: [kind, user, location, band]}
parameters:
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 50, type: integer, meaning: "tickets without which a cashier is not compared"}
  least_events: {default: 5, type: integer, meaning: "voids, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the rate must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected rate that the lower bound must reach where the peers are all alike"}
impact: column
recoverable: false
explains: [P-021, P-031]
entities: [user, kind]
texts:
  finding:
    en: "Cashier {user}: {kind_en} in {events:,} of {trials:,} tickets; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {kind_es} en {events:,} de {trials:,} tiques; eran de esperar unas {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    A sale that is rung up and voided lets goods or money leave without a trace; voids after payment weigh most. Everybody
    makes mistakes, so each cashier is compared with others of the same role and store format, on weekdays and weekends
    apart, and with the colleagues of the same place where these all void more. Lines taken out, tickets given up before
    payment and tickets voided after it are told apart. Told is what is unlikely given how many cashiers were tested, far
    above the spread among peers, and not the work of one day. The impact is the voided amount beyond what was to be
    expected. It is an indicator and no proof.
  es: >-
    Una venta registrada y anulada permite que salgan mercancía o dinero sin dejar rastro; pesan más las anulaciones después
    del pago. Todos se equivocan, por lo que cada cajero se compara con otros del mismo puesto y formato de tienda, con los
    días laborables y los fines de semana por separado, y con los compañeros del mismo lugar cuando todos anulan más. Se
    distinguen líneas borradas, tiques abandonados antes del pago y tiques anulados después. Se indica lo improbable dado el
    número de cajeros probados, muy por encima de la dispersión entre pares y que no sea cosa de un solo día. El impacto es
    el importe anulado por encima de lo esperado. Es un indicio, no una prueba.
remedy:
  en: "Compare the voided tickets with the video or journal of the till, and see who approved them and for what reason."
  es: "Compare los tiques anulados con el vídeo o el diario de la caja y vea quién los aprobó y por qué motivo."
words:
  cashiers and kinds of void: {es: cajeros y tipos de anulación}
  kind: {es: tipo}
  events: {en: voids, es: anulaciones}
  trials: {en: tickets, es: tiques}
  expected_events: {en: voids to be expected, es: anulaciones esperadas}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  void: {es: anulación}
  tested: {en: compared, es: comparados}
  ticket: {en: before payment, es: antes del pago}
  after: {en: after payment, es: después del pago}
source: "Exception reports of retail loss prevention"
--- */

-- section: population
-- One row per ticket with a void, once for each kind of void in it.
SELECT 'line' AS kind, document, "user", location, till, day, band, voided AS amount
FROM till_tickets WHERE line_voids > 0 AND NOT is_voided_before AND NOT is_voided_after
UNION ALL
SELECT 'ticket', document, "user", location, till, day, band, voided FROM till_tickets WHERE is_voided_before AND NOT is_voided_after
UNION ALL
SELECT 'after', document, "user", location, till, day, band, voided FROM till_tickets WHERE is_voided_after

-- section: input
WITH kinds AS (
    SELECT * FROM (VALUES ('line', 'lines taken out', 'líneas borradas'),
                          ('ticket', 'voids before payment', 'anulaciones antes del pago'),
                          ('after', 'voids after payment', 'anulaciones después del pago')) AS k(kind, kind_en, kind_es)
), worked AS (
    SELECT "user", location, role, format, band, count(*) AS trials
    FROM till_tickets GROUP BY "user", location, role, format, band
), daily AS (
    SELECT kind, "user", location, band, day, count(*) AS events, count(amount) AS priced, sum(amount) AS amount
    FROM population GROUP BY kind, "user", location, band, day
), happened AS (
    SELECT kind, "user", location, band, sum(events) AS events, max(events) AS busiest, min(day) AS first_day, max(day) AS last_day,
           CASE WHEN sum(priced) = sum(events) THEN sum(amount) END AS amount
    FROM daily GROUP BY kind, "user", location, band
), cells AS (
    SELECT k.kind, k.kind_en, k.kind_es, w."user", w.location, w.role, w.format, w.band, w.trials,
           coalesce(h.events, 0)::BIGINT AS events, coalesce(h.busiest, 0)::BIGINT AS busiest, h.first_day, h.last_day,
           CASE WHEN h.kind IS NULL THEN 0 ELSE h.amount END AS amount
    FROM worked AS w CROSS JOIN kinds AS k
    LEFT JOIN happened AS h ON h.kind = k.kind AND h."user" = w."user" AND h.location IS NOT DISTINCT FROM w.location
     AND h.band IS NOT DISTINCT FROM w.band
)
SELECT kind, kind_en, kind_es, "user", location, role, format, band, trials, events, busiest, first_day, last_day, amount
FROM cells
ORDER BY kind, "user", location, band

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'void' AS role, 0 AS ordinal,
       'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.till AS value_till,
       s.product AS value_product, s.qty AS value_qty, s.line_total AS value_line_total, s.void_stage AS value_void_stage,
       s.reason AS value_reason, s.approved_by AS value_approved_by
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.kind = v.kind
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
 AND s.location IS NOT DISTINCT FROM p.location AND s.till IS NOT DISTINCT FROM p.till
LEFT JOIN till_tickets AS t ON t.document = p.document AND t."user" = p."user" AND t.day IS NOT DISTINCT FROM p.day
 AND t.location IS NOT DISTINCT FROM p.location AND t.till IS NOT DISTINCT FROM p.till
WHERE s._duplicate_record IS NULL
  AND (s.type = 'void' OR (t.voided_at IS NOT NULL AND coalesce(s.type, 'sale') <> 'no_sale'))
