"""The measure itself: what keeps the loop is told by processor time, what waits elsewhere is not."""

import asyncio
import time

from tests.load.turns import watch_turns

BUSY = 0.03


async def test_what_keeps_the_loop_is_named_and_waiting_is_not() -> None:
    loop = asyncio.get_running_loop()
    with watch_turns(loop) as turns:
        loop.call_soon(_work)
        loop.call_soon(time.sleep, 10 * BUSY)
        await asyncio.sleep(0.01)
    assert BUSY <= turns.worst < 10 * BUSY <= turns.by_clock
    assert "_work" in turns.longest[0][1]


async def test_other_loops_and_later_callbacks_are_left_out() -> None:
    loop = asyncio.get_running_loop()
    with watch_turns(loop) as turns:
        await asyncio.to_thread(asyncio.run, _elsewhere())
    await asyncio.sleep(0)  # the callback that left the block has ended, and counts
    seen = turns.callbacks
    await asyncio.sleep(0)
    assert turns.callbacks == seen
    assert turns.worst < BUSY


async def _elsewhere() -> None:
    _work()


def _work() -> None:
    until = time.thread_time() + BUSY
    while time.thread_time() < until:
        pass
