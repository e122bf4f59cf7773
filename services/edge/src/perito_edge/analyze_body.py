"""The body of `POST /analyze` as it arrives: its small members are kept, the books that it may bring go on row by row.

Books can be tens of megabytes. Each row is checked as strictly as any other JSON here and passed on in one form: no
white space between tokens and one row to a line, numbers and strings as they were written, so that no digit is lost.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from perito_kernel.errors import Exhausted, Invalid

from perito_edge.flat_rows import in_lines
from perito_edge.json_stream import JsonReader, NotJson, TooDeep, TooLong
from perito_edge.problems import InvalidFields
from perito_edge.settings import EdgeSettings
from perito_edge.strict_json import malformed, parse, shown, too_deep

KEYED = "inventory"
BOOKS = ("providers", "transactions", KEYED)
"""Members of `data`. Each is a list of objects; the keyed one may also be an object, code to what is said of it."""

_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^"\s]++', re.DOTALL)
_BATCH_BYTES = 64 * 2**10
_ROWS_A_TURN = 100
_ROWS_BYTES = 32 * 2**10
_THREAD_BYTES = 16 * 2**10


@dataclass(frozen=True)
class BooksFile:
    """One member of `data` with at least one row, to be stored under `name`. Read its `chunks` before the next file."""

    name: str
    chunks: AsyncIterator[bytes]


class AnalyzeBody:
    """One body, or one entry of a batch; `room` is what is left of the bytes for what is no book.

    Once `files` has come to its end, `rest` is the body without the books: `data` is an empty object.
    """

    def __init__(self, reader: JsonReader, settings: EdgeSettings, room: int, *, whole: bool = False) -> None:
        self.rest: Any = None
        self.room = room
        self._settings = settings
        self._reader = reader
        self._whole = whole

    @classmethod
    def alone(cls, chunks: AsyncIterator[bytes], settings: EdgeSettings) -> Self:
        """The body that is a whole text."""
        reader = JsonReader(chunks, settings.max_json_bytes, settings.max_json_depth)
        return cls(reader, settings, settings.max_json_bytes, whole=True)

    async def files(self) -> AsyncGenerator[BooksFile, None]:
        """The books, if the body brings any; reads the body to its end.

        Raises `Invalid` MALFORMED_JSON, JSON_TOO_DEEP, BODY_INVALID (with a pointer), DATA_EMPTY; `Exhausted`
        BODY_TOO_LARGE, ROW_TOO_LARGE; and what the chunks raise.
        """
        with told(self._settings):
            if await self._reader.peek() == b"{":
                async for file in self._members():
                    yield file
            else:
                self.rest = await _parsed(await self._small())
            if self._whole:
                await self._reader.end()

    async def _members(self) -> AsyncGenerator[BooksFile, None]:
        members: list[bytes] = []
        async for key in self._reader.keys():
            if key == "data":
                if b'"data":{}' in members:
                    raise malformed('the key "data" stands twice in one object')
                members.append(b'"data":{}')
                async for file in self._data():
                    yield file
            else:
                members.append(json.dumps(key).encode() + b":" + await self._small())
        self.rest = await _parsed(b"{" + b",".join(members) + b"}")

    async def _small(self) -> bytes:
        raw = await self._reader.value(min(self.room, self._settings.max_json_bytes))
        if raw is None:
            raise _too_large(self._settings)
        self.room -= len(raw)
        return raw

    async def _data(self) -> AsyncGenerator[BooksFile, None]:
        if await self._reader.peek() != b"{":
            raise _wrong("/data", "This must be an object with `providers`, `transactions` and `inventory`.")
        seen: set[str] = set()
        filled = False
        async for key in self._reader.keys():
            if key in seen:
                raise malformed(f"the key {shown(key)} stands twice in one object")
            if key not in BOOKS:
                raise _wrong(pointer("data", key), "There is no such member. Known are: " + ", ".join(BOOKS) + ".")
            seen.add(key)
            rows = self._rows(key)
            first = await anext(rows, None)
            if first is not None:
                filled = True
                yield BooksFile(f"{key}.json", self._batched(first, rows))
        if not filled:
            raise Invalid("DATA_EMPTY", "There is no row under `data`: nothing can be examined.", {"pointer": "/data"})

    async def _batched(self, first: bytes, rows: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        batch = bytearray(first)
        done = 0
        with told(self._settings):
            async for row in rows:
                batch += row
                done += 1
                if done % _ROWS_A_TURN == 0:
                    await asyncio.sleep(0)
                if len(batch) >= _BATCH_BYTES:
                    yield bytes(batch)
                    batch.clear()
        yield bytes(batch)

    async def _rows(self, key: str) -> AsyncGenerator[bytes, None]:
        """The lines of the file, brackets included; nothing where there is no row."""
        first = await self._reader.peek()
        if first == b"{" and key == KEYED:
            entries, brackets = self._entries(key), (b"{", b"}")
        elif first == b"[":
            entries, brackets = self._elements(key), (b"[", b"]")
        else:
            allowed = "a list of objects, or an object by code" if key == KEYED else "a list of objects"
            raise _wrong(pointer("data", key), f"This must be {allowed}.")
        line = brackets[0]
        async for entry in entries:
            yield line + b"\n"
            line = entry + b","
        if line != brackets[0]:
            yield line[:-1] + b"\n" + brackets[1] + b"\n"

    async def _elements(self, key: str) -> AsyncGenerator[bytes, None]:
        index = 0
        async for _ in self._reader.elements():
            ahead = self._reader.ahead(min(_ROWS_BYTES, self._settings.max_row_bytes))
            if ahead and (rows := in_lines(ahead)):
                self._reader.pass_over(ahead)
                count, lines = rows
                index += count
                yield lines
                await asyncio.sleep(0)
            where = pointer("data", key, index)
            if await self._reader.peek() != b"{":
                raise _wrong(where, "This must be an object: one row, column names to values.")
            yield await self._checked(where)
            index += 1

    async def _entries(self, key: str) -> AsyncGenerator[bytes, None]:
        seen: set[str] = set()
        async for code in self._reader.keys():
            name = json.dumps(code).encode()
            parse(name, None)
            if code in seen:
                raise malformed(f"the key {shown(code)} stands twice in one object")
            seen.add(code)
            where = pointer("data", key, code)
            if await self._reader.peek() == b"[":
                raise _wrong(where, "This must be an object or a single value: what is said of one code.")
            yield name + b":" + await self._checked(where)

    async def _checked(self, where: str) -> bytes:
        try:
            raw = await self._reader.value(self._settings.max_row_bytes)
            if raw is None:
                raise TooLong
            parse(raw, None)
        except TooDeep as exc:
            raise _at(where, too_deep(self._settings.max_json_depth)) from exc
        except TooLong as exc:
            limit = self._settings.max_row_bytes
            message = f"The row at {where} is larger than {limit} bytes: that is no row."
            raise Exhausted("ROW_TOO_LARGE", message, {"pointer": where, "limit_bytes": limit}) from exc
        except Invalid as exc:
            raise _at(where, exc) from exc
        return b"".join(_TOKENS.findall(raw))


@contextmanager
def told(settings: EdgeSettings) -> Generator[None, None, None]:
    """What the reader refuses, in the words of the API."""
    try:
        yield
    except NotJson as exc:
        raise malformed(str(exc)) from exc
    except TooDeep as exc:
        raise too_deep(settings.max_json_depth) from exc
    except TooLong as exc:
        raise _too_large(settings) from exc


def _too_large(settings: EdgeSettings) -> Exhausted:
    limit = settings.max_json_bytes
    message = f"The body is larger than {limit} bytes, the rows under `data` not counted: send less at once."
    return Exhausted("BODY_TOO_LARGE", message, {"limit_bytes": limit})


async def _parsed(raw: bytes) -> Any:
    """Parsed beside the serving loop where it could take long; the reader has bounded length and depth."""
    return parse(raw, None) if len(raw) < _THREAD_BYTES else await asyncio.to_thread(parse, raw, None)


def pointer(*steps: object) -> str:
    """A JSON pointer (RFC 6901), each step at most 60 characters."""
    said = (str(step)[:60].encode("utf-8", "replace").decode() for step in steps)
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in said)


def _at(where: str, error: Invalid) -> Invalid:
    return Invalid(error.reason, f"At {where}: {error.message}", {"pointer": where})


def _wrong(where: str, what: str) -> InvalidFields:
    message = "The body does not match the API description: see `errors`."
    return InvalidFields("BODY_INVALID", message, [{"pointer": where, "detail": what}])
