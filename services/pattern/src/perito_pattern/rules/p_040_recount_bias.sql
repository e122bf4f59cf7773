/* ---
id: P-040
version: 1
kind: function
function: perito_pattern.peer_shares:judge
title: {en: Counts that recounts correct to one side, es: Conteos que los reconteos corrigen hacia un lado}
severity: low
grain: group
unit: people who count
identity: [counter]
needs:
  counts: [ts, product, location, counted_qty, recount_qty, counter]
optional:
  counts: [count_session, recounter]
parameters:
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all people tested"}
  floor: {default: "0.5", type: decimal, meaning: "share of one side that chance alone gives"}
  least: {default: 10, type: integer, meaning: "recounts that found something else without which nobody is tested"}
  least_events: {default: 10, type: integer, meaning: "corrections to the same side from which somebody is told"}
  least_ratio: {default: "1.3", type: decimal, meaning: "how many times what is to be expected that must be"}
  least_peers: {default: 8, type: integer, meaning: "peers from which on their differences are allowed for"}
impact: none, because the recount has put the quantity right
explains: []
entities: [counter]
texts:
  finding:
    en: "{counter}: {events:,} of {trials:,} recounts found {direction_en} than was counted; about {expected_events:,} were to be expected"
    es: "{counter}: {events:,} de {trials:,} reconteos hallaron {direction_es} de lo contado; eran de esperar unos {expected_events:,}"
explanation:
  en: >-
    Who miscounts errs up and down. Where the second count corrects one person nearly always to the same side, more than it
    corrects the others, the first count may follow the books, leave out a place, or leave room for what is taken. Only
    recounts that found another quantity count; what a person recounted himself is left out.
  es: >-
    Quien cuenta mal yerra hacia arriba y hacia abajo. Si el segundo conteo corrige a una persona casi siempre hacia el mismo
    lado, más que a las demás, puede que el primero siga los libros, omita un sitio o deje margen para lo que falta. Solo
    cuentan los reconteos que hallaron otra cantidad; se omite lo que la persona recontó por sí misma.
remedy:
  en: "Watch one count, and let somebody else count the same shelves without the books' quantities."
  es: "Presencie un conteo y haga que otra persona cuente los mismos estantes sin las cantidades de los libros."
words:
  people who count: {es: personas que cuentan}
  trials: {es: reconteos distintos, en: recounts that differ}
  events: {es: hacia el mismo lado, en: to the same side}
  expected_events: {es: esperados, en: expected}
  chance: {es: probabilidad}
  members_tested: {es: personas probadas, en: people tested}
  recount: {es: reconteo}
source: "Blind recounts, inventory audit practice"
--- */

-- section: population
SELECT counter, recount_qty - counted_qty AS off, _file_id, _record
FROM counts
WHERE _duplicate_record IS NULL AND counter IS NOT NULL AND recount_qty <> counted_qty AND coalesce(recounter <> counter, true)

-- section: input
WITH sums AS (
    SELECT counter, count(*) AS trials, count(*) FILTER (off < 0) AS less, count(*) FILTER (off > 0) AS more
    FROM population GROUP BY counter
), everybody AS (
    SELECT sum(trials) AS trials, sum(less) AS less, sum(more) AS more FROM sums
)
SELECT s.counter, s.trials::BIGINT AS trials, greatest(s.less, s.more)::BIGINT AS events,
       coalesce(CASE WHEN s.less >= s.more THEN ratio(e.less - s.less, e.trials - s.trials) ELSE ratio(e.more - s.more, e.trials - s.trials) END, 0) AS share,
       CASE WHEN s.less >= s.more THEN 'less' ELSE 'more' END AS direction_en,
       CASE WHEN s.less >= s.more THEN 'menos' ELSE 'más' END AS direction_es
FROM sums AS s CROSS JOIN everybody AS e
ORDER BY s.counter

-- section: evidence
SELECT v.counter, 'recount' AS role, 0 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.count_session AS key_count_session, c.product AS key_product, c.location AS key_location, c.ts_date AS value_date,
       c.counted_qty AS value_counted_qty, c.recount_qty AS value_recount_qty, c.recounter AS value_recounter
FROM violations AS v
JOIN population AS p ON p.counter = v.counter AND (p.off < 0) = (v.direction_en = 'less')
JOIN counts AS c ON c._file_id = p._file_id AND c._record = p._record
