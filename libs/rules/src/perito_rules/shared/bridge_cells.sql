/* ---
id: bridge_cells
version: 1
kind: view
title: {en: Snapshots with what leads to them, es: Saldos con lo que lleva a ellos}
optional:
  inventory: [snapshot_date, product, location, lot, qty, unit_cost]
  movements: [type, lot]
  sales: [lot]
uses: [span_flows, feed_places, ledger_cover]
unique: {closed: [product, location, lot, snapshot_date]}
--- */
-- One row per product, location (and lot, where all books keep lots) and snapshot that has one before it. What lies outside
-- the days of the ledger is unknown.
WITH settings AS (
    SELECT has_returns, has_lots AND (NOT feed OR EXISTS (SELECT 1 FROM sales WHERE lot IS NOT NULL)) AS by_lot
    FROM (
        SELECT EXISTS (SELECT 1 FROM feed_places) AS feed,
               EXISTS (SELECT 1 FROM movements WHERE type = 'return') AS has_returns,
               EXISTS (SELECT 1 FROM inventory WHERE lot IS NOT NULL)
               AND EXISTS (SELECT 1 FROM movements WHERE lot IS NOT NULL) AS has_lots
    ) AS found
), stock AS (
    SELECT i.product, i.location, CASE WHEN s.by_lot THEN i.lot END AS lot, s.by_lot, s.has_returns,
           i.snapshot_date,
           -- Where intake dropped a time of day, its text tells snapshots of one day apart.
           CASE WHEN count(i.qty) = count(*)
                 AND min(coalesce(i.snapshot_date_source, '')) = max(coalesce(i.snapshot_date_source, ''))
                THEN sum(i.qty) END AS qty,
           CASE WHEN min(i.unit_cost) = max(i.unit_cost) AND min(i.unit_cost) > 0 THEN min(i.unit_cost) END AS book_cost,
           count(*) AS snapshot_rows
    FROM inventory AS i CROSS JOIN settings AS s
    WHERE i._duplicate_record IS NULL AND i.product IS NOT NULL AND i.location IS NOT NULL AND i.snapshot_date IS NOT NULL
    GROUP BY ALL
), cells AS (
    SELECT *, lag(snapshot_date) OVER w AS since, lag(qty) OVER w AS opening, lag(snapshot_rows) OVER w AS opening_rows,
           lead(snapshot_date) OVER w IS NULL AS is_last
    FROM stock
    WINDOW w AS (PARTITION BY product, location, lot, by_lot, has_returns ORDER BY snapshot_date)
), spans AS (
    SELECT f.product, f.location, CASE WHEN s.by_lot THEN f.lot END AS lot, f.closes AS day,
           sum(f.receipts) AS receipts, sum(f.transfers_in) AS transfers_in, sum(f.transfers_out) AS transfers_out,
           sum(f.sales) AS sales, sum(f.returns) AS returns, sum(f.adjustments) AS adjustments, sum(f.other) AS other,
           sum(f.moved_rows) AS moved_rows, sum(f.unreadable) AS unreadable
    FROM span_flows AS f CROSS JOIN settings AS s
    GROUP BY ALL
), windowed AS (
    SELECT c.product, c.location, c.lot, c.snapshot_date,
           sum(d.receipts) AS receipts, sum(d.transfers_in) AS transfers_in, sum(d.transfers_out) AS transfers_out,
           sum(d.sales) AS sales, sum(d.returns) AS returns, sum(d.adjustments) AS adjustments, sum(d.other) AS other,
           sum(d.moved_rows) AS moved_rows, sum(d.unreadable) AS unreadable
    FROM spans AS d
    ASOF JOIN cells AS c
      ON d.product = c.product AND d.location = c.location AND coalesce(d.lot, '') = coalesce(c.lot, '')
     AND d.day <= c.snapshot_date
    WHERE d.day > c.since
    GROUP BY c.product, c.location, c.lot, c.snapshot_date
), undated AS (
    -- A movement whose date could not be read may belong to any cell of its key.
    SELECT product, location, lot FROM spans WHERE day IS NULL
), bridge AS (
    SELECT c.product, c.location, c.lot, c.by_lot, c.has_returns, c.since, c.snapshot_date, c.is_last, c.book_cost, c.opening, c.qty AS actual,
           coalesce(w.receipts, 0) AS receipts, coalesce(w.transfers_in, 0) AS transfers_in,
           coalesce(w.transfers_out, 0) AS transfers_out, coalesce(w.sales, 0) AS sales,
           coalesce(w.returns, 0) AS returns, coalesce(w.adjustments, 0) AS adjustments, coalesce(w.other, 0) AS other,
           coalesce(w.moved_rows, 0) AS moved_rows,
           c.snapshot_rows + c.opening_rows + coalesce(w.moved_rows, 0) AS row_count,
           coalesce(w.unreadable, 0) = 0 AND u.product IS NULL AND coalesce(c.since >= v.begins AND c.snapshot_date <= v.ends, true) AS complete
    FROM cells AS c
    LEFT JOIN windowed AS w
      ON w.product = c.product AND w.location = c.location AND coalesce(w.lot, '') = coalesce(c.lot, '')
     AND w.snapshot_date = c.snapshot_date
    LEFT JOIN undated AS u
      ON u.product = c.product AND u.location = c.location AND coalesce(u.lot, '') = coalesce(c.lot, '')
    LEFT JOIN feed_places AS e ON e.location = c.location
    LEFT JOIN ledger_cover AS v ON v.by_feed = (e.location IS NOT NULL)
    WHERE c.since IS NOT NULL
), closed AS (
    SELECT *, CASE WHEN complete
                   THEN opening + receipts + transfers_in + transfers_out + sales + returns + adjustments + other
              END AS expected
    FROM bridge
)
SELECT *, actual - expected AS difference FROM closed
