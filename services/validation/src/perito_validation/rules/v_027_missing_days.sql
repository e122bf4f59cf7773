/* ---
id: V-027
version: 1
kind: set
title: {en: Days without rows on which a place trades, es: Días sin filas en que un lugar abre}
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
  calendars: [location, day, trading]
uses: [daily_rows]
parameters:
  weeks: {default: 8, type: integer, meaning: "weeks before (or after) a day whose same weekdays say whether the place trades then"}
  least_weeks: {default: 6, type: integer, meaning: "such weekdays that must be there"}
  trading_share: {default: "0.8", type: decimal, meaning: "share of them with rows from which the place is expected to trade"}
  least_rows: {default: 12, type: integer, meaning: "rows of a usual such weekday below which a day without any may be chance"}
  longest_gap: {default: 7, type: integer, meaning: "calendar days without rows above which the place was closed, which is told as such"}
  holiday_share: {default: "0.8", type: decimal, meaning: "share of the places expected to trade that have nothing for a day to be a holiday of all"}
  holiday_places: {default: 3, type: integer, meaning: "places that must have nothing for that"}
impact: none, because what was sold on a day that is missing is not known
recoverable: false
explains: []
entities: [location]
unique: {grid: [table_name, location, day]}
texts:
  finding:
    en: "{place_en}: no rows of {table_name} on {missing:,} trading {missing:day|days} from {period_start} to {period_end}; {what_en}"
    es: "{place_es}: sin filas de {table_name} en {missing:,} {missing:día|días} de apertura del {period_start} al {period_end}; {what_es}"
explanation:
  en: >-
    A place trades on a weekday on which it had rows in four of five weeks before or after, or where the calendar says so.
    A day without rows is then a day that was not exported, or on which the place stayed closed. It weighs most where the
    calendar says that the place was open, or where the other feed of the place had a usual day: then rows are missing. More
    than a week without rows is told as closed, one day without rows in nearly all places as a holiday. Before its first row
    and after its last a place does not trade. Places with few rows a day are not judged.
  es: >-
    Un lugar abre los días de la semana en que tuvo filas en cuatro de cinco semanas anteriores o posteriores, o cuando lo
    dice el calendario. Un día sin filas es entonces un día que no se exportó, o en que el lugar cerró. Pesa más si el
    calendario dice que abrió o si la otra entrega del lugar tuvo un día normal: entonces faltan filas. Más de una semana sin
    filas se señala como cierre; un día sin filas en casi todos los lugares, como festivo. Antes de su primera fila y después
    de la última un lugar no abre. No se juzgan los lugares con pocas filas al día.
remedy:
  en: "Ask whether the place was open. If so export the day again; if not, enter the closure in the calendar."
  es: "Pregunte si el lugar abrió. Si abrió, exporte el día de nuevo; si no, anote el cierre en el calendario."
words:
  "trading days": {es: días de apertura}
  kind: {es: clase}
  missing: {en: days without rows, es: días sin filas}
  gap: {en: single days, es: días sueltos}
  closed: {en: closed, es: cerrado}
  everywhere: {en: all places, es: todos los lugares}
  usual: {en: rows of a usual day, es: filas de un día normal}
  places: {es: lugares}
  proven: {en: days on which the place was open, es: días en que el lugar abrió}
  before: {en: last row before, es: última fila anterior}
  after: {en: first row after, es: primera fila posterior}
  missing_days: {en: days without rows, es: días sin filas}
  date: {es: fecha}
source: "Completeness of deliveries by business calendar, as data observability tools check it"
--- */

-- section: population
-- One row per place and day on which it is expected to trade. `day_before` and `day_after` are the days with rows around it.
WITH places AS (
    SELECT table_name, location, min(day) AS opens, max(day) AS ends FROM daily_rows GROUP BY table_name, location
), grid AS (
    SELECT p.table_name, p.location, u.day::DATE AS day
    FROM places AS p, unnest(generate_series(p.opens::TIMESTAMP, p.ends::TIMESTAMP, INTERVAL 1 DAY)) AS u(day)
), filled AS (
    SELECT g.table_name, g.location, g.day, g.day - DATE '2000-01-01' AS number, isodow(g.day) AS weekday, r.rows
    FROM grid AS g
    LEFT JOIN daily_rows AS r ON r.table_name = g.table_name AND r.location = g.location AND r.day = g.day
), looked AS (
    SELECT *,
           count(*) OVER before AS weeks_before, count(rows) OVER before AS traded_before,
           count(*) OVER after AS weeks_after, count(rows) OVER after AS traded_after,
           quantile_disc(rows, 0.5) OVER around AS usual,
           max(CASE WHEN rows IS NOT NULL THEN day END) OVER up_to AS day_before,
           min(CASE WHEN rows IS NOT NULL THEN day END) OVER from_on AS day_after
    FROM filled
    WINDOW before AS (PARTITION BY table_name, location, weekday ORDER BY number RANGE BETWEEN 7 * $weeks PRECEDING AND 7 PRECEDING),
           after AS (PARTITION BY table_name, location, weekday ORDER BY number RANGE BETWEEN 7 FOLLOWING AND 7 * $weeks FOLLOWING),
           around AS (PARTITION BY table_name, location, weekday ORDER BY number RANGE BETWEEN 7 * $weeks PRECEDING AND 7 * $weeks FOLLOWING),
           up_to AS (PARTITION BY table_name, location ORDER BY day),
           from_on AS (PARTITION BY table_name, location ORDER BY day DESC)
), stated AS (
    SELECT location, day, bool_and(trading) AS trading
    FROM calendars
    WHERE _duplicate_record IS NULL AND location IS NOT NULL AND day IS NOT NULL AND trading IS NOT NULL
    GROUP BY location, day
    HAVING bool_and(trading) = bool_or(trading)
), expected AS (
    SELECT l.*, s.trading AS stated, l.rows IS NULL AS missing
    FROM looked AS l LEFT JOIN stated AS s ON s.location = l.location AND s.day = l.day
    WHERE l.usual >= $least_rows
      AND coalesce(s.trading, l.weeks_before >= $least_weeks AND l.traded_before >= $trading_share * l.weeks_before
                              OR l.weeks_after >= $least_weeks AND l.traded_after >= $trading_share * l.weeks_after)
), compared AS (
    -- The other feed of the place had at least half of a usual day.
    SELECT e.*, coalesce(e.stated, false) OR coalesce(2 * o.rows >= o.usual, false) AS open
    FROM expected AS e
    LEFT JOIN looked AS o ON e.missing AND o.table_name <> e.table_name AND o.location = e.location AND o.day = e.day AND o.usual >= $least_rows
)
SELECT table_name, location, day, missing, open, usual, day_before, day_after,
       count(*) FILTER (missing) OVER each_day AS places_without,
       count(*) FILTER (missing AND open) OVER each_day AS places_open,
       count(*) FILTER (missing) OVER each_day >= $holiday_places
           AND count(*) FILTER (missing) OVER each_day >= $holiday_share * count(*) OVER each_day AS everywhere
FROM compared
WINDOW each_day AS (PARTITION BY table_name, day)

-- section: violations
SELECT table_name, CASE WHEN day_after - day_before - 1 > $longest_gap AND 2 * count(*) FILTER (open) <= count(*) THEN 'closed' ELSE 'gap' END AS kind,
       location, location AS place_en, location AS place_es, min(day) AS period_start, max(day) AS period_end, count(*) AS missing, min(usual)::BIGINT AS usual, 1 AS places,
       count(*) FILTER (open) AS proven, day_before, day_after, count(*) AS row_count,
       CASE WHEN 2 * count(*) FILTER (open) > count(*) THEN 'high' WHEN day_after - day_before - 1 > $longest_gap THEN 'low' ELSE 'medium' END AS severity,
       CASE WHEN 2 * count(*) FILTER (open) > count(*) THEN 'it was open, so rows are missing'
            WHEN day_after - day_before - 1 > $longest_gap THEN 'it seems to have been closed' ELSE 'it may have been closed' END AS what_en,
       CASE WHEN 2 * count(*) FILTER (open) > count(*) THEN 'abrió, así que faltan filas'
            WHEN day_after - day_before - 1 > $longest_gap THEN 'parece que estuvo cerrado' ELSE 'puede que estuviera cerrado' END AS what_es
FROM population
WHERE missing AND NOT everywhere
GROUP BY table_name, location, day_before, day_after
UNION ALL
SELECT table_name, 'everywhere', NULL, places_without || ' places', places_without || ' lugares', day, day, 1, min(usual)::BIGINT, places_without, places_open, NULL, NULL, places_without,
       CASE WHEN 2 * places_open > places_without THEN 'medium' ELSE 'low' END,
       CASE WHEN 2 * places_open > places_without THEN 'most of them were open' ELSE 'it may have been a holiday' END,
       CASE WHEN 2 * places_open > places_without THEN 'la mayoría abrió' ELSE 'pudo ser festivo' END
FROM population
WHERE missing AND everywhere
GROUP BY table_name, day, places_without, places_open

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (missing) AS failed FROM population

-- section: facts
SELECT count(*) FILTER (missing) AS missing_days, count(DISTINCT location) AS places FROM population

-- section: evidence
SELECT 'sales' AS table_name, v.kind, v.location, v.period_start, v.period_end,
       CASE WHEN s.ts_date = v.day_before THEN 0 ELSE 1 END AS ordinal, CASE WHEN s.ts_date = v.day_before THEN 'before' ELSE 'after' END AS role,
       s._file_id, s._record, s._line, s.document AS key_document, s.location AS key_location, s.ts_date AS value_date
FROM violations AS v JOIN sales AS s ON v.table_name = 'sales' AND s.location = v.location AND s.ts_date IN (v.day_before, v.day_after)
WHERE s._duplicate_record IS NULL
QUALIFY row_number() OVER (PARTITION BY v.table_name, v.kind, v.location, v.period_start, s.ts_date
                           ORDER BY CASE WHEN s.ts_date = v.day_before THEN -s._record ELSE s._record END, s._file_id, s._record) = 1

-- section: evidence
SELECT 'movements' AS table_name, v.kind, v.location, v.period_start, v.period_end,
       CASE WHEN m.ts_date = v.day_before THEN 0 ELSE 1 END AS ordinal, CASE WHEN m.ts_date = v.day_before THEN 'before' ELSE 'after' END AS role,
       m._file_id, m._record, m._line, m.movement AS key_movement, m.location AS key_location, m.ts_date AS value_date
FROM violations AS v JOIN movements AS m ON v.table_name = 'movements' AND m.location = v.location AND m.ts_date IN (v.day_before, v.day_after)
WHERE m._duplicate_record IS NULL
QUALIFY row_number() OVER (PARTITION BY v.table_name, v.kind, v.location, v.period_start, m.ts_date
                           ORDER BY CASE WHEN m.ts_date = v.day_before THEN -m._record ELSE m._record END, m._file_id, m._record) = 1
