/* ---
id: C-029
version: 1
kind: set
title: {en: Received and never billed, es: Recibido y nunca facturado}
severity: medium
grain: document
unit: order positions
identity: [supplier, purchase_document, purchase_line, product]
needs:
  receipts: [purchase_document, product, ts, qty]
  invoices: [purchase_document, product, invoiced_at, qty]
optional:
  receipts: [document, line, purchase_line, accepted, rejected, unit_cost, status]
  invoices: [document, supplier, line, purchase_line, receipt_document, unit_price, line_total, status]
  purchases: [document, line, product, supplier, qty, unit_cost, ordered_at, status]
  movements: [type, product, ts, qty]
uses: [order_flow, unit_costs]
parameters:
  days: {default: 30, type: integer, meaning: "days after its receipt from which on a position is told"}
  least: {default: 5, type: integer, meaning: "billed positions from which the usual time of a supplier, or of all, is taken"}
  tolerance: {default: "0", type: decimal, meaning: "base units that may stay unbilled"}
  share: {default: "0.5", type: decimal, meaning: "share of a supplier's positions that must be billed for the others to be judged"}
impact: column
recoverable: false
explains: []
entities: [supplier, purchase_document, product]
partition_by: [purchase_document]
texts:
  finding:
    en: "{product} on order {purchase_document}: {expected:,} received by {period_end}, {observed:,} billed, {days_open:,} {days_open:day|days} open"
    es: "{product} del pedido {purchase_document}: {expected:,} {expected:recibido|recibidos} hasta el {period_end}, {observed:,} {observed:facturado|facturados}, {days_open:,} {days_open:día|días} pendiente"
words:
  unbilled: {es: sin facturar}
  billed_in_full: {es: facturadas por completo}
  not_due: {es: aún no vencidas}
  days_open: {es: días pendiente}
  usual_days: {es: días habituales}
  suppliers_who_bill_otherwise: {es: posiciones de proveedores que facturan de otro modo}
  may_be_billed_without_order: {es: quizá facturadas sin pedido}
  invoices_end: {es: fin de las facturas}
explanation:
  en: >-
    Goods that were received are billed within the supplier's usual time (95 of 100 positions are). What is older than that,
    and than 30 days, when the invoices end is told with its age and value: a debt that the accounts lack, or a receipt
    that never was. Age counts from the receipt that the invoices do not cover any more, the oldest goods being billed first.
    Credits take nothing off what was billed, goods beyond the order are C-027's, goods without a price cost nothing. Not
    judged are suppliers who bill less than half of their positions by order, receipts from before the first invoice, and
    positions that an invoice of the supplier without a known order may bill (C-026 has those). What was billed and never
    received is C-026's too.
  es: >-
    Lo recibido se factura dentro del tiempo habitual del proveedor (95 de 100 posiciones). Lo que supera ese tiempo, y 30
    días, al terminar las facturas se informa con su edad y su valor: una deuda que falta en las cuentas, o una recepción que no
    existió. La antigüedad cuenta desde la recepción que las facturas ya no cubren, facturándose primero lo más antiguo. Los
    abonos no restan, lo recibido por encima del pedido es de C-027 y lo que no tiene precio no cuesta. No se juzgan los
    proveedores que facturan por pedido menos de la mitad de sus posiciones, las recepciones anteriores a la primera factura
    ni las posiciones que puede facturar una factura del proveedor sin pedido conocido (son de C-026). Lo facturado y no
    recibido también es de C-026.
remedy:
  en: "Ask the supplier for the invoice and book what is owed; where nobody knows of the goods, look at the receipt."
  es: "Pida la factura al proveedor y registre lo debido; si nadie sabe de la mercancía, revise la recepción."
source: "Goods received not invoiced, accounts payable cut-off"
--- */

-- section: population
-- One row per position of an order of which something was received.
WITH span AS (
    SELECT min(day) AS begins, quantile_disc(day, 0.999) AS ends FROM order_flow WHERE side = 'invoice' AND day IS NOT NULL
), positions AS (
    SELECT purchase_document, position, purchase_line,
           coalesce(CASE WHEN min(supplier) FILTER (side = 'order') = max(supplier) FILTER (side = 'order') THEN min(supplier) FILTER (side = 'order') END,
                    CASE WHEN min(supplier) FILTER (side = 'invoice') = max(supplier) FILTER (side = 'invoice') THEN min(supplier) FILTER (side = 'invoice') END) AS supplier,
           CASE WHEN min(product) FILTER (side = 'receipt') = max(product) FILTER (side = 'receipt') THEN min(product) FILTER (side = 'receipt') END AS product,
           CASE WHEN count(*) FILTER (side = 'receipt' AND (qty IS NULL OR day IS NULL)) = 0 THEN sum(qty) FILTER (side = 'receipt') END AS received,
           CASE WHEN count(*) FILTER (side = 'order' AND qty IS NULL) = 0 THEN sum(qty) FILTER (side = 'order' AND NOT cancelled) END AS ordered,
           CASE WHEN count(*) FILTER (side = 'invoice' AND qty IS NULL) = 0 THEN coalesce(sum(greatest(qty, 0)) FILTER (side = 'invoice'), 0) END AS billed,
           max(price) FILTER (side = 'order') AS order_price, count(*) FILTER (side = 'invoice') AS bills,
           min(day) FILTER (side = 'receipt') AS first_receipt, max(day) FILTER (side = 'receipt') AS last_receipt, max(day) FILTER (side = 'invoice') AS last_bill, count(*) AS row_count
    FROM order_flow
    WHERE purchase_document IS NOT NULL AND position IS NOT NULL
    GROUP BY purchase_document, position, purchase_line
    HAVING count(*) FILTER (side = 'receipt') > 0
), measured AS (
    SELECT *, CASE WHEN received IS NOT NULL THEN least(received, coalesce(ordered, received)) END - billed AS open_qty FROM positions
), usual AS (
    SELECT supplier, quantile_disc(greatest(last_bill - last_receipt, 0), 0.95) AS days FROM measured WHERE open_qty <= $tolerance AND bills > 0 GROUP BY supplier HAVING count(*) >= $least
), usual_of_all AS (
    SELECT CASE WHEN count(*) >= $least THEN quantile_disc(greatest(last_bill - last_receipt, 0), 0.95) END AS days FROM measured WHERE open_qty <= $tolerance AND bills > 0
), arrived AS (
    SELECT purchase_document, position, day, sum(qty) OVER (PARTITION BY purchase_document, position ORDER BY day, side, _file_id, _record ROWS UNBOUNDED PRECEDING) AS so_far
    FROM order_flow WHERE side = 'receipt' AND purchase_document IS NOT NULL AND position IS NOT NULL
), open_since AS (
    SELECT m.purchase_document, m.position, min(a.day) AS day
    FROM measured AS m JOIN arrived AS a ON a.purchase_document = m.purchase_document AND a.position = m.position
    WHERE m.open_qty > $tolerance AND a.so_far > m.billed
    GROUP BY m.purchase_document, m.position
), strays AS (
    -- Bills that lead to no order of the books may be those that are missing.
    SELECT i.supplier, i.product, max(i.day) AS last_day
    FROM order_flow AS i
    WHERE i.side = 'invoice' AND (i.purchase_document IS NULL OR i.purchase_document NOT IN (SELECT purchase_document FROM order_flow WHERE side <> 'invoice' AND purchase_document IS NOT NULL))
    GROUP BY i.supplier, i.product
), unclear AS (
    -- Bills of the order that say neither line nor product.
    SELECT purchase_document, max(day) AS last_day, max(amount) AS amount
    FROM order_flow WHERE side = 'invoice' AND position IS NULL AND purchase_document IS NOT NULL GROUP BY purchase_document
), given_back AS (
    -- What went back to the supplier is not billed.
    SELECT product, ts_date AS day, -sum(qty) AS qty FROM movements
    WHERE _duplicate_record IS NULL AND type = 'vendor_return' AND qty < 0 GROUP BY product, ts_date
), dated AS (
    SELECT m.*, o.day AS open_since, s.begins, s.ends, coalesce(u.days, a.days, 0)::INTEGER AS usual_days,
           s.ends - o.day > greatest($days, coalesce(u.days, a.days, 0)) AS is_due,
           EXISTS (SELECT 1 FROM strays AS y WHERE y.product = m.product AND (y.supplier = m.supplier OR m.supplier IS NULL) AND y.last_day >= m.first_receipt)
           OR coalesce(n.last_day >= m.first_receipt AND 2 * n.amount >= try((m.open_qty::DECIMAL(28, 4) * m.order_price)::DECIMAL(38, 4)), n.last_day >= m.first_receipt, false)
           OR EXISTS (SELECT 1 FROM given_back AS g WHERE g.product = m.product AND g.day >= m.first_receipt AND g.qty >= m.open_qty) AS may_be_billed
    FROM measured AS m CROSS JOIN span AS s CROSS JOIN usual_of_all AS a
    LEFT JOIN usual AS u ON u.supplier = m.supplier
    LEFT JOIN open_since AS o ON o.purchase_document = m.purchase_document AND o.position = m.position
    LEFT JOIN unclear AS n ON n.purchase_document = m.purchase_document
), habits AS (
    SELECT coalesce(supplier, '') AS supplier, count(*) FILTER (bills > 0) >= $share * count(*) AND bool_or(bills > 0) AS compared
    FROM dated WHERE bills > 0 OR coalesce(is_due AND open_since >= begins, false) GROUP BY coalesce(supplier, '')
)
SELECT d.*, d.ends - d.open_since AS days_open, coalesce(h.compared, false) AS compared,
       CASE WHEN d.open_qty IS NULL THEN NULL
            WHEN d.open_qty <= $tolerance OR d.order_price = 0 THEN 'billed'
            WHEN d.open_since < d.begins THEN NULL
            WHEN NOT d.is_due THEN 'not_due'
            WHEN d.may_be_billed OR NOT coalesce(h.compared, false) THEN NULL
            ELSE 'unbilled' END AS code
FROM dated AS d LEFT JOIN habits AS h ON h.supplier = coalesce(d.supplier, '')

-- section: violations
SELECT p.supplier, p.purchase_document, p.purchase_line, p.product, p.open_since AS period_start, p.last_receipt AS period_end,
       p.billed AS observed, p.received AS expected, -p.open_qty AS delta_qty, p.days_open, p.usual_days,
       coalesce(CASE WHEN p.order_price > 0 THEN p.order_price END, u.unit_cost) AS unit_cost,
       CASE WHEN p.order_price > 0 THEN 'purchases' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try(-p.open_qty::DECIMAL(38, 4) * coalesce(CASE WHEN p.order_price > 0 THEN p.order_price END, u.unit_cost)) AS delta_value,
       try(p.open_qty::DECIMAL(38, 4) * coalesce(CASE WHEN p.order_price > 0 THEN p.order_price END, u.unit_cost)) AS impact,
       p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.last_receipt >= u.valid_from
WHERE p.code = 'unbilled'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS order_positions, count(*) FILTER (WHERE code = 'billed') AS billed_in_full, count(*) FILTER (WHERE code = 'unbilled') AS unbilled,
       count(*) FILTER (WHERE code = 'not_due') AS not_due, count(*) FILTER (WHERE may_be_billed) AS may_be_billed_without_order,
       count(*) FILTER (WHERE NOT compared) AS suppliers_who_bill_otherwise, max(ends) AS invoices_end
FROM population

-- section: evidence
SELECT v.supplier, v.purchase_document, v.purchase_line, v.product, v.period_start, v.period_end,
       f.side AS role, CASE f.side WHEN 'receipt' THEN 0 WHEN 'order' THEN 1 ELSE 2 END AS ordinal,
       CASE f.side WHEN 'receipt' THEN 'receipts' WHEN 'order' THEN 'purchases' ELSE 'invoices' END AS table_name, f._file_id, f._record, f._line,
       f.document AS key_document, f.product AS value_product, f.day AS value_date, f.qty AS value_qty
FROM violations AS v
JOIN order_flow AS f ON f.purchase_document = v.purchase_document AND f.position = CASE WHEN f.by_line THEN v.purchase_line ELSE v.product END
