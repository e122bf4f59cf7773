"""What the sweeper asks: which objects of a listing somebody may still refer to.

Both questions are asked after the listing, and each is one statement: an object that was listed was written by an
attempt that had claimed its fence before, and such a fence is either held, or has committed, or never will.
"""

from collections.abc import Collection
from datetime import datetime
from typing import cast
from uuid import UUID

from perito_orchestrator.store.database import Database

Attempt = tuple[UUID, str, int]
"""Analysis, phase and fence."""


async def clock(system: Database) -> datetime:
    """What time the database says it is."""
    async with system.unit(None) as connection:
        return cast("datetime", await connection.fetchval("SELECT clock_timestamp()"))


async def tenants(system: Database) -> set[UUID]:
    """Every tenant. As perito_system."""
    async with system.unit(None) as connection:
        return {row["tenant_id"] for row in await connection.fetch("SELECT tenant_id FROM tenants")}


async def live_attempts(db: Database, tenant: UUID, attempts: Collection[Attempt]) -> set[Attempt]:
    """Those of the attempts that committed, or whose fence is the newest and held."""
    async with db.unit(tenant) as connection:
        rows = await connection.fetch(
            "SELECT a.analysis_id, a.phase, a.fence"
            " FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS a (analysis_id, phase, fence)"
            " WHERE EXISTS (SELECT FROM phase_results p WHERE p.tenant_id = $1 AND p.analysis_id = a.analysis_id"
            "   AND p.phase = a.phase AND p.fence = a.fence)"
            " OR EXISTS (SELECT FROM phase_runs r WHERE r.tenant_id = $1 AND r.analysis_id = a.analysis_id"
            "   AND r.phase = a.phase AND r.fence = a.fence AND r.state = 'leased')",
            tenant,
            *([attempt[n] for attempt in attempts] for n in range(3)),
        )
    return {(row["analysis_id"], row["phase"], row["fence"]) for row in rows}


async def registered(db: Database, tenant: UUID, datasets: Collection[UUID]) -> dict[UUID, set[str]]:
    """Keys of the objects of those datasets that are registered, by dataset."""
    async with db.unit(tenant) as connection:
        rows = await connection.fetch(
            "SELECT d.dataset_id, d.mapping_key AS object_key FROM datasets d"
            " WHERE d.tenant_id = $1 AND d.dataset_id = ANY ($2)"
            " UNION ALL SELECT f.dataset_id, f.object_key FROM dataset_files f"
            " WHERE f.tenant_id = $1 AND f.dataset_id = ANY ($2)",
            *(tenant, list(datasets)),
        )
    keys: dict[UUID, set[str]] = {}
    for row in rows:
        of_dataset = keys.setdefault(row["dataset_id"], set())
        if row["object_key"] is not None:  # it has no mapping
            of_dataset.add(row["object_key"])
    return keys
