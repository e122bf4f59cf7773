/* ---
id: P-021
version: 1
kind: function
function: perito_pattern.cashiers:judge_each
title: {en: Cash sales voided within minutes, es: Ventas en efectivo anuladas a los pocos minutos}
severity: medium
grain: cashier
unit: cashiers
identity: [user, kind]
needs:
  sales: [document, type, "user", ts, tender]
optional:
  sales: [line, location, till, shift, product, qty, unit_price, discount, discount_amount, line_total, card, customer, original_document, void_stage, reason, approved_by]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {cells: [kind, user, location, band]}
parameters:
  minutes: {default: 5, type: integer, meaning: "minutes after the payment within which a void is quick"}
  floor_events: {default: 5, type: integer, meaning: "quick voids in some window of days without which nothing is told"}
  window_days: {default: 30, type: integer, meaning: "days of that window"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 50, type: integer, meaning: "cash sales without which a cashier is not compared"}
  least_events: {default: 4, type: integer, meaning: "quick voids, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the rate must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected rate that the lower bound must reach where the peers are all alike"}
impact: column
recoverable: false
explains: []
entities: [user, kind]
texts:
  finding:
    en: "Cashier {user}: {events:,} of {trials:,} cash sales voided within {minutes} minutes of the payment; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {events:,} de {trials:,} ventas en efectivo anuladas en los {minutes} minutos siguientes al pago; eran de esperar unas {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    The customer has paid in cash and is gone, and the sale is voided by whoever rang it up: the money is then more than
    the till should hold. A slip is corrected in the same way, so each cashier is compared with others of the same role and
    store format. Voids that another person approved count too. Five in some thirty days are the least that is told, and
    told is only who does it far more often than the peers. The impact is the voided amount beyond what was to be expected.
    Books without the time of day are not tested.
  es: >-
    El cliente ha pagado en efectivo y se ha ido, y quien registró la venta la anula: sobra entonces dinero en la caja. Un
    error se corrige igual, por lo que cada cajero se compara con otros del mismo puesto y formato de tienda. Cuentan también
    las anulaciones que aprobó otra persona. No se indica nada con menos de cinco en treinta días, y solo a quien lo hace
    mucho más que sus pares. El impacto es el importe anulado por encima de lo esperado. No se prueban libros sin la hora.
remedy:
  en: "Look at the video of the till at the minute of each void: is the customer still there?"
  es: "Vea el vídeo de la caja en el minuto de cada anulación: ¿sigue ahí el cliente?"
words:
  cashiers: {es: cajeros}
  kind: {es: tipo}
  events: {en: quick voids, es: anulaciones rápidas}
  trials: {en: cash sales, es: ventas en efectivo}
  expected_events: {en: quick voids to be expected, es: anulaciones rápidas esperadas}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  void: {es: anulación}
  sale: {es: venta}
  tested: {en: compared, es: comparados}
  after: {en: after payment, es: después del pago}
source: "Exception reports of retail loss prevention (Lightspeed, Agilence)"
--- */

-- section: population
-- One row per quick void: the ticket that voids and the cash sale that it voids, which may be the same ticket.
WITH timed AS (
    SELECT location FROM (SELECT location, day, min(ts) AS opens, max(ts) AS closes FROM till_tickets GROUP BY location, day)
    GROUP BY location HAVING bool_or(opens <> closes)
), pairs AS (
    SELECT document AS voiding, document, "user", location, band, day, void_ts, coalesce(tendered_at, ts) AS paid_at, voided
    FROM till_tickets
    WHERE is_voided_after AND tender = 'cash' AND original IS NULL
    UNION ALL
    SELECT v.document, s.document, v."user", v.location, v.band, v.day, v.void_ts, coalesce(s.tendered_at, s.ts), v.voided
    FROM till_tickets AS v
    JOIN till_tickets AS s ON s.document = v.original AND s."user" = v."user" AND s.location IS NOT DISTINCT FROM v.location
    WHERE v.is_voided_after AND s.tender = 'cash' AND s.sale_lines > 0 AND s.document <> v.document
)
SELECT p.voiding, p.document, p."user", p.location, p.band, p.day, p.void_ts, min(p.paid_at) AS paid_at, max(p.voided) AS amount
FROM pairs AS p
JOIN timed AS t ON t.location IS NOT DISTINCT FROM p.location
WHERE p.void_ts >= p.paid_at AND p.void_ts <= p.paid_at + to_minutes($minutes)
GROUP BY p.voiding, p.document, p."user", p.location, p.band, p.day, p.void_ts

-- section: input
WITH timed AS (
    SELECT location FROM (SELECT location, day, min(ts) AS opens, max(ts) AS closes FROM till_tickets GROUP BY location, day)
    GROUP BY location HAVING bool_or(opens <> closes)
), worked AS (
    SELECT w."user", w.location, w.role, w.format, w.band, count(*) AS trials
    FROM till_tickets AS w JOIN timed AS t ON t.location IS NOT DISTINCT FROM w.location
    WHERE w.tender = 'cash' AND w.sale_lines > 0
    GROUP BY w."user", w.location, w.role, w.format, w.band
), daily AS (
    SELECT "user", location, band, day, count(*) AS events, count(amount) AS priced, sum(amount) AS amount
    FROM population GROUP BY "user", location, band, day
), windows AS (
    SELECT "user", sum(events) OVER (PARTITION BY "user" ORDER BY day
                                     RANGE BETWEEN CURRENT ROW AND to_days($window_days - 1) FOLLOWING) AS events
    FROM daily WHERE day IS NOT NULL
), densest AS (
    SELECT "user", max(events) AS events FROM windows GROUP BY "user"
), happened AS (
    SELECT "user", location, band, sum(events) AS events, max(events) AS busiest, min(day) AS first_day, max(day) AS last_day,
           CASE WHEN sum(priced) = sum(events) THEN sum(amount) END AS amount
    FROM daily GROUP BY "user", location, band
), cells AS (
    SELECT 'after' AS kind, 'quick voids' AS kind_en, 'anulaciones rápidas' AS kind_es,
           w."user", w.location, w.role, w.format, w.band, w.trials,
           coalesce(h.events, 0)::BIGINT AS events, coalesce(h.busiest, 0)::BIGINT AS busiest, h.first_day, h.last_day,
           CASE WHEN h."user" IS NULL THEN 0 ELSE h.amount END AS amount,
           (CASE WHEN d.events >= $floor_events THEN 1 ELSE 0 END)::BIGINT AS above, $minutes::BIGINT AS minutes
    FROM worked AS w
    LEFT JOIN happened AS h ON h."user" = w."user" AND h.location IS NOT DISTINCT FROM w.location
     AND h.band IS NOT DISTINCT FROM w.band
    LEFT JOIN densest AS d ON d."user" = w."user"
)
SELECT kind, kind_en, kind_es, "user", location, role, format, band, trials, events, busiest, first_day, last_day, amount, above, minutes
FROM cells
ORDER BY kind, "user", location, band

-- section: evidence
WITH named AS (
    SELECT "user", location, document FROM population UNION SELECT "user", location, voiding FROM population
)
SELECT v."user", v.kind, v.period_start, v.period_end,
       CASE WHEN s.type = 'void' THEN 'void' ELSE 'sale' END AS role, CASE WHEN s.type = 'void' THEN 1 ELSE 0 END AS ordinal,
       'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.till AS value_till,
       s.tender AS value_tender, s.product AS value_product, s.qty AS value_qty, s.line_total AS value_line_total,
       s.original_document AS value_original_document, s.reason AS value_reason, s.approved_by AS value_approved_by
FROM violations AS v
JOIN named AS p ON p."user" = v."user"
JOIN sales AS s ON s.document = p.document AND s."user" = p."user"
 AND s.location IS NOT DISTINCT FROM p.location
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') <> 'no_sale'
