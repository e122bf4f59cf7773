/* ---
id: V-012
version: 2
kind: set
title: {en: The same key written in several forms, es: La misma clave escrita de varias formas}
severity: high
grain: column
unit: cells
identity: [domain, file, column_name]
needs:
  entity_keys: [domain, table_name, column_name, file_id, raw, normal, value, rows, first_record, first_line]
  files: [file_id, name]
position_bound: because the form of a key is that of the system that wrote the file
impact: none, because the spelling of a key costs nothing; orphans and broken sums that it makes are told by their rules
recoverable: false
explains: [V-011]
entities: [domain, column_name]
texts:
  finding:
    en: "{file}: {row_count:,} {row_count:cell|cells} of {column_name:name} {row_count:writes|write} {forms:,} {domain:name} {forms:key|keys} in another form ({example} for {example_reference})"
    es: "{file}: {row_count:,} {row_count:celda|celdas} de {column_name:name} {row_count:escribe|escriben} {forms:,} {forms:clave|claves} de {domain:name} en otra forma ({example} por {example_reference})"
explanation:
  en: >-
    Keys that differ only in case, width, surrounding spaces or leading zeros name the same thing. Compared as written they
    do not meet, and rows seem to belong to nothing. The reference form is the master table's, or else the most frequent.
    Cells that the mapping brought to the reference form are counted as repaired; where all of them were, nothing was torn
    apart, and severity is medium. Keys of people are shown as pseudonyms.
  es: >-
    Las claves que solo difieren en mayúsculas, ancho, espacios alrededor o ceros a la izquierda nombran lo mismo.
    Comparadas como están escritas no coinciden y las filas parecen no pertenecer a nada. La forma de referencia es la del
    maestro o, en su defecto, la más frecuente. Las celdas que el mapeo llevó a esa forma cuentan como reparadas; si lo
    fueron todas, nada quedó separado y la gravedad es media. Las claves de personas se muestran como seudónimos.
remedy:
  en: "Correct the export of this file, or state the normalising steps for this column in the mapping."
  es: "Corrija la exportación de este archivo o indique en el mapeo los pasos de normalización de esta columna."
source: "Key standardisation before matching, as in record-linkage practice"
--- */

-- section: population
-- One row per form that is not the reference form of its key. The master table of a thing bears its name in the plural.
WITH forms AS (
    SELECT domain, normal, raw, max(CASE WHEN table_name = domain || 's' THEN 1 ELSE 0 END) AS in_master,
           sum(rows) AS cells
    FROM entity_keys
    GROUP BY domain, normal, raw
), reference AS (
    SELECT domain, normal, raw AS reference
    FROM forms
    QUALIFY row_number() OVER (PARTITION BY domain, normal ORDER BY in_master DESC, cells DESC, raw) = 1
)
SELECT e.domain, e.table_name, e.column_name, e.file_id, e.raw,
       e.raw AS shown, r.reference AS shown_reference, e.normal, e.value, e.rows, e.first_record, e.first_line,
       r.reference, f.name AS file
FROM entity_keys AS e
JOIN reference AS r ON r.domain = e.domain AND r.normal = e.normal AND r.reference <> e.raw
JOIN files AS f ON f.file_id = e.file_id

-- section: violations
SELECT * EXCLUDE (first_form), CASE WHEN repaired = row_count THEN 'medium' ELSE 'high' END AS severity, first_form['shown'] AS example, first_form['reference'] AS example_reference
FROM (
SELECT domain, file, column_name, sum(rows)::BIGINT AS row_count, count(*) AS forms,
       coalesce(sum(rows) FILTER (value = reference), 0)::BIGINT AS repaired,
       min({'shown': shown, 'reference': shown_reference}) AS first_form
FROM population
GROUP BY domain, file, column_name
)

-- section: evaluated
SELECT coalesce(sum(rows), 0)::BIGINT AS evaluated, (SELECT coalesce(sum(rows), 0)::BIGINT FROM population) AS failed
FROM entity_keys

-- section: facts
SELECT coalesce(sum(rows), 0) AS cells, count(*) AS forms FROM population

-- section: evidence
SELECT domain, file, column_name, 'first row of this form' AS role, table_name,
       file_id AS _file_id, first_record AS _record, first_line AS _line,
       shown AS key_written, shown_reference AS value_reference, rows AS value_cells
FROM population
