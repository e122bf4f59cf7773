/* ---
id: span_days
version: 1
kind: view
title: {en: Days of the times between two stock snapshots, es: Días de los tiempos entre dos saldos de existencias}
uses: [stock_spans]
--- */
-- One row per day of each span of `stock_spans`: whoever sums movements by span joins them by location and day.
SELECT location, period, unnest(generate_series(starts + 1, ends, INTERVAL 1 DAY))::DATE AS day FROM stock_spans
