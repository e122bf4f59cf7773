/* ---
id: V-002
version: 1
kind: set
title: {en: Records and headers that do not have the form of the table, es: Registros y encabezados que no tienen la forma de la tabla}
severity: high
grain: file
unit: records
identity: [file, kind]
needs:
  files: [file_id, name, records, rejected_records, blank_lines, reader]
  rejected_records: [file_id, record, line, reason, raw]
  transformations: [ordinal, file_id, kind, cells, example_before, example_after]
parameters:
  reasons: {default: 10, type: integer, meaning: "reasons that a finding lists"}
position_bound: because it tells the form of a file
impact: none, because a record that cannot be read has no amount; what it hides shows where the books stop adding up
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} {what_en}"
    es: "{file}: {row_count:,} {what_es}"
explanation:
  en: >-
    A record with too few or too many cells, or with a quote that is never closed, is set aside: its cells cannot be told
    apart; so is a total below the last record. Blank lines are passed over. A header that stands twice or is blank gets a
    name of its own, so that its column can be named in a mapping.
  es: >-
    Un registro con menos o más celdas de las debidas, o con una comilla que no se cierra, se aparta: sus celdas no se
    distinguen; también un total bajo el último registro. Las líneas en blanco se pasan por alto. Un encabezado repetido o
    vacío recibe un nombre propio, para que el mapeo pueda nombrar su columna.
remedy:
  en: "Correct the export: quote texts that hold the delimiter or a line break, and give every column its own name."
  es: "Corrija la exportación: entrecomille los textos con el separador o un salto de línea y dé a cada columna su nombre."
words:
  after: {es: después}
  before: {es: antes}
  kind: {es: clase}
  raw: {es: texto}
  reasons: {es: motivos}
  rejected: {en: set aside, es: apartado}
  header_repeated: {en: repeated header, es: encabezado repetido}
  header_blank: {en: blank header, es: encabezado vacío}
  stray_quote: {en: stray quote, es: comilla suelta}
  blank_lines: {en: blank lines, es: líneas en blanco}
  rejected_records: {en: records set aside, es: registros apartados}
source: "RFC 4180; structure checks of frictionless data"
--- */

-- section: violations
WITH counted AS (
    SELECT file_id, reason, count(*) AS records FROM rejected_records GROUP BY file_id, reason
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY file_id ORDER BY records DESC, reason) AS place FROM counted
), told AS (
    SELECT file_id, sum(records)::BIGINT AS row_count, bool_and(reason = 'total_line') AS totals_only,
           list({'reason': reason, 'records': records} ORDER BY records DESC, reason) FILTER (place <= $reasons) AS reasons
    FROM ranked
    GROUP BY file_id
)
SELECT f.name AS file, 'rejected' AS kind, CASE WHEN r.totals_only THEN 'info' ELSE 'high' END AS severity, r.row_count,
       'records are no rows of the table and were set aside' AS what_en,
       'registros no son filas de la tabla y se apartaron' AS what_es,
       r.reasons
FROM told AS r JOIN files AS f ON f.file_id = r.file_id
UNION ALL
SELECT f.name, t.kind, CASE WHEN t.kind = 'header_blank' THEN 'low' ELSE 'medium' END, sum(t.cells)::BIGINT,
       CASE t.kind WHEN 'header_repeated' THEN 'headers repeat an earlier one and were numbered'
            WHEN 'header_blank' THEN 'columns have no header and were numbered' ELSE 'quotes stand inside cells that are not quoted' END,
       CASE t.kind WHEN 'header_repeated' THEN 'encabezados repiten otro anterior y se numeraron'
            WHEN 'header_blank' THEN 'columnas no tienen encabezado y se numeraron' ELSE 'comillas están dentro de celdas sin entrecomillar' END,
       NULL
FROM transformations AS t JOIN files AS f ON f.file_id = t.file_id
WHERE t.kind IN ('header_repeated', 'header_blank', 'stray_quote')
GROUP BY f.name, t.kind
UNION ALL
SELECT name, 'blank_lines', 'info', sum(blank_lines)::BIGINT, 'blank lines were passed over', 'líneas en blanco se pasaron por alto', NULL
FROM files
WHERE blank_lines > 0
GROUP BY name

-- section: evaluated
SELECT coalesce(sum(records), 0)::BIGINT AS evaluated, (SELECT count(*) FROM rejected_records) AS failed FROM files

-- section: facts
SELECT (SELECT count(*) FROM rejected_records) AS rejected_records, coalesce(sum(blank_lines), 0)::BIGINT AS blank_lines FROM files

-- section: evidence
SELECT f.name AS file, 'rejected' AS kind, 'rejected' AS role, 'rejected_records' AS table_name,
       r.file_id AS _file_id, r.record AS _record, r.line AS _line, r.reason AS value_reason, left(r.raw, 200) AS value_raw
FROM rejected_records AS r JOIN files AS f ON f.file_id = r.file_id

-- section: evidence
SELECT f.name AS file, t.kind, t.kind AS role, 'transformations' AS table_name, t.file_id AS _file_id, NULL::BIGINT AS _record,
       NULL::BIGINT AS _line, t.ordinal, t.kind AS key_kind, t.example_before AS value_before, t.example_after AS value_after
FROM transformations AS t JOIN files AS f ON f.file_id = t.file_id
WHERE t.kind IN ('header_repeated', 'header_blank', 'stray_quote')
