"""Copies of a distant store's objects: right or not there, bounded, and shared by processes."""

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from object_store_suite import KEY, ObjectStoreSuite, fresh_key
from obstore.store import MemoryStore
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import NotFound, Unavailable
from perito_runtime.object_cache import CachedObjectStore
from perito_runtime.object_store import ObjectStore
from perito_runtime.obstore_objects import ObstoreObjectStore

LIMIT = 10_000


class Counting(ObstoreObjectStore):
    """A distant store that counts what is fetched from it."""

    def __init__(self) -> None:
        super().__init__(MemoryStore())
        self.fetched: list[str] = []
        self.pause_seconds = 0.01
        self.full: Callable[[], bool] = lambda: False
        """Whether the disk has no room for another byte."""

    async def fetch(self, ref: ObjectRef, into: Path) -> Path:
        """Counted."""
        self.fetched.append(ref.key)
        return await super().fetch(ref, into)

    async def open_stream(self, ref: ObjectRef) -> AsyncGenerator[bytes, None]:
        """As a file that is written from it ends where the disk does."""
        async for chunk in super().open_stream(ref):
            if self.full():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            yield chunk


@pytest.fixture
def distant() -> Counting:
    """The store behind."""
    return Counting()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the copies are."""
    return tmp_path / "cache"


@pytest.fixture
def store(distant: Counting, folder: Path) -> CachedObjectStore:
    """The store with copies."""
    return CachedObjectStore(distant, folder, LIMIT)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """A job's folder."""
    path = tmp_path / "job"
    path.mkdir()
    return path


def copies(folder: Path) -> dict[str, int]:
    """Bytes of each copy."""
    return {path.name: path.stat().st_size for path in folder.iterdir() if path.is_file()}


def files(folder: Path) -> int:
    """How many there are."""
    return len(list(folder.iterdir()))


class TestCachedObjectStore(ObjectStoreSuite):
    """Does what the store behind does."""

    @pytest.fixture
    def store(self, distant: Counting, folder: Path) -> ObjectStore:
        return CachedObjectStore(distant, folder, 64 << 20)

    async def test_other_bytes_are_never_handed_out(  # type: ignore[override] - what is kept is still right
        self, store: ObjectStore, distant: Counting, tmp_path: Path
    ) -> None:
        ref = await store.put_bytes(KEY, b"abc", "text/csv")
        await store.fetch(ref, tmp_path)
        await distant.delete_objects([KEY])
        await distant.put_bytes(KEY, b"xyz", "text/csv")
        assert (await store.fetch(ref, tmp_path)).read_bytes() == b"abc"
        with pytest.raises(Unavailable, match="DATASET_CORRUPT"):
            await store.read_bytes(ref, 100)


async def test_the_second_fetch_asks_nobody(store: CachedObjectStore, distant: Counting, into: Path) -> None:
    ref = await store.put_bytes(KEY, b"x" * 1000, "text/csv")
    same = await store.put_bytes(fresh_key(), b"x" * 1000, "text/csv")
    first, second, third = [await store.fetch(r, into) for r in (ref, ref, same)]
    assert len({first, second, third}) == 3
    assert {path.read_bytes() for path in (first, second, third)} == {b"x" * 1000}
    assert distant.fetched == [ref.key]
    other = await store.put_bytes(fresh_key(), b"y", "text/csv")
    await asyncio.gather(*(store.fetch(other, into) for _ in range(8)))
    assert len(distant.fetched) == 2, "those that come together wait for one download"


async def test_what_this_process_stored_is_not_downloaded(
    store: CachedObjectStore, distant: Counting, into: Path, tmp_path: Path
) -> None:
    path = tmp_path / "findings.parquet"
    path.write_bytes(b"PAR1" * 100)
    ref = await store.put_file(KEY, path, "application/x")
    path.unlink()
    assert (await store.fetch(ref, into)).read_bytes() == b"PAR1" * 100
    assert distant.fetched == []


async def test_a_file_that_changes_after_it_was_stored_is_not_believed(
    store: CachedObjectStore, distant: Counting, into: Path, tmp_path: Path
) -> None:
    path = tmp_path / "findings.parquet"
    path.write_bytes(b"right")
    ref = await store.put_file(KEY, path, "application/x")
    path.chmod(0o600)
    path.write_bytes(b"wrong")
    assert (await store.fetch(ref, into)).read_bytes() == b"right"
    assert distant.fetched == [KEY]


@pytest.mark.parametrize("damage", [b"", b"half", b"x" * 999 + b"y"])
async def test_a_damaged_copy_is_dropped(
    store: CachedObjectStore, distant: Counting, folder: Path, into: Path, damage: bytes
) -> None:
    ref = await store.put_bytes(KEY, b"x" * 1000, "text/csv")
    await store.fetch(ref, into)
    copy = folder / ref.sha256
    copy.chmod(0o600)
    copy.write_bytes(damage)
    for other in (store, CachedObjectStore(distant, folder, LIMIT)):
        assert (await other.fetch(ref, into)).read_bytes() == b"x" * 1000
    assert len(distant.fetched) == 2


async def test_what_was_used_longest_ago_goes_first_and_links_stay(
    store: CachedObjectStore, distant: Counting, folder: Path, into: Path
) -> None:
    refs = [await store.put_bytes(fresh_key(), bytes([n]) * 3000, "text/csv") for n in range(4)]
    held = [await store.fetch(ref, into) for ref in refs[:3]]
    await store.fetch(refs[0], into)
    await store.fetch(refs[3], into)
    assert copies(folder).keys() == {refs[n].sha256 for n in (0, 2, 3)}
    assert [path.read_bytes()[0] for path in held] == [0, 1, 2]
    large = await store.put_bytes(fresh_key(), b"z" * 6000, "text/csv")
    assert (await store.fetch(large, into)).stat().st_size == 6000
    assert large.sha256 not in copies(folder), "more than half of the limit"
    assert sum(copies(folder).values()) <= LIMIT


async def test_copies_give_way_to_what_is_needed_on_a_full_disk(
    store: CachedObjectStore, distant: Counting, folder: Path, into: Path
) -> None:
    ref = await store.put_bytes(KEY, b"x" * 1000, "text/csv")
    distant.full = lambda: True
    with pytest.raises(Unavailable) as caught:
        await store.fetch(ref, into)
    assert caught.value.reason == "SCRATCH_FULL"
    assert files(into) == 0
    distant.full = lambda: False
    await store.fetch(await store.put_bytes(fresh_key(), b"k" * 1000, "text/csv"), into)
    distant.full = lambda: bool(copies(folder))
    assert (await store.fetch(ref, into)).read_bytes() == b"x" * 1000
    assert files(into) == 2


_CHURN = """
import asyncio, hashlib, random, sys
from pathlib import Path
from tempfile import TemporaryDirectory
from obstore.store import LocalStore
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_runtime.object_cache import CachedObjectStore
from perito_runtime.obstore_objects import ObstoreObjectStore

async def main(objects, folder, seed):
    store = CachedObjectStore(ObstoreObjectStore(LocalStore(objects)), Path(folder), 10_000)
    chance = random.Random(seed)
    with TemporaryDirectory() as job:
        for _ in range(80):
            n = chance.randrange(12)
            content = bytes([n]) * (500 + 300 * n)
            key = f"tenants/t/datasets/d/{n}"
            ref = ObjectRef(key=key, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
            path = await store.fetch(ref, Path(job))
            assert path.read_bytes() == content
            path.unlink()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def test_processes_share_a_folder(tmp_path: Path, folder: Path) -> None:
    objects = tmp_path / "objects"
    (objects / "tenants/t/datasets/d").mkdir(parents=True)
    for n in range(12):
        (objects / f"tenants/t/datasets/d/{n}").write_bytes(bytes([n]) * (500 + 300 * n))
    command = [sys.executable, "-c", _CHURN, str(objects), str(folder)]
    running = [subprocess.Popen([*command, str(seed)], stderr=subprocess.PIPE) for seed in range(3)]
    ended = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], ended
    assert files(folder / "filling") == 0
    assert sum(copies(folder).values()) <= LIMIT + 2 * 3800, "each may add one while another looks"


async def test_what_a_dead_process_was_filling_goes(store: CachedObjectStore, folder: Path, into: Path) -> None:
    dead = folder / "filling" / "dead"
    dead.write_bytes(b"half")
    await store.fetch(await store.put_bytes(fresh_key(), b"x", "text/csv"), into)
    assert dead.exists(), "it may still be written to"
    now = time.time
    try:
        time.time = lambda: now() + 7200
        await store.fetch(await store.put_bytes(fresh_key(), b"y", "text/csv"), into)
    finally:
        time.time = now
    assert not dead.exists()


async def test_what_is_not_there_is_not_kept(store: CachedObjectStore, folder: Path, into: Path) -> None:
    ref = ObjectRef(key=fresh_key(), sha256=hashlib.sha256(b"x").hexdigest(), bytes=1)
    with pytest.raises(NotFound):
        await store.fetch(ref, into)
    assert copies(folder) == {}
