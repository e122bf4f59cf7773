/* ---
id: V-015
version: 2
kind: set
title: {en: Signs that contradict the kind of movement, es: Signos que contradicen el tipo de movimiento}
severity: high
grain: file
unit: rows
identity: [table_name, file, type]
needs:
  signs: [table_name, file_id, type, expected, rows, positive, negative, zero]
  files: [file_id, name]
optional:
  movements: [movement, type, qty, reversal_of]
  sales: [document, line, type, qty]
  returns: [return_document, line, qty]
parameters:
  stray_share: {default: "0.01", type: decimal, meaning: "share of rows up to which contrary signs are single slips, of medium severity"}
  return_share: {default: "0.25", type: decimal, meaning: "share of sale rows up to which contrary ones may be returns, where nothing else says what came back"}
position_bound: because the convention of signs is decided for a file
impact: none, because the sign decides nothing by itself; stock that it turns the wrong way shows in the roll-forward
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} of {rows:,} rows of type {type:name} in {table_name:name} {row_count:has|have} the sign against their type ({positive:,} above 0, {negative:,} below){what_en}"
    es: "{file}: {row_count:,} de {rows:,} filas de tipo {type:name} en {table_name:name} {row_count:lleva|llevan} el signo contrario a su tipo ({positive:,} sobre 0, {negative:,} bajo 0){what_es}"
explanation:
  en: >-
    In the ledger a receipt adds and a sale subtracts; lines of sales and of returns are positive, the type tells them apart. Where all
    rows of a type go the other way the file follows another convention, which the mapping should state. Where both signs
    stand, one of them is wrong row by row. Adjustments, counts and production may go either way, reversals are left out.
    Many systems write what came back as a sale with the other sign. Where a table has no row of a return and no other table
    has them either, a few contrary sales are taken for returns, as all rules take them, and told with low severity. Lines
    of returns that are all below 0 are such a way of writing too, and not told.
  es: >-
    En el libro una recepción suma y una venta resta; las líneas de venta y de devolución son positivas y el tipo las distingue. Si
    todas las filas de un tipo van al revés, el archivo sigue otra convención, que el mapeo debe indicar. Si hay ambos
    signos, uno está mal fila por fila. Ajustes, recuentos y producción pueden ir en ambos sentidos; las anulaciones no cuentan.
    Muchos sistemas escriben lo devuelto como una venta con el otro signo. Si una tabla no tiene filas de devolución y ninguna
    otra las tiene, unas pocas ventas de signo contrario se toman por devoluciones, como hacen todas las reglas, y se señalan
    con gravedad baja. Las líneas de devolución que son todas negativas son otra forma de escribirlas y no se señalan.
remedy:
  en: "For a whole file write negate: true or sign: by_type in the mapping; look at single rows for returns entered as their opposite."
  es: "Si es todo el archivo, escriba negate: true o sign: by_type en el mapeo; en filas sueltas busque devoluciones capturadas al revés."
words:
  rows: {es: filas}
  positive: {en: above 0, es: sobre 0}
  negative: {en: below 0, es: bajo 0}
  mixed: {es: mezclado}
  contrary: {en: against its type, es: contraria a su tipo}
source: "Sign conventions of stock ledgers (SAP movement types, ERPNext)"
--- */

-- section: population
-- `as_returns`: sales are the only rows that can say what came back, and do so with the other sign.
WITH said AS (
    SELECT s.table_name, f.name AS file, s.file_id, s.type, s.expected, s.rows, s.positive, s.negative,
           CASE WHEN s.expected = 1 THEN s.negative WHEN s.expected = -1 THEN s.positive ELSE 0 END AS contrary
    FROM signs AS s JOIN files AS f ON f.file_id = s.file_id
), returned AS (
    SELECT table_name FROM signs WHERE type = 'return' AND rows > 0
)
SELECT s.table_name, s.file, s.file_id, s.type, s.expected, s.rows, s.positive, s.negative,
       CASE WHEN s.table_name = 'sales' AND s.type = 'return' AND s.positive = 0 THEN 0 ELSE s.contrary END AS contrary,
       s.type = 'sale' AND s.contrary <= s.rows * $return_share
           AND NOT EXISTS (SELECT 1 FROM returned AS r WHERE r.table_name = s.table_name OR s.table_name = 'sales' AND r.table_name = 'returns') AS as_returns
FROM said AS s

-- section: violations
SELECT table_name, file, type, sum(contrary)::BIGINT AS row_count, sum(rows)::BIGINT AS rows, sum(positive)::BIGINT AS positive,
       sum(negative)::BIGINT AS negative, sum(contrary) < sum(positive) + sum(negative) AS mixed,
       CASE WHEN bool_and(as_returns) THEN 'low' WHEN sum(contrary) <= sum(rows) * $stray_share THEN 'medium' ELSE 'high' END AS severity,
       CASE WHEN bool_and(as_returns) THEN '; they are taken for returns, of which nothing else tells' ELSE '' END AS what_en,
       CASE WHEN bool_and(as_returns) THEN '; se toman por devoluciones, de las que nada más informa' ELSE '' END AS what_es
FROM population
GROUP BY table_name, file, type
HAVING sum(contrary) > 0

-- section: evaluated
SELECT coalesce(sum(rows), 0)::BIGINT AS evaluated, coalesce(sum(contrary), 0)::BIGINT AS failed FROM population

-- section: facts
SELECT coalesce(sum(positive), 0)::BIGINT AS positive, coalesce(sum(negative), 0)::BIGINT AS negative FROM population

-- section: evidence
SELECT p.table_name, p.file, p.type, 'contrary' AS role, m._file_id, m._record, m._line, m.movement AS key_movement, m.qty AS value_qty
FROM population AS p
JOIN movements AS m ON m._file_id = p.file_id AND m.type = p.type
WHERE p.table_name = 'movements' AND m._duplicate_record IS NULL AND m.reversal_of IS NULL AND m.qty * p.expected < 0

-- section: evidence
SELECT p.table_name, p.file, p.type, 'contrary' AS role, s._file_id, s._record, s._line, s.document AS key_document,
       s.line AS key_line, s.qty AS value_qty
FROM population AS p
JOIN sales AS s ON s._file_id = p.file_id AND coalesce(s.type, 'sale') = p.type
WHERE p.table_name = 'sales' AND p.contrary > 0 AND s._duplicate_record IS NULL AND s.qty * p.expected < 0

-- section: evidence
SELECT p.table_name, p.file, p.type, 'contrary' AS role, r._file_id, r._record, r._line, r.return_document AS key_document,
       r.line AS key_line, r.qty AS value_qty
FROM population AS p
JOIN returns AS r ON r._file_id = p.file_id
WHERE p.table_name = 'returns' AND r._duplicate_record IS NULL AND r.qty * p.expected < 0
