/* ---
id: P-025
version: 1
kind: function
function: perito_pattern.cashiers:judge_one
title: {en: Cashier who changes prices more than the others, es: Cajero que cambia precios más que los demás}
severity: medium
grain: cashier
unit: cashiers and kinds of price change
identity: [user]
needs:
  sales: [document, "user", qty]
optional:
  sales: [line, ts, type, product, location, till, unit_price, list_price, discount, discount_amount, line_total, unit_cost, price_override, promotion, reason, approved_by, customer]
  products: [product, unit_cost]
  users: ["user", role]
  locations: [location, format]
one_of: [sales.price_override, sales.discount, sales.discount_amount, sales.list_price]
uses: [unit_costs]
unique: {cells: [kind, user, location, band]}
parameters:
  floor_overrides: {default: 20, type: integer, meaning: "prices typed over in some window of days that must be exceeded"}
  window_days: {default: 30, type: integer, meaning: "days of that window"}
  floor_discount: {default: "0.20", type: decimal, meaning: "share of the price from which a discount is deep"}
  usual_share: {default: "0.5", type: decimal, meaning: "share of a product's lines in a month and place from which a lower price is its price and nobody's choice"}
  month_price: {default: "0.9", type: decimal, meaning: "part of the median of those lower prices below which a price is somebody's choice all the same"}
  least_alone: {default: 4, type: integer, meaning: "such lines, all by one cashier and at one price, from which it is its price where nobody else sells it there"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers of the same role and store format without whom nobody is compared"}
  least_trials: {default: 50, type: integer, meaning: "lines sold without which a cashier is not compared"}
  least_events: {default: 5, type: integer, meaning: "price changes, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the rate must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected rate that the lower bound must reach where the peers are all alike"}
impact: column
recoverable: false
explains: [P-026]
entities: [user]
texts:
  finding:
    en: "Cashier {user}: {kind_en} in {events:,} of {trials:,} lines; about {expected_events:,} were to be expected, by {basis_en}"
    es: "Cajero {user}: {kind_es} en {events:,} de {trials:,} líneas; eran de esperar unas {expected_events:,}, según {basis_es}"
explanation:
  en: >-
    Prices typed over, deep discounts and prices below cost are how goods are passed to friends. Compared with cashiers of
    the same role and store format are three shares of the lines sold: prices typed over (told from more than 20 in some
    thirty days), discounts of more than 20 %, and prices below cost that the cashier made. Promotions do not count, nor a
    product that most lines of that month and place sell for less: that is its price, as in a clearance. Where one cashier
    alone sells it there, it is the price if every line has it. A cashier is told once, by the kind that is worth most. The impact is what was given away beyond what was to be expected.
  es: >-
    Precios tecleados, descuentos fuertes y precios bajo coste son la forma de favorecer a amigos. Se comparan, con cajeros
    del mismo puesto y formato de tienda, tres partes de las líneas vendidas: precios tecleados (a partir de más de 20 en
    treinta días), descuentos de más del 20 % y precios bajo coste que puso el cajero. No cuentan las promociones ni un
    producto que en la mayoría de las líneas de ese mes y lugar se vende más barato: ese es su precio, como en una
    liquidación. Si allí lo vende un solo cajero, es su precio cuando lo tienen todas las líneas. Un cajero se indica una vez, por el tipo de más importe. El importe es lo rebajado por encima de lo esperado.
remedy:
  en: "Ask who approved these changes and for what reason, and see whether the same customers come again."
  es: "Pregunte quién aprobó estos cambios y por qué motivo, y vea si se repiten los mismos clientes."
words:
  cashiers and kinds of price change: {es: cajeros y tipos de cambio de precio}
  kind: {es: tipo}
  events: {en: price changes, es: cambios de precio}
  trials: {en: lines sold, es: líneas vendidas}
  expected_events: {en: price changes to be expected, es: cambios de precio esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  price change: {es: cambio de precio}
  tested: {en: compared, es: comparados}
  override: {en: typed over, es: tecleado}
  deep: {en: deep discount, es: descuento fuerte}
  below_cost: {es: bajo coste}
source: "Exception reports of retail loss prevention (Lightspeed)"
--- */

-- section: population
-- One row per line whose price somebody lowered, but for those that are the product's price of the month.
WITH lines AS (
    SELECT "user", product, location, ts_date AS day, qty, unit_price, list_price, unit_cost, discount, discount_amount, coalesce(price_override, false) AS is_override,
           coalesce(discount > 0 OR discount_amount > 0 OR list_price > unit_price, false) AND promotion IS NULL AS is_lower,
           try(qty::DECIMAL(38, 4) * coalesce(list_price, unit_price)) AS gross,
           coalesce(line_total, try((CASE WHEN discount IS NULL THEN qty::DECIMAL(38, 4) * unit_price - coalesce(discount_amount, 0)
                                     ELSE qty::DECIMAL(38, 4) * unit_price * (1 - discount) END)::DECIMAL(18, 4))) AS net,
           promotion IS NOT NULL AS is_promoted, _file_id, _record
    FROM sales
    WHERE _duplicate_record IS NULL AND "user" IS NOT NULL AND coalesce(type, 'sale') = 'sale' AND qty > 0
      AND NOT (type IS NULL AND type_source IS NOT NULL)
), usual AS (
    SELECT product, location, date_trunc('month', day) AS month, count(*) AS lines,
           count(*) FILTER (WHERE is_lower OR is_override OR is_promoted) AS lower,
           -- The upper of two: one cashier's tiny price is not what the other one took.
           quantile_disc(CASE WHEN is_lower OR is_override OR is_promoted THEN try((net / qty)::DECIMAL(38, 4)) END, 0.51) AS lower_price,
           min(CASE WHEN is_lower OR is_override OR is_promoted THEN "user" END) AS one,
           max(CASE WHEN is_lower OR is_override OR is_promoted THEN "user" END) AS other, min("user") = max("user") AS one_seller,
           min(unit_price) = max(unit_price) AND min(coalesce(discount, 0)) = max(coalesce(discount, 0))
               AND min(coalesce(discount_amount, 0)) = max(coalesce(discount_amount, 0)) AS one_price
    FROM lines WHERE product IS NOT NULL
    GROUP BY product, location, date_trunc('month', day)
)
SELECT l."user", l.location, l.day, l.is_override, l.is_lower AND l.gross - l.net > $floor_discount * l.gross AS is_deep,
       (l.is_override OR l.is_lower) AND l.net < try(l.qty::DECIMAL(38, 4) * coalesce(CASE WHEN l.unit_cost > 0 THEN l.unit_cost END, c.unit_cost))
           AS is_below_cost,
       CASE WHEN l.gross > l.net THEN l.gross - l.net WHEN l.gross <= l.net AND l.list_price IS NOT NULL THEN 0 END AS given,
       try(l.qty::DECIMAL(38, 4) * coalesce(CASE WHEN l.unit_cost > 0 THEN l.unit_cost END, c.unit_cost)) - l.net AS short_of_cost,
       l._file_id, l._record
FROM lines AS l
LEFT JOIN usual AS u ON u.product = l.product AND u.location IS NOT DISTINCT FROM l.location
 AND u.month IS NOT DISTINCT FROM date_trunc('month', l.day)
ASOF LEFT JOIN unit_costs AS c ON c.product = l.product AND l.day >= c.valid_from
WHERE (l.is_override OR l.is_lower) AND NOT l.is_promoted
  AND NOT coalesce(u.lower >= $usual_share * u.lines AND u.one <> u.other AND u.lines > 1
                   AND l.net >= try($month_price * u.lower_price * l.qty), false)
  AND NOT coalesce(u.lines >= $least_alone AND u.one_seller AND u.one_price, false)

-- section: input
WITH roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), formats AS (
    SELECT location, max(lower(trim(format))) AS format FROM locations WHERE location IS NOT NULL GROUP BY location
), days AS (
    SELECT "user", location, ts_date AS day, count(*) AS trials
    FROM sales
    WHERE _duplicate_record IS NULL AND "user" IS NOT NULL AND coalesce(type, 'sale') = 'sale' AND qty > 0
      AND NOT (type IS NULL AND type_source IS NOT NULL)
    GROUP BY "user", location, ts_date
), worked AS (
    SELECT "user", location, CASE WHEN isodow(day) >= 6 THEN 'weekend' WHEN day IS NOT NULL THEN 'weekday' END AS band, sum(trials) AS trials
    FROM days GROUP BY "user", location, CASE WHEN isodow(day) >= 6 THEN 'weekend' WHEN day IS NOT NULL THEN 'weekday' END
), kinds AS (
    SELECT * FROM (VALUES ('override', 'prices typed over', 'precios tecleados'), ('deep', 'deep discounts', 'descuentos fuertes'),
                          ('below_cost', 'prices below cost', 'precios bajo coste')) AS k(kind, kind_en, kind_es)
), flagged AS (
    SELECT 'override' AS kind, "user", location, day, given AS amount FROM population WHERE is_override
    UNION ALL SELECT 'deep', "user", location, day, given FROM population WHERE is_deep
    UNION ALL SELECT 'below_cost', "user", location, day, short_of_cost FROM population WHERE is_below_cost
), daily AS (
    SELECT kind, "user", location, day, CASE WHEN isodow(day) >= 6 THEN 'weekend' WHEN day IS NOT NULL THEN 'weekday' END AS band,
           count(*) AS events, count(amount) AS priced, sum(amount) AS amount
    FROM flagged GROUP BY kind, "user", location, day
), by_day AS (
    SELECT kind, "user", day, sum(events) AS events FROM daily WHERE day IS NOT NULL GROUP BY kind, "user", day
), windows AS (
    SELECT kind, "user", sum(events) OVER (PARTITION BY kind, "user" ORDER BY day
                                           RANGE BETWEEN CURRENT ROW AND to_days($window_days - 1) FOLLOWING) AS events
    FROM by_day
), densest AS (
    SELECT kind, "user", max(events) AS events FROM windows GROUP BY kind, "user"
), happened AS (
    SELECT kind, "user", location, band, sum(events) AS events, max(events) AS busiest, min(day) AS first_day, max(day) AS last_day,
           CASE WHEN sum(priced) = sum(events) THEN sum(amount) END AS amount
    FROM daily GROUP BY kind, "user", location, band
), cells AS (
    SELECT k.kind, k.kind_en, k.kind_es, w."user", w.location, r.role, f.format, w.band, w.trials::BIGINT AS trials,
           coalesce(h.events, 0)::BIGINT AS events, coalesce(h.busiest, 0)::BIGINT AS busiest, h.first_day, h.last_day,
           CASE WHEN h.kind IS NULL THEN 0 ELSE h.amount END AS amount,
           (CASE WHEN k.kind <> 'override' OR d.events > $floor_overrides THEN 1 ELSE 0 END)::BIGINT AS above
    FROM worked AS w CROSS JOIN kinds AS k
    LEFT JOIN roles AS r ON r."user" = w."user"
    LEFT JOIN formats AS f ON f.location = w.location
    LEFT JOIN happened AS h ON h.kind = k.kind AND h."user" = w."user" AND h.location IS NOT DISTINCT FROM w.location
     AND h.band IS NOT DISTINCT FROM w.band
    LEFT JOIN densest AS d ON d.kind = k.kind AND d."user" = w."user"
)
SELECT kind, kind_en, kind_es, "user", location, role, format, band, trials, events, busiest, first_day, last_day, amount, above
FROM cells
ORDER BY kind, "user", location, band

-- section: evidence
SELECT v."user", v.period_start, v.period_end, 'price change' AS role, 0 AS ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.location AS value_location, s.product AS value_product,
       s.qty AS value_qty, s.list_price AS value_list_price, s.unit_price AS value_unit_price, s.discount AS value_discount,
       s.discount_amount AS value_discount_amount, s.line_total AS value_line_total, s.price_override AS value_price_override,
       s.reason AS value_reason, s.approved_by AS value_approved_by, s.customer AS value_customer
FROM violations AS v
JOIN population AS p ON p."user" = v."user"
 AND ((v.kind = 'override' AND p.is_override) OR (v.kind = 'deep' AND p.is_deep) OR (v.kind = 'below_cost' AND p.is_below_cost))
JOIN sales AS s ON s._file_id = p._file_id AND s._record = p._record
