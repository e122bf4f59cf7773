"""Answers of text, compressed with gzip for clients that take it. Pure ASGI, and innermost: it looks at answers alone.

What is below 1 KiB, a stream of events, or compressed already goes out as it is; so does what promises a
Content-Digest, but to those who want that of the unpacked bytes. Chunks of any length are compressed outside the
serving loop. The bytes for one answer are always the same, so a compressed answer has a strong ETag too.
"""

import asyncio
import re
import zlib
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perito_edge.entity_tags import CODED

LEAST_BYTES = 1024
_LOOP_BYTES = 4096
"""A chunk up to this is compressed in less time than handing it to a thread takes."""
_WANTED = "Want-Unencoded-Digest"
_LEVEL = 5
_GZIP = 31
"""zlib's number for a window of 32 KiB within gzip's frame, whose time it leaves at 0."""
_TEXT = re.compile(r"text/(?!event-stream)[\w.+-]+|application/(?:[\w.+-]+\+)?(?:json|yaml|xml)|image/svg\+xml")
_CODING = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


class _Gzip(Protocol):
    """What zlib gives to compress with."""

    def compress(self, data: bytes, /) -> bytes:
        """Takes a chunk."""
        ...

    def flush(self) -> bytes:
        """The end of it."""
        ...


class Compressed:
    """Compresses what `app` answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        taken = accepts_gzip(asked.get("accept-encoding", ""))
        await self._app(scope, receive, _Answer(send, taken, unpacked=_WANTED in asked).pass_on)


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header lets gzip through. A client that sends none gets the bytes themselves."""
    weights: dict[str, float] = {}
    for part in header.split(","):
        match = _CODING.fullmatch(part)
        if match:
            weights[match[1].lower()] = float(match[2] or 1)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


class _Answer:
    """One answer on its way out. Its head waits for the first chunk, by which it is known whether it is worth it."""

    def __init__(self, send: Send, taken: bool, *, unpacked: bool) -> None:
        self._send = send
        self._taken = taken
        self._unpacked = unpacked
        self._head: Message | None = None
        self._gzip: _Gzip | None = None

    async def pass_on(self, message: Message) -> None:
        """What the application sends."""
        if message["type"] == "http.response.start" and _is_text(message):
            self._head = message
            return
        if message["type"] == "http.response.body":
            if self._head is not None:
                await self._begin(self._head, message)
                return
            if self._gzip is not None:
                message = {**message, "body": await self._coded(message)}
                if not message["body"] and message.get("more_body", False):
                    return
        await self._send(message)

    async def _begin(self, head: Message, first: Message) -> None:
        self._head = None
        headers = MutableHeaders(scope=head)
        whole = not first.get("more_body", False)
        length = len(first.get("body", b"")) if whole else int(headers.get("content-length", LEAST_BYTES))
        if length >= LEAST_BYTES:
            headers.add_vary_header("Accept-Encoding")
            promised = "content-digest" in headers
            if promised:
                headers.add_vary_header(_WANTED)
            # What arrives must have the digest that it promises, and many compute that of what they unpacked.
            if self._taken and (self._unpacked or not promised):
                self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
                first = {**first, "body": await self._coded(first)}
                _say_coded(headers, len(first["body"]) if whole else None)
        await self._send(head)
        await self._send(first)

    async def _coded(self, message: Message) -> bytes:
        body: bytes = message.get("body", b"")
        last = not message.get("more_body", False)
        if len(body) <= _LOOP_BYTES:
            return self._code(body, last)
        return await asyncio.to_thread(self._code, body, last)

    def _code(self, body: bytes, last: bool) -> bytes:
        assert self._gzip is not None  # noqa: S101 -- for the type checker: only called once it is there
        return self._gzip.compress(body) + (self._gzip.flush() if last else b"")


def _is_text(head: Message) -> bool:
    """Whether the answer has a body of text that nobody has coded, and says all of it."""
    headers = Headers(raw=head["headers"])
    if head["status"] in {204, 206, 304} or "content-encoding" in headers:
        return False
    return _TEXT.fullmatch(headers.get("content-type", "").split(";", 1)[0].strip().lower()) is not None


def _say_coded(headers: MutableHeaders, length: int | None) -> None:
    headers["Content-Encoding"] = "gzip"
    del headers["Content-Length"]
    if length is not None:
        headers["Content-Length"] = str(length)
    if "etag" in headers:
        headers["ETag"] = f'{headers["etag"][:-1]}{CODED}"'
    if "content-digest" in headers:
        # That one is of the bytes on the wire (RFC 9530), which are not known yet.
        headers["Unencoded-Digest"] = headers["content-digest"]
        del headers["Content-Digest"]
