/* ---
id: K-25
version: 1
kind: metric
title: {en: Supplier lead time, es: Plazo de entrega de los proveedores}
grain: population
unit: order lines
needs:
  purchases: [document, ordered_at]
  receipts: [purchase_document, ts]
optional:
  suppliers: [supplier, quoted_lead_days]
uses: [received_lines]
explanation:
  en: >-
    Days from the order of a line to the day on which it had arrived, which is that of its last receipt: mean, median,
    95th percentile and standard deviation over all lines that have arrived (basis `all_receipts`). `quoted` is the mean
    of what the suppliers quote, over those same lines whose supplier quotes anything; `over_quoted` is mean less quoted
    over them. `mean_in_ledger` takes only lines that arrived by the end of the stock books (basis `receipts_in_ledger`):
    later receipts stand in the orders already, and long ones would be missing from a mean that leaves them out. Open
    and cancelled lines have no lead time; a line that is dated to arrive before it was ordered is left out, and the
    coverage says how much is.
  es: >-
    Días desde el pedido de una línea hasta el día en que había llegado, el de su última recepción: media, mediana,
    percentil 95 y desviación típica de todas las líneas llegadas (base `all_receipts`). `quoted` es la media de lo que
    los proveedores prometen, sobre esas líneas; `over_quoted` es la media menos esa promesa sobre las mismas líneas.
    `mean_in_ledger` toma solo las líneas llegadas hasta el final de los libros de existencias (base
    `receipts_in_ledger`). Las líneas abiertas o anuladas no tienen plazo; una fechada como llegada antes de pedirse se
    deja fuera, y la cobertura dice cuánto falta.
remedy:
  en: "Plan orders with the 95th percentile of a supplier, not with its quote, and speak to those who exceed their quote."
  es: "Planifique con el percentil 95 del proveedor y no con su promesa, y hable con quienes la superan."
words:
  mean: {es: media}
  median: {es: mediana}
  p95: {en: 95th percentile, es: percentil 95}
  standard_deviation: {es: desviación típica}
  quoted: {es: prometido}
  over_quoted: {es: por encima de lo prometido}
  mean_in_ledger: {en: mean within the stock books, es: media dentro de los libros de existencias}
  days: {es: días}
  all_receipts: {en: "all receipts, also those after the stock books end", es: "todas las recepciones, también las posteriores a los libros"}
  receipts_in_ledger: {en: receipts within the stock books, es: recepciones dentro de los libros de existencias}
  order_lines: {es: líneas de pedido}
  arrived: {es: llegadas}
  open: {es: abiertas}
  arrived_after_the_ledger_ends: {en: arrived after the stock books end, es: llegadas después del final de los libros}
  no line has an order date and a later receipt: {es: ninguna línea tiene fecha de pedido y una recepción posterior}
  one line has no spread: {es: una sola línea no tiene dispersión}
  no supplier of these lines quotes a lead time: {es: ningún proveedor de estas líneas promete un plazo}
  no snapshot or movement says where the stock books end: {es: ningún saldo ni movimiento dice dónde terminan los libros de existencias}
  no line has an order date and a later receipt within the stock books: {es: ninguna línea tiene fecha de pedido y una recepción posterior dentro de los libros}
source: "Purchasing practice: receipt date less order date"
--- */

-- section: population
WITH quotes AS (
    SELECT supplier, CASE WHEN min(quoted_lead_days) = max(quoted_lead_days) THEN min(quoted_lead_days) END AS quoted
    FROM suppliers WHERE supplier IS NOT NULL GROUP BY supplier
)
SELECT r.location, r.category, r.supplier, strftime(r.received, '%Y-%m') AS month, r.received IS NOT NULL AS arrived,
       r.ledger_ends, r.received <= r.ledger_ends AS in_ledger, q.quoted,
       CASE WHEN r.received >= r.ordered THEN (r.received - r.ordered)::BIGINT END AS days
FROM received_lines AS r LEFT JOIN quotes AS q ON q.supplier = r.supplier

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
    SELECT scope, key, period, count(*) AS lines, count(days) AS n, sum(days) AS days, sum(days * days) AS squares,
           quantile_cont(days, 0.5)::DECIMAL(18, 4) AS middle, quantile_disc(days, 0.95) AS p95,
           count(quoted) FILTER (WHERE days IS NOT NULL) AS quoted_n,
           sum(CASE WHEN days IS NOT NULL THEN quoted END) AS quoted,
           sum(CASE WHEN quoted IS NOT NULL THEN days END) AS days_of_quoted,
           count(days) FILTER (WHERE in_ledger) AS ledger_n, sum(CASE WHEN in_ledger THEN days END) AS ledger_days,
           count(ledger_ends) AS ledger_lines
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0, NULL, 0
    WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, CASE WHEN n = 0 THEN 'no line has an order date and a later receipt' END AS empty FROM summed
)
SELECT scope, key, period, 'mean' AS measure, 'days' AS unit, 'all_receipts' AS basis, ratio(days, n) AS value,
       days AS numerator, n AS denominator, n, ratio(n, lines) AS coverage, empty AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'median', 'days', 'all_receipts', middle, NULL, NULL, n, ratio(n, lines), empty FROM explained
UNION ALL
SELECT scope, key, period, 'p95', 'days', 'all_receipts', p95, NULL, NULL, n, ratio(n, lines), empty FROM explained
UNION ALL
SELECT scope, key, period, 'standard_deviation', 'days', 'all_receipts',
       CASE WHEN n > 1 THEN sqrt(greatest(ratio(n * squares - days * days, n * (n - 1)), 0))::DECIMAL(28, 9) END,
       NULL, NULL, n, ratio(n, lines),
       CASE WHEN empty IS NOT NULL THEN empty WHEN n = 1 THEN 'one line has no spread' END
FROM explained
UNION ALL
SELECT scope, key, period, 'quoted', 'days', 'all_receipts', ratio(quoted, quoted_n), quoted, quoted_n, quoted_n,
       ratio(quoted_n, lines),
       CASE WHEN empty IS NOT NULL THEN empty WHEN quoted_n = 0 THEN 'no supplier of these lines quotes a lead time' END
FROM explained
UNION ALL
SELECT scope, key, period, 'over_quoted', 'days', 'all_receipts', ratio(days_of_quoted - quoted, quoted_n),
       days_of_quoted - quoted, quoted_n, quoted_n, ratio(quoted_n, lines),
       CASE WHEN empty IS NOT NULL THEN empty WHEN quoted_n = 0 THEN 'no supplier of these lines quotes a lead time' END
FROM explained
UNION ALL
SELECT scope, key, period, 'mean_in_ledger', 'days', 'receipts_in_ledger', ratio(ledger_days, ledger_n), ledger_days,
       ledger_n, ledger_n, ratio(ledger_n, lines),
       CASE WHEN ledger_lines = 0 THEN 'no snapshot or movement says where the stock books end'
            WHEN ledger_n = 0 THEN 'no line has an order date and a later receipt within the stock books' END
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE arrived AND days IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS order_lines, count(*) FILTER (WHERE arrived) AS arrived, count(*) FILTER (WHERE NOT arrived) AS open,
       count(*) FILTER (WHERE arrived AND NOT in_ledger) AS arrived_after_the_ledger_ends
FROM population
