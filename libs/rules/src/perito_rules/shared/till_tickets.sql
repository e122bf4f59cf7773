/* ---
id: till_tickets
version: 1
kind: view
title: {en: Tickets by cashier, es: Tiques por cajero}
optional:
  sales: [document, line, "user", location, till, shift, ts, type, qty, unit_price, discount, discount_amount, line_total, tender, card, customer, original_document, void_stage]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
--- */
-- One row per ticket and cashier, with where peers of the cashier are found: role, store format and weekday band (NULL where
-- not known). Rows without a number or a cashier, and drawer openings, are left out. A void without a stage is that of a
-- line where the ticket keeps others, of a ticket already paid where it names another ticket, else of a whole ticket. A
-- header that was voided counts as its stage says; where a number stands in several headers, begun anew each day or in each
-- shop, a header belongs to the ticket of its place, till and day. Amounts are positive, NULL where one of them is not known.
WITH lines AS (
    SELECT document, "user", location, till, ts_date AS day, shift, ts, tender, card, customer, original_document, void_stage,
           CASE WHEN type IS NULL AND type_source IS NOT NULL THEN 'unknown'
                WHEN type = 'void' THEN 'void'
                WHEN type = 'return' OR qty < 0 THEN 'return' ELSE 'sale' END AS flow,
           abs(coalesce(line_total, try((
               CASE WHEN discount IS NULL THEN qty::DECIMAL(38, 4) * unit_price - coalesce(discount_amount, 0)
                    ELSE qty::DECIMAL(38, 4) * unit_price * (1 - discount) END)::DECIMAL(18, 4)))) AS amount
    FROM sales
    WHERE _duplicate_record IS NULL AND document IS NOT NULL AND "user" IS NOT NULL AND coalesce(type, '') <> 'no_sale'
), tickets AS (
    SELECT document, "user", location, till, day, max(shift) AS shift, min(ts) AS ts, max(tender) AS tender,
           max(card) AS card, max(customer) AS customer,
           count(*) FILTER (WHERE flow = 'sale') AS sale_lines,
           count(*) FILTER (WHERE flow = 'return') AS return_lines,
           count(*) FILTER (WHERE flow = 'void' AND void_stage = 'line') AS voided_lines,
           count(*) FILTER (WHERE flow = 'void' AND void_stage = 'before_tender') AS voided_before,
           count(*) FILTER (WHERE flow = 'void' AND (void_stage = 'after_tender'
                            OR (void_stage IS NULL AND original_document IS NOT NULL))) AS voided_after,
           count(*) FILTER (WHERE flow = 'void' AND void_stage IS NULL AND original_document IS NULL) AS voided_bare,
           max(CASE WHEN flow <> 'sale' THEN original_document END) AS original,
           max(CASE WHEN flow = 'void' THEN ts END) AS void_ts,
           CASE WHEN count(amount) FILTER (WHERE flow = 'sale') = count(*) FILTER (WHERE flow = 'sale')
                THEN coalesce(sum(amount) FILTER (WHERE flow = 'sale'), 0) END AS sold,
           CASE WHEN count(amount) FILTER (WHERE flow = 'return') = count(*) FILTER (WHERE flow = 'return')
                THEN coalesce(sum(amount) FILTER (WHERE flow = 'return'), 0) END AS refunded,
           CASE WHEN count(amount) FILTER (WHERE flow = 'void') = count(*) FILTER (WHERE flow = 'void')
                THEN coalesce(sum(amount) FILTER (WHERE flow = 'void'), 0) END AS voided
    FROM lines
    GROUP BY document, "user", location, till, day
), headings AS (
    SELECT document, location, till, coalesce(ts_date, tendered_at_date) AS day, tendered_at, voided_at
    FROM sale_documents
    WHERE _duplicate_record IS NULL AND document IS NOT NULL
), known AS (
    SELECT count(location) > 0 AS has_location, count(till) > 0 AS has_till, count(day) > 0 AS has_day FROM headings
), headers AS (
    SELECT document, max(tendered_at) AS tendered_at, max(voided_at) AS voided_at,
           min(location) IS DISTINCT FROM max(location) OR min(till) IS DISTINCT FROM max(till) OR min(day) IS DISTINCT FROM max(day) AS is_shared
    FROM headings GROUP BY document
), placed AS (
    SELECT g.document, g.location, g.till, g.day, max(g.tendered_at) AS tendered_at, max(g.voided_at) AS voided_at
    FROM headings AS g JOIN headers AS h ON h.document = g.document
    WHERE h.is_shared
    GROUP BY g.document, g.location, g.till, g.day
), headed AS (
    SELECT t.*, CASE WHEN h.is_shared THEN p.tendered_at ELSE h.tendered_at END AS tendered_at,
           CASE WHEN h.is_shared THEN p.voided_at ELSE h.voided_at END AS voided_at
    FROM tickets AS t CROSS JOIN known AS k
    LEFT JOIN headers AS h ON h.document = t.document
    LEFT JOIN placed AS p ON p.document = t.document AND p.location IS NOT DISTINCT FROM CASE WHEN k.has_location THEN t.location END
     AND p.till IS NOT DISTINCT FROM CASE WHEN k.has_till THEN t.till END AND p.day IS NOT DISTINCT FROM CASE WHEN k.has_day THEN t.day END
), roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), formats AS (
    SELECT location, max(lower(trim(format))) AS format FROM locations WHERE location IS NOT NULL GROUP BY location
)
SELECT t.document, t."user", t.location, t.till, t.day, t.shift, t.ts, t.tender, t.card, t.customer, t.original, coalesce(t.voided_at, t.void_ts) AS void_ts,
       r.role, f.format, CASE WHEN isodow(t.day) >= 6 THEN 'weekend' WHEN t.day IS NOT NULL THEN 'weekday' END AS band,
       t.sale_lines, t.return_lines, t.sold, t.refunded, t.tendered_at, t.voided_at,
       t.voided_lines + CASE WHEN t.sale_lines + t.return_lines > 0 THEN t.voided_bare ELSE 0 END AS line_voids,
       t.voided_before > 0 OR (t.voided_bare > 0 AND t.sale_lines + t.return_lines = 0)
           OR coalesce(t.voided_at < t.tendered_at, t.voided_at IS NOT NULL AND t.voided_after = 0) AS is_voided_before,
       t.voided_after > 0 OR coalesce(t.voided_at >= t.tendered_at, false) AS is_voided_after,
       CASE WHEN t.voided_lines + t.voided_before + t.voided_after + t.voided_bare > 0 THEN t.voided ELSE t.sold END AS voided
FROM headed AS t
LEFT JOIN roles AS r ON r."user" = t."user"
LEFT JOIN formats AS f ON f.location = t.location
