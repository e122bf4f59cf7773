/* ---
id: V-029
version: 1
kind: set
title: {en: Days on which part of the rows is missing, es: Días en que falta parte de las filas}
severity: medium
grain: location
unit: trading days
identity: [table_name, kind, location]
needs:
  files: [file_id, name]
one_of: [sales.location, movements.location]
optional:
  sales: [document, location, ts]
  movements: [movement, location, ts]
uses: [daily_rows]
parameters:
  robust_z: {default: "6", type: decimal, meaning: "robust z below which a day has lost rows"}
  least_sigma: {default: "4", type: decimal, meaning: "by how many times the spread of plain counting chance the rows must fall short"}
  least_drop: {default: "0.3", type: decimal, meaning: "share of the expected rows that must be missing"}
  least_rows: {default: 30, type: integer, meaning: "expected rows below which a day is not judged"}
  weeks: {default: 13, type: integer, meaning: "weeks before and after a day whose same weekdays say how many rows it has"}
  least_weeks: {default: 8, type: integer, meaning: "such weekdays that must be there"}
  least_days: {default: 3, type: integer, meaning: "days with rows in the week before a day, below which the place is just being set up"}
  least_spread: {default: "0.03", type: decimal, meaning: "smallest spread of days about what is expected that is believed"}
  least_places: {default: 3, type: integer, meaning: "places that make a comparison of one day possible"}
  samples: {default: 5, type: integer, meaning: "rows of the day shown as evidence"}
impact: none, because what was sold in the rows that are missing is not known
recoverable: false
explains: []
entities: [location]
texts:
  finding:
    en: "{place_en}: {row_count:,} {row_count:row|rows} of {table_name:name} on {period_start}, where {expected:,} were to be expected"
    es: "{place_es}: {row_count:,} {row_count:fila|filas} de {table_name:name} el {period_start}, cuando cabía esperar {expected:,}"
explanation:
  en: >-
    A file that was cut off leaves a day with half of its rows, and nothing else shows it. What a day should have is the
    middle of the same weekdays of a quarter before and after, times the lower level of the weeks before and after it; the day itself
    is no part of either, so growth, seasons and a new shop's first months say nothing, nor do its first days. On a day on
    which half of the places have no rows at all, as on a holiday, those that have some are not judged. A place is compared with what the
    other places lost that day; where most of them did, it is told once and with less weight, for it may have been the
    weather or the eve of a holiday. Days with many rows are no loss and not told, days without any are V-027's.
  es: >-
    Un archivo cortado deja un día con la mitad de sus filas y nada más lo muestra. Lo que un día debe tener es la mediana de
    los mismos días de la semana de un trimestre antes y después, por el menor nivel de las semanas anterior y posterior; el propio día no
    entra, así que el crecimiento, las temporadas y los primeros días y meses de una tienda no dicen nada. Si ese día la
    mitad de los lugares no tiene ninguna fila, como en un festivo, los demás no se juzgan. Un lugar se compara con
    lo que perdieron los demás ese día; si fue la mayoría, se señala una vez y con menos peso, pues pudo ser el tiempo o una
    víspera. Los días con muchas filas no son pérdida y no se señalan; los que no tienen ninguna son de V-027.
remedy:
  en: "Compare the day's total with the till's own report, and export the day again."
  es: "Compare el total del día con el informe de la caja y exporte el día de nuevo."
words:
  "trading days": {es: días de apertura}
  kind: {es: clase}
  places: {es: lugares}
  one_place: {en: one place, es: un lugar}
  everywhere: {en: most places, es: la mayoría de los lugares}
  robust_z: {en: robust z, es: z robusta}
  present: {en: rows that are there, es: filas que están}
  short_days: {en: days with too few rows, es: días con pocas filas}
  moment: {es: momento}
source: "Volume anomaly tests of data observability tools; Iglewicz and Hoaglin's modified z-score"
--- */

-- section: population
-- One row per place and day with enough of both to be judged: how far its rows are from what is expected, as a share of it.
WITH usual AS (
    SELECT table_name, location, day, rows, day - DATE '2000-01-01' AS number,
           quantile_disc(rows, 0.5) OVER weekdays AS weekday_rows, count(*) OVER weekdays AS weekdays
    FROM daily_rows
    WINDOW weekdays AS (PARTITION BY table_name, location, isodow(day) ORDER BY day - DATE '2000-01-01'
                        RANGE BETWEEN 7 * $weeks PRECEDING AND 7 * $weeks FOLLOWING EXCLUDE CURRENT ROW)
), relative AS (
    SELECT table_name, location, day, rows, number, weekday_rows, weekdays, ratio(rows, weekday_rows) AS relative FROM usual
), levelled AS (
    -- The lower of the weeks before and after: where a place has just opened, or business has just changed, one of them says so.
    SELECT *, least(quantile_disc(relative, 0.5) OVER before, quantile_disc(relative, 0.5) OVER after) AS level, count(*) OVER before AS days_before
    FROM relative
    WINDOW before AS (PARTITION BY table_name, location ORDER BY number RANGE BETWEEN 7 PRECEDING AND 1 PRECEDING),
           after AS (PARTITION BY table_name, location ORDER BY number RANGE BETWEEN 1 FOLLOWING AND 7 FOLLOWING)
), foreseen AS (
    SELECT *, (weekday_rows::DECIMAL(18, 0) * level::DECIMAL(18, 9))::DECIMAL(18, 4) AS foreseen
    FROM levelled
    -- A place that has hardly begun is being set up.
    WHERE weekdays >= $least_weeks AND level > 0 AND days_before >= $least_days
), active AS (
    SELECT table_name, day, count(*) AS places FROM daily_rows GROUP BY table_name, day
), holidays AS (
    -- Days on which half of the places that usually work on such a weekday, or more, have nothing at all.
    SELECT table_name, day
    FROM (
        SELECT table_name, day, places, quantile_disc(places, 0.5) OVER (
                   PARTITION BY table_name, isodow(day) ORDER BY day - DATE '2000-01-01'
                   RANGE BETWEEN 7 * $weeks PRECEDING AND 7 * $weeks FOLLOWING EXCLUDE CURRENT ROW) AS usual_places
        FROM active
    ) AS a
    WHERE usual_places > 1 AND places * 2 <= usual_places
), differing AS (
    SELECT f.table_name, f.location, f.day, f.rows, f.foreseen, ratio(f.rows - f.foreseen, f.foreseen)::DECIMAL(18, 9) AS deviation
    FROM foreseen AS f LEFT JOIN holidays AS h ON h.table_name = f.table_name AND h.day = f.day
    WHERE f.foreseen >= $least_rows AND h.day IS NULL
), shared AS (
    SELECT *, count(*) OVER (PARTITION BY table_name, day) AS places,
           quantile_disc(deviation, 0.5) OVER (PARTITION BY table_name, day) AS of_all
    FROM differing
), corrected AS (
    -- What all places lost that day is taken off what is expected of one.
    SELECT *, CASE WHEN places >= $least_places AND of_all < 0 THEN deviation - of_all ELSE deviation END AS own FROM shared
)
SELECT *, greatest(quantile_disc(abs(own), 0.5) OVER (PARTITION BY table_name, location), $least_spread) AS spread,
       greatest(quantile_disc(abs(of_all), 0.5) OVER (PARTITION BY table_name), $least_spread) AS spread_of_all
FROM corrected

-- section: violations
SELECT table_name, 'one_place' AS kind, location, location AS place_en, location AS place_es, day AS period_start, day AS period_end, rows AS row_count, rows AS observed,
       round(foreseen, 0)::DECIMAL(18, 0) AS expected, places, ratio(0.6745 * own, spread)::DECIMAL(18, 1) AS robust_z, 'medium' AS severity
FROM population
WHERE -own >= $least_drop AND 0.6745 * -own > $robust_z * spread
  AND (own * own)::DECIMAL(18, 9) * foreseen > $least_sigma * $least_sigma
UNION ALL
SELECT table_name, 'everywhere', NULL, places || ' places', places || ' lugares', day, day, sum(rows)::BIGINT, sum(rows)::BIGINT, round(sum(foreseen), 0)::DECIMAL(18, 0), places,
       ratio(0.6745 * of_all, spread_of_all)::DECIMAL(18, 1), 'low'
FROM population
WHERE places >= $least_places AND -of_all >= $least_drop AND 0.6745 * -of_all > $robust_z * spread_of_all
GROUP BY table_name, day, places, of_all, spread_of_all

-- section: evaluated
SELECT (SELECT count(*) FROM daily_rows) AS evaluated,
       (SELECT count(*) FROM violations WHERE location IS NOT NULL) AS failed,
       (SELECT count(*) FROM daily_rows) - count(*) AS unknown
FROM population

-- section: facts
SELECT count(*) AS short_days FROM violations

-- section: evidence
SELECT 'sales' AS table_name, v.kind, v.location, v.period_start, v.period_end, 'present' AS role, s._file_id, s._record, s._line,
       s.document AS key_document, s.location AS key_location, s.ts AS value_moment
FROM violations AS v
JOIN sales AS s ON v.table_name = 'sales' AND s.ts_date = v.period_start AND (v.location IS NULL OR s.location = v.location)
WHERE s._duplicate_record IS NULL
QUALIFY row_number() OVER (PARTITION BY v.table_name, v.kind, v.location, v.period_start ORDER BY s.ts DESC, s._file_id, s._record) <= $samples

-- section: evidence
SELECT 'movements' AS table_name, v.kind, v.location, v.period_start, v.period_end, 'present' AS role, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.location AS key_location, m.ts AS value_moment
FROM violations AS v
JOIN movements AS m ON v.table_name = 'movements' AND m.ts_date = v.period_start AND (v.location IS NULL OR m.location = v.location)
WHERE m._duplicate_record IS NULL
QUALIFY row_number() OVER (PARTITION BY v.table_name, v.kind, v.location, v.period_start ORDER BY m.ts DESC, m._file_id, m._record) <= $samples
