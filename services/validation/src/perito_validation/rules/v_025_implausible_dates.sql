/* ---
id: V-025
version: 1
kind: set
title: {en: Dates after the books end or long before they begin, es: Fechas posteriores al fin de los libros o muy anteriores a su inicio}
severity: high
grain: column
unit: dates
identity: [table_name, column_name, side]
needs:
  files: [file_id, name]
one_of: [sales.ts, movements.ts, purchases.ordered_at, receipts.ts, invoices.invoiced_at, returns.ts, counts.ts, transfers.out_ts, inventory.snapshot_date]
optional:
  sales: [document, ts]
  movements: [movement, ts]
  purchases: [document, ordered_at]
  receipts: [document, ts]
  invoices: [document, invoiced_at]
  returns: [return_document, ts]
  counts: [product, ts]
  transfers: [transfer, out_ts]
  inventory: [product, snapshot_date]
  feeds: [file_name, table_name, extracted_at]
uses: [book_span]
parameters:
  company_start: {default: "", type: date, meaning: "first day of the business, as 2009-05-01; with an empty one only what lies five silent years before all other rows is too early"}
  ahead_days: {default: 31, type: integer, meaning: "days after a stated extraction within which a document may have been dated ahead on purpose; it is told with less weight"}
impact: none, because a date has no amount; what stands in the wrong period shows where the books stop adding up
recoverable: false
explains: []
entities: [table_name, column_name]
texts:
  finding:
    en: "{where_en}: {row_count:,} of {dates:,} {dates:value|values} of {column_name:name} in {table_name:name} {row_count:lies|lie} {what_en} {bound} (from {first_date} to {last_date})"
    es: "{where_es}: {row_count:,} de {dates:,} {dates:valor|valores} de {column_name:name} en {table_name:name} {row_count:queda|quedan} {what_es} {bound} (del {first_date} al {last_date})"
explanation:
  en: >-
    What has not happened yet cannot stand in the books as done. The end is the time of extraction where feeds state it, and
    one day more for clocks of other zones; else the last day of which the books speak, which is the one after which hardly a
    row of any table follows, and these only after a quarter of silence. Only dates of what happened are looked at: promised,
    due and expiry dates lie in the future honestly. Orders dated ahead weigh less, and so does a column of which a
    twentieth lies after the stated extraction, for that is of another run. What nobody can have meant is left out of series and closings.
  es: >-
    Lo que aún no ha ocurrido no puede constar como hecho. El fin es el momento de extracción si las entregas lo indican, con
    un día más por los relojes de otras zonas; si no, el último día del que hablan los libros: aquel tras el cual apenas
    sigue una fila de alguna tabla, y solo tras un trimestre de silencio. Solo se miran fechas de lo ocurrido: las prometidas,
    de vencimiento y de caducidad están en el futuro con razón. Los pedidos con fecha adelantada pesan menos, y también una
    columna de la que un vigésimo queda tras la extracción indicada, que será de otra ejecución. Lo que nadie pudo querer decir no entra en series ni cierres.
remedy:
  en: "Look at the rows: usually the year is mistyped, or day, month and year were read in the wrong order."
  es: "Mire las filas: suele ser un año mal escrito, o día, mes y año leídos en otro orden."
words:
  side: {es: lado}
  dates: {es: fechas}
  bound: {en: limit, es: límite}
  basis: {en: what the limit rests on, es: en qué se basa el límite}
  first_date: {en: first date, es: primera fecha}
  last_date: {en: last date, es: última fecha}
  future: {es: futura}
  ancient: {es: antigua}
  code: {es: código}
  date: {es: fecha}
  first_day: {en: first day of the books, es: primer día de los libros}
  last_day: {en: last day of the books, es: último día de los libros}
source: "Date plausibility tests of audit software (ACL, IDEA)"
--- */

-- section: population
-- One row per file, column and day that lies outside, and one for all that lie inside.
WITH stated AS (
    SELECT file_name, (max(extracted_at) + INTERVAL 1 DAY)::DATE AS ends
    FROM feeds
    WHERE _duplicate_record IS NULL AND file_name IS NOT NULL AND extracted_at IS NOT NULL
    GROUP BY file_name
), limits AS (
    SELECT f.file_id, f.name AS file, b.first_day, b.last_day, coalesce(s.ends, b.last_day) AS ends, s.ends IS NOT NULL AS is_stated,
           coalesce(nullif($company_start::VARCHAR, '')::DATE, b.first_day) AS starts
    FROM files AS f
    CROSS JOIN book_span AS b
    LEFT JOIN stated AS s ON s.file_name = f.name
), dated AS (
    SELECT 'sales' AS table_name, 'ts' AS column_name, _file_id, ts_date AS day, count(*) AS rows FROM sales WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, ts_date
    UNION ALL SELECT 'movements', 'ts', _file_id, ts_date, count(*) FROM movements WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, ts_date
    UNION ALL SELECT 'purchases', 'ordered_at', _file_id, ordered_at_date, count(*) FROM purchases WHERE ordered_at_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, ordered_at_date
    UNION ALL SELECT 'receipts', 'ts', _file_id, ts_date, count(*) FROM receipts WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, ts_date
    UNION ALL SELECT 'invoices', 'invoiced_at', _file_id, invoiced_at_date, count(*) FROM invoices WHERE invoiced_at_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, invoiced_at_date
    UNION ALL SELECT 'returns', 'ts', _file_id, ts_date, count(*) FROM returns WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, ts_date
    UNION ALL SELECT 'counts', 'ts', _file_id, ts_date, count(*) FROM counts WHERE ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, ts_date
    UNION ALL SELECT 'transfers', 'out_ts', _file_id, out_ts_date, count(*) FROM transfers WHERE out_ts_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, out_ts_date
    UNION ALL SELECT 'inventory', 'snapshot_date', _file_id, snapshot_date, count(*) FROM inventory WHERE snapshot_date IS NOT NULL AND _duplicate_record IS NULL GROUP BY _file_id, snapshot_date
)
SELECT d.table_name, d.column_name, d._file_id, d.day, d.rows, l.file, l.ends, l.starts, l.is_stated,
       CASE WHEN d.day > l.ends THEN 'future' WHEN d.day < l.starts THEN 'ancient' ELSE 'inside' END AS side,
       l.is_stated AND d.day <= l.ends + $ahead_days::INTEGER AS dated_ahead
FROM dated AS d JOIN limits AS l ON l.file_id = d._file_id

-- section: violations
WITH totals AS (
    SELECT table_name, column_name, sum(rows)::BIGINT AS dates FROM population GROUP BY table_name, column_name
)
SELECT p.table_name, p.column_name, p.side, CASE WHEN count(DISTINCT p.file) = 1 THEN min(p.file) ELSE count(DISTINCT p.file) || ' files' END AS where_en,
       CASE WHEN count(DISTINCT p.file) = 1 THEN min(p.file) ELSE count(DISTINCT p.file) || ' archivos' END AS where_es,
       sum(p.rows)::BIGINT AS row_count, min(t.dates) AS dates, min(p.day) AS first_date,
       max(p.day) AS last_date, CASE p.side WHEN 'future' THEN min(p.ends) ELSE min(p.starts) END AS bound,
       -- Orders are planned ahead; and where a twentieth of a column lies after a stated extraction, the statement is of another run.
       CASE WHEN p.side = 'future' AND (bool_and(p.dated_ahead) OR p.table_name = 'purchases' OR (bool_and(p.is_stated) AND sum(p.rows) >= 20 AND 20 * sum(p.rows) > min(t.dates)))
            THEN 'medium' ELSE 'high' END AS severity,
       CASE WHEN p.side = 'ancient' THEN CASE WHEN $company_start::VARCHAR = '' THEN 'the books' ELSE 'parameter' END
            WHEN bool_and(p.is_stated) THEN 'extraction' ELSE 'the books' END AS basis,
       CASE p.side WHEN 'future' THEN 'after the end of the books,' ELSE 'before the beginning of the books,' END AS what_en,
       CASE p.side WHEN 'future' THEN 'tras el fin de los libros,' ELSE 'antes del inicio de los libros,' END AS what_es
FROM population AS p
JOIN totals AS t ON t.table_name = p.table_name AND t.column_name = p.column_name
WHERE p.side <> 'inside'
GROUP BY p.table_name, p.column_name, p.side

-- section: evaluated
SELECT coalesce(sum(rows), 0)::BIGINT AS evaluated, coalesce(sum(rows) FILTER (side <> 'inside'), 0)::BIGINT AS failed FROM population

-- section: facts
SELECT first_day, last_day FROM book_span

-- section: evidence
WITH dated AS (
    SELECT 'sales' AS table_name, 'ts' AS column_name, ts_date AS day, document AS code, _file_id, _record, _line FROM sales WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'movements', 'ts', ts_date, movement, _file_id, _record, _line FROM movements WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'purchases', 'ordered_at', ordered_at_date, document, _file_id, _record, _line FROM purchases WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'receipts', 'ts', ts_date, document, _file_id, _record, _line FROM receipts WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'invoices', 'invoiced_at', invoiced_at_date, document, _file_id, _record, _line FROM invoices WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'returns', 'ts', ts_date, return_document, _file_id, _record, _line FROM returns WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'counts', 'ts', ts_date, product, _file_id, _record, _line FROM counts WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'transfers', 'out_ts', out_ts_date, transfer, _file_id, _record, _line FROM transfers WHERE _duplicate_record IS NULL
    UNION ALL SELECT 'inventory', 'snapshot_date', snapshot_date, product, _file_id, _record, _line FROM inventory WHERE _duplicate_record IS NULL
)
SELECT p.table_name, p.column_name, p.side, p.side AS role, r._file_id, r._record, r._line, r.code AS key_code, r.day AS value_date
FROM population AS p
JOIN dated AS r ON r.table_name = p.table_name AND r.column_name = p.column_name AND r._file_id = p._file_id AND r.day = p.day
WHERE p.side <> 'inside'
