/* ---
id: ledger_readings
version: 1
kind: view
title: {en: How the balances of the ledger may be read, es: Cómo pueden leerse los saldos del diario}
optional:
  movements: [movement, ts, seq, product, location, lot, type, qty, balance_after]
--- */
-- One row per reading that was tried, with how many balances follow from the row before them and how many do not.
-- Balances are read per product and place, incoming quantities positive. Where more than 30 % break so, other grains and the
-- opposite sign are tried, and the one with the fewest breaks is chosen, provided that it breaks at most 30 % itself: where
-- no reading explains the balances, the first one stays. Rows of one instant are taken in the order of the file here.
WITH ledger AS (
    SELECT ts, seq, product, location, lot, coalesce(type = 'count', false) AS is_count, qty, balance_after, _file_id, _record
    FROM movements
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND ts IS NOT NULL AND qty IS NOT NULL AND balance_after IS NOT NULL
), paired AS (
    SELECT is_count, qty, balance_after, lag(balance_after) OVER (PARTITION BY product, location ORDER BY ts, seq, _file_id, _record) AS before
    FROM ledger
), usual AS (
    SELECT count(*) FILTER (WHERE before IS NOT NULL AND NOT is_count) AS compared,
           count(*) FILTER (WHERE before IS NOT NULL AND NOT is_count AND balance_after <> before + qty) AS breaks
    FROM paired
), grains AS (
    SELECT DISTINCT grain, preference FROM (VALUES ('product, location', 0), ('product', 1), ('product, location, lot', 2)) AS r(grain, preference)
), others AS (
    SELECT r.grain, r.preference, l.is_count, l.qty, l.balance_after,
           lag(l.balance_after) OVER (PARTITION BY r.grain, r.preference, l.product, CASE WHEN r.grain <> 'product' THEN l.location END,
                                              CASE WHEN r.grain = 'product, location, lot' THEN l.lot END
                                      ORDER BY l.ts, l.seq, l._file_id, l._record) AS before
    FROM ledger AS l
    CROSS JOIN grains AS r
    WHERE (SELECT breaks > 0.3 * compared FROM usual)
), scores AS (
    SELECT 'product, location' AS grain, 1 AS sign, 0 AS preference, compared, breaks FROM usual
    UNION ALL
    SELECT grain, 1, preference, count(*) FILTER (WHERE before IS NOT NULL AND NOT is_count),
           count(*) FILTER (WHERE before IS NOT NULL AND NOT is_count AND balance_after <> before + qty)
    FROM others
    WHERE preference > 0
    GROUP BY grain, preference
    UNION ALL
    SELECT grain, -1, preference + 3, count(*) FILTER (WHERE before IS NOT NULL AND NOT is_count),
           count(*) FILTER (WHERE before IS NOT NULL AND NOT is_count AND balance_after <> before - qty)
    FROM others
    GROUP BY grain, preference
), weighed AS (
    SELECT grain, sign, compared, breaks, preference,
           CASE WHEN preference = 0 AND breaks <= 0.3 * compared THEN 0
                WHEN breaks <= 0.3 * compared AND compared > 0 AND preference > 0 THEN 1
                WHEN preference = 0 THEN 2 ELSE 3 END AS standing
    FROM scores
)
SELECT grain, sign, max(compared) AS compared, max(breaks) AS breaks,
       row_number() OVER (ORDER BY min(standing), max(compared) - max(breaks) DESC, min(preference), grain, sign) = 1 AS chosen
FROM weighed
GROUP BY grain, sign
