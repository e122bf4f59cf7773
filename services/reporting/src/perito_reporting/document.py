"""Assembles `report.json`: all that the report says, in one fixed order, decimals as text, without facts of the run."""

import json
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from pydantic_core import to_json

from perito_reporting import accounts, books, listing, narrative
from perito_reporting.cases import fold
from perito_reporting.phases import phases
from perito_reporting.scores import scores
from perito_reporting.sources import Sources
from perito_reporting.stories import tell
from perito_reporting.understanding import understanding
from perito_reporting.wording import complete_words

SCHEMA_VERSION = "2.1.0"


def assemble(sources: Sources) -> dict[str, Any]:
    """The report as JSON types; `report.schema.json` says what stands where. Run it once per connection."""
    headers = {rule_id: account.header for rule_id, account in sources.by_id.items()}
    fold(sources.con, headers)
    tell(sources.con, headers, sources.currency())
    listing.list_tables(sources)
    exposed, covered = accounts.exposure(sources), accounts.coverage(sources)
    findings, totals = listing.findings(sources), accounts.totals(sources)
    recommendations = accounts.recommendations(sources, totals)
    rules, kpis = accounts.rules(sources, totals), books.kpis(sources)
    complete_words(rules, findings, kpis)
    words = {rule["id"]: rule["words"] for rule in rules}
    cases = narrative.narrated(sources, listing.cases(sources), findings, words)
    return {
        "schema_version": SCHEMA_VERSION,
        "perito_version": version("perito-reporting"),
        "as_of": str(sources.job.params.get("as_of") or "") or None,
        "verdict": accounts.verdict(sources, totals, exposed, covered),
        "missing_phases": [{"phase": entry.phase, "reason": dict(entry.reason)} for entry in sources.missing],
        "exposure": exposed | {"listed_cases": len(cases), "listed_findings": len(findings)},
        "scores": scores(sources),
        "recommendations": recommendations,
        "phases": phases(sources, recommendations),
        "stories": listing.stories(sources),
        "coverage": covered,
        "rules": rules,
        "cases": cases,
        "findings": findings,
        "kpis": kpis,
        "kpis_total": sources.rows("select count(*) as n from kpis")[0]["n"],
        "understanding": understanding(sources),
        "conventions": books.conventions(sources),
        "transformations": books.transformations(sources),
        "inputs": books.inputs(sources),
    }


def to_bytes(document: dict[str, Any]) -> bytes:
    """The bytes of `report.json`."""
    return to_json(document, indent=1) + b"\n"


def schema() -> dict[str, Any]:
    """The published JSON Schema of `report.json`."""
    return json.loads(files("perito_reporting").joinpath("report.schema.json").read_text(encoding="utf-8"))
