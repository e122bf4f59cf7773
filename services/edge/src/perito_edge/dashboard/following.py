"""Progress while it happens: server-sent events that hold the part of the page that changes, already drawn.

A stream says when it last heard from the analysis (`id`), so a browser that comes back misses nothing. It ends where
the session does: a stream must not outlive the key that opened it.
"""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from perito.analysis.v1.analysis_pb2 import WatchAnalysisResponse
from perito_kernel.errors import PeritoError
from starlette.responses import Response, StreamingResponse

from perito_edge.dashboard.drawing import environment
from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.progress import progress
from perito_edge.dashboard.visit import Visit
from perito_edge.event_streams import EventStreams
from perito_edge.views import is_terminal

_RETRY = b"retry: 1000\n\n"
_LARGEST = 2**63 - 1


async def events(visit: Visit) -> Response:
    """The stream; 204 where nothing can follow, which ends a browser's coming back."""
    wanted = analysis_id(visit)
    analysis = await visit.given.orchestrator.analysis(visit.caller, wanted, results=False)
    seen = min(_number(visit.request.headers.get("last-event-id") or visit.query.get("after", "")), analysis.sequence)
    if is_terminal(analysis) and seen == analysis.sequence:
        return Response(status_code=204)
    return StreamingResponse(
        _told(visit, wanted, seen), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _told(visit: Visit, wanted: str, seen: int) -> AsyncIterator[bytes]:
    streams: EventStreams = visit.request.app.state.event_streams
    yield _RETRY
    try:
        with streams.place(visit.caller):
            seconds = visit.given.settings.event_stream_seconds
            watch = visit.given.orchestrator.watch(visit.caller, wanted, seen, seconds)
            try:
                told = streams.messages(aiter(watch), lambda: visit.sessions.read(visit.secret))
                async with contextlib.aclosing(told) as messages:
                    async for message in messages:
                        yield _written(visit, message)
            finally:
                watch.cancel()
    except PeritoError as error:
        yield _event("away", {"detail": error.message}, None)


def _written(visit: Visit, message: WatchAnalysisResponse) -> bytes:
    analysis = message.analysis
    view = progress(analysis, visit.voice)
    html = (
        environment()
        .get_template("progress.html.j2")
        .render(progress=view, voice=visit.voice, say=visit.voice.say, visit=visit)
    )
    told = {"html": html, "status": view["sentence"], "ended": view["ended"]}
    return _event("progress", told, message.event.sequence if message.HasField("event") else None)


def _event(name: str, data: dict[str, Any], number: int | None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def _number(text: str) -> int:
    """A number of an event; 0, which is before all of them, for anything else."""
    return min(int(text), _LARGEST) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


PAGES = (Page("/analyses/{analysis_id}/events", events),)
