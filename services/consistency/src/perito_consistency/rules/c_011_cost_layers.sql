/* ---
id: C-011
version: 1
kind: set
title: {en: Cost layers do not make up the stock, es: Las capas de coste no componen la existencia}
severity: high
grain: key
unit: checks
identity: [code, product, location, layer, movement]
needs:
  valuation_layers: [layer, product, unit_cost, qty_remaining]
  inventory: [snapshot_date, product, location, qty]
optional:
  valuation_layers: [ts, location, qty, value, value_remaining, exhausted_at]
  inventory: [lot, value, unit_cost]
  movements: [movement, ts, product, location, lot, type, qty, value_delta]
  sales: [product, location, lot, ts, type, qty]
  products: [product, costing_method, tracking]
  conventions: [name, value]
uses: [closing_stock, stock_moves, bridge_cells]
parameters:
  tolerance: {default: "0.001", type: decimal, meaning: "base units by which the layers of a product may differ from its stock"}
  currency_unit: {default: "0.01", type: decimal, meaning: "smallest amount of the currency; each layer may be off by half of it"}
  share: {default: "0.5", type: decimal, meaning: "share of products that may differ, of five at least; with more, layers and stock are of different days"}
impact: column
recoverable: false
explains: []
entities: [product, location, layer]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {where_en}: {reason_en}"
    es: "{product} en {where_es}: {reason_es}"
words:
  checks: {es: comprobaciones}
  layer: {es: capa}
  quantity: {en: quantity of the layers, es: cantidad de las capas}
  value: {en: value of the layers, es: valor de las capas}
  own_value: {en: a layer's own value, es: valor propio de la capa}
  remainder: {en: what a layer has left, es: lo que queda en la capa}
  rate: {en: rate of an issue, es: tasa de una salida}
  issue: {es: salida}
  stock: {es: existencia}
  layers_compared: {es: capas comparadas}
  products_compared: {en: products and places compared, es: productos y lugares comparados}
  issues_compared: {es: salidas comparadas}
explanation:
  en: >-
    What the cost layers of a product have left must add up to its stock (the last snapshot and what moved since), and their
    value to its value. A layer has left between nothing and what it began with, nothing once it is used up, and its value is its
    quantity at its cost. What single layers explain of a difference in value is told of them. Where the layers are all that ever came in, an
    issue must cost between the cheapest and the dearest layer of its day; its amount, if any, is C-012's. Products tracked by lot or
    serial number and products that are not costed by layers are left out; so are those without any layer. Where stock and
    movements disagree (C-006), layers may agree with either. Where most products differ, the layers are those of another day
    than the stock, and nothing is asserted.
  es: >-
    Lo que queda en las capas de coste de un producto debe sumar su existencia (el último saldo y lo movido después), y su valor,
    el valor de esta. A una capa le queda entre nada y lo que tuvo, nada si está agotada, y su valor es su cantidad a su coste. Lo
    que capas sueltas explican de una diferencia de valor se informa de ellas. Si las capas son todo lo que entró, una salida debe
    costar entre la capa más barata y la más cara de su día; su importe, si lo hay, es de C-012. Quedan fuera los productos
    seguidos por lote o número de serie, los que no se costean por capas y los que no tienen ninguna. Si existencia y movimientos
    discrepan (C-006), las capas pueden coincidir con cualquiera. Si la mayoría de los productos difiere, las capas son de otro
    día que la existencia y nada se afirma.
remedy:
  en: "Have the system rebuild the layers of the product, and count it; correct the layer that was changed by hand."
  es: "Haga que el sistema reconstruya las capas del producto y cuéntelo; corrija la capa cambiada a mano."
source: "Queue invariants of FIFO valuation in inventory systems"
--- */

-- section: population
-- One row per check; issues that hold are counted together (`checks`).
WITH settings AS (
    SELECT EXISTS (SELECT 1 FROM valuation_layers WHERE location IS NOT NULL) AS by_place
), masters AS (
    SELECT product, bool_or(tracking IN ('lot', 'serial')) AS is_tracked, bool_or(costing_method NOT IN ('fifo', 'lifo')) AS has_no_layers
    FROM products WHERE product IS NOT NULL GROUP BY product
), layers AS (
    SELECT l.layer, l.product, CASE WHEN s.by_place THEN l.location END AS location, l.ts_date AS day, l.ts, l.unit_cost, l.qty, l.value, l.qty_remaining,
           l.value_remaining, l.exhausted_at, l._file_id, l._record, l._line
    FROM valuation_layers AS l
    CROSS JOIN settings AS s
    LEFT JOIN masters AS p ON p.product = l.product
    WHERE l._duplicate_record IS NULL AND l.product IS NOT NULL AND (NOT s.by_place OR l.location IS NOT NULL)
      AND NOT coalesce(p.is_tracked, false) AND NOT coalesce(p.has_no_layers, false)
), valued AS (
    SELECT *, $currency_unit + try(abs(qty_remaining)::DECIMAL(28, 4) * CASE WHEN unit_cost = round(unit_cost, 2) THEN 0.005 ELSE 0.00005 END) AS slack,
           try((qty_remaining::DECIMAL(28, 4) * unit_cost)::DECIMAL(38, 4)) AS at_cost,
           CASE WHEN qty > 0 THEN try((value::DECIMAL(28, 4) * qty_remaining)::DOUBLE / qty::DOUBLE)::DECIMAL(38, 4) END AS at_share
    FROM layers
), judged AS (
    -- A layer of what went out (books that keep one for each movement) has nothing left, or what it still owes.
    SELECT *, CASE WHEN qty < 0 THEN NULL
                   WHEN qty_remaining < -$tolerance OR (exhausted_at IS NOT NULL AND qty_remaining > $tolerance) OR coalesce(qty_remaining > qty + $tolerance, false) THEN true
                   WHEN qty_remaining IS NOT NULL THEN false END AS is_left_wrong,
           CASE WHEN value_remaining IS NULL OR at_cost IS NULL OR qty = 0 THEN NULL
                ELSE abs(value_remaining - at_cost) > slack AND coalesce(abs(value_remaining - at_share) > slack, true) END AS is_valued_wrong
    FROM valued
), summed AS (
    SELECT product, location, CASE WHEN count(qty_remaining) = count(*) THEN sum(qty_remaining) END AS qty,
           CASE WHEN count(value_remaining) = count(*) THEN sum(value_remaining) END AS value, count(*) AS layers,
           coalesce(sum(CASE WHEN is_valued_wrong THEN value_remaining - at_cost END), 0) AS off_in_layers,
           coalesce(sum(CASE WHEN is_left_wrong THEN qty_remaining - CASE WHEN exhausted_at IS NOT NULL OR qty_remaining < 0 THEN 0 ELSE qty END END), 0) AS qty_in_layers,
           CASE WHEN count(qty) = count(*) THEN sum(qty) END AS came
    FROM judged GROUP BY product, location
), ends AS (
    SELECT location, max(ends) AS ends FROM closing_stock GROUP BY location
), later AS (
    -- What moved after the last snapshot, or at an unknown time.
    SELECT m.product, m.location, sum(m.qty) AS qty, count(*) > count(m.qty) OR bool_or(m.day IS NULL) AS unread
    FROM stock_moves AS m JOIN ends AS e ON e.location = m.location
    WHERE coalesce(m.day > e.ends, true)
    GROUP BY m.product, m.location
), later_value AS (
    SELECT m.product, m.location, sum(m.value_delta) AS value, count(*) > count(m.value_delta) AS unread
    FROM movements AS m JOIN ends AS e ON e.location = m.location
    WHERE m._duplicate_record IS NULL AND coalesce(m.ts_date > e.ends, true)
    GROUP BY m.product, m.location
), bridged AS (
    SELECT product, location, sum(difference) AS difference FROM bridge_cells WHERE is_last GROUP BY product, location
), books AS (
    SELECT c.product, CASE WHEN s.by_place THEN c.location END AS location, max(c.ends) AS day,
           CASE WHEN bool_or(c.qty IS NULL OR coalesce(l.unread, false)) THEN NULL ELSE sum(c.qty + coalesce(l.qty, 0)) END AS qty,
           CASE WHEN bool_or(c.value IS NULL OR coalesce(v.unread, false)) THEN NULL ELSE sum(c.value + coalesce(v.value, 0)) END AS value,
           sum(coalesce(b.difference, 0)) AS unexplained
    FROM closing_stock AS c
    CROSS JOIN settings AS s
    LEFT JOIN later AS l ON l.product = c.product AND l.location = c.location
    LEFT JOIN later_value AS v ON v.product = c.product AND v.location = c.location
    LEFT JOIN bridged AS b ON b.product = c.product AND b.location = c.location
    GROUP BY ALL
), keys AS (
    SELECT s.product, s.location, b.day, s.layers, s.qty, b.qty AS book_qty, s.value, b.value AS book_value, s.off_in_layers, s.came,
           abs(s.qty - b.qty) > $tolerance AND abs(s.qty - b.qty + b.unexplained) > $tolerance AND abs(s.qty - s.qty_in_layers - b.qty) > $tolerance AS qty_differs,
           s.qty_in_layers <> 0 AS has_wrong_layers,
           abs(s.value - b.value - s.off_in_layers) > greatest($currency_unit, 0.5 * $currency_unit * (s.layers + 1)) AS value_differs
    FROM summed AS s LEFT JOIN books AS b ON b.product = s.product AND b.location IS NOT DISTINCT FROM s.location
), arrived AS (
    SELECT product, location, CASE WHEN count(qty) = count(*) THEN sum(qty) END AS came
    FROM movements
    WHERE _duplicate_record IS NULL AND coalesce(qty > 0, true) AND product IS NOT NULL AND location IS NOT NULL
    GROUP BY product, location
), extremes AS (
    -- The cheapest and the dearest layer so far, where the layers are all that ever came in.
    SELECT product, location, ts, min(min(unit_cost)) OVER k AS lowest, max(max(unit_cost)) OVER k AS highest,
           coalesce(bool_or(bool_or(unit_cost IS NULL)) OVER k, true) AS unclear
    FROM (SELECT j.product, j.location, j.ts, j.unit_cost
          FROM judged AS j
          JOIN keys AS k ON k.product = j.product AND k.location = j.location
          JOIN arrived AS a ON a.product = k.product AND a.location = k.location AND a.came = k.came
          WHERE j.ts IS NOT NULL) AS known
    GROUP BY product, location, ts
    WINDOW k AS (PARTITION BY product, location ORDER BY ts)
), issues AS (
    SELECT m.movement, m.product, m.location, m.ts_date AS day, m.qty, m.value_delta, m._file_id, m._record, m._line,
           CASE WHEN NOT e.unclear THEN
                CASE WHEN abs(m.value_delta) < abs(m.qty) * (e.lowest - 0.005) - $currency_unit THEN e.lowest
                     WHEN abs(m.value_delta) > abs(m.qty) * (e.highest + 0.005) + $currency_unit THEN e.highest ELSE 0 END END AS bound
    FROM movements AS m
    ASOF JOIN extremes AS e ON e.product = m.product AND e.location = m.location AND m.ts >= e.ts
    WHERE m._duplicate_record IS NULL AND m.qty < 0 AND m.type IN ('sale', 'waste', 'transfer_out', 'production') AND m.value_delta IS NOT NULL
)
SELECT 'quantity' AS code, product, location, NULL AS layer, NULL AS movement, day, qty AS observed, book_qty AS expected,
       CASE WHEN count(qty_differs) OVER () < 5 OR count(*) FILTER (qty_differs) OVER () <= $share * count(qty_differs) OVER () THEN qty_differs END AS differs, 1 AS checks,
       NULL AS _file_id, NULL AS _record, NULL AS _line
FROM keys
UNION ALL
SELECT 'value', product, location, NULL, NULL, day, value, book_value + off_in_layers,
       CASE WHEN qty_differs OR has_wrong_layers THEN NULL
            WHEN count(value_differs) OVER () < 5 OR count(*) FILTER (value_differs) OVER () <= $share * count(value_differs) OVER () THEN value_differs END, 1, NULL, NULL, NULL
FROM keys WHERE value IS NOT NULL
UNION ALL
SELECT 'remainder', product, location, layer, NULL, day, qty_remaining, CASE WHEN exhausted_at IS NOT NULL OR qty_remaining < 0 THEN 0 ELSE qty END, is_left_wrong, 1,
       _file_id, _record, _line
FROM judged
UNION ALL
SELECT 'own_value', product, location, layer, NULL, day, value_remaining, at_cost, is_valued_wrong, 1, _file_id, _record, _line
FROM judged WHERE value_remaining IS NOT NULL AND coalesce(qty <> 0, true)
UNION ALL
SELECT 'rate', product, location, NULL, movement, day, abs(value_delta), try((abs(qty)::DECIMAL(28, 4) * bound)::DECIMAL(38, 4)), true, 1, _file_id, _record, _line
FROM issues WHERE bound <> 0
UNION ALL
SELECT 'rate', NULL, NULL, NULL, NULL, NULL, NULL, NULL, CASE WHEN bound IS NOT NULL THEN false END, count(*), NULL, NULL, NULL
FROM issues WHERE coalesce(bound, 0) = 0 GROUP BY bound IS NOT NULL, CASE WHEN bound IS NOT NULL THEN false END

-- section: violations
SELECT p.code, p.product, p.location, p.layer, p.movement, p.day AS period_start, coalesce(p.location, 'all places') AS where_en, coalesce(p.location, 'todos los lugares') AS where_es,
       CASE p.code WHEN 'quantity' THEN 'the layers have ' || plain(p.observed) || ' left, the stock is ' || plain(p.expected)
                   WHEN 'value' THEN 'the layers are worth ' || plain(p.observed) || ', the stock ' || plain(p.expected)
                   WHEN 'remainder' THEN 'layer ' || coalesce(p.layer, '?') || ' has ' || plain(p.observed) || ' left, at most ' || coalesce(plain(p.expected), '?') || ' can be'
                   WHEN 'own_value' THEN 'layer ' || coalesce(p.layer, '?') || ' is worth ' || plain(p.observed) || ', its quantity at its cost ' || plain(p.expected)
                   ELSE 'issue ' || coalesce(p.movement, '?') || ' cost ' || plain(p.observed) || ', the nearest layer makes ' || plain(p.expected) END AS reason_en,
       CASE p.code WHEN 'quantity' THEN 'a las capas les quedan ' || plain(p.observed) || '; la existencia es ' || plain(p.expected)
                   WHEN 'value' THEN 'las capas valen ' || plain(p.observed) || '; la existencia, ' || plain(p.expected)
                   WHEN 'remainder' THEN 'a la capa ' || coalesce(p.layer, '?') || ' le quedan ' || plain(p.observed) || '; pueden ser como mucho ' || coalesce(plain(p.expected), '?')
                   WHEN 'own_value' THEN 'la capa ' || coalesce(p.layer, '?') || ' vale ' || plain(p.observed) || '; su cantidad a su coste, ' || plain(p.expected)
                   ELSE 'la salida ' || coalesce(p.movement, '?') || ' costó ' || plain(p.observed) || '; la capa más próxima da ' || plain(p.expected) END AS reason_es,
       p.observed, p.expected, CASE WHEN p.code IN ('quantity', 'remainder') THEN p.observed - p.expected END AS delta_qty,
       CASE WHEN p.code IN ('value', 'own_value') THEN p.observed - p.expected END AS delta_value,
       CASE p.code WHEN 'rate' THEN NULL WHEN 'value' THEN abs(p.observed - p.expected) WHEN 'own_value' THEN abs(p.observed - p.expected)
                   ELSE try(abs(p.observed - p.expected)::DECIMAL(38, 4) * coalesce(l.unit_cost, c.unit_cost)) END AS impact,
       CASE WHEN p.code IN ('own_value', 'rate') THEN 'medium' ELSE 'high' END AS severity, coalesce(CASE WHEN p.code IN ('quantity', 'value') THEN c.layers END, 1) AS row_count
FROM population AS p
LEFT JOIN (SELECT layer, product, max(unit_cost) AS unit_cost FROM valuation_layers GROUP BY layer, product) AS l ON l.layer = p.layer AND l.product = p.product
LEFT JOIN (SELECT product, max(unit_cost) AS unit_cost, count(*) AS layers FROM valuation_layers WHERE unit_cost > 0 GROUP BY product) AS c ON c.product = p.product
WHERE p.differs AND p.product IS NOT NULL

-- section: evaluated
SELECT coalesce(sum(checks), 0)::BIGINT AS evaluated, coalesce(sum(checks) FILTER (WHERE differs IS NULL), 0)::BIGINT AS unknown FROM population

-- section: facts
SELECT count(*) FILTER (WHERE code = 'remainder') AS layers_compared, count(*) FILTER (WHERE code = 'quantity' AND differs IS NOT NULL) AS products_compared,
       coalesce(sum(checks) FILTER (WHERE code = 'rate' AND differs IS NOT NULL), 0)::BIGINT AS issues_compared
FROM population

-- section: evidence
SELECT v.code, v.product, v.location, v.layer, v.movement, v.period_start, 'layer' AS role, 1 AS ordinal, 'valuation_layers' AS table_name, l._file_id, l._record, l._line,
       l.layer AS key_layer, l.ts_date AS value_date, l.qty AS value_qty, l.unit_cost AS value_unit_cost, l.qty_remaining AS value_qty_remaining,
       l.value_remaining AS value_value_remaining
FROM violations AS v
JOIN valuation_layers AS l ON l.product = v.product AND (v.location IS NULL OR l.location = v.location) AND (v.layer IS NULL OR l.layer = v.layer)
WHERE l._duplicate_record IS NULL AND (v.code = 'rate' OR v.layer IS NOT NULL OR l.qty_remaining <> 0)

-- section: evidence
SELECT v.code, v.product, v.location, v.layer, v.movement, v.period_start, 'stock' AS role, 2 AS ordinal, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty, i.value AS value_value
FROM violations AS v
JOIN closing_stock AS c ON c.product = v.product AND (v.location IS NULL OR c.location = v.location)
JOIN inventory AS i ON i.product = c.product AND i.location = c.location AND i.snapshot_date = c.ends
WHERE v.code IN ('quantity', 'value') AND i._duplicate_record IS NULL

-- section: evidence
SELECT p.code, p.product, p.location, p.layer, p.movement, p.day AS period_start, 'issue' AS role, 0 AS ordinal, 'movements' AS table_name, p._file_id, p._record, p._line,
       p.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty, m.value_delta AS value_value_delta
FROM population AS p
JOIN movements AS m ON m._file_id = p._file_id AND m._record = p._record
WHERE p.code = 'rate' AND p.differs
