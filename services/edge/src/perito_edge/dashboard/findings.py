"""Findings by priority, page by page, with filters that stand in the address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from perito.analysis.v1.analysis_pb2 import ListFindingsRequest, ListFindingsResponse
from perito_kernel.errors import Invalid
from starlette.responses import Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence
from perito_edge.dashboard.report_parts import SEVERITIES, clip
from perito_edge.dashboard.reviewing import WORDS, words_of
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.models import Finding
from perito_edge.review_views import DISPOSITION_OF_WORD
from perito_edge.views import SEVERITY_OF_WORD, findings_page, status

_ON_A_PAGE = 50
_FILTERS = ("severity", "rule", "phase", "disposition")


async def findings(visit: Visit) -> Response:
    """A page of findings; a filter that means nothing is said above an empty list."""
    wanted = analysis_id(visit)
    analysis = status(await visit.given.orchestrator.analysis(visit.caller, wanted, results=False))
    said = {name: visit.query.get(name, "").strip()[:100] for name in _FILTERS}
    used = {name: value for name, value in said.items() if value}
    wrong = ""
    try:
        listed = await visit.given.orchestrator.findings(visit.caller, _request(wanted, said, visit))
    except Invalid as error:
        listed, wrong = ListFindingsResponse(), sentence(error, visit.voice.language)
    visit.reads(wanted)
    page = findings_page(listed)
    words = await words_of(visit, wanted, [finding.fingerprint for finding in page.items]) if page.items else {}
    base = f"/analyses/{wanted}/findings"
    return draw(
        "findings",
        visit,
        422 if wrong else 200,
        analysis=analysis,
        tab="findings",
        said=said,
        used=used,
        wrong=wrong,
        severities=SEVERITIES,
        words=WORDS,
        rows=[_row(finding, words.get(finding.fingerprint, ""), visit.voice) for finding in page.items],
        count=_count(page.matching, page.matching_at_least, page.matching_kept, visit.voice),
        begun="cursor" in visit.query,
        again=f"{base}?{urlencode(used)}" if used else base,
        following=f"{base}?{urlencode({**used, 'cursor': page.next_cursor})}" if page.next_cursor else "",
    )


def _request(wanted: str, said: Mapping[str, str], visit: Visit) -> ListFindingsRequest:
    severity = SEVERITY_OF_WORD.get(said["severity"])  # pyright: ignore[reportArgumentType, reportCallIssue] -- another word is none
    if said["severity"] and severity is None:
        raise Invalid("FILTER_INVALID", f"There is no such severity. Choose {', '.join(SEVERITIES)}.")
    if said["disposition"] and said["disposition"] not in WORDS:
        raise Invalid("FILTER_INVALID", f"Nothing is held to be that. Choose {', '.join(WORDS)}.")
    return ListFindingsRequest(
        analysis_id=wanted,
        page_size=_ON_A_PAGE,
        page_token=visit.query.get("cursor", ""),
        rule_ids=[said["rule"]] if said["rule"] else [],
        phases=[said["phase"]] if said["phase"] else [],
        severities=[] if severity is None else [severity],
        dispositions=[DISPOSITION_OF_WORD[word] for word in WORDS if word == said["disposition"]],
    )


def _count(matching: int | None, at_least: int, kept: int, voice: Voice) -> str:
    """How many there are, and how many of them lists keep: nothing is cut in silence."""
    said = (
        voice.count(matching, "finding")
        if matching is not None
        else voice.say("at_least", count=voice.count(at_least, "finding"))
    )
    return said if kept >= at_least else f"{said}; {voice.say('kept', count=voice.number(kept))}"


def _row(finding: Finding, word: str, voice: Voice) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "title": clip(voice.prose({"en": finding.title, "es": finding.title_es})),
        "severity": finding.severity,
        "word": word,
        "rule_id": finding.rule_id,
        "confidence": voice.number(finding.confidence),
        "amount": voice.money(finding.impact.amount.lstrip("-"), finding.impact.currency) if finding.impact else "",
        "rows": voice.number(finding.row_count),
    }


PAGES = (Page("/analyses/{analysis_id}/findings", findings),)
