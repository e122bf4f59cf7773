"""Leases and fences at the store: whoever holds an old one changes nothing, the dead lose theirs."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from perito.phase.v1.phase_pb2 import PhaseResult
from perito_orchestrator.store import finish, runs, sweep
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.finish import Failure
from perito_orchestrator.store.runs import Lease, NoLease, Task

from .faults import for_ever
from .mesh import Mesh


async def test_whoever_holds_an_old_fence_changes_nothing(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(workers_total=1, stale_seconds=600.0, lease_seconds=600.0)
    await client.submit(phases=[1])  # occupies the only worker
    analysis = (await client.submit(phases=[1])).analysis.analysis_id
    task = Task(client.tenant, UUID(analysis), "read")
    db = Database(mesh.dsns.app)
    await db.open()
    old = await runs.claim(db, task, "x/1", 0.05, 3)
    assert isinstance(old, Lease)
    assert await runs.claim(db, task, "x/2", 30, 3) is NoLease.DUPLICATE
    await asyncio.sleep(0.1)
    new = await runs.claim(db, task, "x/2", 30, 3)
    assert isinstance(new, Lease)
    assert (old.fence, new.fence, new.attempt) == (1, 2, 2)
    result = PhaseResult(phase="read", version="1", content_digest="d")
    failure = Failure("X", "x")
    assert not await finish.complete(db, old, result, no_findings())
    assert not await runs.heartbeat(db, old, 30, 0.5, "")
    assert not await runs.started(db, old)
    assert not await runs.give_back(db, old, 0)
    assert not await finish.retry(db, old, 0, failure)
    assert not await finish.fail(db, old, old.fence, failure)
    assert not await finish.fail(db, task, None, failure), "a lease that lives cannot be failed for lack of attempts"
    assert (await client.findings(analysis)).total == 0
    assert await runs.heartbeat(db, new, 30, 0.5, "")
    assert await finish.complete(db, new, result, no_findings())
    assert not await finish.complete(db, new, result, no_findings())
    assert (await client.get(analysis)).phases[0].result.content_digest == "d"
    await db.close()


async def no_findings() -> AsyncIterator[str]:
    """Blocks of a phase that found nothing."""
    yield "[]"


async def test_voids_are_free_five_times_and_only_the_dead_lose_their_lease(mesh: Mesh) -> None:
    mesh.phases["read"].behave = for_ever
    client = await mesh.start(workers_total=1, stale_seconds=600.0, lease_seconds=600.0)
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
