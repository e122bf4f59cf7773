"""What an analysis found, on one page: the answer, what it costs, the cases that matter, and what to do next."""

from typing import Any

from perito.analysis.v1.analysis_pb2 import Analysis
from starlette.responses import Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.refusals import failed
from perito_edge.dashboard.report_parts import Part, amounts, clip, exposure, scores, severities
from perito_edge.dashboard.report_reading import ReportReader, Taken, every, fingerprint
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.models import Status
from perito_edge.reports import REPORT_JSON
from perito_edge.views import artifact, status

_STORIES = 60
_RULES = 500
_WHOLE = ("verdict", "missing_phases", "exposure", "scores", "recommendations", "coverage")


async def results(visit: Visit, analysis: Analysis) -> Response:
    """The page of an analysis that has ended; without a report it says why there is none."""
    report = artifact(analysis, REPORT_JSON)
    now = status(analysis)
    if report is None:
        return draw("ended", visit, analysis=now, why=_why(now, visit.voice), errors=_errors(now, visit.voice))
    visit.reads(analysis.analysis_id)
    taken = await reader_of(visit).take(
        report.object,
        "results",
        _WHOLE,
        {"stories": every(_STORIES, "stories"), "rules": every(_RULES, "rules"), "cases": _leading},
    )
    # The report says in English why a phase gave nothing, and a page in English need not say it twice.
    why = "" if now.error is None or now.error.message == (told := _why(now, visit.voice)) else told
    return draw("results", visit, analysis=now, tab="results", why=why, **_view(taken, visit.voice))


def reader_of(visit: Visit) -> ReportReader:
    """What reads reports."""
    reader: ReportReader = visit.request.app.state.report_reader
    return reader


def _leading(raw: bytes, taken: Taken) -> bool:
    """The cases that lead a story: stories come before them in a report."""
    if "leading" not in taken.whole:
        taken.whole["leading"] = {name for story in taken.rows.get("stories", ()) for name in story["leading_cases"]}
    return fingerprint(raw) in taken.whole["leading"]


def _why(now: Any, voice: Voice) -> str:
    if now.error is not None:
        return failed(now.error, voice.language)
    if now.status == "cancelled":
        return str(now.cancel_reason or voice.say("now_cancelled"))
    return voice.say("no_report")


def _errors(now: Status, voice: Voice) -> dict[str, str]:
    """Why a phase failed, by its name, where that is not why the analysis did."""
    whole = None if now.error is None else now.error.message
    return {
        phase.phase: failed(phase.error, voice.language)
        for phase in now.phases
        if phase.error is not None and phase.error.message != whole
    }


def _view(taken: Taken, voice: Voice) -> dict[str, Any]:
    whole = taken.whole
    verdict: Part = whole.get("verdict") or {}
    exposed: Part = whole.get("exposure") or {}
    rules = {rule["id"]: rule for rule in taken.rows.get("rules", ())}
    cases = {case["fingerprint"]: case for case in taken.rows.get("cases", ())}
    stories = [_story(story, rules, cases, voice) for story in taken.rows.get("stories", ())]
    return {
        "level": str(verdict.get("level", "")),
        "sentence": voice.text(verdict.get("sentence")),
        "detail": voice.text(verdict.get("detail")),
        "missing": [
            {"phase": voice.word("phase", each["phase"]), "reason": clip(voice.text(each["reason"]))}
            for each in whole.get("missing_phases") or ()
        ],
        "exposure": exposure(exposed, voice),
        "severities": severities(exposed, voice),
        "scores": scores(whole.get("scores") or {}, voice),
        "stories": stories,
        "more_stories": voice.number(max(0, taken.counts.get("stories", 0) - len(stories))),
        "steps": [_step(step, voice) for step in whole.get("recommendations") or ()],
        "tested": _tested(whole.get("coverage") or {}, voice),
    }


def _story(story: Part, rules: dict[str, Any], cases: dict[str, Any], voice: Voice) -> dict[str, Any]:
    rule: Part = rules.get(story["rule_id"], {})
    title = voice.text(rule.get("title")) or story["rule_id"]
    leading = [cases[name] for name in story["leading_cases"] if name in cases]
    heading = title if story["folded"] or not leading else voice.prose(leading[0]["title"])
    return {
        "position": voice.number(story["position"]),
        "heading": clip(heading),
        "place": clip(story["place"] or "", 80) if story["folded"] else "",
        "rule_id": story["rule_id"],
        "rule_title": clip(title),
        "severity": story["severity"],
        "amount": voice.money(story["gross"], story["currency"]) if story["gross"] is not None else "",
        "cases": voice.count(story["cases"], "case"),
        "rows": voice.count(story["row_count"], "row"),
        "folded": story["folded"],
        "leading": [
            {"fingerprint": case["fingerprint"], "title": clip(voice.prose(case["title"]))} for case in leading
        ],
    }


def _step(step: Part, voice: Voice) -> dict[str, str]:
    return {
        "rule_id": step["rule_id"],
        "title": clip(voice.text(step.get("title"))),
        "remedy": clip(voice.text(step["remedy"])),
        "amount": amounts(step.get("amounts") or (), voice),
    }


def _tested(coverage: Part, voice: Voice) -> str:
    rules: Part = coverage.get("rules") or {}
    if not rules:
        return ""
    run = rules["passed"] + rules["failed"]
    records: Part = coverage.get("records") or {}
    return voice.say(
        "tested", run=voice.number(run), all=voice.number(rules["total"]), rows=voice.number(records.get("records"))
    )
