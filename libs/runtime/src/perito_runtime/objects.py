"""The object store in a local folder, of one process or shared by several.

Every step is safe beside other processes in the same folder: an object appears by a hard link, which exactly one of
many can make; folders are made and pruned at any time, so whoever finds one gone makes it again.
"""

import asyncio
import contextlib
import os
import stat
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore
from perito.dataset.v1.dataset_pb2 import ObjectRef

from perito_runtime.object_store import (
    Meter,
    ObjectStore,
    Unfinished,
    artifact_key,
    check_key,
    check_tenant,
    corrupt,
    dataset_key,
)
from perito_runtime.obstore_objects import STAGING, ObstoreObjectStore
from perito_runtime.store_errors import store_errors
from perito_runtime.verified_files import VerifiedFiles

__all__ = ["LocalObjectStore", "ObjectStore", "ObstoreObjectStore", "artifact_key", "check_tenant", "dataset_key"]

_TRIES = 20
_AT_ONCE_BYTES = 4 << 20
"""A file up to this size is stored by one call in a thread: a phase leaves some twenty of a few KiB, and going to a
thread for each step costs five times what the steps do."""


class LocalObjectStore(ObstoreObjectStore):
    """A folder, readable by its owner alone. Objects are used in place; a file is hashed again only if it changed since
    it was written or last compared.

    A stored object is on the disk when `put_*` returns: what was accepted outlives a power cut.
    """

    reads = 1
    """The bytes in place are all there are."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root = root.resolve()
        (self.root / STAGING).mkdir(exist_ok=True, mode=0o700)
        self._verified = VerifiedFiles()
        super().__init__(LocalStore(self.root))

    async def check(self) -> None:
        """See `ObjectStore`."""
        probe = self.root / STAGING / uuid.uuid4().hex
        with store_errors(STAGING):
            await asyncio.to_thread(_probe, probe)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        ref = await super().put_stream(key, chunks, media_type)
        with contextlib.suppress(OSError):  # deleted at once: there is nothing to remember
            await asyncio.to_thread(self._verified.remember, self.root / key, ref)
        return ref

    async def put_file(self, key: str, path: Path, media_type: str) -> ObjectRef:
        """See `ObjectStore`."""
        stored = await asyncio.to_thread(self._take, check_key(key), path, media_type)
        return stored or await super().put_file(key, path, media_type)

    async def fetch(self, ref: ObjectRef, into: Path) -> Path:  # noqa: ARG002 - other stores copy into it
        """The object's own path, after its checksum was compared. `into` is not used."""
        path = self.root / check_key(ref.key)
        with store_errors(ref.key):
            if not self._verified.knows(path, ref) and not await asyncio.to_thread(self._verified.verify, path, ref):
                raise corrupt(ref.key)
        return path

    async def delete_prefix(self, prefix: str) -> int:
        """See `ObjectStore`. Folders that are left empty go too."""
        deleted = await super().delete_prefix(prefix)
        await asyncio.to_thread(_prune, self.root / prefix.rstrip("/"), self.root / "tenants")
        return deleted

    async def delete_objects(self, keys: Sequence[str]) -> int:
        """See `ObjectStore`. Folders that are left empty go too."""
        with store_errors(keys[0] if keys else ""):
            await asyncio.to_thread(_delete, self.root, [check_key(key) for key in keys])
        return len(keys)

    async def list_unfinished(self) -> AsyncGenerator[list[Unfinished], None]:
        """See `ObjectStore`."""
        with store_errors(STAGING):
            yield await asyncio.to_thread(_unfinished, self.root / STAGING)

    async def abort_unfinished(self, upload: Unfinished) -> None:
        """See `ObjectStore`."""
        with store_errors(STAGING):
            await asyncio.to_thread((self.root / STAGING / upload.token).unlink, missing_ok=True)

    async def sweep_staging(self, older_than_seconds: float) -> int:
        """Removes what uploads that died left behind. Returns how many there were.

        With 0, for who holds the folder alone: to others' uploads it is an end.
        """
        before = datetime.now(UTC) - timedelta(seconds=older_than_seconds)
        dead = [upload async for page in self.list_unfinished() for upload in page if upload.modified < before]
        for upload in dead:
            await self.abort_unfinished(upload)
        return len(dead)

    async def _publish(self, staged: str, key: str) -> None:
        await asyncio.to_thread(_link, self.root, self.root / staged, self.root / key)

    def _take(self, key: str, path: Path, media_type: str) -> ObjectRef | None:
        """Stores a small file, a large one not; what goes wrong at the sender's end is raised as it is."""
        if path.stat().st_size > _AT_ONCE_BYTES:
            return None
        content = path.read_bytes()
        meter = Meter()
        meter.add(content)
        staged = self.root / STAGING / uuid.uuid4().hex
        with store_errors(key):
            try:
                staged.write_bytes(content)
                _link(self.root, staged, self.root / key)
            finally:
                staged.unlink(missing_ok=True)
        ref = meter.ref(key, media_type)
        with contextlib.suppress(OSError):  # deleted at once: there is nothing to remember
            self._verified.remember(self.root / key, ref)
        return ref


def _link(root: Path, staged: Path, final: Path) -> None:
    """Moves a staged file to its place, durably. Raises `AlreadyExistsError` like the other backends."""
    staged.chmod(0o600)
    _sync(staged)
    try:
        _link_into_folder(root, staged, final)
    except FileExistsError as error:
        raise AlreadyExistsError(str(final)) from error
    finally:
        staged.unlink(missing_ok=True)
    _sync(final.parent)


def _link_into_folder(root: Path, staged: Path, final: Path) -> None:
    for _ in range(_TRIES):
        try:
            os.link(staged, final)
        except FileNotFoundError:  # the first file of its folder; or somebody pruned the empty folder just now
            with contextlib.suppress(FileNotFoundError):
                _make_folders(root, final.parent)
        else:
            return
    os.link(staged, final)


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


def _probe(path: Path) -> None:
    path.write_bytes(b"")
    path.unlink()


def _delete(root: Path, keys: Sequence[str]) -> None:
    for key in keys:
        (root / key).unlink(missing_ok=True)
    for folder in {(root / key).parent for key in keys}:
        _prune_upwards(folder, root / "tenants")


def _prune(folder: Path, stop: Path) -> None:
    for path, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            with contextlib.suppress(OSError):  # not empty, or gone: both are fine
                Path(path, name).rmdir()
    _prune_upwards(folder, stop)


def _prune_upwards(folder: Path, stop: Path) -> None:
    for path in (folder, *folder.parents):
        if path == stop or not path.is_relative_to(stop):
            return
        with contextlib.suppress(OSError):
            path.rmdir()


def _unfinished(folder: Path) -> list[Unfinished]:
    found: list[Unfinished] = []
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # an upload that ended while we looked
            state = path.stat()
            if stat.S_ISREG(state.st_mode):
                found.append(Unfinished("", path.name, state.st_size, datetime.fromtimestamp(state.st_mtime, UTC)))
    return found
