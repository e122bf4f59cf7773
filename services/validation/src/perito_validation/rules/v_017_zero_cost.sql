/* ---
id: V-017
version: 1
kind: set
title: {en: Goods in stock with a price and a cost of zero, es: Mercancía en existencia con precio y coste cero}
severity: medium
grain: product
unit: products
identity: [product]
needs:
  products: [product, unit_cost, unit_price]
  inventory: [snapshot_date, product, location, qty]
optional:
  receipts: [product, ts, unit_cost]
  purchases: [product, ordered_at, unit_cost]
uses: [closing_stock, unit_costs]
parameters:
  share: {default: "0.5", type: decimal, meaning: "share of the priced products in stock with a cost of zero from which on the master does not keep costs at all"}
  least: {default: 20, type: integer, meaning: "such products below which that cannot be said"}
impact: column
recoverable: false
explains: []
entities: [product]
unique: {priced: [product]}
texts:
  finding:
    en: "{product}: {on_hand:,} in stock at a price of {unit_price:,} and a cost of 0{known_en}"
    es: "{product}: {on_hand:,} en existencia con precio {unit_price:,} y coste 0{known_es}"
explanation:
  en: >-
    Stock with a cost of zero is worth nothing in the books, and everything sold of it is all margin. Where a receipt or an
    order says what the goods did cost, the zero is wrong, and the amount is the stock at that cost. Where nothing in the
    books was ever paid for, they may be goods on consignment, gifts or samples: that is told with less weight and without an
    amount. A blank cost is unknown, not zero, and so are the zeros of a
    master in which most products in stock cost nothing: it does not keep costs.
  es: >-
    Una existencia con coste cero no vale nada en los libros, y todo lo que se vende de ella es margen. Si una recepción o un
    pedido dice cuánto costó la mercancía, el cero es erróneo y el importe es la existencia a ese coste. Si los libros nunca
    pagaron nada por ella, puede ser depósito, regalo o muestra: se señala con menos peso y sin importe. Un coste en blanco
    es desconocido, no cero, y también los ceros de un maestro en que la mayoría de lo que hay no cuesta nada: no lleva costes.
remedy:
  en: "Enter the cost of the last receipt in the master, or mark the product as consignment; then value stock and sales again."
  es: "Ponga en el maestro el coste de la última recepción o marque el producto como depósito; después valore de nuevo."
words:
  on_hand: {en: in stock, es: en existencia}
  known_cost: {en: cost that other documents say, es: coste que dicen otros documentos}
  zero_costs: {en: products without cost, es: productos sin coste}
  master: {en: product master, es: maestro de productos}
  stock: {en: last snapshot, es: último saldo}
source: "Zero-cost tests of inventory audits; valuation assertion of ISA 501"
--- */

-- section: population
-- Products of which the master has one cost and one price, with what their places held last. Several rows of one product
-- that differ assert nothing.
WITH priced AS (
    SELECT product, min(unit_cost) AS unit_cost, min(unit_price) AS unit_price
    FROM products
    WHERE _duplicate_record IS NULL AND product IS NOT NULL
    GROUP BY product
    HAVING min(unit_cost) IS NOT DISTINCT FROM max(unit_cost) AND min(unit_price) IS NOT DISTINCT FROM max(unit_price)
), held AS (
    SELECT product, sum(greatest(qty, 0)) AS on_hand, max(ends) AS day FROM closing_stock GROUP BY product
), kept AS (
    SELECT count(*) FILTER (p.unit_cost = 0) <= $share * count(*) OR count(*) < $least AS keeps_costs
    FROM priced AS p JOIN held AS h ON h.product = p.product
    WHERE p.unit_price > 0 AND h.on_hand > 0 AND p.unit_cost IS NOT NULL
), known AS (
    SELECT product, unit_cost AS known_cost
    FROM unit_costs
    QUALIFY row_number() OVER (PARTITION BY product ORDER BY valid_from DESC) = 1
)
SELECT p.product, p.unit_cost, p.unit_price, h.on_hand, h.day, k.known_cost,
       CASE WHEN p.unit_price <= 0 OR h.on_hand <= 0 THEN false WHEN p.unit_cost = 0 AND NOT e.keeps_costs THEN NULL ELSE p.unit_cost = 0 AND p.unit_price > 0 AND h.on_hand > 0 END AS unvalued
FROM priced AS p
JOIN held AS h ON h.product = p.product
CROSS JOIN kept AS e
LEFT JOIN known AS k ON k.product = p.product

-- section: violations
SELECT product, on_hand, unit_price, known_cost, CASE WHEN known_cost IS NOT NULL THEN 'high' ELSE 'medium' END AS severity,
       0 AS observed, known_cost AS expected, try((on_hand::DECIMAL(28, 4) * known_cost)::DECIMAL(38, 4)) AS impact,
       CASE WHEN known_cost IS NULL THEN '' ELSE '; the books know a cost of ' || plain(known_cost) END AS known_en,
       CASE WHEN known_cost IS NULL THEN '' ELSE '; los libros conocen un coste de ' || replace(plain(known_cost), '.', ',') END AS known_es
FROM population
WHERE unvalued

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (unvalued IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS zero_costs FROM violations

-- section: evidence
SELECT v.product, 0 AS ordinal, 'master' AS role, 'products' AS table_name, p._file_id, p._record, p._line,
       p.product AS key_product, p.unit_cost AS value_unit_cost, p.unit_price AS value_unit_price, v.known_cost AS value_known_cost
FROM violations AS v JOIN products AS p ON p.product = v.product
WHERE p._duplicate_record IS NULL

-- section: evidence
SELECT v.product, row_number() OVER (PARTITION BY v.product ORDER BY i.qty DESC, i._file_id, i._record) AS ordinal, 'stock' AS role,
       'inventory' AS table_name, i._file_id, i._record, i._line, i.product AS key_product, i.location AS key_location,
       i.snapshot_date AS value_snapshot_date, i.qty AS value_qty
FROM violations AS v JOIN inventory AS i ON i.product = v.product
WHERE i._duplicate_record IS NULL AND i.qty > 0
  AND EXISTS (SELECT 1 FROM closing_stock AS c WHERE c.product = i.product AND c.location = i.location AND c.ends = i.snapshot_date)
