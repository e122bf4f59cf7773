/* ---
id: C-008
version: 1
kind: set
title: {en: A snapshot is not what the whole ledger leads to, es: Un saldo no es el que da el diario completo}
severity: high
grain: key-period
unit: snapshots
identity: [product, location]
needs:
  inventory: [snapshot_date, product, location, qty]
  movements: [product, location, ts, qty]
optional:
  inventory: [lot, unit_cost]
  movements: [movement, seq, lot, type, balance_after, unit_cost]
  sales: [product, location, lot, ts, type, qty]
  conventions: [name, value]
uses: [stock_moves, span_flows, feed_places, ledger_cover, ledger_chain, unit_costs]
unique: {judged: [product, location, day]}
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which a snapshot may be off, besides what balances are rounded to"}
impact: column
recoverable: false
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: the snapshot of {period_end} says {observed:,}, the ledger from its beginning leads to {expected:,} ({difference:,}); {later:,} later {later:snapshot inherits|snapshots inherit} it"
    es: "{product} en {location}: el saldo del {period_end} dice {observed:,}; el diario desde su inicio lleva a {expected:,} ({difference:,}); {later:,} {later:saldo posterior lo hereda|saldos posteriores lo heredan}"
words:
  snapshots: {es: saldos}
  compared: {es: comparados}
  diverging: {es: divergentes}
  agreeing: {es: último que coincide}
  keys_without_opening: {es: claves sin apertura conocida}
  opening_from: {es: origen de la apertura}
  opening entry: {es: asiento de apertura}
  ledger balance: {es: saldo del diario}
  later: {en: later snapshots that inherit it, es: saldos posteriores que lo heredan}
explanation:
  en: >-
    Stock is recomputed from the beginning of the ledger: from an opening entry that comes before all else, or from the opening
    that the ledger's own balances imply, with all that moved since. Told is the first snapshot of a product and place that
    differs, with how many later ones carry a difference on. Where the ledger's history may begin midway the opening is unknown
    and nothing is said, nor of snapshots before its first day or after its last. A snapshot may have been taken before or after the movements of its day: either is accepted, and what lies
    between is unknown. Where one snapshot does not lead to the next (C-006), or the ledger's balances break (C-001), that is the
    cause and this its sign.
  es: >-
    La existencia se recalcula desde el inicio del diario: desde un asiento de apertura anterior a todo lo demás, o desde la
    apertura que implican los saldos del propio diario, con todo lo movido después. Se informa el primer saldo de cada producto y
    lugar que difiere y cuántos posteriores arrastran una diferencia. Si la historia puede empezar a la mitad, la apertura es
    desconocida y no se dice nada, ni de saldos anteriores a su primer día o posteriores al último. Un saldo pudo tomarse antes o después de los movimientos de su día: ambas cosas valen, y lo
    intermedio queda como desconocido. Si un saldo no lleva al siguiente (C-006) o los saldos del diario se rompen (C-001), esa es
    la causa y esto su señal.
remedy:
  en: "Compare the stock list with the ledger from the last date on which both agree; count the product."
  es: "Compare la lista de existencias con el diario desde la última fecha en que coinciden; cuente el producto."
source: "Quants against move lines in inventory systems; reconciliation of a subledger to its history"
--- */

-- section: population
-- One row per product, place and snapshot.
WITH stated AS (
    SELECT i.product, i.location, i.snapshot_date AS day,
           CASE WHEN count(i.qty) = count(*) AND min(coalesce(i.snapshot_date_source, '')) = max(coalesce(i.snapshot_date_source, '')) THEN sum(i.qty) END AS stated,
           CASE WHEN min(i.unit_cost) = max(i.unit_cost) AND min(i.unit_cost) > 0 THEN min(i.unit_cost) END AS book_cost, count(*) AS snapshot_rows
    FROM inventory AS i
    WHERE i._duplicate_record IS NULL AND i.product IS NOT NULL AND i.location IS NOT NULL AND i.snapshot_date IS NOT NULL
    GROUP BY i.product, i.location, i.snapshot_date
), printed AS (
    -- What the balances imply as opening, where they imply one: a count that sets them anew has another after it.
    SELECT c.product, c.location, min(c.shift) AS opening, max(c.balance_tolerance) AS slack, min(c.day) AS begins
    FROM ledger_chain AS c
    WHERE c.grain = 'product, location' AND c.sign = 1 AND c.run = 0 AND c.shift IS NOT NULL AND c.location IS NOT NULL
    GROUP BY c.product, c.location
    HAVING max(c.shift) - min(c.shift) <= max(c.balance_tolerance)
), entered AS (
    SELECT DISTINCT product, location FROM movements WHERE type = 'opening' AND _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL
), opened AS (
    -- Keys whose history begins with an opening entry; one that is opened again every year tells its stock twice.
    SELECT m.product, m.location, min(m.day) AS begins
    FROM stock_moves AS m JOIN entered AS e ON e.product = m.product AND e.location = m.location
    GROUP BY m.product, m.location
    HAVING min(m.day) = min(CASE WHEN m.flow = 'opening' THEN m.day END) AND min(m.day) = max(CASE WHEN m.flow = 'opening' THEN m.day END)
), openings AS (
    SELECT coalesce(p.product, o.product) AS product, coalesce(p.location, o.location) AS location, coalesce(p.begins, o.begins) AS begins,
           CASE WHEN p.product IS NOT NULL THEN p.opening ELSE 0 END AS opening, coalesce(p.slack, 0) AS slack,
           CASE WHEN p.product IS NOT NULL THEN 'ledger balance' ELSE 'opening entry' END AS opening_from
    FROM (SELECT a.product, a.location, a.begins, a.opening, a.slack FROM printed AS a LEFT JOIN feed_places AS f ON f.location = a.location WHERE f.location IS NULL) AS p
    FULL JOIN opened AS o ON o.product = p.product AND o.location = p.location
), spans AS (
    SELECT product, location, closes, sum(qty) AS qty, sum(unreadable) AS unreadable, sum(day_qty) AS day_qty, sum(day_came) AS day_came,
           sum(day_went) AS day_went, sum(moved_rows) AS moved_rows
    FROM span_flows GROUP BY product, location, closes
), undated AS (
    SELECT product, location FROM spans WHERE closes IS NULL
), summed AS (
    SELECT product, location, closes, day_qty, day_came, day_went, sum(qty) OVER k AS total, sum(unreadable) OVER k AS unreadable, sum(moved_rows) OVER k AS moved_rows
    FROM spans
    WHERE closes IS NOT NULL
    WINDOW k AS (PARTITION BY product, location ORDER BY closes)
), compared AS (
    SELECT s.product, s.location, s.day, s.stated, s.book_cost, o.begins, o.opening_from, o.slack, s.snapshot_rows + coalesce(m.moved_rows, 0) AS row_count,
           CASE WHEN u.product IS NULL AND coalesce(m.unreadable, 0) = 0 AND (o.opening_from = 'ledger balance' OR s.day >= o.begins)
                     AND coalesce(s.day >= v.begins AND s.day <= v.ends, true)
                THEN o.opening + coalesce(m.total, 0) END AS expected,
           CASE WHEN m.closes = s.day THEN coalesce(m.day_qty, 0) ELSE 0 END AS day_qty,
           CASE WHEN m.closes = s.day THEN coalesce(m.day_came, 0) ELSE 0 END AS day_came,
           CASE WHEN m.closes = s.day THEN coalesce(m.day_went, 0) ELSE 0 END AS day_went
    FROM stated AS s
    LEFT JOIN openings AS o ON o.product = s.product AND o.location = s.location
    LEFT JOIN undated AS u ON u.product = s.product AND u.location = s.location
    LEFT JOIN feed_places AS f ON f.location = s.location
    LEFT JOIN ledger_cover AS v ON v.by_feed = (f.location IS NOT NULL)
    ASOF LEFT JOIN summed AS m ON m.product = s.product AND m.location = s.location AND s.day >= m.closes
), judged AS (
    -- Before the movements of its day, after them, or somewhere between.
    SELECT *, CASE WHEN expected IS NULL OR stated IS NULL THEN NULL
                   WHEN abs(stated - expected) <= $tolerance + slack OR abs(stated - expected + day_qty) <= $tolerance + slack THEN 0
                   WHEN stated >= expected - day_qty + day_went AND stated <= expected - day_qty + day_came THEN NULL
                   ELSE stated - expected END AS difference
    FROM compared
)
SELECT product, location, day, stated, expected, book_cost, begins, opening_from, row_count, difference,
       lag(day) OVER k AS day_before, coalesce(sum(CASE WHEN difference <> 0 THEN 1 ELSE 0 END) OVER k, 0) AS diverged
FROM judged
WINDOW k AS (PARTITION BY product, location ORDER BY day)

-- section: violations
WITH inherited AS (
    SELECT product, location, max(diverged) - 1 AS later FROM population GROUP BY product, location
)
SELECT p.product, p.location, coalesce((p.day_before + INTERVAL 1 DAY)::DATE, least(p.begins, p.day)) AS period_start, p.day AS period_end,
       p.stated AS observed, p.expected, p.difference, p.difference AS delta_qty, p.opening_from, i.later::BIGINT AS later,
       coalesce(p.book_cost, u.unit_cost) AS unit_cost,
       CASE WHEN p.book_cost IS NOT NULL THEN 'inventory' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try(p.difference::DECIMAL(38, 4) * coalesce(p.book_cost, u.unit_cost)) AS delta_value,
       try(abs(p.difference)::DECIMAL(38, 4) * coalesce(p.book_cost, u.unit_cost)) AS impact, p.row_count::BIGINT AS row_count
FROM population AS p
JOIN inherited AS i ON i.product = p.product AND i.location = p.location
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
WHERE p.difference <> 0 AND p.diverged = 1

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE difference IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE difference IS NOT NULL) AS compared, count(*) FILTER (WHERE difference <> 0) AS diverging,
       (SELECT count(*) FROM (SELECT DISTINCT product, location FROM population WHERE opening_from IS NULL) AS keys) AS keys_without_opening
FROM population

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, CASE WHEN i.snapshot_date = v.period_end THEN 'closing' ELSE 'agreeing' END AS role,
       CASE WHEN i.snapshot_date = v.period_end THEN 3 ELSE 1 END AS ordinal, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty
FROM violations AS v
JOIN inventory AS i ON i.product = v.product AND i.location = v.location
     AND i.snapshot_date IN (v.period_end, (v.period_start - INTERVAL 1 DAY)::DATE)
WHERE i._duplicate_record IS NULL

-- section: evidence
-- What the ledger opens with.
SELECT v.product, v.location, v.period_start, v.period_end, 'opening' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM violations AS v
JOIN (SELECT product, location, min(begins) AS begins FROM population GROUP BY product, location) AS p ON p.product = v.product AND p.location = v.location
JOIN movements AS m ON m.product = v.product AND m.location = v.location AND m.ts_date = p.begins
WHERE m._duplicate_record IS NULL AND (m.type = 'opening' OR v.opening_from = 'ledger balance')

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'movement' AS role, 2 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.location = v.location AND m.ts_date >= v.period_start AND m.ts_date <= v.period_end
JOIN (SELECT DISTINCT product, location, day FROM population WHERE day_before IS NOT NULL) AS p
  ON p.product = v.product AND p.location = v.location AND p.day = v.period_end
WHERE m._duplicate_record IS NULL
