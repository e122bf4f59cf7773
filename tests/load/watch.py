"""What a process and all below it use while something runs: memory at its highest, processor time, turns of the loop.

Memory is the proportional share (PSS): pages that several processes share are counted once over all of them.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_MEMORY_EVERY = 0.25
_TURN_EVERY = 0.005


@dataclass
class Usage:
    """Bytes and seconds. `peak_child` is the largest compute child; `processor` the processor time of all."""

    peak_tree: int = 0
    peak_child: int = 0
    processor: float = 0.0


@dataclass
class Turns:
    """Longest time for which the event loop let nothing else run: by the clock, and in processor time of its thread.
    The clock counts as well what other programs took of the machine."""

    by_clock: float = 0.0
    of_processor: float = 0.0


@contextmanager
def watched() -> Generator[Usage]:
    """Watches this process and all below it while the block runs."""
    usage, over, began = Usage(), threading.Event(), _processor_seconds()
    watcher = threading.Thread(target=_watch, args=(usage, over), daemon=True)
    watcher.start()
    try:
        yield usage
    finally:
        over.set()
        watcher.join()
        usage.processor = _processor_seconds() - began


@asynccontextmanager
async def turns_timed() -> AsyncGenerator[Turns]:
    """Times the turns of the running loop while the block runs."""
    turns = Turns()
    task = asyncio.create_task(_time_turns(turns))
    try:
        yield turns
    finally:
        task.cancel()


async def _time_turns(turns: Turns) -> None:
    while True:
        clock, processor = time.perf_counter(), time.thread_time()
        await asyncio.sleep(_TURN_EVERY)
        turns.by_clock = max(turns.by_clock, time.perf_counter() - clock - _TURN_EVERY)
        turns.of_processor = max(turns.of_processor, time.thread_time() - processor)


def _watch(usage: Usage, over: threading.Event) -> None:
    while not over.wait(_MEMORY_EVERY):
        tree = 0
        for process, share in _shares():
            tree += share
            if share > usage.peak_child and "perito_runtime.compute_child" in _command(process):
                usage.peak_child = share
        usage.peak_tree = max(usage.peak_tree, tree)


def _shares() -> Iterator[tuple[psutil.Process, int]]:
    for process in _tree():
        try:
            with Path(f"/proc/{process.pid}/smaps_rollup").open(encoding="ascii") as lines:
                yield process, next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue  # it ended between the listing and the look


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _tree() -> list[psutil.Process]:
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def _processor_seconds() -> float:
    """Of all processes, those that ended included: a parent keeps the time of the children that it waited for."""
    total = 0.0
    for process in _tree():
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
