"""How long a serving loop is kept by one thing: the processor time of its longest callbacks.

Wall time would blame the loop for a machine that is busy elsewhere, so the clock is the thread's own. A callback that
waits (for a lock, a slow disk) uses no processor and is not among `longest`: whatever may wait belongs in a thread. The
longest by the clock is kept beside it, for a machine that does nothing else.
"""

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_KEPT = 10


@dataclass
class Turns:
    """Callbacks that ran, and the longest of them: (seconds of processor time, what ran), longest first."""

    callbacks: int = 0
    by_clock: float = 0.0
    longest: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    @property
    def worst(self) -> float:
        """Seconds of the longest callback, 0.0 where none ran."""
        return self.longest[0][0] if self.longest else 0.0

    def add(self, seconds: float, handle: Any) -> None:
        """Enters a callback that has run."""
        self.callbacks += 1
        if len(self.longest) < _KEPT or seconds > self.longest[-1][0]:
            self.longest.append((seconds, _named(handle)))
            self.longest.sort(key=lambda entry: -entry[0])
            del self.longest[_KEPT:]


def _named(handle: Any) -> str:
    """A step of a task is told by its coroutine: the handle names asyncio's own wrapper only."""
    owner: Any = getattr(getattr(handle, "_callback", None), "__self__", None)
    coroutine: Any = getattr(owner, "get_coro", lambda: None)()
    return repr(coroutine or handle)


@contextmanager
def watch_turns(loop: asyncio.AbstractEventLoop) -> Generator[Turns]:
    """Measures every callback of `loop` while the block lasts; other loops of the process are left out."""
    turns = Turns()
    run = asyncio.Handle._run  # the one place through which every callback of asyncio's own loop goes

    def measured(handle: Any) -> None:
        clock, began = time.perf_counter(), time.thread_time()
        run(handle)
        if handle._loop is loop:
            turns.add(time.thread_time() - began, handle)
            turns.by_clock = max(turns.by_clock, time.perf_counter() - clock)

    asyncio.Handle._run = measured  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield turns
    finally:
        asyncio.Handle._run = run
