/* ---
id: C-003
version: 1
kind: function
title: {en: Movements of one instant in an unknown order, es: Movimientos del mismo instante en orden desconocido}
severity: info
grain: key-period
unit: instants
identity: [product, location, ts, movement]
needs:
  movements: [movement, ts, product, location, qty, balance_after]
optional:
  movements: [seq, lot, type, unit_cost]
uses: [ledger_chain]
function: perito_consistency.ties:judge
position_bound: because the order of rows in the file is taken for the order of events where balances fit it
impact: "none, because the balance at the end of the instant holds"
recoverable: false
explains: []
entities: [product, location, movement]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: {rows:,} movements on {period_start} at one instant, {reason_en}"
    es: "{product} en {location}: {rows:,} movimientos del {period_start} en un mismo instante, {reason_es}"
words:
  instants: {es: "instantes"}
  ambiguous: {es: "con orden ambiguo"}
  no_order_fits: {es: "sin orden posible"}
  ORDER_AMBIGUOUS: {es: "orden ambiguo"}
  NO_ORDER_FITS: {es: "ningún orden encaja"}
  balance_before: {es: "saldo anterior"}
explanation:
  en: >-
    Movements that share an instant and have no sequence may have happened in any order, so only the balance at their end
    is asserted (C-001). Where the balances fit the order of the file, or its reverse, nothing is told. Where they fit some
    other order this is information (`ORDER_AMBIGUOUS`). Where the end holds and no order at all fits what stands between
    (`NO_ORDER_FITS`, medium severity), a balance was stated or changed by hand.
  es: >-
    Los movimientos del mismo instante sin secuencia pudieron ocurrir en cualquier orden, así que solo se afirma el saldo al
    final (C-001). Si los saldos encajan con el orden del archivo, o con el inverso, no se informa nada. Si encajan con otro
    orden, es información (`ORDER_AMBIGUOUS`). Si el final cuadra y ningún orden explica lo intermedio (`NO_ORDER_FITS`,
    gravedad media), un saldo se declaró o cambió a mano.
remedy:
  en: "Export the ledger with its sequence number, or with times to the second."
  es: "Exporte el diario con su número de secuencia o con horas al segundo."
source: "Eulerian paths: an order exists where balances can be strung together"
--- */

-- section: population
-- One row per movement of an instant with several, with the balance that the file's order, and its reverse, would give.
SELECT c.step, c.product, c.location, c.lot, c.ts, c.day, c.movement AS first_movement, c.step_rows, c.balance_before, c.expected_balance, c.is_asserted,
       c.sign * m.qty AS qty, m.balance_after, m._file_id, m._record, m._line, m.movement, m.type,
       c.balance_before + sum(c.sign * m.qty) OVER (PARTITION BY c.step ORDER BY m._file_id, m._record) AS forward,
       c.balance_before + sum(c.sign * m.qty) OVER (PARTITION BY c.step ORDER BY m._file_id DESC, m._record DESC) AS backward
FROM ledger_chain AS c
JOIN movements AS m ON m.product = c.product AND m.ts = c.ts AND m.seq IS NOT DISTINCT FROM coalesce(c.tie_seq, m.seq)
     AND (c.grain = 'product' OR m.location IS NOT DISTINCT FROM c.location) AND (c.grain <> 'product, location, lot' OR m.lot IS NOT DISTINCT FROM c.lot)
WHERE c.step_rows > 1 AND c.kind <> 'open' AND m._duplicate_record IS NULL

-- section: input
SELECT step, product, location AS place, coalesce(location, '') AS location, ts, first_movement, coalesce(first_movement, '') AS movement, day, step_rows AS rows,
       coalesce(bool_and(balance_after = forward), false) OR coalesce(bool_and(balance_after = backward), false) AS fits,
       balance_before, expected_balance,
       list(qty ORDER BY qty, balance_after) AS quantities, list(balance_after ORDER BY qty, balance_after) AS balances
FROM population
GROUP BY step, product, population.location, ts, first_movement, day, step_rows, balance_before, expected_balance
ORDER BY step, product, place, ts, first_movement, day, rows, balance_before, expected_balance

-- section: evidence
SELECT product, coalesce(location, '') AS location, ts, coalesce(first_movement, '') AS movement, day AS period_start,
       'movement' AS role, 0 AS ordinal, 'movements' AS table_name, _file_id, _record, _line,
       movement AS key_movement, type AS value_type, qty AS value_qty, balance_after AS value_balance_after
FROM population
