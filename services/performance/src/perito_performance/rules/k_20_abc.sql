/* ---
id: K-20
version: 1
kind: metric
title: {en: ABC classes, es: Clases ABC}
grain: population
unit: products
needs:
  products: [product]
uses: [abc_classes, year_usage, product_groups]
explanation:
  en: >-
    Products in the order of what was sold of them in the last year at cost (usage value), ties in the order of their
    codes: those that make up the first 80 % are A, the next 15 % B, the last 5 % C; a product belongs to the class in
    which its own share begins, and what was not sold is C. `products_a`, `products_b` and `products_c` say how many of the
    products each class has, `usage_a`, `usage_b` and `usage_c` how much of the usage value at that place or in that month
    of the year. Products whose cost is unknown have no class and lower the coverage. K-16 and K-19 use the same
    classes.
  es: >-
    Productos en el orden de lo vendido de ellos en el último año a coste (valor de uso); los empates, por código: los
    que suman el primer 80 % son A, el 15 % siguiente B y el último 5 % C; un producto pertenece a la clase en la que
    empieza su parte, y lo no vendido es C. `products_a`, `products_b` y `products_c` dicen qué parte de los productos tiene
    cada clase; `usage_a`, `usage_b` y `usage_c`, qué parte del valor de uso en ese lugar o mes del año. Los productos sin
    coste conocido no tienen clase y reducen la cobertura. K-16 y K-19 usan las mismas clases.
remedy:
  en: "Count, secure and order class A with the most care."
  es: "Cuente, proteja y pida la clase A con el mayor cuidado."
words:
  products_a: {en: products in class A, es: productos de clase A}
  products_b: {en: products in class B, es: productos de clase B}
  products_c: {en: products in class C, es: productos de clase C}
  usage_a: {en: usage value of class A, es: valor de uso de la clase A}
  usage_b: {en: usage value of class B, es: valor de uso de la clase B}
  usage_c: {en: usage value of class C, es: valor de uso de la clase C}
  products: {es: productos}
  classified: {es: clasificados}
  class_a: {es: clase A}
  class_b: {es: clase B}
  class_c: {es: clase C}
  no product could be classified: {es: no se pudo clasificar ningún producto}
  nothing was sold here at a known cost: {es: aquí no se vendió nada con coste conocido}
source: "Pareto classes by annual usage value"
--- */

-- section: population
SELECT a.product, a.class, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier
FROM abc_classes AS a LEFT JOIN product_groups AS g ON g.product = a.product

-- section: kpis
WITH used AS (
    SELECT p.class, p.category, p.supplier, y.location, y.month, y.usage_value, y.lines, y.costed
    FROM year_usage AS y JOIN population AS p ON p.product = y.product
), placed_products AS (
    SELECT 'total' AS scope, '' AS key, class FROM population
    UNION ALL
    SELECT 'category', category, class FROM population WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, class FROM population WHERE supplier <> ''
), counted AS (
    SELECT scope, key, count(*) AS products, count(class) AS n, count(*) FILTER (WHERE class = 'A') AS a,
           count(*) FILTER (WHERE class = 'B') AS b, count(*) FILTER (WHERE class = 'C') AS c
    FROM placed_products GROUP BY scope, key
    UNION ALL
    SELECT 'total', '', 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), placed_usage AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, u.* FROM used AS u
    UNION ALL
    SELECT 'location', location, '', u.* FROM used AS u WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', u.* FROM used AS u WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', u.* FROM used AS u WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, u.* FROM used AS u
), valued AS (
    SELECT scope, key, period, sum(lines) AS lines, sum(CASE WHEN class IS NOT NULL THEN costed ELSE 0 END) AS n,
           coalesce(sum(CASE WHEN class IS NOT NULL THEN usage_value END), 0) AS total,
           coalesce(sum(CASE WHEN class = 'A' THEN usage_value END), 0) AS a,
           coalesce(sum(CASE WHEN class = 'B' THEN usage_value END), 0) AS b,
           coalesce(sum(CASE WHEN class = 'C' THEN usage_value END), 0) AS c
    FROM placed_usage GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM used)
), measured AS (
    SELECT scope, key, '' AS period, 'products_a' AS measure, a AS numerator, n AS denominator, n, products AS found, true AS is_count FROM counted
    UNION ALL
    SELECT scope, key, '', 'products_b', b, n, n, products, true FROM counted
    UNION ALL
    SELECT scope, key, '', 'products_c', c, n, n, products, true FROM counted
    UNION ALL
    SELECT scope, key, period, 'usage_a', a, total, n, lines, false FROM valued
    UNION ALL
    SELECT scope, key, period, 'usage_b', b, total, n, lines, false FROM valued
    UNION ALL
    SELECT scope, key, period, 'usage_c', c, total, n, lines, false FROM valued
)
SELECT scope, key, period, measure, '%' AS unit, CASE WHEN denominator > 0 THEN ratio(100 * numerator, denominator) END AS value, numerator,
       denominator, n,
       ratio(n, found) AS coverage,
       CASE WHEN denominator > 0 THEN '' WHEN is_count THEN 'no product could be classified'
            ELSE 'nothing was sold here at a known cost' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE class IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS products, count(class) AS classified, count(*) FILTER (WHERE class = 'A') AS class_a,
       count(*) FILTER (WHERE class = 'B') AS class_b, count(*) FILTER (WHERE class = 'C') AS class_c
FROM population
