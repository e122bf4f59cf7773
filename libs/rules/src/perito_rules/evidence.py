"""Fetches the rows that prove a rule's findings, for all of them at once.

An evidence section names its finding by the identity columns. Rows that belong to no finding are left out, so a section
may select generously; rows of a systemic finding are those of its samples.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perito_rules.book import EVIDENCE, RuleBroken, period_sql, used
from perito_rules.duck import describe
from perito_rules.model import Rule, Value
from perito_rules.sqltext import json_object, quote
from perito_rules.statements import execute

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PLACE = ("role", "table_name", "_file_id", "_record", "_line")


def collect(
    connection: "DuckDBPyConnection",
    rule: Rule,
    columns: Mapping[str, str],
    sections: Sequence[str],
    values: Mapping[str, Value],
) -> None:
    """Fills temp table `_proof` with the evidence of what stands in `_targets`. Raises `RuleBroken`."""
    execute(connection, f"CREATE OR REPLACE TEMP TABLE _proof ({', '.join(f'{c} {t}' for c, t in EVIDENCE)})")
    for sql in sections:
        bound = used(sql, values)
        found = describe(connection, sql, bound)
        _check(rule, columns, found)
        execute(connection, f"INSERT INTO _proof {_select(rule, columns, found, sql)}", bound)


def _check(rule: Rule, columns: Mapping[str, str], found: Mapping[str, str]) -> None:
    for name in (*rule.identity, *_PLACE):
        if name not in found:
            raise RuleBroken(f"evidence lacks the column {name}")
    for name in rule.identity:
        if found[name] != columns[name]:
            raise RuleBroken(f"evidence.{name} is {found[name]}, violations.{name} is {columns[name]}")


def _select(rule: Rule, columns: Mapping[str, str], found: Mapping[str, str], sql: str) -> str:
    identity = json_object([(c, quote(c), columns[c]) for c in rule.identity], numbers_as_text=False)
    timed = "period_start" in found or "period_end" in found
    join = f" AND t._period = {period_sql(found)}" if timed else ""
    place = "ordinal" if "ordinal" in found else "0"
    return (
        f"SELECT t._fingerprint, {place}, role, _file_id, _record, _line, table_name,"
        f" {_object('key_', found)}, {_object('value_', found)}"
        f" FROM (\n{sql}\n) AS r JOIN _targets AS t ON t._identity = {identity}{join}"
    )


def _object(prefix: str, found: Mapping[str, str]) -> str:
    members = [(c.removeprefix(prefix), f"r.{quote(c)}", t) for c, t in found.items() if c.startswith(prefix)]
    return json_object(members, numbers_as_text=True, nulls=False)
