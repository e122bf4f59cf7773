"""Turns a rule's `violations` into findings, in SQL over the whole set.

Findings may be millions, so nothing here loops over them. A rule's findings and evidence are first made in tables of
their own and added to the run's only when both have succeeded; what a rule entered before it broke is withdrawn.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perito_kernel.findings import Severity

from perito_rules.book import (
    FINDINGS,
    RESERVED,
    Book,
    RuleBroken,
    Tally,
    currency_cell,
    decimal_cell,
    period_bounds,
    period_sql,
)
from perito_rules.duck import peek
from perito_rules.evidence import collect
from perito_rules.model import Rule, Value
from perito_rules.planner import Instance
from perito_rules.sqltext import is_float, json_object, literal, plain_text, quote
from perito_rules.statements import execute
from perito_rules.systemic import is_flood, systemic_cells
from perito_rules.templates import title_sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def enter(book: Book, instance: Instance, values: Mapping[str, Value], evidence: Sequence[str], tally: Tally) -> int:
    """Adds what stands in temp table `violations` to the run's findings, with its evidence; answers how many.

    `evidence` are SELECTs of identity columns, role, table_name, _file_id, _record, _line, key_* and value_*. Where
    the share that failed is above the rule's flood_share, the findings are told as one with three samples (V-034).
    Raises `RuleBroken` where identities repeat, a column lacks or is floating point.
    """
    rule, connection = instance.rule, book.connection
    columns, some = peek(connection, "violations")
    _check(rule, columns)
    if not some and not book.rehearsed:
        return 0  # what follows takes 10 ms of planning, and most rules find nothing
    _identify(book, rule, columns)
    total, distinct = _one(connection, "SELECT count(*), count(DISTINCT _fingerprint) FROM _found")
    if total != distinct:
        raise RuleBroken(f"{total - distinct} violations share their identity with another")
    systemic = is_flood(total, tally, values)
    if systemic:
        cells = systemic_cells(book, instance, columns, tally)
    else:
        execute(
            connection, "CREATE OR REPLACE TEMP VIEW _targets AS SELECT _identity, _period, _fingerprint FROM _found"
        )
        cells = _cells(book, rule, columns)
    execute(connection, f"CREATE OR REPLACE TEMP TABLE _made AS {_select(book, rule, cells)}")
    collect(connection, rule, columns, evidence, values)
    execute(connection, "INSERT INTO _findings SELECT * FROM _made")
    execute(connection, "INSERT INTO _evidence SELECT * FROM _proof")
    return 1 if systemic else total


def withdraw(book: Book, rule: Rule) -> None:
    """Takes out whatever an earlier instance of a broken rule has entered."""
    connection, same = book.connection, f"rule_id = {literal(rule.id)}"
    connection.execute(f"DELETE FROM _evidence WHERE fingerprint IN (SELECT fingerprint FROM _findings WHERE {same})")
    connection.execute(f"DELETE FROM _findings WHERE {same}")
    connection.execute(f"DELETE FROM _kpis WHERE id = {literal(rule.id)}")


def _one(connection: "DuckDBPyConnection", sql: str) -> tuple[int, int]:
    row = execute(connection, sql).fetchone()
    assert row is not None  # noqa: S101  # an aggregate without GROUP BY has one row
    return row[0], row[1]


def _check(rule: Rule, columns: Mapping[str, str]) -> None:
    for name in rule.identity:
        if name not in columns:
            raise RuleBroken(f"violations lack the identity column {name}")
    for name, sql_type in columns.items():
        if is_float(sql_type):
            raise RuleBroken(f"violations.{name} is floating point; a finding holds decimals")
    if rule.impact == "column" and "impact" not in columns:
        raise RuleBroken("violations lack the column impact that the header promises")


def _identify(book: Book, rule: Rule, columns: Mapping[str, str]) -> None:
    identity = json_object([(c, quote(c), columns[c]) for c in rule.identity], numbers_as_text=False)
    head = literal(rule.id + "\n")
    execute(
        book.connection,
        "CREATE OR REPLACE TEMP TABLE _found AS"
        f" SELECT *, sha256({head} || _identity || chr(10) || _period) AS _fingerprint FROM ("
        f"SELECT *, {identity} AS _identity, {period_sql(columns)} AS _period FROM violations)",
    )


def _cells(book: Book, rule: Rule, columns: Mapping[str, str]) -> dict[str, str]:
    measures = [(c, quote(c), t) for c, t in columns.items() if c not in RESERVED and c not in rule.identity]
    start, end = period_bounds(columns)
    return {
        "fingerprint": "_fingerprint",
        "severity": _severity(rule, columns),
        "impact": decimal_cell("impact", columns),
        "currency": currency_cell(book, columns),
        "identity_json": "_identity",
        "period_start": start,
        "period_end": end,
        "title_en": title_sql(rule.finding.en, columns, "en"),
        "title_es": title_sql(rule.finding.es, columns, "es"),
        "observed": plain_text("observed", columns["observed"]) if "observed" in columns else "NULL",
        "expected": plain_text("expected", columns["expected"]) if "expected" in columns else "NULL",
        "delta_qty": decimal_cell("delta_qty", columns),
        "delta_value": decimal_cell("delta_value", columns),
        "measures_json": json_object(measures, numbers_as_text=True),
        "row_count": "row_count" if "row_count" in columns else "1",
        "systemic": "false",
        "recoverable": "coalesce(recoverable, false)" if "recoverable" in columns else str(rule.recoverable).lower(),
    }


def _select(book: Book, rule: Rule, cells: Mapping[str, str]) -> str:
    fixed = {
        "rule_id": literal(rule.id),
        "rule_version": literal(rule.version),
        "phase": literal(book.phase),
        "confidence": "NULL",
    }
    all_cells = {**fixed, **cells}
    return f"SELECT {', '.join(f'({all_cells[c]})::{t} AS {c}' for c, t in FINDINGS)} FROM _found"


def _severity(rule: Rule, columns: Mapping[str, str]) -> str:
    if "severity" not in columns:
        return literal(rule.severity.value)
    words = ", ".join(literal(s.value) for s in Severity)
    return f"CASE WHEN severity IN ({words}) THEN severity ELSE error('no such severity') END"
