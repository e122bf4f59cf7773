/* ---
id: K-26
version: 1
kind: metric
title: {en: Supplier on time, es: Puntualidad de los proveedores}
grain: population
unit: order lines
needs:
  purchases: [document, promised_at]
  receipts: [purchase_document, ts]
uses: [received_lines]
explanation:
  en: >-
    Share of the lines received that had arrived on the promised day or before; a line has arrived on the day of its
    last receipt. `on_time` counts all lines that were received, also those received after the stock books end (basis
    `all_receipts`). `on_time_in_ledger` counts only those received by the last day of the stock books, which are the ones
    that stock figures know (basis `receipts_in_ledger`). Lines without a promised date are left out and lower the
    coverage; open lines are in neither, however late they are, and are counted in the facts.
  es: >-
    Porcentaje de las líneas recibidas que habían llegado el día prometido o antes; una línea llega el día de su
    última recepción. `on_time` cuenta todas las líneas recibidas, también las posteriores al final de los libros de
    existencias (base `all_receipts`). `on_time_in_ledger` cuenta solo las recibidas hasta el último día de esos libros
    (base `receipts_in_ledger`). Las líneas sin fecha prometida se dejan fuera y reducen la cobertura; las abiertas no
    entran en ninguna y se cuentan en los datos.
remedy:
  en: "Agree on promised dates that the supplier can keep, or order earlier from those who are late."
  es: "Acuerde fechas que el proveedor pueda cumplir o pida antes a quienes se retrasan."
words:
  on_time: {es: a tiempo}
  on_time_in_ledger: {en: on time within the stock books, es: a tiempo dentro de los libros de existencias}
  all_receipts: {en: "all receipts, also those after the stock books end", es: "todas las recepciones, también las posteriores a los libros"}
  receipts_in_ledger: {en: receipts within the stock books, es: recepciones dentro de los libros de existencias}
  order_lines: {es: líneas de pedido}
  received: {es: recibidas}
  received_after_the_ledger_ends: {en: received after the stock books end, es: recibidas después del final de los libros}
  open_and_overdue: {en: open and overdue when the stock books end, es: abiertas y vencidas al final de los libros}
  nothing was received: {es: no se recibió nada}
  nothing was received within the stock books: {es: no se recibió nada dentro de los libros de existencias}
  no received line has a promised date: {es: ninguna línea recibida tiene fecha prometida}
  no snapshot or movement says where the stock books end: {es: ningún saldo ni movimiento dice dónde terminan los libros de existencias}
source: "Purchasing practice: received on or before the promised date"
--- */

-- section: population
SELECT location, category, supplier, strftime(received, '%Y-%m') AS month, received IS NOT NULL AS arrived, ledger_ends,
       received <= ledger_ends AS in_ledger, received <= promised AS on_time,
       received IS NULL AND promised < ledger_ends AS overdue
FROM received_lines

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), counted AS (
    SELECT scope, key, period, count(*) FILTER (WHERE arrived) AS received, count(on_time) AS n,
           count(*) FILTER (WHERE on_time) AS on_time,
           count(*) FILTER (WHERE in_ledger) AS ledger_received, count(on_time) FILTER (WHERE in_ledger) AS ledger_n,
           count(*) FILTER (WHERE on_time AND in_ledger) AS ledger_on_time, count(ledger_ends) AS ledger_lines
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
)
SELECT scope, key, period, 'on_time' AS measure, '%' AS unit, 'all_receipts' AS basis, ratio(100 * on_time, n) AS value,
       on_time AS numerator, n AS denominator, n, ratio(n, received) AS coverage,
       CASE WHEN received = 0 THEN 'nothing was received' WHEN n = 0 THEN 'no received line has a promised date' END AS reason
FROM counted
UNION ALL
SELECT scope, key, period, 'on_time_in_ledger', '%', 'receipts_in_ledger', ratio(100 * ledger_on_time, ledger_n),
       ledger_on_time, ledger_n, ledger_n, ratio(ledger_n, ledger_received),
       CASE WHEN ledger_lines = 0 THEN 'no snapshot or movement says where the stock books end'
            WHEN ledger_received = 0 THEN 'nothing was received within the stock books'
            WHEN ledger_n = 0 THEN 'no received line has a promised date' END
FROM counted

-- section: evaluated
SELECT count(*) FILTER (WHERE arrived) AS evaluated, count(*) FILTER (WHERE arrived AND on_time IS NULL) AS unknown
FROM population

-- section: facts
SELECT count(*) AS order_lines, count(*) FILTER (WHERE arrived) AS received, count(*) FILTER (WHERE on_time) AS on_time,
       count(*) FILTER (WHERE arrived AND NOT in_ledger) AS received_after_the_ledger_ends,
       count(*) FILTER (WHERE overdue) AS open_and_overdue
FROM population
