/* ---
id: P-008
version: 3
kind: set
title: {en: Invoice entered more than once, es: Factura registrada más de una vez}
severity: high
grain: document
unit: invoices
identity: [supplier, number, invoiced_on, amount, document, purchase_document]
needs:
  invoices: [supplier, document, invoiced_at, line_total]
optional:
  invoices: [supplier_number, line, purchase_document, product, qty, posted_at, document_total, status]
uses: [invoice_entries]
unique: {entries: [entry]}
impact: column
recoverable: true
explains: [C-024, C-025, C-026]
entities: [supplier, document, purchase_document]
partition_by: [supplier]
texts:
  finding:
    en: "Supplier {supplier}: {invoices:,} entries look like one invoice: {documents}"
    es: "Proveedor {supplier}: {invoices:,} registros parecen ser una sola factura: {documents}"
explanation:
  en: >-
    Two invoices of one supplier carry the same number once signs, leading zeros and letters that look like digits are
    put aside (O and 0; I, L and 1), or the same date and the same amount under different numbers. The impact is the
    amount of all but the first entered. Severity is medium where only date and amount agree, or where entries of one
    number differ in amount. Lines of one invoice are added up first, so they are never duplicates of each
    other; a row that repeats another letter for letter is reported as a repeated row and not again here. Cancelled
    invoices are left out, and so are entries of one number that credits bring back to at most one invoice.
  es: >-
    Dos facturas de un proveedor llevan el mismo número al dejar de lado signos, ceros iniciales y letras que parecen
    cifras (O y 0; I, L y 1), o la misma fecha y el mismo importe con números distintos. El impacto es el importe de
    todas menos la primera. La gravedad es media si solo coinciden fecha e importe, o si registros del mismo número
    difieren en importe. Las líneas de una factura se suman antes, por lo que nunca se duplican entre sí; una fila
    idéntica a otra se informa como fila repetida y no otra vez aquí. Se excluyen las facturas anuladas y los registros
    de un mismo número que los abonos dejan como máximo en una factura.
remedy:
  en: "Compare the paper invoices; where it is one, block or reclaim the payment of the later entry."
  es: "Compare las facturas originales; si es la misma, bloquee o reclame el pago del segundo registro."
words:
  repeat: {es: repetición}
source: "Accounts-payable recovery audit"
--- */

-- section: violations
-- One copy is named by its document; of several there is none. An order that they do not share is blank and never NULL,
-- for a finding that names no order must not explain what other orders of the supplier suffer from.
WITH entries AS (
    SELECT supplier, document, coalesce(purchase_document, '') AS purchase_document, normal, day, total,
           nth_of_number, nth_of_date, shares_number, shares_date, entry
    FROM invoice_entries WHERE place = entry
)
SELECT supplier, normal AS number, NULL::DATE AS invoiced_on, NULL::DECIMAL(38, 4) AS amount,
       CASE WHEN count(*) = 2 THEN max(CASE WHEN nth_of_number = 2 THEN document END) END AS document,
       CASE WHEN min(purchase_document) = max(purchase_document) THEN min(purchase_document) ELSE '' END AS purchase_document,
       min(CASE WHEN nth_of_number = 1 THEN day END) AS period_start, max(day) AS period_end, 'number' AS basis,
       count(*) AS invoices, string_agg(document, ', ' ORDER BY nth_of_number, entry) FILTER (WHERE nth_of_number <= 5) AS documents,
       CASE WHEN count(total) = count(*)
            THEN sum(CASE WHEN nth_of_number > 1 THEN total ELSE 0 END) END AS impact,
       CASE WHEN count(total) = count(*) AND min(total) = max(total) THEN 'high' ELSE 'medium' END AS severity,
       (SELECT count(*) FROM invoice_entries AS p
        WHERE p.shares_number AND p.supplier = e.supplier AND p.normal = e.normal) AS row_count
FROM entries AS e
WHERE shares_number
GROUP BY supplier, normal
UNION ALL
SELECT supplier, NULL, day, total, CASE WHEN count(*) = 2 THEN max(CASE WHEN nth_of_date = 2 THEN document END) END,
       CASE WHEN min(purchase_document) = max(purchase_document) THEN min(purchase_document) ELSE '' END,
       day, day, 'date_amount', count(*),
       string_agg(document, ', ' ORDER BY nth_of_date, entry) FILTER (WHERE nth_of_date <= 5),
       sum(CASE WHEN nth_of_date > 1 THEN total ELSE 0 END), 'medium',
       (SELECT count(*) FROM invoice_entries AS p
        WHERE p.shares_date AND p.supplier = e.supplier AND p.day = e.day AND p.total = e.total)
FROM entries AS e
WHERE shares_date
GROUP BY supplier, day, total

-- section: evaluated
SELECT count(*) AS evaluated,
       count(*) FILTER (WHERE (shares_number AND nth_of_number > 1) OR nth_of_date > 1) AS failed,
       count(*) FILTER (WHERE NOT by_number AND NOT by_date AND nth_of_number = 1) AS unknown
FROM invoice_entries WHERE place = entry

-- section: facts
SELECT count(*) AS invoices,
       count(*) FILTER (WHERE shares_number AND nth_of_number > 1) AS repeated_by_number,
       count(*) FILTER (WHERE nth_of_date > 1) AS repeated_by_date_and_amount,
       coalesce(sum(CASE WHEN (shares_number AND nth_of_number > 1) OR nth_of_date > 1 THEN total END), 0) AS repeated_amount,
       (SELECT count(*) FROM invoices WHERE _duplicate_record IS NULL AND status = 'cancelled') AS cancelled_rows_left_out
FROM invoice_entries WHERE place = entry

-- section: evidence
SELECT v.supplier, v.number, v.invoiced_on, v.amount, v.document, v.purchase_document, v.period_start, v.period_end,
       CASE WHEN p.nth_of_number = 1 THEN 'original' ELSE 'repeat' END AS role, p.nth_of_number AS ordinal,
       'invoices' AS table_name, p._file_id, p._record, p._line,
       p.document AS key_document, p.line AS key_line, p.printed AS value_number, p.day AS value_invoiced_on,
       p.product AS value_product, p.qty AS value_qty, p.line_total AS value_line_total,
       p.purchase_document AS value_purchase_document
FROM violations AS v JOIN invoice_entries AS p ON p.supplier = v.supplier AND p.normal = v.number
WHERE p.shares_number

-- section: evidence
SELECT v.supplier, v.number, v.invoiced_on, v.amount, v.document, v.purchase_document, v.period_start, v.period_end,
       CASE WHEN p.nth_of_date = 1 THEN 'original' ELSE 'repeat' END AS role, p.nth_of_date AS ordinal,
       'invoices' AS table_name, p._file_id, p._record, p._line,
       p.document AS key_document, p.line AS key_line, p.printed AS value_number, p.day AS value_invoiced_on,
       p.product AS value_product, p.qty AS value_qty, p.line_total AS value_line_total,
       p.purchase_document AS value_purchase_document
FROM violations AS v JOIN invoice_entries AS p ON p.supplier = v.supplier AND p.day = v.invoiced_on AND p.total = v.amount
WHERE p.shares_date
