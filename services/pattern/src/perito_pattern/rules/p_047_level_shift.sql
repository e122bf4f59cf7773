/* ---
id: P-047
version: 1
kind: function
function: perito_pattern.sales_courses:judge
title: {en: Sales that left their course, es: Ventas que se apartaron de su curso}
severity: low
grain: product
unit: products sold
identity: [product]
needs:
  sales: [product, location, ts, type, qty]
optional:
  sales: [document, line]
  promotions: [promotion, product, category, location, starts, ends]
  products: [product, category]
uses: [book_span, fed_sales, product_groups]
unique: {courses: [product], asked: [product, week]}
parameters:
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all products tested"}
  least_change: {default: "0.25", type: decimal, meaning: "part by which the level must have changed"}
  least_times: {default: "3", type: decimal, meaning: "times what was to be expected that a single day must have sold"}
  least_day: {default: 10, type: integer, meaning: "sales without which a single day is not told"}
  least_weeks: {default: 8, type: integer, meaning: "weeks on both sides of the change"}
  least_span: {default: 36, type: integer, meaning: "weeks of books without which no level is told, for a season of theirs looks like one"}
  least_kin: {default: 10, type: integer, meaning: "sales of other products of the category in every week, without which only all else is compared with"}
  least_sales: {default: 30, type: integer, meaning: "sales without which a product is not tested"}
impact: none, because what was not sold, or not rung up, is not known
explains: []
entities: [product]
partition_by: [product]
texts:
  finding:
    en: "{product}: {what_en}"
    es: "{product}: {what_es}"
explanation:
  en: >-
    From one week to the next a product sells at another level, compared with all that the same places sell and with
    other products of its category, and the new level lasts. A price or a rival may be the reason; so may sales that are no
    longer rung up, a product sold under another code, or goods that nobody puts on the shelf. Weeks of promotions of the product are left out, and so are places that did not
    sell in every week, or not the product at both ends. A series that changes again, or that a smooth curve describes as
    well, as seasons do, is not told; neither is one that begins or ends.
    Told as well is a single day on which a product was rung up many times more often than it ever is, held against the house, the
    weekday and the weeks around: goods of another product under its code, a day entered twice, sales to an employee's friends.
    Days that have neighbours like them, that other products have too, or that lie in a promotion are not told.
  es: >-
    De una semana a otra un producto se vende a otro nivel, comparado con todo lo que venden los mismos lugares y con otros
    productos de su categoría, y el nuevo nivel perdura. El motivo puede ser un precio o un competidor, pero también ventas que
    ya no se registran, un producto vendido con otro código o mercancía que nadie pone en el lineal. No cuentan las semanas de promoción del producto ni los
    lugares que no vendieron cada semana, o no el producto al principio y al final. No se indica la serie que vuelve a cambiar
    o que una curva suave describe igual de bien, como las temporadas, ni la que empieza o acaba.
    También se indica un único día en que un producto se cobró muchas más veces que nunca, en comparación con la casa, el día de la
    semana y las semanas de alrededor: otro producto con su código, un día registrado dos veces, ventas a conocidos. No se
    indican los días que tienen vecinos parecidos, que otros productos también tienen o que caen en una promoción.
remedy:
  en: "Ask what changed in that week, or what happened on that day: price, place on the shelf, code, or how it is rung up."
  es: "Pregunte qué cambió esa semana o qué pasó ese día: el precio, el lugar en el lineal, el código o la forma de registrarlo."
words:
  products sold: {es: productos vendidos}
  change_percent: {es: cambio en porcentaje}
  weekly_before: {es: por semana antes}
  weekly_after: {es: por semana después}
  sales_after: {es: ventas después}
  expected_after: {es: ventas esperadas después}
  dispersion: {es: dispersión}
  chance: {es: probabilidad}
  course: {es: curso}
  times: {en: times the expected, es: veces lo esperado}
  days_told: {es: días indicados}
  series_tested: {es: series probadas}
  series_that_wander: {es: series que vuelven a cambiar}
  sale: {es: venta}
source: "Change-point analysis of count series"
--- */

-- section: input
-- One row per product, with its whole weeks in order, at places that sold something in each of those weeks. Of a product
-- count those that sold it in the first weeks and in the last ones: where it began or stopped its level is not asked. `kin`
-- is what else of its category was sold, NULL where that is little.
WITH days AS (
    -- A sale under a date that nobody can have meant would add a week in which one place sold: no place would be steady.
    SELECT f.product, f.location, f.day, date_trunc('week', f.day)::DATE AS week, f.sales
    FROM fed_sales AS f JOIN book_span AS b ON f.day BETWEEN b.first_day AND b.last_day
), bounds AS (
    SELECT min(day) AS begins, max(day) AS ends FROM days
), weeks AS (
    SELECT DISTINCT d.week FROM days AS d CROSS JOIN bounds AS b WHERE d.week >= b.begins AND d.week + 6 <= b.ends
), steady AS (
    SELECT d.location FROM days AS d JOIN weeks AS w ON w.week = d.week
    GROUP BY d.location
    HAVING count(DISTINCT d.week) = (SELECT count(*) FROM weeks)
), everything AS (
    SELECT d.product, d.location, d.week, sum(d.sales) AS sales
    FROM days AS d JOIN steady AS s ON s.location = d.location JOIN weeks AS w ON w.week = d.week
    GROUP BY d.product, d.location, d.week
), kept AS (
    SELECT e.product, e.location
    FROM everything AS e CROSS JOIN (SELECT min(week) AS first_week, max(week) AS last_week FROM weeks) AS w
    GROUP BY e.product, e.location, w.first_week, w.last_week
    HAVING min(e.week) < w.first_week + 7 * $least_weeks AND max(e.week) > w.last_week - 7 * $least_weeks
), sold AS (
    SELECT e.product, e.week, sum(e.sales) AS sales
    FROM everything AS e JOIN kept AS k ON k.product = e.product AND k.location = e.location
    GROUP BY e.product, e.week
), totals AS (
    SELECT week, sum(sales) AS sales FROM everything GROUP BY week
), of_kind AS (
    SELECT g.category, e.week, sum(e.sales) AS sales
    FROM everything AS e JOIN product_groups AS g ON g.product = e.product
    WHERE g.category IS NOT NULL
    GROUP BY g.category, e.week
), products_sold AS (
    SELECT product, sum(sales) AS sales FROM sold GROUP BY product
), offers AS (
    SELECT product, starts, ends FROM promotions WHERE product IS NOT NULL AND _duplicate_record IS NULL
    UNION ALL
    SELECT g.product, p.starts, p.ends
    FROM promotions AS p JOIN product_groups AS g ON g.category = p.category
    WHERE p.product IS NULL AND p._duplicate_record IS NULL
), promoted AS (
    SELECT DISTINCT o.product, w.week FROM offers AS o JOIN weeks AS w ON o.starts <= w.week + 6 AND coalesce(o.ends >= w.week, true)
), asked AS (
    SELECT p.product, t.week, coalesce(s.sales, 0) AS sales, t.sales - coalesce(s.sales, 0) AS others,
           CASE WHEN min(k.sales - coalesce(s.sales, 0)) OVER (PARTITION BY p.product) >= $least_kin
                THEN k.sales - coalesce(s.sales, 0) END AS kin
    FROM products_sold AS p
    CROSS JOIN totals AS t
    LEFT JOIN product_groups AS g ON g.product = p.product
    LEFT JOIN of_kind AS k ON k.category = g.category AND k.week = t.week
    LEFT JOIN sold AS s ON s.product = p.product AND s.week = t.week
    LEFT JOIN promoted AS o ON o.product = p.product AND o.week = t.week
    WHERE p.sales >= $least_sales AND t.sales > coalesce(s.sales, 0) AND o.week IS NULL
), levels AS (
    SELECT product, list(week ORDER BY week) AS weeks, list(sales::BIGINT ORDER BY week) AS sales,
           list(others::BIGINT ORDER BY week) AS others, list(kin::BIGINT ORDER BY week) AS kin
    FROM asked
    GROUP BY product
), by_day AS (
    SELECT d.product, d.day, sum(d.sales) AS sales
    FROM days AS d JOIN steady AS s ON s.location = d.location
    GROUP BY d.product, d.day
), of_product AS (
    SELECT product, list(day ORDER BY day) AS days, list(sales::BIGINT ORDER BY day) AS day_sales FROM by_day GROUP BY product
), of_house AS (
    SELECT day, sum(sales) AS sales FROM by_day GROUP BY day
), offer_days AS (
    SELECT DISTINCT o.product, h.day FROM offers AS o JOIN of_house AS h ON o.starts <= h.day AND coalesce(o.ends >= h.day, true)
), offered AS (
    SELECT product, list(day ORDER BY day) AS offered FROM offer_days GROUP BY product
), courses AS (
    SELECT l.product, l.weeks, l.sales, l.others, l.kin, d.days, d.day_sales, o.offered
    FROM levels AS l
    JOIN of_product AS d ON d.product = l.product
    LEFT JOIN offered AS o ON o.product = l.product
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, list(day ORDER BY day), list(sales::BIGINT ORDER BY day), NULL FROM of_house
)
SELECT product, weeks, sales, others, kin, days, day_sales, offered
FROM courses
ORDER BY product

-- section: evidence
SELECT v.product, v.period_start, v.period_end, 'sale' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts_date AS value_date, s.location AS value_location, s.qty AS value_qty
FROM violations AS v
JOIN sales AS s ON s.product = v.product
 AND s.ts_date >= v.period_start - CASE v.course WHEN 'day' THEN 0 ELSE 7 END
 AND s.ts_date < v.period_start + CASE v.course WHEN 'day' THEN 1 ELSE 7 END
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
