"""Runs planned rules on one connection and keeps each one's account.

Row rules run together, one scan per table; the other kinds one after another. What a rule had entered before it broke
is taken out again.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from perito_kernel.errors import PeritoError
from perito_kernel.phases import Report, RuleOutcome, RuleStatus

from perito_rules.assembly import enter, withdraw
from perito_rules.book import Book, RuleBroken, Tally, used
from perito_rules.functions import judge, load_violations
from perito_rules.metrics import enter_kpis
from perito_rules.model import Kind, Rule, Text, Value
from perito_rules.planner import Instance, Planned
from perito_rules.rowscan import Scanned, rehearse, scan
from perito_rules.sqltext import quote
from perito_rules.statements import execute
from perito_rules.watch import Watch, unwatched

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logging.getLogger(__name__)


@dataclass
class _Account:
    """A rule's counts while its instances run, and where it is: the part of an error that helps whoever mends it."""

    step: str = ""
    evaluated: int = 0
    failed: int = 0
    unknown: int = 0
    findings: int = 0
    facts: dict[str, str] = field(default_factory=dict[str, str])
    broken: Text | None = None

    def add(self, instance: Instance, tally: Tally, facts: Mapping[str, str], findings: int) -> None:
        self.evaluated += tally.evaluated
        self.failed += tally.failed
        self.unknown += tally.unknown
        self.findings += findings
        prefix = "".join(f"{word}." for word in instance.scope.values())
        self.facts.update({prefix + name: text for name, text in facts.items()})


class Runner:
    """Runs planned rules. `values` are the bound parameters by id of rule or shared view, `shared` the views."""

    def __init__(
        self,
        book: Book,
        values: Mapping[str, Mapping[str, Value]],
        shared: Mapping[str, Rule],
        watch: Watch = unwatched,
    ) -> None:
        self._book = book
        self._values = values
        self._shared = shared
        self._watch = watch
        self._made: set[str] = set()

    @property
    def _connection(self) -> "DuckDBPyConnection":
        return self._book.connection

    def run(self, planned: Sequence[Planned], report: Report) -> list[RuleOutcome]:
        """One outcome per rule, in the order given."""
        accounts = {item.rule.id: _Account() for item in planned if item.instances}
        rows = [item for item in planned if item.rule.kind is Kind.ROW and item.instances]
        others = [i for i in planned if i.rule.kind not in {Kind.ROW, Kind.GUARD} and i.instances]
        self._run_rows([i for item in rows for i in item.instances], accounts)
        for done, item in enumerate(others, len(rows)):
            report(done / len(planned), item.rule.id)
            for instance in item.instances:
                self._attempt(instance, accounts[item.rule.id], self._instance)
        for item in planned:
            if item.rule.kind is Kind.GUARD and item.instances:
                self._guard(accounts[item.rule.id], accounts.values())
        return [self._outcome(item, accounts.get(item.rule.id)) for item in planned]

    def rehearse(self, instance: Instance) -> tuple[str, Exception | None]:
        """Runs one instance on a book that is `rehearsed`; the step at which it broke and how, or None."""
        account, values = _Account(), self._values[instance.rule.id]
        try:
            if instance.rule.kind is not Kind.ROW:
                self._instance(instance, account)
                return account.step, None
            account.step = "expression"
            scanned = rehearse(self._connection, instance, values)
            account.step = "violations"
            sql = f"CREATE OR REPLACE TEMP TABLE violations AS {scanned.violations}"
            execute(self._connection, sql, used(scanned.violations, values))
            account.step = "findings"
            enter(self._book, instance, values, [scanned.evidence], scanned.tally)
        except Exception as error:  # noqa: BLE001  # a rule may break in any way, and whoever checks it says how
            return account.step, error
        return account.step, None

    def _run_rows(self, instances: Sequence[Instance], accounts: Mapping[str, _Account]) -> None:
        tables = sorted({instance.fill(instance.rule.table) for instance in instances})
        for table in tables:
            group = [instance for instance in instances if instance.fill(instance.rule.table) == table]
            for scanned in self._watched(f"rows of {table}", scan(self._connection, table, group, self._values)):
                self._attempt(scanned.instance, accounts[scanned.instance.rule.id], self._row, scanned)

    def _watched(self, name: str, scans: Iterator[Scanned]) -> Iterator[Scanned]:
        while True:
            with self._watch(name):
                scanned = next(scans, None)
            if scanned is None:
                return
            yield scanned

    def _attempt(self, instance: Instance, account: _Account, run: Callable[..., None], *more: Any) -> None:
        """Runs one instance; if it breaks, the rule is errored, and the others give their results."""
        if account.broken:
            return
        try:
            with self._watch(instance.rule.id):
                run(instance, account, *more)
        except Exception as error:  # noqa: BLE001  # a rule may break in any way, its neighbours must not notice
            account.broken = _reason(instance.rule, account.step, error)
            withdraw(self._book, instance.rule)
        finally:
            for name in ("violations", "population"):
                execute(self._connection, f"DROP TABLE IF EXISTS {name}")

    def _row(self, instance: Instance, account: _Account, scanned: Scanned) -> None:
        account.step = scanned.step
        if scanned.error is not None:
            raise scanned.error
        values, findings = self._values[instance.rule.id], 0
        if scanned.tally.failed:
            account.step = "violations"
            sql = f"CREATE OR REPLACE TEMP TABLE violations AS {scanned.violations}"
            execute(self._connection, sql, used(scanned.violations, values))
            account.step = "findings"
            findings = enter(self._book, instance, values, [scanned.evidence], scanned.tally)
        account.add(instance, scanned.tally, {}, findings)

    def _instance(self, instance: Instance, account: _Account) -> None:
        rule, values = instance.rule, self._values[instance.rule.id]
        for name in rule.uses:
            account.step = f"shared view {name}"
            self._share(name)
        made: tuple[int, ...] | None = None  # rows of what was made last: the violations, but for metrics
        for name in ("population", "violations"):
            section = rule.section(name)
            if section:
                account.step = name
                sql = f"CREATE OR REPLACE TEMP TABLE {name} AS {instance.fill(section.sql)}"
                made = execute(self._connection, sql, used(section.sql, values)).fetchone()
        if rule.kind is Kind.FUNCTION:
            self._function(instance, account, values)
            return
        account.step = "evaluated"
        tally = self._tally(instance, values, made[0] if made else None)
        account.step = "facts"
        section = rule.section("facts")
        row = self._one_row(instance.fill(section.sql), values) if section else {}
        account.add(instance, tally, _facts(row), self._enter(instance, account, values, tally))

    def _guard(self, account: _Account, all_accounts: Iterable[_Account]) -> None:
        """What was told as one, of all that was run before."""
        sql = (
            "SELECT count(*) AS lists_cut, coalesce(sum((measures_json ->> '$.findings')::BIGINT), 0)"
            " AS findings_told_as_one FROM _findings WHERE systemic"
        )
        account.facts.update(_facts(self._one_row(sql, {})))
        account.evaluated = sum(1 for other in all_accounts if other is not account and other.evaluated)

    def _enter(self, instance: Instance, account: _Account, values: Mapping[str, Value], tally: Tally) -> int:
        rule = instance.rule
        if rule.kind is Kind.METRIC:
            account.step = "kpis"
            enter_kpis(self._connection, rule, instance.fill(rule.sections["kpis"].sql), values)
            return 0
        account.step = "findings"
        return enter(self._book, instance, values, [instance.fill(s.sql) for s in rule.evidence], tally)

    def _function(self, instance: Instance, account: _Account, values: Mapping[str, Value]) -> None:
        account.step = "function"
        sql = instance.fill(instance.rule.sections["input"].sql)
        judgement = judge(self._connection, instance.rule, sql, values)
        tally = Tally(judgement.evaluated, len(judgement.violations), judgement.unknown)
        _check_tally(tally)
        findings = 0
        if judgement.violations:
            load_violations(self._connection, judgement)
            findings = self._enter(instance, account, values, tally)
        account.add(instance, tally, _facts(judgement.facts), findings)

    def _tally(self, instance: Instance, values: Mapping[str, Value], violations: int | None) -> Tally:
        row = self._one_row(instance.fill(instance.rule.sections["evaluated"].sql), values)
        if row.get("evaluated") is None:
            raise RuleBroken("evaluated gives no number")
        failed = row.get("failed")
        if failed is None and instance.rule.kind is not Kind.METRIC:
            if violations is None:
                raise RuleBroken("the engine did not count the violations")
            failed = violations
        tally = Tally(int(row["evaluated"]), int(failed or 0), int(row.get("unknown") or 0))
        _check_tally(tally)
        return tally

    def _one_row(self, sql: str, values: Mapping[str, Value]) -> dict[str, Any]:
        cursor = execute(self._connection, sql, used(sql, values))
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(2)
        if len(rows) != 1:
            raise RuleBroken("a section that must give one row gives none or several")
        return dict(zip(names, rows[0], strict=True))

    def _share(self, name: str) -> None:
        """Makes a shared view, and those that it uses, when the first rule asks for it."""
        if name in self._made:
            return
        view = self._shared[name]
        for used_by_it in view.uses:
            self._share(used_by_it)
        sql = view.sections["view"].sql
        kind = "TABLE" if view.stored else "VIEW"
        with self._watch(f"view {name}"):
            execute(self._connection, f"CREATE TEMP {kind} {quote(name)} AS {sql}", used(sql, self._values[name]))
        self._made.add(name)

    @staticmethod
    def _outcome(item: Planned, account: _Account | None) -> RuleOutcome:
        rule = item.rule
        if account is None:
            return _closed(rule, RuleStatus.NOT_APPLICABLE, item.reason)
        if account.broken:
            return _closed(rule, RuleStatus.ERRORED, account.broken)
        if account.evaluated == 0:
            nothing = Text(f"no {rule.unit} to evaluate", "no hay nada que evaluar")
            return _closed(rule, RuleStatus.NOT_APPLICABLE, nothing)
        return RuleOutcome(
            rule_id=rule.id,
            rule_version=rule.version,
            status=RuleStatus.FAILED if account.findings else RuleStatus.PASSED,
            unit=rule.unit,
            evaluated=account.evaluated,
            failed=account.failed,
            unknown=account.unknown,
            findings=account.findings,
            reason=item.reason.en,
            reason_es=item.reason.es,
            facts=dict(sorted(account.facts.items())),
        )


def _closed(rule: Rule, status: RuleStatus, reason: Text) -> RuleOutcome:
    return RuleOutcome(rule.id, rule.version, status, rule.unit, reason=reason.en, reason_es=reason.es)


def _check_tally(tally: Tally) -> None:
    if tally.failed + tally.unknown > tally.evaluated or min(tally.failed, tally.unknown) < 0:
        raise RuleBroken(f"{tally.failed} failed and {tally.unknown} unknown of {tally.evaluated} evaluated")


def _reason(rule: Rule, step: str, error: Exception) -> Text:
    """A sentence that is fit to be shown: the engine's own words never leave the process, they go to the log."""
    _log.warning("rule %s broke in %s", rule.id, step, exc_info=error)
    if isinstance(error, RuleBroken):
        said = str(error)
    else:
        said = error.message if isinstance(error, PeritoError) else type(error).__name__
    return Text(f"{step}: {said}", f"se interrumpió en {step}: {said}")


def _facts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: _plain(value) for name, value in row.items() if value is not None}


def _plain(value: object) -> str:
    if isinstance(value, float):
        raise RuleBroken("facts hold a floating point number; cast it to DECIMAL")
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
