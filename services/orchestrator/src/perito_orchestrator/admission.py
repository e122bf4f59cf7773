"""Who may begin what in this process: seats bound how much is claimed, and whoever finds a phase full waits in turn.

A phase admits by its slots and says BUSY without waiting. Giving the work back for that costs two transactions and a
message each time, and its slot stands free until the message is back; so a claimed run waits here instead. One of those
that wait for a phase asks, the others are behind it; it asks again as soon as a run of that phase ends, in this process
or in another one, and every now and then, because word of another one can be lost, or come before its slot is free.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress

_FIRST_SECONDS, _LONGEST_SECONDS = 0.1, 0.8


class Admission:
    """`of_phase` runs of one phase are claimed at once, and `total` of all phases (0: as many as phases allow)."""

    def __init__(self, of_phase: int, total: int = 0) -> None:
        self._total = asyncio.Semaphore(total) if total else None
        self._seats: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(of_phase))
        self._rooms: defaultdict[str, Room] = defaultdict(Room)
        self._closed = False

    async def seat(self, phase: str) -> Callable[[], None]:
        """Waits for a seat. What is returned gives it back."""
        await self._seats[phase].acquire()
        if self._total is not None:
            try:
                await self._total.acquire()
            except BaseException:
                self._seats[phase].release()
                raise

        def release() -> None:
            self._seats[phase].release()
            if self._total is not None:
                self._total.release()

        return release

    def room(self, phase: str) -> "Room":
        """Where runs wait for the phase."""
        room = self._rooms[phase]
        if self._closed:
            room.close()
        return room

    def freed(self, phase: str) -> None:
        """A run of the phase ended, here or elsewhere: whoever waits for it may ask."""
        if phase in self._rooms:
            self._rooms[phase].freed()

    def close(self) -> None:
        """Nobody waits any more: this process leaves."""
        self._closed = True
        for room in self._rooms.values():
            room.close()


class Room:
    """Those that wait for one phase."""

    def __init__(self) -> None:
        self._asking = asyncio.Lock()
        self._freed = asyncio.Event()
        self._pause = _FIRST_SECONDS
        self.closed = False

    async def turn(self) -> "Turn":
        """Waits for the right to ask. It must be given up by `Turn.over`."""
        await self._asking.acquire()
        return Turn(self._asking)

    async def wait(self) -> None:
        """Until a run ended, or for a while: longer each time in which nothing ended."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._freed.wait()
        self._pause = _FIRST_SECONDS if self._freed.is_set() else min(2 * self._pause, _LONGEST_SECONDS)
        if not self.closed:
            self._freed.clear()

    def freed(self) -> None:
        """A run ended: its slot is free."""
        self._freed.set()

    def close(self) -> None:
        """Nobody shall wait here any more."""
        self.closed = True
        self._freed.set()


class Turn:
    """The right to ask, until the phase has begun or `over`. A replica that does not answer must not keep the others
    from those that would: while it is waited for, the right is lost after the time that was given for the answer.
    """

    def __init__(self, asking: asyncio.Lock) -> None:
        self._asking = asking
        self._timer: asyncio.TimerHandle | None = None
        self._held = True

    def answer_within(self, seconds: float) -> None:
        """A question was asked."""
        self.answered()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.over)

    def answered(self) -> None:
        """It was answered."""
        if self._timer is not None:
            self._timer.cancel()

    def over(self) -> None:
        """The next one may ask. Safe to repeat."""
        self.answered()
        if self._held:
            self._held = False
            self._asking.release()
