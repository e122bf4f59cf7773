/* ---
id: C-033
version: 2
kind: set
title: {en: A count was taken against another book quantity, es: Un conteo se hizo contra otra cantidad en libros}
severity: medium
grain: key-period
unit: counts
identity: [count_session, product, location, lot, counted_on]
needs:
  counts: [ts, product, location, system_qty]
  movements: [product, location, ts, qty]
optional:
  counts: [count_session, lot, counted_qty, unit_cost]
  movements: [movement, lot, type]
  inventory: [snapshot_date, product, location, lot, qty]
  sales: [document, line, product, location, lot, ts, type, qty]
  conventions: [name, value]
uses: [stock_moves, span_flows, feed_places, ledger_cover, unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which the book quantity on a count may be off"}
impact: column
recoverable: false
explains: []
entities: [count_session, product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: the count of {period_end} was taken against {observed:,}, the books had {expected:,} ({difference:,})"
    es: "{product} en {location}: el conteo del {period_end} se hizo contra {observed:,}; los libros tenían {expected:,} ({difference:,})"
words:
  counted_on: {es: "contado el"}
  against_another_quantity: {es: "contra otra cantidad"}
  between_movements: {es: "entre movimientos del día"}
  compared_with_a_snapshot: {es: "comparados con un saldo"}
  first_counts_of_a_key: {es: "primeros conteos de una clave"}
  snapshot: {es: "saldo"}
  count before: {es: "conteo anterior"}
  book_from: {es: "origen del libro"}
  base_day: {es: "día de partida"}
explanation:
  en: >-
    The quantity that a count sheet gives as the books' is compared with the stock recomputed to that day: from the snapshot
    of the day, else from the last snapshot or count before it and all that moved since, sales of a separate feed included.
    So a difference is told once, at the first count after it arose. A count may be taken before or after the movements of
    its day (and of the day of the count it starts from), so either is accepted; where several movements of the day leave
    a quantity between the two possible, it is unknown. The first count of a key without snapshot is what later ones start from. Counts
    and snapshots outside the days of the ledger are neither compared nor started from.
  es: >-
    La cantidad que la hoja de conteo da como la de libros se compara con la existencia recalculada a ese día: del saldo del
    día o, si no lo hay, del último saldo o conteo anterior y lo que se movió desde entonces, incluidas las ventas de un
    archivo aparte. Así una diferencia se informa una vez, en el primer conteo tras surgir. Un conteo puede hacerse antes o
    después de los movimientos de su día (y del día del conteo del que parte), por lo que ambas cosas valen; si varios
    movimientos del día permiten una cantidad intermedia, queda como desconocida. El primer conteo de una clave sin saldo es
    el punto de partida de los siguientes. Los conteos y saldos ajenos a los días del diario no se comparan ni sirven de partida.
remedy:
  en: "Ask when the sheet was printed and what was posted since; count again against today's books."
  es: "Pregunte cuándo se imprimió la hoja y qué se registró después; cuente de nuevo contra los libros de hoy."
source: "Cut-off of physical counts, audit practice"
--- */

-- section: population
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM counts WHERE lot IS NOT NULL) AS counts_lots,
           EXISTS (SELECT 1 FROM counts WHERE lot IS NOT NULL) AND EXISTS (SELECT 1 FROM movements WHERE lot IS NOT NULL)
           AND (EXISTS (SELECT 1 FROM inventory WHERE lot IS NOT NULL) OR NOT EXISTS (SELECT 1 FROM inventory))
           AND (EXISTS (SELECT 1 FROM sales WHERE lot IS NOT NULL) OR NOT EXISTS (SELECT 1 FROM stock_moves WHERE table_name = 'sales')) AS by_lot
), sheets AS (
    SELECT c.count_session, c.product, c.location, c.lot, c.ts_date AS day, s.counts_lots, s.by_lot,
           CASE WHEN count(c.system_qty) = count(*) THEN sum(c.system_qty) END AS system_qty,
           CASE WHEN min(c.unit_cost) = max(c.unit_cost) AND min(c.unit_cost) > 0 THEN min(c.unit_cost) END AS row_cost, count(*) AS sheet_rows
    FROM counts AS c CROSS JOIN settings AS s
    WHERE c._duplicate_record IS NULL AND c.product IS NOT NULL AND c.location IS NOT NULL AND c.ts_date IS NOT NULL
    GROUP BY ALL
), covers AS (
    -- The days of the ledger by place: what lies outside of them it does not lead to, nor from.
    SELECT p.location, v.begins, v.ends
    FROM (SELECT location FROM counts WHERE location IS NOT NULL UNION SELECT location FROM inventory WHERE location IS NOT NULL) AS p
    LEFT JOIN feed_places AS f ON f.location = p.location
    LEFT JOIN ledger_cover AS v ON v.by_feed = (f.location IS NOT NULL)
), keyed AS (
    SELECT c.*, c.product || chr(31) || c.location || CASE WHEN c.by_lot THEN chr(31) || coalesce(c.lot, '') ELSE '' END AS key,
           coalesce(c.day >= v.begins AND c.day <= v.ends, true) AS is_covered
    FROM sheets AS c JOIN covers AS v ON v.location = c.location
), spans AS (
    SELECT f.product || chr(31) || f.location || CASE WHEN s.by_lot THEN chr(31) || coalesce(f.lot, '') ELSE '' END AS key, f.closes AS day,
           sum(f.qty) AS qty, sum(f.unreadable) AS unread, sum(f.day_qty) AS day_qty, sum(f.day_came) AS day_came, sum(f.day_went) AS day_went,
           sum(f.day_rows) AS day_rows
    FROM span_flows AS f CROSS JOIN settings AS s
    GROUP BY ALL
), undated AS (
    SELECT key FROM spans WHERE day IS NULL GROUP BY key
), running AS (
    -- Up to each day of which the location has a snapshot or a count: those are the days that are asked for.
    SELECT key, day, day_qty, day_came, day_went, day_rows, sum(qty) OVER (PARTITION BY key ORDER BY day) AS total,
           sum(unread) OVER (PARTITION BY key ORDER BY day) AS unread_so_far
    FROM spans
    WHERE day IS NOT NULL
), snapshots AS (
    SELECT i.product || chr(31) || i.location || CASE WHEN s.by_lot THEN chr(31) || coalesce(i.lot, '') ELSE '' END AS key, i.snapshot_date AS day,
           CASE WHEN count(i.qty) = count(*) AND min(coalesce(i.snapshot_date_source, '')) = max(coalesce(i.snapshot_date_source, '')) THEN sum(i.qty) END AS qty,
           coalesce(i.snapshot_date >= v.begins AND i.snapshot_date <= v.ends, true) AS is_covered
    FROM inventory AS i CROSS JOIN settings AS s JOIN covers AS v ON v.location = i.location
    WHERE i._duplicate_record IS NULL AND i.product IS NOT NULL AND i.location IS NOT NULL AND i.snapshot_date IS NOT NULL
    GROUP BY ALL
), started AS (
    -- Of a day with a snapshot and counts the snapshot is what is believed; counts of one day that disagree say nothing.
    SELECT key, day, max(snapshot_qty) AS snapshot_qty, CASE WHEN min(count_qty) = max(count_qty) THEN min(count_qty) END AS count_qty
    FROM (
        SELECT key, day, qty AS snapshot_qty, NULL::DECIMAL(38, 4) AS count_qty FROM snapshots WHERE qty IS NOT NULL AND is_covered
        UNION ALL
        SELECT key, day, NULL, system_qty FROM keyed WHERE system_qty IS NOT NULL AND is_covered
    ) AS both_kinds
    GROUP BY key, day
    HAVING max(snapshot_qty) IS NOT NULL OR min(count_qty) = max(count_qty)
), based AS (
    SELECT k.*, n.qty AS day_snapshot, b.day AS base_day, b.snapshot_qty AS base_snapshot, b.count_qty AS base_count
    FROM keyed AS k
    LEFT JOIN snapshots AS n ON n.key = k.key AND n.day = k.day
    ASOF LEFT JOIN started AS b ON b.key = k.key AND b.day < k.day
), moved AS (
    SELECT b.*, coalesce(e.total, 0) AS total_end, coalesce(e.unread_so_far, 0) AS unread_end,
           coalesce(CASE WHEN e.day = b.day THEN e.day_qty END, 0) AS day_qty, coalesce(CASE WHEN e.day = b.day THEN e.day_came END, 0) AS day_came,
           coalesce(CASE WHEN e.day = b.day THEN e.day_went END, 0) AS day_went, coalesce(CASE WHEN e.day = b.day THEN e.day_rows END, 0) AS day_rows
    FROM based AS b
    ASOF LEFT JOIN running AS e ON e.key = b.key AND e.day <= b.day
), spanned AS (
    SELECT m.*, coalesce(s.total, 0) AS total_base, coalesce(s.unread_so_far, 0) AS unread_base,
           coalesce(CASE WHEN s.day = m.base_day THEN s.day_qty END, 0) AS base_day_qty, u.key IS NOT NULL AS undated
    FROM moved AS m
    ASOF LEFT JOIN running AS s ON s.key = m.key AND s.day <= m.base_day
    LEFT JOIN undated AS u ON u.key = m.key
), booked AS (
    -- The stock at the end of the day, and how much later the start of a count leaves open.
    SELECT *, CASE WHEN undated OR (counts_lots AND NOT by_lot) THEN NULL
                   WHEN day_snapshot IS NOT NULL THEN day_snapshot
                   WHEN unread_end <> unread_base OR NOT is_covered THEN NULL
                   ELSE coalesce(base_snapshot, base_count) + total_end - total_base END AS book_end,
           CASE WHEN day_snapshot IS NULL AND base_snapshot IS NULL THEN base_day_qty ELSE 0 END AS base_open,
           CASE WHEN day_snapshot IS NOT NULL THEN 'snapshot of the day' WHEN base_snapshot IS NOT NULL THEN 'snapshot before'
                WHEN base_count IS NOT NULL THEN 'count before' ELSE 'none' END AS book_from
    FROM spanned
), compared AS (
    SELECT *, least(abs(system_qty - book_end), abs(system_qty - book_end + day_qty),
                    abs(system_qty - book_end - base_open), abs(system_qty - book_end - base_open + day_qty)) AS nearest,
           day_rows > 1 AND system_qty BETWEEN book_end - day_qty + least(base_open, 0) + day_went AND book_end - day_qty + greatest(base_open, 0) + day_came AS between_both
    FROM booked
)
SELECT *, CASE WHEN nearest <= $tolerance THEN false WHEN between_both THEN NULL ELSE nearest > $tolerance END AS off,
       CASE WHEN abs(system_qty - book_end) = nearest THEN book_end WHEN abs(system_qty - book_end + day_qty) = nearest THEN book_end - day_qty
            WHEN abs(system_qty - book_end - base_open) = nearest THEN book_end + base_open ELSE book_end + base_open - day_qty END AS book_qty
FROM compared

-- section: violations
SELECT p.count_session, p.product, p.location, p.lot, p.day AS counted_on,
       CASE WHEN p.day_snapshot IS NULL THEN least((p.base_day + INTERVAL 1 DAY)::DATE, p.day) ELSE p.day END AS period_start, p.day AS period_end,
       p.system_qty AS observed, p.book_qty AS expected, p.system_qty - p.book_qty AS difference, p.system_qty - p.book_qty AS delta_qty,
       p.book_from, p.base_day,
       coalesce(p.row_cost, u.unit_cost) AS unit_cost, CASE WHEN p.row_cost IS NOT NULL THEN 'counts' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try((p.system_qty - p.book_qty)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS delta_value,
       try(abs(p.system_qty - p.book_qty)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS impact, p.sheet_rows AS row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
WHERE p.off

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE off IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS counts, count(*) FILTER (WHERE off) AS against_another_quantity, count(*) FILTER (WHERE book_from = 'none') AS first_counts_of_a_key,
       count(*) FILTER (WHERE book_from = 'snapshot of the day') AS compared_with_a_snapshot, count(*) FILTER (WHERE between_both AND nearest > 0) AS between_movements,
       coalesce(sum(CASE WHEN off THEN abs(system_qty - book_qty) END), 0) AS gross_difference
FROM population

-- section: evidence
SELECT v.count_session, v.product, v.location, v.lot, v.counted_on, v.period_start, v.period_end,
       CASE WHEN c.ts_date = v.counted_on THEN 'count' ELSE 'count before' END AS role, CASE WHEN c.ts_date = v.counted_on THEN 3 ELSE 0 END AS ordinal,
       'counts' AS table_name, c._file_id, c._record, c._line,
       c.count_session AS key_count_session, c.product AS key_product, c.location AS key_location, c.ts_date AS key_date,
       c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty
FROM violations AS v
JOIN counts AS c ON c.product = v.product AND c.location = v.location AND (v.lot IS NULL OR c.lot = v.lot) AND c._duplicate_record IS NULL
     AND ((c.ts_date = v.counted_on AND c.count_session IS NOT DISTINCT FROM v.count_session) OR (c.ts_date = v.base_day AND v.book_from = 'count before'))

-- section: evidence
SELECT v.count_session, v.product, v.location, v.lot, v.counted_on, v.period_start, v.period_end,
       'snapshot' AS role, 0 AS ordinal, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty
FROM violations AS v
JOIN inventory AS i ON i.product = v.product AND i.location = v.location AND (v.lot IS NULL OR i.lot = v.lot) AND i._duplicate_record IS NULL
     AND i.snapshot_date = CASE v.book_from WHEN 'snapshot of the day' THEN v.counted_on WHEN 'snapshot before' THEN v.base_day END

-- section: evidence
SELECT v.count_session, v.product, v.location, v.lot, v.counted_on, v.period_start, v.period_end,
       'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.location = v.location AND (v.lot IS NULL OR m.lot = v.lot) AND m._duplicate_record IS NULL
     AND m.ts_date >= v.period_start AND m.ts_date <= v.period_end

-- section: evidence
SELECT v.count_session, v.product, v.location, v.lot, v.counted_on, v.period_start, v.period_end,
       'sale' AS role, 2 AS ordinal, 'sales' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.ts_date AS value_date, l.qty AS value_qty
FROM violations AS v
JOIN stock_moves AS k ON k.table_name = 'sales' AND k.product = v.product AND k.location = v.location AND (v.lot IS NULL OR k.lot = v.lot)
     AND k.day >= v.period_start AND k.day <= v.period_end
JOIN sales AS l ON l._file_id = k._file_id AND l._record = k._record
