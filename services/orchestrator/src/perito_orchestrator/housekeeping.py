"""What is tidied in the background: objects of what was deleted, orphans, what has been kept for long enough, and
analyses that were held back and need not be any longer.

Deletions are worked off by every replica, each taking its own; the sweep, which reads the whole listing, by one replica
at a time. Nothing here is in a hurry: where store or database are away, it is tried again later.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from perito_kernel.errors import NotFound, PeritoError
from perito_runtime.logs import logger
from perito_runtime.object_store import ObjectStore

from perito_orchestrator.orphans import Orphans
from perito_orchestrator.store import deletions, held, orphans, retention, webhook_log
from perito_orchestrator.store.database import Database
from perito_orchestrator.webhook_settings import WebhookSettings

log = logger("housekeeping")

_SWEEP_LOCK = 7_305_161_417_200_114  # any number, ours alone
_TAKEN_SECONDS = 120.0
_AFTER_A_FAILURE_SECONDS = 5.0


class Housekeeping:
    """`orphan_seconds`: how old an object must be to be an orphan; `sweep_seconds`: between two sweeps;
    `retention_days`: after which ended analyses and unused datasets are deleted, 0 for never; `webhooks`: how long
    deliveries are kept; `poll_seconds`: between two looks for what was deleted, or is held back.
    """

    def __init__(
        self,
        app: Database,
        system: Database,
        store: ObjectStore,
        *,
        orphan_seconds: float = 900.0,
        sweep_seconds: float = 300.0,
        retention_days: float = 0.0,
        webhooks: WebhookSettings | None = None,
        poll_seconds: float = 1.0,
    ) -> None:
        self._app = app
        self._system = system
        self._store = store
        self._orphans = Orphans(app, system, store, orphan_seconds)
        self._sweep_seconds = sweep_seconds
        self._retention_days = retention_days
        self._webhooks = webhooks or WebhookSettings()
        self._poll_seconds = poll_seconds
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begins."""
        self._tasks = [
            asyncio.create_task(self._repeat(self.delete_due, self._poll_seconds), name="deletions"),
            asyncio.create_task(self._repeat(self.release_held, self._poll_seconds), name="held"),
            asyncio.create_task(self._repeat(self.sweep, self._sweep_seconds), name="sweep"),
        ]

    async def stop(self) -> None:
        """Ends; what was begun is taken up again by whoever comes next."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def delete_due(self) -> int:
        """Deletes the objects of what was deleted; of how many analyses and datasets."""
        total = 0
        while due := await deletions.take_due(self._system, _TAKEN_SECONDS):
            for deletion in due:
                try:
                    objects = await self._store.delete_prefix(deletion.prefix)
                except PeritoError as error:
                    log.warning("objects not deleted yet", prefix=deletion.prefix, reason=error.reason)
                    await deletions.postpone(self._system, deletion)
                    continue
                await deletions.done(self._system, deletion)
                log.info("objects deleted", prefix=deletion.prefix, objects=objects)
                total += 1
        return total

    async def release_held(self) -> int:
        """Lets analyses begin that nobody's end has let begin, because a quota rose or two were in each other's way."""
        return await held.release_all(self._app, self._system)

    async def sweep(self) -> bool:
        """Retention and one pass over all objects; False where another replica is at it."""
        async with self._system.only_one(_SWEEP_LOCK) as alone:
            if alone:
                await self.retain()
                await self.forget_deliveries()
                await deletions.forget(self._system)
                counts = (await self._orphans.sweep()).counts()
                if any(counts.values()):
                    log.info("swept", **counts)
        return alone

    async def forget_deliveries(self) -> None:
        """Gives up deliveries that wait for disabled webhooks too long, and forgets those that ended long ago."""
        days, patience = self._webhooks.log_days, self._webhooks.give_up_seconds
        for tenant in await orphans.tenants(self._system):
            while await webhook_log.forget(self._app, tenant, days, patience):
                pass

    async def retain(self) -> int:
        """Deletes what has been kept for long enough; how many analyses and datasets."""
        deleted = 0
        if self._retention_days <= 0:
            return deleted
        for tenant in await orphans.tenants(self._system):
            while old := await retention.old_analyses(self._app, tenant, self._retention_days):
                for analysis in old:
                    with contextlib.suppress(NotFound):  # somebody deleted it just now
                        await deletions.delete_analysis(self._app, tenant, analysis)
                deleted += len(old)
            while unused := await retention.old_datasets(self._app, tenant, self._retention_days):
                gone = [await deletions.delete_dataset(self._app, tenant, dataset) for dataset in unused]
                deleted += sum(gone)
                if not all(gone):  # somebody uses one since: it is not to be asked for for ever
                    break
        if deleted:
            log.info("kept for long enough", days=self._retention_days, deleted=deleted)
        return deleted

    async def _repeat(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        while True:
            pause = seconds
            try:
                await work()
            except PeritoError as error:
                log.warning("housekeeping waits", reason=error.reason)
                pause = max(seconds, _AFTER_A_FAILURE_SECONDS)
            except Exception:
                log.exception("housekeeping failed")
                pause = max(seconds, _AFTER_A_FAILURE_SECONDS)
            await asyncio.sleep(pause)
