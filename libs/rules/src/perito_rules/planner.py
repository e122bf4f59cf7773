"""Decides what of a rule can be run on the tables at hand, and spreads templates over the canonical tables.

A rule whose needs are missing is not applicable and says what it needs; it is never skipped in silence. A template
(`each: keyed_table` or `each: typed_column`) becomes one instance per table or column that is really there.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from perito_rules.canonical import ColumnType, Table, load_canonical
from perito_rules.duck import Schemas
from perito_rules.model import Rule, Text, Value
from perito_rules.sqltext import literal, quote
from perito_rules.terms import label


@dataclass(frozen=True)
class Instance:
    """A rule with the placeholders of its template filled in. `scope` names what it is about ({} for a plain rule)."""

    rule: Rule
    scope: Mapping[str, str] = field(default_factory=dict[str, str])
    words: Mapping[str, str] = field(default_factory=dict[str, str])

    def fill(self, text: str) -> str:
        """`text` with `{table}` and the like replaced; other braces stay as they are."""
        for name, word in self.words.items():
            text = text.replace("{" + name + "}", word)
        return text


_WORD = re.compile(r"\w+")
_NO_KEYED_TABLE = Text("needs a table whose key is mapped", "necesita una tabla con su clave asignada")
_NO_TYPED_COLUMN = Text("needs a table with typed columns", "necesita una tabla con columnas que no sean de texto")


@dataclass(frozen=True)
class Planned:
    """What will be run of a rule. Without instances it is not applicable and `reason` says why; with instances,
    `reason` names what of it could not be tested."""

    rule: Rule
    instances: tuple[Instance, ...]
    reason: Text = field(default_factory=Text)


def plan(
    rules: Iterable[Rule],
    schemas: Schemas,
    values: Mapping[str, Mapping[str, Value]],
    distinct: Collection[str] = (),
) -> list[Planned]:
    """One entry per rule, sorted by id; `values` are the parameters of this run by rule, `distinct` the tables whose
    keys are proven."""
    return [_plan(rule, schemas, values[rule.id], distinct) for rule in sorted(rules, key=lambda rule: rule.id)]


def expand(rule: Rule, schemas: Schemas, distinct: Collection[str] = ()) -> tuple[list[Instance], list[Text]]:
    """The instances of a template and what it could not be spread over, in order of table and column."""
    known = load_canonical()
    if rule.each == "keyed_table":
        return _keyed_tables(rule, [known[name] for name in sorted(schemas) if name in known], schemas, distinct)
    return list(_typed_columns(rule, [known[name] for name in sorted(schemas) if name in known], schemas)), []


def tables_wanted(planned: Iterable[Planned], shared: Mapping[str, Rule]) -> dict[str, set[str]]:
    """The tables of which a rule that will run, or a shared view that it uses, may speak, each with all words of such
    rules' SQL: a column that is none of them is named by nobody. The linter refuses what means columns unnamed."""
    instances = [instance for item in planned for instance in item.instances]
    used: dict[str, Rule] = {}
    found = [name for instance in instances for name in instance.rule.uses]
    while found:
        name = found.pop()
        if name in shared and name not in used:
            used[name] = shared[name]
            found += shared[name].uses
    wanted: dict[str, set[str]] = {}
    for instance in (*instances, *map(Instance, used.values())):
        rule = instance.rule
        text = " ".join((rule.sql, rule.where, *rule.select.values(), *rule.identity, *rule.values))
        words = set(_WORD.findall(instance.fill(text).lower()))
        for table in {*rule.needs, *rule.optional, *([instance.words["table"]] if "table" in instance.words else [])}:
            wanted.setdefault(table, set()).update(words)
    return wanted


def _plan(rule: Rule, schemas: Schemas, values: Mapping[str, Value], distinct: Collection[str]) -> Planned:
    missing = [*_missing(rule, schemas), *_none_of(rule, schemas, values)]
    if missing:
        return Planned(rule, (), Text(f"needs {_listed(missing).en}", f"necesita {_listed(missing).es}"))
    if not rule.each:
        return Planned(rule, (Instance(rule),))
    instances, untested = expand(rule, schemas, distinct)
    if not instances:
        return Planned(rule, (), _NO_KEYED_TABLE if rule.each == "keyed_table" else _NO_TYPED_COLUMN)
    if not untested:
        return Planned(rule, tuple(instances))
    left = _listed(untested)
    return Planned(rule, tuple(instances), Text(f"not tested: {left.en}", f"sin probar: {left.es}"))


def _listed(texts: Iterable[Text]) -> Text:
    given = list(texts)
    return Text("; ".join(text.en for text in given), "; ".join(text.es for text in given))


def _missing(rule: Rule, schemas: Schemas) -> Iterator[Text]:
    for table, columns in rule.needs.items():
        if table not in schemas:
            yield Text(f"table {table}", f"la tabla {_named(table)}")
            continue
        for column in columns:
            if column not in schemas[table]:
                yield Text(f"column {table}.{column}", f"la columna {table}.{_named(column)}")


def _named(name: str) -> str:
    """A name as the mapping has it, and what it means in Spanish where the name does not say it."""
    word = label(name, "es", {})
    return name if word == name else f"{name} ({word})"


def _none_of(rule: Rule, schemas: Schemas, values: Mapping[str, Value]) -> Iterator[Text]:
    """What of `one_of` would do, where the books and the run's parameters have none of it."""
    for name in rule.one_of:
        table, _, column = name.rpartition(".")
        if values.get(name) if name in rule.parameters else column in schemas.get(table, ()):
            return
    if rule.one_of:
        kind = ("parameter", "el parámetro") if rule.one_of[0] in rule.parameters else ("column", "la columna")
        yield Text(f"{kind[0]} {' or '.join(rule.one_of)}", f"{kind[1]} {' o '.join(rule.one_of)}")


def _keyed_tables(
    rule: Rule, tables: list[Table], schemas: Schemas, distinct: Collection[str]
) -> tuple[list[Instance], list[Text]]:
    instances: list[Instance] = []
    untested: list[Text] = []
    for table in tables:
        if not table.key:
            continue
        absent = [column for column in table.required_key if column not in schemas[table.name]]
        if absent:
            columns = ", ".join(absent)
            untested.append(
                Text(f"{table.name}, which needs column {columns}", f"{table.name}, que necesita la columna {columns}")
            )
            continue
        key = [column for column in table.key if column in schemas[table.name]]
        nulls = [f"{quote(column)} IS NULL" for column in table.required_key]
        words = {
            "table": table.name,
            "key_list": ", ".join(quote(column) for column in key),
            "key_names": ", ".join(key),
            "key_null": f"({' OR '.join(nulls) if nulls else 'false'})",
            "key_text": key_text(key),
            "key_unproven": str(table.name not in distinct).lower(),
        }
        instances.append(Instance(rule, {"table": table.name}, words))
    return instances, untested


def _typed_columns(rule: Rule, tables: list[Table], schemas: Schemas) -> Iterator[Instance]:
    for table in tables:
        for column in table.columns.values():
            if column.name in schemas[table.name] and column.type is not ColumnType.TEXT:
                words = {"table": table.name, "column": column.name, "type": column.type.value}
                yield Instance(rule, {"table": table.name, "column": column.name}, words)


def key_text(key: list[str]) -> str:
    """SQL of a key as people read it, `product=A-1, location=ABJ`; different keys never have the same text."""
    parts: list[str] = []
    for column in key:
        value = f"{quote(column)}::VARCHAR"
        safe = f"CASE WHEN regexp_matches({value}, '[,=\"]|^blank$') THEN json_text({value}) ELSE {value} END"
        parts.append(f"{literal(column + '=')} || coalesce({safe}, 'blank')")
    return "(" + " || ', ' || ".join(parts) + ")"
