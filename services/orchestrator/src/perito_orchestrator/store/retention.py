"""What has been kept for long enough."""

from uuid import UUID

from perito_orchestrator.store.database import Database

_PAGE = 100


async def old_analyses(db: Database, tenant: UUID, days: float) -> list[UUID]:
    """Analyses that ended more than `days` ago, at most 100, oldest submission first."""
    async with db.unit(tenant) as connection:
        rows = await connection.fetch(
            "SELECT analysis_id FROM analyses WHERE tenant_id = $1 AND status IN ('completed', 'failed', 'cancelled')"
            " AND submitted_at < clock_timestamp() - make_interval(secs => $2)"
            " AND ended_at < clock_timestamp() - make_interval(secs => $2) ORDER BY submitted_at LIMIT $3",
            *(tenant, days * 86400, _PAGE),
        )
    return [row["analysis_id"] for row in rows]


async def old_datasets(db: Database, tenant: UUID, days: float) -> list[UUID]:
    """Datasets that were registered more than `days` ago and that no analysis uses, at most 100, oldest first."""
    async with db.unit(tenant) as connection:
        rows = await connection.fetch(
            "SELECT d.dataset_id FROM datasets d WHERE d.tenant_id = $1"
            " AND d.created_at < clock_timestamp() - make_interval(secs => $2) AND NOT EXISTS"
            " (SELECT FROM analyses a WHERE a.tenant_id = $1 AND a.dataset_id = d.dataset_id)"
            " ORDER BY d.created_at LIMIT $3",
            *(tenant, days * 86400, _PAGE),
        )
    return [row["dataset_id"] for row in rows]
