"""`GET /list`, `GET /analysis/{id}/findings`: lists, page by page, narrowed by what the query names."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Query, Request, Response
from perito.analysis.v1.analysis_pb2 import ListAnalysesRequest, ListFindingsRequest
from perito_kernel.errors import Invalid

from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.entity_tags import IfNoneMatch, unchanged
from perito_edge.large_answers import kept_answer
from perito_edge.list_models import AnalysesPage, AnalysesQuery, FindingsPage, FindingsQuery
from perito_edge.requests import AnalysisId, Given, Who
from perito_edge.review_views import DISPOSITION_OF_WORD
from perito_edge.views import SEVERITY_OF_WORD, STATUS_OF_WORD, analyses_page, findings_page

router = part("lists")

# What the orchestrator calls a field, and what the query calls it.
_PARAMETERS = {
    "name_contains": "name",
    "rule_ids": "rule",
    "phases": "phase",
    "statuses": "status",
    "dispositions": "disposition",
    "changes": "change",
}


@router.get(
    "/list",
    operation_id="list_analyses",
    summary="Analyses, newest first",
    responses=problems() | success(200, "A page of analyses.", "Link"),
)
async def list_analyses(
    request: Request, response: Response, given: Given, caller: Who, query: Annotated[AnalysesQuery, Query()]
) -> AnalysesPage:
    """The tenant's analyses. What is submitted meanwhile moves no page that follows."""
    wanted = ListAnalysesRequest(
        page_size=query.limit,
        page_token=query.cursor,
        statuses=[STATUS_OF_WORD[word] for word in query.status],
        dataset_id=query.dataset_id.lower(),
        name_contains=query.name,
        submitted_from=_zone(query.submitted_from),
        submitted_before=_zone(query.submitted_before),
    )
    with in_words_of_the_query():
        page = analyses_page(await given.orchestrator.analyses(caller, wanted))
    link_to(request, response, page.next_cursor)
    return page


@router.get(
    "/analysis/{analysis_id}/findings",
    operation_id="list_findings",
    summary="Findings of an analysis, by priority",
    response_model=FindingsPage,
    responses=problems(404) | unchanged() | success(200, "A page of findings.", "Link", "ETag"),
)
async def list_findings(
    request: Request,
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    query: Annotated[FindingsQuery, Query()],
    if_none_match: IfNoneMatch = "",
) -> Response:
    """What the phases that have completed found, narrowed by the filters together, with true totals."""
    wanted = ListFindingsRequest(
        analysis_id=analysis_id,
        page_size=query.limit,
        page_token=query.cursor,
        rule_ids=query.rule,
        phases=query.phase,
        severities=[SEVERITY_OF_WORD[word] for word in query.severity],
        fingerprint=query.fingerprint,
        dispositions=[DISPOSITION_OF_WORD[word] for word in query.disposition],
    )
    with in_words_of_the_query():
        listed = await given.orchestrator.findings(caller, wanted)
    answer = await kept_answer(lambda: findings_page(listed), if_none_match)
    link_to(request, answer, listed.next_page_token or None)
    return answer


def _zone(instant: str) -> str:
    """A plus sign that was not escaped arrives as a blank, and no instant has a blank before its zone."""
    return instant.replace(" ", "+") if "T" in instant else instant


@contextmanager
def in_words_of_the_query() -> Generator[None]:
    """The orchestrator's errors about filters and tokens, as errors about parameters."""
    try:
        yield
    except Invalid as exc:
        if exc.reason.startswith("PAGE_TOKEN"):
            message = "This cursor was not given for this list with these filters: start again without one."
            raise Invalid("CURSOR_INVALID", message, {"pointer": "query.cursor"}) from exc
        field = str(exc.details.get("field", ""))
        where = {"pointer": f"query.{_PARAMETERS.get(field, field)}"} if field else exc.details
        raise Invalid(exc.reason, exc.message, where) from exc


def link_to(request: Request, response: Response, cursor: str | None) -> None:
    """Says where the next page is, where there is one."""
    if cursor is not None:
        following = request.url.include_query_params(cursor=cursor)
        response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
