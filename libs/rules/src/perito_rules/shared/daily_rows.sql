/* ---
id: daily_rows
version: 1
kind: view
title: {en: Rows by place and day, es: Filas por lugar y día}
optional:
  sales: [location, ts, type]
  movements: [location, ts, type]
uses: [book_span]
unique: {counted: [table_name, location, day]}
--- */
-- One row per table, place and day with rows (`sale_rows` of them sales), on days of which the books can speak. A drawer that
-- is opened is no sale: where tills note it, it is a feed of its own.
WITH counted AS (
    SELECT 'sales' AS table_name, location, ts_date AS day, count(*) AS rows, count(*) AS sale_rows
    FROM sales
    WHERE _duplicate_record IS NULL AND location IS NOT NULL AND ts_date IS NOT NULL AND coalesce(type, 'sale') <> 'no_sale'
    GROUP BY location, ts_date
    UNION ALL
    SELECT 'movements', location, ts_date, count(*), count(*) FILTER (coalesce(type, 'sale') = 'sale')
    FROM movements
    WHERE _duplicate_record IS NULL AND location IS NOT NULL AND ts_date IS NOT NULL
    GROUP BY location, ts_date
)
SELECT c.table_name, c.location, c.day, c.rows, c.sale_rows
FROM counted AS c CROSS JOIN book_span AS b
WHERE c.day BETWEEN b.first_day AND b.last_day
