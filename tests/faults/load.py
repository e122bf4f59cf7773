"""Clients at work while something is broken."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.faults.scene import Scene


@asynccontextmanager
async def loaded(scene: Scene) -> AsyncGenerator[None]:
    """Two clients submit and wait, again and again, while the block lasts."""
    going = True

    async def load() -> None:
        while going:
            analysis = await scene.submit()
            scene.expect(analysis, attempts=1)
            await scene.ended(analysis)

    loads = [asyncio.create_task(load()) for _ in range(2)]
    try:
        await scene.until_busy()
        yield
    finally:
        going = False
        await asyncio.gather(*loads)
        await scene.all_ended()
