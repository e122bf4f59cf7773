"""Running a test's compute function on a pool, in the fewest words."""

import asyncio
import os
from pathlib import Path
from typing import Any

from perito_kernel.phases import Job, Outcome
from perito_runtime.compute import ComputePool, Slot


def job_for(pool: ComputePool, slot: Slot, **params: Any) -> Job:
    """A job without inputs."""
    return Job(
        phase="test",
        rules="",
        files=[],
        mapping="",
        upstream=[],
        params=params,
        out=str(slot.out),
        scratch=str(slot.scratch),
        threads=pool.threads,
        memory_bytes=pool.job_memory_bytes,
    )


def taken(pool: ComputePool) -> Slot:
    """A slot that must be free."""
    slot = pool.try_acquire()
    assert slot is not None
    return slot


async def run(pool: ComputePool, function: str, seconds: float = 20.0, **params: Any) -> Outcome:
    """Acquires, runs `compute_jobs:function`, releases."""
    with taken(pool) as slot:
        return await slot.run(f"compute_jobs:{function}", job_for(pool, slot, **params), _ignore, seconds)


async def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process ends within the time; a zombie has ended."""
    for _ in range(int(seconds / 0.02)):
        if not is_running(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def freed(pool: ComputePool, seconds: float = 5.0) -> bool:
    """Whether every slot is given back within the time."""
    for _ in range(int(seconds / 0.02)):
        if pool.busy == 0:
            return True
        await asyncio.sleep(0.02)
    return False


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def _ignore(fraction: float, step: str) -> None:
    """Progress that nobody reads."""


def names_in(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())
