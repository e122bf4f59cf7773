/* ---
id: C-035
version: 2
kind: set
title: {en: Count difference was not posted, es: Diferencia de conteo sin registrar}
severity: high
grain: key-period
unit: counts
identity: [count_session, ts, product, location, lot]
needs:
  counts: [ts, product, location, system_qty, counted_qty]
  movements: [product, location, ts, type, qty]
optional:
  counts: [count_session, lot, unit_cost, reported_variance, reason]
  movements: [movement, lot, reason, ref_id]
uses: [unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days after the count within which its adjustment must stand; the day of the count is day 0"}
  tolerance: {default: "0", type: decimal, meaning: "base units by which an adjustment, or none, may miss the difference of its count"}
impact: column
recoverable: false
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: {expected:,} in the books, {observed:,} counted on {period_start}, and no adjustment of {difference:,} followed"
    es: "{product} en {location}: {expected:,} en libros, {observed:,} contados el {period_start} y ningún ajuste de {difference:,} después"
explanation:
  en: >-
    The difference is what was counted less what the books said; a difference that the source states itself is never used.
    It counts as posted when the adjustments of one day equal it, on the day of the count or within the days allowed:
    adjustments and counts of the product at that location added up, with waste or without it, or those of them that name
    the count session. Otherwise the books stayed wrong, or were corrected by another amount than the count found. Where a
    movement of those days could not be read and may be the adjustment, the count is unknown.
  es: >-
    La diferencia es lo contado menos lo que decían los libros; nunca se usa la que declara la fuente. Se considera
    registrada cuando los ajustes de un día la igualan, el día del conteo o dentro del plazo: los ajustes y conteos del
    producto en esa ubicación sumados, con las mermas o sin ellas, o los que nombran la sesión de conteo. Si no, los libros
    siguieron equivocados o se corrigieron por otra cantidad.
    Si un movimiento de esos días no se pudo leer y puede ser el ajuste, el conteo queda como desconocido.
remedy:
  en: "Ask who approved the count why its difference was not posted; recount, then post what the recount finds."
  es: "Pregunte a quien aprobó el conteo por qué no se registró la diferencia; recuente y registre lo que resulte."
source: "Cycle-count practice: every difference is adjusted or explained"
--- */

-- section: population
-- One row per count of a product at a location (and lot, where counts and movements both keep lots).
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM counts WHERE lot IS NOT NULL)
           AND EXISTS (SELECT 1 FROM movements WHERE lot IS NOT NULL) AS by_lot
), counted AS (
    SELECT c.count_session, c.ts, c.ts_date AS day, c.product, c.location, CASE WHEN s.by_lot THEN c.lot END AS lot, s.by_lot,
           CASE WHEN count(counted_qty) = count(*) AND count(system_qty) = count(*) THEN sum(counted_qty) END AS counted_qty,
           CASE WHEN count(counted_qty) = count(*) AND count(system_qty) = count(*) THEN sum(system_qty) END AS system_qty,
           CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS row_cost,
           count(*) AS row_count
    FROM counts AS c CROSS JOIN settings AS s
    WHERE c._duplicate_record IS NULL
    GROUP BY ALL
), compared AS (
    SELECT *, day + $days AS last_day, CASE WHEN day IS NOT NULL AND product IS NOT NULL AND location IS NOT NULL
                   THEN counted_qty - system_qty END AS difference
    FROM counted
), differing AS (
    -- Nothing has to be looked for where a count found what the books held.
    SELECT DISTINCT product, location FROM compared WHERE difference <> 0
), entries AS (
    SELECT m.product, m.location, CASE WHEN s.by_lot THEN m.lot END AS lot, m.ts_date AS day, m.type, m.qty, m.ref_id
    FROM movements AS m
    JOIN differing AS d ON d.product = m.product AND d.location = m.location
    CROSS JOIN settings AS s
    WHERE m._duplicate_record IS NULL
      AND (m.type IN ('adjustment', 'count', 'waste') OR (m.type IS NULL AND m.type_source IS NOT NULL))
), adjusted AS (
    -- Some post losses of a count as waste; others throw away on the day of a count what it no longer counted. So a day is
    -- added up with waste, without it, and by the session that entries name.
    -- A type that could not be read may be an adjustment's, so its quantity is unknown.
    SELECT e.product, e.location, e.lot, e.day, b.basis, CASE WHEN b.basis = 'session' THEN e.ref_id END AS count_session,
           CASE WHEN count(*) FILTER (e.type IS NULL OR e.qty IS NULL) = 0 THEN sum(e.qty) END AS qty
    FROM entries AS e
    JOIN (VALUES ('all'), ('without waste'), ('session')) AS b (basis)
      ON b.basis = 'all' OR (b.basis = 'without waste' AND e.type IS DISTINCT FROM 'waste')
         OR (b.basis = 'session' AND e.ref_id IS NOT NULL)
    GROUP BY ALL
)
SELECT j.*, CASE WHEN posted OR NOT unclear THEN abs(difference) > $tolerance AND NOT posted END AS unposted
FROM (
    SELECT d.*,
           EXISTS (
               SELECT 1 FROM adjusted AS a
               WHERE a.product = d.product AND a.location = d.location
                 AND (NOT d.by_lot OR coalesce(a.lot, '') = coalesce(d.lot, ''))
                 AND a.day >= d.day AND a.day <= d.last_day AND abs(a.qty - d.difference) <= $tolerance
                 AND (a.basis <> 'session' OR a.count_session = d.count_session)
           ) AS posted,
           abs(d.difference) > $tolerance AND EXISTS (
               SELECT 1 FROM adjusted AS a
               WHERE a.product = d.product AND a.location = d.location
                 AND (NOT d.by_lot OR coalesce(a.lot, '') = coalesce(d.lot, ''))
                 AND (a.day IS NULL OR (a.qty IS NULL AND a.day >= d.day AND a.day <= d.last_day))
           ) AS unclear
    FROM compared AS d
) AS j

-- section: violations
SELECT p.count_session, p.ts, p.product, p.location, p.lot, p.day AS period_start, p.day AS period_end,
       p.system_qty AS expected, p.counted_qty AS observed, p.difference, p.difference AS delta_qty,
       try(p.difference::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS delta_value,
       try(abs(p.difference)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS impact,
       coalesce(p.row_cost, u.unit_cost) AS unit_cost,
       CASE WHEN p.row_cost IS NOT NULL THEN 'counts' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
WHERE p.unposted

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE difference IS NULL OR unposted IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS counts,
       count(*) FILTER (WHERE difference <> 0) AS differences,
       coalesce(sum(difference), 0) AS net_difference,
       coalesce(sum(abs(difference)), 0) AS gross_difference,
       count(*) FILTER (WHERE difference <> 0 AND posted) AS posted,
       count(*) FILTER (WHERE unposted) AS unposted,
       coalesce(sum(CASE WHEN unposted THEN difference END), 0) AS unposted_net,
       coalesce(sum(CASE WHEN unposted THEN abs(difference) END), 0) AS unposted_gross
FROM population

-- section: evidence
SELECT p.count_session, p.ts, p.product, p.location, p.lot, p.day AS period_start, p.day AS period_end,
       'count' AS role, 0 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.product AS key_product, c.location AS key_location, c.lot AS key_lot, c.ts_date AS key_date,
       c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty,
       c.reported_variance AS value_reported_variance, c.reason AS value_reason
FROM population AS p
JOIN counts AS c ON c.product = p.product AND c.location = p.location AND c.ts = p.ts
WHERE p.unposted AND c._duplicate_record IS NULL
  AND (NOT p.by_lot OR coalesce(c.lot, '') = coalesce(p.lot, '')) AND coalesce(c.count_session, '') = coalesce(p.count_session, '')

-- section: evidence
-- Adjustments within the days allowed that do not match: somebody corrected something else.
SELECT p.count_session, p.ts, p.product, p.location, p.lot, p.day AS period_start, p.day AS period_end,
       'adjustment' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty,
       m.reason AS value_reason, m.ref_id AS value_ref_id
FROM population AS p
JOIN movements AS m ON m.product = p.product AND m.location = p.location
     AND m.ts_date >= p.day AND m.ts_date <= p.last_day
WHERE p.unposted AND m._duplicate_record IS NULL
  AND m.type IN ('adjustment', 'count', 'waste') AND (NOT p.by_lot OR coalesce(m.lot, '') = coalesce(p.lot, ''))
