/* ---
id: C-002
version: 1
kind: set
title: {en: Balances are kept otherwise than per product and place, es: Los saldos se llevan de otro modo que por producto y lugar}
severity: info
grain: table
unit: ledgers
identity: [grain, sign_of_quantities]
needs:
  movements: [movement, ts, product, qty, balance_after]
optional:
  movements: [seq, location, lot, type, unit_cost]
uses: [ledger_readings, ledger_chain]
impact: "none, because how balances are kept is a convention; what breaks under it is C-001's"
recoverable: false
explains: []
entities: []
texts:
  finding:
    en: "Balances are kept per {grain}, quantities {sign_of_quantities}: {observed:,} of {compared:,} break, against {expected:,} of {usually_compared:,} per product and place"
    es: "Los saldos se llevan por {grain_es}, con {sign_es}: {observed:,} de {compared:,} no cuadran, frente a {expected:,} de {usually_compared:,} por producto y lugar"
words:
  product: {es: producto}
  "product, location": {en: product and location, es: producto y ubicación}
  "product, location, lot": {en: "product, location and lot", es: "producto, ubicación y lote"}
  in positive: {en: what comes in is positive, es: lo que entra es positivo}
  in negative: {en: what comes in is negative, es: lo que entra es negativo}
  ledgers: {es: "diarios"}
  grain: {es: "nivel"}
  grain_of_balances: {es: "nivel de los saldos"}
  sign_of_quantities: {es: "signo de las cantidades"}
  explained: {es: "explicado"}
  compared: {es: "comparados"}
  usually_compared: {es: "comparados de la forma usual"}
  breaks_product_location_positive: {es: "roturas por producto y lugar, entradas en positivo"}
  breaks_product_location_negative: {es: "roturas por producto y lugar, entradas en negativo"}
  breaks_product_positive: {es: "roturas por producto, entradas en positivo"}
  breaks_product_negative: {es: "roturas por producto, entradas en negativo"}
  breaks_product_location_lot_positive: {es: "roturas por producto, lugar y lote, entradas en positivo"}
  breaks_product_location_lot_negative: {es: "roturas por producto, lugar y lote, entradas en negativo"}
explanation:
  en: >-
    Balances are read per product and place with incoming quantities positive. Where more than 30 % of them break, they are
    read per product, and per product, place and lot, and with the opposite sign; the one with the fewest breaks, if it
    breaks at most 30 % itself, is used by C-001, C-003 and C-004. It is stated here with the breaks of every reading in the facts.
  es: >-
    Los saldos se leen por producto y lugar, con las entradas en positivo. Si más del 30 % no cuadra, se leen también por
    producto, y por producto, lugar y lote, y con el signo contrario; la que menos rompe, si no rompe más del 30 %, es la que
    usan C-001, C-003 y C-004. Aquí se declara, con las roturas de cada lectura en los datos.
remedy:
  en: "Confirm with whoever runs the system how it keeps balances; say so in the mapping if the sign is the opposite."
  es: "Confirme con quien lleva el sistema cómo guarda los saldos; indíquelo en el mapeo si el signo es el contrario."
source: "Discovery of the grain of a ledger from its own assertions"
--- */

-- section: violations
SELECT p.grain, CASE p.sign WHEN 1 THEN 'in positive' ELSE 'in negative' END AS sign_of_quantities,
       replace(replace(replace(p.grain, 'product', 'producto'), 'location', 'lugar'), 'lot', 'lote') AS grain_es,
       CASE p.sign WHEN 1 THEN 'entradas en positivo' ELSE 'entradas en negativo' END AS sign_es,
       p.breaks AS observed, p.compared, d.breaks AS expected, d.compared AS usually_compared, p.compared AS row_count
FROM ledger_readings AS p
JOIN ledger_readings AS d ON d.grain = 'product, location' AND d.sign = 1
WHERE p.chosen AND (p.grain <> 'product, location' OR p.sign <> 1)

-- section: evaluated
SELECT count(*) FILTER (WHERE chosen AND compared > 0) AS evaluated FROM ledger_readings

-- section: facts
SELECT max(CASE WHEN chosen THEN grain END) AS grain_of_balances,
       max(CASE WHEN chosen THEN CASE sign WHEN 1 THEN 'in positive' ELSE 'in negative' END END) AS sign_of_quantities,
       max(breaks) FILTER (grain = 'product, location' AND sign = 1) AS breaks_product_location_positive,
       max(breaks) FILTER (grain = 'product' AND sign = 1) AS breaks_product_positive,
       max(breaks) FILTER (grain = 'product, location, lot' AND sign = 1) AS breaks_product_location_lot_positive,
       max(breaks) FILTER (grain = 'product, location' AND sign = -1) AS breaks_product_location_negative,
       max(breaks) FILTER (grain = 'product' AND sign = -1) AS breaks_product_negative,
       max(breaks) FILTER (grain = 'product, location, lot' AND sign = -1) AS breaks_product_location_lot_negative
FROM ledger_readings

-- section: evidence
-- Three balances that the reading explains.
SELECT v.grain, v.sign_of_quantities, 'explained' AS role, c.place AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.location AS value_location, m.lot AS value_lot, m.qty AS value_qty, m.balance_after AS value_balance_after
FROM violations AS v
CROSS JOIN (
    SELECT step, row_number() OVER (ORDER BY step) AS place
    FROM (SELECT DISTINCT step FROM ledger_chain WHERE is_asserted AND change = 0 AND step_rows = 1) AS held
) AS c
JOIN movements AS m ON m._file_id * 1000000000000 + m._record = c.step
WHERE c.place <= 3
