/* ---
id: K-27
version: 1
kind: metric
title: {en: Supplier fill and rejects, es: Cumplimiento y rechazos de proveedores}
grain: population
unit: order positions
needs:
  purchases: [document, product, supplier, qty]
  receipts: [purchase_document, product, qty]
optional:
  receipts: [supplier, location, accepted, rejected, ts, status]
uses: [order_flow, product_groups]
explanation:
  en: >-
    `fill` is what was accepted over what was ordered, position by position and never more than was ordered, so that too
    much of one product does not hide too little of another. It takes positions that are due: closed, delivered in
    full, or promised (without a promise: ordered) before the last receipt of the books; what is still to come is no
    failure of the supplier. `rejected` is what was refused over what was received, where a receipt says it. Cancelled
    orders are left out.
  es: >-
    `fill` es lo aceptado entre lo pedido, posición a posición y nunca más de lo pedido, para que el exceso de un
    producto no oculte la falta de otro. Toma las posiciones vencidas: cerradas, entregadas por completo o prometidas
    (si no hay promesa, pedidas) antes de la última recepción de los libros; lo que aún ha de llegar no es falta del
    proveedor. `rejected` es lo rechazado entre lo recibido, cuando la recepción lo dice. Los pedidos cancelados no
    cuentan.
remedy:
  en: "Talk to the suppliers that deliver least of what was ordered, and ask for credit of what was refused."
  es: "Hable con los proveedores que menos entregan de lo pedido y reclame el abono de lo rechazado."
words:
  fill: {en: delivered of ordered, es: entregado sobre pedido}
  rejected: {en: refused of received, es: rechazado sobre recibido}
  positions: {en: order positions due, es: posiciones vencidas}
  known: {en: with readable quantities, es: con cantidades legibles}
  cancelled: {es: cancelado}
  no order was due: {es: no venció ningún pedido}
  no due order position has readable quantities: {es: ninguna posición vencida tiene cantidades legibles}
  nothing was received: {es: no se recibió nada}
  no receipt says what was refused: {es: ninguna recepción dice qué se rechazó}
source: "Supplier scorecards: fill rate and reject rate"
--- */

-- section: population
WITH ends AS (
    SELECT max(ts_date) AS day FROM receipts
), positions AS (
    SELECT purchase_document, position, max(CASE WHEN side = 'order' THEN supplier END) AS supplier, max(product) AS product,
           min(CASE WHEN side = 'order' THEN day END) AS ordered_on,
           max(CASE WHEN side = 'order' THEN coalesce(promised_on, day) END) AS due_on,
           coalesce(bool_and(closed) FILTER (WHERE side = 'order'), false) AS closed,
           count(*) FILTER (WHERE side <> 'invoice' AND qty IS NULL) AS unread,
           sum(CASE WHEN side = 'order' THEN qty END) AS ordered, coalesce(sum(CASE WHEN side = 'receipt' THEN qty END), 0) AS accepted
    FROM order_flow
    WHERE NOT cancelled AND side <> 'invoice' AND purchase_document IS NOT NULL
    GROUP BY purchase_document, position
    HAVING count(*) FILTER (WHERE side = 'order') > 0
)
SELECT coalesce(p.supplier, '') AS supplier, coalesce(g.category, '') AS category, strftime(p.ordered_on, '%Y-%m') AS month,
       p.ordered, least(p.accepted, p.ordered) AS filled,
       coalesce(p.unread = 0 AND p.ordered > 0 AND p.position IS NOT NULL, false) AS known
FROM positions AS p CROSS JOIN ends AS e LEFT JOIN product_groups AS g ON g.product = p.product
WHERE p.closed OR coalesce(p.due_on < e.day, true) OR coalesce(p.accepted >= p.ordered, false)

-- section: kpis
WITH arrivals AS (
    SELECT coalesce(r.supplier, g.supplier, '') AS supplier, coalesce(g.category, '') AS category, r.location,
           strftime(r.ts_date, '%Y-%m') AS month, r.qty, r.rejected
    FROM receipts AS r LEFT JOIN product_groups AS g ON g.product = r.product
    WHERE r._duplicate_record IS NULL AND coalesce(r.status, '') <> 'cancelled'
), placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), placed_arrivals AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, a.* FROM arrivals AS a
    UNION ALL
    SELECT 'location', location, '', a.* FROM arrivals AS a WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', a.* FROM arrivals AS a WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', a.* FROM arrivals AS a WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, a.* FROM arrivals AS a WHERE month IS NOT NULL
), filled AS (
    SELECT scope, key, period, count(*) AS positions, count(*) FILTER (WHERE known) AS n, sum(CASE WHEN known THEN filled END) AS filled,
           sum(CASE WHEN known THEN ordered END) AS ordered
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), refused AS (
    SELECT scope, key, period, count(*) AS arrivals, count(rejected) FILTER (WHERE qty > 0) AS n,
           sum(CASE WHEN rejected IS NOT NULL AND qty > 0 THEN qty END) AS received, sum(CASE WHEN qty > 0 THEN rejected END) AS rejected
    FROM placed_arrivals GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM arrivals)
)
SELECT scope, key, period, 'fill' AS measure, '%' AS unit, ratio(100 * filled, ordered) AS value, filled AS numerator,
       ordered AS denominator, n, ratio(n, positions) AS coverage,
       CASE WHEN positions = 0 THEN 'no order was due' WHEN n = 0 THEN 'no due order position has readable quantities' END AS reason
FROM filled
UNION ALL
SELECT scope, key, period, 'rejected', '%', ratio(100 * rejected, received), rejected, received, n, ratio(n, arrivals),
       CASE WHEN arrivals = 0 THEN 'nothing was received' WHEN n = 0 THEN 'no receipt says what was refused' END
FROM refused

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT known) AS unknown FROM population

-- section: facts
SELECT count(*) AS positions, count(*) FILTER (WHERE known) AS known FROM population
