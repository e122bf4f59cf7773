/* ---
id: V-031
version: 1
kind: set
title: {en: A month whose prices or quantities are of another kind, es: Un mes con precios o cantidades de otra clase}
severity: low
grain: location
unit: months of a column
identity: [table_name, column_name, type, location]
needs:
  files: [file_id, name]
one_of: [sales.unit_price, sales.qty, movements.qty]
optional:
  sales: [document, product, location, ts, type, qty, unit_price]
  movements: [movement, product, location, ts, type, qty, reversal_of]
uses: [book_span]
parameters:
  psi: {default: "0.25", type: decimal, meaning: "population stability index above which a month differs from those before it"}
  months_before: {default: 3, type: integer, meaning: "months before that a month is compared with"}
  least_rows: {default: 500, type: integer, meaning: "rows of a month, and of what it is compared with, that must be there"}
  least_lines: {default: 10, type: integer, meaning: "lines of a product in the month before that make its usual value"}
  extreme_growth: {default: "0.05", type: decimal, meaning: "by how much the share of values more than three times or less than a third of the usual must grow to weigh more"}
  samples: {default: 5, type: integer, meaning: "rows shown as evidence: those furthest from the product's usual value"}
impact: none, because a month of another kind is no loss; what is wrong in it shows in its rows
recoverable: false
explains: []
entities: [location]
unique: {valued: [_file_id, _record, table_name, column_name]}
texts:
  finding:
    en: "{column_name:name} of {table_name:name}, {type:name}, at {location} in {period_start}: another distribution than before (index {drift:,}, {row_count:,} {row_count:row|rows})"
    es: "{column_name:name} de {table_name:name}, {type:name}, en {location} en {period_start}: otra distribución que antes (índice {drift:,}, {row_count:,} {row_count:fila|filas})"
explanation:
  en: >-
    Each value is compared with the middle value of its product in the month before, so that other goods, seasons and slow
    growth change nothing. The shares of values a third, two thirds, one and a half, three and eight times the usual are then
    held against those of each of the three months before, by the population stability index; a month that resembles one of
    them, or the same month of the year before, is sound. What is left is a change of prices or order sizes of most goods at
    once, or a feed that changed unit, currency or the place of the comma. The former is honest, so it weighs little unless
    extreme values grow.
  es: >-
    Cada valor se compara con el valor mediano de su producto en el mes anterior, para que otra mercancía, las temporadas y
    un crecimiento lento no cambien nada. Las proporciones de valores de un tercio, dos tercios, una vez y media, tres y ocho
    veces lo habitual se contrastan con las de cada uno de los tres meses anteriores mediante el índice de estabilidad de la
    población; un mes que se parece a uno de ellos, o al mismo mes del año anterior, está bien. Queda un cambio de precios o
    tamaños de pedido de casi toda la mercancía a la vez, o una entrega que cambió de unidad, de moneda o el lugar de la coma.
    Lo primero es honesto, así que pesa poco salvo que crezcan los valores extremos.
remedy:
  en: "Compare a few lines with documents; ask whether prices were changed, or the system that writes the file."
  es: "Compare unas líneas con los documentos; pregunte si cambiaron los precios o el sistema que escribe el archivo."
words:
  "months of a column": {es: meses de una columna}
  type: {es: tipo}
  drift: {en: population stability index, es: índice de estabilidad de la población}
  drift_of_the_year_before: {en: index against the year before, es: índice frente al año anterior}
  extreme_share: {en: share of extreme values, es: proporción de valores extremos}
  extreme_share_before: {en: share of extreme values before, es: proporción de valores extremos antes}
  furthest: {en: furthest from the usual, es: más lejos de lo habitual}
  usual: {en: usual value, es: valor habitual}
  value: {es: valor}
  drifting: {en: months that differ, es: meses distintos}
source: "Population stability index, as used in model monitoring"
--- */

-- section: population
-- One row per value that has a usual one: `bin` says how many times the usual it is, from 0 (an eighth or less) to 6 (over eight).
WITH valued AS (
    SELECT 'sales' AS table_name, 'unit_price' AS column_name, 'sale' AS type, product, location, date_trunc('month', ts_date)::DATE AS month,
           unit_price AS v, _file_id, _record
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') = 'sale' AND unit_price > 0 AND product IS NOT NULL AND location IS NOT NULL AND ts_date IS NOT NULL
    UNION ALL
    SELECT 'sales', 'qty', 'sale', product, location, date_trunc('month', ts_date)::DATE, abs(qty), _file_id, _record
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') = 'sale' AND qty <> 0 AND product IS NOT NULL AND location IS NOT NULL AND ts_date IS NOT NULL
    UNION ALL
    SELECT 'movements', 'qty', type, product, location, date_trunc('month', ts_date)::DATE, abs(qty), _file_id, _record
    FROM movements
    WHERE _duplicate_record IS NULL AND reversal_of IS NULL AND type IN ('sale', 'receipt') AND qty <> 0 AND product IS NOT NULL
      AND location IS NOT NULL AND ts_date IS NOT NULL
), middles AS (
    SELECT table_name, column_name, type, product, (month + INTERVAL 1 MONTH)::DATE AS month, quantile_disc(v, 0.5)::DECIMAL(28, 4) AS usual
    FROM valued
    GROUP BY table_name, column_name, type, product, month
    HAVING count(*) >= $least_lines
)
SELECT v.table_name, v.column_name, v.type, v.location, v.month,
       CASE WHEN v.v * 8 <= m.usual THEN 0 WHEN v.v * 3 <= m.usual THEN 1 WHEN v.v * 3 <= m.usual * 2 THEN 2 WHEN v.v * 2 <= m.usual * 3 THEN 3
            WHEN v.v <= m.usual * 3 THEN 4 WHEN v.v <= m.usual * 8 THEN 5 ELSE 6 END AS bin, count(*) AS rows
FROM (SELECT table_name, column_name, type, product, location, month, v::DECIMAL(28, 4) AS v FROM valued) AS v
JOIN middles AS m ON m.table_name = v.table_name AND m.column_name = v.column_name AND m.type = v.type AND m.product = v.product AND m.month = v.month
CROSS JOIN book_span AS b
WHERE v.month <= b.last_day AND v.month >= date_trunc('month', b.first_day)
GROUP BY v.table_name, v.column_name, v.type, v.location, v.month, bin

-- section: violations
WITH months AS (
    SELECT table_name, column_name, type, location, month, sum(rows)::BIGINT AS rows
    FROM population
    GROUP BY table_name, column_name, type, location, month
    HAVING sum(rows) >= $least_rows
), pairs AS (
    -- What a month is held against, one by one: the months just before, and those around the same month of the year before.
    SELECT m.table_name, m.column_name, m.type, m.location, m.month, m.rows, e.month AS month_before, e.rows AS rows_before,
           e.month < m.month - INTERVAL 10 MONTH AS a_year_before
    FROM months AS m
    JOIN months AS e ON e.table_name = m.table_name AND e.column_name = m.column_name AND e.type = m.type AND e.location = m.location
    WHERE e.month < m.month AND e.month >= m.month - INTERVAL 1 MONTH * $months_before
       OR e.month BETWEEN m.month - INTERVAL 13 MONTH AND m.month - INTERVAL 11 MONTH
), shares AS (
    -- Half a row more in each of seven classes: a share of nothing has no logarithm.
    SELECT b.table_name, b.column_name, b.type, b.location, b.month, b.month_before, b.a_year_before, b.rows, g.bin,
           ratio(2 * coalesce(p.rows, 0) + 1, 2 * b.rows + 7) AS share, ratio(2 * coalesce(q.rows, 0) + 1, 2 * b.rows_before + 7) AS share_before
    FROM pairs AS b
    CROSS JOIN (SELECT unnest([0, 1, 2, 3, 4, 5, 6]) AS bin) AS g
    LEFT JOIN population AS p
      ON p.table_name = b.table_name AND p.column_name = b.column_name AND p.type = b.type AND p.location = b.location AND p.month = b.month AND p.bin = g.bin
    LEFT JOIN population AS q
      ON q.table_name = b.table_name AND q.column_name = b.column_name AND q.type = b.type AND q.location = b.location AND q.month = b.month_before AND q.bin = g.bin
), indexed AS (
    SELECT table_name, column_name, type, location, month, month_before, a_year_before, min(rows) AS rows,
           sum(((share - share_before) * ln(share / share_before))::DECIMAL(18, 6)) AS psi,
           sum(share) FILTER (bin IN (0, 1, 5, 6)) AS extreme, sum(share_before) FILTER (bin IN (0, 1, 5, 6)) AS extreme_before
    FROM shares
    GROUP BY table_name, column_name, type, location, month, month_before, a_year_before
), nearest AS (
    -- The month that it resembles most decides.
    SELECT table_name, column_name, type, location, month, min(rows) AS rows,
           min(psi) FILTER (NOT a_year_before) AS psi, min(psi) FILTER (a_year_before) AS psi_of_the_year_before,
           min(extreme) AS extreme, max(extreme_before) FILTER (NOT a_year_before) AS extreme_before
    FROM indexed
    GROUP BY table_name, column_name, type, location, month
)
SELECT table_name, column_name, type, location, month AS period_start, (month + INTERVAL 1 MONTH - INTERVAL 1 DAY)::DATE AS period_end,
       rows AS row_count, round(psi, 2)::DECIMAL(18, 2) AS drift, round(psi_of_the_year_before, 2)::DECIMAL(18, 2) AS drift_of_the_year_before,
       round(extreme, 3)::DECIMAL(9, 3) AS extreme_share, round(extreme_before, 3)::DECIMAL(9, 3) AS extreme_share_before,
       round(psi, 2)::DECIMAL(18, 2) AS observed, $psi AS expected,
       CASE WHEN extreme - extreme_before >= $extreme_growth THEN 'medium' ELSE 'low' END AS severity
FROM nearest
WHERE psi > $psi AND coalesce(psi_of_the_year_before > $psi, true)

-- section: evaluated
WITH months AS (
    SELECT table_name, column_name, type, location, month, sum(rows)::BIGINT AS rows
    FROM population
    GROUP BY table_name, column_name, type, location, month
), judged AS (
    SELECT m.table_name, m.column_name, m.type, m.location, m.month, min(m.rows) AS rows, coalesce(sum(p.rows), 0)::BIGINT AS rows_before
    FROM months AS m
    LEFT JOIN months AS p ON p.table_name = m.table_name AND p.column_name = m.column_name AND p.type = m.type AND p.location = m.location
     AND p.month < m.month AND p.month >= m.month - INTERVAL 1 MONTH * $months_before
    GROUP BY m.table_name, m.column_name, m.type, m.location, m.month
)
SELECT count(*) AS evaluated, count(*) FILTER (rows < $least_rows OR rows_before < $least_rows) AS unknown FROM judged

-- section: facts
SELECT count(*) AS drifting FROM violations

-- section: evidence
WITH middles AS (
    SELECT product, quantile_disc(CASE WHEN unit_price > 0 THEN unit_price END, 0.5) AS price,
           quantile_disc(CASE WHEN qty <> 0 THEN abs(qty) END, 0.5) AS qty
    FROM sales
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND coalesce(type, 'sale') = 'sale'
    GROUP BY product
), told AS (
    SELECT v.table_name, v.column_name, v.type, v.location, v.period_start, v.period_end, s._file_id, s._record, s._line, s.document, s.product,
           CASE v.column_name WHEN 'qty' THEN abs(s.qty) ELSE s.unit_price END AS value, CASE v.column_name WHEN 'qty' THEN m.qty ELSE m.price END AS usual
    FROM violations AS v
    JOIN sales AS s ON v.table_name = 'sales' AND s.location = v.location AND s.ts_date BETWEEN v.period_start AND v.period_end
    JOIN middles AS m ON m.product = s.product
    WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
), ranked AS (
    SELECT *, greatest(ratio(value, usual), ratio(usual, value)) AS times FROM told WHERE value > 0 AND usual > 0
)
SELECT table_name, column_name, type, location, period_start, period_end, 'furthest' AS role, _file_id, _record, _line,
       document AS key_document, product AS key_product, value AS value_value, usual AS value_usual
FROM ranked
QUALIFY row_number() OVER (PARTITION BY table_name, column_name, type, location, period_start ORDER BY times DESC, _file_id, _record) <= $samples

-- section: evidence
WITH middles AS (
    SELECT product, type, quantile_disc(abs(qty), 0.5) AS usual
    FROM movements
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND qty <> 0
    GROUP BY product, type
), ranked AS (
    SELECT v.table_name, v.column_name, v.type, v.location, v.period_start, v.period_end, m._file_id, m._record, m._line, m.movement, m.product, abs(m.qty) AS value, u.usual,
           greatest(ratio(abs(m.qty), u.usual), ratio(u.usual, abs(m.qty))) AS times
    FROM violations AS v
    JOIN movements AS m ON v.table_name = 'movements' AND m.location = v.location AND m.type = v.type AND m.ts_date BETWEEN v.period_start AND v.period_end
    JOIN middles AS u ON u.product = m.product AND u.type = m.type
    WHERE m._duplicate_record IS NULL AND m.reversal_of IS NULL AND m.qty <> 0
)
SELECT table_name, column_name, type, location, period_start, period_end, 'furthest' AS role, _file_id, _record, _line,
       movement AS key_movement, product AS key_product, value AS value_value, usual AS value_usual
FROM ranked
QUALIFY row_number() OVER (PARTITION BY table_name, column_name, type, location, period_start ORDER BY times DESC, _file_id, _record) <= $samples
