/* ---
id: C-031
version: 1
kind: set
title: {en: Movements on the wrong side of a month end, es: Movimientos del lado equivocado de un fin de mes}
severity: medium
grain: key-period
unit: movements
identity: [feed, location, month_end, code]
needs:
  movements: [movement, type, ts, posted_at]
optional:
  movements: [location, product, qty, user]
  receipts: [document, line, product, location, ts, posted_at, qty]
uses: [posting_delays]
parameters:
  days: {default: 3, type: integer, meaning: "days between movement and entry that are no matter even where a feed is usually entered at once"}
  factor: {default: "2", type: decimal, meaning: "how often the usual delay of a feed may be exceeded"}
impact: "none, because what is told belongs to another month and is not lost"
recoverable: false
explains: []
entities: [location]
partition_by: [location]
texts:
  finding:
    en: "{place}: {observed:,} {observed:row|rows} of {rows_en} {reason_en} the month end {month_end}, {most_days:,} {most_days:day|days} apart at most where {usual_days:,} are usual"
    es: "{place}: {observed:,} {observed:fila|filas} {rows_es} {reason_es} fin de mes {month_end}, con hasta {most_days:,} {most_days:día|días} de diferencia; lo habitual son {usual_days:,}"
words:
  month_end: {en: month end, es: fin de mes}
  posted_on: {en: entered on, es: registrado el}
  posted_after: {es: registrado después}
  dated_ahead: {es: con fecha adelantada}
  rows_over_a_month_end: {es: filas que cruzan un fin de mes}
  rows_with_both_times: {es: filas con ambas fechas}
  rows_of_a_takeover: {es: filas de una carga inicial}
  most_days: {es: días como máximo}
  usual_days: {es: días habituales}
explanation:
  en: >-
    A movement belongs to the month in which it happened. Told are, per place and month end, rows that happened before it
    and were entered after it (`posted_after`), and rows dated after it that were entered before it (`dated_ahead`), where
    day of movement and day of entry lie further apart than twice what is usual for that type of movement at that place,
    and more than three days. So a nightly or weekly batch is no finding, nor what was taken over from an older system on
    the first day of entries.
  es: >-
    Un movimiento pertenece al mes en que ocurrió. Se informan, por lugar y fin de mes, las filas ocurridas antes y
    registradas después (`posted_after`) y las fechadas después y registradas antes (`dated_ahead`), si el día del movimiento
    y el del registro distan más del doble de lo habitual para ese tipo de movimiento en ese lugar, y más de tres días. Así
    una carga nocturna o semanal no es hallazgo, ni lo traído de un sistema anterior el primer día de registros.
remedy:
  en: "Ask when the goods moved; report the month with what belongs to it."
  es: "Pregunte cuándo se movió la mercancía; presente el mes con lo que le pertenece."
source: "Cut-off tests of audit practice"
--- */

-- section: population
-- One row per row of the ledger or of receipts that lies over a month end.
WITH limits AS (
    SELECT table_name, type, location, delay, late, early, greatest($days, $factor * late) AS latest, least(-$days, $factor * early) AS earliest
    FROM posting_delays WHERE NOT taken_over
), dated AS NOT MATERIALIZED (
    SELECT 'movements' AS feed, coalesce(type, '') AS kind, location, ts_date AS day, posted_at_date AS entered_on, _file_id, _record, _line,
           posted_at_date = (SELECT min(posted_at_date) FROM movements) AS taken_over
    FROM movements
    WHERE _duplicate_record IS NULL AND year(ts_date) * 12 + month(ts_date) <> year(posted_at_date) * 12 + month(posted_at_date)
    UNION ALL
    SELECT 'receipts', '', location, ts_date, posted_at_date, _file_id, _record, _line, posted_at_date = (SELECT min(posted_at_date) FROM receipts)
    FROM receipts
    WHERE _duplicate_record IS NULL AND year(ts_date) * 12 + month(ts_date) <> year(posted_at_date) * 12 + month(posted_at_date)
)
SELECT d.feed, d.location, d.day, d.entered_on, d._file_id, d._record, d._line, CASE WHEN d.entered_on > d.day THEN l.late ELSE -l.early END AS usual_days, abs(l.delay) AS days_apart,
       last_day(least(d.day, d.entered_on)) AS month_end,
       CASE WHEN l.delay > l.latest THEN 'posted_after' WHEN l.delay < l.earliest THEN 'dated_ahead' ELSE 'usual' END AS code
FROM dated AS d
JOIN limits AS l ON l.table_name = d.feed AND l.type = d.kind AND l.location = coalesce(d.location, '') AND l.delay = d.entered_on - d.day
WHERE NOT d.taken_over

-- section: violations
SELECT feed, location, month_end, code, min(least(day, entered_on)) AS period_start, max(greatest(day, entered_on)) AS period_end,
       coalesce(location, '?') AS place, count(*) AS observed, max(days_apart) AS most_days, max(usual_days) AS usual_days, count(*) AS row_count,
       CASE code WHEN 'posted_after' THEN 'that happened before, entered after' ELSE 'dated after, entered before' END AS reason_en,
       CASE code WHEN 'posted_after' THEN 'de lo ocurrido antes, con registro después del' ELSE 'con fecha posterior y registro antes del' END AS reason_es,
       CASE feed WHEN 'movements' THEN 'the ledger' ELSE 'the receipts' END AS rows_en, CASE feed WHEN 'movements' THEN 'del diario' ELSE 'de recepciones' END AS rows_es
FROM population
WHERE code <> 'usual'
GROUP BY feed, location, month_end, code

-- section: evaluated
SELECT (SELECT coalesce(sum(entered_rows), 0) FROM posting_delays)::BIGINT + u.undated AS evaluated, u.undated AS unknown, (SELECT count(*) FROM population WHERE code <> 'usual') AS failed
FROM (SELECT count(*) AS undated FROM movements WHERE _duplicate_record IS NULL AND (ts_date IS NULL OR posted_at_date IS NULL)) AS u

-- section: facts
SELECT coalesce(sum(entered_rows), 0)::BIGINT AS rows_with_both_times, coalesce(sum(entered_rows) FILTER (WHERE taken_over), 0)::BIGINT AS rows_of_a_takeover,
       (SELECT count(*) FROM population) AS rows_over_a_month_end, (SELECT count(*) FROM population WHERE code = 'posted_after') AS posted_after,
       (SELECT count(*) FROM population WHERE code = 'dated_ahead') AS dated_ahead
FROM posting_delays

-- section: evidence
SELECT p.feed, p.location, p.month_end, p.code, v.period_start, v.period_end,
       'movement' AS role, 0 AS ordinal, 'movements' AS table_name, p._file_id, p._record, p._line,
       m.movement AS key_movement, m.type AS value_type, m.product AS value_product, m.ts_date AS value_date, m.posted_at_date AS value_posted_on, m.qty AS value_qty, m."user" AS value_user
FROM population AS p
JOIN violations AS v ON v.feed = p.feed AND v.location IS NOT DISTINCT FROM p.location AND v.month_end = p.month_end AND v.code = p.code
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
WHERE p.feed = 'movements'

-- section: evidence
SELECT p.feed, p.location, p.month_end, p.code, v.period_start, v.period_end,
       'receipt' AS role, 1 AS ordinal, 'receipts' AS table_name, p._file_id, p._record, p._line,
       r.document AS key_document, r.line AS key_line, r.product AS value_product, r.ts_date AS value_date, r.posted_at_date AS value_posted_on, r.qty AS value_qty
FROM population AS p
JOIN violations AS v ON v.feed = p.feed AND v.location IS NOT DISTINCT FROM p.location AND v.month_end = p.month_end AND v.code = p.code
JOIN receipts AS r ON r._file_id = p._file_id AND r._record = p._record
WHERE p.feed = 'receipts'
