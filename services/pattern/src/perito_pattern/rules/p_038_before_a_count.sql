/* ---
id: P-038
version: 1
kind: function
function: perito_pattern.peer_shares:judge
title: {en: Adjustments just before a count that then finds nothing, es: Ajustes justo antes de un conteo que no halla nada}
severity: medium
grain: group
unit: people who adjust
identity: [user, location]
needs:
  movements: [movement, type, product, location, ts, qty]
  count_schedule: [scheduled_at, location]
  counts: [ts, product, location, system_qty, counted_qty]
optional:
  count_schedule: [category, product]
  movements: [user, reason, reversal_of]
  products: [product, category]
uses: [count_differences, product_groups]
parameters:
  hours: {default: 48, type: integer, meaning: "hours before the count in which an adjustment is just before it"}
  count_days: {default: 2, type: integer, meaning: "days from the scheduled moment on within which the count is that one"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all people tested"}
  floor: {default: "0.05", type: decimal, meaning: "share of adjustments that may always lie just before a count"}
  least: {default: 5, type: integer, meaning: "adjustments without which nobody is tested"}
  least_events: {default: 4, type: integer, meaning: "adjustments just before a count from which somebody is told"}
  least_ratio: {default: "3", type: decimal, meaning: "how many times what is to be expected that must be"}
  least_peers: {default: 8, type: integer, meaning: "peers from which on their differences are allowed for"}
impact: none, because an adjustment bears its own amount, and the count agrees with it
explains: []
entities: [user, location]
texts:
  finding:
    en: "{who_en}: {events:,} of {trials:,} adjustments came within {hours} hours before a scheduled count that then found no difference; about {expected_events:,} were to be expected"
    es: "{who_es}: {events:,} de {trials:,} ajustes fueron en las {hours} horas previas a un conteo previsto que no halló diferencia; eran de esperar unos {expected_events:,}"
explanation:
  en: >-
    Who knows when a product will be counted, and what is missing, can write it off the day before: the count then finds
    nothing. A single adjustment before a count is chance, for most counts find nothing. Told is who does it far more often
    than the others who adjust. Without users in the ledger, places are compared.
  es: >-
    Quien sabe cuándo se contará un producto y qué falta puede darlo de baja el día antes: el conteo no halla nada. Un solo
    ajuste antes de un conteo es casualidad, pues la mayoría no halla nada. Se indica quien lo hace mucho más que los demás
    que ajustan. Si el diario no tiene usuarios, se comparan los lugares.
remedy:
  en: "Keep the days of counts to those who count, and ask for a document with each of these adjustments."
  es: "Reserve las fechas de conteo a quienes cuentan y pida un documento de cada uno de estos ajustes."
words:
  people who adjust: {es: personas que ajustan}
  trials: {es: ajustes, en: adjustments}
  events: {es: justo antes de un conteo, en: just before a count}
  expected_events: {es: esperados, en: expected}
  chance: {es: probabilidad}
  members_tested: {es: personas probadas, en: people tested}
  adjustment before a count: {es: ajuste antes de un conteo}
  hours: {es: horas}
source: "Inventory count controls"
--- */

-- section: population
WITH reversed AS (
    SELECT DISTINCT reversal_of AS movement FROM movements WHERE reversal_of IS NOT NULL
), adjustments AS (
    SELECT m."user", m.location, m.product, m.ts, m.ts_date AS day, m._file_id, m._record
    FROM movements AS m LEFT JOIN reversed AS r ON r.movement = m.movement
    WHERE m.type = 'adjustment' AND m.qty <> 0 AND m._duplicate_record IS NULL AND m.reversal_of IS NULL AND r.movement IS NULL
), agreed AS (
    -- Days on which a product was counted and every line agreed.
    SELECT product, location, day FROM count_differences
    GROUP BY product, location, day HAVING bool_and(coalesce(difference = 0, false))
), planned AS (
    SELECT DISTINCT location, product, category, scheduled_at, scheduled_at_date AS day FROM count_schedule
    WHERE scheduled_at IS NOT NULL AND location IS NOT NULL AND _duplicate_record IS NULL
), before AS (
    SELECT DISTINCT a._file_id, a._record
    FROM adjustments AS a
    JOIN planned AS s ON s.location = a.location AND a.ts < s.scheduled_at AND a.ts >= s.scheduled_at - to_hours($hours)
    LEFT JOIN product_groups AS g ON g.product = a.product
    JOIN agreed AS c ON c.product = a.product AND c.location = a.location AND c.day >= s.day AND c.day <= s.day + $count_days::INTEGER
    WHERE coalesce(s.product = a.product, true) AND coalesce(s.category = g.category, s.category IS NULL)
)
SELECT a."user", CASE WHEN a."user" IS NULL THEN a.location END AS location, a._file_id, a._record, b._record IS NOT NULL AS is_before
FROM adjustments AS a LEFT JOIN before AS b ON b._file_id = a._file_id AND b._record = a._record

-- section: input
WITH sums AS (
    SELECT "user", location, count(*) AS trials, count(*) FILTER (is_before) AS events FROM population GROUP BY "user", location
), everybody AS (
    SELECT sum(trials) AS trials, sum(events) AS events FROM sums
)
SELECT s."user", s.location, s.trials::BIGINT AS trials, s.events::BIGINT AS events,
       ratio(e.events - s.events, e.trials - s.trials) AS share, $hours AS hours,
       coalesce('User ' || s."user", 'Place ' || s.location, '') AS who_en, coalesce('Usuario ' || s."user", 'Lugar ' || s.location, '') AS who_es
FROM sums AS s CROSS JOIN everybody AS e
WHERE s."user" IS NOT NULL OR s.location IS NOT NULL
ORDER BY s."user", s.location

-- section: evidence
SELECT v."user", v.location, 'adjustment before a count' AS role, 0 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.product AS value_product, m.location AS value_location, m.ts AS value_ts, m.qty AS value_qty,
       m.reason AS value_reason
FROM violations AS v
JOIN population AS p ON p.is_before AND p."user" IS NOT DISTINCT FROM v."user" AND p.location IS NOT DISTINCT FROM v.location
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
