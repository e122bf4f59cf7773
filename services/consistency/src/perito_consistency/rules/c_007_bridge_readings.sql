/* ---
id: C-007
version: 1
kind: set
title: {en: Another reading of the books makes stock roll forward, es: Otra lectura de los libros hace que las existencias cuadren}
severity: medium
grain: table
unit: readings
identity: [reading, location, book, file, unit]
needs:
  inventory: [snapshot_date, product, location, qty]
  movements: [product, location, ts, type, qty]
optional:
  inventory: [lot]
  movements: [movement, lot, uom, ref_id]
  sales: [document, line, product, location, lot, ts, type, qty, uom]
  returns: [return_document, product, location, lot, ts, qty, disposition]
  receipts: [document, product, location, lot, ts, qty, accepted, rejected, status]
  transfers: [transfer, product, lot, from_location, to_location, qty_out, qty_in, out_ts, in_ts, status]
  products: [product, units_per_pack]
  files: [file_id, name]
  conventions: [name, value]
uses: [bridge_cells, bridge_effects]
unique: {widest: [reading, scope, place, table_name, file_id, unit], trials: [trial]}
parameters:
  least_breaks: {default: 10, type: integer, meaning: "fewest breaks that a reading must touch before it is judged"}
  least_share: {default: "0.8", type: decimal, meaning: "share of the breaks it touches that a reading must take away, less those it makes"}
impact: "none, because the differences are C-006's; a reading says why they arose, not what they cost"
recoverable: false
explains: []
entities: []
texts:
  finding:
    en: "{reason_en}{where_en}: so read, {mended:,} of {breaks:,} {breaks:break closes|breaks close} and {made:,} {made:arises|arise} ({all_breaks:,} {all_breaks:break|breaks} in the books)"
    es: "{reason_es}{where_es}: leído así se {mended:cierra|cierran} {mended:,} de {breaks:,} {breaks:descuadre|descuadres} y {made:surge|surgen} {made:,} ({all_breaks:,} {all_breaks:descuadre|descuadres} en los libros)"
words:
  readings: {es: lecturas}
  book: {es: tabla}
  reading: {es: lectura}
  unit: {es: unidad}
  mended: {es: cuadran así}
  breaks: {es: descuadres}
  tried: {es: lecturas probadas}
  taken: {en: readings that explain breaks, es: lecturas que explican descuadres}
  explained: {en: breaks explained, es: descuadres explicados}
  difference: {es: diferencia}
  effect: {en: effect of the reading, es: efecto de la lectura}
  returns_left_out: {es: devoluciones fuera del diario}
  returns_added: {es: devoluciones que faltan en el diario}
  sale_returns_added: {es: devoluciones de caja que faltan en el diario}
  receipts_added: {es: recepciones que faltan en el diario}
  transfers_in_added: {es: entradas de traspasos que faltan en el diario}
  transfers_out_added: {es: salidas de traspasos que faltan en el diario}
  sales_added: {es: ventas que faltan en el diario}
  feed_left_out: {es: ventas contadas dos veces}
  ledger_sales_left_out: {es: ventas contadas dos veces}
  copies_left_out: {es: filas enviadas dos veces}
  repetitions_counted: {es: filas repetidas que sí movieron existencias}
  other_date: {es: día y mes al revés}
  day_of_snapshot_after: {es: saldo tomado antes de los movimientos del día}
  day_after_snapshot_before: {es: saldo tomado un día después}
  packs_not_converted: {es: bultos sin convertir}
  pieces_converted: {es: unidades convertidas como bultos}
  keys_respelled: {es: claves escritas de otro modo}
explanation:
  en: >-
    Where many snapshots do not roll forward at once, one cause is likelier than many: the books are read otherwise than they
    are kept. Each reading is tried on all snapshots of the places that break: returns in or out, a leg that the ledger lacks
    (sales, receipts, transfers, returns), sales told twice, rows sent twice or left out as repetitions, day and month the
    other way round, a snapshot taken a day off, packs and pieces, keys before they are normalised. A reading is told where it
    closes at least the stated share of the breaks it touches, less those it makes; for the books as a whole, else for one file, else for
    one place. Of readings that close the same breaks the one that closes most is told. The breaks stay findings of C-006.
  es: >-
    Si muchos saldos dejan de cuadrar a la vez, una causa es más probable que muchas: los libros se leen de otro modo del que se
    llevan. Cada lectura se prueba con todos los saldos de los lugares que no cuadran: devoluciones dentro o fuera, un asiento
    que falta en el diario (ventas, recepciones, traspasos, devoluciones), ventas contadas dos veces, filas enviadas dos veces
    u omitidas por repetidas, día y mes al revés, un saldo tomado un día antes o después, bultos y unidades, claves sin
    normalizar. Se informa la lectura que cierra al menos la parte indicada de los descuadres que toca, menos los que crea: para
    todos los libros, si no para un archivo, si no para un lugar. De varias que cierran los mismos se informa la que cierra más.
    Los descuadres siguen siendo hallazgos de C-006.
remedy:
  en: "Ask whoever keeps the books whether they are kept so; if they are, say so in the mapping and run the analysis again."
  es: "Pregunte a quien lleva los libros si es así; en tal caso indíquelo en el mapeo y repita el análisis."
source: "Analytical procedures of audit: one hypothesis tested on a whole population of differences"
--- */

-- section: population
-- One row per reading, file (and unit) and snapshot whose quantity it would change, with what it adds to what moved.
WITH cells AS (
    SELECT product, location, lot, since, snapshot_date, difference, row_number() OVER (ORDER BY product, location, lot, snapshot_date) AS cell
    FROM bridge_cells
    WHERE difference IS NOT NULL
)
SELECT e.reading, e.unit, e.table_name, e.file_id, c.cell, c.product, c.location, c.lot, c.snapshot_date, c.difference, sum(e.qty) AS effect
FROM bridge_effects AS e
ASOF JOIN cells AS c
  ON e.product = c.product AND e.location = c.location AND coalesce(e.lot, '') = coalesce(c.lot, '') AND e.day <= c.snapshot_date
WHERE e.day > c.since
GROUP BY e.reading, e.unit, e.table_name, e.file_id, c.cell, c.product, c.location, c.lot, c.snapshot_date, c.difference

-- section: violations
-- A reading is judged for all files together (scope 0), for each file (1) and for each place (2).
WITH summed AS (
    SELECT reading, location, cell, difference, sum(effect) AS effect FROM population GROUP BY reading, location, cell, difference
), judged AS (
    SELECT reading, 0 AS scope, NULL AS place, NULL AS table_name, NULL AS file_id, NULL AS unit, count(*) FILTER (WHERE difference <> 0) AS breaks,
           count(*) FILTER (WHERE difference <> 0 AND difference = effect) AS mended, count(*) FILTER (WHERE difference = 0) AS made,
           coalesce(sum(abs(difference)) FILTER (WHERE difference = effect), 0) AS units
    FROM summed WHERE effect <> 0 GROUP BY reading
    UNION ALL
    SELECT reading, 1, NULL, table_name, file_id, unit, count(*) FILTER (WHERE difference <> 0), count(*) FILTER (WHERE difference <> 0 AND difference = effect),
           count(*) FILTER (WHERE difference = 0), coalesce(sum(abs(difference)) FILTER (WHERE difference = effect), 0)
    FROM population WHERE effect <> 0 GROUP BY reading, table_name, file_id, unit
    UNION ALL
    SELECT reading, 2, location, NULL, NULL, NULL, count(*) FILTER (WHERE difference <> 0), count(*) FILTER (WHERE difference <> 0 AND difference = effect),
           count(*) FILTER (WHERE difference = 0), coalesce(sum(abs(difference)) FILTER (WHERE difference = effect), 0)
    FROM summed WHERE effect <> 0 GROUP BY reading, location
), accepted AS (
    SELECT * FROM judged WHERE breaks >= $least_breaks AND mended - made >= $least_share * breaks
), widest AS (
    -- Of one reading the widest scope that holds.
    SELECT a.* FROM accepted AS a
    JOIN (SELECT reading, min(scope) AS scope FROM accepted GROUP BY reading) AS w ON w.reading = a.reading AND w.scope = a.scope
), trials AS (
    SELECT *, row_number() OVER (ORDER BY mended - made DESC, mended DESC, reading, scope, place, table_name, file_id, unit) AS trial FROM widest
), closed AS (
    SELECT t.trial, s.cell
    FROM trials AS t JOIN summed AS s ON s.reading = t.reading AND (t.scope = 0 OR s.location = t.place)
    WHERE t.scope <> 1 AND s.difference <> 0 AND s.difference = s.effect
    UNION ALL
    SELECT t.trial, p.cell
    FROM trials AS t JOIN population AS p ON p.reading = t.reading AND p.table_name = t.table_name AND p.file_id = t.file_id AND p.unit = t.unit
    WHERE t.scope = 1 AND p.difference <> 0 AND p.difference = p.effect
), told AS (
    -- Each break belongs to the reading that closes most.
    SELECT trial FROM (SELECT cell, min(trial) AS trial FROM closed GROUP BY cell) AS claims GROUP BY trial HAVING count(*) >= $least_breaks
), reasons AS (
    SELECT reading, en, es FROM (VALUES
        ('returns_left_out', 'returns are not in the ledger', 'las devoluciones no están en el diario'),
        ('returns_added', 'returns moved the stock and the ledger lacks them', 'las devoluciones movieron existencias y faltan en el diario'),
        ('sale_returns_added', 'returns at the till moved the stock and the ledger lacks them', 'las devoluciones de caja movieron existencias y faltan en el diario'),
        ('receipts_added', 'receipts are not in the ledger', 'las recepciones no están en el diario'),
        ('transfers_in_added', 'arrivals of transfers are not in the ledger', 'las entradas de traspasos no están en el diario'),
        ('transfers_out_added', 'departures of transfers are not in the ledger', 'las salidas de traspasos no están en el diario'),
        ('sales_added', 'sales are not in the ledger', 'las ventas no están en el diario'),
        ('feed_left_out', 'lines of the sales feed do not move the stock', 'las líneas del archivo de ventas no mueven existencias'),
        ('ledger_sales_left_out', 'the ledger repeats sales of the sales feed', 'el diario repite ventas del archivo de ventas'),
        ('copies_left_out', 'rows were sent twice', 'hay filas enviadas dos veces'),
        ('repetitions_counted', 'rows that repeat another did move the stock', 'las filas que repiten otra sí movieron existencias'),
        ('other_date', 'day and month are the other way round', 'el día y el mes están al revés'),
        ('day_of_snapshot_after', 'snapshots were taken before the movements of their day', 'los saldos se tomaron antes de los movimientos de su día'),
        ('day_after_snapshot_before', 'snapshots were taken a day later than they say', 'los saldos se tomaron un día después de lo que dicen'),
        ('packs_not_converted', 'quantities are packs that were not converted', 'las cantidades son bultos sin convertir'),
        ('pieces_converted', 'quantities were pieces already and were converted as packs', 'las cantidades ya eran unidades y se convirtieron como bultos'),
        ('keys_respelled', 'keys are written otherwise than in the snapshots', 'las claves se escriben de otro modo que en los saldos')
    ) AS r(reading, en, es)
), named AS (
    SELECT t.trial, coalesce(f.name, t.table_name || ' ' || t.file_id) AS file,
           CASE t.scope WHEN 0 THEN '' WHEN 1 THEN ' (' || coalesce(f.name, t.table_name) || coalesce(', ' || nullif(t.unit, ''), '') || ')' ELSE ' (' || t.place || ')' END AS where_en
    FROM trials AS t LEFT JOIN files AS f ON f.file_id = t.file_id
)
SELECT t.reading, t.place AS location, t.table_name AS book, n.file, nullif(t.unit, '') AS unit, r.en AS reason_en, r.es AS reason_es, n.where_en, n.where_en AS where_es,
       t.breaks, t.mended, t.made, t.units, t.breaks - t.mended + t.made AS observed, 0 AS expected,
       (SELECT count(*) FROM bridge_cells WHERE difference <> 0) AS all_breaks, t.mended AS row_count
FROM trials AS t
JOIN told AS o ON o.trial = t.trial
JOIN named AS n ON n.trial = t.trial
JOIN reasons AS r ON r.reading = t.reading

-- section: evaluated
-- Readings that the books allow to try; where no snapshot breaks, the usual one is all there is, and it holds.
SELECT greatest(count(DISTINCT reading), CASE WHEN EXISTS (SELECT 1 FROM bridge_cells WHERE difference = 0) THEN 1 ELSE 0 END) AS evaluated,
       (SELECT count(DISTINCT reading) FROM violations) AS failed
FROM population

-- section: facts
SELECT count(DISTINCT reading) AS tried, (SELECT count(DISTINCT reading) FROM violations) AS taken,
       (SELECT count(*) FROM bridge_cells WHERE difference <> 0) AS breaks, (SELECT sum(mended)::BIGINT FROM violations) AS explained
FROM population

-- section: evidence
-- The three largest breaks that the reading closes, with what it adds there.
WITH effects AS (
    SELECT v.reading, v.location AS scope_place, v.book, v.file, v.unit, p.cell, p.product, p.location, p.lot, p.snapshot_date, p.difference, sum(p.effect) AS effect
    FROM population AS p
    LEFT JOIN files AS f ON f.file_id = p.file_id
    JOIN violations AS v ON v.reading = p.reading AND coalesce(v.location = p.location, true) AND coalesce(v.book = p.table_name, true)
         AND (v.book IS NULL OR (v.file = coalesce(f.name, p.table_name || ' ' || p.file_id) AND coalesce(v.unit, '') = p.unit))
    GROUP BY v.reading, v.location, v.book, v.file, v.unit, p.cell, p.product, p.location, p.lot, p.snapshot_date, p.difference
), shown AS (
    SELECT *, row_number() OVER (PARTITION BY reading, scope_place, book, file, unit
                                 ORDER BY abs(difference) DESC, cell, product, location, lot, snapshot_date, difference) AS nth
    FROM effects WHERE difference <> 0 AND difference = effect
)
SELECT s.reading, s.scope_place AS location, s.book, s.file, s.unit, 'mended' AS role, s.nth AS ordinal, 'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.snapshot_date AS key_snapshot_date, i.qty AS value_qty,
       s.difference AS value_difference, s.effect AS value_effect
FROM shown AS s
JOIN inventory AS i ON i.product = s.product AND i.location = s.location AND i.snapshot_date = s.snapshot_date
WHERE s.nth <= 3 AND i._duplicate_record IS NULL AND (s.lot IS NULL OR i.lot = s.lot)
