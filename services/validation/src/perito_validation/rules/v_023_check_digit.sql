/* ---
id: V-023
version: 1
kind: set
title: {en: Article numbers that do not check, es: Códigos de artículo que no cuadran}
severity: medium
grain: table
unit: article numbers
identity: [table_name, kind]
needs:
  files: [file_id, name]
one_of: [products.gtin, product_units.gtin]
optional:
  products: [product, gtin]
  product_units: [product, gtin]
parameters:
  least_share: {default: "0.5", type: decimal, meaning: "share of a file's codes of 8, 12, 13 or 14 digits that must check for the column to hold article numbers at all"}
  least_codes: {default: 20, type: integer, meaning: "codes of a file from which it is judged by itself whether it holds article numbers; a smaller one is judged with its table"}
impact: none, because a code has no amount; what is scanned as another product shows in its stock
recoverable: false
explains: []
entities: [table_name]
texts:
  finding:
    en: "{where_en}: {row_count:,} of {codes:,} article numbers of {table_name:name} {what_en} (such as {example})"
    es: "{where_es}: {row_count:,} de {codes:,} códigos de artículo de {table_name:name} {what_es} (por ejemplo {example})"
explanation:
  en: >-
    A GTIN (EAN, UPC) has 8, 12, 13 or 14 digits, and the last follows from the others, so one mistyped digit shows. Other
    faults are told apart: a spreadsheet takes leading zeros away, and what is left still checks; it writes long numbers as
    5.01E+12, and the digits are gone. Numbers that begin with 2 are the retailer's own, those of produce have 4 or 5 digits:
    neither is looked at. Where most codes of a file do not check, the column holds codes of another kind, which is said once.
  es: >-
    Un GTIN (EAN, UPC) tiene 8, 12, 13 o 14 cifras y la última se deduce de las demás, así que una cifra equivocada se nota.
    Otras faltas se distinguen: una hoja de cálculo quita los ceros iniciales, y lo que queda sigue cuadrando; escribe números
    largos como 5.01E+12, y las cifras se pierden. Los que empiezan por 2 son propios del comercio, los de fruta y verdura
    tienen 4 o 5 cifras: no se miran. Si la mayoría de un archivo no cuadra, la columna lleva otros códigos; se dice una vez.
remedy:
  en: "Scan one of the articles and compare; export the column as text, so that no zeros and digits are lost."
  es: "Escanee uno de los artículos y compare; exporte la columna como texto para no perder ceros ni cifras."
words:
  "article numbers": {es: códigos de artículo}
  kind: {es: clase}
  codes: {es: códigos}
  wrong_digit: {en: wrong check digit, es: dígito de control erróneo}
  lost_zeros: {en: leading zeros lost, es: ceros iniciales perdidos}
  wrong_length: {en: wrong length, es: longitud errónea}
  rounded_by_a_spreadsheet: {en: rounded by a spreadsheet, es: redondeado por una hoja de cálculo}
  other_codes: {en: codes of another kind, es: códigos de otra clase}
  code: {en: code as written, es: código como está escrito}
  checked: {en: codes that check, es: códigos que cuadran}
unique: {told: [table_name, kind]}
source: "GS1 General Specifications, check digit and restricted circulation numbers"
--- */

-- section: population
-- One row per code. `digits` is what is left without blanks, hyphens and the .0 that a spreadsheet adds; from the right its
-- digits weigh 1, 3, 1, 3 and must add up to a multiple of ten, whatever zeros stand in front.
WITH coded AS (
    SELECT 'products' AS table_name, product, coalesce(gtin_source, gtin) AS code, _file_id, _record, _line
    FROM products
    WHERE gtin IS NOT NULL AND _duplicate_record IS NULL
    UNION ALL
    SELECT 'product_units', product, coalesce(gtin_source, gtin), _file_id, _record, _line
    FROM product_units
    WHERE gtin IS NOT NULL AND _duplicate_record IS NULL
), cleaned AS (
    SELECT *, regexp_replace(regexp_replace(code, '[\s-]', '', 'g'), '\.0+$', '') AS digits FROM coded
), measured AS (
    SELECT *, length(digits) AS width, regexp_full_match(digits, '[0-9]{1,14}') AS is_number, lpad(digits, 14, '0') AS padded FROM cleaned
), checked AS (
    SELECT *, CASE WHEN is_number THEN (
               3 * (substr(padded, 1, 1)::INTEGER + substr(padded, 3, 1)::INTEGER + substr(padded, 5, 1)::INTEGER
                    + substr(padded, 7, 1)::INTEGER + substr(padded, 9, 1)::INTEGER + substr(padded, 11, 1)::INTEGER
                    + substr(padded, 13, 1)::INTEGER)
               + substr(padded, 2, 1)::INTEGER + substr(padded, 4, 1)::INTEGER + substr(padded, 6, 1)::INTEGER
               + substr(padded, 8, 1)::INTEGER + substr(padded, 10, 1)::INTEGER + substr(padded, 12, 1)::INTEGER
               + substr(padded, 14, 1)::INTEGER) % 10 = 0 ELSE false END AS checks
    FROM measured
), classified AS (
    SELECT c.table_name, c.product, c.code, c._file_id, c._record, c._line, f.name AS file,
           c.is_number AND c.width IN (8, 12, 13, 14) AS right_length,
           CASE WHEN c.is_number AND (c.width IN (4, 5) OR c.width = 12 AND left(c.digits, 1) = '2' OR c.width = 13 AND (left(c.digits, 1) = '2' OR left(c.digits, 2) = '02'))
                     THEN 'own'
                -- Eight digits that begin so may be a shortened UPC, whose check digit is that of the long one, or of the shop.
                WHEN c.is_number AND c.width = 8 AND left(c.digits, 1) IN ('0', '1', '2') AND NOT c.checks THEN 'own'
                WHEN c.is_number AND c.width IN (8, 12, 13, 14) THEN CASE WHEN c.checks THEN 'right' ELSE 'wrong_digit' END
                WHEN c.is_number AND c.width BETWEEN 6 AND 11 AND c.checks THEN 'lost_zeros'
                WHEN regexp_full_match(c.digits, '[0-9][.,]?[0-9]*[eE][+]?[0-9]{1,2}') THEN 'rounded_by_a_spreadsheet'
                ELSE 'wrong_length' END AS kind
    FROM checked AS c JOIN files AS f ON f.file_id = c._file_id
), totals AS (
    SELECT table_name, _file_id, count(*) AS codes, count(*) FILTER (kind = 'right') AS right_codes,
           count(*) FILTER (right_length AND kind <> 'own') AS of_length, count(*) FILTER (kind NOT IN ('right', 'own')) AS others
    FROM classified
    GROUP BY table_name, _file_id
), judged AS (
    -- A small file says too little of itself and is judged with its whole table.
    SELECT table_name, _file_id,
           CASE WHEN codes >= $least_codes THEN right_codes > 0 AND right_codes >= $least_share * of_length AND right_codes >= others
                ELSE sum(right_codes) OVER t > 0 AND sum(right_codes) OVER t >= $least_share * sum(of_length) OVER t
                     AND sum(right_codes) OVER t >= sum(others) OVER t END AS holds_numbers
    FROM totals
    WINDOW t AS (PARTITION BY table_name)
)
SELECT c.*, CASE WHEN c.kind IN ('right', 'own') THEN NULL WHEN j.holds_numbers THEN c.kind ELSE 'other_codes' END AS told_as
FROM classified AS c JOIN judged AS j ON j.table_name = c.table_name AND j._file_id = c._file_id

-- section: violations
WITH totals AS (
    SELECT table_name, count(*) AS codes, count(*) FILTER (kind = 'right') AS checked FROM population GROUP BY table_name
), told AS (
    SELECT p.table_name, p.told_as AS kind, count(*) AS row_count, min(t.codes) AS codes, min(t.checked) AS checked, min(p.code) AS example,
           CASE WHEN count(DISTINCT p.file) = 1 THEN min(p.file) ELSE count(DISTINCT p.file) || ' files' END AS where_en,
           CASE WHEN count(DISTINCT p.file) = 1 THEN min(p.file) ELSE count(DISTINCT p.file) || ' archivos' END AS where_es
    FROM population AS p JOIN totals AS t ON t.table_name = p.table_name
    WHERE p.told_as IS NOT NULL
    GROUP BY p.table_name, p.told_as
)
SELECT *, CASE WHEN kind = 'wrong_digit' THEN 'medium' WHEN kind = 'other_codes' THEN 'info' ELSE 'low' END AS severity,
       CASE kind WHEN 'wrong_digit' THEN 'have a check digit that does not follow from the others'
            WHEN 'lost_zeros' THEN 'have lost zeros in front' WHEN 'rounded_by_a_spreadsheet' THEN 'were rounded by a spreadsheet'
            WHEN 'wrong_length' THEN 'do not have 8, 12, 13 or 14 digits' ELSE 'are codes of another kind' END AS what_en,
       CASE kind WHEN 'wrong_digit' THEN 'llevan un dígito de control que no se deduce de los demás'
            WHEN 'lost_zeros' THEN 'han perdido ceros iniciales' WHEN 'rounded_by_a_spreadsheet' THEN 'fueron redondeados por una hoja de cálculo'
            WHEN 'wrong_length' THEN 'no tienen 8, 12, 13 ni 14 cifras' ELSE 'son códigos de otra clase' END AS what_es
FROM told

-- section: evaluated
SELECT count(*) FILTER (kind <> 'own') AS evaluated,
       (SELECT coalesce(sum(row_count) FILTER (kind <> 'other_codes'), 0)::BIGINT FROM violations) AS failed,
       (SELECT coalesce(sum(row_count) FILTER (kind = 'other_codes'), 0)::BIGINT FROM violations) AS unknown
FROM population

-- section: facts
SELECT count(*) FILTER (kind = 'right') AS checked FROM population

-- section: evidence
SELECT table_name, told_as AS kind, kind AS role, _file_id, _record, _line, product AS key_product, code AS value_code
FROM population
WHERE told_as IS NOT NULL
