"""One world for all tests of this folder: they only read it, or fail to change it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.security.world import World, world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("books")) as made:
        yield made
