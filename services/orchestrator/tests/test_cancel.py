"""A cancelled analysis: its work stops wherever it runs, what was found stays, and nothing happens afterwards."""

import asyncio
import json
import random
from uuid import UUID

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1.phase_pb2 import PhaseResult, RunPhaseRequest
from perito_kernel.errors import Internal, Invalid, PeritoError, Precondition, Unavailable
from perito_orchestrator.broker import queue_of
from perito_orchestrator.store import cancel, finish, outbox, runs
from perito_orchestrator.store.database import Connection, Database
from perito_orchestrator.store.runs import Lease, NoLease, Task

from .faults import COMPLETED, invariants
from .mesh import Client, Mesh, errors_with
from .phases import FakePhase, finding, until
from .test_database_faults import cut, limit_connections
from .test_leases import no_findings
from .test_thread import phases_of

CANCELLED = pb.ANALYSIS_STATUS_CANCELLED
NEVER = {"heartbeat_seconds": 600.0, "lease_seconds": 600.0, "stale_seconds": 600.0}
"""Settings by which nothing but a signal can end a run."""

_RACES = 60


class Stopped:
    """Makes a phase work for ever; `began` and `stopped` say what became of its runs."""

    def __init__(self, phase: FakePhase) -> None:
        self.began = asyncio.Event()
        self.stopped = asyncio.Event()
        phase.behave = self._work

    async def _work(self, _: RunPhaseRequest) -> PeritoError | None:
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()
        return None


async def test_work_stops_and_what_was_found_before_stays(mesh: Mesh) -> None:
    mesh.phases["read"].findings = [finding(n) for n in range(3)]
    books = Stopped(mesh.phases["books"])
    client = await mesh.start(workers_total=1, **NEVER)
    analysis = (await client.submit(phases=[2, 3])).analysis.analysis_id
    watching = asyncio.create_task(client.watch(analysis))
    await asyncio.wait_for(books.began.wait(), 10)
    before = await client.get(analysis)
    now = await client.cancel(analysis, "the wrong month")
    assert (now.status, now.cancel_reason, now.partial, bool(now.ended_at)) == (
        CANCELLED,
        "the wrong month",
        False,
        True,
    )
    assert phases_of(now) == {"read": "completed", "books": "cancelled", "looks": "cancelled"}
    assert [p.attempt for p in now.phases] == [1, 0, 0], "what was taken away costs no attempt"
    assert before.progress <= now.progress < 100, "it keeps what it had reached"
    await asyncio.wait_for(books.stopped.wait(), 10)
    messages = await watching
    last = messages[-1]
    assert (last.event.type, last.analysis.status) == ("analysis.cancelled", CANCELLED)
    assert json.loads(last.event.data_json) == {"reason": "the wrong month", "phases": ["books", "looks"]}
    shown = [m.analysis.progress for m in messages]
    assert shown == sorted(shown)
    assert (await client.findings(analysis)).total == 3
    assert last.analysis.phases[0].result.content_digest
    mesh.phases["books"].behave = None
    after = await client.ended((await client.submit()).analysis.analysis_id, seconds=10)
    assert after.status == COMPLETED, "the only worker is free again"
    assert len(mesh.phases["books"].runs) == 2
    await invariants(mesh, analysis)


async def test_cancelled_once_is_cancelled_for_good(mesh: Mesh) -> None:
    read = Stopped(mesh.phases["read"])
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    await asyncio.wait_for(read.began.wait(), 10)
    answers = await asyncio.gather(*(client.cancel(analysis, f"reason {n}") for n in range(8)))
    assert len({a.cancel_reason for a in answers}) == 1
    assert len({(a.status, a.sequence, a.ended_at) for a in answers}) == 1
    later = await client.cancel(analysis, "another")
    assert (later.sequence, later.cancel_reason) == (answers[0].sequence, answers[0].cancel_reason)
    await asyncio.sleep(3 * mesh.settings.stale_seconds)  # long enough for whatever would wake it again
    assert await client.get(analysis) == later
    assert len(mesh.phases["read"].runs) == 1
    await invariants(mesh, analysis)


async def test_what_has_ended_cannot_be_cancelled(mesh: Mesh) -> None:
    client = await mesh.start()
    completed = (await client.submit(phases=[1])).analysis.analysis_id
    done = await client.ended(completed)
    mesh.phases["read"].behave = errors_with(Invalid("BAD_BOOKS", "Bad."))
    failed = (await client.submit(phases=[1])).analysis.analysis_id
    await client.ended(failed)
    for analysis, word in ((completed, "completed"), (failed, "failed")):
        with pytest.raises(Precondition, match=f"ANALYSIS_ENDED: The analysis has {word}") as refused:
            await client.cancel(analysis)
        assert refused.value.details == {"status": word}
    assert await client.get(completed) == done
    for reason in ("x" * 501, "a\nb"):
        with pytest.raises(Invalid, match="CANCEL_REASON_INVALID"):
            await client.cancel(completed, reason)


async def test_what_waits_in_the_queue_is_never_begun(mesh: Mesh) -> None:
    read = Stopped(mesh.phases["read"])
    client = await mesh.start(workers_total=1, **NEVER)
    running = (await client.submit(phases=[1])).analysis.analysis_id
    await asyncio.wait_for(read.began.wait(), 10)
    waiting = [(await client.submit(phases=[1])).analysis.analysis_id for _ in range(4)]
    for analysis in [*waiting, running]:
        await client.cancel(analysis)
    mesh.phases["read"].behave = None
    after = (await client.submit(phases=[1])).analysis.analysis_id
    assert (await client.ended(after, seconds=10)).status == COMPLETED
    assert [r.analysis_id for r in mesh.phases["read"].runs] == [running, after]

    async def settled() -> bool:
        return await client.broker.depth(queue_of("read")) == 0

    await until(settled)
    for analysis in waiting:
        await invariants(mesh, analysis)


async def test_an_attempt_that_waits_for_its_turn_is_cancelled(mesh: Mesh) -> None:
    mesh.phases["read"].busy = 10**6
    mesh.phases["books"].behave = errors_with(Internal("PLANTED", "planted"))
    client = await mesh.start(retry_seconds=600.0)
    busy = (await client.submit(phases=[1])).analysis.analysis_id
    await asyncio.sleep(0.2)
    assert (await client.cancel(busy)).status == CANCELLED
    mesh.phases["read"].busy = 0
    retried = (await client.submit(phases=[2])).analysis.analysis_id

    async def failed_once() -> bool:
        return (await client.get(retried)).phases[1].attempt == 1 and len(mesh.phases["books"].runs) == 1

    await until(failed_once)
    assert phases_of(await client.cancel(retried)) == {"read": "completed", "books": "cancelled"}
    await asyncio.sleep(0.5)
    assert [r.analysis_id for r in mesh.phases["read"].runs] == [retried]
    assert len(mesh.phases["books"].runs) == 1


@pytest.mark.parametrize("phase", ["read", "tell"])
async def test_work_stops_in_whichever_process_it_is_done(mesh: Mesh, phase: str) -> None:
    work = Stopped(mesh.phases[phase])
    holder = await mesh.start(**NEVER)
    analysis = (await holder.submit()).analysis.analysis_id
    await asyncio.wait_for(work.began.wait(), 10)
    other = await mesh.start(workers_total=1, **NEVER)
    watching = asyncio.create_task(holder.watch(analysis))
    assert (await other.cancel(analysis)).status == CANCELLED
    await asyncio.wait_for(work.stopped.wait(), 10)
    assert (await watching)[-1].event.type == "analysis.cancelled"
    await invariants(mesh, analysis)


async def test_without_any_signal_the_next_heartbeat_ends_it(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_: Connection, __: UUID) -> None:
        """Notifications are lost."""

    monkeypatch.setattr(outbox, "wake", silent)
    monkeypatch.setattr(outbox, "wake_holders", silent)
    work = Stopped(mesh.phases["read"])
    holder = await mesh.start(lease_seconds=600.0, heartbeat_seconds=0.3)
    analysis = (await holder.submit()).analysis.analysis_id
    await asyncio.wait_for(work.began.wait(), 10)
    other = await mesh.start(workers_total=1)
    await other.cancel(analysis)
    await asyncio.wait_for(work.stopped.wait(), 10)


async def test_signals_that_were_lost_are_made_up_for_when_listening_again(mesh: Mesh) -> None:
    work = Stopped(mesh.phases["read"])
    client = await mesh.start(**NEVER)
    analysis = (await client.submit()).analysis.analysis_id
    await asyncio.wait_for(work.began.wait(), 10)
    db = Database(mesh.dsns.app)
    await db.open()
    await cancel.cancel(db, client.tenant, UUID(analysis), "")
    await cut(mesh, "perito-listen")
    await asyncio.wait_for(work.stopped.wait(), 10)
    await db.close()


async def test_without_the_database_nothing_is_cancelled_and_the_same_request_does_it_later(mesh: Mesh) -> None:
    work = Stopped(mesh.phases["read"])
    client = await mesh.start(database_seconds=1.0)
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    await asyncio.wait_for(work.began.wait(), 10)
    await limit_connections(mesh, 0)
    await cut(mesh, "perito-app")
    with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
        await client.cancel(analysis)
    assert not work.stopped.is_set()
    await limit_connections(mesh, -1)

    async def cancelled() -> bool:
        try:
            return (await client.cancel(analysis)).status == CANCELLED
        except Unavailable:
            return False

    await until(cancelled)
    await asyncio.wait_for(work.stopped.wait(), 10)
    await invariants(mesh, analysis)


async def test_a_result_that_races_with_a_cancel_is_kept_whole_or_not_at_all(mesh: Mesh) -> None:
    client = await mesh.start(workers=0)
    dataset = (await client.dataset()).dataset.dataset_id
    request = pb.SubmitAnalysisRequest(dataset_id=dataset, phases=[1])
    submitted = [outcome.submitted.analysis.analysis_id for outcome in await client.batch([request] * _RACES)]
    db = Database(mesh.dsns.app, size=8)
    await db.open()
    chance = random.Random(4)  # noqa: S311 - when, not a secret
    delays = [(chance.uniform(0, 0.01), chance.uniform(0, 0.01)) for _ in submitted]
    gate = asyncio.Semaphore(4)
    outcomes = await asyncio.gather(
        *(_race(db, client, gate, analysis, pair) for analysis, pair in zip(submitted, delays, strict=True))
    )
    await db.close()
    assert set(outcomes) == {"completed", "cancelled"}, "one of the two each time, and both happen"


async def _race(
    db: Database, client: Client, gate: asyncio.Semaphore, analysis: str, delays: tuple[float, float]
) -> str:
    """Commits and cancels at the same time; what the analysis then is, once all of it agrees."""
    lease = await runs.claim(db, Task(client.tenant, UUID(analysis), "read"), "x/1", 600, 3)
    assert isinstance(lease, Lease)

    async def commits() -> bool:
        await asyncio.sleep(delays[0])
        return await finish.complete(db, lease, PhaseResult(phase="read", version="1"), no_findings())

    async def cancels() -> bool:
        await asyncio.sleep(delays[1])
        try:
            return await cancel.cancel(db, client.tenant, lease.analysis, "")
        except Precondition:
            return False

    async with gate:
        committed, cancelled = await asyncio.gather(commits(), cancels())
    assert committed is not cancelled
    now = await client.get(analysis)
    assert now.phases[0].HasField("result") is committed
    word = "completed" if committed else "cancelled"
    assert (now.status, phases_of(now)) == (COMPLETED if committed else CANCELLED, {"read": word})
    assert await runs.claim(db, lease, "x/2", 600, 3) in (NoLease.NOTHING_TO_DO, NoLease.DUPLICATE)
    assert not await runs.heartbeat(db, lease, 600, 1, "")
    return word


async def test_a_cancel_in_the_middle_of_everything_leaves_nothing_behind(mesh: Mesh) -> None:
    """At any moment of a run: the analysis is cancelled or completed, and the next one runs as if nothing had been."""
    mesh.phases["read"].findings = [finding(n) for n in range(50)]
    client = await mesh.start(workers=2)
    chance = random.Random(7)  # noqa: S311 - when, not a secret
    for _ in range(8):
        analysis = (await client.submit()).analysis.analysis_id
        await asyncio.sleep(chance.uniform(0, 0.4))
        try:
            await client.cancel(analysis)
        except Precondition:
            assert (await client.get(analysis)).status == COMPLETED
        ended = await client.ended(analysis)
        open_ones = {"waiting", "queued", "leased"} & set(phases_of(ended).values())
        assert not open_ones
        await invariants(mesh, analysis)
    assert (await client.ended((await client.submit()).analysis.analysis_id)).status == COMPLETED
