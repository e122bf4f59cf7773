/* ---
id: P-015
version: 1
kind: function
function: perito_pattern.cashiers:judge_each
title: {en: Entries outside trading hours, es: Registros fuera del horario}
severity: low
grain: user
unit: users
identity: [user, kind]
needs:
  movements: [location, user, ts]
  calendars: [location, day, trading]
optional:
  movements: [movement, type, posted_at, product, qty]
  calendars: [opens_at, closes_at, holiday]
  users: [user, role]
  locations: [location, format]
unique: {cells: [user, location]}
parameters:
  margin_minutes: {default: 60, type: integer, meaning: "minutes before opening and after closing that belong to the working day"}
  closed_days: {default: 5, type: integer, meaning: "days closed in a row beyond which a place is closed for works or for good, and whoever is there has work to do"}
  batch_share: {default: "0.5", type: decimal, meaning: "share of a place's entries at one time of day from which that is when a machine enters them"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all users tested"}
  least_peers: {default: 8, type: integer, meaning: "other users of the same role and store format without whom nobody is compared"}
  least_trials: {default: 20, type: integer, meaning: "entries without which a user is not compared"}
  least_events: {default: 5, type: integer, meaning: "entries outside hours, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the share must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected share that the lower bound must reach where the peers are all alike"}
impact: none, because the hour of an entry costs nothing by itself
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "User {user}: {events:,} of {trials:,} entries of stock were made outside trading hours; about {expected_events:,} were to be expected"
    es: "Usuario {user}: {events:,} de {trials:,} registros de existencia se hicieron fuera del horario; eran de esperar unos {expected_events:,}"
explanation:
  en: >-
    Whoever has something to hide enters it when nobody is there. An entry is outside hours on a day on which the place does
    not trade, or more than an hour before it opens or after it closes. Night shifts and stocktakes are honest, so each user
    is compared with others of the same role and store format, and with the colleagues of the same place. Sales are left
    out, and so is what a machine enters at one time of day, and entries without a time. Where the calendar has no such
    day, or a place is closed for more than a few days in a row, as for works, nothing is said of it.
  es: >-
    Quien tiene algo que ocultar lo registra cuando no hay nadie. Un registro está fuera del horario en un día en que el
    lugar no abre, o más de una hora antes de abrir o después de cerrar. Los turnos de noche y los inventarios son honrados,
    por lo que cada usuario se compara con otros del mismo puesto y formato de tienda y con los compañeros del mismo lugar.
    No cuentan las ventas, lo que una máquina registra a una misma hora ni los registros sin hora. Si el calendario no tiene
    ese día, o el lugar cierra más de unos días seguidos, como por obras, no se dice nada de él.
remedy:
  en: "Compare with the access log and the roster: who was there, and why."
  es: "Compare con el registro de accesos y los turnos: quién estaba y por qué."
words:
  kind: {es: tipo}
  events: {en: entries outside hours, es: registros fuera del horario}
  trials: {en: entries, es: registros}
  expected_events: {en: entries to be expected, es: registros esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  outside hours: {es: fuera del horario}
  tested: {en: compared, es: comparados}
source: "Journal-entry testing of audit practice (ISA 240)"
--- */

-- section: population
-- One row per entry by a person on a day that the calendar knows.
WITH entries AS (
    SELECT "user", location, coalesce(posted_at, ts) AS entered, coalesce(posted_at_date, ts_date) AS day,
           strftime(coalesce(posted_at, ts), '%H:%M:%S') AS hour, date_trunc('day', coalesce(posted_at, ts)) = coalesce(posted_at, ts) AS is_bare,
           _file_id, _record
    FROM movements
    WHERE _duplicate_record IS NULL AND "user" IS NOT NULL AND location IS NOT NULL AND coalesce(posted_at, ts) IS NOT NULL
      AND coalesce(type, 'other') NOT IN ('sale', 'return', 'opening')
), hours AS (
    SELECT location, hour, count(*) AS entries FROM entries GROUP BY location, hour
), machines AS (
    SELECT h.location, h.hour FROM hours AS h
    JOIN (SELECT location, sum(entries) AS entries FROM hours GROUP BY location) AS a ON a.location = h.location
    WHERE h.entries >= $batch_share * a.entries AND h.entries > 1
), known_days AS (
    SELECT location, day, bool_or(trading) AS trading, min(opens_at) AS opens_at, max(closes_at) AS closes_at
    FROM calendars WHERE location IS NOT NULL AND day IS NOT NULL GROUP BY location, day
), days AS (
    SELECT *, last_value(CASE WHEN trading THEN day END IGNORE NULLS) OVER (PARTITION BY location ORDER BY day) AS open_before,
           first_value(CASE WHEN trading THEN day END IGNORE NULLS) OVER (
               PARTITION BY location ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS open_after
    FROM known_days
)
SELECT e."user", e.location, e.day, e._file_id, e._record,
       CASE WHEN d.trading THEN coalesce(e.entered < d.opens_at - to_minutes($margin_minutes)
                                         OR e.entered > d.closes_at + to_minutes($margin_minutes), false)
            ELSE true END AS is_outside
FROM entries AS e
JOIN days AS d ON d.location = e.location AND d.day = e.day
LEFT JOIN machines AS m ON m.location = e.location AND m.hour = e.hour
WHERE m.location IS NULL AND NOT e.is_bare AND d.trading IS NOT NULL
  AND (d.trading OR d.open_after - d.open_before - 1 <= $closed_days)

-- section: input
WITH roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), formats AS (
    SELECT location, max(lower(trim(format))) AS format FROM locations WHERE location IS NOT NULL GROUP BY location
), daily AS (
    SELECT "user", location, day, count(*) AS trials, count(*) FILTER (WHERE is_outside) AS events
    FROM population GROUP BY "user", location, day
), cells AS (
    SELECT d."user", d.location, max(r.role) AS role, max(f.format) AS format, sum(d.trials)::BIGINT AS trials,
           sum(d.events)::BIGINT AS events, max(d.events)::BIGINT AS busiest,
           min(CASE WHEN d.events > 0 THEN d.day END) AS first_day, max(CASE WHEN d.events > 0 THEN d.day END) AS last_day
    FROM daily AS d LEFT JOIN roles AS r ON r."user" = d."user" LEFT JOIN formats AS f ON f.location = d.location
    GROUP BY d."user", d.location
)
SELECT 'outside' AS kind, 'entries' AS kind_en, 'registros' AS kind_es, "user", location, role, format, NULL::VARCHAR AS band,
       trials, events, busiest, first_day, last_day, NULL::DECIMAL(38, 4) AS amount
FROM cells
ORDER BY "user", location

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'outside hours' AS role, 0 AS ordinal, 'movements' AS table_name,
       m._file_id, m._record, m._line, m.movement AS key_movement, m.ts AS value_ts, m.posted_at AS value_posted_at,
       m.type AS value_type, m.location AS value_location, m.product AS value_product, m.qty AS value_qty
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.is_outside
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
