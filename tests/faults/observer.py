"""The client of a scene: Perito's own, over a transport that writes down every answer and every lost connection."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from perito_client.client import PeritoClient
from perito_client.errors import refusal
from perito_client.transport import Transport

_TIMEOUT = httpx.Timeout(30.0)


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire. `at`: monotonic seconds; status 0: the connection was lost, `reason` how."""

    at: float
    method: str
    path: str
    status: int
    reason: str = ""
    retry_after: str = ""
    seconds: float = 0.0


@dataclass
class Observer:
    """What one client saw."""

    answers: list[Answer] = field(default_factory=list[Answer])

    def failed(self) -> list[Answer]:
        """Requests that a client behind a proxy would count as failed: lost, or refused by a server's fault."""
        return [answer for answer in self.answers if answer.status == 0 or answer.status >= 500]


class _Noting(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, observer: Observer) -> None:
        self._inner = inner
        self._observer = observer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        begun = time.monotonic()
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            self._note(request, begun, 0, type(error).__name__)
            raise
        reason = ""
        if response.is_error:
            content = await response.aread()
            reason = str(refusal(response).reason) if content else ""
        self._note(request, begun, response.status_code, reason, response.headers.get("Retry-After", ""))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _note(self, request: httpx.Request, begun: float, status: int, reason: str, again: str = "") -> None:
        now = time.monotonic()
        answer = Answer(now, request.method, request.url.path, status, reason, again, now - begun)
        self._observer.answers.append(answer)


@asynccontextmanager
async def observed(
    url: str, key: str, observer: Observer, *, patience: float = 60.0
) -> AsyncGenerator[tuple[PeritoClient, httpx.AsyncClient]]:
    """Perito's client, and plain HTTP beside it, both written down in `observer`."""
    transport = _Noting(httpx.AsyncHTTPTransport(), observer)
    headers = {"X-API-Key": key}
    async with httpx.AsyncClient(transport=transport, base_url=url, headers=headers, timeout=_TIMEOUT) as http:
        plain = httpx.AsyncClient(transport=transport, base_url=url, headers=headers, timeout=_TIMEOUT)
        http.event_hooks = {"response": [_refuse]}
        yield PeritoClient(Transport(http, key, patience)), plain


async def _refuse(response: httpx.Response) -> None:
    if response.is_error and not response.request.url.path.endswith("/health"):
        await response.aread()
        raise refusal(response)
