/* ---
id: P-001
version: 2
kind: function
function: perito_pattern.benford:judge
title: {en: Leading digits that amounts do not have by nature, es: Primeras cifras que los importes no tienen por naturaleza}
severity: medium
grain: population
unit: populations of amounts
identity: [population]
needs:
  invoices: [line_total]
optional:
  invoices: [supplier, document, line, product, status]
  payments: [payment, supplier, amount]
unique: {amounts: [population, _file_id, _record]}
parameters:
  refuse: {default: 300, type: integer, meaning: "amounts without which nothing is said"}
  enough: {default: 1000, type: integer, meaning: "amounts from which the severity is medium; low below"}
  smallest: {default: "10", type: decimal, meaning: "amount below which the second digit is mostly rounding"}
  orders_of_magnitude: {default: "2", type: decimal, meaning: "powers of ten that the amounts must span"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all digits of all populations"}
impact: none, because a distribution of digits has no amount
recoverable: false
explains: []
entities: []
texts:
  finding:
    en: "{amounts:,} amounts of {population}: the leading digits {digits} are more frequent than in amounts that arise by themselves"
    es: "{amounts:,} importes de {population}: las primeras cifras {digits} son más frecuentes que en importes que surgen solos"
explanation:
  en: >-
    In amounts that arise by themselves over several powers of ten, small leading digits are more frequent than large ones
    (Benford's law). Invented or steered amounts, such as many just below a limit, bend that. Compared are first, second and
    first two digits. Told is only what deviates by its mean absolute deviation and in single digits beyond chance. Assigned
    prices follow no law: an amount that comes again for the same supplier and product counts once, and sales are not
    tested. Many amounts of one product tell its price rather than many things, so they count for fewer. It is no proof of
    anything, but a reason to read the rows with those digits.
  es: >-
    En importes que surgen solos a lo largo de varias potencias de diez, las primeras cifras pequeñas son más frecuentes que
    las grandes (ley de Benford). Los importes inventados o dirigidos, como muchos justo por debajo de un límite, la
    alteran. Se comparan la primera, la segunda y las dos primeras cifras. Solo se indica lo que se aparta por su desviación
    media absoluta y en cifras concretas más allá del azar. Los precios fijados no siguen ley alguna: un importe que se
    repite para el mismo proveedor y producto cuenta una vez, y las ventas no se prueban. Muchos importes de un producto
    dicen su precio y no muchas cosas, así que cuentan por menos. No prueba nada, pero es motivo para revisar las filas con
    esas cifras.
remedy:
  en: "Read the amounts with those digits: are they just below a limit, of one supplier, or of one person?"
  es: "Revise los importes con esas cifras: ¿están justo bajo un límite, son de un proveedor o de una persona?"
words:
  populations of amounts: {es: conjuntos de importes}
  population: {es: conjunto}
  amounts: {es: importes}
  tests: {es: pruebas}
  digits: {es: cifras}
  mad_f1d: {es: desviación media de la primera cifra}
  mad_sd: {es: desviación media de la segunda cifra}
  mad_f2d: {es: desviación media de las dos primeras cifras}
source: "Digit analysis of forensic accounting (Nigrini's tests and MAD thresholds)"
--- */

-- section: population
-- One row per amount; those of a supplier and product that come again are one.
WITH amounts AS (
    SELECT 'invoices' AS population, supplier, product, line_total AS amount, _file_id, _record, _line
    FROM invoices
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled' AND line_total >= $smallest
    UNION ALL
    SELECT 'payments', supplier, NULL, amount, _file_id, _record, _line
    FROM payments
    WHERE _duplicate_record IS NULL AND amount >= $smallest
)
SELECT population, product, amount, left(replace(ltrim(amount::VARCHAR, '0.'), '.', ''), 2)::BIGINT AS digits, _file_id, _record, _line
FROM amounts
QUALIFY row_number() OVER (PARTITION BY population, supplier, product, amount ORDER BY _file_id, _record) = 1

-- section: input
-- The span is that of the middle 98 per cent, so that one odd amount does not make it. `squares`: the squared numbers of
-- amounts per product, added up; an amount without a product stands by itself.
WITH sizes AS (
    SELECT population, product, count(*) AS amounts FROM population GROUP BY population, product
), clusters AS (
    SELECT population, sum(CASE WHEN product IS NULL THEN amounts ELSE amounts * amounts END)::BIGINT AS squares FROM sizes GROUP BY population
), spans AS (
    SELECT population, quantile_disc(amount, 0.99) >= quantile_disc(amount, 0.01) * pow(10, $orders_of_magnitude) AS spans
    FROM population GROUP BY population
)
SELECT p.population, p.digits, count(*) AS amounts, max(c.squares) AS squares, bool_and(s.spans) AS spans
FROM population AS p
JOIN clusters AS c ON c.population = p.population
JOIN spans AS s ON s.population = p.population
GROUP BY p.population, p.digits
ORDER BY p.population, p.digits

-- section: evidence
SELECT v.population, 'digits ' || p.digits AS role, p.digits AS ordinal,
       p.population AS table_name, p._file_id, p._record, p._line, p.amount AS value_amount
FROM violations AS v
JOIN population AS p ON p.population = v.population AND list_contains(string_split(v.digits, ', '), p.digits::VARCHAR)
