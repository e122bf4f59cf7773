/* ---
id: K-10
version: 1
kind: metric
title: {en: Fill rate, es: Nivel de servicio de pedidos}
grain: population
unit: order lines
needs:
  orders: [document, qty, shipped_qty]
optional:
  orders: [line, product, location, ordered_at, promised_at, shipped_at, delivered_at, cancelled_at]
uses: [product_groups]
explanation:
  en: >-
    How much of what customers ordered was shipped: `units_filled` adds up what was shipped of each line, never more
    than was ordered of it, over all that was ordered; `lines_filled` is the share of lines shipped in full,
    `orders_filled` that of orders of which every line was. Cancelled lines are left out, and so is what was promised for
    after the end of the books and is not shipped yet. A line without a readable
    ordered or shipped quantity is unknown, an order with such a line too, and the coverage says how many lines are
    known. In a place, category or supplier an order is made of its lines there.
  es: >-
    Cuánto de lo que pidieron los clientes se envió: `units_filled` suma lo enviado de cada línea, nunca más de lo
    pedido en ella, entre todo lo pedido; `lines_filled` es el porcentaje de líneas enviadas completas y `orders_filled`
    el de pedidos con todas sus líneas completas. Las líneas canceladas no cuentan, ni lo prometido para después del final
    de los libros que aún no se envió. Una línea sin cantidad pedida o
    enviada legible se desconoce, y también su pedido; la cobertura dice cuántas líneas se conocen. En un lugar,
    categoría o proveedor el pedido son sus líneas de allí.
remedy:
  en: "Look at the products that are shipped short most often: were they out of stock, or was the order not picked whole?"
  es: "Mire los productos que más veces se envían incompletos: ¿faltaban existencias o no se preparó el pedido entero?"
words:
  units_filled: {en: units filled, es: unidades servidas}
  lines_filled: {en: lines filled, es: líneas servidas}
  orders_filled: {en: orders filled, es: pedidos servidos completos}
  order_lines: {en: order lines, es: líneas de pedido}
  known: {en: with readable quantities, es: con cantidades legibles}
  cancelled: {en: cancelled lines, es: líneas canceladas}
  nothing was ordered: {es: no se pidió nada}
  no order line has a readable ordered and shipped quantity: {es: ninguna línea de pedido tiene cantidades pedida y enviada legibles}
  no order is known in all its lines: {es: ningún pedido se conoce en todas sus líneas}
source: "Order fulfilment practice: unit, line and order fill"
--- */

-- section: population
WITH ends AS (
    SELECT max(greatest(ordered_at_date, shipped_at_date, delivered_at_date)) AS day FROM orders
)
SELECT o.document, o.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier,
       strftime(o.ordered_at_date, '%Y-%m') AS month, o.qty AS ordered, least(o.shipped_qty, o.qty) AS filled,
       o.qty > 0 AND o.shipped_qty >= 0 AS known, o.shipped_qty >= o.qty AS complete
FROM orders AS o CROSS JOIN ends AS e LEFT JOIN product_groups AS g ON g.product = o.product
WHERE o._duplicate_record IS NULL AND o.cancelled_at IS NULL AND o.cancelled_at_source IS NULL AND coalesce(o.qty, 1) > 0
  AND NOT coalesce(o.promised_at_date > e.day AND o.shipped_qty < o.qty, false)

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), by_order AS (
    SELECT scope, key, period, document, count(*) AS lines, count(*) FILTER (WHERE known) AS n,
           count(*) FILTER (WHERE known AND complete) AS complete, sum(CASE WHEN known THEN ordered END) AS ordered,
           sum(CASE WHEN known THEN filled END) AS filled
    FROM placed GROUP BY scope, key, period, document
), summed AS (
    SELECT scope, key, period, sum(lines) AS lines, sum(n) AS n, sum(complete) AS complete, sum(ordered) AS ordered,
           sum(filled) AS filled, count(document) AS orders, count(document) FILTER (WHERE n = lines) AS known_orders,
           count(document) FILTER (WHERE complete = lines) AS complete_orders
    FROM by_order GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, NULL, NULL, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, ratio(n, lines) AS coverage,
           CASE WHEN lines = 0 THEN 'nothing was ordered'
                WHEN n = 0 THEN 'no order line has a readable ordered and shipped quantity' END AS unread
    FROM summed
)
SELECT scope, key, period, 'units_filled' AS measure, '%' AS unit, CASE WHEN n > 0 THEN ratio(100 * filled, ordered) END AS value,
       filled AS numerator, ordered AS denominator, n, coverage, unread AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'lines_filled', '%', CASE WHEN n > 0 THEN ratio(100 * complete, n) END, complete, n, n, coverage, unread
FROM explained
UNION ALL
SELECT scope, key, period, 'orders_filled', '%', CASE WHEN known_orders > 0 THEN ratio(100 * complete_orders, known_orders) END,
       complete_orders, known_orders, known_orders, ratio(known_orders, orders),
       CASE WHEN unread IS NOT NULL THEN unread WHEN known_orders = 0 THEN 'no order is known in all its lines' END
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT coalesce(known, false)) AS unknown FROM population

-- section: facts
SELECT count(*) AS order_lines, count(*) FILTER (WHERE known) AS known,
       (SELECT count(*) FROM orders WHERE cancelled_at IS NOT NULL OR cancelled_at_source IS NOT NULL) AS cancelled
FROM population
