/* ---
id: K-13
version: 1
kind: metric
title: {en: Shrink in units, es: Merma en unidades}
grain: population
unit: counts
needs:
  counts: [ts, product, location, counted_qty]
  movements: [type, product, location, ts, qty]
uses: [shrink_intervals]
explanation:
  en: >-
    `shrink` is what should have been there at each count less what was counted, added up; `shrink_gross` adds the same
    without signs, since losses and surpluses cancel out in the first. A count opens with what the count before it
    found (the first one with the last snapshot before it); to that come receipts, transfers and returns that a
    movement books, from it go sales, transfers and known losses. Adjustments are left out, since they book the loss
    that is measured. A loss is positive, a surplus negative, and each is found once, by the first count after it.
  es: >-
    `shrink` es lo que debía haber en cada conteo menos lo contado, sumado; `shrink_gross` suma lo mismo sin signo, porque
    en lo primero faltas y sobras se compensan. Un conteo parte de lo que halló el anterior (el primero, del último
    saldo previo); se suman recepciones, traspasos y devoluciones registradas como movimiento, y se restan ventas,
    traspasos y pérdidas conocidas. Los ajustes se dejan fuera, porque registran la pérdida que se mide. Una pérdida
    es positiva, una sobra negativa, y cada una la halla una vez el primer conteo posterior.
remedy:
  en: "Look where most units go missing, and count there more often."
  es: "Mire dónde faltan más unidades y cuente allí con más frecuencia."
words:
  shrink: {es: merma}
  shrink_gross: {en: shrink without signs, es: merma sin signo}
  units: {es: unidades}
  counts: {es: conteos}
  measured: {es: medidos}
  no count was taken: {es: no se hizo ningún conteo}
  no count has a count or a snapshot before it and readable movements between: {es: ningún conteo tiene otro conteo o un saldo anterior con movimientos legibles entre ambos}
source: "Retail practice: expected closing stock less counted stock"
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
    SELECT scope, key, period, count(*) AS counts, count(loss) AS n, sum(loss) AS net, sum(abs(loss)) AS gross,
           sum(CASE WHEN loss IS NOT NULL THEN expected END) AS expected
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM shrink_intervals)
), explained AS (
    SELECT *, CASE WHEN counts = 0 THEN 'no count was taken'
                   WHEN n = 0 THEN 'no count has a count or a snapshot before it and readable movements between' END AS missing
    FROM summed
)
SELECT scope, key, period, 'shrink' AS measure, 'units' AS unit, net AS value, net AS numerator, NULL AS denominator, n,
       ratio(n, counts) AS coverage, missing AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'shrink_gross', 'units', gross, gross, NULL, n, ratio(n, counts), missing FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(loss) AS unknown FROM shrink_intervals

-- section: facts
SELECT count(*) AS counts, count(loss) AS measured, coalesce(sum(loss), 0) AS shrink,
       coalesce(sum(abs(loss)), 0) AS shrink_gross
FROM shrink_intervals
