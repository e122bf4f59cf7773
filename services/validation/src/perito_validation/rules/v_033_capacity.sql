/* ---
id: V-033
version: 1
kind: set
title: {en: More stock than the place can hold, es: Más existencias de las que caben}
severity: medium
grain: location
unit: snapshots
identity: [location]
needs:
  inventory: [snapshot_date, product, location, qty]
  locations: [location, capacity_units]
impact: none, because room has no value of its own; stock that cannot be there shows in counts
recoverable: false
explains: []
entities: [location]
texts:
  finding:
    en: "{location}: stock above the capacity of {expected:,} in {months:,} of {snapshots:,} snapshots, most on {worst_day} with {observed:,}"
    es: "{location}: existencias sobre la capacidad de {expected:,} en {months:,} de {snapshots:,} saldos; el mayor, el {worst_day} con {observed:,}"
explanation:
  en: >-
    All products of a place together exceed what it can hold. Either the stock in the books is not there, or the stated
    capacity is old, or goods stand where they should not. Quantities below 0 take no room.
  es: >-
    Todos los productos de un lugar juntos superan lo que cabe. O las existencias de los libros no están, o la capacidad
    indicada es antigua, o hay mercancía donde no debe. Las cantidades bajo 0 no ocupan sitio.
remedy:
  en: "Walk through the place, correct the stated capacity, and count the products that take most of the room."
  es: "Recorra el lugar, corrija la capacidad indicada y cuente los productos que más sitio ocupan."
words:
  months: {en: snapshots above, es: saldos por encima}
  snapshots: {es: saldos}
  worst_day: {en: fullest day, es: día más lleno}
  days: {es: días}
  largest: {en: largest stocks of the fullest day, es: mayores existencias del día más lleno}
  master: {en: stated capacity, es: capacidad indicada}
source: "Plausibility checks of warehouse management"
--- */

-- section: population
WITH held AS (
    SELECT location, snapshot_date, sum(greatest(qty, 0)) AS on_hand
    FROM inventory
    WHERE _duplicate_record IS NULL AND qty IS NOT NULL
    GROUP BY location, snapshot_date
), rooms AS (
    SELECT location, min(capacity_units) AS capacity
    FROM locations
    WHERE _duplicate_record IS NULL AND capacity_units > 0
    GROUP BY location
    HAVING count(DISTINCT capacity_units) = 1
)
SELECT h.location, h.snapshot_date, h.on_hand, r.capacity, h.on_hand > r.capacity AS above
FROM held AS h JOIN rooms AS r ON r.location = h.location

-- section: violations
WITH worst AS (
    SELECT *
    FROM population
    WHERE above
    QUALIFY row_number() OVER (PARTITION BY location ORDER BY on_hand DESC, snapshot_date) = 1
)
SELECT p.location, min(p.snapshot_date) FILTER (p.above) AS period_start, max(p.snapshot_date) FILTER (p.above) AS period_end,
       min(w.capacity) AS expected, min(w.on_hand) AS observed, min(w.on_hand) - min(w.capacity) AS delta_qty,
       count(*) FILTER (p.above) AS months, count(*) AS snapshots, min(w.snapshot_date) AS worst_day,
       list(p.snapshot_date::VARCHAR ORDER BY p.snapshot_date) FILTER (p.above) AS days
FROM population AS p JOIN worst AS w ON w.location = p.location
GROUP BY p.location

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (above) AS failed FROM population

-- section: facts
SELECT count(*) AS snapshots, count(*) FILTER (above) AS above FROM population

-- section: evidence
SELECT v.location, v.period_start, v.period_end, 0 AS ordinal, 'master' AS role, 'locations' AS table_name, l._file_id, l._record, l._line,
       l.location AS key_location, l.capacity_units AS value_capacity_units, NULL::DECIMAL(18, 4) AS value_qty, NULL::DATE AS value_snapshot_date
FROM violations AS v JOIN locations AS l ON l.location = v.location
WHERE l._duplicate_record IS NULL

-- section: evidence
SELECT v.location, v.period_start, v.period_end,
       row_number() OVER (PARTITION BY v.location ORDER BY i.qty DESC, i._file_id, i._record) AS ordinal,
       'largest' AS role, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, NULL::DECIMAL(18, 4) AS value_capacity_units, i.qty AS value_qty, i.snapshot_date AS value_snapshot_date
FROM violations AS v JOIN inventory AS i ON i.location = v.location AND i.snapshot_date = v.worst_day
WHERE i._duplicate_record IS NULL AND i.qty > 0
