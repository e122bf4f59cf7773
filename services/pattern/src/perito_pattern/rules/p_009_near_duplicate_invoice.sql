/* ---
id: P-009
version: 3
kind: set
title: {en: Invoice that resembles an earlier one, es: Factura que se parece a otra anterior}
severity: high
grain: document
unit: invoices
identity: [supplier, document, purchase_document]
needs:
  invoices: [supplier, document, purchase_document, product, invoiced_at, qty, line_total]
optional:
  invoices: [supplier_number, line, location, posted_at, document_total, status]
  receipts: [purchase_document, product, qty, status]
  purchases: [document, product, qty, status]
uses: [invoice_entries]
unique: {pairs: [supplier, purchase_document, product, entry, original_entry]}
parameters:
  days: {default: 7, type: integer, meaning: "days by which the invoice dates may differ"}
  units: {default: "2", type: decimal, meaning: "base units by which the quantities may differ"}
  share: {default: "0.05", type: decimal, meaning: "share of the original amount, or of its price, by which they may differ"}
  quantity_share: {default: "0.125", type: decimal, meaning: "share of the original quantity by which a copy at nearly the same price may differ"}
  most_invoices: {default: 60, type: integer, meaning: "invoices of one product and order above which it is a standing order, where resemblance says nothing"}
impact: column
recoverable: true
explains: [C-024, C-025, C-026]
entities: [supplier, document, purchase_document]
partition_by: [supplier]
texts:
  finding:
    en: "Supplier {supplier}: invoice {document} resembles {original}: same order {purchase_document} and product, {days_apart} {days_apart:day|days} apart, {impact:,} charged against {original_amount:,}"
    es: "Proveedor {supplier}: la factura {document} se parece a {original}: mismo pedido {purchase_document} y producto, {days_apart} {days_apart:día|días} de diferencia, {impact:,} cobrados frente a {original_amount:,}"
explanation:
  en: >-
    Two invoices of one supplier charge the same product of the same order within a few days, with nearly the same quantity
    and amount (or price, of few units), and no goods were received to explain both. The one with the higher document number
    is taken as the copy and its amount as the impact; the lower one is the original. Severity is medium where no receipt is
    known and the order is large enough for both, or not known either. Left alone are invoices of which one repeats the other's number, or date and amount (rule
    P-008 tells those), invoices for different locations, copies that a credit takes back, and instalments that the
    receipts cover; of several, those with the lowest numbers.
  es: >-
    Dos facturas de un proveedor cobran el mismo producto del mismo pedido con pocos días de diferencia y casi la misma
    cantidad e importe (o precio, si son pocas unidades), y no se recibió mercancía que explique ambas. La de número mayor se
    considera la copia y su importe el impacto; la de número menor es la original. La gravedad es media si no consta ninguna
    recepción y el pedido da para ambas, o tampoco consta. No se señalan las que repiten el número, o la fecha y el importe, de otra (las indica la regla P-008), las de
    ubicaciones distintas, las que un abono compensa, ni las entregas parciales que las recepciones
    cubren; de varias, las de número menor.
remedy:
  en: "Compare both invoices with the delivery notes; where the goods came once, block or reclaim the payment of the later one."
  es: "Compare ambas facturas con los albaranes; si la mercancía llegó una sola vez, bloquee o reclame el pago de la posterior."
source: "Accounts-payable recovery audit"
--- */

-- section: population
-- One row per invoice, order and product. What P-008 tells as a repetition of a number, or of a date and amount, is out.
WITH charged AS (
    SELECT supplier, purchase_document, product, entry, day, document,
           -- Digits padded, so that numbers compare as people count: 9 before 10.
           regexp_replace(regexp_replace(document, '(\d+)', '00000000000000000000\1', 'g'), '0*(\d{20})(\D|$)', '\1\2', 'g')
               AS document_order,
           CASE WHEN count(qty) = count(*) THEN sum(qty) END AS qty,
           CASE WHEN count(line_total) = count(*) THEN sum(line_total) END AS amount,
           CASE WHEN min(location) = max(location) THEN min(location) END AS location,
           count(*) AS line_count
    FROM invoice_entries
    WHERE NOT (shares_number AND nth_of_number > 1) AND nth_of_date = 1
    GROUP BY supplier, purchase_document, product, entry, day, document
), orders AS (
    SELECT supplier, purchase_document, product, count(*) AS invoices, sum(qty) AS invoiced,
           -sum(CASE WHEN amount < 0 THEN amount ELSE 0 END) AS credited
    FROM charged
    GROUP BY supplier, purchase_document, product
), received AS (
    SELECT purchase_document, product, sum(qty) AS qty FROM receipts
    WHERE _duplicate_record IS NULL AND coalesce(status, '') NOT IN ('cancelled', 'rejected')
    GROUP BY purchase_document, product
), ordered AS (
    SELECT document, product, sum(qty) AS qty FROM purchases
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled'
    GROUP BY document, product
)
SELECT c.supplier, c.purchase_document, c.product, c.entry, c.document, c.document_order, c.day, c.qty, c.amount, c.location,
       c.line_count, o.credited,
       o.invoices > $most_invoices AS standing,
       c.supplier IS NOT NULL AND c.purchase_document IS NOT NULL AND c.product IS NOT NULL AND c.document IS NOT NULL
           AND c.day IS NOT NULL AND c.qty IS NOT NULL AND c.amount IS NOT NULL AND o.invoices <= $most_invoices AS comparable,
       o.invoices > 1 AND coalesce(r.qty >= o.invoiced, false) AS covered, o.invoiced - coalesce(r.qty, 0) AS excess,
       r.qty IS NULL AND coalesce(p.qty >= o.invoiced, true) AS within_order
FROM charged AS c
JOIN orders AS o
  ON o.supplier IS NOT DISTINCT FROM c.supplier AND o.purchase_document IS NOT DISTINCT FROM c.purchase_document
 AND o.product IS NOT DISTINCT FROM c.product
LEFT JOIN received AS r ON r.purchase_document = c.purchase_document AND r.product = c.product
LEFT JOIN ordered AS p ON p.document = c.purchase_document AND p.product = c.product

-- section: violations
WITH billed AS (
    SELECT * FROM population WHERE comparable AND NOT covered AND qty > 0 AND amount > 0
), pairs AS (
    SELECT later.supplier, later.purchase_document, later.product, later.entry, later.document, later.day, later.amount,
           later.line_count, later.credited, later.within_order, later.document_order, later.qty, later.excess,
           earlier.entry AS original_entry, earlier.document AS original, earlier.document_order AS original_order,
           earlier.line_count AS original_lines,
           abs(date_diff('day', earlier.day, later.day)) AS days_apart, later.qty - earlier.qty AS qty_difference,
           earlier.amount AS original_amount
    FROM billed AS later JOIN billed AS earlier
      ON earlier.supplier = later.supplier AND earlier.purchase_document = later.purchase_document
     AND earlier.product = later.product
    WHERE (earlier.document_order, earlier.document, earlier.entry) < (later.document_order, later.document, later.entry)
      AND earlier.document <> later.document
      AND abs(date_diff('day', earlier.day, later.day)) <= $days
      AND abs(later.qty - earlier.qty) <= $units
      -- Of few units, two are more than a twentieth of the amount: the price is then what stayed the same.
      AND (abs(later.amount - earlier.amount) <= $share * earlier.amount
           OR abs(later.qty - earlier.qty) <= $quantity_share * earlier.qty
              AND abs(ratio(later.amount, later.qty) - ratio(earlier.amount, earlier.qty)) <= $share * ratio(earlier.amount, earlier.qty))
      AND coalesce(earlier.location = later.location, true)
), copies AS (
    SELECT * FROM pairs
    QUALIFY row_number() OVER (PARTITION BY supplier, purchase_document, product, entry
                               ORDER BY original_order, original, original_entry) = 1
), summed AS (
    SELECT *, sum(amount) OVER from_the_end AS from_the_last, sum(qty) OVER from_the_end AS qty_from_the_last
    FROM copies
    WINDOW from_the_end AS (
        PARTITION BY supplier, purchase_document, product ORDER BY document_order DESC, document DESC, entry DESC)
)
SELECT supplier, document, purchase_document, min(day) AS period_start, min(day) AS period_end,
       min(original) AS original, count(*) AS products, max(days_apart) AS days_apart,
       sum(qty_difference) AS qty_difference, sum(original_amount) AS original_amount, sum(amount) AS impact,
       CASE WHEN bool_and(within_order) THEN 'medium' ELSE 'high' END AS severity,
       sum(line_count + original_lines) AS row_count
FROM summed
-- A credit takes back the copies entered last.
WHERE from_the_last > credited * (1 + $share)
  -- And of instalments of one size, receipts explain those entered first.
  AND qty_from_the_last <= excess + $units
GROUP BY supplier, document, purchase_document

-- section: evaluated
SELECT count(DISTINCT entry) AS evaluated,
       (SELECT count(DISTINCT p.entry) FROM population AS p
        JOIN violations AS v ON v.supplier = p.supplier AND v.document = p.document
                            AND v.purchase_document = p.purchase_document) AS failed,
       count(DISTINCT entry) - count(DISTINCT CASE WHEN comparable THEN entry END) AS unknown
FROM population

-- section: facts
SELECT count(DISTINCT entry) AS invoices,
       (SELECT coalesce(sum(impact), 0) FROM violations) AS resembling_amount,
       count(DISTINCT CASE WHEN standing THEN entry END) AS invoices_of_standing_orders,
       count(DISTINCT CASE WHEN covered THEN entry END) AS invoices_covered_by_receipts
FROM population

-- section: evidence
SELECT v.supplier, v.document, v.purchase_document, v.period_start, v.period_end,
       CASE WHEN l.document = v.document THEN 'copy' ELSE 'original' END AS role,
       CASE WHEN l.document = v.document THEN 1 ELSE 0 END AS ordinal,
       'invoices' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.day AS value_invoiced_on, l.product AS value_product,
       l.qty AS value_qty, l.line_total AS value_line_total, l.purchase_document AS value_purchase_document
FROM violations AS v
JOIN invoice_entries AS l
  ON l.supplier = v.supplier AND l.purchase_document = v.purchase_document AND l.document IN (v.document, v.original)
