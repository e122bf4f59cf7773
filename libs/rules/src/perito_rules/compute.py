"""The compute function of the phases that do nothing but run their rules on what validation read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from perito_kernel.errors import Precondition
from perito_kernel.phases import Job, Outcome, Report

from perito_rules.canonical import SYSTEM_TABLES, load_canonical
from perito_rules.confidence import Earlier
from perito_rules.engine import run_rules
from perito_rules.loader import load_rules

_SOURCE = "validation"


def examine(job: Job, report: Report) -> Outcome:
    """Runs the rules of package `job.rules` on validation's tables. Raises Precondition `NO_CANONICAL_TABLES`."""
    tables = canonical_tables(job)
    if not tables:
        raise Precondition("NO_CANONICAL_TABLES", "validation left no tables: look at why it failed, then run it again")
    findings, evidence = job.artifact(_SOURCE, "findings.parquet"), job.artifact(_SOURCE, "evidence.parquet")
    run = run_rules(
        load_rules(job.rules),
        tables,
        rule_parameters(job),
        Path(job.out),
        Path(job.scratch),
        phase=job.phase,
        threads=job.threads,
        memory_bytes=job.memory_bytes,
        report=report,
        earlier=Earlier(findings, evidence) if findings and evidence else None,
        own=job.own,
    )
    summary = {"findings": sum(outcome.findings for outcome in run.outcomes)}
    return Outcome(run.content_digest, run.artifacts, run.outcomes, summary)


def canonical_tables(job: Job) -> dict[str, Path]:
    """Local paths of the canonical and system tables that validation wrote, by table."""
    names = [*load_canonical(), *SYSTEM_TABLES]
    found = {name: job.artifact(_SOURCE, f"{name}.parquet") for name in names}
    return {name: path for name, path in found.items() if path is not None}


def rule_parameters(job: Job) -> Mapping[str, Mapping[str, Any]]:
    """The parameters of rules that the plan froze, by rule id."""
    return cast("Mapping[str, Mapping[str, Any]]", job.params.get("rules", {}))
