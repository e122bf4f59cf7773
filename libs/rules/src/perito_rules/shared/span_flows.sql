/* ---
id: span_flows
version: 1
kind: view
title: {en: What moved the stock between days of which the books state it, es: Lo que movió las existencias entre los días que los libros declaran}
uses: [stock_moves, day_spans]
--- */
-- One row per product, location, lot and span up to a day of which the location has a snapshot or a count (`closes`). What
-- moved after the last such day is left out; what has no readable date has none (`closes` is NULL). `day_...` are the
-- sums of the closing day alone.
SELECT m.product, m.location, m.lot, s.closes,
       sum(m.qty) AS qty,
       sum(CASE WHEN m.flow = 'receipt' THEN m.qty ELSE 0 END) AS receipts,
       sum(CASE WHEN m.flow = 'transfer_in' THEN m.qty ELSE 0 END) AS transfers_in,
       sum(CASE WHEN m.flow = 'transfer_out' THEN m.qty ELSE 0 END) AS transfers_out,
       sum(CASE WHEN m.flow = 'sale' THEN m.qty ELSE 0 END) AS sales,
       sum(CASE WHEN m.flow = 'return' THEN m.qty ELSE 0 END) AS returns,
       sum(CASE WHEN m.flow = 'adjustment' THEN m.qty ELSE 0 END) AS adjustments,
       sum(CASE WHEN m.flow IN ('opening', 'other') THEN m.qty ELSE 0 END) AS other,
       count(*) AS moved_rows, count(*) - count(m.qty) AS unreadable,
       sum(m.qty) FILTER (m.day = s.closes) AS day_qty,
       sum(m.qty) FILTER (m.day = s.closes AND m.qty > 0) AS day_came,
       sum(m.qty) FILTER (m.day = s.closes AND m.qty < 0) AS day_went,
       count(*) FILTER (m.day = s.closes) AS day_rows
FROM stock_moves AS m LEFT JOIN day_spans AS s ON s.location = m.location AND s.day = m.day
WHERE m.product IS NOT NULL AND m.location IS NOT NULL AND (m.day IS NULL OR s.closes IS NOT NULL)
GROUP BY m.product, m.location, m.lot, s.closes
