/* ---
id: P-019
version: 1
kind: set
title: {en: Master record that stands twice, es: Ficha de maestro que consta dos veces}
severity: medium
grain: record
unit: master records
identity: [supplier, product, customer, original]
needs:
  suppliers: [supplier, name]
optional:
  suppliers: [phone, bank_account, tax_id, address, city, postal_code, active]
  products: [product, name, gtin, units_per_pack, active]
  customers: [customer, name, phone, email, tax_id, address]
unique: {records: [kind, code]}
parameters:
  similar: {default: "0.92", type: decimal, meaning: "Jaro-Winkler similarity of names from which they are the same"}
  similar_people: {default: "0.97", type: decimal, meaning: "the same of customers, among whom families share telephone and address"}
  similar_words: {default: "0.85", type: decimal, meaning: "the same of two words that only one of the names has each, from which they are one word written twice; also of names of suppliers that share tax number, address, and account or telephone"}
  most_sharing: {default: 8, type: integer, meaning: "records above which what they share is a placeholder, a group's number or a business centre"}
impact: none, because a second record costs nothing by itself
recoverable: false
explains: []
entities: [supplier, product, customer]
texts:
  finding:
    en: "{kind_en} {code} looks like {original}: a similar name and {shared_en}"
    es: "{kind_es} {code} se parece a {original}: nombre similar y {shared_es}"
explanation:
  en: >-
    One supplier under two numbers is paid twice without any check noticing; one product under two numbers is bought while
    it is in stock. Told are records with nearly the same name (legal form, accents and signs put aside) that share
    something of their own as well: suppliers a tax number, account, telephone or address, products a bar code in the same
    pack, customers a tax number, or telephone and address together. Branches with one tax number at two addresses are not
    told, nor names that differ in a number, nor records of which one is no longer active. What many share says nothing.
  es: >-
    Un proveedor con dos números cobra dos veces sin que ningún control lo note; un producto con dos números se compra
    teniéndolo en existencia. Se indican fichas de nombre casi igual (sin forma jurídica, acentos ni signos) que además
    comparten algo propio: proveedores, el número fiscal, la cuenta, el teléfono o el domicilio; productos, el código de
    barras en el mismo envase; clientes, el número fiscal, o teléfono y domicilio a la vez. No se señalan sucursales de un
    mismo número fiscal con dos domicilios, nombres que difieren en un número ni fichas de las que una ya no está activa. Lo
    que muchos comparten no dice nada.
remedy:
  en: "Compare both records, keep one, block the other, and look for documents that were entered under both."
  es: "Compare ambas fichas, conserve una, bloquee la otra y busque documentos registrados en ambas."
words:
  master records: {es: fichas de maestros}
  original: {en: first record, es: primera ficha}
  code: {es: código}
  kind: {es: tipo}
  similarity_percent: {en: similarity of names in percent, es: similitud de nombres en tanto por ciento}
  shared: {en: what both share, es: lo que comparten}
  copy: {es: copia}
  names_compared: {es: nombres comparados}
source: "Vendor master audit"
--- */

-- section: population
-- Names without accents, signs and legal form. What is compared: `own` (one is enough), `weak` (two of them for customers).
WITH records AS (
    SELECT 'supplier' AS kind, supplier AS code, max(name) AS printed, max(tax_id) AS own_tax, max(bank_account) AS own_account,
           max(phone) AS weak_telephone, max(upper(strip_accents(address))) AS weak_home,
           max(upper(strip_accents(coalesce(city, postal_code)))) AS town, NULL AS own_barcode, NULL::DECIMAL(18, 4) AS pack,
           bool_or(coalesce(active, true)) AS is_active, NULL AS own_mail
    FROM suppliers WHERE supplier IS NOT NULL GROUP BY supplier
    UNION ALL
    SELECT 'product', product, max(name), NULL, NULL, NULL, NULL, NULL, max(gtin), max(units_per_pack), bool_or(coalesce(active, true)), NULL
    FROM products WHERE product IS NOT NULL GROUP BY product
    UNION ALL
    SELECT 'customer', customer, max(name), max(tax_id), NULL, max(phone), max(upper(strip_accents(address))), NULL, NULL, NULL, true, max(email)
    FROM customers WHERE customer IS NOT NULL GROUP BY customer
), folded AS (
    SELECT kind, code, own_tax, own_account, weak_telephone, own_barcode, own_mail, town, pack, is_active,
           nullif(trim(regexp_replace(weak_home, '[^A-Z0-9]+', ' ', 'g')), '') AS weak_home,
           nullif(trim(regexp_replace(regexp_replace(regexp_replace(upper(strip_accents(printed)), '\.', '', 'g'), '[^A-Z0-9]+', ' ', 'g'),
               '\b(SL|SLU|SA|SAU|SAC|SAS|SRL|SPA|CV|DE CV|LTDA|EIRL|LTD|LIMITED|INC|LLC|LLP|CORP|CO|PLC|GMBH|AG|BV|NV)\b', '', 'g')), '') AS called
    FROM records
)
SELECT kind, code, own_tax, own_account, weak_telephone, own_barcode, own_mail, town, pack, weak_home,
       trim(regexp_replace(called, ' +', ' ', 'g')) AS called, trim(regexp_replace(called, '[^0-9]+', ' ', 'g')) AS numbers
FROM folded
WHERE is_active AND called IS NOT NULL

-- section: violations
WITH shared AS (
    SELECT kind, code, 'tax' AS what, own_tax AS value FROM population WHERE own_tax IS NOT NULL
    UNION ALL SELECT kind, code, 'account', own_account FROM population WHERE own_account IS NOT NULL
    UNION ALL SELECT kind, code, 'telephone', weak_telephone FROM population WHERE weak_telephone IS NOT NULL
    UNION ALL SELECT kind, code, 'home', weak_home FROM population WHERE weak_home IS NOT NULL AND regexp_matches(weak_home, '\d')
    UNION ALL SELECT kind, code, 'barcode', own_barcode FROM population WHERE own_barcode IS NOT NULL
    UNION ALL SELECT kind, code, 'mail', own_mail FROM population WHERE own_mail IS NOT NULL
), rare AS (
    SELECT kind, what, value FROM shared GROUP BY kind, what, value HAVING count(*) BETWEEN 2 AND $most_sharing
), held AS (
    SELECT s.kind, s.code, s.what, s.value FROM shared AS s JOIN rare AS r ON r.kind = s.kind AND r.what = s.what AND r.value = s.value
), pairs AS (
    SELECT a.kind, a.code, b.code AS original, bool_or(a.what = 'tax') AS tax, bool_or(a.what = 'account') AS account,
           bool_or(a.what = 'telephone') AS telephone, bool_or(a.what = 'home') AS home, bool_or(a.what = 'barcode') AS barcode,
           bool_or(a.what = 'mail') AS mail
    FROM held AS a JOIN held AS b ON b.kind = a.kind AND b.what = a.what AND b.value = a.value AND b.code < a.code
    GROUP BY a.kind, a.code, b.code
), compared AS (
    SELECT p.kind, p.code, p.original, p.tax, p.account, p.telephone, p.home, p.barcode, p.mail,
           a.numbers IS NOT DISTINCT FROM b.numbers AS same_numbers,
           coalesce(a.weak_home <> b.weak_home, a.town <> b.town, false) AS is_elsewhere,
           coalesce(a.pack <> b.pack, false) AS other_pack,
           jaro_winkler_similarity(a.called, b.called)::DECIMAL(9, 6) AS similarity
    FROM pairs AS p
    JOIN population AS a ON a.kind = p.kind AND a.code = p.code
    JOIN population AS b ON b.kind = p.kind AND b.code = p.original
), words AS (
    SELECT kind, code, unnest(string_split(called, ' ')) AS word FROM population
), words_of_one AS (
    SELECT p.kind, p.code, p.original, a.word FROM pairs AS p JOIN words AS a ON a.kind = p.kind AND a.code = p.code
    EXCEPT SELECT p.kind, p.code, p.original, b.word FROM pairs AS p JOIN words AS b ON b.kind = p.kind AND b.code = p.original
), words_of_other AS (
    SELECT p.kind, p.code, p.original, b.word FROM pairs AS p JOIN words AS b ON b.kind = p.kind AND b.code = p.original
    EXCEPT SELECT p.kind, p.code, p.original, a.word FROM pairs AS p JOIN words AS a ON a.kind = p.kind AND a.code = p.code
), unlike AS (
    -- Each has a word that the other lacks, and no two of these are one word written twice: branches, shares, colours.
    SELECT a.kind, a.code, a.original
    FROM words_of_one AS a JOIN words_of_other AS b ON b.kind = a.kind AND b.code = a.code AND b.original = a.original
    GROUP BY a.kind, a.code, a.original
    HAVING max(jaro_winkler_similarity(a.word, b.word)::DECIMAL(9, 6)) < $similar_words
), same AS (
    SELECT kind, code, original, similarity,
           concat_ws(', ', CASE WHEN tax THEN 'tax number' END, CASE WHEN account THEN 'account' END, CASE WHEN telephone THEN 'telephone' END,
                     CASE WHEN home THEN 'address' END, CASE WHEN barcode THEN 'bar code' END, CASE WHEN mail THEN 'e-mail' END) AS shared_en,
           concat_ws(', ', CASE WHEN tax THEN 'número fiscal' END, CASE WHEN account THEN 'cuenta' END, CASE WHEN telephone THEN 'teléfono' END,
                     CASE WHEN home THEN 'domicilio' END, CASE WHEN barcode THEN 'código de barras' END, CASE WHEN mail THEN 'correo' END) AS shared_es
    FROM compared
    WHERE same_numbers AND NOT EXISTS (
        SELECT 1 FROM unlike AS u WHERE u.kind = compared.kind AND u.code = compared.code AND u.original = compared.original
    )
      AND ((kind = 'supplier' AND (home OR (NOT is_elsewhere AND (tax OR account OR telephone)))
            AND similarity >= CASE WHEN tax AND home AND (account OR telephone) THEN $similar_words ELSE $similar END)
           OR (kind = 'product' AND similarity >= $similar AND barcode AND NOT other_pack)
           OR (kind = 'customer' AND similarity >= $similar_people AND (tax OR mail OR (telephone AND home))))
), firsts AS (
    SELECT kind, code, original, similarity, shared_en, shared_es FROM same
    QUALIFY row_number() OVER (PARTITION BY kind, code ORDER BY original) = 1
)
SELECT CASE WHEN kind = 'supplier' THEN code END AS supplier, CASE WHEN kind = 'product' THEN code END AS product,
       CASE WHEN kind = 'customer' THEN code END AS customer, original, code, shared_en, shared_es,
       CASE kind WHEN 'supplier' THEN 'Supplier' WHEN 'product' THEN 'Product' ELSE 'Customer' END AS kind_en,
       CASE kind WHEN 'supplier' THEN 'Proveedor' WHEN 'product' THEN 'Producto' ELSE 'Cliente' END AS kind_es,
       round(similarity * 100, 1) AS similarity_percent,
       CASE WHEN kind = 'supplier' THEN 'medium' ELSE 'low' END AS severity, 2 AS row_count
FROM firsts

-- section: evaluated
SELECT count(*) AS evaluated, (SELECT count(*) FROM violations) AS failed,
       count(*) FILTER (WHERE coalesce(own_tax, own_account, weak_telephone, weak_home, own_barcode, own_mail) IS NULL) AS unknown
FROM population

-- section: facts
SELECT count(*) AS names_compared FROM population

-- section: evidence
SELECT v.supplier, v.product, v.customer, v.original, CASE WHEN s.supplier = v.supplier THEN 'copy' ELSE 'original' END AS role,
       CASE WHEN s.supplier = v.supplier THEN 1 ELSE 0 END AS ordinal, 'suppliers' AS table_name, s._file_id, s._record, s._line,
       s.supplier AS key_supplier, s.name AS value_name, s.tax_id AS value_tax_id
FROM violations AS v JOIN suppliers AS s ON s.supplier IN (v.supplier, v.original)
WHERE v.supplier IS NOT NULL

-- section: evidence
SELECT v.supplier, v.product, v.customer, v.original, CASE WHEN s.product = v.product THEN 'copy' ELSE 'original' END AS role,
       CASE WHEN s.product = v.product THEN 1 ELSE 0 END AS ordinal, 'products' AS table_name, s._file_id, s._record, s._line,
       s.product AS key_product, s.name AS value_name, s.gtin AS value_gtin
FROM violations AS v JOIN products AS s ON s.product IN (v.product, v.original)
WHERE v.product IS NOT NULL

-- section: evidence
SELECT v.supplier, v.product, v.customer, v.original, CASE WHEN s.customer = v.customer THEN 'copy' ELSE 'original' END AS role,
       CASE WHEN s.customer = v.customer THEN 1 ELSE 0 END AS ordinal, 'customers' AS table_name, s._file_id, s._record, s._line,
       s.customer AS key_customer
FROM violations AS v JOIN customers AS s ON s.customer IN (v.customer, v.original)
WHERE v.customer IS NOT NULL
