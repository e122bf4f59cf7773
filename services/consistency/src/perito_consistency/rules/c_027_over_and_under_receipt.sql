/* ---
id: C-027
version: 2
kind: set
title: {en: Received more or less than ordered, es: Se recibió más o menos de lo pedido}
severity: medium
grain: document
unit: order positions
identity: [supplier, purchase_document, purchase_line, product, code]
needs:
  purchases: [document, line, product, qty]
  receipts: [purchase_document, product, qty, ts]
optional:
  purchases: [supplier, unit_cost, ordered_at, promised_at, status, closed_at]
  receipts: [document, purchase_line, accepted, rejected, status]
uses: [book_span, order_flow, unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "share of the ordered quantity by which a receipt may differ; 0 means not at all"}
  days: {default: 30, type: integer, meaning: "days after the promised date, or after the last partial receipt, from which an open remainder is told"}
impact: column
recoverable: false
explains: []
entities: [supplier, purchase_document, product]
partition_by: [purchase_document]
texts:
  finding:
    en: "Order {purchase_document}, {product}: {observed:,} of {expected:,} received ({difference:,}), {reason_en}"
    es: "Pedido {purchase_document}, {product}: recibidos {observed:,} de {expected:,} ({difference:,}), {reason_es}"
explanation:
  en: >-
    All receipts of a position together should bring what was ordered. More is told always (`over`), with the excess at the
    price of the order. Less is told where the order is closed or called received (`short`), and where it is open and the
    promised date, or the last partial receipt where there is no promise, lies more days back than allowed when the
    receipts end (`open`, low severity). Less has no amount: what did not come costs nothing until it is billed, which
    C-024 and C-026 look for. An order whose promise is still young is no finding, and one
    so old that its receipts may lie before the first of the books is unknown.
  es: >-
    Todas las recepciones de una posición deben sumar lo pedido. Lo recibido de más se informa siempre (`over`), con el
    exceso al precio del pedido. Lo de menos se informa si el pedido está cerrado o figura como recibido (`short`), y si
    sigue abierto y la fecha prometida, o la última recepción parcial si no hay promesa, quedó atrás más días de los
    admitidos al terminar las recepciones (`open`, gravedad baja). Lo de menos no tiene importe: lo que no llegó no cuesta
    nada hasta que se factura, y eso lo buscan C-024 y C-026. Un pedido con promesa reciente no es un hallazgo, y uno tan
    antiguo que sus recepciones pueden ser anteriores a las de los libros queda como desconocido.
remedy:
  en: "Ask the supplier for the remainder or close the order; send back or agree to what came in excess."
  es: "Reclame el resto al proveedor o cierre el pedido; devuelva o acepte lo recibido de más."
words:
  over: {es: de más}
  short: {es: de menos}
  open: {es: pendiente}
source: "Receiving control of audit practice"
--- */

-- section: population
-- One row per position of an order that was not cancelled, or of which something came all the same.
WITH ends AS (
    SELECT min(f.day) AS receipts_begin, max(f.day) AS receipts_end
    FROM order_flow AS f JOIN book_span AS b ON f.day BETWEEN b.first_day AND b.last_day
    WHERE f.side = 'receipt'
), positions AS (
    SELECT purchase_document, position, purchase_line,
           CASE WHEN min(supplier) FILTER (side = 'order') = max(supplier) FILTER (side = 'order') THEN min(supplier) FILTER (side = 'order') END AS supplier,
           CASE WHEN min(product) FILTER (side = 'order') = max(product) FILTER (side = 'order') THEN min(product) FILTER (side = 'order') END AS product,
           CASE WHEN count(*) FILTER (side = 'order' AND qty IS NULL) = 0
                THEN sum(CASE WHEN cancelled THEN 0 ELSE qty END) FILTER (side = 'order') END AS ordered,
           CASE WHEN count(*) FILTER (side = 'receipt' AND qty IS NULL) = 0
                THEN coalesce(sum(qty) FILTER (side = 'receipt'), 0) END AS received,
           count(*) FILTER (side = 'order' AND NOT cancelled) AS open_rows, count(*) FILTER (side = 'receipt') AS receipts,
           bool_and(closed) FILTER (side = 'order' AND NOT cancelled) AS closed,
           min(day) FILTER (side = 'order') AS ordered_on, max(promised_on) FILTER (side = 'order') AS promised_on,
           max(day) FILTER (side = 'receipt') AS last_receipt,
           CASE WHEN min(price) FILTER (side = 'order') = max(price) FILTER (side = 'order')
                THEN min(price) FILTER (side = 'order' AND price > 0) END AS order_price,
           count(*) AS row_count
    FROM order_flow
    WHERE side <> 'invoice' AND purchase_document IS NOT NULL AND position IS NOT NULL
    GROUP BY purchase_document, position, purchase_line
    HAVING count(*) FILTER (side = 'order') > 0
), dated AS (
    SELECT p.*, e.receipts_begin, e.receipts_end, p.received - p.ordered AS difference, coalesce(p.promised_on, p.last_receipt) AS due_on
    FROM positions AS p CROSS JOIN ends AS e
    WHERE p.open_rows > 0 OR p.receipts > 0
)
SELECT *, receipts_end - due_on AS days_open,
       CASE WHEN difference IS NULL THEN NULL
            WHEN difference > try(ordered * $tolerance) THEN 'over'
            WHEN -difference <= try(ordered * $tolerance) THEN 'complete'
            WHEN receipts = 0 AND ordered_on < receipts_begin - $days THEN NULL
            WHEN closed THEN 'short'
            WHEN due_on < receipts_end - $days THEN 'open'
            ELSE 'awaited' END AS code
FROM dated

-- section: violations
SELECT p.supplier, p.purchase_document, p.purchase_line, p.product, p.code,
       p.ordered_on AS period_start, greatest(p.ordered_on, p.last_receipt, p.promised_on) AS period_end,
       p.received AS observed, p.ordered AS expected, p.difference, p.difference AS delta_qty, p.days_open, p.promised_on, p.last_receipt,
       CASE p.code WHEN 'over' THEN 'more than ordered' WHEN 'short' THEN 'and the order is closed'
                   ELSE 'open for ' || p.days_open || CASE p.days_open WHEN 1 THEN ' day' ELSE ' days' END END AS reason_en,
       CASE p.code WHEN 'over' THEN 'más de lo pedido' WHEN 'short' THEN 'y el pedido está cerrado'
                   ELSE 'pendiente desde hace ' || p.days_open || CASE p.days_open WHEN 1 THEN ' día' ELSE ' días' END END AS reason_es,
       CASE WHEN p.code = 'over' THEN coalesce(p.order_price, u.unit_cost) END AS unit_cost,
       CASE WHEN p.code <> 'over' THEN 'none' WHEN p.order_price IS NOT NULL THEN 'purchases' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       CASE WHEN p.code = 'over' THEN try(p.difference::DECIMAL(38, 4) * coalesce(p.order_price, u.unit_cost)) END AS delta_value,
       CASE WHEN p.code = 'over' THEN try(p.difference::DECIMAL(38, 4) * coalesce(p.order_price, u.unit_cost)) END AS impact,
       CASE p.code WHEN 'open' THEN 'low' ELSE 'medium' END AS severity, p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.last_receipt >= u.valid_from
WHERE p.code IN ('over', 'short', 'open')

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) AS order_positions, count(*) FILTER (WHERE code = 'over') AS received_in_excess,
       count(*) FILTER (WHERE code = 'short') AS closed_short, count(*) FILTER (WHERE code = 'open') AS open_and_late,
       count(*) FILTER (WHERE code = 'awaited') AS awaited, max(receipts_end) AS receipts_end,
       (SELECT count(*) FROM order_flow AS f
        WHERE f.side = 'receipt' AND NOT EXISTS (SELECT 1 FROM order_flow AS o WHERE o.side = 'order' AND o.purchase_document = f.purchase_document)) AS receipts_without_order
FROM population

-- section: evidence
SELECT v.supplier, v.purchase_document, v.purchase_line, v.product, v.code, v.period_start, v.period_end,
       f.side AS role, CASE f.side WHEN 'order' THEN 0 ELSE 1 END AS ordinal,
       CASE f.side WHEN 'order' THEN 'purchases' ELSE 'receipts' END AS table_name, f._file_id, f._record, f._line,
       f.document AS key_document, f.product AS value_product, f.day AS value_date, f.qty AS value_qty,
       f.promised_on AS value_promised_on, f.price AS value_unit_cost
FROM violations AS v
JOIN order_flow AS f ON f.purchase_document = v.purchase_document AND f.side <> 'invoice'
     AND f.position = CASE WHEN f.by_line THEN v.purchase_line ELSE v.product END
