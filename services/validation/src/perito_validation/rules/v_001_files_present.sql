/* ---
id: V-001
version: 2
kind: set
title: {en: Files that are missing or were not read, es: Archivos que faltan o no se leyeron}
severity: info
grain: file
unit: files
identity: [kind, file]
needs:
  files: [file_id, name, records, reader, tables_json, declared_json]
  columns: [table_name, column_name, file_id, source_column]
optional:
  feeds: [file_name, table_name]
position_bound: because it tells which files there are
impact: none, because a file that was not read has no amounts; what it would have said is missing from the other rules
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {what_en}"
    es: "{file}: {what_es}"
explanation:
  en: >-
    A feed that the books announce must be there, and a file that is there must be read, or nobody has examined it. Where
    several files feed one table, a column that all others bring and one lacks is told as well, unless that one lacks more
    than it brings: then it is a list of another kind.
  es: >-
    Una entrega que los libros anuncian tiene que estar, y un archivo que está tiene que leerse; si no, nadie lo ha
    examinado. Si varios archivos alimentan una tabla, también se señala la columna que todos los demás traen y uno no, salvo que a
    este le falten más de las que trae: entonces es una lista de otra clase.
remedy:
  en: "Ask for the missing file or column, or name in the mapping what the unread file holds."
  es: "Pida el archivo o la columna que falta, o indique en el mapeo qué contiene el archivo no leído."
words:
  files_read: {en: files read, es: archivos leídos}
  kind: {es: clase}
  columns_missing: {es: columnas que faltan}
  missing_feed: {en: missing feed, es: entrega ausente}
  not_read: {en: not read, es: no leído}
  unreadable: {es: ilegible}
  missing_columns: {en: missing columns, es: columnas ausentes}
  files: {es: archivos}
unique: {lacking: [file_id, table_name, column_name]}
source: "Completeness of deliveries, as schema tests of dbt and Great Expectations check it"
--- */

-- section: violations
WITH fed AS (
    SELECT DISTINCT table_name, column_name, file_id FROM columns
), feeders AS (
    SELECT table_name, count(DISTINCT file_id) AS files FROM fed GROUP BY table_name
), brought AS (
    SELECT table_name, column_name, count(*) AS files FROM fed GROUP BY table_name, column_name
), lacking AS (
    SELECT t.file_id, t.table_name, b.column_name
    FROM (SELECT DISTINCT table_name, file_id FROM fed) AS t
    JOIN feeders AS n ON n.table_name = t.table_name AND n.files >= 3
    JOIN brought AS b ON b.table_name = t.table_name AND b.files = n.files - 1
    LEFT JOIN fed AS f ON f.table_name = t.table_name AND f.column_name = b.column_name AND f.file_id = t.file_id
    WHERE f.file_id IS NULL
    -- A file that lacks more than it brings is another kind of list (drawers that were opened, say), not an incomplete one.
    QUALIFY count(*) OVER (PARTITION BY t.file_id, t.table_name)
            <= (SELECT count(*) FROM fed AS own WHERE own.file_id = t.file_id AND own.table_name = t.table_name)
), lists AS (
    SELECT file_id, count(*) AS columns_lacking, string_agg(table_name || '.' || column_name, ', ' ORDER BY table_name, column_name) AS listed
    FROM lacking
    GROUP BY file_id
), announced AS (
    SELECT DISTINCT file_name FROM feeds WHERE file_name IS NOT NULL AND _duplicate_record IS NULL
)
SELECT 'missing_feed' AS kind, a.file_name AS file, 'critical' AS severity, 1 AS row_count, '' AS columns_missing,
       'the books announce it and it is not among the files' AS what_en,
       'los libros lo anuncian y no está entre los archivos' AS what_es
FROM announced AS a LEFT JOIN (SELECT DISTINCT name FROM files) AS f ON f.name = a.file_name
WHERE f.name IS NULL
UNION ALL
SELECT 'unreadable', name, 'critical', 1, '', 'it could not be read (' || coalesce(declared_json ->> '$.reason', '?') || ')',
       'no se pudo leer (' || coalesce(declared_json ->> '$.reason', '?') || ')'
FROM files
WHERE reader = 'unreadable'
UNION ALL
SELECT 'not_read', name, 'info', 1, '', 'it feeds no table and was not examined', 'no alimenta ninguna tabla y no se examinó'
FROM (SELECT DISTINCT name FROM files WHERE reader = 'unused' AND coalesce(tables_json, '[]') = '[]')
UNION ALL
SELECT 'missing_columns', f.name, 'medium', l.columns_lacking, l.listed,
       'it lacks what all other files of the table bring: ' || l.listed,
       'le falta lo que traen los demás archivos de la tabla: ' || l.listed
FROM lists AS l JOIN files AS f ON f.file_id = l.file_id

-- section: evaluated
SELECT (SELECT count(*) FROM files) + (SELECT count(*) FROM violations WHERE kind = 'missing_feed') AS evaluated,
       (SELECT count(DISTINCT file) FROM violations) AS failed

-- section: facts
SELECT count(*) AS files, count(*) FILTER (reader NOT IN ('unused', 'unreadable')) AS files_read FROM files

-- section: evidence
SELECT v.kind, v.file, v.kind AS role, 'files' AS table_name, f.file_id AS _file_id, NULL::BIGINT AS _record,
       NULL::BIGINT AS _line, v.file AS key_file, v.columns_missing AS value_columns_missing
FROM violations AS v LEFT JOIN files AS f ON f.name = v.file
