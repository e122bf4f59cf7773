/* ---
id: sold_goods
version: 1
kind: view
title: {en: What was sold and what it cost, es: Lo vendido y lo que costó}
optional:
  sales: [product]
  movements: [product, location, ts, type, qty, unit_cost, value_delta]
uses: [sold_days]
stored: false
--- */
-- What was sold less what came back, in units, at price and at cost: one row per product, location and day (each may be
-- NULL) of `sold_days`, and one per sale of the ledger that bears its own cost; so add up. Voided lines are no sales. The
-- ledger is asked only where there are no sales lines; it knows no prices. A sum is over the lines that could be read;
-- the counts beside it say how many those were.
SELECT product, location, day, lines, units, priced, net_sales, costed, cogs FROM sold_days
UNION ALL
SELECT product, location, ts_date, 1, -qty, 0, NULL, CASE WHEN qty IS NULL THEN 0 ELSE 1 END,
       CASE WHEN qty IS NOT NULL THEN coalesce(-value_delta::DECIMAL(38, 8), -qty::DECIMAL(38, 4) * unit_cost) END
FROM movements
WHERE NOT EXISTS (SELECT 1 FROM sales) AND _duplicate_record IS NULL AND type IN ('sale', 'return')
  AND (value_delta IS NOT NULL OR unit_cost > 0)
