/* ---
id: P-006
version: 1
kind: function
function: perito_pattern.limits:judge
title: {en: Orders just below a limit of approval, es: Pedidos justo por debajo de un límite de aprobación}
severity: medium
grain: supplier
unit: suppliers and approvers
identity: [supplier, approver, limit_amount]
needs:
  purchases: [document, supplier, line_total]
  approval_limits: [amount]
optional:
  purchases: [approver, ordered_at, status, line, qty, unit_cost]
  approval_limits: [document_type, starts, ends]
unique: {cells: [supplier, approver, limit_amount]}
parameters:
  near: {default: "0.95", type: decimal, meaning: "share of the limit from which an order is just below it, and by which it may be above"}
  far: {default: "0.75", type: decimal, meaning: "share of the limit from which orders are compared with"}
  least_near: {default: 4, type: integer, meaning: "different amounts just below the limit without which nothing is told"}
  least_others: {default: 20, type: integer, meaning: "orders of others near the limit from which their share just below it is taken"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all suppliers, approvers and limits tested"}
impact: none, because an order below the limit costs what it orders
recoverable: false
explains: []
entities: [supplier, approver]
texts:
  finding:
    en: "{who_en}: {near:,} of {compared:,} orders near the limit of {limit_amount:,} are just below it; about {expected_near:,} were to be expected, and {above:,} are just above"
    es: "{who_es}: {near:,} de {compared:,} pedidos cercanos al límite de {limit_amount:,} quedan justo por debajo; eran de esperar unos {expected_near:,}, y {above:,} quedan justo por encima"
explanation:
  en: >-
    Amounts know nothing of a limit of approval; those who wish to avoid it do. The orders of each supplier and of each
    approver between 75 % and 100 % of a limit are looked at: from 95 % on there should be as many as a smooth distribution
    has there, or as many as all others have, whichever is more. An amount that comes again counts once, for a standing
    order has its price. Told is what is unlikely given how many were tested; what a supplier explains is not told again of
    the approver.
  es: >-
    Los importes no saben de límites de aprobación; quien quiere eludirlos, sí. Se miran los pedidos de cada proveedor y de
    cada aprobador entre el 75 % y el 100 % de un límite: desde el 95 % debería haber tantos como en una distribución suave,
    o como tienen los demás, según qué sea más. Un importe repetido cuenta una vez, pues un pedido fijo tiene su precio. Se
    indica lo improbable dado el número de pruebas; lo que explica un proveedor no se repite del aprobador.
remedy:
  en: "Read those orders together: were larger purchases cut down or divided to stay below the limit?"
  es: "Lea esos pedidos juntos: ¿se recortaron o dividieron compras mayores para quedar bajo el límite?"
words:
  suppliers and approvers: {es: proveedores y aprobadores}
  limit_amount: {en: limit, es: límite}
  near: {en: just below, es: justo por debajo}
  above: {en: just above, es: justo por encima}
  compared: {en: near the limit, es: cercanos al límite}
  expected_near: {es: esperados}
  chance: {es: probabilidad}
  just below: {es: justo por debajo}
  tested: {en: tested, es: probados}
source: "Approval-limit test of fraud examination (ACFE)"
--- */

-- section: population
-- One row per order and limit that it comes near; of equal amounts of a supplier and approver the first.
WITH orders AS (
    SELECT document, supplier, approver, min(ordered_at_date) AS day,
           CASE WHEN count(coalesce(line_total, try((qty::DECIMAL(38, 4) * unit_cost)::DECIMAL(18, 4)))) = count(*)
                THEN sum(coalesce(line_total, try((qty::DECIMAL(38, 4) * unit_cost)::DECIMAL(18, 4)))) END AS amount
    FROM purchases
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled' AND supplier IS NOT NULL AND document IS NOT NULL
    GROUP BY document, supplier, approver, date_trunc('year', ordered_at_date)
), limits AS (
    SELECT amount AS limit_amount, min(coalesce(starts, DATE '0001-01-01')) AS starts, max(coalesce(ends, DATE '9999-12-31')) AS ends
    FROM approval_limits
    WHERE _duplicate_record IS NULL AND amount > 0 AND coalesce(document_type, 'purchase') = 'purchase'
    GROUP BY amount
)
SELECT o.supplier, o.approver, l.limit_amount, o.amount, min(o.day) AS day, min(o.document) AS document,
       CASE WHEN o.amount >= l.limit_amount THEN 'above' WHEN o.amount >= $near * l.limit_amount THEN 'near' ELSE 'far' END AS band
FROM orders AS o
JOIN limits AS l ON o.amount >= $far * l.limit_amount AND o.amount < (2 - $near) * l.limit_amount
 AND coalesce(o.day BETWEEN l.starts AND l.ends, true)
GROUP BY o.supplier, o.approver, l.limit_amount, o.amount

-- section: input
WITH cells AS (
    SELECT supplier, approver, limit_amount, count(*) FILTER (WHERE band = 'near') AS near, count(*) FILTER (WHERE band = 'far') AS far,
           count(*) FILTER (WHERE band = 'above') AS above, min(CASE WHEN band = 'near' THEN day END) AS first_day,
           max(CASE WHEN band = 'near' THEN day END) AS last_day
    FROM population GROUP BY supplier, approver, limit_amount
)
SELECT supplier, approver, limit_amount, near, far, above, first_day, last_day FROM cells ORDER BY supplier, approver, limit_amount

-- section: evidence
SELECT v.supplier, v.approver, v.limit_amount, v.period_start, v.period_end, 'just below' AS role, 0 AS ordinal,
       'purchases' AS table_name, o._file_id, o._record, o._line, o.document AS key_document, o.line AS key_line,
       o.ordered_at AS value_ordered_at, o.supplier AS value_supplier, o.approver AS value_approver, o.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p.limit_amount = v.limit_amount::DECIMAL(38, 4) AND p.band = 'near'
 AND (p.supplier = v.supplier::VARCHAR OR p.approver = v.approver::VARCHAR)
JOIN purchases AS o ON o.document = p.document AND o.supplier = p.supplier AND o.approver IS NOT DISTINCT FROM p.approver
WHERE o._duplicate_record IS NULL AND coalesce(o.status, '') <> 'cancelled'
