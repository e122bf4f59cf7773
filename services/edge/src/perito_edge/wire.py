"""Bounds on the head of a request, which uvicorn's fast parser does not set: how long it may be, and may take.

A head that does not end is cut off here, with an answer that needs no application. One that ends and was too long all
the same (they come in pieces of up to 256 KiB) is refused like every other request. What stands around the pieces of a
body is bounded alike: lines after its end (trailers), which nobody needs and the parser would collect, and words on the
size of a piece.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from perito_kernel.errors import Exhausted
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 32 * 2**10
MAX_HEADERS = 100
HEAD_SECONDS = 20.0
"""From the first byte of a head to its last."""
SILENT_SECONDS = 75.0
"""Without a first byte; as long as an idle connection stays open."""

_LARGE = f"The head of the request is larger than {MAX_HEAD_BYTES} bytes or {MAX_HEADERS} lines: send less."
_AROUND = f"More than {MAX_HEAD_BYTES} bytes came with no body among them: send no trailers."
_CUT = (
    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n"
    "content-length: {length}\r\n\r\n{text}"
)


def refuse_large_head(raw_path: bytes, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Raises `Exhausted` HEAD_TOO_LARGE."""
    lines, size = 0, len(raw_path) + len(query)
    for name, value in headers:
        lines += 1
        size += len(name) + len(value) + 4
    if size > MAX_HEAD_BYTES or lines > MAX_HEADERS:
        raise Exhausted("HEAD_TOO_LARGE", _LARGE, {"limit_bytes": MAX_HEAD_BYTES, "limit_lines": MAX_HEADERS})


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Costs a request whose head comes in one piece next to nothing."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._in_head = True
        self._head_bytes = 0
        self._around_bytes = 0
        """Since the last byte of a body: no more than a head may have."""
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] -- uvicorn's own
        """Somebody connects; who says nothing does not stay."""
        super().connection_made(transport)
        self._patience = self.loop.call_later(SILENT_SECONDS, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """It ends."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of heads and bodies."""
        self._wait_no_more(silent=self._head_bytes == 0)
        if self._in_head:
            self._head_bytes += len(data)
        self._around_bytes += len(data)
        super().data_received(data)
        if not self._in_head and self._around_bytes > MAX_HEAD_BYTES:
            self._cut("431 Request Header Fields Too Large", _AROUND)
        if not self._in_head or not self._head_bytes or self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            self._cut("431 Request Header Fields Too Large", _LARGE)
        elif self._patience is None:
            self._patience = self.loop.call_later(HEAD_SECONDS, self._slow)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of a head; one of a trailer is nobody's."""
        if self._in_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._around_bytes = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """The end of a head."""
        self._in_head, self._head_bytes, self._around_bytes = False, 0, 0
        self._wait_no_more()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The end of a request; the next head may follow."""
        super().on_message_complete()
        self._in_head = True

    def _wait_no_more(self, *, silent: bool = True) -> None:
        if silent and self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _slow(self) -> None:
        self._cut("408 Request Timeout", "The head of the request took too long: send it again.")

    def _cut(self, status: str, text: str) -> None:
        if not self.transport.is_closing():
            self.transport.write(_CUT.format(status=status, length=len(text), text=text).encode())
            self.transport.close()
