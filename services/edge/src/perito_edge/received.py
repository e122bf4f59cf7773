"""Objects of a dataset that is being received: nothing of one that fails is left behind, with one exception.

Where the registration's outcome is unknown (the orchestrator did not answer) the objects stay, because deleting books
that were registered loses them, while an orphan only takes space.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from uuid import uuid4

from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile
from perito_kernel.errors import Exhausted, Kind, PeritoError
from perito_runtime.logs import logger
from perito_runtime.object_store import ObjectStore, dataset_key

from perito_edge.signs_of_life import SignsOfLife

log = logger("perito.edge")

# After these the orchestrator has certainly not registered the dataset.
REFUSED = frozenset(Kind) - {Kind.UNAVAILABLE, Kind.INTERNAL}
_Answer = TypeVar("_Answer")


class Places:
    """At most `count` bodies at once go into the object store: each holds a socket and a stream.

    `stored` is told the bytes of each file.
    """

    def __init__(self, count: int, stored: Callable[[int], None]) -> None:
        self.stored = stored
        self._count = count
        self._free = count

    @property
    def taken(self) -> int:
        """Bodies that are being stored now."""
        return self._count - self._free

    def __enter__(self) -> None:
        if self._free == 0:
            raise Exhausted("UPLOADS_BUSY", "Too many uploads at once: try again shortly.", {"retry_after_seconds": 2})
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1


class Received:
    """A dataset with an id of its own, file by file."""

    def __init__(self, store: ObjectStore, tenant: str, places: Places, signs: SignsOfLife) -> None:
        self._signs = signs
        self._places = places
        self.dataset_id = str(uuid4())
        self.files: list[SourceFile] = []
        self.mapping: ObjectRef | None = None
        self._store = store
        self._tenant = tenant

    @property
    def dataset(self) -> DatasetRef:
        """What there is so far."""
        return DatasetRef(dataset_id=self.dataset_id, files=self.files, mapping=self.mapping)

    async def add_file(self, name: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """Stores a file as it comes."""
        self._signs.begin(self.dataset_id)
        key = dataset_key(self._tenant, self.dataset_id, len(self.files))
        stored = await self._store.put_stream(key, chunks, media_type)
        self.files.append(SourceFile(name=name, object=stored))
        self._places.stored(stored.bytes)
        return stored

    async def add_mapping(self, content: bytes) -> None:
        """Stores the mapping."""
        self._signs.begin(self.dataset_id)
        key = dataset_key(self._tenant, self.dataset_id, "mapping.yaml")
        self.mapping = await self._store.put_bytes(key, content, "application/yaml")

    async def storing(self, work: Awaitable[_Answer]) -> _Answer:
        """Awaits the storing; where it fails, nothing stays."""
        try:
            return await work
        except BaseException:  # a cancelled upload leaves objects as surely as a failed one
            await self.discard()
            raise

    async def registering(self, work: Awaitable[_Answer]) -> _Answer:
        """Awaits the registration; where it is refused, nothing stays."""
        try:
            return await work
        except PeritoError as exc:
            if exc.kind in REFUSED:
                await self.discard()
            raise

    async def discard(self) -> None:
        """Deletes what was stored."""
        prefix = dataset_key(self._tenant, self.dataset_id, 0).removesuffix("/0")
        deletion = asyncio.ensure_future(self._delete(prefix))
        try:
            # The client's going away must not stop the cleaning up after it.
            await asyncio.shield(deletion)
        except Exception as exc:  # the upload's own error is the answer; this one is for the operator
            log.error("objects of a failed upload were not deleted", prefix=prefix, exc_info=exc)

    async def _delete(self, prefix: str) -> None:
        await self._signs.end(self.dataset_id)
        await self._store.delete_prefix(prefix)
