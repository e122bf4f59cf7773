"""What wakes a phase run that no message will wake any more: its message was lost, or the holder of its lease died.

The database says what is queued; the broker only says so faster.
"""

import asyncio
from uuid import uuid4

from perito.event.v1.event_pb2 import PhaseTask
from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger

from perito_orchestrator.broker import Broker, queue_of
from perito_orchestrator.store import sweep
from perito_orchestrator.store.database import Database

log = logger("reconcile")

_IN_HAND = 32
"""More messages than the consumers of one queue hold together."""


class Reconcile:
    """Looks every `poll_seconds`; a queued run counts as forgotten `stale_seconds` after its last message."""

    def __init__(
        self, system: Database, broker: Broker, *, poll_seconds: float = 1.0, stale_seconds: float = 30.0
    ) -> None:
        self._system = system
        self._broker = broker
        self._poll_seconds = poll_seconds
        self._stale_seconds = stale_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins looking."""
        self._task = asyncio.create_task(self._run(), name="reconcile")

    async def stop(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def void_leases(self, owner_epoch: str) -> int:
        """Ends every lease that is not of this epoch. For the sole holder of a database, at its start."""
        voided = await sweep.void_leases(self._system, owner_epoch)
        if voided:
            log.info("leases voided", leases=voided)
        return voided

    async def run_once(self) -> int:
        """Wakes what was forgotten; how many. None while the broker is away."""
        if not self._broker.available:
            return 0
        waiting = await sweep.waiting(self._system, self._stale_seconds)
        short = [phase for phase, count in waiting.items() if await self._depth(phase) in _too_few(count)]
        tasks = await sweep.forgotten(self._system, self._stale_seconds, short)
        for task in tasks:
            body = PhaseTask(tenant_id=str(task.tenant), analysis_id=str(task.analysis), phase=task.phase)
            try:
                await self._broker.publish(queue_of(task.phase), body.SerializeToString(), str(uuid4()))
            except PeritoError as error:  # found again in `stale_seconds`
                log.warning("could not wake", phase=task.phase, analysis_id=str(task.analysis), reason=error.reason)
        return len(tasks)

    async def _depth(self, phase: str) -> int:
        try:
            return await self._broker.depth(queue_of(phase))
        except PeritoError:  # the queue is gone: publishing makes it anew
            return 0

    async def _run(self) -> None:
        while True:
            try:
                await self.run_once()
            except PeritoError as error:
                log.warning("reconcile waits", reason=error.reason)
            except Exception:
                log.exception("reconcile failed")
            await asyncio.sleep(self._poll_seconds)


def _too_few(waiting: int) -> range:
    """Depths of a queue that are too few for so many runs that wait: some of their messages were lost. What consumers
    hold is not counted, so a queue may be short by that; an empty one is always.
    """
    return range(max(1, waiting - _IN_HAND))
