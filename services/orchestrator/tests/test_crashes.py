"""What is accepted is kept: workers that die at any step, are stopped, or leave."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from perito.phase.v1.phase_pb2 import PhaseResult
from perito_kernel.errors import Unavailable
from perito_orchestrator.broker import Delivery
from perito_orchestrator.broker_memory import MemoryBroker
from perito_orchestrator.store import finish, runs
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.runs import Lease, NoLease
from structlog.testing import capture_logs

from .faults import COMPLETED, held_up, invariants
from .mesh import Mesh
from .phases import finding, until


class Died(BaseException):
    """What kills a task without any of its clean-up that catches exceptions."""


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


async def test_a_result_that_the_database_never_takes_fails_in_the_end(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = finish.complete

    async def refusing(db: Database, lease: Lease, result: PhaseResult, blocks: AsyncIterator[str]) -> bool:
        if lease.phase == "looks":
            raise Unavailable("DATABASE_UNAVAILABLE", "planted: this commit takes longer than it may")
        return await complete(db, lease, result, blocks)

    monkeypatch.setattr(finish, "complete", refusing)
    client = await mesh.start(commit_seconds=0.1)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    looks = next(p for p in done.phases if p.phase == "looks")
    assert (done.status, done.partial) == (COMPLETED, True)
    assert (looks.failure.reason, looks.attempt) == ("DATABASE_UNAVAILABLE", 3)
    await invariants(mesh, done.analysis_id)


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
    short = {"lease_seconds": 1.0, "heartbeat_seconds": 0.2, "database_seconds": 2.0}
    process = await mesh.start_process(**short)
    analysis = (await process.client.submit()).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)
    process.signal(signal.SIGSTOP)  # at times in the middle of a transaction, with the analysis locked
    client = await mesh.start(**short)
    done = await client.ended(analysis)
    go.set()
    process.signal(signal.SIGCONT)
    await until(lambda: b'"event": "fenced"' in process.log.read_bytes())
    assert (done.status, done.partial) == (COMPLETED, False)
    assert [r.fence for r in mesh.phases["books"].runs] == [1, 2]
    after = await client.get(analysis)
    assert after.sequence == done.sequence, "the zombie added nothing"
    await invariants(mesh, analysis)


async def test_a_heartbeat_that_comes_after_the_commit_fences_nobody(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: dict[str, asyncio.Event] = {name: asyncio.Event() for name in mesh.phases}
    heartbeat, complete = runs.heartbeat, finish.complete

    async def watched_heartbeat(db: Database, lease: Lease, *rest: Any) -> bool:
        held = await heartbeat(db, lease, *rest)
        if not held:
            refused[lease.phase].set()
        return held

    async def slowly_told(db: Database, lease: Lease, result: PhaseResult, blocks: AsyncIterator[str]) -> bool:
        held = await complete(db, lease, result, blocks)
        await asyncio.wait_for(refused[lease.phase].wait(), 10)
        await asyncio.sleep(0)  # the keeper of the lease hears first
        return held

    monkeypatch.setattr(runs, "heartbeat", watched_heartbeat)
    monkeypatch.setattr(finish, "complete", slowly_told)
    client = await mesh.start(heartbeat_seconds=0.05, progress_seconds=0.01)
    with capture_logs() as logs:
        done = await client.ended((await client.submit()).analysis.analysis_id)
        await until(lambda: sum(line["event"] == "phase completed" for line in logs) == len(mesh.phases))
    assert done.status == COMPLETED
    assert [line for line in logs if line["event"] == "fenced"] == []


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


async def test_a_drain_gives_back_what_was_claimed_and_not_begun(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed = asyncio.Event()

    async def unheard(_: object) -> None:
        claimed.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr("perito_orchestrator.broker_memory._Delivery.ack", unheard)
        first = await mesh.start(lease_seconds=60, heartbeat_seconds=20)
        analysis = (await first.submit()).analysis.analysis_id
        await asyncio.wait_for(claimed.wait(), 10)
        await first.orchestrator.stop(0)
    done = await (await mesh.start()).ended(analysis)
    assert {p.attempt for p in done.phases} == {1}
    await invariants(mesh, analysis)


async def _take(delivery: Delivery) -> None:
    await delivery.ack()


async def test_a_drain_gives_work_back_although_a_consumer_breaks(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    began, _ = held_up(mesh.phases["books"])
    first = await mesh.start(lease_seconds=60, heartbeat_seconds=20)
    analysis = (await first.submit()).analysis.analysis_id
    await asyncio.wait_for(began.wait(), 10)

    kind = type(await MemoryBroker().consume("any", 1, _take))
    cancel = kind.cancel

    async def broken(consumer: Any, grace: float = 0) -> None:
        await cancel(consumer, grace)
        raise RuntimeError("the broker's library broke while its channel was closed")

    with monkeypatch.context() as patched:
        patched.setattr(kind, "cancel", broken)
        await first.orchestrator.stop(0)
    done = await (await mesh.start()).ended(analysis)
    assert {p.attempt for p in done.phases} == {1}
    await invariants(mesh, analysis)
