"""What every object store must do. A test class of an implementation inherits `ObjectStoreSuite` and gives `store`."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Conflict, Exhausted, Invalid, NotFound, Unavailable
from perito_runtime.object_store import ObjectStore, artifact_key, check_tenant, dataset_key

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
DATASET = "33333333-3333-4333-8333-333333333333"
FOREIGN_KEYS = (
    *("", "x", "tenants/a", "tenants/a/../b/c", "/tenants/a/b", "tenants//b", "tenants/a/b/", "tenants/a/b\x00"),
    *("tenants/a/.hidden", "tenants/a/ñ", "tenants/a/b c", "tenants/a/b\n", "staging/a/b", "tenants/a/" + "x" * 600),
)
KEY = dataset_key(TENANT, DATASET, 0)


async def in_chunks(content: bytes, size: int) -> AsyncGenerator[bytes, None]:
    """Content as a client sends it."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def broken_off(content: bytes) -> AsyncGenerator[bytes, None]:
    """A client that goes away."""
    yield content
    raise ConnectionAbortedError("gone")


def fresh_key() -> str:
    """A key that nobody has used."""
    return dataset_key(TENANT, str(uuid.uuid4()), 0)


class ObjectStoreSuite:
    """Inherit it, and override `spoil` where the bytes behind the store's back can be changed."""

    async def spoil(self, store: ObjectStore, ref: ObjectRef, content: bytes) -> None:
        """Puts other bytes in an object's place, behind the store's back."""
        raise NotImplementedError

    async def test_what_was_put_comes_back(self, store: ObjectStore, tmp_path: Path) -> None:
        content = bytes(range(256)) * 5000
        ref = await store.put_stream(KEY, in_chunks(content, 70_001), "text/csv")
        assert ref == ObjectRef(
            key=KEY, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), media_type="text/csv"
        )
        assert await store.read_bytes(ref, len(content)) == content
        assert b"".join([chunk async for chunk in store.open_stream(ref)]) == content
        assert (await store.fetch(ref, tmp_path)).read_bytes() == content

    async def test_empty_object(self, store: ObjectStore, tmp_path: Path) -> None:
        ref = await store.put_bytes(KEY, b"", "text/csv")
        assert ref.bytes == 0
        assert await store.read_bytes(ref, 0) == b""
        assert (await store.fetch(ref, tmp_path)).read_bytes() == b""

    async def test_put_file_equals_put_bytes(self, store: ObjectStore, tmp_path: Path) -> None:
        path = tmp_path / "findings.parquet"
        path.write_bytes(b"PAR1" * 400_000)
        ref = await store.put_file(artifact_key(TENANT, DATASET, "pattern", 7, path.name), path, "application/x")
        assert ref.key == f"tenants/{TENANT}/analyses/{DATASET}/pattern/7/findings.parquet"
        assert await store.read_bytes(ref, 2_000_000) == path.read_bytes()
        again = await store.put_bytes(fresh_key(), path.read_bytes(), "application/x")
        assert again.sha256 == ref.sha256

    async def test_object_is_never_overwritten(self, store: ObjectStore) -> None:
        ref = await store.put_bytes(KEY, b"first", "text/csv")
        with pytest.raises(Conflict) as caught:
            await store.put_bytes(KEY, b"second", "text/csv")
        assert caught.value.reason == "OBJECT_EXISTS"
        assert await store.read_bytes(ref, 10) == b"first"

    async def test_one_of_many_writers_wins(self, store: ObjectStore) -> None:
        writes = [store.put_bytes(KEY, f"writer {n}".encode(), "text/csv") for n in range(8)]
        results = await asyncio.gather(*writes, return_exceptions=True)
        won = [result for result in results if isinstance(result, ObjectRef)]
        assert len(won) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 7
        assert (await store.read_bytes(won[0], 100)).startswith(b"writer ")

    @pytest.mark.parametrize("size", [10, 12 * 1024 * 1024])
    async def test_upload_that_breaks_off_leaves_nothing(self, store: ObjectStore, size: int) -> None:
        with pytest.raises(ConnectionAbortedError, match="gone"):
            await store.put_stream(KEY, broken_off(b"x" * size), "text/csv")
        ref = ObjectRef(key=KEY, sha256=hashlib.sha256(b"x" * size).hexdigest(), bytes=size)
        with pytest.raises(NotFound):
            await store.read_bytes(ref, size)
        assert (await store.put_bytes(KEY, b"again", "text/csv")).bytes == 5
        await self.check_nothing_staged(store)

    async def test_upload_that_is_cancelled_leaves_nothing(self, store: ObjectStore) -> None:
        waiting = asyncio.Event()

        async def slow() -> AsyncGenerator[bytes, None]:
            yield b"x" * 11 * 1024 * 1024
            waiting.set()
            await asyncio.sleep(60)

        upload = asyncio.create_task(store.put_stream(KEY, slow(), "text/csv"))
        await waiting.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload
        await self.check_nothing_staged(store)

    async def check_nothing_staged(self, store: ObjectStore) -> None:
        """Override where what an upload leaves behind can be seen."""

    async def test_missing_object(self, store: ObjectStore, tmp_path: Path) -> None:
        ref = ObjectRef(key=fresh_key(), sha256="0" * 64, bytes=1)
        with pytest.raises(NotFound) as caught:
            await store.read_bytes(ref, 10)
        assert caught.value.reason == "OBJECT_MISSING"
        with pytest.raises(NotFound):
            await store.fetch(ref, tmp_path)

    @pytest.mark.parametrize("other", [b"xyz", b"abcd", b"", b"ab"])
    async def test_other_bytes_are_never_handed_out(self, store: ObjectStore, tmp_path: Path, other: bytes) -> None:
        ref = await store.put_bytes(KEY, b"abc", "text/csv")
        neighbour = await store.put_bytes(fresh_key(), b"abc", "text/csv")
        await store.fetch(ref, tmp_path)  # a store may remember that it compared these bytes, not that key
        await self.spoil(store, ref, other)
        for read in (store.read_bytes(ref, 100), store.fetch(ref, tmp_path)):
            with pytest.raises(Unavailable) as caught:
                await read
            assert caught.value.reason == "DATASET_CORRUPT"
        assert await store.read_bytes(neighbour, 100) == b"abc"

    async def test_reference_with_another_checksum_is_refused(self, store: ObjectStore, tmp_path: Path) -> None:
        ref = await store.put_bytes(KEY, b"abc", "text/csv")
        forged = ObjectRef(key=ref.key, sha256=hashlib.sha256(b"xyz").hexdigest(), bytes=3)
        with pytest.raises(Unavailable):
            await store.fetch(forged, tmp_path)
        assert (await store.fetch(ref, tmp_path)).read_bytes() == b"abc"

    async def test_object_beyond_the_limit_is_not_read(self, store: ObjectStore) -> None:
        ref = await store.put_bytes(KEY, b"abcdef", "text/csv")
        with pytest.raises(Exhausted) as caught:
            await store.read_bytes(ref, 5)
        assert caught.value.reason == "OBJECT_TOO_LARGE"

    async def test_prefix_is_deleted_and_nothing_else(self, store: ObjectStore) -> None:
        gone = [await store.put_bytes(dataset_key(TENANT, DATASET, n), b"x", "text/csv") for n in range(3)]
        sibling = await store.put_bytes(f"tenants/{TENANT}/datasets/{DATASET}0/0", b"y", "text/csv")
        foreign = await store.put_bytes(dataset_key(OTHER, DATASET, 0), b"z", "text/csv")
        assert await store.delete_prefix(f"tenants/{TENANT}/datasets/{DATASET}/") == 3
        assert await store.delete_prefix(f"tenants/{TENANT}/datasets/{DATASET}") == 0
        for ref in gone:
            with pytest.raises(NotFound):
                await store.read_bytes(ref, 10)
        assert await store.read_bytes(sibling, 10) == b"y"
        assert await store.read_bytes(foreign, 10) == b"z"
        assert (await store.put_bytes(gone[0].key, b"new", "text/csv")).bytes == 3

    async def test_listing_names_every_object_under_a_prefix(self, store: ObjectStore) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)
        refs = [await store.put_bytes(dataset_key(TENANT, DATASET, n), b"x" * n, "text/csv") for n in range(3)]
        foreign = await store.put_bytes(dataset_key(OTHER, DATASET, 0), b"z", "text/csv")
        listed = {o.key: o for page in [page async for page in store.list_objects()] for o in page}
        assert {key: o.bytes for key, o in listed.items()} == {ref.key: ref.bytes for ref in (*refs, foreign)}
        assert all(before < o.modified < datetime.now(UTC) + timedelta(seconds=2) for o in listed.values())
        below = [o.key async for page in store.list_objects(f"tenants/{TENANT}/") for o in page]
        assert sorted(below) == [ref.key for ref in refs]

    async def test_named_objects_are_deleted_whether_there_or_not(self, store: ObjectStore) -> None:
        ref = await store.put_bytes(KEY, b"x", "text/csv")
        kept = await store.put_bytes(fresh_key(), b"y", "text/csv")
        assert await store.delete_objects([fresh_key(), KEY, fresh_key()]) == 3
        assert await store.delete_objects([KEY]) == 1
        assert await store.delete_objects([]) == 0
        with pytest.raises(NotFound):
            await store.read_bytes(ref, 1)
        assert await store.read_bytes(kept, 1) == b"y"

    async def test_upload_that_goes_on_is_listed_and_can_be_aborted(self, store: ObjectStore) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncGenerator[bytes, None]:
            yield b"x" * 20 * 1024 * 1024
            begun.set()
            await go_on.wait()

        upload = asyncio.create_task(store.put_stream(KEY, slow(), "text/csv"))
        await begun.wait()
        found = [each async for page in store.list_unfinished() for each in page]
        assert {each.key for each in found} <= {"", KEY}
        for each in found:
            await store.abort_unfinished(each)
            await store.abort_unfinished(each)
        assert [each async for page in store.list_unfinished() for each in page] == []
        go_on.set()
        failed = (await asyncio.gather(upload, return_exceptions=True))[0]
        assert not found or isinstance(failed, NotFound | Unavailable)

    async def test_store_that_works_passes_its_check(self, store: ObjectStore) -> None:
        await store.check()
        assert [page async for page in store.list_objects()] == []
        await self.check_nothing_staged(store)

    @pytest.mark.parametrize("prefix", ["", "/", "tenants", "tenants/", "tenants//", "staging", "tenants/..", "../x"])
    async def test_no_prefix_spans_tenants(self, store: ObjectStore, prefix: str) -> None:
        ref = await store.put_bytes(KEY, b"x", "text/csv")
        with pytest.raises(Invalid):
            await store.delete_prefix(prefix)
        assert await store.read_bytes(ref, 10) == b"x"

    @pytest.mark.parametrize("key", FOREIGN_KEYS)
    async def test_key_that_could_mean_anything_else_is_refused(self, store: ObjectStore, key: str) -> None:
        with pytest.raises(Invalid) as caught:
            await store.put_bytes(key, b"x", "text/csv")
        assert caught.value.reason == "OBJECT_KEY_INVALID"
        with pytest.raises(Invalid):
            await store.read_bytes(ObjectRef(key=key, bytes=1), 10)

    async def test_object_of_another_tenant_is_told_apart(self, store: ObjectStore) -> None:
        ref = await store.put_bytes(KEY, b"x", "text/csv")
        assert check_tenant(ref, TENANT) is ref
        assert check_tenant(ref, TENANT.upper()) is ref
        with pytest.raises(Invalid):
            check_tenant(ref, OTHER)
        with pytest.raises(Invalid):
            check_tenant(ObjectRef(key=f"tenants/{TENANT}x/a"), TENANT)
