/* ---
id: V-020
version: 1
kind: set
title: {en: Documents whose total is not the sum of their lines, es: Documentos cuyo total no es la suma de sus líneas}
severity: medium
grain: document
unit: documents
identity: [table_name, supplier, document]
needs:
  columns: [table_name, column_name]
one_of: [sale_documents.total, sale_documents.subtotal, invoice_documents.total, invoice_documents.subtotal, invoices.document_total]
optional:
  sale_documents: [document, ts, voided_at, subtotal, discount_amount, tax, freight, total]
  sales: [document, type, qty, unit_price, discount, discount_amount, tax, line_total]
  invoice_documents: [supplier, document, invoiced_at, subtotal, discount_amount, tax, freight, total]
  invoices: [supplier, document, invoiced_at, qty, unit_price, discount, tax, line_total, document_total, status]
parameters:
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; half of it per line is rounding"}
impact: column
recoverable: false
explains: []
entities: [document]
unique: {headed: [table_name, supplier, document], lined: [table_name, supplier, document]}
texts:
  finding:
    en: "{table_name:name} {document}: the document says {observed:,}, its {lines:,} {lines:line makes|lines make} {expected:,}"
    es: "{table_name:name} {document}: el documento dice {observed:,}; {lines:su|sus} {lines:,} {lines:línea suma|líneas suman} {expected:,}"
explanation:
  en: >-
    What is to be paid is the sum of the lines. With or without tax, freight and the discount on the whole is accepted, as
    headers state it in one way or the other, and half a unit of the currency per line for rounding; the difference is taken
    to the way that most documents of the table follow. Where an amount of a line was typed over and quantity times price
    still makes the total, the line is at fault, and V-019 tells it; where only the sign of a line is wrong, V-015 or V-016. Voided and cancelled documents, and those with a line
    without amount, are not compared.
  es: >-
    Lo que se paga es la suma de las líneas. Se acepta con o sin impuesto, flete y descuento general, pues las cabeceras lo
    indican de una forma u otra, y media unidad de moneda por línea por redondeo; la diferencia se toma respecto de la forma
    que sigue la mayoría de la tabla. Si se sobrescribió el importe de una línea y cantidad por precio aún da el total, la
    falta es de la línea y la dice V-019; si solo falla el signo de una línea, V-015 o V-016. No se comparan los documentos anulados ni los que tienen una línea sin importe.
remedy:
  en: "Take the document itself: look for a line that was not exported, or a total that was typed."
  es: "Consulte el documento: busque una línea que no se exportó o un total escrito a mano."
words:
  lines: {es: líneas}
  reading: {en: what the total holds, es: qué incluye el total}
  header: {en: head of the document, es: cabecera}
  line: {es: línea}
  differing: {en: differing documents, es: documentos con diferencia}
  difference: {es: diferencia}
  subtotal: {es: subtotal}
source: "Footing and cross-footing as audit procedures (ISA 500)"
--- */

-- section: population
-- One row per document with a total and lines that all have an amount. A header that stands twice asserts nothing.
-- A return takes off what it refunds, and so does a void, or it is left out: either is accepted.
WITH stated AS (
    SELECT 'sale_documents' AS table_name, NULL::VARCHAR AS supplier, document, ts_date AS day, voided_at IS NOT NULL AS voided,
           coalesce(total, subtotal) AS total, total IS NULL AS before_tax, discount_amount, tax, freight
    FROM sale_documents
    WHERE _duplicate_record IS NULL AND document IS NOT NULL
    UNION ALL
    SELECT 'invoice_documents', supplier, document, invoiced_at_date, false, coalesce(total, subtotal), total IS NULL, discount_amount, tax, freight
    FROM invoice_documents
    WHERE _duplicate_record IS NULL AND document IS NOT NULL
    UNION ALL
    -- Without headers: what every line repeats, once.
    SELECT 'invoices', supplier, document, min(invoiced_at_date), bool_or(coalesce(status, '') = 'cancelled'),
           CASE WHEN min(document_total) = max(document_total) THEN min(document_total) END, false, NULL, NULL, NULL
    FROM invoices
    WHERE _duplicate_record IS NULL AND document IS NOT NULL AND document_total IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM invoice_documents)
    GROUP BY supplier, document
), headed AS (
    SELECT table_name, supplier, document, min(day) AS day, bool_or(voided) AS voided, min(total) AS total, bool_or(before_tax) AS before_tax,
           coalesce(min(discount_amount), 0) AS taken_off, min(tax) AS tax, coalesce(min(freight), 0) AS freight
    FROM stated
    GROUP BY table_name, supplier, document
    HAVING count(*) = 1
), entries AS (
    SELECT 'sale_documents' AS table_name, NULL::VARCHAR AS supplier, document, type = 'void' AS is_void,
           CASE WHEN type = 'return' THEN -abs(line_total) ELSE line_total END AS amount, tax,
           CASE WHEN type = 'return' THEN -1 ELSE 1 END
               * coalesce(try((abs(qty)::DECIMAL(28, 4) * unit_price * (1 - coalesce(discount, 0)::DECIMAL(8, 6)))::DECIMAL(38, 4))
                          - coalesce(discount_amount, 0), abs(line_total)) AS recomputed,
           CASE WHEN type = 'return' THEN -abs(line_total) ELSE abs(line_total) END AS unsigned
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') <> 'no_sale'
    UNION ALL
    SELECT CASE WHEN EXISTS (SELECT 1 FROM invoice_documents) THEN 'invoice_documents' ELSE 'invoices' END, supplier, document,
           coalesce(status, '') = 'cancelled', line_total, tax,
           coalesce(try((qty::DECIMAL(28, 4) * unit_price * (1 - coalesce(discount, 0)::DECIMAL(8, 6)))::DECIMAL(38, 4)), line_total), line_total
    FROM invoices
    WHERE _duplicate_record IS NULL
), lined AS (
    SELECT table_name, supplier, document, count(*) AS lines, count(*) FILTER (amount IS NULL AND NOT coalesce(is_void, false)) AS unread,
           count(*) FILTER (is_void) = count(*) AS all_void,
           coalesce(sum(amount) FILTER (NOT coalesce(is_void, false)), 0)::DECIMAL(38, 4) AS amount,
           coalesce(sum(abs(amount)) FILTER (is_void), 0)::DECIMAL(38, 4) AS void_amount,
           coalesce(sum(tax), 0)::DECIMAL(38, 4) AS tax,
           coalesce(sum(recomputed) FILTER (NOT coalesce(is_void, false)), 0)::DECIMAL(38, 4) AS recomputed,
           coalesce(sum(unsigned) FILTER (NOT coalesce(is_void, false)), 0)::DECIMAL(38, 4) AS unsigned
    FROM entries
    WHERE document IS NOT NULL
    GROUP BY table_name, supplier, document
), joined AS (
    SELECT h.table_name, h.supplier, h.document, h.day, h.total, h.before_tax, l.lines, l.unread, l.amount, l.void_amount, l.recomputed, l.unsigned,
           h.taken_off, coalesce(h.tax, l.tax) AS tax, h.freight,
           greatest($currency_unit, 0.5 * $currency_unit * l.lines) AS slack
    FROM headed AS h
    JOIN lined AS l ON l.table_name = h.table_name AND l.supplier IS NOT DISTINCT FROM h.supplier AND l.document = h.document
    WHERE NOT h.voided AND NOT l.all_void
)
SELECT *, CASE WHEN unread = 0 AND total IS NOT NULL THEN CASE
              WHEN abs(total - amount) <= slack THEN 'lines'
              WHEN abs(total - amount - tax) <= slack THEN 'lines_tax'
              WHEN abs(total - amount - tax - freight) <= slack THEN 'lines_tax_freight'
              WHEN abs(total - amount - freight) <= slack THEN 'lines_freight'
              WHEN abs(total - amount + taken_off) <= slack THEN 'lines_discount'
              WHEN abs(total - amount + taken_off - tax) <= slack THEN 'lines_discount_tax'
              WHEN abs(total - amount + taken_off - tax - freight) <= slack THEN 'lines_discount_tax_freight'
              WHEN abs(total - amount + taken_off - freight) <= slack THEN 'lines_discount_freight'
              WHEN least(abs(total - amount + void_amount), abs(total - amount + void_amount - tax), abs(total + amount),
                         abs(total + amount + tax), abs(total - recomputed), abs(total - recomputed - tax),
                         abs(total - unsigned), abs(total - unsigned - tax), abs(total - unsigned + taken_off), abs(total - unsigned + taken_off - tax),
                         abs(total - recomputed - tax - freight), abs(total - recomputed + taken_off),
                         abs(total - recomputed + taken_off - tax), abs(total - recomputed + taken_off - tax - freight)) <= slack THEN 'otherwise'
              ELSE 'none' END END AS reading
FROM joined

-- section: violations
WITH usual AS (
    SELECT table_name, before_tax, reading
    FROM (SELECT table_name, before_tax, reading, count(*) AS documents FROM population
          WHERE reading NOT IN ('none', 'otherwise') GROUP BY table_name, before_tax, reading)
    QUALIFY row_number() OVER (PARTITION BY table_name, before_tax ORDER BY documents DESC, reading) = 1
), told AS (
    SELECT p.*, coalesce(u.reading, 'lines') AS most,
           p.amount - CASE WHEN contains(coalesce(u.reading, ''), 'discount') THEN p.taken_off ELSE 0 END
                    + CASE WHEN contains(coalesce(u.reading, ''), 'tax') THEN p.tax ELSE 0 END
                    + CASE WHEN contains(coalesce(u.reading, ''), 'freight') THEN p.freight ELSE 0 END AS made
    FROM population AS p
    LEFT JOIN usual AS u ON u.table_name = p.table_name AND u.before_tax = p.before_tax
    WHERE p.reading = 'none'
)
SELECT table_name, supplier, document, day AS period_start, day AS period_end, lines, most AS reading, total AS observed,
       made::DECIMAL(38, 4) AS expected, (total - made)::DECIMAL(38, 4) AS delta_value, (total - made)::DECIMAL(38, 4) AS impact, lines + 1 AS row_count
FROM told

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (reading IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS differing, coalesce(sum(delta_value), 0)::DECIMAL(38, 4) AS difference FROM violations

-- section: evidence
SELECT v.table_name, v.supplier, v.document, v.period_start, v.period_end, 0 AS ordinal, 'header' AS role, d._file_id, d._record, d._line,
       d.document AS key_document, d.subtotal AS value_subtotal, d.discount_amount AS value_discount_amount, d.tax AS value_tax,
       d.freight AS value_freight, d.total AS value_total
FROM violations AS v JOIN sale_documents AS d ON v.table_name = 'sale_documents' AND d.document = v.document
WHERE d._duplicate_record IS NULL

-- section: evidence
SELECT v.table_name, v.supplier, v.document, v.period_start, v.period_end,
       row_number() OVER (PARTITION BY v.table_name, v.supplier, v.document ORDER BY s._file_id, s._record) AS ordinal, 'line' AS role,
       s._file_id, s._record, s._line, s.document AS key_document, s.type AS value_type, s.qty AS value_qty,
       s.unit_price AS value_unit_price, s.line_total AS value_line_total, s.tax AS value_tax
FROM violations AS v JOIN sales AS s ON v.table_name = 'sale_documents' AND s.document = v.document
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') <> 'no_sale'

-- section: evidence
SELECT v.table_name, v.supplier, v.document, v.period_start, v.period_end, 0 AS ordinal, 'header' AS role, d._file_id, d._record, d._line,
       d.document AS key_document, d.subtotal AS value_subtotal, d.discount_amount AS value_discount_amount, d.tax AS value_tax,
       d.freight AS value_freight, d.total AS value_total
FROM violations AS v
JOIN invoice_documents AS d ON v.table_name = 'invoice_documents' AND d.supplier IS NOT DISTINCT FROM v.supplier AND d.document = v.document
WHERE d._duplicate_record IS NULL

-- section: evidence
SELECT v.table_name, v.supplier, v.document, v.period_start, v.period_end,
       row_number() OVER (PARTITION BY v.table_name, v.supplier, v.document ORDER BY i._file_id, i._record) AS ordinal, 'line' AS role,
       i._file_id, i._record, i._line, i.document AS key_document, i.qty AS value_qty, i.unit_price AS value_unit_price,
       i.line_total AS value_line_total, i.tax AS value_tax, i.document_total AS value_document_total
FROM violations AS v
JOIN invoices AS i ON v.table_name <> 'sale_documents' AND i.supplier IS NOT DISTINCT FROM v.supplier AND i.document = v.document
WHERE i._duplicate_record IS NULL
