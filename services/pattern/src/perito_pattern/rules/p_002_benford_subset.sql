/* ---
id: P-002
version: 1
kind: function
function: perito_pattern.subset_digits:judge
title: {en: Leading digits of one supplier or user, es: Primeras cifras de un proveedor o usuario}
severity: low
grain: subset
unit: suppliers, users and places
identity: [kind, supplier, user, location]
needs:
  invoices: [supplier, line_total]
optional:
  invoices: [document, line, product, user, status]
  movements: [movement, type, user, location, product, value_delta]
unique: {amounts: [kind, subset, _file_id, _record]}
parameters:
  refuse: {default: 300, type: integer, meaning: "amounts without which nothing is said"}
  smallest: {default: "10", type: decimal, meaning: "amount below which the second digit is mostly rounding"}
  orders_of_magnitude: {default: "2", type: decimal, meaning: "powers of ten that the amounts must span"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all digits of all subsets"}
impact: none, because a distribution of digits has no amount
recoverable: false
explains: []
entities: [supplier, user, location]
texts:
  finding:
    en: "{who_en}: of {amounts:,} amounts more begin with {digits} than anywhere else in the books"
    es: "{who_es}: de {amounts:,} importes empiezan por {digits} más que en el resto de los libros"
explanation:
  en: >-
    In amounts that arise by themselves small leading digits are more frequent than large ones (Benford's law). The amounts
    of each supplier, of each person who enters invoices, and of the adjustments of each user and place are tested by
    themselves. Told is what does not conform by its mean absolute deviation and has leading digits that are too frequent
    both by the law and by what all others of the same kind have. Amounts of one product hang together by its price, so a
    subset counts as no more amounts than it has independent products, and an amount that comes again counts once.
  es: >-
    En importes que surgen solos las primeras cifras pequeñas son más frecuentes que las grandes (ley de Benford). Se prueban
    por separado los importes de cada proveedor, de cada persona que registra facturas y de los ajustes de cada usuario y
    lugar. Se indica lo que no se ajusta por su desviación media absoluta y tiene cifras demasiado frecuentes tanto según la
    ley como según lo que tienen los demás del mismo tipo. Los importes de un producto dependen de su precio, por lo que un
    conjunto no cuenta como más importes que productos independientes tiene, y un importe repetido cuenta una vez.
remedy:
  en: "Read the amounts with those digits: are they just below a limit, of one kind of goods, or estimated?"
  es: "Revise los importes con esas cifras: ¿están justo bajo un límite, son de un tipo de mercancía o estimados?"
words:
  "suppliers, users and places": {es: "proveedores, usuarios y lugares"}
  kind: {es: tipo}
  amounts: {es: importes}
  independent: {en: independent amounts, es: importes independientes}
  digits: {es: cifras}
  tests: {es: pruebas}
  chance: {es: probabilidad}
  tested: {en: tested, es: probados}
source: "Digit analysis of forensic accounting (Nigrini), by subset"
--- */

-- section: population
-- One row per amount; those of a subset and product that come again are one.
WITH amounts AS (
    SELECT 'supplier' AS kind, supplier AS subset, product, line_total AS amount, 'invoices' AS table_name, _file_id, _record, _line
    FROM invoices
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled' AND line_total >= $smallest AND supplier IS NOT NULL
    UNION ALL
    SELECT 'entered', "user", product, line_total, 'invoices', _file_id, _record, _line
    FROM invoices
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled' AND line_total >= $smallest AND "user" IS NOT NULL
    UNION ALL
    SELECT 'adjusted', "user", product, abs(value_delta), 'movements', _file_id, _record, _line
    FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('adjustment', 'waste') AND abs(value_delta) >= $smallest AND "user" IS NOT NULL
    UNION ALL
    SELECT 'place', location, product, abs(value_delta), 'movements', _file_id, _record, _line
    FROM movements
    WHERE _duplicate_record IS NULL AND type IN ('adjustment', 'waste') AND abs(value_delta) >= $smallest AND location IS NOT NULL
)
SELECT kind, subset, product, amount, left(replace(ltrim(amount::VARCHAR, '0.'), '.', ''), 2)::BIGINT AS digits, table_name,
       _file_id, _record, _line
FROM amounts
QUALIFY row_number() OVER (PARTITION BY kind, subset, product, amount ORDER BY _file_id, _record) = 1

-- section: input
-- `squares`: the squared numbers of amounts per product, added up; an amount without a product stands by itself.
WITH sizes AS (
    SELECT kind, subset, product, count(*) AS amounts FROM population GROUP BY kind, subset, product
), subsets AS (
    SELECT kind, subset, sum(amounts)::BIGINT AS amounts,
           sum(CASE WHEN product IS NULL THEN amounts ELSE amounts * amounts END)::BIGINT AS squares
    FROM sizes GROUP BY kind, subset
), spans AS (
    SELECT kind, subset, quantile_disc(amount, 0.99) >= quantile_disc(amount, 0.01) * pow(10, $orders_of_magnitude) AS spans
    FROM population GROUP BY kind, subset
)
SELECT p.kind, p.subset, p.digits, count(*) AS amounts, max(s.squares) AS squares, bool_and(w.spans) AS spans
FROM population AS p
JOIN subsets AS s ON s.kind = p.kind AND s.subset = p.subset
JOIN spans AS w ON w.kind = p.kind AND w.subset = p.subset
GROUP BY p.kind, p.subset, p.digits
ORDER BY p.kind, p.subset, p.digits

-- section: evidence
SELECT v.kind, v.supplier, v."user", v.location, 'digits ' || p.digits AS role, p.digits AS ordinal, p.table_name,
       p._file_id, p._record, p._line, p.product AS value_product, p.amount AS value_amount
FROM violations AS v
JOIN population AS p ON p.kind = v.kind AND p.subset = coalesce(v.supplier::VARCHAR, v."user"::VARCHAR, v.location::VARCHAR)
 AND list_contains(string_split(v.digits, ', '), p.digits::VARCHAR)
