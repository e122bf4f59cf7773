/* ---
id: V-024
version: 1
kind: set
title: {en: Dates in an order that cannot be, es: Fechas en un orden imposible}
severity: medium
grain: table
unit: pairs of dates
identity: [table_name, kind]
needs:
  files: [file_id, name]
one_of: [purchases.promised_at, purchases.ordered_at, movements.posted_at, receipts.posted_at, invoices.due_at, transfers.in_ts, orders.shipped_at, count_sessions.started_at, products.launched, products.discontinued]
optional:
  purchases: [document, line, ordered_at, promised_at]
  receipts: [document, line, purchase_document, purchase_line, ts, posted_at]
  movements: [movement, ts, posted_at]
  invoices: [document, line, invoiced_at, due_at]
  transfers: [transfer, product, out_ts, in_ts]
  orders: [document, line, ordered_at, shipped_at, delivered_at]
  counts: [count_session, ts, product, location]
  count_sessions: [count_session, started_at, ended_at]
  sales: [document, product, ts, type]
  products: [product, launched, discontinued]
uses: [book_span]
parameters:
  session_slack: {default: 1, type: integer, meaning: "days by which a count may lie outside its session: stocktakes go past midnight"}
  widely: {default: "0.2", type: decimal, meaning: "share of the dated products sold outside their days above which the dates do not mean the days on sale"}
impact: none, because a date has no amount; what stands in the wrong period shows where the books stop adding up
recoverable: false
explains: []
entities: [table_name]
unique: {population: [table_name, kind, _file_id, _record]}
texts:
  finding:
    en: "{where_en}: {row_count:,} of {pairs:,} {pairs:row|rows} of {table_name:name} {what_en} (by up to {worst:,} {worst:day|days})"
    es: "{where_es}: {row_count:,} de {pairs:,} {pairs:fila|filas} de {table_name:name} {what_es} (hasta {worst:,} {worst:día|días})"
explanation:
  en: >-
    Goods are ordered before they are promised and before they come, move before the movement is entered, leave before they
    arrive, and are counted during the count. Local days are compared, so that times of day and of entry do not matter.
    Orders entered after the goods had come are found here too: nobody had approved them. Dates that nobody can have meant
    are V-025's. Where many products are sold outside their days, the columns mean something else, such as the day on which
    the master was made, and nothing is asserted; what is left over after the last day is often sold honestly.
  es: >-
    La mercancía se pide antes de prometerse y de llegar, se mueve antes de registrarse, sale antes de llegar y se cuenta
    durante el conteo. Se comparan días locales, para que no importen las horas. Aquí aparecen también los pedidos
    registrados cuando la mercancía ya había llegado: nadie los había aprobado. Las fechas que nadie pudo querer decir son de
    V-025. Si muchos productos se venden fuera de sus días, las columnas significan otra cosa, como el día en que se creó el
    maestro, y no se afirma nada; lo que sobra tras el último día suele venderse honestamente.
remedy:
  en: "Look at the documents: one of the two dates was typed or exported wrongly, or the document was made afterwards."
  es: "Mire los documentos: una de las dos fechas se escribió o exportó mal, o el documento se hizo después."
words:
  "pairs of dates": {es: pares de fechas}
  kind: {es: clase}
  pairs: {es: pares}
  worst: {en: most days, es: más días}
  days: {es: días}
  part: {en: line, es: línea}
  earlier: {en: should come first, es: debería ir antes}
  later: {en: should come after, es: debería ir después}
  promised_before_ordered: {en: promised before ordered, es: prometido antes de pedido}
  received_before_ordered: {en: received before ordered, es: recibido antes de pedido}
  entered_before_it_moved: {en: entered before it moved, es: registrado antes de moverse}
  entered_before_it_came: {en: entered before it came, es: registrado antes de llegar}
  due_before_invoiced: {en: due before invoiced, es: vence antes de facturarse}
  arrived_before_it_left: {en: arrived before it left, es: llegó antes de salir}
  shipped_before_ordered: {en: shipped before ordered, es: enviado antes de pedido}
  delivered_before_shipped: {en: delivered before shipped, es: entregado antes de enviado}
  counted_outside_the_session: {en: counted outside the session, es: contado fuera de la sesión}
  sold_before_launch: {en: sold before its first day, es: vendido antes de su primer día}
  sold_after_its_end: {en: sold after its last day, es: vendido tras su último día}
  out_of_order: {en: pairs out of order, es: pares en desorden}
source: "Cut-off and sequence tests of auditing (ISA 500, ISA 505)"
--- */

-- section: population
-- One row per pair of days of which one should not lie before the other. Of a product's sales only the first and the last
-- day are compared.
WITH pairs AS (
    SELECT 'purchases' AS table_name, 'promised_before_ordered' AS kind, document AS key, line AS part, ordered_at_date AS earlier,
           promised_at_date AS later, 0 AS slack, _file_id, _record, _line
    FROM purchases WHERE _duplicate_record IS NULL AND ordered_at IS NOT NULL AND promised_at IS NOT NULL
    UNION ALL
    SELECT 'receipts', 'received_before_ordered', r.document, r.line, p.ordered, r.ts_date, 0, r._file_id, r._record, r._line
    FROM receipts AS r
    JOIN (SELECT document, max(ordered_at_date) AS ordered FROM purchases WHERE _duplicate_record IS NULL AND document IS NOT NULL
          GROUP BY document HAVING min(ordered_at_date) = max(ordered_at_date)) AS p ON p.document = r.purchase_document
    WHERE r._duplicate_record IS NULL AND r.ts IS NOT NULL
    UNION ALL
    SELECT 'movements', 'entered_before_it_moved', movement, NULL, ts_date, posted_at_date, 0, _file_id, _record, _line
    FROM movements WHERE _duplicate_record IS NULL AND ts IS NOT NULL AND posted_at IS NOT NULL
    UNION ALL
    SELECT 'receipts', 'entered_before_it_came', document, line, ts_date, posted_at_date, 0, _file_id, _record, _line
    FROM receipts WHERE _duplicate_record IS NULL AND ts IS NOT NULL AND posted_at IS NOT NULL
    UNION ALL
    SELECT 'invoices', 'due_before_invoiced', document, line, invoiced_at_date, due_at_date, 0, _file_id, _record, _line
    FROM invoices WHERE _duplicate_record IS NULL AND invoiced_at IS NOT NULL AND due_at IS NOT NULL
    UNION ALL
    SELECT 'transfers', 'arrived_before_it_left', transfer, product, out_ts_date, in_ts_date, 0, _file_id, _record, _line
    FROM transfers WHERE _duplicate_record IS NULL AND out_ts IS NOT NULL AND in_ts IS NOT NULL
    UNION ALL
    SELECT 'orders', 'shipped_before_ordered', document, line, ordered_at_date, shipped_at_date, 0, _file_id, _record, _line
    FROM orders WHERE _duplicate_record IS NULL AND ordered_at IS NOT NULL AND shipped_at IS NOT NULL
    UNION ALL
    SELECT 'orders', 'delivered_before_shipped', document, line, shipped_at_date, delivered_at_date, 0, _file_id, _record, _line
    FROM orders WHERE _duplicate_record IS NULL AND shipped_at IS NOT NULL AND delivered_at IS NOT NULL
    UNION ALL
    SELECT 'counts', 'counted_outside_the_session', c.product, c.location,
           CASE WHEN c.ts_date < s.starts THEN s.starts ELSE c.ts_date END, CASE WHEN c.ts_date < s.starts THEN c.ts_date ELSE s.ends END,
           $session_slack, c._file_id, c._record, c._line
    FROM counts AS c
    JOIN (SELECT count_session, min(started_at_date) AS starts, max(coalesce(ended_at_date, DATE '9999-12-31')) AS ends FROM count_sessions
          WHERE _duplicate_record IS NULL AND count_session IS NOT NULL AND started_at IS NOT NULL GROUP BY count_session) AS s
      ON s.count_session = c.count_session
    WHERE c._duplicate_record IS NULL AND c.ts IS NOT NULL
), sold AS (
    SELECT s.product, min(s.ts_date) AS first_sale, max(s.ts_date) AS last_sale
    FROM sales AS s CROSS JOIN book_span AS b
    WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale' AND s.ts_date BETWEEN b.first_day AND b.last_day
    GROUP BY s.product
), listed AS (
    SELECT p.product, p.launched, p.discontinued, s.first_sale, s.last_sale, p._file_id, p._record, p._line,
           count(*) FILTER (s.first_sale < p.launched) OVER () <= $widely * count(p.launched) OVER () AS launch_is_meant,
           count(*) FILTER (s.last_sale > p.discontinued) OVER () <= $widely * count(p.discontinued) OVER () AS end_is_meant
    FROM products AS p JOIN sold AS s ON s.product = p.product
    WHERE p._duplicate_record IS NULL
), everything AS (
    SELECT * FROM pairs
    UNION ALL
    SELECT 'products', 'sold_before_launch', product, NULL, launched, first_sale, 0, _file_id, _record, _line
    FROM listed WHERE launched IS NOT NULL AND launch_is_meant
    UNION ALL
    SELECT 'products', 'sold_after_its_end', product, NULL, last_sale, discontinued, 0, _file_id, _record, _line
    FROM listed WHERE discontinued IS NOT NULL AND end_is_meant
)
-- The first of a pair may not lie after the books, the second not before them: such dates were never meant.
SELECT e.*, f.name AS file,
       CASE WHEN e.earlier > b.last_day OR e.later < b.first_day THEN NULL ELSE e.later < e.earlier - e.slack::INTEGER END AS wrong
FROM everything AS e
JOIN files AS f ON f.file_id = e._file_id
CROSS JOIN book_span AS b
WHERE e.earlier IS NOT NULL AND e.later IS NOT NULL

-- section: violations
SELECT table_name, kind, CASE WHEN count(DISTINCT file) FILTER (wrong) = 1 THEN min(file) FILTER (wrong) ELSE count(DISTINCT file) FILTER (wrong) || ' files' END AS where_en,
       CASE WHEN count(DISTINCT file) FILTER (wrong) = 1 THEN min(file) FILTER (wrong) ELSE count(DISTINCT file) FILTER (wrong) || ' archivos' END AS where_es,
       count(*) FILTER (wrong) AS row_count, count(*) AS pairs, max(earlier - later) FILTER (wrong) AS worst,
       CASE WHEN kind IN ('sold_before_launch', 'sold_after_its_end', 'due_before_invoiced') THEN 'low' ELSE 'medium' END AS severity,
       CASE kind WHEN 'promised_before_ordered' THEN 'are promised before they were ordered'
            WHEN 'received_before_ordered' THEN 'came before their order was entered'
            WHEN 'entered_before_it_moved' THEN 'were entered before they moved'
            WHEN 'entered_before_it_came' THEN 'were entered before they came'
            WHEN 'due_before_invoiced' THEN 'are due before the date of the invoice'
            WHEN 'arrived_before_it_left' THEN 'arrived before they left'
            WHEN 'shipped_before_ordered' THEN 'were shipped before they were ordered'
            WHEN 'delivered_before_shipped' THEN 'were delivered before they were shipped'
            WHEN 'counted_outside_the_session' THEN 'were counted outside their session'
            WHEN 'sold_before_launch' THEN 'were sold before their first day' ELSE 'were sold after their last day' END AS what_en,
       CASE kind WHEN 'promised_before_ordered' THEN 'están prometidas antes de pedirse'
            WHEN 'received_before_ordered' THEN 'llegaron antes de registrarse su pedido'
            WHEN 'entered_before_it_moved' THEN 'se registraron antes de moverse'
            WHEN 'entered_before_it_came' THEN 'se registraron antes de llegar'
            WHEN 'due_before_invoiced' THEN 'vencen antes de la fecha de la factura'
            WHEN 'arrived_before_it_left' THEN 'llegaron antes de salir'
            WHEN 'shipped_before_ordered' THEN 'se enviaron antes de pedirse'
            WHEN 'delivered_before_shipped' THEN 'se entregaron antes de enviarse'
            WHEN 'counted_outside_the_session' THEN 'se contaron fuera de su sesión'
            WHEN 'sold_before_launch' THEN 'se vendieron antes de su primer día' ELSE 'se vendieron tras su último día' END AS what_es
FROM population
GROUP BY table_name, kind
HAVING count(*) FILTER (wrong) > 0

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (wrong) AS failed, count(*) FILTER (wrong IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (wrong) AS out_of_order FROM population

-- section: evidence
SELECT table_name, kind, row_number() OVER (PARTITION BY table_name, kind ORDER BY earlier - later DESC, _file_id, _record) AS ordinal,
       kind AS role, _file_id, _record, _line, key AS key_code, part AS key_part, earlier AS value_earlier, later AS value_later,
       earlier - later AS value_days
FROM population
WHERE wrong
