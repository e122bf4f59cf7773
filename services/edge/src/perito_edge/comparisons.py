"""`GET /compare`, `/compare/findings`, `/compare/cases`: what differs between two analyses that have ended."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request, Response
from perito.analysis.v1.analysis_pb2 import Analysis
from perito.analysis.v1.review_pb2 import SUBJECT_KIND_CASE, SUBJECT_KIND_FINDING, CompareFindingsRequest
from perito_kernel.errors import Invalid, Precondition

from perito_edge.answers import NOT_ENDED, REPORT_MISSING, problems, success
from perito_edge.api import part
from perito_edge.case_changes import CaseChange, Side, compare_cases, narrowed
from perito_edge.comparison_models import (
    BeforeAfter,
    CaseChanges,
    CaseDifferences,
    CasesQuery,
    Comparison,
    FindingDifferences,
    FindingsPairQuery,
    PairQuery,
)
from perito_edge.comparison_views import (
    CHANGE_OF_WORD,
    case_difference,
    compared_analysis,
    finding_changes,
    finding_differences,
    kpi_changes,
    rule_changes,
)
from perito_edge.entity_tags import IfNoneMatch, unchanged
from perito_edge.large_answers import kept_answer
from perito_edge.lists import in_words_of_the_query, link_to
from perito_edge.orchestrator_client import Caller
from perito_edge.reports import REPORT_JSON, ReportSections, find_report
from perito_edge.requests import Given, Parts, Who
from perito_edge.views import artifact, is_terminal, links

router = part("reviews")

_CURSOR = re.compile(r"([0-9a-f]{8})-([0-9]{1,6})", re.ASCII)


@dataclass(frozen=True)
class _Pair:
    before: Analysis
    after: Analysis


@router.get(
    "/compare",
    operation_id="compare_analyses",
    summary="Two analyses side by side",
    response_model=Comparison,
    responses=problems(404, 409, examples={409: NOT_ENDED}) | unchanged() | success(200, "What differs.", "ETag"),
)
async def compare_analyses(
    given: Given, caller: Who, query: Annotated[PairQuery, Query()], if_none_match: IfNoneMatch = ""
) -> Response:
    """How many findings and cases are new, gone and changed, by fingerprint; what was at stake and the key figures
    before and after; and the rules that looked at the books in one of the two alone.
    """
    pair = await _ended(given, caller, query, results=True)
    counted = await given.reviews.compare(caller, _question(query, page_size=1))
    before, after = [await given.reports.sections(analysis) for analysis in (pair.before, pair.after)]
    cases = await _case_changes(given, pair, before, after) if _both_report(pair) else None
    return await kept_answer(
        lambda: Comparison(
            before=compared_analysis(pair.before, before),
            after=compared_analysis(pair.after, after),
            findings=finding_changes(counted),
            cases=cases[1] if cases else None,
            exposure=BeforeAfter(before=before.values.get("exposure"), after=after.values.get("exposure")),
            kpis=_kpis(before, after),
            rules=rule_changes(pair.before, pair.after),
            absent=_absent(before, after, cases_told=cases is not None),
        ),
        if_none_match,
    )


@router.get(
    "/compare/findings",
    operation_id="compare_findings",
    summary="Findings that differ between two analyses",
    response_model=FindingDifferences,
    responses=problems(404, 409, examples={409: NOT_ENDED})
    | unchanged()
    | success(200, "A page of differences.", "Link", "ETag"),
)
async def compare_findings(
    request: Request,
    given: Given,
    caller: Who,
    query: Annotated[FindingsPairQuery, Query()],
    if_none_match: IfNoneMatch = "",
) -> Response:
    """New, gone and changed, each by priority. Lists keep at most 1,000 findings of a rule; where there are more,
    `capped` names the rule with its true numbers, and what seems new or gone of it is not `certain`.
    """
    await _ended(given, caller, query, results=False)
    wanted = _question(query, query.limit)
    wanted.page_token = query.cursor
    wanted.changes.extend(CHANGE_OF_WORD[word] for word in query.change)
    wanted.rule_ids.extend(query.rule)
    with in_words_of_the_query():
        compared = await given.reviews.compare(caller, wanted)
    old = [item.before.fingerprint for item in compared.items if item.HasField("before")]
    new = [item.after.fingerprint for item in compared.items if item.HasField("after")]
    before = await given.reviews.several(caller, wanted.before_analysis_id, SUBJECT_KIND_FINDING, old)
    after = await given.reviews.several(caller, wanted.after_analysis_id, SUBJECT_KIND_FINDING, new)
    answer = await kept_answer(lambda: finding_differences(compared, before, after), if_none_match)
    link_to(request, answer, compared.next_page_token or None)
    return answer


@router.get(
    "/compare/cases",
    operation_id="compare_cases",
    summary="Cases that differ between two analyses",
    response_model=CaseDifferences,
    responses=problems(404, 409, examples={409: REPORT_MISSING})
    | unchanged()
    | success(200, "A page of differences.", "Link", "ETag"),
)
async def compare_cases_of(
    request: Request, given: Given, caller: Who, query: Annotated[CasesQuery, Query()], if_none_match: IfNoneMatch = ""
) -> Response:
    """New, gone and changed, each the costliest first: of the cases that both reports list. 409 where one has none."""
    pair = await _ended(given, caller, query, results=True)
    sections = [await given.reports.sections(analysis) for analysis in (pair.before, pair.after)]
    changes, counts = await _case_changes(given, pair, *sections)
    found = narrowed(changes, query.change)
    begin = _place(query)
    shown = found[begin : begin + query.limit]
    more = begin + query.limit < len(found)
    cursor = f"{_digest(query)}-{begin + query.limit}" if more else None
    before = await _said(given, caller, query.before, [change.before.case for change in shown if change.before])
    after = await _said(given, caller, query.after, [change.after.case for change in shown if change.after])
    answer = await kept_answer(
        lambda: CaseDifferences(
            items=[case_difference(change, before, after) for change in shown], counts=counts, next_cursor=cursor
        ),
        if_none_match,
    )
    link_to(request, answer, cursor)
    return answer


async def _ended(given: Parts, caller: Caller, query: PairQuery, *, results: bool) -> _Pair:
    """Both analyses. Raises `NotFound`, and `Precondition` ANALYSIS_RUNNING: half of one would look like a change."""
    ids = (query.before.lower(), query.after.lower())
    before, after = [await given.orchestrator.analysis(caller, each, results=results) for each in ids]
    for analysis in (before, after):
        if not is_terminal(analysis):
            status = links(analysis.analysis_id)["status"]
            message = f"The analysis {analysis.analysis_id} has not ended. Follow {status}, then compare again."
            raise Precondition("ANALYSIS_RUNNING", message, {"analysis_id": analysis.analysis_id})
    return _Pair(before, after)


def _question(query: PairQuery, page_size: int) -> CompareFindingsRequest:
    return CompareFindingsRequest(
        before_analysis_id=query.before.lower(), after_analysis_id=query.after.lower(), page_size=page_size
    )


def _both_report(pair: _Pair) -> bool:
    return all(artifact(analysis, REPORT_JSON) is not None for analysis in (pair.before, pair.after))


async def _case_changes(
    given: Parts, pair: _Pair, before: ReportSections, after: ReportSections
) -> tuple[list[CaseChange], CaseChanges]:
    sides: list[Side] = []
    for analysis, report in ((pair.before, before), (pair.after, after)):
        listed = await given.cases.listed(find_report(analysis, REPORT_JSON).object)
        exposure: dict[str, Any] = report.values.get("exposure") or {}
        sides.append(Side(listed, max(len(listed.cases), exposure.get("cases", 0))))
    return await asyncio.to_thread(compare_cases, *sides)


def _kpis(before: ReportSections, after: ReportSections) -> Any:
    old, new = before.values.get("metrics"), after.values.get("metrics")
    return None if old is None or new is None else kpi_changes(old, new)


def _absent(before: ReportSections, after: ReportSections, *, cases_told: bool) -> dict[str, str]:
    """Why a member is null."""
    why: dict[str, str] = {}
    for side, report in (("before", before), ("after", after)):
        for section, name in (("exposure", f"exposure.{side}"), ("metrics", "kpis")):
            if section in report.absent:
                why.setdefault(name, f"{side}: {report.absent[section]}")
        if not cases_told and "verdict" in report.absent:
            why.setdefault("cases", f"{side}: {report.absent['verdict']}")
    return why


async def _said(given: Parts, caller: Caller, analysis_id: str, cases: Sequence[str]) -> Any:
    return await given.reviews.several(caller, analysis_id.lower(), SUBJECT_KIND_CASE, list(cases))


def _digest(query: CasesQuery) -> str:
    asked = "/".join([query.before.lower(), query.after.lower(), *sorted(set(query.change))])
    return hashlib.sha256(asked.encode()).hexdigest()[:8]


def _place(query: CasesQuery) -> int:
    """Where the page begins. Raises Invalid CURSOR_INVALID for a cursor of another question."""
    if not query.cursor:
        return 0
    match = _CURSOR.fullmatch(query.cursor)
    if match is None or match[1] != _digest(query):
        message = "This cursor was not given for this list with these filters: start again without one."
        raise Invalid("CURSOR_INVALID", message, {"pointer": "query.cursor"})
    return int(match[2])
