"""What is accepted is kept: workers that die at any step, messages twice or never, connections cut, zombies fenced."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.event.v1.event_pb2 import PhaseTask
from perito.phase.v1.phase_pb2 import PhaseResult, RunPhaseRequest
from perito_kernel.errors import PeritoError, Unavailable
from perito_orchestrator.broker import DEAD_LETTERS, queue_of
from perito_orchestrator.store import finish, runs, sweep
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.finish import Failure
from perito_orchestrator.store.runs import Lease, NoLease, Task

from .mesh import Client, Mesh
from .phases import finding, until

COMPLETED = pb.ANALYSIS_STATUS_COMPLETED


class Died(BaseException):
    """What kills a task without any of its clean-up that catches exceptions."""


async def invariants(mesh: Mesh, analysis: str, digest_of: str = "read") -> None:
    """Exactly one result per phase, events without gap, nothing left to send and no lease alive."""
    connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})
    key = UUID(analysis)
    results = await connection.fetch("SELECT phase, count(*) FROM phase_results WHERE analysis_id = $1 GROUP BY 1", key)
    completed = await connection.fetch(
        "SELECT phase FROM phase_runs WHERE analysis_id = $1 AND state = 'completed'", key
    )
    assert {(r["phase"], r["count"]) for r in results} == {(r["phase"], 1) for r in completed}
    numbers = [r["sequence"] for r in await connection.fetch(
        "SELECT sequence FROM events WHERE analysis_id = $1 ORDER BY 1", key
    )]  # fmt: skip
    assert numbers == list(range(1, len(numbers) + 1))
    assert (
        await connection.fetchval("SELECT count(*) FROM phase_runs WHERE state = 'leased' AND analysis_id = $1", key)
        == 0
    )

    async def all_sent() -> bool:
        return await connection.fetchval("SELECT count(*) FROM outbox") == 0

    await until(all_sent)
    await connection.close()
    for _, broker, _ in mesh.running:
        assert await broker.depth(DEAD_LETTERS) == 0


@pytest.mark.parametrize("step", ["after claim", "before commit", "after commit"])
async def test_a_worker_that_dies_at_a_step_is_replaced(mesh: Mesh, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    deaths: list[str] = []
    claim, complete = runs.claim, finish.complete

    def die() -> None:
        if not deaths:
            deaths.append(step)
            raise Died

    async def dying_claim(*args: Any) -> Lease | NoLease:
        lease = await claim(*args)
        if step == "after claim" and isinstance(lease, Lease):
            die()
        return lease

    async def dying_complete(db: Database, lease: Lease, result: PhaseResult, blocks: AsyncIterator[str]) -> bool:
        if step == "before commit":
            die()
        held = await complete(db, lease, result, blocks)
        if step == "after commit":
            die()
        return held

    monkeypatch.setattr(runs, "claim", dying_claim)
    monkeypatch.setattr(finish, "complete", dying_complete)
    mesh.phases["read"].findings = [finding(n) for n in range(20)]
    client = await mesh.start(lease_seconds=0.5, heartbeat_seconds=0.1)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    assert deaths == [step]
    assert done.status == COMPLETED
    assert not done.partial
    assert len(mesh.phases["read"].runs) == {"after claim": 1, "before commit": 2, "after commit": 1}[step]
    assert (await client.findings(done.analysis_id)).total == 20
    await invariants(mesh, done.analysis_id)


async def test_work_that_kills_its_worker_every_time_fails_in_the_end(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = runs.claim

    async def dying_claim(*args: Any) -> Lease | NoLease:
        lease = await claim(*args)
        if isinstance(lease, Lease) and lease.phase == "looks":
            raise Died
        return lease

    monkeypatch.setattr(runs, "claim", dying_claim)
    client = await mesh.start(lease_seconds=0.3, heartbeat_seconds=0.1)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    looks = next(p for p in done.phases if p.phase == "looks")
    assert (done.status, done.partial) == (COMPLETED, True)
    assert (looks.failure.reason, looks.attempt) == ("ATTEMPTS_EXHAUSTED", 3)
    await invariants(mesh, done.analysis_id)


def held_up(phase: Any) -> tuple[asyncio.Event, asyncio.Event]:
    """The phase's first run reports that it began and waits to be let go; later runs pass."""
    began, go = asyncio.Event(), asyncio.Event()

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        if not began.is_set():
            began.set()
            await go.wait()
        return None

    phase.behave = behave
    return began, go


async def test_after_kill_9_another_orchestrator_finishes(mesh: Mesh) -> None:
    began, _ = held_up(mesh.phases["books"])
    process = await mesh.start_process(lease_seconds=1.0, heartbeat_seconds=0.2)
    analysis = (await process.client.submit()).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)
    process.signal(signal.SIGKILL)
    await process.child.wait()
    client = await mesh.start(lease_seconds=1.0, heartbeat_seconds=0.2)
    done = await client.ended(analysis)
    assert (done.status, done.partial) == (COMPLETED, False)
    assert next(p.attempt for p in done.phases if p.phase == "books") == 2
    assert len(mesh.phases["read"].runs) == 1
    await invariants(mesh, analysis)


async def test_the_next_sole_holder_voids_the_leases_of_the_dead_at_once(mesh: Mesh) -> None:
    began, _ = held_up(mesh.phases["books"])
    long = {"lease_seconds": 600.0, "stale_seconds": 600.0, "sole_holder": True}
    process = await mesh.start_process(**long)
    analysis = (await process.client.submit()).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)
    process.signal(signal.SIGKILL)
    await process.child.wait()
    client = await mesh.start(**long)
    done = await client.ended(analysis, seconds=5)
    assert (done.status, done.partial) == (COMPLETED, False)
    assert {p.attempt for p in done.phases} == {1}, "the death of a holder costs the analysis nothing"
    assert mesh.phases["books"].runs[1].fence > mesh.phases["books"].runs[0].fence
    await invariants(mesh, analysis)


async def test_a_stopped_worker_that_wakes_up_late_is_fenced(mesh: Mesh) -> None:
    began, go = held_up(mesh.phases["books"])
    process = await mesh.start_process(lease_seconds=1.0, heartbeat_seconds=0.2)
    analysis = (await process.client.submit()).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)
    process.signal(signal.SIGSTOP)
    client = await mesh.start(lease_seconds=1.0, heartbeat_seconds=0.2)
    done = await client.ended(analysis)
    go.set()
    process.signal(signal.SIGCONT)
    await until(lambda: b'"event": "fenced"' in process.log.read_bytes())
    assert (done.status, done.partial) == (COMPLETED, False)
    assert [r.fence for r in mesh.phases["books"].runs] == [1, 2]
    after = await client.get(analysis)
    assert after.sequence == done.sequence, "the zombie added nothing"
    await invariants(mesh, analysis)


async def test_whoever_holds_an_old_fence_changes_nothing(mesh: Mesh) -> None:
    mesh.phases["read"].behave = _for_ever
    client = await mesh.start(workers=1, stale_seconds=600.0, lease_seconds=600.0)
    await client.submit(phases=[1])  # occupies the only worker
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    task = Task(client.tenant, UUID(analysis), "read")
    db = Database(mesh.dsns.app)
    await db.open()
    old = await runs.claim(db, task, "x/1", 0.05, 3)
    assert isinstance(old, Lease)
    assert await runs.claim(db, task, "x/2", 30, 3) is NoLease.NOTHING_TO_DO
    await asyncio.sleep(0.1)
    new = await runs.claim(db, task, "x/2", 30, 3)
    assert isinstance(new, Lease)
    assert (old.fence, new.fence, new.attempt) == (1, 2, 2)
    result = PhaseResult(phase="read", version="1", content_digest="d")
    failure = Failure("X", "x")
    assert not await finish.complete(db, old, result, _blocks())
    assert not await runs.heartbeat(db, old, 30, 0.5, "")
    assert not await runs.started(db, old)
    assert not await runs.give_back(db, old, 0)
    assert not await finish.retry(db, old, 0, failure)
    assert not await finish.fail(db, old, old.fence, failure)
    assert not await finish.fail(db, task, None, failure), "a lease that lives cannot be failed for lack of attempts"
    assert (await client.findings(analysis)).total == 0
    assert await runs.heartbeat(db, new, 30, 0.5, "")
    assert await finish.complete(db, new, result, _blocks())
    assert not await finish.complete(db, new, result, _blocks())
    assert (await client.get(analysis)).phases[0].result.content_digest == "d"
    await db.close()


async def _for_ever(_: RunPhaseRequest) -> PeritoError | None:
    await asyncio.Event().wait()
    return None


async def _blocks() -> AsyncIterator[str]:
    yield "[]"


async def test_messages_many_times_make_one_result(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    body = PhaseTask(tenant_id=str(client.tenant), analysis_id=analysis, phase="books").SerializeToString()
    watching = asyncio.create_task(client.ended(analysis))
    while not watching.done():
        await client.broker.publish(queue_of("books"), body, "the same")
        await asyncio.sleep(0.01)
    for phase in mesh.phases:
        body = PhaseTask(tenant_id=str(client.tenant), analysis_id=analysis, phase=phase).SerializeToString()
        await client.broker.publish(queue_of(phase), body, "again")
    await asyncio.sleep(0.3)
    assert (await watching).status == COMPLETED
    assert {len(phase.runs) for phase in mesh.phases.values()} == {1}
    await invariants(mesh, analysis)


@pytest.mark.parametrize("body", [b"\xff\xff", b"", PhaseTask(tenant_id="x").SerializeToString()])
async def test_a_message_that_makes_no_sense_is_dead_and_hurts_nobody(mesh: Mesh, body: bytes) -> None:
    client = await mesh.start()
    await client.broker.publish(queue_of("read"), body, "1")

    async def dead() -> bool:
        return await client.broker.depth(DEAD_LETTERS) == 1

    await until(dead)
    assert (await client.ended((await client.submit()).analysis.analysis_id)).status == COMPLETED


async def test_a_message_for_nothing_is_dropped(mesh: Mesh) -> None:
    client = await mesh.start()
    for tenant, analysis in ((uuid4(), uuid4()), (client.tenant, uuid4())):
        body = PhaseTask(tenant_id=str(tenant), analysis_id=str(analysis), phase="read").SerializeToString()
        await client.broker.publish(queue_of("read"), body, "1")
    assert (await client.ended((await client.submit()).analysis.analysis_id)).status == COMPLETED
    assert await client.broker.depth(DEAD_LETTERS) == 0


Publish = Callable[[str, bytes, str], Awaitable[None]]


@dataclass
class Faults:
    """Stands between the relay and the broker."""

    publish: Publish
    lost: int = 0
    down: int = 0
    unconfirmed: int = 0

    async def __call__(self, queue: str, body: bytes, message_id: str) -> None:
        if self.down > 0:
            self.down -= 1
            raise Unavailable("BROKER_UNAVAILABLE", "planted")
        if self.lost > 0:
            self.lost -= 1
            return
        await self.publish(queue, body, message_id)
        if self.unconfirmed > 0:
            self.unconfirmed -= 1
            raise TimeoutError


@pytest.mark.parametrize("fault", [{"lost": 4}, {"down": 6}, {"unconfirmed": 6}])
async def test_a_broker_that_loses_refuses_or_repeats_is_survived(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch, fault: dict[str, int]
) -> None:
    client = await mesh.start()
    faults = Faults(client.broker.publish, **fault)
    monkeypatch.setattr(client.broker, "publish", faults)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    assert (faults.lost, faults.down, faults.unconfirmed) == (0, 0, 0), "the fault was not met"
    assert done.status == COMPLETED
    assert {p.attempt for p in done.phases} == {1}
    assert {len(phase.runs) for phase in mesh.phases.values()} == {1}
    await invariants(mesh, done.analysis_id)


async def cut(mesh: Mesh, application: str) -> int:
    """Ends this application's database connections, as an operator or a failover would."""
    connection = await asyncpg.connect(mesh.dsns.superuser)
    rows = await connection.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2",
        *(mesh.dsns.name, application),
    )
    await connection.close()
    return len(rows)


async def test_a_watch_ends_although_its_listening_connection_is_cut(mesh: Mesh) -> None:
    began, go = held_up(mesh.phases["books"])
    client = await mesh.start()
    other = await mesh.start()  # watches work that happens in another process
    analysis = (await client.submit()).analysis.analysis_id
    watching = asyncio.create_task(other.watch(analysis))
    await asyncio.wait_for(began.wait(), 10)
    assert await cut(mesh, "perito-listen") == 2
    go.set()
    messages = await watching
    numbers = [m.event.sequence for m in messages if m.HasField("event")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert messages[-1].analysis.status == COMPLETED

    async def listening_again() -> bool:
        connection = await asyncpg.connect(mesh.dsns.superuser)
        count = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'perito-listen'",
            mesh.dsns.name,
        )
        await connection.close()
        return count == 2

    await until(listening_again)


async def test_all_database_connections_may_be_cut_at_any_time(mesh: Mesh) -> None:
    client = await mesh.start()
    submitted = [(await client.submit()).analysis.analysis_id for _ in range(6)]
    for _ in range(8):
        for application in ("perito-app", "perito-system", "perito-listen"):
            await cut(mesh, application)
        await asyncio.sleep(0.15)
    for analysis in submitted:
        done = await _ended_patiently(client, analysis)
        assert (done.status, done.partial) == (COMPLETED, False)
        await invariants(mesh, analysis)


async def _ended_patiently(client: Client, analysis: str) -> pb.Analysis:
    """Watching may meet a cut connection too; the client then watches again."""
    while True:
        try:
            return await client.ended(analysis)
        except Unavailable:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("freeze", [False, True])
async def test_a_unit_of_work_ends_in_its_time_however_the_database_hangs(mesh: Mesh, *, freeze: bool) -> None:
    db = Database(mesh.dsns.app, seconds=0.5, size=2)
    await db.open()
    began = asyncio.get_running_loop().time()
    frozen: list[int] = []

    async def hang() -> None:
        async with db.unit(mesh.tenant) as unit:
            if freeze:
                frozen.append(unit.get_server_pid())
                os.kill(frozen[0], signal.SIGSTOP)
            await unit.execute("SELECT pg_sleep(20)")

    with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
        await hang()
    assert asyncio.get_running_loop().time() - began < 1.0
    assert await db.fetch("SELECT 1")
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)
    await db.close()


async def test_a_drain_costs_no_attempt_and_the_next_start_goes_on(mesh: Mesh) -> None:
    began, _ = held_up(mesh.phases["books"])
    first = await mesh.start()
    analysis = (await first.submit()).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)
    watching = asyncio.create_task(first.watch(analysis))
    await asyncio.sleep(0.1)
    await first.orchestrator.stop(0)
    with pytest.raises(Unavailable, match="RESTARTING"):
        await watching
    second = await mesh.start()
    done = await second.ended(analysis)
    assert (done.status, done.partial) == (COMPLETED, False)
    assert {p.attempt for p in done.phases} == {1}
    await invariants(mesh, analysis)


async def test_a_drain_with_grace_lets_a_run_finish(mesh: Mesh) -> None:
    began, go = held_up(mesh.phases["books"])
    client = await mesh.start()
    analysis = (await client.submit(phases=[2])).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)
    stopping = asyncio.create_task(client.orchestrator.stop(10))
    await asyncio.sleep(0.2)
    assert not stopping.done()
    go.set()
    await stopping
    assert len(mesh.phases["books"].runs) == 1
    again = await mesh.start()
    assert (await again.get(analysis)).status == COMPLETED


async def test_two_orchestrators_share_the_work_and_do_it_once(mesh: Mesh) -> None:
    one, two = await mesh.start(), await mesh.start()
    submitted = [(await c.submit()).analysis.analysis_id for c in (one, two, one, two)]
    for analysis in submitted:
        assert (await two.ended(analysis)).status == COMPLETED
        await invariants(mesh, analysis)
    assert {len(phase.runs) for phase in mesh.phases.values()} == {4}


async def test_voids_are_free_five_times_and_only_the_dead_lose_their_lease(mesh: Mesh) -> None:
    mesh.phases["read"].behave = _for_ever
    client = await mesh.start(workers=1, stale_seconds=600.0, lease_seconds=600.0)
    await client.submit(phases=[1])  # occupies the only worker
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    task = Task(client.tenant, UUID(analysis), "read")
    db, system = Database(mesh.dsns.app), Database(mesh.dsns.system)
    await db.open()
    await system.open()
    attempts: list[int] = []
    for death in range(7):
        lease = await runs.claim(db, task, f"epoch{death}/w", 600, 3)
        assert isinstance(lease, Lease)
        attempts.append(lease.attempt)
        await sweep.void_leases(system, f"epoch{death}")
        assert await runs.heartbeat(db, lease, 600, 0, ""), "its own epoch keeps its lease"
        await sweep.void_leases(system, f"epoch{death + 1}")
    assert attempts == [1, 1, 1, 1, 1, 1, 2]
    assert await runs.claim(db, task, "epoch9/w", 600, 3) is not NoLease.EXHAUSTED
    await db.close()
    await system.close()
