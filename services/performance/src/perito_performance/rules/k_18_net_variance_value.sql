/* ---
id: K-18
version: 2
kind: metric
title: {en: Count variance in money, es: Diferencia de conteos en dinero}
grain: population
unit: records
needs:
  counts: [ts, product, location, system_qty, counted_qty]
optional:
  conventions: [name, value]
uses: [count_differences]
explanation:
  en: >-
    `net_variance` is what was counted less what the books said, times the cost of one unit, added up with its sign:
    below zero is a loss. `net_variance_share` sets it against the value of the same records in the books.
    `gross_variance` adds the same amounts without their signs, since losses and surpluses cancel out in the net one.
    The cost is the count's own, else the last receipt, order or master cost known that day; a record without any is
    left out and lowers the coverage.
  es: >-
    `net_variance` es lo contado menos lo que decían los libros, por el coste de una unidad, sumado con su signo: por
    debajo de cero es una pérdida. `net_variance_share` lo compara con el valor de los mismos registros en los libros.
    `gross_variance` suma los mismos importes sin signo, porque en el neto se compensan faltas y sobras. El coste es el
    del conteo; si no, el de la última recepción, pedido o maestro conocido ese día; un registro sin coste se deja
    fuera y reduce la cobertura.
remedy:
  en: "Start with the places and categories that lose most, and look at the gross figure where the net one is small."
  es: "Empiece por los lugares y categorías que más pierden y mire la cifra bruta donde la neta sea pequeña."
words:
  net_variance: {es: diferencia neta}
  gross_variance: {es: diferencia bruta}
  net_variance_share: {en: net variance of book value, es: diferencia neta sobre el valor en libros}
  records: {es: registros}
  valued: {es: valorados}
  no record was counted: {es: no se contó ningún registro}
  no counted record has a readable difference and a cost: {es: ningún registro contado tiene una diferencia legible y un coste}
  the books held no value of what was counted: {es: los libros no tenían valor de lo contado}
source: "Cycle-count practice: net dollar variance"
--- */

-- section: population
SELECT location, category, supplier, month, unit_cost IS NOT NULL AND difference IS NOT NULL AS valued,
       difference::DECIMAL(38, 4) * unit_cost AS variance, system_qty::DECIMAL(38, 4) * unit_cost AS book
FROM count_differences

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
), summed AS (
    SELECT scope, key, period, count(*) AS records, count(*) FILTER (WHERE valued) AS n, sum(variance) AS net,
           sum(abs(variance)) AS gross, sum(CASE WHEN valued THEN book END) AS book
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, ratio(n, records) AS coverage,
           coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN records = 0 THEN 'no record was counted'
                WHEN n = 0 THEN 'no counted record has a readable difference and a cost' END AS unread
    FROM summed
)
SELECT scope, key, period, 'net_variance' AS measure, currency AS unit, net::DECIMAL(38, 9) AS value,
       net AS numerator, NULL AS denominator, n, coverage, unread AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'gross_variance', currency, gross::DECIMAL(38, 9), gross, NULL, n, coverage, unread FROM explained
UNION ALL
SELECT scope, key, period, 'net_variance_share', '%', CASE WHEN book > 0 THEN ratio(100 * net, book) END, net, book, n,
       coverage,
       CASE WHEN unread IS NOT NULL THEN unread
            WHEN book > 0 THEN '' ELSE 'the books held no value of what was counted' END
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT valued) AS unknown FROM population

-- section: facts
SELECT count(*) AS records, count(*) FILTER (WHERE valued) AS valued, sum(variance) AS net_variance,
       sum(abs(variance)) AS gross_variance
FROM population
