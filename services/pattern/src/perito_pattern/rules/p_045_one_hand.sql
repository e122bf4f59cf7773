/* ---
id: P-045
version: 1
kind: set
title: {en: Steps that belong in two hands and were in one, es: Pasos que deben estar en dos manos y estuvieron en una}
severity: medium
grain: group
unit: documents with known hands
identity: [user, duties]
needs:
  purchases: [document, user]
  receipts: [purchase_document, user]
  invoices: [purchase_document, user]
optional:
  purchases: [line, supplier]
  receipts: [document, line]
  invoices: [document, line]
  counts: [ts, product, location, counter, system_qty, counted_qty]
  movements: [movement, type, product, location, ts, user, qty]
  suppliers: [supplier, created_by]
  payments: [payment, supplier, user]
parameters:
  least: {default: 3, type: integer, meaning: "documents from which a person is told; one or two are a colleague's day off"}
  usual: {default: "0.2", type: decimal, meaning: "share of the others' documents in one hand above which that is how the house works"}
  least_ratio: {default: "3", type: decimal, meaning: "how many times the others' share the person's must be"}
  days: {default: 3, type: integer, meaning: "days after a count within which an adjustment of its product belongs to it"}
impact: none, because who does something costs nothing by itself
explains: []
entities: [user]
texts:
  finding:
    en: "{user}: {reason_en} in {documents:,} cases of {all_documents:,}; among the others that is so in {others:,} of {others_all:,}"
    es: "{user}: {reason_es} en {documents:,} casos de {all_documents:,}; entre los demás ocurre en {others:,} de {others_all:,}"
explanation:
  en: >-
    Ordering, receiving and billing, counting and correcting the books, entering a supplier and paying him: each pair is kept
    apart so that nobody can hide an error of his own. Told is who had all steps of the same case in his hand several times
    where the others do not. In a house where that is usual, as in a small shop, there is no separation of duties to break:
    the totals say so, and nobody is told.
  es: >-
    Pedir, recibir y facturar; contar y corregir los libros; dar de alta a un proveedor y pagarle: cada par se separa para
    que nadie pueda ocultar un error propio. Se indica quien tuvo todos los pasos del mismo caso en su mano varias veces donde
    los demás no. En una casa donde eso es lo habitual, como una tienda pequeña, no hay separación que romper: los totales lo
    dicen y no se indica a nadie.
remedy:
  en: "Give one of the steps to somebody else, and look through these cases with the person."
  es: "Asigne uno de los pasos a otra persona y revise estos casos con ella."
words:
  documents with known hands: {es: casos con personas conocidas}
  duties: {es: funciones}
  documents: {es: casos}
  all_documents: {es: casos de la persona, en: cases of the person}
  others: {es: casos de los demás en una mano, en: the others' cases in one hand}
  others_all: {es: casos de los demás, en: the others' cases}
  order: {es: pedido}
  count: {es: conteo}
  adjustment: {es: ajuste}
  payment: {es: pago}
  cases_in_one_hand: {es: casos en una mano}
source: "Segregation of duties, internal control"
--- */

-- section: population
-- One row per case and person who did its last step, and whether all steps were that person's.
WITH received AS (
    SELECT DISTINCT purchase_document, "user" FROM receipts
    WHERE purchase_document IS NOT NULL AND "user" IS NOT NULL AND _duplicate_record IS NULL
), billed AS (
    SELECT DISTINCT purchase_document, "user" FROM invoices
    WHERE purchase_document IS NOT NULL AND "user" IS NOT NULL AND _duplicate_record IS NULL
), ordered AS (
    SELECT DISTINCT document, "user" FROM purchases WHERE document IS NOT NULL AND "user" IS NOT NULL AND _duplicate_record IS NULL
), bought AS (
    SELECT b.purchase_document AS item, b."user", bool_or(coalesce(r."user" = b."user" AND o."user" = b."user", false)) AS one_hand
    FROM billed AS b
    JOIN received AS r ON r.purchase_document = b.purchase_document
    JOIN ordered AS o ON o.document = b.purchase_document
    GROUP BY b.purchase_document, b."user"
), counted AS (
    SELECT DISTINCT product, location, ts_date AS day, counter FROM counts
    WHERE counter IS NOT NULL AND counted_qty <> system_qty AND _duplicate_record IS NULL
), corrected AS (
    SELECT m.product || ' ' || m.location || ' ' || m.ts_date AS item, m."user", bool_or(c.counter = m."user") AS one_hand
    FROM counted AS c
    JOIN movements AS m ON m.product = c.product AND m.location = c.location
     AND m.ts_date >= c.day AND m.ts_date <= c.day + $days::INTEGER
    WHERE m.type = 'adjustment' AND m.qty <> 0 AND m."user" IS NOT NULL AND m._duplicate_record IS NULL
    GROUP BY m.product, m.location, m.ts_date, m."user"
), entered AS (
    SELECT supplier, min(created_by) AS created_by FROM suppliers WHERE created_by IS NOT NULL GROUP BY supplier HAVING min(created_by) = max(created_by)
), paid AS (
    SELECT DISTINCT p.payment AS item, p."user", e.created_by = p."user" AS one_hand
    FROM payments AS p JOIN entered AS e ON e.supplier = p.supplier
    WHERE p."user" IS NOT NULL AND p._duplicate_record IS NULL
)
SELECT 'order, receipt and invoice' AS duties, item, "user", one_hand FROM bought
UNION ALL
SELECT 'count and adjustment', item, "user", one_hand FROM corrected
UNION ALL
SELECT 'supplier and payment', item, "user", one_hand FROM paid

-- section: violations
WITH people AS (
    SELECT duties, "user", count(*) AS all_documents, count(*) FILTER (one_hand) AS documents FROM population GROUP BY duties, "user"
), houses AS (
    SELECT duties, sum(all_documents) AS all_documents, sum(documents) AS documents FROM people GROUP BY duties
)
SELECT p."user", p.duties, p.documents, p.all_documents, (h.documents - p.documents)::BIGINT AS others,
       (h.all_documents - p.all_documents)::BIGINT AS others_all, p.documents AS row_count,
       CASE p.duties WHEN 'order, receipt and invoice' THEN 'ordered, received and billed'
                     WHEN 'count and adjustment' THEN 'counted and adjusted' ELSE 'entered the supplier and paid him' END AS reason_en,
       CASE p.duties WHEN 'order, receipt and invoice' THEN 'pidió, recibió y facturó'
                     WHEN 'count and adjustment' THEN 'contó y ajustó' ELSE 'dio de alta al proveedor y le pagó' END AS reason_es
FROM people AS p JOIN houses AS h ON h.duties = p.duties
WHERE p.documents >= $least AND h.all_documents > p.all_documents
  AND (h.documents - p.documents) <= $usual * (h.all_documents - p.all_documents)
  AND p.documents * (h.all_documents - p.all_documents) >= $least_ratio * (h.documents - p.documents) * p.all_documents

-- section: evaluated
SELECT count(*) AS evaluated, (SELECT coalesce(sum(documents), 0) FROM violations) AS failed, 0 AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE one_hand) AS cases_in_one_hand FROM population

-- section: evidence
SELECT v."user", v.duties, 'order' AS role, 0 AS ordinal, 'purchases' AS table_name, o._file_id, o._record, o._line,
       o.document AS key_document, o.line AS key_line, o.supplier AS value_supplier, o."user" AS value_user
FROM violations AS v
JOIN population AS p ON p.duties = v.duties AND p."user" = v."user" AND p.one_hand
JOIN purchases AS o ON o.document = p.item AND v.duties = 'order, receipt and invoice'
WHERE o._duplicate_record IS NULL

-- section: evidence
SELECT v."user", v.duties, 'receipt' AS role, 1 AS ordinal, 'receipts' AS table_name, o._file_id, o._record, o._line,
       o.document AS key_document, o.line AS key_line, o.purchase_document AS value_purchase_document, o."user" AS value_user
FROM violations AS v
JOIN population AS p ON p.duties = v.duties AND p."user" = v."user" AND p.one_hand
JOIN receipts AS o ON o.purchase_document = p.item AND v.duties = 'order, receipt and invoice'
WHERE o._duplicate_record IS NULL

-- section: evidence
SELECT v."user", v.duties, 'invoice' AS role, 2 AS ordinal, 'invoices' AS table_name, o._file_id, o._record, o._line,
       o.document AS key_document, o.line AS key_line, o.purchase_document AS value_purchase_document, o."user" AS value_user
FROM violations AS v
JOIN population AS p ON p.duties = v.duties AND p."user" = v."user" AND p.one_hand
JOIN invoices AS o ON o.purchase_document = p.item AND v.duties = 'order, receipt and invoice'
WHERE o._duplicate_record IS NULL

-- section: evidence
SELECT v."user", v.duties, 'adjustment' AS role, 3 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.product AS value_product, m.location AS value_location, m.qty AS value_qty,
       m."user" AS value_user
FROM violations AS v
JOIN population AS p ON p.duties = v.duties AND p."user" = v."user" AND p.one_hand
JOIN movements AS m ON m."user" = v."user" AND m.type = 'adjustment' AND v.duties = 'count and adjustment'
 AND m.product || ' ' || m.location || ' ' || m.ts_date = p.item
WHERE m._duplicate_record IS NULL

-- section: evidence
SELECT v."user", v.duties, 'payment' AS role, 4 AS ordinal, 'payments' AS table_name, o._file_id, o._record, o._line,
       o.payment AS key_payment, o.supplier AS value_supplier, o."user" AS value_user
FROM violations AS v
JOIN population AS p ON p.duties = v.duties AND p."user" = v."user" AND p.one_hand
JOIN payments AS o ON o.payment = p.item AND v.duties = 'supplier and payment'
WHERE o._duplicate_record IS NULL
