"""Sliding window counters: what a quota for a minute has left, and when it will have more.

Two numbers stand for each name: what was taken in the minute that is counted now (the first one begins with the first
request), and in the one before, of which that share counts that lies within the last 60 seconds if it was taken evenly.
In a counted minute never more than the quota is granted; in one that lies across two of them at most twice the quota,
where all of the first was taken at its very end (decision 111).
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_SECONDS = 60
_DUST = 1e-6
"""What the last digits of a clock may be off, in seconds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was taken in the counted minute and in the one before; `left` seconds of the counted one are to come."""

    previous: int
    current: int
    left: float

    @property
    def spent(self) -> int:
        """What counts now."""
        return math.floor(self.previous * self.left / WINDOW_SECONDS) + self.current


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a request was granted, what is left of the quota after it, in how many seconds the counted minute ends,
    and, where it was refused, after how many seconds the same may be granted.
    """

    granted: bool
    quota: int
    remaining: int
    ends_in: int
    retry_after: int


def taken(counts: Counts, quota: int, cost: int, *, granted: bool) -> Taken:
    """What to say of `counts`, in which a request that was granted is counted already. `cost` is at most `quota`."""
    remaining = max(0, quota - counts.spent)
    return Taken(granted, quota, remaining, max(1, math.ceil(counts.left)), 0 if granted else wait(counts, quota, cost))


def wait(counts: Counts, quota: int, cost: int) -> int:
    """Whole seconds, one at least, after which `cost` fits where nothing is taken meanwhile."""
    room = quota - cost - counts.current
    if room >= 0:
        until = _lighter(counts.previous, room, counts.left)
    else:  # first what is counted now must become the minute before
        until = counts.left + _lighter(counts.current, quota - cost, WINDOW_SECONDS)
    return math.floor(max(0.0, until) + _DUST) + 1


def _lighter(count: int, room: int, left: float) -> float:
    """Seconds until `count`, which weighs less and less, fits into `room`."""
    return left - (room + 1) * WINDOW_SECONDS / count if count else 0.0


class LocalWindows:
    """Counters of this process, for at most `entries` names; the one that was used longest ago makes room."""

    def __init__(self, entries: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._clock = clock
        self._counted: OrderedDict[str, tuple[float, int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counted)

    def take(self, name: str, quota: int, cost: int = 1) -> Taken:
        """Takes `cost` (at most `quota`) where there is so much, and says how it stands then."""
        began, counts = self._counts(name)
        granted = counts.spent + cost <= quota
        if granted:
            counts = Counts(counts.previous, counts.current + cost, counts.left)
            self._counted[name] = (began, counts.previous, counts.current)
            self._counted.move_to_end(name)
            if len(self._counted) > self._entries:
                self._counted.popitem(last=False)
        return taken(counts, quota, cost, granted=granted)

    def look(self, name: str, quota: int) -> Taken:
        """Whether one more would be granted; takes nothing."""
        counts = self._counts(name)[1]
        return taken(counts, quota, 1, granted=counts.spent < quota)

    def _counts(self, name: str) -> tuple[float, Counts]:
        """When the counted minute began, and what was taken."""
        now = self._clock()
        began, previous, current = self._counted.get(name, (now, 0, 0))
        if now >= began + 2 * WINDOW_SECONDS:
            began, previous, current = now, 0, 0
        elif now >= began + WINDOW_SECONDS:
            began, previous, current = began + WINDOW_SECONDS, current, 0
        return began, Counts(previous, current, began + WINDOW_SECONDS - now)
