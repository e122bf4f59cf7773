"""What the earlier phases left, opened: their rules, their outcomes, their relations, and which of them is missing."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.phases import Job, RuleOutcome, UpstreamResult
from perito_rules.statements import parsed

from perito_reporting.headers import RuleHeader, bare_header, read_headers
from perito_reporting.relations import open_relations

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class RuleAccount:
    """A rule of an earlier phase: what it says of itself and what became of it."""

    header: RuleHeader
    outcome: RuleOutcome


@dataclass(frozen=True)
class MissingPhase:
    """A phase without a result, and why in both languages."""

    phase: str
    reason: Mapping[str, str]


@dataclass(frozen=True)
class Sources:
    """Everything the report is made of. `phases` are all phases it was given, in order, missing ones included."""

    con: "DuckDBPyConnection"
    job: Job
    phases: Sequence[str]
    missing: Sequence[MissingPhase]
    rules: Sequence[RuleAccount]
    by_id: Mapping[str, RuleAccount] = field(default_factory=dict[str, RuleAccount])

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query by column name. Give it an ORDER BY that ends in a unique key, and
        what changes from job to job as parameters."""
        cursor = self.con.execute(parsed(self.con, sql), list(parameters))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def currency(self) -> str:
        """The currency of the analysis as validation decided it, or ""."""
        found = self.rows("select value from conventions where name = 'currency' order by value limit 1")
        return str(found[0]["value"] or "") if found else ""


@contextmanager
def open_sources(job: Job) -> Generator[Sources]:
    """Opens the artefacts of `job.upstream`; closes the connection at the end. Internal if headers are unreadable."""
    present = [result for result in job.upstream if not result.missing_reason]
    missing = [
        MissingPhase(result.phase, text(result.missing_reason, result.missing_reason_es))
        for result in job.upstream
        if result.missing_reason
    ]
    accounts = [account for result in present for account in _accounts(result)]
    con = open_relations(job, present)
    try:
        phases = [result.phase for result in job.upstream]
        yield Sources(con, job, phases, missing, accounts, {account.header.rule_id: account for account in accounts})
    finally:
        con.close()


def text(english: str | None, spanish: str | None) -> dict[str, str]:
    """A text in the languages that it has."""
    return {"en": english or ""} | ({"es": spanish} if spanish else {})


def _accounts(result: UpstreamResult) -> list[RuleAccount]:
    path = result.artifacts.get("rules.json")
    headers = {header.rule_id: header for header in read_headers(result.phase, Path(path))} if path else {}
    return [
        RuleAccount(
            headers.get(outcome.rule_id) or bare_header(result.phase, outcome.rule_id, outcome.rule_version), outcome
        )
        for outcome in sorted(result.rules, key=lambda outcome: outcome.rule_id)
    ]
