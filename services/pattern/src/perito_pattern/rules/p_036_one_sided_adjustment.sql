/* ---
id: P-036
version: 2
kind: function
function: perito_pattern.one_sided:judge
title: {en: Adjustments that nearly all go down, es: Ajustes que casi siempre restan}
severity: medium
grain: group
unit: users, places and products
identity: [user, location, product]
needs:
  movements: [type, qty]
optional:
  movements: [movement, user, product, location, ts, unit_cost, reason, reversal_of]
  counts: [product, location, ts]
uses: [unit_costs]
parameters:
  least: {default: 10, type: integer, meaning: "adjustments without which a group is not tested"}
  share: {default: "0.8", type: decimal, meaning: "share of negative adjustments above which a group may be told"}
  least_peers: {default: 8, type: integer, meaning: "peers from which the usual share is taken; with fewer it is that of all others together"}
  counted_days: {default: 3, type: integer, meaning: "days after a count of the product within which an adjustment books the count"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all groups tested"}
impact: column
recoverable: false
explains: []
entities: [user, location, product]
texts:
  finding:
    en: "{who_en}: {negative:,} of {adjustments:,} stock adjustments take stock away; about {expected_negative:,} were to be expected"
    es: "{who_es}: {negative:,} de {adjustments:,} ajustes de existencia restan; eran de esperar unos {expected_negative:,}"
explanation:
  en: >-
    Honest mistakes go both ways, and losses are adjusted more often than gains; but where one user, place or product takes
    stock away far more often than its peers do, somebody may be writing off what was taken, or a step of the process
    always errs to one side. Compared with the peers of the same kind, whatever their number allows; told is what is
    unlikely given how many groups were tested. The impact is the cost of the negative adjustments beyond those expected.
    Reversed adjustments are left out. What a user explains is not told again of places and products.
  es: >-
    Los errores honrados van en los dos sentidos, y las pérdidas se ajustan más que las ganancias; pero si un usuario, lugar
    o producto resta mucho más que sus pares, puede que alguien dé de baja lo que se llevaron, o que un paso del proceso
    yerre siempre hacia el mismo lado. Se compara con sus pares del mismo tipo, según cuántos haya; se indica lo improbable
    dado el número de grupos probados. El impacto es el coste de los ajustes negativos por encima de los esperados. No
    cuentan los ajustes anulados. Lo que explica un usuario no se repite de lugares y productos.
remedy:
  en: "Read the reasons and documents of the largest negative adjustments, and count those products without notice."
  es: "Revise los motivos y documentos de los mayores ajustes negativos y cuente esos productos sin aviso."
words:
  "users, places and products": {es: usuarios, lugares y productos}
  adjustments: {es: ajustes}
  negative: {es: negativos}
  expected_negative: {es: negativos esperados}
  chance: {es: probabilidad}
  negative_adjustments: {es: ajustes negativos}
  groups_tested: {es: grupos probados}
  groups_that_a_user_or_place_explains: {es: grupos que explica un usuario o lugar}
source: "Inventory loss prevention"
--- */

-- section: population
-- One row per adjustment that moved stock, was not taken back and books no count: what a count finds is not its clerk's choice.
WITH counted AS (
    SELECT product, location, ts_date AS day FROM counts
    WHERE product IS NOT NULL AND location IS NOT NULL AND ts_date IS NOT NULL GROUP BY product, location, ts_date
)
SELECT m."user", m.location, m.product, m.qty, m._file_id, m._record,
       CASE WHEN m.qty < 0 THEN try(-m.qty::DECIMAL(38, 4) * coalesce(CASE WHEN m.unit_cost > 0 THEN m.unit_cost END, u.unit_cost))
            ELSE 0 END AS lost
FROM movements AS m
ASOF LEFT JOIN unit_costs AS u ON u.product = m.product AND coalesce(m.ts_date, DATE '9999-12-31') >= u.valid_from
ASOF LEFT JOIN counted AS c ON c.product = m.product AND c.location = m.location AND m.ts_date >= c.day
WHERE m.type = 'adjustment' AND m.qty <> 0 AND m._duplicate_record IS NULL AND m.reversal_of IS NULL
  AND coalesce(date_diff('day', c.day, m.ts_date) > $counted_days, true)
  AND NOT EXISTS (SELECT 1 FROM movements AS r WHERE r.reversal_of = m.movement)

-- section: input
SELECT "user", location, product, count(*) AS rows, count(*) FILTER (WHERE qty < 0) AS negative,
       CASE WHEN count(lost) = count(*) THEN sum(lost) END AS lost
FROM population
GROUP BY "user", location, product
ORDER BY "user", location, product

-- section: evidence
SELECT v."user", v.location, v.product, CASE WHEN m.qty < 0 THEN 'negative' ELSE 'positive' END AS role,
       CASE WHEN m.qty < 0 THEN 0 ELSE 1 END AS ordinal,
       'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.product AS value_product, m.location AS value_location,
       m.qty AS value_qty, m.reason AS value_reason
FROM violations AS v
JOIN movements AS m ON m."user" = v."user" OR m.location = v.location OR m.product = v.product
JOIN population AS p ON p._file_id = m._file_id AND p._record = m._record
