"""What the reconcile loop asks and writes, as perito_system: open phase runs of every tenant, and nothing else."""

from collections.abc import Sequence

from perito_orchestrator.store.database import Database
from perito_orchestrator.store.runs import Task

_FREE_VOIDS = 5
"""Leases voided without cost. Beyond, a void costs the attempt: the work itself may be what kills its holder."""


async def waiting(system: Database, stale_seconds: float) -> dict[str, int]:
    """By phase, how many runs are queued and due and have heard of no message for so long."""
    async with system.unit(None) as connection:
        rows = await connection.fetch(
            "SELECT phase, count(*) AS runs FROM phase_runs"
            " WHERE state = 'queued' AND next_at <= clock_timestamp()"
            " AND greatest(woken_at, next_at) < clock_timestamp() - make_interval(secs => $1) GROUP BY phase",
            stale_seconds,
        )
    return {row["phase"]: row["runs"] for row in rows}


async def forgotten(system: Database, stale_seconds: float, phases: Sequence[str], limit: int = 500) -> list[Task]:
    """Phase runs that should have been woken: queued and due for long, or leased by somebody whose time is up.

    A queued run counts as forgotten after `stale_seconds` where its phase is one of `phases`, whose queues are short of
    messages, else after ten times that: its message is then most likely in a long queue, and another would make that
    longer. Each is answered once per `stale_seconds`.
    """
    async with system.unit(None) as connection:
        rows = await connection.fetch(
            "UPDATE phase_runs r SET woken_at = clock_timestamp() FROM ("
            "  SELECT tenant_id, analysis_id, phase FROM phase_runs"
            "  WHERE (state = 'queued' AND next_at <= clock_timestamp()"
            "         AND (woken_at IS NULL"
            "              OR greatest(woken_at, next_at) < clock_timestamp() - make_interval("
            "                 secs => CASE WHEN phase = ANY($3) THEN $1 ELSE $1 * 10 END)))"
            "     OR (state = 'leased' AND lease_until < clock_timestamp()"
            "         AND (woken_at IS NULL OR woken_at < lease_until"
            "              OR woken_at < clock_timestamp() - make_interval(secs => $1)))"
            "  ORDER BY tenant_id, analysis_id, phase LIMIT $2 FOR UPDATE SKIP LOCKED) AS f"
            " WHERE r.tenant_id = f.tenant_id AND r.analysis_id = f.analysis_id AND r.phase = f.phase"
            " RETURNING r.tenant_id, r.analysis_id, r.phase",
            *(stale_seconds, limit, phases),
        )
    return [Task(*row.values()) for row in rows]


async def void_leases(system: Database, owner_epoch: str) -> int:
    """Ends every lease whose holder is not of this epoch, at once, and forgets who was woken. Returns how many leases.

    Only for the sole holder of a database, at its start: whoever held a lease before it is dead.
    """
    async with system.unit(None) as connection:
        await connection.execute("UPDATE phase_runs SET woken_at = NULL WHERE state = 'queued'")
        rows = await connection.fetch(
            "UPDATE phase_runs SET lease_until = '-infinity', woken_at = NULL, voids = voids + 1,"
            " attempt = CASE WHEN voids < $2 THEN greatest(0, attempt - 1) ELSE attempt END"
            " WHERE state = 'leased' AND lease_owner NOT LIKE $1 || '/%' RETURNING true",
            *(owner_epoch, _FREE_VOIDS),
        )
    return len(rows)
