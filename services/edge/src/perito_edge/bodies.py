"""Request bodies as bounded streams.

The framework's own limiter answers `text/plain` over the handler's answer where Content-Length is above the limit
(starlette/middleware/body_limit.py, `send_with_limit`), and an error here is a problem document that names the limit:
so the bounds are kept by whoever reads.
"""

import asyncio
import time
from collections.abc import AsyncIterator

from perito_kernel.errors import Exhausted, Invalid
from starlette.requests import ClientDisconnect, Request

LEAST_BYTES_A_SECOND = 1024
"""Of a body, while it is waited for. A byte now and then would hold a connection, or a place for uploads, for days."""


async def stream_body(request: Request, limit: int, idle_seconds: float) -> AsyncIterator[bytes]:
    """Chunks of the body. Raises BODY_TOO_LARGE before the first byte where the length is declared, BODY_TOO_SLOW where
    nothing comes for `idle_seconds` or less than a trickle does, BODY_CUT_OFF where the client goes away.
    """
    if declared_length(request) > limit:
        raise _too_large(limit)
    seen = 0
    pace = _Pace(idle_seconds)
    stream = request.stream()
    while (chunk := await _next(stream, idle_seconds, pace)) is not None:
        seen += len(chunk)
        if seen > limit:
            raise _too_large(limit)
        if chunk:
            yield chunk


def declared_length(request: Request) -> int:
    """Bytes that the client says it will send; 0 where it does not."""
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isdecimal() else 0


async def read_body(request: Request, limit: int, idle_seconds: float) -> bytes:
    """The whole body, of at most `limit` bytes. Raises as `stream_body`."""
    return b"".join([chunk async for chunk in stream_body(request, limit, idle_seconds)])


class _Pace:
    """How much came in how many seconds of waiting. The time in which nobody asked for more is not the client's."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waited = 0.0
        self._came = 0

    def note(self, waited: float, came: int) -> None:
        """Raises BODY_TOO_SLOW where too little came, looked at every `seconds` of waiting."""
        self._waited += waited
        self._came += came
        if self._waited < self._seconds:
            return
        if self._came < self._waited * LEAST_BYTES_A_SECOND:
            message = f"Less than {LEAST_BYTES_A_SECOND} bytes of the body came in a second: send it again, faster."
            raise Invalid("BODY_TOO_SLOW", message)
        self._waited, self._came = 0.0, 0


async def _next(stream: AsyncIterator[bytes], idle_seconds: float, pace: _Pace) -> bytes | None:
    began = time.monotonic()
    try:
        async with asyncio.timeout(idle_seconds):
            chunk = await anext(stream, None)
        if chunk is not None:
            pace.note(time.monotonic() - began, len(chunk))
        return chunk
    except TimeoutError as exc:
        message = f"Nothing of the body came for {idle_seconds:g} seconds: send it again without pauses."
        raise Invalid("BODY_TOO_SLOW", message) from exc
    except ClientDisconnect as exc:
        raise Invalid("BODY_CUT_OFF", "The connection ended before the body did: send it again.") from exc


def _too_large(limit: int) -> Exhausted:
    return Exhausted(
        "BODY_TOO_LARGE", f"The body is larger than {limit} bytes: send less at once.", {"limit_bytes": limit}
    )
