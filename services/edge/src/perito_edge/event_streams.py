"""The event streams that are open: how many there may be, and how they end when the server leaves.

A stream lasts as long as its client stays, so each one counts against its key and against the process, and none
outlives its time: the client comes back by itself, and its key is looked at again then.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import contextmanager

import grpc
from perito.analysis.v1.analysis_pb2 import WatchAnalysisResponse
from perito_kernel.errors import Exhausted
from perito_runtime.grpc_client import call_error

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

    async def messages(self, watch: AsyncIterator[WatchAnalysisResponse]) -> AsyncGenerator[WatchAnalysisResponse]:
        """The messages of a watch, as long as the stream may last.

        One is asked for when the one before has been taken: a slow client fills nothing here, and gRPC's flow control
        holds the sender. Raises `PeritoError` where the orchestrator fails.
        """
        clock = asyncio.get_running_loop().time
        until = clock() + self._settings.event_stream_seconds
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            while True:
                reading = asyncio.ensure_future(anext(watch, None))
                try:
                    await asyncio.wait({reading, leaving}, timeout=until - clock(), return_when="FIRST_COMPLETED")
                finally:
                    if not reading.done():
                        reading.cancel()
                if reading.cancelled() or not reading.done() or (message := reading.result()) is None:
                    return
                yield message
        except grpc.aio.AioRpcError as exc:
            raise call_error(exc) from exc
        finally:
            leaving.cancel()
