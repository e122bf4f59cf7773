/* ---
id: invoice_entries
version: 1
kind: view
title: {en: Supplier invoices as entered, es: Facturas de proveedor tal como se registraron}
optional:
  invoices: [supplier, document, supplier_number, line, invoiced_at, posted_at, purchase_document, product, location, qty, line_total, document_total, status]
unique: {entries: [entry]}
--- */
-- One row per line; lines of one invoice as entered share `entry`, the place of the first of them. The same document with
-- another date is another entry; so is a line number that comes twice with the same product, quantity and amount. Without
-- line numbers equal lines may be honest and stay one entry. The first of several is that entered first; where nothing says
-- when, that with the lower number, never that which happens to stand first in a file.
WITH lines AS (
    SELECT supplier, document, line, coalesce(supplier_number, document) AS printed, product, qty, line_total, document_total,
           coalesce(invoiced_at_date, min(invoiced_at_date) OVER (PARTITION BY supplier, document)) AS day,
           coalesce(posted_at, invoiced_at) AS entered, purchase_document,
           location, _file_id, _record, _line, _file_id * 1000000000000 + _record AS place,
           CASE WHEN line IS NULL THEN 1 ELSE row_number() OVER (
               PARTITION BY supplier, document, supplier_number, invoiced_at_date, line, product, qty, line_total
               ORDER BY _file_id, _record
           ) END AS copy
    FROM invoices
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled'
), grouped AS (
    SELECT *, min(place) OVER (PARTITION BY supplier, document, printed, day, copy) AS entry,
           nullif(ltrim(translate(regexp_replace(upper(printed), '[^\p{L}\p{N}]', '', 'g'), 'OIL', '011'), '0'), '')
               AS normal
    FROM lines
), entries AS (
    SELECT entry, supplier, normal, day, min(entered) AS entered, min(printed) AS printed,
           (CASE WHEN count(line_total) = count(*) THEN sum(line_total) ELSE max(document_total) END)::DECIMAL(38, 4) AS total,
           supplier IS NOT NULL AND normal IS NOT NULL AS by_number
    FROM grouped
    GROUP BY entry, supplier, normal, day
), numbered AS (
    SELECT *, CASE WHEN by_number THEN row_number() OVER (
               PARTITION BY by_number, supplier, normal ORDER BY entered NULLS LAST, length(printed), printed, entry) ELSE 1 END AS nth_of_number
    FROM entries
), datable AS (
    -- Of several entries of one number only the first is compared by date and amount: the money is counted once.
    SELECT *, supplier IS NOT NULL AND nth_of_number = 1 AND day IS NOT NULL AND coalesce(total, 0) <> 0 AS by_date
    FROM numbered
), dated AS (
    SELECT *, CASE WHEN by_date THEN row_number() OVER (
               PARTITION BY by_date, supplier, day, total ORDER BY entered NULLS LAST, length(printed), printed, entry) ELSE 1 END AS nth_of_date
    FROM datable
), ranked AS (
    -- An invoice, its credit under the same number and the corrected invoice are one invoice, paid once.
    SELECT *, by_number AND count(*) OVER number > 1
              AND NOT coalesce(min(total) OVER number < 0 AND sum(total) OVER number <= max(total) OVER number
                               AND max(total) OVER number > 0 AND count(total) OVER number = count(*) OVER number, false)
              AS shares_number,
           by_date AND count(*) OVER (PARTITION BY by_date, supplier, day, total) > 1 AS shares_date
    FROM dated
    WINDOW number AS (PARTITION BY by_number, supplier, normal)
)
SELECT g.supplier, g.document, g.line, g.printed, g.product, g.location, g.qty, g.line_total, g.purchase_document, g.place,
       g._file_id, g._record, g._line,
       r.entry, r.normal, r.day, r.total, r.by_number, r.by_date, r.nth_of_number, r.nth_of_date,
       r.shares_number, r.shares_date
FROM grouped AS g JOIN ranked AS r ON r.entry = g.entry
