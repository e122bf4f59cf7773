/* ---
id: C-010
version: 1
kind: set
title: {en: Stock value is not quantity times rate, es: El valor de la existencia no es cantidad por tasa}
severity: high
grain: key-period
unit: values
identity: [code, product, location, lot, movement]
needs:
  movements: [movement, product, balance_after, value_after]
optional:
  movements: [ts, seq, location, lot, type, qty, value_delta, rate_after]
unique: {ordered: [_file_id, _record], apart: [_file_id, _record]}
parameters:
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; differences up to it are rounding"}
impact: column
recoverable: false
explains: []
entities: [product, location, movement]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: after {movement} {reason_en} ({rows_in_stretch:,} {rows_in_stretch:row|rows} in a stretch)"
    es: "{product} en {location}: tras {movement} {reason_es} ({rows_in_stretch:,} {rows_in_stretch:fila seguida|filas seguidas})"
words:
  values: {es: valores}
  rate: {en: quantity times rate, es: cantidad por tasa}
  no_stock: {en: value without stock, es: valor sin existencia}
  differing: {es: distintos}
  slack: {en: rounding allowed, es: redondeo admitido}
  worked_out: {en: quantity times rate, es: cantidad por tasa}
explanation:
  en: >-
    On each row of the ledger that states them, the stock's value must be its quantity times its cost rate, and no stock must
    have no value. Rates are printed shorter than systems keep them: half a unit of a rate's last printed place, times the
    quantity, is rounding; where the stock is gone, half a cent for each unit that moved since it was last gone. What is left
    then and is less than one unit's worth is low. Rows of one product and place that break one after another are one finding,
    with the amount of the largest. Where less than half of the rows agree, or of those of products whose rate changes, the ledger does not keep these columns so (a value per
    product beside a quantity per place, say), and nothing is asserted.
  es: >-
    En cada fila del diario que los declara, el valor de la existencia debe ser su cantidad por su tasa de coste, y sin existencia
    no debe haber valor. Las tasas se imprimen más cortas de lo que el sistema guarda: media unidad del último decimal impreso por la
    cantidad es redondeo; sin existencia, medio céntimo por cada unidad movida desde la última vez que no hubo. Lo que quede
    entonces y valga menos que una unidad es de gravedad baja. Las filas seguidas de un producto y lugar que no cuadran son un
    hallazgo, con el importe de la mayor. Si menos de la mitad de las filas cuadra, o de las de productos cuya tasa cambia, el diario no lleva así estas columnas (un valor
    por producto junto a una cantidad por lugar, por ejemplo) y nada se afirma.
remedy:
  en: "Have the system recompute the valuation of the product from that movement on; find out who changed value or rate by hand."
  es: "Haga que el sistema recalcule la valoración desde ese movimiento; averigüe quién cambió el valor o la tasa a mano."
source: "Valuation invariants of stock ledgers; values compared at the precision of the currency"
--- */

-- section: population
-- Rows that do not agree, numbered within their product, place and lot: rows with following numbers are one stretch.
WITH varying AS (
    -- Where the rate never changes, any rate will do: whether the column holds that of the stock shows where it does.
    SELECT product, location, lot FROM movements
    WHERE _duplicate_record IS NULL AND rate_after IS NOT NULL AND product IS NOT NULL
    GROUP BY product, location, lot HAVING min(rate_after) < max(rate_after)
), stated AS (
    SELECT movement, ts, ts_date AS day, seq, product, location, lot, qty, value_delta, balance_after, value_after, rate_after,
           CASE WHEN balance_after = 0 THEN 'no_stock' ELSE 'rate' END AS code,
           try((balance_after::DECIMAL(28, 4) * coalesce(rate_after, 0)::DECIMAL(18, 8))::DECIMAL(38, 4)) AS worked_out,
           $currency_unit + try(CASE WHEN balance_after = 0 THEN abs(coalesce(qty, 0)) ELSE abs(balance_after) END::DECIMAL(28, 4)
               * CASE WHEN balance_after = 0 OR rate_after = round(rate_after, 2) THEN 0.005 WHEN rate_after = round(rate_after, 4) THEN 0.00005 ELSE 0.0000005 END) AS slack,
           _file_id, _record, _line
    FROM movements
    WHERE _duplicate_record IS NULL AND value_after IS NOT NULL AND balance_after IS NOT NULL AND (balance_after = 0 OR rate_after IS NOT NULL)
), grouped AS (
    SELECT s.*, v.product IS NOT NULL AND s.code = 'rate' AS varies
    FROM stated AS s
    LEFT JOIN varying AS v ON v.product = s.product AND v.location IS NOT DISTINCT FROM s.location AND v.lot IS NOT DISTINCT FROM s.lot
), shares AS (
    SELECT code, varies, count(*) AS compared, count(*) FILTER (WHERE abs(value_after - worked_out) > slack) AS differing FROM grouped GROUP BY code, varies
), apart AS (
    SELECT s.*, s.value_after - s.worked_out AS difference
    FROM grouped AS s JOIN shares AS h ON h.code = s.code AND h.varies = s.varies
    WHERE abs(s.value_after - s.worked_out) > s.slack AND 2 * h.differing <= h.compared AND s.product IS NOT NULL
), keys AS (
    SELECT product, location, lot FROM apart GROUP BY product, location, lot
), placed AS (
    SELECT m._file_id, m._record, m.product, m.location, m.lot, m.balance_after, row_number() OVER k AS place, sum(abs(m.qty)) OVER k AS moved
    FROM movements AS m
    JOIN keys AS k ON k.product = m.product AND k.location IS NOT DISTINCT FROM m.location AND k.lot IS NOT DISTINCT FROM m.lot
    WHERE m._duplicate_record IS NULL
    WINDOW k AS (PARTITION BY m.product, m.location, m.lot ORDER BY m.ts, m.seq, m._file_id, m._record)
), emptied AS (
    -- What moved since the stock was last gone: every unit of it may have been rounded.
    SELECT _file_id, _record, place,
           coalesce(moved, 0) - coalesce(max(CASE WHEN balance_after = 0 THEN moved END)
               OVER (PARTITION BY product, location, lot ORDER BY place, _file_id, _record ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS moved_since
    FROM placed
), ordered AS (
    SELECT o.*, p.place,
           p.place - row_number() OVER (PARTITION BY o.code, o.product, o.location, o.lot ORDER BY p.place, o._file_id, o._record) AS stretch
    FROM apart AS o JOIN emptied AS p ON p._file_id = o._file_id AND p._record = o._record
    WHERE o.code = 'rate' OR abs(o.difference) > $currency_unit + try((p.moved_since * 0.005)::DECIMAL(38, 4))
)
SELECT code, product, location, lot, movement, ts, day, qty, value_delta, balance_after, value_after, rate_after, worked_out, slack, difference, stretch, _file_id, _record, _line,
       row_number() OVER (PARTITION BY code, product, location, lot, stretch ORDER BY place, _file_id, _record) AS nth, 0 AS unasserted
FROM ordered
UNION ALL
SELECT code, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, compared
FROM shares WHERE 2 * differing > compared

-- section: violations
WITH stretches AS (
    SELECT code, product, location, lot, stretch, count(*) AS rows_in_stretch, max(abs(difference)) AS largest, min(day) AS period_start, max(day) AS period_end
    FROM population WHERE nth > 0
    GROUP BY code, product, location, lot, stretch
)
SELECT p.code, p.product, p.location, p.lot, p.movement, s.period_start, s.period_end, p.balance_after, p.rate_after, p.slack,
       CASE p.code WHEN 'rate' THEN 'the stock is valued at ' || plain(p.value_after) || ', ' || plain(p.balance_after) || ' at a rate of ' || plain(p.rate_after) || ' make ' || plain(round(p.worked_out, 2))
                   ELSE 'no stock is left and ' || plain(p.value_after) || ' of value is' END AS reason_en,
       CASE p.code WHEN 'rate' THEN 'la existencia se valora en ' || plain(p.value_after) || '; ' || plain(p.balance_after) || ' a una tasa de ' || plain(p.rate_after) || ' dan ' || plain(round(p.worked_out, 2))
                   ELSE 'no queda existencia y queda un valor de ' || plain(p.value_after) END AS reason_es,
       p.value_after AS observed, p.worked_out AS expected, p.difference, p.difference AS delta_value, s.largest AS impact, s.rows_in_stretch,
       CASE WHEN p.code = 'no_stock' AND try((s.largest * abs(p.qty))::DECIMAL(38, 4)) < abs(p.value_delta) THEN 'low' ELSE 'high' END AS severity, s.rows_in_stretch AS row_count
FROM population AS p
JOIN stretches AS s ON s.code = p.code AND s.product = p.product AND s.location IS NOT DISTINCT FROM p.location
     AND s.lot IS NOT DISTINCT FROM p.lot AND s.stretch = p.stretch
WHERE p.nth = 1

-- section: evaluated
SELECT count(*) FILTER (WHERE value_after IS NOT NULL) AS evaluated, (SELECT count(*) FROM population WHERE nth > 0) AS failed,
       count(*) FILTER (WHERE value_after IS NOT NULL AND (balance_after IS NULL OR (balance_after <> 0 AND rate_after IS NULL)))
       + coalesce((SELECT sum(unasserted) FROM population), 0)::BIGINT AS unknown
FROM movements
WHERE _duplicate_record IS NULL

-- section: facts
SELECT count(*) AS differing, count(*) FILTER (WHERE code = 'no_stock') AS no_stock FROM population WHERE nth > 0

-- section: evidence
-- The first rows of each stretch.
SELECT p.code, p.product, p.location, p.lot, f.movement, min(p.day) OVER own AS period_start, max(p.day) OVER own AS period_end, 'row' AS role, p.nth AS ordinal,
       'movements' AS table_name, p._file_id, p._record, p._line, p.movement AS key_movement, p.ts AS value_ts, p.qty AS value_qty,
       p.balance_after AS value_balance_after, p.rate_after AS value_rate_after, p.value_after AS value_value_after, p.worked_out AS value_worked_out
FROM population AS p
JOIN (SELECT code, product, location, lot, stretch, movement FROM population WHERE nth = 1) AS f
  ON f.code = p.code AND f.product = p.product AND f.location IS NOT DISTINCT FROM p.location AND f.lot IS NOT DISTINCT FROM p.lot AND f.stretch = p.stretch
WINDOW own AS (PARTITION BY p.code, p.product, p.location, p.lot, p.stretch)
