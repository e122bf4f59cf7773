"""One try to deliver: a POST to an address that was looked at and is the one connected to, and what was answered.

Nothing that is answered is believed or followed: a status, and the first characters as text. Everything is bounded, the
time of the whole above all, in which names are resolved, connections made and answers read.
"""

import asyncio
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perito_kernel.errors import Invalid
from perito_runtime.logs import logger

from perito_orchestrator.webhook_targets import Target, Targets

if TYPE_CHECKING:
    import httpcore

log = logger("webhooks")

ANSWER_CHARACTERS = 500
_ANSWER_BYTES = 2000
_DETAIL_CHARACTERS = 300
GONE = 410


@dataclass(frozen=True)
class Outcome:
    """What came of a try. `status` is None where nobody answered. `failure` is one word, empty where it was delivered;
    `detail` the same in a sentence; `answer` the beginning of what was answered.
    """

    status: int | None
    failure: str
    detail: str
    answer: str
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return not self.failure

    @property
    def gone(self) -> bool:
        """Whether the receiver says that it wants nothing any more."""
        return self.status == GONE


class _Failed(Exception):
    """A try that ended without an answer."""

    def __init__(self, failure: str, detail: str) -> None:
        super().__init__(detail)
        self.failure = failure
        self.detail = detail


class Sender:
    """`seconds` bounds a try. `authority`: certificates (PEM) that are believed beside those of the public authorities,
    for receivers inside.
    """

    def __init__(self, targets: Targets, *, seconds: float = 10.0, authority: Path | None = None) -> None:
        self._targets = targets
        self._seconds = seconds
        self._authority = authority
        self._context: ssl.SSLContext | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Sends it once. Raises nothing but what cancels."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                status, answer = await self._post(self._targets.target(url), headers, body)
            failure, detail = _judged(status)
        except TimeoutError:
            status, answer, failure, detail = None, "", "timeout", f"Nothing whole came within {self._seconds:g} s."
        except Invalid as error:
            status, answer, failure, detail = None, "", "target_refused", error.message
        except _Failed as error:
            status, answer, failure, detail = None, "", error.failure, error.detail
        except Exception:  # a fault of ours must not stop the deliveries to others
            log.exception("webhook not sent")
            status, answer, failure, detail = None, "", "internal", "Perito failed on it, and its log says why."
        took = round((time.monotonic() - begun) * 1000)
        return Outcome(status, failure, detail[:_DETAIL_CHARACTERS], answer, took)

    async def _post(self, target: Target, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        import httpcore  # noqa: PLC0415 - a process without webhooks needs no HTTP client

        try:
            addresses = await self._targets.addresses(target)
        except OSError as error:
            raise _Failed("unresolved", f"The host {target.host} has no address.") from error
        pinned = _pinned(addresses)
        url, sent = httpcore.URL(target.url), [("Host", target.authority), *headers.items()]
        try:
            async with (
                httpcore.AsyncConnectionPool(
                    ssl_context=self._trusted() if target.scheme == "https" else None,
                    max_connections=1,
                    max_keepalive_connections=0,
                    network_backend=pinned,
                ) as pool,
                pool.stream("POST", url, headers=sent, content=body) as response,
            ):
                return response.status, await _beginning(response)
        except (httpcore.NetworkError, httpcore.TimeoutException) as error:
            raise _unreachable(error, pinned.last) from error
        except httpcore.ProtocolError as error:
            raise _Failed("protocol", f"What {pinned.last} answers is not HTTP/1.1.") from error

    def _trusted(self) -> ssl.SSLContext:
        if self._context is None:
            import certifi  # noqa: PLC0415 - as above

            self._context = ssl.create_default_context(cafile=certifi.where())
            if self._authority is not None:
                self._context.load_verify_locations(self._authority)
        return self._context


def _pinned(addresses: Sequence[str]) -> Any:
    """A network of httpcore that connects to these addresses and no others, whatever host it is asked for; TLS and the
    header Host still name the host.
    """
    import httpcore  # noqa: PLC0415 - as above

    class Pinned(httpcore.AsyncNetworkBackend):
        def __init__(self) -> None:
            self._inner: Any = httpcore.AnyIOBackend()  # of its type only what is missing without anyio is known
            self.last = ""

        async def connect_tcp(
            self,
            host: str,  # noqa: ARG002 - it was resolved and looked at before
            port: int,
            timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.AsyncNetworkStream:
            for place, address in enumerate(addresses):
                self.last = address
                try:
                    return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                except httpcore.ConnectError:
                    if place == len(addresses) - 1:
                        raise
            raise httpcore.ConnectError("no address")

    return Pinned()


async def _beginning(response: "httpcore.Response") -> str:
    """The first characters of an answer. Reading ends there, and the connection with it."""
    read = b""
    async for chunk in response.aiter_stream():
        read += chunk[:_ANSWER_BYTES]
        if len(read) >= _ANSWER_BYTES:
            break
    text = read[:_ANSWER_BYTES].decode("utf-8", "replace")[:ANSWER_CHARACTERS]
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _judged(status: int) -> tuple[str, str]:
    """A word and a sentence for what a status means; empty where it was delivered."""
    if 200 <= status < 300:
        return "", ""
    if 300 <= status < 400:
        return "redirect", f"It answered {status}. Redirects are not followed: enter the address that it leads to."
    if status == GONE:
        return "status", "It answered 410: it wants nothing any more."
    return "status", f"It answered {status}, and 2xx says that an event was taken."


def _unreachable(error: Exception, address: str) -> _Failed:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _Failed(
                "tls", f"The certificate that {address} shows is not good for the host: {cause.verify_message}."
            )
        if isinstance(cause, ssl.SSLError):
            return _Failed("tls", f"There is no TLS with {address}: {cause.reason or 'it was ended'}.")
        cause = cause.__cause__ or cause.__context__
    return _Failed("unreachable", f"There is no connection to {address or 'it'}, or it was cut: is anything listening?")
