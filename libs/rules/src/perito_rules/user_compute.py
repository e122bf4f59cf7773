"""What a compute child does for tenants' own rules: says what is wrong with some, or runs one that was let through.

One job runs one rule, so that a job that is killed at a limit takes nobody's findings with it but the rule's own.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from perito_kernel.errors import Internal, Precondition
from perito_kernel.findings import canonical_json
from perito_kernel.phases import Job, Outcome, OutputFile, Report, RuleOutcome, RuleStatus
from perito_kernel.rule_packs import RuleText

from perito_rules.book import Book, RuleBroken, counted, create_tables
from perito_rules.compute import canonical_tables, rule_parameters
from perito_rules.duck import create_views, open_duckdb, read_schemas
from perito_rules.engine import bind_rules, currency_of
from perito_rules.loader import load_rules
from perito_rules.metrics import create_table
from perito_rules.model import Rule
from perito_rules.planner import plan, tables_wanted
from perito_rules.runner import Runner
from perito_rules.user_header import read_own
from perito_rules.user_results import leave_found
from perito_rules.user_rules import check_texts, checked_json

CHECKED = "checked.json"
_MOST_FACTS = 8_192
_SPILLED = 4
"""What a rule may spill to disk, in its memory's sizes."""


def check(job: Job, report: Report) -> Outcome:  # noqa: ARG001  # a `Compute`
    """Checks the rules in `job.files`; leaves `checked.json`, and for each whose header can be read `said-<place>.json`
    with what it says of itself."""
    checked = check_texts(_texts(job))
    out = Path(job.out)
    (out / CHECKED).write_bytes(checked_json(checked))
    for place, one in enumerate(checked):
        if one.rule is not None:
            said = json.dumps(one.rule.describe(), ensure_ascii=False, sort_keys=True)
            (out / f"said-{place}.json").write_text(said, "utf-8")
    return Outcome("", [OutputFile(CHECKED, "application/json", len(checked))])


def examine(job: Job, report: Report) -> Outcome:
    """Runs the one rule in `job.files`, which `check` has let through, on validation's tables."""
    tables = canonical_tables(job)
    if not tables:
        raise Precondition("NO_CANONICAL_TABLES", "validation left no tables: look at why it failed, then run it again")
    (text,) = _texts(job)
    rule, problems = read_own(text.text, text.name)
    if rule is None or problems:
        raise Internal("RULE_UNCHECKED", f"{text.name} was not checked before it was run.")
    shared = {view.id: view for view in load_rules("perito_rules.shared")}
    values = bind_rules([rule, *shared.values()], rule_parameters(job))
    used = _names_of([rule, *(shared.values() if rule.uses else ())])
    tables = {name: path for name, path in tables.items() if name in used}
    spilled = _SPILLED * job.memory_bytes
    connection = open_duckdb(tables.values(), Path(job.scratch), job.threads, job.memory_bytes, spilled=spilled)
    try:
        schemas = read_schemas(connection, tables)
        planned = plan([rule], schemas, values)
        wanted = tables_wanted(planned, shared)
        wanted.setdefault("conventions", set()).update(("name", "value"))  # for the currency
        create_views(connection, wanted, tables, schemas)
        create_tables(connection)
        create_table(connection)
        runner = Runner(Book(connection, job.phase, currency_of(connection)), values, shared)
        (outcome,) = counted(connection, runner.run(planned, report))
        _check_facts(outcome)
        files = leave_found(connection, rule, Path(job.out)) if outcome.findings else []
    except RuleBroken as error:
        return Outcome("", [], [errored(rule.id, rule.version, rule.unit, str(error), str(error))])
    finally:
        connection.close()
    return Outcome("", files, [outcome])


def errored(rule_id: str, version: str, unit: str, reason: str, reason_es: str) -> RuleOutcome:
    """The account of a rule that could not be run."""
    return RuleOutcome(rule_id, version, RuleStatus.ERRORED, unit, reason=reason, reason_es=reason_es)


def _check_facts(outcome: RuleOutcome) -> None:
    if len(canonical_json(dict(outcome.facts))) > _MOST_FACTS:
        raise RuleBroken("facts are longer than a report can hold: give fewer, or shorter ones")


def _names_of(rules: Sequence[Rule]) -> set[str]:
    return {"conventions", *(table for rule in rules for table in (*rule.needs, *rule.optional))}


def _texts(job: Job) -> list[RuleText]:
    return [RuleText(file.name, Path(file.path).read_text("utf-8")) for file in job.files]
