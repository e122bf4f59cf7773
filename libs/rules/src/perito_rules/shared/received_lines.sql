/* ---
id: received_lines
version: 1
kind: view
title: {en: Order lines and the day on which they had arrived, es: Líneas de pedido y el día en que habían llegado}
optional:
  purchases: [document, line, supplier, product, location, ordered_at, promised_at, status]
  receipts: [purchase_document, purchase_line, product, ts, status]
  inventory: [snapshot_date]
  movements: [ts]
uses: [product_groups]
--- */
-- One row per line of a purchase order that was not cancelled. It has arrived on the day of its last receipt. A receipt
-- belongs to the line it names; one that names none belongs to the lines of that order with its product, or, without a
-- product, to an order that has one line only.
WITH arrived AS (
    SELECT purchase_document, purchase_line, product, max(ts_date) AS day
    FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, 'received') IN ('received', 'partial')
    GROUP BY purchase_document, purchase_line, product
), by_line AS (
    SELECT purchase_document, purchase_line, max(day) AS day
    FROM arrived WHERE purchase_line IS NOT NULL GROUP BY purchase_document, purchase_line
), by_product AS (
    SELECT purchase_document, product, max(day) AS day
    FROM arrived WHERE purchase_line IS NULL AND product IS NOT NULL GROUP BY purchase_document, product
), by_order AS (
    SELECT purchase_document, max(day) AS day
    FROM arrived WHERE purchase_line IS NULL AND product IS NULL GROUP BY purchase_document
), ledger AS (
    -- What arrived later stands in the orders already and in the stock not yet.
    SELECT coalesce((SELECT max(snapshot_date) FROM inventory), (SELECT max(ts_date) FROM movements)) AS ends
)
SELECT p._file_id, p._record, coalesce(p.supplier, '') AS supplier, p.location, coalesce(g.category, '') AS category,
       p.ordered_at_date AS ordered, p.promised_at_date AS promised, e.ends AS ledger_ends,
       greatest(l.day, a.day, CASE WHEN s.lines = 1 THEN o.day END) AS received
FROM purchases AS p
CROSS JOIN ledger AS e
LEFT JOIN by_line AS l ON l.purchase_document = p.document AND l.purchase_line = p.line
LEFT JOIN by_product AS a ON a.purchase_document = p.document AND a.product = p.product
LEFT JOIN by_order AS o ON o.purchase_document = p.document
LEFT JOIN (
    SELECT document, count(*) AS lines FROM purchases WHERE _duplicate_record IS NULL GROUP BY document
) AS s ON s.document = p.document
LEFT JOIN product_groups AS g ON g.product = p.product
WHERE p._duplicate_record IS NULL AND coalesce(p.status, 'open') <> 'cancelled'
