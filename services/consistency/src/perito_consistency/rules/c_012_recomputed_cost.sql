/* ---
id: C-012
version: 1
kind: set
title: {en: An issue was not costed by the product's method, es: Una salida no se costeó con el método del producto}
severity: high
grain: movement
unit: issues
identity: [method, product, location, movement, voucher]
needs:
  movements: [movement, ts, product, type, qty, value_delta]
  products: [product, costing_method]
optional:
  movements: [seq, location, lot, posted_at, balance_after, value_after, ref_id, reversal_of]
  products: [tracking]
unique: {steps: [kept_per, method, product, key_location, ts, tie_seq], firsts: [kept_per, product, key_location], states: [kept_per, product, key_location, ts, tie_seq], layers: [kept_per, product, key_location, came_so_far], population: [_file_id, _record]}
parameters:
  share: {default: "0.005", type: decimal, meaning: "part of the recomputed cost by which an issue may differ"}
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; differences up to it are rounding"}
  least_followed: {default: "0.7", type: decimal, meaning: "share of its issues that must follow a method before the others are told"}
impact: column
recoverable: false
explains: []
entities: [product, location, movement, voucher]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {where_en}: issue {movement} of {period_end} took {observed:,} of value, {method_en} makes {expected:,} ({difference:,})"
    es: "{product} en {where_es}: la salida {movement} del {period_end} quitó {observed:,} de valor; {method_es} da {expected:,} ({difference:,})"
words:
  issues: {es: salidas}
  method: {es: método}
  voucher: {es: comprobante}
  moving_average: {en: moving average, es: promedio móvil}
  fifo: {en: first in first out, es: primera entrada primera salida}
  issue: {es: salida}
  before: {es: anterior}
  kept_per: {en: kept per, es: llevado por}
  compared: {es: comparadas}
  booked_cost: {en: booked cost of issues, es: coste registrado de las salidas}
  recomputed_cost: {en: recomputed cost of issues, es: coste recalculado de las salidas}
  qty_before: {en: stock before, es: existencia anterior}
  value_before: {en: value before, es: valor anterior}
  issues_by_average: {en: issues costed by average, es: salidas por promedio}
  issues_by_fifo: {en: issues costed first in first out, es: salidas por primera entrada}
  issues_out_of_reach: {en: issues that cannot be recomputed, es: salidas que no pueden recalcularse}
explanation:
  en: >-
    Each sale, waste, transfer or consumption is costed again. By moving average it takes its share of the value that stood in
    the books just before it, so an error is told where it arose and not again in all that follows. First in first out, it takes
    the oldest of what came in, by running totals of quantity and value. A difference of half a percent, or of rounding, is none. The
    stock before must be known (an opening entry, or the ledger's own balances) and not negative; issues at an instant shared with an
    arrival, after a value was changed without quantity (first in first out) or something earlier was entered later, reversals, and products kept by lot or serial number
    are unknown or left out. The method is tried per product and place and per product; where less than the stated share of issues follow it
    either way, the books cost otherwise (by monthly average, say) and nothing is told.
  es: >-
    Cada venta, merma, traspaso o consumo se costea de nuevo. Por promedio móvil quita su parte del valor que los libros tenían justo
    antes, así que un error se informa donde surgió y no otra vez en lo que sigue. Por primera entrada toma lo más antiguo de lo
    que entró, con totales corridos de cantidad y valor. Una diferencia de medio por ciento, o de redondeo, no lo es. La existencia
    anterior debe conocerse (asiento de apertura o saldos del diario) y no ser negativa; las salidas en el mismo instante que
    una entrada, las posteriores a un cambio de valor sin cantidad (primera entrada) o a algo anterior que se registró después, las anulaciones y los productos por lote o
    serie son desconocidas o quedan fuera. El método se prueba por producto y lugar y por producto; si de ninguna forma lo sigue la
    parte indicada de las salidas, los libros costean de otro modo (por promedio mensual, por ejemplo) y no se informa nada.
remedy:
  en: "Have the system repost the valuation from that issue on; find out whether its cost was typed in or a receipt was entered late."
  es: "Haga que el sistema recalcule la valoración desde esa salida; averigüe si su coste se escribió a mano o una recepción entró tarde."
source: "Recalculation of inventory cost (IAS 2; ISA 500)"
--- */

-- section: population
-- One row per issue with what its method makes of it, under the reading (per product and place, or per product) that more issues
-- follow.
WITH masters AS (
    SELECT product, min(costing_method) AS method
    FROM products
    WHERE product IS NOT NULL
    GROUP BY product
    HAVING min(costing_method) = max(costing_method) AND min(costing_method) IN ('moving_average', 'fifo') AND NOT bool_or(coalesce(tracking IN ('lot', 'serial'), false))
), ledger AS (
    SELECT g.kept_per, p.method, m.product, CASE g.kept_per WHEN 'product, location' THEN m.location END AS key_location, m.location, m.movement, m.ts, m.ts_date AS day, m.seq,
           m.type, m.qty, m.value_delta, m.balance_after, m.value_after, m.ref_id, m.posted_at_date,
           m.qty < 0 AND coalesce(m.type IN ('sale', 'waste', 'transfer_out', 'production'), false) AND m.reversal_of IS NULL AS is_issue,
           m._file_id, m._record, m._file_id * 1000000000000 + m._record AS place
    FROM movements AS m
    JOIN masters AS p ON p.product = m.product
    CROSS JOIN (VALUES ('product, location'), ('product')) AS g(kept_per)
    WHERE m._duplicate_record IS NULL AND EXISTS (SELECT 1 FROM movements WHERE value_delta IS NOT NULL)
), tied AS (
    -- Without a sequence the movements of one instant are one step. What was entered later than an issue, though it came
    -- before it, was not yet known when the issue was costed.
    SELECT *, max(CASE WHEN NOT is_issue THEN posted_at_date END) OVER (PARTITION BY kept_per, product, key_location ORDER BY ts) > posted_at_date AS knew_less,
           CASE WHEN count(seq) OVER t = count(*) OVER t THEN seq END AS tie_seq, bool_or(ts IS NULL) OVER (PARTITION BY kept_per, product, key_location) AS undated
    FROM ledger
    WINDOW t AS (PARTITION BY kept_per, product, key_location, ts)
), steps AS (
    SELECT kept_per, method, product, key_location, ts, tie_seq, sum(qty) AS qty, sum(value_delta) AS value_delta,
           sum(CASE WHEN qty > 0 THEN qty ELSE 0 END) AS came, sum(CASE WHEN qty > 0 THEN value_delta ELSE 0 END) AS came_value,
           sum(CASE WHEN qty < 0 THEN -qty ELSE 0 END) AS went, count(*) AS step_rows,
           bool_or(qty IS NULL OR value_delta IS NULL OR undated OR coalesce(type = 'count' AND balance_after IS NULL, false)) AS unread, bool_or(qty = 0 AND value_delta <> 0) AS revalued,
           bool_or(qty > 0) AND bool_or(qty < 0) AS mixed, bool_and(type = 'opening') AS opens,
           CASE WHEN count(*) = 1 THEN min(balance_after) END AS balance_after, CASE WHEN count(*) = 1 THEN min(value_after) END AS value_after,
           max(place) AS last_place
    FROM tied
    GROUP BY kept_per, method, product, key_location, ts, tie_seq
), summed AS (
    SELECT *, sum(qty) OVER k AS qty_so_far, sum(value_delta) OVER k AS value_so_far, sum(came) OVER k AS came_so_far, sum(came_value) OVER k AS came_value_so_far,
           sum(went) OVER k AS went_so_far, sum(CASE WHEN unread THEN 1 ELSE 0 END) OVER k AS unread_so_far,
           sum(CASE WHEN revalued THEN 1 ELSE 0 END) OVER k AS revalued_so_far, row_number() OVER k AS place,
           lag(balance_after) OVER k AS balance_before, lag(value_after) OVER k AS stated_before, lag(last_place) OVER k AS place_before
    FROM steps
    WINDOW k AS (PARTITION BY kept_per, method, product, key_location ORDER BY ts, tie_seq)
), firsts AS (
    -- What stood in the books before the first step: nothing before an opening entry, else what the first row's own figures imply.
    SELECT kept_per, product, key_location,
           CASE WHEN opens THEN 0 ELSE balance_after - qty END AS opening_qty, CASE WHEN opens THEN 0 ELSE value_after - value_delta END AS opening_value
    FROM summed WHERE place = 1
), states AS (
    SELECT s.*, f.opening_qty + s.qty_so_far - s.qty AS qty_before, f.opening_value + s.value_so_far - s.value_delta AS value_before,
           f.opening_qty = 0 AND coalesce(abs(f.opening_value) <= $currency_unit, true) AS from_nothing,
           min(f.opening_qty + s.qty_so_far) OVER (PARTITION BY s.kept_per, s.product, s.key_location ORDER BY s.ts, s.tie_seq) AS lowest_so_far
    FROM summed AS s
    JOIN firsts AS f ON f.kept_per = s.kept_per AND f.product = s.product AND f.key_location IS NOT DISTINCT FROM s.key_location
), layers AS (
    -- Cumulative quantity and value of what came in: the cost of the first x units is read off this line.
    SELECT kept_per, product, key_location, came_so_far, came_value_so_far, came, came_value
    FROM states WHERE method = 'fifo' AND came > 0
), used AS (
    SELECT s.kept_per, s.product, s.key_location, s.ts, s.tie_seq, s.went_so_far AS upto FROM states AS s WHERE s.method = 'fifo' AND s.went > 0
    UNION
    SELECT s.kept_per, s.product, s.key_location, s.ts, s.tie_seq, s.went_so_far - s.went FROM states AS s WHERE s.method = 'fifo' AND s.went > 0
), read_off AS (
    SELECT u.kept_per, u.product, u.key_location, u.ts, u.tie_seq, u.upto,
           CASE WHEN u.upto = 0 THEN 0
                ELSE l.came_value_so_far - try(((l.came_so_far - u.upto)::DOUBLE * l.came_value::DOUBLE / l.came::DOUBLE)::DECIMAL(38, 4)) END AS cost
    FROM used AS u
    ASOF LEFT JOIN layers AS l ON l.kept_per = u.kept_per AND l.product = u.product AND coalesce(l.key_location, '') = coalesce(u.key_location, '') AND u.upto <= l.came_so_far
), consumed AS (
    SELECT kept_per, product, key_location, ts, tie_seq, CASE WHEN count(cost) = count(*) THEN max(cost) - min(cost) END AS cost
    FROM read_off GROUP BY kept_per, product, key_location, ts, tie_seq
), costed AS (
    SELECT t.kept_per, t.method, t.product, t.location, t.movement, t.day, t.qty, t.value_delta, t.ref_id, t._file_id, t._record, s.place_before,
           s.qty_before, s.value_before,
           -- Half a cent for each unit where the unit cost is kept in cents.
           CASE WHEN t.value_delta = try((t.value_delta::DOUBLE / t.qty::DOUBLE)::DECIMAL(18, 2)) * t.qty THEN try((abs(t.qty) * 0.005)::DECIMAL(38, 4)) ELSE 0 END AS of_cents,
           CASE WHEN s.unread_so_far > 0 OR s.mixed OR coalesce(t.knew_less, false) OR s.lowest_so_far < 0 OR t.value_delta IS NULL THEN NULL
                WHEN t.method = 'moving_average' AND s.qty_before > 0 AND s.value_before >= 0
                     THEN try((t.qty::DOUBLE * s.value_before::DOUBLE / s.qty_before::DOUBLE)::DECIMAL(38, 4))
                WHEN t.method = 'fifo' AND s.from_nothing AND s.revalued_so_far = 0
                     THEN try((t.qty::DOUBLE * c.cost::DOUBLE / s.went::DOUBLE)::DECIMAL(38, 4)) END AS expected,
           -- The same from the balance and value that the row before states, where a row between is missing.
           CASE WHEN t.method = 'moving_average' AND s.balance_before > 0 AND s.stated_before >= 0
                THEN try((t.qty::DOUBLE * s.stated_before::DOUBLE / s.balance_before::DOUBLE)::DECIMAL(38, 4)) END AS by_statement
    FROM tied AS t
    JOIN states AS s ON s.kept_per = t.kept_per AND s.product = t.product AND s.key_location IS NOT DISTINCT FROM t.key_location AND s.ts = t.ts
         AND s.tie_seq IS NOT DISTINCT FROM t.tie_seq
    LEFT JOIN consumed AS c ON c.kept_per = t.kept_per AND c.product = t.product AND c.key_location IS NOT DISTINCT FROM t.key_location AND c.ts = t.ts
         AND c.tie_seq IS NOT DISTINCT FROM t.tie_seq
    WHERE t.is_issue
), judged AS (
    SELECT *, abs(value_delta - expected) > greatest($share * abs(expected), $currency_unit, of_cents)
              AND coalesce(abs(value_delta - by_statement) > greatest($share * abs(by_statement), $currency_unit), true) AS differs
    FROM costed
), readings AS (
    SELECT method, kept_per, count(differs) AS compared, count(*) FILTER (WHERE differs) AS differing,
           row_number() OVER (PARTITION BY method ORDER BY count(differs) - count(*) FILTER (WHERE differs) DESC, kept_per DESC) AS standing
    FROM judged GROUP BY method, kept_per
)
SELECT j.method, j.kept_per, j.product, j.location, j.movement, j.day, j.qty, j.value_delta, j.expected, j.qty_before, j.value_before, j.ref_id, j.place_before, j._file_id, j._record,
       CASE WHEN r.compared - r.differing >= $least_followed * r.compared THEN j.differs END AS differs
FROM judged AS j JOIN readings AS r ON r.method = j.method AND r.kept_per = j.kept_per
WHERE r.standing = 1

-- section: violations
WITH told AS (
    SELECT *, row_number() OVER (PARTITION BY method, product, location, movement, ref_id, day ORDER BY _file_id, _record) AS nth FROM population WHERE differs
)
SELECT method, product, location, movement, ref_id AS voucher, day AS period_start, day AS period_end, coalesce(location, '?') AS where_en, coalesce(location, '?') AS where_es,
       CASE method WHEN 'fifo' THEN 'first in first out' ELSE 'the moving average' END AS method_en,
       CASE method WHEN 'fifo' THEN 'la primera entrada' ELSE 'el promedio móvil' END AS method_es,
       kept_per, qty, qty_before, value_before, -value_delta AS observed, -expected AS expected, expected - value_delta AS difference,
       value_delta - expected AS delta_value, abs(value_delta - expected) AS impact, 2 AS row_count
FROM told
WHERE nth = 1

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE differs IS NULL) AS unknown, (SELECT count(*) FROM violations) AS failed FROM population

-- section: facts
SELECT min(CASE WHEN method = 'moving_average' THEN kept_per END) AS kept_per, count(*) FILTER (WHERE method = 'moving_average' AND differs IS NOT NULL) AS issues_by_average,
       count(*) FILTER (WHERE method = 'fifo' AND differs IS NOT NULL) AS issues_by_fifo, count(*) FILTER (WHERE differs IS NULL) AS issues_out_of_reach,
       sum(-value_delta) FILTER (WHERE differs IS NOT NULL) AS booked_cost, sum(-expected) FILTER (WHERE differs IS NOT NULL) AS recomputed_cost
FROM population

-- section: evidence
SELECT p.method, p.product, p.location, p.movement, p.ref_id AS voucher, p.day AS period_start, p.day AS period_end, 'issue' AS role, 1 AS ordinal,
       'movements' AS table_name, m._file_id, m._record, m._line, m.movement AS key_movement, m.ts AS value_ts, m.type AS value_type, m.qty AS value_qty,
       m.value_delta AS value_value_delta, m.balance_after AS value_balance_after, m.value_after AS value_value_after
FROM population AS p
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
WHERE p.differs

-- section: evidence
SELECT p.method, p.product, p.location, p.movement, p.ref_id AS voucher, p.day AS period_start, p.day AS period_end, 'before' AS role, 0 AS ordinal,
       'movements' AS table_name, m._file_id, m._record, m._line, m.movement AS key_movement, m.ts AS value_ts, m.type AS value_type, m.qty AS value_qty,
       m.value_delta AS value_value_delta, m.balance_after AS value_balance_after, m.value_after AS value_value_after
FROM population AS p
JOIN movements AS m ON m._file_id * 1000000000000 + m._record = p.place_before
WHERE p.differs
