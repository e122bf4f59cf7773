/* ---
id: C-004
version: 1
kind: set
title: {en: A negative balance was written as zero, es: Un saldo negativo se escribió como cero}
severity: high
grain: key-period
unit: balances
identity: [product, location, lot, ts, movement]
needs:
  movements: [movement, ts, product, location, qty, balance_after]
optional:
  movements: [seq, lot, type, unit_cost, user]
uses: [ledger_chain, unit_costs]
impact: column
recoverable: false
explains: [C-001]
entities: [product, location, movement]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: {balance_before:,} and {qty:,} on {period_end} make {expected:,}, the ledger states 0: {shortfall:,} {shortfall:unit is|units are} hidden"
    es: "{product} en {location}: {balance_before:,} y {qty:,} el {period_end} dan {expected:,}; el diario declara 0: {shortfall:queda oculta|quedan ocultas} {shortfall:,} {shortfall:unidad|unidades}"
words:
  balances: {es: "saldos"}
  asserted: {es: "afirmados"}
  before: {es: "anterior"}
  hidden: {es: "oculto"}
  stated_negative: {es: "declarados negativos"}
  written_as_zero: {es: "escritos como cero"}
  balance_before: {es: "saldo anterior"}
  shortfall: {es: "faltante oculto"}
  rows_after: {es: "filas posteriores que lo heredan"}
  recovered: {es: "corregido después"}
explanation:
  en: >-
    The balance before and the movement lead below zero, and the ledger states zero. A system that cannot show negative
    stock hides that more went out than was there: a receipt that was not booked, a wrong unit, or stock that never
    existed. From then on all balances are too high by what was hidden, which C-001 would tell too; where a later balance
    returns to the true course, only the display was cut and there is no amount.
  es: >-
    El saldo anterior y el movimiento quedan por debajo de cero y el diario declara cero. Un sistema que no muestra
    existencias negativas oculta que salió más de lo que había: una recepción sin registrar, una unidad equivocada o
    existencias que nunca estuvieron. Desde entonces todos los saldos son demasiado altos por lo ocultado, lo que también
    diría C-001; si un saldo posterior vuelve al curso verdadero, solo se recortó lo mostrado y no hay importe.
remedy:
  en: "Find the receipt that is missing before that movement; count the product."
  es: "Busque la recepción que falta antes de ese movimiento; cuente el producto."
source: "Clamped balances of inventory systems"
--- */

-- section: population
SELECT * FROM ledger_chain

-- section: violations
SELECT p.product, p.location, p.lot, p.ts, p.movement, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       p.balance_before, p.qty, p.expected_balance AS expected, p.stated_balance AS observed, -p.expected_balance AS shortfall,
       -p.expected_balance AS delta_qty, p.rows_after, p.recovered,
       CASE WHEN NOT p.recovered THEN coalesce(p.row_cost, u.unit_cost) END AS unit_cost,
       CASE WHEN p.recovered THEN 'none' WHEN p.row_cost IS NOT NULL THEN 'movements' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       CASE WHEN NOT p.recovered THEN try(-p.expected_balance::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) END AS delta_value,
       CASE WHEN NOT p.recovered THEN try(abs(p.expected_balance)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) END AS impact,
       p.step_rows + 1 AS row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
WHERE p.is_asserted AND p.expected_balance < -p.balance_tolerance AND p.stated_balance = 0

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT is_asserted) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE is_asserted) AS asserted, count(*) FILTER (WHERE is_asserted AND stated_balance < 0) AS stated_negative,
       count(*) FILTER (WHERE is_asserted AND expected_balance < -balance_tolerance AND stated_balance = 0) AS written_as_zero
FROM population

-- section: evidence
SELECT p.product, p.location, p.lot, p.ts, p.movement, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       'hidden' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.seq AS value_seq, m.type AS value_type, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM population AS p
JOIN movements AS m ON m.product = p.product AND m.ts = p.ts AND m.seq IS NOT DISTINCT FROM coalesce(p.tie_seq, m.seq)
     AND (p.grain = 'product' OR m.location IS NOT DISTINCT FROM p.location) AND (p.grain <> 'product, location, lot' OR m.lot IS NOT DISTINCT FROM p.lot)
WHERE p.is_asserted AND p.expected_balance < 0 AND p.stated_balance = 0 AND m._duplicate_record IS NULL

-- section: evidence
SELECT p.product, p.location, p.lot, p.ts, p.movement, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       'before' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.seq AS value_seq, m.type AS value_type, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM population AS p
JOIN population AS b ON b.key = p.key AND b.step = p.step_before
JOIN movements AS m ON m._file_id * 1000000000000 + m._record = b.last_place
WHERE p.is_asserted AND p.expected_balance < 0 AND p.stated_balance = 0
