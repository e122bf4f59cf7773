/* ---
id: V-026
version: 2
kind: set
title: {en: Rows outside the period under examination, es: Filas fuera del periodo examinado}
severity: info
grain: table
unit: dated rows
identity: [table_name, side]
needs:
  files: [file_id, name]
one_of: [period_start, period_end]
optional:
  sales: [document, line, ts, line_total]
  movements: [movement, ts, value_delta]
  invoices: [document, line, invoiced_at, line_total]
parameters:
  period_start: {default: "", type: date, meaning: "first day of the period, as 2025-01-31; with an empty one nothing is too early"}
  period_end: {default: "", type: date, meaning: "last day of the period; with an empty one nothing is too late"}
impact: none, because a row outside the period is not wrong; it belongs to another examination
recoverable: false
explains: []
entities: [table_name]
texts:
  finding:
    en: "{where_en}: {row_count:,} {row_count:row|rows} of {table_name:name} {row_count:lies|lie} {what_en} (amounts {amount:,})"
    es: "{where_es}: {row_count:,} {row_count:fila|filas} de {table_name:name} {row_count:queda|quedan} {what_es} (importes {amount:,})"
explanation:
  en: >-
    The rows were examined as well, and sums over a year may hold more than the year. Days are local days of the books.
    Without a stated period the rule does not apply.
  es: >-
    Las filas también se examinaron, y las sumas de un año pueden contener más que el año. Los días son los días locales de
    los libros. Sin un periodo indicado la regla no se aplica.
remedy:
  en: "State the period with which the figures are to be compared, or export the books for that period only."
  es: "Indique el periodo con el que se comparan las cifras, o exporte los libros solo de ese periodo."
words:
  "dated rows": {es: filas con fecha}
  before: {es: antes}
  after: {es: después}
  amount: {es: importe}
  side: {es: lado}
  first_day: {en: first day, es: primer día}
  last_day: {en: last day, es: último día}
source: "Cut-off procedures of auditing"
--- */

-- section: population
WITH bounds AS (
    SELECT nullif($period_start::VARCHAR, '')::DATE AS starts, nullif($period_end::VARCHAR, '')::DATE AS ends
), dated AS (
    SELECT 'sales' AS table_name, ts_date AS day, line_total AS amount, document AS key, _file_id, _record, _line FROM sales
    WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL
    UNION ALL SELECT 'movements', ts_date, value_delta, movement, _file_id, _record, _line FROM movements
    WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', invoiced_at_date, line_total, document, _file_id, _record, _line FROM invoices
    WHERE invoiced_at_date IS NOT NULL AND _duplicate_record IS NULL
)
SELECT d.*, f.name AS file, CASE WHEN d.day < b.starts THEN 'before' WHEN d.day > b.ends THEN 'after' ELSE 'inside' END AS side
FROM dated AS d JOIN files AS f ON f.file_id = d._file_id
CROSS JOIN bounds AS b

-- section: violations
SELECT table_name, side, CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' files' END AS where_en,
       CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' archivos' END AS where_es,
       count(*) AS row_count, sum(amount)::DECIMAL(38, 4) AS amount, min(day) AS first_day, max(day) AS last_day,
       CASE side WHEN 'before' THEN 'before the period' ELSE 'after the period' END AS what_en,
       CASE side WHEN 'before' THEN 'antes del periodo' ELSE 'después del periodo' END AS what_es
FROM population
WHERE side <> 'inside'
GROUP BY table_name, side

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (side <> 'inside') AS failed FROM population

-- section: facts
SELECT count(*) FILTER (side = 'before') AS before, count(*) FILTER (side = 'after') AS after FROM population

-- section: evidence
SELECT table_name, side, side AS role, _file_id, _record, _line, key AS key_document, day AS value_day, amount AS value_amount
FROM population
WHERE side <> 'inside'
