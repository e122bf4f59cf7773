"""What all object stores on obstore do alike: staging, reading with checksums, listing and deleting.

obstore creates conditionally only what it holds in memory. So a stream is written to a key under `staging/` and moved
to its own key when it is complete: a reader sees all of an object or nothing, and the move refuses to overwrite. Where
nothing can be moved, a store does it in another way (`perito_runtime.s3_objects`).
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import obstore
from obstore.exceptions import BaseError
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Exhausted, Unavailable

from perito_runtime.object_store import CHUNK_BYTES, Meter, StoredObject, Unfinished, check_key, corrupt
from perito_runtime.store_errors import scratch_errors, store_errors

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from obstore import AsyncWritableFile, ObjectMeta  # not importable at run time

STAGING = "staging"
_PAGE = 500
_Read = TypeVar("_Read")


class ObstoreObjectStore:
    """`ObjectStore` on any obstore backend that can move objects."""

    reads = 3
    """How often an object is read before it counts as corrupt: a network may cut an answer short."""
    pause_seconds = 0.2

    def __init__(self, backend: Any) -> None:  # obstore's own union of stores is not importable at run time
        self.backend = backend

    async def check(self) -> None:
        """See `ObjectStore`."""

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        check_key(key)
        meter = Meter()
        staged = f"{STAGING}/{uuid.uuid4().hex}"
        await self.write(staged, metered(chunks, meter), key)
        with store_errors(key):
            try:
                await self._publish(staged, key)
            except BaseException:
                with contextlib.suppress(BaseError, OSError):
                    await obstore.delete_async(self.backend, staged)
                raise
        return meter.ref(key, media_type)

    async def put_bytes(self, key: str, content: bytes, media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        return await self.put_stream(key, _one(content), media_type)

    async def put_file(self, key: str, path: Path, media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        return await self.put_stream(key, _file(path), media_type)

    async def fetch(self, ref: ObjectRef, into: Path) -> Path:
        """See `ObjectStore`."""
        path = into / f"{uuid.uuid4().hex}-{ref.key.rsplit('/', 1)[-1]}"
        return await self._reading(lambda: self.copy(ref, path))

    async def copy(self, ref: ObjectRef, path: Path) -> Path:
        """Copies an object to a new file. Raises as `fetch`; then there is no file."""
        with scratch_errors(path), await asyncio.to_thread(path.open, "xb") as file:
            async with contextlib.aclosing(self.open_stream(ref)) as chunks:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
        return path

    async def read_bytes(self, ref: ObjectRef, limit: int) -> bytes:
        """See `ObjectStore`."""
        if ref.bytes > limit:
            raise Exhausted("OBJECT_TOO_LARGE", f"A stored file has {ref.bytes} bytes where {limit} is the most.")
        return await self._reading(lambda: self._whole(ref))

    async def open_stream(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """See `ObjectStore`."""
        check_key(ref.key)
        meter = Meter()
        async with contextlib.aclosing(self._chunks(ref)) as chunks:
            async for chunk in chunks:
                meter.add(chunk)
                yield chunk
        if not meter.matches(ref):
            raise corrupt(ref.key)

    async def delete_prefix(self, prefix: str) -> int:
        """See `ObjectStore`."""
        check_key(prefix.rstrip("/") + "/all")  # so that at least a tenant is named
        deleted = 0
        async for page in self.list_objects(prefix):
            deleted += await self.delete_objects([stored.key for stored in page])
        return deleted

    async def delete_objects(self, keys: Sequence[str]) -> int:
        """See `ObjectStore`."""
        for key in keys:
            check_key(key)
        if keys:
            with store_errors(keys[0]), contextlib.suppress(FileNotFoundError):
                await obstore.delete_async(self.backend, list(keys))
        return len(keys)

    async def list_objects(self, prefix: str = "tenants") -> AsyncGenerator[list[StoredObject], None]:
        """See `ObjectStore`."""
        with store_errors(prefix):
            async for batch in self._list(prefix.rstrip("/")):
                yield [StoredObject(item["path"], item["size"], item["last_modified"]) for item in batch]

    async def list_unfinished(self) -> AsyncGenerator[list[Unfinished], None]:
        """See `ObjectStore`."""
        with store_errors(STAGING):
            async for batch in self._list(STAGING):
                yield [Unfinished("", item["path"], item["size"], item["last_modified"]) for item in batch]

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """See `ObjectStore`."""
        with store_errors(upload.token), contextlib.suppress(FileNotFoundError):
            await obstore.delete_async(self.backend, upload.token)

    async def write(self, path: str, chunks: AsyncIterator[bytes], key: str, **options: Any) -> None:
        """Writes a stream under a path of the backend; where it raises, the writer gives up what it has sent."""
        async with contextlib.AsyncExitStack() as stack:
            opened = obstore.open_writer_async(self.backend, path, **options)
            writer = await stack.enter_async_context(cast("AbstractAsyncContextManager[AsyncWritableFile]", opened))
            async for chunk in chunks:  # what goes wrong at the sender's end is raised as it is
                with store_errors(key):
                    await writer.write(chunk)
            with store_errors(key):
                await stack.aclose()  # writes the rest; where we do not get here, the writer gives up

    async def _chunks(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """The object's bytes, unchecked but for their number at the start."""
        with store_errors(ref.key):
            result = await obstore.get_async(self.backend, ref.key)
            if result.meta["size"] != ref.bytes:
                raise corrupt(ref.key)
            stream = result.stream(min_chunk_size=CHUNK_BYTES)
        while True:
            with store_errors(ref.key):
                try:
                    chunk = bytes(await anext(stream))
                except StopAsyncIteration:
                    return
            yield chunk

    async def _whole(self, ref: ObjectRef) -> bytes:
        return b"".join([chunk async for chunk in self.open_stream(ref)])

    async def _reading(self, read: Callable[[], Awaitable[_Read]]) -> _Read:
        """Reads again where the bytes were not those of the reference."""
        for again in range(1, self.reads):
            try:
                return await read()
            except Unavailable as error:
                if error.reason != "DATASET_CORRUPT":
                    raise
            await asyncio.sleep(self.pause_seconds * 2**again)
        return await read()

    def _list(self, prefix: str) -> "AsyncIterator[Sequence[ObjectMeta]]":
        # Its overload for Arrow batches is untyped.
        return obstore.list(self.backend, prefix, chunk_size=_PAGE)  # pyright: ignore[reportUnknownMemberType]

    async def _publish(self, staged: str, key: str) -> None:
        await obstore.rename_async(self.backend, staged, key, overwrite=False)


async def metered(chunks: AsyncIterator[bytes], meter: Meter) -> AsyncGenerator[bytes, None]:
    """What passes, counted and hashed."""
    async for chunk in chunks:
        meter.add(chunk)
        yield chunk


async def _one(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def _file(path: Path) -> AsyncGenerator[bytes, None]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
