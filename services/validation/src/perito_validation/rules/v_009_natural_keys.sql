/* ---
id: V-009
version: 1
kind: set
title: {en: One number for two documents, es: Un número para dos documentos}
severity: medium
grain: document
unit: documents
identity: [table_name, kind, document]
needs:
  columns: [table_name, column_name]
one_of: [purchases.supplier, receipts.supplier, sales.till, sales.customer, sale_documents.number, invoice_documents.number]
optional:
  purchases: [document, supplier]
  receipts: [document, supplier]
  sales: [document, till, customer]
  customers: [customer]
  sale_documents: [document, series, number, location, till, ts]
  invoice_documents: [supplier, document, series, number, invoiced_at]
impact: none, because two documents under one number are each worth what they say; what is paid or counted twice is told elsewhere
recoverable: false
explains: []
entities: [document]
texts:
  finding:
    en: "{table_name:name} {document}: {what_en} ({one} and {other})"
    es: "{table_name:name} {document}: {what_es} ({one} y {other})"
explanation:
  en: >-
    Besides its key a document has a natural one: an order goes to one supplier, a ticket is rung up at one till for one
    customer, and a place in a series is given once. Where lines under one number name two suppliers, tills or customers, two
    documents were taken for one, and everything that is matched by that number is matched wrongly. Keys of rows, of which
    the number with its line is one, are V-008's. Numbers of tickets may begin anew each day, those of invoices each year.
  es: >-
    Además de su clave, un documento tiene una natural: un pedido va a un proveedor, un tique se cobra en una caja a un
    cliente, y un lugar de una serie se da una vez. Si las líneas de un número nombran dos proveedores, cajas o clientes, se
    tomaron dos documentos por uno, y todo lo que se empareja por ese número se empareja mal. Las claves de las filas, entre
    ellas el número con su línea, son de V-008. Los números de tique pueden empezar de nuevo cada día; los de factura, cada año.
remedy:
  en: "Look both documents up. Where numbers are given per place or year, let the mapping join place or year to the number."
  es: "Busque ambos documentos. Si los números se dan por lugar o año, una en el mapeo el lugar o el año al número."
words:
  kind: {es: clase}
  one: {es: uno}
  other: {es: otro}
  two_suppliers: {en: two suppliers, es: dos proveedores}
  two_tills: {en: two tills, es: dos cajas}
  two_customers: {en: two customers, es: dos clientes}
  number_twice: {en: number given twice, es: número dado dos veces}
  series: {es: serie}
  number: {es: número}
  named: {en: what the line names, es: lo que nombra la línea}
  shared_numbers: {en: numbers of two documents, es: números de dos documentos}
source: "Natural keys of database design; compound uniqueness tests of dbt"
--- */

-- section: population
-- One row per document and what it should have one of, with the least and the greatest of what its lines name: two that
-- differ are two documents. A blank names nothing.
WITH known AS (
    SELECT DISTINCT customer FROM customers WHERE customer IS NOT NULL
), tickets AS (
    -- A customer whom the master lacks, "N/A" among them, is V-011's or V-007's and no second customer.
    SELECT s.document, min(s.till) AS first_till, max(s.till) AS last_till,
           min(s.customer) FILTER (k.customer IS NOT NULL OR NOT a.listed) AS first_customer,
           max(s.customer) FILTER (k.customer IS NOT NULL OR NOT a.listed) AS last_customer
    FROM sales AS s
    CROSS JOIN (SELECT count(*) > 0 AS listed FROM known) AS a
    LEFT JOIN known AS k ON k.customer = s.customer
    WHERE s._duplicate_record IS NULL AND s.document IS NOT NULL
    GROUP BY s.document
)
SELECT 'purchases' AS table_name, 'two_suppliers' AS kind, document, min(supplier) AS one, max(supplier) AS other
FROM purchases
WHERE _duplicate_record IS NULL AND document IS NOT NULL
GROUP BY document
UNION ALL
SELECT 'receipts', 'two_suppliers', document, min(supplier), max(supplier)
FROM receipts
WHERE _duplicate_record IS NULL AND document IS NOT NULL
GROUP BY document
UNION ALL
SELECT 'sales', 'two_tills', document, first_till, last_till FROM tickets
UNION ALL
SELECT 'sales', 'two_customers', document, first_customer, last_customer FROM tickets
UNION ALL
SELECT 'sale_documents', 'number_twice', min(document), min(document), max(document)
FROM sale_documents
WHERE _duplicate_record IS NULL AND document IS NOT NULL AND number IS NOT NULL AND ts_date IS NOT NULL
  AND coalesce(series, till) IS NOT NULL
GROUP BY series, number, location, till, ts_date
UNION ALL
SELECT 'invoice_documents', 'number_twice', min(document), min(document), max(document)
FROM invoice_documents
WHERE _duplicate_record IS NULL AND document IS NOT NULL AND number IS NOT NULL AND series IS NOT NULL AND invoiced_at_date IS NOT NULL
GROUP BY series, number, year(invoiced_at_date)

-- section: violations
SELECT table_name, kind, document, min(one) AS one, max(other) AS other,
       CASE kind WHEN 'two_suppliers' THEN 'its lines name two suppliers' WHEN 'two_tills' THEN 'its lines were rung up at two tills'
            WHEN 'two_customers' THEN 'its lines name two customers' ELSE 'its place in the series was given twice' END AS what_en,
       CASE kind WHEN 'two_suppliers' THEN 'sus líneas nombran dos proveedores' WHEN 'two_tills' THEN 'sus líneas se cobraron en dos cajas'
            WHEN 'two_customers' THEN 'sus líneas nombran dos clientes' ELSE 'su lugar en la serie se dio dos veces' END AS what_es
FROM population
WHERE one < other
GROUP BY table_name, kind, document

-- section: evaluated
SELECT count(*) FILTER (one IS NOT NULL) AS evaluated, (SELECT count(*) FROM violations) AS failed FROM population

-- section: facts
SELECT count(*) AS shared_numbers FROM violations

-- section: evidence
SELECT 'purchases' AS table_name, v.kind, v.document, 'line' AS role, p._file_id, p._record, p._line,
       p.document AS key_document, p.supplier AS value_named
FROM violations AS v JOIN purchases AS p ON v.table_name = 'purchases' AND p.document = v.document
WHERE p._duplicate_record IS NULL AND p.supplier IS NOT NULL

-- section: evidence
SELECT 'receipts' AS table_name, v.kind, v.document, 'line' AS role, r._file_id, r._record, r._line,
       r.document AS key_document, r.supplier AS value_named
FROM violations AS v JOIN receipts AS r ON v.table_name = 'receipts' AND r.document = v.document
WHERE r._duplicate_record IS NULL AND r.supplier IS NOT NULL

-- section: evidence
SELECT 'sales' AS table_name, v.kind, v.document, 'line' AS role, s._file_id, s._record, s._line,
       s.document AS key_document, CASE WHEN v.kind = 'two_tills' THEN s.till ELSE s.customer END AS value_named
FROM violations AS v JOIN sales AS s ON v.table_name = 'sales' AND s.document = v.document
WHERE s._duplicate_record IS NULL AND CASE WHEN v.kind = 'two_tills' THEN s.till ELSE s.customer END IS NOT NULL

-- section: evidence
SELECT 'sale_documents' AS table_name, v.kind, v.document, 'number_twice' AS role, d._file_id, d._record, d._line,
       d.document AS key_document, d.series AS value_series, d.number AS value_number
FROM violations AS v JOIN sale_documents AS d ON v.table_name = 'sale_documents' AND d.document IN (v.one, v.other)
WHERE d._duplicate_record IS NULL

-- section: evidence
SELECT 'invoice_documents' AS table_name, v.kind, v.document, 'number_twice' AS role, d._file_id, d._record, d._line,
       d.document AS key_document, d.series AS value_series, d.number AS value_number
FROM violations AS v JOIN invoice_documents AS d ON v.table_name = 'invoice_documents' AND d.document IN (v.one, v.other)
WHERE d._duplicate_record IS NULL
