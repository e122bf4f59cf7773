/* ---
id: K-04
version: 1
kind: metric
title: {en: Sell-through, es: Ventas sobre lo disponible}
grain: population
unit: products and places
needs:
  inventory: [snapshot_date, product, location, qty]
optional:
  movements: [type, product, location, ts, qty]
  receipts: [product, location, ts, qty, accepted, rejected, status]
uses: [stock_spans, span_days, sold_goods, product_groups]
parameters:
  least_coverage: {default: "0.9", type: decimal, meaning: "share of the rows whose figures are known below which nothing is said"}
explanation:
  en: >-
    Units sold of those there were to sell: what was on hand at the first snapshot of a location plus what was
    received until its last (basis `opening_and_received`). Returned units are taken off what was sold. Receipts are
    those of the stock ledger, and where it has none those of the receipts; what a place received from another counts
    for that place and not for the whole. A month is taken from one month end to the next. Units of different products
    are added as they are.
  es: >-
    Unidades vendidas de las que había para vender: la existencia del primer saldo de una ubicación más lo recibido
    hasta el último (base `opening_and_received`). Las unidades devueltas se restan de lo vendido. Las recepciones son
    las del diario de existencias; si no tiene, las de la tabla de recepciones; lo que un lugar recibió de otro cuenta
    para ese lugar y no para el total. Un mes va de un cierre de mes al siguiente. Las unidades de productos distintos
    se suman tal cual.
remedy:
  en: "Mark down or move early what sells least of what is there, while the season lasts."
  es: "Rebaje o traslade a tiempo lo que menos se vende de lo que hay, mientras dure la temporada."
words:
  sell_through: {en: sold of what was there, es: vendido de lo disponible}
  opening_and_received: {en: opening stock and receipts, es: existencia inicial y recepciones}
  receipt: {es: recepción}
  transfer_in: {en: transfer in, es: traspaso de entrada}
  cancelled: {es: cancelado}
  pending: {es: pendiente}
  rejected: {es: rechazado}
  products_and_places: {en: products and places, es: productos y lugares}
  the books hold no two stock snapshots with sales between: {es: los libros no tienen dos saldos de existencias con ventas entre ellos}
  too many quantities cannot be read: {es: demasiadas cantidades no se pueden leer}
  there was nothing to sell: {es: no había nada que vender}
source: "Retail practice: units sold over opening stock and receipts"
--- */

-- section: population
WITH ledger AS (
    SELECT EXISTS (SELECT 1 FROM movements WHERE type = 'receipt') AS has_receipts
), arrivals AS (
    SELECT product, location, ts_date AS day, type = 'transfer_in' AS from_within, qty FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('receipt', 'transfer_in')
    UNION ALL
    SELECT r.product, r.location, r.ts_date, false, coalesce(r.accepted, r.qty - coalesce(r.rejected, 0))
    FROM receipts AS r CROSS JOIN ledger AS l
    WHERE NOT l.has_receipts AND r._duplicate_record IS NULL AND coalesce(r.status, '') NOT IN ('cancelled', 'rejected', 'pending')
), parts AS (
    SELECT s.period, i.product, i.location, i.qty AS opening, NULL AS received, NULL AS moved_in, NULL AS sold, 1 AS rows_read,
           CASE WHEN i.qty IS NULL THEN 0 ELSE 1 END AS known
    FROM inventory AS i JOIN stock_spans AS s ON s.location = i.location AND s.starts = i.snapshot_date
    WHERE i._duplicate_record IS NULL
    UNION ALL
    SELECT d.period, a.product, a.location, NULL, sum(CASE WHEN NOT a.from_within THEN a.qty END), sum(CASE WHEN a.from_within THEN a.qty END),
           NULL, count(*), count(a.qty)
    FROM arrivals AS a JOIN span_days AS d ON d.location = a.location AND d.day = a.day
    GROUP BY d.period, a.product, a.location
    UNION ALL
    SELECT d.period, o.product, o.location, NULL, NULL, NULL, sum(o.units), count(*), count(o.units)
    FROM sold_goods AS o JOIN span_days AS d ON d.location = o.location AND d.day = o.day
    GROUP BY d.period, o.product, o.location
)
SELECT p.period, p.product, p.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier,
       nullif(p.period, '') AS month, p.opening, p.received, p.moved_in, p.sold, p.rows_read, p.known
FROM (
    SELECT period, product, location, sum(opening) AS opening, sum(received) AS received, sum(moved_in) AS moved_in, sum(sold) AS sold,
           sum(rows_read) AS rows_read, sum(known) AS known
    FROM parts WHERE product IS NOT NULL GROUP BY period, product, location
) AS p LEFT JOIN product_groups AS g ON g.product = p.product

-- section: kpis
WITH whole AS (
    SELECT * FROM population WHERE period = ''
), monthly AS (
    SELECT * FROM population WHERE period <> ''
), placed AS (
    SELECT 'total' AS scope, '' AS key, w.* FROM whole AS w
    UNION ALL
    SELECT 'location', location, w.* FROM whole AS w
    UNION ALL
    SELECT 'category', category, w.* FROM whole AS w WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, w.* FROM whole AS w WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, m.* FROM monthly AS m
), summed AS (
    SELECT scope, key, period, count(*) AS n, coalesce(sum(sold), 0) AS sold,
           coalesce(sum(opening), 0) + coalesce(sum(received), 0)
               + CASE WHEN scope = 'location' THEN coalesce(sum(moved_in), 0) ELSE 0 END AS available,
           ratio(sum(known), sum(rows_read)) AS coverage
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, NULL, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM whole)
), explained AS (
    SELECT *, CASE WHEN n = 0 THEN 'the books hold no two stock snapshots with sales between'
                   WHEN coverage < $least_coverage THEN 'too many quantities cannot be read'
                   WHEN available > 0 THEN NULL ELSE 'there was nothing to sell' END AS missing
    FROM summed
)
SELECT scope, key, period, 'sell_through' AS measure, '%' AS unit, 'opening_and_received' AS basis,
       CASE WHEN missing IS NULL THEN ratio(100 * sold, available) END AS value, sold AS numerator, available AS denominator, n, coverage,
       missing AS reason
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE known < rows_read) AS unknown FROM population WHERE period = ''

-- section: facts
SELECT count(*) AS products_and_places FROM population WHERE period = ''
