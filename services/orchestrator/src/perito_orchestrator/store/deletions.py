"""Deleting analyses and datasets: their rows in one transaction, which leaves a note of whose objects must follow.

Whoever deletes a dataset, and whoever registers one, first takes the lock of its id. So a dataset whose objects are
being deleted is never registered, and one that was registered keeps its objects.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from perito_kernel.errors import Conflict, NotFound, Precondition

from perito_orchestrator.store import audit, outbox, webhook_locks
from perito_orchestrator.store.database import Connection, Database

Kind = Literal["analyses", "datasets"]

_DELETE_SECONDS = 60
"""Bound of a transaction that deletes an analysis with all its findings, which may be many thousands."""
_KEPT = "7 days"


@dataclass(frozen=True)
class Deletion:
    """Objects that must go: everything under the prefix of one resource."""

    tenant: UUID
    kind: Kind
    resource: UUID
    tries: int

    @property
    def prefix(self) -> str:
        """Of its objects' keys."""
        return f"tenants/{self.tenant}/{self.kind}/{self.resource}"


async def delete_analysis(db: Database, tenant: UUID, analysis: UUID) -> None:
    """Deletes an ended analysis with everything that was found, and the dataset that came with it where no other uses
    it.

    Raises NotFound ANALYSIS_NOT_FOUND, also for another tenant's, and Precondition ANALYSIS_RUNNING.
    """
    async with db.unit(tenant, _DELETE_SECONDS) as connection:
        await webhook_locks.lock_with_analysis(connection, tenant, analysis)
        status = await connection.fetchval("SELECT delete_analysis($1, $2)", tenant, analysis)
        if status is None:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        if status in ("pending", "running"):
            raise Precondition(
                "ANALYSIS_RUNNING",
                f"The analysis is {status}. Cancel it first, or wait until it has ended.",
                {"status": status},
            )
        await outbox.wake(connection, analysis)
        await audit.record(connection, "analysis.deleted", str(analysis), {"status": status})


async def delete_dataset(db: Database, tenant: UUID, dataset: UUID) -> bool:
    """Deletes a dataset that no analysis uses. False where one does, or there is no such dataset."""
    async with db.unit(tenant) as connection:
        deleted = await connection.fetchval("SELECT delete_unused_dataset($1, $2, false)", tenant, dataset)
        if deleted:
            await audit.record(connection, "dataset.deleted", str(dataset))
        return deleted


async def delete_named_dataset(db: Database, tenant: UUID, dataset: UUID) -> None:
    """Deletes a dataset that somebody names. Raises NotFound DATASET_NOT_FOUND, also for another tenant's, and
    Precondition DATASET_IN_USE.
    """
    async with db.unit(tenant) as connection:
        if await connection.fetchval("SELECT delete_unused_dataset($1, $2, false)", tenant, dataset):
            await audit.record(connection, "dataset.deleted", str(dataset))
            return
        known = "SELECT true FROM datasets WHERE tenant_id = $1 AND dataset_id = $2"
        if not await connection.fetchval(known, tenant, dataset):
            raise NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")
    raise Precondition(
        "DATASET_IN_USE", "There are analyses of this dataset. Delete them first, or keep the dataset as long as they."
    )


async def doom_upload(db: Database, tenant: UUID, dataset: UUID) -> bool:
    """Notes the objects of an upload that was never registered, and now never will be. False where it was."""
    async with db.unit(tenant) as connection:
        await lock_dataset(connection, dataset)
        known = "SELECT true FROM datasets WHERE tenant_id = $1 AND dataset_id = $2"
        if await connection.fetchval(known, tenant, dataset):
            return False
        await connection.execute(
            "INSERT INTO deletions (tenant_id, kind, resource_id) VALUES ($1, 'datasets', $2)"
            " ON CONFLICT (tenant_id, kind, resource_id) DO UPDATE SET done_at = NULL, next_at = clock_timestamp()",
            *(tenant, dataset),
        )
    return True


async def lock_dataset(connection: Connection, dataset: UUID) -> None:
    """Keeps every other registration and deletion of this id out until the caller's transaction ends."""
    await connection.execute("SELECT lock_dataset($1)", dataset)


async def refuse_doomed(connection: Connection, tenant: UUID, dataset: UUID) -> None:
    """For a registration, after `lock_dataset`. Raises Conflict UPLOAD_EXPIRED where its objects are being deleted."""
    doomed = "SELECT true FROM deletions WHERE tenant_id = $1 AND kind = 'datasets' AND resource_id = $2"
    if await connection.fetchval(doomed, tenant, dataset):
        raise Conflict(
            "UPLOAD_EXPIRED",
            "The upload stood still for so long that its files were cleaned away. Upload them again.",
        )


async def take_due(system: Database, seconds: float, limit: int = 20) -> list[Deletion]:
    """What is to be done now, kept from others for `seconds`. As perito_system."""
    async with system.unit(None) as connection:
        rows = await connection.fetch(
            "UPDATE deletions d SET next_at = clock_timestamp() + make_interval(secs => $1), tries = tries + 1"
            " FROM (SELECT tenant_id, kind, resource_id FROM deletions WHERE done_at IS NULL"
            "       AND next_at <= clock_timestamp() ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due"
            " WHERE (d.tenant_id, d.kind, d.resource_id) = (due.tenant_id, due.kind, due.resource_id)"
            " RETURNING d.tenant_id, d.kind, d.resource_id, d.tries",
            *(seconds, limit),
        )
    return [Deletion(*row.values()) for row in rows]


async def done(system: Database, deletion: Deletion) -> None:
    """Records that nothing is left. As perito_system."""
    async with system.unit(None) as connection:
        await connection.execute(
            "UPDATE deletions SET done_at = clock_timestamp() WHERE tenant_id = $1 AND kind = $2 AND resource_id = $3",
            *(deletion.tenant, deletion.kind, deletion.resource),
        )


async def postpone(system: Database, deletion: Deletion) -> None:
    """Tries again later: in seconds, doubled with every try, at most ten minutes. As perito_system."""
    async with system.unit(None) as connection:
        await connection.execute(
            "UPDATE deletions SET next_at = clock_timestamp() + make_interval(secs => least(600, 2 ^ least($4, 10)))"
            " WHERE tenant_id = $1 AND kind = $2 AND resource_id = $3",
            *(deletion.tenant, deletion.kind, deletion.resource, deletion.tries),
        )


async def forget(system: Database) -> None:
    """Forgets what was done a week ago. As perito_system."""
    async with system.unit(None) as connection:
        await connection.execute(f"DELETE FROM deletions WHERE done_at < clock_timestamp() - interval '{_KEPT}'")  # noqa: S608
