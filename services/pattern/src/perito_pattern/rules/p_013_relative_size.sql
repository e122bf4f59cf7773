/* ---
id: P-013
version: 1
kind: function
function: perito_pattern.outliers:judge
title: {en: Invoice many times larger than any other, es: Factura muchas veces mayor que cualquier otra}
severity: low
grain: invoice
unit: suppliers and their products
identity: [kind, supplier, product, document]
needs:
  invoices: [supplier, document, line_total]
optional:
  invoices: [supplier_number, line, invoiced_at, posted_at, purchase_document, product, location, qty, document_total, status]
  purchases: [document, product, qty, line_total, status]
uses: [invoice_entries]
unique: {amounts: [kind, supplier, product, entry], input_rows: [kind, supplier, product, entry]}
parameters:
  least_ratio: {default: "10", type: decimal, meaning: "multiple of the second largest that must be exceeded"}
  least_others: {default: 8, type: integer, meaning: "other invoices without which nothing is compared"}
  ordered_share: {default: "0.5", type: decimal, meaning: "share of an invoice that its order must reach for the size to be what was ordered"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all suppliers and products tested"}
impact: none, because a large amount may be right
recoverable: false
explains: []
entities: [supplier, product]
texts:
  finding:
    en: "{who_en}: invoice {document} of {amount:,} is {times:,} times the next largest ({second:,}) of {others:,} others"
    es: "{who_es}: la factura {document} de {amount:,} es {times:,} veces la siguiente ({second:,}) de otras {others:,}"
explanation:
  en: >-
    A decimal point in the wrong place, or an amount meant for another supplier, stands out by its size. For each supplier
    (whole invoices) and each of its products (lines) the largest amount is held against the second largest. Told is one
    more than ten times as large that is also far beyond the spread of the others: where amounts span powers of ten by
    nature, such a pair says nothing. An invoice whose order is of that size was meant to be large. What is told of a
    product is not told again of the supplier.
  es: >-
    Una coma decimal mal puesta, o un importe de otro proveedor, destaca por su tamaño. De cada proveedor (facturas enteras) y
    de cada producto suyo (líneas) se compara el mayor importe con el segundo. Se indica el que es más de diez veces mayor y
    además queda muy lejos de la dispersión de los demás: si los importes abarcan potencias de diez por naturaleza, tal par
    no dice nada. Una factura cuyo pedido es de ese tamaño debía ser grande. Lo que se indica de un producto no se repite
    del proveedor.
remedy:
  en: "Compare the invoice with its paper, its order and the delivery note."
  es: "Compare la factura con el documento original, el pedido y el albarán."
words:
  suppliers and their products: {es: proveedores y sus productos}
  kind: {es: tipo}
  amount: {es: importe}
  second: {en: second largest, es: segundo mayor}
  times: {en: times as large, es: veces mayor}
  others: {en: other invoices, es: otras facturas}
  entry: {es: registro}
  chance: {es: probabilidad}
  largest: {es: mayor}
  second largest: {es: segundo mayor}
  tested: {en: tested, es: probados}
source: "Relative size factor test of digit analysis (Nigrini)"
--- */

-- section: population
-- One row per invoice and product, and one per invoice; each with its place among the amounts of its group.
WITH ordered AS (
    SELECT document, product, sum(qty) AS qty, sum(line_total) AS amount FROM purchases
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled' AND document IS NOT NULL
    GROUP BY document, product
), ordered_whole AS (
    SELECT document, sum(amount) AS amount FROM ordered GROUP BY document
), lines AS (
    SELECT supplier, product, entry, document, day, purchase_document, sum(line_total) AS amount, sum(qty) AS qty
    FROM invoice_entries
    WHERE supplier IS NOT NULL AND product IS NOT NULL AND NOT (shares_number AND nth_of_number > 1)
    GROUP BY supplier, product, entry, document, day, purchase_document
), wholes AS (
    SELECT supplier, entry, document, day, min(purchase_document) AS purchase_document, max(total) AS amount
    FROM invoice_entries
    WHERE supplier IS NOT NULL AND NOT (shares_number AND nth_of_number > 1)
    GROUP BY supplier, entry, document, day
), lined AS (
    SELECT l.supplier, l.product, l.entry, min(l.document) AS document, min(l.day) AS day, sum(l.amount) AS amount,
           bool_or(coalesce(o.qty >= $ordered_share * l.qty, false)) AS is_ordered
    FROM lines AS l LEFT JOIN ordered AS o ON o.document = l.purchase_document AND o.product = l.product
    GROUP BY l.supplier, l.product, l.entry
), amounts AS (
    SELECT 'product' AS kind, supplier, product, entry, document, day, amount, is_ordered FROM lined
    UNION ALL
    SELECT 'supplier', w.supplier, '', w.entry, w.document, w.day, w.amount, coalesce(o.amount >= $ordered_share * w.amount, false)
    FROM wholes AS w LEFT JOIN ordered_whole AS o ON o.document = w.purchase_document
)
SELECT kind, supplier, product, entry, document, day, amount::DECIMAL(38, 4) AS amount, is_ordered,
       row_number() OVER (PARTITION BY kind, supplier, product ORDER BY amount DESC, entry) AS nth,
       count(*) OVER (PARTITION BY kind, supplier, product) AS amounts
FROM amounts
WHERE amount > 0

-- section: input
WITH pairs AS (
    SELECT kind, supplier, product, max(CASE WHEN nth = 1 THEN amount END) AS amount, max(CASE WHEN nth = 2 THEN amount END) AS second,
           max(amounts) AS amounts, bool_or(nth = 1 AND is_ordered) AS is_ordered, max(CASE WHEN nth = 1 THEN entry END) AS entry
    FROM population WHERE nth <= 2 GROUP BY kind, supplier, product
), counted AS (
    SELECT count(*) AS groups, count(*) FILTER (WHERE amounts > $least_others) AS tested FROM pairs
), found AS (
    SELECT kind, supplier, product, amount, second, amounts, entry FROM pairs
    WHERE amounts > $least_others AND amount > $least_ratio * second AND NOT is_ordered
), plain AS (
    -- An invoice that stands out by one of its products is told of that.
    SELECT f.kind, f.supplier, f.product, f.amount, f.second, f.amounts, f.entry
    FROM found AS f LEFT JOIN found AS p ON p.kind = 'product' AND f.kind = 'supplier' AND p.entry = f.entry AND p.supplier = f.supplier
    WHERE p.entry IS NULL
    GROUP BY f.kind, f.supplier, f.product, f.amount, f.second, f.amounts, f.entry
), input_rows AS (
    SELECT p.kind, p.supplier, p.product, p.entry, p.document, p.day, p.amount, p.nth, f.second, f.amounts
    FROM plain AS f JOIN population AS p ON p.kind = f.kind AND p.supplier = f.supplier AND p.product = f.product
)
SELECT i.kind || ' ' || i.supplier || ' ' || i.product AS grp, i.kind, i.supplier, nullif(i.product, '') AS product, i.product AS product_key, i.entry, i.document,
       i.day AS period_start, i.day AS period_end, i.amount, i.amount AS value, (CASE WHEN i.nth = 1 THEN 1 ELSE 0 END)::BIGINT AS candidate,
       i.amounts AS largest_of, i.second, round(ratio(i.amount, i.second), 1)::VARCHAR AS times, i.amounts - 1 AS others,
       CASE WHEN i.product = '' THEN 'Supplier ' || i.supplier ELSE 'Supplier ' || i.supplier || ', product ' || i.product END AS who_en,
       CASE WHEN i.product = '' THEN 'Proveedor ' || i.supplier ELSE 'Proveedor ' || i.supplier || ', producto ' || i.product END AS who_es,
       CASE WHEN i.product = '' THEN 'low' ELSE 'medium' END AS severity, 2::BIGINT AS row_count, c.tested, c.groups
FROM counted AS c LEFT JOIN input_rows AS i ON true
ORDER BY i.kind, i.supplier, product_key, i.entry

-- section: evidence
SELECT v.kind, v.supplier, v.product, v.document, v.period_start, v.period_end,
       CASE WHEN p.nth = 1 THEN 'largest' ELSE 'second largest' END AS role, p.nth AS ordinal,
       'invoices' AS table_name, l._file_id, l._record, l._line, l.document AS key_document, l.line AS key_line,
       l.day AS value_invoiced_on, l.product AS value_product, l.qty AS value_qty, l.line_total AS value_line_total,
       l.purchase_document AS value_purchase_document
FROM violations AS v
JOIN population AS p ON p.kind = v.kind AND p.supplier = v.supplier AND p.product = coalesce(v.product::VARCHAR, '') AND p.nth <= 2
JOIN invoice_entries AS l ON l.supplier = p.supplier AND l.entry = p.entry AND (p.product = '' OR l.product = p.product)
