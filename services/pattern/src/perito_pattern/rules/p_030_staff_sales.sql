/* ---
id: P-030
version: 1
kind: function
function: perito_pattern.staff_sales:judge
title: {en: Sales to oneself and to customers that do not exist, es: Ventas a uno mismo y a clientes que no existen}
severity: low
grain: cashier
unit: cashiers and kinds of customer
identity: [user, customer]
needs:
  sales: [document, "user", customer]
optional:
  sales: [line, location, till, shift, ts, type, product, qty, unit_price, discount, discount_amount, line_total, tender, card, original_document, void_stage]
  customers: [customer, name, employee]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {cells: [kind, user, location, band]}
parameters:
  floor_share: {default: "0.80", type: decimal, meaning: "share of a cashier's tickets with a customer that one customer must exceed"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 50, type: integer, meaning: "tickets without which a cashier is not compared"}
  least_events: {default: 5, type: integer, meaning: "tickets, those of the busiest day left out, without which a cashier is not told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the share must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected share that the lower bound must reach where the peers are all alike"}
impact: column
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "{what_en}"
    es: "{what_es}"
explanation:
  en: >-
    Three things. A cashier who rings up purchases of the customer account that is his own, more often than others of the
    same role and store format do. A cashier of whose tickets with a customer more than 80 % are of one and the same, where
    others' are not: points and discounts of strangers' purchases may be gathered on one card. And sales, neither voided nor
    returned, to a customer whose name is that of a test (test, dummy, prueba): an account nobody should sell to. The impact
    of the first is the discount on those tickets beyond what was to be expected; of the others none is known.
  es: >-
    Tres cosas. Un cajero que registra compras de la cuenta de cliente que es la suya, más que otros del mismo puesto y formato
    de tienda. Un cajero cuyos tiques con cliente son en más del 80 % del mismo, si los de otros no lo son: puede que se
    acumulen en una tarjeta los puntos y descuentos de compras ajenas. Y ventas, ni anuladas ni devueltas, a un cliente con
    nombre de prueba (test, dummy, prueba): una cuenta a la que nadie debería vender. El importe de la primera es el
    descuento de esos tiques por encima de lo esperado; el de las otras no se conoce.
remedy:
  en: "Ask who the customer is and who used the account; close accounts that were made for tests."
  es: "Averigüe quién es el cliente y quién usó la cuenta; cierre las cuentas creadas para pruebas."
words:
  cashiers and kinds of customer: {es: cajeros y tipos de cliente}
  kind: {es: tipo}
  events: {en: tickets, es: tiques}
  trials: {en: tickets compared, es: tiques comparados}
  expected_events: {en: tickets to be expected, es: tiques esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  ticket: {es: tique}
  tested: {en: compared, es: comparados}
  own: {en: own account, es: cuenta propia}
  test: {en: test customer, es: cliente de prueba}
source: "Exception reports of retail loss prevention (Lightspeed)"
--- */

-- section: population
-- One row per ticket sold to a customer: whether the account is the cashier's own, the one that he sells to most, or a test.
WITH masters AS (
    SELECT customer, max(employee) AS employee,
           bool_or(regexp_full_match(lower(strip_accents(trim(name))),
               '(cliente?|customer|user|usuario)?[ _-]*(de |of )?(test|testing|tester|dummy|prueba|pruebas|fake|ficticio|asdf|xxx+)[ _-]*(cliente?|customer|user|usuario|account|cuenta)?[ _#-]*[0-9]*')) AS is_test
    FROM customers WHERE customer IS NOT NULL GROUP BY customer
), tickets AS (
    SELECT t.document, t."user", t.location, t.till, t.role, t.format, t.band, t.day, t.customer,
           coalesce(m.employee = t."user", false) AS is_own, coalesce(m.is_test, false) AS is_test
    FROM till_tickets AS t LEFT JOIN masters AS m ON m.customer = t.customer
    WHERE t.customer IS NOT NULL AND t.sale_lines > 0 AND t.return_lines = 0 AND NOT t.is_voided_before AND NOT t.is_voided_after
), mine AS (
    SELECT "user", customer, count(*) AS tickets FROM tickets GROUP BY "user", customer
), buyers AS (
    SELECT customer, sum(tickets) AS tickets FROM mine GROUP BY customer
), most AS (
    -- An account that others use as much is the house's own, for customers without one.
    SELECT m."user", m.customer FROM mine AS m JOIN buyers AS b ON b.customer = m.customer
    WHERE m.tickets * 2 > b.tickets
    QUALIFY row_number() OVER (PARTITION BY m."user" ORDER BY m.tickets DESC, m.customer) = 1
), sent_back AS (
    SELECT DISTINCT original AS document FROM till_tickets WHERE original IS NOT NULL
)
SELECT t.document, t."user", t.location, t.till, t.role, t.format, t.band, t.day, t.customer, t.is_own,
       coalesce(t.customer = o.customer, false) AS is_most, t.is_test AND b.document IS NULL AS is_test
FROM tickets AS t
LEFT JOIN most AS o ON o."user" = t."user"
LEFT JOIN sent_back AS b ON b.document = t.document

-- section: input
WITH worked AS (
    SELECT "user", location, role, format, band, count(*) AS trials
    FROM till_tickets WHERE sale_lines > 0 GROUP BY "user", location, role, format, band
), discounts AS (
    SELECT p.document, p."user", p.location, p.till, p.day,
           coalesce(sum(coalesce(try((s.qty::DECIMAL(38, 4) * s.unit_price * s.discount)::DECIMAL(38, 4)), s.discount_amount, 0)), 0) AS amount
    FROM population AS p
    JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
     AND s.location IS NOT DISTINCT FROM p.location AND s.till IS NOT DISTINCT FROM p.till
    WHERE p.is_own AND s._duplicate_record IS NULL
    GROUP BY p.document, p."user", p.location, p.till, p.day
), owned AS (
    SELECT d."user", d.location, CASE WHEN isodow(d.day) >= 6 THEN 'weekend' WHEN d.day IS NOT NULL THEN 'weekday' END AS band,
           d.day, count(*) AS events, sum(d.amount) AS amount
    FROM discounts AS d GROUP BY d."user", d.location, d.day
), own AS (
    SELECT "user", location, band, sum(events) AS events, max(events) AS busiest, min(day) AS first_day, max(day) AS last_day, sum(amount) AS amount
    FROM owned GROUP BY "user", location, band
), daily AS (
    SELECT "user", location, role, format, band, day, count(*) AS trials, count(*) FILTER (WHERE is_most) AS events
    FROM population GROUP BY "user", location, role, format, band, day
), favourite AS (
    SELECT "user", location, role, format, band, sum(trials) AS trials, sum(events) AS events, max(events) AS busiest,
           min(day) AS first_day, max(day) AS last_day
    FROM daily GROUP BY "user", location, role, format, band
), totals AS (
    SELECT "user", sum(trials) AS trials, sum(events) AS events FROM favourite GROUP BY "user"
), cells AS (
    SELECT 'own' AS kind, 'sales to the own customer account' AS kind_en, 'ventas a la cuenta de cliente propia' AS kind_es,
           w."user", w.location, w.role, w.format, w.band, w.trials::BIGINT AS trials, coalesce(o.events, 0)::BIGINT AS events,
           coalesce(o.busiest, 0)::BIGINT AS busiest, o.first_day, o.last_day, coalesce(o.amount, 0)::DECIMAL(38, 4) AS amount, 1::BIGINT AS above
    FROM worked AS w
    LEFT JOIN own AS o ON o."user" = w."user" AND o.location IS NOT DISTINCT FROM w.location AND o.band IS NOT DISTINCT FROM w.band
    WHERE EXISTS (SELECT 1 FROM population WHERE is_own)
    UNION ALL
    SELECT 'one_customer', 'sales to one and the same customer', 'ventas a un mismo cliente', f."user", f.location, f.role, f.format, f.band,
           f.trials::BIGINT, f.events::BIGINT, f.busiest::BIGINT, f.first_day, f.last_day, NULL,
           (CASE WHEN t.events > $floor_share * t.trials THEN 1 ELSE 0 END)::BIGINT
    FROM favourite AS f JOIN totals AS t ON t."user" = f."user"
    UNION ALL
    SELECT 'test', 'sales to a test customer', 'ventas a un cliente de prueba', customer, NULL, NULL, NULL, NULL,
           count(*)::BIGINT, count(*)::BIGINT, 0::BIGINT, min(day), max(day), NULL, 1::BIGINT
    FROM population WHERE is_test GROUP BY customer
)
SELECT kind, kind_en, kind_es, "user", location, role, format, band, trials, events, busiest, first_day, last_day, amount, above
FROM cells
ORDER BY kind, "user", location, band

-- section: evidence
SELECT v."user", v.customer, v.period_start, v.period_end, 'ticket' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s."user" AS value_user,
       s.customer AS value_customer, s.line_total AS value_line_total, s.discount AS value_discount, s.discount_amount AS value_discount_amount
FROM violations AS v
JOIN population AS p ON (v.kind = 'own' AND p.is_own AND p."user" = v."user"::VARCHAR)
  OR (v.kind = 'one_customer' AND p.is_most AND p."user" = v."user"::VARCHAR)
  OR (v.kind = 'test' AND p.is_test AND p.customer = v.customer::VARCHAR)
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
 AND s.location IS NOT DISTINCT FROM p.location AND s.till IS NOT DISTINCT FROM p.till
WHERE s._duplicate_record IS NULL AND coalesce(s.type, 'sale') = 'sale'
