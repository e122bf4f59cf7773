/* ---
id: K-03
version: 1
kind: metric
title: {en: Gross margin return on inventory, es: Margen bruto sobre inventario}
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
    What each unit of money in stock earned: net sales less their cost, over the average stock. `gmroi` is for the time
    that the books cover, `gmroi_per_year` the same for 365 days. Only lines with a price and a cost count. Average
    stock is at cost: the mean of the month ends (basis `month_ends`) where there are 13 or more, else the mean of the
    first and the last snapshot (basis `opening_and_closing`). The cost of what was sold is that of the line, else the
    last receipt, order or master cost known that day. Sales count from the first snapshot of their location to its
    last, so that stock and sales speak of the same goods and time; returned lines are taken off, returns that stand
    only in a table of their own are not.
  es: >-
    Lo que ganó cada unidad de dinero en existencias: ventas netas menos su coste, entre la existencia media. `gmroi` es
    del tiempo que cubren los libros; `gmroi_per_year`, lo mismo para 365 días. Solo cuentan las líneas con precio y
    coste. La existencia media está a coste: la media de los cierres de mes (base `month_ends`) si hay 13 o más; si no,
    la del primer y el último saldo (base `opening_and_closing`). El coste de lo vendido es el de la línea; si no, el de
    la última recepción, pedido o maestro conocido ese día. Las ventas cuentan desde el primer saldo de su ubicación
    hasta el último, para que existencias y ventas hablen de lo mismo; las líneas devueltas se restan; las
    devoluciones que solo están en su propia tabla, no.
remedy:
  en: "Give space and money to the categories that earn most on their stock."
  es: "Dé espacio y dinero a las categorías que más ganan sobre su existencia."
words:
  gmroi: {en: gross margin return, es: margen bruto sobre existencias}
  gmroi_per_year: {en: gross margin return per year, es: margen bruto sobre existencias por año}
  ratio: {es: proporción}
  there was no stock on average: {es: no hubo existencias en promedio}
  no line has a price and a cost: {es: ninguna línea tiene precio y coste}
  month_ends: {es: cierres de mes}
  opening_and_closing: {es: apertura y cierre}
  sale_lines: {es: líneas de venta}
  costed: {es: con coste conocido}
  places: {es: lugares y meses}
  no sales beside stock snapshots: {es: no hay ventas junto a los saldos de existencias}
  two stock snapshots are needed and there is one: {es: hacen falta dos saldos de existencias y hay uno}
  too many sales lines or stock rows lack a cost or a date or a place: {es: a demasiadas líneas de venta o saldos les falta coste o fecha o lugar}
source: "Gross margin over average inventory at cost"
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
                WHEN margin_coverage IS NULL OR margin_coverage < $least_coverage
                THEN 'too many sales lines or stock rows lack a cost or a date or a place'
                WHEN margin IS NULL THEN 'no line has a price and a cost'
                WHEN average_stock > 0 THEN NULL ELSE 'there was no stock on average' END AS missing
    FROM figures
)
SELECT scope, key, period, 'gmroi' AS measure, 'ratio' AS unit, basis,
       CASE WHEN missing IS NULL THEN ratio(margin, average_stock) END AS value, margin AS numerator, average_stock AS denominator,
       lines AS n, margin_coverage AS coverage, missing AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'gmroi_per_year', 'ratio', basis,
       CASE WHEN missing IS NULL THEN ratio(margin * 365, average_stock * days) END, ratio(margin * 365, days), average_stock,
       lines, margin_coverage, missing
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE margin_coverage IS NULL OR margin_coverage < $least_coverage) AS unknown
FROM stock_and_sales

-- section: facts
SELECT count(*) AS places, coalesce(sum(CASE WHEN scope = 'total' THEN lines END), 0) AS sale_lines,
       coalesce(sum(CASE WHEN scope = 'total' THEN costed END), 0) AS costed
FROM stock_and_sales
