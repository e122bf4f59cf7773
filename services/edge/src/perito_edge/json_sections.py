"""Takes single members out of a large JSON object while it streams by.

A report may be many megabytes, and parsing it at once would hold up every other request of the process (architecture,
section 5). Only what is asked for is kept and parsed, and only up to a limit; the rest is skipped token by token, a
chunk at a time.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Collection
from typing import Any

# What stands before the next whole string or structural character, and that. No match: it is not there yet.
_TOKEN = re.compile(rb'[^"\[\]{}:,]*+(?:("(?:[^"\\]++|\\.)*+")|[\[\]{}:,])', re.DOTALL)
# Inside a member only brackets matter: everything up to the next one, or to a string that the piece cuts.
_SKIP = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_PIECE_BYTES = 32 * 2**10


async def read_sections(
    chunks: AsyncIterator[bytes], wanted: Collection[str], limit: int
) -> tuple[dict[str, Any], set[str]]:
    """Members `wanted` of the object in `chunks` that exist, and the names of those longer than `limit` bytes.

    Raises ValueError where the bytes are not a JSON object. Stops reading when everything wanted was seen.
    """
    scanner = _Scanner(frozenset(wanted), limit)
    async for piece in _pieces(chunks):
        scanner.feed(piece)
        if scanner.complete:
            break
    else:
        if not scanner.ended:
            raise ValueError("the object does not end")
    return {name: json.loads(raw) for name, raw in scanner.found.items()}, scanner.too_long


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces that take milliseconds, with a chance for others in between."""
    async for chunk in chunks:
        for start in range(0, len(chunk), _PIECE_BYTES):
            yield chunk[start : start + _PIECE_BYTES]
            await asyncio.sleep(0)


def _match_end(pattern: re.Pattern[bytes], buffer: bytes, start: int) -> int:
    """Where what `pattern` (which may be empty) matches at `start` ends."""
    match = pattern.match(buffer, start)
    return start if match is None else match.end()


class _Scanner:
    def __init__(self, wanted: frozenset[str], limit: int) -> None:
        self.found: dict[str, bytes] = {}
        self.too_long: set[str] = set()
        self.ended = False
        self._wanted = wanted
        self._limit = limit
        self._depth = 0
        self._key: str | None = None
        self._in_value = False
        self._kept: bytearray | None = None
        self._carry = b""

    @property
    def complete(self) -> bool:
        return self.ended or len(self.found) + len(self.too_long) == len(self._wanted)

    def feed(self, chunk: bytes) -> None:
        buffer = self._carry + chunk
        if len(buffer) > self._limit + len(chunk):
            raise ValueError("a string is longer than the limit")
        done = kept_from = 0
        while not self.complete:
            if self._depth > 1:
                done = _match_end(_SKIP, buffer, done)
            match = _TOKEN.match(buffer, done)
            if match is None:
                break
            done = match.end()
            token = buffer[done - 1]
            if self._depth == 1 and token == ord('"') and not self._in_value:
                self._key = json.loads(match.group(1))
            elif self._depth == 1 and token == ord(":"):
                self._in_value = True
                kept_from = done
                self._kept = bytearray() if self._key in self._wanted else None
            elif token in b"{[":
                self._open(token)
            elif token in b"}]," and self._close(token):
                self._keep(buffer[kept_from : done - 1])
                self._finish()
        else:
            return
        self._keep(buffer[kept_from:done])
        self._carry = buffer[done:]

    def _open(self, token: int) -> None:
        if self._depth == 0 and token != ord("{"):
            raise ValueError("not an object")
        self._depth += 1

    def _close(self, token: int) -> bool:
        """Counts a closing bracket; True where `token` ends a member of the outermost object."""
        ends = self._depth == 1
        if token != ord(","):
            self._depth -= 1
            self.ended = self._depth == 0
        return ends

    def _keep(self, raw: bytes) -> None:
        if self._kept is None:
            return
        self._kept += raw
        if len(self._kept) > self._limit:
            self._kept = None
            self.too_long.add(str(self._key))

    def _finish(self) -> None:
        if self._kept is not None:
            self.found[str(self._key)] = bytes(self._kept)
        self._kept = None
        self._in_value = False
