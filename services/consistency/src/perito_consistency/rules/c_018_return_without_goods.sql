/* ---
id: C-018
version: 1
kind: set
title: {en: A return whose goods are not accounted for, es: Una devolución cuya mercancía no consta}
severity: high
grain: document
unit: returned products
identity: [return_document, original_document, product, location, code]
needs:
  returns: [return_document, product, location, ts, qty]
  movements: [type, product, location, ts, qty, ref_id]
optional:
  returns: [line, original_document, disposition]
  movements: [movement]
uses: [unit_costs]
parameters:
  days: {default: 7, type: integer, meaning: "days after the return within which its goods must stand in the ledger"}
  tolerance: {default: "0", type: decimal, meaning: "base units by which the ledger may differ from the return"}
  share: {default: "0.5", type: decimal, meaning: "share of the returns of a place with one disposition that must stand in the ledger for the others to be judged"}
impact: column
recoverable: false
explains: [C-006]
entities: [return_document, original_document, product, location]
partition_by: [return_document]
texts:
  finding:
    en: "Return {return_document} of {product}, {location}: {reason_en} ({observed:,} of {expected:,})"
    es: "Devolución {return_document} de {product}, {location}: {reason_es} ({observed:,} de {expected:,})"
words:
  returned products: {es: productos devueltos}
  no_movement: {es: sin movimiento}
  less_booked: {es: registrada en parte}
  booked_twice: {es: registrada de más}
  stays_in_stock: {es: sigue en existencias}
  returns_booked: {es: devoluciones registradas}
  returns_not_booked: {es: devoluciones sin registrar}
  returns_not_compared: {es: devoluciones sin comparar}
  returns_too_young: {es: devoluciones demasiado recientes}
explanation:
  en: >-
    Goods that a customer brings back go into stock, into the bin or back to the supplier, once, and within some days. The
    ledger's entries are found by the number of the return, or by that of the sale it belongs to. Told are `no_movement`,
    `less_booked`, `booked_twice` (more came into stock than was brought back), and `stays_in_stock`: the return says
    that the goods were scrapped or sent back, and yet they came into stock and nothing of the product left it again.
    What was put into stock and thrown away afterwards is accounted for, and so is what another place took in under the
    return's number; entries without a number may be of any return of these days. Where most returns of a place with
    the same fate never stand in the ledger, it does not keep them and nothing is said of them. Missing entries are of high
    severity where the return says that the goods went into stock, otherwise of medium.
  es: >-
    Lo que un cliente devuelve va a existencias, a la basura o al proveedor, una vez y en pocos días. Los asientos se buscan
    por el número de la devolución o por el de su venta. Se informa `no_movement` (sin movimiento), `less_booked` (registrada
    en parte), `booked_twice` (entró más de lo devuelto) y `stays_in_stock`: la devolución dice que se desechó o se envió al
    proveedor, pero entró en existencias y nada del producto volvió a salir. Lo que entró y después se desechó consta, y
    también lo que otro lugar recibió con el número de la devolución; los asientos sin número pueden ser de cualquiera. Si la
    mayoría de las devoluciones de un lugar con el mismo destino no están en el diario, este no las lleva y
    nada se dice. La falta es de gravedad alta si la devolución dice que volvió a existencias; si no, media.
remedy:
  en: "Look for the goods, and ask who took them back; book them where they are."
  es: "Busque la mercancía y pregunte quién la recibió; regístrela donde esté."
source: "Reverse logistics: every return has a disposition"
--- */

-- section: population
-- One row per return, product and place.
WITH ledger AS (
    SELECT min(ts_date) AS begins, quantile_disc(ts_date, 0.9999) AS ends FROM movements WHERE _duplicate_record IS NULL
), back AS (
    SELECT return_document, CASE WHEN min(original_document) = max(original_document) THEN min(original_document) END AS original_document,
           product, location, max(ts_date) AS day, CASE WHEN count(qty) = count(*) THEN abs(sum(qty)) END AS returned,
           CASE WHEN count(disposition) = count(*) AND min(disposition) = max(disposition) THEN min(disposition) ELSE '' END AS disposition, count(*) AS return_rows
    FROM returns
    WHERE _duplicate_record IS NULL AND return_document IS NOT NULL
    GROUP BY return_document, product, location
), entries AS (
    -- What the ledger took back before the returns of these books begin belongs to none of them.
    SELECT ref_id, product, location, type, qty, ts_date AS day
    FROM movements
    WHERE _duplicate_record IS NULL AND (type IN ('return', 'waste', 'vendor_return') OR (type IN ('adjustment', 'other') AND qty > 0))
      AND coalesce(ts_date >= (SELECT min(day) FROM back) - $days, true)
), booked AS (
    SELECT m.ref_id, m.product, m.location, sum(CASE WHEN m.type NOT IN ('waste', 'vendor_return') THEN m.qty ELSE 0 END) AS restocked,
           sum(CASE WHEN m.type IN ('waste', 'vendor_return') THEN -m.qty ELSE 0 END) AS removed, count(m.qty) < count(*) AS unread, count(*) AS ledger_rows
    FROM entries AS m
    WHERE m.ref_id IS NOT NULL
    GROUP BY m.ref_id, m.product, m.location
), elsewhere AS (
    -- Goods that a returns centre took in for the place that refunded them.
    SELECT DISTINCT ref_id, product FROM booked
), loose AS (
    -- Entries that name no document may be of any return of these days.
    SELECT product, location, day, sum(qty) AS qty FROM entries WHERE ref_id IS NULL AND type = 'return' GROUP BY product, location, day
), several AS (
    -- Several returns of one sale share what the ledger has under the sale's number.
    SELECT original_document, product, location, sum(returned) AS returned, max(day) AS day
    FROM back WHERE original_document IS NOT NULL GROUP BY original_document, product, location
), found AS (
    SELECT b.*, o.returned AS returned_of_sale,
           CASE WHEN r.ref_id IS NOT NULL THEN r.restocked WHEN s.ref_id IS NULL THEN 0 WHEN s.restocked >= o.returned THEN b.returned + s.restocked - o.returned ELSE least(b.returned, s.restocked) END AS restocked,
           CASE WHEN r.ref_id IS NOT NULL THEN r.removed ELSE coalesce(s.removed, 0) END AS removed,
           coalesce(r.unread, s.unread, false) AS unread, r.ref_id IS NOT NULL OR s.ref_id IS NOT NULL AS is_booked,
           r.ref_id IS NULL AND s.ref_id IS NULL AND (e.ref_id IS NOT NULL OR f.ref_id IS NOT NULL) AS is_elsewhere, coalesce(r.ledger_rows, s.ledger_rows, 0) AS ledger_rows,
           r.ref_id IS NULL AND s.restocked > o.returned AND b.return_document <> min(b.return_document) OVER (PARTITION BY b.original_document, b.product, b.location) AS told_already
    FROM back AS b
    LEFT JOIN booked AS r ON r.ref_id = b.return_document AND r.product = b.product AND r.location = b.location
    LEFT JOIN booked AS s ON s.ref_id = b.original_document AND s.product = b.product AND s.location = b.location AND s.restocked <> 0
    LEFT JOIN elsewhere AS e ON e.ref_id = b.return_document AND e.product = b.product
    LEFT JOIN elsewhere AS f ON f.ref_id = b.original_document AND f.product = b.product
    LEFT JOIN several AS o ON o.original_document = b.original_document AND o.product = b.product AND o.location = b.location
), due AS (
    SELECT f.*, f.day >= l.begins AND f.day + $days <= l.ends AS is_due FROM found AS f CROSS JOIN ledger AS l
), habits AS (
    -- What a place does with returns of one fate.
    SELECT location, disposition, count(*) FILTER (is_booked) >= $share * count(*) AND bool_or(is_booked) AS compared FROM due WHERE is_due AND NOT is_elsewhere GROUP BY location, disposition
), leaving AS (
    SELECT product, location, ts_date AS day FROM movements
    WHERE _duplicate_record IS NULL AND qty < 0 AND type IN ('waste', 'vendor_return', 'adjustment', 'other') AND product IN (SELECT product FROM back)
    GROUP BY product, location, ts_date
)
SELECT d.return_document, d.original_document, d.product, d.location, d.day, d.disposition, d.returned, d.restocked, d.removed, d.is_booked, d.is_due,
       coalesce(h.compared, false) AS compared, d.return_rows + d.ledger_rows AS row_count,
       CASE WHEN d.returned IS NULL OR d.unread OR d.product IS NULL OR d.location IS NULL OR NOT coalesce(d.is_due, false) THEN NULL
            WHEN d.restocked > d.returned + $tolerance THEN CASE WHEN d.told_already THEN 'matched' ELSE 'booked_twice' END
            WHEN d.is_booked AND d.restocked >= d.returned - $tolerance AND d.disposition IN ('scrap', 'vendor_return') AND d.removed <= 0
                 AND NOT EXISTS (SELECT 1 FROM leaving AS w WHERE w.product = d.product AND w.location = d.location AND w.day >= d.day AND w.day <= d.day + $days) THEN 'stays_in_stock'
            WHEN d.is_booked AND d.restocked + greatest(d.removed - d.restocked, 0) >= d.returned - $tolerance THEN 'matched'
            WHEN d.is_elsewhere THEN 'matched'
            WHEN EXISTS (SELECT 1 FROM loose AS w WHERE w.product = d.product AND w.location = d.location AND w.day >= d.day - 1 AND w.day <= d.day + $days
                         AND w.qty >= d.returned - d.restocked - $tolerance) THEN NULL
            WHEN d.is_booked THEN 'less_booked'
            WHEN d.disposition IN ('none', 'repair') THEN 'matched'
            WHEN NOT coalesce(h.compared, false) THEN NULL
            ELSE 'no_movement' END AS code
FROM due AS d
LEFT JOIN habits AS h ON h.location = d.location AND h.disposition = d.disposition

-- section: violations
WITH told AS (
    SELECT p.*, CASE p.code WHEN 'stays_in_stock' THEN p.returned WHEN 'booked_twice' THEN p.restocked - p.returned ELSE p.restocked + greatest(p.removed - p.restocked, 0) - p.returned END AS difference
    FROM population AS p WHERE p.code <> 'matched'
)
SELECT t.return_document, t.original_document, t.product, t.location, t.code, t.day AS period_start, t.day AS period_end,
       CASE t.code WHEN 'no_movement' THEN 'the goods never reached the stock ledger' WHEN 'less_booked' THEN 'less was booked than came back'
                   WHEN 'booked_twice' THEN 'more came into stock than was brought back' ELSE 'its goods are said to have gone and stay in stock' END AS reason_en,
       CASE t.code WHEN 'no_movement' THEN 'la mercancía no llegó al diario' WHEN 'less_booked' THEN 'se registró menos de lo devuelto'
                   WHEN 'booked_twice' THEN 'entró en existencias más de lo devuelto' ELSE 'consta como salida y sigue en existencias' END AS reason_es,
       t.restocked + greatest(t.removed - t.restocked, 0) AS observed, t.returned AS expected, t.disposition AS disposition, t.difference AS delta_qty,
       u.unit_cost, coalesce(u.cost_source, 'none') AS cost_source,
       try(t.difference::DECIMAL(38, 4) * u.unit_cost) AS delta_value, try(abs(t.difference)::DECIMAL(38, 4) * u.unit_cost) AS impact,
       CASE WHEN t.code = 'stays_in_stock' THEN 'medium' WHEN t.code = 'no_movement' AND t.disposition <> 'restock' THEN 'medium' ELSE 'high' END AS severity, t.row_count
FROM told AS t
ASOF LEFT JOIN unit_costs AS u ON u.product = t.product AND t.day >= u.valid_from

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE code IS NULL) AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE is_booked) AS returns_booked, count(*) FILTER (WHERE code = 'no_movement') AS returns_not_booked,
       count(*) FILTER (WHERE NOT compared AND NOT is_booked) AS returns_not_compared, count(*) FILTER (WHERE NOT coalesce(is_due, false)) AS returns_too_young
FROM population

-- section: evidence
SELECT v.return_document, v.original_document, v.product, v.location, v.code, v.period_start, v.period_end,
       'return' AS role, 0 AS ordinal, 'returns' AS table_name, r._file_id, r._record, r._line,
       r.return_document AS key_return_document, r.line AS key_line, r.ts_date AS value_date, r.qty AS value_qty, r.disposition AS value_disposition,
       r.original_document AS value_original_document
FROM violations AS v
JOIN returns AS r ON r.return_document = v.return_document AND r.product = v.product AND r.location = v.location AND r._duplicate_record IS NULL

-- section: evidence
SELECT v.return_document, v.original_document, v.product, v.location, v.code, v.period_start, v.period_end,
       'movement' AS role, 1 AS ordinal, 'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.ref_id AS value_ref_id
FROM violations AS v
JOIN movements AS m ON m.ref_id IN (v.return_document, v.original_document) AND m.product = v.product AND m.location = v.location
WHERE m._duplicate_record IS NULL AND (m.type IN ('return', 'waste', 'vendor_return') OR (m.type IN ('adjustment', 'other') AND m.qty > 0))
