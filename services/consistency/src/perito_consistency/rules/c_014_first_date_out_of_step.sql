/* ---
id: C-014
version: 1
kind: set
title: {en: First day on which stock and general ledger part, es: Primer día en que existencias y libro mayor se separan}
severity: high
grain: day
unit: days
identity: [voucher]
needs:
  movements: [ts, value_delta]
  gl_entries: [ts, account_type, debit, credit]
optional:
  movements: [movement, ref_id, type, product, location]
  gl_entries: [entry, line, account, voucher, voucher_type]
uses: [voucher_values]
unique: {days: [day], population: [day]}
parameters:
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; each line may be off by half of it"}
  least_days: {default: 3, type: integer, meaning: "days on which both ledgers must have agreed before they can be said to part"}
impact: column
recoverable: false
explains: []
entities: [voucher]
texts:
  finding:
    en: "From {period_start} on the stock ledger and the inventory accounts differ: by {difference:,} at least, by {last_gap:,} at the end ({days_after:,} {days_after:day inherits|days inherit} it)"
    es: "Desde el {period_start} el diario de existencias y las cuentas de existencias difieren: en {difference:,} como mínimo y en {last_gap:,} al final ({days_after:,} {days_after:día lo hereda|días lo heredan})"
words:
  days: {es: días}
  voucher: {es: comprobante}
  entry: {es: asiento}
  agreed_days: {en: days in step, es: días coincidentes}
  longest_wait: {en: longest time out of step that closed again (days), es: mayor tiempo de desfase que se cerró (días)}
  starting_gap: {en: gap at the start, es: diferencia al inicio}
  last_gap: {en: gap at the end, es: diferencia al final}
  last_agreed: {en: last day in step, es: último día coincidente}
  days_after: {en: later days that inherit it, es: días posteriores que lo heredan}
explanation:
  en: >-
    Day by day, from the first day that both ledgers cover to the last, the value that the stock gained is compared with what the inventory accounts
    took. A constant difference of the start (openings) is none. Postings that come days later or in one sum at the end of the month part the ledgers and
    join them again: that is a matter of timing. Told is the day after the last on which they agreed, where they have been apart for longer
    than ever before, with the least gap since and the document that differs most that day. Documents are told by C-013, which is then the cause and has the money.
  es: >-
    Día a día, del primero al último que cubren ambos libros, el valor que ganó la existencia se compara con lo que recibieron las cuentas de existencias.
    Una diferencia constante del inicio (aperturas) no cuenta. Los asientos que llegan días después o en una suma a fin de mes separan los libros y
    vuelven a unirlos: es cuestión de tiempo. Se informa el día siguiente al último en que coincidieron, si llevan separados más que
    nunca antes, con la menor diferencia desde entonces y el documento que más difiere ese día. Los documentos los informa C-013, que es entonces la causa y tiene el importe.
remedy:
  en: "Begin with the documents of that day: what is different from then on came in there."
  es: "Empiece por los documentos de ese día: lo que difiere desde entonces entró ahí."
source: "Reconciliation of a subledger to its control account; search for the first date that differs"
--- */

-- section: population
-- One row per day on which either ledger has rows, with the gap between their running totals.
WITH moved AS (
    SELECT ts_date AS day, sum(value_delta) AS value, count(*) AS value_rows, count(*) - count(value_delta) AS unread,
           count(*) FILTER (WHERE value_delta % $currency_unit <> 0) AS broken_rows
    FROM movements WHERE _duplicate_record IS NULL GROUP BY ts_date
), posted AS (
    SELECT ts_date AS day, sum(coalesce(debit, 0) - coalesce(credit, 0)) AS value, count(*) AS value_rows,
           count(*) FILTER (WHERE (debit IS NULL AND (debit_source IS NOT NULL OR credit IS NULL)) OR (credit IS NULL AND credit_source IS NOT NULL)) AS unread
    FROM gl_entries WHERE _duplicate_record IS NULL AND account_type = 'inventory' GROUP BY ts_date
), shared AS (
    SELECT greatest(min(m.day), (SELECT min(day) FROM posted)) AS begins, least(max(m.day), (SELECT max(day) FROM posted)) AS ends,
           bool_or(m.day IS NULL) OR EXISTS (SELECT 1 FROM posted WHERE day IS NULL) AS undated
    FROM moved AS m
), tolerated AS (
    -- What rounding may add up to: documents that differ by less than C-013 tells, and values finer than the currency.
    SELECT greatest(stock_day, ledger_day) AS day, sum(abs(stock_value - ledger_value)) AS drift
    FROM voucher_values
    WHERE standing = 'both' AND abs(stock_value - ledger_value) <= greatest($currency_unit, 0.5 * $currency_unit * (stock_rows + ledger_rows))
    GROUP BY greatest(stock_day, ledger_day)
), days AS (
    SELECT coalesce(m.day, p.day) AS day, coalesce(m.value, 0) - coalesce(p.value, 0) AS change, coalesce(m.value_rows, 0) + coalesce(p.value_rows, 0) AS value_rows,
           coalesce(m.unread, 0) + coalesce(p.unread, 0) AS unread,
           coalesce(t.drift, 0) + 0.5 * $currency_unit * coalesce(m.broken_rows, 0) AS drift
    FROM moved AS m FULL JOIN posted AS p ON p.day = m.day
    LEFT JOIN tolerated AS t ON t.day = coalesce(m.day, p.day)
), running AS (
    SELECT d.day, d.value_rows, s.begins, sum(d.change) OVER k AS gap, $currency_unit + sum(d.drift) OVER k AS allowed,
           s.undated OR sum(d.unread) OVER k > 0 AS is_unknown
    FROM days AS d CROSS JOIN shared AS s
    WHERE d.day <= s.ends AND EXISTS (SELECT 1 FROM posted)
    WINDOW k AS (ORDER BY d.day)
), summed AS (
    -- What came before both ledgers had begun counts, and is not judged: the first posting may be of a whole month.
    SELECT day, value_rows, gap, allowed, is_unknown FROM running WHERE day >= begins
), levels AS (
    SELECT gap, min(day) AS since FROM summed WHERE NOT is_unknown GROUP BY gap HAVING count(*) >= $least_days
), baseline AS (
    -- In step means no gap; where that is rare, the first gap that is held.
    SELECT CASE WHEN (SELECT count(*) FROM summed WHERE NOT is_unknown AND abs(gap) <= allowed) >= $least_days THEN 0
                ELSE (SELECT min(l.gap) FROM levels AS l JOIN (SELECT min(since) AS since FROM levels) AS f ON f.since = l.since) END AS starting_gap
), judged AS (
    SELECT s.day, s.value_rows, s.gap - b.starting_gap AS gap, b.starting_gap, CASE WHEN NOT s.is_unknown THEN abs(s.gap - b.starting_gap) <= s.allowed END AS agrees
    FROM summed AS s CROSS JOIN baseline AS b
)
SELECT *, max(CASE WHEN agrees THEN day END) OVER (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS agreed_before FROM judged

-- section: violations
WITH settled AS (
    SELECT max(day) FILTER (WHERE agrees) AS last_agreed, count(*) FILTER (WHERE agrees) AS agreed_days, max(day) FILTER (WHERE agrees IS NOT NULL) AS ends,
           coalesce(max(day - agreed_before) FILTER (WHERE agrees), 1) AS longest_wait
    FROM population
), parted AS (
    SELECT s.last_agreed, s.longest_wait, s.ends, (SELECT min(p.day) FROM population AS p WHERE p.day > s.last_agreed AND NOT p.agrees) AS day
    FROM settled AS s
    WHERE s.agreed_days >= $least_days AND s.ends - s.last_agreed > s.longest_wait
), smallest AS (
    -- What never closed again, once it had waited as long as ever before: timing comes on top of it.
    SELECT p.gap FROM population AS p JOIN parted AS d ON p.day - d.last_agreed >= d.longest_wait AND p.day <= d.ends
    ORDER BY abs(p.gap), p.day LIMIT 1
), documents AS (
    SELECT v.voucher
    FROM voucher_values AS v JOIN parted AS d ON v.stock_day = d.day OR v.ledger_day = d.day
    WHERE v.code <> 'agrees'
    ORDER BY abs(coalesce(v.stock_value, 0) - coalesce(v.ledger_value, 0)) DESC, v.voucher LIMIT 1
)
SELECT (SELECT voucher FROM documents) AS voucher, d.day AS period_start, d.day AS period_end, l.gap AS difference, p.gap AS observed, 0 AS expected, l.gap AS delta_value,
       abs(l.gap) AS impact, d.last_agreed, d.longest_wait, p.starting_gap,
       (SELECT e.gap FROM population AS e WHERE e.day = d.ends) AS last_gap,
       (SELECT count(*) FROM population AS a WHERE a.day > d.day AND NOT a.agrees) AS days_after, p.value_rows AS row_count
FROM parted AS d JOIN population AS p ON p.day = d.day CROSS JOIN smallest AS l

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE agrees IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE agrees) AS agreed_days, coalesce(max(day - agreed_before) FILTER (WHERE agrees), 0) AS longest_wait, max(starting_gap) AS starting_gap
FROM population

-- section: evidence
-- The movements and postings of that day: of the document that differs, or all where none does by itself.
SELECT v.voucher, v.period_start, v.period_end, 'movement' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.ref_id AS value_ref_id, m.product AS value_product, m.location AS value_location,
       m.value_delta AS value_value_delta
FROM violations AS v JOIN movements AS m ON m.ts_date = v.period_start AND (v.voucher IS NULL OR m.ref_id = v.voucher)
WHERE m._duplicate_record IS NULL

-- section: evidence
SELECT v.voucher, v.period_start, v.period_end, 'entry' AS role, 1 AS ordinal, 'gl_entries' AS table_name, g._file_id, g._record, g._line,
       g.entry AS key_entry, g.line AS key_line, g.ts_date AS value_date, g.account AS value_account, g.voucher AS value_voucher, g.debit AS value_debit,
       g.credit AS value_credit
FROM violations AS v JOIN gl_entries AS g ON g.ts_date = v.period_start AND (v.voucher IS NULL OR g.voucher = v.voucher)
WHERE g._duplicate_record IS NULL AND g.account_type = 'inventory'
