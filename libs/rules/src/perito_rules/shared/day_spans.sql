/* ---
id: day_spans
version: 1
kind: view
title: {en: The next day on which the books state the stock, es: El siguiente día en que los libros declaran las existencias}
optional:
  movements: [location, ts]
  sales: [location, ts]
  inventory: [snapshot_date, location]
  counts: [ts, location]
--- */
-- One row per location and day on which something moved, with the first day from then on of which the location has a
-- snapshot or a count (`closes`; NULL after the last). Whoever compares stock between such days may add up what moved by
-- `closes` first: hundreds of days become a few, and nothing of a span lies on both sides of a comparison.
WITH stated AS (
    SELECT location, snapshot_date AS day FROM inventory WHERE location IS NOT NULL AND snapshot_date IS NOT NULL
    UNION
    SELECT location, ts_date FROM counts WHERE location IS NOT NULL AND ts_date IS NOT NULL
), moved AS (
    SELECT location, ts_date AS day FROM movements WHERE location IS NOT NULL AND ts_date IS NOT NULL
    UNION
    SELECT location, ts_date FROM sales WHERE location IS NOT NULL AND ts_date IS NOT NULL
)
SELECT m.location, m.day, s.day AS closes
FROM moved AS m ASOF LEFT JOIN stated AS s ON s.location = m.location AND m.day <= s.day
