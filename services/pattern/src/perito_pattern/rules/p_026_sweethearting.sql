/* ---
id: P-026
version: 1
kind: function
function: perito_pattern.pairs:judge
title: {en: Favours of a cashier to one customer, es: Favores de un cajero a un cliente}
severity: medium
grain: pair
unit: pairs of cashier and customer
identity: [user, partner]
needs:
  sales: [document, "user", qty]
optional:
  sales: [line, ts, type, product, location, unit_price, list_price, discount, discount_amount, line_total, unit_cost, price_override, qty_changed, void_stage, promotion, customer, card, original_document, reason, approved_by]
  customers: [customer, employee]
one_of: [sales.customer, sales.card]
uses: [unit_costs]
unique: {pairs: [user, partner]}
parameters:
  least_tickets: {default: 5, type: integer, meaning: "tickets of a pair without which it is not tested"}
  least_lift: {default: "5", type: decimal, meaning: "how many times the usual share of favoured tickets the lower bound of the pair's share must exceed"}
  assigned: {default: "0.8", type: decimal, meaning: "share of regular customers' tickets at their usual seller from which customers are assigned to sellers and nothing is said, in the books or of one seller"}
  least_regulars: {default: 3, type: integer, meaning: "other regular customers of a seller from which that can be told of him"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all pairs tested"}
impact: column
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "Cashier {user} and {partner}: {events:,} of {trials:,} tickets with a favour, {lift:,} times what is usual for both with others"
    es: "Cajero {user} y {partner}: {events:,} de {trials:,} tiques con algún favor, {lift:,} veces lo habitual de ambos con otros"
explanation:
  en: >-
    A favour is a price typed over, a discount outside a promotion, a line taken out, a quantity typed over or a price below
    cost. Customers who get a discount get it from everybody, and cashiers who may give one give it to many. So of each
    pair of cashier and customer (or card) with five tickets or more, the share of favoured tickets is held against what the
    cashier gives others, what the customer gets from others and what is usual, whichever is most; the lower bound of the
    share must be five times that, and unlikely given how many pairs were tested. Staff who buy at a discount are left to
    the rule on staff discounts, and nothing is said where each customer has a seller of his own, or of a cashier whose
    regular customers buy from nobody else. The impact is what the
    favours are worth.
  es: >-
    Un favor es un precio tecleado, un descuento fuera de promoción, una línea borrada, una cantidad tecleada o un precio bajo
    coste. Quien tiene descuento lo recibe de todos, y quien puede darlo lo da a muchos. Por eso, de cada par de cajero y
    cliente (o tarjeta) con cinco tiques o más, la parte de tiques con favor se compara con lo que el cajero da a otros, lo
    que el cliente recibe de otros y lo habitual, lo que sea más; el límite inferior de la parte debe ser cinco veces eso, e
    improbable dado el número de pares probados. El personal que compra con descuento queda para la regla sobre descuentos de
    personal, y no se dice nada donde cada cliente tiene su vendedor, ni de un cajero cuyos clientes habituales no compran a
    nadie más. El importe es lo que valen los favores.
remedy:
  en: "Look at the video of these tickets, and ask who the customer is."
  es: "Vea el vídeo de estos tiques y averigüe quién es el cliente."
words:
  pairs of cashier and customer: {es: pares de cajero y cliente}
  partner: {en: customer or card, es: cliente o tarjeta}
  events: {en: favoured tickets, es: tiques con favor}
  trials: {en: tickets of the pair, es: tiques del par}
  usual_percent: {en: usual share in percent, es: parte habitual en porcentaje}
  lift: {en: times what is usual, es: veces lo habitual}
  chance: {es: probabilidad}
  favour: {es: favor}
  tested: {en: pairs tested, es: pares probados}
source: "Link analysis of retail loss prevention"
--- */

-- section: population
-- One row per ticket of a cashier with a known customer or card, and what the favours in it are worth.
WITH lines AS (
    SELECT document, "user", location, product, ts_date AS day, coalesce(customer, card) AS partner, customer, qty, unit_price, unit_cost,
           coalesce(type, 'sale') AS type, void_stage, original_document,
           coalesce(price_override, false) OR coalesce(qty_changed, false)
               OR (coalesce(discount > 0 OR discount_amount > 0 OR list_price > unit_price, false) AND promotion IS NULL) AS is_changed,
           try(qty::DECIMAL(38, 4) * coalesce(list_price, unit_price)) AS gross,
           abs(coalesce(line_total, try((CASE WHEN discount IS NULL THEN qty::DECIMAL(38, 4) * unit_price - coalesce(discount_amount, 0)
                                         ELSE qty::DECIMAL(38, 4) * unit_price * (1 - discount) END)::DECIMAL(18, 4)))) AS net, promotion
    FROM sales
    WHERE _duplicate_record IS NULL AND document IS NOT NULL AND "user" IS NOT NULL AND coalesce(type, 'sale') IN ('sale', 'void')
      AND NOT (type IS NULL AND type_source IS NOT NULL) AND coalesce(qty, 1) > 0
), staff AS (
    SELECT DISTINCT customer FROM customers WHERE employee IS NOT NULL
), favours AS (
    SELECT l.document, l."user", l.location, l.day, l.partner, l.customer, l.type,
           CASE WHEN l.type = 'void' THEN l.void_stage = 'line' OR (l.void_stage IS NULL AND l.original_document IS NULL)
                ELSE l.is_changed OR (l.promotion IS NULL AND coalesce(
                    l.net < try(l.qty::DECIMAL(38, 4) * coalesce(CASE WHEN l.unit_cost > 0 THEN l.unit_cost END, c.unit_cost)), false)) END AS is_favour,
           CASE WHEN l.type = 'void' THEN l.net WHEN l.gross > l.net THEN l.gross - l.net WHEN l.gross <= l.net THEN 0 END AS given
    FROM lines AS l
    ASOF LEFT JOIN unit_costs AS c ON c.product = l.product AND l.day >= c.valid_from
)
SELECT f.document, f."user", f.location, f.day, max(f.partner) AS partner, bool_or(f.is_favour) AS is_favoured,
       CASE WHEN count(f.given) FILTER (WHERE f.is_favour) = count(*) FILTER (WHERE f.is_favour)
            THEN coalesce(sum(f.given) FILTER (WHERE f.is_favour), 0) END AS given
FROM favours AS f
WHERE NOT EXISTS (SELECT 1 FROM staff AS s WHERE s.customer = f.customer)
GROUP BY f.document, f."user", f.location, f.day
HAVING bool_or(f.type = 'sale')

-- section: input
-- Pairs with enough tickets; of both what they do with others; and of all customers how far each keeps to one seller.
WITH couples AS (
    SELECT "user", partner, count(*) AS trials, count(*) FILTER (WHERE is_favoured) AS events,
           count(given) FILTER (WHERE is_favoured) AS priced, sum(given) FILTER (WHERE is_favoured) AS amount,
           min(CASE WHEN is_favoured THEN day END) AS first_day, max(CASE WHEN is_favoured THEN day END) AS last_day
    FROM population WHERE partner IS NOT NULL GROUP BY "user", partner
), cashiers AS (
    SELECT "user", count(*) AS trials, count(*) FILTER (WHERE is_favoured) AS events FROM population GROUP BY "user"
), partners AS (
    SELECT partner, sum(trials) AS trials, sum(events) AS events, max(trials) AS most FROM couples GROUP BY partner
), whole AS (
    SELECT count(*) AS trials, count(*) FILTER (WHERE is_favoured) AS events FROM population
), kept AS (
    SELECT coalesce(sum(most), 0) AS most, coalesce(sum(trials), 0) AS trials FROM partners WHERE trials >= $least_tickets
), regulars AS (
    -- Those who buy most from this cashier: where they buy from nobody else, he has no colleague, or they are assigned to him.
    SELECT c."user", count(*) AS customers, sum(c.trials) AS trials, sum(p.trials) AS all_trials
    FROM couples AS c JOIN partners AS p ON p.partner = c.partner
    WHERE p.trials >= $least_tickets AND c.trials = p.most
    GROUP BY c."user"
), pairs AS (
    SELECT c."user", c.partner, c.trials::BIGINT AS trials, c.events::BIGINT AS events,
           (u.trials - c.trials)::BIGINT AS user_trials, (u.events - c.events)::BIGINT AS user_events,
           (p.trials - c.trials)::BIGINT AS partner_trials, (p.events - c.events)::BIGINT AS partner_events,
           (w.trials - c.trials)::BIGINT AS all_trials, (w.events - c.events)::BIGINT AS all_events,
           (CASE WHEN k.most >= $assigned * k.trials THEN 1
                 WHEN c.trials = p.most THEN CASE WHEN r.customers > $least_regulars AND r.trials - c.trials >= $assigned * (r.all_trials - p.trials) THEN 1 ELSE 0 END
                 WHEN r.customers >= $least_regulars AND r.trials >= $assigned * r.all_trials THEN 1 ELSE 0 END)::BIGINT AS is_assigned,
           c.first_day, c.last_day, CASE WHEN c.priced = c.events THEN coalesce(c.amount, 0) END AS amount
    FROM couples AS c
    JOIN cashiers AS u ON u."user" = c."user"
    JOIN partners AS p ON p.partner = c.partner
    LEFT JOIN regulars AS r ON r."user" = c."user"
    CROSS JOIN whole AS w CROSS JOIN kept AS k
    WHERE c.trials >= $least_tickets
)
SELECT "user", partner, trials, events, user_trials, user_events, partner_trials, partner_events, all_trials, all_events,
       is_assigned, first_day, last_day, amount
FROM pairs
ORDER BY "user", partner

-- section: evidence
SELECT v."user", v.partner, v.period_start, v.period_end, 'favour' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.product AS value_product,
       s.qty AS value_qty, s.list_price AS value_list_price, s.unit_price AS value_unit_price, s.discount AS value_discount,
       s.line_total AS value_line_total, s.price_override AS value_price_override, s.void_stage AS value_void_stage,
       s.reason AS value_reason, s.approved_by AS value_approved_by
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.partner = v.partner AND p.is_favoured
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
 AND s.location IS NOT DISTINCT FROM p.location
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') IN ('sale', 'void')
