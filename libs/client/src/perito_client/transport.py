"""One connection to the service: where it is, who asks, and how long a call is tried before it is given up."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx

from perito_client.errors import Refused, Unreachable, refusal
from perito_client.generated.client import AuthenticatedClient
from perito_client.generated.models import Problem
from perito_client.generated.types import Response

PREFIX = "/api/forensic"
_KEY_HEADER = "X-API-Key"
# Reading: longer than the service takes to propose a mapping.
_TIMEOUT = httpx.Timeout(30.0, read=150.0)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
# Sent again they would fail in the same way.
_OURS = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
_OVER_RATE = "RATE_LIMITED"
_Answer = TypeVar("_Answer")


class Patience:
    """How long to go on, and how long to pause: more with each failure in a row, and as the service asks."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: float | None = None
        self._pause = _FIRST_PAUSE

    def renew(self) -> None:
        """Something worked."""
        self._until = None
        self._pause = _FIRST_PAUSE

    async def bear(self, error: Exception, wanted: float | None = None) -> None:
        """Pauses after a failure, `wanted` seconds at least. Raises `error` where the time is over."""
        now = self._clock()
        if self._until is None:
            self._until = now + self._seconds
        pause = max(wanted or 0.0, self._pause * random.uniform(0.5, 1.0))  # noqa: S311 -- spreads, hides nothing
        if now + pause > self._until:
            raise error
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        await asyncio.sleep(pause)


class Transport:
    """What the calls go over. `patience` is the time in seconds that each is tried on after its first failure."""

    def __init__(self, http: httpx.AsyncClient, key: str, patience: float) -> None:
        self.http = http
        self.patience = patience
        self.api = AuthenticatedClient(str(http.base_url), token=key, prefix="", auth_header_name=_KEY_HEADER)
        self.api.set_async_httpx_client(http)

    async def answered(self, ask: Callable[[], Awaitable[Response[_Answer | Problem]]]) -> _Answer:
        """The answer to a generated call. Raises `ClientError`."""
        response = await self.patiently(ask)
        if response.parsed is None or isinstance(response.parsed, Problem):
            raise Refused(response.status_code, response.parsed)
        return response.parsed

    async def once(self, ask: Callable[[], Awaitable[Response[_Answer | Problem]]]) -> _Answer:
        """The answer to a generated call that makes something each time it is asked. Raises `ClientError`."""
        try:
            response = await ask()
        except httpx.TransportError as error:
            raise Unreachable(f"No answer came ({type(error).__name__}), and it may have been done: look.") from error
        if response.parsed is None or isinstance(response.parsed, Problem):
            raise Refused(response.status_code, response.parsed)
        return response.parsed

    async def patiently(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Asks until there is an answer, or a refusal that stays one. What is asked must bear being asked twice."""
        patience = Patience(self.patience)
        while True:
            try:
                return await ask()
            except Exception as error:  # noqa: BLE001 -- raised again by what bears it, unless it may pass
                await bear(patience, error)


class Calls:
    """What every group of calls begins with."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport


async def bear(patience: Patience, error: Exception) -> None:
    """Pauses after what may pass. Raises `ClientError` for everything else, and when patience is at its end.

    What is over the key's rate limit waits as it is told and costs no patience: the service is well, and lets as many
    calls in as it promised.
    """
    if isinstance(error, Refused) and error.reason == _OVER_RATE and error.retry_after is not None:
        await asyncio.sleep(error.retry_after * random.uniform(1.0, 1.2))  # noqa: S311 -- spreads, hides nothing
    elif isinstance(error, Refused) and error.passing:
        await patience.bear(error, error.retry_after)
    elif isinstance(error, httpx.TransportError) and not isinstance(error, _OURS):
        told = Unreachable(f"The service did not answer ({type(error).__name__}): is it running?")
        told.__cause__ = error
        await patience.bear(told)
    else:
        raise error


@asynccontextmanager
async def opened(address: str, key: str, patience: float) -> AsyncGenerator[Transport]:
    """A transport to `unix:/path`, `host:port` or a URL, while the block lasts."""
    socket = address.removeprefix("unix:") if address.startswith("unix:") else None
    url = "http://localhost" if socket else address if "://" in address else f"http://{address}"
    async with httpx.AsyncClient(
        # Reading the certificates of authorities takes 20 ms; without TLS there is nothing to verify with them.
        transport=httpx.AsyncHTTPTransport(uds=socket, verify=not url.startswith("http:")),
        base_url=url.rstrip("/").removesuffix(PREFIX),
        headers={_KEY_HEADER: key},
        timeout=_TIMEOUT,
        event_hooks={"response": [_refuse]},
    ) as http:
        yield Transport(http, key, patience)


async def _refuse(response: httpx.Response) -> None:
    # Health says in its own words what is not there.
    if response.is_error and not response.request.url.path.endswith("/health"):
        await response.aread()
        raise refusal(response)
