/* ---
id: P-018
version: 1
kind: set
title: {en: Supplier with something of an employee, es: Proveedor con datos de un empleado}
severity: medium
grain: supplier
unit: suppliers
identity: [supplier, user]
needs:
  suppliers: [supplier]
optional:
  suppliers: [name, address, phone, bank_account, tax_id]
  users: [user, name, address, phone, bank_account]
unique: {keyed: [supplier], employees: [user], signals: [supplier]}
parameters:
  least_signals: {default: 2, type: integer, meaning: "signs that must come together"}
  most_holders: {default: 2, type: integer, meaning: "people, or suppliers, above which a telephone, account or address is a switchboard, a bank or a placeholder"}
  similar: {default: "0.92", type: decimal, meaning: "Jaro-Winkler similarity of two addresses with the same numbers, and of their streets, from which they are the same"}
  usual_tax: {default: "0.8", type: decimal, meaning: "share of suppliers with a tax number from which it is odd to have none"}
impact: none, because a supplier may be genuine whoever owns it
recoverable: false
explains: []
entities: [supplier, user]
texts:
  finding:
    en: "Supplier {supplier}: {signals_en}"
    es: "Proveedor {supplier}: {signals_es}"
explanation:
  en: >-
    A firm that exists on paper only often has the account, the telephone or the address of whoever made it up, a post office
    box, no tax number, or initials for a name. One such sign is common; told is a supplier that has the account, telephone
    or address of one employee and another sign with it, or (low) all three signs that need no employee. What several
    people or suppliers share is a switchboard and no sign. Addresses are the same where their numbers are and their words
    nearly so. An employee who stands in the master under his own name, to be repaid what he paid, is of low severity. Tax
    numbers of people are pseudonyms and cannot be compared. It is an indicator and no proof.
  es: >-
    Una empresa que solo existe sobre el papel suele tener la cuenta, el teléfono o el domicilio de quien la inventó, un
    apartado de correos, ningún número fiscal o iniciales por nombre. Uno de estos indicios es corriente; se indica el
    proveedor que tiene la cuenta, el teléfono o el domicilio de un empleado y además otro indicio, o (gravedad baja) los
    tres que no precisan empleado. Lo que comparten varias personas o proveedores es una centralita y no un indicio. Los
    domicilios son iguales si lo son sus números y casi lo son sus palabras. El empleado dado de alta con su propio nombre,
    para reembolsos, es de gravedad baja. Los números fiscales de personas son seudónimos y no se comparan. No es prueba.
remedy:
  en: "See who entered the supplier and who approves its invoices, visit its address, and ask for a bank's confirmation of the account."
  es: "Vea quién dio de alta al proveedor y quién aprueba sus facturas, visite su domicilio y pida al banco la titularidad de la cuenta."
words:
  suppliers: {es: proveedores}
  signals: {en: signs, es: indicios}
  of_employee: {en: signs of an employee, es: indicios de un empleado}
  supplier: {es: proveedor}
  employee: {es: empleado}
  with_one_sign: {en: suppliers with one sign, es: proveedores con un indicio}
source: "Shell-company tests of fraud examination (ACFE)"
--- */

-- section: population
WITH keyed AS (
    SELECT supplier, max(bank_account) AS account, max(phone) AS telephone, max(tax_id) AS tax_number,
           max(upper(strip_accents(trim(name)))) AS name,
           max(trim(regexp_replace(upper(strip_accents(address)), '[^A-Z0-9]+', ' ', 'g'))) AS home
    FROM suppliers WHERE supplier IS NOT NULL
    GROUP BY supplier
), employees AS (
    SELECT "user", max(bank_account) AS account, max(phone) AS telephone, max(upper(strip_accents(trim(name)))) AS name,
           max(trim(regexp_replace(upper(strip_accents(address)), '[^A-Z0-9]+', ' ', 'g'))) AS home
    FROM users WHERE "user" IS NOT NULL
    GROUP BY "user"
), homes AS (
    -- `street` is the first word of the address that is neither a number nor what every street is called.
    SELECT "user", home, trim(regexp_replace(home, '[^0-9]+', ' ', 'g')) AS numbers,
           split_part(trim(regexp_replace(home, '\b(CALLE|C|CL|AVENIDA|AVDA|AV|PLAZA|PZA|PL|PASEO|CARRERA|CRA|CARRETERA|CTRA|CAMINO|RONDA|JIRON|STREET|ST|ROAD|RD|AVENUE|AVE|LANE|RUE|VIA|DE|DEL|LA|LAS|LOS|EL|THE|[0-9]+[A-Z]?)\b', '', 'g')), ' ', 1) AS street
    FROM employees WHERE home IS NOT NULL
), places AS (
    SELECT supplier, home, trim(regexp_replace(home, '[^0-9]+', ' ', 'g')) AS numbers,
           split_part(trim(regexp_replace(home, '\b(CALLE|C|CL|AVENIDA|AVDA|AV|PLAZA|PZA|PL|PASEO|CARRERA|CRA|CARRETERA|CTRA|CAMINO|RONDA|JIRON|STREET|ST|ROAD|RD|AVENUE|AVE|LANE|RUE|VIA|DE|DEL|LA|LAS|LOS|EL|THE|[0-9]+[A-Z]?)\b', '', 'g')), ' ', 1) AS street
    FROM keyed WHERE home IS NOT NULL
), accounts AS (
    SELECT account FROM employees WHERE account IS NOT NULL GROUP BY account HAVING count(*) <= $most_holders
    INTERSECT
    SELECT account FROM keyed WHERE account IS NOT NULL GROUP BY account HAVING count(*) <= $most_holders
), telephones AS (
    SELECT telephone FROM employees WHERE telephone IS NOT NULL GROUP BY telephone HAVING count(*) <= $most_holders
    INTERSECT
    SELECT telephone FROM keyed WHERE telephone IS NOT NULL GROUP BY telephone HAVING count(*) <= $most_holders
), same AS (
    SELECT s.supplier, e."user", 'account' AS sign FROM keyed AS s JOIN employees AS e ON e.account = s.account
    JOIN accounts AS a ON a.account = s.account
    UNION
    SELECT s.supplier, e."user", 'telephone' FROM keyed AS s JOIN employees AS e ON e.telephone = s.telephone
    JOIN telephones AS t ON t.telephone = s.telephone
    UNION
    SELECT s.supplier, h."user", 'home' FROM places AS s JOIN homes AS h ON h.numbers = s.numbers
    WHERE s.numbers <> '' AND jaro_winkler_similarity(h.home, s.home) >= $similar AND jaro_winkler_similarity(h.street, s.street) >= $similar
), homes_of_many AS (
    SELECT supplier, sign FROM same WHERE sign = 'home' GROUP BY supplier, sign HAVING count(*) > $most_holders
), matched AS (
    SELECT m.supplier, m."user", count(*) AS of_employee, bool_or(m.sign = 'account') AS has_account,
           bool_or(m.sign = 'telephone') AS has_telephone, bool_or(m.sign = 'home') AS has_home
    FROM same AS m LEFT JOIN homes_of_many AS o ON o.supplier = m.supplier AND o.sign = m.sign
    WHERE o.supplier IS NULL
    GROUP BY m.supplier, m."user"
), usual AS (
    SELECT count(tax_number) >= $usual_tax * count(*) AND count(tax_number) > 0 AS has_tax FROM keyed
), signals AS (
    SELECT s.supplier, s.name,
           coalesce(regexp_matches(s.home, '(^| )(P ?O ?BOX|POST OFFICE BOX|APARTADO|APDO|CASILLA|CAIXA POSTAL|POSTFACH|BOITE POSTALE)( |$)'), false) AS is_box,
           coalesce(regexp_full_match(s.name, '([A-Z][. ]+){1,3}([A-Z][. ]*)?'), false) AS is_initials,
           u.has_tax AND s.tax_number IS NULL AS is_untaxed
    FROM keyed AS s CROSS JOIN usual AS u
)
SELECT s.supplier, m."user", coalesce(m.of_employee, 0)::BIGINT AS of_employee, m.has_account, m.has_telephone, m.has_home,
       s.is_box, s.is_initials, s.is_untaxed,
       list_sort(list_distinct(string_split(regexp_replace(e.name, '[^A-Z]+', ' ', 'g'), ' ')))
           = list_sort(list_distinct(string_split(regexp_replace(s.name, '[^A-Z]+', ' ', 'g'), ' '))) AS is_own_name,
       coalesce(m.of_employee, 0) + CASE WHEN s.is_box THEN 1 ELSE 0 END + CASE WHEN s.is_initials THEN 1 ELSE 0 END
           + CASE WHEN s.is_untaxed THEN 1 ELSE 0 END AS signals
FROM signals AS s
LEFT JOIN matched AS m ON m.supplier = s.supplier
LEFT JOIN employees AS e ON e."user" = m."user"

-- section: violations
SELECT supplier, "user", signals, of_employee,
       concat_ws(', ', CASE WHEN has_account THEN 'the account of an employee' END,
                 CASE WHEN has_telephone THEN 'the telephone of an employee' END,
                 CASE WHEN has_home THEN 'the address of an employee' END,
                 CASE WHEN is_box THEN 'a post office box' END, CASE WHEN is_untaxed THEN 'no tax number' END,
                 CASE WHEN is_initials THEN 'initials for a name' END) AS signals_en,
       concat_ws(', ', CASE WHEN has_account THEN 'la cuenta de un empleado' END,
                 CASE WHEN has_telephone THEN 'el teléfono de un empleado' END,
                 CASE WHEN has_home THEN 'el domicilio de un empleado' END,
                 CASE WHEN is_box THEN 'un apartado de correos' END, CASE WHEN is_untaxed THEN 'ningún número fiscal' END,
                 CASE WHEN is_initials THEN 'iniciales por nombre' END) AS signals_es,
       CASE WHEN of_employee > 0 AND NOT coalesce(is_own_name, false) THEN 'medium' ELSE 'low' END AS severity
FROM population
WHERE (of_employee > 0 AND signals >= $least_signals) OR (is_box AND is_initials AND is_untaxed)

-- section: evaluated
SELECT count(DISTINCT supplier) AS evaluated, (SELECT count(DISTINCT supplier) FROM violations) AS failed, 0 AS unknown FROM population

-- section: facts
SELECT count(DISTINCT CASE WHEN signals = 1 THEN supplier END) AS with_one_sign FROM population

-- section: evidence
SELECT v.supplier, v."user", 'supplier' AS role, 0 AS ordinal, 'suppliers' AS table_name, s._file_id, s._record, s._line,
       s.supplier AS key_supplier, s.tax_id AS value_tax_id
FROM violations AS v JOIN suppliers AS s ON s.supplier = v.supplier

-- section: evidence
SELECT v.supplier, v."user", 'employee' AS role, 1 AS ordinal, 'users' AS table_name, u._file_id, u._record, u._line,
       u."user" AS key_user
FROM violations AS v JOIN users AS u ON u."user" = v."user"
