/* ---
id: P-048
version: 1
kind: function
function: perito_pattern.several_ways:judge
title: {en: Unusual in several ways at once, es: Fuera de lo común en varias cosas a la vez}
severity: info
confidence_limit: "0.4"
grain: group
unit: people and products
identity: [user, product]
needs: {}
optional:
  sales: [document, line, ts, type, "user", product, qty, price_override, qty_changed, tender]
  movements: [movement, ts, type, "user", product, qty, reason, reversal_of]
  counts: [ts, product, location, system_qty, counted_qty]
  products: [product, category]
  users: ["user", role]
one_of: [sales.user, sales.product, movements.user, movements.product]
uses: [product_groups]
unique: {till: [user, product], ledger: [user, product], vectors: [subject, member]}
parameters:
  share: {default: "0.01", type: decimal, meaning: "part of those that were ranked that is told, of people and of products"}
  least_members: {default: 30, type: integer, meaning: "people or products of a kind without whom nobody of the kind is ranked"}
  least_rows: {default: 50, type: integer, meaning: "rows without which a feature of somebody is left out"}
  outer: {default: "0.05", type: decimal, meaning: "part of all in which two features at least must stand"}
  least_z: {default: "2", type: decimal, meaning: "usual deviations above what is expected that two features at least must stand"}
impact: none, because it says whom to look at first and not what is wrong
explains: []
entities: [user, product]
texts:
  finding:
    en: "{who_en}: number {place:,} of {ranked:,} that are most unusual in several ways at once: {reasons_en}"
    es: "{who_es}: número {place:,} de {ranked:,} por ser menos común en varias cosas a la vez: {reasons_es}"
explanation:
  en: >-
    A list of what to look at first, nothing more: of any books somebody is first. People and products are described by
    how often certain things happen to them: lines voided or brought back, prices and quantities typed over, cash, stock
    adjusted away, waste, counts that find less. Each is held against the others of the same role or category, chance and
    their own differences taken into account, and then against everybody; who stands furthest out in several
    at once comes first. Told are the first of a hundred who stand out in two features at least. A task that is given to one person, or a product that
    is unlike others, puts them on this list for good reasons.
  es: >-
    Una lista de lo que conviene mirar primero, nada más: en cualquier libro alguien es el primero. Personas y productos se describen
    por la frecuencia con que les ocurren ciertas cosas: líneas anuladas o devueltas, precios y cantidades tecleados, efectivo, existencia que se
    ajusta a la baja, mermas, conteos que encuentran menos. Cada una se compara con las de los demás del mismo puesto o
    categoría, teniendo en cuenta el azar y las diferencias entre ellos, y después con todos; va primero quien más se aparta
    en varias a la vez. Se indica uno de cada cien, si se aparta al menos en dos. Una tarea encargada a una sola persona o un
    producto distinto de los demás llegan a esta lista por buenos motivos.
remedy:
  en: "Look at the rows of the features named, and ask what the work or the product has that others have not."
  es: "Mire las filas de las cosas señaladas y pregunte qué tiene ese trabajo o ese producto que los demás no tengan."
words:
  people and products: {es: personas y productos}
  place: {es: lugar en la lista}
  ranked: {es: ordenados}
  score: {es: puntuación}
  features: {es: rasgos}
  people_ranked: {es: personas ordenadas}
  products_ranked: {es: productos ordenados}
  void: {es: anulación}
  return: {es: devolución}
  price typed over: {es: precio tecleado}
  quantity typed over: {es: cantidad tecleada}
  adjusted away: {es: ajuste a la baja}
  waste: {es: merma}
  counted short: {es: conteo con falta}
source: "ECOD: unsupervised outlier detection using empirical cumulative distribution functions (Li et al., 2022), one-sided"
--- */

-- section: input
-- One row per person and per product: how many rows could show a feature, and how many do.
WITH till AS (
    SELECT "user", product,
           count(*) FILTER (WHERE coalesce(type, 'sale') <> 'no_sale') AS lines,
           count(*) FILTER (WHERE type = 'void') AS voids,
           count(*) FILTER (WHERE type = 'return') AS returned,
           count(price_override) FILTER (WHERE coalesce(type, 'sale') = 'sale') AS priced,
           count(*) FILTER (WHERE price_override AND coalesce(type, 'sale') = 'sale') AS overridden,
           count(qty_changed) FILTER (WHERE coalesce(type, 'sale') = 'sale') AS quantified,
           count(*) FILTER (WHERE qty_changed AND coalesce(type, 'sale') = 'sale') AS typed,
           count(tender) FILTER (WHERE coalesce(type, 'sale') = 'sale') AS paid,
           count(*) FILTER (WHERE tender = 'cash' AND coalesce(type, 'sale') = 'sale') AS in_cash
    FROM sales
    WHERE _duplicate_record IS NULL
    GROUP BY GROUPING SETS (("user"), (product))
), ledger AS (
    SELECT "user", product, count(*) AS moved,
           count(*) FILTER (WHERE type = 'adjustment' AND reversal_of IS NULL AND qty IS NOT NULL) AS adjusted,
           count(*) FILTER (WHERE type = 'adjustment' AND reversal_of IS NULL AND qty < 0) AS taken_away,
           count(*) FILTER (WHERE type = 'waste') AS wasted
    FROM movements
    WHERE _duplicate_record IS NULL AND type IS NOT NULL
    GROUP BY GROUPING SETS (("user"), (product))
), counted AS (
    SELECT product, count(*) AS counted, count(*) FILTER (WHERE counted_qty < system_qty) AS short
    FROM counts
    WHERE _duplicate_record IS NULL AND product IS NOT NULL AND counted_qty IS NOT NULL AND system_qty IS NOT NULL
    GROUP BY product
), roles AS (
    SELECT "user", max(lower(trim(role))) AS role FROM users WHERE "user" IS NOT NULL GROUP BY "user"
), people AS (
    SELECT "user" FROM till WHERE "user" IS NOT NULL UNION SELECT "user" FROM ledger WHERE "user" IS NOT NULL
), goods AS (
    SELECT product FROM till WHERE product IS NOT NULL UNION SELECT product FROM ledger WHERE product IS NOT NULL
), vectors AS (
    SELECT 'user' AS subject, p."user" AS member, r.role AS peers,
           t.voids AS void_events, t.lines AS void_trials, t.returned AS return_events, t.lines AS return_trials,
           t.overridden AS override_events, t.priced AS override_trials, t.typed AS typed_events, t.quantified AS typed_trials,
           t.in_cash AS cash_events, t.paid AS cash_trials, l.taken_away AS down_events, l.adjusted AS down_trials,
           NULL::BIGINT AS waste_events, NULL::BIGINT AS waste_trials, NULL::BIGINT AS short_events, NULL::BIGINT AS short_trials
    FROM people AS p
    LEFT JOIN till AS t ON t."user" = p."user"
    LEFT JOIN ledger AS l ON l."user" = p."user"
    LEFT JOIN roles AS r ON r."user" = p."user"
    UNION ALL
    SELECT 'product', p.product, g.category, t.voids, t.lines, t.returned, t.lines, t.overridden, t.priced, t.typed, t.quantified,
           NULL, NULL, l.taken_away, l.moved, l.wasted, l.moved, c.short, c.counted
    FROM goods AS p
    LEFT JOIN till AS t ON t.product = p.product
    LEFT JOIN ledger AS l ON l.product = p.product
    LEFT JOIN counted AS c ON c.product = p.product
    LEFT JOIN product_groups AS g ON g.product = p.product
)
SELECT subject, member, peers, void_events, void_trials, return_events, return_trials, override_events, override_trials,
       typed_events, typed_trials, cash_events, cash_trials, down_events, down_trials, waste_events, waste_trials,
       short_events, short_trials
FROM vectors
ORDER BY subject, member

-- section: evidence
-- What the features that put them on the list are made of; what is paid in cash is too much to be shown.
SELECT v."user", v.product, f.role, f.ordinal, 'sales' AS table_name, s._file_id, s._record, s._line,
       s.document AS key_document, s.line AS key_line, s.ts AS value_ts, s.type AS value_type, s.qty AS value_qty
FROM violations AS v
JOIN sales AS s ON s."user" = v."user" OR s.product = v.product
JOIN (VALUES ('void', 'void', 0), ('return', 'return', 1), ('override', 'price typed over', 2), ('typed', 'quantity typed over', 3))
     AS f(feature, role, ordinal)
  ON contains(v.features, f.feature)
 AND CASE f.feature WHEN 'void' THEN s.type = 'void' WHEN 'return' THEN s.type = 'return'
     WHEN 'override' THEN s.price_override AND coalesce(s.type, 'sale') = 'sale'
     ELSE s.qty_changed AND coalesce(s.type, 'sale') = 'sale' END
WHERE s._duplicate_record IS NULL

-- section: evidence
SELECT v."user", v.product, CASE WHEN m.type = 'waste' THEN 'waste' ELSE 'adjusted away' END AS role, 4 AS ordinal,
       'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts AS value_ts, m.type AS value_type, m.qty AS value_qty, m.reason AS value_reason
FROM violations AS v
JOIN movements AS m ON m."user" = v."user" OR m.product = v.product
WHERE m._duplicate_record IS NULL
  AND ((contains(v.features, 'down') AND m.type = 'adjustment' AND m.reversal_of IS NULL AND m.qty < 0)
       OR (contains(v.features, 'waste') AND m.type = 'waste'))

-- section: evidence
SELECT v."user", v.product, 'counted short' AS role, 5 AS ordinal, 'counts' AS table_name, c._file_id, c._record, c._line,
       c.product AS key_product, c.location AS key_location, c.ts AS key_ts, c.system_qty AS value_system_qty,
       c.counted_qty AS value_counted_qty
FROM violations AS v
JOIN counts AS c ON c.product = v.product
WHERE c._duplicate_record IS NULL AND contains(v.features, 'short') AND c.counted_qty < c.system_qty
