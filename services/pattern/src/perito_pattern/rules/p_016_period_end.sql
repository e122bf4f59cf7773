/* ---
id: P-016
version: 1
kind: function
function: perito_pattern.cashiers:judge_each
title: {en: Entries that cluster at the end of the month, es: Registros que se concentran a fin de mes}
severity: low
grain: user
unit: users and kinds of entry
identity: [user, kind]
needs:
  movements: [type, ts, user, qty]
optional:
  movements: [movement, product, location, reversal_of]
  receipts: [document, line, ts, user, product, location, qty, status]
  counts: [product, location, ts]
  users: [user, role]
unique: {cells: [kind, user, location]}
parameters:
  last_days: {default: 2, type: integer, meaning: "last days of a month that are its end"}
  counted_days: {default: 3, type: integer, meaning: "days after a count of the product within which an adjustment books the count"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all users and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other users of the same role without whom nobody is compared"}
  least_trials: {default: 20, type: integer, meaning: "entries without which a user is not compared"}
  least_events: {default: 5, type: integer, meaning: "entries at the end of months, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the share must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected share that the lower bound must reach where the peers are all alike"}
impact: none, because the day of an entry costs nothing by itself
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "User {user}: {events:,} of {trials:,} {kind_en} fall on the last days of a month; about {expected_events:,} were to be expected"
    es: "Usuario {user}: {events:,} de {trials:,} {kind_es} caen en los últimos días del mes; eran de esperar unos {expected_events:,}"
explanation:
  en: >-
    Figures are mended just before they are reported. Each user's share of adjustments and of receipts on the last two days
    of months is held against that of others of the same role, which have the same weekends, delivery days and stocktakes:
    the books' own calendar says what is usual, not an even spread over the month. Where the colleagues of the same place
    all do it, so may the user. Adjustments that book a count of the last three days, and those that were taken back, are
    left out. Told is what is unlikely given how many users were tested, and not the work of one month's end alone.
  es: >-
    Las cifras se arreglan justo antes de presentarlas. La proporción de ajustes y de recepciones de cada usuario en los dos
    últimos días de los meses se compara con la de otros del mismo puesto, que tienen los mismos fines de semana, días de
    reparto e inventarios: lo usual lo dice el calendario de los propios libros y no un reparto uniforme. Si los compañeros
    del mismo lugar lo hacen todos, también puede el usuario. No cuentan los ajustes que registran un recuento de los tres
    días anteriores ni los anulados. Se indica lo improbable dado el número de usuarios probados, y no lo de un solo día.
remedy:
  en: "Read the reasons and documents of those entries, and see what was reported for those months."
  es: "Revise los motivos y documentos de esos registros y vea qué se presentó de esos meses."
words:
  users and kinds of entry: {es: usuarios y tipos de registro}
  kind: {es: tipo}
  events: {en: entries at the end of months, es: registros a fin de mes}
  trials: {en: entries, es: registros}
  expected_events: {en: entries to be expected, es: registros esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  end of month: {es: fin de mes}
  tested: {en: compared, es: comparados}
source: "Journal-entry testing of audit practice (ISA 240)"
--- */

-- section: population
-- One row per adjustment that books no count, and per receipt.
WITH adjusted AS (
    SELECT "user", location, product, ts_date AS day, _file_id, _record
    FROM movements
    WHERE type = 'adjustment' AND coalesce(qty, 1) <> 0 AND _duplicate_record IS NULL AND reversal_of IS NULL AND "user" IS NOT NULL
), counted AS (
    SELECT product, location, ts_date AS day FROM counts
    WHERE product IS NOT NULL AND location IS NOT NULL AND ts_date IS NOT NULL GROUP BY product, location, ts_date
)
SELECT 'adjustment' AS kind, a."user", a.location, a.day, a.day > last_day(a.day) - to_days($last_days) AS is_end,
       'movements' AS table_name, a._file_id, a._record
FROM adjusted AS a
ASOF LEFT JOIN counted AS c ON c.product = a.product AND c.location = a.location AND a.day >= c.day
WHERE a.day IS NOT NULL AND coalesce(date_diff('day', c.day, a.day) > $counted_days, true)
UNION ALL
SELECT 'receipt', "user", location, ts_date, ts_date > last_day(ts_date) - to_days($last_days), 'receipts', _file_id, _record
FROM receipts
WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'pending') AND "user" IS NOT NULL AND ts_date IS NOT NULL

-- section: input
WITH roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), daily AS (
    SELECT kind, "user", location, day, count(*) AS trials, count(*) FILTER (WHERE is_end) AS events
    FROM population GROUP BY kind, "user", location, day
), cells AS (
    SELECT d.kind, d."user", d.location, max(r.role) AS role, sum(d.trials)::BIGINT AS trials, sum(d.events)::BIGINT AS events,
           max(d.events)::BIGINT AS busiest, min(CASE WHEN d.events > 0 THEN d.day END) AS first_day,
           max(CASE WHEN d.events > 0 THEN d.day END) AS last_day
    FROM daily AS d LEFT JOIN roles AS r ON r."user" = d."user"
    GROUP BY d.kind, d."user", d.location
)
SELECT kind, CASE kind WHEN 'adjustment' THEN 'stock adjustments' ELSE 'receipts of goods' END AS kind_en,
       CASE kind WHEN 'adjustment' THEN 'ajustes' ELSE 'recepciones' END AS kind_es,
       "user", location, role, NULL::VARCHAR AS format, NULL::VARCHAR AS band, trials, events, busiest, first_day, last_day,
       NULL::DECIMAL(38, 4) AS amount
FROM cells
ORDER BY kind, "user", location

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'end of month' AS role, 0 AS ordinal, 'movements' AS table_name,
       m._file_id, m._record, m._line, m.movement AS key_movement, m.ts_date AS value_date, m.product AS value_product,
       m.location AS value_location, m.qty AS value_qty
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.kind = v.kind AND p.is_end AND p.table_name = 'movements'
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'end of month' AS role, 0 AS ordinal, 'receipts' AS table_name,
       r._file_id, r._record, r._line, r.document AS key_document, r.line AS key_line, r.ts_date AS value_date,
       r.product AS value_product, r.location AS value_location, r.qty AS value_qty
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.kind = v.kind AND p.is_end AND p.table_name = 'receipts'
JOIN receipts AS r ON r._file_id = p._file_id AND r._record = p._record
