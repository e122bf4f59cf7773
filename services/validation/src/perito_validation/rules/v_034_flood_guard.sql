/* ---
id: V-034
version: 1
kind: guard
title: {en: Lists that were told as one, es: Listas contadas como un solo hallazgo}
severity: info
grain: rule
unit: rules
identity: [rule]
needs:
  files: [file_id, records]
impact: none, because the one finding that stands for a list has its amount
recoverable: false
explains: []
texts:
  finding:
    en: "a list was told as one finding"
    es: "una lista se contó como un solo hallazgo"
explanation:
  en: >-
    A list of two million findings helps nobody. Where a rule of any phase fails on more than its flood_share of what it
    looked at, with at least flood_minimum findings, one finding stands for all of them: it has the true totals, what they
    have in common and three samples with their rows, and says that the list was cut. This guard makes no findings of its
    own; it counts the lists of its phase that were told so.
  es: >-
    Una lista de dos millones de hallazgos no ayuda a nadie. Si una regla de cualquier fase falla en más de su flood_share de
    lo que miró, con al menos flood_minimum hallazgos, un solo hallazgo los representa: lleva los totales verdaderos, lo que
    tienen en común y tres muestras con sus filas, y dice que la lista se cortó. Esta guarda no hace hallazgos propios;
    cuenta las listas de su fase que se contaron así.
remedy:
  en: "Mend the one cause that most of such findings share, usually a convention of the file, and run the analysis again."
  es: "Corrija la causa común de esos hallazgos, casi siempre una convención del archivo, y repita el análisis."
words:
  rules: {es: reglas}
  rule: {es: regla}
  lists_cut: {en: lists told as one, es: listas contadas como una}
  findings_told_as_one: {en: findings behind them, es: hallazgos que representan}
source: "Limits of error reports in frictionless and dbt, with the true total told"
--- */
