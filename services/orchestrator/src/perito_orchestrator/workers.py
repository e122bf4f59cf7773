"""The only consumers, lease holders and committers: a message wakes, the lease is the work, the fence decides.

For each message: wait for a seat (`admission`), claim the run of the phase whose turn it is (`claims`), acknowledge
once the lease is durable, run the attempt, commit. Whatever dies in between leaves an expired lease, which reconcile
finds. What became of an attempt:

- a result: committed with its findings, or fenced if the lease went to somebody else meanwhile;
- BUSY, handed back by a process that ends, or not reached: given back, no attempt spent (an unreachable phase only for
  `unreachable_seconds`, and an object store that cannot be used likewise);
- unavailable or internal: tried again after a growing pause, while attempts last, then failed;
- anything else (the data is invalid, a limit is reached): failed at once, trying again would say the same;
- the lease ran out while this process lived: given back, or the attempt alone where somebody else has the lease;
- this process leaves: given back, no attempt spent.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from google.protobuf.message import DecodeError
from perito.event.v1.event_pb2 import PhaseTask
from perito.phase.v1.phase_pb2 import PhaseResult
from perito_kernel.errors import Internal, Kind, PeritoError, Unavailable
from perito_runtime.failpoints import failpoint
from perito_runtime.logs import bind, logger
from perito_runtime.objects import ObjectStore

from perito_orchestrator.admission import Admission
from perito_orchestrator.attempt import Attempt, LeaseLost, NotStarted
from perito_orchestrator.broker import Broker, Consumer, Delivery, queue_of
from perito_orchestrator.claims import Claims
from perito_orchestrator.registry import Registry
from perito_orchestrator.settings import OrchestratorSettings
from perito_orchestrator.signals import Signals
from perito_orchestrator.store import findings, finish, runs
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.finish import Failure
from perito_orchestrator.store.runs import Lease, Task
from perito_orchestrator.tracing import trace_of

log = logger("workers")

FINDINGS_HEAD = "findings-head.ndjson"
"""Artefact that holds what the database keeps of a phase's findings (docs/decisions/0001)."""

_PREFETCH = 2
_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0
"""Between two looks at what is away. They come at half as long again as it has been: a short absence costs little time,
a long one few messages."""
_STORE_AWAY = "OBJECT_STORE_FAILED"
_UNTAKEN = ("DATABASE_UNAVAILABLE", _STORE_AWAY)
"""Why a commit did not take a result that may be good, so that it is tried again with the same."""
_RETRYABLE = (Kind.UNAVAILABLE, Kind.INTERNAL)


class Workers:
    """`owner` names this process in leases: an epoch and a slash and whatever else."""

    def __init__(
        self,
        db: Database,
        system: Database,
        broker: Broker,
        registry: Registry,
        store: ObjectStore,
        signals: Signals,
        settings: OrchestratorSettings,
        owner: str,
    ) -> None:
        self._db = db
        self._broker = broker
        self._registry = registry
        self._store = store
        self._signals = signals
        self._settings = settings
        self._claims = Claims(db, system, signals, settings, owner)
        self._admission = Admission(settings.workers, settings.workers_total)
        signals.on_freed = self._admission.freed
        self._consumers: list[Consumer] = []
        self._running: set[asyncio.Task[None]] = set()
        self._leaving = False

    @property
    def duplicates(self) -> int:
        """Messages that found nothing to claim, since the start of this process."""
        return self._claims.duplicates

    async def start(self) -> None:
        """Consumes the queue of every phase that is served."""
        for info in self._registry.infos:
            consumer = await self._broker.consume(queue_of(info.name), _PREFETCH, self._handle)
            self._consumers.append(consumer)

    async def stop(self, grace: float = 0) -> None:
        """Claims nothing more, lets runs finish for `grace` seconds, gives back the rest without cost."""
        self._leaving = True
        cancelled = await asyncio.gather(*(consumer.cancel() for consumer in self._consumers), return_exceptions=True)
        for broken in cancelled:
            if isinstance(broken, Exception):  # runs must be given back all the same
                log.error("consumer not cancelled", exc_info=broken)
        self._admission.close()
        if self._running and grace > 0:
            await asyncio.wait(self._running, timeout=grace)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _handle(self, delivery: Delivery) -> None:
        """Done when the message is settled; the attempt goes on in a task of its own and keeps the seat."""
        try:
            message = PhaseTask.FromString(delivery.body)
            task = Task(UUID(message.tenant_id), UUID(message.analysis_id), message.phase)
        except (DecodeError, ValueError):
            log.error("message makes no sense", message_id=delivery.message_id)
            await delivery.reject()
            return
        release = await self._admission.seat(task.phase)
        settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(self._take(delivery, task, settled))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        running.add_done_callback(lambda _: release())
        if not await asyncio.shield(settled):
            raise Internal("CLAIM_BROKE", f"Phase {task.phase} could not be claimed. This is a fault of ours.")

    async def _take(self, delivery: Delivery, task: Task, settled: "asyncio.Future[bool]") -> None:
        """Claims, acknowledges, works."""
        bind(tenant=str(task.tenant), analysis=str(task.analysis), phase=task.phase)
        lease: Lease | None = None
        try:
            await failpoint("worker.before_claim", task.phase)
            lease = await self._claim_patiently(task, delivery.message_id)
            await failpoint("worker.after_claim", task.phase)
            await delivery.ack()
            settled.set_result(True)
            if lease is not None:
                bind(tenant=str(lease.tenant), analysis=str(lease.analysis), phase=lease.phase)
                with trace_of(lease.trace):
                    await self._work(lease)
        except Unavailable as error:
            log.warning("claim left to reconcile", reason=error.reason)
            await delivery.ack()
            settled.set_result(True)
        except asyncio.CancelledError:
            if lease is not None and not settled.done():  # cut short before its work, which would have given it back
                await self._give_back(lease, 0)
            raise
        except Exception:
            log.exception("claim broke")
            if lease is not None and not settled.done():  # likewise; the phase was never asked
                await self._give_back(lease, self._settings.retry_seconds)
        finally:
            if not settled.done():
                settled.set_result(False)

    async def _claim_patiently(self, task: Task, message_id: str) -> Lease | None:
        """As `_claim`, and waits for a database that is away: given back, the message would go round until the broker
        takes it for one that kills. Raises Unavailable where that takes so long that reconcile finds the work as soon.
        """
        until = asyncio.get_running_loop().time() + self._settings.stale_seconds
        while True:
            try:
                return await self._claim(task, message_id)
            except Unavailable as error:
                if self._leaving or asyncio.get_running_loop().time() > until:
                    raise
                log.warning("claim waits", reason=error.reason)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _claim(self, task: Task, message_id: str) -> Lease | None:
        """A lease, or None where there is nothing to do. Cut short, it leaves no lease behind."""
        claiming = asyncio.create_task(self._claims.claim(task, message_id))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            claimed = (await asyncio.gather(claiming, return_exceptions=True))[0]
            if isinstance(claimed, Lease):
                await self._give_back(claimed, 0)
            raise

    async def _work(self, lease: Lease) -> None:
        try:
            await self._attempt(lease)
        except LeaseLost:
            log.warning("fenced", fence=lease.fence, attempt=lease.attempt)
            await self._lost(lease)
        except asyncio.CancelledError:
            await self._give_back(lease, 0)
            raise
        except PeritoError as error:
            await self._failed(lease, error)
        except Exception as error:
            log.exception("attempt broke", fence=lease.fence)
            internal = Internal(
                "PHASE_ATTEMPT_BROKE", f"Phase {lease.phase} could not be run. This is a fault of ours."
            )
            internal.__cause__ = error
            await self._failed(lease, internal)
        finally:
            self._signals.changed(lease.analysis)

    async def _attempt(self, lease: Lease) -> None:
        attempt = Attempt(
            *(lease, self._db, self._registry, self._store),
            *(self._admission.room(lease.phase), self._signals, self._settings),
        )
        keeper = asyncio.create_task(attempt.keep_lease())
        work = asyncio.create_task(self._run_and_commit(lease, attempt))
        try:
            await asyncio.wait([keeper, work], return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                keeper.result()
            await work
        finally:
            keeper.cancel()
            work.cancel()
            await asyncio.gather(keeper, work, return_exceptions=True)

    async def _run_and_commit(self, lease: Lease, attempt: Attempt) -> None:
        result = await attempt.run()
        await failpoint("worker.before_commit", lease.phase)
        until = asyncio.get_running_loop().time() + self._settings.commit_seconds
        while True:  # where the database stays away, the keeper of the lease ends this sooner
            try:
                if await finish.complete(self._db, lease, result, self._blocks(result)):
                    await failpoint("worker.after_commit", lease.phase)
                    log.info("phase completed", fence=lease.fence, attempt=lease.attempt, digest=result.content_digest)
                    return
                raise LeaseLost
            except Unavailable as error:
                if error.reason not in _UNTAKEN or asyncio.get_running_loop().time() > until:
                    raise
                log.warning("commit waits", reason=error.reason)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _blocks(self, result: PhaseResult) -> AsyncIterator[str]:
        for artifact in result.artifacts:
            if artifact.name == FINDINGS_HEAD:
                async with contextlib.aclosing(self._store.open_stream(artifact.object)) as chunks:
                    async for block in findings.json_blocks(chunks):
                        yield block

    async def _failed(self, lease: Lease, error: PeritoError) -> None:
        settings = self._settings
        if isinstance(error, NotStarted) and error.elsewhere:
            await self._give_back(lease, settings.busy_seconds)
            return
        away = isinstance(error, NotStarted) or error.reason == _STORE_AWAY
        if away and lease.away_seconds < settings.unreachable_seconds:
            log.warning("phase waits", reason=error.reason, away_seconds=round(lease.away_seconds, 1))
            pause = min(max(settings.retry_seconds, lease.away_seconds / 2), _LONGEST_PAUSE_SECONDS)
            await self._give_back(lease, pause, away=True)
            return
        failure = Failure(error.reason, error.message, error.details)
        again = error.kind in _RETRYABLE and lease.attempt < settings.max_attempts
        log.warning("phase failed", reason=error.reason, fence=lease.fence, attempt=lease.attempt, again=again)
        try:
            if again:
                pause = settings.retry_seconds * 2 ** (lease.attempt - 1)
                held = await finish.retry(self._db, lease, pause, failure, away=away)
            else:
                held = await finish.fail(self._db, lease, lease.fence, failure)
            if not held:
                log.warning("fenced", fence=lease.fence, attempt=lease.attempt)
        except PeritoError as unsaid:  # the lease will expire and say it
            log.warning("failure not recorded", reason=unsaid.reason)

    async def _lost(self, lease: Lease) -> None:
        """Takes back the attempt of a lease that ran out: whoever lives to say so did not die of the work, so the
        database was away, or this process stood still, and neither may make an analysis fail.
        """
        until = asyncio.get_running_loop().time() + self._settings.commit_seconds
        while True:
            try:
                if not await runs.give_back(self._db, lease, 0):
                    await runs.refund(self._db, lease)
            except Unavailable:
                if asyncio.get_running_loop().time() > until:
                    return
            else:
                return
            await asyncio.sleep(_PAUSE_SECONDS / 2)

    async def _give_back(self, lease: Lease, delay_seconds: float, *, away: bool = False) -> None:
        try:
            await runs.give_back(self._db, lease, delay_seconds, away=away)
        except PeritoError as error:  # the lease will expire instead
            log.warning("lease not given back", reason=error.reason)
