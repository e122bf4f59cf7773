/* ---
id: K-15
version: 2
kind: metric
title: {en: Known and unknown loss, es: Pérdida conocida y desconocida}
grain: population
unit: counts
needs:
  counts: [ts, product, location, counted_qty]
  movements: [type, product, location, ts, qty]
optional:
  conventions: [name, value]
uses: [shrink_intervals, stock_flows]
explanation:
  en: >-
    `known_loss` is the loss that documents name between the counts: waste, and adjustments whose reason or reference
    names damage, expiry or theft; `unknown_loss` is the rest, which no document explains (K-13). Both are given in
    units and at cost; `unknown_share` is the unknown part of the two at cost, where neither is a surplus. Known losses
    outside the time between counts are told apart in the facts. A count opens with what the count before it found
    (the first one with the last snapshot before it); to that come receipts, transfers and returns that a movement
    books, from it go sales, transfers and known losses. Adjustments are left out, since they book the loss that is
    measured. A loss is positive, a surplus negative, and each is found once, by the first count after it.
  es: >-
    `known_loss` es la pérdida que los documentos nombran entre los conteos: mermas y ajustes cuyo motivo o referencia
    indica daño, caducidad o robo; `unknown_loss` es el resto, que ningún documento explica (K-13). Ambas van en
    unidades y a coste; `unknown_share` es la parte desconocida de las dos a coste, si ninguna es una sobra. Las
    pérdidas conocidas fuera del tiempo entre conteos se dan aparte en los datos. Un conteo parte de lo que halló el
    anterior (el primero, del último saldo previo); se suman recepciones, traspasos y devoluciones registradas como
    movimiento, y se restan ventas, traspasos y pérdidas conocidas. Los ajustes se dejan fuera, porque registran la
    pérdida que se mide. Una pérdida es positiva, una sobra negativa, y cada una la halla una vez el primer conteo
    posterior.
remedy:
  en: "Where the unknown part is large, have waste, damage and expiry written down when they happen."
  es: "Donde la parte desconocida sea grande, haga que mermas, daños y caducidades se anoten cuando ocurren."
words:
  known_loss: {en: known loss at cost, es: pérdida conocida a coste}
  unknown_loss: {en: unknown loss at cost, es: pérdida desconocida a coste}
  known_loss_units: {en: known loss in units, es: pérdida conocida en unidades}
  unknown_loss_units: {en: unknown loss in units, es: pérdida desconocida en unidades}
  unknown_share: {en: unknown part of the loss, es: parte desconocida de la pérdida}
  units: {es: unidades}
  counts: {es: conteos}
  measured: {es: medidos}
  known_loss_outside_counts: {en: units of known loss outside the counted time, es: unidades de pérdida conocida fuera del tiempo contado}
  no cost is known of what was lost: {es: no se conoce el coste de lo perdido}
  one of the two is a surplus: {es: una de las dos es una sobra}
  nothing was lost: {es: no se perdió nada}
  no count was taken: {es: no se hizo ningún conteo}
  no count has a count or a snapshot before it and readable movements between: {es: ningún conteo tiene otro conteo o un saldo anterior con movimientos legibles entre ambos}
source: "Retail practice: known loss (waste, damage, expiry) apart from unknown shrink"
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
    SELECT scope, key, period, count(*) AS counts, count(loss) AS n,
           count(loss_value) FILTER (WHERE known_value IS NOT NULL) AS n_cost,
           sum(CASE WHEN loss IS NOT NULL THEN known_loss END) AS known_units, sum(loss) AS unknown_units,
           sum(CASE WHEN loss_value IS NOT NULL THEN known_value END) AS known_cost,
           sum(CASE WHEN known_value IS NOT NULL THEN loss_value END) AS unknown_cost
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, NULL, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM shrink_intervals)
), explained AS (
    SELECT *, coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN counts = 0 THEN 'no count was taken'
                WHEN n = 0 THEN 'no count has a count or a snapshot before it and readable movements between' END AS missing,
           CASE WHEN n_cost = 0 THEN 'no cost is known of what was lost' END AS uncosted
    FROM summed
)
SELECT scope, key, period, 'known_loss_units' AS measure, 'units' AS unit, known_units::DECIMAL(38, 9) AS value, known_units AS numerator,
       NULL AS denominator, n, ratio(n, counts) AS coverage, missing AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'unknown_loss_units', 'units', unknown_units::DECIMAL(38, 9), unknown_units, NULL, n, ratio(n, counts), missing
FROM explained
UNION ALL
SELECT scope, key, period, 'known_loss', currency, known_cost::DECIMAL(38, 9), known_cost, NULL, n_cost, ratio(n_cost, counts),
       coalesce(missing, uncosted)
FROM explained
UNION ALL
SELECT scope, key, period, 'unknown_loss', currency, unknown_cost::DECIMAL(38, 9), unknown_cost, NULL, n_cost, ratio(n_cost, counts),
       coalesce(missing, uncosted)
FROM explained
UNION ALL
SELECT scope, key, period, 'unknown_share', '%',
       CASE WHEN known_cost >= 0 AND unknown_cost >= 0 THEN ratio(100 * unknown_cost, known_cost + unknown_cost) END,
       unknown_cost, known_cost + unknown_cost, n_cost, ratio(n_cost, counts),
       CASE WHEN coalesce(missing, uncosted) IS NOT NULL THEN coalesce(missing, uncosted)
            WHEN known_cost < 0 OR unknown_cost < 0 THEN 'one of the two is a surplus'
            WHEN known_cost + unknown_cost = 0 THEN 'nothing was lost' END
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(loss) AS unknown FROM shrink_intervals

-- section: facts
SELECT count(*) AS counts, count(loss) AS measured,
       (SELECT coalesce(sum(-qty), 0) FROM stock_flows WHERE flow = 'loss') - coalesce(sum(known_loss), 0) AS known_loss_outside_counts
FROM shrink_intervals
