"""The suite on a bucket, and what is particular to one."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest
from object_store_suite import KEY, ObjectStoreSuite, in_chunks
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import Conflict, NotFound, Unavailable
from perito_runtime.object_store import ObjectStore
from perito_runtime.s3_objects import PART_BYTES, S3ObjectStore, S3Settings
from perito_runtime.s3_uploads import S3Address

from tests.servers.buckets import Buckets

LARGE = 2 * PART_BYTES + 4321


def store_in(buckets: Buckets, under: str) -> S3ObjectStore:
    """A store in a bucket, as a process would open it."""
    address = S3Address(buckets.bucket, endpoint=buckets.endpoint, credentials=("key", "secret"))
    store = S3ObjectStore(S3Settings(address, under, timeout_seconds=10))
    store.pause_seconds = 0.01
    return store


class TestS3ObjectStore(ObjectStoreSuite):
    """A bucket."""

    @pytest.fixture
    def store(self, buckets: Buckets, under: str) -> ObjectStore:
        return store_in(buckets, under)

    @pytest.fixture(autouse=True)
    def _remember(self, buckets: Buckets, under: str) -> None:
        self.behind, self.under = buckets, under

    async def spoil(self, store: ObjectStore, ref: ObjectRef, content: bytes) -> None:  # noqa: ARG002 - behind its back
        path = f"/{self.behind.bucket}/{self.under}/{ref.key}"
        await asyncio.to_thread(self.behind.ask, "PUT", path, content)

    async def check_nothing_staged(self, store: ObjectStore) -> None:  # noqa: ARG002 - behind its back too
        assert await asyncio.to_thread(self.behind.keys, self.under) in ([], [f"{self.under}/{KEY}"])
        assert await asyncio.to_thread(self.behind.uploads, self.under) == []


async def test_large_object_goes_in_parts_and_takes_its_key_first(buckets: Buckets, under: str) -> None:
    store = store_in(buckets, under)
    content = bytes(range(256)) * (LARGE // 256)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncGenerator[bytes, None]:
        async for chunk in in_chunks(content[: PART_BYTES + 70_000], 1 << 20):
            yield chunk
        begun.set()
        await go_on.wait()
        yield content[PART_BYTES + 70_000 :]

    upload = asyncio.create_task(store.put_stream(KEY, slowly(), "text/csv"))
    await begun.wait()
    with pytest.raises(Conflict):
        await store.put_bytes(KEY, b"another's", "text/csv")
    with pytest.raises(Conflict):
        await store.put_stream(KEY, in_chunks(content, 1 << 20), "text/csv")
    go_on.set()
    ref = await upload
    assert ref.sha256 == hashlib.sha256(content).hexdigest()
    assert await store.read_bytes(ref, len(content)) == content
    with pytest.raises(Conflict):
        await store.put_stream(KEY, in_chunks(content, 1 << 20), "text/csv")
    assert await store.read_bytes(ref, len(content)) == content


async def test_upload_of_another_process_is_seen_under_its_own_prefix_only(buckets: Buckets, under: str) -> None:
    store = store_in(buckets, under)
    path = f"/{buckets.bucket}/{under}/{KEY}?uploads"
    await asyncio.to_thread(buckets.ask, "POST", path)
    assert [each async for page in store_in(buckets, f"{under}x").list_unfinished() for each in page] == []
    found = [each async for page in store.list_unfinished() for each in page]
    assert [each.key for each in found] == [KEY]
    assert found[0].modified < datetime.now(UTC)
    await store.abort_unfinished(found[0])
    assert await asyncio.to_thread(buckets.uploads, under) == []


async def test_store_is_checked(buckets: Buckets, under: str) -> None:
    await store_in(buckets, under).check()
    assert await asyncio.to_thread(buckets.keys, under) == []
    nowhere = S3Address("no-such-bucket", endpoint=buckets.endpoint, credentials=("key", "secret"))
    with pytest.raises((NotFound, Unavailable)):
        await S3ObjectStore(S3Settings(nowhere, under)).check()
