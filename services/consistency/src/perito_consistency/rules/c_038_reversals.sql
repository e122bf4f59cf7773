/* ---
id: C-038
version: 1
kind: set
title: {en: A reversal that does not undo its movement, es: Una anulación que no deshace su movimiento}
severity: high
grain: movement
unit: reversed movements
identity: [reversal_of, movement, product, location, code]
needs:
  movements: [movement, reversal_of, qty]
optional:
  movements: [value_delta, product, location, lot, ts, type, unit_cost, user]
uses: [unit_costs]
parameters:
  days: {default: 31, type: integer, meaning: "days from the start of the ledger within which a reversal may undo what lies before it"}
  tolerance: {default: "0", type: decimal, meaning: "base units that a reversal may leave"}
  value_share: {default: "0.01", type: decimal, meaning: "share of a movement's value that its reversal may leave"}
  share: {default: "0.5", type: decimal, meaning: "share of reversals whose original must be in the ledger, and of values that must be opposite, for the others to be judged"}
impact: column
recoverable: false
explains: []
entities: [movement, product, location]
partition_by: [product, location]
texts:
  finding:
    en: "Movement {reversal_of} of {what}: {reason_en} ({observed:,} left of {expected:,})"
    es: "Movimiento {reversal_of} de {what}: {reason_es} (quedan {observed:,} de {expected:,})"
words:
  reversed movements: {es: movimientos anulados}
  no_original: {en: reverses nothing, es: no anula nada}
  other_key: {en: at another product or place, es: en otro producto o lugar}
  twice: {en: reversed twice, es: anulado dos veces}
  qty_differs: {en: another quantity, es: otra cantidad}
  value_differs: {en: another value, es: otro valor}
  undone: {es: deshechos}
  reversals: {es: anulaciones}
  reversed_twice: {es: anulados dos veces}
  without_original: {es: sin original}
  original: {es: original}
  reversal: {es: anulación}
explanation:
  en: >-
    A reversal undoes one movement: that movement stands in the ledger, the reversal has the same product and place and the
    opposite quantity and value, and there is one of it. Told are `no_original`, `other_key`, `twice` (more was taken back
    than there was), `qty_differs` and `value_differs`. A reversal that was itself reversed does not count, so a movement
    may be undone again after that. Several reversals that together undo it are sound. A reversal early in the ledger may
    undo what lies before it and is unknown. Where most reversals name movements that the ledger does not have, their numbers mean
    something else; where values are mostly not opposite, stock is valued anew and values are not judged.
  es: >-
    Una anulación deshace un movimiento: este está en el diario, la anulación tiene el mismo producto y lugar, la cantidad y
    el valor opuestos, y es una sola. Se informa `no_original`, `other_key` (otro producto o lugar), `twice` (se anuló más de
    lo que había), `qty_differs` (otra cantidad) y `value_differs` (otro valor). Una anulación anulada no cuenta, así que el
    movimiento puede deshacerse de nuevo. Varias que juntas lo deshacen son correctas. Una al principio del diario puede
    deshacer algo anterior y queda como desconocida. Si la mayoría nombra movimientos que el diario no tiene, sus números
    significan otra cosa; si los valores casi nunca son opuestos, las existencias se revalúan y los valores no se juzgan.
remedy:
  en: "Ask who reversed it and why; correct what is left of it."
  es: "Pregunte quién lo anuló y por qué; corrija lo que queda de él."
source: "Reversal entries, journal-entry tests of audit practice"
--- */

-- section: population
-- One row per movement number that some reversal names.
WITH reversals AS (
    SELECT movement, reversal_of, product, location, qty, value_delta, ts_date AS day, unit_cost FROM movements WHERE reversal_of IS NOT NULL AND _duplicate_record IS NULL
), undone AS (
    -- Reversals that another one takes back, which is not taken back in turn.
    SELECT DISTINCT again.reversal_of AS movement
    FROM reversals AS again LEFT JOIN reversals AS third ON third.reversal_of = again.movement
    WHERE third.reversal_of IS NULL AND again.movement IS DISTINCT FROM again.reversal_of
), effective AS (
    SELECT r.* FROM reversals AS r LEFT JOIN undone AS u ON u.movement = r.movement WHERE u.movement IS NULL
), originals AS (
    SELECT movement, min(product) AS product, min(location) AS location, min(qty) AS qty, min(value_delta) AS value_delta, min(ts_date) AS day, min(unit_cost) AS unit_cost, count(*) AS original_rows
    FROM movements
    WHERE _duplicate_record IS NULL AND movement IN (SELECT reversal_of FROM reversals)
    GROUP BY movement
), begins AS (
    SELECT min(ts_date) AS day FROM movements
), sums AS (
    SELECT e.reversal_of, count(*) AS reversals, CASE WHEN count(*) = 1 THEN min(e.movement) END AS movement,
           CASE WHEN count(e.qty) = count(*) THEN sum(e.qty) END AS qty, CASE WHEN count(e.value_delta) = count(*) THEN sum(e.value_delta) END AS value,
           min(e.day) AS first_day, max(e.day) AS last_day, min(e.product) AS product, min(e.location) AS location,
           bool_or(e.product IS DISTINCT FROM o.product OR e.location IS DISTINCT FROM o.location) AS other_key,
           CASE WHEN min(e.unit_cost) = max(e.unit_cost) AND min(e.unit_cost) > 0 THEN min(e.unit_cost) END AS row_cost
    FROM effective AS e LEFT JOIN originals AS o ON o.movement = e.reversal_of
    GROUP BY e.reversal_of
), measured AS (
    SELECT s.*, o.movement IS NOT NULL AS is_known, o.original_rows, o.qty AS original_qty, o.value_delta AS original_value, o.day AS original_day, o.qty + s.qty AS left_qty,
           o.value_delta + s.value AS left_value, coalesce(o.product, s.product) AS key_product, coalesce(o.location, s.location) AS key_location,
           s.first_day > b.day + $days AS is_later, coalesce(CASE WHEN o.unit_cost > 0 THEN o.unit_cost END, s.row_cost) AS known_cost,
           abs(o.value_delta + s.value) <= greatest(0.01, try((abs(o.value_delta) * $value_share)::DECIMAL(38, 4))) AS is_opposite
    FROM sums AS s CROSS JOIN begins AS b LEFT JOIN originals AS o ON o.movement = s.reversal_of
), shares AS (
    SELECT count(*) FILTER (is_known) >= $share * count(*) AS names_movements, count(*) FILTER (is_opposite) >= $share * count(is_opposite) AS keeps_values,
           count(*) FILTER (qty * original_qty < 0) >= $share * count(qty * original_qty) AS keeps_signs
    FROM measured
)
SELECT m.*, CASE WHEN NOT m.is_known THEN CASE WHEN m.is_later AND h.names_movements THEN 'no_original' END
                 WHEN m.original_rows > 1 OR m.left_qty IS NULL THEN NULL
                 WHEN m.other_key THEN 'other_key'
                 WHEN m.reversals > 1 AND m.left_qty * m.original_qty < -$tolerance * abs(m.original_qty) THEN 'twice'
                 -- Books that state what was undone without turning its sign say nothing by the sign.
                 WHEN NOT h.keeps_signs AND m.qty * m.original_qty > 0 THEN NULL
                 WHEN abs(m.left_qty) > $tolerance THEN 'qty_differs'
                 WHEN NOT m.is_opposite AND h.keeps_values THEN 'value_differs'
                 ELSE 'undone' END AS code
FROM measured AS m CROSS JOIN shares AS h

-- section: violations
SELECT p.reversal_of, p.movement, p.key_product AS product, p.key_location AS location, p.code, least(p.original_day, p.first_day) AS period_start, p.last_day AS period_end,
       coalesce(p.key_product, '?') || coalesce(', ' || p.key_location, '') AS what,
       CASE p.code WHEN 'no_original' THEN 'it is reversed, and the ledger does not have it' WHEN 'other_key' THEN 'its reversal is booked at another product or place'
                   WHEN 'twice' THEN 'it is reversed ' || p.reversals || ' times' WHEN 'qty_differs' THEN 'its reversal has another quantity' ELSE 'its reversal has another value' END AS reason_en,
       CASE p.code WHEN 'no_original' THEN 'está anulado y el diario no lo tiene' WHEN 'other_key' THEN 'su anulación está en otro producto o lugar'
                   WHEN 'twice' THEN 'está anulado ' || p.reversals || ' veces' WHEN 'qty_differs' THEN 'su anulación tiene otra cantidad' ELSE 'su anulación tiene otro valor' END AS reason_es,
       CASE p.code WHEN 'no_original' THEN p.qty WHEN 'value_differs' THEN p.left_value ELSE p.left_qty END AS observed,
       CASE p.code WHEN 'no_original' THEN 0 WHEN 'value_differs' THEN p.original_value ELSE p.original_qty END AS expected,
       CASE p.code WHEN 'no_original' THEN p.qty WHEN 'value_differs' THEN NULL ELSE p.left_qty END AS delta_qty, coalesce(p.known_cost, u.unit_cost) AS unit_cost,
       CASE WHEN p.known_cost IS NOT NULL THEN 'movements' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       CASE p.code WHEN 'value_differs' THEN abs(p.left_value)
                   ELSE try(abs(CASE p.code WHEN 'qty_differs' THEN p.left_qty WHEN 'twice' THEN p.left_qty ELSE p.qty END)::DECIMAL(38, 4) * coalesce(p.known_cost, u.unit_cost)) END AS impact,
       CASE WHEN p.code = 'twice' OR (p.code = 'qty_differs' AND p.qty * p.original_qty > 0) THEN 'high' WHEN p.code = 'value_differs' THEN 'low' ELSE 'medium' END AS severity,
       p.reversals + coalesce(p.original_rows, 0) AS row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.key_product AND coalesce(p.original_day, p.first_day) >= u.valid_from
WHERE p.code <> 'undone'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT coalesce(sum(reversals), 0)::BIGINT AS reversals, count(*) FILTER (WHERE code = 'undone') AS undone, count(*) FILTER (WHERE code = 'twice') AS reversed_twice,
       count(*) FILTER (WHERE NOT is_known) AS without_original
FROM population

-- section: evidence
SELECT v.reversal_of, v.movement, v.product, v.location, v.code, v.period_start, v.period_end,
       'reversal' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.product AS value_product, m.location AS value_location, m.qty AS value_qty, m.value_delta AS value_value_delta, m."user" AS value_user
FROM violations AS v JOIN movements AS m ON m.reversal_of = v.reversal_of AND m._duplicate_record IS NULL

-- section: evidence
SELECT v.reversal_of, v.movement, v.product, v.location, v.code, v.period_start, v.period_end,
       'original' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.product AS value_product, m.location AS value_location, m.qty AS value_qty, m.value_delta AS value_value_delta, m."user" AS value_user
FROM violations AS v JOIN movements AS m ON m.movement = v.reversal_of AND m._duplicate_record IS NULL
