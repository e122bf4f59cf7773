/* ---
id: abc_classes
version: 1
kind: view
title: {en: ABC classes of products, es: Clases ABC de los productos}
optional:
  products: [product]
  inventory: [product]
  counts: [product]
parameters:
  share_a: {default: "0.8", type: decimal, meaning: "share of the usage value of a year that class A makes up"}
  share_b: {default: "0.15", type: decimal, meaning: "share that class B makes up"}
uses: [year_usage]
--- */
-- One row per product that the books know. Products stand in the order of their usage value, which is what was sold of them
-- in the last year at cost; ties stand in the order of their codes. A product belongs to the class in which its own share
-- begins, so that the largest is A however large it is. What was not sold is C. The class is NULL where the cost of what
-- was sold is unknown, and for all where nothing was sold.
WITH used AS (
    SELECT product, sum(usage_value) AS usage_value, sum(lines) AS lines, sum(costed) AS costed
    FROM year_usage GROUP BY product
), known AS (
    SELECT DISTINCT product FROM (
        SELECT product FROM products
        UNION ALL
        SELECT product FROM inventory
        UNION ALL
        SELECT product FROM counts
        UNION ALL
        SELECT product FROM used
    ) AS named
), valued AS (
    SELECT k.product, CASE WHEN u.product IS NULL THEN 0 WHEN u.costed > 0 THEN greatest(u.usage_value, 0) END AS usage_value,
           coalesce(u.lines, 0) AS lines, coalesce(u.costed, 0) AS costed
    FROM known AS k LEFT JOIN used AS u ON u.product = k.product
    WHERE k.product IS NOT NULL
), ranked AS (
    SELECT *, sum(usage_value) OVER () AS total,
           coalesce(sum(usage_value) OVER (
               ORDER BY usage_value DESC NULLS LAST, product ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
           ), 0) AS before
    FROM valued
)
SELECT product, usage_value, lines, costed,
       CASE WHEN usage_value IS NULL OR NOT coalesce(total > 0, false) THEN NULL
            WHEN before < $share_a * total THEN 'A'
            WHEN before < ($share_a + $share_b) * total THEN 'B' ELSE 'C' END AS class
FROM ranked
