/* ---
id: V-004
version: 1
kind: set
title: {en: Cells that are not of their column's type, es: Celdas que no son del tipo de su columna}
severity: high
grain: column
unit: cells
identity: [table_name, column_name, file]
needs:
  columns: [table_name, column_name, file_id, source_column, cells, blanks]
  rejected_cells: [table_name, column_name, file_id, record, line, value, pattern, reason]
  files: [file_id, name]
parameters:
  patterns: {default: 10, type: integer, meaning: "distinct patterns that a finding lists; their number is always told"}
position_bound: because the format of a column is stated for a file
impact: none, because a cell that cannot be read has no amount; what it hides shows where the books stop adding up
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {rejected:,} of {filled:,} filled {filled:cell|cells} of {source_column} cannot be read as {column_name:name} (most often {common})"
    es: "{file}: {rejected:,} de {filled:,} {filled:celda|celdas} con contenido de {source_column} no se {rejected:puede|pueden} leer como {column_name:name} (lo más frecuente: {common})"
explanation:
  en: >-
    A cell has content that is no value of the column's type under the format that the mapping states. It counts as
    unknown in every later rule; its text is kept. Patterns show letters as a and digits as 9. Words outside a closed list
    are V-014's.
  es: >-
    La celda tiene contenido que no es un valor del tipo de la columna con el formato que indica el mapeo. Cuenta como
    desconocida en todas las reglas posteriores; su texto se conserva. En los patrones las letras son a y las cifras 9. Las
    palabras fuera de una lista cerrada son de V-014.
remedy:
  en: >-
    Look at the patterns: a shared one means that the mapping states the wrong format; single ones are mistakes of entry
    to be corrected in the source system.
  es: >-
    Mire los patrones: uno común indica que el mapeo declara un formato equivocado; los aislados son errores de captura
    que hay que corregir en el sistema de origen.
words:
  not_a_number: {es: no es un número}
  not_finite: {en: no finite number, es: número no finito}
  not_whole: {es: no es entero}
  out_of_range: {es: fuera de rango}
  exponent: {es: exponente}
  digit_groups: {en: separators of thousands, es: separadores de miles}
  other_currency: {es: otra moneda}
  not_a_time: {es: no es un momento}
  not_a_date: {es: no es una fecha}
  unreadable: {es: ilegible}
source: "Type checks of data-quality practice (dbt, Great Expectations, Soda)"
--- */

-- section: violations
-- One row per column and file. The patterns are counted apart, so that one wrong format reads as one story.
WITH counted AS (
    SELECT table_name, column_name, file_id, pattern, min(reason) AS reason, min(value) AS example, count(*) AS cells
    FROM rejected_cells
    WHERE reason <> 'unknown_value'
    GROUP BY table_name, column_name, file_id, pattern
), ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY table_name, column_name, file_id ORDER BY cells DESC, pattern
    ) AS place
    FROM counted
), told AS (
    SELECT table_name, column_name, file_id, sum(cells)::BIGINT AS rejected, count(*) AS distinct_patterns,
           max(CASE WHEN place = 1 THEN pattern END) AS common,
           list({'pattern': pattern, 'reason': reason, 'example': left(example, 80), 'cells': cells} ORDER BY cells DESC, pattern)
               FILTER (place <= $patterns) AS patterns
    FROM ranked
    GROUP BY table_name, column_name, file_id
)
SELECT t.table_name, t.column_name, f.name AS file, coalesce(c.source_column, t.column_name) AS source_column,
       t.rejected, c.cells - c.blanks AS filled, c.cells, t.distinct_patterns, t.common, t.patterns,
       t.rejected AS row_count
FROM told AS t
JOIN columns AS c ON c.table_name = t.table_name AND c.column_name = t.column_name AND c.file_id = t.file_id
JOIN files AS f ON f.file_id = t.file_id

-- section: evaluated
SELECT coalesce(sum(cells - blanks), 0)::BIGINT AS evaluated,
       (SELECT count(*) FROM rejected_cells WHERE reason <> 'unknown_value') AS failed
FROM columns

-- section: facts
SELECT (SELECT count(*) FROM rejected_cells WHERE reason <> 'unknown_value') AS rejected_cells, (SELECT count(*) FROM violations) AS columns_affected

-- section: evidence
SELECT r.table_name, r.column_name, f.name AS file, 'refused' AS role,
       r.file_id AS _file_id, r.record AS _record, r.line AS _line,
       r.column_name AS key_column, r.value AS value_text, r.pattern AS value_pattern, r.reason AS value_reason
FROM rejected_cells AS r
JOIN files AS f ON f.file_id = r.file_id
WHERE r.reason <> 'unknown_value'
