/* ---
id: K-14
version: 1
kind: metric
title: {en: Shrink as a share of sales, es: Merma sobre ventas}
grain: population
unit: counts
needs:
  counts: [ts, product, location, counted_qty]
  movements: [type, product, location, ts, qty]
uses: [shrink_intervals]
explanation:
  en: >-
    Loss over the net sales of the same goods between the same counts. `unknown_at_cost` and `unknown_at_retail` are what
    no document explains (K-13), at the cost of the day of the count and at the list price; `known_at_cost` and
    `known_at_retail` are the losses that documents name: waste, and adjustments whose reason or reference names damage,
    expiry or theft. The name of each says the basis of its value; the sales below are at the prices charged, before
    tax, less returned lines. A count opens with what the count before it found (the first one with the last snapshot
    before it); to that come receipts, transfers and returns that a movement books, from it go sales, transfers and
    known losses. Adjustments are left out, since they book the loss that is measured. A loss is positive, a surplus
    negative, and each is found once, by the first count after it.
  es: >-
    Pérdida entre las ventas netas de los mismos artículos entre los mismos conteos. `unknown_at_cost` y
    `unknown_at_retail` son lo que ningún documento explica (K-13), al coste del día del conteo y al precio de tarifa;
    `known_at_cost` y `known_at_retail`, las pérdidas que los documentos nombran: mermas y ajustes cuyo motivo o
    referencia indica daño, caducidad o robo. El nombre de cada una dice la base de su valor; las ventas van al precio
    cobrado, sin impuestos y menos devoluciones. Un conteo parte de lo que halló el anterior (el primero, del último
    saldo previo); se suman recepciones, traspasos y devoluciones registradas como movimiento, y se restan ventas,
    traspasos y pérdidas conocidas. Los ajustes se dejan fuera, porque registran la pérdida que se mide. Una pérdida
    es positiva, una sobra negativa, y cada una la halla una vez el primer conteo posterior.
remedy:
  en: "Compare places and categories at cost; where the unknown part is large, find out what is not written down."
  es: "Compare lugares y categorías a coste; donde la parte desconocida sea grande, averigüe qué no se anota."
words:
  unknown_at_cost: {en: unknown loss at cost, es: pérdida desconocida a coste}
  known_at_cost: {en: known loss at cost, es: pérdida conocida a coste}
  unknown_at_retail: {en: unknown loss at list price, es: pérdida desconocida a precio de tarifa}
  known_at_retail: {en: known loss at list price, es: pérdida conocida a precio de tarifa}
  cost: {es: coste}
  retail: {en: list price, es: precio de tarifa}
  counts: {es: conteos}
  measured: {es: medidos}
  no cost is known of what was lost: {es: no se conoce el coste de lo perdido}
  no list price is known of what was lost: {es: no se conoce el precio de tarifa de lo perdido}
  nothing was sold at a known price between these counts: {es: no se vendió nada con precio conocido entre estos conteos}
  no count was taken: {es: no se hizo ningún conteo}
  no count has a count or a snapshot before it and readable movements between: {es: ningún conteo tiene otro conteo o un saldo anterior con movimientos legibles entre ambos}
source: "Retail practice: shrink over net sales, its basis said"
--- */

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, i.* FROM shrink_intervals AS i
    UNION ALL
    SELECT 'location', location, '', i.* FROM shrink_intervals AS i
    UNION ALL
    SELECT 'category', category, '', i.* FROM shrink_intervals AS i WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', i.* FROM shrink_intervals AS i WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, i.* FROM shrink_intervals AS i
), summed AS (
    SELECT scope, key, period, count(*) AS counts, count(loss) AS measured,
           count(loss_value) FILTER (WHERE known_value IS NOT NULL) AS n_cost, count(loss_at_retail) AS n_retail,
           sum(CASE WHEN known_value IS NOT NULL THEN loss_value END) AS unknown_cost,
           sum(CASE WHEN loss_value IS NOT NULL THEN known_value END) AS known_cost,
           sum(CASE WHEN loss_value IS NOT NULL AND known_value IS NOT NULL THEN net_sales END) AS sales_cost,
           sum(loss_at_retail) AS unknown_retail, sum(CASE WHEN loss IS NOT NULL THEN known_at_retail END) AS known_retail,
           sum(CASE WHEN loss_at_retail IS NOT NULL THEN net_sales END) AS sales_retail
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM shrink_intervals)
), measured AS (
    SELECT scope, key, period, counts, measured, 'unknown_at_cost' AS measure, 'cost' AS basis, unknown_cost AS lost,
           sales_cost AS sold, n_cost AS n
    FROM summed
    UNION ALL
    SELECT scope, key, period, counts, measured, 'known_at_cost', 'cost', known_cost, sales_cost, n_cost FROM summed
    UNION ALL
    SELECT scope, key, period, counts, measured, 'unknown_at_retail', 'retail', unknown_retail, sales_retail, n_retail FROM summed
    UNION ALL
    SELECT scope, key, period, counts, measured, 'known_at_retail', 'retail', known_retail, sales_retail, n_retail FROM summed
)
SELECT scope, key, period, measure, '%' AS unit, basis, CASE WHEN sold > 0 THEN ratio(100 * lost, sold) END AS value,
       lost AS numerator, sold AS denominator, n, ratio(n, counts) AS coverage,
       CASE WHEN counts = 0 THEN 'no count was taken'
            WHEN measured = 0 THEN 'no count has a count or a snapshot before it and readable movements between'
            WHEN n = 0 AND basis = 'cost' THEN 'no cost is known of what was lost'
            WHEN n = 0 THEN 'no list price is known of what was lost'
            WHEN sold > 0 THEN '' ELSE 'nothing was sold at a known price between these counts' END AS reason
FROM measured

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(loss_value) AS unknown FROM shrink_intervals

-- section: facts
SELECT count(*) AS counts, count(loss_value) AS measured FROM shrink_intervals
