/* ---
id: P-022
version: 1
kind: function
function: perito_pattern.cashiers:judge_one
title: {en: Cashier with unusual refunds, es: Cajero con devoluciones fuera de lo común}
severity: medium
grain: cashier
unit: cashiers and kinds of refund
identity: [user]
needs:
  sales: [document, type, "user"]
optional:
  sales: [line, location, till, shift, ts, product, qty, unit_price, discount, discount_amount, line_total, tender, card, customer, original_document, void_stage, reason, approved_by]
  returns: [return_document, line, ts, product, location, "user", original_document, refund, qty, unit_price, reason]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets, fed_sales]
unique: {cells: [kind, user, location, band]}
parameters:
  floor_share: {default: "0.15", type: decimal, meaning: "part of the amount sold that refunds must exceed for a high number of them to be told"}
  least_refunds: {default: 10, type: integer, meaning: "refunds without which a cashier's refunds are not compared by their kind"}
  window_days: {default: 60, type: integer, meaning: "days before a refund in which the place must have sold the product"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 50, type: integer, meaning: "tickets without which a cashier is not compared"}
  least_events: {default: 5, type: integer, meaning: "refunds, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the rate must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected rate that the lower bound must reach where the peers are all alike"}
impact: column
recoverable: false
explains: [P-023]
entities: [user]
texts:
  finding:
    en: "Cashier {user}: {kind_en} in {events:,} of {trials:,}; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {kind_es} en {events:,} de {trials:,}; eran de esperar unas {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    A refund pays money out. Compared with cashiers of the same role and store format are the share of tickets that refund,
    told only where refunds are more than 15 % of what was sold, and, of each cashier's refunds, those that name no sale,
    those of a sale that the same cashier rang up, and those without a sale of the product at that place in the weeks
    before. Whoever works at the service desk refunds more than others: where roles are known, only desks are compared with
    desks, and where all do so nobody is told. A cashier is told once, by the kind that is worth most. The impact is the
    refunded amount beyond what was to be expected. It is an indicator and no proof.
  es: >-
    Una devolución saca dinero. Se comparan, con cajeros del mismo puesto y formato de tienda, la parte de tiques que
    devuelven, que solo se indica si lo devuelto supera el 15 % de lo vendido, y, entre las devoluciones de cada cajero, las
    que no nombran venta, las de ventas que registró el mismo cajero y las de productos que el lugar no vendió en las semanas
    anteriores. Quien atiende el mostrador devuelve más: si se conocen los puestos, los mostradores se comparan entre sí, y
    donde todos lo hacen no se indica a nadie. Un cajero se indica una vez, por el tipo de más importe. El impacto es lo
    devuelto por encima de lo esperado. Es un indicio, no una prueba.
remedy:
  en: "Take a sample of these refunds: is there a receipt, are the goods back on the shelf, does the customer exist?"
  es: "Tome una muestra de estas devoluciones: ¿hay tique, volvieron los artículos, existe el cliente?"
words:
  cashiers and kinds of refund: {es: cajeros y tipos de devolución}
  kind: {es: tipo}
  events: {en: refunds, es: devoluciones}
  trials: {en: compared with, es: de un total de}
  expected_events: {en: refunds to be expected, es: devoluciones esperadas}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  refund: {es: devolución}
  tested: {en: compared, es: comparados}
source: "Exception reports of retail loss prevention"
--- */

-- section: population
-- One row per refund and kind. Refunds stand among the sales, or where these have none, in a table of returns. A kind that
-- the books cannot tell (no refund of all names its sale) is left out.
WITH staff AS (
    SELECT "user", max(role) AS role FROM till_tickets GROUP BY "user"
), formats AS (
    SELECT location, max(format) AS format FROM till_tickets GROUP BY location
), has AS (
    SELECT coalesce(bool_or(return_lines > 0), false) AS refunds FROM till_tickets
), lines AS (
    SELECT s.document, s."user", s.location, s.ts_date AS day, s.product, s.original_document
    FROM sales AS s
    WHERE s._duplicate_record IS NULL AND s.document IS NOT NULL AND s."user" IS NOT NULL AND (s.type = 'return' OR (s.type = 'sale' AND s.qty < 0))
    UNION ALL
    SELECT r.return_document, r."user", r.location, r.ts_date, r.product, r.original_document
    FROM returns AS r CROSS JOIN has AS h
    WHERE NOT h.refunds AND r._duplicate_record IS NULL AND r."user" IS NOT NULL
), refunds AS (
    SELECT 'sales' AS source, document, "user", location, role, format, band, day, original, refunded AS amount
    FROM till_tickets WHERE return_lines > 0
    UNION ALL
    SELECT 'returns', r.return_document, r."user", r.location, max(s.role), max(f.format),
           max(CASE WHEN isodow(r.ts_date) >= 6 THEN 'weekend' WHEN r.ts_date IS NOT NULL THEN 'weekday' END), r.ts_date,
           max(r.original_document),
           CASE WHEN count(coalesce(r.refund, r.qty::DECIMAL(38, 4) * r.unit_price)) = count(*)
                THEN sum(abs(coalesce(r.refund, r.qty::DECIMAL(38, 4) * r.unit_price))) END
    FROM returns AS r CROSS JOIN has AS h
    JOIN staff AS s ON s."user" = r."user"
    LEFT JOIN formats AS f ON f.location = r.location
    WHERE NOT h.refunds AND r._duplicate_record IS NULL
    GROUP BY r.return_document, r."user", r.location, r.ts_date
), named AS (
    SELECT coalesce(bool_or(original IS NOT NULL), false) AS given FROM refunds
), sellers AS (
    SELECT t.document, t.location, min(t."user") AS seller, max(t."user") AS other
    FROM till_tickets AS t WHERE t.sale_lines > 0 AND EXISTS (SELECT 1 FROM refunds AS r WHERE r.original = t.document)
    GROUP BY t.document, t.location
), begins AS (
    SELECT location, min(day) AS begins FROM till_tickets GROUP BY location
), unsold AS (
    SELECT l.document, l."user", l.location, l.day, bool_or(f.day IS NULL OR f.day < l.day - $window_days) AS is_unsold
    FROM lines AS l
    JOIN begins AS b ON b.location = l.location AND l.day >= b.begins + $window_days
    ASOF LEFT JOIN fed_sales AS f ON f.product = l.product AND f.location = l.location AND l.day >= f.day
    WHERE l.product IS NOT NULL AND l.original_document IS NULL
    GROUP BY l.document, l."user", l.location, l.day
), kinds AS (
    SELECT r.source, r.document, r."user", r.location, r.role, r.format, r.band, r.day, r.amount,
           n.given AND r.original IS NULL AS is_unnamed,
           n.given AND coalesce(s.seller = r."user" AND s.other = r."user", false) AS is_own,
           coalesce(u.is_unsold, false) AS is_unsold, n.given
    FROM refunds AS r CROSS JOIN named AS n
    LEFT JOIN sellers AS s ON s.document = r.original AND s.location IS NOT DISTINCT FROM r.location
    LEFT JOIN unsold AS u ON u.document = r.document AND u."user" = r."user" AND u.location = r.location AND u.day = r.day
)
SELECT source, document, "user", location, role, format, band, day, amount, is_unnamed, is_own, is_unsold, given FROM kinds

-- section: input
WITH worked AS (
    -- Refunds of a table of their own are tickets too, as they are where they stand among the sales.
    SELECT "user", location, role, format, band, sum(trials) AS trials, sum(sold) AS sold
    FROM (SELECT "user", location, role, format, band, count(*) AS trials, sum(sold) AS sold
          FROM till_tickets GROUP BY "user", location, role, format, band
          UNION ALL
          SELECT "user", location, role, format, band, count(*), NULL
          FROM population WHERE source = 'returns' GROUP BY "user", location, role, format, band)
    GROUP BY "user", location, role, format, band
), flagged AS (
    SELECT 'rate' AS kind, "user", location, role, format, band, day, amount, true AS is_event FROM population
    UNION ALL SELECT 'unnamed', "user", location, role, format, band, day, amount, is_unnamed FROM population WHERE given
    UNION ALL SELECT 'own', "user", location, role, format, band, day, amount, is_own FROM population WHERE given
    UNION ALL SELECT 'unsold', "user", location, role, format, band, day, amount, is_unsold FROM population
), daily AS (
    SELECT kind, "user", location, role, format, band, day, count(*) AS refunds, count(*) FILTER (WHERE is_event) AS events,
           count(amount) FILTER (WHERE is_event) AS priced, sum(amount) FILTER (WHERE is_event) AS amount
    FROM flagged GROUP BY kind, "user", location, role, format, band, day
), happened AS (
    SELECT kind, "user", location, role, format, band, sum(refunds) AS refunds, sum(events) AS events, max(events) AS busiest,
           min(CASE WHEN events > 0 THEN day END) AS first_day, max(CASE WHEN events > 0 THEN day END) AS last_day,
           CASE WHEN sum(priced) = sum(events) THEN coalesce(sum(amount), 0) END AS amount
    FROM daily GROUP BY kind, "user", location, role, format, band
), totals AS (
    SELECT w."user", max(w.trials) AS trials, max(w.sold) AS sold, sum(h.amount) AS refunded, count(*) - count(h.amount) AS unpriced
    FROM (SELECT "user", sum(trials) AS trials, sum(sold) AS sold FROM worked GROUP BY "user") AS w
    LEFT JOIN happened AS h ON h."user" = w."user" AND h.kind = 'rate'
    GROUP BY w."user"
), cells AS (
    SELECT 'rate' AS kind, 'refunds' AS kind_en, 'devoluciones' AS kind_es, w."user", w.location, w.role, w.format, w.band, w.trials::BIGINT AS trials,
           coalesce(h.events, 0)::BIGINT AS events, coalesce(h.busiest, 0)::BIGINT AS busiest, h.first_day, h.last_day,
           CASE WHEN h.kind IS NULL THEN 0 ELSE h.amount END AS amount,
           (CASE WHEN coalesce(t.refunded > $floor_share * t.sold, true) THEN 1 ELSE 0 END)::BIGINT AS above,
           $least_trials::BIGINT AS least
    FROM worked AS w
    JOIN totals AS t ON t."user" = w."user"
    LEFT JOIN happened AS h ON h.kind = 'rate' AND h."user" = w."user" AND h.location IS NOT DISTINCT FROM w.location
     AND h.band IS NOT DISTINCT FROM w.band
    UNION ALL
    SELECT h.kind, CASE h.kind WHEN 'unnamed' THEN 'refunds that name no sale' WHEN 'own' THEN 'refunds of own sales'
                               ELSE 'refunds of what the place had not sold' END,
           CASE h.kind WHEN 'unnamed' THEN 'devoluciones que no nombran venta' WHEN 'own' THEN 'devoluciones de ventas propias'
                       ELSE 'devoluciones de lo que el lugar no había vendido' END,
           h."user", h.location, h.role, h.format, h.band, h.refunds::BIGINT, h.events::BIGINT, h.busiest::BIGINT, h.first_day, h.last_day, h.amount,
           1::BIGINT, $least_refunds::BIGINT
    FROM happened AS h
    JOIN totals AS t ON t."user" = h."user"
    WHERE h.kind <> 'rate' AND t.trials >= $least_trials
)
SELECT kind, kind_en, kind_es, "user", location, role, format, band, trials, events, busiest, first_day, last_day, amount, above, least
FROM cells
ORDER BY kind, "user", location, band

-- section: evidence
SELECT v."user", v.period_start, v.period_end, 'refund' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location,
       s.product AS value_product, s.qty AS value_qty, s.line_total AS value_line_total,
       s.original_document AS value_original_document, s.reason AS value_reason, s.approved_by AS value_approved_by
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.source = 'sales'
 AND (v.kind = 'rate' OR (v.kind = 'unnamed' AND p.is_unnamed) OR (v.kind = 'own' AND p.is_own) OR (v.kind = 'unsold' AND p.is_unsold))
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.ts_date IS NOT DISTINCT FROM p.day
 AND s.location IS NOT DISTINCT FROM p.location
WHERE s._duplicate_record IS NULL AND (s.type = 'return' OR s.qty < 0)

-- section: evidence
SELECT v."user", v.period_start, v.period_end, 'refund' AS role, 1 AS ordinal, 'returns' AS table_name, r._file_id, r._record, r._line,
       r.return_document AS key_return_document, r.line AS key_line, r.ts AS value_ts, r.location AS value_location,
       r.product AS value_product, r.qty AS value_qty, r.refund AS value_refund,
       r.original_document AS value_original_document, r.reason AS value_reason
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.source = 'returns'
 AND (v.kind = 'rate' OR (v.kind = 'unnamed' AND p.is_unnamed) OR (v.kind = 'own' AND p.is_own) OR (v.kind = 'unsold' AND p.is_unsold))
JOIN returns AS r ON r.return_document = p.document AND r."user" = p."user" AND r.ts_date IS NOT DISTINCT FROM p.day
 AND r.location IS NOT DISTINCT FROM p.location
WHERE r._duplicate_record IS NULL
