"""Analyses that were accepted while as many of their tenant's ran as may: each begins when another one ends.

Whoever ends an analysis lets the next one begin, in the same transaction. What was passed over there, because somebody
was about to cancel it, and what a higher quota has room for, is found by `release_all`, which housekeeping repeats.
"""

from uuid import UUID

from perito_orchestrator.plan import Plan, State, follow, plan_from_json
from perito_orchestrator.store import outbox, runs
from perito_orchestrator.store.database import Connection, Database

_BLOCK = 50


async def begin(connection: Connection, tenant: UUID, analysis: UUID, plan: Plan) -> None:
    """Queues what nothing comes before. Nothing of the analysis is queued yet."""
    waiting = {phase.name: State.WAITING for phase in plan.phases}
    for phase in follow(plan, waiting).queue:
        await runs.queue(connection, tenant, analysis, phase)


async def hold(connection: Connection, tenant: UUID, analysis: UUID) -> None:
    """The analysis begins when another one ends."""
    await connection.execute("INSERT INTO held_analyses (tenant_id, analysis_id) VALUES ($1, $2)", tenant, analysis)


async def forget(connection: Connection, tenant: UUID, analysis: UUID) -> None:
    """For who cancels an analysis, before he locks it: it will never begin."""
    await connection.execute("SELECT forget_held($1, $2)", tenant, analysis)


async def release(connection: Connection, tenant: UUID) -> list[UUID]:
    """Lets as many begin as there is room for; which. Late in the transaction of whoever ended one, like every
    admission (`perito_orchestrator.store.quotas`).
    """
    rows = await connection.fetch("SELECT analysis_id, plan FROM release_held($1, $2)", tenant, _BLOCK)
    for row in rows:
        await begin(connection, tenant, row["analysis_id"], plan_from_json(row["plan"]))
    return [row["analysis_id"] for row in rows]


async def release_all(db: Database, system: Database) -> int:
    """The same for every tenant that has some; how many began."""
    began = 0
    async with system.unit(None) as connection:
        tenants = [row["tenant_id"] for row in await connection.fetch("SELECT DISTINCT tenant_id FROM held_analyses")]
    for tenant in tenants:
        async with db.unit(tenant) as connection:
            released = await release(connection, tenant)
            if released:
                await outbox.wake(connection, released[0])
        began += len(released)
    return began
