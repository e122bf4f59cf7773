/* ---
id: V-003
version: 1
kind: set
title: {en: Text in the wrong encoding, es: Texto en una codificación equivocada}
severity: medium
grain: column
unit: cells
identity: [file, kind, source_column]
needs:
  files: [file_id, name, encoding]
  transformations: [ordinal, file_id, kind, cells, example_before, example_after]
  source_columns: [file_id, position, source_column, cells, decoded_twice]
  odd_cells: [file_id, position, kind, record, line, source_column, before, after]
position_bound: because an encoding is that of a file
impact: none, because a name that is written wrongly costs nothing by itself; keys that no longer meet are told by their rules
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {what_en}"
    es: "{file}: {what_es}"
explanation:
  en: >-
    Text that was written as UTF-8 and read as Windows-1252 or Latin-1 shows sequences such as Ã¼ for ü. Read the other way
    round it has fewer of them; that reading is shown and nothing is changed. Of a column that may name people only the odd
    sequence is shown. A file in another encoding than UTF-8 was read in the one that is named.
  es: >-
    Un texto escrito en UTF-8 y leído como Windows-1252 o Latin-1 muestra secuencias como Ã¼ en lugar de ü. Leído al revés
    tiene menos; esa lectura se muestra y no se cambia nada. De una columna que puede nombrar personas solo se muestra la
    secuencia extraña. Un archivo en otra codificación que UTF-8 se leyó en la que se indica.
remedy:
  en: "Export the file again as UTF-8 from the system that holds the right text; find the step that decoded it twice."
  es: "Exporte otra vez el archivo en UTF-8 desde el sistema que tiene el texto correcto; busque el paso que lo decodificó dos veces."
words:
  kind: {es: clase}
  source_column: {es: columna del archivo}
  decoded_twice: {en: decoded twice, es: decodificado dos veces}
  decoded: {en: other encoding, es: otra codificación}
  replaced_character: {en: replaced bytes, es: bytes reemplazados}
  cells: {es: celdas}
  before: {es: antes}
  after: {es: después}
source: "Repair of wrongly decoded text, as ftfy describes it"
--- */

-- section: violations
SELECT f.name AS file, 'decoded_twice' AS kind, s.source_column, 'medium' AS severity, sum(s.decoded_twice)::BIGINT AS row_count,
       sum(s.cells)::BIGINT AS cells,
       sum(s.decoded_twice)::BIGINT || ' cells of ' || s.source_column || ' were decoded twice' AS what_en,
       sum(s.decoded_twice)::BIGINT || ' celdas de ' || s.source_column || ' se decodificaron dos veces' AS what_es
FROM source_columns AS s JOIN files AS f ON f.file_id = s.file_id
WHERE s.decoded_twice > 0
GROUP BY f.name, s.source_column
UNION ALL
SELECT f.name, t.kind, '', CASE WHEN t.kind = 'decoded' THEN 'info' ELSE 'high' END, sum(t.cells)::BIGINT, 0,
       CASE WHEN t.kind = 'decoded' THEN 'it is not UTF-8; it was read as ' || coalesce(min(f.encoding), '?')
            ELSE sum(t.cells)::BIGINT || ' bytes are no character in its encoding (' || coalesce(min(f.encoding), '?') || ') and were replaced' END,
       CASE WHEN t.kind = 'decoded' THEN 'no es UTF-8; se leyó como ' || coalesce(min(f.encoding), '?')
            ELSE sum(t.cells)::BIGINT || ' bytes no son un carácter en su codificación (' || coalesce(min(f.encoding), '?') || ') y se reemplazaron' END
FROM transformations AS t JOIN files AS f ON f.file_id = t.file_id
WHERE t.kind IN ('decoded', 'replaced_character')
GROUP BY f.name, t.kind

-- section: evaluated
SELECT coalesce(sum(cells), 0)::BIGINT AS evaluated, coalesce(sum(decoded_twice), 0)::BIGINT AS failed FROM source_columns

-- section: facts
SELECT coalesce(sum(decoded_twice), 0)::BIGINT AS decoded_twice FROM source_columns

-- section: evidence
SELECT f.name AS file, o.kind, o.source_column, o.kind AS role, 'odd_cells' AS table_name, o.file_id AS _file_id,
       o.record AS _record, o.line AS _line, o.source_column AS key_source_column, o.before AS value_before, o.after AS value_after
FROM odd_cells AS o JOIN files AS f ON f.file_id = o.file_id
WHERE o.kind = 'decoded_twice'

-- section: evidence
SELECT f.name AS file, t.kind, '' AS source_column, t.kind AS role, 'transformations' AS table_name, t.file_id AS _file_id,
       NULL::BIGINT AS _record, NULL::BIGINT AS _line, t.kind AS key_kind, t.example_before AS value_before, t.example_after AS value_after
FROM transformations AS t JOIN files AS f ON f.file_id = t.file_id
WHERE t.kind IN ('decoded', 'replaced_character')
