"""Circuit breaker of one target: where nobody answers, calls fail at once instead of each waiting for its deadline.

Closed, all calls go through. It opens where, of the calls that ended in the last seconds, at least as many were left
without an answer as got one. After a pause one call goes through as a probe (half open): its answer closes the circuit,
its failure opens it again for twice as long, up to a limit. Only silence counts (unreachable, deadline exceeded): any
answer, an error or BUSY too, shows that somebody is there.
"""

import time
from collections import deque
from collections.abc import Callable
from enum import Enum

from perito_runtime.logs import logger

_REMEMBERED = 200
_log = logger("breaker")


class State(Enum):
    """What a circuit lets through: everything, nothing, or one probe."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Times in seconds. `least` failures within `window` are needed to open; the first pause is `pause`, the longest
    `longest_pause`. Each call that `admit` let through is told of by `ended`, once.
    """

    def __init__(
        self,
        target: str,
        *,
        least: int = 5,
        window: float = 10.0,
        pause: float = 1.0,
        longest_pause: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._target = target
        self._least = least
        self._window = window
        self._first_pause = pause
        self._longest_pause = longest_pause
        self._clock = clock
        self._ends: deque[tuple[float, bool]] = deque(maxlen=_REMEMBERED)
        self._state = State.CLOSED
        self._pause = pause
        self._reopens = 0.0
        self._round = 0

    @property
    def state(self) -> State:
        """Where it stands now; for logs and measures."""
        return self._state

    def admit(self) -> int | None:
        """A token for a call that may go through, which `ended` wants back; None where it must fail at once."""
        if self._state is State.OPEN and self._clock() >= self._reopens:
            self._turn(State.HALF_OPEN)
            return self._round
        return self._round if self._state is State.CLOSED else None

    def ended(self, token: int, answered: bool | None) -> None:
        """A call ended: with an answer, without, or (None) in a way that says nothing, such as its own cancellation.

        What an earlier state let through changes nothing any more.
        """
        if token != self._round:
            return
        if self._state is State.HALF_OPEN:
            self._probed(answered)
        elif answered is not None:
            self._ends.append((self._clock(), answered))
            if not answered and self._fails():
                self._open(self._first_pause)

    def _probed(self, answered: bool | None) -> None:
        if answered is None:
            self._open(0.0)  # the next call is the probe
        elif answered:
            self._ends.clear()
            self._pause = self._first_pause
            self._turn(State.CLOSED)
        else:
            self._open(min(self._longest_pause, 2 * self._pause))

    def _fails(self) -> bool:
        since = self._clock() - self._window
        recent = [answered for at, answered in self._ends if at > since]
        failures = recent.count(False)
        return failures >= self._least and 2 * failures >= len(recent)

    def _open(self, pause: float) -> None:
        if pause:
            self._pause = pause
        self._reopens = self._clock() + pause
        self._turn(State.OPEN)

    def _turn(self, state: State) -> None:
        self._state = state
        self._round += 1
        say = _log.warning if state is State.OPEN else _log.info
        say("circuit", target=self._target, state=state.value)
