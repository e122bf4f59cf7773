/* ---
id: C-023
version: 1
kind: set
title: {en: Transfers made or destroyed stock, es: Los traspasos crearon o destruyeron existencias}
severity: high
grain: document
unit: transferred products
identity: [transfer, product]
needs:
  movements: [type, product, location, ts, qty, ref_id]
optional:
  transfers: [transfer, product, from_location, to_location, qty_out, qty_in, out_ts, in_ts]
  movements: [movement, unit_cost]
uses: [unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days beyond the usual time under way after which what left must have come in"}
  tolerance: {default: "0", type: decimal, meaning: "base units by which what came in may differ from what left"}
  loose: {default: "0.005", type: decimal, meaning: "share by which quantities with fractions (weighed or poured goods) may differ"}
  share: {default: "0.5", type: decimal, meaning: "share of the transfers of a place (or of a ledger without numbers) that must balance for the others to be judged"}
impact: column
recoverable: false
explains: []
entities: [transfer, product]
partition_by: [product]
texts:
  finding:
    en: "{product}, {transfer_text_en}: {expected:,} left and {observed:,} came in over all places ({difference:,})"
    es: "{product}, {transfer_text_es}: salieron {expected:,} y entraron {observed:,} en todos los lugares ({difference:,})"
words:
  transferred products: {es: productos traspasados}
  balanced: {es: en equilibrio}
  made: {es: de más}
  destroyed: {es: de menos}
  not_compared: {es: sin comparar}
  legs_without_number: {es: asientos sin número}
explanation:
  en: >-
    Transfers move stock and never make or destroy any: over all places, one that holds goods in transit included, the
    entries of a transfer and product add up to nothing once the goods have arrived. What left late in the ledger may still
    be under way, what came in early may have left before the books begin: neither is judged. Entries without a number are
    taken together by product: told is what must be missing even if all that left last is still under way. Places whose
    entries mostly have no counterpart send to, or receive from, places outside these books and are left out; a single entry
    without any counterpart may do so too and is of medium severity where no table of transfers knows of it. Where the
    table of transfers says which leg is wrong, C-019, C-020 or C-021 has the cause and this finding belongs to its case.
  es: >-
    Los traspasos mueven existencias y nunca las crean ni destruyen: sumados todos los lugares, también el de mercancía en
    tránsito, los asientos de un traspaso y producto dan cero cuando la mercancía llegó. Lo que salió al final del diario
    puede estar en camino y lo que entró al principio pudo salir antes: no se juzga. Los asientos sin número se suman por
    producto: se informa lo que falta aunque todo lo último aún esté en camino. Quedan fuera los lugares cuyos asientos casi
    nunca tienen contrapartida, pues tratan con lugares ajenos a estos libros; un asiento suelto sin contrapartida puede ser
    también de estos y es de gravedad media si ninguna tabla de traspasos lo conoce. Si la tabla de traspasos dice qué asiento
    falla, la causa está en C-019, C-020 o C-021 y este hallazgo pertenece a su caso.
remedy:
  en: "Find the entry that is missing or has another quantity, and correct it at the place where the goods are."
  es: "Busque el asiento que falta o tiene otra cantidad y corríjalo en el lugar donde está la mercancía."
source: "Conservation of stock under transfer"
--- */

-- section: population
-- One row per transfer number and product, and one per product of all entries without a number.
WITH legs AS NOT MATERIALIZED (
    SELECT ref_id, product, location, ts_date AS day, qty FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('transfer_in', 'transfer_out') AND product IS NOT NULL
), span AS (
    SELECT min(day) AS begins, quantile_disc(day, 0.999) AS ends FROM legs WHERE day IS NOT NULL
), arrivals AS (
    -- So that the period of a finding reaches as far as what the transfer says of itself; and whether it goes to a place, or
    -- comes from one, of which this ledger has no entries at all.
    SELECT transfer, product, min(least(out_ts_date, in_ts_date)) AS since, max(greatest(out_ts_date, in_ts_date)) AS day,
           bool_or(from_location NOT IN (SELECT location FROM movements WHERE location IS NOT NULL) OR to_location NOT IN (SELECT location FROM movements WHERE location IS NOT NULL)) AS leaves_the_books
    FROM transfers WHERE _duplicate_record IS NULL GROUP BY transfer, product
), sums AS (
    SELECT ref_id AS transfer, product, sum(greatest(qty, 0)) AS entered, -sum(least(qty, 0)) AS departed, sum(qty) AS difference, count(qty) < count(*) OR count(day) < count(*) AS unread,
           min(day) AS first_day, max(day) AS last_day, min(day) FILTER (WHERE qty < 0) AS left_on, max(day) FILTER (WHERE qty > 0) AS came_on,
           min(location) FILTER (WHERE qty < 0) AS source, min(location) FILTER (WHERE qty > 0) AS destination,
           bool_or(qty <> trunc(qty)) AS has_fractions, count(*) AS row_count
    FROM legs WHERE ref_id IS NOT NULL GROUP BY ref_id, product
), waits AS (
    SELECT coalesce(quantile_disc(came_on - left_on, 0.95), 0)::INTEGER AS days FROM sums WHERE came_on >= left_on AND difference = 0
), judged AS (
    SELECT s.*, w.days AS usual_days, abs(s.difference) <= greatest($tolerance, CASE WHEN s.has_fractions THEN try((greatest(s.entered, s.departed) * $loose)::DECIMAL(38, 4)) ELSE 0 END) AS is_balanced,
           CASE WHEN s.difference < 0 THEN s.last_day + w.days + $days < p.ends ELSE s.first_day > p.begins + w.days + $days END AS is_due
    FROM sums AS s CROSS JOIN waits AS w CROSS JOIN span AS p
), places AS (
    -- Ends of transfers by place: how many of them have their counterpart.
    SELECT location, count(*) FILTER (is_balanced) >= $share * count(*) AS compared
    FROM (
        SELECT source AS location, is_balanced FROM judged WHERE source IS NOT NULL AND (is_due OR is_balanced)
        UNION ALL
        SELECT destination, is_balanced FROM judged WHERE destination IS NOT NULL AND (is_due OR is_balanced)
    ) AS sides
    GROUP BY location
), loose_ends AS (
    SELECT l.product, sum(greatest(l.qty, 0)) AS entered, -sum(least(l.qty, 0)) AS departed, count(l.qty) < count(*) OR count(l.day) < count(*) AS unread,
           coalesce(-sum(least(l.qty, 0)) FILTER (WHERE l.day + w.days + $days < p.ends), 0) AS departed_early,
           coalesce(sum(greatest(l.qty, 0)) FILTER (WHERE l.day > p.begins + w.days + $days), 0) AS entered_late,
           min(l.day) AS first_day, max(l.day) AS last_day, count(*) AS row_count
    FROM legs AS l CROSS JOIN waits AS w CROSS JOIN span AS p
    WHERE l.ref_id IS NULL GROUP BY l.product
), loose_share AS (
    SELECT least(sum(entered), sum(departed)) >= $share * greatest(sum(entered), sum(departed)) AS compared FROM loose_ends
)
SELECT j.transfer, j.product, j.entered, j.departed, j.difference, least(j.first_day, a.since) AS since, j.first_day, greatest(j.last_day + j.usual_days, a.day) AS until, j.row_count,
       -- One end alone, of a transfer of which the books say nothing else, may have its other end outside of them.
       (j.entered > 0 AND j.departed > 0) OR a.transfer IS NOT NULL AS is_certain, true AS is_numbered,
       coalesce(s.compared, d.compared) IS NOT FALSE AND coalesce(d.compared, s.compared) IS NOT FALSE AS compared,
       CASE WHEN j.unread THEN NULL
            WHEN j.is_balanced THEN 'balanced'
            WHEN NOT j.is_due THEN 'under_way'
            WHEN s.compared IS FALSE OR d.compared IS FALSE OR a.leaves_the_books THEN NULL
            WHEN j.difference > 0 THEN 'made' ELSE 'destroyed' END AS code
FROM judged AS j
LEFT JOIN places AS s ON s.location = j.source
LEFT JOIN places AS d ON d.location = j.destination
LEFT JOIN arrivals AS a ON a.transfer = j.transfer AND a.product = j.product
UNION ALL
SELECT NULL, l.product, l.entered, l.departed,
       CASE WHEN l.departed_early > l.entered THEN l.entered - l.departed_early WHEN l.entered_late > l.departed THEN l.entered_late - l.departed ELSE 0 END,
       l.first_day, l.first_day, l.last_day, l.row_count, false, false, s.compared,
       CASE WHEN l.unread OR NOT s.compared THEN NULL
            WHEN l.departed_early - l.entered > $tolerance THEN 'destroyed'
            WHEN l.entered_late - l.departed > $tolerance THEN 'made' ELSE 'balanced' END
FROM loose_ends AS l CROSS JOIN loose_share AS s

-- section: violations
SELECT p.transfer, p.product, coalesce('transfer ' || p.transfer, 'transfers without a number') AS transfer_text_en,
       coalesce('traspaso ' || p.transfer, 'traspasos sin número') AS transfer_text_es, p.since AS period_start, p.until AS period_end,
       p.entered AS observed, p.departed AS expected, p.difference, p.difference AS delta_qty, u.unit_cost, coalesce(u.cost_source, 'none') AS cost_source,
       try(p.difference::DECIMAL(38, 4) * u.unit_cost) AS delta_value, try(abs(p.difference)::DECIMAL(38, 4) * u.unit_cost) AS impact,
       CASE WHEN p.is_certain THEN 'high' ELSE 'medium' END AS severity, p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.first_day >= u.valid_from
WHERE p.code IN ('made', 'destroyed')

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE code = 'balanced') AS balanced, count(*) FILTER (WHERE code = 'made') AS made, count(*) FILTER (WHERE code = 'destroyed') AS destroyed,
       count(*) FILTER (WHERE code = 'under_way') AS under_way, count(*) FILTER (WHERE NOT compared) AS not_compared,
       coalesce(sum(row_count) FILTER (WHERE NOT is_numbered), 0) AS legs_without_number
FROM population

-- section: evidence
SELECT v.transfer, v.product, v.period_start, v.period_end, 'movement' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.location AS value_location, m.qty AS value_qty, m.ref_id AS value_ref_id
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.ref_id IS NOT DISTINCT FROM v.transfer AND m.type IN ('transfer_in', 'transfer_out') AND m._duplicate_record IS NULL
