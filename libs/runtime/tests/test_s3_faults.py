"""A bucket that is down, slow or cut off in the middle: tried again, bounded, and never a wrong result."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest
from hurried_store import CONTENT, store_at
from object_store_suite import KEY, in_chunks
from perito.dataset.v1.dataset_pb2 import ObjectRef
from perito_kernel.errors import NotFound, Unavailable
from perito_runtime.s3_objects import PART_BYTES, S3ObjectStore

from tests.faults.proxy import FaultProxy, Faults
from tests.servers.buckets import Buckets

LARGE = b"day,sku,qty\n" * ((2 * PART_BYTES + 9000) // 12)


@pytest.fixture
async def proxy(buckets: Buckets) -> AsyncIterator[FaultProxy]:
    """Between the store and its service."""
    proxy = FaultProxy("127.0.0.1", int(buckets.endpoint.rsplit(":", 1)[1]))
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
def store(proxy: FaultProxy, under: str) -> S3ObjectStore:
    """Through the proxy."""
    return store_at(f"http://127.0.0.1:{proxy.port}", under)


DOWN = {
    "refuses": Faults(refusing=True),
    "says nothing": Faults(silent=True),
    "cuts every answer": Faults(truncate_after=40),
}


@pytest.mark.parametrize("faults", DOWN.values(), ids=DOWN.keys())
async def test_what_stays_away_is_said_in_bounded_time(
    store: S3ObjectStore, proxy: FaultProxy, under: str, tmp_path: Path, faults: Faults
) -> None:
    hurried = store_at(f"http://127.0.0.1:{proxy.port}", under, seconds=0.2)
    ref = await store.put_bytes(KEY, CONTENT, "text/csv")
    proxy.reset()
    proxy.faults = faults
    async with asyncio.timeout(30):
        for call in (hurried.fetch(ref, tmp_path), hurried.put_bytes(f"{KEY}x", b"x", "text/csv"), hurried.check()):
            with pytest.raises(Unavailable) as caught:
                await call
            assert caught.value.reason == "OBJECT_STORE_FAILED"
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []
    proxy.faults = Faults()
    assert (await store.fetch(ref, tmp_path)).read_bytes() == CONTENT


async def test_a_short_absence_is_not_noticed(store: S3ObjectStore, proxy: FaultProxy, tmp_path: Path) -> None:
    ref = await store.put_bytes(KEY, CONTENT, "text/csv")
    proxy.faults = Faults(refusing=True)
    proxy.reset()
    fetching = asyncio.create_task(store.fetch(ref, tmp_path))
    await asyncio.sleep(0.03)
    proxy.faults = Faults()
    assert (await fetching).read_bytes() == CONTENT


async def test_a_download_that_is_cut_in_the_middle_goes_on(
    store: S3ObjectStore, proxy: FaultProxy, tmp_path: Path
) -> None:
    ref = await store.put_stream(KEY, in_chunks(LARGE, 1 << 20), "text/csv")
    reads = 0
    with (tmp_path / "copy").open("wb") as copy:
        async for chunk in store.open_stream(ref):
            reads += 1
            proxy.reset()  # the range that is on its way as well
            copy.write(chunk)
    assert reads == 3
    assert (tmp_path / "copy").read_bytes() == LARGE


async def test_an_upload_that_is_reset_in_the_middle_is_whole_or_not_there(
    store: S3ObjectStore, proxy: FaultProxy, buckets: Buckets, under: str
) -> None:
    async def reset_between() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(LARGE), 1 << 20):
            yield LARGE[start : start + (1 << 20)]
            if start == PART_BYTES + (2 << 20):
                proxy.reset()

    ref = await store.put_stream(KEY, reset_between(), "text/csv")
    assert await store.read_bytes(ref, len(LARGE)) == LARGE

    async def lost_in_the_middle() -> AsyncGenerator[bytes, None]:
        yield LARGE[: PART_BYTES + 5000]
        proxy.faults = Faults(refusing=True)
        proxy.reset()
        yield LARGE[PART_BYTES + 5000 :]

    other = f"{KEY}x"
    with pytest.raises(Unavailable) as caught:
        await store.put_stream(other, lost_in_the_middle(), "text/csv")
    assert caught.value.reason == "OBJECT_STORE_FAILED"
    proxy.faults = Faults()
    left = [key for key in await asyncio.to_thread(buckets.keys, under) if key.endswith("x")]
    assert left == [f"{under}/{other}"], "the placeholder could not be taken back: the sweeper does it"
    lost = ObjectRef(key=other, sha256=hashlib.sha256(LARGE).hexdigest(), bytes=len(LARGE))
    with pytest.raises(Unavailable, match="DATASET_CORRUPT"):
        await store.read_bytes(lost, len(LARGE))


async def test_a_slow_service_is_given_up_on_and_a_slower_part_is_not(proxy: FaultProxy, under: str) -> None:
    patient = store_at(f"http://127.0.0.1:{proxy.port}", under, seconds=20)
    ref = await patient.put_bytes(KEY, CONTENT, "text/csv")
    proxy.faults = Faults(latency=0.2)
    assert await patient.read_bytes(ref, len(CONTENT)) == CONTENT
    hurried = store_at(f"http://127.0.0.1:{proxy.port}", under, seconds=0.15)
    async with asyncio.timeout(30):
        with pytest.raises(Unavailable):
            await hurried.read_bytes(ref, len(CONTENT))
    with pytest.raises((NotFound, Unavailable)):
        await hurried.read_bytes(ObjectRef(key=f"{KEY}y", sha256="0" * 64, bytes=1), 1)
