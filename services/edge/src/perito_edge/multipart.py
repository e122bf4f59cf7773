"""`multipart/form-data` as a stream of parts, each a stream of bytes.

The framework's own form parser spools every file to disk before the handler sees it; here bytes go on as they come, so
memory does not grow with the upload. Parsing is `python_multipart`'s; this module turns its callbacks around into
something that can be awaited, and bounds what a part may claim in its headers.
"""

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from perito_kernel.errors import Invalid
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

# RFC 2046. The parser's search for a boundary split over two chunks relies on its holding no CR.
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")
_MAX_HEADERS = 8
_MAX_HEADER_BYTES = 4096


@dataclass
class Part:
    """One part. `name` is the form field, `filename` what the client calls the file (None for a plain field)."""

    name: str
    filename: str | None
    headers: dict[str, str]
    _reader: "MultipartReader" = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The part's bytes, once. The next part can be asked for at any time: what was not read is skipped."""
        while (chunk := await self._reader.next_data(self)) is not None:
            yield chunk

    async def read(self, limit: int) -> bytes | None:
        """All bytes, or None where there are more than `limit`."""
        whole = bytearray()
        async for chunk in self.chunks():
            whole += chunk
            if len(whole) > limit:
                return None
        return bytes(whole)


_PART_DONE = object()
_BODY_DONE = object()


class MultipartReader:
    """Reads parts one after another. Raises `Invalid` MULTIPART_BROKEN for whatever does not parse.

    `body` yields chunks of any size and raises whatever bounds the caller gives it.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._events: deque[object] = deque()
        self._headers: dict[str, str] = {}
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._current: Part | None = None
        self._finished = False
        self._parser = MultipartParser(
            _boundary(content_type),
            {
                "on_part_begin": self._on_part_begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_part_end": lambda: self._events.append(_PART_DONE),
                "on_end": lambda: self._events.append(_BODY_DONE),
            },
            max_header_count=_MAX_HEADERS,
            max_header_size=_MAX_HEADER_BYTES,
        )

    async def parts(self) -> AsyncIterator[Part]:
        """Every part in order."""
        while (part := await self._next_part()) is not None:
            yield part

    async def _next_part(self) -> Part | None:
        if self._current is not None:
            async for _ in self._current.chunks():
                pass
        event = await self._next_event()
        if event is _BODY_DONE:
            # What follows the last boundary means nothing, but has to be taken off the wire for the answer to arrive.
            async for _ in self._body:
                pass
            return None
        if not isinstance(event, Part):
            raise _broken("its parts are not separated or headed as RFC 7578 has it")
        self._current = event
        return event

    async def next_data(self, part: Part) -> bytes | None:
        """Next bytes of `part`, None at its end and for a part that is no longer the current one."""
        if part is not self._current:
            return None
        event = await self._next_event()
        if isinstance(event, bytes):
            return event
        self._current = None
        return None

    async def _next_event(self) -> object:
        while not self._events:
            chunk = await anext(self._body, None)
            if chunk is None:
                raise _broken("it ends before its last boundary, so the upload was cut off")
            try:
                self._parser.write(chunk)
            except FormParserError as exc:
                raise _broken("its parts are not separated or headed as RFC 7578 has it") from exc
        return self._events.popleft()

    def _on_part_begin(self) -> None:
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        # Latin-1 keeps every byte: what `filename` means is decided when it is taken out.
        self._headers[self._header_name.decode("latin-1").lower()] = self._header_value.decode("latin-1").strip()
        self._header_name.clear()
        self._header_value.clear()

    def _on_headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get("content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise _broken("a part has no `Content-Disposition: form-data; name=...`")
        filename = options.get(b"filename")
        self._events.append(
            Part(
                name=_text(options[b"name"], "the name of a part"),
                filename=None if filename is None else _text(filename, "the name of a file"),
                headers=self._headers,
                _reader=self,
            )
        )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])


def _boundary(content_type: str) -> str:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"").decode("latin-1")
    if kind != b"multipart/form-data":
        raise Invalid(
            "UNSUPPORTED_MEDIA_TYPE",
            "Send `multipart/form-data` with a part `files` for each file and, if you have one, a part `mapping`.",
        )
    if not _BOUNDARY.fullmatch(boundary):
        raise _broken("its Content-Type names no usable boundary; let the HTTP client set that header")
    return boundary


def _text(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _broken(f"{what} is not UTF-8") from exc


def _broken(what: str) -> Invalid:
    return Invalid("MULTIPART_BROKEN", f"The multipart body cannot be read: {what}. Nothing was kept; send it again.")
