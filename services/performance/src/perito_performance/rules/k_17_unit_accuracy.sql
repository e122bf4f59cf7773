/* ---
id: K-17
version: 2
kind: metric
title: {en: Unit accuracy of the records, es: Exactitud de los registros en unidades}
grain: population
unit: records
needs:
  counts: [ts, product, location, system_qty, counted_qty]
uses: [count_differences]
explanation:
  en: >-
    `unit_accuracy` is one less the sum of all differences, each without its sign, over the units that the books said
    were there. Beside it stand the gross difference (without signs) and the net difference (with signs, what was
    counted less the books). A net difference near zero proves nothing: what is missing in one place and too much in
    another cancels out, and only the gross difference shows it. Where the books say zero or less in total there is
    nothing to measure against.
  es: >-
    `unit_accuracy` es uno menos la suma de todas las diferencias sin signo entre las unidades que decían los libros.
    Junto a ella están la diferencia bruta (sin signo) y la neta (con signo, contado menos libros). Una diferencia
    neta cercana a cero no prueba nada: lo que falta en un sitio y sobra en otro se compensa, y solo la bruta lo
    muestra. Si los libros suman cero o menos, no hay contra qué medir.
remedy:
  en: "Look at the gross difference first; where it is far larger than the net one, search for mix-ups between products or places."
  es: "Mire primero la diferencia bruta; donde supera con mucho a la neta, busque confusiones entre productos o lugares."
words:
  unit_accuracy: {es: exactitud en unidades}
  net_difference: {es: diferencia neta}
  gross_difference: {es: diferencia bruta}
  units: {es: unidades}
  records: {es: registros}
  differences: {es: diferencias}
  no record was counted: {es: no se contó ningún registro}
  no counted record could be read: {es: no se pudo leer ningún registro contado}
  the books held nothing of what was counted: {es: los libros no tenían nada de lo contado}
source: "Cycle-count practice: absolute variance over book quantity"
--- */

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM count_differences AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM count_differences AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM count_differences AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM count_differences AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM count_differences AS p WHERE month IS NOT NULL
), summed AS (
    SELECT scope, key, period, count(*) AS records, count(difference) AS n,
           sum(difference) AS net, sum(abs(difference)) AS gross,
           sum(CASE WHEN difference IS NOT NULL THEN system_qty END) AS book
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM count_differences)
), explained AS (
    SELECT *, ratio(n, records) AS coverage,
           CASE WHEN records = 0 THEN 'no record was counted' WHEN n = 0 THEN 'no counted record could be read' END AS unread
    FROM summed
)
SELECT scope, key, period, 'unit_accuracy' AS measure, '%' AS unit,
       CASE WHEN book > 0 THEN 100 - ratio(100 * gross, book) END AS value,
       book - gross AS numerator, book AS denominator, n, coverage,
       CASE WHEN unread IS NOT NULL THEN unread
            WHEN book > 0 THEN '' ELSE 'the books held nothing of what was counted' END AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'net_difference', 'units', net::DECIMAL(38, 9), net, NULL, n, coverage, unread FROM explained
UNION ALL
SELECT scope, key, period, 'gross_difference', 'units', gross::DECIMAL(38, 9), gross, NULL, n, coverage, unread FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) - count(difference) AS unknown FROM count_differences

-- section: facts
SELECT count(*) AS records, count(*) FILTER (WHERE difference <> 0) AS differences,
       coalesce(sum(difference), 0) AS net_difference, coalesce(sum(abs(difference)), 0) AS gross_difference
FROM count_differences
