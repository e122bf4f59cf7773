/* ---
id: K-21
version: 1
kind: metric
title: {en: XYZ classes, es: Clases XYZ}
grain: population
unit: products
needs:
  sales: [product, ts, qty]
optional:
  lost_sales: [product, ts, qty]
uses: [sold_goods, product_groups]
parameters:
  weeks: {default: 52, type: integer, meaning: "weeks up to the last sale of the books that are looked at"}
  least_weeks: {default: 26, type: integer, meaning: "weeks on sale below which a product is not classified"}
  steady: {default: "0.5", type: decimal, meaning: "coefficient of variation up to which a product is X"}
  variable: {default: "1", type: decimal, meaning: "coefficient of variation up to which a product is Y"}
explanation:
  en: >-
    How steady demand is: a product is X where the standard deviation of its units a week is at most half their mean,
    Y where it is at most the mean, Z beyond. Weeks are counted back from the last sale of the books, up to 52, from
    the product's first week on; weeks without a sale count as zero. Units that were asked for and logged as lost are
    added to what was sold (basis `sales_and_lost`). A product with fewer than 26 weeks, or of which no more was sold
    than came back, is not classified and lowers the coverage. There is no series by month, since a class needs half a
    year.
  es: >-
    Lo estable que es la demanda: un producto es X si la desviación típica de sus unidades por semana es como mucho la
    mitad de su media, Y si es como mucho la media, y Z si es mayor. Las semanas se cuentan hacia atrás desde la
    última venta de los libros, hasta 52, a partir de la primera semana del producto; las semanas sin ventas cuentan
    como cero. Las unidades pedidas y anotadas como perdidas se suman a lo vendido (base `sales_and_lost`). Un producto
    con menos de 26 semanas, o del que no se vendió más de lo devuelto, no se clasifica y baja la cobertura. No hay
    serie por mes, porque una clase necesita medio año.
remedy:
  en: "Plan X by forecast, give Y a safety stock, and order Z only on demand."
  es: "Planifique X con previsiones, dé a Y existencia de seguridad y pida Z solo bajo demanda."
words:
  products_x: {en: products in class X, es: productos de clase X}
  products_y: {en: products in class Y, es: productos de clase Y}
  products_z: {en: products in class Z, es: productos de clase Z}
  sales: {es: ventas}
  sales_and_lost: {en: sales and logged lost demand, es: ventas y demanda perdida anotada}
  products: {es: productos}
  classified: {es: clasificados}
  no product was sold: {es: no se vendió ningún producto}
  no product was on sale for long enough: {es: ningún producto estuvo a la venta el tiempo suficiente}
source: "Coefficient of variation of weekly demand"
--- */

-- section: population
WITH daily AS (
    SELECT product, day, units, true AS is_sale FROM sold_goods WHERE product IS NOT NULL AND day IS NOT NULL
    UNION ALL
    SELECT product, ts_date, abs(qty), false FROM lost_sales
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND ts_date IS NOT NULL
), sale_days AS (
    SELECT day, count(*) AS lines FROM daily WHERE is_sale GROUP BY day
), counted AS (
    SELECT day, sum(lines) OVER (ORDER BY day ROWS UNBOUNDED PRECEDING) AS so_far, sum(lines) OVER () AS total FROM sale_days
), typed AS (
    -- A day far beyond all but a thousandth of the others is a slip of the pen and not the end of the books.
    SELECT min(day) + 366 AS last_possible FROM counted WHERE so_far * 1000 >= total * 999
), ends AS (
    SELECT max(s.day) AS day FROM sale_days AS s CROSS JOIN typed AS t WHERE s.day <= t.last_possible
), weekly AS (
    SELECT d.product, (e.day - d.day) // 7 AS week, sum(d.units)::DECIMAL(18, 4) AS units
    FROM daily AS d CROSS JOIN ends AS e WHERE d.day <= e.day
    GROUP BY d.product, (e.day - d.day) // 7
), sums AS (
    SELECT product, least(max(week) + 1, $weeks) AS weeks, sum(CASE WHEN week < $weeks THEN units END)::DECIMAL(18, 4) AS units,
           sum(CASE WHEN week < $weeks THEN try(units::DECIMAL(38, 4) * units) END) AS squares
    FROM weekly GROUP BY product
), spread AS (
    -- The square of the coefficient of variation: (n x squares - sum^2) / sum^2.
    SELECT product, CASE WHEN weeks >= $least_weeks AND units > 0 THEN try(ratio(weeks * squares - units::DECIMAL(38, 4) * units, units::DECIMAL(38, 4) * units)) END AS spread
    FROM sums
)
SELECT s.product, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier,
       CASE WHEN s.spread <= $steady * $steady THEN 'X' WHEN s.spread <= $variable * $variable THEN 'Y'
            WHEN s.spread IS NOT NULL THEN 'Z' END AS class
FROM spread AS s LEFT JOIN product_groups AS g ON g.product = s.product

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
), counted AS (
    SELECT scope, key, count(*) AS products, count(class) AS n, count(*) FILTER (WHERE class = 'X') AS x,
           count(*) FILTER (WHERE class = 'Y') AS y, count(*) FILTER (WHERE class = 'Z') AS z
    FROM placed GROUP BY scope, key
    UNION ALL
    SELECT 'total', '', 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), measured AS (
    SELECT scope, key, products, n, 'products_x' AS measure, x AS found FROM counted
    UNION ALL
    SELECT scope, key, products, n, 'products_y', y FROM counted
    UNION ALL
    SELECT scope, key, products, n, 'products_z', z FROM counted
)
SELECT scope, key, '' AS period, measure, '%' AS unit,
       CASE WHEN EXISTS (SELECT 1 FROM lost_sales WHERE qty IS NOT NULL) THEN 'sales_and_lost' ELSE 'sales' END AS basis,
       ratio(100 * found, n) AS value, found AS numerator, n AS denominator, n, ratio(n, products) AS coverage,
       CASE WHEN products = 0 THEN 'no product was sold' WHEN n = 0 THEN 'no product was on sale for long enough' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE class IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS products, count(class) AS classified FROM population
