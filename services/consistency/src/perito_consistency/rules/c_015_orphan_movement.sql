/* ---
id: C-015
version: 3
kind: set
title: {en: Movement without its document or document without its movement, es: Movimiento sin documento o documento sin movimiento}
severity: high
grain: document
unit: documents
identity: [code, type, document, movement, product, location]
needs:
  movements: [movement, type, ref_id]
optional:
  movements: [ts, product, location, qty, unit_cost, ref_type]
  sales: [document, line, product, location, ts, type, qty]
  receipts: [document, line, purchase_document, product, location, ts, qty, accepted, rejected, unit_cost, status]
  purchases: [document]
  transfers: [transfer]
  returns: [return_document]
uses: [unit_costs]
impact: column
recoverable: false
explains: []
entities: [document, product, location]
partition_by: [type]
texts:
  finding:
    en: "{product} at {location}: {reason_en} ({observed:,} {observed:unit|units} on {period_start})"
    es: "{product} en {location}: {reason_es} ({observed:,} {observed:unidad|unidades} el {period_start})"
explanation:
  en: >-
    A receipt, sale, return or transfer in the stock ledger names a document that the books have, and a receipt or sale
    that the books have stands in the ledger. Told per document, product and place: `no_document`, `no_reference` (others of
    its type name one and this one does not) and `no_movement`. A type is compared only where some of its movements do name
    a document of the books; otherwise the ledger counts its documents differently and nothing can be said. A receipt is
    known by its own number or that of its order. What lies before the first or after the last day of the other side is
    not judged, for its counterpart may lie outside the books.
  es: >-
    Una recepción, venta, devolución o traspaso en el diario nombra un documento que los libros tienen, y toda recepción o
    venta de los libros está en el diario. Se informa por documento, producto y lugar: `no_document` (el documento no
    existe), `no_reference` (otros de su tipo nombran uno y este no) y `no_movement` (no hay movimiento). Un tipo se compara
    solo si algunos de sus movimientos nombran un documento de los libros; si no, el diario numera de otro modo y nada puede
    decirse. Una recepción se reconoce por su número o por el de su pedido. Lo que queda antes del primer día o después del
    último de la otra parte no se juzga, pues su contrapartida puede estar fuera de los libros.
remedy:
  en: "Look for the paper; where there is none, ask who moved the goods. Book receipts and sales that never reached the ledger."
  es: "Busque el documento; si no existe, pregunte quién movió la mercancía. Registre las recepciones y ventas que faltan en el diario."
words:
  no_document: {es: sin documento}
  no_reference: {es: sin referencia}
  no_movement: {es: sin movimiento}
source: "Vouching and tracing of audit practice"
--- */

-- section: population
-- One row per document, product and place of either side.
WITH documents AS (
    SELECT 'receipt' AS type, document FROM receipts WHERE document IS NOT NULL
    UNION SELECT 'receipt', purchase_document FROM receipts WHERE purchase_document IS NOT NULL
    UNION SELECT 'receipt', document FROM purchases WHERE document IS NOT NULL
    UNION SELECT 'sale', document FROM sales WHERE document IS NOT NULL
    UNION SELECT 'return', return_document FROM returns WHERE return_document IS NOT NULL
    UNION SELECT 'return', document FROM sales WHERE document IS NOT NULL AND (type IS NULL OR type = 'return')
    UNION SELECT 'transfer', transfer FROM transfers WHERE transfer IS NOT NULL
), moved AS NOT MATERIALIZED (
    SELECT CASE WHEN type IN ('transfer_in', 'transfer_out') THEN 'transfer' ELSE type END AS type, ref_id, movement, product, location, ts_date AS day,
           qty, unit_cost, ref_id IS NULL AND ref_id_source IS NOT NULL AS unread, _file_id, _record, _line
    FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('receipt', 'sale', 'return', 'transfer_in', 'transfer_out')
), comparable AS (
    SELECT DISTINCT m.type FROM moved AS m JOIN documents AS d ON d.type = m.type AND d.document = m.ref_id
), dated AS (
    SELECT 'receipt' AS type, ts_date AS day FROM receipts
    UNION ALL SELECT 'sale', ts_date FROM sales
), spans AS (
    -- The days that the documents of a type cover; types without dated documents have none and are judged throughout.
    SELECT type, min(day) AS begins, max(day) AS ends FROM dated WHERE day IS NOT NULL GROUP BY type
), ledger AS (
    -- By kind: what is booked of another kind later does not say that this one was to be booked by then.
    SELECT type, min(day) AS begins, max(day) AS ends FROM moved GROUP BY type
), booked AS (
    SELECT m.type, coalesce(m.ref_id, '') AS ref, CASE WHEN m.ref_id IS NULL THEN m.movement END AS movement, m.product, m.location,
           min(m.day) AS day, CASE WHEN count(m.qty) = count(*) THEN sum(m.qty) END AS qty,
           CASE WHEN min(m.unit_cost) = max(m.unit_cost) AND min(m.unit_cost) > 0 THEN min(m.unit_cost) END AS row_cost,
           bool_or(m.unread) AS unread, count(*) AS row_count
    FROM moved AS m JOIN comparable AS c ON c.type = m.type
    GROUP BY ALL
), papers AS (
    SELECT 'receipt' AS type, document, purchase_document AS order_document, product, location, ts_date AS day,
           coalesce(accepted, qty - coalesce(rejected, 0)) AS qty, unit_cost
    FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected', 'pending')
    UNION ALL
    SELECT 'sale', document, NULL, product, location, ts_date, qty, NULL
    FROM sales
    WHERE _duplicate_record IS NULL AND coalesce(type, 'sale') = 'sale'
), filed AS (
    SELECT type, document, order_document, product, location, min(day) AS day,
           CASE WHEN count(qty) = count(*) THEN sum(qty) END AS qty,
           CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS row_cost, count(*) AS row_count
    FROM papers
    WHERE document IS NOT NULL AND type IN (SELECT type FROM comparable)
    GROUP BY type, document, order_document, product, location
), asked AS (
    SELECT type, document FROM filed
    UNION
    SELECT type, order_document FROM filed WHERE order_document IS NOT NULL
), named AS (
    SELECT DISTINCT m.type, m.ref_id FROM moved AS m JOIN asked AS a ON a.type = m.type AND a.document = m.ref_id
), judged AS (
    -- Each order of a receipt by itself: one that the ledger names says nothing of another on the same paper.
    SELECT f.*, CASE WHEN n.ref_id IS NOT NULL OR o.ref_id IS NOT NULL THEN 'matched'
                     WHEN f.day IS NULL OR f.day < l.begins OR f.day > l.ends THEN NULL
                     ELSE 'no_movement' END AS code
    FROM filed AS f
    JOIN ledger AS l ON l.type = f.type
    LEFT JOIN named AS n ON n.type = f.type AND n.ref_id = f.document
    LEFT JOIN named AS o ON o.type = f.type AND o.ref_id = f.order_document
)
SELECT 'movement' AS side, b.type, nullif(b.ref, '') AS document, b.movement, b.product, b.location, b.day, b.qty, b.row_cost, b.row_count,
       CASE WHEN b.unread THEN NULL
            WHEN d.document IS NOT NULL THEN 'matched'
            WHEN b.day < s.begins OR b.day > s.ends THEN NULL
            WHEN b.ref = '' THEN 'no_reference'
            ELSE 'no_document' END AS code
FROM booked AS b
LEFT JOIN spans AS s ON s.type = b.type
LEFT JOIN documents AS d ON d.type = b.type AND d.document = b.ref
UNION ALL
SELECT 'document', type, document, NULL, product, location, min(day), CASE WHEN count(qty) = count(*) THEN sum(qty) END,
       CASE WHEN count(row_cost) = count(*) AND min(row_cost) = max(row_cost) THEN min(row_cost) END, sum(row_count)::BIGINT, code
FROM judged
GROUP BY type, document, product, location, code

-- section: violations
SELECT p.code, p.type, p.document, p.movement, p.product, p.location, p.day AS period_start,
       CASE p.code WHEN 'no_document' THEN 'the ledger names ' || p.type || ' ' || p.document || ', which the books do not have'
                   WHEN 'no_reference' THEN p.type || ' ' || coalesce(p.movement, '?') || ' names no document'
                   ELSE p.type || ' ' || p.document || ' never reached the stock ledger' END AS reason_en,
       CASE p.code WHEN 'no_document' THEN 'el diario nombra el documento ' || p.document || ', que los libros no tienen'
                   WHEN 'no_reference' THEN 'el movimiento ' || coalesce(p.movement, '?') || ' no nombra documento'
                   ELSE 'el documento ' || p.document || ' no llegó al diario' END AS reason_es,
       p.qty AS observed, CASE WHEN p.side = 'document' THEN -p.qty ELSE p.qty END AS delta_qty,
       coalesce(p.row_cost, u.unit_cost) AS unit_cost,
       CASE WHEN p.row_cost IS NULL THEN coalesce(u.cost_source, 'none') WHEN p.side = 'document' THEN 'receipts' ELSE 'movements' END AS cost_source,
       try((CASE WHEN p.side = 'document' THEN -p.qty ELSE p.qty END)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS delta_value,
       try(abs(p.qty)::DECIMAL(38, 4) * coalesce(p.row_cost, u.unit_cost)) AS impact,
       CASE p.code WHEN 'no_reference' THEN 'medium' ELSE 'high' END AS severity, p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.day >= u.valid_from
WHERE p.code <> 'matched'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE side = 'movement') AS movements_compared, count(*) FILTER (WHERE side = 'document') AS documents_compared,
       count(*) FILTER (WHERE code = 'no_document') AS movements_without_document, count(*) FILTER (WHERE code = 'no_reference') AS movements_without_reference,
       count(*) FILTER (WHERE code = 'no_movement') AS documents_without_movement,
       count(*) FILTER (WHERE code IS NULL AND side = 'document') AS documents_outside_the_ledger,
       count(*) FILTER (WHERE code IS NULL AND side = 'movement') AS movements_outside_the_documents,
       (SELECT string_agg(type, ', ' ORDER BY type) FROM (SELECT DISTINCT type FROM population) AS compared) AS types_compared
FROM population

-- section: evidence
SELECT v.code, v.type, v.document, v.movement, v.product, v.location, v.period_start,
       'movement' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.ref_type AS value_ref_type, m.ref_id AS value_ref_id
FROM violations AS v
JOIN movements AS m ON coalesce(m.product, '') = coalesce(v.product, '') AND coalesce(m.location, '') = coalesce(v.location, '')
     AND coalesce(m.ref_id, '') = coalesce(v.document, '') AND (v.document IS NOT NULL OR m.movement IS NOT DISTINCT FROM v.movement)
     AND m._duplicate_record IS NULL AND (m.type = v.type OR (v.type = 'transfer' AND m.type IN ('transfer_in', 'transfer_out')))
WHERE v.code <> 'no_movement'

-- section: evidence
SELECT v.code, v.type, v.document, v.movement, v.product, v.location, v.period_start,
       'receipt' AS role, 0 AS ordinal, 'receipts' AS table_name, r._file_id, r._record, r._line,
       r.document AS key_document, r.line AS key_line, r.ts_date AS value_date, r.qty AS value_qty, r.purchase_document AS value_purchase_document
FROM violations AS v
JOIN receipts AS r ON r.document = v.document AND coalesce(r.product, '') = coalesce(v.product, '') AND coalesce(r.location, '') = coalesce(v.location, '')
WHERE v.code = 'no_movement' AND v.type = 'receipt' AND r._duplicate_record IS NULL
  AND coalesce(r.status, '') NOT IN ('cancelled', 'rejected', 'pending')
  AND (r.purchase_document IS NULL
       OR r.purchase_document NOT IN (SELECT ref_id FROM movements WHERE type = 'receipt' AND _duplicate_record IS NULL AND ref_id IS NOT NULL))

-- section: evidence
SELECT v.code, v.type, v.document, v.movement, v.product, v.location, v.period_start,
       'sale' AS role, 0 AS ordinal, 'sales' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.ts_date AS value_date, l.qty AS value_qty
FROM violations AS v
JOIN sales AS l ON l.document = v.document AND coalesce(l.product, '') = coalesce(v.product, '') AND coalesce(l.location, '') = coalesce(v.location, '')
WHERE v.code = 'no_movement' AND v.type = 'sale' AND l._duplicate_record IS NULL
