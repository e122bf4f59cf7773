"""Cases of an analysis, the costliest first, page by page, with filters that stand in the address."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from perito.analysis.v1.review_pb2 import SUBJECT_KIND_CASE
from starlette.responses import Response

from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.finished import finished
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.report_parts import SEVERITIES, Part, clip
from perito_edge.dashboard.results import reader_of
from perito_edge.dashboard.reviewing import WORDS
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.report_cases import ListedCases, ReportCase
from perito_edge.review_views import disposition

_ON_A_PAGE = 50
_ASKED_AT_ONCE = 1000
_PAGES = 1000
"""A report lists at most 10,000 cases here; a page number beyond is an empty page, not a long computation."""


async def cases(visit: Visit) -> Response:
    """A page of cases."""
    analysis, report = await finished(visit)
    listed = await visit.given.cases.listed(report)
    taken = await reader_of(visit).take(report, "cases", ("exposure",), {})
    said = {name: visit.query.get(name, "").strip()[:100] for name in ("severity", "rule", "disposition")}
    used = {name: value for name, value in said.items() if value}
    held = [
        case
        for case in listed.cases.values()
        if said["severity"] in ("", case.severity) and said["rule"] in ("", case.told["rule_id"])
    ]
    held.sort(key=lambda case: -abs(case.impact or Decimal()))  # those without a price last, as the report has them
    if said["disposition"]:
        words = await _words(visit, analysis.id, held)
        held = [case for case in held if words.get(case.case, "open") == said["disposition"]]
    number = _number(visit.query.get("page", ""))
    shown = held[number * _ON_A_PAGE : (number + 1) * _ON_A_PAGE]
    words = await _words(visit, analysis.id, shown)
    base = f"/analyses/{analysis.id}/cases"
    return draw(
        "cases",
        visit,
        analysis=analysis,
        tab="cases",
        said=said,
        used=used,
        severities=SEVERITIES,
        words=WORDS,
        rules=sorted({case.told["rule_id"] for case in listed.cases.values()}),
        rows=[_row(case, words.get(case.case, ""), visit.voice) for case in shown],
        count=visit.voice.count(len(held), "case"),
        cut=_cut(listed, taken.whole.get("exposure") or {}, visit.voice),
        again=f"{base}?{urlencode(used)}" if used else base,
        begun=number > 0,
        following=f"{base}?{urlencode({**used, 'page': number + 2})}" if (number + 1) * _ON_A_PAGE < len(held) else "",
    )


async def _words(visit: Visit, wanted: str, some: Sequence[ReportCase]) -> Mapping[str, str]:
    """What the cases are held to be, by fingerprint, where somebody has said something."""
    names, found = [case.case for case in some], dict[str, str]()
    for begin in range(0, len(names), _ASKED_AT_ONCE):
        asked = names[begin : begin + _ASKED_AT_ONCE]
        several = await visit.given.reviews.several(visit.caller, wanted, SUBJECT_KIND_CASE, asked)
        found |= {name: disposition(word).status for name, word in several.items()}
    return found


def _cut(listed: ListedCases, exposure: Part, voice: Voice) -> str:
    """How many of all are listed, where that is not all of them."""
    total = max(len(listed.cases), int(exposure.get("cases") or 0))
    if listed.all_read and total == len(listed.cases):
        return ""
    return voice.say("cases_listed", shown=voice.number(len(listed.cases)), all=voice.number(total))


def _number(text: str) -> int:
    """The page, from 0; the first one where the address names none."""
    return max(0, min(int(text), _PAGES) - 1) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _row(case: ReportCase, word: str, voice: Voice) -> dict[str, Any]:
    impact = None if case.impact is None else f"{abs(case.impact):f}"
    return {
        "fingerprint": case.case,
        "title": clip(voice.prose(case.told["title"])),
        "severity": case.severity,
        "rule_id": clip(case.told["rule_id"], 40),
        "word": word,
        "amount": voice.money(impact, case.currency),
        "rows": voice.number(case.row_count),
        "explained": voice.number(case.explained),
    }


PAGES = (Page("/analyses/{analysis_id}/cases", cases),)
