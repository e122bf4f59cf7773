"""The suite on the stores that exist, and what is particular to the one in a local folder."""

import asyncio
import os
import stat
import tempfile
from pathlib import Path

import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from object_store_suite import DATASET, KEY, TENANT, ObjectStoreSuite, fresh_key, in_chunks
from obstore.store import MemoryStore
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Invalid, Unavailable
from perito_runtime.object_store import ObjectStore, check_key, dataset_key
from perito_runtime.objects import LocalObjectStore, ObstoreObjectStore


class TestLocalObjectStore(ObjectStoreSuite):
    """A folder."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalObjectStore:
        return LocalObjectStore(tmp_path / "objects")

    async def spoil(self, store: ObjectStore, ref: ObjectRef, content: bytes) -> None:
        assert isinstance(store, LocalObjectStore)
        _overwrite(store.root / ref.key, content)

    async def check_nothing_staged(self, store: ObjectStore) -> None:
        assert isinstance(store, LocalObjectStore)
        assert _files(store.root / "staging") == []

    async def test_object_is_used_in_place(self, store: LocalObjectStore, tmp_path: Path) -> None:
        ref = await store.put_bytes(KEY, b"abc", "text/csv")
        assert await store.fetch(ref, tmp_path / "nowhere") == store.root / KEY

    async def test_only_the_owner_can_read_it(self, store: LocalObjectStore) -> None:
        old = os.umask(0)
        try:
            await store.put_stream(KEY, in_chunks(b"x" * 9000, 1000), "text/csv")
        finally:
            os.umask(old)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (store.root, *store.root.rglob("*")) if path.is_dir()}
        assert modes == {0o700}
        assert stat.S_IMODE((store.root / KEY).stat().st_mode) == 0o600

    async def test_file_is_hashed_again_only_if_it_changed(self, store: LocalObjectStore, tmp_path: Path) -> None:
        ref = await store.put_bytes(KEY, b"abc", "text/csv")
        path = store.root / KEY
        state = path.stat()
        path.write_bytes(b"xyz")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert (await store.fetch(ref, tmp_path)) == path  # hashed as it was written, and nothing says that it changed
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
        with pytest.raises(Unavailable):
            await store.fetch(ref, tmp_path)
        with pytest.raises(Unavailable):
            await LocalObjectStore(store.root).fetch(ref, tmp_path)  # another process has not seen it written

    async def test_deleting_leaves_no_empty_folder(self, store: LocalObjectStore) -> None:
        await store.put_bytes(KEY, b"abc", "text/csv")
        await store.delete_prefix(f"tenants/{TENANT}")
        assert [path.name for path in store.root.rglob("*")] in (["staging", "tenants"], ["tenants", "staging"])

    async def test_what_died_in_the_middle_is_swept_when_it_is_old(self, store: LocalObjectStore) -> None:
        old, young = store.root / "staging" / "old", store.root / "staging" / "young"
        for path in (old, young):
            path.write_bytes(b"x")
        os.utime(old, (1_000_000_000, 1_000_000_000))
        assert await store.sweep_staging(3600) == 1
        assert not old.exists()
        assert young.exists()

    async def test_pruning_and_writing_at_the_same_time(self, store: LocalObjectStore) -> None:
        async def write(n: int) -> None:
            ref = await store.put_bytes(f"tenants/{TENANT}/datasets/x/{n}", b"x", "text/csv")
            assert await store.read_bytes(ref, 1) == b"x"

        async def prune() -> None:
            await store.delete_prefix(f"tenants/{TENANT}/datasets/y")

        await asyncio.gather(*(write(n) for n in range(40)), *(prune() for _ in range(20)))


class TestMemoryObjectStore(ObjectStoreSuite):
    """A remote store as far as the code can tell: nothing is local, everything is fetched."""

    @pytest.fixture
    def backend(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def store(self, backend: MemoryStore) -> ObstoreObjectStore:
        store = ObstoreObjectStore(backend)
        store.pause_seconds = 0.01
        return store

    @pytest.fixture(autouse=True)
    def _remember(self, backend: MemoryStore) -> None:
        self.behind = backend

    async def spoil(self, store: ObjectStore, ref: ObjectRef, content: bytes) -> None:  # noqa: ARG002 - not through it
        await obstore.put_async(self.behind, ref.key, content)

    async def check_nothing_staged(self, store: ObjectStore) -> None:  # noqa: ARG002 - behind its back too
        # Its overload for Arrow is untyped.
        listed = obstore.list_with_delimiter(self.behind, "staging")  # pyright: ignore[reportUnknownMemberType]
        assert listed["objects"] == []


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=5000), size=st.integers(1, 999))
def test_any_bytes_in_any_chunks_come_back(content: bytes, size: int) -> None:
    async def there_and_back() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            store = LocalObjectStore(Path(folder))
            ref = await store.put_stream(fresh_key(), in_chunks(content, size), "text/csv")
            return await store.read_bytes(ref, 5000)

    assert asyncio.run(there_and_back()) == content


@given(st.text(max_size=60))
def test_no_text_becomes_a_key_that_leaves_its_tenant(name: str) -> None:
    try:
        key = dataset_key(TENANT, DATASET, name)
    except Invalid:
        return
    assert check_key(key) == key
    assert Path("/root", key).resolve() == Path("/root") / key
    assert key.startswith(f"tenants/{TENANT}/datasets/{DATASET}/")


def _overwrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
