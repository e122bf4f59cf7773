"""A scripted service, listening, and a client of it."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from perito_client import PeritoClient, connect

from .scripted import Service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """Listens on a socket with a short path."""
    with tempfile.TemporaryDirectory(prefix="pc") as folder:
        made = Service(Path(folder) / "s")
        await made.start()
        yield made
        await made.stop()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[PeritoClient]:
    """Patient for three seconds."""
    async with connect(service.address, "perito_test_key", patience=3) as made:
        yield made
