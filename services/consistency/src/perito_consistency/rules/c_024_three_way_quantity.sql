/* ---
id: C-024
version: 3
kind: set
title: {en: More was billed than arrived or was ordered, es: Se facturó más de lo recibido o de lo pedido}
severity: high
grain: document
unit: comparisons
identity: [supplier, document, purchase_document, purchase_line, product]
needs:
  invoices: [supplier, document, purchase_document, product, qty]
  receipts: [purchase_document, product, qty]
  purchases: [document, line, product, qty]
optional:
  invoices: [line, purchase_line, receipt_document, unit_price, line_total, invoiced_at, status]
  receipts: [document, purchase_line, accepted, rejected, ts, status]
  purchases: [supplier, unit_cost, ordered_at, status]
uses: [order_flow, unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "share by which a quantity may be exceeded; 0 means not at all"}
  minor: {default: "0.02", type: decimal, meaning: "share up to which an excess is of medium severity"}
impact: column
recoverable: true
explains: []
entities: [supplier, document, purchase_document, product]
partition_by: [purchase_document]
texts:
  finding:
    en: "{reason_en} {product} on order {purchase_document}: {observed:,} billed, {received:,} received, {ordered:,} ordered"
    es: "{reason_es} {product} del pedido {purchase_document}: {observed:,} facturados, {received:,} recibidos, {ordered:,} pedidos"
explanation:
  en: >-
    An invoice may ask for no more than what was accepted of the position it refers to, and all invoices of a position
    together for no more than was ordered. A position is the line of the order where every receipt and invoice of the
    order names one, otherwise the product. The finding of an order has only what the findings of its single invoices
    leave: billed less received less what those already tell, so nothing is counted twice; goods that came in excess and
    were billed are C-027's. Quantities are valued at the price of the order, else of the invoice, else at the last cost
    known. Positions of which nothing was received are C-026's. Cancelled documents are left out; credits are taken
    off, from a single invoice too.
  es: >-
    Una factura no puede pedir más de lo aceptado de la posición a la que se refiere, ni todas las facturas de una posición
    más de lo pedido. La posición es la línea del pedido si cada recepción y factura del pedido nombra una; si no, el
    producto. El hallazgo de un pedido solo tiene lo que dejan los de sus facturas: lo facturado menos lo recibido menos lo
    que ellos ya dicen, así nada se cuenta dos veces; lo recibido de más y facturado pertenece a C-027. Las cantidades se
    valoran al precio del pedido, si no al de la factura, si no al último coste conocido. Las posiciones sin recepción
    pertenecen a C-026. Los documentos anulados no cuentan y los abonos restan, también de una sola
    factura.
remedy:
  en: "Compare the delivery notes with the invoice; hold or reclaim what was billed beyond them."
  es: "Compare los albaranes con la factura; retenga o reclame lo facturado de más."
source: "Three-way match of accounts payable"
--- */

-- section: population
-- One row per invoice and position (clause `invoice`), and one per position of an order (clause `order`).
WITH positions AS (
    SELECT purchase_document, position, purchase_line,
           CASE WHEN min(product) FILTER (side = 'order') = max(product) FILTER (side = 'order')
                THEN min(product) FILTER (side = 'order') END AS ordered_product,
           CASE WHEN count(*) FILTER (side = 'order' AND qty IS NULL) = 0
                THEN sum(qty) FILTER (side = 'order' AND NOT cancelled) END AS ordered,
           CASE WHEN count(*) FILTER (side = 'receipt' AND qty IS NULL) = 0
                THEN sum(qty) FILTER (side = 'receipt') END AS received,
           count(*) FILTER (side = 'receipt') AS receipts,
           CASE WHEN min(price) FILTER (side = 'order') = max(price) FILTER (side = 'order')
                THEN nullif(min(price) FILTER (side = 'order' AND price > 0), 0) END AS order_price,
           count(*) FILTER (side = 'order') AS order_rows
    FROM order_flow
    WHERE purchase_document IS NOT NULL AND position IS NOT NULL
    GROUP BY purchase_document, position, purchase_line
    HAVING count(*) FILTER (side = 'order' AND NOT cancelled) > 0 AND count(*) FILTER (side = 'invoice') > 0
), bills AS (
    SELECT f.supplier, f.document, f.purchase_document, f.position,
           CASE WHEN min(f.product) = max(f.product) THEN min(f.product) END AS billed_product,
           CASE WHEN count(f.qty) = count(*) THEN sum(f.qty) END AS billed,
           CASE WHEN min(f.price) = max(f.price) AND min(f.price) > 0 THEN min(f.price) END AS bill_price,
           min(f.day) AS first_day, max(f.day) AS last_day, count(*) AS bill_rows,
           -- What a supplier has taken back of a position is no longer asked for.
           coalesce(sum(CASE WHEN sum(f.qty) < 0 THEN -sum(f.qty) END) OVER (PARTITION BY f.purchase_document, f.position), 0) AS credited
    FROM order_flow AS f
    WHERE f.side = 'invoice' AND f.purchase_document IS NOT NULL AND f.position IS NOT NULL
    GROUP BY f.supplier, f.document, f.purchase_document, f.position
), judged AS (
    SELECT b.*, p.purchase_line, p.ordered_product, p.ordered, p.received, p.receipts, p.order_price, p.order_rows,
           CASE WHEN p.receipts > 0 AND b.billed > 0 THEN b.billed - b.credited > try(p.received * (1 + $tolerance)) END AS exceeds
    FROM bills AS b JOIN positions AS p ON p.purchase_document = b.purchase_document AND p.position = b.position
), totals AS (
    SELECT purchase_document, position, purchase_line, ordered_product, ordered, received, receipts, order_price, order_rows,
           CASE WHEN min(supplier) = max(supplier) AND count(supplier) = count(*) THEN min(supplier) END AS supplier,
           CASE WHEN count(billed) = count(*) THEN sum(billed) END AS billed,
           coalesce(sum(CASE WHEN exceeds THEN billed - credited - received END), 0) AS told,
           CASE WHEN min(bill_price) = max(bill_price) THEN min(bill_price) END AS bill_price,
           min(first_day) AS first_day, max(last_day) AS last_day, count(*) AS invoices, sum(bill_rows) AS bill_rows
    FROM judged
    GROUP BY ALL
)
SELECT 'invoice' AS clause, supplier, document, purchase_document, position, purchase_line,
       coalesce(billed_product, ordered_product) AS product, ordered, received, receipts, billed, 1 AS invoices,
       billed - credited - received AS excess, exceeds, order_price, bill_price, first_day, last_day,
       bill_rows + order_rows + receipts AS row_count
FROM judged
UNION ALL
SELECT 'order', supplier, NULL, purchase_document, position, purchase_line,
       ordered_product, ordered, received, receipts, billed, invoices,
       billed - received - told,
       CASE WHEN receipts > 0 THEN billed > try(ordered * (1 + $tolerance)) AND billed - received - told > 0 END,
       order_price, bill_price, first_day, last_day, bill_rows + order_rows + receipts
FROM totals

-- section: violations
SELECT p.supplier, p.document, p.purchase_document, p.purchase_line, p.product,
       p.first_day AS period_start, p.last_day AS period_end, p.clause,
       CASE WHEN p.clause = 'invoice' THEN 'Invoice ' || coalesce(p.document, '?') || ':' ELSE p.invoices || ' invoices for' END AS reason_en,
       CASE WHEN p.clause = 'invoice' THEN 'Factura ' || coalesce(p.document, '?') || ':' ELSE p.invoices || ' facturas por' END AS reason_es,
       p.ordered, p.received, p.billed, p.invoices, p.billed AS observed,
       CASE WHEN p.clause = 'invoice' THEN p.received ELSE p.ordered END AS expected,
       p.excess AS delta_qty,
       coalesce(p.order_price, p.bill_price, u.unit_cost) AS unit_cost,
       CASE WHEN p.order_price IS NOT NULL THEN 'purchases' WHEN p.bill_price IS NOT NULL THEN 'invoices'
            ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try(p.excess::DECIMAL(38, 4) * coalesce(p.order_price, p.bill_price, u.unit_cost)) AS delta_value,
       try(p.excess::DECIMAL(38, 4) * coalesce(p.order_price, p.bill_price, u.unit_cost)) AS impact,
       CASE WHEN p.excess <= try(p.received * $minor) THEN 'medium' ELSE 'high' END AS severity,
       p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.last_day >= u.valid_from
WHERE p.exceeds

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE exceeds IS NULL) AS unknown
FROM population
WHERE receipts > 0 AND (clause = 'order' OR coalesce(billed, 1) > 0)

-- section: facts
SELECT count(*) FILTER (WHERE clause = 'invoice') AS invoice_positions,
       count(*) FILTER (WHERE clause = 'invoice' AND exceeds) AS billed_beyond_receipt,
       count(*) FILTER (WHERE clause = 'order' AND exceeds) AS orders_billed_beyond_order,
       count(*) FILTER (WHERE clause = 'order' AND receipts = 0) AS positions_without_receipt,
       coalesce(sum(CASE WHEN exceeds THEN excess END), 0) AS excess_quantity
FROM population

-- section: evidence
SELECT p.supplier, p.document, p.purchase_document, p.purchase_line, p.product,
       p.first_day AS period_start, p.last_day AS period_end,
       f.side AS role, CASE f.side WHEN 'order' THEN 0 WHEN 'receipt' THEN 1 ELSE 2 END AS ordinal,
       CASE f.side WHEN 'order' THEN 'purchases' WHEN 'receipt' THEN 'receipts' ELSE 'invoices' END AS table_name,
       f._file_id, f._record, f._line,
       f.document AS key_document, f.product AS value_product, f.day AS value_date, f.qty AS value_qty,
       f.price AS value_unit_price
FROM population AS p
JOIN order_flow AS f ON f.purchase_document = p.purchase_document AND f.position = p.position AND NOT f.cancelled
WHERE p.exceeds
  AND (f.side <> 'invoice' OR p.clause = 'order'
       OR (f.document IS NOT DISTINCT FROM p.document AND f.supplier IS NOT DISTINCT FROM p.supplier))
