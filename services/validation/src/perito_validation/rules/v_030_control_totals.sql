/* ---
id: V-030
version: 1
kind: set
title: {en: Totals that differ from what the sender states, es: Totales distintos de los que declara el emisor}
severity: critical
grain: file
unit: stated totals
identity: [file, measure, column_name]
needs:
  control_totals: [file_name, measure, value]
  files: [file_id, name, records]
  columns: [table_name, column_name, file_id, source_column]
optional:
  control_totals: [column_name]
  rejected_records: [file_id, record, reason]
  rejected_cells: [table_name, column_name, file_id, record]
  transformations: [file_id, table_name, column_name, kind]
  sales: [document, product, qty, line_total, tax]
  movements: [movement, product, qty, value_delta]
  inventory: [product, qty, value]
  purchases: [document, qty, line_total]
  receipts: [document, qty, line_total]
  invoices: [document, qty, line_total]
  returns: [return_document, qty, refund]
  counts: [product, counted_qty]
  payments: [payment, amount]
  gl_entries: [entry, debit, credit]
  products: [product]
position_bound: because totals are stated for a file
impact: none, because a difference of control totals says that something is missing or too much, not what it is worth
recoverable: false
explains: []
entities: [file]
unique: {summed: [file_id, table_name, column_name]}
texts:
  finding:
    en: "{file}: {what_en}: {measure_en} {expected:,} stated, {observed:,} found"
    es: "{file}: {what_es}: {measure_es} {expected:,} declarado, {observed:,} encontrado"
explanation:
  en: >-
    Whoever made a file states how many rows it has and what columns add up to. Sums are made of the cells as they stand in
    the file, before units and signs are changed, and of all rows, repeated ones too. A difference means that rows were lost
    or added on the way; where rows or cells could not be read, the file may be right and only what was loaded differs, which
    weighs less. Counts of one row too many may count the header: where a sum of that file agrees, or three files are counted
    so, nothing is told, else of medium severity. A stated total in whole units may be rounded. Hash totals add up the numbers of a column of codes.
    A total of a file or column that was not read, and hash totals of codes with letters, are unknown.
  es: >-
    Quien hizo un archivo declara cuántas filas tiene y cuánto suman sus columnas. Las sumas se hacen con las celdas como
    están en el archivo, antes de cambiar unidades y signos, y con todas las filas, también las repetidas. Una diferencia
    indica que se perdieron o añadieron filas en el camino; si hubo filas o celdas ilegibles, el archivo puede estar bien y
    difiere solo lo cargado, que pesa menos. Una cuenta con una fila de más puede contar la cabecera: si una suma de ese
    archivo coincide, o tres archivos se cuentan así, nada se informa; si no, con gravedad media. Un total declarado en unidades enteras puede estar redondeado. Los totales de
    control de códigos suman los números de una columna. Los totales de archivos o columnas no leídos, y los de códigos con
    letras, son desconocidos.
remedy:
  en: "Ask for the file again, and compare its size and its last lines with those that were received."
  es: "Pida el archivo de nuevo y compare su tamaño y sus últimas líneas con lo recibido."
words:
  "stated totals": {es: totales declarados}
  measure: {es: medida}
  rows: {es: filas}
  sum: {es: suma}
  hash: {es: total de control}
  side: {es: lado}
  delivered: {en: the file itself, es: el propio archivo}
  loaded: {en: what could be read, es: lo que se pudo leer}
  header: {en: one row too many, es: una fila de más}
  unreadable: {en: rows and cells that could not be read, es: filas y celdas ilegibles}
  in_base_units: {en: after conversion, es: tras la conversión}
  statement: {en: what was stated, es: lo declarado}
  agreeing: {en: totals that agree, es: totales que coinciden}
  value: {es: valor}
source: "Batch control totals and hash totals (ISACA application controls)"
--- */

-- section: population
WITH stated AS (
    SELECT file_name, measure, column_name, min(value) AS value
    FROM control_totals
    WHERE _duplicate_record IS NULL AND file_name IS NOT NULL AND measure IS NOT NULL
    GROUP BY file_name, measure, column_name
    HAVING count(*) = 1
), named AS (
    -- The column is named by its label in the file or by its canonical name.
    SELECT s.file_name, s.measure, s.column_name, s.value, f.file_id, f.name AS file, f.records, c.table_name, c.column_name AS canonical
    FROM stated AS s
    LEFT JOIN (SELECT name, min(file_id) AS file_id, min(records) AS records FROM files GROUP BY name HAVING count(*) = 1) AS f
      ON lower(f.name) = lower(s.file_name)
    LEFT JOIN columns AS c
      ON c.file_id = f.file_id AND s.measure <> 'rows' AND lower(s.column_name) IN (lower(c.source_column), lower(c.column_name))
    QUALIFY row_number() OVER (PARTITION BY s.file_name, s.measure, s.column_name
                               ORDER BY CASE WHEN lower(c.source_column) = lower(s.column_name) THEN 0 ELSE 1 END, f.name, c.file_id, c.table_name, c.column_name) = 1
), amounts AS (
    SELECT 'sales' AS table_name, 'qty' AS column_name, _file_id, qty AS v, qty_source AS s FROM sales
    UNION ALL SELECT 'sales', 'line_total', _file_id, line_total, line_total_source FROM sales
    UNION ALL SELECT 'sales', 'tax', _file_id, tax, tax_source FROM sales
    UNION ALL SELECT 'movements', 'qty', _file_id, qty, qty_source FROM movements
    UNION ALL SELECT 'movements', 'value_delta', _file_id, value_delta, value_delta_source FROM movements
    UNION ALL SELECT 'inventory', 'qty', _file_id, qty, qty_source FROM inventory
    UNION ALL SELECT 'inventory', 'value', _file_id, value, value_source FROM inventory
    UNION ALL SELECT 'purchases', 'qty', _file_id, qty, qty_source FROM purchases
    UNION ALL SELECT 'purchases', 'line_total', _file_id, line_total, line_total_source FROM purchases
    UNION ALL SELECT 'receipts', 'qty', _file_id, qty, qty_source FROM receipts
    UNION ALL SELECT 'receipts', 'line_total', _file_id, line_total, line_total_source FROM receipts
    UNION ALL SELECT 'invoices', 'qty', _file_id, qty, qty_source FROM invoices
    UNION ALL SELECT 'invoices', 'line_total', _file_id, line_total, line_total_source FROM invoices
    UNION ALL SELECT 'returns', 'qty', _file_id, qty, qty_source FROM returns
    UNION ALL SELECT 'returns', 'refund', _file_id, refund, refund_source FROM returns
    UNION ALL SELECT 'counts', 'counted_qty', _file_id, counted_qty, counted_qty_source FROM counts
    UNION ALL SELECT 'payments', 'amount', _file_id, amount, amount_source FROM payments
    UNION ALL SELECT 'gl_entries', 'debit', _file_id, debit, debit_source FROM gl_entries
    UNION ALL SELECT 'gl_entries', 'credit', _file_id, credit, credit_source FROM gl_entries
), codes AS (
    SELECT 'sales' AS table_name, 'document' AS column_name, _file_id, coalesce(document_source, document) AS code FROM sales
    UNION ALL SELECT 'sales', 'product', _file_id, coalesce(product_source, product) FROM sales
    UNION ALL SELECT 'movements', 'movement', _file_id, coalesce(movement_source, movement) FROM movements
    UNION ALL SELECT 'movements', 'product', _file_id, coalesce(product_source, product) FROM movements
    UNION ALL SELECT 'inventory', 'product', _file_id, coalesce(product_source, product) FROM inventory
    UNION ALL SELECT 'purchases', 'document', _file_id, coalesce(document_source, document) FROM purchases
    UNION ALL SELECT 'receipts', 'document', _file_id, coalesce(document_source, document) FROM receipts
    UNION ALL SELECT 'invoices', 'document', _file_id, coalesce(document_source, document) FROM invoices
    UNION ALL SELECT 'returns', 'return_document', _file_id, coalesce(return_document_source, return_document) FROM returns
    UNION ALL SELECT 'counts', 'product', _file_id, coalesce(product_source, product) FROM counts
    UNION ALL SELECT 'payments', 'payment', _file_id, coalesce(payment_source, payment) FROM payments
    UNION ALL SELECT 'gl_entries', 'entry', _file_id, coalesce(entry_source, entry) FROM gl_entries
    UNION ALL SELECT 'products', 'product', _file_id, coalesce(product_source, product) FROM products
), summed AS (
    SELECT a._file_id AS file_id, a.table_name, a.column_name, 'sum' AS measure,
           sum(CASE WHEN regexp_full_match(a.s, '[+-]?[0-9]+([.][0-9]+)?') THEN coalesce(try_cast(a.s AS DECIMAL(28, 4)), a.v) ELSE a.v END)::DECIMAL(38, 4) AS found,
           sum(a.v)::DECIMAL(38, 4) AS in_base_units,
           count(*) FILTER (a.v IS NOT NULL AND a.s IS NOT NULL AND NOT regexp_full_match(a.s, '[+-]?[0-9]+([.][0-9]+)?')) AS others
    FROM amounts AS a
    WHERE EXISTS (SELECT 1 FROM named AS n WHERE n.measure = 'sum' AND n.table_name = a.table_name AND n.canonical = a.column_name)
    GROUP BY a._file_id, a.table_name, a.column_name
    UNION ALL
    SELECT c._file_id, c.table_name, c.column_name, 'hash',
           CASE WHEN bool_and(regexp_full_match(c.code, '[0-9]{1,18}')) THEN sum(try_cast(c.code AS DECIMAL(38, 0)))::DECIMAL(38, 4) END, NULL, 0
    FROM codes AS c
    WHERE c.code IS NOT NULL
      AND EXISTS (SELECT 1 FROM named AS n WHERE n.measure = 'hash' AND n.table_name = c.table_name AND n.canonical = c.column_name)
    GROUP BY c._file_id, c.table_name, c.column_name
), converted AS (
    SELECT DISTINCT file_id, table_name, column_name FROM transformations WHERE kind = 'unit_conversion'
), aside AS (
    SELECT file_id, count(*) FILTER (reason <> 'total_line') AS records, count(*) FILTER (reason = 'total_line') AS totals
    FROM rejected_records GROUP BY file_id
), refused AS (
    SELECT file_id, table_name, column_name, count(*) AS cells FROM rejected_cells GROUP BY file_id, table_name, column_name
), matched AS (
    SELECT n.file_name AS file, n.measure, n.column_name, n.value, n.file_id,
           CASE WHEN n.measure = 'rows' THEN (n.records - coalesce(a.totals, 0))::DECIMAL(38, 4)
                WHEN v.file_id IS NULL OR s.others = 0 THEN s.found END AS found,
           s.in_base_units, coalesce(a.records, 0) + CASE WHEN n.measure = 'rows' THEN 0 ELSE coalesce(r.cells, 0) END AS unreadable,
           CASE WHEN n.measure <> 'sum' THEN 0.0 WHEN n.value = round(n.value, 0) THEN 0.5 WHEN n.value = round(n.value, 2) THEN 0.005 ELSE 0.00005 END AS slack
    FROM named AS n
    LEFT JOIN summed AS s ON s.file_id = n.file_id AND s.table_name = n.table_name AND s.column_name = n.canonical AND s.measure = n.measure
    LEFT JOIN converted AS v ON v.file_id = n.file_id AND v.table_name = n.table_name AND v.column_name = n.canonical
    LEFT JOIN aside AS a ON a.file_id = n.file_id
    LEFT JOIN refused AS r ON r.file_id = n.file_id AND r.table_name = n.table_name AND r.column_name = n.canonical
), compared AS (
    -- Sums of a file that agree say that all its rows are there.
    SELECT *, coalesce(bool_or(measure <> 'rows' AND abs(found - value) <= slack) OVER (PARTITION BY file), false) AS is_whole FROM matched
)
-- Counts that are one too many for every file count the headers.
SELECT *, CASE WHEN found IS NULL OR value IS NULL THEN NULL
               WHEN measure = 'rows' AND count(*) FILTER (measure = 'rows') OVER () >= 3
                    AND bool_and(measure <> 'rows' OR coalesce(value = found + 1, false)) OVER () THEN 'agrees'
               WHEN measure = 'rows' AND value = found + 1 AND unreadable = 0 AND bool_and(measure <> 'rows' OR coalesce(value = found + 1, true)) OVER ()
                    THEN CASE WHEN is_whole THEN 'agrees' ELSE 'header' END
               WHEN measure = 'rows' AND value = found - unreadable AND unreadable > 0 THEN 'agrees'
               WHEN abs(found - value) <= slack THEN CASE WHEN unreadable > 0 AND measure = 'rows' THEN 'loaded' ELSE 'agrees' END
               WHEN unreadable > 0 AND measure <> 'rows' THEN 'loaded' ELSE 'delivered' END AS side
FROM compared

-- section: violations
SELECT file, measure, column_name, side, value AS expected, CASE WHEN side = 'loaded' AND measure = 'rows' THEN found - unreadable ELSE found END AS observed,
       CASE WHEN side = 'loaded' AND measure = 'rows' THEN found - unreadable ELSE found END - value AS difference, in_base_units, unreadable,
       CASE side WHEN 'delivered' THEN 'critical' WHEN 'header' THEN 'medium' ELSE 'high' END AS severity,
       CASE side WHEN 'delivered' THEN 'the file is not what was sent' WHEN 'header' THEN 'a row is missing, or the header was counted' ELSE 'not all of it could be read' END AS what_en,
       CASE side WHEN 'delivered' THEN 'el archivo no es el que se envió' WHEN 'header' THEN 'falta una fila o se contó la cabecera' ELSE 'no todo se pudo leer' END AS what_es,
       CASE measure WHEN 'rows' THEN 'rows' WHEN 'sum' THEN 'sum of ' || column_name ELSE 'hash total of ' || column_name END AS measure_en,
       CASE measure WHEN 'rows' THEN 'filas' WHEN 'sum' THEN 'suma de ' || column_name ELSE 'total de control de ' || column_name END AS measure_es
FROM population
WHERE side IN ('delivered', 'loaded', 'header')

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (side IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (side = 'agrees') AS agreeing FROM population

-- section: evidence
SELECT v.file, v.measure, v.column_name, 'statement' AS role, 'control_totals' AS table_name, c._file_id, c._record, c._line,
       c.file_name AS key_file, c.column_name AS key_column, c.value AS value_value
FROM violations AS v
JOIN control_totals AS c ON c.file_name = v.file AND c.measure = v.measure AND c.column_name IS NOT DISTINCT FROM v.column_name
WHERE c._duplicate_record IS NULL
