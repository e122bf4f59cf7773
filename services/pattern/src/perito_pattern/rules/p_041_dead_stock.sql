/* ---
id: P-041
version: 2
kind: set
title: {en: Stock that no longer sells, es: Existencia que ya no se vende}
severity: medium
grain: key
unit: products held
identity: [product, location]
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  inventory: [value, unit_cost]
  sales: [document, product, location, ts, type, qty]
  receipts: [product, location, ts, status]
  movements: [movement, product, location, type, ts, qty]
  products: [product, launched]
uses: [closing_stock, daily_sales, sale_histories, unit_costs]
parameters:
  grace_days: {default: 31, type: integer, meaning: "days before the stock's for which the books of a place may hold no sale at all"}
  days_without_sale: {default: 180, type: integer, meaning: "days without a sale from which stock is dead"}
  days_since_receipt: {default: 90, type: integer, meaning: "days since the last receipt up to which stock is too new to be dead"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all products whose silence is judged by their own rate"}
impact: column
recoverable: false
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: {qty:,} on hand on {period_end} and no sale in the {days:,} days before"
    es: "{product} en {location}: {qty:,} en existencia al {period_end} y ninguna venta en los {days:,} días anteriores"
explanation:
  en: >-
    The product is on hand, has not been sold for half a year and did not arrive in the last quarter. What sells twice a year
    may stand that long by chance: told is only a silence that its own sales before make unlikely, or a product that was
    sold nowhere in all the books. Its book value is the impact: what it will bring is usually less. A place that never sells, such as a central warehouse, is judged by what it
    sends out and by sales anywhere. What a kitchen or workshop uses up is not dead. Where the books do not reach back far enough, nothing is said. Arrivals are taken from
    receipts and the stock ledger; where the books have neither, from a rise between snapshots.
  es: >-
    El producto está en existencia, no se vende desde hace medio año y no llegó en el último trimestre. Lo que se vende dos
    veces al año puede esperar tanto por azar: solo se indica un silencio que sus propias ventas anteriores hacen improbable,
    o un producto que no se vendió en ningún lugar en todos los libros. El impacto es su valor en libros: lo que se obtenga
    de él suele ser menos. Un lugar que nunca vende, como un almacén central, se juzga
    por lo que envía y por las ventas en cualquier lugar. Lo que consume una cocina o un taller no está muerto. Si los libros no llegan lo bastante atrás, no se dice nada. Las
    llegadas se toman de las recepciones y del diario de movimientos; si faltan ambos, de un aumento entre saldos.
remedy:
  en: "Check that it is really there; then mark it down, return it to the supplier or move it to where it sells, and write down its value."
  es: "Compruebe que existe; después rebájelo, devuélvalo al proveedor o trasládelo donde se venda, y corrija su valor."
source: "Slow-moving stock review of inventory audits"
--- */

-- section: population
WITH sellers AS (
    SELECT location, min(first_sale) AS begins, max(last_held_sale) AS sold_until, max(last_sale) AS last_sale FROM sale_histories GROUP BY location
), places AS (
    -- `sold_until`: the last sale of the place, or of all where it never sells, that the books have before the stock's day.
    SELECT s.location, s.ends, d.location IS NOT NULL AS sells, d.begins,
           CASE WHEN d.location IS NULL THEN (SELECT max(last_sale) FROM sellers) ELSE d.sold_until END AS sold_until
    FROM (SELECT DISTINCT location, ends FROM closing_stock) AS s LEFT JOIN sellers AS d ON d.location = s.location
), sale_days AS (
    SELECT product, location, last_held_sale AS last_sale, first_sale, sale_days, undated FROM sale_histories
    UNION ALL
    -- A place that never sells sends out what others sell.
    SELECT m.product, p.location, max(CASE WHEN m.ts_date <= p.ends THEN m.ts_date END),
           min(m.ts_date), count(DISTINCT CASE WHEN m.ts_date <= p.ends THEN m.ts_date END), count(*) - count(m.ts_date)
    FROM movements AS m JOIN places AS p ON p.location = m.location
    WHERE m.type = 'transfer_out' AND m._duplicate_record IS NULL AND NOT p.sells
    GROUP BY m.product, p.location
), sold_anywhere AS (
    SELECT d.product, p.location, max(d.day) AS last_sale, min(d.day) AS first_sale, count(DISTINCT d.day) AS sale_days
    FROM daily_sales AS d JOIN (SELECT location, ends FROM places WHERE begins IS NULL) AS p ON d.day <= p.ends
    GROUP BY d.product, p.location
), used AS (
    -- What a kitchen or workshop uses up leaves the shelf as what is sold does.
    SELECT product, location, max(ts_date) AS day FROM movements
    WHERE type = 'production' AND qty < 0 AND _duplicate_record IS NULL GROUP BY product, location
), arrivals AS (
    SELECT product, location, ts_date AS day FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected')
    UNION ALL
    SELECT product, location, ts_date FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('receipt', 'transfer_in') AND coalesce(qty, 1) > 0
), totals AS (
    SELECT snapshot_date AS day, product, location, sum(qty) AS qty FROM inventory
    WHERE _duplicate_record IS NULL AND NOT EXISTS (SELECT 1 FROM arrivals)
    GROUP BY snapshot_date, product, location
), rises AS (
    SELECT product, location, day, qty - lag(qty) OVER (PARTITION BY product, location ORDER BY day) AS rise,
           day > min(day) OVER (PARTITION BY location) AND row_number() OVER (PARTITION BY product, location ORDER BY day) = 1
               AS is_new
    FROM totals
), arrived AS (
    SELECT s.product, s.location, max(a.day) AS last_arrival, count(a.product) - count(a.day) AS undated
    FROM closing_stock AS s
    JOIN (SELECT product, location, day FROM arrivals
          UNION ALL SELECT product, location, day FROM rises WHERE rise > 0 OR is_new) AS a
      ON a.product = s.product AND coalesce(a.location, s.location) = s.location AND coalesce(a.day <= s.ends, true)
    GROUP BY s.product, s.location
), masters AS (
    SELECT product, max(launched) AS launched FROM products GROUP BY product
), first_sale AS (
    SELECT min(begins) AS begins FROM sellers
), everywhere AS (
    SELECT DISTINCT product FROM sale_histories
)
SELECT s.product, s.location, s.ends, s.qty, s.value, s.book_cost, greatest(d.last_sale, w.last_sale) AS last_sale,
       a.last_arrival, x.day AS last_use, coalesce(p.begins, f.begins) AS begins, m.launched,
       CASE WHEN w.last_sale > coalesce(d.last_sale, DATE '0001-01-01') THEN w.sale_days ELSE d.sale_days END AS sale_days,
       CASE WHEN w.last_sale > coalesce(d.last_sale, DATE '0001-01-01') THEN w.first_sale ELSE d.first_sale END AS first_sale,
       e.product IS NOT NULL AS is_sold_somewhere,
       s.qty IS NOT NULL AND coalesce(d.undated, 0) = 0 AND coalesce(a.undated, 0) = 0
           AND coalesce(date_diff('day', coalesce(p.begins, f.begins), s.ends) >= $days_without_sale, false)
           -- Where the sales that the books have end long before, nobody knows what was sold since.
           AND coalesce(date_diff('day', p.sold_until, s.ends) <= $grace_days, false) AS known
FROM closing_stock AS s
JOIN places AS p ON p.location = s.location
CROSS JOIN first_sale AS f
LEFT JOIN sale_days AS d ON d.product = s.product AND d.location = s.location
LEFT JOIN sold_anywhere AS w ON w.product = s.product AND w.location = s.location
LEFT JOIN arrived AS a ON a.product = s.product AND a.location = s.location
LEFT JOIN masters AS m ON m.product = s.product
LEFT JOIN everywhere AS e ON e.product = s.product
LEFT JOIN used AS x ON x.product = s.product AND x.location = s.location
WHERE coalesce(s.qty, 1) > 0

-- section: violations
WITH quiet AS (
    -- The chance of so long a silence g after n days with sales in H days, the rate's own uncertainty in it: (1 + g/H)^-n.
    -- The last sale begins the silence and is not one of the n. A product that is sold elsewhere and never was here has no
    -- rate to say that it should have been.
    SELECT *, known AND coalesce(date_diff('day', last_sale, ends) >= $days_without_sale, true)
           AND coalesce(date_diff('day', last_arrival, ends) > $days_since_receipt, true)
           AND coalesce(date_diff('day', last_use, ends) >= $days_without_sale, true)
           AND coalesce(date_diff('day', launched, ends) >= $days_without_sale, true) AS is_quiet,
           CASE WHEN NOT is_sold_somewhere THEN 0 WHEN last_sale IS NULL OR last_sale <= first_sale THEN 1
                ELSE pow(1 + (ends - last_sale)::DOUBLE / (last_sale - first_sale), 1 - sale_days)::DECIMAL(38, 18) END AS chance
    FROM population
), ranked AS (
    -- One row per chance: those of equal chance have one rank.
    SELECT chance, sum(count(*)) OVER (ORDER BY chance) AS rank, sum(count(*)) OVER () AS tests
    FROM quiet
    WHERE known AND is_sold_somewhere
    GROUP BY chance
), threshold AS (
    SELECT max(chance) AS chance FROM ranked WHERE chance * tests <= $q * rank
)
SELECT p.product, p.location, coalesce(p.last_sale, p.begins) AS period_start, p.ends AS period_end, p.qty, p.last_sale,
       p.last_arrival, date_diff('day', coalesce(p.last_sale, p.begins), p.ends) AS days,
       coalesce(p.value, try(p.qty::DECIMAL(38, 4) * coalesce(p.book_cost, u.unit_cost))) AS impact,
       CASE WHEN p.value IS NOT NULL OR p.book_cost IS NOT NULL THEN 'inventory' ELSE coalesce(u.cost_source, 'none') END
           AS cost_source
FROM quiet AS p
CROSS JOIN threshold AS t
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.ends >= u.valid_from
WHERE p.is_quiet AND (NOT p.is_sold_somewhere OR p.chance <= t.chance)

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT known) AS unknown FROM population

-- section: facts
SELECT count(*) AS products_held, coalesce(sum(p.qty), 0) AS units_held,
       (SELECT coalesce(sum(qty), 0) FROM violations) AS dead_units,
       (SELECT coalesce(sum(impact), 0) FROM violations) AS dead_value
FROM population AS p

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'stock' AS role, 0 AS ordinal,
       'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date,
       i.qty AS value_qty, i.value AS value_value
FROM violations AS v
JOIN inventory AS i ON i.product = v.product AND i.location = v.location AND i.snapshot_date = v.period_end
WHERE i._duplicate_record IS NULL

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'last sale' AS role, 1 AS ordinal,
       'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.product AS value_product, s.ts_date AS value_date, s.qty AS value_qty
FROM violations AS v
JOIN sales AS s ON s.product = v.product AND s.location = v.location AND s.ts_date = v.last_sale
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
