/* ---
id: P-007
version: 1
kind: set
title: {en: Orders that together exceed a limit, es: Pedidos que juntos superan un límite}
severity: medium
grain: supplier
unit: orders
identity: [supplier, requester, approver, limit_amount]
needs:
  purchases: [document, supplier, requester, ordered_at, line_total]
  approval_limits: [amount]
optional:
  purchases: [approver, status, line, qty, unit_cost]
  approval_limits: [user, role, document_type, starts, ends]
  users: [user, role]
unique: {lines: [document, supplier, requester, approver, of_year]}
parameters:
  days: {default: 7, type: integer, meaning: "days within which orders may be one purchase; of two who order regularly at most half the usual time between orders"}
  least_part: {default: "0.2", type: decimal, meaning: "share of the limit that an order must reach to be a part"}
  usual_share: {default: "0.3", type: decimal, meaning: "share of a pair's orders in such groups above which that is how the two always trade"}
  least_usual: {default: 10, type: integer, meaning: "orders of a pair from which its usual ways can be told"}
  everywhere: {default: "0.05", type: decimal, meaning: "share of all orders in such groups above which ordinary purchases reach the limit together"}
  least_everywhere: {default: 20, type: integer, meaning: "orders in such groups from which that can be told"}
impact: none, because the parts cost what one order would have cost
recoverable: false
explains: []
entities: [supplier, requester, approver]
texts:
  finding:
    en: "Supplier {supplier}: {orders:,} orders by {requester} of {period_start} to {period_end} come to {total:,}; each is below the limit of {limit_amount:,}"
    es: "Proveedor {supplier}: {orders:,} pedidos de {requester} del {period_start} al {period_end} suman {total:,}; cada uno está bajo el límite de {limit_amount:,}"
explanation:
  en: >-
    Whoever may approve up to a limit can split a larger purchase into orders below it. Told are orders of one requester to
    one supplier, with one approver, within a few days, each below the approver's limit (his own, else that of his role,
    else the lowest that there is) and together at least as much. Small orders are no parts, and where two order every week
    next week's order is none. Two who always order so close together that the sum exceeds the limit simply trade much, and
    are left alone; so are books in which many orders do.
  es: >-
    Quien puede aprobar hasta un límite puede dividir una compra mayor en pedidos por debajo. Se indican pedidos de un
    solicitante a un proveedor, con un mismo aprobador, en pocos días, cada uno bajo el límite del aprobador (el suyo, si no
    el de su puesto, si no el menor que conste) y que juntos lo alcanzan. No son partes los pedidos pequeños ni, si dos piden
    cada semana, el de la siguiente. Quienes siempre piden tan seguido que la suma supera el límite simplemente comercian
    mucho, y no se señalan; tampoco si lo hacen muchos.
remedy:
  en: "Ask the requester why it was not one order, and have the sum approved afterwards by whoever may."
  es: "Pregunte al solicitante por qué no fue un solo pedido y haga aprobar la suma a quien corresponda."
words:
  limit_amount: {en: limit, es: límite}
  orders_in_groups_of_standing_trade: {es: pedidos de quienes siempre piden seguido}
  orders_with_a_limit: {es: pedidos con límite}
  part: {es: parte}
source: "Split-purchase test of fraud examination (ACFE)"
--- */

-- section: population
-- One row per order, with the limit of its approver. Lines of a document that are dated days apart are one order, until the
-- next year; those of two people are two.
WITH lines AS (
    SELECT document, supplier, requester, approver, date_trunc('year', ordered_at_date) AS of_year, min(ordered_at_date) AS day, count(*) AS line_count,
           CASE WHEN count(coalesce(line_total, try((qty::DECIMAL(38, 4) * unit_cost)::DECIMAL(18, 4)))) = count(*)
                THEN sum(coalesce(line_total, try((qty::DECIMAL(38, 4) * unit_cost)::DECIMAL(18, 4)))) END AS amount
    FROM purchases
    WHERE _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled'
    GROUP BY document, supplier, requester, approver, date_trunc('year', ordered_at_date)
), limits AS (
    SELECT "user", lower(trim(role)) AS role, amount, coalesce(starts, DATE '0001-01-01') AS starts,
           coalesce(ends, DATE '9999-12-31') AS ends
    FROM approval_limits
    WHERE _duplicate_record IS NULL AND amount > 0 AND coalesce(document_type, 'purchase') = 'purchase'
), roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), dated AS (
    SELECT DISTINCT l.approver, l.day, r.role FROM lines AS l LEFT JOIN roles AS r ON r."user" = l.approver
), allowed AS (
    -- Of several limits of a person the highest counts; of limits that name nobody the lowest.
    SELECT d.approver, d.day,
           coalesce(max(CASE WHEN m."user" = d.approver THEN m.amount END),
                    max(CASE WHEN m."user" IS NULL AND m.role = d.role THEN m.amount END),
                    CASE WHEN d.approver IS NULL OR d.role IS NULL THEN min(m.amount) END,
                    min(CASE WHEN m."user" IS NULL AND m.role IS NULL THEN m.amount END)) AS limit_amount
    FROM dated AS d JOIN limits AS m ON d.day BETWEEN m.starts AND m.ends
    GROUP BY d.approver, d.day, d.role
), gaps AS (
    SELECT supplier, requester, orders, day - lag(day) OVER (PARTITION BY supplier, requester ORDER BY day) AS gap
    FROM (SELECT supplier, requester, day, sum(count(*)) OVER (PARTITION BY supplier, requester) AS orders
          FROM lines WHERE day IS NOT NULL GROUP BY supplier, requester, day) AS d
), rhythms AS (
    -- Who orders every Wednesday splits nothing from one to the next: parts follow each other in less than half that time.
    SELECT supplier, requester, least($days, CASE WHEN max(orders) >= $least_usual THEN (quantile_disc(gap, 0.5) - 1) // 2 END) AS reach
    FROM gaps GROUP BY supplier, requester
)
SELECT l.document, l.supplier, l.requester, l.approver, l.of_year, l.day, l.line_count, l.amount, a.limit_amount,
       coalesce(r.reach, $days)::INTEGER AS reach,
       l.amount < a.limit_amount AND l.amount >= $least_part * a.limit_amount AS is_part
FROM lines AS l LEFT JOIN allowed AS a ON a.approver IS NOT DISTINCT FROM l.approver AND a.day = l.day
LEFT JOIN rhythms AS r ON r.supplier = l.supplier AND r.requester = l.requester

-- section: violations
WITH parts AS (
    SELECT document, supplier, requester, approver, day, line_count, amount, limit_amount, reach,
           sum(amount) OVER next_days AS ahead, count(*) OVER next_days AS orders_ahead
    FROM population
    WHERE is_part AND document IS NOT NULL AND supplier IS NOT NULL AND requester IS NOT NULL AND day IS NOT NULL
    WINDOW next_days AS (PARTITION BY supplier, requester, approver, limit_amount ORDER BY day
                         RANGE BETWEEN CURRENT ROW AND to_days(reach) FOLLOWING)
), begun AS (
    SELECT supplier, requester, approver, limit_amount, day, document, line_count, amount, reach,
           max(CASE WHEN ahead >= limit_amount AND orders_ahead > 1 THEN day END) OVER (
               PARTITION BY supplier, requester, approver, limit_amount ORDER BY day
               RANGE BETWEEN to_days(reach) PRECEDING AND CURRENT ROW) AS begins
    FROM parts
), grouped AS (
    SELECT supplier, requester, approver, limit_amount, day, document, line_count, amount,
           sum(CASE WHEN date_diff('day', last_day, day) <= reach THEN 0 ELSE 1 END) OVER (
               PARTITION BY supplier, requester, approver, limit_amount ORDER BY day) AS island
    FROM (SELECT supplier, requester, approver, limit_amount, day, document, line_count, amount, reach,
                 max(day) OVER (PARTITION BY supplier, requester, approver, limit_amount ORDER BY day
                                RANGE BETWEEN UNBOUNDED PRECEDING AND to_days(1) PRECEDING) AS last_day
          FROM begun WHERE begins IS NOT NULL) AS b
), usual AS (
    SELECT supplier, requester, count(*) AS orders FROM population GROUP BY supplier, requester
), in_groups AS (
    SELECT supplier, requester, count(*) AS orders FROM grouped GROUP BY supplier, requester
)
SELECT g.supplier, g.requester, g.approver, g.limit_amount, min(g.day) AS period_start, max(g.day) AS period_end,
       count(*) AS orders, sum(g.amount) AS total, sum(g.line_count)::BIGINT AS row_count
FROM grouped AS g
JOIN usual AS u ON u.supplier = g.supplier AND u.requester = g.requester
JOIN in_groups AS i ON i.supplier = g.supplier AND i.requester = g.requester
CROSS JOIN (SELECT count(*) AS orders FROM grouped) AS a
CROSS JOIN (SELECT count(*) AS orders FROM population) AS b
WHERE (u.orders < $least_usual OR i.orders <= $usual_share * u.orders)
  AND (a.orders < $least_everywhere OR a.orders <= $everywhere * b.orders)
GROUP BY g.supplier, g.requester, g.approver, g.limit_amount, g.island
HAVING sum(g.amount) >= g.limit_amount AND count(DISTINCT g.document) > 1

-- section: evaluated
SELECT count(*) AS evaluated, coalesce((SELECT sum(orders) FROM violations), 0)::BIGINT AS failed,
       count(*) FILTER (WHERE document IS NULL OR supplier IS NULL OR requester IS NULL OR day IS NULL OR amount IS NULL OR limit_amount IS NULL)
           AS unknown
FROM population

-- section: facts
SELECT count(*) AS orders, count(*) FILTER (WHERE limit_amount IS NOT NULL) AS orders_with_a_limit FROM population

-- section: evidence
SELECT v.supplier, v.requester, v.approver, v.limit_amount, v.period_start, v.period_end, 'part' AS role, 0 AS ordinal,
       'purchases' AS table_name, o._file_id, o._record, o._line,
       o.document AS key_document, o.line AS key_line, o.ordered_at AS value_ordered_at, o.requester AS value_requester,
       o.approver AS value_approver, o.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p.supplier = v.supplier AND p.requester = v.requester AND p.approver IS NOT DISTINCT FROM v.approver
 AND p.limit_amount = v.limit_amount AND p.day BETWEEN v.period_start AND v.period_end AND p.is_part
JOIN purchases AS o ON o.document = p.document AND o.supplier = p.supplier AND o.requester = p.requester
 AND o.approver IS NOT DISTINCT FROM p.approver AND date_trunc('year', o.ordered_at_date) = p.of_year
WHERE o._duplicate_record IS NULL AND coalesce(o.status, '') <> 'cancelled'
