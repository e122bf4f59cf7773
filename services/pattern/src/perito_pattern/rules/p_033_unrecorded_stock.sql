/* ---
id: P-033
version: 1
kind: set
title: {en: Sales of what the books do not have, es: Ventas de lo que los libros no tienen}
severity: low
grain: key
unit: days with sales
identity: [product, location]
needs:
  movements: [movement, product, location, type, ts, qty]
  inventory: [snapshot_date, product, location, qty]
optional:
  sales: [document, line, product, location, lot, ts, type, qty]
uses: [stock_moves, stock_weeks]
parameters:
  least_days: {default: 2, type: integer, meaning: "days with such sales from which a product is told"}
  days: {default: 7, type: integer, meaning: "days between the first and the last of them below which it is a matter of timing"}
impact: none, because what was sold was there; it is the books that lack it
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: sold on {sale_days:,} days between {period_start} and {period_end} on which the books had none of it ({units:,} {units:unit|units})"
    es: "{product} en {location}: se vendió en {sale_days:,} días entre el {period_start} y el {period_end} en que los libros no tenían nada ({units:,} {units:unidad|unidades})"
explanation:
  en: >-
    The books begin the day with nothing, or less, of a product, nothing arrives, and it is sold all the same, on several
    days over a week or more. The goods came in by a way that nobody entered, or the same goods lie in the books under
    another code. Stock is reckoned from the snapshots and all that moved; arrivals of a day come before its sales. A few
    days only, as between a delivery and its entry, are a matter of timing.
  es: >-
    Los libros empiezan el día sin nada de un producto, o con menos, nada llega y aun así se vende, en varios días a lo largo
    de una semana o más. La mercancía entró por una vía que nadie registró, o está en los libros con otro código. La
    existencia se calcula desde los saldos y todo lo movido; lo que llega un día precede a sus ventas. Unos pocos días, como
    entre una entrega y su registro, son cuestión de tiempo.
remedy:
  en: "Look for an arrival that was not entered, or for another code that never seems to sell."
  es: "Busque una llegada sin registrar, u otro código que parezca no venderse nunca."
words:
  days with sales: {es: días con ventas}
  sale_days: {es: días con ventas sin existencia}
  units: {es: unidades}
  lowest: {es: existencia menor}
  products_told: {es: productos señalados}
source: "Perpetual inventory audits of retail"
--- */

-- section: population
-- One row per product, place and day with a sale: what the books had before it, arrivals of the day included. Keys that
-- cannot have so many days with sales of nothing, nor so far apart, are told apart first, by weeks (see stock_weeks): each
-- of them is one row, which stands for as many days as `days` says.
WITH stated AS (
    SELECT product, location, snapshot_date AS day,
           CASE WHEN count(qty) = count(*) AND min(coalesce(snapshot_date_source, '')) = max(coalesce(snapshot_date_source, '')) THEN sum(qty) END AS stated
    FROM inventory
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL AND snapshot_date IS NOT NULL
    GROUP BY product, location, snapshot_date
), weekly AS (
    SELECT *, count(stated) OVER k AS segment, sum(coalesce(qty, 0)) OVER k AS total
    FROM (
        SELECT product, location, closes, 0 AS kind, week, qty, went, sale_days, unread, NULL::DECIMAL(38, 4) AS stated
        FROM stock_weeks
        WHERE week IS NOT NULL
        UNION ALL
        SELECT product, location, day, 1, NULL, 0, 0, 0, false, stated FROM stated
    ) AS lines
    WINDOW k AS (PARTITION BY product, location ORDER BY closes NULLS LAST, kind, week)
), weekly_bases AS (
    SELECT product, location, segment, stated - total AS base FROM weekly WHERE stated IS NOT NULL
), weighed AS (
    SELECT w.product, w.location, w.week, w.sale_days, w.unread, b.base IS NOT NULL AS known,
           w.sale_days > 0 AND b.base + w.total - w.qty + w.went <= 0 AS doubtful
    FROM weekly AS w
    LEFT JOIN weekly_bases AS b ON b.product = w.product AND b.location = w.location AND b.segment = greatest(w.segment, 1)
    WHERE w.kind = 0
), sorted AS (
    SELECT product, location, sum(sale_days)::BIGINT AS days, bool_and(known) AS known,
           bool_and(known) AND (bool_or(unread)
               OR coalesce(sum(CASE WHEN doubtful THEN sale_days END) >= $least_days
                           AND max(CASE WHEN doubtful THEN week END) + 6 - min(CASE WHEN doubtful THEN week END) >= $days, false)) AS closely
    FROM weighed
    GROUP BY product, location
), days AS (
    SELECT m.product, m.location, m.day, 0 AS kind, coalesce(sum(m.qty), 0) AS moved, coalesce(sum(m.qty) FILTER (m.flow <> 'sale' AND m.qty > 0), 0) AS came,
           coalesce(-sum(m.qty) FILTER (m.flow = 'sale' AND m.qty < 0), 0) AS sold, bool_or(m.qty IS NULL) AS unread, NULL::DECIMAL(38, 4) AS stated
    FROM stock_moves AS m JOIN sorted AS c ON c.closely AND c.product = m.product AND c.location = m.location
    WHERE m.day IS NOT NULL
    GROUP BY m.product, m.location, m.day
    UNION ALL
    SELECT i.product, i.location, i.day, 1, 0, 0, 0, false, i.stated
    FROM stated AS i JOIN sorted AS c ON c.closely AND c.product = i.product AND c.location = i.location
), summed AS (
    SELECT product, location, day, kind, came, sold, moved, stated, count(stated) OVER k AS segment, sum(moved) OVER k AS total,
           count(*) FILTER (unread) OVER k AS unread
    FROM days
    WINDOW k AS (PARTITION BY product, location ORDER BY day, kind)
), bases AS (
    SELECT product, location, segment, stated - total AS base, unread FROM summed WHERE stated IS NOT NULL
)
SELECT s.product, s.location, s.day, s.sold, b.base + s.total - s.moved + s.came AS there,
       b.base IS NOT NULL AND s.unread = b.unread AS known, 1 AS days
FROM summed AS s
LEFT JOIN bases AS b ON b.product = s.product AND b.location = s.location AND b.segment = greatest(s.segment, 1)
WHERE s.kind = 0 AND s.sold > 0
UNION ALL
SELECT product, location, NULL, NULL, NULL, known, days FROM sorted WHERE NOT closely AND days > 0

-- section: violations
SELECT product, location, min(day) AS period_start, max(day) AS period_end, count(*) AS sale_days, sum(sold) AS units,
       min(there) AS lowest, count(*) AS row_count
FROM population
WHERE known AND there <= 0
GROUP BY product, location
HAVING count(*) >= $least_days AND max(day) - min(day) >= $days

-- section: evaluated
SELECT coalesce(sum(p.days), 0)::BIGINT AS evaluated, count(*) FILTER (WHERE p.known AND p.there <= 0 AND v.product IS NOT NULL) AS failed,
       coalesce(sum(p.days) FILTER (WHERE NOT p.known), 0)::BIGINT AS unknown
FROM population AS p LEFT JOIN violations AS v ON v.product = p.product AND v.location = p.location

-- section: facts
SELECT count(*) AS products_told FROM violations

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'sale' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts_date AS value_date, s.qty AS value_qty, p.there AS value_system_qty
FROM violations AS v
JOIN population AS p ON p.product = v.product AND p.location = v.location AND p.known AND p.there <= 0
JOIN stock_moves AS k ON k.product = p.product AND k.location = p.location AND k.day = p.day AND k.table_name = 'sales' AND k.flow = 'sale'
JOIN sales AS s ON s._file_id = k._file_id AND s._record = k._record

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'sale' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.qty AS value_qty, p.there AS value_system_qty
FROM violations AS v
JOIN population AS p ON p.product = v.product AND p.location = v.location AND p.known AND p.there <= 0
JOIN movements AS m ON m.product = p.product AND m.location = p.location AND m.ts_date = p.day AND m.type = 'sale' AND m.qty < 0
WHERE m._duplicate_record IS NULL
