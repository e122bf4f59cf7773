/* ---
id: C-026
version: 1
kind: set
title: {en: Invoice without order or without receipt, es: Factura sin pedido o sin recepción}
severity: high
grain: document
unit: invoices
identity: [supplier, document, purchase_document, code]
needs:
  invoices: [supplier, document, purchase_document, product, invoiced_at]
  purchases: [document]
  receipts: [purchase_document, product, ts]
optional:
  invoices: [line, purchase_line, receipt_document, qty, unit_price, line_total, status]
  purchases: [line, product, qty, supplier, ordered_at, status]
  receipts: [document, purchase_line, qty, status]
uses: [order_flow]
parameters:
  days: {default: 14, type: integer, meaning: "days for which goods may be on their way after their invoice; what is younger when the receipts end is of medium severity"}
impact: column
recoverable: false
explains: []
entities: [supplier, document, purchase_document]
partition_by: [purchase_document]
texts:
  finding:
    en: "Invoice {document} of {supplier} over {billed:,}: {reason_en}"
    es: "Factura {document} de {supplier} por {billed:,}: {reason_es}"
explanation:
  en: >-
    Every invoice line should lead to an order and to a receipt. One thing is told of each line, the first that holds:
    `no_order` (it names no order, or one that the books do not have), `order_cancelled`, `not_ordered` (the order does not
    list the product or line), `no_receipt` (nothing of it was received), `receipt_after_invoice` (what was received came
    after the date of the invoice: low severity and no amount, for it is a matter of time only). An invoice without order
    is not told again for having no receipt. The amount is what those lines bill. Credits and cancelled invoices are left
    out; an invoice older than the first order or receipt of the books may belong to one before them and is unknown.
  es: >-
    Cada línea de factura debe llevar a un pedido y a una recepción. De cada línea se dice una sola cosa, la primera que se
    cumpla: `no_order` (no nombra pedido, o uno que los libros no tienen), `order_cancelled`, `not_ordered` (el pedido no
    lista el producto o la línea), `no_receipt` (nada se recibió), `receipt_after_invoice` (lo recibido llegó después de la
    fecha de la factura: gravedad baja y sin importe, pues solo es cuestión de tiempo). Una factura sin pedido no se repite
    por no tener recepción. El importe es lo que esas líneas facturan. Los abonos y las facturas anuladas no cuentan;
    una factura anterior al primer pedido o recepción de los libros puede venir de antes y queda como desconocida.
remedy:
  en: "Ask who ordered and who received before it is paid; find the order or the delivery note, or refuse the invoice."
  es: "Antes de pagar pregunte quién pidió y quién recibió; busque el pedido o el albarán, o rechace la factura."
words:
  no_order: {es: sin pedido}
  order_cancelled: {es: pedido anulado}
  not_ordered: {es: no pedido}
  no_receipt: {es: sin recepción}
  receipt_after_invoice: {es: recibido después de la factura}
source: "Three-way match of accounts payable"
--- */

-- section: population
-- One row per invoice line that asks for money.
WITH orders AS (
    SELECT purchase_document, bool_and(cancelled) AS cancelled
    FROM order_flow WHERE side = 'order' AND purchase_document IS NOT NULL GROUP BY purchase_document
), positions AS (
    SELECT purchase_document, position, count(*) FILTER (side = 'order' AND NOT cancelled) AS order_rows,
           count(*) FILTER (side = 'receipt') AS receipts, count(day) FILTER (side = 'receipt') AS dated_receipts,
           min(day) FILTER (side = 'receipt') AS first_receipt
    FROM order_flow
    WHERE purchase_document IS NOT NULL AND position IS NOT NULL
    GROUP BY purchase_document, position
), spans AS (
    SELECT min(day) FILTER (side = 'receipt') AS first_receipt, max(day) FILTER (side = 'receipt') AS last_receipt,
           min(day) FILTER (side = 'order') AS first_order
    FROM order_flow
)
SELECT f.supplier, f.document, f.purchase_document, f.purchase_line, f.product, f.qty, f.price, f.amount, f.day,
       f._file_id, f._record, f._line, p.first_receipt,
       CASE WHEN f.unread THEN NULL
            WHEN o.purchase_document IS NULL AND f.purchase_document IS NOT NULL AND f.day < s.first_order THEN NULL
            WHEN o.purchase_document IS NULL THEN 'no_order'
            WHEN o.cancelled THEN 'order_cancelled'
            WHEN f.position IS NULL THEN NULL
            WHEN coalesce(p.order_rows, 0) = 0 THEN 'not_ordered'
            WHEN p.receipts = 0 AND f.day < s.first_receipt THEN NULL
            WHEN p.receipts = 0 THEN 'no_receipt'
            WHEN f.day IS NULL OR p.dated_receipts < p.receipts THEN NULL
            WHEN p.first_receipt > f.day THEN 'receipt_after_invoice'
            ELSE 'matched' END AS code,
       f.day > s.last_receipt - $days AS young
FROM order_flow AS f
CROSS JOIN spans AS s
LEFT JOIN orders AS o ON o.purchase_document = f.purchase_document
LEFT JOIN positions AS p ON p.purchase_document = f.purchase_document AND p.position = f.position
WHERE f.side = 'invoice' AND coalesce(f.amount >= 0, true) AND coalesce(f.qty >= 0, true)

-- section: violations
SELECT supplier, document, purchase_document, code, min(day) AS period_start, max(day) AS period_end,
       CASE code WHEN 'no_order' THEN coalesce('the books have no order ' || purchase_document, 'it names no order')
                 WHEN 'order_cancelled' THEN 'order ' || purchase_document || ' was cancelled'
                 WHEN 'not_ordered' THEN 'order ' || purchase_document || ' does not list what it bills'
                 WHEN 'no_receipt' THEN 'nothing of it was received on order ' || purchase_document
                 ELSE 'the goods of order ' || purchase_document || ' came later, on ' || strftime(min(first_receipt), '%Y-%m-%d') END AS reason_en,
       CASE code WHEN 'no_order' THEN coalesce('los libros no tienen el pedido ' || purchase_document, 'no nombra ningún pedido')
                 WHEN 'order_cancelled' THEN 'el pedido ' || purchase_document || ' fue anulado'
                 WHEN 'not_ordered' THEN 'el pedido ' || purchase_document || ' no lista lo que factura'
                 WHEN 'no_receipt' THEN 'nada de ello se recibió en el pedido ' || purchase_document
                 ELSE 'la mercancía del pedido ' || purchase_document || ' llegó después, el ' || strftime(min(first_receipt), '%Y-%m-%d') END AS reason_es,
       CASE WHEN count(amount) = count(*) THEN sum(amount) END AS billed,
       CASE WHEN count(amount) = count(*) AND code <> 'receipt_after_invoice' THEN sum(amount) END AS delta_value,
       CASE WHEN count(amount) = count(*) AND code <> 'receipt_after_invoice' THEN sum(amount) END AS impact,
       CASE WHEN code = 'receipt_after_invoice' THEN 'low' WHEN code = 'no_receipt' AND coalesce(bool_and(young), false) THEN 'medium' ELSE 'high' END AS severity,
       count(*) AS row_count
FROM population
WHERE code <> 'matched'
GROUP BY supplier, document, purchase_document, code

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE bad) AS failed, count(*) FILTER (WHERE NOT bad AND unclear) AS unknown
FROM (
    SELECT supplier, document, coalesce(bool_or(code <> 'matched'), false) AS bad, count(code) < count(*) AS unclear
    FROM population GROUP BY supplier, document
) AS invoices_read

-- section: facts
SELECT count(*) FILTER (WHERE code = 'no_order') AS lines_without_order, count(*) FILTER (WHERE code = 'order_cancelled') AS lines_of_cancelled_orders,
       count(*) FILTER (WHERE code = 'not_ordered') AS lines_not_ordered, count(*) FILTER (WHERE code = 'no_receipt') AS lines_without_receipt,
       count(*) FILTER (WHERE code = 'receipt_after_invoice') AS lines_received_after_invoice
FROM population

-- section: evidence
SELECT p.supplier, p.document, p.purchase_document, p.code,
       min(p.day) OVER (PARTITION BY p.supplier, p.document, p.purchase_document, p.code) AS period_start,
       max(p.day) OVER (PARTITION BY p.supplier, p.document, p.purchase_document, p.code) AS period_end,
       'invoice' AS role, 0 AS ordinal, 'invoices' AS table_name, p._file_id, p._record, p._line,
       p.document AS key_document, p.purchase_document AS value_purchase_document, p.product AS value_product,
       p.day AS value_date, p.qty AS value_qty, p.amount AS value_line_total
FROM population AS p
WHERE p.code <> 'matched'

-- section: evidence
-- The order, and the receipts that came late.
SELECT v.supplier, v.document, v.purchase_document, v.code, v.period_start, v.period_end,
       f.side AS role, CASE f.side WHEN 'order' THEN 1 ELSE 2 END AS ordinal,
       CASE f.side WHEN 'order' THEN 'purchases' ELSE 'receipts' END AS table_name, f._file_id, f._record, f._line,
       f.document AS key_document, f.product AS value_product, f.day AS value_date, f.qty AS value_qty
FROM violations AS v
JOIN order_flow AS f ON f.purchase_document = v.purchase_document AND f.side <> 'invoice'
