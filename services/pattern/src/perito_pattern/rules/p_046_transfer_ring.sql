/* ---
id: P-046
version: 1
kind: set
title: {en: Goods that travel in a circle, es: Mercancía que viaja en círculo}
severity: medium
grain: group
unit: transfers
identity: [product, ring]
needs:
  transfers: [transfer, product, from_location, to_location, qty_out, out_ts]
optional:
  transfers: [qty_in, in_ts, sender, receiver, status]
  locations: [location, type]
  sales: [document, product, location, ts, type, qty]
  movements: [movement, type, product, location, ts, qty]
uses: [daily_sales]
unique: {legs: [_file_id, _record]}
parameters:
  days: {default: 14, type: integer, meaning: "days within which the goods are back where they began"}
  rounds: {default: 2, type: integer, meaning: "rounds within a quarter from which a circle is told"}
  quarter: {default: 91, type: integer, meaning: "days of a quarter"}
  share: {default: "0.1", type: decimal, meaning: "part of the quantity by which what comes back may differ"}
  least_qty: {default: "2", type: decimal, meaning: "base units below which a piece was sent for one customer"}
  least_trade: {default: 9, type: integer, meaning: "legs of a product between two shops from which they may exchange it as a matter of course"}
  trade_days: {default: 7, type: integer, meaning: "days between such legs, on average, up to which they do"}
impact: none, because goods that come back are where they were
explains: []
entities: [product]
partition_by: [product]
texts:
  finding:
    en: "{product} went round {ring} {rounds:,} {rounds:time|times} between {period_start} and {period_end}"
    es: "{product} dio {rounds:,} {rounds:vuelta|vueltas} por {ring} entre el {period_start} y el {period_end}"
explanation:
  en: >-
    A product is sent from one shop to another and is back within two weeks in about the same quantity, directly or by a
    third place, and this happens again within the quarter. Goods on the road are nobody's: such circles hide a shortage from
    one count after the other. Returns to a warehouse are no circle, so only shops count: places of that type or, where the
    type is not known, places that sell. Single pieces and goods that two shops exchange week after week are left alone.
  es: >-
    Un producto se envía de una tienda a otra y vuelve en dos semanas en una cantidad parecida, directamente o por un tercer
    lugar, y ocurre de nuevo en el trimestre. La mercancía en camino no es de nadie: así se esconde una falta de un conteo
    tras otro. Las devoluciones a un almacén no son un círculo, por lo que solo cuentan las tiendas: lugares de ese tipo o, si
    no se conoce, lugares que venden. Las piezas sueltas y lo que dos tiendas se intercambian cada semana no se señalan.
remedy:
  en: "Count the product in all the places of the circle on the same day, and ask who asked for the transfers."
  es: "Cuente el producto el mismo día en todos los lugares del círculo y pregunte quién pidió los traslados."
words:
  ring: {es: círculo, en: circle}
  leg: {es: tramo}
  rounds: {es: vueltas}
source: "Transfer kiting, retail loss prevention"
--- */

-- section: population
WITH sellers AS (
    SELECT DISTINCT location FROM daily_sales
), places AS (
    SELECT from_location AS location FROM transfers WHERE from_location IS NOT NULL
    UNION SELECT to_location FROM transfers WHERE to_location IS NOT NULL
), kinds AS (
    -- A place of no known type is a shop where it sells; where the books hold no sales at all nobody can say.
    SELECT p.location, coalesce(min(l.type), CASE WHEN bool_or(s.location IS NOT NULL) OR NOT EXISTS (SELECT 1 FROM sellers) THEN 'store' ELSE 'other' END) AS type
    FROM places AS p LEFT JOIN locations AS l ON l.location = p.location LEFT JOIN sellers AS s ON s.location = p.location
    GROUP BY p.location
), legs AS (
    SELECT t.product, t.from_location, t.to_location, t.out_ts_date AS day, coalesce(t.qty_in, t.qty_out) AS qty,
           coalesce(f.type = 'store' AND g.type = 'store', false) AS between_shops,
           t._file_id, t._record
    FROM transfers AS t
    LEFT JOIN kinds AS f ON f.location = t.from_location
    LEFT JOIN kinds AS g ON g.location = t.to_location
    WHERE t._duplicate_record IS NULL AND coalesce(t.status, 'sent') NOT IN ('draft', 'cancelled')
)
SELECT product, from_location, to_location, day, qty, _file_id, _record, between_shops,
       product IS NOT NULL AND from_location <> to_location AND day IS NOT NULL AND qty > 0 AS known
FROM legs

-- section: violations
WITH trade AS (
    SELECT product, least(from_location, to_location) AS one, greatest(from_location, to_location) AS other
    FROM population WHERE known AND between_shops
    GROUP BY product, least(from_location, to_location), greatest(from_location, to_location)
    HAVING count(*) >= $least_trade AND max(day) - min(day) <= $trade_days * (count(*) - 1)
), legs AS (
    SELECT p.product, p.from_location, p.to_location, p.day, p.qty, p._file_id, p._record
    FROM population AS p
    LEFT JOIN trade AS t ON t.product = p.product AND t.one = least(p.from_location, p.to_location) AND t.other = greatest(p.from_location, p.to_location)
    WHERE p.known AND p.between_shops AND p.qty >= $least_qty AND t.product IS NULL
), lanes AS (
    -- Goods go back only where some lane runs the other way; all others are left out before rows are paired.
    SELECT product, from_location, to_location FROM legs GROUP BY product, from_location, to_location
), pairs AS (
    SELECT a.product, a.from_location AS a_place, a.to_location AS b_place, NULL::VARCHAR AS c_place, a._file_id, a._record,
           a.day, min(b.day) AS back
    FROM legs AS a
    JOIN lanes AS l ON l.product = a.product AND l.from_location = a.to_location AND l.to_location = a.from_location
    JOIN legs AS b ON b.product = a.product AND b.from_location = a.to_location AND b.to_location = a.from_location
     AND b.day > a.day AND b.day <= a.day + $days::INTEGER AND abs(b.qty - a.qty) <= $share * a.qty
    GROUP BY ALL
    UNION ALL
    SELECT a.product, a.from_location, a.to_location, b.to_location, a._file_id, a._record, a.day, min(c.day)
    FROM legs AS a
    JOIN legs AS b ON b.product = a.product AND b.from_location = a.to_location AND b.to_location <> a.from_location
     AND b.day > a.day AND b.day <= a.day + $days::INTEGER AND abs(b.qty - a.qty) <= $share * a.qty
    JOIN legs AS c ON c.product = a.product AND c.from_location = b.to_location AND c.to_location = a.from_location
     AND c.day > b.day AND c.day <= a.day + $days::INTEGER AND abs(c.qty - a.qty) <= $share * a.qty
    GROUP BY ALL
), named AS (
    -- A circle has one name, wherever it begins.
    SELECT product, day, back, a_place,
           CASE WHEN c_place IS NULL THEN least(a_place, b_place) || ' - ' || greatest(a_place, b_place)
                WHEN a_place < b_place AND a_place < c_place THEN a_place || ' > ' || b_place || ' > ' || c_place
                WHEN b_place < a_place AND b_place < c_place THEN b_place || ' > ' || c_place || ' > ' || a_place
                ELSE c_place || ' > ' || a_place || ' > ' || b_place END AS ring
    FROM pairs
), begun AS (
    -- A leg back is no round of its own: rounds begin where the first of them did.
    SELECT product, ring, min(strftime(day, '%Y-%m-%d ') || a_place) AS first_leg FROM named GROUP BY product, ring
), rounds AS (
    -- Rounds that end on the same day are one.
    SELECT n.product, n.ring, n.back, max(n.day) AS day
    FROM named AS n JOIN begun AS b ON b.product = n.product AND b.ring = n.ring
    WHERE n.a_place = substring(b.first_leg, 12)
    GROUP BY n.product, n.ring, n.back
), apart AS (
    SELECT product, ring, day, back, lag(back) OVER (PARTITION BY product, ring ORDER BY back) AS before FROM rounds
), separate AS (
    SELECT product, ring, day, back FROM apart WHERE coalesce(day >= before, true)
), quarters AS (
    SELECT s.product, s.ring, s.day, count(*) AS rounds, max(n.back) AS ends
    FROM separate AS s
    JOIN separate AS n ON n.product = s.product AND n.ring = s.ring AND n.day >= s.day AND n.day < s.day + $quarter::INTEGER
    GROUP BY s.product, s.ring, s.day
)
SELECT product, ring, min(day) AS period_start, max(ends) AS period_end, max(rounds) AS rounds, max(rounds) * 2 AS row_count
FROM quarters
WHERE rounds >= $rounds
GROUP BY product, ring

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT coalesce(known, false)) AS unknown FROM population

-- section: evidence
SELECT v.product, v.ring, v.period_start, v.period_end, 'leg' AS role, 0 AS ordinal,
       'transfers' AS table_name, t._file_id, t._record, t._line,
       t.transfer AS key_transfer, t.product AS key_product, t.out_ts_date AS value_date, t.from_location AS value_from_location,
       t.to_location AS value_to_location, t.qty_out AS value_qty_out, t.sender AS value_sender
FROM violations AS v
JOIN population AS p ON p.product = v.product AND p.day BETWEEN v.period_start AND v.period_end AND p.known AND p.between_shops
 AND contains(' ' || v.ring || ' ', ' ' || p.from_location || ' ') AND contains(' ' || v.ring || ' ', ' ' || p.to_location || ' ')
JOIN transfers AS t ON t._file_id = p._file_id AND t._record = p._record
