/* ---
id: P-010
version: 1
kind: set
title: {en: Numbers missing in a series, es: Números que faltan en una serie}
severity: medium
grain: series
unit: numbers of series
identity: [kind, series, location, till, stretch, first_missing]
needs:
  sale_documents: [document, number]
optional:
  sale_documents: [series, ts, tendered_at, location, till]
  invoice_documents: [document, series, number, invoiced_at, posted_at]
  sales: [document, type]
  returns: [return_document]
uses: [numbered_documents]
unique: {numbers: [kind, sequence, stretch, number]}
parameters:
  least_numbers: {default: 50, type: integer, meaning: "numbers of a series without which its gaps say nothing"}
  least_dense: {default: "0.95", type: decimal, meaning: "share of the numbers of a stretch that must be there for it to be a complete series"}
  most_missing: {default: 100, type: integer, meaning: "missing numbers in a row above which a new range of numbers was begun"}
  habit: {default: "0.005", type: decimal, meaning: "gaps per number above which the till is taken to use up numbers by itself"}
  least_habit: {default: 5, type: integer, meaning: "gaps from which that may be a habit"}
  days_apart: {default: 1, type: integer, meaning: "days between the neighbours of a gap above which days may be missing rather than documents (severity low)"}
  other_stretch_days: {default: 31, type: integer, meaning: "days within which the missing numbers may stand in another stretch of the series"}
impact: none, because what a missing document was for is not known
recoverable: false
explains: []
entities: [series, location]
texts:
  finding:
    en: "{what}: {missing:,} {missing:number is|numbers are} missing ({first_missing} to {last_missing}) between {day_before} and {day_after}"
    es: "{what}: {missing:falta|faltan} {missing:,} {missing:número|números} ({first_missing} a {last_missing}) entre el {day_before} y el {day_after}"
explanation:
  en: >-
    Numbers of tickets and invoices count without gaps, so that a document cannot vanish unseen. Told are numbers missing in
    a series that is otherwise complete. Left alone are series of which a part is in the files, jumps to a new range,
    restarts (each day or year), numbers that stand in another stretch at the same time, tickets that the sale lines tell
    as void, returned or as drawer openings, numbers of returns in a table of their own, and tills that use up numbers by habit: there a gap means nothing. Severity is low
    where whole days lie between the neighbours.
  es: >-
    Los números de tiques y facturas corren sin huecos, para que ningún documento desaparezca sin verse. Se indican los que
    faltan en una serie por lo demás completa. No se señalan las series de las que solo consta una parte, los saltos a otro
    rango, los reinicios (cada día o año), los números que constan en otro tramo por las mismas fechas, los tiques que las
    líneas de venta dan por anulados, devueltos o por aperturas de cajón, los números de devoluciones con tabla propia, ni las cajas que gastan números por costumbre: allí un hueco
    no dice nada. La gravedad es baja si entre los vecinos median días enteros.
remedy:
  en: "Look for the missing documents in the journal of the till and in the cash of that day."
  es: "Busque los documentos que faltan en el diario de la caja y en el efectivo de ese día."
words:
  numbers of series: {es: números de series}
  kind: {es: tipo}
  stretch: {en: restart, es: reinicio}
  first_missing: {en: first missing number, es: primer número que falta}
  last_missing: {en: last missing number, es: último número que falta}
  what: {en: series, es: serie}
  day_before: {es: día anterior}
  day_after: {es: día posterior}
  documented: {en: void in the sale lines, es: anulados en las líneas de venta}
  before the gap: {es: antes del hueco}
  after the gap: {es: después del hueco}
  gaps: {es: huecos}
  jumps: {en: jumps to another range, es: saltos a otro rango}
  series_with_a_habit: {en: series that use up numbers, es: series que gastan números}
source: "Sequence check of audit practice (gap detection of IDEA and ACL)"
--- */

-- section: population
-- One row per number, with the number before it in its stretch.
WITH numbers AS (
    SELECT kind, sequence, stretch, number, min(day) AS day,
           CASE WHEN min(series) = max(series) THEN min(series) END AS series,
           CASE WHEN min(location) = max(location) THEN min(location) END AS location,
           CASE WHEN min(till) = max(till) THEN min(till) END AS till,
           min(CASE WHEN regexp_full_match(document, '.*\d') THEN regexp_replace(document, '\d+$', '') END) AS stem
    FROM numbered_documents
    GROUP BY kind, sequence, stretch, number
)
SELECT kind, sequence, stretch, number, day, series, location, till, stem,
       lag(number) OVER w AS before, lag(day) OVER w AS day_before
FROM numbers
WINDOW w AS (PARTITION BY kind, sequence, stretch ORDER BY number)

-- section: violations
WITH gaps AS (
    SELECT kind, sequence, stretch, before + 1 AS first_missing, number - 1 AS last_missing, number - before - 1 AS missing,
           day_before, day AS day_after, stem
    FROM population WHERE number - before > 1
), stretches AS (
    SELECT kind, sequence, stretch, count(*) AS numbers,
           sum(CASE WHEN number - before - 1 <= $most_missing THEN number - before - 1 ELSE 0 END) AS missing,
           min(series) AS series, CASE WHEN min(location) = max(location) THEN min(location) END AS location,
           CASE WHEN min(till) = max(till) THEN min(till) END AS till
    FROM population GROUP BY kind, sequence, stretch
), habits AS (
    SELECT kind, sequence, count(*) AS numbers, count(*) FILTER (WHERE number - before - 1 BETWEEN 1 AND $most_missing) AS gaps
    FROM population GROUP BY kind, sequence
), everywhere AS (
    SELECT kind, sum(numbers) AS numbers, sum(gaps) AS gaps FROM habits GROUP BY kind
), void_tickets AS (
    -- Voids, drawer openings and returns that have a number and no header.
    SELECT regexp_replace(document, '\d+$', '') AS stem, try_cast(regexp_extract(document, '\d{1,18}$') AS BIGINT) AS number
    FROM (SELECT document FROM sales WHERE type IN ('void', 'no_sale', 'return') AND _duplicate_record IS NULL
          UNION ALL SELECT return_document FROM returns WHERE _duplicate_record IS NULL)
    GROUP BY 1, 2
), documented AS (
    SELECT g.kind, g.sequence, g.stretch, g.first_missing, count(*) AS found
    FROM gaps AS g JOIN void_tickets AS t ON t.stem = g.stem AND t.number BETWEEN g.first_missing AND g.last_missing
    WHERE g.kind = 'sale_documents'
    GROUP BY g.kind, g.sequence, g.stretch, g.first_missing
), elsewhere AS (
    SELECT g.kind, g.sequence, g.stretch, g.first_missing
    FROM gaps AS g JOIN population AS p ON p.kind = g.kind AND p.sequence = g.sequence AND p.stretch <> g.stretch
     AND p.number BETWEEN g.first_missing AND g.last_missing
     AND abs(date_diff('day', p.day, g.day_after)) <= $other_stretch_days
    WHERE g.stretch < 0  -- the year of an invoice's date is no restart of our numbers
    GROUP BY g.kind, g.sequence, g.stretch, g.first_missing
)
SELECT g.kind, s.series, s.location, s.till, g.stretch, g.first_missing, g.last_missing,
       g.missing - coalesce(d.found, 0) AS missing, coalesce(d.found, 0) AS documented, g.sequence, g.day_before, g.day_after,
       least(g.day_before, g.day_after) AS period_start, greatest(g.day_before, g.day_after) AS period_end,
       concat_ws(' ', s.series, nullif(s.location, s.series), nullif(s.till, s.series)) AS what,
       CASE WHEN abs(date_diff('day', g.day_before, g.day_after)) <= $days_apart THEN 'medium' ELSE 'low' END AS severity,
       2 AS row_count
FROM gaps AS g
JOIN stretches AS s ON s.kind = g.kind AND s.sequence = g.sequence AND s.stretch = g.stretch
JOIN habits AS h ON h.kind = g.kind AND h.sequence = g.sequence
JOIN everywhere AS e ON e.kind = g.kind
LEFT JOIN documented AS d
  ON d.kind = g.kind AND d.sequence = g.sequence AND d.stretch = g.stretch AND d.first_missing = g.first_missing
LEFT JOIN elsewhere AS o
  ON o.kind = g.kind AND o.sequence = g.sequence AND o.stretch = g.stretch AND o.first_missing = g.first_missing
WHERE g.missing <= $most_missing AND s.numbers >= $least_numbers
  AND s.numbers >= $least_dense * (s.numbers + s.missing)
  AND (h.gaps < $least_habit OR h.gaps <= $habit * h.numbers)
  AND (e.gaps < $least_habit OR e.gaps <= $habit * e.numbers)
  AND g.missing > coalesce(d.found, 0) AND o.first_missing IS NULL

-- section: evaluated
WITH stretches AS (
    SELECT kind, sequence, stretch, count(*) AS numbers,
           sum(CASE WHEN number - before - 1 <= $most_missing THEN number - before - 1 ELSE 0 END) AS missing
    FROM population GROUP BY kind, sequence, stretch
)
SELECT coalesce(sum(numbers), 0)::BIGINT AS evaluated,
       coalesce(sum(numbers) FILTER (WHERE numbers < $least_numbers OR numbers < $least_dense * (numbers + missing)), 0)::BIGINT AS unknown
FROM stretches

-- section: facts
SELECT count(*) FILTER (WHERE number - before > 1) AS gaps,
       count(*) FILTER (WHERE number - before - 1 > $most_missing) AS jumps,
       (SELECT count(*) FROM (SELECT kind, sequence FROM population GROUP BY kind, sequence
                              HAVING count(*) FILTER (WHERE number - before - 1 BETWEEN 1 AND $most_missing) >= $least_habit
                                 AND count(*) FILTER (WHERE number - before - 1 BETWEEN 1 AND $most_missing) > $habit * count(*)) AS h)
           AS series_with_a_habit
FROM population

-- section: evidence
SELECT v.kind, v.series, v.location, v.till, v.stretch, v.first_missing, v.period_start, v.period_end,
       CASE WHEN n.number < v.first_missing THEN 'before the gap' ELSE 'after the gap' END AS role,
       CASE WHEN n.number < v.first_missing THEN 0 ELSE 1 END AS ordinal,
       n.kind AS table_name, n._file_id, n._record, n._line,
       n.document AS key_document, n.number AS value_number, n.moment AS value_ts, n.location AS value_location, n.till AS value_till
FROM violations AS v
JOIN numbered_documents AS n ON n.kind = v.kind AND n.sequence = v.sequence AND n.stretch = v.stretch
 AND n.number IN (v.first_missing - 1, v.last_missing + 1)
