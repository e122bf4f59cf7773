"""Progress of one run on its way to the caller: never falling, not too often, and never silent for long."""

import asyncio
from collections.abc import AsyncGenerator

from perito.phase.v1 import phase_pb2

_FIRST = asyncio.FIRST_COMPLETED
_LEAST_SECONDS = 0.2
_STEP_CHARACTERS = 200


class Progress:
    """`step` is called by the work, `until` is read by the stream."""

    def __init__(self, beat_seconds: float) -> None:
        self._beat_seconds = beat_seconds
        self._fraction = 0.0
        self._step = ""
        self._news = asyncio.Event()

    @property
    def fraction(self) -> float:
        """How far the whole is, 0 to 1."""
        return self._fraction

    def step(self, share: float, words: str, within: tuple[float, float]) -> None:
        """How far a part of the work is (0 to 1) and where in the whole that part lies."""
        low, high = within
        bounded = min(1.0, max(0.0, share)) if share == share else 0.0  # noqa: PLR0124 - NaN is not a share
        self._fraction = max(self._fraction, min(high, low + (high - low) * bounded))  # rounding can pass `high`
        self._step = words[:_STEP_CHARACTERS]
        self._news.set()

    async def until(
        self, work: "asyncio.Task[phase_pb2.PhaseResult]", stop: asyncio.Event
    ) -> AsyncGenerator[phase_pb2.Progress, None]:
        """Yields until the work is done or `stop` is set: news at most every 0.2 seconds, and the last news again every
        beat.
        """
        stopped = asyncio.create_task(stop.wait())
        try:
            while not (work.done() or stopped.done()):
                news = asyncio.create_task(self._news.wait())
                try:
                    await asyncio.wait([work, news, stopped], timeout=self._beat_seconds, return_when=_FIRST)
                finally:
                    news.cancel()
                if work.done() or stopped.done():
                    return
                self._news.clear()
                yield phase_pb2.Progress(fraction=self._fraction, step=self._step)
                await asyncio.wait([work, stopped], timeout=_LEAST_SECONDS, return_when=_FIRST)
        finally:
            stopped.cancel()
