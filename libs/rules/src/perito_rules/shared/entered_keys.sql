/* ---
id: entered_keys
version: 1
kind: view
title: {en: Keys whose balances follow the order of entry, es: Claves cuyos saldos siguen el orden de registro}
optional:
  movements: [movement, ts, posted_at, product, location, type, qty, balance_after]
uses: [ledger_chain]
unique: {entered: [product, location]}
--- */
-- One row per product and place (NULL where balances are kept per product) whose stated balances do not follow each other in
-- the order of their times, and all do in the order in which the rows were entered: by the time of entry, or by the number at
-- the end of the movement's own. Something was entered late there, under an earlier time; nothing is wrong with the balances.
WITH broken AS (
    SELECT DISTINCT grain, sign, product, location FROM ledger_chain
    WHERE is_asserted AND abs(change) > balance_tolerance AND grain <> 'product, location, lot'
), entered AS (
    SELECT b.product, b.location, b.sign * m.qty AS qty, m.balance_after, m.posted_at, coalesce(m.type = 'count', false) AS is_count,
           try_cast(nullif(regexp_extract(m.movement, '[0-9]+$'), '') AS DECIMAL(38, 0)) AS number
    FROM broken AS b
    JOIN movements AS m ON m.product = b.product AND (b.grain = 'product' OR m.location IS NOT DISTINCT FROM b.location)
    WHERE m._duplicate_record IS NULL
), paired AS (
    SELECT product, location, qty, balance_after, is_count, number, posted_at,
           lag(balance_after) OVER (PARTITION BY product, location ORDER BY number) AS numbered_before,
           lag(balance_after) OVER (PARTITION BY product, location ORDER BY posted_at) AS posted_before
    FROM entered
)
SELECT product, location
FROM paired
GROUP BY product, location
HAVING count(*) > 2 AND count(qty) = count(*) AND count(balance_after) = count(*)
   AND (count(DISTINCT number) = count(*) AND bool_and(coalesce(is_count OR balance_after = numbered_before + qty, true))
        OR count(DISTINCT posted_at) = count(*) AND bool_and(coalesce(is_count OR balance_after = posted_before + qty, true)))
