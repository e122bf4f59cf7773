/* ---
id: ledger_chain
version: 1
kind: view
title: {en: The stock ledger in order with the balances it states, es: El diario de existencias en orden con los saldos que declara}
optional:
  movements: [movement, ts, seq, product, location, lot, type, qty, balance_after, unit_cost]
uses: [ledger_readings]
unique: {steps: [step]}
--- */
-- One row per step of the ledger: a movement, or the movements of one key that share an instant and have no sequence, of
-- which nobody knows the order. A step's `shift` is what its stated balance has beyond the sum of the quantities up to it;
-- in a ledger that adds up it never changes. Of several movements in one step only the end is asserted: it is known where
-- the stated balances, strung together in some order, have one end; otherwise any of them may be it.
-- A count resets the balance, and so does a quantity that could not be read: nothing is asserted across it (`segment`).
-- `grain` and `sign` are the reading of balances that ledger_readings chose.
WITH ledger AS (
    SELECT movement, ts, ts_date AS day, seq, product, location, lot, type = 'count' AS is_count, qty, balance_after, unit_cost,
           _file_id * 1000000000000 + _record AS place, product || chr(31) || coalesce(location, '') AS product_location
    FROM movements
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND EXISTS (SELECT 1 FROM movements WHERE balance_after IS NOT NULL)
), keyed AS (
    SELECT r.grain, r.sign, l.movement, l.ts, l.day, l.seq, l.product,
           CASE WHEN r.grain <> 'product' THEN l.location END AS location,
           CASE WHEN r.grain = 'product, location, lot' THEN l.lot END AS lot,
           CASE r.grain WHEN 'product' THEN l.product WHEN 'product, location' THEN l.product_location
                        ELSE l.product_location || chr(31) || coalesce(l.lot, '') END AS key,
           coalesce(l.is_count, false) AS is_count, r.sign * l.qty AS qty, l.balance_after, l.unit_cost, l.place
    FROM ledger AS l CROSS JOIN ledger_readings AS r
    WHERE r.chosen
), instants AS (
    -- Few movements share an instant with another of their key: only those are looked at together.
    SELECT key, ts, count(seq) = count(*) AS sequenced FROM keyed GROUP BY key, ts HAVING count(*) > 1
), dated AS (
    SELECT k.*, i.key IS NOT NULL AS shares, CASE WHEN i.key IS NULL OR i.sequenced THEN k.seq END AS tie_seq
    FROM keyed AS k LEFT JOIN instants AS i ON i.key = k.key AND i.ts = k.ts
    WHERE k.key NOT IN (SELECT key FROM keyed WHERE ts IS NULL)
), tied AS (
    SELECT *, min(place) OVER (PARTITION BY key, ts, tie_seq) AS step, count(*) OVER (PARTITION BY key, ts, tie_seq) AS step_rows
    FROM dated
    WHERE shares
), strung AS (
    -- Every balance that is stated and every one that a movement began with: what is left over are the two ends.
    SELECT step, balance_after AS balance, 1 AS side FROM tied WHERE step_rows > 1
    UNION ALL
    SELECT step, balance_after - qty, -1 FROM tied WHERE step_rows > 1
), leftover AS (
    SELECT step, balance, sum(side) AS surplus FROM strung GROUP BY step, balance
), ends AS (
    SELECT step, max(CASE WHEN surplus > 0 THEN balance END) AS end_balance,
           coalesce(sum(CASE WHEN surplus > 0 THEN surplus END), 0) AS open_ends
    FROM leftover
    GROUP BY step
), stated AS (
    SELECT step, list(balance_after ORDER BY balance_after) AS balances
    FROM tied
    WHERE step_rows > 1 AND balance_after IS NOT NULL
    GROUP BY step
), steps AS (
    SELECT grain, sign, key, product, location, lot, ts, day, tie_seq, place AS step, 1 AS step_rows, movement, qty,
           qty IS NULL AS unread, is_count, CASE WHEN balance_after IS NULL THEN 0 ELSE 1 END AS balances_stated,
           balance_after AS highest, place AS last_place, CASE WHEN unit_cost > 0 THEN unit_cost END AS row_cost
    FROM dated
    WHERE NOT shares
    UNION ALL
    SELECT grain, sign, key, product, location, lot, ts, min(day), tie_seq, step, step_rows, min(movement), sum(qty),
           count(qty) < count(*), bool_or(is_count), count(balance_after), max(balance_after), max(place),
           CASE WHEN min(unit_cost) = max(unit_cost) AND min(unit_cost) > 0 THEN min(unit_cost) END
    FROM tied
    GROUP BY grain, sign, key, product, location, lot, ts, tie_seq, step, step_rows
), summed AS (
    SELECT *, sum(coalesce(qty, 0)) OVER (PARTITION BY key ORDER BY ts, tie_seq, step) AS total,
           sum(CASE WHEN is_count OR unread THEN 1 ELSE 0 END) OVER (PARTITION BY key ORDER BY ts, tie_seq, step) AS segment,
           lag(step) OVER (PARTITION BY key ORDER BY ts, tie_seq, step) AS step_before,
           lag(day) OVER (PARTITION BY key ORDER BY ts, tie_seq, step) AS day_before
    FROM steps
), ended AS (
    SELECT s.*, t.balances,
           CASE WHEN s.step_rows = 1 THEN 'single' WHEN s.is_count OR s.unread OR s.balances_stated < s.step_rows THEN 'open'
                WHEN e.open_ends = 1 THEN 'strung' WHEN e.open_ends = 0 THEN 'closed' ELSE 'mixed' END AS kind,
           CASE WHEN s.step_rows = 1 THEN s.highest - s.total
                WHEN NOT s.is_count AND NOT s.unread AND s.balances_stated = s.step_rows AND e.open_ends = 1 THEN e.end_balance - s.total END AS known_shift
    FROM summed AS s
    LEFT JOIN ends AS e ON e.step = s.step
    LEFT JOIN stated AS t ON t.step = s.step
), unsettled AS (
    SELECT key FROM ended WHERE known_shift IS NULL AND balances_stated > 0 AND NOT is_count AND NOT unread
), framed AS (
    SELECT step, last_value(known_shift IGNORE NULLS) OVER (
                     PARTITION BY key, segment ORDER BY ts, tie_seq, step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS shift_before,
           first_value(known_shift IGNORE NULLS) OVER (
                     PARTITION BY key, segment ORDER BY ts, tie_seq, step ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS shift_after
    FROM ended
    WHERE key IN (SELECT key FROM unsettled)
), resolved AS (
    SELECT e.*, CASE WHEN e.known_shift IS NOT NULL THEN e.known_shift
                     WHEN e.balances_stated = 0 OR e.is_count OR e.unread OR f.shift_before IS NULL THEN NULL
                     WHEN list_contains(e.balances, f.shift_before + e.total) THEN f.shift_before
                     WHEN e.kind = 'open' THEN NULL
                     WHEN f.shift_after <> f.shift_before THEN f.shift_after
                     ELSE e.highest - e.total END AS shift
    FROM ended AS e LEFT JOIN framed AS f ON f.step = e.step
), compared AS (
    SELECT *, last_value(shift IGNORE NULLS) OVER (
                  PARTITION BY key, segment ORDER BY ts, tie_seq, step ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS carried
    FROM resolved
), places AS (
    -- One unit of the last place that the balances of a product are printed with; whole units have no tolerance.
    SELECT product, CASE max(CASE WHEN balance_after = round(balance_after, 0) THEN 0 WHEN balance_after = round(balance_after, 1) THEN 1
                                  WHEN balance_after = round(balance_after, 2) THEN 2 WHEN balance_after = round(balance_after, 3) THEN 3 ELSE 4 END)
                         WHEN 0 THEN 0 WHEN 1 THEN 0.1 WHEN 2 THEN 0.01 WHEN 3 THEN 0.001 ELSE 0.0001 END::DECIMAL(18, 4) AS balance_tolerance
    FROM ledger
    GROUP BY product
), asserted AS (
    SELECT c.*, p.balance_tolerance, shift IS NOT NULL AND carried IS NOT NULL AS is_asserted, shift - carried AS change,
           coalesce(abs(shift - carried) > p.balance_tolerance, false) AS turns
    FROM compared AS c JOIN places AS p ON p.product = c.product
), counted AS (
    -- A key whose shift never changes is one run.
    SELECT step, sum(CASE WHEN turns THEN 1 ELSE 0 END) OVER (PARTITION BY key, segment ORDER BY ts, tie_seq, step) AS run
    FROM asserted
    WHERE key IN (SELECT key FROM asserted WHERE turns)
), runs AS (
    SELECT a.*, coalesce(c.run, 0) AS run FROM asserted AS a LEFT JOIN counted AS c ON c.step = a.step
), spans AS (
    SELECT key, segment, run, sum(step_rows) AS run_rows, max(shift) FILTER (WHERE turns OR run = 0) AS run_shift
    FROM runs
    GROUP BY key, segment, run
), neighbours AS (
    SELECT *, lag(run_shift) OVER k AS shift_1_before, lag(run_shift, 2) OVER k AS shift_2_before, lead(run_shift) OVER k AS next_shift,
           sum(run_rows) OVER (PARTITION BY key, segment) - sum(run_rows) OVER k AS rows_of_later_runs
    FROM spans
    WINDOW k AS (PARTITION BY key, segment ORDER BY run)
)
SELECT r.grain, r.sign, r.key, r.product, r.location, r.lot, r.ts, r.day, r.tie_seq, r.step, r.last_place, r.step_rows, r.movement, r.qty, r.row_cost,
       r.kind, r.segment, r.run, r.balances, r.balance_tolerance, r.is_asserted, r.shift, r.total,
       r.carried + r.total - r.qty AS balance_before, r.carried + r.total AS expected_balance,
       r.shift + r.total AS stated_balance, r.change, r.turns AND n.run_shift = n.shift_2_before AS recovers,
       n.next_shift IS NOT NULL AND n.next_shift = n.shift_1_before AS recovered,
       n.run_rows - r.step_rows + CASE WHEN n.next_shift = n.shift_1_before THEN 0 ELSE n.rows_of_later_runs END AS rows_after,
       r.step_before, r.day_before
FROM runs AS r
JOIN neighbours AS n ON n.key = r.key AND n.segment = r.segment AND n.run = r.run
