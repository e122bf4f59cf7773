"""The compute pool: K warm child processes, each one job at a time, each killed rather than asked.

Everything dangerous or slow (parsing, queries, templates) runs there, so that a serving loop always answers. A slot is
one place in the pool and owns the job's folder; its child is replaced after a kill, a crash, a failed allocation, and
after some jobs. Figures behind the limits are in `perito_runtime.compute_limits`.
"""

import asyncio
import os
import shutil
import signal
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from perito_kernel.errors import Exhausted, Internal, PeritoError, Unavailable
from perito_kernel.phases import Job, Outcome, Report, job_to_json, outcome_from_json

from perito_runtime.compute_folder import ComputeFolder
from perito_runtime.compute_limits import UNTOUCHED_BYTES, data_bytes, private_bytes
from perito_runtime.compute_process import Child, ChildGone
from perito_runtime.error_kinds import error_of_kind
from perito_runtime.logs import logger

_START_SECONDS = 60.0
_ENGINE_SHARE, _ENGINE_SHARE_OF_MUCH = 0.6, 0.7
_OUTSIDE_ENGINE = 512 * 1024**2
"""What Python, Arrow and numpy may take beside the query engine where it gets the larger share (0086)."""
_MEMORY_OF_THREAD = 128 * 1024**2
"""What DuckDB advises at least; with less it spills more than the thread is worth."""
_log = logger("compute")


class ComputePool:
    """`size` children that share `memory_bytes`.

    `memory_bytes` is the budget of the whole pool: a child is killed at a `size`-th of it, and `job_memory_bytes`, 0.6
    to 0.7 of that, is what a job tells its query engine. `threads` 0 means all cores of the machine, as far as memory
    allows: most of the time one job runs alone, and where two run the system shares the cores between them.
    `kill_after_seconds` bounds every deadline. `preload` is imported by a child before its first job; of an entry like
    `package.module:function` the function is called while the child waits for one. `environment` is added to the few
    variables that children see. Job folders are made in `work_dir` (default: the system's temporary folder) and what a
    killed process left there is removed at start.
    """

    def __init__(
        self,
        size: int = 2,
        memory_bytes: int = 2 * 1024**3,
        threads: int = 0,
        *,
        recycle_after: int = 20,
        kill_after_seconds: float = 3600.0,
        preload: Sequence[str] = ("duckdb", "pyarrow.parquet"),
        environment: Mapping[str, str] | None = None,
        work_dir: Path | None = None,
    ) -> None:
        self.slots = size
        self.child_memory_bytes = memory_bytes // size
        self.job_memory_bytes = _engine_bytes(self.child_memory_bytes)
        self.threads = threads or max(1, min(os.cpu_count() or 1, self.job_memory_bytes // _MEMORY_OF_THREAD))
        self.kill_after_seconds = kill_after_seconds
        self._recycle_after = recycle_after
        self._preload = tuple(preload)
        self._environment = dict(environment or {})
        self._folder = ComputeFolder(work_dir)
        self._idle: list[_Seat] = []
        self._seats: list[_Seat] = []
        self._chores: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> int:
        """Slots taken."""
        return len(self._seats) - len(self._idle)

    async def __aenter__(self) -> Self:
        """Starts the children and returns at once; see `ready`."""
        await asyncio.to_thread(self._folder.open)
        self._seats = [_Seat(self) for _ in range(self.slots)]
        self._idle = list(self._seats)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Kills every child, whatever it does, and removes the folders."""
        seats, self._seats, self._idle = self._seats, [], []  # first: a slot released from now on starts no child
        await asyncio.gather(*(seat.close() for seat in seats))
        while self._chores:
            await asyncio.gather(*self._chores)
        await asyncio.to_thread(self._folder.close)

    async def ready(self) -> None:
        """Returns when every child has imported what it preloads. Raises `Internal` where one cannot start."""
        await asyncio.gather(*(seat.child() for seat in self._seats))

    def try_acquire(self) -> "Slot | None":
        """A free slot, or None: the caller answers BUSY. Never waits."""
        if not self._idle:
            return None
        slot = Slot(self, self._idle[0], self._folder.path / uuid.uuid4().hex)
        del self._idle[0]  # only now: making the folder can fail, and a seat must not be lost
        return slot

    async def start_child(self) -> Child:
        """Starts a child and waits until it is ready. For seats."""
        if not self._seats:
            raise Unavailable("COMPUTE_CLOSED", "This process is ending; the work will be done by another one.")
        child = await Child.start(self.child_memory_bytes, self._preload, self._environment)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await child.ready()
        except (ChildGone, TimeoutError) as error:
            await child.close()
            raise Internal(
                "COMPUTE_START_FAILED", "A compute process could not start; the service's log says why."
            ) from error
        except BaseException:
            await child.close()
            raise
        return child

    def give_back(self, seat: "_Seat", folder: Path) -> None:
        """Frees a slot. For slots; the folder is removed in the background."""
        if seat not in self._seats:
            return  # the pool is closed, and its folder with it
        if seat.worn(self._recycle_after):
            self.later(seat.renew())
        self._idle.append(seat)
        self.later(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Has something done in the background, before the pool is closed at the latest."""
        task = asyncio.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)


def _engine_bytes(child_bytes: int) -> int:
    much = min(int(_ENGINE_SHARE_OF_MUCH * child_bytes), child_bytes - _OUTSIDE_ENGINE)
    return max(int(_ENGINE_SHARE * child_bytes), much)


class _Seat:
    """A place in the pool and the child that sits in it, which may be on its way."""

    def __init__(self, pool: ComputePool) -> None:
        self._pool = pool
        self._starting = asyncio.create_task(pool.start_child())

    async def child(self) -> Child:
        """A live child: the one that sits here, or a fresh one where it died in its sleep."""
        if self._dead():
            self._pool.later(self.renew())
        return await asyncio.shield(self._starting)

    def worn(self, jobs: int) -> bool:
        """Whether the child should be replaced before the next job."""
        if self._dead():
            return True
        if not self._starting.done():
            return False
        child, half = self._starting.result(), self._pool.child_memory_bytes // 2
        left_over = private_bytes(child.pid) > half or data_bytes(child.pid) > half + UNTOUCHED_BYTES
        return left_over or child.jobs >= jobs

    def renew(self) -> Coroutine[Any, Any, None]:
        """Puts a new child in place at once and returns the end of the old one, to be awaited by somebody."""
        old, self._starting = self._starting, asyncio.create_task(self._pool.start_child())
        return _end(old)

    async def close(self) -> None:
        await _end(self._starting)

    def _dead(self) -> bool:
        if not self._starting.done():
            return False
        return self._starting.cancelled() or self._starting.exception() is not None or not self._starting.result().alive


async def _end(starting: "asyncio.Task[Child]") -> None:
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting])
    if not starting.cancelled() and starting.exception() is None:
        await starting.result().close()


class Slot:
    """One admitted job. Its folders exist until `release`.

    Use `out` and `scratch` in the Job; `inputs` is for copies of what it reads. What it leaves in `out` is yours.
    """

    def __init__(self, pool: ComputePool, seat: _Seat, folder: Path) -> None:
        self._pool = pool
        self._seat = seat
        self._held = True
        self.folder = folder
        self.out = folder / "out"
        self.scratch = folder / "scratch"
        self.inputs = folder / "inputs"
        for path in (folder, self.out, self.scratch, self.inputs):
            path.mkdir(mode=0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    async def run(self, compute: str, job: Job, on_progress: Report, deadline_seconds: float) -> Outcome:
        """Runs `package.module:function` on the job in this slot's child.

        Raises the `PeritoError` that the function raised; `Exhausted` COMPUTE_TIME_EXCEEDED or COMPUTE_MEMORY_EXCEEDED
        where it was killed at a limit; `Unavailable` COMPUTE_CRASHED where the child died; `Internal` COMPUTE_FAILED
        for any other exception (its trace is in the log). Cancelling the caller kills the child.
        """
        seconds = max(0.0, min(deadline_seconds, self._pool.kill_after_seconds))
        child: Child | None = None
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                child = await self._seat.child()
                message = await self._talk(child, compute, job, on_progress)
        except TimeoutError as error:
            await _close(child)
            if not limit.expired():
                raise
            raise Exhausted(
                "COMPUTE_TIME_EXCEEDED",
                f"The work was stopped after {seconds:.0f} seconds, its limit: send fewer rows or raise the limit.",
                {"seconds": round(seconds)},
            ) from error
        except BaseException:
            await _close(child)
            raise
        if "memory" in message or child.over_memory:
            _log.error("compute job ran out of memory", child=child.pid, trace=message.get("memory", ""))
            await _close(child)
            raise self._too_much_memory()
        return _outcome(message)

    async def _talk(self, child: Child, compute: str, job: Job, on_progress: Report) -> Mapping[str, Any]:
        watch = asyncio.create_task(child.watch(self._pool.child_memory_bytes))
        try:
            return await child.converse(compute, job_to_json(job), on_progress)
        except ChildGone as gone:
            raise self._meaning(child, gone) from gone
        finally:
            watch.cancel()
            await asyncio.wait([watch])

    def _meaning(self, child: Child, gone: ChildGone) -> PeritoError:
        if child.over_memory or (gone.returncode == -signal.SIGABRT and child.said("bad_alloc")):
            return self._too_much_memory()
        name = signal.Signals(-gone.returncode).name if gone.returncode < 0 else f"exit {gone.returncode}"
        _log.error("compute child crashed", child=child.pid, signal=name)
        return Unavailable(
            "COMPUTE_CRASHED", f"The process that did the work died ({name}); it will be tried again.", {"signal": name}
        )

    def _too_much_memory(self) -> Exhausted:
        mib = self._pool.child_memory_bytes // 1024**2
        return Exhausted(
            "COMPUTE_MEMORY_EXCEEDED",
            f"The work needed more than its {mib} MiB of memory and was stopped: send fewer rows or raise the limit.",
            {"limit_mib": mib},
        )

    def replace_child(self) -> None:
        """Has the next job of this slot done by a child that has done nothing before."""
        self._pool.later(self._seat.renew())

    def release(self) -> None:
        """Frees the slot and removes its folder. Safe to call twice."""
        if self._held:
            self._held = False
            self._pool.give_back(self._seat, self.folder)


def _outcome(message: Mapping[str, Any]) -> Outcome:
    if "outcome" in message:
        return outcome_from_json(message["outcome"])
    if message.get("trace"):
        _log.warning("compute job refused its input", trace=message["trace"])
    if "error" in message:
        error = message["error"]
        raise error_of_kind(error["kind"], error["reason"], error["message"], error["details"])
    _log.error("compute job failed", trace=message.get("failure", ""))
    raise Internal("COMPUTE_FAILED", "The work failed for a reason of our own; the service's log holds the trace.")


async def _close(child: Child | None) -> None:
    if child is not None:
        await asyncio.shield(asyncio.ensure_future(child.close()))
