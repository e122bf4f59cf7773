/* ---
id: year_usage
version: 1
kind: view
title: {en: What was sold in the last year at cost, es: Lo vendido en el último año a coste}
parameters:
  days: {default: 365, type: integer, meaning: "days up to the last sale of the books whose sales count"}
uses: [sold_goods]
--- */
-- One row per product, location and month of the last year of sales. A day far beyond all but a thousandth of the others is
-- a slip of the pen and not the end of the books.
WITH days AS (
    SELECT day, sum(lines) AS lines FROM sold_goods WHERE day IS NOT NULL GROUP BY day
), counted AS (
    SELECT day, sum(lines) OVER (ORDER BY day ROWS UNBOUNDED PRECEDING) AS so_far, sum(lines) OVER () AS total FROM days
), typed AS (
    SELECT min(day) + 366 AS last_possible FROM counted WHERE so_far * 1000 >= total * 999
), ends AS (
    SELECT max(s.day) AS day FROM sold_goods AS s CROSS JOIN typed AS t WHERE s.day <= t.last_possible
)
SELECT product, location, strftime(month, '%Y-%m') AS month, usage_value, lines, costed
FROM (
    SELECT s.product, s.location, date_trunc('month', s.day) AS month, sum(s.cogs) AS usage_value, sum(s.lines) AS lines,
           sum(s.costed) AS costed
    FROM sold_goods AS s CROSS JOIN ends AS e
    WHERE s.product IS NOT NULL AND s.day <= e.day AND s.day > e.day - $days::INTEGER
    GROUP BY s.product, s.location, date_trunc('month', s.day)
) AS monthly
