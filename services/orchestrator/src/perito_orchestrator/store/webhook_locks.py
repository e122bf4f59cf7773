"""The one order in which deliveries are locked by whoever takes several: that of their ids.

An analysis is deleted with its deliveries to every webhook, a webhook with those of every analysis. Left to the
database, each of the two takes the rows as it finds them, and may then wait for the other.
"""

from uuid import UUID

from perito_orchestrator.store.database import Connection


async def lock_with_analysis(connection: Connection, tenant: UUID, analysis: UUID) -> None:
    """Holds an analysis and its deliveries until the caller's transaction ends."""
    await connection.execute(
        "SELECT FROM analyses WHERE tenant_id = $1 AND analysis_id = $2 FOR UPDATE", tenant, analysis
    )
    await connection.execute(
        "SELECT FROM webhook_deliveries WHERE tenant_id = $1 AND analysis_id = $2 ORDER BY delivery_id FOR UPDATE",
        *(tenant, analysis),
    )


async def lock_with_webhook(connection: Connection, tenant: UUID, webhook: UUID) -> None:
    """Holds a webhook and its deliveries until the caller's transaction ends."""
    await connection.execute(
        "SELECT FROM webhooks WHERE tenant_id = $1 AND webhook_id = $2 FOR UPDATE", tenant, webhook
    )
    await connection.execute(
        "SELECT FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 ORDER BY delivery_id FOR UPDATE",
        *(tenant, webhook),
    )
