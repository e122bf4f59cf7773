/* ---
id: C-013
version: 1
kind: set
title: {en: Stock ledger and general ledger differ on a document, es: El diario de existencias y el libro mayor difieren en un documento}
severity: high
grain: document
unit: vouchers
identity: [code, voucher]
needs:
  movements: [ref_id, value_delta]
  gl_entries: [voucher, account_type, debit, credit]
optional:
  movements: [movement, ts, product, location, type, ref_type]
  gl_entries: [entry, line, ts, account, voucher_type]
uses: [voucher_values]
parameters:
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; each line of a document may be off by half of it"}
impact: column
recoverable: false
explains: [C-012, C-014]
entities: [voucher]
texts:
  finding:
    en: "{voucher}: {reason_en} ({difference:,})"
    es: "{voucher}: {reason_es} ({difference:,})"
words:
  vouchers: {es: comprobantes}
  voucher: {es: comprobante}
  differs: {en: another value, es: otro valor}
  not_in_general_ledger: {es: falta en el libro mayor}
  not_in_stock_ledger: {es: falta en el diario de existencias}
  entry: {es: asiento}
  compared: {es: comparados}
  stock_value: {en: value by the stock ledger, es: valor según el diario de existencias}
  ledger_value: {en: value by the general ledger, es: valor según el libro mayor}
  vouchers_of_kinds_posted_otherwise: {es: comprobantes de clases que se registran de otro modo}
  vouchers_outside_the_other_ledger: {es: comprobantes fuera de las fechas del otro libro}
explanation:
  en: >-
    What a document changes in the value of the stock must be what it posts to the inventory accounts. Told per document: `differs`,
    `not_in_general_ledger` and `not_in_stock_ledger`. A kind of document (type of movement, or voucher type of the general ledger) is compared in
    a direction only where at least half of its documents stand in the other ledger; sales that are posted as a sum per day, say, are not missing. Documents
    before the other ledger begins, or so near to its end that posting takes longer, are not judged, nor those with a value that
    could not be read. Documents that change nothing in sum (transfers) need no posting.
  es: >-
    Lo que un documento cambia en el valor de la existencia debe ser lo que contabiliza en las cuentas de existencias. Se informa por
    documento: `differs` (difiere), `not_in_general_ledger` (falta en el libro mayor) y `not_in_stock_ledger` (falta en el diario). Una clase de documento
    (tipo de movimiento o de comprobante) se compara en un sentido solo si al menos la mitad de los suyos están en el otro libro;
    las ventas contabilizadas como suma diaria, por ejemplo, no faltan. No se juzgan los documentos anteriores al inicio del otro
    libro, ni los tan próximos a su final que aún puedan registrarse, ni los que tienen un valor ilegible. Los que no cambian nada
    en suma (traspasos) no necesitan asiento.
remedy:
  en: "Post the document that is missing, or correct the side whose value does not follow from the paper."
  es: "Registre el documento que falta o corrija el lado cuyo valor no se sigue del papel."
source: "Reconciliation of the stock subledger to the inventory accounts"
--- */

-- section: violations
SELECT code, voucher, first_day AS period_start, last_day AS period_end,
       CASE code WHEN 'differs' THEN 'the stock ledger changes the value by ' || plain(stock_value) || ', the general ledger posts ' || plain(ledger_value)
                 WHEN 'not_in_general_ledger' THEN 'the stock ledger changes the value by ' || plain(stock_value) || ', the general ledger has no posting'
                 ELSE 'the general ledger posts ' || plain(ledger_value) || ', the stock ledger has no movement' END AS reason_en,
       CASE code WHEN 'differs' THEN 'el diario de existencias cambia el valor en ' || plain(stock_value) || '; el libro mayor contabiliza ' || plain(ledger_value)
                 WHEN 'not_in_general_ledger' THEN 'el diario de existencias cambia el valor en ' || plain(stock_value) || '; el libro mayor no tiene asiento'
                 ELSE 'el libro mayor contabiliza ' || plain(ledger_value) || '; el diario no tiene movimiento' END AS reason_es,
       stock_value AS observed, ledger_value AS expected, coalesce(stock_value, 0) - coalesce(ledger_value, 0) AS difference,
       coalesce(stock_value, 0) - coalesce(ledger_value, 0) AS delta_value, abs(coalesce(stock_value, 0) - coalesce(ledger_value, 0)) AS impact,
       coalesce(stock_rows, 0) + coalesce(ledger_rows, 0) AS row_count
FROM voucher_values
WHERE code <> 'agrees' AND abs(coalesce(stock_value, 0) - coalesce(ledger_value, 0)) > greatest($currency_unit, 0.5 * $currency_unit * (coalesce(stock_rows, 0) + coalesce(ledger_rows, 0)))

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM voucher_values

-- section: facts
SELECT count(*) FILTER (WHERE code IS NOT NULL) AS compared, count(*) FILTER (WHERE standing = 'kind') AS vouchers_of_kinds_posted_otherwise,
       count(*) FILTER (WHERE standing = 'time') AS vouchers_outside_the_other_ledger,
       sum(stock_value) FILTER (WHERE code IS NOT NULL) AS stock_value, sum(ledger_value) FILTER (WHERE code IS NOT NULL) AS ledger_value
FROM voucher_values

-- section: evidence
SELECT v.code, v.voucher, v.period_start, v.period_end, 'movement' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.product AS value_product, m.location AS value_location,
       m.value_delta AS value_value_delta, m.ref_type AS value_ref_type
FROM violations AS v JOIN movements AS m ON m.ref_id = v.voucher
WHERE m._duplicate_record IS NULL

-- section: evidence
SELECT v.code, v.voucher, v.period_start, v.period_end, 'entry' AS role, 1 AS ordinal, 'gl_entries' AS table_name, g._file_id, g._record, g._line,
       g.entry AS key_entry, g.line AS key_line, g.ts_date AS value_date, g.account AS value_account, g.debit AS value_debit, g.credit AS value_credit,
       g.voucher_type AS value_voucher_type
FROM violations AS v JOIN gl_entries AS g ON g.voucher = v.voucher
WHERE g._duplicate_record IS NULL AND g.account_type = 'inventory'
