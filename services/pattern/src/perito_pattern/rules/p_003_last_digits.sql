/* ---
id: P-003
version: 1
kind: function
function: perito_pattern.last_digits:judge
title: {en: Last two digits that come too often, es: Dos últimas cifras demasiado frecuentes}
severity: low
grain: user
unit: users
identity: [kind, user, digits]
needs:
  counts: [counted_qty, counter]
optional:
  counts: [ts, product, location, system_qty]
  invoices: [supplier, document, product, line_total, user, invoiced_at, status]
unique: {cells: [kind, user, digits]}
parameters:
  smallest: {default: 100, type: integer, meaning: "quantity or amount below which the last two digits are not free"}
  least_rows: {default: 50, type: integer, meaning: "counts or amounts without which nobody is tested"}
  least_excess: {default: 10, type: integer, meaning: "rows beyond the expected ones without which nothing is told"}
  least_ratio: {default: "3", type: decimal, meaning: "multiple of the expected share that must be reached"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all hundred endings of all users"}
impact: none, because a distribution of digits has no amount
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "{who_en} {user}: {events:,} of {rows:,} numbers end in {digits}; about {expected_events:,} were to be expected"
    es: "{who_es} {user}: {events:,} de {rows:,} números acaban en {digits}; eran de esperar unos {expected_events:,}"
explanation:
  en: >-
    The last two digits of what is counted or charged are nearly even; people who invent numbers prefer some. All hundred
    endings of quantities counted and of amounts entered, from 100 on, are tested for each person. Expected is a hundredth,
    or what the numbers of all others have, or (of counts) what the books had for the same goods, whichever is most: prices
    end in 99, cartons in 00, and who counts what the books say invents nothing. Numbers of one product or supplier hang
    together and count for fewer.
  es: >-
    Las dos últimas cifras de lo contado o cobrado son casi uniformes; quien inventa números prefiere algunas. Se prueban las
    cien terminaciones de las cantidades contadas y de los importes registrados, desde 100, de cada persona. Lo esperado es
    un centésimo, o lo que tienen los números de los demás, o (en recuentos) lo que decían los libros de lo mismo, según qué
    sea más: los precios acaban en 99, las cajas en 00, y quien cuenta lo que dicen los libros no inventa nada. Los números
    de un mismo producto o proveedor dependen entre sí y cuentan menos.
remedy:
  en: "Count some of those goods again without notice, or ask for the papers behind those amounts."
  es: "Vuelva a contar algunos de esos productos sin aviso o pida los documentos de esos importes."
words:
  users: {es: usuarios}
  kind: {es: tipo}
  digits: {en: last two digits, es: dos últimas cifras}
  rows: {en: numbers, es: números}
  events: {en: numbers with that ending, es: números con esa terminación}
  independent: {en: independent numbers, es: números independientes}
  expected_events: {es: esperados}
  chance: {es: probabilidad}
  ending: {es: terminación}
  tested: {en: tested, es: probados}
source: "Last-two digits test of digit analysis (Nigrini)"
--- */

-- section: population
-- One row per number. Amounts end in cents; a quantity that is no whole number has no last two digits.
SELECT 'counted' AS kind, counter AS "user", product AS cluster, right('0' || mod(counted_qty, 100)::INTEGER, 2) AS digits,
       CASE WHEN system_qty = floor(system_qty) THEN right('0' || mod(system_qty, 100)::INTEGER, 2) END AS book_digits,
       ts_date AS day, 'counts' AS table_name, _file_id, _record
FROM counts
WHERE counter IS NOT NULL AND counted_qty >= $smallest AND counted_qty = floor(counted_qty) AND _duplicate_record IS NULL
UNION ALL
SELECT 'entered', "user", supplier, right('0' || mod(round(line_total::DECIMAL(28, 4) * 100), 100)::INTEGER, 2), NULL, day, 'invoices', _file_id, _record
FROM (SELECT "user", supplier, line_total, invoiced_at_date AS day, _file_id, _record
      FROM invoices
      WHERE "user" IS NOT NULL AND line_total >= $smallest AND _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled'
      QUALIFY row_number() OVER (PARTITION BY "user", supplier, product, line_total ORDER BY _file_id, _record) = 1) AS amounts

-- section: input
WITH clusters AS (
    SELECT kind, "user", cluster, count(*) AS rows FROM population GROUP BY kind, "user", cluster
), sizes AS (
    SELECT kind, "user", sum(rows)::BIGINT AS rows, sum(CASE WHEN cluster IS NULL THEN rows ELSE rows * rows END)::BIGINT AS squares
    FROM clusters GROUP BY kind, "user"
), books AS (
    SELECT kind, "user", book_digits AS digits, count(*) AS rows FROM population
    WHERE book_digits IS NOT NULL GROUP BY kind, "user", book_digits
), cells AS (
    SELECT kind, "user", digits, count(*) AS events, min(day) AS first_day, max(day) AS last_day
    FROM population GROUP BY kind, "user", digits
)
SELECT c.kind, c."user", c.digits, c.events, s.rows, s.squares, coalesce(b.rows, 0)::BIGINT AS in_books, c.first_day, c.last_day
FROM cells AS c
JOIN sizes AS s ON s.kind = c.kind AND s."user" = c."user"
LEFT JOIN books AS b ON b.kind = c.kind AND b."user" = c."user" AND b.digits = c.digits
ORDER BY c.kind, c."user", c.digits

-- section: evidence
SELECT v.kind, v."user", v.digits, v.period_start, v.period_end, 'ending' AS role, 0 AS ordinal, 'counts' AS table_name,
       c._file_id, c._record, c._line, c.product AS key_product, c.location AS key_location, c.ts AS key_ts,
       c.system_qty AS value_system_qty, c.counted_qty AS value_counted_qty
FROM violations AS v
JOIN population AS p ON p.kind = v.kind AND p."user" = v."user" AND p.digits = v.digits AND p.table_name = 'counts'
JOIN counts AS c ON c._file_id = p._file_id AND c._record = p._record

-- section: evidence
SELECT v.kind, v."user", v.digits, v.period_start, v.period_end, 'ending' AS role, 0 AS ordinal, 'invoices' AS table_name,
       i._file_id, i._record, i._line, i.document AS key_document, i.supplier AS value_supplier,
       i.invoiced_at_date AS value_invoiced_on, i.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p.kind = v.kind AND p."user" = v."user" AND p.digits = v.digits AND p.table_name = 'invoices'
JOIN invoices AS i ON i._file_id = p._file_id AND i._record = p._record
