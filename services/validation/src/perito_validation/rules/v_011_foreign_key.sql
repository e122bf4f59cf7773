/* ---
id: V-011
version: 3
kind: set
title: {en: Keys that no master record has, es: Claves que ningún registro maestro tiene}
severity: high
grain: column
unit: cells
identity: [domain, table_name, column_name]
needs:
  entity_keys: [domain, table_name, column_name, file_id, raw, value, rows, first_record, first_line]
  files: [file_id, name]
optional:
  columns: [table_name, column_name, file_id, source_column]
  odd_cells: [file_id, kind, record, source_column]
parameters:
  values: {default: 10, type: integer, meaning: "unknown keys that a finding lists; their number is always told"}
impact: none, because an unknown key has no amount; what hangs on it is missing from sums by product, place or person
recoverable: false
explains: []
entities: [domain, column_name]
texts:
  finding:
    en: "{where_en}: {row_count:,} {row_count:cell|cells} of {column_name:name} {row_count:names|name} {unknown_keys:,} {domain:name} {unknown_keys:key|keys} that the master does not have (such as {example})"
    es: "{where_es}: {row_count:,} {row_count:celda|celdas} de {column_name:name} {row_count:nombra|nombran} {unknown_keys:,} {unknown_keys:clave|claves} de {domain:name} que el maestro no tiene (por ejemplo {example})"
explanation:
  en: >-
    Every key in a document should stand in its master table. Keys are compared as they are stored, after the steps of the
    mapping. The comparison is made even where the master has faults of its own. Where another spelling of the key is in
    the master, V-012 tells so and is the cause. Words that stand for no value, such as N/A, name nothing and are V-007's.
    People are named by their pseudonyms.
  es: >-
    Toda clave de un documento debería estar en su tabla maestra. Las claves se comparan como se guardan, tras los pasos del
    mapeo. La comparación se hace aunque el maestro tenga fallos propios. Si otra forma de la clave está en el maestro,
    V-012 lo dice y es la causa. Las palabras que no dicen ningún valor, como N/A, no nombran nada y son cosa de V-007. Las
    personas se nombran por sus seudónimos.
remedy:
  en: "Complete the master, or correct the document; look first whether the master was exported whole."
  es: "Complete el maestro o corrija el documento; mire antes si el maestro se exportó completo."
words:
  stored: {en: as stored, es: como se guarda}
  unknown_forms: {en: unknown forms, es: formas desconocidas}
  unknown_keys: {en: unknown keys, es: claves desconocidas}
  keys: {es: claves}
  unknown: {es: desconocida}
  example: {es: ejemplo}
source: "Referential integrity of the relational model; relationship tests of dbt"
--- */

-- section: population
-- One row per form of a key in a file's column, whatever number of tables the column feeds.
WITH masters AS (
    SELECT domain, value, count(*) AS forms
    FROM entity_keys
    WHERE table_name = domain || 's' AND column_name = domain
    GROUP BY domain, value
), known AS (
    SELECT domain, count(*) AS master_keys FROM masters GROUP BY domain
), no_value AS (
    SELECT DISTINCT c.table_name, c.column_name, o.file_id, o.record
    FROM odd_cells AS o
    JOIN columns AS c ON c.file_id = o.file_id AND c.source_column = o.source_column
    WHERE o.kind = 'placeholder'
)
SELECT e.domain, e.file_id, e.column_name, e.raw, min(f.name) AS file, min(e.table_name) AS table_name, min(e.value) AS value,
       max(e.rows) AS rows, min(e.first_record) AS first_record, min(e.first_line) AS first_line,
       count(m.value) = 0 AND count(n.record) = 0 AS orphan
FROM entity_keys AS e
JOIN known AS k ON k.domain = e.domain
JOIN files AS f ON f.file_id = e.file_id
LEFT JOIN masters AS m ON m.domain = e.domain AND m.value = e.value
-- A form is one word, so its first cell says of all of them whether it stands for no value.
LEFT JOIN no_value AS n ON n.table_name = e.table_name AND n.column_name = e.column_name
     AND n.file_id = e.file_id AND n.record = e.first_record
WHERE NOT (e.table_name = e.domain || 's' AND e.column_name = e.domain)
GROUP BY e.domain, e.file_id, e.column_name, e.raw

-- section: violations
WITH told AS (
    SELECT domain, table_name, column_name, value, sum(rows)::BIGINT AS cells
    FROM population
    WHERE orphan
    GROUP BY domain, table_name, column_name, value
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY domain, table_name, column_name ORDER BY cells DESC, value) AS place FROM told
), places AS (
    SELECT domain, table_name, column_name, CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' files' END AS where_en,
           CASE WHEN count(DISTINCT file) = 1 THEN min(file) ELSE count(DISTINCT file) || ' archivos' END AS where_es
    FROM population WHERE orphan GROUP BY domain, table_name, column_name
)
SELECT r.domain, r.table_name, r.column_name, min(p.where_en) AS where_en, min(p.where_es) AS where_es,
       sum(cells)::BIGINT AS row_count, count(*) AS unknown_keys,
       min(CASE WHEN place = 1 THEN value END) AS example,
       list({'key': value, 'cells': cells} ORDER BY cells DESC, value) FILTER (place <= $values) AS keys
FROM ranked AS r
JOIN places AS p ON p.domain = r.domain AND p.table_name = r.table_name AND p.column_name = r.column_name
GROUP BY r.domain, r.table_name, r.column_name

-- section: evaluated
SELECT coalesce(sum(rows), 0)::BIGINT AS evaluated, coalesce(sum(rows) FILTER (orphan), 0)::BIGINT AS failed FROM population

-- section: facts
SELECT count(*) FILTER (orphan) AS unknown_forms, coalesce(sum(rows) FILTER (orphan), 0)::BIGINT AS cells FROM population

-- section: evidence
SELECT domain, table_name, column_name, 'unknown' AS role, file_id AS _file_id, first_record AS _record, first_line AS _line,
       row_number() OVER (PARTITION BY domain, table_name, column_name ORDER BY rows DESC, raw, file_id) AS ordinal,
       column_name AS key_column, raw AS value_written,
       value AS value_stored, rows AS value_cells
FROM population
WHERE orphan
