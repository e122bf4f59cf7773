/* ---
id: K-29
version: 1
kind: metric
title: {en: Adjustment rate, es: Tasa de ajustes}
grain: population
unit: adjustments
needs:
  movements: [type, product, location, ts, qty]
optional:
  movements: [user, value_delta, unit_cost]
uses: [stock_moves, unit_costs, product_groups]
explanation:
  en: >-
    Value of the stock adjustments, each taken without its sign, over the value of what went out: sales and transfers
    out at cost. Adjustments up and down do not cancel out. The value of an adjustment is the one the ledger states,
    else its quantity times its cost, else the last receipt, order or master cost known that day. By user the
    adjustments of one person stand over the outflow of the whole; the rate says where corrections gather and nothing
    about why. An adjustment without a quantity or a cost lowers the coverage.
  es: >-
    Valor de los ajustes de existencias, cada uno sin su signo, entre el valor de lo que salió: ventas y traspasos de
    salida a coste. Los ajustes al alza y a la baja no se compensan. El valor de un ajuste es el que indica el diario;
    si no, su cantidad por su coste; si no, el de la última recepción, pedido o maestro conocido ese día. Por usuario,
    los ajustes de una persona se dividen entre la salida total; la tasa dice dónde se concentran las correcciones y
    nada de su porqué. Un ajuste sin cantidad o sin coste baja la cobertura.
remedy:
  en: "Where the rate is high, look at the reasons given and at what the counts say of the same goods."
  es: "Donde la tasa sea alta, mire los motivos indicados y lo que dicen los conteos de esos artículos."
words:
  adjustment_rate: {en: adjustments of outflow, es: ajustes sobre salidas}
  user: {es: usuario}
  sale: {es: venta}
  transfer_out: {en: transfer out, es: traspaso de salida}
  adjustments: {es: ajustes}
  valued: {es: valorados}
  no adjustment or outflow was booked: {es: no se registró ningún ajuste ni salida}
  no adjustment has a known value: {es: ningún ajuste tiene un valor conocido}
  nothing went out at a known cost: {es: no salió nada con coste conocido}
source: "Inventory control: absolute adjustments over throughput"
--- */

-- section: population
WITH adjusted AS (
    SELECT product, location, ts_date AS day, coalesce("user", '') AS person, count(*) AS adjustments,
           count(*) FILTER (WHERE value_delta IS NOT NULL OR (qty IS NOT NULL AND unit_cost > 0)) AS stated,
           count(*) FILTER (WHERE value_delta IS NULL AND qty IS NOT NULL AND coalesce(unit_cost, 0) <= 0) AS to_value,
           sum(CASE WHEN value_delta IS NOT NULL THEN abs(value_delta)::DECIMAL(38, 8)
                    WHEN unit_cost > 0 THEN try((abs(qty)::DECIMAL(38, 4) * unit_cost)::DECIMAL(38, 8)) END) AS stated_value,
           sum(CASE WHEN value_delta IS NULL AND coalesce(unit_cost, 0) <= 0 THEN abs(qty) END) AS units
    FROM movements WHERE _duplicate_record IS NULL AND type = 'adjustment'
    GROUP BY product, location, ts_date, coalesce("user", '')
), issues AS NOT MATERIALIZED (
    SELECT product, location, day, -qty AS units FROM stock_moves WHERE flow IN ('sale', 'transfer_out') AND qty < 0
), costs AS (
    -- Looked up once per product and day, for all places.
    SELECT d.product, d.day, u.unit_cost
    FROM (SELECT DISTINCT product, day FROM issues) AS d
    ASOF JOIN unit_costs AS u ON u.product = d.product AND d.day >= u.valid_from
), issued AS (
    SELECT i.product, i.location, date_trunc('month', i.day) AS month, sum(try((i.units * c.unit_cost)::DECIMAL(38, 8))) AS issued
    FROM issues AS i LEFT JOIN costs AS c ON c.product = i.product AND c.day = i.day
    GROUP BY i.product, i.location, date_trunc('month', i.day)
), valued AS (
    SELECT a.product, a.location, a.person, strftime(a.day, '%Y-%m') AS month, a.adjustments,
           a.stated + CASE WHEN u.unit_cost IS NOT NULL THEN a.to_value ELSE 0 END AS n,
           CASE WHEN a.stated_value IS NULL THEN try((a.units * u.unit_cost)::DECIMAL(38, 8))
                ELSE a.stated_value + coalesce(try((a.units * u.unit_cost)::DECIMAL(38, 8)), 0) END AS adjusted,
           NULL::DECIMAL(38, 8) AS issued
    FROM adjusted AS a
    ASOF LEFT JOIN unit_costs AS u ON u.product = a.product AND a.day >= u.valid_from
    UNION ALL
    SELECT product, location, '', strftime(month, '%Y-%m'), 0, 0, NULL, issued FROM issued
)
SELECT v.location, v.person, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, v.month,
       sum(v.adjustments) AS adjustments, sum(v.n) AS n, sum(v.adjusted) AS adjusted, sum(v.issued) AS issued
FROM valued AS v LEFT JOIN product_groups AS g ON g.product = v.product
GROUP BY v.location, v.person, coalesce(g.category, ''), coalesce(g.supplier, ''), v.month

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), summed AS (
    SELECT scope, key, period, sum(adjustments) AS adjustments, sum(n) AS n, sum(adjusted) AS adjusted, sum(issued) AS issued
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'user', person, '', sum(adjustments), sum(n), sum(adjusted), (SELECT sum(issued) FROM population)
    FROM population WHERE person <> '' GROUP BY person
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
)
SELECT scope, key, period, 'adjustment_rate' AS measure, '%' AS unit,
       CASE WHEN issued > 0 AND (adjustments = 0 OR n > 0) THEN ratio(100 * coalesce(adjusted, 0), issued) END AS value,
       CASE WHEN adjustments = 0 OR n > 0 THEN coalesce(adjusted, 0) END AS numerator, issued AS denominator, n,
       CASE WHEN adjustments = 0 THEN NULL ELSE ratio(n, adjustments) END AS coverage,
       CASE WHEN adjustments = 0 AND issued IS NULL THEN 'no adjustment or outflow was booked'
            WHEN adjustments > 0 AND n = 0 THEN 'no adjustment has a known value'
            WHEN issued > 0 THEN '' ELSE 'nothing went out at a known cost' END AS reason
FROM summed

-- section: evaluated
SELECT coalesce(sum(adjustments), 0) AS evaluated, coalesce(sum(adjustments - n), 0) AS unknown FROM population

-- section: facts
SELECT coalesce(sum(adjustments), 0) AS adjustments, coalesce(sum(n), 0) AS valued FROM population
