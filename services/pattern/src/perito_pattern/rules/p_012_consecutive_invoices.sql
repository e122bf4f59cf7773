/* ---
id: P-012
version: 1
kind: set
title: {en: Supplier whose invoice numbers are consecutive, es: Proveedor con números de factura consecutivos}
severity: medium
grain: supplier
unit: suppliers
identity: [supplier, stem, first_number]
needs:
  invoices: [supplier, document, invoiced_at]
optional:
  invoices: [supplier_number, line, posted_at, purchase_document, product, location, qty, line_total, document_total, status]
uses: [invoice_entries]
parameters:
  least_invoices: {default: 5, type: integer, meaning: "invoices, on as many days, that must follow each other"}
  largest_step: {default: 2, type: integer, meaning: "difference of two numbers that still follow each other: one number may be missing"}
  least_days: {default: 30, type: integer, meaning: "days that they must span; a pad that came at once says nothing"}
  least_share: {default: "0.8", type: decimal, meaning: "share of the supplier's invoices of that time that they must be"}
  most_suppliers: {default: "0.2", type: decimal, meaning: "share of suppliers with consecutive numbers above which the numbers are the books' own"}
  least_others: {default: 3, type: integer, meaning: "suppliers whose numbers do not follow each other, without which nothing is told"}
impact: none, because a number costs nothing
recoverable: false
explains: []
entities: [supplier]
partition_by: [supplier]
texts:
  finding:
    en: "Supplier {supplier}: {invoices:,} invoices in {days:,} {days:day|days} are numbered {first_document} to {last_document}, as if nobody else bought there"
    es: "Proveedor {supplier}: {invoices:,} facturas en {days:,} {days:día|días} van del {first_document} al {last_document}, como si nadie más le comprara"
explanation:
  en: >-
    A supplier with other customers has gaps between the invoices that one of them gets. Numbers that follow each other over
    weeks mean that there are no others, as with a firm that exists on paper only. A small firm may honestly live on one
    customer, so it is a reason to look. Several invoices of one day count once. Where a fifth of the suppliers have such
    numbers, they were given by the books and nothing is told.
  es: >-
    Un proveedor con más clientes tiene huecos entre las facturas que recibe uno de ellos. Números seguidos durante semanas
    indican que no hay otros, como en una empresa que solo existe sobre el papel. Una empresa pequeña puede vivir de un solo
    cliente, por lo que solo es motivo para mirar. Varias facturas de un día cuentan una vez. Si un quinto de los
    proveedores tiene tales números, los puso la contabilidad y no se indica nada.
remedy:
  en: "Look the supplier up in the trade register, visit its address, and see who entered it and who approves its invoices."
  es: "Busque al proveedor en el registro mercantil, visite su domicilio y vea quién lo dio de alta y quién aprueba sus facturas."
words:
  suppliers: {es: proveedores}
  stem: {en: beginning of the numbers, es: comienzo de los números}
  first_number: {es: primer número}
  first_document: {es: primera factura}
  last_document: {es: última factura}
  suppliers_compared: {es: proveedores comparados}
  suppliers_with_consecutive_numbers: {es: proveedores con números seguidos}
  invoice: {es: factura}
source: "Shell-company tests of fraud examination (ACFE)"
--- */

-- section: population
-- One row per invoice with a number at its end. Letters before it must be the same.
SELECT supplier, entry, printed, day, document, regexp_replace(printed, '\d+$', '') AS stem,
       try_cast(regexp_extract(printed, '\d{1,18}$') AS BIGINT) AS number
FROM invoice_entries
WHERE place = entry AND supplier IS NOT NULL AND day IS NOT NULL AND nth_of_number = 1 AND regexp_full_match(printed, '.*\d')

-- section: violations
WITH numbered AS (
    SELECT supplier, stem, number, min(day) AS day, min(printed) AS printed
    FROM population WHERE number IS NOT NULL GROUP BY supplier, stem, number
), followed AS (
    SELECT supplier, stem, number, day, printed,
           coalesce(number - lag(number) OVER w <= $largest_step AND day >= lag(day) OVER w, false) AS follows
    FROM numbered
    WINDOW w AS (PARTITION BY supplier, stem ORDER BY number)
), runs AS (
    SELECT supplier, stem, number, day, printed,
           sum(CASE WHEN follows THEN 0 ELSE 1 END) OVER (PARTITION BY supplier, stem ORDER BY number) AS run
    FROM followed
), found AS (
    SELECT supplier, stem, run, min(number) AS first_number, max(number) AS last_number, count(*) AS invoices,
           count(DISTINCT day) AS different_days, min(day) AS period_start, max(day) AS period_end,
           first(printed ORDER BY number) AS first_document, last(printed ORDER BY number) AS last_document
    FROM runs GROUP BY supplier, stem, run
    HAVING count(DISTINCT day) >= $least_invoices AND date_diff('day', min(day), max(day)) >= $least_days
), at_that_time AS (
    SELECT f.supplier, f.stem, f.run, count(*) AS invoices
    FROM found AS f JOIN population AS p ON p.supplier = f.supplier AND p.day BETWEEN f.period_start AND f.period_end
    GROUP BY f.supplier, f.stem, f.run
), judged AS (
    SELECT f.supplier, f.stem, f.first_number, f.last_number, f.invoices, f.different_days, f.period_start, f.period_end,
           f.first_document, f.last_document
    FROM found AS f JOIN at_that_time AS a ON a.supplier = f.supplier AND a.stem = f.stem AND a.run = f.run
    WHERE f.invoices >= $least_share * a.invoices
), counted AS (
    SELECT (SELECT count(*) FROM (SELECT supplier FROM population GROUP BY supplier
                                  HAVING count(DISTINCT day) >= $least_invoices) AS s) AS compared,
           (SELECT count(DISTINCT supplier) FROM judged) AS consecutive
)
SELECT j.supplier, j.stem, j.first_number, j.last_number, j.invoices, j.different_days, j.period_start, j.period_end,
       date_diff('day', j.period_start, j.period_end) AS days, j.first_document, j.last_document, j.invoices AS row_count
FROM judged AS j CROSS JOIN counted AS c
WHERE c.compared - c.consecutive >= $least_others
  AND (c.consecutive <= $most_suppliers * c.compared OR c.consecutive = 1)

-- section: evaluated
WITH compared AS (
    SELECT supplier, count(DISTINCT day) AS days FROM population GROUP BY supplier
)
SELECT count(*) AS evaluated, (SELECT count(DISTINCT supplier) FROM violations) AS failed,
       count(*) FILTER (WHERE days < $least_invoices) AS unknown
FROM compared

-- section: facts
SELECT count(DISTINCT supplier) AS suppliers_compared,
       (SELECT count(DISTINCT supplier) FROM violations) AS suppliers_with_consecutive_numbers
FROM population

-- section: evidence
SELECT v.supplier, v.stem, v.first_number, v.period_start, v.period_end, 'invoice' AS role, p.number AS ordinal,
       'invoices' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.printed AS value_number, l.day AS value_invoiced_on,
       l.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p.supplier = v.supplier AND p.stem = v.stem AND p.number BETWEEN v.first_number AND v.last_number
JOIN invoice_entries AS l ON l.entry = p.entry AND l.place = l.entry
