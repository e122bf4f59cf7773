/* ---
id: C-032
version: 1
kind: set
title: {en: Entered long after it happened or beneath a count, es: Registrado mucho después o por debajo de un conteo}
severity: medium
grain: movement
unit: movements
identity: [movement, product, location, code]
needs:
  movements: [movement, product, location, ts, posted_at]
optional:
  movements: [user, type, qty, reason, ref_id]
  counts: [count_session, product, location, ts, system_qty, counted_qty]
uses: [posting_delays]
parameters:
  days: {default: 3, type: integer, meaning: "days between movement and entry that are no matter even where a feed is usually entered at once"}
  below_days: {default: 1, type: integer, meaning: "the same where a count of the product lies between"}
  factor: {default: "2", type: decimal, meaning: "how often the usual delay of a feed may be exceeded"}
impact: "none, because it says when something was entered, and the amount is that of what it changes"
recoverable: false
explains: [C-033]
entities: [movement, product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {place}: {what}, dated {period_start}, entered on {period_end}, {observed:,} {observed:day|days} later ({expected:,} are usual){reason_en}"
    es: "{product} en {place}: {what}, con fecha {period_start}, registrado el {period_end}, {observed:,} {observed:día|días} después (lo habitual: {expected:,}){reason_es}"
words:
  late: {es: tardío}
  posted_on: {en: entered on, es: registrado el}
  below_count: {en: beneath a count, es: por debajo de un conteo}
  entered_late: {es: registrados tarde}
  entered_below_a_count: {es: registrados por debajo de un conteo}
  rows_of_a_takeover: {es: filas de una carga inicial}
explanation:
  en: >-
    Told are movements that were entered later than twice the usual delay of their type at their place, and more than three
    days after they happened (`late`); and those that were entered after a count of the product and are dated before it
    (`below_count`), from more than one day and twice the usual delay on, for they change what the count was compared with.
    What a nightly or weekly batch brings is as usual. What was entered on the first day of entries was taken over from
    an older system and is left out.
  es: >-
    Se informan los movimientos registrados más tarde que el doble del retraso habitual de su tipo en su lugar y más de tres
    días después de ocurrir (`late`), y los registrados después de un conteo del producto con fecha anterior a él
    (`below_count`), desde más de un día y el doble del retraso habitual, pues cambian aquello con lo que se comparó el
    conteo. Lo que trae una carga nocturna o semanal es lo habitual. Lo registrado el primer día de registros viene de un
    sistema anterior y queda fuera.
remedy:
  en: "Ask who entered it so late, and for the paper that shows its day; repeat the count where it lies beneath one."
  es: "Pregunte quién lo registró tan tarde y pida el documento que muestre su día; repita el conteo si queda por debajo de uno."
source: "Backdated postings, journal-entry tests of audit practice"
--- */

-- section: population
-- One row per movement that was entered later than its kind usually is.
WITH limits AS (
    SELECT type, location, delay, late, delay > greatest($days, $factor * late) AS is_late, delay > greatest($below_days, $factor * late) AS may_lie_below
    FROM posting_delays WHERE table_name = 'movements' AND NOT taken_over
), suspect AS (
    SELECT m.movement, m.product, m.location, m.type, m.ts, m.posted_at, m.ts_date AS day, m.posted_at_date AS entered_on, l.late, l.is_late, m._file_id, m._record, m._line
    FROM movements AS m
    JOIN limits AS l ON l.type = coalesce(m.type, '') AND l.location = coalesce(m.location, '') AND l.delay = m.posted_at_date - m.ts_date
    WHERE m._duplicate_record IS NULL AND (l.is_late OR l.may_lie_below) AND m.posted_at_date > (SELECT min(posted_at_date) FROM movements)
), counted AS (
    SELECT DISTINCT c.product, c.location, c.ts FROM counts AS c WHERE c._duplicate_record IS NULL AND c.ts IS NOT NULL
), below AS (
    -- The first count at or after the movement: it lies beneath one where that was taken before it was entered.
    SELECT s._file_id, s._record, c.ts AS counted_at FROM suspect AS s
    ASOF JOIN counted AS c ON c.product = s.product AND c.location = s.location AND c.ts > s.ts
    WHERE c.ts < s.posted_at AND s.type IS DISTINCT FROM 'count'
)
SELECT s.movement, s.product, s.location, s.type, s.day, s.entered_on, s.late, b.counted_at, s._file_id, s._record, s._line,
       CASE WHEN b.counted_at IS NOT NULL THEN 'below_count' WHEN s.is_late THEN 'late' END AS code
FROM suspect AS s LEFT JOIN below AS b ON b._file_id = s._file_id AND b._record = s._record
WHERE b.counted_at IS NOT NULL OR s.is_late

-- section: violations
SELECT movement, product, location, code, day AS period_start, entered_on AS period_end, coalesce(location, '?') AS place, coalesce(movement, '?') AS what,
       entered_on - day AS observed, min(late) AS expected, min(counted_at) AS counted_at, count(*) AS row_count,
       CASE code WHEN 'below_count' THEN ', after a count of it' ELSE '' END AS reason_en, CASE code WHEN 'below_count' THEN ', tras un conteo suyo' ELSE '' END AS reason_es
FROM population
GROUP BY movement, product, location, code, day, entered_on

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE ts_date IS NULL OR posted_at_date IS NULL) AS unknown, (SELECT count(*) FROM population) AS failed
FROM movements WHERE _duplicate_record IS NULL

-- section: facts
SELECT count(*) FILTER (WHERE code = 'late') AS entered_late, count(*) FILTER (WHERE code = 'below_count') AS entered_below_a_count,
       (SELECT coalesce(sum(entered_rows), 0)::BIGINT FROM posting_delays WHERE table_name = 'movements' AND taken_over) AS rows_of_a_takeover
FROM population

-- section: evidence
SELECT p.movement, p.product, p.location, p.code, p.day AS period_start, p.entered_on AS period_end,
       'movement' AS role, 0 AS ordinal, 'movements' AS table_name, p._file_id, p._record, p._line,
       p.movement AS key_movement, m.type AS value_type, m.ts_date AS value_date, m.posted_at_date AS value_posted_on, m.qty AS value_qty, m."user" AS value_user,
       m.reason AS value_reason, m.ref_id AS value_ref_id
FROM population AS p JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record

-- section: evidence
SELECT p.movement, p.product, p.location, p.code, p.day AS period_start, p.entered_on AS period_end,
       'count' AS role, 1 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.count_session AS key_count_session, c.ts_date AS value_date, c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty
FROM population AS p JOIN counts AS c ON c.product = p.product AND c.location = p.location AND c.ts = p.counted_at AND c._duplicate_record IS NULL
