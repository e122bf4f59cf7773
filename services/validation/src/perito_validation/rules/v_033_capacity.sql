/* ---
id: V-033
version: 1
kind: set
title: {en: More stock than the place can hold, es: Más existencias de las que caben}
severity: medium
grain: location
unit: snapshots
identity: [location, category]
needs:
  inventory: [snapshot_date, product, location, qty]
one_of: [locations.capacity_units, capacity.units]
optional:
  locations: [location, capacity_units]
  capacity: [location, category, starts, ends, units]
  products: [product, category]
impact: none, because room has no value of its own; stock that cannot be there shows in counts
recoverable: false
explains: []
entities: [location]
unique: {population: [location, category, snapshot_date]}
texts:
  finding:
    en: "{room}: stock above the capacity of {expected:,} in {months:,} of {snapshots:,} {snapshots:snapshot|snapshots}, most on {worst_day} with {observed:,}"
    es: "{room}: existencias sobre la capacidad de {expected:,} en {months:,} de {snapshots:,} {snapshots:saldo|saldos}; el mayor, el {worst_day} con {observed:,}"
explanation:
  en: >-
    All products of a place, or of one category where room is stated by category, together exceed what it can hold. A
    capacity stated for the day goes before that of the place; where several differ for one day, nothing is asserted.
    Either the stock in the books is not there, or the stated capacity is old, or goods stand where they should not.
    Quantities below 0 take no room.
  es: >-
    Todos los productos de un lugar, o de una categoría si la capacidad se indica por categoría, superan juntos lo que
    cabe. La capacidad indicada para el día va antes que la del lugar; si varias difieren para un día, no se afirma nada.
    O las existencias de los libros no están, o la capacidad indicada es antigua, o hay mercancía donde no debe. Las
    cantidades bajo 0 no ocupan sitio.
remedy:
  en: "Walk through the place, correct the stated capacity, and count the products that take most of the room."
  es: "Recorra el lugar, corrija la capacidad indicada y cuente los productos que más sitio ocupan."
words:
  room: {en: place, es: lugar}
  months: {en: snapshots above, es: saldos por encima}
  snapshots: {es: saldos}
  worst_day: {en: fullest day, es: día más lleno}
  days: {es: días}
  is_dated: {en: capacity stated for the day, es: capacidad indicada para el día}
  largest: {en: largest stocks of the fullest day, es: mayores existencias del día más lleno}
  master: {en: stated capacity, es: capacidad indicada}
source: "Plausibility checks of warehouse management"
--- */

-- section: population
-- One row per place (or category in it) with a stated capacity, and snapshot.
WITH stock AS (
    SELECT i.location, i.snapshot_date, i.product, sum(greatest(i.qty, 0)) AS on_hand
    FROM inventory AS i
    WHERE i._duplicate_record IS NULL AND i.qty IS NOT NULL AND i.location IS NOT NULL AND i.snapshot_date IS NOT NULL
    GROUP BY i.location, i.snapshot_date, i.product
), kinds AS (
    SELECT product, min(category) AS category FROM products
    WHERE _duplicate_record IS NULL
    GROUP BY product HAVING count(DISTINCT category) = 1
), held AS (
    SELECT location, snapshot_date, NULL::VARCHAR AS category, sum(on_hand) AS on_hand FROM stock GROUP BY location, snapshot_date
    UNION ALL
    SELECT s.location, s.snapshot_date, k.category, sum(s.on_hand)
    FROM stock AS s JOIN kinds AS k ON k.product = s.product
    WHERE s.location IN (SELECT location FROM capacity WHERE category IS NOT NULL)
    GROUP BY s.location, s.snapshot_date, k.category
), dated AS (
    SELECT h.location, h.category, h.snapshot_date,
           CASE WHEN min(c.units) = max(c.units) THEN min(c.units) END AS capacity
    FROM held AS h
    JOIN capacity AS c ON c.location = h.location AND c.category IS NOT DISTINCT FROM h.category
    WHERE c._duplicate_record IS NULL AND c.units > 0 AND coalesce(c.starts <= h.snapshot_date, true) AND coalesce(c.ends >= h.snapshot_date, true)
    GROUP BY h.location, h.category, h.snapshot_date
), always AS (
    SELECT location, min(capacity_units) AS capacity
    FROM locations
    WHERE _duplicate_record IS NULL AND capacity_units > 0
    GROUP BY location
    HAVING count(DISTINCT capacity_units) = 1
), rooms AS (
    SELECT h.location, h.category, h.snapshot_date, h.on_hand, d.location IS NOT NULL AS is_dated,
           CASE WHEN d.location IS NOT NULL THEN d.capacity WHEN h.category IS NULL THEN a.capacity END AS capacity
    FROM held AS h
    LEFT JOIN dated AS d ON d.location = h.location AND d.category IS NOT DISTINCT FROM h.category AND d.snapshot_date = h.snapshot_date
    LEFT JOIN always AS a ON a.location = h.location
)
SELECT location, category, snapshot_date, on_hand, capacity, is_dated, on_hand > capacity AS above
FROM rooms
WHERE capacity IS NOT NULL

-- section: violations
WITH worst AS (
    SELECT *
    FROM population
    WHERE above
    QUALIFY row_number() OVER (PARTITION BY location, category ORDER BY on_hand - capacity DESC, snapshot_date) = 1
)
SELECT p.location, p.category, concat_ws(' / ', p.location, p.category) AS room,
       min(p.snapshot_date) FILTER (p.above) AS period_start, max(p.snapshot_date) FILTER (p.above) AS period_end,
       min(w.capacity) AS expected, min(w.on_hand) AS observed, min(w.on_hand) - min(w.capacity) AS delta_qty,
       count(*) FILTER (p.above) AS months, count(*) AS snapshots, min(w.snapshot_date) AS worst_day,
       bool_or(w.is_dated) AS is_dated,
       list(p.snapshot_date::VARCHAR ORDER BY p.snapshot_date) FILTER (p.above) AS days
FROM population AS p JOIN worst AS w ON w.location = p.location AND w.category IS NOT DISTINCT FROM p.category
GROUP BY p.location, p.category

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (above) AS failed FROM population

-- section: facts
SELECT count(*) AS snapshots, count(*) FILTER (above) AS above FROM population

-- section: evidence
SELECT v.location, v.category, v.period_start, v.period_end, 0 AS ordinal, 'master' AS role, 'locations' AS table_name, l._file_id, l._record, l._line,
       l.location AS key_location, l.capacity_units AS value_capacity_units
FROM violations AS v JOIN locations AS l ON l.location = v.location
WHERE l._duplicate_record IS NULL AND NOT v.is_dated

-- section: evidence
SELECT v.location, v.category, v.period_start, v.period_end, 0 AS ordinal, 'master' AS role, 'capacity' AS table_name, c._file_id, c._record, c._line,
       c.location AS key_location, c.category AS key_category, c.starts AS value_starts, c.ends AS value_ends, c.units AS value_units
FROM violations AS v JOIN capacity AS c ON c.location = v.location AND c.category IS NOT DISTINCT FROM v.category
WHERE v.is_dated AND c._duplicate_record IS NULL AND c.units > 0
  AND coalesce(c.starts <= v.worst_day, true) AND coalesce(c.ends >= v.worst_day, true)

-- section: evidence
SELECT v.location, v.category, v.period_start, v.period_end,
       row_number() OVER (PARTITION BY v.location, v.category ORDER BY i.qty DESC, i._file_id, i._record) AS ordinal,
       'largest' AS role, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.qty AS value_qty, i.snapshot_date AS value_snapshot_date
FROM violations AS v JOIN inventory AS i ON i.location = v.location AND i.snapshot_date = v.worst_day
WHERE i._duplicate_record IS NULL AND i.qty > 0
  AND (v.category IS NULL OR i.product IN (SELECT product FROM products WHERE category = v.category))
