/* ---
id: V-010
version: 2
kind: set
title: {en: Rows that repeat another exactly, es: Filas que repiten otra exactamente}
severity: high
grain: table
unit: rows
identity: [table_name]
needs:
  duplicates: [table_name, file_id, record, line, first_file_id, first_record, first_line]
  columns: [table_name, file_id, cells]
  files: [file_id, name]
optional:
  sales: [document, line]
parameters:
  scan_share: {default: "0.5", type: decimal, meaning: "share of repetitions that stand among rows of their document that are there once, above which they may be scans"}
impact: none, because a repeated row costs nothing by itself; what it adds to sums shows where the books stop adding up
recoverable: false
explains: []
entities: [table_name]
texts:
  finding:
    en: "{where_en}: {repeated:,} {repeated:row repeats|rows repeat} an earlier row in every cell ({distinct_rows:,} different {distinct_rows:row|rows}){what_en}"
    es: "{where_es}: {repeated:,} {repeated:fila repite|filas repiten} una anterior en todas sus celdas ({distinct_rows:,} {distinct_rows:fila distinta|filas distintas}){what_es}"
explanation:
  en: >-
    A row equal to an earlier one in every cell of the file, mapped or not, was exported or entered twice. It stays in the
    tables, marked, and rules that sum leave it out. One export that ran twice repeats many rows, so a table is told as one
    finding; its evidence pairs each repetition with the row it repeats. Sales without line numbers weigh less where most
    repetitions stand in documents whose other rows are there once: a till writes an article scanned twice in that way.
  es: >-
    Una fila igual a otra anterior en todas las celdas del archivo, mapeadas o no, se exportó o capturó dos veces. Sigue en
    las tablas, marcada, y las reglas que suman la dejan fuera. Una exportación ejecutada dos veces repite muchas filas, por
    eso cada tabla es un solo hallazgo; su evidencia empareja cada repetición con la fila que repite. Las ventas sin número
    de línea pesan menos si casi todas las repeticiones están en documentos cuyas otras filas no se repiten: así escribe una
    caja un artículo pasado dos veces.
remedy:
  en: "Find out why the export or the interface delivered the rows twice, and load the file again without them."
  es: "Averigüe por qué la exportación o la interfaz entregó las filas dos veces y cargue el archivo sin ellas."
source: "Duplicate tests of audit software (ACL, IDEA)"
--- */

-- section: population
-- A file may feed several tables; a record that repeats another does so once, whatever it feeds.
SELECT d.file_id, d.record, min(d.line) AS line, min(f.name) AS file, min(d.table_name) AS table_name,
       min({'file_id': d.first_file_id, 'record': d.first_record, 'line': d.first_line, 'file': g.name}) AS first
FROM duplicates AS d
JOIN files AS f ON f.file_id = d.file_id
JOIN files AS g ON g.file_id = d.first_file_id
GROUP BY d.file_id, d.record

-- section: violations
-- An export that ran twice repeats whole documents. `scans`: repetitions in documents of which other rows are there once.
WITH numbered AS (
    SELECT count(line) > 0 AS has_lines FROM sales
), documents AS (
    SELECT s._file_id, s.document, count(*) FILTER (p.record IS NULL) AS first_rows,
           count(DISTINCT (p.first['file_id'], p.first['record'])) AS repeated_rows
    FROM sales AS s LEFT JOIN population AS p ON p.file_id = s._file_id AND p.record = s._record
    WHERE s.document IS NOT NULL
    GROUP BY s._file_id, s.document
    HAVING count(p.record) > 0
), told AS (
    SELECT p.table_name, p.file, p.first, NOT n.has_lines AND coalesce(d.first_rows > d.repeated_rows, false) AS is_scan
    FROM population AS p CROSS JOIN numbered AS n
    LEFT JOIN sales AS s ON s._file_id = p.file_id AND s._record = p.record
    LEFT JOIN documents AS d ON d._file_id = s._file_id AND d.document = s.document
), tables_told AS (
    SELECT table_name, count(*) AS row_count, count(DISTINCT (first['file_id'], first['record'])) AS distinct_rows,
           CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' files' END AS where_en,
           CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' archivos' END AS where_es,
           count(*) FILTER (is_scan) > $scan_share * count(*) AS are_scans
    FROM told GROUP BY table_name
)
SELECT table_name, where_en, where_es, row_count, row_count AS repeated, distinct_rows, CASE WHEN are_scans THEN 'medium' ELSE 'high' END AS severity,
       CASE WHEN are_scans THEN '; without line numbers they may be articles scanned twice' ELSE '' END AS what_en,
       CASE WHEN are_scans THEN '; sin números de línea pueden ser artículos pasados dos veces' ELSE '' END AS what_es
FROM tables_told

-- section: evaluated
SELECT coalesce(sum(rows), 0)::BIGINT AS evaluated, (SELECT count(*) FROM population) AS failed
FROM (SELECT file_id, max(cells) AS rows FROM columns GROUP BY file_id)

-- section: facts
SELECT count(*) AS repeated_rows, count(DISTINCT (first['file_id'], first['record'])) AS distinct_rows FROM population

-- section: evidence
SELECT table_name, 2 * row_number() OVER (PARTITION BY table_name ORDER BY file_id, record) AS ordinal, 'repetition' AS role,
       file_id AS _file_id, record AS _record, line AS _line, file AS key_file,
       first['file'] AS value_repeats_file, first['record'] AS value_repeats_record, first['line'] AS value_repeats_line
FROM population

-- section: evidence
SELECT table_name, 2 * row_number() OVER (PARTITION BY table_name ORDER BY file_id, record) - 1 AS ordinal, 'repeated' AS role,
       first['file_id'] AS _file_id, first['record'] AS _record, first['line'] AS _line,
       first['file'] AS key_file
FROM population
