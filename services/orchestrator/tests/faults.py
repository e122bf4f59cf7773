"""Faults that tests plant, and what must hold after each of them."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import PeritoError
from perito_orchestrator.broker import DEAD_LETTERS

from tests.faults import checker
from tests.faults.checker import Accepted, Limits

from .mesh import Mesh
from .phases import until

COMPLETED = pb.ANALYSIS_STATUS_COMPLETED
ENDS = frozenset({"completed", "failed", "cancelled"})


async def invariants(mesh: Mesh, analysis: str) -> None:
    """What must hold of an analysis that ended, and that nothing is left to send, to work at or to bury."""
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in mesh.phases}
    accepted = Accepted(UUID(analysis), digests, ends=ENDS, failing=None)
    connection = await checker.connect(mesh.dsns.superuser)

    async def all_sent() -> bool:
        return await connection.fetchval("SELECT count(*) FROM outbox") == 0

    await until(all_sent)
    broken = await checker.analysis_faults(connection, accepted)
    held = "SELECT phase FROM phase_runs WHERE state = 'leased' AND analysis_id = $1"
    assert await connection.fetch(held, accepted.analysis) == []
    await connection.close()
    for _, broker, _ in mesh.running:
        broken += checker.queue_faults({}, await broker.depth(DEAD_LETTERS), Limits())
    assert broken == []


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
