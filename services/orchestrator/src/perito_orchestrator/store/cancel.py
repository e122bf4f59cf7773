"""How an analysis is ended early: its state, its open phases and the event, in one transaction.

Whoever holds a lease of it learns that the lease is gone: at once by a notification, or with the next heartbeat. What
completed phases left stays. A lease that is taken away costs no attempt.
"""

from uuid import UUID

from perito_kernel.errors import NotFound, Precondition

from perito_orchestrator.store import audit, events, held, outbox
from perito_orchestrator.store.database import Database


async def cancel(db: Database, tenant: UUID, analysis: UUID, reason: str) -> bool:
    """Cancels an analysis; False where it was cancelled before, and then nothing changes.

    Raises NotFound ANALYSIS_NOT_FOUND, also for another tenant's, and Precondition ANALYSIS_ENDED for one that
    completed or failed.
    """
    async with db.unit(tenant) as connection:
        await held.forget(connection, tenant, analysis)
        status = await connection.fetchval(
            "SELECT status FROM analyses WHERE tenant_id = $1 AND analysis_id = $2 FOR NO KEY UPDATE", tenant, analysis
        )
        if status is None:
            raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
        if status == "cancelled":
            return False
        if status in ("completed", "failed"):
            raise Precondition(
                "ANALYSIS_ENDED",
                f"The analysis has {status} already, so there is nothing to cancel. Its results can be read.",
                {"status": status},
            )
        rows = await connection.fetch(
            "UPDATE phase_runs SET state = 'cancelled', ended_at = clock_timestamp(), lease_owner = NULL,"
            " lease_until = NULL, step = '', attempt = CASE WHEN state = 'leased' THEN greatest(0, attempt - 1)"
            " ELSE attempt END WHERE tenant_id = $1 AND analysis_id = $2 AND state IN ('waiting', 'queued', 'leased')"
            " RETURNING phase, place",
            *(tenant, analysis),
        )
        await connection.execute(
            "UPDATE analyses SET status = 'cancelled', ended_at = clock_timestamp(), cancel_reason = $3"
            " WHERE tenant_id = $1 AND analysis_id = $2",
            *(tenant, analysis, reason),
        )
        phases = [row["phase"] for row in sorted(rows, key=lambda row: row["place"])]
        await events.record(connection, tenant, analysis, "analysis.cancelled", {"reason": reason, "phases": phases})
        await held.release(connection, tenant)
        await outbox.wake(connection, analysis)
        await outbox.wake_holders(connection, analysis)
        await audit.record(connection, "analysis.cancelled", str(analysis), {"reason": reason})
    return True
