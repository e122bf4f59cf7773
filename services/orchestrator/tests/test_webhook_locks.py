"""Deliveries are locked in one order: whoever deletes an analysis and whoever deletes a webhook do not wait for each
other, and neither do two tries of one webhook that fail at once.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito_orchestrator.keys import create_tenant
from perito_orchestrator.store import deletions, webhook_deliveries, webhook_log, webhooks
from perito_orchestrator.store.database import Database
from perito_orchestrator.store.webhook_deliveries import Attempt, Claim
from perito_orchestrator.webhook_patience import Patience

from .databases import Dsns
from .phases import until

# Small tables are read from end to end, in which order two deletions happen to agree. Large ones are found by an index:
# those of an analysis in the order in which they came, those of a webhook newest first.
AS_LARGE = {"enable_seqscan": "off", "enable_bitmapscan": "off"}
PATIENCE = Patience(retry_seconds=5, give_up_seconds=86_400, disable_seconds=432_000)
FAILED = Attempt(datetime(2026, 3, 1, tzinfo=UTC), 12, 503, "status", "", "")


@pytest.fixture
async def app(dsns: Dsns) -> AsyncIterator[Database]:
    database = Database(dsns.app, session=AS_LARGE)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def superuser(dsns: Dsns) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    yield connection
    await connection.close()


async def deliveries(dsns: Dsns, superuser: asyncpg.Connection) -> tuple[UUID, UUID, UUID, list[UUID]]:
    """A tenant, its analysis that ended, its webhook, and three deliveries of the one to the other, oldest first."""
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenant = await create_tenant(owner, "A")
    await owner.close()
    analysis, dataset, webhook, made = uuid4(), uuid4(), uuid4(), [uuid4() for _ in range(3)]
    await superuser.execute("INSERT INTO datasets (tenant_id, dataset_id) VALUES ($1, $2)", *(tenant, dataset))
    await superuser.execute(
        "INSERT INTO analyses (tenant_id, analysis_id, dataset_id, name, plan, params, status, ended_at)"
        " VALUES ($1, $2, $3, 'x', '[]', '{}', 'completed', clock_timestamp())",
        *(tenant, analysis, dataset),
    )
    await superuser.execute(
        "INSERT INTO webhooks (tenant_id, webhook_id, url, description, event_types, enabled, secret)"
        " VALUES ($1, $2, 'https://example.com', '', '{analysis.completed}', true, '')",
        *(tenant, webhook),
    )
    for delivery in made:
        await superuser.execute(
            "INSERT INTO webhook_deliveries (tenant_id, delivery_id, webhook_id, message_id, analysis_id, event_type,"
            " body, attempts) VALUES ($1, $2, $3, $4, $5, 'analysis.completed', '{}', 1)",
            *(tenant, delivery, webhook, uuid4(), analysis),
        )
    return tenant, analysis, webhook, made


async def both_wait(superuser: asyncpg.Connection) -> bool:
    """Whether two transactions of this database wait for a lock."""
    return await superuser.fetchval(
        "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )


async def test_an_analysis_and_a_webhook_are_deleted_at_once(
    dsns: Dsns, app: Database, superuser: asyncpg.Connection
) -> None:
    tenant, analysis, webhook, made = await deliveries(dsns, superuser)
    holder = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    held = holder.transaction()
    await held.start()
    # Whoever comes from either end has the first and waits here; then each would want what the other has.
    await holder.execute("SELECT FROM webhook_deliveries WHERE delivery_id = $1 FOR UPDATE", made[1])
    both = [
        asyncio.create_task(deletions.delete_analysis(app, tenant, analysis)),
        asyncio.create_task(webhooks.delete(app, tenant, webhook)),
    ]
    await until(lambda: both_wait(superuser))
    await held.rollback()
    await holder.close()
    assert await asyncio.gather(*both) == [None, None]
    assert await superuser.fetchval("SELECT count(*) FROM webhook_deliveries") == 0


async def test_two_tries_of_one_webhook_fail_at_once_and_both_are_kept(
    dsns: Dsns, app: Database, superuser: asyncpg.Connection
) -> None:
    tenant, _, webhook, made = await deliveries(dsns, superuser)
    holder = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    held = holder.transaction()
    await held.start()
    await holder.execute("SELECT FROM webhook_deliveries WHERE delivery_id = ANY ($1) FOR UPDATE", made[:2])
    tries = [
        asyncio.create_task(webhook_deliveries.finish(app, Claim(tenant, webhook, one, 1), FAILED, PATIENCE, 1.0))
        for one in made[:2]
    ]
    await until(lambda: both_wait(superuser))  # each has its share of the webhook already
    await held.rollback()
    await holder.close()
    assert await asyncio.gather(*tries) == ["pending", "pending"]
    assert await superuser.fetchval("SELECT count(*) FROM webhook_attempts") == 2


async def test_what_somebody_is_at_is_forgotten_the_next_time(
    dsns: Dsns, app: Database, superuser: asyncpg.Connection
) -> None:
    tenant, _, _, made = await deliveries(dsns, superuser)
    await superuser.execute(
        "UPDATE webhook_deliveries SET state = 'delivered', ended_at = clock_timestamp() - interval '40 days'"
    )
    holder = await asyncpg.connect(dsns.superuser, server_settings={"search_path": "perito"})
    async with holder.transaction():
        await holder.execute("SELECT FROM webhook_deliveries WHERE delivery_id = $1 FOR UPDATE", made[0])
        assert await webhook_log.forget(app, tenant, 30, 86_400) == 2
    assert await webhook_log.forget(app, tenant, 30, 86_400) == 1
    await holder.close()
