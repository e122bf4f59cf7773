/* ---
id: V-005
version: 1
kind: set
title: {en: Numbers written for people, es: Números escritos para personas}
severity: medium
grain: file
unit: cells
identity: [file, kind]
needs:
  transformations: [ordinal, file_id, table_name, column_name, kind, cells, example_before, example_after, first_record, first_line]
  columns: [table_name, column_name, file_id, column_type, cells, blanks]
  files: [file_id, name]
position_bound: because the way numbers are written is that of a file
impact: none, because the numbers were read as they were meant; each repair is logged
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} {row_count:number|numbers} of {in_columns:name} {row_count:holds|hold} {what_en}; {row_count:it was|they were} read without ({example_before} as {example_after})"
    es: "{file}: {row_count:,} {row_count:número|números} de {in_columns:name} {row_count:lleva|llevan} {what_es}; se {row_count:leyó|leyeron} sin ello ({example_before} como {example_after})"
explanation:
  en: >-
    Separators of thousands, currency marks, brackets and trailing minus signs belong on paper. A system that writes them
    into a file for machines may write another convention tomorrow, and a reader that guesses is wrong by a thousand.
    The mapping states the convention, and what was taken off is in the log.
  es: >-
    Los separadores de miles, las marcas de moneda, los paréntesis y el menos detrás son para el papel. Un sistema que los
    escribe en un archivo para máquinas puede cambiar de convención mañana, y quien la adivina se equivoca por mil. El
    mapeo indica la convención y lo que se quitó está en el registro.
remedy:
  en: "Export numbers plainly, with a decimal point and a minus sign in front; check one amount against a printed document."
  es: "Exporte números sin adornos, con decimales y el menos delante; compare un importe con un documento impreso."
words:
  after: {es: después}
  before: {es: antes}
  first: {en: first cell, es: primera celda}
  kind: {es: clase}
  repairs: {es: reparaciones}
  thousands_separator: {en: thousands separators, es: separadores de miles}
  currency_mark: {en: currency marks, es: marcas de moneda}
  negative_form: {en: negative forms, es: formas de negativo}
  percent: {en: percent signs, es: signos de porcentaje}
  in_columns: {en: columns, es: columnas}
  example_before: {en: before, es: antes}
  example_after: {en: after, es: después}
source: "Locale checks of data preparation tools"
--- */

-- section: population
SELECT t.ordinal, t.file_id, t.table_name, t.column_name, t.kind, t.cells, t.example_before, t.example_after,
       t.first_record, t.first_line, f.name AS file
FROM transformations AS t JOIN files AS f ON f.file_id = t.file_id
WHERE t.kind IN ('thousands_separator', 'currency_mark', 'negative_form', 'percent')

-- section: violations
SELECT file, kind, sum(cells)::BIGINT AS row_count,
       string_agg(column_name, ', ' ORDER BY ordinal) AS in_columns,
       first(example_before ORDER BY ordinal) AS example_before, first(example_after ORDER BY ordinal) AS example_after,
       CASE kind WHEN 'thousands_separator' THEN 'thousands separators' WHEN 'currency_mark' THEN 'currency marks'
            WHEN 'percent' THEN 'percent signs' ELSE 'brackets or a minus behind' END AS what_en,
       CASE kind WHEN 'thousands_separator' THEN 'separadores de miles' WHEN 'currency_mark' THEN 'marcas de moneda'
            WHEN 'percent' THEN 'signos de porcentaje' ELSE 'paréntesis o el menos detrás' END AS what_es
FROM population
GROUP BY file, kind

-- section: evaluated
SELECT coalesce(sum(c.cells - c.blanks), 0)::BIGINT AS evaluated,
       (SELECT coalesce(sum(most), 0)::BIGINT FROM (
           SELECT max(cells) AS most FROM population GROUP BY file_id, table_name, column_name
       )) AS failed
FROM columns AS c
WHERE c.column_type IN ('quantity', 'money', 'rate', 'integer')

-- section: facts
SELECT coalesce(sum(cells), 0)::BIGINT AS repairs FROM population

-- section: evidence
SELECT file, kind, ordinal, 'first' AS role, table_name, file_id AS _file_id, first_record AS _record, first_line AS _line,
       column_name AS key_column, cells AS value_cells, example_before AS value_before, example_after AS value_after
FROM population
