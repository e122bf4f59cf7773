"""Starting in order, stopping in reverse, and knowing when to stop. Every process is run by this."""

import asyncio
import gc
import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from perito_runtime.logs import logger

_log = logger("lifecycle")

_COLLECTED_AFTER = 10_000
"""New objects before the collector of cycles looks at them. Python's own 700 are made by a few requests that are still
under way then, and looking at them took a quarter of what the edge does for a request that it answers through gRPC."""


@dataclass(frozen=True)
class _Part:
    name: str
    start: Callable[[], Awaitable[object]]
    stop: Callable[[], Awaitable[object]]
    stop_seconds: float


class Lifecycle:
    """Parts in the order in which they were added. Where one fails to start, those before it are stopped."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._running: list[_Part] = []
        self._threshold = gc.get_threshold()

    def add(
        self,
        name: str,
        start: Callable[[], Awaitable[object]],
        stop: Callable[[], Awaitable[object]],
        stop_seconds: float = 10.0,
    ) -> None:
        """A part that must be up before those added later. It is given `stop_seconds` to stop."""
        self._parts.append(_Part(name, start, stop, stop_seconds))

    async def start(self) -> None:
        """Starts each part. Raises what a part raised, after stopping those that had started.

        What is there once all have started stays: the collector of cycles leaves it out from then on, for a look
        through all of it keeps a serving loop for 90 ms.
        """
        for part in self._parts:
            try:
                await part.start()
            except BaseException as error:
                if isinstance(error, Exception):
                    _log.error("part did not start", name=part.name)
                await self.stop()
                raise
            self._running.append(part)
        gc.freeze()
        gc.set_threshold(_COLLECTED_AFTER, *self._threshold[1:])

    @asynccontextmanager
    async def unless(self, told: "asyncio.Task[str]") -> AsyncGenerator[bool]:
        """Everything is up inside, or, where this process was `told` to leave before it was: False, and nothing is."""
        starting = asyncio.create_task(self.start())
        try:
            await asyncio.wait([starting, told], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                yield True
                return
        finally:
            starting.cancel()
            await asyncio.wait([starting])
            await self.stop()
        _log.info("stopping before everything was up", signal=told.result())
        yield False

    async def stop(self) -> None:
        """Stops in reverse. A part that fails or takes too long is logged and does not keep the others."""
        gc.unfreeze()
        gc.set_threshold(*self._threshold)
        while self._running:
            part = self._running.pop()
            try:
                async with asyncio.timeout(part.stop_seconds):
                    await part.stop()
            except TimeoutError:
                _log.error("part did not stop in time", name=part.name, seconds=part.stop_seconds)
            except Exception:  # noqa: BLE001 - the others must stop too
                _log.exception("part failed to stop", name=part.name)


async def nothing() -> None:
    """For a part that has nothing to start, or nothing to stop."""


async def stop_signal() -> str:
    """Waits for SIGTERM or SIGINT and returns its name. A second one ends the process at once with code 1."""
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[str] = loop.create_future()

    def hear(number: signal.Signals) -> None:
        if heard.done():
            os._exit(1)
        heard.set_result(number.name)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, hear, number)
    return await heard
