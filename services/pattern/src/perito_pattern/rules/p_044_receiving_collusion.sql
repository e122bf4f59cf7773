/* ---
id: P-044
version: 1
kind: function
function: perito_pattern.peer_shares:judge
title: {en: What one person receives of one supplier is missing later, es: Lo que una persona recibe de un proveedor falta después}
severity: medium
grain: group
unit: receivers and suppliers
identity: [user, supplier]
needs:
  receipts: [document, supplier, product, location, ts, user, qty]
  counts: [ts, product, location, system_qty, counted_qty]
optional:
  receipts: [line, accepted, rejected, status]
uses: [count_differences]
parameters:
  count_days: {default: 60, type: integer, meaning: "days after the receipt within which the next count may tell what was missing"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all pairs tested"}
  floor: {default: "0.05", type: decimal, meaning: "share of receipts after which a count may always find less"}
  least: {default: 10, type: integer, meaning: "receipts with a later count without which a pair is not tested"}
  least_events: {default: 5, type: integer, meaning: "receipts accepted in full and missing later from which a pair is told"}
  least_ratio: {default: "3", type: decimal, meaning: "how many times what is to be expected that must be"}
  least_peers: {default: 8, type: integer, meaning: "pairs from which on their differences are allowed for"}
impact: none, because what counts find missing is told where it was counted
explains: []
entities: [user, supplier]
texts:
  finding:
    en: "{user} and supplier {supplier}: of {trials:,} receipts that were counted later, {events:,} were accepted in full and then found short; about {expected_events:,} were to be expected"
    es: "{user} y el proveedor {supplier}: de {trials:,} recepciones contadas después, {events:,} se aceptaron completas y luego faltaba; eran de esperar unas {expected_events:,}"
explanation:
  en: >-
    Goods that never came can be accepted in full by somebody at the dock; the next count finds them missing. Compared is
    the pair of receiver and supplier with what the same person receives of others, what others receive of the same supplier,
    and everybody: only what belongs to the two together stands out. Goods of a kind that always shrinks are missing whoever
    received them.
  es: >-
    Alguien en el muelle puede aceptar completa mercancía que nunca llegó; el siguiente conteo la echa en falta. Se compara el
    par de receptor y proveedor con lo que la misma persona recibe de otros, lo que otros reciben del mismo proveedor y
    todos: solo destaca lo que pertenece a los dos juntos. La mercancía que siempre mengua falta sea quien sea el receptor.
remedy:
  en: "Let somebody else receive this supplier for some weeks, and count its deliveries at the dock."
  es: "Que otra persona reciba a este proveedor durante unas semanas y se cuenten sus entregas en el muelle."
words:
  receivers and suppliers: {es: receptores y proveedores}
  trials: {es: recepciones contadas después, en: receipts counted later}
  events: {es: completas y luego con falta, en: accepted in full and short later}
  expected_events: {es: esperadas, en: expected}
  chance: {es: probabilidad}
  members_tested: {es: pares probados, en: pairs tested}
  receipt: {es: recepción}
source: "Receiving fraud, occupational fraud examination"
--- */

-- section: population
WITH counted AS (
    SELECT product, location, day, sum(difference) AS difference FROM count_differences
    WHERE product IS NOT NULL AND location IS NOT NULL AND day IS NOT NULL AND difference IS NOT NULL
    GROUP BY product, location, day
)
SELECT r."user", r.supplier, r._file_id, r._record,
       CASE WHEN c.day - r.ts_date <= $count_days THEN c.difference < 0 AND coalesce(r.accepted >= r.qty, true) AND coalesce(r.rejected, 0) = 0
           AND (r.accepted IS NOT NULL OR r.rejected IS NOT NULL OR r.status = 'received') END AS is_missing
FROM receipts AS r
ASOF LEFT JOIN counted AS c ON c.product = r.product AND c.location = r.location AND r.ts_date < c.day
WHERE r._duplicate_record IS NULL AND r."user" IS NOT NULL AND r.supplier IS NOT NULL AND coalesce(r.status, 'received') IN ('received', 'partial')

-- section: input
WITH pairs AS (
    SELECT "user", supplier, count(is_missing) AS trials, count(*) FILTER (is_missing) AS events FROM population GROUP BY "user", supplier
), people AS (
    SELECT "user", sum(trials) AS trials, sum(events) AS events FROM pairs GROUP BY "user"
), partners AS (
    SELECT supplier, sum(trials) AS trials, sum(events) AS events FROM pairs GROUP BY supplier
), everybody AS (
    SELECT sum(trials) AS trials, sum(events) AS events FROM pairs
)
SELECT p."user", p.supplier, p.trials::BIGINT AS trials, p.events::BIGINT AS events,
       greatest(ratio(u.events - p.events, u.trials - p.trials), ratio(s.events - p.events, s.trials - p.trials),
                ratio(e.events - p.events, e.trials - p.trials)) AS share
FROM pairs AS p
JOIN people AS u ON u."user" = p."user"
JOIN partners AS s ON s.supplier = p.supplier
CROSS JOIN everybody AS e
ORDER BY p."user", p.supplier

-- section: evidence
SELECT v."user", v.supplier, 'receipt' AS role, 0 AS ordinal, 'receipts' AS table_name, r._file_id, r._record, r._line,
       r.document AS key_document, r.line AS key_line, r.ts_date AS value_date, r.product AS value_product, r.location AS value_location,
       r.qty AS value_qty, r.accepted AS value_accepted, r.rejected AS value_rejected
FROM violations AS v
JOIN population AS p ON p.is_missing AND p."user" = v."user" AND p.supplier = v.supplier
JOIN receipts AS r ON r._file_id = p._file_id AND r._record = p._record
