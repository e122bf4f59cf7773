/* ---
id: stock_moves
version: 1
kind: view
title: {en: All that moves stock, es: Todo lo que mueve existencias}
optional:
  movements: [product, location, lot, ts, type, qty]
  sales: [product, location, lot, ts, type, qty]
uses: [feed_places]
stored: false
unique: {moves: [table_name, _file_id, _record]}
--- */
-- One row per movement of the ledger, and per line of the sales feed at places that keep sales outside the ledger, with
-- the signed quantity (NULL: unknown). A feed without types holds sales only; a type that could not be read may be
-- anything, so its quantity is unknown. A negative sales line is a return, and counts unless the ledger has returns.
-- Rows that repeat another are left out.
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM movements WHERE type = 'return') AS has_returns
), moves AS (
    SELECT 'movements' AS table_name, m.product, m.location, m.lot, m.ts, m.ts_date AS day, m.qty,
           CASE WHEN m.type IN ('opening', 'receipt', 'transfer_in', 'transfer_out', 'sale', 'return') THEN m.type
                WHEN m.type IN ('adjustment', 'count', 'waste') THEN 'adjustment'
                ELSE 'other' END AS flow, m._file_id, m._record
    FROM movements AS m
    WHERE m._duplicate_record IS NULL
    UNION ALL
    SELECT 'sales', l.product, l.location, l.lot, l.ts, l.ts_date,
           CASE WHEN l.type IS NOT NULL OR l.type_source IS NULL THEN -l.qty END,
           CASE WHEN l.qty < 0 THEN 'return' ELSE 'sale' END, l._file_id, l._record
    FROM sales AS l JOIN feed_places AS f ON f.location IS NOT DISTINCT FROM l.location CROSS JOIN settings AS s
    WHERE l._duplicate_record IS NULL AND coalesce(l.type, 'sale') = 'sale'
      AND NOT (s.has_returns AND coalesce(l.qty < 0, false))
)
SELECT table_name, product, location, lot, ts, day, qty, flow, _file_id, _record FROM moves
