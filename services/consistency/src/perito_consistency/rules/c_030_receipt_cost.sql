/* ---
id: C-030
version: 1
kind: set
title: {en: Received at another cost than the master has, es: Recibido a un coste distinto del maestro}
severity: medium
grain: document
unit: receipt lines
identity: [received_on, ratio, supplier, purchase_document, document, line, product]
needs:
  receipts: [document, line, product, qty, unit_cost]
  products: [product, unit_cost]
optional:
  receipts: [purchase_document, purchase_line, supplier, ts, status]
  purchases: [document, line, product, supplier, unit_cost]
parameters:
  tolerance: {default: "0.02", type: decimal, meaning: "share by which a cost may differ from the master's; 0 means not at all"}
  lines: {default: 3, type: integer, meaning: "lines of one order, or of one day, that differ by one ratio and are then told as one finding"}
impact: column
recoverable: false
explains: []
entities: [supplier, purchase_document, document, product]
partition_by: [received_on]
texts:
  finding:
    en: "{reason_en} at {ratio:,} times the master's cost on {received_on} ({delta_value:,} in all)"
    es: "{reason_es} a {ratio:,} veces el coste del maestro el {received_on} ({delta_value:,} en total)"
explanation:
  en: >-
    The cost on each receipt line, else on its order line, is compared with the product master. Lines that differ by the
    same ratio (to four places) on one order, or on orders received the same day, have one cause (a discount, another unit,
    another currency, a price list) and are one finding; others are told one by one. A ratio is of interest because a pack
    taken for a unit shows as the pack size and a foreign currency as its rate. The amount is cost less master cost times
    quantity: paid more is positive. The master has one cost and no date, so where prices change the master may be what is old.
  es: >-
    El coste de cada línea de recepción, o de su línea de pedido, se compara con el maestro de productos. Las líneas que
    difieren en la misma proporción (a cuatro decimales) en un pedido, o en pedidos recibidos el mismo día, tienen una causa
    (un descuento, otra unidad, otra moneda, una tarifa) y son un solo hallazgo; las demás se informan una a una. La
    proporción interesa porque un bulto tomado por unidad aparece como su contenido y una moneda extranjera como su cambio.
    El importe es coste menos coste maestro por cantidad: lo pagado de más es positivo. El maestro tiene un solo coste sin
    fecha; si los precios cambian, puede ser el maestro lo antiguo.
remedy:
  en: "Ask the buyer what the ratio stands for; correct the receipt or the master."
  es: "Pregunte al comprador a qué se debe la proporción; corrija la recepción o el maestro."
source: "Purchase price variance of cost accounting"
--- */

-- section: population
WITH masters AS (
    SELECT product, CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END AS master_cost
    FROM products
    WHERE product IS NOT NULL
    GROUP BY product
), order_costs AS (
    SELECT document, line, product, CASE WHEN min(unit_cost) = max(unit_cost) THEN min(unit_cost) END AS order_cost
    FROM purchases
    WHERE document IS NOT NULL AND _duplicate_record IS NULL
    GROUP BY document, line, product
), costed AS (
    SELECT r.document, r.line, r.purchase_document, r.supplier, r.product, r.ts_date AS received_on, r.qty, m.master_cost,
           CASE WHEN coalesce(r.unit_cost, o.order_cost) > 0 THEN coalesce(r.unit_cost, o.order_cost) END AS cost,
           CASE WHEN r.unit_cost IS NOT NULL THEN 'receipts' ELSE 'purchases' END AS cost_source, r._file_id, r._record, r._line
    FROM receipts AS r
    LEFT JOIN masters AS m ON m.product = r.product
    LEFT JOIN order_costs AS o ON o.document = r.purchase_document AND o.line = r.purchase_line AND o.product = r.product
    WHERE r._duplicate_record IS NULL AND coalesce(r.status, '') NOT IN ('cancelled', 'rejected')
), rated AS (
    SELECT *, round(ratio(cost, master_cost), 4)::DECIMAL(18, 4) AS ratio, abs(cost - master_cost) > try(master_cost * $tolerance) AS differs
    FROM costed
)
SELECT *, differs AND count(*) OVER (PARTITION BY differs, ratio, purchase_document) >= $lines AND purchase_document IS NOT NULL AS of_order,
       differs AND count(*) OVER (PARTITION BY differs, ratio, received_on) >= $lines AND received_on IS NOT NULL AS of_day
FROM rated

-- section: violations
SELECT received_on, ratio, CASE WHEN min(supplier) = max(supplier) AND count(supplier) = count(*) THEN min(supplier) END AS supplier,
       CASE WHEN min(purchase_document) = max(purchase_document) AND count(purchase_document) = count(*) THEN min(purchase_document) END AS purchase_document,
       group_document AS document, group_line AS line, group_product AS product,
       received_on AS period_start, count(*) AS lines, count(DISTINCT purchase_document) AS orders, count(DISTINCT supplier) AS suppliers,
       CASE WHEN bool_or(clustered) THEN count(*) || ' lines of ' || greatest(count(DISTINCT purchase_document), 1) || CASE WHEN count(DISTINCT purchase_document) > 1 THEN ' orders' ELSE ' order' END
            ELSE coalesce(min(product), '?') || ' of receipt ' || coalesce(min(document), '?') END AS reason_en,
       CASE WHEN bool_or(clustered) THEN count(*) || ' líneas de ' || greatest(count(DISTINCT purchase_document), 1) || CASE WHEN count(DISTINCT purchase_document) > 1 THEN ' pedidos' ELSE ' pedido' END
            ELSE coalesce(min(product), '?') || ' de la recepción ' || coalesce(min(document), '?') END AS reason_es,
       CASE WHEN NOT bool_or(clustered) THEN min(cost) END AS observed, CASE WHEN NOT bool_or(clustered) THEN min(master_cost) END AS expected,
       min(cost_source) AS cost_source,
       CASE WHEN count(qty) = count(*) THEN sum(try(qty::DECIMAL(38, 4) * (cost - master_cost))) END AS delta_value,
       CASE WHEN count(qty) = count(*) THEN abs(sum(try(qty::DECIMAL(38, 4) * (cost - master_cost)))) END AS impact,
       count(*) AS row_count
FROM (
    SELECT *, of_order OR of_day AS clustered, CASE WHEN of_order AND NOT of_day THEN purchase_document END AS group_order,
           CASE WHEN NOT (of_order OR of_day) THEN document END AS group_document,
           CASE WHEN NOT (of_order OR of_day) THEN line END AS group_line,
           CASE WHEN NOT (of_order OR of_day) THEN product END AS group_product
    FROM population
    WHERE differs
) AS differing
GROUP BY received_on, ratio, group_order, group_document, group_line, group_product

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE differs) AS failed, count(*) FILTER (WHERE differs IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS receipt_lines, count(*) FILTER (WHERE differs) AS differing, count(*) FILTER (WHERE of_order OR of_day) AS with_common_ratio,
       (SELECT count(*) FROM violations WHERE lines >= $lines) AS common_ratios
FROM population

-- section: evidence
SELECT v.received_on, v.ratio, v.supplier, v.purchase_document, v.document, v.line, v.product, v.period_start,
       'receipt' AS role, 0 AS ordinal, 'receipts' AS table_name, p._file_id, p._record, p._line,
       p.document AS key_document, p.line AS key_line, p.product AS value_product, p.supplier AS value_supplier,
       p.purchase_document AS value_purchase_document, p.qty AS value_qty, p.cost AS value_unit_cost, p.cost_source AS value_cost_source,
       p.master_cost AS value_master_cost
FROM violations AS v
JOIN population AS p ON p.differs AND p.received_on IS NOT DISTINCT FROM v.received_on AND p.ratio = v.ratio
     AND (v.document IS NULL OR v.document = p.document) AND (v.line IS NULL OR v.line = p.line) AND (v.product IS NULL OR v.product = p.product)
     AND (v.purchase_document IS NULL OR v.purchase_document = p.purchase_document)
     AND ((v.document IS NULL AND v.line IS NULL AND v.product IS NULL) = (p.of_order OR p.of_day))
