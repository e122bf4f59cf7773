"""Enters the rows of KPI rules: a value always comes with what it was made of, and a missing one with the reason."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perito_rules.book import RuleBroken, used
from perito_rules.duck import peek
from perito_rules.model import Rule, Value
from perito_rules.sqltext import is_float, literal
from perito_rules.statements import execute

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KPIS: Sequence[tuple[str, str]] = (
    ("id", "VARCHAR"),
    ("measure", "VARCHAR"),
    ("scope", "VARCHAR"),
    ("key", "VARCHAR"),
    ("period", "VARCHAR"),
    ("value", "DECIMAL(38, 9)"),
    ("unit", "VARCHAR"),
    ("basis", "VARCHAR"),
    ("numerator", "DECIMAL(38, 4)"),
    ("denominator", "DECIMAL(38, 4)"),
    ("n", "BIGINT"),
    ("coverage", "DECIMAL(18, 9)"),
    ("reason", "VARCHAR"),
)
_TEXTS = {"key", "period", "basis", "reason"}

TOO_LARGE = {
    "en": "its figures are too large to be true, such as a code typed as a quantity",
    "es": "sus cifras son demasiado grandes para ser ciertas, como un código escrito como cantidad",
}
"""Why a quotient of two known figures has no value: one row made it absurd, and validation tells which."""


def create_table(connection: "DuckDBPyConnection") -> None:
    """The run's empty table of KPIs."""
    execute(connection, f"CREATE TABLE _kpis ({', '.join(f'{c} {t}' for c, t in KPIS)})")


def enter_kpis(connection: "DuckDBPyConnection", rule: Rule, sql: str, values: Mapping[str, Value]) -> None:
    """Adds the rows of a `kpis` section. `key`, `period`, `basis` and `reason` are empty where absent.

    `basis` is one word for what the value was worked out from, where its definition leaves a choice to the books.

    Raises `RuleBroken` where a column lacks, a value is floating point, two rows speak of the same thing, or a value
    is missing without a reason.
    """
    execute(connection, f"CREATE OR REPLACE TEMP TABLE _kpi_rows AS {sql}", used(sql, values))
    columns, _ = peek(connection, "_kpi_rows")
    for name in ("scope", "measure", "value", "unit"):
        if name not in columns:
            raise RuleBroken(f"kpis lack the column {name}")
    for name, sql_type in columns.items():
        if is_float(sql_type):
            raise RuleBroken(f"kpis.{name} is floating point; write ratio(a, b) or cast it to DECIMAL")
    cells = [_cell(rule, name, sql_type, columns) for name, sql_type in KPIS]
    execute(connection, f"CREATE OR REPLACE TEMP TABLE _kpi_made AS SELECT {', '.join(cells)} FROM _kpi_rows")
    row = execute(
        connection,
        "SELECT count(*) - count(DISTINCT (measure, scope, key, period)),"
        " count(*) FILTER (value IS NULL AND reason = '') FROM _kpi_made",
    ).fetchone()
    assert row is not None  # noqa: S101  # an aggregate without GROUP BY has one row
    if row[0]:
        raise RuleBroken(f"{row[0]} rows of kpis repeat a measure, scope, key and period")
    if row[1]:
        raise RuleBroken(f"{row[1]} rows of kpis have neither a value nor a reason")
    execute(connection, "INSERT INTO _kpis SELECT * FROM _kpi_made")


def _cell(rule: Rule, name: str, sql_type: str, columns: Mapping[str, str]) -> str:
    if name == "id":
        return f"{literal(rule.id)} AS id"
    value = name if name in columns else "NULL"
    if name == "reason":
        too_large = f"WHEN {_is_too_large(columns)} THEN {literal(TOO_LARGE['en'])}"
        return f"CASE {too_large} ELSE coalesce({value}::VARCHAR, '') END AS reason"
    if name in _TEXTS:
        return f"coalesce({value}::VARCHAR, '') AS {name}"
    return f"try_cast(({value}) AS {sql_type}) AS {name}"


def _is_too_large(columns: Mapping[str, str]) -> str:
    """SQL: no reason was given, and there is no value although rows were counted to make it of."""
    reason, numerator, denominator, n = (
        c if c in columns else "NULL" for c in ("reason", "numerator", "denominator", "n")
    )
    none = f"coalesce({reason}::VARCHAR, '') = '' AND try_cast(value AS {dict(KPIS)['value']}) IS NULL"
    made = f"{numerator} IS NOT NULL AND {denominator} <> 0 OR {numerator} IS NULL AND {n} > 0"
    return f"{none} AND coalesce(value IS NOT NULL OR {made}, false)"
