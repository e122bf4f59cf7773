/* ---
id: P-035
version: 1
kind: function
function: perito_pattern.shrink:judge
title: {en: Where counted losses gather, es: Dónde se concentran las pérdidas contadas}
severity: medium
grain: group
unit: places and categories
identity: [location, category]
needs:
  counts: [ts, product, location, system_qty, counted_qty]
optional:
  counts: [count_session, unit_cost, counter]
  products: [product, category, unit_cost]
  movements: [type, product, location, ts, qty]
uses: [count_differences]
unique: {lines: [_file_id, _record], groups: [location, category]}
parameters:
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all places and categories tested"}
  weighed: {default: "0.005", type: decimal, meaning: "part of a quantity with fractions up to which what is missing is the scale's"}
  floor: {default: "0.02", type: decimal, meaning: "share of counted lines that may always find less"}
  least: {default: 12, type: integer, meaning: "counted lines without which a place or category is not tested"}
  least_events: {default: 10, type: integer, meaning: "lines with a new loss from which it is told"}
  least_ratio: {default: "2", type: decimal, meaning: "how many times what is to be expected that must be"}
  least_peers: {default: 8, type: integer, meaning: "places or categories from which on their differences are allowed for"}
impact: column
recoverable: false
explains: []
entities: [location, category]
texts:
  finding:
    en: "Counts {where_en}: {events:,} of {trials:,} lines found a new loss; about {expected_events:,} were to be expected"
    es: "Conteos {where_es}: {events:,} de {trials:,} líneas hallaron una pérdida nueva; eran de esperar unas {expected_events:,}"
explanation:
  en: >-
    Losses are found everywhere, and most where most is counted. Here counts find them far more often than in the rest of
    the books, whatever chance and the differences between honest places allow. A difference that the count before had found
    already is no new loss where the books were not corrected; nor is half a percent of what is weighed. A category at
    a place is compared with the others there too. The impact is the cost of the losses beyond those expected; a whole place
    has none, for what its people and papers cost is told of them.
  es: >-
    Pérdidas hay en todas partes, y más donde más se cuenta. Aquí los conteos las hallan con mucha más frecuencia que en el
    resto de los libros, más de lo que permiten el azar y las diferencias entre lugares honrados. Una diferencia que ya halló
    el conteo anterior no es una pérdida nueva si los libros no se corrigieron; tampoco medio por ciento de lo que se pesa.
    Una categoría de un lugar se compara también con las demás de allí. El impacto es el coste de las pérdidas por encima de
    las esperadas; un lugar entero no lo tiene, pues lo que cuestan sus personas y papeles se dice de ellos.
remedy:
  en: "Look at these goods first: where they lie, who has access, how they arrive, and how they are counted."
  es: "Mire primero esta mercancía: dónde está, quién tiene acceso, cómo llega y cómo se cuenta."
words:
  places and categories: {es: lugares y categorías}
  trials: {es: líneas contadas, en: counted lines}
  events: {es: pérdidas nuevas, en: new losses}
  expected_events: {es: esperadas, en: expected}
  chance: {es: probabilidad}
  groups_tested: {es: grupos probados}
  losses: {es: pérdidas}
  loss: {es: pérdida}
source: "Shrink concentration, retail loss prevention"
--- */

-- section: population
WITH lines AS (
    SELECT product, location, CASE WHEN category <> '' THEN category END AS category, day,
           CASE WHEN (system_qty <> floor(system_qty) OR counted_qty <> floor(counted_qty)) AND abs(difference) <= $weighed * abs(system_qty)
                THEN 0 ELSE difference END AS difference, unit_cost, _file_id, _record
    FROM count_differences
    WHERE difference IS NOT NULL AND product IS NOT NULL AND location IS NOT NULL AND day IS NOT NULL
), followed AS (
    SELECT *, lag(difference) OVER k AS before, lag(day) OVER k AS day_before
    FROM lines
    WINDOW k AS (PARTITION BY product, location ORDER BY day, _file_id, _record)
), corrected AS (
    -- Where the books took in what the count before had found, all that this one finds is new.
    SELECT DISTINCT f._file_id, f._record
    FROM followed AS f
    JOIN movements AS m ON m.product = f.product AND m.location = f.location AND m.qty = f.before
     AND m.ts_date BETWEEN f.day_before AND f.day
    WHERE f.before < 0 AND f.difference < 0 AND m.type = 'adjustment' AND m._duplicate_record IS NULL
), fresh AS (
    SELECT f.*, greatest(CASE WHEN c._record IS NULL THEN least(coalesce(f.before, 0), 0) ELSE 0 END - f.difference, 0) AS lost
    FROM followed AS f LEFT JOIN corrected AS c ON c._file_id = f._file_id AND c._record = f._record
)
SELECT product, location, category, day, lost, try((lost::DECIMAL(38, 4) * unit_cost)::DECIMAL(38, 8)) AS value, _file_id, _record
FROM fresh

-- section: input
WITH cells AS (
    SELECT location, category, count(*) AS trials, count(*) FILTER (lost > 0) AS events,
           count(*) FILTER (lost > 0 AND value IS NULL) AS unvalued, coalesce(sum(value), 0) AS lost
    FROM population GROUP BY location, category
), groups AS (
    SELECT location, category, trials, events, unvalued, lost FROM cells WHERE category IS NOT NULL
    UNION ALL
    SELECT location, NULL, sum(trials), sum(events), sum(unvalued), sum(lost) FROM cells GROUP BY location
    UNION ALL
    SELECT NULL, category, sum(trials), sum(events), sum(unvalued), sum(lost) FROM cells WHERE category IS NOT NULL GROUP BY category
), places AS (
    SELECT location, sum(trials) AS trials, sum(events) AS events FROM cells GROUP BY location
), everybody AS (
    SELECT sum(trials) AS trials, sum(events) AS events FROM cells
)
-- A category at a place is held against the other categories of the place too: where they all lose, it is the place.
SELECT g.location, g.category, g.trials::BIGINT AS trials, g.events::BIGINT AS events,
       CASE WHEN g.unvalued = 0 AND g.category IS NOT NULL THEN g.lost::DECIMAL(38, 4) END AS lost,
       greatest(ratio(e.events - g.events, e.trials - g.trials),
                CASE WHEN g.category IS NOT NULL AND p.trials - g.trials >= $least THEN ratio(p.events - g.events, p.trials - g.trials) END) AS share
FROM groups AS g CROSS JOIN everybody AS e LEFT JOIN places AS p ON p.location = g.location
ORDER BY g.location, g.category

-- section: evidence
SELECT v.location, v.category, 'loss' AS role, 0 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.count_session AS key_count_session, c.product AS key_product, c.location AS key_location, c.ts_date AS value_date,
       c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty, c.counter AS value_counter
FROM violations AS v
JOIN population AS p ON coalesce(p.location = v.location, v.location IS NULL) AND coalesce(p.category = v.category, v.category IS NULL)
JOIN counts AS c ON c._file_id = p._file_id AND c._record = p._record
WHERE p.lost > 0
