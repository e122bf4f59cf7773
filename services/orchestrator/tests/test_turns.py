"""Tenants take turns: whoever has fewer runs leased is served first, however much somebody else has queued."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import PeritoError
from perito_orchestrator.keys import create_tenant
from perito_orchestrator.quotas import Quotas
from perito_orchestrator.store import runs, turns
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.runs import Lease, NoLease, Task

from tests.servers import RabbitNode, RabbitServer

from .databases import Dsns
from .faults import COMPLETED
from .mesh import Client, Mesh
from .phases import until
from .test_rabbit_link import opened

PHASE = "read"
BOOKS = "INSERT INTO datasets (tenant_id, dataset_id) VALUES ($1, $1) ON CONFLICT DO NOTHING"
ONE = """
WITH a AS (INSERT INTO analyses (tenant_id, analysis_id, dataset_id, name, plan, params)
  VALUES ($1, $2, $1, '', '{"phases": []}', '{}'))
INSERT INTO phase_runs (tenant_id, analysis_id, phase, ordinal, place, state, queued_at, next_at, woken_at)
  VALUES ($1, $2, 'read', 1, 0, 'queued', clock_timestamp(), clock_timestamp(), clock_timestamp())
"""


@dataclass
class Queued:
    """Runs of one phase of some tenants in a database without an orchestrator."""

    app: Database
    system: Database
    superuser: "asyncpg.Connection[asyncpg.Record]"
    tenants: list[UUID] = field(default_factory=list[UUID])

    async def queue(self, tenant: UUID, count: int = 1) -> list[UUID]:
        """So many analyses more, each with a run that is due."""
        made = [uuid4() for _ in range(count)]
        await self.superuser.execute(BOOKS, tenant)
        await self.superuser.executemany(ONE, [(tenant, analysis) for analysis in made])
        return made

    async def next(self) -> Task | None:
        return await turns.next_due(self.system, PHASE, 30, 3)

    async def claim(self) -> Lease:
        """The next one, by whoever is alone."""
        task = await self.next()
        assert task is not None
        lease = await runs.claim(self.app, task, "x/1", 30, 3)
        assert isinstance(lease, Lease)
        return lease

    async def end(self, lease: Lease) -> None:
        """As if its phase had completed."""
        await self.superuser.execute(
            "UPDATE phase_runs SET state = 'completed', lease_owner = NULL, lease_until = NULL"
            " WHERE tenant_id = $1 AND analysis_id = $2",
            *(lease.tenant, lease.analysis),
        )

    async def leased(self) -> Counter[UUID]:
        rows = await self.superuser.fetch("SELECT tenant_id FROM phase_runs WHERE state = 'leased'")
        return Counter(row["tenant_id"] for row in rows)

    async def waiting(self) -> set[UUID]:
        rows = await self.superuser.fetch("SELECT DISTINCT tenant_id FROM phase_runs WHERE state = 'queued'")
        return {row["tenant_id"] for row in rows}


@pytest.fixture
async def queued(dsns: Dsns) -> AsyncIterator[Queued]:
    app, system = Database(dsns.app), Database(dsns.system)
    await app.open()
    await system.open()
    superuser = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenants = [await create_tenant(owner, name) for name in ("A", "B", "C")]
    await owner.close()
    yield Queued(app, system, superuser, tenants)
    await superuser.close()
    await app.close()
    await system.close()


async def test_one_analysis_of_another_tenant_is_next_behind_five_hundred(queued: Queued) -> None:
    big, small, _ = queued.tenants
    await queued.queue(big, 500)
    held = [await queued.claim() for _ in range(4)]
    assert {lease.tenant for lease in held} == {big}, "alone, a tenant has it all"
    (mine,) = await queued.queue(small)
    lease = await queued.claim()
    assert (lease.tenant, lease.analysis) == (small, mine)
    assert (await queued.claim()).tenant == big


async def test_with_one_seat_tenants_take_turns_and_each_has_its_own_order(queued: Queued) -> None:
    big, small, _ = queued.tenants
    of_big, of_small = await queued.queue(big, 6), await queued.queue(small, 3)
    served: list[tuple[UUID, UUID]] = []
    for _ in range(9):
        lease = await queued.claim()
        served.append((lease.tenant, lease.analysis))
        await queued.end(lease)
    assert await queued.next() is None
    assert [tenant for tenant, _ in served] == [big, small] * 3 + [big] * 3
    assert [analysis for tenant, analysis in served if tenant == big] == of_big
    assert [analysis for tenant, analysis in served if tenant == small] == of_small


@pytest.mark.parametrize("seed", range(6))
async def test_nobody_waits_while_one_with_more_running_is_served(queued: Queued, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - a seed that can be given again
    held: list[Lease] = []
    for _ in range(60):
        action = random.random()
        if action < 0.3:
            await queued.queue(random.choice(queued.tenants), random.randint(1, 4))
        elif action < 0.5 and held:
            await queued.end(held.pop(random.randrange(len(held))))
        else:
            waiting, before = await queued.waiting(), await queued.leased()
            if not waiting:
                assert await queued.next() is None
                continue
            held.append(await queued.claim())
            fewest = min(before[tenant] for tenant in waiting)
            assert before[held[-1].tenant] == fewest, (before, waiting)


async def test_what_is_not_due_or_leased_is_nobodys_turn_and_what_ran_out_is(queued: Queued) -> None:
    first, second, _ = queued.tenants
    await queued.queue(first)
    await queued.superuser.execute("UPDATE phase_runs SET next_at = clock_timestamp() + interval '1 hour'")
    assert await queued.next() is None
    await queued.queue(second)
    lease = await queued.claim()
    assert lease.tenant == second
    assert await queued.next() is None
    await queued.superuser.execute(
        "UPDATE phase_runs SET lease_until = clock_timestamp() - interval '1 second' WHERE state = 'leased'"
    )
    again = await queued.claim()
    assert (again.analysis, again.fence) == (lease.analysis, 2)
    await queued.superuser.execute(
        "UPDATE phase_runs SET attempt = 3, lease_until = clock_timestamp() - interval '10 seconds'"
        " WHERE state = 'leased'"
    )
    assert await queued.next() is None, "its last holder may yet say that he lives"
    await queued.superuser.execute(
        "UPDATE phase_runs SET lease_until = clock_timestamp() - interval '1 minute' WHERE state = 'leased'"
    )
    spent = await queued.next()
    assert spent is not None
    assert await runs.claim(queued.app, spent, "x/1", 30, 3) is NoLease.EXHAUSTED


async def test_looking_reads_no_more_where_the_queue_is_long(queued: Queued) -> None:
    big, small, _ = queued.tenants
    await queued.queue(big, 10)
    await queued.queue(small, 2)
    short = await _rows_read(queued)
    await queued.queue(big, 3000)
    await queued.superuser.execute("ANALYZE perito.phase_runs")
    long = await _rows_read(queued)
    assert long <= short + 5, (short, long)


async def _rows_read(queued: Queued) -> int:
    """Rows of `phase_runs` that one look reads."""
    async with queued.system.unit(None) as connection:
        await connection.execute("SET LOCAL enable_seqscan = off")  # how a table of ten rows is read says nothing
        text = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {turns.NEXT}", PHASE, 3, 30.0)
    ((told,),) = (json.loads(text),)
    return sum(
        round(node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)))
        for node in _nodes(told["Plan"])
        if node.get("Relation Name") == "phase_runs"
    )


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The plan with all that is below it."""
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


async def test_five_hundred_queued_analyses_delay_nobody_else(mesh: Mesh, rabbit_node: RabbitNode) -> None:
    """On a real broker, whose queue has the messages of the five hundred before those of the one."""

    async def takes_a_moment(_: RunPhaseRequest) -> PeritoError | None:
        await asyncio.sleep(0.05)
        return None

    mesh.phases[PHASE].behave = takes_a_moment
    with RabbitServer(rabbit_node.url, rabbit_node.api).vhost() as url:
        async with opened(url) as broker:
            client = await mesh.start(broker, workers=2, quotas=Quotas())
            owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
            other = client.of(await create_tenant(owner, "B"))
            await owner.close()
            dataset = (await client.dataset()).dataset.dataset_id
            await asyncio.gather(*(submitted(client, dataset, 50) for _ in range(10)))
            await until(lambda: len(mesh.phases[PHASE].runs) > 0)
            mine = (await other.submit(phases=[1])).analysis.analysis_id
            before = len(mesh.phases[PHASE].runs)
            assert (await other.ended(mine)).status == COMPLETED
            served = [run.analysis_id for run in mesh.phases[PHASE].runs]
            assert served.index(mine) - before <= 8, "it was served after the runs that had been claimed, and no other"
            assert (await client.counts())["COMPLETED"] < 400


async def submitted(client: Client, dataset: str, count: int) -> None:
    for _ in range(count):
        await client.submit(dataset, phases=[1])
