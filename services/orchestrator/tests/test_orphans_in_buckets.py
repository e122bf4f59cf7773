"""The sweeper on a bucket: a killed upload leaves parts that no listing of objects shows."""

import asyncio
import sys
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from perito_orchestrator.housekeeping import Housekeeping
from perito_orchestrator.orphans import Orphans
from perito_runtime.object_store import dataset_key
from perito_runtime.s3_objects import S3ObjectStore, S3Settings
from perito_runtime.s3_uploads import S3Address

from tests.servers.buckets import buckets

from .databases import Dsns
from .sweeping import GRACE, Sweeping, sweeping_in


@pytest.fixture
async def sweeping(dsns: Dsns) -> AsyncIterator[Sweeping]:
    """A sweeper on an empty store and a database of its own."""
    async with sweeping_in(dsns) as ready:
        yield ready


_UPLOAD = """
import asyncio, sys
from perito_runtime.s3_objects import S3ObjectStore, S3Settings
from perito_runtime.s3_uploads import S3Address

async def books():
    yield b"x" * (20 << 20)
    print("going", flush=True)
    await asyncio.sleep(600)

address = S3Address(sys.argv[1], endpoint=sys.argv[2], credentials=("key", "secret"))
store = S3ObjectStore(S3Settings(address, "row4"))
asyncio.run(store.put_stream(sys.argv[3], books(), "text/csv"))
"""


async def test_an_upload_into_a_bucket_whose_process_is_killed_leaves_nothing(sweeping: Sweeping) -> None:
    key = dataset_key(str(sweeping.tenant), str(uuid4()), 0)
    with buckets() as service:
        command = (sys.executable, "-c", _UPLOAD, service.bucket, service.endpoint, key)
        edge = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert edge.stdout is not None
        assert await edge.stdout.readline() == b"going\n"
        edge.kill()
        await edge.wait()
        assert await asyncio.to_thread(service.uploads) == [f"row4/{key}"]
        address = S3Address(service.bucket, endpoint=service.endpoint, credentials=("key", "secret"))
        store = S3ObjectStore(S3Settings(address, "row4"))
        young = Orphans(sweeping.app, sweeping.system, store, GRACE)
        assert (await young.sweep()).objects == 0
        assert await asyncio.to_thread(service.keys) == [f"row4/{key}"], "not before its time"
        await asyncio.sleep(1)  # a bucket's times are whole seconds
        swept = await Orphans(sweeping.app, sweeping.system, store, 0).sweep()
        assert (len(swept.datasets), swept.uploads) == (1, 1)
        assert await Housekeeping(sweeping.app, sweeping.system, store).delete_due() == 1
        assert await asyncio.to_thread(service.keys) == []
        assert await asyncio.to_thread(service.uploads) == []
