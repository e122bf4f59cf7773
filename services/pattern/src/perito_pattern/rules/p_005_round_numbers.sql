/* ---
id: P-005
version: 1
kind: function
function: perito_pattern.cashiers:judge_each
title: {en: Round numbers more often than others, es: Números redondos más a menudo que los demás}
severity: low
grain: user
unit: users and kinds of number
identity: [user, kind]
needs:
  movements: [type, qty, user]
optional:
  movements: [movement, product, location, ts, reversal_of]
  invoices: [supplier, document, product, line_total, user, invoiced_at, status]
  users: [user, role]
  products: [product, units_per_pack]
unique: {cells: [kind, user, location]}
parameters:
  round_units: {default: 10, type: integer, meaning: "base units of which a round quantity is a multiple"}
  round_amount: {default: 100, type: integer, meaning: "amount, in the books' currency, of which a round amount is a multiple"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all users and kinds tested"}
  least_peers: {default: 8, type: integer, meaning: "other users of the same role without whom nobody is compared"}
  least_trials: {default: 20, type: integer, meaning: "adjustments or amounts without which a user is not compared"}
  least_events: {default: 5, type: integer, meaning: "round numbers, those of the busiest day left out, without which nothing is told"}
  least_z: {default: "3.5", type: decimal, meaning: "robust standard deviations by which the lower bound of the share must exceed the peers' median"}
  least_ratio: {default: "2", type: decimal, meaning: "multiple of the expected share that the lower bound must reach where the peers are all alike"}
impact: none, because a round number costs nothing by itself
recoverable: false
explains: []
entities: [user]
texts:
  finding:
    en: "User {user}: {events:,} of {trials:,} {kind_en} are round; about {expected_events:,} were to be expected"
    es: "Usuario {user}: {events:,} de {trials:,} {kind_es} son redondos; eran de esperar unos {expected_events:,}"
explanation:
  en: >-
    What is counted or charged is rarely round; what is estimated or made up often is. Each user is compared with others of
    the same role, and with the colleagues of the same place where these all round. Adjustments of goods that come in packs
    of ten are left out, and so are adjustments that were taken back. An amount that comes again for a supplier and product,
    such as a rent, counts once. Told is what is unlikely given how many users were tested, and not the work of one day.
  es: >-
    Lo que se cuenta o se cobra rara vez es redondo; lo que se estima o inventa lo es a menudo. Cada usuario se compara con
    otros del mismo puesto, y con los compañeros del mismo lugar si allí todos redondean. No cuentan los ajustes de productos
    que vienen en envases de diez ni los anulados. Un importe que se repite para un proveedor y producto, como un alquiler,
    cuenta una vez. Se indica lo improbable dado el número de usuarios probados y que no sea cosa de un solo día.
remedy:
  en: "Ask for the counts or papers behind those rows."
  es: "Pida los recuentos o documentos de esas filas."
words:
  users and kinds of number: {es: usuarios y tipos de número}
  kind: {es: tipo}
  events: {en: round numbers, es: números redondos}
  trials: {en: numbers compared, es: números comparados}
  expected_events: {en: round numbers to be expected, es: números redondos esperados}
  chance: {es: probabilidad}
  robust_z: {en: robust standard deviations above peers, es: desviaciones robustas sobre los pares}
  peers: {es: pares}
  also: {en: stands out by this too, es: destaca también por}
  round: {es: redondo}
  tested: {en: compared, es: comparados}
source: "Round-number test of digit analysis (Nigrini)"
--- */

-- section: population
-- One row per adjustment, and one per amount of a supplier and product.
WITH packs AS (
    SELECT product FROM products
    WHERE product IS NOT NULL AND units_per_pack >= $round_units AND mod(units_per_pack, $round_units) = 0 GROUP BY product
)
SELECT 'quantity' AS kind, m."user", m.location, m.ts_date AS day, mod(m.qty, $round_units) = 0 AS is_round, 'movements' AS table_name,
       m._file_id, m._record
FROM movements AS m LEFT JOIN packs AS p ON p.product = m.product
WHERE m.type = 'adjustment' AND m.qty <> 0 AND m._duplicate_record IS NULL AND m.reversal_of IS NULL AND m."user" IS NOT NULL
  AND p.product IS NULL
UNION ALL
SELECT 'amount', "user", NULL, day, mod(line_total, $round_amount) = 0, 'invoices', _file_id, _record
FROM (SELECT supplier, product, line_total, "user", invoiced_at_date AS day, _file_id, _record
      FROM invoices
      WHERE "user" IS NOT NULL AND line_total > 0 AND _duplicate_record IS NULL AND coalesce(status, '') <> 'cancelled'
      QUALIFY row_number() OVER (PARTITION BY "user", supplier, product, line_total ORDER BY _file_id, _record) = 1) AS amounts

-- section: input
WITH roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), daily AS (
    SELECT kind, "user", location, day, count(*) AS trials, count(*) FILTER (WHERE is_round) AS events
    FROM population GROUP BY kind, "user", location, day
), cells AS (
    SELECT d.kind, d."user", d.location, max(r.role) AS role, sum(d.trials)::BIGINT AS trials, sum(d.events)::BIGINT AS events,
           max(d.events)::BIGINT AS busiest, min(CASE WHEN d.events > 0 THEN d.day END) AS first_day,
           max(CASE WHEN d.events > 0 THEN d.day END) AS last_day
    FROM daily AS d LEFT JOIN roles AS r ON r."user" = d."user"
    GROUP BY d.kind, d."user", d.location
)
SELECT kind, CASE kind WHEN 'quantity' THEN 'adjusted quantities' ELSE 'invoiced amounts' END AS kind_en,
       CASE kind WHEN 'quantity' THEN 'ajustes' ELSE 'importes facturados' END AS kind_es,
       "user", location, role, NULL::VARCHAR AS format, NULL::VARCHAR AS band, trials, events, busiest, first_day, last_day,
       NULL::DECIMAL(38, 4) AS amount
FROM cells
ORDER BY kind, "user", location

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'round' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.product AS value_product, m.location AS value_location, m.qty AS value_qty
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.kind = v.kind AND p.is_round AND p.table_name = 'movements'
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record

-- section: evidence
SELECT v."user", v.kind, v.period_start, v.period_end, 'round' AS role, 0 AS ordinal, 'invoices' AS table_name, i._file_id, i._record, i._line,
       i.document AS key_document, i.supplier AS value_supplier, i.invoiced_at_date AS value_invoiced_on, i.line_total AS value_line_total
FROM violations AS v
JOIN population AS p ON p."user" = v."user" AND p.kind = v.kind AND p.is_round AND p.table_name = 'invoices'
JOIN invoices AS i ON i._file_id = p._file_id AND i._record = p._record
