/* ---
id: P-029
version: 1
kind: function
function: perito_pattern.drawers:judge
title: {en: Till over or short, es: Caja con sobrante o faltante}
severity: medium
grain: shift
unit: shifts counted
identity: [user, till, shift, kind]
needs:
  shifts: [shift, expected_cash, counted_cash]
optional:
  shifts: [till, location, "user", opened_at, closed_at, opening_cash]
  tills: [till, location, opening_float]
  users: ["user", role]
  locations: [location, format]
parameters:
  large: {default: "50", type: decimal, meaning: "difference, in the books' currency, that must be exceeded for a shift to be told by itself"}
  large_z: {default: "8", type: decimal, meaning: "robust standard deviations of other people's shifts that it must exceed too"}
  small_from: {default: "5", type: decimal, meaning: "least small shortage"}
  small_to: {default: "20", type: decimal, meaning: "greatest small shortage"}
  floor_small: {default: 5, type: integer, meaning: "small shortages in some window of days without which they are not told"}
  window_days: {default: 30, type: integer, meaning: "days of that window"}
  floor_swings: {default: 2, type: integer, meaning: "shortages that the next shift of the till has over, by one cashier, without which they are not told"}
  float_spread: {default: "50", type: decimal, meaning: "standard deviation of a till's opening cash that must be exceeded"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all cashiers tested for small shortages"}
  least_peers: {default: 8, type: integer, meaning: "other cashiers (or tills) without which nothing is compared"}
  least_trials: {default: 10, type: integer, meaning: "shifts without which a cashier or till is not compared"}
  least_events: {default: 4, type: integer, meaning: "small shortages without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which a cashier or till must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected rate that the lower bound must reach where the peers are all alike"}
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
    Counted cash is held against what the till expects. Four things are told. A shift that is over or short by more than 50
    and by far more than other people's shifts are. Five or more shortages of 5 to 20 in thirty days of one cashier, where
    cashiers of the same role and store format have far fewer: small sums are taken because nobody asks. Shortages that the
    next shift of the till has over, from two of one cashier on: money that was borrowed, or counting that is carried on;
    such pairs are not told as large shortages. And a till whose opening cash varies by more than 50 and far more than that
    of other tills. Everybody miscounts; where all do, nobody is told. Where the float is counted and not expected, or the other way round, it is
    taken off, and so is a difference that most shifts have. A drawer of which nothing was counted is unknown. The impact is
    what is missing (negative where over).
  es: >-
    El efectivo contado se compara con el que espera la caja. Se indican cuatro cosas. Un turno con más de 50 de sobrante o
    faltante y mucho más que los turnos de otras personas. Cinco o más faltantes de 5 a 20 en treinta días de un cajero, si
    los de su puesto y formato de tienda tienen muchos menos: se toman cantidades pequeñas porque nadie pregunta. Faltantes
    que el turno siguiente de la caja tiene de más, desde dos de un cajero: dinero prestado o recuentos que se arrastran;
    esos pares no se indican como faltantes grandes. Y una caja cuyo fondo varía más de 50 y mucho más que los demás. Todos
    se equivocan al contar; donde todos lo hacen no se indica a nadie. Si el fondo se cuenta y no se espera, o al revés, se
    descuenta, y también una diferencia que tienen casi todos los turnos. Un cajón del que no se contó nada se desconoce. El
    importe es lo que falta (negativo si sobra).
remedy:
  en: "Count the till without notice during the next shifts, and let two people count the opening cash."
  es: "Cuente la caja sin aviso en los próximos turnos y haga que dos personas cuenten el fondo."
words:
  shifts counted: {es: turnos arqueados}
  kind: {es: tipo}
  events: {en: shifts, es: turnos}
  trials: {en: shifts compared, es: turnos comparados}
  expected_events: {en: to be expected, es: esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  tested: {en: cashiers compared, es: cajeros comparados}
  shifts_over_or_short: {en: shifts over or short, es: turnos con sobrante o faltante}
  small: {en: small shortages, es: faltantes pequeños}
  large: {en: large, es: grande}
  swing: {en: short and then over, es: falta y luego sobra}
  float: {en: opening cash, es: fondo inicial}
source: "Cash control of retail loss prevention (Lightspeed)"
--- */

-- section: population
-- One row per shift, with what it is over (negative: short) and the same of the next shift of its till.
WITH roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), formats AS (
    SELECT location, max(lower(trim(format))) AS format FROM locations WHERE location IS NOT NULL GROUP BY location
), drawers AS (
    -- A number that tills of several places have names none of them.
    SELECT till, CASE WHEN min(location) = max(location) THEN min(location) END AS location,
           CASE WHEN min(opening_float) = max(opening_float) THEN min(opening_float) END AS opening_float
    FROM tills WHERE till IS NOT NULL GROUP BY till
), closed AS (
    -- A drawer with nothing in it, not even the float, was emptied before anybody counted.
    SELECT s.shift, s.till, s."user", coalesce(s.location, d.location) AS location, coalesce(s.opened_at_date, s.closed_at_date) AS day,
           s.opened_at, CASE WHEN s.counted_cash <> 0 OR s.expected_cash = 0 THEN s.counted_cash - s.expected_cash END AS difference,
           s.opening_cash, d.opening_float, s._file_id, s._record
    FROM shifts AS s LEFT JOIN drawers AS d ON d.till = s.till
    WHERE s._duplicate_record IS NULL
), readings AS (
    -- The float may be counted and not expected, or the other way round: books are read as most of their shifts agree.
    SELECT count(difference) AS shifts, quantile_disc(abs(difference), 0.5) AS plain,
           CASE WHEN count(difference - opening_cash) * 2 > count(difference) THEN quantile_disc(abs(difference - opening_cash), 0.5) END AS counted,
           CASE WHEN count(difference - opening_cash) * 2 > count(difference) THEN quantile_disc(abs(difference + opening_cash), 0.5) END AS expected
    FROM closed
), floats AS (
    SELECT CASE WHEN shifts < $least_trials THEN 0 WHEN counted < least(plain, expected) THEN -1 WHEN expected < plain THEN 1 ELSE 0 END AS sign
    FROM readings
), corrected AS (
    SELECT c.*, CASE f.sign WHEN 0 THEN c.difference ELSE c.difference + f.sign * c.opening_cash END AS variance
    FROM closed AS c CROSS JOIN floats AS f
), usual AS (
    SELECT CASE WHEN count(variance) >= $least_trials AND abs(quantile_disc(variance, 0.5)) >= $small_from
                     AND quantile_disc(variance, 0.25) >= quantile_disc(variance, 0.5) - $small_from
                     AND quantile_disc(variance, 0.75) <= quantile_disc(variance, 0.5) + $small_from
                THEN quantile_disc(variance, 0.5) ELSE 0 END AS variance
    FROM corrected
), shared AS (
    SELECT till FROM closed WHERE till IS NOT NULL GROUP BY till HAVING min(location) <> max(location)
), named AS (
    SELECT c.*, c.variance - u.variance AS beyond, CASE WHEN s.till IS NULL THEN c.till ELSE concat_ws(' ', c.location, c.till) END AS drawer
    FROM corrected AS c CROSS JOIN usual AS u LEFT JOIN shared AS s ON s.till = c.till
)
SELECT c.shift, c.drawer AS till, c."user", c.location, r.role, f.format, c.day, c.beyond AS variance,
       c.opening_cash - coalesce(c.opening_float, 0) AS opening,
       CASE WHEN c.drawer IS NOT NULL AND c.opened_at IS NOT NULL
            THEN lead(c.beyond) OVER (PARTITION BY c.drawer ORDER BY c.opened_at, c._file_id, c._record) END AS next_variance,
       CASE WHEN c.drawer IS NOT NULL AND c.opened_at IS NOT NULL
            THEN lag(c.beyond) OVER (PARTITION BY c.drawer ORDER BY c.opened_at, c._file_id, c._record) END AS last_variance,
       c._file_id, c._record
FROM named AS c
LEFT JOIN roles AS r ON r."user" = c."user"
LEFT JOIN formats AS f ON f.location = c.location

-- section: input
SELECT _file_id, _record, shift, till, "user", location, role, format, day,
       CASE WHEN isodow(day) >= 6 THEN 'weekend' WHEN day IS NOT NULL THEN 'weekday' END AS band,
       variance, next_variance, last_variance, opening
FROM population
ORDER BY _file_id, _record

-- section: evidence
SELECT v."user", v.till, v.shift, v.kind, v.period_start, v.period_end, 'shift' AS role, 0 AS ordinal,
       'shifts' AS table_name, s._file_id, s._record, s._line,
       s.shift AS key_shift, s.till AS value_till, s."user" AS value_user, s.opened_at AS value_opened_at, s.closed_at AS value_closed_at,
       s.opening_cash AS value_opening_cash, s.expected_cash AS value_expected_cash, s.counted_cash AS value_counted_cash
FROM violations AS v
JOIN population AS p ON v.kind = 'large' AND p._file_id = v.file_of::BIGINT AND p._record = v.record_of::BIGINT
JOIN shifts AS s ON s._file_id = p._file_id AND s._record = p._record

-- section: evidence
SELECT v."user", v.till, v.shift, v.kind, v.period_start, v.period_end, 'shift' AS role, 0 AS ordinal,
       'shifts' AS table_name, s._file_id, s._record, s._line,
       s.shift AS key_shift, s.till AS value_till, s."user" AS value_user, s.opened_at AS value_opened_at, s.closed_at AS value_closed_at,
       s.opening_cash AS value_opening_cash, s.expected_cash AS value_expected_cash, s.counted_cash AS value_counted_cash
FROM violations AS v
JOIN population AS p ON p."user" = v."user"::VARCHAR
JOIN shifts AS s ON s._file_id = p._file_id AND s._record = p._record
WHERE (v.kind = 'small' AND -p.variance BETWEEN $small_from AND $small_to)
   OR (v.kind = 'swing' AND p.variance < 0 AND p.next_variance BETWEEN -0.9 * p.variance AND -1.1 * p.variance)

-- section: evidence
SELECT v."user", v.till, v.shift, v.kind, v.period_start, v.period_end, 'shift' AS role, 0 AS ordinal,
       'shifts' AS table_name, s._file_id, s._record, s._line,
       s.shift AS key_shift, s.till AS value_till, s."user" AS value_user, s.opened_at AS value_opened_at, s.closed_at AS value_closed_at,
       s.opening_cash AS value_opening_cash, s.expected_cash AS value_expected_cash, s.counted_cash AS value_counted_cash
FROM violations AS v
JOIN population AS p ON p.till = v.till::VARCHAR AND v.kind = 'float'
JOIN shifts AS s ON s._file_id = p._file_id AND s._record = p._record
