/* ---
id: K-24
version: 1
kind: metric
title: {en: Carrying cost, es: Coste de mantener existencias}
grain: population
unit: places and months
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  conventions: [name, value]
uses: [stock_and_sales]
parameters:
  annual_rate: {default: "0.2", type: decimal, meaning: "cost of a year of holding stock as a share of its value: capital, space, insurance, losses"}
  least_coverage: {default: "0.9", type: decimal, meaning: "share of sales lines and stock rows whose cost is known below which nothing is said"}
explanation:
  en: >-
    What holding the stock cost: average stock at cost, as in K-01, times `annual_rate` times the days over 365. The
    rate is an assumption and not taken from the books; it is shown as a figure of its own and is a parameter of the
    rule. `carrying_cost` is for the time that the books cover, `carrying_cost_per_year` for 365 days.
  es: >-
    Lo que costó mantener las existencias: existencia media a coste, como en K-01, por `annual_rate` y por los días
    entre 365. La tasa es un supuesto y no sale de los libros; se muestra como cifra propia y es un parámetro de la
    regla. `carrying_cost` es del tiempo que cubren los libros; `carrying_cost_per_year`, de 365 días.
remedy:
  en: "Set the rate to what capital, space and insurance cost you; then look at the categories that cost most to hold."
  es: "Fije la tasa según lo que le cuestan capital, espacio y seguros; después mire las categorías que más cuesta mantener."
words:
  carrying_cost: {en: carrying cost, es: coste de mantener existencias}
  carrying_cost_per_year: {en: carrying cost per year, es: coste de mantener existencias por año}
  annual_rate: {en: assumed rate per year, es: tasa anual supuesta}
  month_ends: {es: cierres de mes}
  opening_and_closing: {es: apertura y cierre}
  places: {es: lugares y meses}
  no sales beside stock snapshots: {es: no hay ventas junto a los saldos de existencias}
  two stock snapshots are needed and there is one: {es: hacen falta dos saldos de existencias y hay uno}
  too many sales lines or stock rows lack a cost or a date or a place: {es: a demasiadas líneas de venta o saldos les falta coste o fecha o lugar}
source: "Average inventory at cost times a stated holding rate"
--- */

-- section: kpis
WITH figures AS (
    SELECT scope, key, period, days, basis, average_stock, lines, coverage FROM stock_and_sales
    UNION ALL
    SELECT 'total', '', '', NULL, '', NULL, 0, NULL WHERE NOT EXISTS (SELECT 1 FROM stock_and_sales)
), explained AS (
    SELECT *, coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN days IS NULL THEN 'no sales beside stock snapshots'
                WHEN days = 0 THEN 'two stock snapshots are needed and there is one'
                WHEN coverage IS NULL OR coverage < $least_coverage OR average_stock IS NULL
                THEN 'too many sales lines or stock rows lack a cost or a date or a place' END AS missing
    FROM figures
)
SELECT scope, key, period, 'carrying_cost' AS measure, currency AS unit, basis,
       CASE WHEN missing IS NULL THEN ratio(average_stock * $annual_rate * days, 365) END AS value, average_stock AS numerator,
       NULL AS denominator, lines AS n, coverage, missing AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'carrying_cost_per_year', currency, basis,
       CASE WHEN missing IS NULL THEN ratio(average_stock * $annual_rate, 1) END, average_stock, NULL, lines, coverage, missing
FROM explained
UNION ALL
SELECT 'total', '', '', 'annual_rate', '%', '', 100 * $annual_rate, NULL, NULL, 0, NULL, NULL

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE coverage IS NULL OR coverage < $least_coverage) AS unknown
FROM stock_and_sales

-- section: facts
SELECT count(*) AS places FROM stock_and_sales
