/* ---
id: V-014
version: 2
kind: set
title: {en: Words outside their closed list, es: Palabras fuera de su lista cerrada}
severity: high
grain: column
unit: cells
identity: [table_name, column_name, file]
needs:
  rejected_cells: [table_name, column_name, file_id, record, line, value, reason]
  columns: [table_name, column_name, file_id, source_column, column_type, cells, blanks]
  files: [file_id, name]
  placements: [file_id, table_name, column_name, confidence]
parameters:
  values: {default: 10, type: integer, meaning: "unknown words that a finding lists; their number is always told"}
position_bound: because the words of a column are stated for a file
impact: none, because a word that nobody knows has no amount; rows with it are missing from rules that ask for the type
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} of {filled:,} {filled:cell|cells} of {source_column} {row_count:says|say} {unknown_words:,} {unknown_words:word|words} that {unknown_words:is|are} not on the list of {column_name:name} (most often {common})"
    es: "{file}: {row_count:,} de {filled:,} {filled:celda|celdas} de {source_column} {row_count:dice|dicen} {unknown_words:,} {unknown_words:palabra|palabras} que no {unknown_words:está|están} en la lista de {column_name:name} (lo más frecuente: {common})"
explanation:
  en: >-
    Types, states and reasons come from a closed list. A word outside it counts as unknown: the row stays, and no rule can
    say whether it is a receipt or a sale. Where the mapping was proposed and nobody has answered what its words mean, the
    finding is a question, of medium severity.
  es: >-
    Los tipos, estados y motivos salen de una lista cerrada. Una palabra fuera de ella cuenta como desconocida: la fila
    queda y ninguna regla puede decir si es una recepción o una venta. Si el mapeo fue propuesto y nadie ha dicho qué
    significan sus palabras, el hallazgo es una pregunta, de gravedad media.
remedy:
  en: "Say in the mapping what the word means, under values of this column; correct it at the source where it is a slip."
  es: "Indique en el mapeo qué significa la palabra, en values de esta columna; si es un desliz, corríjalo en el origen."
words:
  word: {es: palabra}
  unknown_words: {en: unknown words, es: palabras desconocidas}
  words_found: {en: words, es: palabras}
  unknown: {es: desconocida}
  common: {en: most frequent, es: la más frecuente}
  filled: {en: filled cells, es: celdas con contenido}
source: "Accepted-values tests of dbt; domain constraints of the relational model"
--- */

-- section: population
SELECT table_name, column_name, file_id, value, count(*) AS cells
FROM rejected_cells
WHERE reason = 'unknown_value'
GROUP BY table_name, column_name, file_id, value

-- section: violations
WITH ranked AS (
    SELECT *, row_number() OVER (PARTITION BY table_name, column_name, file_id ORDER BY cells DESC, value) AS place FROM population
), told AS (
    SELECT table_name, column_name, file_id, sum(cells)::BIGINT AS row_count, count(*) AS unknown_words,
           max(CASE WHEN place = 1 THEN left(value, 80) END) AS common,
           list({'word': left(value, 80), 'cells': cells} ORDER BY cells DESC, value) FILTER (place <= $values) AS words_found
    FROM ranked
    GROUP BY table_name, column_name, file_id
)
-- Where no person has said what the words mean, that one is unknown is a question to them and no fault of the books.
SELECT t.table_name, t.column_name, f.name AS file, coalesce(c.source_column, t.column_name) AS source_column, t.row_count,
       c.cells - c.blanks AS filled, t.unknown_words, t.common, t.words_found,
       CASE WHEN EXISTS (SELECT 1 FROM placements AS p WHERE p.file_id = t.file_id AND p.table_name = t.table_name
                           AND p.column_name = t.column_name AND p.confidence IS NOT NULL)
            THEN 'medium' ELSE 'high' END AS severity
FROM told AS t
JOIN columns AS c ON c.table_name = t.table_name AND c.column_name = t.column_name AND c.file_id = t.file_id
JOIN files AS f ON f.file_id = t.file_id

-- section: evaluated
SELECT coalesce(sum(cells - blanks), 0)::BIGINT AS evaluated, (SELECT coalesce(sum(cells), 0)::BIGINT FROM population) AS failed
FROM columns
WHERE column_type IN ('enum', 'boolean')

-- section: facts
SELECT count(DISTINCT value) AS unknown_words, coalesce(sum(cells), 0)::BIGINT AS cells FROM population

-- section: evidence
SELECT r.table_name, r.column_name, f.name AS file, 'unknown' AS role, r.file_id AS _file_id, r.record AS _record, r.line AS _line,
       r.column_name AS key_column, r.value AS value_word
FROM rejected_cells AS r JOIN files AS f ON f.file_id = r.file_id
WHERE r.reason = 'unknown_value'
