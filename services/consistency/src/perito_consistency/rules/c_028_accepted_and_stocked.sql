/* ---
id: C-028
version: 1
kind: set
title: {en: Accepted is not received less rejected or not what was stocked, es: Lo aceptado no es lo recibido menos lo rechazado o no es lo almacenado}
severity: high
grain: document
unit: received products
identity: [document, purchase_document, line, product, location, code]
needs:
  receipts: [document, line, product, qty]
optional:
  receipts: [purchase_document, location, ts, accepted, rejected, unit_cost, status]
  movements: [movement, type, ref_id, ts, product, qty, reversal_of]
one_of: [receipts.accepted, movements.ref_id]
uses: [unit_costs]
parameters:
  days: {default: 3, type: integer, meaning: "days after a receipt within which it may still be entered when the ledger ends"}
  tolerance: {default: "0", type: decimal, meaning: "base units by which quantities may differ"}
  back_days: {default: 60, type: integer, meaning: "days within which what was refused may leave the stock again under another number"}
  share: {default: "0.5", type: decimal, meaning: "share of receipts (of five at least) that may differ; with more, the ledger's numbers mean something else. Also the share of those with refused goods that must be entered whole for that to be the practice"}
  loose: {default: "0.005", type: decimal, meaning: "share by which quantities with fractions (weighed or poured goods) may differ"}
impact: column
recoverable: false
explains: [C-006]
entities: [document, purchase_document, product, location]
partition_by: [product]
texts:
  finding:
    en: "{product} of {paper}: {reason_en} ({observed:,} against {expected:,})"
    es: "{product} de {paper}: {reason_es} ({observed:,} frente a {expected:,})"
words:
  received products: {es: productos recibidos}
  accepted_differs: {es: lo aceptado difiere}
  stocked_differs: {es: lo almacenado difiere}
  lines_with_all_three: {es: líneas con las tres cantidades}
  receipts_found_in_the_ledger: {es: recepciones halladas en el diario}
  lines_received_without_rejected: {en: lines whose quantity received leaves out what was rejected, es: líneas cuya cantidad recibida no incluye lo rechazado}
explanation:
  en: >-
    What is accepted of a delivery is what came less what was refused, and what was accepted goes into stock. Told are
    `accepted_differs` (a line whose three quantities do not fit) and `stocked_differs` (the ledger's entries under the
    receipt's number, or that of its order, are not what was accepted). Entries that give back what was rejected, and
    reversals, are taken off. Books whose received quantity leaves out what was rejected are read so. Where the ledger has
    what came less what was refused, only the accepted quantity is wrong and is told alone. A place may also take in all that
    came and send back what it refused under another number. Where most receipts differ, their numbers mean something else in
    the ledger and nothing is said. A receipt that the ledger does
    not name at all is C-015's, and one that is still being inspected is not judged.
  es: >-
    De una entrega se acepta lo que llegó menos lo rechazado, y lo aceptado entra en existencias. Se informa
    `accepted_differs` (una línea cuyas tres cantidades no concuerdan) y `stocked_differs` (los asientos con el número de la
    recepción, o el de su pedido, no son lo aceptado). Los asientos que devuelven lo rechazado y las anulaciones se
    descuentan. Los libros cuya cantidad recibida no incluye lo rechazado se leen así. Si el diario tiene lo llegado menos lo
    rechazado, solo lo aceptado está mal y se informa solo. Un lugar puede también dar entrada a todo lo llegado y devolver lo
    rechazado con otro número. Si la mayoría de las recepciones difiere, sus números significan otra cosa en el diario y nada
    se informa. Una recepción que el diario no nombra es de C-015, y una en
    inspección no se juzga.
remedy:
  en: "Look at the delivery note and the inspection; correct the line, and book in what was accepted."
  es: "Revise el albarán y la inspección; corrija la línea y dé entrada a lo aceptado."
source: "Goods receipt controls of purchase accounting"
--- */

-- section: population
-- One row per receipt line with its three quantities, and one per document (or order) and product that the ledger names.
WITH lines AS (
    SELECT document, purchase_document, line, product, location, ts_date, qty, accepted, rejected, unit_cost,
           coalesce(accepted, qty - coalesce(rejected, 0)) AS taken, coalesce(status, '') IN ('pending', 'partial') AS is_open
    FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected')
), reading AS (
    -- Some books state as received what was accepted, with the rejected beside it.
    SELECT count(*) FILTER (WHERE accepted = qty) > count(*) FILTER (WHERE accepted = qty - rejected) AS is_net FROM lines WHERE rejected > 0 AND NOT is_open
), kept AS (
    SELECT DISTINCT product FROM movements WHERE product IS NOT NULL
), span AS (
    SELECT min(ts_date) AS begins, quantile_disc(ts_date, 0.999) AS ends FROM movements WHERE _duplicate_record IS NULL AND type = 'receipt'
), entries AS (
    SELECT ref_id, product, type, qty FROM movements WHERE _duplicate_record IS NULL AND ref_id IS NOT NULL AND type IN ('receipt', 'vendor_return', 'waste')
    UNION ALL
    -- A reversal that names no document belongs to that of the entry it cancels.
    SELECT o.ref_id, r.product, o.type, r.qty
    FROM movements AS r JOIN movements AS o ON o.movement = r.reversal_of
    WHERE r.reversal_of IS NOT NULL AND r.ref_id IS NULL AND r._duplicate_record IS NULL AND o._duplicate_record IS NULL AND o.ref_id IS NOT NULL AND o.type IN ('receipt', 'vendor_return', 'waste')
), named AS (
    SELECT DISTINCT ref_id FROM entries WHERE type = 'receipt'
), booked AS (
    SELECT ref_id, product, sum(CASE WHEN type = 'receipt' THEN qty ELSE 0 END) AS entered, sum(qty) AS kept, count(qty) < count(*) AS unread, count(*) AS ledger_rows
    FROM entries WHERE product IS NOT NULL GROUP BY ref_id, product
), papers AS (
    SELECT CASE WHEN d.ref_id IS NOT NULL THEN l.document END AS document, CASE WHEN d.ref_id IS NULL THEN l.purchase_document END AS purchase_document, l.product,
           CASE WHEN min(l.location) = max(l.location) THEN min(l.location) END AS location, CASE WHEN count(l.taken) = count(*) THEN sum(l.taken) END AS taken,
           CASE WHEN count(l.qty) = count(*) THEN sum(l.qty - CASE WHEN n.is_net THEN 0 ELSE coalesce(l.rejected, 0) END) END AS left_over,
           CASE WHEN count(l.qty) = count(*) THEN sum(l.qty + CASE WHEN n.is_net THEN coalesce(l.rejected, 0) ELSE 0 END) END AS came, sum(coalesce(l.rejected, 0)) AS refused, min(l.ts_date) AS first_day, max(l.ts_date) AS last_day,
           bool_or(l.is_open AND l.accepted IS NULL) AS is_open, bool_or(l.taken <> trunc(l.taken)) AS has_fractions,
           CASE WHEN min(l.unit_cost) = max(l.unit_cost) AND min(l.unit_cost) > 0 THEN min(l.unit_cost) END AS row_cost, count(*) AS receipt_rows
    FROM lines AS l CROSS JOIN reading AS n
    LEFT JOIN named AS d ON d.ref_id = l.document
    LEFT JOIN named AS o ON o.ref_id = l.purchase_document
    WHERE (d.ref_id IS NOT NULL OR o.ref_id IS NOT NULL) AND l.product IN (SELECT product FROM kept)
    GROUP BY CASE WHEN d.ref_id IS NOT NULL THEN l.document END, CASE WHEN d.ref_id IS NULL THEN l.purchase_document END, l.product
), stocked AS (
    SELECT p.*, coalesce(b.entered, 0) AS entered, coalesce(b.kept, 0) AS kept, coalesce(b.unread, false) AS unread, coalesce(b.ledger_rows, 0) AS ledger_rows,
           p.last_day + $days > s.ends OR p.first_day < s.begins AS is_outside,
           greatest($tolerance, CASE WHEN p.has_fractions THEN try((p.taken * $loose)::DECIMAL(38, 4)) ELSE 0 END) AS allowed
    FROM papers AS p CROSS JOIN span AS s
    LEFT JOIN booked AS b ON b.ref_id = coalesce(p.document, p.purchase_document) AND b.product = p.product
), given_back AS (
    SELECT product, ts_date AS day, -sum(qty) AS qty FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('vendor_return', 'waste') AND qty < 0 GROUP BY product, ts_date
), compared AS (
    -- Some places take in all that came and send back what they refused under another number.
    SELECT s.*, CASE WHEN s.taken IS NULL OR s.unread OR s.is_open THEN NULL
                     WHEN abs(s.entered - s.taken) <= s.allowed OR abs(s.kept - s.taken) <= s.allowed OR abs(s.entered - s.left_over) <= s.allowed OR abs(s.kept - s.left_over) <= s.allowed THEN 'fits'
                     WHEN s.refused > 0 AND abs(s.entered - s.came) <= s.allowed
                          THEN CASE WHEN EXISTS (SELECT 1 FROM given_back AS g WHERE g.product = s.product AND g.day >= s.first_day AND g.day <= s.last_day + $back_days AND g.qty >= s.refused)
                                    THEN 'fits' ELSE 'whole' END
                     -- What is missing may lie outside the ledger's days; all receipts of an order may not be in these books.
                     WHEN s.is_outside IS NOT FALSE THEN NULL
                     ELSE 'stocked_differs' END AS code
    FROM stocked AS s
), habits AS (
    SELECT document IS NULL AS by_order, count(*) FILTER (code = 'whole') >= $share * count(*) FILTER (refused > 0) AS is_whole,
           count(*) FILTER (code = 'stocked_differs') > $share * count(code) AND count(code) >= 5 AS is_other
    FROM compared GROUP BY document IS NULL
)
SELECT 'line' AS side, l.document, l.purchase_document, l.line, l.product, l.location, l.ts_date AS first_day, l.ts_date AS last_day, l.accepted AS observed,
       l.qty - CASE WHEN n.is_net THEN 0 ELSE coalesce(l.rejected, 0) END AS expected, CASE WHEN l.unit_cost > 0 THEN l.unit_cost END AS row_cost, 1 AS row_count, n.is_net,
       CASE WHEN l.accepted IS NULL OR l.rejected IS NULL OR l.qty IS NULL THEN CASE WHEN l.accepted <= l.qty OR l.accepted IS NULL OR l.qty IS NULL THEN NULL ELSE 'accepted_differs' END
            WHEN l.is_open AND l.accepted + l.rejected < l.qty THEN NULL
            WHEN n.is_net AND l.rejected > 0 AND l.accepted = l.qty - l.rejected THEN 'fits'
            WHEN abs(l.accepted - l.qty + CASE WHEN n.is_net THEN 0 ELSE l.rejected END)
                 > greatest($tolerance, CASE WHEN l.qty <> trunc(l.qty) OR l.accepted <> trunc(l.accepted) THEN try((l.qty * $loose)::DECIMAL(38, 4)) ELSE 0 END) THEN 'accepted_differs'
            ELSE 'fits' END AS code
FROM lines AS l CROSS JOIN reading AS n
WHERE l.accepted IS NOT NULL
UNION ALL
SELECT 'stock', s.document, s.purchase_document, NULL, s.product, s.location, s.first_day, s.last_day, s.entered, s.taken, s.row_cost, s.receipt_rows + s.ledger_rows, NULL,
       CASE WHEN s.code = 'whole' THEN CASE WHEN h.is_whole THEN 'fits' ELSE 'stocked_differs' END
            WHEN s.code = 'stocked_differs' AND h.is_other THEN NULL ELSE s.code END
FROM compared AS s JOIN habits AS h ON h.by_order = (s.document IS NULL)

-- section: violations
WITH told AS (
    SELECT document, purchase_document, line, product, location, code, min(first_day) AS first_day, max(last_day) AS last_day, sum(observed) AS observed, sum(expected) AS expected,
           min(row_cost) AS row_cost, sum(row_count) AS row_count
    FROM population WHERE code <> 'fits'
    GROUP BY document, purchase_document, line, product, location, code
)
SELECT t.document, t.purchase_document, t.line, t.product, t.location, t.code, t.first_day AS period_start, t.last_day AS period_end,
       coalesce(t.document, t.purchase_document) AS paper,
       CASE t.code WHEN 'accepted_differs' THEN 'accepted is not what came less what was rejected' ELSE 'the ledger took in another quantity than was accepted' END AS reason_en,
       CASE t.code WHEN 'accepted_differs' THEN 'lo aceptado no es lo llegado menos lo rechazado' ELSE 'el diario dio entrada a otra cantidad que la aceptada' END AS reason_es,
       t.observed, t.expected, t.observed - t.expected AS delta_qty, coalesce(t.row_cost, u.unit_cost) AS unit_cost,
       CASE WHEN t.row_cost IS NOT NULL THEN 'receipts' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       try((t.observed - t.expected)::DECIMAL(38, 4) * coalesce(t.row_cost, u.unit_cost)) AS delta_value,
       try(abs(t.observed - t.expected)::DECIMAL(38, 4) * coalesce(t.row_cost, u.unit_cost)) AS impact,
       CASE t.code WHEN 'accepted_differs' THEN 'medium' ELSE 'high' END AS severity, t.row_count::BIGINT AS row_count
FROM told AS t
ASOF LEFT JOIN unit_costs AS u ON u.product = t.product AND t.last_day >= u.valid_from

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE side = 'line' AND code IS NOT NULL) AS lines_with_all_three, count(*) FILTER (WHERE code = 'accepted_differs') AS accepted_differs,
       count(*) FILTER (WHERE side = 'stock') AS receipts_found_in_the_ledger, count(*) FILTER (WHERE code = 'stocked_differs') AS stocked_differs,
       count(*) FILTER (WHERE side = 'line' AND is_net) AS lines_received_without_rejected
FROM population

-- section: evidence
SELECT v.document, v.purchase_document, v.line, v.product, v.location, v.code, v.period_start, v.period_end,
       'receipt' AS role, 0 AS ordinal, 'receipts' AS table_name, r._file_id, r._record, r._line,
       r.document AS key_document, r.line AS key_line, r.ts_date AS value_date, r.qty AS value_qty, r.accepted AS value_accepted, r.rejected AS value_rejected
FROM violations AS v
JOIN receipts AS r ON r.product = v.product AND r._duplicate_record IS NULL AND coalesce(r.status, '') NOT IN ('cancelled', 'rejected')
 AND (v.document IS NULL OR r.document = v.document) AND (v.document IS NOT NULL OR r.purchase_document = v.purchase_document)
 AND (v.code = 'stocked_differs' OR r.line IS NOT DISTINCT FROM v.line)

-- section: evidence
SELECT v.document, v.purchase_document, v.line, v.product, v.location, v.code, v.period_start, v.period_end,
       'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.ref_id AS value_ref_id
FROM violations AS v
JOIN movements AS m ON m.ref_id = v.paper AND m.product = v.product AND m.type IN ('receipt', 'vendor_return', 'waste') AND m._duplicate_record IS NULL
WHERE v.code = 'stocked_differs'
