/* ---
id: P-023
version: 1
kind: function
function: perito_pattern.bursts:judge
title: {en: Refunds in a burst or to one card, es: Devoluciones en ráfaga o a una misma tarjeta}
severity: medium
grain: cashier
unit: cashiers, and cards that a cashier refunds to
identity: [user, kind, card]
needs:
  sales: [document, type, "user", ts]
optional:
  sales: [line, location, till, shift, product, qty, unit_price, discount, discount_amount, line_total, tender, card, customer, original_document, void_stage]
  sale_documents: [document, ts, location, till, tendered_at, voided_at]
  users: ["user", role]
  locations: [location, format]
uses: [till_tickets]
unique: {entries: [kind, user, card]}
parameters:
  minutes: {default: 15, type: integer, meaning: "minutes within which refunds are a burst"}
  floor_refunds: {default: 3, type: integer, meaning: "refunds in those minutes, or by one cashier to one card, that must be exceeded"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and cards tested"}
impact: column
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "Cashier {user}: {what_en}; about {expected_events:,} were to be expected"
    es: "Cajero {user}: {what_es}; eran de esperar unas {expected_events:,}"
explanation:
  en: >-
    Two signs of invented refunds. Several within minutes: compared with the pace at which the cashier, and others of the
    same role and store format, refund otherwise, and with how far refunds come together for all of them, as they do after
    holidays; refunds that give one customer back what the same customer bought count as one. And several to one card by
    the same cashier: told only where more went to the card than was bought with it, and more often through this cashier
    than chance would bring it there. Told is what is unlikely given how much was tested. The impact of a burst is what was
    refunded in it, that of a card what it got beyond what was bought with it.
  es: >-
    Dos señales de devoluciones inventadas. Varias en pocos minutos: se comparan con el ritmo con que el cajero, y otros del
    mismo puesto y formato de tienda, devuelven en general y con lo juntas que llegan a todos, como tras las fiestas; las que
    devuelven a un cliente lo que él mismo compró cuentan como una. Y varias a una tarjeta por el mismo cajero: solo se
    indica si la tarjeta recibió más de lo que se compró con ella y pasó por este cajero más de lo que traería el azar. Se
    indica lo improbable dado cuánto se probó. El importe de una ráfaga es lo devuelto en ella; el de una tarjeta, lo que
    recibió por encima de lo comprado con ella.
remedy:
  en: "Look at the video of those minutes, and ask whose card it is and whether the goods came back."
  es: "Vea el vídeo de esos minutos y averigüe de quién es la tarjeta y si volvieron los artículos."
words:
  "cashiers, and cards that a cashier refunds to": {es: cajeros y tarjetas a las que un cajero devuelve}
  kind: {es: tipo}
  refunds: {es: devoluciones}
  events: {en: refunds, es: devoluciones}
  expected_events: {en: refunds to be expected, es: devoluciones esperadas}
  chance: {es: probabilidad}
  refund: {es: devolución}
  tested: {en: compared, es: comparados}
source: "Exception reports of retail loss prevention"
--- */

-- section: population
-- One row per refund. `place` says whether the hour is known there; `alike` is one number for all refunds within the
-- minutes that give one customer or card back what it bought.
WITH timed AS (
    SELECT location FROM (SELECT location, day, min(ts) AS opens, max(ts) AS closes FROM till_tickets GROUP BY location, day)
    GROUP BY location HAVING bool_or(opens <> closes)
), buyers AS (
    SELECT s.document, s.location, max(s.customer) AS customer, max(s.card) AS card
    FROM till_tickets AS s
    WHERE s.sale_lines > 0 AND EXISTS (SELECT 1 FROM till_tickets AS r WHERE r.return_lines > 0 AND r.original = s.document)
    GROUP BY s.document, s.location
), refunds AS (
    SELECT t.document, t."user", t.location, t.till, t.role, t.format, t.day, t.ts, t.card, t.refunded AS amount,
           l.location IS NOT NULL OR EXISTS (SELECT 1 FROM timed AS n WHERE n.location IS NULL AND t.location IS NULL) AS is_timed,
           CASE WHEN b.customer = t.customer THEN b.customer WHEN b.card = t.card THEN b.card END AS buyer
    FROM till_tickets AS t
    LEFT JOIN timed AS l ON l.location = t.location
    LEFT JOIN buyers AS b ON b.document = t.original AND b.location IS NOT DISTINCT FROM t.location
    WHERE t.return_lines > 0 AND NOT t.is_voided_before AND NOT t.is_voided_after
)
SELECT document, "user", location, till, role, format, day, ts, card, amount, is_timed,
       coalesce(buyer IS NOT NULL AND lag(ts) OVER (PARTITION BY "user", buyer ORDER BY ts, document, location, till, day)
                                     >= ts - to_minutes($minutes), false) AS is_repeat
FROM refunds

-- section: input
WITH busy AS (
    SELECT "user", sum(minutes) AS minutes, max(role) AS role, max(format) AS format
    FROM (SELECT "user", day, max(role) AS role, max(format) AS format, date_diff('minute', min(ts), max(ts)) + 1 AS minutes
          FROM till_tickets WHERE ts IS NOT NULL GROUP BY "user", day)
    GROUP BY "user"
), windows AS (
    SELECT "user", ts, amount,
           count(*) OVER (PARTITION BY "user" ORDER BY ts RANGE BETWEEN CURRENT ROW AND to_minutes($minutes) FOLLOWING) AS together,
           sum(amount) OVER (PARTITION BY "user" ORDER BY ts RANGE BETWEEN CURRENT ROW AND to_minutes($minutes) FOLLOWING) AS worth,
           count(amount) OVER (PARTITION BY "user" ORDER BY ts RANGE BETWEEN CURRENT ROW AND to_minutes($minutes) FOLLOWING) AS priced
    FROM population WHERE is_timed AND NOT is_repeat AND ts IS NOT NULL
), densest AS (
    SELECT "user", count(*) AS refunds, sum(together - 1) AS pairs, max(together) AS together FROM windows GROUP BY "user"
), bursts AS (
    SELECT d."user", d.refunds, d.pairs, d.together, min(w.ts) AS begins,
           CASE WHEN min(w.priced) = d.together THEN max(w.worth) END AS amount
    FROM densest AS d JOIN windows AS w ON w."user" = d."user" AND w.together = d.together
    GROUP BY d."user", d.refunds, d.pairs, d.together
), tokens AS (
    SELECT card, sum(refunded) AS refunded, count(*) - count(refunded) AS unpriced,
           sum(CASE WHEN sale_lines > 0 AND NOT is_voided_before AND NOT is_voided_after THEN sold ELSE 0 END) AS bought,
           count(*) FILTER (WHERE return_lines > 0) AS refunds
    FROM till_tickets WHERE card IS NOT NULL
    GROUP BY card HAVING count(*) FILTER (WHERE return_lines > 0) > $floor_refunds
), places AS (
    SELECT location, count(*) AS refunds FROM population GROUP BY location
), hands AS (
    SELECT "user", location, count(*) AS refunds FROM population GROUP BY "user", location
), to_cards AS (
    SELECT p."user", p.card, count(*) AS events, min(p.day) AS first_day, max(p.day) AS last_day,
           max(h.refunds) AS of_hand, max(l.refunds) AS of_place
    FROM population AS p
    JOIN hands AS h ON h."user" = p."user" AND h.location IS NOT DISTINCT FROM p.location
    JOIN places AS l ON l.location IS NOT DISTINCT FROM p.location
    WHERE p.card IS NOT NULL
    GROUP BY p."user", p.card
), entries AS (
    SELECT 'burst' AS kind, b."user", '' AS card, m.role, m.format, b.refunds::BIGINT AS trials, b.together::BIGINT AS events,
           b.pairs::BIGINT AS pairs, m.minutes::BIGINT AS minutes, $minutes::BIGINT AS window_minutes,
           b.begins::DATE AS first_day, b.begins::DATE AS last_day, b.amount
    FROM bursts AS b JOIN busy AS m ON m."user" = b."user"
    UNION ALL
    SELECT 'card', c."user", c.card, NULL, NULL, t.refunds::BIGINT, c.events::BIGINT, c.of_hand::BIGINT, c.of_place::BIGINT, 0::BIGINT,
           c.first_day, c.last_day, CASE WHEN t.unpriced = 0 THEN t.refunded - t.bought END
    FROM to_cards AS c JOIN tokens AS t ON t.card = c.card
    WHERE t.unpriced > 0 OR t.refunded > t.bought
)
SELECT kind, "user", card, role, format, trials, events, pairs, minutes, window_minutes, first_day, last_day, amount,
       $floor_refunds::BIGINT AS floor_refunds
FROM entries
ORDER BY kind, "user", card

-- section: evidence
WITH windows AS (
    SELECT document, "user", location, ts,
           count(*) OVER (PARTITION BY "user" ORDER BY ts RANGE BETWEEN CURRENT ROW AND to_minutes($minutes) FOLLOWING) AS together
    FROM population WHERE is_timed AND NOT is_repeat AND ts IS NOT NULL
), starts AS (
    SELECT DISTINCT w."user", w.ts
    FROM violations AS v JOIN windows AS w ON w."user" = v."user" AND v.kind = 'burst' AND w.together = v.events
), shown AS (
    SELECT DISTINCT 'burst' AS kind, w."user", w.document, w.location, '' AS card
    FROM windows AS w JOIN starts AS s ON s."user" = w."user" AND w.ts >= s.ts AND w.ts <= s.ts + to_minutes($minutes)
    UNION ALL
    SELECT 'card', "user", document, location, card FROM population WHERE card IS NOT NULL
)
SELECT v."user", v.kind, v.card, v.period_start, v.period_end, 'refund' AS role, 0 AS ordinal,
       'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.till AS value_till,
       s.product AS value_product, s.qty AS value_qty, s.line_total AS value_line_total, s.tender AS value_tender,
       s.card AS value_card, s.original_document AS value_original_document
FROM violations AS v
JOIN shown AS p ON p."user" = v."user" AND p.kind = v.kind AND (v.kind = 'burst' OR p.card = v.card)
JOIN sales AS s ON s.document = p.document AND s."user" = p."user" AND s.location IS NOT DISTINCT FROM p.location
WHERE s._duplicate_record IS NULL AND (s.type = 'return' OR s.qty < 0)
