/* ---
id: numbered_documents
version: 1
kind: view
title: {en: Documents in the order of their numbers, es: Documentos por el orden de sus números}
optional:
  sale_documents: [document, series, number, ts, tendered_at, location, till]
  invoice_documents: [document, series, number, invoiced_at, posted_at]
parameters:
  same_grain: {default: "0.99", type: decimal, meaning: "share of different numbers at which a series is taken to count over all places or tills together"}
unique: {given: [kind, _file_id, _record]}
--- */
-- One row per document with a number. `sequence` is what the numbers count in: the series, by place and till only where
-- numbers would repeat otherwise. `stretch` counts its restarts: a number of at most half of the two before it, after which
-- the next is low too (one misdated document makes no restart). Invoices without a moment of entry are `timed` false: the
-- supplier's date says nothing of our order, only the year begins a stretch.
WITH given AS (
    SELECT 'sale_documents' AS kind, document, coalesce(series, '') AS series, coalesce(location, '') AS location,
           coalesce(till, '') AS till, number, coalesce(tendered_at, ts) AS moment, coalesce(ts, tendered_at) AS opened,
           coalesce(ts_date, tendered_at_date) AS day, coalesce(tendered_at, ts) IS NOT NULL AS timed, _file_id, _record, _line
    FROM sale_documents
    WHERE _duplicate_record IS NULL AND number >= 0
    UNION ALL
    SELECT 'invoice_documents', document, coalesce(series, ''), '', '', number, coalesce(posted_at, invoiced_at),
           coalesce(posted_at, invoiced_at), coalesce(posted_at_date, invoiced_at_date), posted_at IS NOT NULL,
           _file_id, _record, _line
    FROM invoice_documents
    WHERE _duplicate_record IS NULL AND number >= 0
), counted AS (
    SELECT kind, series, count(DISTINCT number) AS numbers, count(DISTINCT location || chr(31) || number) AS by_place,
           count(DISTINCT location || chr(31) || till || chr(31) || number) AS by_till
    FROM given GROUP BY kind, series
), placed AS (
    SELECT g.kind, g.document, g.series, g.location, g.till, g.number, g.moment, g.opened, g.day, g.timed,
           g._file_id, g._record, g._line,
           g.series || CASE WHEN c.numbers >= $same_grain * c.by_till THEN ''
                            WHEN c.by_place >= $same_grain * c.by_till THEN chr(31) || g.location
                            ELSE chr(31) || g.location || chr(31) || g.till END AS sequence
    FROM given AS g JOIN counted AS c ON c.kind = g.kind AND c.series = g.series
), followed AS (
    SELECT kind, document, series, location, till, number, moment, opened, day, timed, sequence, _file_id, _record, _line,
           lag(number) OVER w AS before, lag(number, 2) OVER w AS long_before, lead(number) OVER w AS after
    FROM placed
    WINDOW w AS (PARTITION BY kind, sequence ORDER BY moment, number, _file_id, _record)
)
SELECT kind, sequence,
       CASE WHEN timed THEN sum(CASE WHEN timed AND number * 2 <= before AND number * 2 <= coalesce(long_before, before)
                                          AND coalesce(after * 2 <= before, false) THEN 1 ELSE 0 END) OVER w
            ELSE -coalesce(year(day), 0) END::BIGINT AS stretch,
       nullif(series, '') AS series, nullif(location, '') AS location, nullif(till, '') AS till,
       number, document, moment, opened, day, timed, _file_id, _record, _line
FROM followed
WINDOW w AS (PARTITION BY kind, sequence ORDER BY moment, number, _file_id, _record)
