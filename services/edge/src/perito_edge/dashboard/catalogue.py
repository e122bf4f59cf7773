"""The rule catalogue: what Perito looks for, with every parameter, as the services that run the rules describe them."""

from collections.abc import Mapping, Sequence
from typing import Any

from perito.analysis.v1.analysis_pb2 import ANALYSIS_STATUS_COMPLETED, ListAnalysesRequest
from perito.phase.v1.rule_catalogue_pb2 import RuleDescription
from starlette.responses import Response

from perito_edge.dashboard.case import SQL
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import SEVERITIES, clip
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.views import WORD_OF_SEVERITY

_LONGEST = 100


async def catalogue(visit: Visit) -> Response:
    """All rules, narrowed by phase, severity and words; the filters stand in the address."""
    told = await visit.given.catalogue.all(visit.caller)
    said = {name: visit.query.get(name, "").strip()[:_LONGEST] for name in ("phase", "severity", "words")}
    rules = [
        _rule(rule, phase.phase, visit.voice)
        for phase in told.phases
        for rule in phase.rules
        if said["phase"] in ("", phase.phase) and said["severity"] in ("", WORD_OF_SEVERITY.get(rule.severity))
    ]
    rules = [rule for rule in rules if _holds(rule, said["words"])]
    newest = await visit.given.orchestrator.analyses(
        visit.caller, ListAnalysesRequest(page_size=1, statuses=[ANALYSIS_STATUS_COMPLETED])
    )
    return draw(
        "catalogue",
        visit,
        said=said,
        used=any(said.values()),
        phases=[{"name": phase.phase, "version": phase.version} for phase in told.phases],
        severities=SEVERITIES,
        away=[visit.voice.word("phase", name) for name in told.unavailable],
        rules=rules,
        all=visit.voice.number(sum(len(phase.rules) for phase in told.phases)),
        newest=newest.analyses[0].analysis_id if newest.analyses else "",
    )


def _rule(rule: RuleDescription, phase: str, voice: Voice) -> dict[str, Any]:
    return {
        "id": rule.id,
        "version": rule.version,
        "phase": voice.word("phase", phase),
        "title": clip(voice.text({"en": rule.title_en, "es": rule.title_es})),
        "severity": WORD_OF_SEVERITY.get(rule.severity, "info"),
        "figure": rule.kind == "metric",
        "explanation": clip(voice.text({"en": rule.explanation_en, "es": rule.explanation_es}), 3000),
        "remedy": clip(voice.text({"en": rule.remedy_en, "es": rule.remedy_es}), 1000),
        "source": clip(rule.source),
        "needs": _columns(rule.needs),
        "optional": _columns(rule.optional),
        "parameters": [
            {
                "name": each.name,
                "type": voice.word("type", each.type),
                "value": clip(each.default_value, 80),
                "meaning": clip(each.meaning, 600),
            }
            for each in rule.parameters
        ],
        "sql": clip(rule.sql, SQL),
    }


def _columns(named: Sequence[str]) -> list[dict[str, str]]:
    """Columns by table: `sales` with `product, qty`."""
    tables: dict[str, list[str]] = {}
    for each in named:
        table, _, column = each.partition(".")
        tables.setdefault(table, []).append(column)
    return [{"table": table, "columns": ", ".join(columns)} for table, columns in tables.items()]


def _holds(rule: Mapping[str, Any], words: str) -> bool:
    """Whether id, title or explanation have these words, in any case of letters."""
    held = f"{rule['id']} {rule['title']} {rule['explanation']}".casefold()
    return all(word in held for word in words.casefold().split())


PAGES = (Page("/rules", catalogue),)
