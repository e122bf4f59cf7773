/* ---
id: V-019
version: 1
kind: set
title: {en: Lines whose amount is not quantity times price, es: Líneas cuyo importe no es cantidad por precio}
severity: medium
grain: line
unit: lines
identity: [table_name, document, line, product]
needs:
  columns: [table_name, column_name]
optional:
  sales: [document, line, product, ts, type, qty, unit_price, line_total, discount, discount_amount, tax, uom]
  purchases: [document, line, product, ordered_at, qty, unit_cost, line_total]
  invoices: [document, line, product, invoiced_at, qty, unit_price, line_total, discount, tax]
parameters:
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; differences up to it are rounding"}
impact: column
recoverable: false
explains: []
entities: [document, product]
partition_by: [document]
texts:
  finding:
    en: "{table_name:name} {document}: the line of {product} says {observed:,}, quantity times price makes {expected:,}"
    es: "{table_name:name} {document}: la línea de {product} dice {observed:,}; cantidad por precio da {expected:,}"
explanation:
  en: >-
    The amount of a line is its quantity times its price, less the discount. Amounts before discount and amounts with tax
    are accepted too, and what rounding of price, quantity and amount can explain. A line in another unit is worked out in
    the unit that the file printed.
  es: >-
    El importe de una línea es su cantidad por su precio, menos el descuento. También se aceptan importes antes de descuento
    o con impuesto, y lo que explica el redondeo de precio, cantidad e importe. Una línea en otra unidad se calcula en la
    unidad que imprimió el archivo.
remedy:
  en: "Recalculate the document; find out whether quantity, price or amount was typed over."
  es: "Recalcule el documento; averigüe si se sobrescribió la cantidad, el precio o el importe."
words:
  recomputed: {es: recalculado}
  line: {es: línea}
  qty: {es: cantidad}
  price: {es: precio}
  differing: {en: differing lines, es: líneas con diferencia}
  difference: {es: diferencia}
source: "Recalculation as an audit procedure (ISA 500)"
--- */

-- section: population
-- Lines whose amount is not simply quantity times price, judged. Half of a price's last printed place, times the quantity,
-- is what its rounding can do: amounts are often made with the longer price that the system keeps. Converted lines are
-- worked out from the texts as printed.
WITH lines AS (
    SELECT 'sales' AS table_name, document, line, product, ts_date AS day, qty, unit_price AS price, line_total, discount,
           discount_amount, tax, CASE WHEN uom_source IS NOT NULL THEN try_cast(qty_source AS DECIMAL(28, 6)) END AS printed_qty,
           CASE WHEN uom_source IS NOT NULL THEN try_cast(unit_price_source AS DECIMAL(18, 6)) END AS printed_price,
           _file_id, _record, _line
    FROM sales
    WHERE _duplicate_record IS NULL
    UNION ALL
    SELECT 'purchases', document, line, product, ordered_at_date, qty, unit_cost, line_total, NULL, NULL, NULL, NULL, NULL, _file_id, _record, _line
    FROM purchases
    WHERE _duplicate_record IS NULL
    UNION ALL
    SELECT 'invoices', document, line, product, invoiced_at_date, qty, unit_price, line_total, discount, NULL, tax, NULL, NULL, _file_id, _record, _line
    FROM invoices
    WHERE _duplicate_record IS NULL
), doubtful AS (
    SELECT *,
           try(CASE WHEN printed_qty IS NOT NULL AND printed_price IS NOT NULL THEN (printed_qty * printed_price)::DECIMAL(38, 8)
                    ELSE (qty::DECIMAL(28, 4) * price)::DECIMAL(38, 8) END) AS gross,
           $currency_unit + abs(qty)::DECIMAL(28, 4) * CASE WHEN price = round(price, 2) THEN 0.005 ELSE 0.00005 END AS slack
    FROM lines
    WHERE coalesce(abs(line_total) <> abs(try(qty::DECIMAL(28, 4) * price)), qty IS NOT NULL AND price IS NOT NULL AND line_total IS NOT NULL)
), netted AS (
    SELECT *, try((gross::DECIMAL(28, 8) * (1 - coalesce(discount, 0)::DECIMAL(10, 8)))::DECIMAL(38, 8)) - coalesce(discount_amount, 0) AS net
    FROM doubtful
)
SELECT *, abs(abs(line_total) - abs(net)) > slack AND abs(abs(line_total) - abs(net) - coalesce(tax, 0)) > slack
          AND abs(abs(line_total) - abs(gross)) > slack AS differs
FROM netted

-- section: violations
SELECT table_name, document, line, product, min(day) AS period_start, max(day) AS period_end,
       sum(line_total)::DECIMAL(38, 4) AS observed, sum(round(net, 4))::DECIMAL(38, 4) AS expected,
       sum(abs(line_total) - abs(round(net, 4)))::DECIMAL(38, 4) AS delta_value,
       sum(abs(line_total) - abs(round(net, 4)))::DECIMAL(38, 4) AS impact, count(*) AS row_count
FROM population
WHERE differs
GROUP BY table_name, document, line, product

-- section: evaluated
WITH complete AS (
    SELECT count(*) AS lines FROM sales
    WHERE qty IS NOT NULL AND unit_price IS NOT NULL AND line_total IS NOT NULL AND _duplicate_record IS NULL
    UNION ALL SELECT count(*) FROM purchases
    WHERE qty IS NOT NULL AND unit_cost IS NOT NULL AND line_total IS NOT NULL AND _duplicate_record IS NULL
    UNION ALL SELECT count(*) FROM invoices
    WHERE qty IS NOT NULL AND unit_price IS NOT NULL AND line_total IS NOT NULL AND _duplicate_record IS NULL
)
SELECT sum(lines)::BIGINT AS evaluated, (SELECT count(*) FROM population WHERE differs IS NULL) AS unknown,
       (SELECT count(*) FROM population WHERE differs) AS failed
FROM complete

-- section: facts
SELECT count(*) FILTER (differs) AS differing,
       coalesce(sum(abs(line_total) - abs(round(net, 4))) FILTER (differs), 0)::DECIMAL(38, 4) AS difference
FROM population

-- section: evidence
SELECT table_name, document, line, product, min(day) OVER own AS period_start, max(day) OVER own AS period_end, 'line' AS role,
       _file_id, _record, _line, document AS key_document, line AS key_line, product AS key_product,
       qty AS value_qty, price AS value_price, discount AS value_discount, tax AS value_tax, line_total AS value_line_total, net AS value_recomputed
FROM population
WHERE differs
WINDOW own AS (PARTITION BY table_name, document, line, product)
