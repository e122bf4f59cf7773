/* ---
id: C-036
version: 1
kind: set
title: {en: Adjustment without support, es: Ajuste sin respaldo}
severity: medium
grain: movement
unit: adjustments
identity: [movement, product, location, user, code]
needs:
  movements: [movement, type, product, location, ts, qty, reason, user]
optional:
  movements: [ref_type, ref_id, reversal_of, unit_cost]
  counts: [count_session, product, location, ts, system_qty, counted_qty]
uses: [unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days after a count within which an adjustment of the product is taken to come from it"}
  vague:
    default: "(other|misc|various|general|adj|adjust|correct|fix|unknown|none|no reason|not given|tbd|test|otro|vario|ajust|correcc|regulariz|desconocid|ningun|sin motivo|sin razon)[a-z]*( (reason|given|stock|inventory|qty|quantity|adjust|correct|motivo|inventario|cantidad|existencia|ajuste)[a-z]*)?[ .]*|n/?a|[^a-z0-9]*|x+"
    type: text
    meaning: "regular expression; a reason that it matches as a whole, in lower case, says nothing"
impact: column
recoverable: false
explains: []
entities: [movement, product, location, user]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {place}: {observed:,} {observed:unit|units} adjusted on {period_start} {reason_en}"
    es: "{product} en {place}: {observed:,} {observed:unidad ajustada|unidades ajustadas} el {period_start} {reason_es}"
words:
  no_reason: {en: without a reason, es: sin motivo}
  vague_reason: {en: with a reason that says nothing, es: con un motivo que no dice nada}
  supported: {es: con respaldo}
  without_reason: {es: sin motivo}
  with_vague_reason: {es: con motivo vago}
explanation:
  en: >-
    An adjustment changes the books by somebody's word, so it needs support: a count of the product, a document, the
    movement that it corrects, or a reason that says something. Told are adjustments with none of these: `no_reason`, and
    `vague_reason` where the reason is a word such as "other" or "adjustment". A count supports the adjustments of that
    product and place on its day and the days after, and those that name its session. Losses are of medium severity, gains low.
  es: >-
    Un ajuste cambia los libros por la palabra de alguien, así que necesita respaldo: un conteo del producto, un documento, el
    movimiento que corrige o un motivo que diga algo. Se informan los que no tienen ninguno: `no_reason`, y `vague_reason` si
    el motivo es una palabra como «otro» o «ajuste». Un conteo respalda los ajustes de ese producto y lugar de su día y los
    siguientes, y los que nombran su sesión. Las pérdidas son de gravedad media, las ganancias baja.
remedy:
  en: "Ask who adjusted for the count or the paper behind it; make the reason a choice of a list."
  es: "Pida a quien ajustó el conteo o documento que lo respalda; haga que el motivo se elija de una lista."
source: "Inventory adjustment controls of loss prevention"
--- */

-- section: population
-- One row per adjustment, or several of one number, product and place.
WITH adjusted AS (
    SELECT movement, product, location, "user", ts_date AS day, qty, unit_cost, ref_id, reversal_of,
           reason IS NULL AND reason_source IS NOT NULL AS unread, lower(strip_accents(trim(reason))) AS said, lower(strip_accents(trim(ref_id))) AS named,
           _file_id, _record, _line
    FROM movements
    WHERE _duplicate_record IS NULL AND type = 'adjustment'
), sessions AS (
    SELECT DISTINCT count_session FROM counts WHERE count_session IS NOT NULL
), counted AS (
    SELECT product, location, ts_date AS day FROM counts WHERE _duplicate_record IS NULL AND ts_date IS NOT NULL GROUP BY product, location, ts_date
), reversed AS (
    SELECT DISTINCT reversal_of FROM movements WHERE reversal_of IS NOT NULL
), supported AS (
    SELECT a.*, s.count_session IS NOT NULL OR c.day >= a.day - $days OR a.reversal_of IS NOT NULL OR r.reversal_of IS NOT NULL
                OR (a.ref_id IS NOT NULL AND a.ref_id IS DISTINCT FROM a.movement AND NOT regexp_full_match(a.named, $vague)) AS is_supported
    FROM adjusted AS a
    ASOF LEFT JOIN counted AS c ON c.product = a.product AND c.location = a.location AND a.day >= c.day
    LEFT JOIN sessions AS s ON s.count_session = a.ref_id
    LEFT JOIN reversed AS r ON r.reversal_of = a.movement
)
SELECT movement, product, location, "user", day, qty, unit_cost, said, _file_id, _record, _line,
       CASE WHEN coalesce(is_supported, false) OR qty = 0 THEN 'supported'
            WHEN said IS NULL THEN CASE WHEN unread THEN NULL ELSE 'no_reason' END
            WHEN regexp_full_match(said, $vague) THEN 'vague_reason'
            ELSE 'supported' END AS code
FROM supported

-- section: violations
WITH told AS (
    SELECT movement, product, location, "user", code, day, CASE WHEN count(qty) = count(*) THEN sum(qty) END AS qty,
           CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS row_cost, min(said) AS said, count(*) AS row_count
    FROM population WHERE code <> 'supported'
    GROUP BY movement, product, location, "user", code, day
)
SELECT t.movement, t.product, t.location, t."user", t.code, t.day AS period_start, t.day AS period_end, coalesce(t.location, '?') AS place,
       CASE t.code WHEN 'no_reason' THEN 'without count, document or reason' ELSE 'for the reason "' || t.said || '"' END AS reason_en,
       CASE t.code WHEN 'no_reason' THEN 'sin conteo, documento ni motivo' ELSE 'por el motivo «' || t.said || '»' END AS reason_es,
       t.qty AS observed, t.qty AS delta_qty, coalesce(t.row_cost, u.unit_cost) AS unit_cost,
       CASE WHEN t.row_cost IS NOT NULL THEN 'movements' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try(t.qty::DECIMAL(38, 4) * coalesce(t.row_cost, u.unit_cost)) AS delta_value, try(abs(t.qty)::DECIMAL(38, 4) * coalesce(t.row_cost, u.unit_cost)) AS impact,
       CASE WHEN t.qty > 0 THEN 'low' ELSE 'medium' END AS severity, t.row_count
FROM told AS t
ASOF LEFT JOIN unit_costs AS u ON u.product = t.product AND t.day >= u.valid_from

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown, count(*) FILTER (WHERE code <> 'supported') AS failed FROM population

-- section: facts
SELECT count(*) AS adjustments, count(*) FILTER (WHERE code = 'supported') AS supported, count(*) FILTER (WHERE code = 'no_reason') AS without_reason,
       count(*) FILTER (WHERE code = 'vague_reason') AS with_vague_reason
FROM population

-- section: evidence
SELECT p.movement, p.product, p.location, p."user", p.code, p.day AS period_start, p.day AS period_end,
       'adjustment' AS role, 0 AS ordinal, 'movements' AS table_name, p._file_id, p._record, p._line,
       p.movement AS key_movement, m.ts_date AS value_date, m.qty AS value_qty, m.reason AS value_reason, m.ref_type AS value_ref_type, m.ref_id AS value_ref_id, m."user" AS value_user
FROM population AS p JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
WHERE p.code <> 'supported'
