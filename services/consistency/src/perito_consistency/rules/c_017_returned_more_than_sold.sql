/* ---
id: C-017
version: 1
kind: set
title: {en: Returned more or dearer than sold, es: Devuelto en más cantidad o a más precio que lo vendido}
severity: high
grain: document
unit: returned sale lines
identity: [original_document, original_line, product, code]
needs:
  sales: [document, product, ts, qty]
optional:
  returns: [return_document, line, original_document, original_line, product, location, ts, qty, unit_price, refund]
  sales: [line, type, location, original_document, original_line, unit_price, discount, line_total, tax]
one_of: [returns.original_document, sales.original_document]
uses: [unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which more may come back than was sold"}
  price_tolerance: {default: "0.01", type: decimal, meaning: "share by which a refund may exceed what was paid, beside half a hundredth per unit for rounding"}
  same_days: {default: 31, type: integer, meaning: "days over which the lines of one sale may spread; a number that spreads further was given again"}
  share: {default: "0.5", type: decimal, meaning: "share of refunds above the price, or of returns beyond what was sold (of five at least), from which on they are taken to be kept in another way and are not judged"}
impact: column
recoverable: false
explains: [C-018]
entities: [original_document, product]
partition_by: [original_document]
texts:
  finding:
    en: "{product} of {original_document}: {reason_en} ({observed:,} against {expected:,})"
    es: "{product} de {original_document}: {reason_es} ({observed:,} frente a {expected:,})"
words:
  returned sale lines: {es: líneas de venta devueltas}
  more_than_sold: {es: más que lo vendido}
  refund_above_price: {es: reembolso superior al precio}
  before_sale: {es: antes de la venta}
  returned_more_than_sold: {es: devueltas en más cantidad}
  refunded_above_price: {es: reembolsadas por encima del precio}
  returned_before_sold: {es: devueltas antes de vendidas}
  returns_of_sales_not_in_the_books: {es: devoluciones de ventas que no están en los libros}
  prices_judged: {es: precios juzgados}
explanation:
  en: >-
    What comes back of a sale is at most what was sold, comes back no earlier than it was sold, and is refunded at no more
    than was paid. All returns of one line of a sale count together; of the whole document and product, where returns do
    not name the line. Told are `more_than_sold` (of medium severity where the document does not list the product, which may
    be part of a kit), `refund_above_price` and `before_sale`. A number that was given to several sales lists everything. What was paid is the amount of the line with its tax, for one unit. Where most refunds lie above the
    price they are kept in another way, and prices are not judged. Returns without a sale, or of a sale that the books do
    not have, are unknown: it may have been before them. So is a sale of less than nothing, which is V-015's.
  es: >-
    De una venta se devuelve como mucho lo vendido, no antes de venderse, y se reembolsa como mucho lo pagado. Todas las
    devoluciones de una línea de venta cuentan juntas; las de todo el documento y producto, si no nombran la línea. Se
    informa `more_than_sold` (de gravedad media si el documento no lista el producto, que puede ser parte de un lote armado),
    `refund_above_price` y `before_sale`. Un número dado a varias ventas lo lista todo. Lo pagado
    es el importe de la línea con su impuesto, por unidad. Si la mayoría de los reembolsos superan el precio, se llevan de
    otro modo y los precios no se juzgan. Las devoluciones sin venta, o de una venta que los libros no tienen, quedan como
    desconocidas: pudo ser anterior. También una venta de menos que nada, que es de V-015.
remedy:
  en: "Look at the original ticket and at who approved the refund; ask for what was paid out in excess."
  es: "Revise el ticket original y quién aprobó el reembolso; reclame lo pagado de más."
source: "Return fraud controls of retail loss prevention"
--- */

-- section: population
-- One row per line of a sale (or document and product) of which something came back.
WITH returned AS (
    SELECT 'returns' AS table_name, original_document, original_line, product, ts_date AS day, qty, coalesce(refund, try((qty::DECIMAL(38, 4) * unit_price)::DECIMAL(18, 4))) AS refund,
           refund IS NULL AS bare_price, return_document AS document, line, _file_id, _record, _line
    FROM returns
    WHERE _duplicate_record IS NULL
    UNION ALL
    -- Books without a table of returns keep them among the sales lines.
    SELECT 'sales', original_document, original_line, product, ts_date, abs(qty), abs(line_total), false, document, line, _file_id, _record, _line
    FROM sales
    WHERE _duplicate_record IS NULL AND type = 'return' AND NOT EXISTS (SELECT 1 FROM returns)
), sold AS (
    SELECT document, line, product, location, ts_date AS day, qty, unit_price,
           -- What one unit cost the customer, tax included where the line has one.
           CASE WHEN qty > 0 THEN greatest(try((coalesce(line_total, (qty::DECIMAL(38, 4) * unit_price * (1 - coalesce(discount, 0)))::DECIMAL(18, 4)) + greatest(coalesce(tax, 0), 0))::DECIMAL(18, 4)), 0) END AS paid
    FROM sales
    WHERE _duplicate_record IS NULL AND document IS NOT NULL AND coalesce(type, 'sale') = 'sale'
), modes AS (
    -- By line, where each return of the document and product names one that the sale has.
    SELECT r.original_document, r.product, bool_and(s.line IS NOT NULL) AS by_line
    FROM returned AS r
    LEFT JOIN (SELECT DISTINCT document, line, product FROM sold WHERE line IS NOT NULL) AS s
      ON s.document = r.original_document AND s.line = r.original_line AND s.product = r.product
    WHERE r.original_document IS NOT NULL AND r.product IS NOT NULL
    GROUP BY r.original_document, r.product
), back AS (
    SELECT r.original_document, CASE WHEN m.by_line THEN r.original_line END AS original_line, r.product, m.by_line,
           CASE WHEN count(r.qty) = count(*) THEN sum(r.qty) END AS returned, min(r.day) AS first_day, max(r.day) AS last_day,
           CASE WHEN count(r.refund) = count(*) THEN sum(r.refund) END AS refunded, bool_or(r.bare_price) AS bare_price, count(*) AS return_rows
    FROM returned AS r JOIN modes AS m ON m.original_document = r.original_document AND m.product = r.product
    GROUP BY r.original_document, CASE WHEN m.by_line THEN r.original_line END, r.product, m.by_line
), of_lines AS (
    -- A negative line may be the return itself, kept among the sales too: it does not lessen what was sold. Alone it is V-015's.
    SELECT s.document, CASE WHEN m.by_line THEN s.line END AS line, s.product, CASE WHEN count(s.qty) = count(*) AND max(s.qty) >= 0 THEN sum(greatest(s.qty, 0)) END AS sold,
           min(s.day) AS sold_on, max(s.unit_price) AS unit_price, count(s.paid) = count(*) AS priced,
           -- The dearest unit, for nobody can say which of several lines came back.
           max(try((s.paid::DECIMAL(38, 9) / s.qty)::DECIMAL(28, 9))) AS unit_paid, count(*) AS sale_rows
    FROM sold AS s JOIN modes AS m ON m.original_document = s.document AND m.product = s.product
    GROUP BY s.document, CASE WHEN m.by_line THEN s.line END, s.product
), documents AS (
    -- A number that several places use, or that comes again after weeks, may be that of another sale.
    SELECT document, min(day) AS sold_on, bool_or(product IS NULL OR qty IS NULL) OR coalesce(min(location) < max(location), false) OR coalesce(max(day) - min(day) > $same_days, false) AS unread FROM sold
    WHERE document IN (SELECT original_document FROM modes) GROUP BY document
), joined AS (
    SELECT b.*, d.document IS NOT NULL AS is_known, coalesce(l.sold_on, d.sold_on) AS sold_on,
           CASE WHEN l.document IS NOT NULL THEN l.sold WHEN d.document IS NOT NULL AND NOT d.unread THEN 0 END AS sold,
           CASE WHEN NOT l.priced THEN NULL WHEN b.bare_price THEN greatest(l.unit_price, l.unit_paid) ELSE l.unit_paid END AS unit_paid,
           CASE WHEN b.returned > 0 THEN try((b.refunded::DECIMAL(38, 9) / b.returned)::DECIMAL(28, 9)) END AS unit_refund, coalesce(l.sale_rows, 0) AS sale_rows
    FROM back AS b
    LEFT JOIN documents AS d ON d.document = b.original_document
    LEFT JOIN of_lines AS l ON l.document = b.original_document AND l.product = b.product AND l.line IS NOT DISTINCT FROM b.original_line
), judged AS (
    SELECT *, unit_refund - unit_paid > unit_paid * $price_tolerance + 0.005 AS is_dear FROM joined
)
SELECT original_document, original_line, product, by_line, is_known, sold_on, first_day, last_day, sold, returned, unit_paid, unit_refund, refunded,
       return_rows + sale_rows AS row_count, 
       CASE WHEN count(*) FILTER (returned - sold > $tolerance) OVER () < 5 OR count(*) FILTER (returned - sold > $tolerance) OVER () <= $share * count(returned - sold) OVER ()
            THEN returned - sold > $tolerance END AS is_more, first_day < sold_on AS is_early,
       -- A rounded refund of many units may be off by half a hundredth each; a practice of all refunds is no finding.
       CASE WHEN count(*) FILTER (is_dear) OVER () <= $share * count(is_dear) OVER () OR count(is_dear) OVER () < 5 THEN is_dear END AS is_dear
FROM judged

-- section: violations
WITH told AS (
    SELECT *, 'more_than_sold' AS code, returned AS observed, sold AS expected, returned - sold AS delta_qty, NULL::DECIMAL(38, 4) AS delta_value FROM population WHERE is_more
    UNION ALL
    SELECT *, 'refund_above_price', unit_refund, unit_paid, NULL, NULL FROM population WHERE is_dear
    UNION ALL
    SELECT *, 'before_sale', 1, 0, NULL, NULL FROM population WHERE is_early
)
SELECT t.original_document, t.original_line, t.product, t.code, least(t.sold_on, t.first_day) AS period_start, greatest(t.sold_on, t.last_day) AS period_end,
       CASE t.code WHEN 'more_than_sold' THEN 'more came back than was sold' WHEN 'refund_above_price' THEN 'a unit was refunded at more than was paid'
                   ELSE 'it came back on ' || strftime(t.first_day, '%Y-%m-%d') || ', before the sale of ' || strftime(t.sold_on, '%Y-%m-%d') END AS reason_en,
       CASE t.code WHEN 'more_than_sold' THEN 'se devolvió más de lo vendido' WHEN 'refund_above_price' THEN 'la unidad se reembolsó por más de lo pagado'
                   ELSE 'se devolvió el ' || strftime(t.first_day, '%Y-%m-%d') || ', antes de la venta del ' || strftime(t.sold_on, '%Y-%m-%d') END AS reason_es,
       t.observed::DECIMAL(28, 4) AS observed, t.expected::DECIMAL(28, 4) AS expected, t.delta_qty,
       CASE t.code WHEN 'more_than_sold' THEN coalesce(t.unit_refund, t.unit_paid, u.unit_cost) WHEN 'refund_above_price' THEN t.unit_refund - t.unit_paid END AS unit_value,
       CASE WHEN t.code = 'more_than_sold' THEN CASE WHEN t.unit_refund IS NOT NULL THEN 'refund' WHEN t.unit_paid IS NOT NULL THEN 'sale' ELSE coalesce(u.cost_source, 'none') END
            WHEN t.code = 'refund_above_price' THEN 'refund' ELSE 'none' END AS value_source,
       -- What came back in excess is told with its whole refund: its price is not told again.
       try((CASE t.code WHEN 'more_than_sold' THEN t.delta_qty * coalesce(t.unit_refund, t.unit_paid, u.unit_cost)
                        WHEN 'refund_above_price' THEN least(t.returned, coalesce(t.sold, t.returned)) * (t.unit_refund - t.unit_paid) END)::DECIMAL(18, 4)) AS impact,
       -- What the sale does not list may be part of a kit that it lists, or a product that has another code by now.
       CASE WHEN t.code = 'more_than_sold' AND t.sold > 0 THEN 'high' ELSE 'medium' END AS severity, t.row_count
FROM told AS t
ASOF LEFT JOIN unit_costs AS u ON u.product = t.product AND t.last_day >= u.valid_from

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE is_more OR is_dear OR is_early) AS failed,
       count(*) FILTER (WHERE is_more IS NULL AND NOT coalesce(is_dear, false) AND NOT coalesce(is_early, false)) AS unknown
FROM population

-- section: facts
SELECT count(*) FILTER (WHERE is_more) AS returned_more_than_sold, count(*) FILTER (WHERE is_dear) AS refunded_above_price,
       count(*) FILTER (WHERE is_early) AS returned_before_sold, count(*) FILTER (WHERE NOT is_known) AS returns_of_sales_not_in_the_books,
       count(is_dear) AS prices_judged
FROM population

-- section: evidence
SELECT v.original_document, v.original_line, v.product, v.code, v.period_start, v.period_end,
       'return' AS role, 0 AS ordinal, 'returns' AS table_name, r._file_id, r._record, r._line,
       r.return_document AS key_return_document, r.line AS key_line, r.ts_date AS value_date, r.qty AS value_qty, r.unit_price AS value_unit_price, r.refund AS value_refund
FROM violations AS v
JOIN returns AS r ON r.original_document = v.original_document AND r.product = v.product AND r._duplicate_record IS NULL
 AND (v.original_line IS NULL OR r.original_line = v.original_line)

-- section: evidence
SELECT v.original_document, v.original_line, v.product, v.code, v.period_start, v.period_end,
       'return' AS role, 0 AS ordinal, 'sales' AS table_name, r._file_id, r._record, r._line,
       r.document AS key_document, r.line AS key_line, r.ts_date AS value_date, r.qty AS value_qty, r.unit_price AS value_unit_price, r.line_total AS value_line_total
FROM violations AS v
JOIN sales AS r ON r.type = 'return' AND r.original_document = v.original_document AND r.product = v.product AND r._duplicate_record IS NULL
 AND (v.original_line IS NULL OR r.original_line = v.original_line)
WHERE NOT EXISTS (SELECT 1 FROM returns)

-- section: evidence
-- What was sold: the line, or all lines of the document where it does not list the product.
SELECT v.original_document, v.original_line, v.product, v.code, v.period_start, v.period_end,
       'sale' AS role, 1 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.product AS value_product, s.ts_date AS value_date, s.qty AS value_qty, s.unit_price AS value_unit_price,
       s.line_total AS value_line_total
FROM violations AS v
JOIN sales AS s ON s.document = v.original_document AND s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
 AND (v.expected = 0 OR s.product = v.product) AND (v.original_line IS NULL OR s.line = v.original_line)
