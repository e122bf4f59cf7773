"""Runs a phase's rules over the canonical tables and writes what they found.

One rule that breaks is `errored` with a reason that is fit to be shown; the others give their results. The work is SQL
over Parquet in a DuckDB that can read the job's files only.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.errors import Invalid, PeritoError
from perito_kernel.phases import OutputFile, Report, RuleOutcome, RuleStatus

from perito_rules.artifacts import write_artifacts
from perito_rules.assembly import enter
from perito_rules.book import Book, RuleBroken, Tally, create_tables, used
from perito_rules.confidence import Earlier, measure_confidence
from perito_rules.duck import create_views, open_duckdb, read_schemas
from perito_rules.loader import load_rules
from perito_rules.metrics import create_table, enter_kpis
from perito_rules.model import Kind, Rule, Section, Value
from perito_rules.planner import Instance, Planned, plan, tables_wanted
from perito_rules.sqltext import quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger(__name__)
_TEMPORARY = ("violations", "population")


@dataclass(frozen=True)
class RuleRun:
    """What a run of rules left: one outcome per rule, the files written to `out`, and the digest of their content."""

    outcomes: tuple[RuleOutcome, ...]
    artifacts: tuple[OutputFile, ...]
    content_digest: str


@dataclass
class Account:
    """A rule's counts while its instances run."""

    evaluated: int = 0
    failed: int = 0
    unknown: int = 0
    findings: int = 0
    facts: dict[str, str] = field(default_factory=dict[str, str])


def run_rules(
    rules: Sequence[Rule],
    tables: Mapping[str, Path],
    params: Mapping[str, Mapping[str, Any]],
    out: Path,
    scratch: Path,
    *,
    phase: str,
    threads: int,
    memory_bytes: int,
    report: Report,
    earlier: Earlier | None = None,
) -> RuleRun:
    """Runs `rules` on the Parquet files `tables` (name to path) and writes the artefacts to `out`.

    `params` are the parameters of this run by rule id; `earlier` are validation's findings and evidence, by which
    confidence falls where the books themselves are in doubt. Raises Invalid for parameters no rule knows.
    """
    values = _bind(rules, params)
    readable = [*tables.values(), *(earlier.files() if earlier else ())]
    connection = open_duckdb(readable, scratch, threads, memory_bytes)
    try:
        schemas = read_schemas(connection, tables)
        planned = plan(rules, schemas)
        shared = {rule.id: rule for rule in load_rules("perito_rules.shared")}
        create_views(connection, tables_wanted(rules, shared.values(), planned) | {"conventions"}, tables, schemas)
        create_tables(connection)
        create_table(connection)
        runner = Runner(Book(connection, phase, _currency(connection)), values, shared)
        outcomes = runner.run(planned, report)
        measure_confidence(connection, earlier)
        artifacts, digest = write_artifacts(connection, tuple(rules), outcomes, out)
    finally:
        connection.close()
    return RuleRun(tuple(outcomes), tuple(artifacts), digest)


class Runner:
    """Runs planned rules one after another on one connection."""

    def __init__(self, book: Book, values: Mapping[str, Mapping[str, Value]], shared: Mapping[str, Rule]) -> None:
        self._book = book
        self._values = values
        self._shared = shared
        self._made: set[str] = set()

    @property
    def _connection(self) -> "DuckDBPyConnection":
        return self._book.connection

    def run(self, planned: Sequence[Planned], report: Report) -> list[RuleOutcome]:
        """One outcome per rule, in the order given."""
        outcomes: list[RuleOutcome] = []
        for done, item in enumerate(planned):
            report(done / len(planned), item.rule.id)
            outcomes.append(self._outcome(item))
        return outcomes

    def _outcome(self, item: Planned) -> RuleOutcome:
        rule = item.rule
        if not item.instances:
            return _closed(rule, RuleStatus.NOT_APPLICABLE, item.reason)
        account = Account()
        step = _Step()
        try:
            for instance in item.instances:
                self._instance(instance, account, step)
        except Exception as error:  # noqa: BLE001  # whatever a rule does, the others give their results
            return _closed(rule, RuleStatus.ERRORED, _reason(rule, step, error))
        finally:
            self._drop()
        return _counted(rule, account, item.reason)

    def _instance(self, instance: Instance, account: Account, step: "_Step") -> None:
        rule = instance.rule
        values = self._values[rule.id]
        for name in rule.uses:
            step.name = f"shared view {name}"
            self._share(name)
        for name in ("population", "violations"):
            section = rule.section(name)
            if section:
                step.name = name
                sql = instance.fill(section.sql)
                self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", used(sql, values))
        step.name = "evaluated"
        tally = self._tally(instance, rule.sections["evaluated"], values)
        step.name = "facts"
        facts = self._facts(instance, values)
        findings = self._enter(instance, values, tally, step)
        account.evaluated += tally.evaluated
        account.failed += tally.failed
        account.unknown += tally.unknown
        account.findings += findings
        prefix = "".join(f"{word}." for word in instance.scope.values())
        account.facts.update({prefix + name: text for name, text in facts.items()})

    def _enter(self, instance: Instance, values: Mapping[str, Value], tally: Tally, step: "_Step") -> int:
        rule = instance.rule
        if rule.kind is Kind.METRIC:
            step.name = "kpis"
            enter_kpis(self._connection, rule, instance.fill(rule.sections["kpis"].sql), values)
            return 0
        step.name = "findings"
        return enter(self._book, instance, values, [instance.fill(s.sql) for s in rule.evidence], tally)

    def _tally(self, instance: Instance, section: Section, values: Mapping[str, Value]) -> Tally:
        row = self._one_row(instance.fill(section.sql), values)
        if "evaluated" not in row or row["evaluated"] is None:
            raise RuleBroken("evaluated gives no number")
        failed = row.get("failed")
        if failed is None and instance.rule.kind is not Kind.METRIC:
            counted = self._connection.execute("SELECT count(*) FROM violations").fetchone()
            failed = counted[0] if counted else 0
        tally = Tally(int(row["evaluated"]), int(failed or 0), int(row.get("unknown") or 0))
        if tally.failed + tally.unknown > tally.evaluated or min(tally.failed, tally.unknown) < 0:
            raise RuleBroken(f"{tally.failed} failed and {tally.unknown} unknown of {tally.evaluated} evaluated")
        return tally

    def _facts(self, instance: Instance, values: Mapping[str, Value]) -> dict[str, str]:
        section = instance.rule.section("facts")
        row = self._one_row(instance.fill(section.sql), values) if section else {}
        return {name: _plain(value) for name, value in row.items() if value is not None}

    def _one_row(self, sql: str, values: Mapping[str, Value]) -> dict[str, Any]:
        cursor = self._connection.execute(sql, used(sql, values))
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(2)
        if len(rows) != 1:
            raise RuleBroken("a section that must give one row gives none or several")
        return dict(zip(names, rows[0], strict=True))

    def _share(self, name: str) -> None:
        """Makes a shared view's table when the first rule asks for it."""
        if name not in self._made:
            self._connection.execute(f"CREATE TEMP TABLE {quote(name)} AS {self._shared[name].sections['view'].sql}")
            self._made.add(name)

    def _drop(self) -> None:
        for name in _TEMPORARY:
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")


@dataclass
class _Step:
    """Where in the rule the engine is: the part of an error's reason that helps whoever mends it."""

    name: str = ""


def _bind(rules: Sequence[Rule], params: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Value]]:
    """Parameters of each rule. Names of rules that are another phase's are left to that phase."""
    return {rule.id: rule.bind(params.get(rule.id, {})) for rule in rules}


def _currency(connection: "DuckDBPyConnection") -> str:
    rows = connection.execute("SELECT min(value) FROM conventions WHERE name = 'currency'").fetchall()
    return str(rows[0][0] or "")


def _counted(rule: Rule, account: Account, reason: str) -> RuleOutcome:
    if account.evaluated == 0:
        return _closed(rule, RuleStatus.NOT_APPLICABLE, f"no {rule.unit} to evaluate")
    return RuleOutcome(
        rule_id=rule.id,
        rule_version=rule.version,
        status=RuleStatus.FAILED if account.findings else RuleStatus.PASSED,
        unit=rule.unit,
        evaluated=account.evaluated,
        failed=account.failed,
        unknown=account.unknown,
        findings=account.findings,
        reason=reason,
        facts=dict(sorted(account.facts.items())),
    )


def _closed(rule: Rule, status: RuleStatus, reason: str) -> RuleOutcome:
    return RuleOutcome(rule_id=rule.id, rule_version=rule.version, status=status, unit=rule.unit, reason=reason)


def _reason(rule: Rule, step: _Step, error: Exception) -> str:
    """A sentence that is fit to be shown: the engine's own words never leave the process, they go to the log."""
    _log.warning("rule %s broke in %s", rule.id, step.name, exc_info=error)
    if isinstance(error, RuleBroken):
        return f"{step.name}: {error}"
    if isinstance(error, PeritoError):
        return f"{step.name}: {error.message}"
    return f"{step.name}: {type(error).__name__}"


def _plain(value: object) -> str:
    if isinstance(value, float):
        raise RuleBroken("facts hold a floating point number; cast it to DECIMAL")
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


__all__ = ["Earlier", "Invalid", "RuleRun", "run_rules"]
