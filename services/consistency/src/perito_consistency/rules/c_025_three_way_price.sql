/* ---
id: C-025
version: 1
kind: set
title: {en: Billed at another price than agreed, es: Facturado a un precio distinto del acordado}
severity: high
grain: document
unit: invoice positions
identity: [supplier, document, purchase_document, purchase_line, product]
needs:
  invoices: [supplier, document, purchase_document, product, unit_price]
  purchases: [document, product, unit_cost]
optional:
  invoices: [line, purchase_line, receipt_document, qty, line_total, invoiced_at, status]
  purchases: [line, qty, supplier, contract_price, ordered_at, status]
  receipts: [document, purchase_document, purchase_line, product, qty, status]
uses: [order_flow, unit_costs]
unique: {population: [_file_id, _record]}
parameters:
  tolerance: {default: "0.02", type: decimal, meaning: "share by which a billed price may differ from the agreed one; 0 means not at all"}
impact: column
recoverable: true
explains: []
entities: [supplier, document, purchase_document, product]
partition_by: [purchase_document]
texts:
  finding:
    en: "Invoice {document} of {supplier}: {product} at {observed:,}, {expected:,} by the {basis_en}"
    es: "Factura {document} de {supplier}: {product} a {observed:,}; {expected:,} según {basis_es}"
explanation:
  en: >-
    The price of an invoice line is compared with the contract, where the order names one, and with the order. Where
    neither has a price it is compared with the last receipt or order of the product before the invoice, with medium
    severity. Where the order has the position at several prices, any price between them will do. The amount is the
    difference in price times the quantity billed; a lower price is told with medium severity and a negative difference,
    and cannot be claimed back.
    Of a position of which nothing was received the whole amount is C-026's, so here it has none.
  es: >-
    El precio de cada línea de factura se compara con el contrato, si el pedido lo indica, y con el pedido. Si ninguno tiene
    precio se compara con la última recepción o pedido del producto anterior a la factura, con gravedad media. Si el pedido
    tiene la posición a varios precios, vale cualquiera entre ellos. El importe es la diferencia de precio por la cantidad
    facturada; un precio menor se informa con gravedad media y diferencia negativa, y no se puede reclamar. De una posición
    de la que nada se recibió, todo el importe pertenece a C-026 y aquí no hay ninguno.
remedy:
  en: "Compare the order or contract with the invoice; claim a credit for the difference, or correct the order's price."
  es: "Compare el pedido o contrato con la factura; reclame un abono por la diferencia o corrija el precio del pedido."
source: "Three-way match of accounts payable"
--- */

-- section: population
-- One row per invoice line that belongs to a position of an order.
WITH positions AS (
    SELECT purchase_document, position,
           min(price) FILTER (side = 'order' AND price > 0) AS order_low, max(price) FILTER (side = 'order' AND price > 0) AS order_high,
           min(contract_price) FILTER (contract_price > 0) AS contract_low, max(contract_price) FILTER (contract_price > 0) AS contract_high,
           count(*) FILTER (side = 'receipt') AS receipts
    FROM order_flow
    WHERE purchase_document IS NOT NULL AND position IS NOT NULL AND NOT cancelled
    GROUP BY purchase_document, position
    HAVING count(*) FILTER (side = 'order') > 0
), billed AS (
    SELECT f.supplier, f.document, f.purchase_document, f.position, f.purchase_line, f.product, f.qty, f.price, f.day,
           f._file_id, f._record, f._line, p.order_low, p.order_high, p.contract_low, p.contract_high,
           p.receipts = 0 AND EXISTS (SELECT 1 FROM receipts) AS not_received,
           CASE WHEN u.cost_source IN ('receipts', 'purchases') THEN u.unit_cost END AS last_cost
    FROM order_flow AS f
    JOIN positions AS p ON p.purchase_document = f.purchase_document AND p.position = f.position
    ASOF LEFT JOIN unit_costs AS u ON u.product = f.product AND f.day > u.valid_from
    WHERE f.side = 'invoice' AND coalesce(f.qty >= 0, true)
), nearest AS (
    SELECT *, CASE WHEN contract_low IS NOT NULL THEN least(greatest(price, contract_low), contract_high) END AS by_contract,
           CASE WHEN order_low IS NOT NULL THEN least(greatest(price, order_low), order_high) END AS by_order
    FROM billed
), compared AS (
    SELECT *, abs(price - by_contract) > try(by_contract * $tolerance) AS off_contract,
           abs(price - by_order) > try(by_order * $tolerance) AS off_order,
           CASE WHEN contract_low IS NULL AND order_low IS NULL THEN abs(price - last_cost) > try(last_cost * $tolerance) END AS off_last
    FROM nearest
)
SELECT *, coalesce(off_contract, false) OR coalesce(off_order, false) OR coalesce(off_last, false) AS off,
       coalesce(off_contract, off_order, off_last) IS NULL AS unknown,
       CASE WHEN off_contract THEN 'contract' WHEN off_order THEN 'order' ELSE 'last cost' END AS basis,
       CASE WHEN off_contract THEN by_contract WHEN off_order THEN by_order ELSE last_cost END AS agreed
FROM compared

-- section: violations
WITH differing AS (
    SELECT *, row_number() OVER (
               PARTITION BY supplier, document, purchase_document, purchase_line, product
               ORDER BY abs(price - agreed) DESC, _file_id, _record) = 1 AS farthest
    FROM population
    WHERE off
), found AS (
    SELECT supplier, document, purchase_document, purchase_line, product,
           min(day) AS period_start, max(day) AS period_end,
           max(CASE WHEN farthest THEN price END) AS observed, max(CASE WHEN farthest THEN agreed END) AS expected,
           max(CASE WHEN farthest THEN basis END) AS basis, sum(qty) AS billed,
           bool_or(not_received) AS not_received, bool_or(price > agreed) AS dearer,
           CASE WHEN count(qty) = count(*) AND NOT bool_or(not_received)
                THEN sum(try(qty::DECIMAL(38, 4) * (price - agreed))) END AS delta_value,
           count(*) AS row_count
    FROM differing
    GROUP BY supplier, document, purchase_document, purchase_line, product
)
SELECT supplier, document, purchase_document, purchase_line, product, period_start, period_end, observed, expected, basis,
       CASE basis WHEN 'contract' THEN 'contract' WHEN 'order' THEN 'order' ELSE 'last price known' END AS basis_en,
       CASE basis WHEN 'contract' THEN 'el contrato' WHEN 'order' THEN 'el pedido' ELSE 'el último precio conocido' END AS basis_es,
       billed, CASE WHEN not_received THEN 'C-026' ELSE 'C-025' END AS amount_in, delta_value, abs(delta_value) AS impact,
       coalesce(delta_value > 0, false) AS recoverable,
       CASE WHEN basis <> 'last cost' AND dearer THEN 'high' ELSE 'medium' END AS severity, row_count
FROM found

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE off) AS failed, count(*) FILTER (WHERE unknown) AS unknown FROM population

-- section: facts
SELECT count(*) AS invoice_lines,
       count(*) FILTER (WHERE off AND price > agreed) AS above, count(*) FILTER (WHERE off AND price < agreed) AS below,
       count(*) FILTER (WHERE NOT off AND NOT unknown AND price <> coalesce(by_contract, by_order, last_cost)) AS differing_within_tolerance
FROM population

-- section: evidence
SELECT p.supplier, p.document, p.purchase_document, p.purchase_line, p.product,
       'invoice' AS role, 1 AS ordinal, 'invoices' AS table_name, p._file_id, p._record, p._line,
       p.document AS key_document, p.product AS value_product, p.day AS value_date, p.qty AS value_qty, p.price AS value_unit_price,
       p.agreed AS value_agreed,
       min(p.day) OVER (PARTITION BY p.supplier, p.document, p.purchase_document, p.purchase_line, p.product) AS period_start,
       max(p.day) OVER (PARTITION BY p.supplier, p.document, p.purchase_document, p.purchase_line, p.product) AS period_end
FROM population AS p
WHERE p.off

-- section: evidence
SELECT v.supplier, v.document, v.purchase_document, v.purchase_line, v.product, v.period_start, v.period_end,
       'order' AS role, 0 AS ordinal, 'purchases' AS table_name, f._file_id, f._record, f._line,
       f.document AS key_document, f.product AS value_product, f.day AS value_date, f.qty AS value_qty, f.price AS value_unit_price,
       f.contract_price AS value_contract_price
FROM violations AS v
JOIN order_flow AS f ON f.purchase_document = v.purchase_document AND f.side = 'order' AND NOT f.cancelled
     AND f.position = CASE WHEN f.by_line THEN v.purchase_line ELSE v.product END
