/* ---
id: V-032
version: 1
kind: set
title: {en: Columns that say nothing, es: Columnas que no dicen nada}
severity: info
grain: column
unit: columns
identity: [table_name, column_name, file, kind]
needs:
  columns: [table_name, column_name, file_id, cells, blanks]
  files: [file_id, name]
optional:
  columns: [source_column, constant]
parameters:
  least_rows: {default: 1000, type: integer, meaning: "rows from which one and the same value in all of them is told"}
impact: none, because a column without content costs nothing; rules that would read it have nothing to judge by
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {source_column} {what_en} ({row_count:,} {row_count:row|rows})"
    es: "{file}: {source_column} {what_es} ({row_count:,} {row_count:fila|filas})"
explanation:
  en: >-
    A column in which every cell is blank, or every one the same, tells no rows apart: rules that compare by it pass without
    having looked at anything. Often a field was left out of the export, or filled with its default. It may be honest, in
    books of one place or one currency. Constants that the mapping states are no columns of the file.
  es: >-
    Una columna con todas las celdas vacías, o todas iguales, no distingue filas: las reglas que comparan por ella pasan sin
    haber mirado nada. A menudo el campo se omitió en la exportación o se llenó con su valor por defecto. Puede ser honesto,
    en libros de un solo lugar o moneda. Las constantes que indica el mapeo no son columnas del archivo.
remedy:
  en: "Ask whether the field is used at all; if so, export it with its content."
  es: "Pregunte si el campo se usa; si se usa, expórtelo con su contenido."
words:
  kind: {es: clase}
  empty: {es: vacía}
  constant: {en: one value, es: un solo valor}
  value: {es: valor}
  cells: {es: celdas}
  empty_columns: {en: empty columns, es: columnas vacías}
  constant_columns: {en: columns of one value, es: columnas de un solo valor}
source: "Profiling of columns in data-quality practice"
--- */

-- section: population
SELECT c.table_name, c.column_name, c.file_id, f.name AS file, c.source_column, c.cells, c.constant,
       CASE WHEN c.blanks = c.cells THEN 'empty' WHEN c.constant IS NOT NULL AND c.blanks = 0 AND c.cells >= $least_rows THEN 'constant' ELSE 'varied' END AS kind
FROM columns AS c JOIN files AS f ON f.file_id = c.file_id
WHERE c.source_column IS NOT NULL AND c.cells > 0

-- section: violations
SELECT table_name, column_name, file, kind, min(source_column) AS source_column, sum(cells)::BIGINT AS row_count, min(constant) AS value,
       CASE kind WHEN 'empty' THEN 'is blank in every row' ELSE 'has one value in every row, ' || left(min(constant), 60) END AS what_en,
       CASE kind WHEN 'empty' THEN 'está vacía en todas las filas' ELSE 'tiene un solo valor en todas las filas, ' || left(min(constant), 60) END AS what_es
FROM population
WHERE kind <> 'varied'
GROUP BY table_name, column_name, file, kind

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (kind <> 'varied') AS failed FROM population

-- section: facts
SELECT count(*) FILTER (kind = 'empty') AS empty_columns, count(*) FILTER (kind = 'constant') AS constant_columns FROM population

-- section: evidence
SELECT table_name, column_name, file, kind, kind AS role, file_id AS _file_id, NULL::BIGINT AS _record, NULL::BIGINT AS _line,
       column_name AS key_column, cells AS value_cells, constant AS value_value
FROM population
WHERE kind <> 'varied'
