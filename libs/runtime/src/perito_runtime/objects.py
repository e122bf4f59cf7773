"""The object stores on obstore: what all backends share, and the one in a local folder.

obstore creates conditionally only what it holds in memory. So a stream is written to a key under `staging/` and moved
to its own key when it is complete: a reader sees all of an object or nothing, and the move refuses to overwrite.
"""

import asyncio
import contextlib
import hashlib
import os
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Conflict, Exhausted, NotFound, Unavailable

from perito_runtime.object_store import (
    CHUNK_BYTES,
    Meter,
    ObjectStore,
    artifact_key,
    check_key,
    check_tenant,
    corrupt,
    dataset_key,
)

__all__ = ["LocalObjectStore", "ObjectStore", "ObstoreObjectStore", "artifact_key", "check_tenant", "dataset_key"]

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from obstore import AsyncWritableFile, ObjectMeta  # not importable at run time

_STAGING = "staging"
_REMEMBERED = 4096
_AT_ONCE_BYTES = 4 << 20
"""A file up to this size is stored by one call in a thread: a phase leaves some twenty of a few KiB, and going to a
thread for each step costs five times what the steps do."""


class ObstoreObjectStore:
    """`ObjectStore` on any obstore backend."""

    def __init__(self, backend: Any) -> None:  # obstore's own union of stores is not importable at run time
        self._backend = backend

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        check_key(key)
        meter = Meter()
        staged = f"{_STAGING}/{uuid.uuid4().hex}"
        async with contextlib.AsyncExitStack() as stack:
            opened = obstore.open_writer_async(self._backend, staged)
            writer = await stack.enter_async_context(cast("AbstractAsyncContextManager[AsyncWritableFile]", opened))
            async for chunk in chunks:  # what goes wrong at the sender's end is raised as it is
                meter.add(chunk)
                with _store_errors(key):
                    await writer.write(chunk)
            with _store_errors(key):
                await stack.aclose()  # writes the rest; where we do not get here, the writer gives up
        with _store_errors(key):
            try:
                await self._publish(staged, key)
            except BaseException:
                with contextlib.suppress(BaseError, OSError):
                    await obstore.delete_async(self._backend, staged)
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
        with path.open("xb") as copy:
            async for chunk in self.open_stream(ref):
                await asyncio.to_thread(copy.write, chunk)
        return path

    async def read_bytes(self, ref: ObjectRef, limit: int) -> bytes:
        """See `ObjectStore`."""
        if ref.bytes > limit:
            raise Exhausted("OBJECT_TOO_LARGE", f"A stored file has {ref.bytes} bytes where {limit} is the most.")
        return b"".join([chunk async for chunk in self.open_stream(ref)])

    async def open_stream(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """See `ObjectStore`."""
        check_key(ref.key)
        meter = Meter()
        with _store_errors(ref.key):
            result = await obstore.get_async(self._backend, ref.key)
            if result.meta["size"] != ref.bytes:
                raise corrupt(ref.key)
            async for chunk in result.stream(min_chunk_size=CHUNK_BYTES):
                content = bytes(chunk)
                meter.add(content)
                yield content
        if not meter.matches(ref):
            raise corrupt(ref.key)

    async def delete_prefix(self, prefix: str) -> int:
        """See `ObjectStore`."""
        check_key(prefix.rstrip("/") + "/all")  # so that at least a tenant is named
        deleted = 0
        with _store_errors(prefix):
            async for batch in self._list(prefix.rstrip("/")):
                keys = [item["path"] for item in batch]
                await obstore.delete_async(self._backend, keys)
                deleted += len(keys)
        return deleted

    def _list(self, prefix: str) -> "AsyncIterator[Sequence[ObjectMeta]]":
        # Its overload for Arrow batches is untyped.
        return obstore.list(self._backend, prefix, chunk_size=500)  # pyright: ignore[reportUnknownMemberType]

    async def _publish(self, staged: str, key: str) -> None:
        await obstore.rename_async(self._backend, staged, key, overwrite=False)


class LocalObjectStore(ObstoreObjectStore):
    """A folder, readable by its owner alone. Objects are used in place; a file is hashed again only if it changed since
    it was written or last compared.

    A stored object is on the disk when `put_*` returns: what was accepted outlives a power cut.
    """

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root = root.resolve()
        (self.root / _STAGING).mkdir(exist_ok=True, mode=0o700)
        self._verified: OrderedDict[tuple[str, str], tuple[int, ...]] = OrderedDict()
        super().__init__(LocalStore(self.root))

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        ref = await super().put_stream(key, chunks, media_type)
        with contextlib.suppress(OSError):  # deleted at once: there is nothing to remember
            self._remember(ref, await asyncio.to_thread((self.root / key).stat))
        return ref

    async def put_file(self, key: str, path: Path, media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        stored = await asyncio.to_thread(self._take, check_key(key), path, media_type)
        return stored or await super().put_file(key, path, media_type)

    async def fetch(self, ref: ObjectRef, into: Path) -> Path:  # noqa: ARG002 - other stores copy into it
        """The object's own path, after its checksum was compared. `into` is not used."""
        path = self.root / check_key(ref.key)
        with _store_errors(ref.key):
            if not self._is_verified(path, ref):
                await asyncio.to_thread(self._verify, path, ref)
        return path

    async def delete_prefix(self, prefix: str) -> int:
        """See `ObjectStore`. Folders that are left empty go too."""
        deleted = await super().delete_prefix(prefix)
        await asyncio.to_thread(_prune, self.root / prefix.rstrip("/"), self.root / "tenants")
        return deleted

    async def sweep_staging(self, older_than_seconds: float) -> int:
        """Removes what uploads that died left behind. Returns how many there were."""
        return await asyncio.to_thread(_sweep, self.root / _STAGING, time.time() - older_than_seconds)

    async def _publish(self, staged: str, key: str) -> None:
        await asyncio.to_thread(_link, self.root, self.root / staged, self.root / key)

    def _take(self, key: str, path: Path, media_type: str) -> ObjectRef | None:
        """Stores a small file, a large one not; what goes wrong at the sender's end is raised as it is."""
        if path.stat().st_size > _AT_ONCE_BYTES:
            return None
        content = path.read_bytes()
        meter = Meter()
        meter.add(content)
        staged = self.root / _STAGING / uuid.uuid4().hex
        with _store_errors(key):
            try:
                staged.write_bytes(content)
                _link(self.root, staged, self.root / key)
            finally:
                staged.unlink(missing_ok=True)
        ref = meter.ref(key, media_type)
        with contextlib.suppress(OSError):  # deleted at once: there is nothing to remember
            self._remember(ref, (self.root / key).stat())
        return ref

    def _is_verified(self, path: Path, ref: ObjectRef) -> bool:
        state = path.stat()
        return self._verified.get((ref.key, ref.sha256)) == _mark(state) and state.st_size == ref.bytes

    def _verify(self, path: Path, ref: ObjectRef) -> None:
        state = path.stat()
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != ref.sha256 or state.st_size != ref.bytes:
            raise corrupt(ref.key)
        self._remember(ref, state)

    def _remember(self, ref: ObjectRef, state: os.stat_result) -> None:
        if state.st_size != ref.bytes:
            return
        self._verified[ref.key, ref.sha256] = _mark(state)
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)


def _mark(state: os.stat_result) -> tuple[int, ...]:
    """Tells a file that was changed or put in another's place from the one that was looked at."""
    return state.st_ino, state.st_size, state.st_mtime_ns


def _link(root: Path, staged: Path, final: Path) -> None:
    """Moves a staged file to its place, durably. Raises `AlreadyExistsError` like the other backends."""
    staged.chmod(0o600)
    _sync(staged)
    try:
        for attempt in range(4):
            try:
                os.link(staged, final)
                break
            except FileNotFoundError:  # the first file of its folder; or somebody pruned the empty folder just now
                if attempt == 3:
                    raise
                _make_folders(root, final.parent)
            except FileExistsError as error:
                raise AlreadyExistsError(str(final)) from error
    finally:
        staged.unlink(missing_ok=True)
    _sync(final.parent)


def _make_folders(root: Path, folder: Path) -> None:
    # Path.mkdir(parents=True) gives its mode to the last folder only.
    missing = [path for path in (folder, *folder.parents) if path.is_relative_to(root) and not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True, mode=0o700)
        _sync(path.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _prune(folder: Path, stop: Path) -> None:
    below = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True) if folder.is_dir() else []
    above = [path for path in (folder, *folder.parents) if path.is_relative_to(stop) and path != stop]
    for path in (*below, *above):
        with contextlib.suppress(OSError):  # not empty, or gone: both are fine
            path.rmdir()


def _sweep(folder: Path, before: float) -> int:
    swept = 0
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


@contextlib.contextmanager
def _store_errors(key: str) -> Generator[None, None, None]:
    try:
        yield
    except AlreadyExistsError as error:
        raise Conflict("OBJECT_EXISTS", "There is an object under this key already.", {"object": key}) from error
    except FileNotFoundError as error:
        raise NotFound("OBJECT_MISSING", "A stored file is missing. Upload it again.", {"object": key}) from error
    except (BaseError, OSError) as error:
        raise Unavailable(
            "OBJECT_STORE_FAILED", "The object store cannot be used at the moment.", {"object": key}
        ) from error


async def _one(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content


async def _file(path: Path) -> AsyncGenerator[bytes, None]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
