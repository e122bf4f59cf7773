/* ---
id: P-039
version: 1
kind: set
title: {en: A count too perfect to be true, es: Un conteo demasiado perfecto}
severity: medium
grain: group
unit: count sessions
identity: [location, count_session]
needs:
  counts: [count_session, ts, product, location, system_qty, counted_qty]
optional:
  counts: [counter, lot]
  count_sessions: [count_session, started_at, ended_at, counter]
parameters:
  chance: {default: "0.0001", type: decimal, meaning: "chance, over all sessions together, below which no difference at all is too perfect"}
  least: {default: 20, type: integer, meaning: "counted lines without which a session is not tested"}
  least_elsewhere: {default: 200, type: integer, meaning: "lines counted elsewhere without which nobody can say what is usual"}
  usual: {default: "0.05", type: decimal, meaning: "share of sessions elsewhere, at least as long, without a difference above which perfect counts are usual"}
  seconds: {default: 3, type: integer, meaning: "seconds per line below which nobody has looked"}
impact: none, because a difference that nobody looked for is not known
explains: []
entities: [location, count_session]
texts:
  finding:
    en: "Count {count_session} at {location}: {lines:,} lines and not one difference, where {expected_differences:,} were to be expected{pace_en}"
    es: "Conteo {count_session} en {location}: {lines:,} líneas y ni una diferencia, donde eran de esperar {expected_differences:,}{pace_es}"
explanation:
  en: >-
    Whoever counts hundreds of lines finds a few differences: goods lie elsewhere, or the books err. A session without any,
    where other places' counts of like quantities let expect many, was probably copied from the books. What is usual is taken
    from the other places, by how much lies there, and only where long sessions without a difference are rare. Seconds per
    line are told where the session states its times.
  es: >-
    Quien cuenta cientos de líneas halla algunas diferencias: la mercancía está en otro sitio o los libros yerran. Una sesión
    sin ninguna, donde los conteos de otros lugares con cantidades parecidas hacen esperar muchas, probablemente se copió de
    los libros. Lo usual se toma de los demás lugares, según la cantidad, y solo si las sesiones largas sin diferencias son
    raras. Se indican los segundos por línea si la sesión da sus horas.
remedy:
  en: "Count some of its products again, with somebody else and without the books' quantities."
  es: "Vuelva a contar algunos de sus productos, con otra persona y sin las cantidades de los libros."
words:
  count sessions: {es: sesiones de conteo}
  lines: {es: líneas}
  expected_differences: {es: diferencias esperadas}
  seconds_per_line: {es: segundos por línea}
  perfect_sessions: {es: sesiones sin diferencia}
  count: {es: conteo}
source: "Inventory observation, audit practice"
--- */

-- section: population
WITH lines AS (
    SELECT location, count_session, CASE WHEN system_qty <= 2 THEN 0 WHEN system_qty <= 10 THEN 1 WHEN system_qty <= 50 THEN 2 ELSE 3 END AS band,
           counted_qty = system_qty AS agrees
    FROM counts
    WHERE _duplicate_record IS NULL AND location IS NOT NULL AND count_session IS NOT NULL
), cells AS (
    SELECT location, count_session, band, count(agrees) AS lines, count(*) FILTER (agrees) AS agreed, count(*) - count(agrees) AS unread
    FROM lines GROUP BY location, count_session, band
), places AS (
    SELECT location, band, sum(lines) AS lines, sum(agreed) AS agreed FROM cells GROUP BY location, band
), bands AS (
    SELECT band, sum(lines) AS lines, sum(agreed) AS agreed FROM places GROUP BY band
), elsewhere AS (
    -- Half a difference more than was found: what was never seen is rare and not impossible.
    SELECT p.location, p.band, b.lines - p.lines AS lines, ratio(b.lines - p.lines - (b.agreed - p.agreed) + 0.5, b.lines - p.lines + 1) AS share
    FROM places AS p JOIN bands AS b ON b.band = p.band
), sessions AS (
    SELECT c.location, c.count_session, sum(c.lines) AS lines, sum(c.agreed) AS agreed, sum(c.unread) AS unread,
           sum(c.lines * e.share) AS expected, min(e.lines) AS lines_elsewhere,
           sum((c.lines * ln(1 - least(e.share, 0.99)))::DECIMAL(38, 9)) AS log_chance
    FROM cells AS c JOIN elsewhere AS e ON e.location = c.location AND e.band = c.band
    GROUP BY c.location, c.count_session
), times AS (
    -- No time at all between beginning and end is a day that was typed in, or one moment in both columns.
    SELECT count_session, CASE WHEN count(*) = 1 THEN nullif(max(date_diff('second', started_at, ended_at)), 0) END AS seconds
    FROM count_sessions WHERE count_session IS NOT NULL AND _duplicate_record IS NULL GROUP BY count_session
), judged AS (
    SELECT location, count_session, lines, agreed, expected, log_chance,
           lines >= $least AND lines_elsewhere >= $least_elsewhere AND unread = 0 AS known
    FROM sessions
)
SELECT j.location, j.count_session, j.lines, j.agreed, j.known, j.expected, j.log_chance,
       count(*) FILTER (j.known) OVER () AS tested, ratio(t.seconds, j.lines) AS seconds_per_line
FROM judged AS j LEFT JOIN times AS t ON t.count_session = j.count_session

-- section: violations
WITH candidates AS (
    SELECT * FROM population
    WHERE known AND agreed = lines AND log_chance <= (ln($chance::DOUBLE / tested))::DECIMAL(38, 9)
), compared AS (
    -- Of the sessions at other places that are at least half as long, how many are perfect.
    SELECT c.location, c.count_session, count(*) AS sessions, count(*) FILTER (s.agreed = s.lines) AS perfect
    FROM candidates AS c JOIN population AS s ON s.location <> c.location AND s.lines * 2 >= c.lines
    GROUP BY c.location, c.count_session
)
SELECT c.location, c.count_session, c.lines, c.expected::DECIMAL(18, 1) AS expected_differences,
       c.seconds_per_line::DECIMAL(18, 1) AS seconds_per_line,
       CASE WHEN c.seconds_per_line > 0 AND c.seconds_per_line < $seconds THEN ', in ' || c.seconds_per_line::DECIMAL(18, 1) || ' seconds a line' ELSE '' END AS pace_en,
       CASE WHEN c.seconds_per_line > 0 AND c.seconds_per_line < $seconds THEN ', en ' || replace(c.seconds_per_line::DECIMAL(18, 1)::VARCHAR, '.', ',') || ' segundos por línea' ELSE '' END AS pace_es,
       CASE WHEN c.seconds_per_line > 0 AND c.seconds_per_line < $seconds THEN 'medium' ELSE 'low' END AS severity, c.lines AS row_count
FROM candidates AS c
LEFT JOIN compared AS o ON o.location = c.location AND o.count_session = c.count_session
WHERE coalesce(o.perfect <= $usual * o.sessions, true)

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT known) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE agreed = lines) AS perfect_sessions FROM population

-- section: evidence
SELECT v.location, v.count_session, 'count' AS role, 0 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.count_session AS key_count_session, c.product AS key_product, c.location AS key_location, c.ts AS value_ts,
       c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty, c.counter AS value_counter
FROM violations AS v
JOIN counts AS c ON c.location = v.location AND c.count_session = v.count_session
WHERE c._duplicate_record IS NULL
