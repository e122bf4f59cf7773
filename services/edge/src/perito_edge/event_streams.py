"""The event streams that are open: how many there may be, and how they end when the server leaves.

A stream lasts as long as its client stays, so each one counts against its key and against the process, and none
outlives its time. Nor does it outlive its key, which is looked at once a second (and asked about every few).
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager

import grpc
from perito.analysis.v1.analysis_pb2 import WatchAnalysisResponse
from perito_kernel.errors import Exhausted, Unavailable
from perito_runtime.grpc_client import call_error
from perito_runtime.key_ring import LOOK_SECONDS

from perito_edge.orchestrator_client import Caller
from perito_edge.settings import EdgeSettings


class EventStreams:
    """Places for event streams, and the word to all of them that the server stops."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings
        self._by_key: Counter[str] = Counter()
        self._leaving = asyncio.Event()

    @property
    def open(self) -> int:
        """How many streams are open now."""
        return self._by_key.total()

    def begin(self) -> None:
        """The server starts: streams may last."""
        self._leaving.clear()

    def end(self) -> None:
        """The server stops: every stream says goodbye and ends."""
        self._leaving.set()

    @contextmanager
    def place(self, caller: Caller) -> Generator[None]:
        """A place while the block lasts. Raises `Exhausted` EVENT_STREAMS_BUSY."""
        own = self._by_key[caller.key_id] >= self._settings.max_event_streams_per_key
        if own or self.open >= self._settings.max_event_streams:
            whose = "with this key" if own else "on this server"
            message = f"Too many event streams are open {whose}: close one, or ask for the status instead."
            raise Exhausted("EVENT_STREAMS_BUSY", message, {"retry_after_seconds": 5})
        self._by_key[caller.key_id] += 1
        try:
            yield
        finally:
            self._by_key[caller.key_id] -= 1
            if not self._by_key[caller.key_id]:
                del self._by_key[caller.key_id]

    async def messages(
        self, watch: AsyncIterator[WatchAnalysisResponse], still_good: Callable[[], Awaitable[object]]
    ) -> AsyncGenerator[WatchAnalysisResponse]:
        """The messages of a watch, as long as the stream may last. `still_good` raises once its key is refused.

        One is asked for when the one before has been taken: a slow client fills nothing here, and gRPC's flow control
        holds the sender. Raises `PeritoError` where the orchestrator fails, and what `still_good` raised.
        """
        until = _now() + self._settings.event_stream_seconds
        leaving = asyncio.ensure_future(self._leaving.wait())
        look_at = _now() + LOOK_SECONDS
        reading: asyncio.Future[WatchAnalysisResponse | None] | None = None
        try:
            while True:
                reading = reading or asyncio.ensure_future(anext(watch, None))
                await asyncio.wait(
                    {reading, leaving}, timeout=min(until, look_at) - _now(), return_when="FIRST_COMPLETED"
                )
                if _now() >= look_at:
                    await _looked(still_good)
                    look_at = _now() + LOOK_SECONDS
                if not reading.done():
                    if leaving.done() or _now() >= until:
                        return
                    continue
                message, reading = reading.result(), None
                if message is None:
                    return
                yield message
        except grpc.aio.AioRpcError as exc:
            raise call_error(exc) from exc
        finally:
            leaving.cancel()
            if reading is not None:
                reading.cancel()


async def _looked(still_good: Callable[[], Awaitable[object]]) -> None:
    """Where nobody can say whether the key is good, what has begun with it goes on."""
    with contextlib.suppress(Unavailable):
        await still_good()


def _now() -> float:
    return asyncio.get_running_loop().time()
