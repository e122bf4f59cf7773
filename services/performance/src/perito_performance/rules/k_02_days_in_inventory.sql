/* ---
id: K-02
version: 1
kind: metric
title: {en: Days in inventory, es: Días de inventario}
grain: population
unit: places and months
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  conventions: [name, value]
uses: [stock_and_sales]
parameters:
  least_coverage: {default: "0.9", type: decimal, meaning: "share of sales lines and stock rows whose cost is known below which nothing is said"}
explanation:
  en: >-
    How many days the average stock would last at the pace at which it was sold: average stock over the cost of what
    was sold, times the days in between. Average stock is at cost: the mean of the month ends (basis `month_ends`) where
    there are 13 or more, else the mean of the first and the last snapshot (basis `opening_and_closing`). The cost of
    what was sold is that of the line, else the last receipt, order or master cost known that day. Sales count from
    the first snapshot of their location to its last, so that stock and sales speak of the same goods and time;
    returned lines are taken off, returns that stand only in a table of their own are not.
  es: >-
    Cuántos días duraría la existencia media al ritmo al que se vendió: existencia media entre el coste de lo vendido,
    por los días transcurridos. La existencia media está a coste: la media de los cierres de mes (base `month_ends`) si
    hay 13 o más; si no, la del primer y el último saldo (base `opening_and_closing`). El coste de lo vendido es el de
    la línea; si no, el de la última recepción, pedido o maestro conocido ese día. Las ventas cuentan desde el primer
    saldo de su ubicación hasta el último, para que existencias y ventas hablen de lo mismo; las líneas devueltas se
    restan; las devoluciones que solo están en su propia tabla, no.
remedy:
  en: "Order later or less of what lasts longest."
  es: "Pida más tarde o menos de lo que más dura."
words:
  days_in_inventory: {es: días de inventario}
  days: {es: días}
  nothing was sold: {es: no se vendió nada}
  month_ends: {es: cierres de mes}
  opening_and_closing: {es: apertura y cierre}
  sale_lines: {es: líneas de venta}
  costed: {es: con coste conocido}
  places: {es: lugares y meses}
  no sales beside stock snapshots: {es: no hay ventas junto a los saldos de existencias}
  two stock snapshots are needed and there is one: {es: hacen falta dos saldos de existencias y hay uno}
  too many sales lines or stock rows lack a cost or a date or a place: {es: a demasiadas líneas de venta o saldos les falta coste o fecha o lugar}
source: "Average inventory at cost over cost of goods sold, in days"
--- */

-- section: kpis
WITH figures AS (
    SELECT * FROM stock_and_sales
    UNION ALL
    SELECT 'total', '', '', NULL, '', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL
    WHERE NOT EXISTS (SELECT 1 FROM stock_and_sales)
), explained AS (
    SELECT *,
           CASE WHEN days IS NULL THEN 'no sales beside stock snapshots'
                WHEN days = 0 THEN 'two stock snapshots are needed and there is one'
                WHEN coverage IS NULL OR coverage < $least_coverage
                THEN 'too many sales lines or stock rows lack a cost or a date or a place'
                WHEN cogs > 0 THEN NULL ELSE 'nothing was sold' END AS missing
    FROM figures
)
SELECT scope, key, period, 'days_in_inventory' AS measure, 'days' AS unit, basis,
       CASE WHEN missing IS NULL THEN ratio(average_stock * days, cogs) END AS value, average_stock AS numerator, ratio(cogs, days) AS denominator,
       lines AS n, coverage, missing AS reason
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE coverage IS NULL OR coverage < $least_coverage) AS unknown
FROM stock_and_sales

-- section: facts
SELECT count(*) AS places, coalesce(sum(CASE WHEN scope = 'total' THEN lines END), 0) AS sale_lines,
       coalesce(sum(CASE WHEN scope = 'total' THEN costed END), 0) AS costed
FROM stock_and_sales
