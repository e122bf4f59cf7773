/* ---
id: V-016
version: 2
kind: set
title: {en: Values outside their range, es: Valores fuera de su intervalo}
severity: high
grain: column
unit: cells
identity: [table_name, column_name, kind]
needs:
  columns: [table_name, column_name, file_id, source_column]
  files: [file_id, name]
optional:
  movements: [movement, qty]
  sales: [document, line, qty, unit_price, discount]
  products: [product, unit_cost, unit_price]
  suppliers: [supplier, quoted_lead_days]
  purchases: [document, line, qty, unit_cost]
  invoices: [document, line, qty, unit_price, discount]
  receipts: [document, line, qty, unit_cost]
parameters:
  percent_share: {default: "0.9", type: decimal, meaning: "share of a file's discounts above 1 from which they are written in percent, if all lie between 0 and 100"}
impact: none, because what the right value would be is not known
recoverable: false
explains: []
entities: [table_name, column_name]
texts:
  finding:
    en: "{where_en}: {row_count:,} of {cells:,} {cells:value|values} of {source_column} {row_count:is|are} {what_en} (from {least:,} to {greatest:,})"
    es: "{where_es}: {row_count:,} de {cells:,} {cells:valor|valores} de {source_column} {row_count:es|son} {what_es} (de {least:,} a {greatest:,})"
explanation:
  en: >-
    A negative price or cost, a discount of more than all or less than nothing and a lead time before the order cannot be.
    A quantity of 0 moves nothing, a price of 0 may be a sample or a gift, a cost of 0 goods on consignment: these may be
    honest and are told with less weight. A column of discounts that lie between 0 and 100 and mostly above 1 is written in
    percent: told as such, for rules take it as a share.
  es: >-
    Un precio o coste negativo, un descuento mayor que todo o menor que nada y un plazo anterior al pedido no pueden ser.
    Una cantidad 0 no mueve nada, un precio 0 puede ser una muestra o un regalo, un coste 0 mercancía en depósito: pueden
    ser honestos y pesan menos. Una columna de descuentos entre 0 y 100 y casi todos por encima de 1 está en tanto por ciento:
    se señala así, pues las reglas la toman por una parte de uno.
remedy:
  en: "Look at the rows: correct what is a slip, and give gifts, samples and consignment a type or reason of their own."
  es: "Mire las filas: corrija los deslices y dé a regalos, muestras y depósitos un tipo o motivo propio."
words:
  kind: {es: clase}
  negatives: {es: negativos}
  zeros: {es: ceros}
  zero: {es: cero}
  negative: {es: negativo}
  outside: {en: outside 0 to 1, es: fuera de 0 a 1}
  percent: {en: shares in percent, es: partes en tanto por ciento}
  cells: {es: celdas}
  least: {en: smallest, es: menor}
  greatest: {en: greatest, es: mayor}
source: "Range checks of audit software and data-quality tools"
--- */

-- section: population
-- All values that are told, one row each, and none of the rest. Rows that repeat another are left out.
WITH checked AS (
    SELECT 'movements' AS table_name, 'qty' AS column_name, qty AS v, movement AS key, _file_id, _record, _line FROM movements WHERE qty = 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'sales', 'qty', qty, document, _file_id, _record, _line FROM sales WHERE qty = 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'sales', 'unit_price', unit_price, document, _file_id, _record, _line FROM sales WHERE unit_price <= 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'sales', 'discount', discount, document, _file_id, _record, _line FROM sales WHERE (discount < 0 OR discount > 1) AND _duplicate_record IS NULL
    UNION ALL SELECT 'products', 'unit_cost', unit_cost, product, _file_id, _record, _line FROM products WHERE unit_cost <= 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'products', 'unit_price', unit_price, product, _file_id, _record, _line FROM products WHERE unit_price <= 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'suppliers', 'quoted_lead_days', quoted_lead_days, supplier, _file_id, _record, _line FROM suppliers WHERE quoted_lead_days < 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'purchases', 'qty', qty, document, _file_id, _record, _line FROM purchases WHERE qty = 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'purchases', 'unit_cost', unit_cost, document, _file_id, _record, _line FROM purchases WHERE unit_cost <= 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'qty', qty, document, _file_id, _record, _line FROM invoices WHERE qty = 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'unit_price', unit_price, document, _file_id, _record, _line FROM invoices WHERE unit_price <= 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'discount', discount, document, _file_id, _record, _line FROM invoices WHERE (discount < 0 OR discount > 1) AND _duplicate_record IS NULL
    UNION ALL SELECT 'receipts', 'qty', qty, document, _file_id, _record, _line FROM receipts WHERE qty = 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'receipts', 'unit_cost', unit_cost, document, _file_id, _record, _line FROM receipts WHERE unit_cost <= 0 AND _duplicate_record IS NULL
), discounts AS (
    SELECT 'sales' AS table_name, _file_id, discount FROM sales WHERE discount <> 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', _file_id, discount FROM invoices WHERE discount <> 0 AND _duplicate_record IS NULL
), percents AS (
    SELECT table_name, _file_id FROM discounts GROUP BY table_name, _file_id
    HAVING min(discount) > 0 AND max(discount) <= 100 AND count(*) FILTER (discount > 1) >= $percent_share * count(*)
)
SELECT c.*, f.name AS file,
       CASE WHEN c.column_name = 'discount' AND p._file_id IS NOT NULL THEN 'percent' WHEN c.column_name = 'discount' THEN 'outside'
            WHEN c.v < 0 THEN 'negative' ELSE 'zero' END AS kind
FROM checked AS c
JOIN files AS f ON f.file_id = c._file_id
LEFT JOIN percents AS p ON p.table_name = c.table_name AND p._file_id = c._file_id

-- section: violations
WITH filled AS (
    SELECT 'movements' AS table_name, 'qty' AS column_name, count(qty) AS cells FROM movements WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'sales', 'qty', count(qty) FROM sales WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'sales', 'unit_price', count(unit_price) FROM sales WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'sales', 'discount', count(discount) FROM sales WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'products', 'unit_cost', count(unit_cost) FROM products WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'products', 'unit_price', count(unit_price) FROM products WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'suppliers', 'quoted_lead_days', count(quoted_lead_days) FROM suppliers WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'purchases', 'qty', count(qty) FROM purchases WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'purchases', 'unit_cost', count(unit_cost) FROM purchases WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'qty', count(qty) FROM invoices WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'unit_price', count(unit_price) FROM invoices WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'discount', count(discount) FROM invoices WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'receipts', 'qty', count(qty) FROM receipts WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'receipts', 'unit_cost', count(unit_cost) FROM receipts WHERE _duplicate_record IS NULL
), told AS (
    SELECT table_name, column_name, kind, CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' files' END AS where_en,
           CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' archivos' END AS where_es,
           count(*) AS row_count, min(_file_id) AS file_id, min(v) AS least, max(v) AS greatest
    FROM population
    GROUP BY table_name, column_name, kind
)
SELECT t.table_name, t.column_name, t.kind, t.where_en, t.where_es, coalesce(c.source_column, t.column_name) AS source_column,
       t.row_count, n.cells, t.least, t.greatest,
       CASE WHEN t.kind = 'percent' THEN 'medium' WHEN t.kind <> 'zero' THEN 'high' WHEN t.column_name = 'unit_cost' AND t.table_name = 'products' THEN 'medium' ELSE 'low' END AS severity,
       CASE t.kind WHEN 'zero' THEN '0' WHEN 'negative' THEN 'below 0' WHEN 'percent' THEN 'percent, where a share of 1 is expected' ELSE 'not between 0 and 1' END AS what_en,
       CASE t.kind WHEN 'zero' THEN '0' WHEN 'negative' THEN 'menores que 0' WHEN 'percent' THEN 'tanto por ciento donde se espera una parte de 1' ELSE 'distintos de entre 0 y 1' END AS what_es
FROM told AS t
JOIN filled AS n ON n.table_name = t.table_name AND n.column_name = t.column_name
LEFT JOIN columns AS c ON c.table_name = t.table_name AND c.column_name = t.column_name AND c.file_id = t.file_id

-- section: evaluated
WITH numbers AS (
    SELECT count(qty) AS n FROM movements WHERE _duplicate_record IS NULL
    UNION ALL SELECT count(qty) + count(unit_price) + count(discount) FROM sales WHERE _duplicate_record IS NULL
    UNION ALL SELECT count(unit_cost) + count(unit_price) FROM products WHERE _duplicate_record IS NULL
    UNION ALL SELECT count(quoted_lead_days) FROM suppliers WHERE _duplicate_record IS NULL
    UNION ALL SELECT count(qty) + count(unit_cost) FROM purchases WHERE _duplicate_record IS NULL
    UNION ALL SELECT count(qty) + count(unit_price) + count(discount) FROM invoices WHERE _duplicate_record IS NULL
    UNION ALL SELECT count(qty) + count(unit_cost) FROM receipts WHERE _duplicate_record IS NULL
)
SELECT coalesce(sum(n), 0)::BIGINT AS evaluated, (SELECT count(*) FROM population) AS failed FROM numbers

-- section: facts
SELECT count(*) FILTER (kind = 'zero') AS zeros, count(*) FILTER (kind = 'negative') AS negatives, count(*) FILTER (kind IN ('outside', 'percent')) AS outside
FROM population

-- section: evidence
SELECT table_name, column_name, kind, kind AS role, _file_id, _record, _line, key AS key_document, v AS value_value
FROM population
