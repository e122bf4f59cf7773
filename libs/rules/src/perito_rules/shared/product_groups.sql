/* ---
id: product_groups
version: 1
kind: view
title: {en: Category and supplier of a product, es: Categoría y proveedor de un producto}
optional:
  products: [product, category, supplier, unit_price]
--- */
-- One row per product of the master. Where it stands there twice and disagrees with itself, it has no category, supplier
-- or price that could be relied on.
SELECT product,
       CASE WHEN min(category) = max(category) THEN min(category) END AS category,
       CASE WHEN min(supplier) = max(supplier) THEN min(supplier) END AS supplier,
       CASE WHEN min(unit_price) = max(unit_price) AND min(unit_price) > 0 THEN min(unit_price) END AS list_price
FROM products
WHERE product IS NOT NULL
GROUP BY product
