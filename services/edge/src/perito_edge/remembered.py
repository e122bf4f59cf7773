"""Answers that cannot be another in the next moment, given again to the same key for a second without asking anybody.

That is what has an ETag, and the status of an analysis that has ended. A second is short enough for what people change
(a disposition, a deletion by another edge), and long enough that a client which asks a thousand times a second costs
the services behind one question. Key check and quota come before; a request that changes something of an analysis makes
this edge forget what it knew of it.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SETTLED = "settled"
"""What a handler sets in `scope["state"]` where its answer stays as it is though it has no ETag."""
_SECONDS = 1.0
_MAX_ANSWER = 256 * 2**10
_MAX_BYTES = 32 * 2**20
_ENTRY_BYTES = 2 * 2**10
"""About what an answer takes beside its body and its name."""
_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}")
_ASKED_BY = (b"accept-encoding", b"accept-language", b"accept", b"if-none-match")
_READING = ("GET", "HEAD")
_KEPT = (200, 304)

_Name = tuple[str, str, bytes, tuple[tuple[bytes, bytes], ...]]


@dataclass(frozen=True)
class _Answer:
    until: float
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    size: int


class Remembered:
    """Answers what it has answered a moment ago. Takes at most 32 MiB, of answers up to 256 KiB. It runs after all that
    refuses requests, so that it answers none which would be refused.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._held: OrderedDict[_Name, _Answer] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = scope["state"].get("caller") if scope["type"] == "http" else None
        found = _ID.search(scope["path"]) if caller is not None else None
        if caller is None or found is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "GET":
            await self._answer((caller.key_id, *_asked(scope)), scope, receive, send)
        else:
            try:
                await self._app(scope, receive, send)
            finally:
                if scope["method"] not in _READING:
                    self._forget(found[0].lower())

    async def _answer(self, name: _Name, scope: Scope, receive: Receive, send: Send) -> None:
        known = self._held.get(name)
        if known is not None and known.until > self._clock():
            await send({"type": "http.response.start", "status": known.status, "headers": list(known.headers)})
            await send({"type": "http.response.body", "body": known.body, "more_body": False})
            return
        head: Message | None = None

        async def send_keeping(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                # A copy: those outside add headers of the one request.
                head = {"status": message["status"], "headers": list(message["headers"])}
            elif head is not None:
                if not message.get("more_body", False) and _may_keep(head, message, scope):
                    self._keep(name, head, message.get("body", b""))
                head = None  # what comes in several pieces is not kept
            await send(message)

        await self._app(scope, receive, send_keeping)

    def _keep(self, name: _Name, head: Message, body: bytes) -> None:
        self._drop(name)
        size = len(body) + _length(name) + _ENTRY_BYTES
        self._held[name] = _Answer(self._clock() + _SECONDS, head["status"], head["headers"], body, size)
        self._bytes += size
        while self._bytes > _MAX_BYTES:
            self._drop(next(iter(self._held)))

    def _forget(self, analysis: str) -> None:
        for name in [name for name in self._held if analysis in name[1].lower()]:
            self._drop(name)

    def _drop(self, name: _Name) -> None:
        dropped = self._held.pop(name, None)
        if dropped is not None:
            self._bytes -= dropped.size


def _asked(scope: Scope) -> tuple[str, bytes, tuple[tuple[bytes, bytes], ...]]:
    """Path, query, and the headers on which an answer depends, each as often and in the order as it was sent."""
    return scope["path"], scope["query_string"], tuple(pair for pair in scope["headers"] if pair[0] in _ASKED_BY)


def _length(name: _Name) -> int:
    """Clients choose it."""
    _, path, query, headers = name
    return len(path) + len(query) + sum(len(value) for _, value in headers)


def _may_keep(head: Message, body: Message, scope: Scope) -> bool:
    tagged = any(name.lower() == b"etag" for name, _ in head["headers"])
    settled = tagged or scope["state"].get(SETTLED, False)
    return settled and head["status"] in _KEPT and len(body.get("body", b"")) <= _MAX_ANSWER
