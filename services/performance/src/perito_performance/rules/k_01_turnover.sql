/* ---
id: K-01
version: 1
kind: metric
title: {en: Inventory turnover, es: Rotación de inventario}
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
    How often the stock was sold and replaced: the cost of what was sold over the average stock. `turns` is for the time
    that the books cover, `turns_per_year` the same for 365 days. Average stock is at cost: the mean of the month ends
    (basis `month_ends`) where there are 13 or more, else the mean of the first and the last snapshot (basis
    `opening_and_closing`). The cost of what was sold is that of the line, else the last receipt, order or master cost
    known that day. Sales count from the first snapshot of their location to its last, so that stock and sales speak
    of the same goods and time; returned lines are taken off, returns that stand only in a table of their own are not.
  es: >-
    Cuántas veces se vendió y repuso la existencia: el coste de lo vendido entre la existencia media. `turns` es del
    tiempo que cubren los libros; `turns_per_year`, lo mismo para 365 días. La existencia media está a coste: la media
    de los cierres de mes (base `month_ends`) si hay 13 o más; si no, la del primer y el último saldo (base
    `opening_and_closing`). El coste de lo vendido es el de la línea; si no, el de la última recepción, pedido o maestro
    conocido ese día. Las ventas cuentan desde el primer saldo de su ubicación hasta el último, para que existencias y
    ventas hablen de lo mismo; las líneas devueltas se restan; las devoluciones que solo están en su propia tabla, no.
remedy:
  en: "Look at the categories and suppliers that turn slowest: less of them ties up less money."
  es: "Mire las categorías y proveedores que menos rotan: con menos existencias se inmoviliza menos dinero."
words:
  turns: {es: rotaciones}
  turns_per_year: {es: rotaciones por año}
  there was no stock on average: {es: no hubo existencias en promedio}
  month_ends: {es: cierres de mes}
  opening_and_closing: {es: apertura y cierre}
  sale_lines: {es: líneas de venta}
  costed: {es: con coste conocido}
  places: {es: lugares y meses}
  no sales beside stock snapshots: {es: no hay ventas junto a los saldos de existencias}
  two stock snapshots are needed and there is one: {es: hacen falta dos saldos de existencias y hay uno}
  too many sales lines or stock rows lack a cost or a date or a place: {es: a demasiadas líneas de venta o saldos les falta coste o fecha o lugar}
source: "Cost of goods sold over average inventory at cost"
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
                WHEN average_stock > 0 THEN NULL ELSE 'there was no stock on average' END AS missing
    FROM figures
)
SELECT scope, key, period, 'turns' AS measure, 'turns' AS unit, basis,
       CASE WHEN missing IS NULL THEN ratio(cogs, average_stock) END AS value, cogs AS numerator, average_stock AS denominator,
       lines AS n, coverage, missing AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'turns_per_year', 'turns', basis,
       CASE WHEN missing IS NULL THEN ratio(cogs * 365, average_stock * days) END, ratio(cogs * 365, days), average_stock,
       lines, coverage, missing
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE coverage IS NULL OR coverage < $least_coverage) AS unknown
FROM stock_and_sales

-- section: facts
SELECT count(*) AS places, coalesce(sum(CASE WHEN scope = 'total' THEN lines END), 0) AS sale_lines,
       coalesce(sum(CASE WHEN scope = 'total' THEN costed END), 0) AS costed
FROM stock_and_sales
