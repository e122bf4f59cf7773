/* ---
id: V-007
version: 3
kind: set
title: {en: Cells that should be filled and are not, es: Celdas que deberían tener valor y no lo tienen}
severity: medium
grain: column
unit: cells
identity: [file, source_column, kind]
needs:
  columns: [table_name, column_name, file_id, source_column, column_type, cells, blanks]
  source_columns: [file_id, position, source_column, mapped, cells, placeholders, empty_dates]
  odd_cells: [file_id, position, kind, record, line, source_column, before]
  files: [file_id, name]
optional:
  sales: [type, product, qty]
parameters:
  robust_z: {default: "3.5", type: decimal, meaning: "robust z of a column's blank share among the files of its table from which it is told"}
  least_difference: {default: "0.01", type: decimal, meaning: "difference from the middle blank share of the files below which a column is told of nothing"}
  least_files: {default: 4, type: integer, meaning: "files of a table that make a comparison possible"}
position_bound: because files of a table are compared with each other
impact: none, because a cell without a value has no amount; what it hides is missing from the other rules
recoverable: false
explains: []
entities: [file]
texts:
  finding:
    en: "{file}: {row_count:,} of {cells:,} {cells:cell|cells} of {source_column} {what_en}"
    es: "{file}: {row_count:,} de {cells:,} {cells:celda|celdas} de {source_column} {what_es}"
explanation:
  en: >-
    A row without product, place, quantity or date cannot be counted. Other columns may honestly be empty, so they are told
    only where one file leaves blank what the other files of the same table fill: always, or at least twice as often. Files of
    goods and others, such as logs of drawers, are not compared. Words such as N/A or UNKNOWN and dates such as 1900-01-01 are
    counted apart: they look like values and are none. A drawer opened without a sale has neither goods nor price, and its row
    may be blank there. Keys of a table's own rows are V-008's.
  es: >-
    Una fila sin producto, lugar, cantidad o fecha no se puede contar. Otras columnas pueden estar vacías con razón; solo se
    señalan si un archivo deja en blanco lo que los demás de la tabla llenan: siempre, o al menos el doble. Los archivos de
    mercancía no se comparan con otros, como los de aperturas de cajón. Palabras como N/A o DESCONOCIDO y fechas como
    1900-01-01 se cuentan aparte: parecen valores y no lo son. Una apertura de cajón sin venta no tiene artículo ni precio, y
    su fila puede estar vacía ahí. Las claves propias de una tabla son de V-008.
remedy:
  en: "Find out at which step the value is lost, and make the field compulsory where it is entered."
  es: "Averigüe en qué paso se pierde el valor y haga obligatorio el campo donde se captura."
words:
  blank_cells: {en: blank cells, es: celdas vacías}
  cell: {es: celda}
  kind: {es: clase}
  placeholders: {es: rellenos}
  source_column: {es: columna del archivo}
  blank: {en: blank, es: vacía}
  blank_elsewhere_filled: {en: blank where other files are filled, es: vacía donde otros archivos tienen valor}
  placeholder: {en: placeholder, es: relleno}
  empty_date: {en: date that stands for none, es: fecha que no es tal}
  cells: {es: celdas}
  robust_z: {en: robust z, es: z robusta}
unique: {compared: [table_name, column_name, file_id]}
source: "Completeness in data-quality practice; Iglewicz and Hoaglin's modified z-score"
--- */

-- section: population
-- One row per source column, with the table where it has the most blank cells. What the books cannot do without is
-- compulsory; an optional column is compared with the same column of the table's other files. z is written without a
-- division: 0.6745 (x - median) > limit MAD, or with the mean deviation where MAD is 0.
WITH own_keys AS (
    SELECT * FROM (VALUES
        ('products', 'product'), ('suppliers', 'supplier'), ('locations', 'location'), ('customers', 'customer'),
        ('users', 'user'), ('movements', 'movement')
    ) AS k(table_name, column_name)
), makes AS (
    -- Only files of one make are compared: those that tell of goods and quantities, or those that do not. A log of drawers
    -- is no file of tickets.
    SELECT table_name, file_id, bool_or(column_name = 'product') AND bool_or(column_name IN ('qty', 'counted_qty', 'qty_out')) AS of_goods
    FROM columns
    GROUP BY table_name, file_id
), drawers AS (
    -- Rows of drawers opened without a sale, and those of them without product and quantity.
    SELECT _file_id AS file_id, count(*) AS opened, count(*) - count(product) AS product, count(*) - count(qty) AS qty
    FROM sales WHERE type = 'no_sale' GROUP BY _file_id
), counted AS (
    SELECT c.table_name, c.column_name, c.file_id, c.source_column, c.column_type, c.cells, c.blanks,
           CASE WHEN d.opened IS NULL OR c.column_name IN ('document', 'line', 'ts', 'type', 'location', 'till', 'cashier', 'shift') THEN 0
                ELSE least(c.blanks, CASE c.column_name WHEN 'product' THEN d.product WHEN 'qty' THEN d.qty ELSE d.opened END) END AS excused
    FROM columns AS c LEFT JOIN drawers AS d ON c.table_name = 'sales' AND d.file_id = c.file_id
), judged AS (
    SELECT c.table_name, c.column_name, c.file_id, m.of_goods, c.source_column, c.column_type, c.cells - c.excused AS cells, c.blanks - c.excused AS blanks,
           ratio(c.blanks - c.excused, c.cells - c.excused) AS share,
           c.table_name IN ('sales', 'movements', 'inventory', 'counts', 'purchases', 'receipts', 'invoices', 'returns', 'transfers')
               AND c.column_name IN ('product', 'location', 'qty', 'ts', 'snapshot_date', 'ordered_at', 'invoiced_at',
                                     'counted_qty', 'qty_out', 'from_location', 'to_location') AS compulsory
    FROM counted AS c
    JOIN makes AS m ON m.table_name = c.table_name AND m.file_id = c.file_id
    LEFT JOIN own_keys AS k ON k.table_name = c.table_name AND k.column_name = c.column_name
    WHERE c.source_column IS NOT NULL AND c.cells > c.excused AND k.table_name IS NULL
), medians AS (
    SELECT table_name, column_name, of_goods, count(*) AS files, quantile_disc(share, 0.5) AS middle
    FROM judged GROUP BY table_name, column_name, of_goods
), spreads AS (
    SELECT j.table_name, j.column_name, m.of_goods, m.files, m.middle,
           quantile_disc(abs(j.share - m.middle), 0.5) AS mad, sum(abs(j.share - m.middle)) AS total_deviation
    FROM judged AS j JOIN medians AS m ON m.table_name = j.table_name AND m.column_name = j.column_name AND m.of_goods = j.of_goods
    GROUP BY j.table_name, j.column_name, m.of_goods, m.files, m.middle
), compared AS (
    SELECT j.*,
           s.files >= $least_files AND j.share > s.middle AND j.share - s.middle >= $least_difference
               -- What the others leave blank at times is blank more often in some places than in others.
               AND (s.middle <= $least_difference OR 2 * (1 - j.share) < 1 - s.middle)
               AND CASE WHEN s.mad > 0 THEN 0.6745 * (j.share - s.middle) > $robust_z * s.mad
                        ELSE s.files * (j.share - s.middle) > $robust_z * 1.2533 * s.total_deviation END AS stands_out
    FROM judged AS j JOIN spreads AS s ON s.table_name = j.table_name AND s.column_name = j.column_name AND s.of_goods = j.of_goods
)
SELECT file_id, source_column, table_name, column_name, column_type, cells, blanks, compulsory, stands_out
FROM compared
QUALIFY row_number() OVER (
    PARTITION BY file_id, source_column
    ORDER BY CASE WHEN compulsory THEN 0 ELSE 1 END, CASE WHEN stands_out THEN 0 ELSE 1 END, blanks DESC, table_name, column_name
) = 1

-- section: violations
SELECT f.name AS file, p.source_column, CASE WHEN p.compulsory THEN 'blank' ELSE 'blank_elsewhere_filled' END AS kind,
       CASE WHEN p.compulsory AND p.column_type IN ('quantity', 'date', 'timestamp') THEN 'high' ELSE 'medium' END AS severity,
       p.blanks AS row_count, p.cells, p.column_name,
       CASE WHEN p.compulsory THEN 'are blank and every row needs one' ELSE 'are blank, while the other files of the table fill them' END AS what_en,
       CASE WHEN p.compulsory THEN 'están vacías y toda fila necesita un valor' ELSE 'están vacías y los demás archivos de la tabla las llenan' END AS what_es
FROM population AS p JOIN files AS f ON f.file_id = p.file_id
WHERE p.blanks > 0 AND (p.compulsory AND p.blanks < p.cells OR p.stands_out)
UNION ALL
SELECT f.name, s.source_column, 'placeholder', CASE WHEN p.compulsory THEN 'medium' ELSE 'low' END, s.placeholders, s.cells, p.column_name,
       'hold a word that stands for no value', 'llevan una palabra que no es un valor'
FROM source_columns AS s
JOIN population AS p ON p.file_id = s.file_id AND p.source_column = s.source_column
JOIN files AS f ON f.file_id = s.file_id
WHERE s.placeholders > 0 AND p.column_type IN ('key', 'text')
UNION ALL
SELECT f.name, s.source_column, 'empty_date', CASE WHEN p.compulsory THEN 'medium' ELSE 'low' END, s.empty_dates, s.cells, p.column_name,
       'hold a date that stands for none', 'llevan una fecha que no es tal'
FROM source_columns AS s
JOIN population AS p ON p.file_id = s.file_id AND p.source_column = s.source_column
JOIN files AS f ON f.file_id = s.file_id
WHERE s.empty_dates > 0 AND p.column_type IN ('date', 'timestamp')

-- section: evaluated
SELECT coalesce(sum(cells), 0)::BIGINT AS evaluated,
       (SELECT coalesce(sum(least(told, cells)), 0)::BIGINT
        FROM (SELECT file, source_column, sum(row_count) AS told, min(cells) AS cells FROM violations GROUP BY file, source_column)) AS failed
FROM population

-- section: facts
SELECT coalesce(sum(blanks), 0)::BIGINT AS blank_cells,
       (SELECT coalesce(sum(placeholders + empty_dates), 0)::BIGINT FROM source_columns WHERE mapped) AS placeholders
FROM population

-- section: evidence
SELECT v.file, v.source_column, v.kind, o.kind AS role, 'odd_cells' AS table_name, o.file_id AS _file_id, o.record AS _record,
       o.line AS _line, o.source_column AS key_source_column, o.before AS value_cell
FROM odd_cells AS o
JOIN files AS f ON f.file_id = o.file_id
JOIN violations AS v ON v.file = f.name AND v.source_column = o.source_column
 AND CASE WHEN v.kind = 'blank_elsewhere_filled' THEN 'blank' ELSE v.kind END = o.kind
WHERE o.kind <> 'blank' OR NOT EXISTS (SELECT 1 FROM sales AS s WHERE s.type = 'no_sale' AND s._file_id = o.file_id AND s._record = o.record)
