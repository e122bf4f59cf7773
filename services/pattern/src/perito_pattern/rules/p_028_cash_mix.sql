/* ---
id: P-028
version: 1
kind: function
function: perito_pattern.cashiers:judge_by_place
title: {en: Cash and split payments unlike the colleagues', es: Cobros en efectivo y repartidos distintos de los compañeros}
severity: low
grain: cashier
unit: cashiers and kinds of payment
identity: [user]
needs:
  sales: [document, "user", location, ts, tender]
optional:
  sales: [line, till, shift, type, qty, unit_price, discount, discount_amount, line_total, card, customer, original_document, void_stage]
  tenders: [document, line, tender, amount]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {cells: [kind, user, location, band]}
parameters:
  floor_share: {default: "0.20", type: decimal, meaning: "difference of the cash share from that of the place that must be exceeded"}
  floor_split: {default: 5, type: integer, meaning: "split payments in a day that must be exceeded"}
  one_way: {default: "0.95", type: decimal, meaning: "share of cash, or of the rest, from which a till takes one way only and says nothing"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 50, type: integer, meaning: "tickets without which a cashier is not compared"}
  least_events: {default: 5, type: integer, meaning: "tickets, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the share must exceed the peers' median"}
  least_ratio: {default: "1.5", type: decimal, meaning: "multiple of the expected share that the lower bound must reach where the peers are all alike"}
impact: none, because how a customer pays has no amount
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "Cashier {user}: {kind_en} in {events:,} of {trials:,} tickets; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {kind_es} en {events:,} de {trials:,} tiques; eran de esperar unos {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    Where cash sales are not rung up, or are voided later, a cashier's till shows less cash than those beside it; where cards
    are refunded and cash is taken instead, more. How customers pay differs from place to place, so each cashier is
    compared with the colleagues at the same place, by weekday and weekend, and must differ by more than 20 points and by far
    more than cashiers of the same role and store format do. Tills that take one way only, such as lanes for cards, do not
    count. Payments split into parts are told where a day had more than five and the habit exceeds that of the colleagues.
  es: >-
    Si se venden artículos en efectivo sin registrarlos, o se anulan después, la caja muestra menos efectivo que las vecinas;
    si se devuelve a tarjetas y se toma efectivo, más. La forma de pago cambia de un lugar a otro, por lo que cada cajero se
    compara con los compañeros del mismo lugar, con laborables y fines de semana por separado, y debe diferir en más de 20
    puntos y mucho más que los cajeros del mismo puesto y formato de tienda entre sí. No cuentan las cajas de un solo medio,
    como las de tarjeta. Los pagos repartidos se indican si un día tuvo más de cinco y la costumbre supera la de los demás.
remedy:
  en: "Compare the cash counts of these shifts with the stock of what they sold, and watch how sales are rung up."
  es: "Compare los arqueos de esos turnos con la existencia de lo vendido y observe cómo se registran las ventas."
words:
  cashiers and kinds of payment: {es: cajeros y tipos de pago}
  kind: {es: tipo}
  events: {en: tickets, es: tiques}
  trials: {en: tickets compared, es: tiques comparados}
  expected_events: {en: tickets to be expected, es: tiques esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  ticket: {es: tique}
  tested: {en: compared, es: comparados}
  split: {en: paid in parts, es: pagado en partes}
source: "Exception reports of retail loss prevention (Lightspeed)"
--- */

-- section: population
-- One row per ticket that was sold and whose payment is known. A ticket that was paid in parts is no cash ticket.
WITH parts AS (
    SELECT document, count(*) AS parts, min(tender) AS tender, max(tender) AS other
    FROM tenders WHERE _duplicate_record IS NULL AND document IS NOT NULL AND coalesce(amount, 1) > 0
    GROUP BY document
), paid AS (
    SELECT t.document, t."user", t.location, t.till, t.role, t.format, t.band, t.day,
           CASE WHEN p.tender = p.other THEN p.tender WHEN p.parts > 1 THEN 'mixed' ELSE t.tender END AS tender,
           coalesce(p.parts > 1, t.tender = 'mixed', false) AS is_split
    FROM till_tickets AS t LEFT JOIN parts AS p ON p.document = t.document
    WHERE t.sale_lines > 0 AND t.return_lines = 0 AND NOT t.is_voided_before AND NOT t.is_voided_after
), lanes AS (
    SELECT location, till, count(*) FILTER (WHERE tender = 'cash') AS cash, count(*) AS tickets
    FROM paid WHERE tender IS NOT NULL AND till IS NOT NULL GROUP BY location, till
)
SELECT p.document, p."user", p.location, p.till, p.role, p.format, p.band, p.day, p.tender = 'cash' AS is_cash, p.is_split
FROM paid AS p
LEFT JOIN lanes AS l ON l.location IS NOT DISTINCT FROM p.location AND l.till = p.till
WHERE p.tender IS NOT NULL
  AND coalesce(l.cash < $one_way * l.tickets AND l.tickets - l.cash < $one_way * l.tickets, true)

-- section: input
WITH flagged AS (
    SELECT 'cash' AS kind, "user", location, role, format, band, day, is_cash AS is_event FROM population WHERE NOT is_split
    UNION ALL SELECT 'less_cash', "user", location, role, format, band, day, NOT is_cash FROM population WHERE NOT is_split
    UNION ALL SELECT 'split', "user", location, role, format, band, day, is_split FROM population
), daily AS (
    SELECT kind, "user", location, role, format, band, day, count(*) AS trials, count(*) FILTER (WHERE is_event) AS events
    FROM flagged GROUP BY kind, "user", location, role, format, band, day
), happened AS (
    SELECT kind, "user", location, role, format, band, sum(trials) AS trials, sum(events) AS events, max(events) AS busiest,
           min(CASE WHEN events > 0 THEN day END) AS first_day, max(CASE WHEN events > 0 THEN day END) AS last_day
    FROM daily GROUP BY kind, "user", location, role, format, band
), places AS (
    SELECT kind, location, sum(trials) AS trials, sum(events) AS events FROM happened GROUP BY kind, location
), own AS (
    SELECT kind, "user", location, sum(trials) AS trials, sum(events) AS events, max(busiest) AS busiest
    FROM happened GROUP BY kind, "user", location
), differences AS (
    -- Beyond the place's share without the cashier, by more than the floor, at the place where the cashier sells most.
    SELECT o.kind, o."user",
           CASE WHEN o.kind = 'split' THEN o.busiest > $floor_split
                ELSE coalesce(o.events * (p.trials - o.trials) - (p.events - o.events) * o.trials
                              > $floor_share * o.trials * (p.trials - o.trials), false) END AS is_above
    FROM own AS o JOIN places AS p ON p.kind = o.kind AND p.location IS NOT DISTINCT FROM o.location
), floors AS (
    SELECT kind, "user", bool_or(is_above) AS is_above FROM differences GROUP BY kind, "user"
), cells AS (
    SELECT h.kind, CASE h.kind WHEN 'cash' THEN 'paid in cash' WHEN 'split' THEN 'paid in parts' ELSE 'not paid in cash' END AS kind_en,
           CASE h.kind WHEN 'cash' THEN 'pagados en efectivo' WHEN 'split' THEN 'pagados en partes' ELSE 'no pagados en efectivo' END AS kind_es,
           h."user", h.location, h.role, h.format, h.band, h.trials::BIGINT AS trials, h.events::BIGINT AS events,
           h.busiest::BIGINT AS busiest, h.first_day, h.last_day, NULL::DECIMAL(38, 4) AS amount,
           (CASE WHEN f.is_above THEN 1 ELSE 0 END)::BIGINT AS above
    FROM happened AS h JOIN floors AS f ON f.kind = h.kind AND f."user" = h."user"
)
SELECT kind, kind_en, kind_es, "user", location, role, format, band, trials, events, busiest, first_day, last_day, amount, above
FROM cells
ORDER BY kind, "user", location, band

-- section: evidence
SELECT v."user", v.period_start, v.period_end, 'ticket' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.till AS value_till,
       s.tender AS value_tender, s.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p."user" = v."user"
 AND ((v.kind = 'cash' AND p.is_cash AND NOT p.is_split) OR (v.kind = 'less_cash' AND NOT p.is_cash AND NOT p.is_split) OR (v.kind = 'split' AND p.is_split))
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
 AND s.location IS NOT DISTINCT FROM p.location AND s.till IS NOT DISTINCT FROM p.till
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
