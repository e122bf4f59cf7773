"""What a message is worth: the run of its phase whose turn it is, of whichever tenant.

There is a message for each run that is queued, so each message claims one, and every run is claimed by somebody's. The
message's own run is asked for where no turn is due: it may have no attempt left, or be taken.
"""

import asyncio
from collections import defaultdict

from opentelemetry import metrics
from perito_runtime.logs import logger

from perito_orchestrator.settings import OrchestratorSettings
from perito_orchestrator.signals import Signals
from perito_orchestrator.store import finish, runs, turns
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.runs import Lease, NoLease, Task

log = logger("workers")

_duplicates = metrics.get_meter("perito.orchestrator").create_counter(
    "perito.duplicates", unit="{message}", description="Messages that found their work taken or done."
)
_TRIES = 16
"""As often somebody else may be quicker before a message takes its own run, if that is still there."""


class Claims:
    """Claims for one process, whose name in leases is `owner`."""

    def __init__(
        self, db: Database, system: Database, signals: Signals, settings: OrchestratorSettings, owner: str
    ) -> None:
        self._db = db
        self._system = system
        self._signals = signals
        self._settings = settings
        self._owner = owner
        # Two of one process that looked at once would both want the same run.
        self._looking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.duplicates = 0
        """Messages that found nothing to claim, since the start of this process."""

    async def claim(self, woken: Task, message_id: str) -> Lease | None:
        """A lease, or None where there is nothing to do for a message that names `woken`. Raises Unavailable."""
        async with self._looking[woken.phase]:
            task, claimed = await self._next(woken)
        if claimed is NoLease.DUPLICATE:
            self.duplicates += 1
            _duplicates.add(1, {"phase": woken.phase})
            log.info("duplicate message", message_id=message_id)
        if claimed is NoLease.EXHAUSTED:
            log.warning("no attempt left")
            await finish.fail(self._db, task, None, finish.EXHAUSTED)
            self._signals.changed(task.analysis)
        return claimed if isinstance(claimed, Lease) else None

    async def _next(self, woken: Task) -> tuple[Task, Lease | NoLease]:
        settings = self._settings
        for _ in range(_TRIES):
            task = await turns.next_due(self._system, woken.phase, settings.lease_seconds, settings.max_attempts)
            if task is None:
                break
            claimed = await self._lease(task)
            if isinstance(claimed, Lease) or claimed is NoLease.EXHAUSTED:
                return task, claimed
        return woken, await self._lease(woken)

    async def _lease(self, task: Task) -> Lease | NoLease:
        settings = self._settings
        return await runs.claim(self._db, task, self._owner, settings.lease_seconds, settings.max_attempts)
