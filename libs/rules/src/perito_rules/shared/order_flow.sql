/* ---
id: order_flow
version: 1
kind: view
title: {en: "Ordered, received and billed, side by side", es: "Pedido, recibido y facturado, lado a lado"}
optional:
  purchases: [document, line, product, supplier, qty, unit_cost, contract_price, ordered_at, promised_at, status, closed_at]
  receipts: [document, purchase_document, purchase_line, product, qty, accepted, rejected, ts, status]
  invoices: [document, supplier, line, purchase_document, purchase_line, receipt_document, product, qty, unit_price, line_total, invoiced_at, status]
unique: {flow: [side, _file_id, _record]}
--- */
-- One row per line of an order, a receipt and an invoice (`side`), each with the order it belongs to and its position
-- there. Positions are the order's lines where every receipt and invoice of the order names one of them; otherwise they
-- are its products, for then nobody can say which line was meant.
-- A receipt counts what was accepted, or what came less what was rejected where the two disagree and that is more: that
-- disagreement is C-028's, and no supplier is to be blamed for it. A credit counts negative, what was cancelled or refused does not count; repeated
-- rows are left out. Cancelled orders stay, marked: an invoice for one of them is no invoice without any order.
WITH receipt_orders AS (
    SELECT document, CASE WHEN min(purchase_document) = max(purchase_document) THEN min(purchase_document) END AS purchase_document
    FROM receipts
    WHERE document IS NOT NULL
    GROUP BY document
), flow AS (
    SELECT 'order' AS side, document AS purchase_document, line AS order_line, product, supplier, document,
           qty, unit_cost AS price, contract_price, ordered_at_date AS day, promised_at_date AS promised_on,
           NULL::DECIMAL(18, 4) AS amount, coalesce(status = 'cancelled', false) AS cancelled,
           coalesce(status IN ('received', 'closed'), false) OR closed_at IS NOT NULL AS closed,
           false AS unread, _file_id, _record, _line
    FROM purchases
    WHERE _duplicate_record IS NULL
    UNION ALL
    SELECT 'receipt', purchase_document, purchase_line, product, NULL, document,
           coalesce(greatest(accepted, qty - rejected), accepted, qty - coalesce(rejected, 0)), NULL, NULL, ts_date, NULL,
           NULL, false, false, purchase_document IS NULL AND purchase_document_source IS NOT NULL, _file_id, _record, _line
    FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected')
    UNION ALL
    SELECT 'invoice', coalesce(i.purchase_document, r.purchase_document), i.purchase_line, i.product, i.supplier, i.document,
           CASE WHEN i.line_total < 0 THEN -abs(i.qty) ELSE i.qty END, i.unit_price, NULL, i.invoiced_at_date, NULL,
           coalesce(i.line_total, try((i.qty::DECIMAL(38, 4) * i.unit_price)::DECIMAL(18, 4))), false, false,
           i.purchase_document IS NULL AND i.purchase_document_source IS NOT NULL, i._file_id, i._record, i._line
    FROM invoices AS i LEFT JOIN receipt_orders AS r ON r.document = i.receipt_document
    WHERE i._duplicate_record IS NULL AND coalesce(i.status, '') <> 'cancelled'
), listed AS (
    SELECT document, line FROM purchases WHERE document IS NOT NULL AND line IS NOT NULL GROUP BY document, line
), modes AS (
    SELECT f.purchase_document, bool_and(l.line IS NOT NULL) AS by_line
    FROM flow AS f LEFT JOIN listed AS l ON l.document = f.purchase_document AND l.line = f.order_line
    WHERE f.purchase_document IS NOT NULL
    GROUP BY f.purchase_document
)
SELECT f.side, f.purchase_document, coalesce(m.by_line, false) AS by_line,
       CASE WHEN m.by_line THEN f.order_line ELSE f.product END AS position, CASE WHEN m.by_line THEN f.order_line END AS purchase_line,
       f.product, f.supplier, f.document, f.qty, f.price, f.contract_price, f.amount, f.day, f.promised_on,
       f.cancelled, f.closed, f.unread, f._file_id, f._record, f._line
FROM flow AS f LEFT JOIN modes AS m ON m.purchase_document = f.purchase_document
