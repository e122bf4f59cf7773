"""The tables in which a run enters its findings and evidence, and the cells that every way of entering shares.

What a column of `violations` may be called is fixed here: the reserved names have a column of their own in
`findings.parquet`, all others are measures.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perito_kernel.phases import RuleOutcome

from perito_rules.model import Value
from perito_rules.sqltext import literal
from perito_rules.statements import execute

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FINDINGS: Sequence[tuple[str, str]] = (
    ("fingerprint", "VARCHAR"),
    ("rule_id", "VARCHAR"),
    ("rule_version", "VARCHAR"),
    ("phase", "VARCHAR"),
    ("severity", "VARCHAR"),
    ("confidence", "DECIMAL(9, 4)"),
    ("impact", "DECIMAL(38, 4)"),
    ("currency", "VARCHAR"),
    ("identity_json", "VARCHAR"),
    ("period_start", "DATE"),
    ("period_end", "DATE"),
    ("title_en", "VARCHAR"),
    ("title_es", "VARCHAR"),
    ("observed", "VARCHAR"),
    ("expected", "VARCHAR"),
    ("delta_qty", "DECIMAL(38, 4)"),
    ("delta_value", "DECIMAL(38, 4)"),
    ("measures_json", "VARCHAR"),
    ("row_count", "BIGINT"),
    ("systemic", "BOOLEAN"),
    ("recoverable", "BOOLEAN"),
)
EVIDENCE: Sequence[tuple[str, str]] = (
    ("fingerprint", "VARCHAR"),
    ("place", "BIGINT"),
    ("role", "VARCHAR"),
    ("file_id", "INTEGER"),
    ("record", "BIGINT"),
    ("line", "BIGINT"),
    ("table_name", "VARCHAR"),
    ("key_json", "VARCHAR"),
    ("values_json", "VARCHAR"),
)
RESERVED = {
    *("period_start", "period_end", "observed", "expected", "delta_qty", "delta_value", "impact", "currency"),
    *("row_count", "severity", "recoverable"),
}


class RuleBroken(Exception):  # named for what happened, as the kernel's errors are
    """The rule's SQL ran and gave what no finding can be made of. The text is fit to be shown."""


@dataclass(frozen=True)
class Tally:
    """A rule's account of one population, counted in its unit."""

    evaluated: int
    failed: int
    unknown: int


@dataclass(frozen=True)
class Book:
    """Where a rule's findings are entered: the run's phase and currency. `rehearsed`: even what finds nothing is
    entered, since a check of a rule wants to know whether it could be."""

    connection: "DuckDBPyConnection"
    phase: str
    currency: str
    rehearsed: bool = False


def create_tables(connection: "DuckDBPyConnection") -> None:
    """The run's empty tables of findings and evidence."""
    for name, columns in (("_findings", FINDINGS), ("_evidence", EVIDENCE)):
        execute(connection, f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns)})")


def counted(connection: "DuckDBPyConnection", outcomes: Sequence[RuleOutcome]) -> list[RuleOutcome]:
    """The outcomes of a run, each with its findings by severity."""
    severities: dict[str, dict[str, int]] = {outcome.rule_id: {} for outcome in outcomes}
    sql = "SELECT rule_id, severity, count(*) FROM _findings GROUP BY ALL ORDER BY ALL"
    for rule_id, severity, findings in execute(connection, sql).fetchall():
        severities[rule_id][severity] = findings
    return [replace(outcome, severities=severities[outcome.rule_id]) for outcome in outcomes]


def used(sql: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """The parameters that a statement mentions; DuckDB refuses to be given others."""
    mentioned = set(re.findall(r"\$([a-z_][a-z0-9_]*)", sql))
    return {name: value for name, value in values.items() if name in mentioned}


def period_sql(columns: Mapping[str, str]) -> str:
    """SQL of a row's period: empty, one ISO 8601 date, or start/end."""
    if "period_start" not in columns and "period_end" not in columns:
        return "''"
    start, end = period_bounds(columns)
    return (
        f"CASE WHEN {start} IS NULL AND {end} IS NULL THEN '' WHEN {start} = {end} THEN {start}::VARCHAR"
        f" ELSE coalesce({start}::VARCHAR, '..') || '/' || {end}::VARCHAR END"
    )


def period_bounds(columns: Mapping[str, str]) -> tuple[str, str]:
    start = "period_start::DATE" if "period_start" in columns else "NULL::DATE"
    return start, f"coalesce(period_end::DATE, {start})" if "period_end" in columns else start


def decimal_cell(name: str, columns: Mapping[str, str]) -> str:
    return name if name in columns else "NULL"


def currency_cell(book: Book, columns: Mapping[str, str]) -> str:
    default = literal(book.currency) if book.currency else "NULL"
    return f"coalesce(currency, {default})" if "currency" in columns else default
