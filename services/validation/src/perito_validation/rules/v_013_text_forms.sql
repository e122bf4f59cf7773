/* ---
id: V-013
version: 1
kind: set
title: {en: The same word in several forms, es: La misma palabra en varias formas}
severity: info
grain: column
unit: cells
identity: [file, source_column, kind]
needs:
  source_columns: [file_id, position, source_column, cells, padded]
  odd_cells: [file_id, position, kind, record, line, source_column, before]
  text_forms: [table_name, column_name, file_id, folded, raw, rows, first_record, first_line]
  columns: [table_name, column_name, file_id, source_column, column_type, cells]
  files: [file_id, name]
position_bound: because blanks and forms of words are those of the system that wrote the file
impact: none, because the spelling of a word costs nothing; sums by group that it splits are told wrongly
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} {row_count:cell|cells} of {source_column} {what_en}"
    es: "{file}: {row_count:,} {row_count:celda|celdas} de {source_column} {what_es}"
explanation:
  en: >-
    Blanks around a word and changing capitals are seen by a machine and by nobody else. In a name they are harmless, and
    told for information. In a word by which rows are grouped, such as a category, they split the group. Keys of master
    data are V-012's.
  es: >-
    Los blancos alrededor de una palabra y las mayúsculas cambiantes los ve una máquina y nadie más. En un nombre son
    inofensivos y se informan. En una palabra por la que se agrupan filas, como una categoría, parten el grupo. Las claves
    de datos maestros son de V-012.
remedy:
  en: "Let the source system offer a list to choose from instead of a free field; trim texts in the export."
  es: "Haga que el sistema de origen ofrezca una lista en vez de un campo libre; quite los blancos en la exportación."
words:
  cell: {es: celda}
  kind: {es: clase}
  other_forms: {en: other forms, es: otras formas}
  source_column: {es: columna del archivo}
  usual: {en: usual form, es: forma habitual}
  padded: {en: blanks around, es: blancos alrededor}
  several_forms: {en: several forms, es: varias formas}
  form: {es: forma}
  words_affected: {en: words, es: palabras}
source: "Standardisation of text before grouping, as in data-quality practice"
--- */

-- section: population
-- Forms other than the most frequent one of their word, over all files of the table.
WITH totals AS (
    SELECT table_name, column_name, folded, raw, sum(rows) AS cells FROM text_forms GROUP BY table_name, column_name, folded, raw
), usual AS (
    SELECT table_name, column_name, folded, raw AS usual
    FROM totals
    QUALIFY row_number() OVER (PARTITION BY table_name, column_name, folded ORDER BY cells DESC, raw) = 1
)
SELECT t.table_name, t.file_id, t.column_name, t.folded, t.raw, t.rows, t.first_record, t.first_line, u.usual, c.source_column, f.name AS file
FROM text_forms AS t
JOIN usual AS u ON u.table_name = t.table_name AND u.column_name = t.column_name AND u.folded = t.folded AND u.usual <> t.raw
JOIN columns AS c ON c.table_name = t.table_name AND c.column_name = t.column_name AND c.file_id = t.file_id
JOIN files AS f ON f.file_id = t.file_id
WHERE c.source_column IS NOT NULL

-- section: violations
SELECT file, source_column, 'several_forms' AS kind, 'medium' AS severity, sum(rows)::BIGINT AS row_count,
       count(DISTINCT folded) AS words_affected,
       'write ' || count(DISTINCT folded) || CASE WHEN count(DISTINCT folded) = 1 THEN ' word' ELSE ' words' END || ' in another form than most do (' || min(raw) || ')' AS what_en,
       'escriben ' || count(DISTINCT folded) || CASE WHEN count(DISTINCT folded) = 1 THEN ' palabra' ELSE ' palabras' END || ' de otra forma que la mayoría (' || min(raw) || ')' AS what_es
FROM population
GROUP BY file, source_column
UNION ALL
SELECT f.name, s.source_column, 'padded', 'info', sum(s.padded)::BIGINT, 0,
       'have blanks around their text', 'llevan blancos alrededor del texto'
FROM source_columns AS s JOIN files AS f ON f.file_id = s.file_id
WHERE s.padded > 0
GROUP BY f.name, s.source_column

-- section: evaluated
SELECT coalesce(sum(cells), 0)::BIGINT AS evaluated,
       least(coalesce(sum(cells), 0), (SELECT coalesce(sum(row_count), 0) FROM violations))::BIGINT AS failed
FROM source_columns

-- section: facts
SELECT (SELECT coalesce(sum(padded), 0)::BIGINT FROM source_columns) AS padded, (SELECT coalesce(sum(rows), 0)::BIGINT FROM population) AS other_forms

-- section: evidence
SELECT f.name AS file, o.source_column, 'padded' AS kind, 'padded' AS role, 'odd_cells' AS table_name, o.file_id AS _file_id,
       o.record AS _record, o.line AS _line, o.source_column AS key_source_column, o.before AS value_cell
FROM odd_cells AS o JOIN files AS f ON f.file_id = o.file_id
WHERE o.kind = 'padded'

-- section: evidence
SELECT file, source_column, 'several_forms' AS kind, 'form' AS role, table_name, file_id AS _file_id, first_record AS _record,
       first_line AS _line, column_name AS key_column, raw AS value_form, usual AS value_usual, rows AS value_cells
FROM population
