/* ---
id: C-006
version: 2
kind: set
title: {en: Stock does not roll forward, es: La existencia no se explica por sus movimientos}
severity: high
grain: key-period
unit: cells
identity: [product, location, lot]
needs:
  inventory: [snapshot_date, product, location, qty]
  movements: [product, location, ts, type, qty]
optional:
  inventory: [lot, unit_cost]
  movements: [movement, lot, ref_id]
  sales: [document, line, product, location, lot, ts, type, qty]
uses: [bridge_cells, feed_places, unit_costs]
parameters:
  tolerance: {default: "0", type: decimal, meaning: "base units by which a cell may be off"}
impact: column
recoverable: false
explains: [C-005, C-008, C-033]
entities: [product, location]
partition_by: [product, location]
texts:
  finding:
    en: "{product} at {location}: the books say {observed:,} on {period_end}, the movements since {period_start} lead to {expected:,} ({difference:,})"
    es: "{product} en {location}: los libros dicen {observed:,} al {period_end}; los movimientos desde el {period_start} llevan a {expected:,} ({difference:,})"
explanation:
  en: >-
    A snapshot must equal the one before it plus everything that moved between them. Where it does not, stock appeared or
    vanished without a document. Sales are subtracted only where the books keep them outside the stock ledger; a return
    counts only where a movement says so (sales lines with a negative quantity count where the ledger has no returns at
    all); rows that repeat another are left out. A snapshot is the end of its date: of several taken on one day nobody can
    say which to add up, so their cells are unknown, and so are cells that begin before the
    ledger does or end after it.
  es: >-
    Un saldo debe ser igual al anterior más todo lo que se movió entre ambos. Donde no lo es, apareció o desapareció
    existencia sin documento. Las ventas se restan solo cuando los libros las llevan fuera del diario de movimientos; una
    devolución cuenta solo si un movimiento la registra (las líneas de venta con cantidad negativa cuentan si el diario no
    tiene ninguna devolución); las filas repetidas no se cuentan. Un saldo es el del final de su fecha: si hay varios
    tomados el mismo día, no se sabe cuáles sumar y sus celdas quedan como desconocidas, como las que
    empiezan antes que el diario o terminan después.
remedy:
  en: >-
    Count the product at that location, then look for documents of the period that were not posted, were posted twice, or
    carry another unit, product or date.
  es: >-
    Cuente el producto en esa ubicación y busque documentos del periodo sin registrar, registrados dos veces o con otra
    unidad, producto o fecha.
source: "Roll-forward of audit practice: opening + movements = closing"
--- */

-- section: violations
SELECT p.product, p.location, p.lot,
       (p.since + INTERVAL 1 DAY)::DATE AS period_start, p.snapshot_date AS period_end,
       p.opening, p.receipts, p.transfers_in, p.transfers_out, p.sales, p.returns, p.adjustments, p.other,
       p.expected, p.actual AS observed, p.actual, p.difference,
       p.difference AS delta_qty,
       try(p.difference::DECIMAL(38, 4) * coalesce(p.book_cost, u.unit_cost)) AS delta_value,
       try(abs(p.difference)::DECIMAL(38, 4) * coalesce(p.book_cost, u.unit_cost)) AS impact,
       coalesce(p.book_cost, u.unit_cost) AS unit_cost,
       CASE WHEN p.book_cost IS NOT NULL THEN 'inventory' ELSE coalesce(u.cost_source, 'none') END AS cost_source,
       p.row_count
FROM bridge_cells AS p
ASOF LEFT JOIN unit_costs AS u ON u.product = p.product AND p.snapshot_date >= u.valid_from
WHERE abs(p.difference) > $tolerance

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE difference IS NULL) AS unknown FROM bridge_cells

-- section: facts
SELECT count(*) AS cells,
       count(*) FILTER (WHERE abs(difference) > $tolerance) AS breaks,
       coalesce(sum(CASE WHEN abs(difference) > $tolerance THEN difference END), 0) AS net_difference,
       coalesce(sum(CASE WHEN abs(difference) > $tolerance THEN abs(difference) END), 0) AS gross_difference,
       (SELECT sum(f.opening) FROM bridge_cells AS f
        WHERE NOT EXISTS (SELECT 1 FROM bridge_cells AS e WHERE e.product = f.product AND e.location = f.location
                          AND coalesce(e.lot, '') = coalesce(f.lot, '') AND e.snapshot_date = f.since)) AS opening_total,
       sum(receipts + transfers_in + transfers_out + sales + returns + adjustments + other) AS moved_total,
       sum(CASE WHEN is_last THEN actual END) AS closing_total,
       -- Rows that stand in no cell: repetitions, and rows whose product or location is blank or could not be read.
       (SELECT count(*) FILTER (WHERE _duplicate_record IS NOT NULL) FROM movements)
       + (SELECT count(*) FILTER (WHERE _duplicate_record IS NOT NULL) FROM sales) AS repeated_rows_left_out,
       (SELECT count(*) FILTER (WHERE product IS NULL OR location IS NULL) FROM movements)
       + (SELECT count(*) FILTER (WHERE product IS NULL OR location IS NULL) FROM sales) AS rows_without_key_left_out,
       -- Movements before the first snapshot of their key, after its last, or of a key that no two snapshots list.
       (SELECT count(*) FROM movements
        WHERE _duplicate_record IS NULL AND product IS NOT NULL AND location IS NOT NULL)
       + (SELECT count(*) FROM sales
          WHERE location IN (SELECT location FROM feed_places WHERE location IS NOT NULL)
            AND _duplicate_record IS NULL AND product IS NOT NULL
            AND coalesce(type, 'sale') = 'sale'
            AND NOT (coalesce(qty < 0, false) AND EXISTS (SELECT 1 FROM movements WHERE type = 'return')))
       - sum(moved_rows) AS rows_between_no_snapshots
FROM bridge_cells

-- section: evidence
SELECT p.product, p.location, p.lot, (p.since + INTERVAL 1 DAY)::DATE AS period_start, p.snapshot_date AS period_end,
       CASE WHEN i.snapshot_date = p.since THEN 'opening' ELSE 'closing' END AS role,
       CASE WHEN i.snapshot_date = p.since THEN 0 ELSE 3 END AS ordinal,
       'inventory' AS table_name, i._file_id, i._record, i._line,
       i.product AS key_product, i.location AS key_location, i.lot AS key_lot, i.snapshot_date AS key_snapshot_date,
       i.qty AS value_qty, i.qty_source AS value_qty_source
FROM bridge_cells AS p
JOIN inventory AS i ON i.product = p.product AND i.location = p.location AND i.snapshot_date IN (p.since, p.snapshot_date)
WHERE abs(p.difference) > $tolerance AND i._duplicate_record IS NULL
  AND (NOT p.by_lot OR coalesce(i.lot, '') = coalesce(p.lot, ''))

-- section: evidence
SELECT p.product, p.location, p.lot, (p.since + INTERVAL 1 DAY)::DATE AS period_start, p.snapshot_date AS period_end,
       'movement' AS role, 1 AS ordinal,
       'movements' AS table_name, m._file_id, m._record, m._line,
       m.movement AS key_movement, m.ts_date AS value_date, m.type AS value_type, m.qty AS value_qty,
       m.qty_source AS value_qty_source, m.lot AS value_lot, m.ref_id AS value_ref_id
FROM bridge_cells AS p
JOIN movements AS m ON m.product = p.product AND m.location = p.location
     AND m.ts_date > p.since AND m.ts_date <= p.snapshot_date
WHERE abs(p.difference) > $tolerance AND m._duplicate_record IS NULL
  AND (NOT p.by_lot OR coalesce(m.lot, '') = coalesce(p.lot, ''))

-- section: evidence
SELECT p.product, p.location, p.lot, (p.since + INTERVAL 1 DAY)::DATE AS period_start, p.snapshot_date AS period_end,
       'sale' AS role, 2 AS ordinal,
       'sales' AS table_name, l._file_id, l._record, l._line,
       l.document AS key_document, l.line AS key_line, l.ts_date AS value_date, l.qty AS value_qty,
       l.qty_source AS value_qty_source, l.product_source AS value_product_source, l.lot AS value_lot
FROM bridge_cells AS p
JOIN feed_places AS f ON f.location = p.location
JOIN sales AS l ON l.product = p.product AND l.location = p.location
     AND l.ts_date > p.since AND l.ts_date <= p.snapshot_date
WHERE abs(p.difference) > $tolerance AND l._duplicate_record IS NULL AND coalesce(l.type, 'sale') = 'sale'
  AND NOT (p.has_returns AND coalesce(l.qty < 0, false))
  AND (NOT p.by_lot OR coalesce(l.lot, '') = coalesce(p.lot, ''))
