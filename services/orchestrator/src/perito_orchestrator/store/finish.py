"""How a phase ends: result, findings, the next phases and the analysis's own end, in one transaction under the fence.

Two workers may believe that they own the same phase; the one whose fence is stale changes no row and learns it.
"""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from perito.phase.v1.phase_pb2 import PhaseResult
from perito_runtime.failpoints import failpoint

from perito_orchestrator.plan import Plan, State, Verdict, follow, verdict
from perito_orchestrator.store import events, finding_counts, findings, held, outbox, runs
from perito_orchestrator.store.database import Connection, Database, without_nul
from perito_orchestrator.store.runs import Lease, Task

_COMMIT_SECONDS = 60
"""Bound of a commit with all the findings it brings, which may be thousands."""


@dataclass(frozen=True)
class Failure:
    """Why a phase failed, safe to show."""

    reason: str
    message: str
    details: Mapping[str, str | int] = field(default_factory=dict[str, str | int])

    def to_json(self) -> str:
        """Form in which it is stored, without NUL, which PostgreSQL's text may not hold."""
        details = {name: without_nul(v) if isinstance(v, str) else v for name, v in self.details.items()}
        return json.dumps({"reason": self.reason, "message": without_nul(self.message), "details": details})


EXHAUSTED = Failure(
    "ATTEMPTS_EXHAUSTED",
    "The phase was begun several times and its worker died each time. Look into the log of the phase service; if the"
    " data is what kills it, a smaller part of it may show where.",
)


class _Fenced(Exception):
    """The lease is lost: roll everything back."""


async def complete(db: Database, lease: Lease, result: PhaseResult, blocks: AsyncIterator[str]) -> bool:
    """Commits a result with its findings (blocks of NDJSON lines). False: fenced, nothing was written."""
    try:
        async with db.unit(lease.tenant, _COMMIT_SECONDS) as connection:
            # Findings first: they may take seconds, and the analysis row is locked only after them.
            await findings.insert(connection, lease, blocks)
            kept = await finding_counts.kept(connection, lease)
            plan = await runs.lock_analysis(connection, lease)
            if not await _end(connection, lease, lease.fence, State.COMPLETED, None):
                raise _Fenced
            await _keep_result(connection, lease, result, kept)
            await _advance(connection, lease, plan)
            await outbox.wake(connection, lease.analysis, freed=lease.phase)
    except _Fenced:
        return False
    return True


async def _keep_result(connection: Connection, lease: Lease, result: PhaseResult, kept: finding_counts.Kept) -> None:
    total = sum(rule.findings for rule in result.rules)
    await connection.execute(
        "INSERT INTO phase_results (tenant_id, analysis_id, phase, fence, version, content_digest, findings, capped,"
        " result, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *(lease.tenant, lease.analysis, lease.phase, lease.fence, result.version, result.content_digest),
        *(total, sum(kept.values()) < total, result.SerializeToString(deterministic=True)),
        sum(artifact.object.bytes for artifact in result.artifacts),
    )
    await finding_counts.insert(connection, lease, result.rules, kept)
    data = {"phase": lease.phase, "content_digest": result.content_digest, "findings": total}
    await events.record(connection, lease.tenant, lease.analysis, "phase.completed", data)


async def fail(db: Database, task: Task, fence: int | None, failure: Failure) -> bool:
    """Ends a phase for good without a result. False: fenced. Fence None: a phase that has no attempt left."""
    async with db.unit(task.tenant) as connection:
        plan = await runs.lock_analysis(connection, task)
        if not await _end(connection, task, fence, State.FAILED, failure):
            return False
        data = {"phase": task.phase, "reason": failure.reason, "message": without_nul(failure.message)}
        await events.record(connection, task.tenant, task.analysis, "phase.failed", data)
        await _advance(connection, task, plan)
        await outbox.wake(connection, task.analysis, freed=task.phase)
    return True


async def retry(db: Database, lease: Lease, delay_seconds: float, failure: Failure, *, away: bool = False) -> bool:
    """Queues another attempt after a delay. False: fenced. `away`: it failed because what it needs still is."""
    async with db.unit(lease.tenant) as connection:
        await runs.lock_analysis(connection, lease)
        if not await runs.release(connection, lease, spent=True, away=away):
            return False
        await runs.queue(connection, lease.tenant, lease.analysis, lease.phase, delay_seconds)
        data = {"phase": lease.phase, "attempt": lease.attempt, "reason": failure.reason}
        await events.record(connection, lease.tenant, lease.analysis, "phase.retrying", data)
        await outbox.wake(connection, lease.analysis, freed=lease.phase)
    return True


async def _end(connection: Connection, task: Task, fence: int | None, state: State, failure: Failure | None) -> bool:
    ended = await connection.fetchval(
        "UPDATE phase_runs SET state = $4, failure = $5::jsonb, lease_owner = NULL, lease_until = NULL,"
        " ended_at = clock_timestamp(), fraction = CASE WHEN $4 = 'completed' THEN 1 ELSE fraction END, step = ''"
        " WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3 AND CASE WHEN $6::bigint IS NULL"
        " THEN state = 'queued' OR (state = 'leased' AND lease_until < clock_timestamp())"
        " ELSE state = 'leased' AND fence = $6 END RETURNING true",
        *(task.tenant, task.analysis, task.phase, state.value, failure.to_json() if failure else None, fence),
    )
    return bool(ended)


async def _advance(connection: Connection, task: Task, plan: Plan) -> None:
    """Queues and skips what follows from the states, and ends the analysis when nothing is left."""
    states = await runs.states(connection, task)
    changes = follow(plan, states)
    for phase in changes.skip:
        missing = [name for name in plan.phase(phase).requires if states.get(name) is not State.COMPLETED]
        states[phase] = State.SKIPPED
        await connection.execute(
            "UPDATE phase_runs SET state = 'skipped', ended_at = clock_timestamp()"
            " WHERE tenant_id = $1 AND analysis_id = $2 AND phase = $3",
            *(task.tenant, task.analysis, phase),
        )
        data: dict[str, Any] = {"phase": phase, "missing": missing}
        await events.record(connection, task.tenant, task.analysis, "phase.skipped", data)
    for phase in changes.queue:
        await runs.queue(connection, task.tenant, task.analysis, phase)
        states[phase] = State.QUEUED
    end = verdict(plan, states)
    if end is not None:
        await failpoint("analysis.before_finalise")
        await _end_analysis(connection, task, end)


async def _end_analysis(connection: Connection, task: Task, end: Verdict) -> None:
    status = "failed" if end.failed else "completed"
    await connection.execute(
        "UPDATE analyses a SET status = $3, partial = $4, ended_at = clock_timestamp(), failure ="
        " CASE WHEN $3 = 'failed' THEN (SELECT r.failure FROM phase_runs r WHERE r.tenant_id = $1"
        " AND r.analysis_id = $2 AND r.phase = $5) END WHERE a.tenant_id = $1 AND a.analysis_id = $2",
        *(task.tenant, task.analysis, status, end.partial, end.culprit),
    )
    data = {"partial": end.partial} if not end.failed else {"phase": end.culprit}
    await events.record(connection, task.tenant, task.analysis, f"analysis.{status}", data)
    await held.release(connection, task.tenant)
