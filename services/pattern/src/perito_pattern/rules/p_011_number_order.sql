/* ---
id: P-011
version: 1
kind: set
title: {en: Numbers and times in a different order, es: Números y horas en distinto orden}
severity: low
grain: series
unit: numbered documents
identity: [kind, series, location, till, stretch, number]
needs:
  sale_documents: [document, number, ts]
optional:
  sale_documents: [series, tendered_at, location, till]
  invoice_documents: [document, series, number, invoiced_at, posted_at]
uses: [numbered_documents]
parameters:
  seconds: {default: 60, type: integer, meaning: "seconds by which clocks of tills may differ"}
  habit: {default: "0.005", type: decimal, meaning: "share of documents out of order above which the series is not kept in time"}
  least_habit: {default: 5, type: integer, meaning: "documents out of order from which that may be so"}
impact: none, because the order of documents costs nothing
recoverable: false
explains: []
entities: [series, location]
texts:
  finding:
    en: "{what}: number {number} is dated {seconds_back:,} {seconds_back:second|seconds} before number {number_before}"
    es: "{what}: el número {number} lleva fecha {seconds_back:,} {seconds_back:segundo|segundos} anterior al número {number_before}"
explanation:
  en: >-
    Where numbers are given one after the other, a higher number cannot be earlier. Where it is, a date was changed or a
    document was entered later. Both moments of a ticket (opened and paid) must be the wrong way round, by more than clocks
    differ. A series in which that is usual (tills that were offline, numbers drawn in advance) is not kept in time, and
    says nothing. Invoices are compared by the moment of entry, never by the supplier's date. Documents in a row that are
    all out of order are one finding.
  es: >-
    Si los números se dan uno tras otro, uno mayor no puede ser anterior. Cuando lo es, se cambió una fecha o el documento
    se registró después. Ambos momentos de un tique (apertura y cobro) deben estar al revés, por más de lo que difieren los
    relojes. Una serie en la que eso es habitual (cajas sin conexión, números reservados) no sigue el tiempo y no dice nada.
    Las facturas se comparan por el momento de registro, nunca por la fecha del proveedor. Varios documentos seguidos fuera
    de orden son un solo hallazgo.
remedy:
  en: "See in the journal of the till when these documents were made, and who changed a date."
  es: "Compruebe en el diario de la caja cuándo se hicieron estos documentos y quién cambió una fecha."
words:
  numbered documents: {es: documentos numerados}
  kind: {es: tipo}
  stretch: {en: restart, es: reinicio}
  what: {en: series, es: serie}
  number_before: {es: número anterior}
  number_last: {es: último número}
  seconds_back: {en: seconds back, es: segundos de diferencia}
  lower number: {es: número menor}
  higher number: {es: número mayor}
  out_of_order: {en: out of order, es: fuera de orden}
  series_not_kept_in_time: {es: series que no siguen el tiempo}
source: "Sequence check of audit practice"
--- */

-- section: population
WITH followed AS (
    SELECT kind, sequence, stretch, series, location, till, number, document, moment, opened, day, _file_id, _record, _line,
           lag(number) OVER w AS number_before, lag(moment) OVER w AS moment_before, lag(opened) OVER w AS opened_before,
           lag(day) OVER w AS day_before
    FROM numbered_documents
    WHERE timed AND moment IS NOT NULL
    WINDOW w AS (PARTITION BY kind, sequence, stretch ORDER BY number, moment, _file_id, _record)
)
SELECT kind, sequence, stretch, series, location, till, number, document, moment, opened, day, number_before, moment_before,
       day_before, _file_id, _record, _line,
       coalesce(number > number_before AND moment + to_seconds($seconds) < moment_before
                AND opened + to_seconds($seconds) < opened_before, false) AS is_early
FROM followed

-- section: violations
WITH marked AS (
    SELECT kind, sequence, stretch, series, location, till, number, number_before, moment, moment_before, day, day_before, is_early,
           sum(CASE WHEN is_early THEN 0 ELSE 1 END) OVER (PARTITION BY kind, sequence, stretch ORDER BY number, moment, _file_id, _record)
               AS island
    FROM population
), habits AS (
    SELECT kind, sequence, count(*) AS documents, count(*) FILTER (WHERE is_early) AS early FROM population GROUP BY kind, sequence
)
SELECT m.kind, CASE WHEN min(m.series) = max(m.series) THEN min(m.series) END AS series,
       CASE WHEN min(m.location) = max(m.location) THEN min(m.location) END AS location,
       CASE WHEN min(m.till) = max(m.till) THEN min(m.till) END AS till, m.stretch,
       min(m.number) AS number, max(m.number) AS number_last, min(m.number_before) AS number_before,
       least(min(m.day), min(m.day_before)) AS period_start, greatest(max(m.day), max(m.day_before)) AS period_end,
       max(date_diff('second', m.moment, m.moment_before)) AS seconds_back, m.sequence,
       concat_ws(' ', min(m.series), CASE WHEN min(m.till) = max(m.till) THEN nullif(min(m.till), min(m.series)) END) AS what, count(*) + 1 AS row_count
FROM marked AS m JOIN habits AS h ON h.kind = m.kind AND h.sequence = m.sequence
WHERE m.is_early AND (h.early < $least_habit OR h.early <= $habit * h.documents)
GROUP BY m.kind, m.sequence, m.stretch, m.island

-- section: evaluated
SELECT (SELECT count(*) FROM numbered_documents) AS evaluated,
       (SELECT count(*) FROM population AS p JOIN violations AS v ON v.kind = p.kind AND v.sequence = p.sequence
         AND v.stretch = p.stretch AND p.number BETWEEN v.number AND v.number_last) AS failed,
       (SELECT count(*) FROM numbered_documents WHERE NOT timed OR moment IS NULL) AS unknown

-- section: facts
SELECT count(*) FILTER (WHERE is_early) AS out_of_order,
       (SELECT count(*) FROM (SELECT kind, sequence FROM population GROUP BY kind, sequence
                              HAVING count(*) FILTER (WHERE is_early) >= $least_habit
                                 AND count(*) FILTER (WHERE is_early) > $habit * count(*)) AS h) AS series_not_kept_in_time
FROM population

-- section: evidence
SELECT v.kind, v.series, v.location, v.till, v.stretch, v.number, v.period_start, v.period_end,
       CASE WHEN n.number < v.number THEN 'lower number' ELSE 'higher number' END AS role,
       CASE WHEN n.number < v.number THEN 0 ELSE 1 END AS ordinal,
       n.kind AS table_name, n._file_id, n._record, n._line,
       n.document AS key_document, n.number AS value_number, n.opened AS value_ts, n.moment AS value_tendered_at
FROM violations AS v
JOIN population AS n ON n.kind = v.kind AND n.sequence = v.sequence AND n.stretch = v.stretch
 AND n.number BETWEEN v.number_before AND v.number_last
