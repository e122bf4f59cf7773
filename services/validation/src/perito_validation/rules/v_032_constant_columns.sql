/* ---
id: V-032
version: 1
kind: set
title: {en: Columns that say nothing, es: Columnas que no dicen nada}
severity: info
grain: column
unit: columns
identity: [table_name, column_name, kind]
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
entities: [table_name, column_name]
texts:
  finding:
    en: "{where_en}: {source_column} {what_en} ({row_count:,} {row_count:row|rows})"
    es: "{where_es}: {source_column} {what_es} ({row_count:,} {row_count:fila|filas})"
explanation:
  en: >-
    A column in which every cell is blank, or every one the same, tells no rows apart: rules that compare by it pass without
    having looked at anything. Often a field was left out of the export, or filled with its default. It may be honest, in
    books of one place or one currency. Several files of a table are one column: a part of it
    that is blank is V-007's. Constants that the mapping states are no columns of the file.
  es: >-
    Una columna con todas las celdas vacías, o todas iguales, no distingue filas: las reglas que comparan por ella pasan sin
    haber mirado nada. A menudo el campo se omitió en la exportación o se llenó con su valor por defecto. Puede ser honesto,
    en libros de un solo lugar o moneda. Varios archivos de una tabla son una sola
    columna: que una parte esté vacía es de V-007. Las constantes que indica el mapeo no son columnas del archivo.
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
-- One row per column of a table, over all files that bring it.
SELECT c.table_name, c.column_name, min(c.source_column) AS source_column, sum(c.cells)::BIGINT AS cells, min(c.constant) AS constant,
       CASE WHEN count(DISTINCT f.name) = 1 THEN min(f.name) ELSE count(DISTINCT f.name) || ' files' END AS where_en,
       CASE WHEN count(DISTINCT f.name) = 1 THEN min(f.name) ELSE count(DISTINCT f.name) || ' archivos' END AS where_es,
       CASE WHEN sum(c.blanks) = sum(c.cells) THEN 'empty'
            WHEN count(c.constant) = count(*) AND min(c.constant) = max(c.constant) AND sum(c.blanks) = 0 AND sum(c.cells) >= $least_rows THEN 'constant'
            ELSE 'varied' END AS kind
FROM columns AS c JOIN files AS f ON f.file_id = c.file_id
WHERE c.source_column IS NOT NULL AND c.cells > 0
GROUP BY c.table_name, c.column_name

-- section: violations
SELECT table_name, column_name, kind, where_en, where_es, source_column, cells AS row_count, constant AS value,
       CASE kind WHEN 'empty' THEN 'is blank in every row' ELSE 'has one value in every row, ' || left(constant, 60) END AS what_en,
       CASE kind WHEN 'empty' THEN 'está vacía en todas las filas' ELSE 'tiene un solo valor en todas las filas, ' || left(constant, 60) END AS what_es
FROM population
WHERE kind <> 'varied'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (kind <> 'varied') AS failed FROM population

-- section: facts
SELECT count(*) FILTER (kind = 'empty') AS empty_columns, count(*) FILTER (kind = 'constant') AS constant_columns FROM population

-- section: evidence
SELECT p.table_name, p.column_name, p.kind, p.kind AS role, c.file_id AS _file_id, NULL::BIGINT AS _record, NULL::BIGINT AS _line,
       p.column_name AS key_column, c.cells AS value_cells, c.constant AS value_value
FROM population AS p
JOIN columns AS c ON c.table_name = p.table_name AND c.column_name = p.column_name
WHERE p.kind <> 'varied' AND c.source_column IS NOT NULL AND c.cells > 0
