/* ---
id: K-09
version: 1
kind: metric
title: {en: Availability, es: Disponibilidad}
grain: population
unit: products and places
needs:
  ranging: [product, location]
  inventory: [snapshot_date, product, location, qty]
optional:
  ranging: [starts, ends]
  movements: [product, location, ts, qty]
uses: [ranged_days, product_groups]
explanation:
  en: >-
    Share of the days of ranged products on which there was stock at the end of the day: what K-08 leaves. A day
    counts where the product is ranged at the place, from the place's first snapshot to its last day in the books,
    unless the calendar says that the place was closed. Stock at the end of a day is that of the last snapshot plus
    what moved since; a product that the first snapshot does not list had none. From a movement whose quantity could
    not be read until the next snapshot the stock is unknown, and such days lower the coverage.
  es: >-
    Porcentaje de los días de productos previstos en que había existencia al final del día: lo que deja K-08. Cuenta
    un día si el producto está previsto en el lugar, desde el primer saldo del lugar hasta su último día en los
    libros, salvo que el calendario diga que estaba cerrado. La existencia al final de un día es la del último saldo
    más lo movido desde entonces; un producto que el primer saldo no lista no tenía ninguna. Desde un movimiento de
    cantidad ilegible hasta el siguiente saldo la existencia se desconoce, y esos días bajan la cobertura.
remedy:
  en: "Books may hold what the shelf does not: compare with P-032 before trusting a high figure."
  es: "Los libros pueden tener lo que el estante no: compare con P-032 antes de fiarse de una cifra alta."
words:
  availability: {en: days with stock, es: días con existencia}
  products_and_places: {en: products and places, es: productos y lugares}
  known: {en: with known stock, es: con existencia conocida}
  no product is ranged anywhere: {es: no hay ningún producto previsto en ningún lugar}
  no ranged product has a known stock on a day of trading: {es: ningún producto previsto tiene existencia conocida en un día de venta}
source: "Retail practice: availability of the active range"
--- */

-- section: population
SELECT r.product, r.location, r.month, coalesce(g.category, '') AS category, coalesce(g.supplier, '') AS supplier, r.ranged, r.days,
       r.out_days
FROM ranged_days AS r LEFT JOIN product_groups AS g ON g.product = r.product

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'location', location, '', p.* FROM population AS p WHERE location IS NOT NULL
    UNION ALL
    SELECT 'category', category, '', p.* FROM population AS p WHERE category <> ''
    UNION ALL
    SELECT 'supplier', supplier, '', p.* FROM population AS p WHERE supplier <> ''
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), summed AS (
    SELECT scope, key, period, count(*) AS parts, coalesce(sum(ranged), 0) AS ranged, sum(days) AS days, sum(out_days) AS out_days
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
)
SELECT scope, key, period, 'availability' AS measure, '%' AS unit,
       CASE WHEN days > 0 THEN ratio(100 * (days - out_days), days) END AS value,
       days - out_days AS numerator, days AS denominator, coalesce(days, 0) AS n,
       ratio(coalesce(days, 0), ranged) AS coverage,
       CASE WHEN parts = 0 THEN 'no product is ranged anywhere' WHEN days > 0 THEN ''
            ELSE 'no ranged product has a known stock on a day of trading' END AS reason
FROM summed

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE known = 0) AS unknown
FROM (SELECT product, location, coalesce(sum(days), 0) AS known FROM population GROUP BY product, location) AS keys

-- section: facts
SELECT count(*) AS products_and_places, count(*) FILTER (WHERE known) AS known
FROM (SELECT bool_or(days > 0) AS known FROM population GROUP BY product, location) AS products_and_places
