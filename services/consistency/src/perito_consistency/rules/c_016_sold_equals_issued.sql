/* ---
id: C-016
version: 1
kind: set
title: {en: Sold is not what the ledger issued, es: Lo vendido no es lo que el diario dio de baja}
severity: high
grain: key-period
unit: days of products
identity: [product, location, sold_on]
needs:
  sales: [product, location, ts, qty]
  movements: [type, product, location, ts, qty]
optional:
  sales: [document, line, type, original_document]
  movements: [movement, ref_id, unit_cost]
uses: [feed_places, unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which a day may differ; fractions may also differ by what their printing rounds off"}
  days: {default: 2, type: integer, meaning: "days after the sale at most on which a place may usually book it; also how far apart two differences may lie that cancel each other"}
  share: {default: "0.5", type: decimal, meaning: "share of a place's days that must agree, below which nothing is said of it"}
  same_days: {default: 31, type: integer, meaning: "days over which the lines of one ticket or order may spread; a number that spreads further was given again"}
impact: column
recoverable: false
explains: [C-005, C-006]
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}, {sold_on}: {expected:,} sold, {observed:,} issued from stock ({difference:,})"
    es: "{product} en {location}, {sold_on}: {expected:,} vendidos, {observed:,} salidos de existencias ({difference:,})"
words:
  days of products: {es: días de productos}
  sold_on: {en: sold on, es: vendido el}
  days_that_differ: {es: días que difieren}
  days_of_places_not_compared: {es: días de lugares sin comparar}
  days_booked_a_day_off: {es: días registrados un día antes o después}
  compared_by: {es: comparado por}
explanation:
  en: >-
    Where the ledger holds the sales, what the sales lines sold of a product at a place on a day must have left its stock.
    Where the ledger names the documents, each document is compared and it does not matter when it was booked; documents
    that only one side has are C-015's, and what another place issued for a ticket counts with it. A ticket that sells what
    the ledger does not keep (a kit) may issue its parts: more than was sold is unknown there. Without numbers, or where they
    are given again, days are compared, with as many days between sale and entry as the place usually has, and differences
    that a neighbouring day cancels are no findings. Voided lines do not count. Products that the ledger does not keep at
    all (bags, services), places whose sales move the stock themselves, and days that only one side covers are left out; so
    is a place of whose days less than half agree, for its ledger keeps sales otherwise.
  es: >-
    Si el diario contiene las ventas, lo que las líneas vendieron de un producto en un lugar un día debe haber salido de sus
    existencias. Si el diario nombra los documentos, se compara cada uno y no importa cuándo se registró; los que solo tiene
    una parte son de C-015, y lo que otro lugar entregó por un ticket cuenta con él. Un ticket que vende lo que el diario no
    lleva (un lote armado) puede dar de baja sus partes: lo que exceda queda como desconocido. Sin números, o si se repiten,
    se comparan los días, con los días que el lugar suele tardar en registrar, y las diferencias que un día vecino compensa
    no son hallazgos. Las líneas anuladas no cuentan. Quedan fuera los productos que el diario no lleva (bolsas, servicios),
    los lugares cuyas ventas mueven ellas mismas las existencias y los días que solo una parte cubre; también un lugar cuyos
    días coinciden menos de la mitad, pues su diario lleva las ventas de otro modo.
remedy:
  en: "Compare the tickets of that day with the entries; book what is missing, or reverse what was booked twice."
  es: "Compare los tickets de ese día con los asientos; registre lo que falta o revierta lo registrado dos veces."
source: "Sales to stock reconciliation of retail audit"
--- */

-- section: population
-- One row per product, place and day of sale at places whose ledger holds the sales.
WITH sold_lines AS NOT MATERIALIZED (
    SELECT product, location, ts_date AS day, document,
           CASE WHEN type IS NOT NULL OR type_source IS NULL THEN CASE WHEN coalesce(type, 'sale') = 'sale' THEN qty ELSE 0 END END AS qty,
           -- A void that names the sale it cancels may or may not have taken back the issue; so may a return, where the
           -- ledger has no movements of that type.
           CASE WHEN coalesce(type, 'sale') <> 'sale' THEN abs(qty) ELSE 0 END AS voided
    FROM sales
    WHERE _duplicate_record IS NULL AND location NOT IN (SELECT location FROM feed_places WHERE location IS NOT NULL)
      AND (coalesce(type, 'sale') = 'sale' OR (type = 'void' AND original_document IS NOT NULL)
           OR (type = 'return' AND NOT EXISTS (SELECT 1 FROM movements WHERE type = 'return')))
      AND NOT (coalesce(qty < 0, false) AND EXISTS (SELECT 1 FROM movements WHERE type = 'return'))
), issues AS NOT MATERIALIZED (
    SELECT product, location, ts_date AS day, ref_id AS document, CASE WHEN type = 'sale' THEN -qty END AS qty
    FROM movements
    WHERE _duplicate_record IS NULL AND (type = 'sale' OR (type IS NULL AND type_source IS NOT NULL))
), spans AS (
    SELECT s.location, greatest(s.begins, i.begins) AS begins, least(s.ends, i.ends) AS ends
    FROM (SELECT location, min(day) AS begins, max(day) AS ends FROM sold_lines GROUP BY location) AS s
    JOIN (SELECT location, min(day) AS begins, max(day) AS ends FROM issues GROUP BY location) AS i ON i.location = s.location
), kept AS (
    SELECT DISTINCT product FROM movements WHERE product IS NOT NULL
), sides AS (
    -- `sold_places` and `issued_places`: decimal places in which a side prints quantities.
    SELECT product, location, day, sum(qty) AS sold, sum(voided) AS voided, 0 AS issued, count(qty) < count(*) AS unread, count(*) AS sold_rows, 0 AS issued_rows,
           max(CASE WHEN qty = trunc(qty) THEN 0 WHEN qty * 10 = trunc(qty * 10) THEN 1 WHEN qty * 100 = trunc(qty * 100) THEN 2 ELSE 3 END) AS sold_places, 0 AS issued_places
    FROM sold_lines GROUP BY product, location, day
    UNION ALL
    SELECT product, location, day, 0, 0, sum(qty), count(qty) < count(*), 0, count(*), 0,
           max(CASE WHEN qty = trunc(qty) THEN 0 WHEN qty * 10 = trunc(qty * 10) THEN 1 WHEN qty * 100 = trunc(qty * 100) THEN 2 ELSE 3 END)
    FROM issues GROUP BY product, location, day
), days AS (
    SELECT d.product, d.location, d.day, CASE WHEN NOT bool_or(d.unread) THEN sum(d.sold) END AS sold, sum(d.voided) AS voided, sum(d.issued) AS issued,
           sum(d.sold_rows) AS sold_rows, sum(d.issued_rows) AS issued_rows,
           greatest($tolerance, CASE WHEN max(d.sold_places) + max(d.issued_places) > 0
                                     THEN [0.5, 0.05, 0.005, 0.0005][least(max(d.sold_places), max(d.issued_places)) + 1]::DECIMAL(18, 4) * sum(d.sold_rows + d.issued_rows)::INTEGER
                                     ELSE 0 END) AS allowed,
           min(s.begins) AS begins, min(s.ends) AS ends
    FROM sides AS d JOIN spans AS s ON s.location = d.location JOIN kept AS k ON k.product = d.product
    WHERE d.day IS NOT NULL
    GROUP BY d.product, d.location, d.day
), doubtful AS (
    SELECT DISTINCT product, location FROM days WHERE abs(sold - issued) > allowed
), tickets AS (
    -- A number that comes again after weeks was given to another ticket.
    SELECT document, location, max(day) - min(day) > $same_days AS is_given_again
    FROM sold_lines WHERE document IS NOT NULL GROUP BY document, location
), shared AS (
    -- Per place: shops may count their tickets each from one on.
    SELECT t.document, t.location FROM tickets AS t
    WHERE NOT coalesce(t.is_given_again, false) AND EXISTS (SELECT 1 FROM issues AS i WHERE i.document = t.document AND i.location = t.location)
), numbered AS (
    SELECT EXISTS (SELECT 1 FROM shared) AND 10 * (SELECT count(*) FILTER (is_given_again) FROM tickets) <= (SELECT count(*) FROM tickets) AS by_document
), both_sides AS NOT MATERIALIZED (
    SELECT product, location, document, day AS sold_on, NULL AS issued_on, qty AS sold, voided, NULL AS issued FROM sold_lines
    UNION ALL
    SELECT product, location, document, NULL, day, NULL, 0, qty FROM issues
), whole AS (
    -- What was sold at one place and issued, in part, at another.
    SELECT product, document FROM both_sides
    WHERE document IN (SELECT document FROM shared) AND product IN (SELECT product FROM doubtful)
    GROUP BY product, document
    HAVING count(sold) + count(issued) = count(*) AND coalesce(sum(sold), 0) = coalesce(sum(issued), 0)
), kits AS (
    -- Tickets that sell what the ledger does not keep, whose parts may be what it issues instead.
    SELECT DISTINCT document, location FROM sold_lines
    WHERE document IS NOT NULL AND coalesce(qty > 0, true) AND coalesce(product NOT IN (SELECT product FROM kept), true)
), paired AS (
    SELECT p.product, p.location, p.document, coalesce(min(p.sold_on), min(p.issued_on)) AS day, min(p.sold_on) AS sold_on, max(p.issued_on) AS issued_on,
           sum(p.sold) AS sold, sum(p.voided) AS voided, CASE WHEN w.product IS NULL THEN sum(p.issued) ELSE sum(p.sold) END AS issued,
           count(p.sold) + count(p.issued) < count(*)
           OR (k.document IS NOT NULL AND w.product IS NULL AND coalesce(sum(p.issued) > coalesce(sum(p.sold), 0), false)) AS unread
    FROM both_sides AS p
    JOIN doubtful AS d ON d.product = p.product AND d.location = p.location
    JOIN shared AS s ON s.document = p.document AND s.location = p.location
    LEFT JOIN whole AS w ON w.product = p.product AND w.document = p.document
    LEFT JOIN kits AS k ON k.document = p.document AND k.location = p.location
    GROUP BY p.product, p.location, p.document, w.product, k.document
), waits AS (
    -- An order may be issued in parts, the last of them after the books end.
    SELECT greatest(coalesce(quantile_disc(issued_on - sold_on, 0.95), 0), 0)::INTEGER AS days FROM paired
), by_document AS (
    SELECT p.product, p.location, p.day, CASE WHEN NOT bool_or(p.unread) THEN coalesce(sum(p.sold), 0) END AS sold, sum(p.voided) AS voided, coalesce(sum(p.issued), 0) AS issued
    FROM paired AS p GROUP BY p.product, p.location, p.day
), delays AS (
    -- The days between sale and entry with which most of a place's days agree.
    SELECT location, wait FROM (
        SELECT s.location, w.wait, row_number() OVER (PARTITION BY s.location ORDER BY count(*) FILTER (abs(s.sold - i.issued) <= s.allowed) DESC, w.wait) AS place
        FROM days AS s CROSS JOIN (SELECT unnest(range($days + 1)) AS wait) AS w
        LEFT JOIN days AS i ON i.product = s.product AND i.location = s.location AND i.day = s.day + w.wait::INTEGER
        WHERE s.sold_rows > 0
        GROUP BY s.location, w.wait
    ) AS tried
    WHERE place = 1
), by_day AS (
    SELECT product, location, day, CASE WHEN count(sold) = count(*) THEN sum(sold) END AS sold, sum(voided) AS voided, sum(issued) AS issued
    FROM (
        SELECT product, location, day, sold, voided, 0 AS issued FROM days WHERE sold_rows > 0 OR sold IS NULL
        UNION ALL
        SELECT i.product, i.location, i.day - d.wait::INTEGER, 0, 0, i.issued FROM days AS i JOIN delays AS d ON d.location = i.location WHERE i.issued_rows > 0
    ) AS shifted
    GROUP BY product, location, day
), compared AS (
    SELECT d.product, d.location, d.day, CASE WHEN p.product IS NULL THEN d.sold ELSE p.sold END AS sold, coalesce(p.voided, 0) AS voided, coalesce(p.issued, d.issued) AS issued, d.allowed,
           d.begins, d.ends - w.days AS ends, true AS by_document, 0 AS wait, d.sold_rows + d.issued_rows AS row_count, p.product IS NULL AND f.product IS NOT NULL AS of_others
    FROM days AS d CROSS JOIN numbered AS n CROSS JOIN waits AS w
    LEFT JOIN doubtful AS f ON f.product = d.product AND f.location = d.location
    LEFT JOIN by_document AS p ON p.product = d.product AND p.location = d.location AND p.day = d.day
    WHERE n.by_document
    UNION ALL
    SELECT b.product, b.location, b.day, b.sold, b.voided, b.issued, coalesce(d.allowed, $tolerance), s.begins, s.ends - w.wait::INTEGER, false, w.wait::INTEGER,
           coalesce(d.sold_rows, 0) + coalesce(d.issued_rows, 0), false
    FROM by_day AS b CROSS JOIN numbered AS n
    JOIN spans AS s ON s.location = b.location JOIN delays AS w ON w.location = b.location
    LEFT JOIN days AS d ON d.product = b.product AND d.location = b.location AND d.day = b.day
    WHERE NOT n.by_document
), measured AS (
    SELECT c.*, CASE WHEN c.day < c.begins OR c.day > c.ends THEN NULL
                     WHEN c.of_others OR abs(c.sold - c.voided - c.issued) <= c.allowed THEN 0
                     ELSE c.issued - c.sold END AS difference
    FROM compared AS c
), cancelled AS (
    SELECT DISTINCT a.product, a.location, a.day
    FROM measured AS a JOIN measured AS b ON b.product = a.product AND b.location = a.location AND b.difference = -a.difference
     AND b.day <> a.day AND b.day >= a.day - $days AND b.day <= a.day + $days
    WHERE NOT a.by_document AND abs(a.difference) > a.allowed
), shares AS (
    SELECT location, count(*) FILTER (abs(difference) <= allowed) >= $share * count(difference) AS comparable FROM measured GROUP BY location
)
SELECT m.product, m.location, m.day AS sold_on, m.sold, m.issued, m.difference, m.by_document, m.wait, m.row_count, s.comparable,
       CASE WHEN NOT s.comparable THEN NULL
            WHEN m.difference IS NULL THEN NULL
            WHEN abs(m.difference) <= m.allowed THEN 'equal'
            WHEN c.product IS NOT NULL THEN 'a day off'
            ELSE 'differs' END AS code
FROM measured AS m JOIN shares AS s ON s.location = m.location
LEFT JOIN cancelled AS c ON c.product = m.product AND c.location = m.location AND c.day = m.day

-- section: violations
SELECT p.product, p.location, p.sold_on, p.sold_on AS period_start, (p.sold_on + p.wait)::DATE AS period_end,
       p.issued AS observed, p.sold AS expected, p.difference, p.difference AS delta_qty, u.unit_cost, coalesce(u.cost_source, 'none') AS cost_source,
       try(p.difference::DECIMAL(38, 4) * u.unit_cost) AS delta_value, try(abs(p.difference)::DECIMAL(38, 4) * u.unit_cost) AS impact,
       CASE WHEN p.by_document THEN 'high' ELSE 'medium' END AS severity, p.row_count
FROM population AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.sold_on >= u.valid_from
WHERE p.code = 'differs'

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE code = 'differs') AS days_that_differ, count(*) FILTER (WHERE code = 'a day off') AS days_booked_a_day_off,
       count(*) FILTER (WHERE NOT comparable) AS days_of_places_not_compared,
       CASE WHEN bool_and(by_document) THEN 'document' ELSE 'day' END AS compared_by
FROM population

-- section: evidence
SELECT v.product, v.location, v.sold_on, v.period_start, v.period_end,
       'sale' AS role, 0 AS ordinal, 'sales' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.ts_date AS value_date, l.type AS value_type, l.qty AS value_qty
FROM violations AS v
JOIN sales AS l ON l.product = v.product AND l.location = v.location AND l.ts_date = v.sold_on
WHERE l._duplicate_record IS NULL AND coalesce(l.type, 'sale') IN ('sale', 'void')

-- section: evidence
-- What was issued that day, or under the numbers of that day's sales.
SELECT v.product, v.location, v.sold_on, v.period_start, v.period_end,
       'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.ref_id AS value_ref_id
FROM violations AS v
JOIN movements AS m ON m.product = v.product AND m.location = v.location AND m.type = 'sale' AND m._duplicate_record IS NULL
WHERE m.ts_date = v.period_end
   OR EXISTS (SELECT 1 FROM sales AS l WHERE l.document = m.ref_id AND l.product = v.product AND l.location = v.location AND l.ts_date = v.sold_on)
