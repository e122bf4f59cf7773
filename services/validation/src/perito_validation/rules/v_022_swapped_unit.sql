/* ---
id: V-022
version: 2
kind: set
title: {en: Price of a pack on a piece, es: Precio de caja en una pieza}
severity: high
grain: product
unit: lines
identity: [table_name, product]
needs:
  products: [product, units_per_pack]
  files: [file_id, name]
optional:
  sales: [product, unit_price, document, qty, type, price_override, promotion]
  invoices: [product, unit_price, document, qty]
  purchases: [product, unit_cost, document, qty]
parameters:
  closeness: {default: "0.02", type: decimal, meaning: "how near the ratio of prices must come to the pack size, as a share"}
  smallest_pack: {default: "3", type: decimal, meaning: "pack size below which a price may as well be a discount"}
  least_lines: {default: 5, type: integer, meaning: "lines of a product from which its usual price is known"}
impact: none, because which of quantity and price is in the wrong unit is not known
recoverable: false
explains: []
entities: [product]
texts:
  finding:
    en: "{where_en}: {row_count:,} of {lines:,} {lines:line|lines} of {product} {row_count:has|have} a price near the usual {usual:,} multiplied or divided by {pack:,}"
    es: "{where_es}: {row_count:,} de {lines:,} {lines:línea|líneas} de {product} {row_count:lleva|llevan} un precio cercano al habitual {usual:,} multiplicado o dividido por {pack:,}"
explanation:
  en: >-
    A price that differs from the usual one of the product by just the number of pieces in a pack was most likely stated
    for the other unit: the quantity is then in packs too, and the stock moves by the wrong number. Prices
    of a promotion, and those that a cashier typed over, are what somebody wanted to take, and are not looked at.
  es: >-
    Un precio que difiere del habitual justo por el número de piezas de la caja probablemente se indicó para la otra
    unidad: entonces la cantidad también está en cajas y las existencias se mueven por el número equivocado. Los precios
    de una promoción y los que un cajero cambió a mano son los que alguien quiso cobrar y no se miran.
remedy:
  en: "Compare the lines with the delivery or the ticket, and state the unit of this file in the mapping."
  es: "Compare las líneas con la entrega o el tique e indique la unidad de este archivo en el mapeo."
words:
  usual: {en: usual price, es: precio habitual}
  pack: {en: pack size, es: tamaño de caja}
  lines: {es: líneas}
  swapped: {en: price of the other unit, es: precio de la otra unidad}
source: "Unit-of-measure errors in price analysis of audit practice"
--- */

-- section: population
WITH priced AS (
    SELECT 'sales' AS table_name, product, unit_price AS price, document, qty, _file_id, _record, _line FROM sales
    WHERE unit_price > 0 AND _duplicate_record IS NULL AND NOT coalesce(price_override, false) AND promotion IS NULL
      -- A return repeats the price of its sale.
      AND coalesce(type, 'sale') = 'sale'
    UNION ALL SELECT 'invoices', product, unit_price, document, qty, _file_id, _record, _line FROM invoices WHERE unit_price > 0 AND _duplicate_record IS NULL
    UNION ALL SELECT 'purchases', product, unit_cost, document, qty, _file_id, _record, _line FROM purchases WHERE unit_cost > 0 AND _duplicate_record IS NULL
), packs AS (
    SELECT product, min(units_per_pack) AS pack
    FROM products
    WHERE _duplicate_record IS NULL AND units_per_pack >= $smallest_pack
    GROUP BY product
    HAVING count(DISTINCT units_per_pack) = 1
), usual AS (
    SELECT table_name, product, quantile_disc(price, 0.5) AS usual
    FROM priced
    GROUP BY table_name, product
    HAVING count(*) >= $least_lines
)
SELECT p.*, u.usual, k.pack, f.name AS file,
       abs(p.price - u.usual::DECIMAL(28, 4) * k.pack) <= $closeness * (u.usual::DECIMAL(28, 4) * k.pack)
       OR abs(p.price::DECIMAL(28, 4) * k.pack - u.usual) <= $closeness * u.usual AS swapped
FROM priced AS p
JOIN usual AS u ON u.table_name = p.table_name AND u.product = p.product
JOIN packs AS k ON k.product = p.product
JOIN files AS f ON f.file_id = p._file_id

-- section: violations
SELECT table_name, product, CASE WHEN count(DISTINCT file) FILTER (swapped) = 1 THEN min(file) FILTER (swapped) ELSE count(DISTINCT file) FILTER (swapped) || ' files' END AS where_en,
       CASE WHEN count(DISTINCT file) FILTER (swapped) = 1 THEN min(file) FILTER (swapped) ELSE count(DISTINCT file) FILTER (swapped) || ' archivos' END AS where_es,
       count(*) FILTER (swapped) AS row_count, count(*) AS lines, min(usual) AS usual, min(pack) AS pack,
       min(price) FILTER (swapped) AS observed, min(usual) AS expected
FROM population
GROUP BY table_name, product
HAVING count(*) FILTER (swapped) > 0

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (swapped) AS failed FROM population

-- section: facts
SELECT count(*) FILTER (swapped) AS swapped FROM population

-- section: evidence
SELECT table_name, product, 'swapped' AS role, _file_id, _record, _line, document AS key_document, product AS key_product,
       qty AS value_qty, price AS value_price, usual AS value_usual, pack AS value_pack
FROM population
WHERE swapped
