"""Phase runs: claim, heartbeat, give back, finish. The fence guards every write.

A claim raises the fence; whoever holds an older one is a zombie and its writes change no row. Leases are judged by the
database's clock alone. Lock order is always the analysis row, then its phase runs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from perito.event.v1.event_pb2 import PhaseTask
from perito_runtime.trace_context import outgoing_trace

from perito_orchestrator.broker import queue_of
from perito_orchestrator.plan import Plan, State, plan_from_json
from perito_orchestrator.store import events, outbox
from perito_orchestrator.store.database import Connection, Database, without_nul

_BROUGHT = ("queued", "leased", "completed", "failed")


@dataclass(frozen=True)
class Task:
    """Which phase of which analysis."""

    tenant: UUID
    analysis: UUID
    phase: str


@dataclass(frozen=True)
class Lease(Task):
    """The right to work on a task until it expires. `attempt` counts from 1; `away_seconds`: for how long what it
    needs has been away, 0 where it was not. `trace`: headers (W3C) of the trace in which it was queued. `rule_pack`:
    digest of the tenant's own rules that the analysis was accepted with."""

    fence: int
    attempt: int
    away_seconds: float
    dataset_id: UUID
    plan: Plan
    params: str
    trace: Mapping[str, str]
    rule_pack: bytes | None = None


class NoLease(Enum):
    """Why a claim got nothing: there is no such work any more; it is taken, done or not due, so that another message
    brings it; or no attempt is left (the caller must fail the phase).
    """

    NOTHING_TO_DO = "nothing to do"
    DUPLICATE = "duplicate"
    EXHAUSTED = "exhausted"


async def queue(connection: Connection, tenant: UUID, analysis: UUID, phase: str, delay_seconds: float = 0) -> None:
    """Makes a phase claimable after a delay and writes its wake-up message. Without a delay it has its old place among
    those that wait.
    """
    await connection.execute(
        "UPDATE phase_runs SET state = 'queued', lease_owner = NULL, lease_until = NULL, woken_at = clock_timestamp(),"
        " queued_at = coalesce(queued_at, clock_timestamp()),"
        " next_at = CASE WHEN $4::float8 > 0 THEN clock_timestamp() + make_interval(secs => $4)"
        " ELSE coalesce(queued_at, clock_timestamp()) END, trace = $5::jsonb"
        " WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3",
        *(tenant, analysis, phase, delay_seconds, json.dumps(outgoing_trace())),
    )
    body = PhaseTask(tenant_id=str(tenant), analysis_id=str(analysis), phase=phase).SerializeToString()
    await outbox.append(connection, tenant, "queue", queue_of(phase), body, delay_seconds)


async def claim(db: Database, task: Task, owner: str, ttl_seconds: float, max_attempts: int) -> Lease | NoLease:
    """Takes the lease if the phase is queued and due, or leased and expired."""
    async with db.unit(task.tenant) as connection:
        analysis = await connection.fetchrow(
            "SELECT dataset_id, plan::text AS plan, params::text AS params, rule_pack FROM analyses"
            " WHERE tenant_id = $1 AND analysis_id = $2 FOR NO KEY UPDATE",
            *(task.tenant, task.analysis),
        )
        if analysis is None:
            return NoLease.NOTHING_TO_DO
        row = await connection.fetchrow(
            "WITH claimed AS (UPDATE phase_runs SET state = 'leased', attempt = attempt + 1, fence = fence + 1,"
            " lease_owner = $4, lease_until = clock_timestamp() + make_interval(secs => $5)"
            " WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3 AND attempt < $6"
            " AND ((state = 'queued' AND next_at <= clock_timestamp())"
            "   OR (state = 'leased' AND lease_until < clock_timestamp()))"
            " RETURNING fence, attempt, trace::text AS trace,"
            " coalesce(extract(epoch FROM clock_timestamp() - away_since), 0)::float8 AS away),"
            " served AS (INSERT INTO turns (tenant_id, phase, served_at) SELECT $1, $3, clock_timestamp() FROM claimed"
            " ON CONFLICT (tenant_id, phase) DO UPDATE SET served_at = excluded.served_at)"
            " SELECT * FROM claimed",
            *(task.tenant, task.analysis, task.phase, owner, ttl_seconds, max_attempts),
        )
        if row is None:
            return await _why_not(connection, task, ttl_seconds, max_attempts)
    return Lease(
        task.tenant,
        task.analysis,
        task.phase,
        row["fence"],
        row["attempt"],
        row["away"],
        analysis["dataset_id"],
        plan_from_json(analysis["plan"]),
        analysis["params"],
        json.loads(row["trace"]),
        analysis["rule_pack"],
    )


async def _why_not(connection: Connection, task: Task, ttl_seconds: float, max_attempts: int) -> NoLease:
    # The holder of the last lease has as long again to say that he lives, and that his attempt does not count.
    row = await connection.fetchrow(
        "SELECT state, attempt >= $4 AND (state = 'queued' OR"
        "  (state = 'leased' AND lease_until < clock_timestamp() - make_interval(secs => $5))) AS spent"
        " FROM phase_runs WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3",
        *(task.tenant, task.analysis, task.phase, max_attempts, ttl_seconds),
    )
    if row is None or row["state"] not in _BROUGHT:
        return NoLease.NOTHING_TO_DO
    return NoLease.EXHAUSTED if row["spent"] else NoLease.DUPLICATE


async def started(db: Database, lease: Lease) -> bool:
    """Records that the phase took the work: once per phase, whatever the attempts. False: the lease is lost."""
    async with db.unit(lease.tenant) as connection:
        await lock_analysis(connection, lease)
        held = await connection.fetchrow(
            "SELECT started_at FROM phase_runs WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3"
            " AND state = 'leased' AND fence = $4",
            *(lease.tenant, lease.analysis, lease.phase, lease.fence),
        )
        if held is None:
            return False
        if held["started_at"] is not None:
            return True
        await connection.execute(
            "UPDATE phase_runs SET started_at = clock_timestamp() WHERE tenant_id = $1 AND analysis_id = $2"
            " AND phase = $3",
            *(lease.tenant, lease.analysis, lease.phase),
        )
        await connection.execute(
            "UPDATE analyses SET status = 'running' WHERE tenant_id = $1 AND analysis_id = $2 AND status = 'pending'",
            *(lease.tenant, lease.analysis),
        )
        await events.record(connection, lease.tenant, lease.analysis, "phase.started", {"phase": lease.phase})
        await outbox.wake(connection, lease.analysis)
    return True


async def heartbeat(db: Database, lease: Lease, ttl_seconds: float, fraction: float, step: str) -> bool:
    """Extends the lease and writes progress, which never falls. False: the lease is lost, stop at once."""
    rows = await db.fetch(
        "SELECT heartbeat($1, $2, $3, $4, $5, $6, $7) AS held",
        *(lease.tenant, lease.analysis, lease.phase, lease.fence, ttl_seconds, max(0.0, fraction)),
        without_nul(step[:200]),
    )
    return bool(rows[0]["held"])


async def give_back(db: Database, lease: Lease, delay_seconds: float, *, away: bool = False) -> bool:
    """Puts the phase back without costing an attempt: the phase was busy, or this process is leaving; or something was
    `away` that the phase needs, and the run remembers since when.
    """
    async with db.unit(lease.tenant) as connection:
        await lock_analysis(connection, lease)
        if not await release(connection, lease, spent=False, away=away or None):
            return False
        await queue(connection, lease.tenant, lease.analysis, lease.phase, delay_seconds)
        await outbox.wake(connection, lease.analysis, freed=lease.phase)
    return True


async def refund(db: Database, lease: Lease) -> bool:
    """Takes back the attempt of a lease that somebody else has by now. Once per lease, by whoever held it."""
    async with db.unit(lease.tenant) as connection:
        await lock_analysis(connection, lease)
        return bool(
            await connection.fetchval(
                "UPDATE phase_runs SET attempt = attempt - 1 WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3"
                " AND state IN ('queued', 'leased') AND fence > $4 AND attempt > 0 RETURNING true",
                *(lease.tenant, lease.analysis, lease.phase, lease.fence),
            )
        )


async def release(connection: Connection, lease: Lease, *, spent: bool, away: bool | None) -> bool:
    """Ends the lease inside a transaction that then queues the phase again. False: it was not held any more.

    `away`: whether what the phase needs was; None: nothing is known of it.
    """
    held = await connection.fetchval(
        "UPDATE phase_runs SET state = 'queued', lease_owner = NULL, lease_until = NULL, attempt = attempt - $5,"
        " away_since = CASE WHEN $6 THEN coalesce(away_since, clock_timestamp()) WHEN NOT $6 THEN NULL"
        " ELSE away_since END"
        " WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3 AND state = 'leased' AND fence = $4 RETURNING true",
        *(lease.tenant, lease.analysis, lease.phase, lease.fence, 0 if spent else 1, away),
    )
    return bool(held)


async def lock_analysis(connection: Connection, task: Task) -> Plan:
    """Locks the analysis row for the rest of the transaction; its plan."""
    text = await connection.fetchval(
        "SELECT plan::text FROM analyses WHERE tenant_id = $1 AND analysis_id = $2 FOR NO KEY UPDATE",
        *(task.tenant, task.analysis),
    )
    if text is None:
        raise LookupError(f"no analysis {task.analysis} for this tenant")
    return plan_from_json(text)


async def states(connection: Connection, task: Task) -> dict[str, State]:
    """Every phase of the analysis and where it stands."""
    rows = await connection.fetch(
        "SELECT phase, state FROM phase_runs WHERE tenant_id = $1 AND analysis_id = $2 ORDER BY place",
        *(task.tenant, task.analysis),
    )
    return {row["phase"]: State(row["state"]) for row in rows}
