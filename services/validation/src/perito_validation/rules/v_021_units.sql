/* ---
id: V-021
version: 1
kind: set
title: {en: Units of measure that do not work out, es: Unidades de medida que no cuadran}
severity: high
grain: file
unit: rows
identity: [table_name, file, kind]
needs:
  files: [file_id, name]
  columns: [table_name, column_name, file_id]
  transformations: [file_id, table_name, column_name, kind, cells]
optional:
  sales: [product, qty, uom]
  movements: [product, qty, uom]
  purchases: [product, qty, uom]
  receipts: [product, qty, uom]
  products: [product, base_uom, units_per_pack, whole_units]
position_bound: because units and their factors are stated for a file
impact: none, because the quantity in base units is not known; what is converted wrongly shows where the books stop adding up
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} {row_count:row|rows} of {table_name:name} {what_en}"
    es: "{file}: {row_count:,} {row_count:fila|filas} de {table_name:name} {what_es}"
explanation:
  en: >-
    Quantities in cartons become pieces by a factor. Where the unit has none, the quantity is unknown. Where the product
    gives no whole number although pieces cannot be split, and the decimals that the file printed do not explain it, factor
    or quantity is wrong; smaller differences were rounded and logged. That a product is sold in several units in one feed
    is told for information.
  es: >-
    Las cantidades en cajas pasan a piezas con un factor. Si la unidad no lo tiene, la cantidad es desconocida. Si el
    resultado no es entero aunque las piezas no se parten, y los decimales que imprimió el archivo no lo explican, el factor
    o la cantidad están mal; las diferencias menores se redondearon y registraron. Que un producto se venda en varias
    unidades en una misma entrega se informa.
remedy:
  en: "Give the unit a factor in the mapping or the product master; compare the pack size with the goods on the shelf."
  es: "Dé a la unidad un factor en el mapeo o en el maestro; compare el tamaño del envase con la mercancía."
words:
  in_base_units: {en: in base units, es: en unidades base}
  kind: {es: clase}
  quantity: {es: cantidad}
  unit: {es: unidad}
  no_factor: {en: no factor, es: sin factor}
  not_whole: {en: not a whole number, es: no es un entero}
  several_units: {en: several units, es: varias unidades}
  units: {es: unidades}
  products: {es: productos}
  converted: {en: converted rows, es: filas convertidas}
  rounded: {en: rounded to whole units, es: redondeadas a unidades enteras}
unique: {marked: [table_name, file, kind, unit]}
source: "Unit conversion checks of warehouse systems"
--- */

-- section: population
-- One row per unit of a product in a file. A product's unit is whole where the master says so, or else where none of its
-- quantities that needed no conversion, in this table, has a fraction.
WITH stated AS (
    SELECT 'sales' AS table_name, product, qty, qty_source, uom, uom_source, _file_id, _record FROM sales WHERE _duplicate_record IS NULL AND uom IS NOT NULL
    UNION ALL SELECT 'movements', product, qty, qty_source, uom, uom_source, _file_id, _record FROM movements WHERE _duplicate_record IS NULL AND uom IS NOT NULL
    UNION ALL SELECT 'purchases', product, qty, qty_source, uom, uom_source, _file_id, _record FROM purchases WHERE _duplicate_record IS NULL AND uom IS NOT NULL
    UNION ALL SELECT 'receipts', product, qty, qty_source, uom, uom_source, _file_id, _record FROM receipts WHERE _duplicate_record IS NULL AND uom IS NOT NULL
), counted AS (
    SELECT table_name, _file_id AS file_id, product, coalesce(uom_source, uom) AS unit, count(*) AS rows, min(_record) AS first_at,
           count(*) FILTER (qty IS NULL AND qty_source IS NOT NULL) AS unread,
           count(*) FILTER (uom_source IS NULL AND qty IS NOT NULL) AS plain,
           count(*) FILTER (uom_source IS NULL AND qty <> round(qty)) AS plain_fractions,
           count(*) FILTER (uom_source IS NOT NULL AND qty <> round(qty)) AS converted_fractions
    FROM stated
    GROUP BY table_name, _file_id, product, coalesce(uom_source, uom)
), whole AS (
    SELECT table_name, product, sum(plain_fractions) = 0 AND sum(plain) > 0 AS whole_by_use
    FROM counted GROUP BY table_name, product
), master AS (
    SELECT product, bool_and(whole_units) AS whole_units FROM products WHERE _duplicate_record IS NULL GROUP BY product
), converting AS (
    SELECT DISTINCT table_name, file_id FROM transformations WHERE kind = 'unit_conversion'
)
SELECT s.table_name, s.file_id, f.name AS file, s.product, s.unit, s.rows, s.first_at,
       count(*) OVER (PARTITION BY s.table_name, s.file_id, s.product) AS units,
       CASE WHEN c.file_id IS NOT NULL THEN s.unread ELSE 0 END AS no_factor,
       CASE WHEN c.file_id IS NOT NULL AND coalesce(m.whole_units, w.whole_by_use, false) THEN s.converted_fractions ELSE 0 END AS not_whole
FROM counted AS s
JOIN files AS f ON f.file_id = s.file_id
LEFT JOIN converting AS c ON c.table_name = s.table_name AND c.file_id = s.file_id
LEFT JOIN master AS m ON m.product = s.product
LEFT JOIN whole AS w ON w.table_name = s.table_name AND w.product = s.product

-- section: violations
WITH marked AS (
    SELECT table_name, file, 'no_factor' AS kind, unit, sum(no_factor) AS rows, count(*) AS products
    FROM population WHERE no_factor > 0 GROUP BY table_name, file, unit
    UNION ALL
    SELECT table_name, file, 'not_whole', unit, sum(not_whole), count(*)
    FROM population WHERE not_whole > 0 GROUP BY table_name, file, unit
)
SELECT table_name, file, kind, 'high' AS severity, sum(rows)::BIGINT AS row_count, sum(products)::BIGINT AS products,
       string_agg(unit, ', ' ORDER BY unit) AS units,
       CASE WHEN kind = 'no_factor' THEN 'state a unit without a factor (' || string_agg(unit, ', ' ORDER BY unit) || '); their quantity is unknown'
            ELSE 'give no whole number of base units, by more than their printed decimals explain' END AS what_en,
       CASE WHEN kind = 'no_factor' THEN 'indican una unidad sin factor (' || string_agg(unit, ', ' ORDER BY unit) || '); su cantidad es desconocida'
            ELSE 'no dan un número entero de unidades base, más de lo que explican sus decimales' END AS what_es
FROM marked
GROUP BY table_name, file, kind
UNION ALL
SELECT table_name, file, 'several_units', 'info', sum(rows)::BIGINT, count(DISTINCT product), NULL,
       'belong to ' || count(DISTINCT product) || ' products that stand there in more than one unit',
       'son de ' || count(DISTINCT product) || ' productos que figuran en más de una unidad'
FROM population
WHERE units > 1 AND table_name = 'sales'
GROUP BY table_name, file

-- section: evaluated
SELECT coalesce(sum(rows), 0)::BIGINT AS evaluated, coalesce(sum(no_factor + not_whole), 0)::BIGINT AS failed FROM population

-- section: facts
SELECT coalesce(sum(cells) FILTER (kind = 'unit_conversion'), 0)::BIGINT AS converted,
       coalesce(sum(cells) FILTER (kind = 'rounded_to_unit'), 0)::BIGINT AS rounded
FROM transformations
WHERE column_name = 'qty'

-- section: evidence
WITH stated AS (
    SELECT 'sales' AS table_name, product, qty, qty_source, uom, uom_source, _file_id, _record, _line FROM sales WHERE _duplicate_record IS NULL AND uom IS NOT NULL
    UNION ALL SELECT 'movements', product, qty, qty_source, uom, uom_source, _file_id, _record, _line FROM movements WHERE _duplicate_record IS NULL AND uom IS NOT NULL
    UNION ALL SELECT 'purchases', product, qty, qty_source, uom, uom_source, _file_id, _record, _line FROM purchases WHERE _duplicate_record IS NULL AND uom IS NOT NULL
    UNION ALL SELECT 'receipts', product, qty, qty_source, uom, uom_source, _file_id, _record, _line FROM receipts WHERE _duplicate_record IS NULL AND uom IS NOT NULL
), marked AS (
    SELECT s.*, p.file, p.unit, p.units, p.first_at, p.no_factor > 0 AND s.qty IS NULL AND s.qty_source IS NOT NULL AS lacks_factor,
           p.not_whole > 0 AND s.uom_source IS NOT NULL AND s.qty <> round(s.qty) AS is_fraction
    FROM stated AS s
    JOIN population AS p ON p.table_name = s.table_name AND p.file_id = s._file_id AND p.product IS NOT DISTINCT FROM s.product
     AND p.unit = coalesce(s.uom_source, s.uom)
    WHERE p.no_factor > 0 OR p.not_whole > 0 OR p.units > 1 AND s._record = p.first_at
), told AS (
    SELECT *, CASE WHEN lacks_factor THEN 'no_factor' WHEN is_fraction THEN 'not_whole' END AS kind FROM marked
    UNION ALL
    SELECT *, 'several_units' FROM marked WHERE units > 1 AND _record = first_at
)
SELECT table_name, file, kind, kind AS role, _file_id, _record, _line, product AS key_product, qty_source AS value_quantity,
       unit AS value_unit, qty AS value_in_base_units
FROM told
WHERE kind IS NOT NULL
