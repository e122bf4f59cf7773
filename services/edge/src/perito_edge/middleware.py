"""What holds for every request, whatever its address: request id, security headers, one log line, the key check, and a
problem document for what nobody caught. Pure ASGI: nothing here buffers a body.
"""

import asyncio
import re
import time
from collections.abc import Callable
from functools import partial

from perito_kernel.errors import PeritoError, Unavailable
from perito_runtime.key_ring import KeyRing, bearer_key
from perito_runtime.logs import logger
from perito_runtime.request_context import enter_acting_key, enter_request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perito_edge.keys import METRICS_PATH, require_scope, scope_of
from perito_edge.orchestrator_client import Caller
from perito_edge.problems import internal, problem_response

_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_LOGGED_PATH = 200
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_STOPPING = Unavailable(
    "SERVER_STOPPING", "The server is stopping: send the request again, with the same Idempotency-Key if it had one."
)

access = logger("perito.edge.access")
log = logger("perito.edge")


class RequestContext:
    """Outermost: gives the request its id, every answer its headers, and the log its line."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = enter_request(asked if _REQUEST_ID.fullmatch(asked) else "", None)
        scope.setdefault("state", {})["request_id"] = request_id
        begun = self._clock()
        counted = {"status": 0, "bytes_in": 0, "bytes_out": 0}

        async def receive_counted() -> Message:
            message = await receive()
            counted["bytes_in"] += len(message.get("body", b""))
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                counted["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                # Kept by nobody, but for what can be asked about by its ETag.
                if "etag" not in headers or "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            counted["bytes_out"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive_counted, send_with_headers)
        finally:
            _log(scope, counted, self._clock() - begun)


def _log(scope: Scope, counted: dict[str, int], seconds: float) -> None:
    # No query string and no headers: they may hold secrets. A status of 0: the client left before any answer.
    caller = scope["state"].get("caller")
    who = {} if caller is None else {"tenant": caller.tenant, "key": caller.key_id}
    access.info(
        "request answered",
        request=scope["state"]["request_id"],
        method=scope["method"],
        path=scope["path"][:_LOGGED_PATH],
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
    """Refuses every request without a valid key, before its body is read. Health alone is open."""

    def __init__(self, app: ASGIApp, keys: KeyRing[Caller]) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        needed = scope_of(scope["path"], scope["method"]) if scope["type"] == "http" else None
        if needed:
            headers = Headers(scope=scope)
            key = headers.get("x-api-key")
            if key is None and scope["path"] == METRICS_PATH:
                key = bearer_key(headers.get("authorization", ""))
            caller = await self._keys.identify(key)
            scope["state"]["caller"] = caller
            # For answers that last: raises once the key is refused.
            scope["state"]["still_good"] = partial(self._keys.identify, key)
            enter_acting_key(caller.key_id)
            require_scope(caller, needed)
        await self._app(scope, receive, send)
