"""Rehearses a tenant's own rule on tables without a row, so that what cannot run is refused before it is kept.

Only SQL that `user_sql` has let through comes here. There is nothing in the tables, so DuckDB's own words, which a run
never shows, may be told: they speak of the rule alone.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from perito_kernel.errors import PeritoError

from perito_rules.book import Book, RuleBroken, create_tables, used
from perito_rules.canonical import SYSTEM_TABLES, load_canonical, physical_columns
from perito_rules.duck import create_views, describe, open_duckdb
from perito_rules.loader import load_rules
from perito_rules.model import Kind, Rule, Value
from perito_rules.planner import Planned, plan, tables_wanted
from perito_rules.runner import Runner
from perito_rules.user_header import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = 256 << 20
_SPILLED = 64 << 20
_COLUMN = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,62}")
_PLACE = re.compile(r"^LINE (\d+): ", re.MULTILINE)


def bound(rule: Rule, scratch: Path) -> list[Problem]:
    """What keeps the rule from running on books that have every column it names. `scratch` is a folder for spilling."""
    shared = {view.id: view for view in load_rules("perito_rules.shared")}
    known = {**load_canonical(), **SYSTEM_TABLES}
    tables = {*rule.needs, *rule.optional, *(t for view in shared.values() for t in (*view.needs, *view.optional))}
    schemas = {name: dict(physical_columns(known[name])) for name in tables & known.keys()}
    values = {one.id: one.bind({}) for one in (rule, *shared.values())}
    connection = open_duckdb((), scratch, 1, _MEMORY, spilled=_SPILLED)
    try:
        planned = plan([rule], schemas, values)
        create_views(connection, tables_wanted(planned, shared), {}, schemas)
        create_tables(connection)
        runner = Runner(Book(connection, "check", "", rehearsed=True), values, shared)
        found = [problem for item in planned for problem in _rehearsed(runner, item)]
        ran = rule.kind is Kind.SET and not found and any(item.instances for item in planned)
        return [*_unnamed(connection, rule, values[rule.id])] if ran else found
    finally:
        connection.close()


def _rehearsed(runner: Runner, item: Planned) -> list[Problem]:
    for instance in item.instances:
        step, error = runner.rehearse(instance)
        if error is not None:
            return [_problem(item.rule, step, error)]
    return []  # also where a parameter without a default decides whether it runs at all


def _unnamed(connection: "DuckDBPyConnection", rule: Rule, values: Mapping[str, Value]) -> Iterator[Problem]:
    """Columns become names in JSON and in pages: one that is no plain name would break what reads them."""
    sections = [("violations", rule.sections["violations"]), *(("evidence", section) for section in rule.evidence)]
    for name, section in sections:
        for column in describe(connection, section.sql, used(section.sql, values)):
            if not _COLUMN.fullmatch(column):
                told = f"{name}: column {column[:40]!r} has no plain name: write AS and a name in lower case"
                yield Problem(section.line, 1, "RULE_DOES_NOT_RUN", told)


def _problem(rule: Rule, step: str, error: Exception) -> Problem:
    section = rule.section(step) or (rule.evidence[0] if step == "findings" and rule.evidence else None)
    first, said = (section.line if section else 1), str(error)
    inside = _PLACE.search(said)
    if isinstance(error, RuleBroken):
        told = said
    elif isinstance(error, PeritoError):
        told = error.message
    else:
        told = said.partition("\n")[0].partition(". ")[0][:300] or type(error).__name__
        if inside and section and step != "expression":
            lines = section.sql.count("\n")
            return Problem(first + min(int(inside[1]) - 1, lines), 1, "RULE_DOES_NOT_RUN", _with_advice(step, told))
    return Problem(first, 1, "RULE_DOES_NOT_RUN", _with_advice(step, told))


def _with_advice(step: str, told: str) -> str:
    return f"{step}: {told.rstrip('.')}: correct it here, or in the header that promises it"
