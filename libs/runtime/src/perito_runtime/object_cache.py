"""Copies of objects of a distant store in a local folder, for who fetches the same ones again and again.

Any number of processes share the folder without talking to each other. A copy is named by the SHA-256 of its bytes,
filled beside its place and then moved there: nobody ever sees half of one. When the folder is full, what was used
longest ago goes first. Whoever fetches gets a hard link of his own, which stays whole when the copy goes.
"""

import asyncio
import contextlib
import os
import shutil
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Unavailable

from perito_runtime.logs import logger
from perito_runtime.object_store import StoredObject, Unfinished, check_key
from perito_runtime.obstore_objects import ObstoreObjectStore
from perito_runtime.store_errors import scratch_errors
from perito_runtime.verified_files import VerifiedFiles

log = logger("objects")

_FILLING = "filling"
_DEAD_SECONDS = 3600
"""A filling that was not written to for so long was left by a process that died."""


class CachedObjectStore:
    """An `ObjectStore` whose `fetch` keeps copies in `folder`, `limit` bytes at most without links that are in use.

    A file that `put_file` stored needs no download afterwards. An object larger than half of the limit is not kept.
    """

    def __init__(self, store: ObstoreObjectStore, folder: Path, limit: int) -> None:
        self._store = store
        self._cache = _Folder(folder, limit)
        self._at_work: dict[str, asyncio.Lock] = {}

    async def fetch(self, ref: ObjectRef, into: Path) -> Path:
        """See `ObjectStore`."""
        check_key(ref.key)
        path = into / f"{uuid.uuid4().hex}-{ref.key.rsplit('/', 1)[-1]}"
        lock = self._at_work.setdefault(ref.sha256, asyncio.Lock())  # two of one process need one download
        try:
            async with lock:
                if not await asyncio.to_thread(self._cache.take, ref, path):
                    await self._fill(ref, path)
        finally:
            if not lock.locked():
                self._at_work.pop(ref.sha256, None)
        return path

    async def put_file(self, key: str, path: Path, media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        ref = await self._store.put_file(key, path, media_type)
        await asyncio.to_thread(self._cache.keep, ref, path, compared=False)
        return ref

    async def _fill(self, ref: ObjectRef, path: Path) -> None:
        fetched = await self._fetched(ref, path.parent)
        await asyncio.to_thread(self._cache.keep, ref, fetched, compared=True)
        await asyncio.to_thread(fetched.rename, path)

    async def _fetched(self, ref: ObjectRef, into: Path) -> Path:
        try:
            return await self._store.fetch(ref, into)
        except Unavailable as error:
            if error.reason != "SCRATCH_FULL" or not await asyncio.to_thread(self._cache.clear):
                raise
        log.warning("the disk is full: copies of objects were dropped", folder=str(self._cache.folder))
        return await self._store.fetch(ref, into)

    async def check(self) -> None:
        """See `ObjectStore`."""
        await self._store.check()

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        return await self._store.put_stream(key, chunks, media_type)

    async def put_bytes(self, key: str, content: bytes, media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        return await self._store.put_bytes(key, content, media_type)

    async def read_bytes(self, ref: ObjectRef, limit: int) -> bytes:
        """See `ObjectStore`."""
        return await self._store.read_bytes(ref, limit)

    def open_stream(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """See `ObjectStore`."""
        return self._store.open_stream(ref)

    async def delete_prefix(self, prefix: str) -> int:
        """See `ObjectStore`. A copy may stay until its place is needed; nobody asks for it without a reference."""
        return await self._store.delete_prefix(prefix)

    async def delete_objects(self, keys: Sequence[str]) -> int:
        """See `ObjectStore`."""
        return await self._store.delete_objects(keys)

    def list_objects(self, prefix: str = "tenants") -> AsyncGenerator[list[StoredObject], None]:
        """See `ObjectStore`."""
        return self._store.list_objects(prefix)

    def list_unfinished(self) -> AsyncGenerator[list[Unfinished], None]:
        """See `ObjectStore`."""
        return self._store.list_unfinished()

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """See `ObjectStore`."""
        await self._store.abort_unfinished(upload)


class _Folder:
    """The copies. Every step is safe beside other processes; what goes wrong here only costs a download."""

    def __init__(self, folder: Path, limit: int) -> None:
        (folder / _FILLING).mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self.folder = folder
        self._limit = limit
        self._verified = VerifiedFiles()

    def take(self, ref: ObjectRef, path: Path) -> bool:
        """Makes `path` a file with the object's bytes, where there is a copy of them."""
        copy = self.folder / ref.sha256
        try:
            if not self._verified.knows(copy, ref) and not self._verified.verify(copy, ref):
                log.warning("copy of an object was damaged", sha256=ref.sha256)
                copy.unlink(missing_ok=True)
                return False
            state = copy.stat()
            os.utime(copy, ns=(time.time_ns(), state.st_mtime_ns))  # used now; what tells a change is left as it is
            _link_or_copy(copy, path)
        except OSError:
            return False
        return True

    def keep(self, ref: ObjectRef, path: Path, *, compared: bool) -> None:
        """Takes a file. `compared`: its bytes are known to be the object's; else they are compared at the first use."""
        copy = self.folder / ref.sha256
        if copy.exists() or ref.bytes * 2 > self._limit:
            return
        filling = self.folder / _FILLING / uuid.uuid4().hex
        try:
            with scratch_errors(filling):
                _link_or_copy(path, filling)
                self._make_room(ref.bytes)
                filling.chmod(0o400)
                filling.rename(copy)
            if compared:
                self._verified.remember(copy, ref)
        except (OSError, Unavailable) as error:
            log.warning("copy of an object was not kept", error=str(error))
        finally:
            filling.unlink(missing_ok=True)

    def clear(self) -> bool:
        """Drops all copies; whether there were any."""
        copies = self._copies()
        for _, _, copy in copies:
            copy.unlink(missing_ok=True)
        return bool(copies)

    def _make_room(self, wanted: int) -> None:
        copies = self._copies()
        total = sum(size for _, size, _ in copies)
        for _, size, copy in sorted(copies):
            if total + wanted <= self._limit:
                return
            copy.unlink(missing_ok=True)
            total -= size

    def _copies(self) -> list[tuple[int, int, Path]]:
        """When each was last used, its bytes and where it is."""
        found: list[tuple[int, int, Path]] = []
        dead = time.time() - _DEAD_SECONDS
        for entry in (*os.scandir(self.folder), *os.scandir(self.folder / _FILLING)):
            with contextlib.suppress(FileNotFoundError):
                state = entry.stat(follow_symlinks=False)
                path = Path(entry.path)
                if not entry.is_file(follow_symlinks=False):
                    continue
                if path.parent.name != _FILLING:
                    found.append((state.st_atime_ns, state.st_size, path))
                elif state.st_ctime < dead:
                    path.unlink()
        return found


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        with scratch_errors(target):
            shutil.copyfile(source, target)
