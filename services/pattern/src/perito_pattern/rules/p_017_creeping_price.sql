/* ---
id: P-017
version: 1
kind: function
function: perito_pattern.creeping:judge
title: {en: Price that rises with every invoice, es: Precio que sube con cada factura}
severity: medium
grain: product
unit: prices of suppliers
identity: [supplier, product]
needs:
  invoices: [supplier, product, document, invoiced_at, unit_price]
optional:
  invoices: [line, qty, status, discount]
unique: {priced: [supplier, product, day, document], ways: [supplier, product, way, day, document], runs: [supplier, product, way, run]}
parameters:
  least_rises: {default: 6, type: integer, meaning: "rises in a row without which nothing is told"}
  least_share: {default: "0.67", type: decimal, meaning: "share of the invoices in that time that must be rises; the others may repeat the price"}
  least_step: {default: "0.01", type: decimal, meaning: "average rise per invoice, as a share of the first price"}
  peer_share: {default: "0.5", type: decimal, meaning: "share of the own rise that the median of other prices may have risen in that time"}
  least_peers: {default: 3, type: integer, meaning: "other prices of the supplier or product that are compared with; with fewer it is all prices in the books"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all prices tested"}
impact: column
recoverable: true
explains: [C-025, C-030]
entities: [supplier, product]
texts:
  finding:
    en: "Supplier {supplier}, product {product}: the price rose {rises:,} times in a row, from {first_price:,} to {last_price:,}; other prices rose by {peers_percent:,} %"
    es: "Proveedor {supplier}, producto {product}: el precio subió {rises:,} veces seguidas, de {first_price:,} a {last_price:,}; otros precios subieron un {peers_percent:,} %"
explanation:
  en: >-
    A price that rises a little with every invoice is noticed by nobody: each is within the tolerance of the one before.
    Told are at least six rises in a row of a percent or more on average, where the median of other prices of the same
    supplier or product rose less than half as much in that time (inflation and raw materials lift all), and where so many
    rises in a row are unlikely given how often prices rise in these books. The impact is what was charged above the price
    before the rises. It explains what the comparisons with the orders (C-025) and with the master (C-030) say of the same
    supplier and product.
  es: >-
    Un precio que sube un poco con cada factura no llama la atención: cada una queda dentro de la tolerancia de la anterior.
    Se indican al menos seis subidas seguidas, de un uno por ciento de media o más, si la mediana de otros precios del mismo
    proveedor o producto subió menos de la mitad en ese tiempo (la inflación y las materias primas los suben todos) y si
    tantas subidas seguidas son improbables dado lo que suben los precios en estos libros. El impacto es lo cobrado por
    encima del precio anterior a las subidas. Explica lo que las comparaciones con los pedidos (C-025) y con
    el maestro (C-030) dicen de lo mismo.
remedy:
  en: "Compare the prices with the contract and with other offers, and reclaim what was not agreed."
  es: "Compare los precios con el contrato y con otras ofertas y reclame lo que no se acordó."
words:
  prices of suppliers: {es: precios de proveedores}
  rises: {es: subidas}
  first_price: {es: primer precio}
  last_price: {es: último precio}
  peers_percent: {en: rise of other prices in percent, es: subida de otros precios en tanto por ciento}
  peers: {en: other prices, es: otros precios}
  chance: {es: probabilidad}
  tested: {en: prices tested, es: precios probados}
  rise: {es: subida}
source: "Price-creep test of purchasing audits"
--- */

-- section: population
-- One row per invoice of a supplier and product, with its lowest price; a change is against the one before.
WITH priced AS (
    SELECT supplier, product, invoiced_at_date AS day, document,
           min((unit_price::DECIMAL(28, 4) * (1 - coalesce(discount, 0)))::DECIMAL(28, 6)) AS price,
           CASE WHEN count(qty) = count(*) THEN sum(qty) END AS qty
    FROM invoices
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled' AND supplier IS NOT NULL AND product IS NOT NULL
      AND invoiced_at_date IS NOT NULL AND unit_price > 0 AND coalesce(qty, 1) > 0
    GROUP BY supplier, product, invoiced_at_date, document
), changes AS (
    SELECT supplier, product, day, document, price, qty, lag(price) OVER w AS before, lag(day) OVER w AS day_before
    FROM priced
    WINDOW w AS (PARTITION BY supplier, product ORDER BY day, document)
)
SELECT supplier, product, day, document, price, qty, before, day_before, coalesce(price > before, false) AS is_rise,
       sum(CASE WHEN price > before THEN 0 ELSE 1 END) OVER (PARTITION BY supplier, product ORDER BY day, document) AS run,
       sum(CASE WHEN price >= before THEN 0 ELSE 1 END) OVER (PARTITION BY supplier, product ORDER BY day, document) AS climb
FROM changes

-- section: input
-- The longest run of each price that rises enough, how often that price, its supplier's others and all others rise, and
-- how much other prices rose from its first day to its last.
WITH ways AS (
    -- Rises in a row, and rises between which the price stood for an invoice or two (a rest of the same order).
    SELECT supplier, product, 'each' AS way, run, day, document, price, qty, is_rise FROM population
    UNION ALL
    SELECT supplier, product, 'most', climb, day, document, price, qty, is_rise FROM population
), marked AS (
    SELECT *, count(*) FILTER (is_rise) OVER so_far AS risen, lead(is_rise) OVER so_far AS rises_next,
           count(*) FILTER (is_rise) OVER (PARTITION BY supplier, product, way, run) AS rises
    FROM ways
    WINDOW so_far AS (PARTITION BY supplier, product, way, run ORDER BY day, document)
), stretches AS (
    SELECT *, min(price) OVER (PARTITION BY supplier, product, way, run) AS min_price
    FROM marked
    WHERE CASE WHEN risen = 0 THEN coalesce(rises_next, false) ELSE is_rise OR risen < rises END
), runs AS (
    SELECT supplier, product, way, run, count(*) FILTER (WHERE is_rise) AS rises, count(*) - 1 AS run_steps, min(price) AS first_price,
           max(price) AS last_price, min(day) AS first_day, max(day) AS last_day,
           CASE WHEN count(qty) FILTER (WHERE risen > 0) = count(*) FILTER (WHERE risen > 0)
                THEN sum(CASE WHEN risen > 0 THEN try((qty * (price - min_price))::DECIMAL(38, 4)) END) END AS impact
    FROM stretches
    GROUP BY supplier, product, way, run
), long_runs AS (
    SELECT supplier, product, rises, run_steps, first_price, last_price, first_day, last_day, impact
    FROM runs
    WHERE rises >= $least_rises AND last_price >= first_price * (1 + $least_step * rises) AND rises >= $least_share * run_steps
    QUALIFY row_number() OVER (PARTITION BY supplier, product ORDER BY rises DESC, way, run) = 1
), steps AS (
    SELECT supplier, product, count(before) AS steps, count(*) FILTER (WHERE is_rise) AS risen
    FROM population GROUP BY supplier, product
), of_supplier AS (
    SELECT supplier, sum(steps) AS steps, sum(risen) AS risen FROM steps GROUP BY supplier
), of_all AS (
    SELECT sum(steps) AS steps, sum(risen) AS risen, count(*) FILTER (WHERE steps >= $least_rises) AS tested, count(*) AS prices FROM steps
), near AS (
    SELECT r.supplier, r.product, s.supplier AS peer_supplier, s.product AS peer_product
    FROM long_runs AS r JOIN steps AS s ON s.supplier = r.supplier AND s.product <> r.product
    UNION
    SELECT r.supplier, r.product, s.supplier, s.product
    FROM long_runs AS r JOIN steps AS s ON s.product = r.product AND s.supplier <> r.supplier
), compared AS (
    SELECT supplier, product, peer_supplier, peer_product, true AS is_near FROM near
    UNION ALL
    -- Where too few are near, all prices are compared with.
    SELECT r.supplier, r.product, s.supplier, s.product, false
    FROM long_runs AS r CROSS JOIN steps AS s
    LEFT JOIN (SELECT supplier, product, count(*) AS peers FROM near GROUP BY supplier, product) AS n
      ON n.supplier = r.supplier AND n.product = r.product
    WHERE coalesce(n.peers, 0) < $least_peers AND (s.supplier, s.product) <> (r.supplier, r.product)
), at_ends AS (
    SELECT c.supplier, c.product, c.peer_supplier, c.peer_product, bool_or(c.is_near) AS is_near,
           max(CASE WHEN p.day <= r.first_day THEN p.day END) AS start_day, max(CASE WHEN p.day > r.first_day THEN p.day END) AS end_day
    FROM long_runs AS r
    JOIN compared AS c ON c.supplier = r.supplier AND c.product = r.product
    JOIN population AS p ON p.supplier = c.peer_supplier AND p.product = c.peer_product AND p.day <= r.last_day
    GROUP BY c.supplier, c.product, c.peer_supplier, c.peer_product
), by_day AS (
    SELECT supplier, product, day, min(price) AS price FROM population GROUP BY supplier, product, day
), moved AS (
    SELECT a.supplier, a.product, a.is_near, ratio(e.price, s.price) AS moved
    FROM at_ends AS a
    JOIN by_day AS s ON s.supplier = a.peer_supplier AND s.product = a.peer_product AND s.day = a.start_day
    JOIN by_day AS e ON e.supplier = a.peer_supplier AND e.product = a.peer_product AND e.day = a.end_day
), peers AS (
    SELECT supplier, product, count(*) AS peers, count(*) FILTER (WHERE is_near) AS near,
           quantile_disc(moved, 0.5) AS moved, quantile_disc(moved, 0.5) FILTER (WHERE is_near) AS near_moved
    FROM moved GROUP BY supplier, product
)
SELECT r.supplier, r.product, r.rises, r.run_steps, r.first_price, r.last_price, r.first_day, r.last_day, r.impact,
       t.steps, t.risen, (o.steps - t.steps)::BIGINT AS supplier_steps, (o.risen - t.risen)::BIGINT AS supplier_risen,
       (a.steps - t.steps)::BIGINT AS other_steps, (a.risen - t.risen)::BIGINT AS other_risen, a.tested, a.prices,
       CASE WHEN p.near >= $least_peers THEN p.near ELSE p.peers END AS peers,
       CASE WHEN p.near >= $least_peers THEN p.near_moved ELSE p.moved END AS moved
FROM of_all AS a
LEFT JOIN long_runs AS r ON true
LEFT JOIN steps AS t ON t.supplier = r.supplier AND t.product = r.product
LEFT JOIN of_supplier AS o ON o.supplier = r.supplier
LEFT JOIN peers AS p ON p.supplier = r.supplier AND p.product = r.product
ORDER BY r.supplier, r.product

-- section: evidence
SELECT v.supplier, v.product, v.period_start, v.period_end, 'rise' AS role, 0 AS ordinal,
       'invoices' AS table_name, i._file_id, i._record, i._line,
       i.document AS key_document, i.line AS key_line, i.invoiced_at_date AS value_invoiced_on, i.unit_price AS value_unit_price,
       i.qty AS value_qty
FROM violations AS v
JOIN invoices AS i ON i.supplier = v.supplier AND i.product = v.product AND i.invoiced_at_date BETWEEN v.period_start AND v.period_end
WHERE i._duplicate_record IS NULL AND coalesce(i.status, '') <> 'cancelled' AND i.unit_price > 0
