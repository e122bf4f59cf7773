/* ---
id: C-005
version: 3
kind: set
title: {en: Stock fell below zero, es: La existencia cayó por debajo de cero}
severity: high
grain: key-period
unit: instants
identity: [product, location]
needs:
  movements: [movement, ts, product, location, qty]
optional:
  movements: [seq, lot, type, unit_cost, balance_after]
  sales: [document, line, product, location, lot, ts, type, qty]
  inventory: [snapshot_date, product, location, lot, qty]
uses: [stock_moves, stock_weeks, feed_places, day_spans, ledger_cover, ledger_chain, unit_costs]
unique: {moments: [product, location, day, kind, ts]}
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units that stock may lie below zero"}
  days: {default: 7, type: integer, meaning: "days within which a recovery counts as a matter of timing"}
impact: column
recoverable: false
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: stock fell to {observed:,} between {period_start} and {period_end} ({days_below:,} {days_below:day|days}, {reason_en})"
    es: "{product} en {location}: la existencia cayó a {observed:,} entre el {period_start} y el {period_end} ({days_below:,} {days_below:día|días}, {reason_es})"
words:
  instants: {es: "instantes"}
  moments: {es: "momentos"}
  below_zero: {es: "bajo cero"}
  days_below: {es: "días bajo cero"}
  keys_without_opening: {es: "claves sin apertura conocida"}
  not_made_good: {es: "sin reponer"}
  deepest_on: {es: "punto más bajo"}
  recovered_on: {es: "repuesta el"}
  recovered_by: {es: "repuesta por"}
  opening_source: {es: "origen de la apertura"}
  moments_below: {es: "momentos bajo cero"}
explanation:
  en: >-
    Stock is recomputed from its opening and all that moved, sales of a separate feed included. It starts from each snapshot
    again; before the first one it is reckoned backwards from it. Snapshots outside the days of the ledger are not bridged
    by it and left out. Without snapshots the opening is what the ledger's own
    balances imply, or zero before an opening entry. Any other key has no known opening: its history may begin midway, so
    nothing is asserted and it counts as unknown. Movements of one instant are taken together; at a place whose
    sales come in a feed of their own, the movements of one day are. A stretch below zero that is made good within a few days is a matter of timing
    and of medium severity. The amount is the deepest point times the cost.
  es: >-
    La existencia se recalcula desde su apertura con todo lo que se movió, incluidas las ventas de un archivo aparte. Parte
    de nuevo de cada saldo; antes del primero se calcula hacia atrás. Los saldos ajenos a los días del diario no se enlazan
    con él y quedan fuera. Sin saldos, la apertura es la que implican los propios
    saldos del diario, o cero antes de un asiento de apertura. Cualquier otra clave no tiene apertura conocida: su historia
    puede empezar a la mitad, así que nada se afirma y cuenta como desconocida. Los movimientos de un instante se toman juntos; si las ventas vienen en un archivo propio, los de un día.
    Un tramo bajo cero que se repone en pocos días es cuestión de tiempo y de gravedad media. El importe es el punto más
    bajo por el coste.
remedy:
  en: "Find the receipt that is missing or was booked late, or the sale that was booked on the wrong product or unit."
  es: "Busque la recepción que falta o se registró tarde, o la venta registrada en otro producto o unidad."
source: "Perpetual inventory: goods cannot leave before they are there"
--- */

-- section: population
-- One row per product, place and instant (or day) at which stock moved or was stated, with the stock after it. Keys whose
-- stock never fell below zero, and those without a known opening, are told apart first, by numbers alone: each of them is
-- one row, which stands for as many instants as `moments` says. Told apart they are by weeks (see stock_weeks).
WITH settings AS (
    SELECT max(day) AS ends FROM stock_moves
), days AS (
    SELECT d.location, d.day, d.closes, date_trunc('week', d.day)::DATE AS week, f.location IS NOT NULL AS by_day
    FROM day_spans AS d LEFT JOIN feed_places AS f ON f.location = d.location
), snapshots AS (
    SELECT i.product, i.location, i.snapshot_date AS day,
           CASE WHEN count(i.qty) = count(*) AND min(coalesce(i.snapshot_date_source, '')) = max(coalesce(i.snapshot_date_source, '')) THEN sum(i.qty) END AS stated
    FROM inventory AS i
    LEFT JOIN feed_places AS f ON f.location = i.location
    LEFT JOIN ledger_cover AS v ON v.by_feed = (f.location IS NOT NULL)
    WHERE i._duplicate_record IS NULL AND i.product IS NOT NULL AND i.location IS NOT NULL AND i.snapshot_date IS NOT NULL
      AND coalesce(i.snapshot_date >= v.begins AND i.snapshot_date <= v.ends, true)
    GROUP BY i.product, i.location, i.snapshot_date
), printed AS (
    SELECT product, location, min(shift) AS opening
    FROM ledger_chain
    WHERE grain = 'product, location' AND sign = 1 AND segment = 0 AND run = 0
    GROUP BY product, location
), named AS (
    SELECT product, location, bool_or(week IS NULL) AS undated, bool_or(week IS NOT NULL) AS dated,
           coalesce(bool_or(unread) FILTER (WHERE week IS NOT NULL), false) AS unread, bool_or(has_opening) AS has_opening, false AS is_stated
    FROM stock_weeks GROUP BY product, location
    UNION ALL
    SELECT product, location, false, true, false, false, bool_or(stated IS NOT NULL) FROM snapshots GROUP BY product, location
), keys AS (
    SELECT n.product, n.location, row_number() OVER (ORDER BY n.product, n.location) AS key, bool_or(n.undated) AS undated,
           bool_or(n.is_stated) AS is_stated,
           -- Where a quantity, a date or the opening has to be looked at more closely, each instant is.
           bool_or(n.unread) OR bool_or(n.undated) OR (NOT bool_or(n.is_stated) AND (bool_or(n.has_opening) OR max(p.opening) IS NOT NULL)) AS unclear
    FROM named AS n LEFT JOIN printed AS p ON p.product = n.product AND p.location = n.location
    GROUP BY n.product, n.location
    HAVING bool_or(n.dated)
), lines AS (
    -- `moments` is NULL where they have to be counted.
    SELECT k.key, w.closes, 0 AS kind, w.week, w.qty, w.went, CASE WHEN w.by_day OR w.slots = w.moved_rows THEN w.slots END AS moments,
           NULL::DECIMAL(38, 4) AS stated
    FROM stock_weeks AS w JOIN keys AS k ON k.product = w.product AND k.location = w.location
    WHERE w.week IS NOT NULL AND NOT k.unclear
    UNION ALL
    SELECT k.key, s.day, 1, NULL, 0, 0, 1, s.stated
    FROM snapshots AS s JOIN keys AS k ON k.product = s.product AND k.location = s.location
    WHERE NOT k.unclear
), summed AS (
    SELECT *, count(stated) OVER k AS segment, sum(qty) OVER k AS total
    FROM lines
    WINDOW k AS (PARTITION BY key ORDER BY closes NULLS LAST, kind, week)
), bases AS (
    SELECT key, segment, stated - total AS base FROM summed WHERE stated IS NOT NULL
), reckoned AS (
    -- Before the first snapshot of a key its stock is reckoned backwards from it.
    SELECT s.key, s.closes, s.kind, s.week, s.moments, b.base + s.total - s.qty AS began,
           coalesce(b.base + s.total - s.qty + s.went < -$tolerance, false) AS may_fall
    FROM summed AS s LEFT JOIN bases AS b ON b.key = s.key AND b.segment = greatest(s.segment, 1)
), unsure AS (
    SELECT k.product, k.location, r.key, r.closes, r.week, r.began
    FROM reckoned AS r JOIN keys AS k ON k.key = r.key
    WHERE r.kind = 0 AND (r.may_fall OR r.moments IS NULL)
), ordered AS (
    SELECT u.key, u.closes, u.week, u.began, sum(m.qty) OVER k AS total, dense_rank() OVER k AS moment
    FROM stock_moves AS m
    JOIN days AS d ON d.location = m.location AND d.day = m.day
    JOIN unsure AS u ON u.product = m.product AND u.location = m.location AND u.week = d.week AND u.closes IS NOT DISTINCT FROM d.closes
    WINDOW k AS (PARTITION BY u.key, u.closes, u.week ORDER BY m.day, CASE WHEN NOT d.by_day THEN m.ts END NULLS FIRST)
), seen AS (
    SELECT key, max(moment) AS moments, coalesce(min(began + total) < -$tolerance, false) AS fell
    FROM ordered
    GROUP BY key, closes, week
), told AS (
    SELECT key, sum(moments) AS moments, bool_or(fell) AS fell
    FROM (
        SELECT key, moments, may_fall AS fell FROM reckoned WHERE kind = 1 OR NOT (may_fall OR moments IS NULL)
        UNION ALL
        SELECT key, moments, fell FROM seen
    ) AS weekly
    GROUP BY key
), sorted AS (
    SELECT k.product, k.location, t.moments, k.is_stated, k.undated, k.unclear OR t.fell AS closely
    FROM keys AS k LEFT JOIN told AS t ON t.key = k.key
), moments AS (
    SELECT m.product, m.location, m.day, CASE WHEN f.location IS NULL THEN m.ts END AS ts, sum(m.qty) AS qty, count(m.qty) < count(*) AS unread,
           min(m.flow) AS flow, NULL::DECIMAL(38, 4) AS stated, 0 AS kind, s.ends
    FROM stock_moves AS m
    JOIN sorted AS c ON c.closely AND c.product = m.product AND c.location = m.location
    LEFT JOIN feed_places AS f ON f.location = m.location
    CROSS JOIN settings AS s
    WHERE m.day IS NOT NULL
    GROUP BY ALL
    UNION ALL
    SELECT i.product, i.location, i.day, NULL, 0, false, 'snapshot', i.stated, 1, s.ends
    FROM snapshots AS i JOIN sorted AS c ON c.closely AND c.product = i.product AND c.location = i.location CROSS JOIN settings AS s
), numbered AS (
    SELECT *, kind = 1 AS is_snapshot, row_number() OVER k AS place,
           sum(CASE WHEN stated IS NOT NULL THEN 1 ELSE 0 END) OVER k AS segment,
           sum(coalesce(qty, 0)) OVER k AS total, sum(CASE WHEN unread THEN 1 ELSE 0 END) OVER k AS unread_so_far
    FROM moments
    WINDOW k AS (PARTITION BY product, location ORDER BY day, kind, ts NULLS FIRST)
), anchors AS (
    SELECT product, location, segment, total AS anchor_total, stated, unread_so_far AS anchor_unread FROM numbered WHERE stated IS NOT NULL
), firsts AS (
    SELECT product, location, bool_or(place = 1 AND flow = 'opening') AS is_opened FROM numbered GROUP BY product, location
), opened AS (
    SELECT n.product, n.location, n.place, n.day, n.ts, n.qty, n.flow, n.is_snapshot, n.ends,
           c.undated,
           CASE WHEN a.product IS NOT NULL THEN CASE WHEN n.unread_so_far = a.anchor_unread THEN a.stated + n.total - a.anchor_total END
                WHEN b.product IS NOT NULL THEN CASE WHEN n.unread_so_far = b.anchor_unread THEN b.stated + n.total - b.anchor_total END
                WHEN n.unread_so_far > 0 THEN NULL
                WHEN p.opening IS NOT NULL AND g.location IS NULL THEN p.opening + n.total
                WHEN f.is_opened THEN n.total END AS stock,
           CASE WHEN a.product IS NOT NULL THEN 'snapshot' WHEN b.product IS NOT NULL THEN 'later snapshot'
                WHEN p.opening IS NOT NULL AND g.location IS NULL THEN 'ledger balance' WHEN f.is_opened THEN 'opening entry' ELSE 'none' END AS opening_source
    FROM numbered AS n
    JOIN sorted AS c ON c.product = n.product AND c.location = n.location
    LEFT JOIN feed_places AS g ON g.location = n.location
    LEFT JOIN anchors AS a ON a.product = n.product AND a.location = n.location AND a.segment = n.segment
    LEFT JOIN anchors AS b ON b.product = n.product AND b.location = n.location AND b.segment = n.segment + 1 AND n.segment = 0
    LEFT JOIN printed AS p ON p.product = n.product AND p.location = n.location
    LEFT JOIN firsts AS f ON f.product = n.product AND f.location = n.location
), judged AS (
    SELECT product, location, place, day, ts, qty, flow, is_snapshot, ends, opening_source, CASE WHEN NOT undated THEN stock END AS stock,
           CASE WHEN NOT undated THEN stock < -$tolerance END AS below
    FROM opened
)
SELECT *, sum(CASE WHEN below THEN 0 ELSE 1 END) OVER (PARTITION BY product, location ORDER BY place) AS stretch, 1 AS moments FROM judged
UNION ALL
SELECT product, location, NULL, NULL, NULL, NULL, NULL, false, NULL, CASE WHEN is_stated THEN 'snapshot' ELSE 'none' END, NULL,
       CASE WHEN is_stated THEN false END, NULL, moments
FROM sorted
WHERE NOT closely

-- section: violations
WITH stretches AS (
    SELECT product, location, stretch, min(day) FILTER (WHERE below) AS began, min(stock) FILTER (WHERE below) AS depth, max(place) AS last_place,
           count(*) FILTER (WHERE below) AS moments_below, min(opening_source) FILTER (WHERE below) AS opening_source, max(ends) AS ends
    FROM population
    GROUP BY product, location, stretch
    HAVING count(*) FILTER (WHERE below) > 0
), recovered AS (
    SELECT s.*, n.day AS recovered_on, n.flow AS recovered_by,
           coalesce(n.day, greatest(s.ends, s.began)) - s.began AS days_below
    FROM stretches AS s
    LEFT JOIN population AS n ON n.product = s.product AND n.location = s.location AND n.place = s.last_place + 1
), told AS (
    -- What began and ended on the same days is told once, as the last of it ended.
    SELECT product, location, max(stretch) AS stretch, min(depth) AS depth, sum(moments_below)::BIGINT AS moments_below
    FROM recovered
    GROUP BY product, location, began, days_below
), deepest AS (
    SELECT p.product, p.location, p.stretch, min(p.day) AS deepest_on
    FROM population AS p JOIN stretches AS s ON s.product = p.product AND s.location = p.location AND s.stretch = p.stretch AND s.depth = p.stock
    WHERE p.below
    GROUP BY p.product, p.location, p.stretch
)
SELECT r.product, r.location, r.began AS period_start, coalesce(r.recovered_on, greatest(r.ends, r.began)) AS period_end, t.depth AS observed, 0 AS expected,
       t.depth AS delta_qty, r.days_below, t.moments_below, d.deepest_on, r.recovered_on, r.recovered_by, r.opening_source,
       CASE WHEN r.recovered_on IS NULL THEN 'not made good' WHEN r.days_below <= $days THEN 'made good in time' ELSE 'made good late' END AS reason_en,
       CASE WHEN r.recovered_on IS NULL THEN 'sin reponer' WHEN r.days_below <= $days THEN 'repuesta a tiempo' ELSE 'repuesta tarde' END AS reason_es,
       u.unit_cost, coalesce(u.cost_source, 'none') AS cost_source,
       try(t.depth::DECIMAL(38, 4) * u.unit_cost) AS delta_value, try(abs(t.depth)::DECIMAL(38, 4) * u.unit_cost) AS impact,
       CASE WHEN r.recovered_on IS NOT NULL AND r.days_below <= $days THEN 'medium' ELSE 'high' END AS severity, t.moments_below AS row_count
FROM told AS t
JOIN recovered AS r ON r.product = t.product AND r.location = t.location AND r.stretch = t.stretch
JOIN deepest AS d ON d.product = r.product AND d.location = r.location AND d.stretch = r.stretch
ASOF LEFT JOIN unit_costs AS u ON u.product = r.product AND d.deepest_on >= u.valid_from

-- section: evaluated
SELECT coalesce(sum(moments), 0) AS evaluated, count(*) FILTER (WHERE below) AS failed, coalesce(sum(moments) FILTER (WHERE below IS NULL), 0) AS unknown FROM population

-- section: facts
SELECT coalesce(sum(moments), 0) AS moments, count(*) FILTER (WHERE below) AS below_zero,
       (SELECT count(*) FROM (SELECT DISTINCT product, location FROM population) AS keys) AS keys,
       (SELECT count(*) FROM (SELECT product, location FROM population GROUP BY product, location HAVING min(opening_source) = 'none' AND max(opening_source) = 'none') AS keys) AS keys_without_opening,
       (SELECT count(*) FROM violations WHERE recovered_on IS NULL) AS not_made_good, (SELECT sum(days_below) FROM violations) AS days_below
FROM population

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.location = v.location AND m.ts_date >= v.period_start AND m.ts_date <= v.period_end
WHERE m._duplicate_record IS NULL

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'sale' AS role, 2 AS ordinal, 'sales' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.ts_date AS value_date, l.qty AS value_qty
FROM violations AS v
JOIN stock_moves AS k ON k.product = v.product AND k.location = v.location AND k.day >= v.period_start AND k.day <= v.period_end AND k.table_name = 'sales'
JOIN sales AS l ON l._file_id = k._file_id AND l._record = k._record

-- section: evidence
-- The snapshot that the stock was reckoned from: the last before the stretch, or the first after it.
SELECT v.product, v.location, v.period_start, v.period_end, 'opening' AS role, 0 AS ordinal, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty
FROM violations AS v
JOIN (
    SELECT w.product, w.location, w.period_start, coalesce(max(p.day) FILTER (p.day <= w.period_start), min(p.day)) AS day
    FROM violations AS w JOIN population AS p ON p.product = w.product AND p.location = w.location AND p.is_snapshot
    GROUP BY w.product, w.location, w.period_start
) AS o ON o.product = v.product AND o.location = v.location AND o.period_start = v.period_start
JOIN inventory AS i ON i.product = v.product AND i.location = v.location AND i.snapshot_date = o.day
WHERE i._duplicate_record IS NULL
