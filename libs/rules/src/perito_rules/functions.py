"""Runs what SQL cannot say: a pure function over a small table that SQL has aggregated and put in key order.

Floating point enters a finding only here, and only rounded: numbers are cut to nine significant digits before they are
compared or written, so that the last bits, which depend on the machine, decide nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from perito_rules.book import RuleBroken, used
from perito_rules.model import Rule, Value
from perito_rules.statements import parsed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DIGITS = 9
_INPUT_ROWS = 2_000_000


@dataclass(frozen=True)
class Judgement:
    """What a rule's function answers: rows with the columns of `violations`, and its account."""

    violations: Sequence[Mapping[str, Any]]
    evaluated: int
    unknown: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


def significant(number: float) -> float:
    """The number to nine significant digits. Use it before every comparison with a threshold."""
    return float(f"{number:.{DIGITS - 1}e}")


def judge(connection: "DuckDBPyConnection", rule: Rule, sql: str, values: Mapping[str, Value]) -> Judgement:
    """Calls the rule's function with its input, an Arrow table, and its parameters. Raises `RuleBroken`."""
    table = connection.sql(parsed(connection, sql), params=used(sql, values)).to_arrow_table()
    if table.num_rows > _INPUT_ROWS:
        raise RuleBroken(f"the input has {table.num_rows} rows; aggregate it to {_INPUT_ROWS} or fewer")
    module, _, name = rule.function.partition(":")
    answer = getattr(import_module(module), name)(table, values)
    if not isinstance(answer, Judgement):
        raise RuleBroken(f"{rule.function} answers {type(answer).__name__}, not Judgement")
    return answer


def load_violations(connection: "DuckDBPyConnection", judgement: Judgement) -> None:
    """Puts the judgement's rows, of which there is at least one, into temp table `violations`."""
    import pyarrow as pa  # noqa: PLC0415  # compute children only

    names = list(judgement.violations[0])
    columns = {name: _column(name, [row.get(name) for row in judgement.violations]) for name in names}
    rows = pa.Table.from_pydict(columns)
    connection.register("_judged", rows)
    connection.execute("CREATE OR REPLACE TEMP TABLE violations AS SELECT * FROM _judged")
    connection.unregister("_judged")


def _column(name: str, cells: Sequence[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415  # compute children only

    if any(isinstance(cell, float | Decimal) for cell in cells):
        return pa.array([_exact(name, cell) for cell in cells], pa.decimal128(38, DIGITS))
    return pa.array(cells)


def _exact(name: str, cell: Any) -> Decimal | None:
    if cell is None:
        return None
    if isinstance(cell, float):
        if not math.isfinite(cell):
            raise RuleBroken(f"violations.{name} is not finite")
        cell = f"{cell:.{DIGITS - 1}e}"
    return Decimal(cell).quantize(Decimal(1).scaleb(-DIGITS))
