/* ---
id: V-006
version: 2
kind: set
title: {en: Dates that can be read in more than one way, es: Fechas que se pueden leer de más de una manera}
severity: high
grain: column
unit: cells
identity: [file, source_column, kind]
needs:
  date_formats: [table_name, column_name, file_id, ordinal, source_column, format, stated, cells, both_ways, one_way, first_record, first_line]
  files: [file_id, name]
position_bound: because the format of a column is stated for a file
impact: none, because a date has no amount; what stands in the wrong month shows where the books stop adding up
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {what_en}"
    es: "{file}: {what_es}"
explanation:
  en: >-
    Two formats in one column mean that two systems wrote it, and 03/07 is March for one and July for the other. A column in
    which no day is greater than 12 fits both orders, so only who wrote it knows which one is meant, unless another file
    of the table writes the same column the same way and shows it. The other reading is kept beside each date.
  es: >-
    Dos formatos en una columna indican que la escribieron dos sistemas, y 03/07 es marzo para uno y julio para el otro. Una
    columna sin ningún día mayor que 12 admite ambos órdenes y solo quien la escribió sabe cuál vale, salvo que otro
    archivo de la tabla escriba igual esa columna y lo muestre. La otra lectura se conserva junto a cada fecha.
remedy:
  en: "Ask whoever made the file, compare one date with a document, and state the format or the list of formats in the mapping."
  es: "Pregunte a quien hizo el archivo, compare una fecha con un documento e indique en el mapeo el formato o la lista de formatos."
words:
  kind: {es: clase}
  source_column: {es: columna del archivo}
  mixed_formats: {en: mixed formats, es: formatos mezclados}
  undecided_order: {en: undecided order of day and month, es: orden de día y mes sin decidir}
  formats: {es: formatos}
  both_ways: {en: readable both ways, es: legibles de ambas formas}
  format: {es: formato}
unique: {population: [file_id, source_column, ordinal]}
source: "Date checks before conversion, as in data-quality practice"
--- */

-- section: population
-- A source column that feeds two tables is one column: the reading that saw more cells speaks for it.
WITH told AS (
    SELECT file_id, source_column, table_name, column_name, sum(cells) AS seen
    FROM date_formats
    GROUP BY file_id, source_column, table_name, column_name
), chosen AS (
    SELECT *
    FROM told
    QUALIFY row_number() OVER (PARTITION BY file_id, source_column ORDER BY seen DESC, table_name, column_name) = 1
)
SELECT d.table_name, d.column_name, d.file_id, d.ordinal, d.source_column, d.format, d.stated, d.cells, d.both_ways,
       d.one_way, d.first_record, d.first_line, f.name AS file
FROM date_formats AS d
JOIN chosen AS c ON c.file_id = d.file_id AND c.table_name = d.table_name AND c.column_name = d.column_name
JOIN files AS f ON f.file_id = d.file_id
WHERE d.cells > 0

-- section: violations
WITH proven AS (
    -- A day beyond the 12th in one file speaks for the others that write the same column of the table in the same format.
    SELECT DISTINCT table_name, column_name, source_column, format FROM population WHERE one_way > 0
), summed AS (
    SELECT file, source_column, min(table_name) AS table_name, min(column_name) AS column_name, count(*) AS formats_read, sum(cells)::BIGINT AS cells, sum(both_ways)::BIGINT AS both_ways,
           sum(one_way)::BIGINT AS one_way, count(*) FILTER (stated) AS stated_formats, min(format) AS one_format,
           string_agg(format || ' ' || cells, ', ' ORDER BY ordinal) AS told,
           list({'format': format, 'cells': cells, 'both_ways': both_ways} ORDER BY ordinal) AS formats
    FROM population
    GROUP BY file_id, file, source_column
)
SELECT file, source_column, 'mixed_formats' AS kind, cells AS row_count, both_ways, formats,
       source_column || ' mixes date formats (' || told || ' cells)' AS what_en,
       source_column || ' mezcla formatos de fecha (' || told || ' celdas)' AS what_es
FROM summed
WHERE formats_read > 1
UNION ALL
SELECT file, source_column, 'undecided_order', both_ways, both_ways, formats,
       both_ways || ' dates of ' || source_column || ' would be others with day and month exchanged, and no day is greater than 12',
       both_ways || ' fechas de ' || source_column || ' serían otras con día y mes cambiados, y ningún día es mayor que 12'
FROM summed AS s
WHERE formats_read = 1 AND stated_formats = 1 AND both_ways > 0 AND one_way = 0
  AND NOT EXISTS (SELECT 1 FROM proven AS p WHERE p.table_name = s.table_name AND p.column_name = s.column_name
                  AND p.source_column = s.source_column AND p.format = s.one_format)

-- section: evaluated
SELECT coalesce(sum(cells), 0)::BIGINT AS evaluated, (SELECT coalesce(sum(row_count), 0)::BIGINT FROM violations) AS failed
FROM population

-- section: facts
SELECT count(DISTINCT (file_id, source_column)) AS columns, coalesce(sum(both_ways), 0)::BIGINT AS both_ways FROM population

-- section: evidence
SELECT p.file, p.source_column, v.kind, p.ordinal, 'format' AS role, p.table_name, p.file_id AS _file_id,
       p.first_record AS _record, p.first_line AS _line, p.format AS key_format, p.cells AS value_cells, p.both_ways AS value_both_ways
FROM population AS p JOIN violations AS v ON v.file = p.file AND v.source_column = p.source_column
