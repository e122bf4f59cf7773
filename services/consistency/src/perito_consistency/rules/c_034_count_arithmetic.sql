/* ---
id: C-034
version: 1
kind: row
title: {en: A count states another difference than its figures give, es: Un conteo declara otra diferencia que la de sus cifras}
severity: medium
grain: row
unit: counts
table: counts
where: "_duplicate_record IS NULL AND (reported_variance IS NOT NULL OR reported_variance_source IS NOT NULL)"
identity: [count_session, ts, product, location, lot]
needs:
  counts: [ts, product, location, system_qty, counted_qty, reported_variance]
optional:
  counts: [count_session, lot, counter, reason]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which the stated difference may be off"}
select:
  period_start: min(ts_date)
  observed: sum(reported_variance)
  expected: sum(counted_qty - system_qty)
  difference: sum(reported_variance - (counted_qty - system_qty))
  delta_qty: sum(reported_variance - (counted_qty - system_qty))
  counted: sum(counted_qty)
  system: sum(system_qty)
values: [system_qty, counted_qty, reported_variance, reason]
impact: "none, because what a file states wrongly moves no stock; the difference itself is C-035's"
recoverable: false
explains: []
entities: [count_session, product, location]
texts:
  finding:
    en: "{product} at {location} on {period_start}: {counted:,} counted less {system:,} in the books is {expected:,}; the file says {observed:,}"
    es: "{product} en {location} el {period_start}: {counted:,} contados menos {system:,} en libros son {expected:,}; el archivo dice {observed:,}"
explanation:
  en: >-
    The difference of a count is what was counted less what the books said. Where the file states another one, whoever reads
    its difference column posts or reports a loss that the count did not find. Perito never uses the stated difference.
  es: >-
    La diferencia de un conteo es lo contado menos lo que decían los libros. Si el archivo declara otra, quien lea esa
    columna registra o informa una pérdida que el conteo no encontró. Perito nunca usa la diferencia declarada.
remedy:
  en: "Ask how the difference column is made; correct reports and postings that were taken from it."
  es: "Pregunte cómo se calcula la columna de diferencia; corrija los informes y asientos tomados de ella."
source: "Stock count practice: difference = counted less book"
--- */
abs(reported_variance - (counted_qty - system_qty)) > $tolerance
