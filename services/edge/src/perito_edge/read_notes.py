"""What was read with which key, for the audit log: noted when it is answered, told to the orchestrator in batches.

One note for each key, analysis and minute, so that who polls costs no more than who looks once. Nothing waits for it: a
note that cannot be told is kept for the next time, and an edge that is killed loses the last seconds of them.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from functools import lru_cache
from uuid import UUID

from perito.analysis.v1.access_pb2 import ResultRead
from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger
from perito_runtime.request_context import enter_request
from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perito_edge.orchestrator_client import Caller, OrchestratorClient

log = logger("perito.edge.reads")

# What answers results by the id in its address. What an event stream or a status says is no result.
_RESULTS = re.compile(
    r"/api/forensic/(?:analysis/(?P<of>[^/]+)(?!/events|/cancel)(?:/.*)?|export/(?P<report>[^/]+))", re.DOTALL
)
# What answers results of two by the ids in its query.
_COMPARISON = re.compile(r"/api/forensic/compare(?:/.*)?", re.DOTALL)
_READING = frozenset({"GET", "HEAD"})
_MOST = 10_000
_AT_ONCE = 1000
_TELL_SECONDS = 5.0
_LAST_SECONDS = 2.0
_MINUTE = 60
_Note = tuple[str, str, str, int]


class ReadNotes:
    """Notes of one edge. `clock` gives seconds since 1970."""

    def __init__(self, orchestrator: OrchestratorClient, clock: Callable[[], float] = time.time) -> None:
        self._orchestrator = orchestrator
        self._clock = clock
        self._noted: dict[_Note, None] = {}
        self._lost = 0
        self._telling: asyncio.Task[None] | None = None

    def note(self, caller: Caller, analysis_id: str) -> None:
        """The results of an analysis were answered to a key. The id in whatever form a handler took it."""
        note = (caller.tenant, caller.key_id, _id(analysis_id), int(self._clock()) // _MINUTE)
        if len(self._noted) >= _MOST and note not in self._noted:
            self._lost += 1
            return
        self._noted[note] = None
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_later(), name="reads of results")

    async def stop(self) -> None:
        """Tells what is noted, and ends."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
            self._telling = None
        with contextlib.suppress(PeritoError, TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self.tell()

    async def tell(self) -> None:
        """Tells what is noted. Raises `PeritoError`, and then keeps it."""
        while self._noted:
            told = list(self._noted)[:_AT_ONCE]
            reads = [ResultRead(tenant_id=one[0], key_id=one[1], analysis_id=one[2], minute=one[3]) for one in told]
            await self._orchestrator.note_reads(reads)
            for note in told:
                self._noted.pop(note, None)
        if self._lost:
            log.error("reads of results were not recorded: too many at once", reads=self._lost)
            self._lost = 0

    async def _tell_later(self) -> None:
        # It began in somebody's request, and has neither that one's id nor its time.
        enter_request("", None)
        while self._noted:
            await asyncio.sleep(_TELL_SECONDS)
            try:
                await self.tell()
            except PeritoError as error:
                log.warning("reads of results not recorded yet", reason=error.reason)
        self._telling = None


class Noted:
    """Notes every answer with results. Pure ASGI; it runs after the key check."""

    def __init__(self, app: ASGIApp, notes: ReadNotes) -> None:
        self._app = app
        self._notes = notes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        analyses = _analyses_read(scope)
        if not analyses:
            await self._app(scope, receive, send)
            return

        async def send_noting(message: Message) -> None:
            # 202 says that there are none yet; 304 that the client has them.
            if message["type"] == "http.response.start" and message["status"] in {200, 206, 304}:
                for analysis in analyses:
                    self._notes.note(scope["state"]["caller"], analysis)
            await send(message)

        await self._app(scope, receive, send_noting)


def _analyses_read(scope: Scope) -> list[str]:
    """The analyses whose results a request asks for; none where it asks for none."""
    if scope["type"] != "http":
        return []
    reading = scope["method"] in _READING
    if _COMPARISON.fullmatch(scope["path"]):
        query = QueryParams(scope["query_string"])
        given = [query.get("before", ""), query.get("after", "")] if reading else []
    else:
        found = _RESULTS.fullmatch(scope["path"])
        given = [found["of"] or found["report"]] if found and (reading or found["report"]) else []
    return [analysis for analysis in given if _is_id(analysis)]


def _is_id(given: str) -> bool:
    """Whether it is one in any form: handlers take all that there are, so this does too."""
    try:
        _id(given)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)  # whoever polls asks for the same again and again
def _id(given: str) -> str:
    """In its one form. Raises ValueError for what is none."""
    return str(UUID(given))
