/* ---
id: voucher_values
version: 1
kind: view
title: {en: What documents are worth in the stock and in the general ledger, es: Lo que valen los documentos en existencias y en el libro mayor}
optional:
  movements: [ref_id, ts, type, value_delta]
  gl_entries: [voucher, voucher_type, ts, account_type, debit, credit]
parameters:
  least_share: {default: "0.5", type: decimal, meaning: "share of a kind's documents that must stand in the other ledger before the rest counts as missing there"}
unique: {sides: [voucher], judged: [voucher]}
--- */
-- One row per document of either ledger that changes the value of the stock. `code` is agrees (both have it; whether the
-- values do is for whoever reads), not_in_general_ledger, not_in_stock_ledger, or NULL: `standing` says whether the document is of a
-- kind that is posted otherwise, outside the other ledger's days, or unread. A voucher of the inventory accounts is named by its number.
WITH moved AS (
    SELECT ref_id AS voucher, min(ts_date) AS first_day, max(ts_date) AS last_day, CASE WHEN count(value_delta) = count(*) THEN sum(value_delta) END AS value,
           count(*) AS value_rows, coalesce(min(type), '') AS kind
    FROM movements
    WHERE _duplicate_record IS NULL AND ref_id IS NOT NULL AND EXISTS (SELECT 1 FROM movements WHERE value_delta IS NOT NULL)
    GROUP BY ref_id
), posted AS (
    SELECT voucher, min(ts_date) AS first_day, max(ts_date) AS last_day,
           CASE WHEN bool_and(debit IS NOT NULL OR credit IS NOT NULL) AND NOT bool_or((debit IS NULL AND debit_source IS NOT NULL) OR (credit IS NULL AND credit_source IS NOT NULL))
                THEN sum(coalesce(debit, 0) - coalesce(credit, 0)) END AS value,
           count(*) AS value_rows, coalesce(min(voucher_type), '') AS kind
    FROM gl_entries
    WHERE _duplicate_record IS NULL AND voucher IS NOT NULL AND account_type = 'inventory'
    GROUP BY voucher
), parts AS (
    SELECT ref_id AS voucher, coalesce(type, '') AS kind, CASE WHEN count(value_delta) = count(*) THEN sum(value_delta) END AS value
    FROM movements WHERE _duplicate_record IS NULL AND ref_id IS NOT NULL GROUP BY ref_id, coalesce(type, '')
), sides AS (
    SELECT coalesce(m.voucher, g.voucher) AS voucher, m.voucher IS NOT NULL AS in_stock, g.voucher IS NOT NULL AS in_ledger, m.kind AS stock_kind, g.kind AS ledger_kind,
           m.value AS stock_value, g.value AS ledger_value, m.value_rows AS stock_rows, g.value_rows AS ledger_rows,
           m.first_day AS stock_day, g.first_day AS ledger_day, least(m.first_day, g.first_day) AS first_day, greatest(m.last_day, g.last_day) AS last_day
    FROM moved AS m FULL JOIN posted AS g ON g.voucher = m.voucher
), stock_kinds AS (
    SELECT stock_kind AS kind, count(*) FILTER (WHERE in_ledger) >= $least_share * count(*) AS is_compared
    FROM sides WHERE in_stock AND coalesce(stock_value <> 0, true) GROUP BY stock_kind
), ledger_kinds AS (
    SELECT ledger_kind AS kind, count(*) FILTER (WHERE in_stock) >= $least_share * count(*) AS is_compared
    FROM sides WHERE in_ledger AND coalesce(ledger_value <> 0, true) GROUP BY ledger_kind
), posted_parts AS (
    -- A receipt and a sale may have one number, and only the receipt be posted by number.
    SELECT p.voucher, sum(p.value) AS value FROM parts AS p LEFT JOIN stock_kinds AS k ON k.kind = p.kind
    WHERE coalesce(k.is_compared, true) GROUP BY p.voucher HAVING count(p.value) = count(*)
), days AS (
    -- How long posting usually takes at most, in either direction, and the days of both ledgers.
    SELECT greatest(coalesce(quantile_disc(ledger_day - stock_day, 0.95), 0), 0) AS posted_after,
           greatest(coalesce(quantile_disc(stock_day - ledger_day, 0.95), 0), 0) AS moved_after,
           min(stock_day) AS stock_begins, max(stock_day) AS stock_ends, min(ledger_day) AS ledger_begins, max(ledger_day) AS ledger_ends
    FROM sides
), judged AS (
    SELECT s.*, CASE WHEN s.in_ledger AND s.stock_value <> s.ledger_value AND abs(p.value - s.ledger_value) < abs(s.stock_value - s.ledger_value) THEN p.value ELSE s.stock_value END AS named_value,
           CASE WHEN (s.in_stock AND s.stock_value IS NULL) OR (s.in_ledger AND s.ledger_value IS NULL) THEN 'unread'
                     WHEN s.in_stock AND s.in_ledger THEN 'both'
                     WHEN coalesce(s.stock_value, s.ledger_value) = 0 THEN 'nothing'
                     WHEN s.in_stock AND NOT coalesce(k.is_compared, false) THEN 'kind'
                     WHEN s.in_ledger AND NOT coalesce(l.is_compared, false) THEN 'kind'
                     WHEN s.in_stock AND coalesce(s.stock_day < d.ledger_begins OR s.stock_day + d.posted_after::INTEGER > d.ledger_ends, false) THEN 'time'
                     WHEN s.in_ledger AND coalesce(s.ledger_day < d.stock_begins OR s.ledger_day + d.moved_after::INTEGER > d.stock_ends, false) THEN 'time'
                     ELSE 'missing' END AS standing
    FROM sides AS s
    CROSS JOIN days AS d
    LEFT JOIN stock_kinds AS k ON k.kind = s.stock_kind
    LEFT JOIN ledger_kinds AS l ON l.kind = s.ledger_kind
    LEFT JOIN posted_parts AS p ON p.voucher = s.voucher
), shares AS (
    -- Where most shared numbers differ, they are not those of the same documents: numbers begin anew each year, say.
    SELECT count(*) AS shared, count(*) FILTER (abs(named_value - ledger_value) > 0.05) AS differing FROM judged WHERE standing = 'both'
)
SELECT voucher, in_stock, in_ledger, stock_kind, ledger_kind, named_value AS stock_value, ledger_value, stock_rows, ledger_rows, stock_day, ledger_day, first_day, last_day, standing,
       CASE standing WHEN 'both' THEN CASE WHEN named_value = ledger_value THEN 'agrees' WHEN s.differing < 5 OR 2 * s.differing <= s.shared THEN 'differs' END
                     WHEN 'nothing' THEN 'agrees'
                     WHEN 'missing' THEN CASE WHEN in_stock THEN 'not_in_general_ledger' ELSE 'not_in_stock_ledger' END END AS code
FROM judged CROSS JOIN shares AS s
