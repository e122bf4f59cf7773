"""Runs all row rules of a table as one query, and fetches the rows of those that failed in a second scan.

Thirty rules cost one scan, not thirty. If the fused query breaks (one rule's cast, one absurd row), it is split in
halves until the culprit is alone: that rule is errored, the others keep their results.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perito_rules.book import Tally
from perito_rules.canonical import ROW_COLUMNS, load_canonical
from perito_rules.duck import describe
from perito_rules.model import Value
from perito_rules.planner import Instance
from perito_rules.sqltext import literal, quote
from perito_rules.statements import execute

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NOTHING = Tally(0, 0, 0)


@dataclass(frozen=True)
class Scanned:
    """What the scan says of one rule: its counts, and the SQL of its violations and evidence over the failed rows.

    The SQL is good until the next item is asked for. With `error`, the rule could not be run alone either.
    """

    instance: Instance
    tally: Tally
    violations: str = ""
    evidence: str = ""
    step: str = "expression"
    error: Exception | None = None


def scan(
    connection: "DuckDBPyConnection",
    table: str,
    instances: Sequence[Instance],
    values: Mapping[str, Mapping[str, Value]],
) -> Iterator[Scanned]:
    """One item per instance of a row rule over `table`."""
    import duckdb  # noqa: PLC0415  # compute children only

    bound = {f"p{n}_{k}": v for n, i in enumerate(instances) for k, v in values[i.rule.id].items()}
    judged = [_Judged(n, instance) for n, instance in enumerate(instances)]
    try:
        tallies = _count(connection, table, judged, bound)
        failed = [j for j, tally in zip(judged, tallies, strict=True) if tally.failed]
        if failed:
            _fetch(connection, table, failed, bound)
    except duckdb.Error as error:
        if len(instances) == 1:
            yield Scanned(instances[0], _NOTHING, error=error)
            return
        middle = len(instances) // 2
        yield from scan(connection, table, instances[:middle], values)
        yield from scan(connection, table, instances[middle:], values)
        return
    for one, tally in zip(judged, tallies, strict=True):
        yield Scanned(one.instance, tally, _violations(one), _evidence(one, table))
    execute(connection, "DROP TABLE IF EXISTS _failed")


def rehearse(connection: "DuckDBPyConnection", instance: Instance, values: Mapping[str, Value]) -> Scanned:
    """What `scan` would say of one rule, with its rows fetched even where there are none. Raises `duckdb.Error`."""
    one = _Judged(0, instance)
    table, bound = instance.rule.table, {f"p0_{name}": value for name, value in values.items()}
    (tally,) = _count(connection, table, [one], bound)
    _fetch(connection, table, [one], bound)
    return Scanned(instance, tally, _violations(one), _evidence(one, table))


@dataclass(frozen=True)
class _Judged:
    """An instance and its number in the fused query; parameters bear the number, for two rules may share a name."""

    number: int
    instance: Instance

    def sql(self, text: str) -> str:
        return re.sub(r"\$([a-z_][a-z0-9_]*)", rf"$p{self.number}_\1", self.instance.fill(text))

    @property
    def inside(self) -> str:
        """SQL that is true for the rows the rule is about."""
        return f"coalesce(({self.sql(self.instance.rule.where or 'true')}\n), false)"

    @property
    def expression(self) -> str:
        return f"({self.sql(self.instance.rule.sections['expression'].sql)}\n)"


def _count(
    connection: "DuckDBPyConnection", table: str, judged: Sequence[_Judged], bound: Mapping[str, Value]
) -> list[Tally]:
    inner: list[str] = []
    outer: list[str] = []
    for one in judged:
        n = one.number
        inner += [f"{one.inside} AS w{n}", f"{one.expression} AS e{n}"]
        outer += [
            f"count(*) FILTER (w{n})",
            f"count(*) FILTER (w{n} AND e{n})",
            f"count(*) FILTER (w{n} AND e{n} IS NULL)",
        ]
    sql = f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {quote(table)})"
    row = execute(connection, sql, _mentioned(sql, bound)).fetchone()
    assert row is not None  # noqa: S101  # an aggregate without GROUP BY has one row
    return [Tally(*row[3 * at : 3 * at + 3]) for at in range(len(judged))]


def _fetch(connection: "DuckDBPyConnection", table: str, failed: Sequence[_Judged], bound: Mapping[str, Value]) -> None:
    """Leaves the rows that some rule found, with the columns those rules speak of, in temp table `_failed`."""
    real = describe(connection, f"SELECT * FROM {quote(table)}")
    spoken = " ".join(_spoken(one, table) for one in failed)
    words = set(re.findall(r"\w+", spoken)) | {name for name, _ in ROW_COLUMNS}
    columns = ", ".join(quote(name) for name in real if name in words)
    flags = ", ".join(f"({one.inside} AND coalesce({one.expression}, false)) AS _fails{one.number}" for one in failed)
    some = " OR ".join(f"_fails{one.number}" for one in failed)
    judged = f"SELECT {columns}, {flags} FROM {quote(table)}"
    sql = f"CREATE OR REPLACE TEMP TABLE _failed AS SELECT * FROM ({judged}) WHERE {some}"
    execute(connection, sql, _mentioned(sql, bound))


def _spoken(one: _Judged, table: str) -> str:
    rule = one.instance.rule
    fields = (*rule.identity, *rule.values, *rule.select.values(), *_key(table))
    return one.instance.fill(" ".join(fields))


def _key(table: str) -> tuple[str, ...]:
    known = load_canonical()
    return known[table].key if table in known else ()


def _violations(one: _Judged) -> str:
    rule = one.instance.rule
    identity = ", ".join(quote(name) for name in rule.identity)
    more = "".join(f", ({one.instance.fill(sql)}) AS {quote(name)}" for name, sql in rule.select.items())
    return f"SELECT {identity}, count(*) AS row_count{more} FROM _failed WHERE _fails{one.number} GROUP BY {identity}"


def _evidence(one: _Judged, table: str) -> str:
    rule = one.instance.rule
    keys = [f"{quote(name)} AS {quote('key_' + name)}" for name in _key(table)]
    shown = [f"{quote(name)} AS {quote('value_' + name)}" for name in rule.values]
    columns = ", ".join([*(quote(name) for name in rule.identity), *keys, *shown])
    return (
        f"SELECT {columns}, 'violating' AS role, {literal(table)} AS table_name, _file_id, _record, _line"
        f" FROM _failed WHERE _fails{one.number}"
    )


def _mentioned(sql: str, bound: Mapping[str, Value]) -> dict[str, Value]:
    names = set(re.findall(r"\$(p\d+_\w+)", sql))
    return {name: value for name, value in bound.items() if name in names}
