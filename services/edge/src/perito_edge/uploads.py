"""Receives a dataset: a multipart body goes into the object store as it arrives, and is then registered."""

import re
import unicodedata
from collections.abc import AsyncIterator

from perito.analysis.v1.analysis_pb2 import CreateDatasetRequest
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_kernel.errors import Exhausted, Invalid
from perito_runtime.object_store import ObjectStore

from perito_edge.file_checks import compare_digests, content_digest, file_name, sha256_list
from perito_edge.multipart import MultipartReader, Part
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_edge.received import Places, Received
from perito_edge.settings import EdgeSettings
from perito_edge.signs_of_life import SignsOfLife

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_MAX_FIELD_BYTES = 64 * 2**10


class Uploads:
    """Receives datasets, as many at once as there are places."""

    def __init__(
        self, store: ObjectStore, orchestrator: OrchestratorClient, settings: EdgeSettings, places: Places
    ) -> None:
        self._store = store
        self._orchestrator = orchestrator
        self._settings = settings
        self.places = places

    async def receive(
        self, caller: Caller, content_type: str, body: AsyncIterator[bytes], idempotency_key: str
    ) -> tuple[DatasetRef, bool]:
        """Stores and registers a multipart body. Returns the dataset and whether it is an earlier upload's answer.

        Raises `PeritoError`; nothing is kept then (but see `perito_edge.received`).
        """
        async with SignsOfLife(self._store, caller.tenant) as signs:
            return await self._receive(caller, MultipartReader(content_type, body), idempotency_key, signs)

    async def _receive(
        self, caller: Caller, reader: MultipartReader, idempotency_key: str, signs: SignsOfLife
    ) -> tuple[DatasetRef, bool]:
        received = Received(self._store, caller.tenant, self.places, signs)
        with self.places:
            await received.storing(self._store_parts(received, reader))
            request = CreateDatasetRequest(dataset=received.dataset, idempotency_key=idempotency_key)
            answer = await received.registering(self._orchestrator.create_dataset(caller, request))
            if answer.dataset.dataset_id != received.dataset_id:
                await received.discard()
        return answer.dataset, answer.replayed

    async def _store_parts(self, received: Received, reader: MultipartReader) -> None:
        promised: dict[str | None, str] = {}
        async for part in reader.parts():
            if part.name == "files":
                await self._store_file(received, part)
            elif part.name == "mapping":
                await self._store_mapping(received, part)
            elif part.name == "sha256" and part.filename is None:
                promised |= sha256_list(await self._field(part))
            else:
                raise Invalid(
                    "PART_UNKNOWN",
                    "A part has a name that means nothing here: use `files` (repeated), `mapping` and `sha256`.",
                )
        if not received.files:
            raise Invalid("FILES_MISSING", "The upload holds no file: add a part `files` for each file of your books.")
        compare_digests({file.name: file.object.sha256 for file in received.files}, promised)

    async def _store_file(self, received: Received, part: Part) -> None:
        ordinal = len(received.files) + 1
        if ordinal > self._settings.max_files:
            limit = self._settings.max_files
            raise Exhausted("TOO_MANY_FILES", f"One dataset takes at most {limit} files: split it.", {"limit": limit})
        name = file_name(part.filename, ordinal, self._settings.max_name_characters)
        if any(file.name == name for file in received.files):
            message = f"Two files are called {name}: findings could not say which one they mean. Rename one."
            raise Invalid("FILE_NAME_TWICE", message, {"file": name})
        promised = content_digest(part.headers, name)
        chunks = _limited(part, name, self._settings.max_file_bytes)
        stored = await received.add_file(name, chunks, _media_type(part.headers.get("content-type", "")))
        if promised is not None:
            compare_digests({name: stored.sha256}, {name: promised})

    async def _store_mapping(self, received: Received, part: Part) -> None:
        if received.mapping is not None:
            raise Invalid("MAPPING_TWICE", "The upload holds two parts `mapping`: send one.")
        limit = self._settings.max_mapping_bytes
        content = await part.read(limit)
        if content is None:
            raise Exhausted("MAPPING_TOO_LARGE", f"A mapping takes at most {limit} bytes.", {"limit_bytes": limit})
        check_mapping(content)
        await received.add_mapping(content)

    async def _field(self, part: Part) -> str:
        content = await part.read(_MAX_FIELD_BYTES)
        if content is None:
            message = f"The field `{part.name}` takes at most {_MAX_FIELD_BYTES} bytes."
            raise Exhausted("BODY_TOO_LARGE", message, {"limit_bytes": _MAX_FIELD_BYTES})
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as exc:
            raise Invalid("FIELD_UNREADABLE", f"The field `{part.name}` is not UTF-8 text.") from exc


async def _limited(part: Part, name: str, limit: int) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in part.chunks():
        seen += len(chunk)
        if seen > limit:
            message = f"{name} is larger than {limit} bytes: split it."
            raise Exhausted("FILE_TOO_LARGE", message, {"file": name, "limit_bytes": limit})
        yield chunk


def check_mapping(content: bytes) -> None:
    """Raises `Invalid` MAPPING_UNREADABLE, only for what makes it no text at all: what it says is validation's to
    judge, which can name the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        message = f"The mapping is not UTF-8 text: byte {exc.start + 1} is not. Save it as UTF-8."
        raise Invalid("MAPPING_UNREADABLE", message, {"file": "mapping"}) from exc
    if not text.strip():
        raise Invalid("MAPPING_UNREADABLE", "The mapping is empty: name each file's table and columns.")
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\n\x85" for c in text):
        raise Invalid("MAPPING_UNREADABLE", "The mapping holds control characters: save it as plain text.")


def _media_type(raw: str) -> str:
    kind = raw.split(";", 1)[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
