"""What the tests of the runtime share: real children, and a folder short enough for sockets."""

import sys
import tempfile
import uuid
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
from perito_runtime.compute import ComputePool

from tests.servers.buckets import Buckets
from tests.servers.buckets import buckets as running_buckets

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # the suite and the compute functions are modules, not tests


@pytest.fixture
def short_dir() -> Generator[Path, None, None]:
    """pytest's own folders are too deep for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="pt-") as folder:
        yield Path(folder)


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncGenerator[ComputePool, None]:
    """Two children of 384 MiB that know the test's compute functions and nothing heavy."""
    environment = {"PYTHONPATH": str(HERE)}
    async with ComputePool(
        2, 768 * 1024**2, 1, preload=(), recycle_after=3, environment=environment, work_dir=tmp_path
    ) as running:
        yield running


@pytest.fixture(scope="session")
def buckets() -> Generator[Buckets, None, None]:
    """A service with a bucket, for all tests of this process."""
    with running_buckets() as service:
        yield service


@pytest.fixture
def under() -> str:
    """A part of the bucket that no other test uses."""
    return f"p/{uuid.uuid4().hex}"
