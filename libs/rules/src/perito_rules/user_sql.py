"""Reads one query of a tenant's own rule in DuckDB's own syntax tree, and says what in it is not allowed.

The tree is what DuckDB itself would run, so nothing is guessed about its grammar. Every node of it is looked at; what
is on no list of `user_words` is refused. Nothing is run.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from perito_rules import user_words as words

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MOST_NODES = 5_000
_MOST_DEPTH = 150
_NOWHERE = 2**63
_CTE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Objection:
    """What is refused, and where: `at` is an offset in bytes of the query's UTF-8."""

    at: int
    reason: str
    message: str


def object_to(
    connection: "DuckDBPyConnection", sql: str, tables: frozenset[str], *, expression_of: str = ""
) -> list[Objection]:
    """Everything in `sql` that a rule must not have, by place. `tables` (lower case) are those it may name.

    With `expression_of`, `sql` must be one expression over that table, written `SELECT (...) AS e FROM table`.
    """
    if sql.count("(") > len(sql) // 4 and _nesting(sql) > _MOST_DEPTH:
        return [_complex(0)]
    row = connection.execute("SELECT json_serialize_sql($sql::VARCHAR)", {"sql": sql}).fetchone()
    try:
        tree: dict[str, Any] = json.loads(row[0] if row else "{}")
    except RecursionError:
        return [_complex(0)]
    if tree["error"]:
        return [_unreadable(tree)]
    statements: list[Any] = tree["statements"]
    if len(statements) != 1:
        second = statements[1] if len(statements) > 1 else None
        at = min(_places(second), default=0)
        return [Objection(at, "RULE_STATEMENT_REFUSED", "a section is one SELECT: take out what follows it")]
    reader = _Reader(tables)
    try:
        found = list(reader.walk(statements[0]["node"], frozenset(), 0, 0))
    except _TooMuch as much:
        return [_complex(much.at)]
    if expression_of:
        found += _not_one_expression(statements[0]["node"], expression_of)
    return sorted(set(found), key=lambda objection: (objection.at, objection.message))


def _nesting(sql: str) -> int:
    deepest = depth = 0
    for letter in sql:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


def _complex(at: int) -> Objection:
    told = f"more than {_MOST_NODES} parts, or nested deeper than {_MOST_DEPTH}: split it into WITH queries or rules"
    return Objection(at, "RULE_TOO_COMPLEX", told)


def _unreadable(tree: Mapping[str, Any]) -> Objection:
    said = str(tree.get("error_message", ""))
    if tree.get("error_type") == "not implemented":
        return Objection(0, "RULE_STATEMENT_REFUSED", "a section is one SELECT: nothing else can be run")
    at = str(tree.get("position", "0"))
    return Objection(int(at) if at.isdigit() else 0, "RULE_SQL_INVALID", f"{said[:200]}: correct the SQL here")


def _places(node: object) -> Iterator[int]:
    if isinstance(node, Mapping):
        known = cast("Mapping[str, Any]", node)
        at = known.get("query_location")
        if isinstance(at, int) and at < _NOWHERE:
            yield at
        for part in known.values():
            yield from _places(part)
    elif isinstance(node, list):
        for part in cast("list[Any]", node):
            yield from _places(part)


def _not_one_expression(node: Mapping[str, Any], table: str) -> Iterator[Objection]:
    source: Mapping[str, Any] = node.get("from_table") or {}
    plain = (
        node.get("type") == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and not (node["cte_map"]["map"] or node["modifiers"] or node["group_expressions"])
        and not (node["where_clause"] or node["having"] or node["qualify"])
        and source.get("type") == "BASE_TABLE"
        and source.get("table_name") == table
    )
    if not plain:
        yield Objection(0, "RULE_STATEMENT_REFUSED", "this must be one expression over the rule's table: nothing else")


class _TooMuch(Exception):
    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class _Reader:
    """Walks a tree once. `scope` are the WITH queries that a place can see, `at` the last place that was known."""

    def __init__(self, tables: frozenset[str]) -> None:
        self._tables = tables
        self._seen = 0

    def walk(self, node: object, scope: frozenset[str], at: int, depth: int) -> Iterator[Objection]:
        if isinstance(node, list):
            for part in cast("list[Any]", node):
                yield from self.walk(part, scope, at, depth)
            return
        if not isinstance(node, Mapping):
            return
        known = cast("Mapping[str, Any]", node)
        place = known.get("query_location")
        at = place if isinstance(place, int) and place < _NOWHERE else at
        if isinstance(known.get("type"), str):
            depth += 1
            self._seen += 1
            if depth > _MOST_DEPTH or self._seen > _MOST_NODES:
                raise _TooMuch(at)
            yield from self._judged(known, scope, at)
        ctes = known.get("cte_map")
        if isinstance(ctes, Mapping):
            for entry in cast("Sequence[Mapping[str, Any]]", ctes["map"]):
                yield from self._cte(entry, at)
                yield from self.walk(entry["value"], scope, at, depth)
                scope |= {str(entry["key"]).lower()}
        for name, part in known.items():
            if name != "cte_map":
                yield from self.walk(part, scope, at, depth)

    def _cte(self, entry: Mapping[str, Any], at: int) -> Iterator[Objection]:
        name, value = str(entry["key"]), entry["value"]
        if not _CTE_NAME.fullmatch(name.lower()):
            remedy = "give it a name of letters, digits and underscores that begins with a letter"
            yield Objection(at, "RULE_TABLE_REFUSED", f"WITH query {name[:40]!r}: {remedy}")
        if name.lower() in self._tables:
            yield Objection(at, "RULE_TABLE_REFUSED", f"WITH query {name}: there is a table of that name; take another")
        if value.get("key_targets") or value.get("payload_aggregates"):
            yield Objection(at, "RULE_CONSTRUCT_REFUSED", f"USING KEY: {words.instead('RECURSIVE_CTE_NODE')}")

    def _judged(self, node: Mapping[str, Any], scope: frozenset[str], at: int) -> Iterator[Objection]:
        kind, form = str(node["type"]), str(node.get("class", ""))
        if form:
            yield from self._expression(node, form, kind, at)
        elif kind in words.SOURCES:
            yield from self._source(node, kind, scope, at)
        elif kind not in words.NODES | words.PLAIN:
            yield _construct(kind, at)
        if node.get("sample"):
            yield _construct("SAMPLE", at)

    def _expression(self, node: Mapping[str, Any], form: str, kind: str, at: int) -> Iterator[Objection]:
        if form == "OPERATOR":
            if kind not in words.OPERATOR_TYPES:
                yield _construct(kind, at)
        elif form not in words.EXPRESSIONS:
            yield _construct(form, at)
        elif form in {"FUNCTION", "WINDOW"}:
            yield from _function(node, at)
        elif form == "TYPE" and str(node.get("type_name", "")).upper() not in words.TYPES:
            told = f"type {node.get('type_name')}: cast to BOOLEAN, BIGINT, DECIMAL, VARCHAR, DATE or TIMESTAMP"
            yield Objection(at, "RULE_CONSTRUCT_REFUSED", told)
        elif form == "STAR" and (node.get("columns") or node.get("expr")):
            yield Objection(at, "RULE_CONSTRUCT_REFUSED", "COLUMNS(...) or ALL: name the columns one by one")
        elif form == "COLUMN_REF" and [name.lower() for name in node["column_names"]] in words.DISGUISED:
            name = node["column_names"][0].lower()
            yield Objection(at, "RULE_FUNCTION_REFUSED", f"{name}: {words.function_remedy(name)}")

    def _source(self, node: Mapping[str, Any], kind: str, scope: frozenset[str], at: int) -> Iterator[Objection]:
        if kind == "JOIN" and node.get("ref_type") not in words.JOINS:
            yield _construct(str(node.get("ref_type")), at)
        if kind != "BASE_TABLE":
            return
        name = str(node.get("table_name", ""))
        if node.get("schema_name") or node.get("catalog_name") or node.get("at_clause"):
            yield Objection(at, "RULE_TABLE_REFUSED", f"table {name[:60]}: write its name alone, without a schema")
        elif name.lower() not in self._tables | scope:
            told = f"table {name[:60]!r} is none of this rule's: name it in needs or optional of the header"
            yield Objection(at, "RULE_TABLE_REFUSED", told)


def _function(node: Mapping[str, Any], at: int) -> Iterator[Objection]:
    name = str(node.get("function_name", "")).lower()
    if node.get("schema") or node.get("catalog"):
        yield Objection(at, "RULE_FUNCTION_REFUSED", f"function {name[:60]}: write its name alone, without a schema")
    elif name not in words.FUNCTIONS:
        yield Objection(at, "RULE_FUNCTION_REFUSED", f"function {name[:60]}: {words.function_remedy(name)}")


def _construct(kind: str, at: int) -> Objection:
    told = kind.replace("_", " ").lower()
    return Objection(at, "RULE_CONSTRUCT_REFUSED", f"{told}: {words.instead(kind)}")
