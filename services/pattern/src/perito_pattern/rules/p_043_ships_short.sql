/* ---
id: P-043
version: 1
kind: function
function: perito_pattern.peer_shares:judge
title: {en: A supplier whose deliveries are off to one side, es: Un proveedor cuyas entregas se desvían hacia un lado}
severity: medium
grain: supplier
unit: suppliers
identity: [supplier]
needs:
  purchases: [document, line, supplier, product, qty]
  receipts: [document, purchase_document, product, qty]
optional:
  purchases: [ordered_at, status, closed_at, unit_cost]
  receipts: [purchase_line, accepted, rejected, ts, status]
uses: [order_flow]
unique: {flow: [side, _file_id, _record]}
parameters:
  share: {default: "0.005", type: decimal, meaning: "part of an order by which a delivery may differ"}
  settle_days: {default: 30, type: integer, meaning: "days after the last receipt from which a line is delivered in full"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all suppliers tested"}
  floor: {default: "0.05", type: decimal, meaning: "part of the lines that may always differ"}
  least: {default: 20, type: integer, meaning: "lines without which a supplier is not tested"}
  least_events: {default: 8, type: integer, meaning: "lines off to one side from which a supplier is told"}
  least_ratio: {default: "2", type: decimal, meaning: "how many times what is to be expected that must be"}
  least_peers: {default: 8, type: integer, meaning: "suppliers from which on their differences are allowed for"}
  t_squared: {default: "6.635", type: decimal, meaning: "squared deviation of the mean, in standard errors, that excludes zero (99 %)"}
impact: none, because what did not come is told order by order where it was paid
explains: []
entities: [supplier]
texts:
  finding:
    en: "Supplier {supplier}: {events:,} of {trials:,} delivered lines were {direction_en}; about {expected_events:,} were to be expected"
    es: "Proveedor {supplier}: {events:,} de {trials:,} líneas entregadas {direction_es}; eran de esperar unas {expected_events:,}"
explanation:
  en: >-
    Deliveries of every supplier differ now and then. Here they differ to the same side again and again: far more lines than
    the other suppliers' orders let expect, and the mean difference is not zero. A line counts once it has arrived and
    nothing came for a month; what never came at all is no short delivery, and a whole multiple is another unit. A few per cent of each line are easily overlooked
    at the dock and add up over the year.
  es: >-
    Las entregas de cualquier proveedor difieren a veces. Aquí difieren siempre hacia el mismo lado: muchas más líneas de las
    que los demás proveedores hacen esperar, y la diferencia media no es cero. Una línea cuenta cuando ha llegado y no vino
    nada más en un mes; lo que nunca llegó no es una entrega corta, y un múltiplo entero es otra unidad. Un pequeño porcentaje de cada línea pasa inadvertido en
    el muelle y se acumula durante el año.
remedy:
  en: "Count its next deliveries at the dock, line by line, and claim the difference."
  es: "Cuente sus próximas entregas en el muelle, línea por línea, y reclame la diferencia."
words:
  trials: {es: líneas entregadas, en: delivered lines}
  events: {es: líneas desviadas, en: lines off to one side}
  expected_events: {es: esperadas, en: expected}
  chance: {es: probabilidad}
  mean_difference_percent: {es: diferencia media en porcentaje}
  members_tested: {es: proveedores probados, en: suppliers tested}
  receipt: {es: recepción}
source: "Supplier delivery accuracy, receiving audits"
--- */

-- section: population
WITH positions AS (
    SELECT purchase_document, position, max(by_line::INTEGER) AS by_line,
           CASE WHEN min(supplier) FILTER (side = 'order') = max(supplier) FILTER (side = 'order') THEN min(supplier) FILTER (side = 'order') END AS supplier,
           sum(qty) FILTER (side = 'order') AS ordered, sum(qty) FILTER (side = 'receipt') AS received,
           max(day) FILTER (side = 'receipt') AS last_day, coalesce(bool_or(cancelled), false) AS cancelled,
           count(*) FILTER (side <> 'invoice' AND qty IS NULL) AS unread
    FROM order_flow
    WHERE purchase_document IS NOT NULL AND position IS NOT NULL
    GROUP BY purchase_document, position
), books AS (
    SELECT max(last_day) AS ends FROM positions
)
-- A thousand times what was ordered is a slip of the pen, whose square would drown the others.
SELECT p.purchase_document, p.position, p.supplier, p.ordered, p.received, least(ratio(p.received - p.ordered, p.ordered), 1000) AS off
FROM positions AS p CROSS JOIN books AS b
WHERE p.supplier IS NOT NULL AND p.ordered > 0 AND p.received > 0 AND NOT p.cancelled AND p.unread = 0
  AND p.last_day + $settle_days::INTEGER <= b.ends
  -- A whole multiple is another unit: ordered in boxes and received in pieces, or the other way round.
  AND NOT (p.received >= 2 * p.ordered AND p.received % p.ordered = 0) AND NOT (p.ordered >= 4 * p.received AND p.ordered % p.received = 0)

-- section: input
WITH sums AS (
    SELECT supplier, count(*) AS trials, count(*) FILTER (off < -$share) AS short, count(*) FILTER (off > $share) AS beyond,
           sum(off)::DECIMAL(38, 9) AS total, sum((off * off)::DECIMAL(38, 9)) AS squares
    FROM population GROUP BY supplier
), everybody AS (
    SELECT sum(trials) AS trials, sum(short) AS short, sum(beyond) AS beyond FROM sums
)
SELECT s.supplier, s.trials::BIGINT AS trials, greatest(s.short, s.beyond)::BIGINT AS events,
       CASE WHEN s.short >= s.beyond THEN ratio(e.short - s.short, e.trials - s.trials)
            ELSE ratio(e.beyond - s.beyond, e.trials - s.trials) END AS share,
       (ratio(s.total * 100, s.trials))::DECIMAL(18, 2) AS mean_difference_percent,
       CASE WHEN s.short >= s.beyond THEN 'short' ELSE 'more than was ordered' END AS direction_en,
       CASE WHEN s.short >= s.beyond THEN 'vinieron con menos' ELSE 'vinieron con más' END AS direction_es,
       coalesce((s.total < 0) = (s.short >= s.beyond)
           AND ratio(s.total * s.total, s.trials) * (s.trials - 1) > $t_squared * (s.squares - ratio(s.total * s.total, s.trials)), false) AS may_be_told
FROM sums AS s CROSS JOIN everybody AS e
ORDER BY s.supplier

-- section: evidence
SELECT v.supplier, 'receipt' AS role, 0 AS ordinal, 'receipts' AS table_name, r._file_id, r._record, r._line,
       r.document AS key_document, r.purchase_document AS value_purchase_document, r.product AS value_product,
       p.ordered AS value_ordered, r.qty AS value_qty, r.ts_date AS value_date
FROM violations AS v
JOIN population AS p ON p.supplier = v.supplier AND CASE WHEN v.direction_en = 'short' THEN p.off < -$share ELSE p.off > $share END
JOIN order_flow AS f ON f.side = 'receipt' AND f.purchase_document = p.purchase_document AND f.position = p.position
JOIN receipts AS r ON r._file_id = f._file_id AND r._record = f._record
