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
  thin_share: {default: "0.25", type: decimal, meaning: "share of a usual day below which a day has next to nothing"}
  thin_days: {default: 2, type: integer, meaning: "such days in the weeks around from which a place does without rows at times"}
  most_gaps: {default: 2, type: integer, meaning: "gaps of a place that nothing proves and no holiday explains, above which it does without rows at times"}
  longest_gap: {default: 7, type: integer, meaning: "calendar days without rows above which the place was closed, which is told as such"}
  holiday_share: {default: "0.8", type: decimal, meaning: "share of the places expected to trade that have nothing for a day to be a holiday of all"}
  holiday_places: {default: 3, type: integer, meaning: "places that must have nothing for that, or be closed by the calendar"}
impact: none, because what was sold on a day that is missing is not known
recoverable: false
explains: []
entities: [location]
unique: {grid: [table_name, location, day]}
texts:
  finding:
    en: "{place_en}: no rows of {table_name:name} on {missing:,} trading {missing:day|days} from {period_start} to {period_end}; {what_en}"
    es: "{place_es}: sin filas de {table_name:name} en {missing:,} {missing:día|días} de apertura del {period_start} al {period_end}; {what_es}"
explanation:
  en: >-
    A place trades on a weekday on which it had rows in four of five weeks before or after; days on which the calendar says
    that it, or most places, were closed do not count. A day without rows is then a day that was not exported, or on which the
    place stayed closed. It weighs most where the calendar says that the place was open, or where the other feed of the place
    had a usual day with sales, which both hold: then rows are missing. More
    than a week without rows is told as closed, one day without rows in nearly all places as a holiday. Before its first row
    and after its last a place does not trade. Places with few rows a day are not judged, nor days that nothing proves of
    places that do without rows at times, or nearly: a warehouse is open, and nothing moves.
  es: >-
    Un lugar abre los días de la semana en que tuvo filas en cuatro de cinco semanas anteriores o posteriores; no
    cuentan los días en que, según el calendario, estaba cerrado él o la mayoría. Un día sin filas es entonces un día que no
    se exportó, o en que el lugar cerró. Pesa más si el calendario dice que abrió o si la otra entrega del lugar tuvo un día
    normal con ventas, que ambas llevan: entonces faltan filas. Más de una semana sin
    filas se señala como cierre; un día sin filas en casi todos los lugares, como festivo. Antes de su primera fila y después
    de la última un lugar no abre. No se juzgan los lugares con pocas filas al día, ni los días que nada prueba de lugares
    que a veces no tienen filas, o casi: un almacén abre y nada se mueve.
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
  day_before: {en: last day with rows before, es: último día anterior con filas}
  day_after: {en: first day with rows after, es: primer día posterior con filas}
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
), stated AS (
    SELECT location, day, bool_and(trading) AS trading
    FROM calendars
    WHERE _duplicate_record IS NULL AND location IS NOT NULL AND day IS NOT NULL AND trading IS NOT NULL
    GROUP BY location, day
    HAVING bool_and(trading) = bool_or(trading)
), holidays AS (
    -- Where most places are closed, one that is open has nothing to do: a warehouse while all shops have a holiday.
    SELECT day FROM stated
    GROUP BY day
    HAVING count(*) FILTER (NOT trading) >= $holiday_places AND 2 * count(*) FILTER (NOT trading) > (SELECT count(DISTINCT location) FROM places)
), filled AS (
    SELECT g.table_name, g.location, g.day, g.day - DATE '2000-01-01' AS number, isodow(g.day) AS weekday, s.trading AS stated,
           coalesce(s.trading, true) AND h.day IS NULL AS may_trade, r.rows, r.sale_rows
    FROM grid AS g
    LEFT JOIN holidays AS h ON h.day = g.day
    LEFT JOIN stated AS s ON s.location = g.location AND s.day = g.day
    LEFT JOIN daily_rows AS r ON r.table_name = g.table_name AND r.location = g.location AND r.day = g.day
), looked AS (
    SELECT *,
           count(*) FILTER (may_trade) OVER before AS weeks_before, count(rows) FILTER (may_trade) OVER before AS traded_before,
           count(*) FILTER (may_trade) OVER after AS weeks_after, count(rows) FILTER (may_trade) OVER after AS traded_after,
           quantile_disc(CASE WHEN may_trade THEN coalesce(rows, 0) END, 0.5) OVER around AS usual,
           max(CASE WHEN rows IS NOT NULL THEN day END) OVER up_to AS day_before,
           min(CASE WHEN rows IS NOT NULL THEN day END) OVER from_on AS day_after
    FROM filled
    WINDOW before AS (PARTITION BY table_name, location, weekday ORDER BY number RANGE BETWEEN 7 * $weeks PRECEDING AND 7 PRECEDING),
           after AS (PARTITION BY table_name, location, weekday ORDER BY number RANGE BETWEEN 7 FOLLOWING AND 7 * $weeks FOLLOWING),
           around AS (PARTITION BY table_name, location, weekday ORDER BY number RANGE BETWEEN 7 * $weeks PRECEDING AND 7 * $weeks FOLLOWING),
           up_to AS (PARTITION BY table_name, location ORDER BY day),
           from_on AS (PARTITION BY table_name, location ORDER BY day DESC)
), paced AS (
    SELECT *, count(*) FILTER (may_trade AND rows < $thin_share * usual) OVER (
               PARTITION BY table_name, location ORDER BY number RANGE BETWEEN 7 * $weeks PRECEDING AND 7 * $weeks FOLLOWING) AS thin
    FROM looked
), expected AS (
    -- That a place is open says that it can have rows, not that it has: goods come and go when they do.
    SELECT l.*, l.rows IS NULL AS missing
    FROM paced AS l
    WHERE l.usual >= $least_rows AND l.may_trade
      AND CASE WHEN greatest(l.weeks_before, l.weeks_after) >= $least_weeks
               THEN l.weeks_before >= $least_weeks AND l.traded_before >= $trading_share * l.weeks_before
                    OR l.weeks_after >= $least_weeks AND l.traded_after >= $trading_share * l.weeks_after
               ELSE coalesce(l.stated, false) AND l.traded_before + l.traded_after >= $trading_share * (l.weeks_before + l.weeks_after) END
), sellers AS (
    SELECT location FROM daily_rows WHERE table_name = 'movements' AND sale_rows > 0 GROUP BY location
), traders AS (
    -- Who sells has something to enter on every day that it is open; a warehouse that is open may have nothing to move.
    SELECT DISTINCT location FROM daily_rows WHERE table_name = 'sales' OR sale_rows > 0
), proven AS (
    -- The other feed of the place had at least half of a usual day, with sales that both hold: a stocktake moves goods in a
    -- shop that is closed, and a shop sells without the ledger that its warehouse keeps.
    SELECT e.*, coalesce(2 * o.rows >= o.usual AND o.sale_rows > 0 AND b.location IS NOT NULL, false) AS other_open
    FROM expected AS e
    LEFT JOIN sellers AS b ON b.location = e.location
    LEFT JOIN looked AS o ON e.missing AND o.table_name <> e.table_name AND o.location = e.location AND o.day = e.day AND o.usual >= $least_rows
), days AS (
    SELECT p.*, coalesce(p.stated, false) AND t.location IS NOT NULL OR p.other_open AS open,
           count(*) FILTER (missing) OVER each_day >= $holiday_places
               AND count(*) FILTER (missing) OVER each_day >= $holiday_share * count(*) OVER each_day AS everywhere
    FROM proven AS p LEFT JOIN traders AS t ON t.location = p.location
    WINDOW each_day AS (PARTITION BY table_name, day)
), gaps AS (
    SELECT table_name, location, count(DISTINCT day_before) AS gaps FROM days WHERE missing AND NOT other_open AND NOT everywhere GROUP BY table_name, location
), compared AS (
    SELECT d.*
    FROM days AS d LEFT JOIN gaps AS g ON g.table_name = d.table_name AND g.location = d.location
    WHERE NOT d.missing OR d.other_open OR d.everywhere OR d.thin < $thin_days AND g.gaps <= $most_gaps
)
SELECT table_name, location, day, missing, open, usual, day_before, day_after, everywhere,
       count(*) FILTER (missing) OVER each_day AS places_without,
       count(*) FILTER (missing AND open) OVER each_day AS places_open
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
