/* ---
id: V-028
version: 1
kind: set
title: {en: Feeds that were old when they were extracted, es: Entregas que ya eran viejas al extraerse}
severity: medium
grain: feed
unit: feeds
identity: [feed]
needs:
  feeds: [feed, file_name, extracted_at, max_age_hours]
  files: [file_id, name]
optional:
  feeds: [location]
  sales: [location, ts]
  movements: [location, ts]
  purchases: [location, ordered_at]
  receipts: [location, ts]
  invoices: [location, invoiced_at]
  returns: [location, ts]
  counts: [location, ts]
  transfers: [out_ts]
  inventory: [location, snapshot_date]
impact: none, because what has not arrived yet is not known
recoverable: false
explains: []
entities: [feed]
unique: {promised: [feed]}
texts:
  finding:
    en: "{feed:name}: its newest row was {age_hours:,} {age_hours:hour|hours} old at extraction; at most {expected:,} were agreed"
    es: "{feed:name}: su fila más nueva tenía {age_hours:,} {age_hours:hora|horas} al extraerse; se acordaron como máximo {expected:,}"
explanation:
  en: >-
    The books state for each feed when it was extracted and how old its newest row may be then. Rows dated after the
    extraction prove nothing and are left out. Where a file holds days and no times of day, a day counts as fresh until its
    end. Feeds without a file, without dated rows or without what was agreed are unknown.
  es: >-
    Los libros indican de cada entrega cuándo se extrajo y qué edad puede tener entonces su fila más nueva. Las filas con
    fecha posterior a la extracción no prueban nada y no cuentan. Si un archivo lleva días sin hora, un día es actual hasta
    su fin. Las entregas sin archivo, sin filas con fecha o sin acuerdo son desconocidas.
remedy:
  en: "Ask whoever runs the interface which run was the last to bring rows, and load what is missing."
  es: "Pregunte a quien opera la interfaz cuál fue la última ejecución que trajo filas y cargue lo que falta."
words:
  age_hours: {en: hours, es: horas}
  newest: {en: newest row, es: fila más nueva}
  stale: {en: feeds that were old, es: entregas viejas}
  statement: {en: what was agreed, es: lo acordado}
source: "Freshness tests of dbt sources"
--- */

-- section: population
-- One row per feed. `newest` is the end of the newest row's day where the file's rows stand at two times of day at most (in
-- books with summer time midnight is one of two in UTC).
WITH promised AS (
    SELECT feed, min(file_name) AS file_name, min(location) AS location, min(extracted_at) AS extracted_at, min(max_age_hours) AS max_age_hours
    FROM feeds
    WHERE _duplicate_record IS NULL AND feed IS NOT NULL
    GROUP BY feed
    HAVING count(*) = 1
), moments AS (
    SELECT _file_id, location, ts FROM sales WHERE ts IS NOT NULL
    UNION ALL SELECT _file_id, location, ts FROM movements WHERE ts IS NOT NULL
    UNION ALL SELECT _file_id, location, ordered_at FROM purchases WHERE ordered_at IS NOT NULL
    UNION ALL SELECT _file_id, location, ts FROM receipts WHERE ts IS NOT NULL
    UNION ALL SELECT _file_id, location, invoiced_at FROM invoices WHERE invoiced_at IS NOT NULL
    UNION ALL SELECT _file_id, location, ts FROM returns WHERE ts IS NOT NULL
    UNION ALL SELECT _file_id, location, ts FROM counts WHERE ts IS NOT NULL
    UNION ALL SELECT _file_id, NULL, out_ts FROM transfers WHERE out_ts IS NOT NULL
    UNION ALL SELECT _file_id, location, snapshot_date::TIMESTAMP FROM inventory WHERE snapshot_date IS NOT NULL
), seen AS (
    SELECT p.feed, max(m.ts) AS newest, count(DISTINCT m.ts::TIME) AS times
    FROM promised AS p
    JOIN files AS f ON f.name = p.file_name
    JOIN moments AS m ON m._file_id = f.file_id AND m.ts <= p.extracted_at AND (p.location IS NULL OR m.location = p.location)
    GROUP BY p.feed
), aged AS (
    SELECT p.feed, p.file_name, p.extracted_at, p.max_age_hours,
           CASE WHEN s.times <= 2 THEN least(s.newest + INTERVAL 1 DAY, p.extracted_at) ELSE s.newest END AS newest
    FROM promised AS p LEFT JOIN seen AS s ON s.feed = p.feed
)
SELECT *, round(ratio(date_diff('second', newest, extracted_at), 3600), 1)::DECIMAL(18, 1) AS age_hours,
       date_diff('second', newest, extracted_at) > 3600 * max_age_hours AS stale
FROM aged

-- section: violations
SELECT feed, file_name, newest::DATE AS newest, age_hours, age_hours AS observed, max_age_hours AS expected,
       CASE WHEN age_hours > 2 * max_age_hours THEN 'high' ELSE 'medium' END AS severity
FROM population
WHERE stale

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (stale IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS stale FROM violations

-- section: evidence
SELECT v.feed, 'statement' AS role, 'feeds' AS table_name, e._file_id, e._record, e._line, e.feed AS key_feed,
       e.file_name AS value_file_name, e.extracted_at AS value_extracted_at, e.max_age_hours AS value_max_age_hours
FROM violations AS v JOIN feeds AS e ON e.feed = v.feed
WHERE e._duplicate_record IS NULL
