/* ---
id: V-008
version: 1
kind: set
each: keyed_table
title: {en: Primary key missing or used twice, es: Clave primaria ausente o repetida}
severity: critical
grain: key
unit: rows
identity: [table_name, key]
impact: none, because the rows that share a key are to be told apart before any of them is worth anything
recoverable: false
explains: []
entities: [key]
texts:
  finding:
    en: "{table_name:name}: {row_count:,} {row_count:row has|rows have} the key {key:name}"
    es: "{table_name:name}: {row_count:,} {row_count:fila tiene|filas tienen} la clave {key:name}"
explanation:
  en: >-
    The columns of a key tell the rows of a table apart. Here they do not: the key is missing, or different rows bear the
    same one. Rows that repeat another in every cell are not counted here; V-010 tells of them.
  es: >-
    Las columnas de una clave distinguen las filas de una tabla. Aquí no lo hacen: falta la clave, o filas distintas
    llevan la misma. Las filas que repiten otra en todas sus celdas no se cuentan aquí; de ellas habla V-010.
remedy:
  en: >-
    Compare the rows: keep the right one, or give each its own key in the source system. If the whole file is affected, the
    mapping names the wrong columns as the key.
  es: >-
    Compare las filas: conserve la correcta o dé a cada una su propia clave en el sistema de origen. Si afecta a todo el
    archivo, el mapeo nombra columnas equivocadas como clave.
source: "Entity integrity of the relational model; uniqueness and not-null tests of dbt"
--- */

-- section: violations
SELECT '{table}' AS table_name, {key_text} AS key, count(*) AS row_count, {key_null} AS incomplete
FROM {table}
WHERE _duplicate_record IS NULL AND {key_unproven}
GROUP BY {key_list}
HAVING count(*) > 1 OR {key_null}

-- section: evaluated
SELECT count(*) AS evaluated, (SELECT coalesce(sum(row_count), 0)::BIGINT FROM violations) AS failed
FROM {table}
WHERE _duplicate_record IS NULL

-- section: facts
SELECT count(*) AS keys, count(*) FILTER (incomplete) AS incomplete, coalesce(sum(row_count), 0) AS rows FROM violations

-- section: evidence
SELECT '{table}' AS table_name, {key_text} AS key, 'row' AS role, _file_id, _record, _line, {key_text} AS key_columns
FROM {table}
WHERE _duplicate_record IS NULL
