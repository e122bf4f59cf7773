"""Analyses: accepting one, and reading it with its phases."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from perito.dataset.v1.dataset_pb2 import DatasetRef
from perito_kernel.errors import NotFound
from perito_kernel.findings import canonical_json

from perito_orchestrator.cursor import page_token, place_of, token_invalid
from perito_orchestrator.plan import Plan, plan_to_json
from perito_orchestrator.store import audit, events, held, idempotency, outbox, own_rules, quotas
from perito_orchestrator.store.database import Connection, Database
from perito_orchestrator.store.datasets import bytes_of, content_sha256, insert, taken
from perito_orchestrator.store.filters import AnalysisFilter
from perito_orchestrator.store.idempotency import Key

_ANALYSES = 2**63
"""More than a database counts."""


@dataclass(frozen=True)
class NewAnalysis:
    """What a client asks for, checked. `params` is JSON-like; `dataset` is one to register with it."""

    dataset_id: UUID
    name: str
    ordinals: tuple[int, ...]
    params: Mapping[str, Any]
    dataset: DatasetRef | None = None
    rerun_of: UUID | None = None

    def digest(self) -> bytes:
        """SHA-256 by which a repeated request is known. A dataset that comes along is known by its content."""
        books = content_sha256(self.dataset).hex() if self.dataset else str(self.dataset_id)
        asked = [books, self.name, sorted(set(self.ordinals)), dict(self.params)]
        asked += [str(self.rerun_of)] if self.rerun_of else []
        return hashlib.sha256(canonical_json(asked).encode()).digest()


async def submit(
    db: Database, tenant: UUID, new: NewAnalysis, plan: Plan, key: Key, own: own_rules.Pack | None = None
) -> tuple[UUID, bool]:
    """Accepts an analysis: from its commit on it will end. Returns its id, and True where it had been accepted before.

    Raises NotFound DATASET_NOT_FOUND, Conflict IDEMPOTENCY_CONFLICT, DATASET_EXISTS, RULES_CHANGED, and Exhausted as
    `quotas.admit_analysis` does.
    """
    analysis = uuid4()
    async with db.unit(tenant) as connection:
        known = await idempotency.claim(connection, tenant, key, new.digest(), analysis)
        if known is not None:
            return known, True
        await _dataset_there(connection, tenant, new)
        if own is not None:
            await own_rules.keep(connection, tenant, own)
        try:
            await connection.execute(
                "INSERT INTO analyses (tenant_id, analysis_id, dataset_id, name, plan, params, rerun_of, rule_pack)"
                " VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8)",
                *(tenant, analysis, new.dataset_id, new.name, plan_to_json(plan), json.dumps(dict(new.params))),
                *(new.rerun_of, own.digest if own else None),
            )
        except asyncpg.ForeignKeyViolationError as error:  # it was deleted since it was looked for
            raise _no_dataset() from error
        await connection.executemany(
            "INSERT INTO phase_runs (tenant_id, analysis_id, phase, ordinal, place, state)"
            " VALUES ($1, $2, $3, $4, $5, 'waiting')",
            [(tenant, analysis, p.name, p.ordinal, n) for n, p in enumerate(plan.phases)],
        )
        names = [p.name for p in plan.phases]
        data = {"dataset_id": str(new.dataset_id), "name": new.name, "phases": names}
        await events.record(connection, tenant, analysis, "analysis.submitted", data)
        brought = None if new.dataset is None else bytes_of(new.dataset)
        if await quotas.admit_analysis(connection, tenant, brought):
            await held.begin(connection, tenant, analysis, plan)
        else:
            await held.hold(connection, tenant, analysis)
        await outbox.wake(connection, analysis)
        await audit.record(connection, "analysis.submitted", str(analysis), data)
    return analysis, False


async def _dataset_there(connection: Connection, tenant: UUID, new: NewAnalysis) -> None:
    if new.dataset is not None:
        if not await insert(connection, tenant, new.dataset, brought=True):
            raise taken()
        return
    exists = "SELECT true FROM datasets WHERE tenant_id = $1 AND dataset_id = $2"
    if not await connection.fetchval(exists, tenant, new.dataset_id):
        raise _no_dataset()


def _no_dataset() -> NotFound:
    return NotFound("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")


async def read(db: Database, tenant: UUID, analysis: UUID) -> asyncpg.Record:
    """The analysis row. Raises NotFound ANALYSIS_NOT_FOUND, also for another tenant's."""
    rows = await db.fetch("SELECT * FROM read_analysis($1, $2)", tenant, analysis)
    if not rows:
        raise NotFound("ANALYSIS_NOT_FOUND", "There is no such analysis. Check the id that the submit answered.")
    return rows[0]


async def read_phases(db: Database, tenant: UUID, analysis: UUID, *, results: bool = True) -> list[asyncpg.Record]:
    """Its phase runs in the order of the plan, each with its result (bytes of a PhaseResult), or None throughout."""
    if not results:
        return await _states(db, tenant, [analysis])
    return await db.fetch("SELECT * FROM read_phase_runs($1, $2)", tenant, analysis)


@dataclass(frozen=True)
class Page:
    """Analyses, newest first, each with its phase runs in the order of the plan.

    `total` counts all that matched when the first page was asked for: counting again for each page of a long list would
    cost more than the list.
    """

    rows: list[tuple[asyncpg.Record, list[asyncpg.Record]]]
    next_token: str
    total: int


async def page(db: Database, tenant: UUID, wanted: AnalysisFilter, size: int, token: str) -> Page:
    """One page, without results. Raises Invalid PAGE_TOKEN_INVALID, PAGE_TOKEN_MISMATCH."""
    question = wanted.question()
    *after, counted = _cursor(place_of(token, question)) if token else (None, None, None)
    filters = (wanted.statuses, wanted.dataset, wanted.name, wanted.submitted_from, wanted.submitted_before)
    rows = await db.fetch(
        "SELECT * FROM read_analyses($1, $2, $3, $4, $5, $6, $7, $8, $9)", tenant, size + 1, *filters, *after
    )
    total = await _count(db, tenant, filters) if counted is None else counted
    shown = rows[:size]
    runs_of: dict[UUID, list[asyncpg.Record]] = {row["analysis_id"]: [] for row in shown}
    for run in await _states(db, tenant, list(runs_of)):
        runs_of[run["analysis_id"]].append(run)
    return Page(
        rows=[(row, runs_of[row["analysis_id"]]) for row in shown],
        next_token=_token(shown[-1], total, question) if len(rows) > size else "",
        total=total,
    )


async def count_by_status(db: Database, tenant: UUID) -> dict[str, int]:
    """How many analyses are in each state that any is in."""
    rows = await db.fetch("SELECT * FROM count_analyses_by_status($1)", tenant)
    return {row["status"]: row["analyses"] for row in rows}


async def _states(db: Database, tenant: UUID, analyses: Sequence[UUID]) -> list[asyncpg.Record]:
    if not analyses:
        return []
    return await db.fetch("SELECT * FROM read_phase_states($1, $2)", tenant, analyses)


async def _count(db: Database, tenant: UUID, filters: Sequence[Any]) -> int:
    rows = await db.fetch("SELECT * FROM count_analyses($1, $2, $3, $4, $5, $6)", tenant, *filters)
    return rows[0]["analyses"]


def _token(row: asyncpg.Record, total: int, question: list[Any]) -> str:
    return page_token([row["submitted_at"].astimezone(UTC).isoformat(), str(row["analysis_id"]), total], question)


def _cursor(place: list[Any]) -> tuple[datetime, UUID, int]:
    try:
        instant, analysis, total = place
        cursor = (datetime.fromisoformat(instant), UUID(analysis), int(total))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise token_invalid() from error
    if cursor[0].tzinfo is UTC and 0 <= cursor[2] < _ANALYSES:
        return cursor
    raise token_invalid()
