"""What a process and all below it use while something runs: memory at its highest, and processor time.

Memory is the proportional share (PSS): pages that several processes share are counted once over all of them.
"""

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

_MEMORY_EVERY = 0.25


@dataclass
class Usage:
    """Bytes and seconds. `peak_child` is the largest compute child; `processor` the processor time of all."""

    peak_tree: int = 0
    peak_child: int = 0
    processor: float = 0.0


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
