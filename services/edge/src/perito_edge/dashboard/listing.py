"""The first page: analyses, newest first, with filters that stand in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from perito.analysis.v1.analysis_pb2 import Analysis, ListAnalysesRequest, ListAnalysesResponse
from perito_kernel.errors import Invalid
from starlette.datastructures import QueryParams
from starlette.responses import Response

from perito_edge.dashboard.deleting import TOLD
from perito_edge.dashboard.drawing import draw
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.refusals import sentence, told
from perito_edge.dashboard.report_heads import Head, ReportHeads
from perito_edge.dashboard.visit import Visit
from perito_edge.dashboard.voice import Voice
from perito_edge.views import STATUS_OF_WORD, WORD_OF_STATUS, failure_details, is_terminal

_ON_A_PAGE = 25
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Filters:
    """What the form of the list says, as it was written."""

    name: str
    status: str
    first: str
    last: str
    dataset: str = ""

    @staticmethod
    def of(query: QueryParams) -> "Filters":
        """Those of an address; a status that does not exist is none."""
        status = query.get("status", "")
        return Filters(
            query.get("name", "")[:_LONGEST_NAME],
            status if status in STATUS_OF_WORD else "",
            query.get("from", ""),
            query.get("to", ""),
            _id(query.get("dataset", "")),
        )

    @property
    def used(self) -> dict[str, str]:
        """What narrows the list, by the names of the address."""
        said = {"name": self.name, "status": self.status, "from": self.first, "to": self.last, "dataset": self.dataset}
        return {name: value for name, value in said.items() if value}

    def request(self, cursor: str, most: int = _ON_A_PAGE) -> ListAnalysesRequest:
        """The question. Raises `Invalid` DATE_INVALID."""
        return ListAnalysesRequest(
            page_size=most,
            page_token=cursor,
            statuses=[STATUS_OF_WORD[self.status]] if self.status else [],  # pyright: ignore[reportArgumentType] -- one of them
            dataset_id=self.dataset,
            name_contains=self.name,
            submitted_from=_midnight(self.first, 0),
            submitted_before=_midnight(self.last, 1),
        )


async def listing(visit: Visit) -> Response:
    """A page of the list. A filter or a cursor that means nothing is said above an empty list."""
    filters, wrong = Filters.of(visit.query), ""
    try:
        page = await visit.given.orchestrator.analyses(visit.caller, filters.request(visit.query.get("cursor", "")))
    except Invalid as error:
        page, wrong = ListAnalysesResponse(), sentence(error, visit.voice.language)
    heads: ReportHeads = visit.request.app.state.report_heads
    known = await heads.of(visit.caller, page.analyses)
    return draw(
        "listing",
        visit,
        422 if wrong else 200,
        filters=filters,
        deleted=told if (told := visit.query.get("deleted", "")) in TOLD else "",
        wrong=wrong,
        statuses=list(STATUS_OF_WORD),
        rows=[_row(analysis, known.get(analysis.analysis_id, {}), visit.voice) for analysis in page.analyses],
        total=page.total,
        following=_following(filters, page.next_page_token),
        begun="cursor" in visit.query,
        again=f"/?{urlencode(filters.used)}" if filters.used else "/",
    )


def _following(filters: Filters, token: str) -> str:
    return f"/?{urlencode({**filters.used, 'cursor': token})}" if token else ""


def _row(analysis: Analysis, head: Head, voice: Voice) -> dict[str, Any]:
    verdict: Mapping[str, Any] = head.get("verdict") or {}
    return {
        "id": analysis.analysis_id,
        "name": analysis.name or voice.say("unnamed"),
        "status": WORD_OF_STATUS[analysis.status],
        "partial": analysis.partial,
        "progress": analysis.progress,
        "ended": is_terminal(analysis),
        "submitted": analysis.submitted_at,
        "level": str(verdict.get("level", "")),
        "sentence": voice.text(verdict.get("sentence")) or _instead(analysis, voice),
        "exposure": _gross(head, voice),
    }


def _instead(analysis: Analysis, voice: Voice) -> str:
    """What stands where a verdict would: why there is none."""
    if analysis.HasField("failure"):
        failure = analysis.failure
        return told(failure.reason, failure.message, failure_details(failure), voice.language)
    if is_terminal(analysis):
        return analysis.cancel_reason or voice.say("no_report")
    return voice.say("progress_of", percent=voice.number(analysis.progress))


def _gross(head: Head, voice: Voice) -> Sequence[str]:
    exposure: Mapping[str, Any] = head.get("exposure") or {}
    return [voice.money(each["gross"], each["currency"]) for each in exposure.get("by_currency") or ()]


def _id(text: str) -> str:
    """The id of a dataset; empty for what is none."""
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        return ""


def _midnight(day: str, later: int) -> str:
    """The first instant of a day, or of the day so much later, in UTC; empty for none."""
    if not day:
        return ""
    try:
        return f"{date.fromisoformat(day) + timedelta(days=later)}T00:00:00Z"
    except (ValueError, OverflowError) as error:
        raise Invalid("DATE_INVALID", "A day is written as 2026-03-31. Correct it in the filter.") from error


PAGES = (Page("/", listing),)
