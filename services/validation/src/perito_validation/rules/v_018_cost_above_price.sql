/* ---
id: V-018
version: 1
kind: set
title: {en: Products that cost more than their price, es: Productos que cuestan más que su precio}
severity: medium
grain: product
unit: products
identity: [product]
needs:
  products: [product, unit_cost, unit_price]
optional:
  products: [active, discontinued]
impact: none, because what is lost depends on what is sold at that price; the margin of sales says it
recoverable: false
explains: []
entities: [product]
texts:
  finding:
    en: "{product}: costs {observed:,} and is listed at {expected:,}"
    es: "{product}: cuesta {observed:,} y su precio de lista es {expected:,}"
explanation:
  en: >-
    Every piece sold at list price loses money. Often the cost is that of a carton and the price that of a piece, a comma is
    in the wrong place, or the price includes what the cost leaves out. Goods that are no longer carried are cleared below
    cost on purpose, so they are told with less weight.
  es: >-
    Cada pieza vendida a precio de lista pierde dinero. A menudo el coste es de la caja y el precio de la pieza, una coma está
    mal puesta, o el precio incluye lo que el coste omite. La mercancía que ya no se lleva se liquida bajo coste a propósito;
    por eso pesa menos.
remedy:
  en: "Compare cost and price with the last invoice; look first whether both speak of the same unit."
  es: "Compare coste y precio con la última factura; mire antes si ambos hablan de la misma unidad."
words:
  loss_per_unit: {en: loss per unit, es: pérdida por unidad}
  above_price: {en: cost above price, es: coste sobre el precio}
  master: {en: product master, es: maestro de productos}
source: "Margin tests of retail audits"
--- */

-- section: population
-- Zero and negative values are V-016's. Several rows of one product that differ assert nothing.
SELECT product, min(unit_cost) AS unit_cost, min(unit_price) AS unit_price,
       bool_or(NOT coalesce(active, true) OR discontinued IS NOT NULL) AS leaving,
       CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_price) = max(unit_price) THEN min(unit_cost) > min(unit_price) END AS above
FROM products
WHERE _duplicate_record IS NULL AND product IS NOT NULL AND coalesce(unit_cost > 0, true) AND coalesce(unit_price > 0, true)
GROUP BY product

-- section: violations
SELECT product, CASE WHEN leaving THEN 'low' ELSE 'medium' END AS severity, unit_cost AS observed, unit_price AS expected,
       unit_cost - unit_price AS loss_per_unit
FROM population
WHERE above

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (above IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS above_price FROM violations

-- section: evidence
SELECT v.product, 'master' AS role, 'products' AS table_name, p._file_id, p._record, p._line, p.product AS key_product,
       p.unit_cost AS value_unit_cost, p.unit_price AS value_unit_price, p.active AS value_active, p.discontinued AS value_discontinued
FROM violations AS v JOIN products AS p ON p.product = v.product
WHERE p._duplicate_record IS NULL
