"""Runs a phase's rules over the canonical tables and writes what they found.

One rule that breaks is `errored` with a reason that is fit to be shown; the others give their results. The work is SQL
over Parquet in a DuckDB that can read the job's files only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.phases import OutputFile, Report, RuleOutcome, UpstreamResult

from perito_rules.artifacts import write_artifacts
from perito_rules.book import Book, counted, create_tables
from perito_rules.confidence import Earlier, measure_confidence
from perito_rules.duck import create_views, open_duckdb, read_schemas
from perito_rules.loader import load_rules
from perito_rules.metrics import create_table
from perito_rules.model import Rule, Value
from perito_rules.planner import plan, tables_wanted
from perito_rules.runner import Runner
from perito_rules.statements import execute
from perito_rules.user_results import described_own, enter_own, files_of
from perito_rules.watch import Watch, unwatched

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class RuleRun:
    """What a run of rules left: one outcome per rule, the files written to `out`, and the digest of their content."""

    outcomes: tuple[RuleOutcome, ...]
    artifacts: tuple[OutputFile, ...]
    content_digest: str


def run_rules(  # noqa: PLR0913  # the run's whole world, by keyword
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
    distinct: Collection[str] = (),
    own: Sequence[UpstreamResult] = (),
    watch: Watch = unwatched,
) -> RuleRun:
    """Runs `rules` on the Parquet files `tables` (name to path) and writes the artefacts to `out`.

    `params` are the parameters of this run by rule id; `earlier` are validation's findings and evidence, by which
    confidence falls where the books themselves are in doubt; `distinct` are the tables of which it is proven that no
    two rows have the same key and none lacks it; `own` is what the tenant's own rules left, which is told with what
    these find; `watch` is told what is at work. Raises Invalid for parameters no rule knows.
    """
    shared = {view.id: view for view in load_rules("perito_rules.shared")}
    values = bind_rules([*rules, *shared.values()], params)
    readable = [*tables.values(), *(earlier.files() if earlier else ()), *files_of(own)]
    connection = open_duckdb(readable, scratch, threads, memory_bytes)
    try:
        schemas = read_schemas(connection, tables)
        planned = plan(rules, schemas, values, distinct)
        wanted = tables_wanted(planned, shared)
        wanted.setdefault("conventions", set()).update(("name", "value"))  # for `_currency`
        create_views(connection, wanted, tables, schemas)
        create_tables(connection)
        create_table(connection)
        runner = Runner(Book(connection, phase, currency_of(connection)), values, shared, watch)
        alone = runner.run(planned, report)
        enter_own(connection, own)
        outcomes = counted(connection, [*alone, *(outcome for result in own for outcome in result.rules)])
        measure_confidence(connection, earlier if any(outcome.findings for outcome in outcomes) else None)
        artifacts, digest = write_artifacts(connection, tuple(rules), outcomes, out, described_own(own))
    finally:
        connection.close()
    return RuleRun(tuple(outcomes), tuple(artifacts), digest)


def bind_rules(rules: Sequence[Rule], params: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Value]]:
    """Parameters of each rule and shared view. Names of rules that are another phase's are left to that phase."""
    return {rule.id: rule.bind(params.get(rule.id, {})) for rule in rules}


def currency_of(connection: "DuckDBPyConnection") -> str:
    """The books' one currency, or empty; the view `conventions` must be there."""
    rows = execute(connection, "SELECT min(value) FROM conventions WHERE name = 'currency'").fetchall()
    return str(rows[0][0] or "")
