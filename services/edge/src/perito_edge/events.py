"""`GET /analysis/{id}/events`: what happens to an analysis, as server-sent events while it happens."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Query, Request, Response
from fastapi.responses import EventSourceResponse
from fastapi.sse import ServerSentEvent
from perito.analysis.v1.analysis_pb2 import WatchAnalysisResponse
from perito_kernel.errors import Invalid, PeritoError
from perito_runtime.logs import logger

from perito_edge.answers import problems, success
from perito_edge.api import part
from perito_edge.event_models import AnalysisEvent, Goodbye
from perito_edge.event_streams import EventStreams
from perito_edge.requests import AnalysisId, Given, Who, dependency
from perito_edge.views import event, is_terminal

router = part("analyses")
log = logger("perito.edge.events")

_RETRY_MILLISECONDS = 1000
_LARGEST = 2**63 - 1
_EXAMPLE = """retry: 1000

event: phase.completed
data: {"sequence":3,"type":"phase.completed","occurred_at":"2026-03-01T10:00:04.250Z","facts":{...},"status":{...}}
id: 3

event: progress
data: {"sequence":null,"type":"progress","occurred_at":null,"facts":{},"status":{...}}

"""
_ANSWERS = success(
    200,
    "Events until the analysis ends. `data` is an AnalysisEvent; of `bye` it is a Goodbye.",
    "X-Accel-Buffering",
    content={"text/event-stream": {"schema": {"description": "Lines as the standard has them."}, "example": _EXAMPLE}},
) | success(204, "The analysis has ended and you have seen its last event: do not come back.")
_BUSY = (
    "EVENT_STREAMS_BUSY",
    "Too many event streams are open with this key: close one, or ask for the status instead.",
)


class NothingMore(Exception):
    """All events were seen and none can follow. A browser's EventSource comes back until it gets this answer."""


async def on_nothing_more(request: Request, exc: NothingMore) -> Response:  # noqa: ARG001 -- a handler's signature
    """The answer that ends it."""
    return Response(status_code=204)


@dataclass(frozen=True)
class _Followed:
    """A stream that has its place."""

    messages: AsyncGenerator[WatchAnalysisResponse]
    after: int


async def _followed(
    request: Request,
    given: Given,
    caller: Who,
    analysis_id: AnalysisId,
    after: Annotated[
        int,
        Query(ge=0, le=_LARGEST, description="The newest event that you have seen; 0 for all of them.", examples=[3]),
    ] = 0,
    last_event_id: Annotated[
        int | None,
        Header(
            alias="Last-Event-ID",
            ge=0,
            le=_LARGEST,
            description="The same, as browsers send it when they come back. It goes before.",
            examples=[3],
        ),
    ] = None,
) -> AsyncGenerator[_Followed]:
    """Everything that can be refused is refused here, before the answer begins."""
    streams: EventStreams = request.app.state.event_streams
    seen = after if last_event_id is None else last_event_id
    with streams.place(caller):
        analysis = await given.orchestrator.analysis(caller, analysis_id, results=False)
        if seen > analysis.sequence:
            message = f"There is no event {seen} yet: the newest is {analysis.sequence}. Ask for those after it."
            raise Invalid("EVENT_UNKNOWN", message, {"newest": analysis.sequence})
        if is_terminal(analysis) and seen == analysis.sequence:
            raise NothingMore
        watch = given.orchestrator.watch(caller, analysis_id, seen, given.settings.event_stream_seconds)
        try:
            yield _Followed(streams.messages(aiter(watch), request.scope["state"]["still_good"]), seen)
        finally:
            watch.cancel()


@router.get(
    "/analysis/{analysis_id}/events",
    operation_id="follow_analysis",
    summary="Follow an analysis as it runs",
    response_class=EventSourceResponse,
    responses=problems(404, examples={429: _BUSY}) | _ANSWERS,
)
async def follow_analysis(followed: Annotated[_Followed, dependency(_followed)]) -> AsyncIterable[ServerSentEvent]:
    """Every event from the first, or after the one that you name, each with its number as `id`; in between `progress`
    without one. Ends after the event that ends the analysis. Ends with `bye` where the server has to end it, or your
    key is refused meanwhile: come back with the last number, and nothing is missing or told twice.
    """
    yield ServerSentEvent(retry=_RETRY_MILLISECONDS)
    seen, ended, why = followed.after, False, "The server ends this stream."
    try:
        async for message in followed.messages:
            if message.HasField("event"):
                seen = message.event.sequence
            ended = is_terminal(message.analysis) and seen >= message.analysis.sequence
            yield _written(event(message))
    except PeritoError as exc:
        log.warning("event stream interrupted", reason=exc.reason)
        why = exc.message
    if not ended:
        goodbye = Goodbye(detail=f"{why} Come back with Last-Event-ID {seen}.", last_event_id=seen)
        yield ServerSentEvent(event="bye", data=goodbye, retry=_RETRY_MILLISECONDS)


def _written(told: AnalysisEvent) -> ServerSentEvent:
    number = None if told.sequence is None else str(told.sequence)
    return ServerSentEvent(event=told.type, data=told, id=number)
