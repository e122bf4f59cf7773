/* ---
id: P-031
version: 1
kind: function
function: perito_pattern.later_losses:judge
title: {en: Lines taken out of tickets and goods missing later, es: Líneas borradas de tiques y artículos que faltan después}
severity: medium
grain: cashier
unit: cashiers who took lines out
identity: [user, kind]
needs:
  sales: [product, location, "user", ts, type]
  counts: [product, location, ts, system_qty, counted_qty]
optional:
  sales: [document, line, qty, void_stage, original_document, line_total]
  counts: [unit_cost]
  products: [product, unit_cost]
uses: [fed_sales, unit_costs]
unique: {entries: [user, location, product]}
parameters:
  least_products: {default: 30, type: integer, meaning: "products counted at a place without which nothing is compared there"}
  least_deleted: {default: 5, type: integer, meaning: "counted products of which a cashier took lines out, without which he is not tested, and of which others must have taken out lines"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and places tested"}
impact: column
recoverable: false
explains: []
entities: [user, kind]
texts:
  finding:
    en: "Cashier {user}: of {deleted:,} counted products whose lines were taken out of tickets, {missing:,} were short when counted; rank correlation {correlation:,} over {products:,} products"
    es: "Cajero {user}: de {deleted:,} productos contados cuyas líneas se borraron de tiques, {missing:,} faltaban al contar; correlación de rangos {correlation:,} en {products:,} productos"
explanation:
  en: >-
    A line that is taken out of a ticket while the goods go over the counter shows later, when the product is counted. For
    each cashier the products of a place are ranked by how often he took out lines of them before they were counted, and by
    what was missing. What sells much is deleted and lost more often, and so is what is awkward at every till: sales of the
    product and the lines that other cashiers took out are held equal; where others took out none, nothing is said. Told is a correlation that is unlikely given how many
    cashiers were tested. The impact is the cost of what he took out and is missing, no more than either.
  es: >-
    Una línea que se borra mientras la mercancía pasa por el mostrador se nota al contar el producto. Para cada cajero se
    ordenan los productos de un lugar por las veces que borró líneas suyas antes del conteo y por lo que faltaba. Lo que más
    se vende se borra y se pierde más, igual que lo que da problemas en todas las cajas: se mantienen iguales las ventas del
    producto y las líneas que borraron otros cajeros; si no borraron ninguna, no se dice nada. Se indica una correlación improbable dado el número de cajeros probados.
    El importe es el coste de lo que borró y falta, sin pasar de ninguno de los dos.
remedy:
  en: "Look at the video of these tickets: did the goods stay on the counter when the line was taken out?"
  es: "Vea el vídeo de estos tiques: ¿se quedó el artículo en el mostrador al borrar la línea?"
words:
  cashiers who took lines out: {es: cajeros que borraron líneas}
  kind: {es: tipo}
  deleted: {en: products with lines taken out, es: productos con líneas borradas}
  missing: {en: of these short, es: de ellos faltaban}
  products: {en: products counted, es: productos contados}
  correlation: {es: correlación}
  chance: {es: probabilidad}
  line taken out: {es: línea borrada}
  count: {es: conteo}
  tested: {en: tested, es: probados}
source: "Link analysis of retail loss prevention"
--- */

-- section: population
-- One row per line taken out of a ticket on or before the last day on which its product was counted there.
WITH counted AS (
    SELECT product, location, max(ts_date) AS last_day FROM counts
    WHERE _duplicate_record IS NULL AND system_qty IS NOT NULL AND counted_qty IS NOT NULL AND product IS NOT NULL AND location IS NOT NULL
    GROUP BY product, location
)
SELECT s."user", s.location, s.product, s.ts_date AS day, coalesce(abs(s.qty), 1) AS qty, c.last_day, s._file_id, s._record
FROM sales AS s JOIN counted AS c ON c.product = s.product AND c.location = s.location AND s.ts_date <= c.last_day
WHERE s.type = 'void' AND s._duplicate_record IS NULL AND s."user" IS NOT NULL
  AND (s.void_stage = 'line' OR (s.void_stage IS NULL AND s.original_document IS NULL))

-- section: input
-- Products of a place with what was missing and what sold (no cashier), and those that a cashier took out.
WITH places AS (
    SELECT DISTINCT location FROM population
), counted AS (
    SELECT c.product, c.location, sum(c.system_qty - c.counted_qty) AS missing, max(c.ts_date) AS last_day, max(c.unit_cost) AS unit_cost
    FROM counts AS c JOIN places AS p ON p.location = c.location
    WHERE c._duplicate_record IS NULL AND c.system_qty IS NOT NULL AND c.counted_qty IS NOT NULL AND c.product IS NOT NULL
    GROUP BY c.product, c.location
), sold AS (
    SELECT f.product, f.location, sum(f.sales) AS sales
    FROM fed_sales AS f JOIN places AS p ON p.location = f.location GROUP BY f.product, f.location
), goods AS (
    SELECT c.product, c.location, c.missing, coalesce(s.sales, 0) AS sales, c.last_day,
           coalesce(CASE WHEN c.unit_cost > 0 THEN c.unit_cost END, u.unit_cost) AS unit_cost
    FROM counted AS c
    LEFT JOIN sold AS s ON s.product = c.product AND s.location = c.location
    ASOF LEFT JOIN unit_costs AS u ON u.product = c.product AND c.last_day >= u.valid_from
), entries AS (
    SELECT '' AS "user", location, product, missing::DECIMAL(38, 4) AS missing, sales::BIGINT AS sales, 0::BIGINT AS deletes, 0::DECIMAL(38, 4) AS qty,
           unit_cost::DECIMAL(38, 4) AS unit_cost, NULL::DATE AS first_day, last_day
    FROM goods
    UNION ALL
    SELECT "user", location, product, NULL, NULL, count(*)::BIGINT, sum(qty)::DECIMAL(38, 4), NULL, min(day), max(last_day)
    FROM population GROUP BY "user", location, product
)
SELECT "user", location, product, missing, sales, deletes, qty, unit_cost, first_day, last_day
FROM entries
ORDER BY "user", location, product

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'line taken out' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.product AS value_product,
       s.qty AS value_qty, s.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.location = v.location
JOIN sales AS s ON s._file_id = p._file_id AND s._record = p._record

-- section: evidence
WITH taken AS (
    SELECT DISTINCT "user", location, product FROM population
)
SELECT v."user", v.kind, v.period_start, v.period_end, 'count' AS role, 1 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.product AS key_product, c.location AS key_location, c.ts AS key_ts, c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty
FROM violations AS v
JOIN taken AS t ON t."user" = v."user" AND t.location = v.location
JOIN counts AS c ON c.product = t.product AND c.location = t.location
WHERE c._duplicate_record IS NULL AND c.counted_qty < c.system_qty
