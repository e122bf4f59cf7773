/* ---
id: sale_histories
version: 1
kind: view
title: {en: When a product was sold at a place, es: Cuándo se vendió un producto en un lugar}
uses: [daily_sales, closing_stock]
--- */
-- One row per product and location with a sale: its first and its last day, how many of its sales have no day that could be
-- read, and of the days up to the location's last snapshot the last one and how many there are. Days are counted as bits of
-- their months: a ledger may have more days of products than fit into memory, but not more months.
WITH places AS (
    SELECT DISTINCT location, ends FROM closing_stock
), months AS (
    SELECT d.product, d.location, min(d.day) AS first_sale, max(d.day) AS last_sale, count(*) - count(d.day) AS undated,
           max(CASE WHEN d.day <= p.ends THEN d.day END) AS last_held_sale,
           bit_count(bit_or(CASE WHEN d.day <= p.ends THEN 1::INTEGER << (day(d.day) - 1)::INTEGER ELSE 0 END)) AS held_days
    FROM daily_sales AS d LEFT JOIN places AS p ON p.location = d.location
    GROUP BY d.product, d.location, date_trunc('month', d.day)
)
SELECT product, location, min(first_sale) AS first_sale, max(last_sale) AS last_sale, max(last_held_sale) AS last_held_sale,
       sum(held_days)::BIGINT AS sale_days, sum(undated)::BIGINT AS undated
FROM months
GROUP BY product, location
