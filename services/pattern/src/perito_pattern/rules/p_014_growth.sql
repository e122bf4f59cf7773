/* ---
id: P-014
version: 1
kind: function
function: perito_pattern.outliers:judge
title: {en: Supplier that grows out of proportion, es: Proveedor que crece de forma desproporcionada}
severity: low
grain: supplier
unit: suppliers and quarters
identity: [kind, supplier]
needs:
  invoices: [supplier, invoiced_at, line_total]
optional:
  invoices: [document, supplier_number, line, posted_at, purchase_document, product, location, qty, document_total, status]
  suppliers: [supplier, created_at]
uses: [invoice_entries]
unique: {input_rows: [kind, supplier, quarter]}
parameters:
  least_ratio: {default: "10", type: decimal, meaning: "multiple of the largest quarter before that must be reached"}
  least_quarters: {default: 3, type: integer, meaning: "quarters with invoices before it, the first of the books left out"}
  least_peers: {default: 8, type: integer, meaning: "other suppliers with as many quarters, or other new suppliers, without whom nothing is compared"}
  new_days: {default: 90, type: integer, meaning: "days for which a supplier is new, and which the books must reach back before"}
  new_share: {default: "0.99", type: decimal, meaning: "quantile of what new suppliers get in their first days that must be reached"}
  q: {default: "0.01", type: decimal, meaning: "false discovery rate over all suppliers and quarters tested"}
impact: none, because a supplier may grow honestly
recoverable: false
explains: []
entities: [supplier]
texts:
  finding:
    en: "Supplier {supplier}: {what_en}"
    es: "Proveedor {supplier}: {what_es}"
explanation:
  en: >-
    A supplier through which money is taken grows fast. Told are suppliers that bill ten times as much in a quarter as in any
    before (three at least, so that a season of last year counts), and new suppliers that bill more in their first 90 days
    than nearly all other new ones; both only where it is far beyond what other suppliers do in that time, for a year may
    lift all. A supplier that the master knew long before is not new, nor one of the books' first 90 days. A new supplier may
    honestly replace another, so the severity is low.
  es: >-
    Un proveedor por el que sale dinero crece deprisa. Se indican los que facturan en un trimestre diez veces más que en
    cualquiera anterior (tres como mínimo, de modo que cuenta la temporada del año anterior) y los nuevos que en sus primeros
    90 días facturan más que casi todos los demás nuevos; ambos solo si queda muy lejos de lo que hacen otros en ese tiempo,
    pues un año puede subirlos a todos. No es nuevo el que constaba en el maestro mucho antes ni el de los primeros 90 días
    de los libros. Un proveedor nuevo puede sustituir a otro, por lo que la gravedad es baja.
remedy:
  en: "See who brought the supplier in, what it delivered, and what was bought elsewhere before."
  es: "Vea quién propuso al proveedor, qué entregó y dónde se compraba antes."
words:
  suppliers and quarters: {es: proveedores y trimestres}
  kind: {es: tipo}
  quarter: {es: trimestre}
  amount: {es: importe}
  before: {en: before, es: antes}
  peers: {en: compared with, es: comparado con}
  chance: {es: probabilidad}
  invoice: {es: factura}
  tested: {en: tested, es: probados}
source: "Largest-growth test of digit analysis (Nigrini)"
--- */

-- section: population
-- One row per invoice with a day and an amount.
SELECT supplier, entry, document, day, total AS amount, date_trunc('quarter', day)::DATE AS quarter
FROM invoice_entries
WHERE place = entry AND supplier IS NOT NULL AND day IS NOT NULL AND total IS NOT NULL AND NOT (shares_number AND nth_of_number > 1)

-- section: input
WITH books AS (
    SELECT min(day) AS begins, min(quarter) AS first_quarter FROM population
), quarters AS (
    SELECT supplier, quarter, sum(amount) AS amount FROM population GROUP BY supplier, quarter HAVING sum(amount) > 0
), history AS (
    SELECT q.supplier, q.quarter, q.amount,
           max(CASE WHEN q.quarter > b.first_quarter THEN q.amount END) OVER before AS largest_before,
           count(CASE WHEN q.quarter > b.first_quarter THEN 1 END) OVER before AS quarters_before
    FROM quarters AS q CROSS JOIN books AS b
    WINDOW before AS (PARTITION BY q.supplier ORDER BY q.quarter RANGE BETWEEN UNBOUNDED PRECEDING AND to_days(1) PRECEDING)
), grown AS (
    SELECT supplier, quarter, amount, largest_before, ratio(amount, largest_before)::DECIMAL(38, 9) AS growth,
           count(*) OVER (PARTITION BY quarter) - 1 AS peers
    FROM history WHERE quarters_before >= $least_quarters
), largest AS (
    -- A supplier's greatest jump is told once.
    SELECT supplier, quarter FROM grown
    QUALIFY row_number() OVER (PARTITION BY supplier ORDER BY growth DESC, quarter) = 1
), masters AS (
    SELECT supplier, min(created_at_date) AS created FROM suppliers WHERE supplier IS NOT NULL GROUP BY supplier
), firsts AS (
    SELECT supplier, min(day) AS first_day FROM population GROUP BY supplier
), new_suppliers AS (
    SELECT f.supplier, f.first_day, sum(p.amount) AS amount
    FROM firsts AS f CROSS JOIN books AS b
    JOIN population AS p ON p.supplier = f.supplier AND date_diff('day', f.first_day, p.day) < $new_days
    LEFT JOIN masters AS m ON m.supplier = f.supplier
    WHERE date_diff('day', b.begins, f.first_day) >= $new_days
      AND coalesce(date_diff('day', m.created, f.first_day) <= $new_days, true)
    GROUP BY f.supplier, f.first_day
    HAVING sum(p.amount) > 0
), burst AS (
    SELECT quantile_disc(amount, $new_share) AS amount, count(*) - 1 AS peers FROM new_suppliers
), input_rows AS (
    SELECT 'growth' AS kind, g.supplier, g.quarter, g.quarter AS period_start, last_day((g.quarter + INTERVAL 2 MONTH)::DATE) AS period_end,
           g.growth AS value, g.amount::DECIMAL(38, 4) AS amount, g.largest_before::DECIMAL(38, 4) AS before, g.peers,
           g.growth >= $least_ratio AND l.supplier IS NOT NULL AS is_candidate
    FROM grown AS g LEFT JOIN largest AS l ON l.supplier = g.supplier AND l.quarter = g.quarter
    WHERE g.peers >= $least_peers
    UNION ALL
    SELECT 'new', n.supplier, NULL, n.first_day, (n.first_day + to_days($new_days - 1))::DATE, n.amount::DECIMAL(38, 9), n.amount::DECIMAL(38, 4),
           NULL, b.peers, n.amount >= b.amount
    FROM new_suppliers AS n CROSS JOIN burst AS b
    WHERE b.peers >= $least_peers
), counted AS (
    SELECT (SELECT count(*) FROM input_rows) AS tested, (SELECT count(*) FROM quarters) AS groups
)
SELECT i.kind || coalesce(i.quarter::VARCHAR, '') AS grp, i.kind, i.supplier, i.quarter, i.period_start, i.period_end, i.value, i.amount, i.before,
       i.peers, (CASE WHEN i.is_candidate THEN 1 ELSE 0 END)::BIGINT AS candidate, 1::BIGINT AS largest_of,
       CASE i.kind WHEN 'growth' THEN i.amount::DECIMAL(38, 2) || ' billed in a quarter; at most ' || i.before::DECIMAL(38, 2) || ' in any before'
                   ELSE i.amount::DECIMAL(38, 2) || ' billed in the first days of a new supplier' END AS what_en,
       CASE i.kind WHEN 'growth' THEN i.amount::DECIMAL(38, 2) || ' facturados en un trimestre; como mucho ' || i.before::DECIMAL(38, 2) || ' en los anteriores'
                   ELSE i.amount::DECIMAL(38, 2) || ' facturados en los primeros días de un proveedor nuevo' END AS what_es,
       c.tested, greatest(c.groups, c.tested) AS groups
FROM counted AS c LEFT JOIN input_rows AS i ON true
ORDER BY i.kind, i.supplier, i.quarter

-- section: evidence
SELECT v.kind, v.supplier, v.period_start, v.period_end, 'invoice' AS role, 0 AS ordinal, 'invoices' AS table_name,
       l._file_id, l._record, l._line, l.document AS key_document, l.line AS key_line, l.day AS value_invoiced_on, l.total AS value_total
FROM violations AS v
JOIN invoice_entries AS l ON l.supplier = v.supplier AND l.day BETWEEN v.period_start AND v.period_end AND l.place = l.entry
