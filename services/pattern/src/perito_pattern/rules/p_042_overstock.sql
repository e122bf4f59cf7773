/* ---
id: P-042
version: 1
kind: set
title: {en: More stock than sells in a year, es: Más existencia de la que se vende en un año}
severity: low
grain: key
unit: products held
identity: [product, location]
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  inventory: [value, unit_cost]
  sales: [document, product, location, ts, type, qty]
  movements: [movement, product, location, type, ts, qty]
  products: [product, category, launched]
uses: [closing_stock, sale_histories, sold_goods, unit_costs, product_groups]
parameters:
  grace_days: {default: 31, type: integer, meaning: "days before the stock's for which the books of a place may hold no sale at all"}
  days_of_supply: {default: 365, type: integer, meaning: "days that stock may last"}
  history_days: {default: 365, type: integer, meaning: "days of sales before the snapshot from which the demand is taken"}
  least_days: {default: 182, type: integer, meaning: "days of sales at a place without which it is not judged"}
  least_sales: {default: 4, type: integer, meaning: "sales in that time without which the demand is not known"}
  least_qty: {default: "10", type: decimal, meaning: "base units that always may lie on a shelf"}
  least_peers: {default: 20, type: integer, meaning: "products of a category from which it says what is usual"}
impact: column
recoverable: false
explains: []
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: {qty:,} on hand on {period_end} last about {days:,} days; {units:,} were sold in {history:,} days"
    es: "{product} en {location}: {qty:,} en existencia al {period_end} duran unos {days:,} días; se vendieron {units:,} en {history:,} días"
explanation:
  en: >-
    At the pace of the last year the stock lasts longer than a year, even if somewhat more is sold than by chance was. The
    year holds every season once. Where the whole category lasts long, only what lasts longer than nearly all of it is told;
    what is new, hardly sells, or lies in small numbers is left to other rules. The impact is the cost of what a year does
    not sell.
  es: >-
    Al ritmo del último año la existencia dura más de un año, aunque se vendiera algo más de lo que el azar quiso. El año
    contiene cada temporada una vez. Si toda la categoría dura mucho, solo se indica lo que dura más que casi toda ella; lo
    nuevo, lo que apenas se vende y las cantidades pequeñas se dejan a otras reglas. El impacto es el coste de lo que un año
    no vende.
remedy:
  en: "Stop ordering it here, move it to where it sells, or return it; check that the quantity is really there."
  es: "No lo pida más aquí, trasládelo donde se venda o devuélvalo; compruebe que la cantidad existe."
words:
  days: {es: días}
  units: {es: unidades vendidas}
  history: {es: días observados}
  excess: {es: exceso}
  usual_days: {es: días usuales de la categoría}
source: "Days of supply, inventory planning"
--- */

-- section: population
WITH begun AS (
    SELECT location, min(first_sale) AS begins, max(last_held_sale) AS sold_until FROM sale_histories GROUP BY location
), masters AS (
    SELECT product, max(launched) AS launched FROM products GROUP BY product
), held AS (
    SELECT s.product, s.location, s.ends, s.qty, s.value, s.book_cost, b.sold_until,
           greatest(b.begins, f.first_sale, m.launched, s.ends - $history_days::INTEGER + 1) AS starts
    FROM closing_stock AS s
    LEFT JOIN begun AS b ON b.location = s.location
    LEFT JOIN sale_histories AS f ON f.product = s.product AND f.location = s.location
    LEFT JOIN masters AS m ON m.product = s.product
    WHERE coalesce(s.qty, 1) > 0
), demand AS (
    SELECT h.product, h.location, sum(d.units) AS units, sum(d.lines) AS lines, bool_or(d.units IS NULL) AS unread
    FROM held AS h
    JOIN sold_goods AS d ON d.product = h.product AND d.location = h.location AND d.day >= h.starts AND d.day <= h.ends
    GROUP BY h.product, h.location
), sold AS (
    SELECT h.*, d.units, d.lines, coalesce(d.unread, false) AS unread, h.ends - h.starts + 1 AS history
    FROM held AS h
    LEFT JOIN demand AS d ON d.product = h.product AND d.location = h.location
), bounded AS (
    -- What may be sold at most, by the number of sales: the upper end of a Poisson count's interval.
    SELECT *, qty IS NOT NULL AND NOT unread AND coalesce(history >= $least_days AND lines >= $least_sales AND units > 0, false)
               -- Where the sales that the books have end long before, nobody knows what was sold since.
               AND coalesce(ends - sold_until <= $grace_days, false) AS known,
           (1 + (1.645 * sqrt(lines) + 1.35) / nullif(lines, 0))::DECIMAL(18, 6) AS more
    FROM sold
), lasting AS (
    SELECT *, CASE WHEN known THEN try((qty::DECIMAL(38, 4) * history / (units * more))::DECIMAL(18, 2)) END AS days
    FROM bounded
), usual AS (
    SELECT l.location, g.category, quantile_disc(l.days, 0.95) AS usual_days, count(*) AS peers
    FROM lasting AS l JOIN product_groups AS g ON g.product = l.product
    WHERE l.known AND g.category IS NOT NULL
    GROUP BY l.location, g.category
)
SELECT l.product, l.location, l.ends, l.qty, l.value, l.book_cost, l.units, l.lines, l.history, l.days, l.known, l.more,
       CASE WHEN u.peers >= $least_peers THEN u.usual_days END AS usual_days
FROM lasting AS l
LEFT JOIN product_groups AS g ON g.product = l.product
LEFT JOIN usual AS u ON u.location = l.location AND u.category = g.category

-- section: violations
WITH beyond AS (
    SELECT p.*, (p.qty - p.units * p.more * $days_of_supply / p.history)::DECIMAL(18, 4) AS excess
    FROM population AS p
    WHERE p.known AND p.days > greatest($days_of_supply, p.usual_days) AND p.qty >= $least_qty
)
SELECT b.product, b.location, b.ends AS period_start, b.ends AS period_end, b.qty, b.days::BIGINT AS days, b.units, b.history,
       b.usual_days, b.excess,
       try((b.excess::DECIMAL(38, 4) * coalesce(CASE WHEN b.value IS NULL THEN b.book_cost END, ratio(b.value, b.qty), u.unit_cost))::DECIMAL(18, 4))
           AS impact
FROM beyond AS b
ASOF LEFT JOIN unit_costs AS u ON u.product = b.product AND b.ends >= u.valid_from

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT known) AS unknown FROM population

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'stock' AS role, 0 AS ordinal,
       'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date,
       i.qty AS value_qty, i.value AS value_value
FROM violations AS v
JOIN inventory AS i ON i.product = v.product AND i.location = v.location AND i.snapshot_date = v.period_end
WHERE i._duplicate_record IS NULL
