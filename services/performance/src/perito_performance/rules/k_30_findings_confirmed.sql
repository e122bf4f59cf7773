/* ---
id: K-30
version: 1
kind: metric
title: {en: Findings confirmed, es: Hallazgos confirmados}
grain: population
unit: findings
needs:
  dispositions: [fingerprint, status]
optional:
  dispositions: [rule, flagged_value, confirmed_value, decided_at]
  conventions: [name, value]
explanation:
  en: >-
    What became of findings that people looked at: `precision` is how many were confirmed of those decided one way or
    the other, by rule and by month of the decision; `recovery` is the value that was confirmed over the value that the
    same decided findings had flagged. What is open or in review is not decided and lowers the coverage. A finding
    without a flagged value, or a confirmed one without a confirmed value, counts for `precision` and not for `recovery`.
    Where a finding was decided twice, the latest decision counts.
  es: >-
    Qué fue de los hallazgos que alguien revisó: `precision` es cuántos se confirmaron de los decididos en un sentido u
    otro, por regla y por mes de la decisión; `recovery` es el valor confirmado entre el que habían señalado esos mismos
    hallazgos decididos. Lo abierto o en revisión no está decidido y baja la cobertura. Un hallazgo sin valor
    señalado, o confirmado sin valor confirmado, cuenta para `precision` y no para `recovery`. Si un hallazgo se decidió
    dos veces, vale la última decisión.
remedy:
  en: "Where a rule is seldom confirmed, look at its parameters before looking at more of its findings."
  es: "Si una regla se confirma pocas veces, revise sus parámetros antes de mirar más hallazgos suyos."
words:
  precision: {en: findings confirmed of decided, es: hallazgos confirmados sobre decididos}
  recovery: {en: value confirmed of flagged, es: valor confirmado sobre señalado}
  confirmed_value: {en: value confirmed, es: valor confirmado}
  rule: {es: regla}
  findings: {es: hallazgos}
  decided: {es: decididos}
  confirmed: {es: confirmados}
  false_positive: {en: false positives, es: falsos positivos}
  no finding was looked at: {es: no se revisó ningún hallazgo}
  no finding was decided yet: {es: todavía no se decidió ningún hallazgo}
  no decided finding has both values: {es: ningún hallazgo decidido tiene ambos valores}
  the decided findings flagged no value: {es: los hallazgos decididos no señalaron valor}
source: "Audit practice: confirmed over flagged"
--- */

-- section: population
WITH latest AS (
    SELECT fingerprint, rule, status, flagged_value, confirmed_value, strftime(decided_at_date, '%Y-%m') AS month,
           row_number() OVER (PARTITION BY fingerprint ORDER BY decided_at DESC NULLS LAST, _file_id DESC, _record DESC) AS nth
    FROM dispositions
    WHERE _duplicate_record IS NULL
)
SELECT fingerprint, rule, month, coalesce(status IN ('confirmed', 'false_positive'), false) AS decided,
       coalesce(status = 'confirmed', false) AS is_confirmed,
       CASE WHEN status = 'confirmed' AND confirmed_value IS NULL THEN NULL ELSE abs(flagged_value) END AS flagged,
       CASE WHEN flagged_value IS NULL THEN NULL WHEN status = 'confirmed' THEN abs(confirmed_value)
            WHEN status = 'false_positive' THEN 0 END AS recovered
FROM latest
WHERE nth = 1 OR fingerprint IS NULL

-- section: kpis
WITH placed AS (
    SELECT 'total' AS scope, '' AS key, '' AS period, p.* FROM population AS p
    UNION ALL
    SELECT 'rule', rule, '', p.* FROM population AS p WHERE rule IS NOT NULL
    UNION ALL
    SELECT 'month', month, month, p.* FROM population AS p WHERE month IS NOT NULL
), summed AS (
    SELECT scope, key, period, count(*) AS findings, count(*) FILTER (WHERE decided) AS n,
           count(*) FILTER (WHERE is_confirmed) AS confirmed,
           count(recovered) FILTER (WHERE decided) AS n_values, sum(CASE WHEN decided THEN recovered END) AS recovered,
           sum(CASE WHEN decided AND recovered IS NOT NULL THEN flagged END) AS flagged
    FROM placed GROUP BY scope, key, period
    UNION ALL
    SELECT 'total', '', '', 0, 0, 0, 0, NULL, NULL WHERE NOT EXISTS (SELECT 1 FROM population)
), explained AS (
    SELECT *, coalesce((SELECT max(value) FROM conventions WHERE name = 'currency'), 'currency') AS currency,
           CASE WHEN findings = 0 THEN 'no finding was looked at' WHEN n = 0 THEN 'no finding was decided yet' END AS undecided
    FROM summed
)
SELECT scope, key, period, 'precision' AS measure, '%' AS unit, ratio(100 * confirmed, n) AS value, confirmed AS numerator,
       n AS denominator, n, ratio(n, findings) AS coverage, undecided AS reason
FROM explained
UNION ALL
SELECT scope, key, period, 'recovery', '%', CASE WHEN flagged > 0 THEN ratio(100 * recovered, flagged) END, recovered, flagged, n_values,
       ratio(n_values, findings),
       CASE WHEN undecided IS NOT NULL THEN undecided WHEN n_values = 0 THEN 'no decided finding has both values'
            WHEN flagged > 0 THEN '' ELSE 'the decided findings flagged no value' END
FROM explained
UNION ALL
SELECT scope, key, period, 'confirmed_value', currency, recovered::DECIMAL(38, 9), recovered, NULL, n_values, ratio(n_values, findings),
       CASE WHEN undecided IS NOT NULL THEN undecided WHEN n_values = 0 THEN 'no decided finding has both values' END
FROM explained

-- section: evaluated
SELECT count(*) AS evaluated, count(*) FILTER (WHERE NOT decided) AS unknown FROM population

-- section: facts
SELECT count(*) AS findings, count(*) FILTER (WHERE decided) AS decided,
       count(*) FILTER (WHERE is_confirmed) AS confirmed
FROM population
