/* ---
id: C-009
version: 1
kind: set
title: {en: Running value does not add up, es: El valor corrido no cuadra}
severity: high
grain: key-period
unit: values
identity: [product, location, ts, movement, voucher]
needs:
  movements: [movement, ts, product, value_delta, value_after]
optional:
  movements: [seq, location, type, qty, unit_cost, ref_id]
uses: [entered_keys]
unique: {steps: [step]}
parameters:
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; differences up to it are rounding"}
impact: column
recoverable: false
explains: [C-010, C-013]
entities: [product, location, movement, voucher]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: after {movement} on {period_end} the ledger values the stock at {observed:,}, the movements lead to {expected:,} ({difference:,}); {rows_after:,} later {rows_after:row inherits|rows inherit} it"
    es: "{product} en {location}: tras {movement} del {period_end} el diario valora la existencia en {observed:,}; los movimientos llevan a {expected:,} ({difference:,}); {rows_after:,} {rows_after:fila posterior lo hereda|filas posteriores lo heredan}"
words:
  product: {es: producto}
  "product, location": {en: product and location, es: producto y ubicación}
  values: {es: valores}
  voucher: {es: comprobante}
  asserted: {es: afirmados}
  before: {es: anterior}
  divergent: {es: divergente}
  grain_of_values: {es: nivel de los valores}
  value_before: {es: valor anterior}
  rows_after: {es: filas posteriores que lo heredan}
  recovered: {es: corregido después}
  changed_value: {es: cambio de valor}
explanation:
  en: >-
    Each value that the ledger states must be the one before it plus the change of value of the movement, to the smallest amount
    of the currency. Told is the first row that does not follow from the row before it, with how many later rows carry the
    difference on. Where a later row returns to the old course one value was stated wrongly: medium severity and no amount. Of
    movements at one instant without a sequence only the last value is asserted. Values are read per product and place; where more
    than 30 % break so and at most 30 % per product, they are kept per product; where neither holds nothing is asserted.
  es: >-
    Cada valor que el diario declara debe ser el anterior más el cambio de valor del movimiento, hasta el importe mínimo de la
    moneda. Se informa la primera fila que no se sigue de la anterior y cuántas posteriores arrastran la diferencia. Si una fila
    posterior vuelve al curso anterior, se declaró mal un solo valor: gravedad media y sin importe. De movimientos del mismo
    instante sin secuencia solo se afirma el último valor. Los valores se leen por producto y lugar; si así no cuadra más del 30 %
    y por producto no cuadra como mucho el 30 %, se llevan por producto; si ninguno vale, nada se afirma.
remedy:
  en: "Look for a movement that was deleted, revalued or inserted between the two rows, and for a cost changed by hand."
  es: "Busque un movimiento borrado, revalorado o insertado entre ambas filas, y un coste cambiado a mano."
source: "Stock ledger invariants of inventory systems; perpetual inventory at cost"
--- */

-- section: population
-- One row per step of the ledger: a movement, or those of one key that share an instant and have no sequence. A step's `shift`
-- is what its stated value has beyond the sum of the changes up to it: in a ledger that adds up it never changes but by rounding.
WITH ledger AS (
    SELECT movement, ts, ts_date AS day, seq, product, location, coalesce(type = 'count', false) AS is_count, value_delta, value_after, ref_id,
           _file_id, _record, _file_id * 1000000000000 + _record AS place
    FROM movements
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND EXISTS (SELECT 1 FROM movements WHERE value_after IS NOT NULL)
), stated AS (
    SELECT product, location, ts, seq, value_delta, value_after, _file_id, _record
    FROM ledger
    WHERE ts IS NOT NULL AND value_after IS NOT NULL AND value_delta IS NOT NULL AND NOT is_count
), by_place AS (
    SELECT count(*) FILTER (breaks) <= 0.3 * count(breaks) AS fits
    FROM (
        SELECT abs(value_after - lag(value_after) OVER (PARTITION BY product, location ORDER BY ts, seq, _file_id, _record) - value_delta) > $currency_unit AS breaks
        FROM stated
    ) AS paired
), by_product AS (
    SELECT count(*) FILTER (breaks) <= 0.3 * count(breaks) AS fits
    FROM (
        SELECT abs(value_after - lag(value_after) OVER (PARTITION BY product ORDER BY ts, seq, _file_id, _record) - value_delta) > $currency_unit AS breaks
        FROM stated
        WHERE NOT (SELECT fits FROM by_place)
    ) AS paired
), reading AS (
    SELECT CASE WHEN p.fits THEN 'product, location' WHEN w.fits THEN 'product' END AS grain FROM by_place AS p CROSS JOIN by_product AS w
), keyed AS (
    SELECT r.grain, l.movement, l.ts, l.day, l.seq, l.product, CASE WHEN r.grain = 'product' THEN NULL ELSE l.location END AS location, l.is_count, l.value_delta,
           l.value_after, l.ref_id, l.place
    FROM ledger AS l CROSS JOIN reading AS r
), instants AS (
    -- Few movements share an instant with another of their key: only those are looked at together.
    SELECT product, coalesce(location, '') AS place_name, ts, count(seq) = count(*) AS sequenced
    FROM keyed GROUP BY product, coalesce(location, ''), ts HAVING count(*) > 1
), dated AS (
    SELECT k.*, i.product IS NOT NULL AS shares, CASE WHEN i.product IS NULL OR i.sequenced THEN k.seq END AS tie_seq
    FROM keyed AS k
    LEFT JOIN instants AS i ON i.product = k.product AND i.place_name = coalesce(k.location, '') AND i.ts = k.ts
    LEFT JOIN (SELECT DISTINCT product, coalesce(location, '') AS place_name FROM keyed WHERE ts IS NULL) AS u
           ON u.product = k.product AND u.place_name = coalesce(k.location, '')
    WHERE u.product IS NULL
), tied AS (
    SELECT *, min(place) OVER (PARTITION BY product, location, ts, tie_seq) AS step, count(*) OVER (PARTITION BY product, location, ts, tie_seq) AS step_rows
    FROM dated
    WHERE shares
), strung AS (
    -- Every value that is stated and every one that a movement began with: what is left over are the two ends.
    SELECT step, value_after AS value, 1 AS side FROM tied WHERE step_rows > 1
    UNION ALL
    SELECT step, value_after - value_delta, -1 FROM tied WHERE step_rows > 1
), leftover AS (
    SELECT step, value, sum(side) AS surplus FROM strung GROUP BY step, value
), ends AS (
    SELECT step, max(CASE WHEN surplus > 0 THEN value END) AS end_value, coalesce(sum(CASE WHEN surplus > 0 THEN surplus END), 0) AS open_ends
    FROM leftover GROUP BY step
), steps AS (
    SELECT grain, product, location, ts, day, tie_seq, place AS step, 1 AS step_rows, movement, value_delta AS changed_value, ref_id,
           value_delta IS NULL OR is_count AS resets, CASE WHEN value_after IS NULL THEN 0 ELSE 1 END AS values_stated,
           value_after AS highest, value_after AS lowest, place AS last_place
    FROM dated
    WHERE NOT shares
    UNION ALL
    SELECT grain, product, location, ts, min(day), tie_seq, step, step_rows, min(movement), sum(value_delta),
           CASE WHEN min(coalesce(ref_id, '')) = max(coalesce(ref_id, '')) THEN min(ref_id) END,
           count(value_delta) < count(*) OR bool_or(is_count), count(value_after), max(value_after), min(value_after), max(place)
    FROM tied
    GROUP BY grain, product, location, ts, tie_seq, step, step_rows
), summed AS (
    SELECT *, sum(coalesce(changed_value, 0)) OVER k AS total, sum(CASE WHEN resets THEN 1 ELSE 0 END) OVER k AS segment,
           lag(step) OVER k AS step_before, lag(day) OVER k AS day_before
    FROM steps
    WINDOW k AS (PARTITION BY product, location ORDER BY ts, tie_seq, step)
), ended AS (
    SELECT s.*, CASE WHEN s.grain IS NULL THEN NULL WHEN s.highest = s.lowest AND (s.step_rows = 1 OR s.values_stated = s.step_rows) THEN s.highest - s.total
                     WHEN NOT s.resets AND s.values_stated = s.step_rows AND e.open_ends = 1 THEN e.end_value - s.total END AS shift
    FROM summed AS s LEFT JOIN ends AS e ON e.step = s.step
), compared AS (
    SELECT *, last_value(shift IGNORE NULLS) OVER w AS carried
    FROM ended
    WINDOW w AS (PARTITION BY product, location, segment ORDER BY ts, tie_seq, step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), asserted AS (
    SELECT *, shift IS NOT NULL AND carried IS NOT NULL AS is_asserted, shift - carried AS change,
           coalesce(abs(shift - carried) > greatest($currency_unit, 0.5 * $currency_unit * step_rows), false) AS turns
    FROM compared
), counted AS (
    -- A key whose shift never changes is one run.
    SELECT step, sum(CASE WHEN turns THEN 1 ELSE 0 END) OVER (PARTITION BY product, location, segment ORDER BY ts, tie_seq, step) AS run
    FROM asserted
    WHERE product IN (SELECT product FROM asserted WHERE turns)
), runs AS (
    SELECT a.*, coalesce(c.run, 0) AS run FROM asserted AS a LEFT JOIN counted AS c ON c.step = a.step
), spans AS (
    SELECT product, location, segment, run, sum(step_rows) AS run_rows, max(shift) FILTER (WHERE turns OR run = 0) AS run_shift
    FROM runs GROUP BY product, location, segment, run
), neighbours AS (
    SELECT *, lag(run_shift) OVER k AS shift_1_before, lag(run_shift, 2) OVER k AS shift_2_before, lead(run_shift) OVER k AS next_shift,
           sum(run_rows) OVER (PARTITION BY product, location, segment) - sum(run_rows) OVER k AS rows_of_later_runs
    FROM spans
    WINDOW k AS (PARTITION BY product, location, segment ORDER BY run)
)
SELECT r.grain, r.product, r.location, r.ts, r.day, r.tie_seq, r.step, r.step_rows, r.last_place, r.movement, r.ref_id, r.changed_value,
       r.is_asserted AND e.product IS NULL AS is_asserted, r.turns AND e.product IS NULL AS turns, r.change,
       r.carried + r.total - r.changed_value AS value_before, r.carried + r.total AS expected_value, r.shift + r.total AS stated_value,
       coalesce(r.turns AND abs(n.run_shift - n.shift_2_before) <= $currency_unit, false) AS recovers,
       coalesce(abs(n.next_shift - n.shift_1_before) <= $currency_unit, false) AS recovered,
       n.run_rows - r.step_rows + CASE WHEN coalesce(abs(n.next_shift - n.shift_1_before) <= $currency_unit, false) THEN 0 ELSE n.rows_of_later_runs END AS rows_after,
       r.step_before, r.day_before
FROM runs AS r
JOIN neighbours AS n ON n.product = r.product AND n.location IS NOT DISTINCT FROM r.location AND n.segment = r.segment AND n.run = r.run
-- Where the balances follow in the order of entry the values do too (see C-001).
LEFT JOIN entered_keys AS e ON e.product = r.product AND e.location IS NOT DISTINCT FROM r.location

-- section: violations
SELECT product, location, ts, movement, CASE WHEN NOT recovered THEN ref_id END AS voucher, coalesce(day_before, day) AS period_start, day AS period_end,
       value_before, changed_value, stated_value AS observed, expected_value AS expected, change AS difference, rows_after::BIGINT AS rows_after, recovered,
       CASE WHEN NOT recovered THEN change END AS delta_value, CASE WHEN NOT recovered THEN abs(change) END AS impact,
       CASE WHEN recovered THEN 'medium' ELSE 'high' END AS severity, step_rows + 1 AS row_count
FROM population
WHERE turns AND NOT recovers

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT is_asserted) AS unknown FROM population

-- section: facts
SELECT min(grain) AS grain_of_values, count(*) FILTER (WHERE is_asserted) AS asserted, count(*) FILTER (WHERE turns AND NOT recovers) AS breaks
FROM population

-- section: evidence
SELECT p.product, p.location, p.ts, p.movement, CASE WHEN NOT p.recovered THEN p.ref_id END AS voucher, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       'divergent' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.type AS value_type, m.qty AS value_qty, m.value_delta AS value_value_delta, m.value_after AS value_value_after
FROM population AS p
JOIN movements AS m ON m.product = p.product AND m.ts = p.ts AND m.seq IS NOT DISTINCT FROM coalesce(p.tie_seq, m.seq)
     AND (p.grain = 'product' OR m.location IS NOT DISTINCT FROM p.location)
WHERE p.turns AND NOT p.recovers AND m._duplicate_record IS NULL

-- section: evidence
SELECT p.product, p.location, p.ts, p.movement, CASE WHEN NOT p.recovered THEN p.ref_id END AS voucher, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       'before' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.type AS value_type, m.qty AS value_qty, m.value_delta AS value_value_delta, m.value_after AS value_value_after
FROM population AS p
JOIN population AS b ON b.product = p.product AND b.location IS NOT DISTINCT FROM p.location AND b.step = p.step_before
JOIN movements AS m ON m._file_id * 1000000000000 + m._record = b.last_place
WHERE p.turns AND NOT p.recovers
