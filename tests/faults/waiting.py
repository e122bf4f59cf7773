"""Waiting for what happens in another process, of which nothing tells."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 60, every: float = 0.05) -> None:
    """Returns when the condition holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(every)
