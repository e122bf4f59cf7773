/* ---
id: P-004
version: 1
kind: function
function: perito_pattern.repeats:judge
title: {en: Amount that comes again and again, es: Importe que se repite una y otra vez}
severity: low
grain: amount
unit: different amounts
identity: [population, amount]
needs:
  invoices: [supplier, document, invoiced_at, line_total]
optional:
  invoices: [supplier_number, line, posted_at, purchase_document, product, location, qty, document_total, status]
  payments: [payment, supplier, amount, ts]
uses: [invoice_entries]
unique: {input_rows: [population, is_negative, length, zeros, amount]}
parameters:
  smallest: {default: "10", type: decimal, meaning: "amount below which few different amounts are possible"}
  least_suppliers: {default: 8, type: integer, meaning: "suppliers that must have the amount"}
  sigmas: {default: "5", type: decimal, meaning: "standard deviations beyond the amounts around it"}
  most_alike: {default: 10, type: integer, meaning: "other amounts that half as many suppliers have, above which amounts repeat by their nature"}
  most_told: {default: 25, type: integer, meaning: "amounts told, the most frequent ones"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all different amounts"}
impact: none, because each of the amounts may be owed
recoverable: false
explains: []
entities: [population]
texts:
  finding:
    en: "{amount:,} stands in {population} of {suppliers:,} suppliers; amounts like it have {expected_suppliers:,} each"
    es: "{amount:,} consta en {population} de {suppliers:,} proveedores; importes parecidos, en {expected_suppliers:,} cada uno"
explanation:
  en: >-
    Somebody who invents amounts comes back to the same one. The amounts of whole invoices and payments are counted once for
    each supplier, so a rent or a standing order, which one supplier bills again and again, is one. Each amount is compared
    with those of the same size and roundness (300.00 with 400.00, not with 312.45; 19.99 with other prices), and with how
    much the amounts of these books repeat. Told are the most frequent of those that stand out beyond
    chance; where many amounts are as frequent, none is.
  es: >-
    Quien inventa importes vuelve al mismo. Los importes de facturas y pagos enteros se cuentan una vez por proveedor, de modo
    que un alquiler o un pedido fijo, que un proveedor cobra una y otra vez, es uno. Cada importe se compara con los de igual
    tamaño y redondez (300,00 con 400,00 y no con 312,45; 19,99 con otros precios) y con lo que se repiten los importes de
    estos libros. Se indican los más frecuentes de los que destacan más allá del azar; si muchos lo son tanto, ninguno.
remedy:
  en: "Read these invoices side by side: who entered them, and are they for anything?"
  es: "Lea estas facturas juntas: ¿quién las registró y por qué concepto?"
words:
  different amounts: {es: importes distintos}
  population: {es: conjunto}
  suppliers: {es: proveedores}
  expected_suppliers: {en: suppliers to be expected, es: proveedores esperados}
  sigmas: {en: standard deviations, es: desviaciones típicas}
  chance: {es: probabilidad}
  repetition: {es: repetición}
  tested: {en: tested, es: probados}
source: "Number-duplication test of digit analysis (Nigrini)"
--- */

-- section: population
-- One row per supplier and amount. `zeros`: zeros at the end of the amount in cents, -1 where it ends like a price.
WITH amounts AS (
    SELECT 'invoices' AS population, supplier, total AS amount FROM invoice_entries
    WHERE place = entry AND NOT (shares_number AND nth_of_number > 1) AND supplier IS NOT NULL AND abs(total) >= $smallest
    UNION
    SELECT 'payments', supplier, amount FROM payments
    WHERE _duplicate_record IS NULL AND supplier IS NOT NULL AND abs(amount) >= $smallest
), counted AS (
    SELECT population, amount::DECIMAL(38, 2) AS amount, count(*) AS suppliers, (abs(amount) * 100)::DECIMAL(38, 0)::VARCHAR AS cents
    FROM amounts GROUP BY population, amount
)
SELECT population, amount, suppliers, length(cents) AS length, left(cents, 1) AS first_digit, amount < 0 AS is_negative,
       CASE WHEN right(cents, 2) IN ('99', '95', '49') THEN -1 ELSE length(cents) - length(rtrim(cents, '0')) END AS zeros
FROM counted

-- section: input
-- Kinds of amounts, each with the amounts of it that enough suppliers have (NULL where none are).
WITH kinds AS (
    SELECT population, is_negative, length, zeros, sum(suppliers)::BIGINT AS kind_suppliers, count(*) AS amounts,
           sum(suppliers * (suppliers - 1))::BIGINT AS pairs
    FROM population GROUP BY population, is_negative, length, zeros
), beginnings AS (
    SELECT population, is_negative, length, zeros, first_digit, sum(suppliers)::BIGINT AS suppliers
    FROM population GROUP BY population, is_negative, length, zeros, first_digit
), candidates AS (
    SELECT p.population, p.is_negative, p.length, p.zeros, p.amount, p.suppliers, b.suppliers AS begin_suppliers
    FROM population AS p
    JOIN beginnings AS b ON b.population = p.population AND b.is_negative = p.is_negative AND b.length = p.length AND b.zeros = p.zeros
     AND b.first_digit = p.first_digit
    WHERE p.suppliers >= $least_suppliers
), input_rows AS (
    SELECT k.population, k.is_negative, k.length::BIGINT AS length, k.zeros::BIGINT AS zeros, k.kind_suppliers, k.amounts, k.pairs,
           c.amount, c.suppliers, c.begin_suppliers
    FROM kinds AS k
    LEFT JOIN candidates AS c ON c.population = k.population AND c.is_negative = k.is_negative AND c.length = k.length AND c.zeros = k.zeros
)
SELECT population, is_negative, length, zeros, kind_suppliers, amounts, pairs, amount, suppliers, begin_suppliers
FROM input_rows
ORDER BY population, is_negative, length, zeros, amount

-- section: evidence
SELECT v.population, v.amount, 'repetition' AS role, 0 AS ordinal, 'invoices' AS table_name, i._file_id, i._record, i._line,
       i.document AS key_document, i.supplier AS value_supplier, i.day AS value_invoiced_on, i.total AS value_total
FROM violations AS v JOIN invoice_entries AS i ON i.total = v.amount AND i.place = i.entry
WHERE v.population = 'invoices'

-- section: evidence
SELECT v.population, v.amount, 'repetition' AS role, 0 AS ordinal, 'payments' AS table_name, p._file_id, p._record, p._line,
       p.payment AS key_payment, p.supplier AS value_supplier, p.ts_date AS value_date, p.amount AS value_amount
FROM violations AS v JOIN payments AS p ON p.amount = v.amount
WHERE v.population = 'payments' AND p._duplicate_record IS NULL
