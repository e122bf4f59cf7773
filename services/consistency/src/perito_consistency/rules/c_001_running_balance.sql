/* ---
id: C-001
version: 1
kind: set
title: {en: Running balance does not add up, es: El saldo corrido no cuadra}
severity: high
grain: key-period
unit: balances
identity: [product, location, lot, ts, movement]
needs:
  movements: [movement, ts, product, location, qty, balance_after]
optional:
  movements: [seq, lot, type, unit_cost, user, reason]
uses: [ledger_chain, entered_keys, unit_costs]
parameters:
  tolerance: {default: "-1", type: decimal, meaning: "base units by which a balance may be off; below zero: none for whole units, else one unit of the last place that balances are printed with"}
impact: column
recoverable: false
explains: [C-003, C-005, C-006, C-008, C-009, C-010, C-016, C-028, C-033]
entities: [product, location, movement]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: after {movement} on {period_end} the ledger states {observed:,}, the movements lead to {expected:,} ({difference:,}); {rows_after:,} later {rows_after:row inherits|rows inherit} it"
    es: "{product} en {location}: tras {movement} del {period_end} el diario declara {observed:,}; los movimientos llevan a {expected:,} ({difference:,}); {rows_after:,} {rows_after:fila posterior lo hereda|filas posteriores lo heredan}"
words:
  product: {es: producto}
  "product, location": {en: product and location, es: producto y ubicación}
  "product, location, lot": {en: "product, location and lot", es: "producto, ubicación y lote"}
  in positive: {en: what comes in is positive, es: lo que entra es positivo}
  in negative: {en: what comes in is negative, es: lo que entra es negativo}
  balances: {es: "saldos"}
  asserted: {es: "afirmados"}
  before: {es: "anterior"}
  divergent: {es: "divergente"}
  grain_of_balances: {es: "nivel de los saldos"}
  sign_of_quantities: {es: "signo de las cantidades"}
  keys_in_order_of_entry: {es: "claves con saldos en orden de registro"}
  instants_with_several_movements: {es: "instantes con varios movimientos"}
  rows_without_product_or_time: {es: "filas sin producto o sin hora"}
  balance_before: {es: "saldo anterior"}
  rows_after: {es: "filas posteriores que lo heredan"}
  recovered: {es: "corregido después"}
  grain: {es: "nivel"}
  sign: {es: "signo"}
explanation:
  en: >-
    Each balance that the ledger states must be the one before it plus the movement. Told is the first row that does not
    follow from the row before it, with how many later rows carry the difference on; they are not told again. Where a later
    row returns to the old course, one balance was stated wrongly and no stock is at stake: such a finding is of medium
    severity and has no amount. A count resets the balance. Of movements at one instant without a sequence only the last
    balance is asserted. Where all balances of a product follow in the order of entry, something was entered late under an
    earlier time and nothing is told. The grain and the sign by which balances are read are decided by C-002 and stand in the facts.
  es: >-
    Cada saldo que el diario declara debe ser el anterior más el movimiento. Se informa la primera fila que no se sigue de la
    anterior y cuántas posteriores arrastran la diferencia; estas no se repiten. Si una fila posterior vuelve al curso
    anterior, se declaró mal un solo saldo y no hay existencia en juego: gravedad media y sin importe. Un conteo reinicia el
    saldo. De movimientos del mismo instante sin secuencia solo se afirma el último saldo. Si todos los saldos de un producto
    se siguen en el orden de registro, algo se registró tarde con hora anterior y no se informa nada. El nivel y el signo con que se
    leen los saldos los decide C-002 y constan en los datos.
remedy:
  en: "Look for a movement that was deleted, changed or inserted between the two rows; count the product."
  es: "Busque un movimiento borrado, cambiado o insertado entre ambas filas; cuente el producto."
source: "Balance assertions of plain-text accounting; perpetual inventory"
--- */

-- section: population
-- Balances that follow each other in the order of entry assert nothing of the order of their times.
SELECT c.* EXCLUDE (is_asserted), c.is_asserted AND e.product IS NULL AS is_asserted, e.product IS NOT NULL AS is_entered,
       CASE WHEN $tolerance < 0 THEN c.balance_tolerance ELSE $tolerance END AS allowed
FROM ledger_chain AS c
LEFT JOIN entered_keys AS e ON e.product = c.product AND e.location IS NOT DISTINCT FROM c.location

-- section: violations
SELECT p.product, p.location, p.lot, p.ts, p.movement, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       p.balance_before, p.qty, p.stated_balance AS observed, p.expected_balance AS expected, p.change AS difference, p.change AS delta_qty,
       p.rows_after, p.recovered, p.grain, p.sign,
       CASE WHEN NOT p.recovered THEN coalesce(p.row_cost, u.unit_cost) END AS unit_cost,
       CASE WHEN p.recovered THEN 'none' WHEN p.row_cost IS NOT NULL THEN 'movements' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       CASE WHEN NOT p.recovered THEN try(p.change::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) END AS delta_value,
       CASE WHEN NOT p.recovered THEN try(abs(p.change)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) END AS impact,
       CASE WHEN p.recovered THEN 'medium' ELSE 'high' END AS severity, p.step_rows + 1 AS row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
WHERE p.is_asserted AND NOT coalesce(p.recovers, false) AND abs(p.change) > p.allowed

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT is_asserted) AS unknown FROM population

-- section: facts
SELECT min(grain) AS grain_of_balances, CASE min(sign) WHEN 1 THEN 'in positive' ELSE 'in negative' END AS sign_of_quantities,
       count(*) FILTER (WHERE is_asserted) AS asserted, count(*) FILTER (WHERE is_asserted AND abs(change) > allowed AND NOT coalesce(recovers, false)) AS breaks,
       count(DISTINCT key) AS keys, count(DISTINCT key) FILTER (WHERE is_entered) AS keys_in_order_of_entry, count(*) FILTER (WHERE step_rows > 1) AS instants_with_several_movements,
       (SELECT count(*) FROM movements WHERE _duplicate_record IS NULL AND (product IS NULL OR ts IS NULL)) AS rows_without_product_or_time
FROM population

-- section: evidence
SELECT p.product, p.location, p.lot, p.ts, p.movement, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       'divergent' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.seq AS value_seq, m.type AS value_type, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM population AS p
JOIN movements AS m ON m.product = p.product AND m.ts = p.ts AND m.seq IS NOT DISTINCT FROM coalesce(p.tie_seq, m.seq)
     AND (p.grain = 'product' OR m.location IS NOT DISTINCT FROM p.location) AND (p.grain <> 'product, location, lot' OR m.lot IS NOT DISTINCT FROM p.lot)
WHERE p.is_asserted AND abs(p.change) > p.allowed AND m._duplicate_record IS NULL

-- section: evidence
SELECT p.product, p.location, p.lot, p.ts, p.movement, coalesce(p.day_before, p.day) AS period_start, p.day AS period_end,
       'before' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.seq AS value_seq, m.type AS value_type, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM population AS p
JOIN population AS b ON b.key = p.key AND b.step = p.step_before
JOIN movements AS m ON m._file_id * 1000000000000 + m._record = b.last_place
WHERE p.is_asserted AND abs(p.change) > p.allowed
