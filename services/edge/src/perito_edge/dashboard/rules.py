"""The rules that an analysis ran, with their parameters, what came of them, and their SQL."""

from typing import Any

from starlette.responses import Response

from perito_edge.dashboard.case import rule_view
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.finished import finished
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import Part, amounts, clip
from perito_edge.dashboard.report_reading import every
from perito_edge.dashboard.results import reader_of
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice

_RULES = 300


async def rules(visit: Visit) -> Response:
    """The accounts of all rules, narrowed by phase and by how they ended."""
    analysis, report = await finished(visit)
    taken = await reader_of(visit).take(report, "rules", (), {"rules": every(_RULES, "rules")})
    held = taken.rows.get("rules", [])
    phase, ended = visit.query.get("phase", ""), visit.query.get("status", "")
    shown = [rule for rule in held if phase in ("", rule["phase"]) and ended in ("", rule["status"])]
    return draw(
        "rules",
        visit,
        analysis=analysis,
        tab="rules",
        phase=phase,
        ended=ended,
        phases=list(dict.fromkeys(rule["phase"] for rule in held)),
        outcomes=list(dict.fromkeys(rule["status"] for rule in held)),
        rules=[_rule(rule, visit.voice) for rule in shown],
        all=visit.voice.number(taken.counts.get("rules", 0)),
    )


def _rule(rule: Part, voice: Voice) -> dict[str, Any]:
    run = rule["status"] not in ("not_applicable", "errored")
    return rule_view(rule, voice) | {
        "phase": voice.word("phase", rule["phase"]),
        "status": rule["status"],
        "reason": clip(voice.text(rule["reason"])),
        "counts": voice.say("failed_of", failed=voice.number(rule["failed"]), all=voice.number(rule["evaluated"]))
        if run
        else "",
        "findings": rule["findings"],
        "found": voice.count(rule["findings"], "finding"),
        "amount": amounts(rule["amounts"], voice),
    }


PAGES = (Page("/analyses/{analysis_id}/rules", rules),)
