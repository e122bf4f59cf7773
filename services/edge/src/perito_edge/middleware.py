"""What holds for every request, whatever its address: request id, security headers, one log line, the key check, and a
problem document for what nobody caught. Pure ASGI: nothing here buffers a body.

Any part may put headers that the answer shall have into `scope["state"]["headers"]`, raw as ASGI has them.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from functools import partial

from perito_kernel.errors import PeritoError, Unauthenticated, Unavailable
from perito_runtime.key_ring import KeyRing, bearer_key
from perito_runtime.logs import LineOfEachRequest, logger, without_secrets
from perito_runtime.request_context import enter_acting_key, enter_request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perito_edge.keys import METRICS_PATH, scope_of
from perito_edge.orchestrator_client import Caller
from perito_edge.problems import internal, problem_response
from perito_edge.rate_limits import Guesses
from perito_edge.request_figures import RequestFigures
from perito_edge.security_headers import Raw, SecurityHeaders
from perito_edge.wire import refuse_large_head

_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_LOGGED_PATH = 200
_NO_STORE = (b"cache-control", b"no-store")
_STOPPING = Unavailable(
    "SERVER_STOPPING", "The server is stopping: send the request again, with the same Idempotency-Key if it had one."
)

access = LineOfEachRequest("perito.edge.access")
log = logger("perito.edge")


class RequestContext:
    """Outermost: gives the request its id, every answer its headers, the log its line, the measures their figures."""

    def __init__(
        self,
        app: ASGIApp,
        security: SecurityHeaders,
        figures: RequestFigures,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._security = security
        self._figures = figures
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = enter_request(_asked_id(scope["headers"]), None)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        begun = self._clock()
        self._figures.begin(scope)
        counted = {"status": 0, "bytes_in": 0, "bytes_out": 0}

        async def receive_counted() -> Message:
            message = await receive()
            counted["bytes_in"] += len(message.get("body", b""))
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                counted["status"] = message["status"]
                own = [(b"x-request-id", request_id.encode()), *state.get("headers", ())]
                message["headers"] = _completed(message.get("headers", ()), own, self._security, scope)
            else:
                counted["bytes_out"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive_counted, send_with_headers)
        finally:
            seconds = self._clock() - begun
            self._figures.end(scope, counted["status"], seconds)
            _log(scope, counted, seconds)


def _asked_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The request id that the client sent, empty where it is none or of another form."""
    for name, value in headers:
        if name == b"x-request-id":
            asked = value.decode("latin-1")
            return asked if _REQUEST_ID.fullmatch(asked) else ""
    return ""


def _completed(headers: Iterable[tuple[bytes, bytes]], own: Raw, security: SecurityHeaders, scope: Scope) -> Raw:
    """The headers of an answer with those of every answer. Kept by nobody, unless it can be asked about by its ETag."""
    brought = [(name.lower(), value) for name, value in headers]
    names = {name for name, _ in brought}
    if b"etag" not in names or b"cache-control" not in names:
        brought = [*(pair for pair in brought if pair[0] != b"cache-control"), _NO_STORE]
    added = security.of(scope["path"], scope["scheme"])
    if names.isdisjoint(security.names):
        return [*brought, *own, *added]
    return [*brought, *own, *(pair for pair in added if pair[0] not in names)]


def _log(scope: Scope, counted: dict[str, int], seconds: float) -> None:
    # No query string and no headers: they may hold secrets. A status of 0: the client left before any answer.
    caller = scope["state"].get("caller")
    who = {} if caller is None else {"tenant": caller.tenant, "key": caller.key_id}
    access.info(
        "request answered",
        request=scope["state"]["request_id"],
        method=scope["method"],
        path=without_secrets(scope["path"])[:_LOGGED_PATH],
        milliseconds=round(seconds * 1000, 1),
        **counted,
        **who,
    )


class Faults:
    """Turns what escaped every handler into a problem document; the traceback goes to the log alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            if scope["type"] == "http":
                refuse_large_head(scope.get("raw_path", b""), scope["query_string"], scope["headers"])
            await self._app(scope, receive, send_noting)
        except asyncio.CancelledError:
            # Only a server that stops cancels; left alone, it would answer with a bare 500 of its own.
            if scope["type"] == "http" and not started:
                await problem_response(_STOPPING, scope["state"]["request_id"])(scope, receive, send)
            raise
        except Exception as exc:
            if scope["type"] != "http" or started:
                raise  # the answer is under way: only cutting the connection tells the client that it is not whole
            error = exc if isinstance(exc, PeritoError) else internal()
            if error is not exc:
                log.error("request failed", exc_info=exc)
            await problem_response(error, scope["state"]["request_id"])(scope, receive, send)


class KeyCheck:
    """Refuses every request without a valid key, before its body is read, and those who guess. Health alone is open.

    Whether the key may do what is asked is `Metered`'s to say: that is taken from its quota too.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing[Caller], guesses: Guesses) -> None:
        self._app = app
        self._keys = keys
        self._guesses = guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        needed = scope_of(scope["path"], scope["method"]) if scope["type"] == "http" else None
        if needed:
            key = _key(scope)
            caller = await self._caller(scope, key)
            scope["state"]["caller"] = caller
            scope["state"]["needed"] = needed
            # For answers that last: raises once the key is refused.
            scope["state"]["still_good"] = partial(self._keys.identify, key)
            enter_acting_key(caller.key_id)
        await self._app(scope, receive, send)

    async def _caller(self, scope: Scope, key: str | None) -> Caller:
        address = (scope.get("client") or ("",))[0]  # none where it came over a Unix socket
        if key is not None:
            self._guesses.admit(address, key)
        try:
            caller = await self._keys.identify(key)
        except Unauthenticated:
            if key is not None:
                self._guesses.refused(address)
            raise
        if key is not None:
            self._guesses.worked(caller, key)
        return caller


def _key(scope: Scope) -> str | None:
    key = _header(scope, b"x-api-key")
    if key is None and scope["path"] == METRICS_PATH:
        key = bearer_key(_header(scope, b"authorization") or "")
    return key


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return value.decode("latin-1")
    return None
