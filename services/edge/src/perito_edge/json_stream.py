"""Reads a JSON text while it arrives: its outer structure is followed, each value inside comes as the bytes it has.

A text may be many megabytes, and parsing it at once would hold up every other request of the process (architecture,
section 5). Here nothing is built but what the caller asks for: an object's keys, an array's elements one by one, a
value up to a length. Bytes are looked at a piece at a time, with a turn for others in between.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

# Everything up to the next bracket, or to a string that the piece cuts.
_SKIP = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb'[^"\[\]{}:,\s]*+')
_SPACE = re.compile(rb"[ \t\r\n]*+")
_PIECE_BYTES = 16 * 2**10
_QUOTE = ord('"')
_OPEN = b"{["


class NotJson(ValueError):
    """The text is no JSON; the message says at which byte (from 1) and what should stand there."""


class TooDeep(ValueError):
    """The text is nested deeper than it may be."""


class TooLong(ValueError):
    """A string of the text is longer than can be held."""


class JsonReader:
    """Follows one JSON text. A value is read by one of `value`, `keys` and `elements`, in the order of the text.

    `longest_string` bounds what has to be in memory at once, in bytes; `max_depth` counts levels inside one `value`.
    """

    def __init__(self, chunks: AsyncIterator[bytes], longest_string: int, max_depth: int | None = None) -> None:
        self._pieces = _pieces(chunks)
        self._longest_string = longest_string
        self._max_depth = max_depth
        self._buffer = b""
        self._at = 0
        self._dropped = 0
        self._level = 0
        self._offered = 0

    @property
    def level(self) -> int:
        """How many objects and arrays were entered and not left."""
        return self._level

    async def leave(self, level: int) -> None:
        """Passes over what is left of the objects and arrays that were entered since `level`. Not within a value."""
        depth = self._level - level
        while depth:
            depth = self._to_bracket_or_cut(depth)
            if depth:
                await self._more_of_string()
        self._level = level

    async def peek(self) -> bytes:
        """The first byte of what comes next, white space left out; empty at the end of the text."""
        while True:
            self._at = _match_end(_SPACE, self._buffer, self._at)
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not await self._more():
                return b""

    async def keys(self) -> AsyncGenerator[str, None]:
        """Keys of the object that comes next. The value of each must be read before the next key is asked for."""
        await self._take(b"{", "an object")
        self._level += 1
        if await self.peek() == b"}":
            self._close()
            return
        while True:
            if await self.peek() != b'"':
                raise self._wrong("a key in quotes")
            key = _loaded(await self._string())
            await self._take(b":", "`:`")
            yield key
            if not await self._goes_on(b"}"):
                return

    async def elements(self) -> AsyncGenerator[int, None]:
        """Indexes, from 0, of the array that comes next. Each element must be read before the next is asked for."""
        await self._take(b"[", "an array")
        self._level += 1
        if await self.peek() == b"]":
            self._close()
            return
        index = 0
        while True:
            yield index
            if not await self._goes_on(b"]"):
                return
            index += 1

    def ahead(self, limit: int) -> bytes:
        """Inside an array, before an element: the bytes held from here to the last `},`, the comma left out.

        At most `limit` bytes, and often whole elements; whether they are is for whoever parses them, who then calls
        `pass_over`, or reads the element as if nothing had been offered. The same bytes are offered once.
        """
        start = self._dropped + self._at
        if start < self._offered:
            return b""
        stop = min(len(self._buffer), self._at + limit)
        if (closing := self._buffer.find(b"]", self._at, stop)) >= 0:
            stop = closing + 1
        self._offered = self._dropped + stop
        return self._buffer[self._at : max(self._at, self._buffer.rfind(b"},", self._at, stop) + 1)]

    def pass_over(self, ahead: bytes) -> None:
        """Moves behind the elements that `ahead` gave and the comma after them."""
        self._at += len(ahead) + 1

    async def value(self, limit: int) -> bytes | None:
        """The bytes of the value that comes next, None where there are more than `limit`; those are passed over.

        Only brackets are counted: whether it is JSON is for whoever parses it. Raises `TooDeep`.
        """
        first = await self.peek()
        if first == b'"':
            raw = await self._string()
            return raw if len(raw) <= limit else None
        if first in (b"{", b"["):
            return await self._bracketed(limit)
        return await self._scalar(limit)

    async def end(self) -> None:
        """Nothing but white space may follow."""
        if await self.peek():
            raise self._wrong("the end")

    async def _take(self, byte: bytes, what: str) -> None:
        if await self.peek() != byte:
            raise self._wrong(what)
        self._at += 1

    async def _goes_on(self, closing: bytes) -> bool:
        byte = await self.peek()
        if byte not in (b",", closing):
            raise self._wrong(f"`,` or `{closing.decode()}`")
        if byte == closing:
            self._close()
            return False
        self._at += 1
        return True

    def _close(self) -> None:
        self._at += 1
        self._level -= 1

    async def _string(self) -> bytes:
        while (found := _STRING.match(self._buffer, self._at)) is None:
            await self._more_of_string()
        self._at = found.end()
        return found.group()

    async def _scalar(self, limit: int) -> bytes | None:
        while True:
            end = _match_end(_SCALAR, self._buffer, self._at)
            if end < len(self._buffer):
                break
            if not await self._more():
                if self._level:
                    raise self._wrong("more: the object or array does not end")
                break
            if len(self._buffer) - self._at > self._longest_string:
                raise self._wrong("a value of a sensible length")
        raw = self._buffer[self._at : end]
        if not raw:
            raise self._wrong("a value")
        self._at = end
        return raw if len(raw) <= limit else None

    async def _bracketed(self, limit: int) -> bytes | None:
        kept: list[bytes] = []
        size = depth = 0
        while True:
            start = self._at
            depth = self._to_bracket_or_cut(depth)
            size += self._at - start
            if size <= limit:
                kept.append(self._buffer[start : self._at])
            else:
                kept.clear()
            if depth == 0:
                return b"".join(kept) if size <= limit else None
            await self._more_of_string()

    def _to_bracket_or_cut(self, depth: int) -> int:
        """Moves to the end of the value that is open, or as far as whole tokens go. Returns the depth there."""
        buffer, at = self._buffer, self._at
        while True:
            at = _match_end(_SKIP, buffer, at)
            if at == len(buffer) or (byte := buffer[at]) == _QUOTE:
                break
            at += 1
            depth += 1 if byte in _OPEN else -1
            if depth == 0:
                break
            if self._max_depth is not None and depth > self._max_depth:
                raise TooDeep
        self._at = at
        return depth

    async def _more_of_string(self) -> None:
        """More bytes where a value is not whole; so many that what is looked at again stays in proportion."""
        held = len(self._buffer) - self._at
        if held > self._longest_string:
            raise TooLong(f"a string is longer than {self._longest_string} bytes")
        if not await self._more(held // 2):
            raise self._wrong("more: the object or string does not end")

    async def _more(self, least: int = 0) -> bool:
        """Takes at least one more piece, and pieces until `least` bytes came. False at the end of the text."""
        taken: list[bytes] = []
        size = 0
        while size <= least and (piece := await anext(self._pieces, None)) is not None:
            taken.append(piece)
            size += len(piece)
        if taken:
            self._dropped += self._at
            self._buffer = b"".join([self._buffer[self._at :], *taken])
            self._at = 0
        return bool(taken)

    def _wrong(self, wanted: str) -> NotJson:
        return NotJson(f"at byte {self._dropped + self._at + 1} there should be {wanted}")


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Pieces that take milliseconds, with a chance for others after each."""
    async for chunk in chunks:
        for start in range(0, len(chunk), _PIECE_BYTES):
            yield chunk[start : start + _PIECE_BYTES]
            await asyncio.sleep(0)


def _match_end(pattern: re.Pattern[bytes], buffer: bytes, start: int) -> int:
    """Where what `pattern` (which may be empty) matches at `start` ends."""
    match = pattern.match(buffer, start)
    return start if match is None else match.end()


def _loaded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise NotJson(f"a key is no string: {error}") from error
