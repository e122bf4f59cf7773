/* ---
id: K-11
version: 1
kind: metric
title: {en: On time in full, es: A tiempo y completo}
grain: population
unit: order lines
needs:
  orders: [document, qty, shipped_qty, promised_at]
optional:
  orders: [line, product, location, ordered_at, shipped_at, delivered_at, cancelled_at]
uses: [product_groups]
parameters:
  days_late: {default: 0, type: integer, meaning: "days after the promised date that still count as on time"}
explanation:
  en: >-
    Share of order lines that reached the customer by the promised date and in full (`otif`), by the date alone
    (`on_time`) and in full alone (`in_full`). The date is that of the delivery (basis `delivered`); where the books hold no
    deliveries, that of the shipment (basis `shipped`). A line that was promised, has no such date and whose promise
    lies before the end of the orders' books is late. A line promised for later and not delivered is not due and does
    not count; nor does a cancelled one. A line without a promise or a readable quantity is unknown and lowers the
    coverage. `tolerance` is how many days late still counted as on time.
  es: >-
    Porcentaje de líneas de pedido que llegaron al cliente en la fecha prometida y completas (`otif`), solo a tiempo
    (`on_time`) y solo completas (`in_full`). La fecha es la de entrega (base `delivered`); si los libros no tienen
    entregas, la de envío (base `shipped`). Una línea prometida, sin esa fecha, cuya promesa es anterior al final de los
    libros de pedidos está retrasada. Una línea prometida para después y no entregada no vence todavía y no cuenta;
    tampoco una cancelada. Una línea sin promesa o sin cantidad legible se desconoce y baja la cobertura. `tolerance` son los días de retraso que aún cuentan como a tiempo.
remedy:
  en: "Compare `on_time` with `in_full`: late lines point to transport or planning, short ones to stock."
  es: "Compare `on_time` con `in_full`: las líneas tardías señalan el transporte o la planificación; las incompletas, las existencias."
words:
  otif: {en: on time in full, es: a tiempo y completo}
  on_time: {en: on time, es: a tiempo}
  in_full: {en: in full, es: completo}
  tolerance: {en: days late that count as on time, es: días de retraso que cuentan como a tiempo}
  days: {es: días}
  delivered: {en: by delivery, es: por entrega}
  shipped: {en: by shipment, es: por envío}
  order_lines: {en: order lines due, es: líneas de pedido vencidas}
  late: {en: late lines, es: líneas tardías}
  short: {en: short lines, es: líneas incompletas}
  no order line was due: {es: no venció ninguna línea de pedido}
  no due order line has a promised date and readable quantities: {es: ninguna línea vencida tiene fecha prometida y cantidades legibles}
source: "Order fulfilment practice: OTIF with its tolerance said"
--- */

-- section: population
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM orders WHERE delivered_at_date IS NOT NULL) AS has_deliveries,
           (SELECT max(greatest(ordered_at_date, shipped_at_date, delivered_at_date)) FROM orders) AS ends
), lines AS (
    SELECT o._file_id, o._record, o.location, o.product, o.promised_at_date AS promised,
           CASE WHEN s.has_deliveries THEN 'delivered' ELSE 'shipped' END AS basis, s.ends,
           CASE WHEN s.has_deliveries THEN o.delivered_at_date ELSE o.shipped_at_date END AS arrived,
           CASE WHEN s.has_deliveries THEN o.delivered_at_source ELSE o.shipped_at_source END AS arrived_source,
           CASE WHEN o.qty > 0 THEN o.shipped_qty >= o.qty END AS in_full
    FROM orders AS o CROSS JOIN settings AS s
    WHERE o._duplicate_record IS NULL AND o.cancelled_at IS NULL AND o.cancelled_at_source IS NULL AND coalesce(o.qty, 1) > 0
), judged AS (
    SELECT *, CASE WHEN arrived IS NOT NULL THEN arrived <= promised + $days_late::INTEGER
                   WHEN arrived_source IS NULL AND promised + $days_late::INTEGER < ends THEN false END AS on_time
    FROM lines
    WHERE arrived IS NOT NULL OR arrived_source IS NOT NULL OR promised IS NULL OR promised + $days_late::INTEGER < ends
)
SELECT j.location, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, j.basis,
       strftime(j.promised, '%Y-%m') AS month, j.on_time,
       CASE WHEN j.arrived IS NULL AND j.on_time IS NOT NULL THEN coalesce(j.in_full, false) ELSE j.in_full END AS in_full
FROM judged AS j LEFT JOIN product_groups AS g ON g.product = j.product

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
), summed AS (
    SELECT scope, key, period, max(basis) AS basis, count(*) AS lines,
           count(*) FILTER (WHERE on_time IS NOT NULL AND in_full IS NOT NULL) AS n,
           count(*) FILTER (WHERE in_full IS NOT NULL AND on_time) AS on_time,
           count(*) FILTER (WHERE on_time IS NOT NULL AND in_full) AS in_full, count(*) FILTER (WHERE on_time AND in_full) AS otif
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', '', 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM population)
), measured AS (
    SELECT scope, key, period, basis, lines, n, 'otif' AS measure, otif AS met FROM summed
    UNION ALL
    SELECT scope, key, period, basis, lines, n, 'on_time', on_time FROM summed
    UNION ALL
    SELECT scope, key, period, basis, lines, n, 'in_full', in_full FROM summed
)
SELECT scope, key, period, measure, '%' AS unit, basis, ratio(100 * met, n) AS value, met AS numerator, n AS denominator, n,
       ratio(n, lines) AS coverage,
       CASE WHEN lines = 0 THEN 'no order line was due'
            WHEN n = 0 THEN 'no due order line has a promised date and readable quantities' END AS reason
FROM measured
UNION ALL
SELECT 'total', '', '', 'tolerance', 'days', '', $days_late, NULL, NULL, lines, NULL, NULL FROM summed WHERE scope = 'total'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE on_time IS NULL OR in_full IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS order_lines, count(*) FILTER (WHERE NOT on_time) AS late, count(*) FILTER (WHERE NOT in_full) AS short FROM population
