/* ---
id: P-034
version: 1
kind: set
title: {en: What to count first, es: Qué contar primero}
severity: info
grain: key
unit: products held
identity: [product, location]
needs:
  inventory: [snapshot_date, product, location, qty]
  counts: [ts, product, location, system_qty, counted_qty]
optional:
  inventory: [value, unit_cost]
  sales: [document, product, location, ts, type, qty]
  movements: [movement, product, location, type, ts, qty]
uses: [closing_stock, daily_sales, count_differences]
unique: {population: [product, location]}
parameters:
  top: {default: 20, type: integer, meaning: "products of each of the two lists"}
  recent_days: {default: 91, type: integer, meaning: "days before the snapshot from which the sales are taken"}
  quiet_days: {default: 7, type: integer, meaning: "days without a sale from which a low stock may hide an empty shelf"}
impact: none, because it says where to look and not what is wrong
explains: []
entities: [product, location]
texts:
  finding:
    en: "{product} at {location}: number {place} of what to count first because {reason_en} ({qty:,} in the books, {sale_days:,} {sale_days:day|days} with sales, {errors:,} of {counted_times:,} {counted_times:count|counts} differed)"
    es: "{product} en {location}: número {place} de lo que contar primero porque {reason_es} ({qty:,} en los libros, {sale_days:,} {sale_days:día|días} con ventas, {errors:,} de {counted_times:,} {counted_times:conteo|conteos} {errors:difirió|difirieron})"
explanation:
  en: >-
    Two lists for the next count, nothing more. Where counts have differed before, what sells much and lies there in large
    numbers is where the next difference is worth most. And what sells well while the books have little of it, and has not
    been sold for a week, may be out of stock without the books knowing. The score of the first list is days with sales
    times stock times the share of counts that differed; the second goes by days with sales.
  es: >-
    Dos listas para el próximo conteo, nada más. Donde los conteos ya difirieron, lo que más se vende y más abunda es donde
    la próxima diferencia pesa más. Y lo que se vende bien mientras los libros tienen poco, sin ventas desde hace una semana,
    puede faltar sin que los libros lo sepan. La puntuación de la primera lista es días con ventas por existencia por la
    parte de conteos que difirieron; la segunda va por días con ventas.
remedy:
  en: "Count these products first, and then correct the books."
  es: "Cuente primero estos productos y corrija después los libros."
words:
  place: {es: lugar en la lista}
  sale_days: {es: días con ventas}
  errors: {es: conteos que difirieron, en: counts that differed}
  counted_times: {es: conteos}
  score: {es: puntuación}
  last_sale: {es: última venta}
source: "Record inaccuracy and count prioritisation (DeHoratius and Raman)"
--- */

-- section: population
WITH places AS (
    SELECT DISTINCT location, ends FROM closing_stock
), months AS (
    -- Days are counted as bits of their months.
    SELECT d.product, d.location, bit_count(bit_or(1::INTEGER << (day(d.day) - 1)::INTEGER)) AS sale_days, max(d.day) AS last_sale
    FROM daily_sales AS d JOIN places AS p ON p.location = d.location
    WHERE d.day > p.ends - $recent_days::INTEGER AND d.day <= p.ends
    GROUP BY d.product, d.location, date_trunc('month', d.day)
), sold AS (
    SELECT product, location, sum(sale_days)::BIGINT AS sale_days, max(last_sale) AS last_sale FROM months GROUP BY product, location
), counted AS (
    SELECT product, location, count(*) AS counted_times, count(*) FILTER (difference <> 0) AS errors
    FROM count_differences WHERE difference IS NOT NULL AND product IS NOT NULL AND location IS NOT NULL
    GROUP BY product, location
)
SELECT s.product, s.location, s.ends, s.qty, coalesce(d.sale_days, 0) AS sale_days, d.last_sale, coalesce(c.errors, 0) AS errors,
       coalesce(c.counted_times, 0) AS counted_times,
       CASE WHEN s.qty > 0 AND c.errors > 0 AND d.sale_days > 0
            THEN ratio(try(s.qty::DECIMAL(38, 4) * d.sale_days) * c.errors, c.counted_times) END AS score,
       -- Little is what at the usual pace would not outlast the quiet days.
       coalesce(s.qty > 0 AND d.sale_days * $quiet_days >= $recent_days AND s.qty * $recent_days <= d.sale_days * $quiet_days
           AND s.ends - d.last_sale >= $quiet_days, false) AS is_low
FROM closing_stock AS s
LEFT JOIN sold AS d ON d.product = s.product AND d.location = s.location
LEFT JOIN counted AS c ON c.product = s.product AND c.location = s.location

-- section: violations
WITH places AS (
    SELECT p.*, row_number() OVER (ORDER BY p.score DESC NULLS LAST, p.product, p.location) AS by_score,
           row_number() OVER (ORDER BY p.is_low DESC, p.sale_days DESC, p.product, p.location) AS by_sales
    FROM population AS p
)
SELECT product, location, ends AS period_start, ends AS period_end, qty, sale_days, errors, counted_times, score, last_sale,
       CASE WHEN score IS NOT NULL AND by_score <= $top THEN by_score ELSE by_sales END AS place,
       CASE WHEN score IS NOT NULL AND by_score <= $top THEN 'its counts differ and much of it is sold'
            ELSE 'little of it is in the books and its sales have stopped' END AS reason_en,
       CASE WHEN score IS NOT NULL AND by_score <= $top THEN 'sus conteos difieren y se vende mucho'
            ELSE 'los libros tienen poco y sus ventas cesaron' END AS reason_es
FROM places
WHERE (score IS NOT NULL AND by_score <= $top) OR (is_low AND by_sales <= $top)

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE qty IS NULL) AS unknown FROM population

-- section: evidence
SELECT v.product, v.location, v.period_start, v.period_end, 'stock' AS role, 0 AS ordinal,
       'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty
FROM violations AS v
JOIN inventory AS i ON i.product = v.product AND i.location = v.location AND i.snapshot_date = v.period_end
WHERE i._duplicate_record IS NULL
