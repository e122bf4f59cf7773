/* ---
id: bridge_effects
version: 1
kind: view
title: {en: What other readings of the books would move, es: Lo que moverían otras lecturas de los libros}
optional:
  movements: [product, location, lot, ts, type, qty, uom, ref_id]
  sales: [document, line, product, location, lot, ts, type, qty, uom]
  returns: [return_document, product, location, lot, ts, qty, disposition]
  receipts: [document, product, location, lot, ts, qty, accepted, rejected, status]
  transfers: [transfer, product, lot, from_location, to_location, qty_out, qty_in, out_ts, in_ts, status]
  products: [product, units_per_pack]
uses: [bridge_cells, feed_places]
unique: {moved: [table_name, _file_id, _record]}
--- */
-- One row per reading that is tried, unit (of readings of units), file, product, location, lot and day, with what the reading would add to the quantity
-- that moved that day (`qty`; a date read otherwise takes it from one day and gives it to another). Only places whose
-- snapshots break are looked at: of books that roll forward nothing is tried, and this view is empty.
WITH troubled AS (
    SELECT DISTINCT location FROM bridge_cells WHERE difference <> 0
), settings AS (
    SELECT EXISTS (SELECT 1 FROM movements WHERE type = 'return') AS has_returns, (SELECT coalesce(bool_or(by_lot), false) FROM bridge_cells) AS by_lot
), moved AS (
    -- All that C-006 counts at these places, and what it leaves out: repetitions, and the side that the books keep sales on not.
    SELECT 'movements' AS table_name, m.product, m.location, m.lot, m.ts_date AS day, m.ts::DATE AS utc_day, m.ts_alternative, m.qty, m.type AS flow, m.uom,
           m.qty_source, m.ref_id AS document, NULL AS line, m._duplicate_record IS NOT NULL AS repeats, true AS counts, m._file_id, m._record
    FROM movements AS m JOIN troubled AS t ON t.location = m.location
    WHERE m.qty <> 0 AND m.ts_date IS NOT NULL AND m.product IS NOT NULL
    UNION ALL
    SELECT 'sales', l.product, l.location, l.lot, l.ts_date, l.ts::DATE, l.ts_alternative, CASE WHEN coalesce(l.type, 'sale') = 'return' THEN abs(l.qty) ELSE -l.qty END,
           CASE WHEN l.qty < 0 OR l.type = 'return' THEN 'return' ELSE 'sale' END, l.uom, l.qty_source, l.document, l.line, l._duplicate_record IS NOT NULL,
           f.location IS NOT NULL AND coalesce(l.type, 'sale') = 'sale' AND NOT (s.has_returns AND l.qty < 0), l._file_id, l._record
    FROM sales AS l
    JOIN troubled AS t ON t.location = l.location
    LEFT JOIN feed_places AS f ON f.location = l.location
    CROSS JOIN settings AS s
    WHERE l.qty <> 0 AND l.ts_date IS NOT NULL AND l.product IS NOT NULL AND coalesce(l.type, 'sale') IN ('sale', 'return')
), counted AS (
    SELECT * FROM moved WHERE counts AND NOT repeats
), flows AS (
    SELECT location, flow FROM counted GROUP BY location, flow
), ends AS (
    SELECT c.location, c.snapshot_date AS day FROM bridge_cells AS c JOIN troubled AS t ON t.location = c.location
    UNION
    SELECT c.location, c.since FROM bridge_cells AS c JOIN troubled AS t ON t.location = c.location
), copies AS (
    -- Rows that agree with an earlier one in document, line, product, place, time and quantity, though not in every cell.
    SELECT table_name, product, location, lot, day, qty, _file_id
    FROM counted
    WHERE document IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY table_name, document, line, flow, product, location, lot, day, qty ORDER BY _file_id, _record) > 1
), packs AS (
    SELECT product, min(units_per_pack) AS pack FROM products WHERE product IS NOT NULL GROUP BY product
    HAVING min(units_per_pack) = max(units_per_pack) AND min(units_per_pack) > 1
), spelled AS (
    -- Keys of snapshots by what is left of them without case, outer blanks and leading zeros.
    SELECT ltrim(upper(trim(product)), '0') AS plain_product, upper(trim(location)) AS plain_location, min(product) AS known_product, min(location) AS known_location
    FROM bridge_cells GROUP BY ltrim(upper(trim(product)), '0'), upper(trim(location))
    HAVING min(product) = max(product) AND min(location) = max(location)
), strangers AS (
    SELECT product, location FROM movements UNION SELECT l.product, l.location FROM sales AS l JOIN feed_places AS f ON f.location = l.location
), respelled AS (
    SELECT s.product AS written_product, s.location AS written_location, k.known_product AS product, k.known_location AS location
    FROM strangers AS s
    JOIN spelled AS k ON k.plain_product = ltrim(upper(trim(s.product)), '0') AND k.plain_location = upper(trim(s.location))
    JOIN troubled AS t ON t.location = k.known_location
    WHERE s.product <> k.known_product OR s.location <> k.known_location
), absent AS (
    -- Documents whose leg the ledger may lack: places whose ledger has no movement of that kind at all.
    SELECT 'returns_added' AS reading, 'return' AS flow, 'returns' AS table_name, product, location, lot, ts_date AS day, abs(qty) AS qty, _file_id
    FROM returns
    WHERE _duplicate_record IS NULL AND coalesce(disposition, 'restock') = 'restock'
    UNION ALL
    SELECT 'receipts_added', 'receipt', 'receipts', product, location, lot, ts_date, coalesce(accepted, qty - coalesce(rejected, 0)), _file_id
    FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected', 'pending')
    UNION ALL
    SELECT 'transfers_in_added', 'transfer_in', 'transfers', product, to_location, lot, coalesce(in_ts_date, out_ts_date), coalesce(qty_in, qty_out), _file_id
    FROM transfers
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'draft')
    UNION ALL
    SELECT 'transfers_out_added', 'transfer_out', 'transfers', product, from_location, lot, out_ts_date, -qty_out, _file_id
    FROM transfers
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'draft')
), effects AS (
    SELECT 'returns_left_out' AS reading, '' AS unit, table_name, _file_id, product, location, lot, day, -qty AS qty FROM counted WHERE flow = 'return'
    UNION ALL
    SELECT a.reading, '', a.table_name, a._file_id, a.product, a.location, a.lot, a.day, a.qty
    FROM absent AS a
    JOIN troubled AS t ON t.location = a.location
    LEFT JOIN flows AS f ON f.location = a.location AND f.flow = a.flow
    WHERE f.location IS NULL AND a.qty <> 0 AND a.day IS NOT NULL AND a.product IS NOT NULL
    UNION ALL
    SELECT 'sale_returns_added', '', table_name, _file_id, product, location, lot, day, qty
    FROM moved WHERE table_name = 'sales' AND flow = 'return' AND NOT counts AND NOT repeats
    UNION ALL
    SELECT 'sales_added', '', table_name, _file_id, product, location, lot, day, qty
    FROM moved WHERE table_name = 'sales' AND flow = 'sale' AND NOT counts AND NOT repeats
    UNION ALL
    SELECT 'feed_left_out', '', table_name, _file_id, product, location, lot, day, -qty FROM counted WHERE table_name = 'sales' AND flow = 'sale'
    UNION ALL
    SELECT 'ledger_sales_left_out', '', c.table_name, c._file_id, c.product, c.location, c.lot, c.day, -c.qty
    FROM counted AS c JOIN feed_places AS f ON f.location = c.location
    WHERE c.table_name = 'movements' AND c.flow = 'sale'
    UNION ALL
    SELECT 'copies_left_out', '', table_name, _file_id, product, location, lot, day, -qty FROM copies
    UNION ALL
    SELECT 'repetitions_counted', '', table_name, _file_id, product, location, lot, day, qty FROM moved WHERE counts AND repeats
    UNION ALL
    SELECT 'other_date', '', table_name, _file_id, product, location, lot, day, -qty FROM counted WHERE ts_alternative::DATE <> utc_day
    UNION ALL
    SELECT 'other_date', '', table_name, _file_id, product, location, lot, (ts_alternative::DATE + (day - utc_day)::INTEGER)::DATE, qty
    FROM counted WHERE ts_alternative::DATE <> utc_day
    UNION ALL
    SELECT 'day_of_snapshot_after', '', c.table_name, c._file_id, c.product, c.location, c.lot, (c.day + part)::DATE, CASE part WHEN 0 THEN -c.qty ELSE c.qty END
    FROM counted AS c JOIN ends AS e ON e.location = c.location AND e.day = c.day CROSS JOIN (VALUES (0), (1)) AS parts(part)
    UNION ALL
    SELECT 'day_after_snapshot_before', '', c.table_name, c._file_id, c.product, c.location, c.lot, (c.day - part)::DATE, CASE part WHEN 0 THEN -c.qty ELSE c.qty END
    FROM counted AS c JOIN ends AS e ON e.location = c.location AND e.day + 1 = c.day CROSS JOIN (VALUES (0), (1)) AS parts(part)
    UNION ALL
    SELECT 'packs_not_converted', coalesce(c.uom, ''), c.table_name, c._file_id, c.product, c.location, c.lot, c.day, try((c.qty::DECIMAL(38, 4) * (p.pack - 1))::DECIMAL(38, 4))
    FROM counted AS c JOIN packs AS p ON p.product = c.product
    WHERE c.qty_source IS NULL
    UNION ALL
    SELECT 'pieces_converted', coalesce(c.uom, ''), c.table_name, c._file_id, c.product, c.location, c.lot, c.day,
           sign(c.qty)::INTEGER * abs(try_cast(c.qty_source AS DECIMAL(18, 4))) - c.qty
    FROM counted AS c JOIN packs AS p ON p.product = c.product
    WHERE c.uom IS NOT NULL AND abs(try_cast(c.qty_source AS DECIMAL(18, 4))) <> abs(c.qty)
    UNION ALL
    SELECT 'keys_respelled', '', 'movements', m._file_id, r.product, r.location, m.lot, m.ts_date, m.qty
    FROM movements AS m JOIN respelled AS r ON r.written_product = m.product AND r.written_location = m.location
    WHERE m._duplicate_record IS NULL AND m.qty <> 0 AND m.ts_date IS NOT NULL
    UNION ALL
    SELECT 'keys_respelled', '', 'sales', l._file_id, r.product, r.location, l.lot, l.ts_date, -l.qty
    FROM sales AS l
    JOIN respelled AS r ON r.written_product = l.product AND r.written_location = l.location
    JOIN feed_places AS f ON f.location = l.location
    WHERE l._duplicate_record IS NULL AND l.qty <> 0 AND l.ts_date IS NOT NULL AND coalesce(l.type, 'sale') = 'sale'
)
SELECT e.reading, e.unit, e.table_name, e._file_id AS file_id, e.product, e.location, CASE WHEN s.by_lot THEN e.lot END AS lot, e.day, sum(e.qty)::DECIMAL(38, 4) AS qty
FROM effects AS e CROSS JOIN settings AS s
GROUP BY ALL
