"""Who may begin what in this process: seats bound how much is claimed, and whoever finds a phase full waits in turn.

A phase admits by its slots and says BUSY without waiting. Giving the work back for that costs two transactions and a
message each time, and its slot stands free until the message is back; so a claimed run waits here instead. One of those
that wait for a phase asks, the others are behind it; it asks again as soon as a run of that phase ends, in this process
or in another one, and every now and then, because word of another one can be lost, or come before its slot is free.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

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


@dataclass
class _Waiting:
    tenant: UUID
    granted: "asyncio.Future[None]"


class Room:
    """Those that wait for one phase. Next asks the one of whose tenant the fewest runs have begun here, then the one
    that waits for longest: runs of one tenant that were claimed while he was alone keep nobody else out.
    """

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._asking = False
        self._begun: Counter[UUID] = Counter()
        self._freed = asyncio.Event()
        self._pause = _FIRST_SECONDS
        self.closed = False

    async def turn(self, tenant: UUID) -> "Turn":
        """Waits for the right to ask. It must be given up by `Turn.over`."""
        if self._asking:
            waiting = _Waiting(tenant, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            try:
                await waiting.granted
            except asyncio.CancelledError:
                if waiting.granted.cancelled():
                    self._waiting.remove(waiting)
                else:
                    self.pass_on()
                raise
        self._asking = True
        return Turn(self, tenant)

    def pass_on(self) -> None:
        """Whoever asked asks no more: the next one may."""
        self._asking = bool(self._waiting)
        if self._waiting:
            chosen = min(self._waiting, key=lambda waiting: self._begun[waiting.tenant])
            self._waiting.remove(chosen)
            chosen.granted.set_result(None)

    def outranked(self, tenant: UUID) -> bool:
        """Somebody waits who comes before a run of this tenant."""
        return any(self._begun[waiting.tenant] < self._begun[tenant] for waiting in self._waiting)

    def begun(self, tenant: UUID) -> None:
        """A run of the tenant has a slot."""
        self._begun[tenant] += 1

    def ended(self, tenant: UUID) -> None:
        """It has none any more, and somebody else may have it."""
        self._begun[tenant] -= 1
        if not self._begun[tenant]:
            del self._begun[tenant]
        self.freed()

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

    def __init__(self, room: Room, tenant: UUID) -> None:
        self._room = room
        self._tenant = tenant
        self._timer: asyncio.TimerHandle | None = None
        self._held = True
        self._begun = False

    def answer_within(self, seconds: float) -> None:
        """A question was asked."""
        self.answered()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.over)

    def answered(self) -> None:
        """It was answered."""
        if self._timer is not None:
            self._timer.cancel()

    def began(self) -> None:
        """The phase has taken the work: the next one may ask. Safe to repeat."""
        if not self._begun:
            self._begun = True
            self._room.begun(self._tenant)
        self.over()

    def ended(self) -> None:
        """The phase is done with it, where it had begun."""
        if self._begun:
            self._begun = False
            self._room.ended(self._tenant)

    def over(self) -> None:
        """The next one may ask. Safe to repeat."""
        self.answered()
        if self._held:
            self._held = False
            self._room.pass_on()
