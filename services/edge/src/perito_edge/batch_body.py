"""The body of `POST /batch-analyze` as it arrives: `{"analyses": [...]}`, each entry like a body of `POST /analyze`.

An entry that is JSON and no analysis is passed over and told as its own problem, and the next one is read. What is no
JSON, or goes over a limit of the whole body, ends the reading: nothing after it could be trusted.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from perito_kernel.errors import Exhausted, Invalid, PeritoError

from perito_edge.analyze_body import AnalyzeBody, told
from perito_edge.json_stream import JsonReader
from perito_edge.problems import InvalidFields
from perito_edge.settings import EdgeSettings
from perito_edge.strict_json import malformed

_OWN = frozenset({"BODY_INVALID", "DATA_EMPTY", "ROW_TOO_LARGE"})
_WRONG = "The body does not match the API description: see `errors`."


class BatchBody:
    """One body. Read each entry's files to their end, or `skip` it, before the next entry is asked for."""

    def __init__(self, chunks: AsyncIterator[bytes], settings: EdgeSettings) -> None:
        self._settings = settings
        self._reader = JsonReader(chunks, settings.max_json_bytes, settings.max_json_depth)
        self._room = settings.max_batch_json_bytes

    async def entries(self) -> AsyncGenerator[AnalyzeBody]:
        """The entries in their order. Raises as `AnalyzeBody.files`, and `Exhausted` BATCH_TOO_LARGE."""
        count = 0
        with told(self._settings):
            if await self._reader.peek() != b"{":
                raise _wrong("", "This must be an object with `analyses`.")
            async for key in self._reader.keys():
                if key != "analyses":
                    raise _wrong(f"/{key[:40]}", "There is no such member: only `analyses`.")
                if count:
                    raise malformed('the key "analyses" stands twice in one object')
                if await self._reader.peek() != b"[":
                    raise _wrong("/analyses", "This must be a list of analyses.")
                async for index in self._indexes():
                    entry = AnalyzeBody(self._reader, self._settings, self._room)
                    yield entry
                    self._room = entry.room
                    count = index + 1
            await self._reader.end()
        if not count:
            raise _wrong("/analyses", "There is no analysis in it.")

    async def skip(self, level: int, error: PeritoError) -> None:
        """Passes over what is left of an entry that began at `level`. Raises `error` where it is no entry's own."""
        if error.reason not in _OWN:
            raise error
        with told(self._settings):
            await self._reader.leave(level)

    @property
    def level(self) -> int:
        """How deep the reader stands."""
        return self._reader.level

    async def _indexes(self) -> AsyncGenerator[int]:
        async for index in self._reader.elements():
            most = self._settings.max_batch
            if index >= most:
                message = f"A batch takes at most {most} analyses: send several batches."
                raise Exhausted("BATCH_TOO_LARGE", message, {"limit": most})
            yield index


def of_entry(index: int, error: PeritoError) -> PeritoError:
    """The error with its pointers from the beginning of the batch."""
    if isinstance(error, InvalidFields):
        errors = [{**item, "pointer": f"/analyses/{index}{item.get('pointer', '')}"} for item in error.errors]
        return InvalidFields(error.reason, error.message, errors)
    pointer = str(error.details.get("pointer", ""))
    if isinstance(error, Invalid | Exhausted) and (pointer.startswith("/") or not error.details):
        return type(error)(error.reason, error.message, {**error.details, "pointer": f"/analyses/{index}{pointer}"})
    return error


def _wrong(pointer: str, detail: str) -> InvalidFields:
    return InvalidFields("BODY_INVALID", _WRONG, [{"pointer": pointer, "detail": detail}])
