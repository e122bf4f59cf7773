/* ---
id: P-032
version: 1
kind: function
function: perito_pattern.zero_sales:judge
title: {en: Stock that should have sold, es: Existencia que debería haberse vendido}
severity: medium
grain: key
unit: products held
identity: [product, location]
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  inventory: [value, unit_cost]
  sales: [document, product, location, ts, type, qty, promotion]
  movements: [movement, product, location, type, ts, qty]
  calendars: [location, day, trading]
  promotions: [promotion, product, category, location, starts, ends]
  products: [product, category]
uses: [closing_stock, daily_sales, sale_histories, unit_costs, product_groups]
unique:
  runs: [product, location]
  offers: [product, location, _file_id, _record]
  promoted: [product, location, starts]
  population: [product, location]
parameters:
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all series tested"}
  least_expected: {default: "7", type: decimal, meaning: "sales that must have been expected during the run"}
  least_sales: {default: 10, type: integer, meaning: "sales in the half year before the run without which a series is not tested"}
  least_days: {default: 28, type: integer, meaning: "open days before the run without which a series is not tested"}
  history_days: {default: 182, type: integer, meaning: "days before the run from which the rate is taken"}
  recent_days: {default: 56, type: integer, meaning: "open days before the run whose rate is the highest that is expected"}
  least_elsewhere: {default: 20, type: integer, meaning: "sales of other locations before the run from which they say what was to be expected"}
impact: column
recoverable: false
explains: [P-041]
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: the books hold {qty:,} but nothing was sold on {open_days} open {open_days:day|days} up to {period_end}; about {expected_sales:,} sales were to be expected"
    es: "{product} en {location}: los libros tienen {qty:,}, pero no se vendió nada en {open_days} {open_days:día abierto|días abiertos} hasta el {period_end}; eran de esperar unas {expected_sales:,} ventas"
explanation:
  en: >-
    The product sold regularly, the books say that it is there, and then the sales stop. Often it is not there: stolen,
    broken, miscounted, or never put on the shelf. Compared is its own rate of the half year before, on days when the
    location sold anything (or its calendar says that it trades), with and without promotion apart; less is expected where
    the rate was falling or other locations sell less too. Time before the stock arrived does not count. Told is what is
    unlikely given the number of series tested. The impact is the book value of the stock in doubt.
  es: >-
    El producto se vendía con regularidad, los libros dicen que está y de pronto no hay ventas. Muchas veces no está: robado,
    roto, mal contado o sin poner en el lineal. Se compara con su propio ritmo del medio año anterior, en días en que la
    ubicación vendió algo (o su calendario dice que abre), con y sin promoción por separado; se espera menos si el ritmo
    bajaba o si otras ubicaciones también venden menos. No cuenta el tiempo anterior a la llegada de la existencia. Se indica
    lo improbable dado el número de series probadas. El impacto es el valor en libros de la existencia en duda.
remedy:
  en: "Go and look: is it on the shelf, in the back room, under another code? Count it and correct the book."
  es: "Vaya a ver: ¿está en el lineal, en el almacén, con otro código? Cuéntelo y corrija el libro."
words:
  open_days: {es: días abiertos}
  expected_sales: {es: ventas esperadas}
  chance: {es: probabilidad}
  sales_before: {es: ventas anteriores}
  days_before: {es: días abiertos anteriores}
  last_sale: {es: última venta}
  series_tested: {es: series probadas}
  runs_that_sales_ended: {es: rachas que terminaron en venta}
  greatest_chance_told: {es: mayor probabilidad indicada}
source: "Zero-sales audits of grocery retail"
--- */

-- section: population
-- One row per product and location on hand: days and sales of the run and of the history before it. A day is counted by
-- its number among the open days of its location, so that spans of time are differences.
WITH places AS (
    SELECT location, max(ends) AS ends FROM closing_stock GROUP BY location
), calendar AS (
    SELECT location, day, bool_and(trading) AS trading FROM calendars WHERE trading IS NOT NULL GROUP BY location, day
), candidate_days AS (
    SELECT location, day FROM daily_sales WHERE day IS NOT NULL
    UNION SELECT location, day FROM calendar WHERE trading AND day IS NOT NULL
), open_days AS (
    SELECT d.location, d.day, row_number() OVER (PARTITION BY d.location ORDER BY d.day) AS nth
    FROM candidate_days AS d
    JOIN places AS p ON p.location = d.location AND d.day <= p.ends
    LEFT JOIN calendar AS c ON c.location = d.location AND c.day = d.day
    WHERE coalesce(c.trading, true)
), sale_days AS (
    SELECT s.product, s.location, s.ends, s.qty, s.value, s.book_cost, d.last_held_sale AS last_sale,
           coalesce(d.last_sale > s.ends, false) AS sold_later, coalesce(d.undated > 0, false) AS undated
    FROM closing_stock AS s LEFT JOIN sale_histories AS d ON d.product = s.product AND d.location = s.location
    WHERE s.qty > 0
), empty_books AS (
    -- The last day of the run on which the books had nothing: by a snapshot, or by the ledger counted back from the last one.
    SELECT i.product, i.location, i.snapshot_date AS day
    FROM (SELECT product, location, snapshot_date, sum(qty) AS qty FROM inventory
          WHERE _duplicate_record IS NULL GROUP BY product, location, snapshot_date) AS i
    WHERE i.qty <= 0
    UNION ALL
    SELECT product, location, day
    FROM (SELECT s.product, s.location, m.ts_date AS day,
                 s.qty - sum(sum(m.qty)) OVER (PARTITION BY s.product, s.location ORDER BY m.ts_date DESC) AS before
          FROM sale_days AS s
          JOIN movements AS m ON m.product = s.product AND m.location = s.location
           AND m.ts_date > s.last_sale AND m.ts_date <= s.ends
          WHERE m._duplicate_record IS NULL
          GROUP BY s.product, s.location, s.qty, m.ts_date)
    WHERE before <= 0
), runs AS (
    SELECT s.product, s.location, s.ends, s.qty, s.value, s.book_cost, s.last_sale, s.sold_later, s.undated,
           coalesce(greatest(s.last_sale, max(e.day)), s.last_sale) AS run_after
    FROM sale_days AS s
    LEFT JOIN empty_books AS e ON e.product = s.product AND e.location = s.location AND e.day > s.last_sale AND e.day <= s.ends
    WHERE s.last_sale IS NOT NULL
    GROUP BY s.product, s.location, s.ends, s.qty, s.value, s.book_cost, s.last_sale, s.sold_later, s.undated
), numbered AS (
    SELECT r.*, row_number() OVER (ORDER BY r.product, r.location) AS key, a.nth AS nth_after, z.nth AS nth_end, l.nth AS nth_sale, coalesce(b.nth, 0) AS nth_begin
    FROM runs AS r
    ASOF LEFT JOIN open_days AS a ON a.location = r.location AND a.day <= r.run_after
    ASOF LEFT JOIN open_days AS z ON z.location = r.location AND z.day <= r.ends
    ASOF LEFT JOIN open_days AS l ON l.location = r.location AND l.day < r.last_sale
    ASOF LEFT JOIN open_days AS b ON b.location = r.location AND b.day < r.last_sale - $history_days
), history AS (
    -- Subtracted and not compared: a join with four conditions takes three times as long.
    SELECT n.key, n.nth_sale - o.nth AS ago, d.sales
    FROM daily_sales AS d
    JOIN open_days AS o ON o.location = d.location AND o.day = d.day
    JOIN numbered AS n ON n.product = d.product AND n.location = d.location
    WHERE n.nth_sale - o.nth >= 0 AND o.nth - n.nth_begin > 0
), offers AS (
    SELECT n.product, n.location, p.starts, coalesce(p.ends, n.ends) AS ends, p._file_id, p._record
    FROM numbered AS n JOIN promotions AS p ON p.product = n.product AND coalesce(p.location, n.location) = n.location
    WHERE p._duplicate_record IS NULL
    UNION ALL
    SELECT n.product, n.location, p.starts, coalesce(p.ends, n.ends), p._file_id, p._record
    FROM numbered AS n
    JOIN product_groups AS g ON g.product = n.product
    JOIN promotions AS p ON p.category = g.category AND coalesce(p.location, n.location) = n.location
    WHERE p.product IS NULL AND p._duplicate_record IS NULL
    UNION ALL
    SELECT n.product, n.location, p.starts, coalesce(p.ends, n.ends), p._file_id, p._record
    FROM numbered AS n JOIN promotions AS p ON p.product IS NULL AND p.category IS NULL
     AND coalesce(p.location, n.location) = n.location
    WHERE p._duplicate_record IS NULL
), reach AS (
    SELECT product, location, starts, ends,
           max(ends) OVER (PARTITION BY product, location ORDER BY starts, ends, _file_id, _record
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before, _file_id, _record
    FROM offers WHERE starts <= ends
), islands AS (
    SELECT product, location, starts, ends,
           sum(CASE WHEN before >= starts THEN 0 ELSE 1 END) OVER (
               PARTITION BY product, location ORDER BY starts, ends, _file_id, _record) AS island
    FROM reach
), promoted AS (
    SELECT product, location, min(starts) AS starts, max(ends) AS ends FROM islands GROUP BY product, location, island
), promoted_days AS (
    SELECT n.product, n.location,
           count(*) FILTER (WHERE o.nth > n.nth_after) AS in_run,
           count(*) FILTER (WHERE o.nth > n.nth_begin AND o.nth <= n.nth_sale) AS in_history
    FROM numbered AS n
    JOIN promoted AS p ON p.product = n.product AND p.location = n.location
    JOIN open_days AS o ON o.location = n.location AND o.day BETWEEN p.starts AND p.ends
     AND (o.nth > n.nth_after OR (o.nth > n.nth_begin AND o.nth <= n.nth_sale))
    GROUP BY n.product, n.location
), promoted_history AS (
    -- Stretches of promotion do not overlap, so a day lies in one of them at most.
    SELECT n.product, n.location, sum(d.sales) AS sales
    FROM numbered AS n
    JOIN promoted AS p ON p.product = n.product AND p.location = n.location
    JOIN daily_sales AS d ON d.product = n.product AND d.location = n.location AND d.day BETWEEN p.starts AND p.ends
     AND d.day < n.last_sale AND d.day >= n.last_sale - $history_days
    JOIN open_days AS o ON o.location = d.location AND o.day = d.day
    GROUP BY n.product, n.location
), blocks AS (
    SELECT key, ago // 7 AS block, sum(sales) AS sales, sum(CASE WHEN ago < $recent_days THEN sales ELSE 0 END) AS recent_sales
    FROM history GROUP BY key, ago // 7
), sold AS (
    SELECT key, sum(sales) AS sales, sum(recent_sales) AS recent_sales FROM blocks GROUP BY key
), spread AS (
    SELECT b.key, sum(b.sales) AS sales, sum(b.sales * b.sales) AS squares
    FROM blocks AS b JOIN numbered AS n ON n.key = b.key
    WHERE b.block < (n.nth_sale - n.nth_begin) // 7
    GROUP BY b.key
), asked AS (
    SELECT product, ends AS day FROM numbered
    UNION SELECT product, run_after FROM numbered
    UNION SELECT product, last_sale - 1 FROM numbered
    UNION SELECT product, last_sale - $history_days - 1 FROM numbered
), chain AS (
    -- What all locations sold of a product up to each day that is asked for.
    SELECT product, day, sum(sum(sales)) OVER (PARTITION BY product ORDER BY day) AS sales, bool_or(is_asked) AS is_kept
    FROM (
        SELECT product, day, sales, false AS is_asked FROM daily_sales WHERE day IS NOT NULL
        UNION ALL
        SELECT product, day, 0, true FROM asked
    ) AS d
    GROUP BY product, day
    QUALIFY is_kept
), counted AS (
    SELECT n.*, coalesce(s.sales, 0) AS sales, coalesce(h.sales, 0) AS promoted_sales,
           coalesce(s.recent_sales, 0) AS recent_sales,
           coalesce(w.sales, 0) AS block_sales, coalesce(w.squares, 0) AS block_squares,
           coalesce(p.in_run, 0) AS promoted_gap, coalesce(p.in_history, 0) AS promoted_history,
           coalesce(n.nth_end, 0) - coalesce(n.nth_after, 0) AS gap, coalesce(n.nth_sale, 0) - n.nth_begin AS history_days,
           c_end.sales - c_run.sales AS elsewhere_during, c_sale.sales - c_begin.sales - coalesce(s.sales, 0) AS elsewhere_before
    FROM numbered AS n
    LEFT JOIN sold AS s ON s.key = n.key
    LEFT JOIN spread AS w ON w.key = n.key
    LEFT JOIN promoted_history AS h ON h.product = n.product AND h.location = n.location
    LEFT JOIN promoted_days AS p ON p.product = n.product AND p.location = n.location
    JOIN chain AS c_end ON c_end.product = n.product AND c_end.day = n.ends
    JOIN chain AS c_run ON c_run.product = n.product AND c_run.day = n.run_after
    JOIN chain AS c_sale ON c_sale.product = n.product AND c_sale.day = n.last_sale - 1
    JOIN chain AS c_begin ON c_begin.product = n.product AND c_begin.day = n.last_sale - $history_days - 1
)
SELECT s.product, s.location, s.ends, s.qty, c.last_sale, c.run_after,
       coalesce(s.value, try(s.qty::DECIMAL(38, 4) * coalesce(s.book_cost, u.unit_cost))) AS stock_value,
       NOT c.sold_later AND NOT c.undated AND c.sales >= $least_sales AND c.history_days >= $least_days AS enough,
       c.sold_later AND NOT c.undated AS sold_later,
       c.gap, c.promoted_gap, c.history_days, c.promoted_history, c.sales, c.promoted_sales, c.recent_sales,
       least(c.history_days, $recent_days) AS recent_days, c.history_days // 7 AS blocks, c.block_sales, c.block_squares,
       c.elsewhere_before, c.elsewhere_during
FROM sale_days AS s
LEFT JOIN counted AS c ON c.product = s.product AND c.location = s.location
ASOF LEFT JOIN unit_costs AS u ON u.product = s.product AND s.ends >= u.valid_from

-- section: input
-- Promoted days of the run are expected to sell like the others where the history has no promotion to tell.
SELECT product, location, (run_after + INTERVAL 1 DAY)::DATE AS run_start, ends, last_sale, qty, stock_value,
       (CASE WHEN enough THEN 1 ELSE 0 END)::BIGINT AS tested, (CASE WHEN sold_later THEN 1 ELSE 0 END)::BIGINT AS ended,
       (CASE WHEN promoted_history > 0 THEN promoted_gap ELSE 0 END)::BIGINT AS promoted_gap,
       (CASE WHEN promoted_history > 0 THEN gap - promoted_gap ELSE gap END)::BIGINT AS plain_gap,
       promoted_history::BIGINT AS promoted_days, (history_days - promoted_history)::BIGINT AS plain_days,
       promoted_sales::BIGINT AS promoted_sales, (sales - promoted_sales)::BIGINT AS plain_sales,
       recent_days::BIGINT AS recent_days, recent_sales::BIGINT AS recent_sales,
       blocks::BIGINT AS blocks, block_sales::BIGINT AS block_sales, block_squares::BIGINT AS block_squares,
       elsewhere_before::BIGINT AS elsewhere_before, elsewhere_during::BIGINT AS elsewhere_during,
       $least_elsewhere::BIGINT AS least_elsewhere
FROM population
ORDER BY product, location

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'stock' AS role, 1 AS ordinal,
       'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty
FROM violations AS v
JOIN inventory AS i ON i.product = v.product AND i.location = v.location
 AND i.snapshot_date BETWEEN v.period_start AND v.period_end
WHERE i._duplicate_record IS NULL

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'last sale' AS role, 0 AS ordinal,
       'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.product AS value_product, s.ts_date AS value_date, s.qty AS value_qty
FROM violations AS v
JOIN sales AS s ON s.product = v.product AND s.location = v.location AND s.ts_date = v.last_sale
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
