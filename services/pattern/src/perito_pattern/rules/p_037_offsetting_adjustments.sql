/* ---
id: P-037
version: 1
kind: set
title: {en: Adjustments that undo each other in silence, es: Ajustes que se deshacen sin decirlo}
severity: low
grain: key-period
unit: adjustments
identity: [product, location]
needs:
  movements: [movement, type, product, location, ts, qty]
optional:
  movements: [user, reason, ref_id, reversal_of]
  counts: [count_session, ts, product, location, system_qty, counted_qty]
uses: [count_differences]
unique: {open_ones: [_file_id, _record]}
parameters:
  days: {default: 7, type: integer, meaning: "days between the two adjustments at most"}
  count_days: {default: 3, type: integer, meaning: "days after a count within which an adjustment of its difference is the count's"}
  least_qty: {default: "2", type: decimal, meaning: "base units below which two adjustments undo each other by chance"}
impact: none, because two opposite adjustments leave the stock as it was
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: an adjustment of {qty:,} on {period_start} was undone by an opposite one on {period_end}, and neither says so"
    es: "{product} en {location}: un ajuste de {qty:,} del {period_start} se deshizo con otro contrario del {period_end}, y ninguno lo dice"
explanation:
  en: >-
    Stock is adjusted, and within a week the next adjustment of the same product at the same place is its exact opposite.
    Nothing connects the two: it is no reversal, names no common document, and no count found the difference. Often goods
    were put back or another product had been meant; it is also how a shortage is kept out of sight while somebody looks.
    Where a product is adjusted about every week, up and down again is what adjustments are, and nothing is said.
  es: >-
    La existencia se ajusta y, en una semana, el siguiente ajuste del mismo producto en el mismo lugar es exactamente el
    contrario. Nada une los dos: no es una anulación, no citan un documento común y ningún conteo halló la diferencia. A
    menudo la mercancía volvió a su sitio o se quería otro producto; también así se oculta una falta mientras alguien mira.
    Si un producto se ajusta casi cada semana, subir y bajar es lo normal y no se dice nada.
remedy:
  en: "Ask whoever entered the two what happened between them, and count the product."
  es: "Pregunte a quien registró los dos qué ocurrió entre ellos y cuente el producto."
words:
  first adjustment: {es: primer ajuste}
  second adjustment: {es: segundo ajuste}
  adjusted_every_week: {es: productos ajustados cada semana}
  same_user: {es: mismo usuario}
source: "Concealment by offsetting entries, inventory audit practice"
--- */

-- section: population
-- One row per adjustment that nothing else explains, with the next one of the same product and place.
WITH reversed AS (
    SELECT DISTINCT reversal_of AS movement FROM movements WHERE reversal_of IS NOT NULL
), open_ones AS (
    SELECT m.product, m.location, m.ts, m.ts_date AS day, m.qty, m."user", m.movement, m.ref_id, m._file_id, m._record
    FROM movements AS m
    LEFT JOIN reversed AS r ON r.movement = m.movement
    WHERE m.type = 'adjustment' AND m._duplicate_record IS NULL AND coalesce(m.qty <> 0, true)
      AND m.reversal_of IS NULL AND r.movement IS NULL
), counted AS (
    SELECT DISTINCT product, location, day, difference FROM count_differences WHERE difference <> 0
), sessions AS (
    SELECT DISTINCT count_session FROM counts WHERE count_session IS NOT NULL
), supported AS (
    SELECT DISTINCT o._file_id, o._record
    FROM open_ones AS o
    JOIN counted AS c ON c.product = o.product AND c.location = o.location AND c.difference = o.qty
     AND o.day BETWEEN c.day AND c.day + $count_days::INTEGER
), candidates AS (
    SELECT o.product, o.location, o.ts, o.day, o.qty, o."user", o.movement, o.ref_id, o._file_id, o._record
    FROM open_ones AS o
    LEFT JOIN supported AS s ON s._file_id = o._file_id AND s._record = o._record
    LEFT JOIN sessions AS n ON n.count_session = o.ref_id
    WHERE s._record IS NULL AND n.count_session IS NULL
), often AS (
    SELECT product, location, count(*) * $days > max(day) - min(day) + $days::INTEGER AND count(*) > 3 AS is_often
    FROM candidates GROUP BY product, location
)
SELECT c.product, c.location, c.day, c.qty, c."user", c._file_id, c._record, coalesce(o.is_often, false) AS is_often,
       lead(c.day) OVER k AS next_day, lead(c.qty) OVER k AS next_qty, lead(c."user") OVER k AS next_user,
       lead(c._file_id) OVER k AS next_file, lead(c._record) OVER k AS next_record,
       coalesce(lead(c.ref_id) OVER k IN (c.ref_id, c.movement), false) AS is_linked
FROM candidates AS c
LEFT JOIN often AS o ON o.product IS NOT DISTINCT FROM c.product AND o.location IS NOT DISTINCT FROM c.location
WINDOW k AS (PARTITION BY c.product, c.location ORDER BY c.ts, c._file_id, c._record)

-- section: violations
SELECT product, location, day AS period_start, next_day AS period_end, min(qty) AS qty, count(*) * 2 AS row_count,
       bool_and("user" = next_user) AS same_user
FROM population
WHERE NOT is_often AND NOT is_linked AND next_day - day <= $days AND qty + next_qty = 0 AND abs(qty) >= $least_qty
  AND product IS NOT NULL AND location IS NOT NULL
GROUP BY product, location, day, next_day

-- section: evaluated
SELECT count(*) AS evaluated,
       count(*) FILTER (WHERE is_often OR qty IS NULL OR day IS NULL OR product IS NULL OR location IS NULL) AS unknown
FROM population

-- section: facts
SELECT count(*) AS adjustments,
       (SELECT count(*) FROM (SELECT product, location FROM population WHERE is_often GROUP BY product, location) AS k) AS adjusted_every_week
FROM population

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end,
       'first adjustment' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.qty AS value_qty, m."user" AS value_user, m.reason AS value_reason
FROM violations AS v
JOIN population AS p ON p.product = v.product AND p.location = v.location AND p.day = v.period_start AND p.next_day = v.period_end
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
WHERE NOT p.is_linked AND p.qty + p.next_qty = 0 AND abs(p.qty) >= $least_qty

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end,
       'second adjustment' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.qty AS value_qty, m."user" AS value_user, m.reason AS value_reason
FROM violations AS v
JOIN population AS p ON p.product = v.product AND p.location = v.location AND p.day = v.period_start AND p.next_day = v.period_end
JOIN movements AS m ON m._file_id = p.next_file AND m._record = p.next_record
WHERE NOT p.is_linked AND p.qty + p.next_qty = 0 AND abs(p.qty) >= $least_qty
