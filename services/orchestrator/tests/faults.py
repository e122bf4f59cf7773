"""Faults that tests plant, and what must hold after each of them."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import PeritoError
from perito_orchestrator.broker import DEAD_LETTERS

from .mesh import Mesh
from .phases import until

COMPLETED = pb.ANALYSIS_STATUS_COMPLETED


async def invariants(mesh: Mesh, analysis: str, digest_of: str = "read") -> None:
    """Exactly one result per phase, events without gap, nothing left to send and no lease alive."""
    connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})
    key = UUID(analysis)
    results = await connection.fetch("SELECT phase, count(*) FROM phase_results WHERE analysis_id = $1 GROUP BY 1", key)
    completed = await connection.fetch(
        "SELECT phase FROM phase_runs WHERE analysis_id = $1 AND state = 'completed'", key
    )
    assert {(r["phase"], r["count"]) for r in results} == {(r["phase"], 1) for r in completed}
    numbers = [r["sequence"] for r in await connection.fetch(
        "SELECT sequence FROM events WHERE analysis_id = $1 ORDER BY 1", key
    )]  # fmt: skip
    assert numbers == list(range(1, len(numbers) + 1))
    assert (
        await connection.fetchval("SELECT count(*) FROM phase_runs WHERE state = 'leased' AND analysis_id = $1", key)
        == 0
    )

    async def all_sent() -> bool:
        return await connection.fetchval("SELECT count(*) FROM outbox") == 0

    await until(all_sent)
    await connection.close()
    for _, broker, _ in mesh.running:
        assert await broker.depth(DEAD_LETTERS) == 0


def held_up(phase: Any) -> tuple[asyncio.Event, asyncio.Event]:
    """The phase's first run reports that it began and waits to be let go; later runs pass."""
    began, go = asyncio.Event(), asyncio.Event()

    async def behave(_: RunPhaseRequest) -> PeritoError | None:
        if not began.is_set():
            began.set()
            await go.wait()
        return None

    phase.behave = behave
    return began, go


async def for_ever(_: RunPhaseRequest) -> PeritoError | None:
    await asyncio.Event().wait()
    return None
