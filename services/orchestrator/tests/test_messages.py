"""Messages many times, never, or without sense: the lease is the work, a message only wakes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from perito.event.v1.event_pb2 import PhaseTask
from perito_kernel.errors import Unavailable
from perito_orchestrator.broker import DEAD_LETTERS, Delivery, Handler, queue_of
from perito_orchestrator.broker_memory import MemoryBroker

from .faults import COMPLETED, invariants
from .mesh import Mesh
from .phases import until


async def test_messages_many_times_make_one_result(mesh: Mesh) -> None:
    client = await mesh.start()
    analysis = (await client.submit()).analysis.analysis_id
    body = PhaseTask(tenant_id=str(client.tenant), analysis_id=analysis, phase="books").SerializeToString()
    watching = asyncio.create_task(client.ended(analysis))
    while not watching.done():
        await client.broker.publish(queue_of("books"), body, "the same")
        await asyncio.sleep(0.01)
    for phase in mesh.phases:
        body = PhaseTask(tenant_id=str(client.tenant), analysis_id=analysis, phase=phase).SerializeToString()
        await client.broker.publish(queue_of(phase), body, "again")
    await asyncio.sleep(0.3)
    assert (await watching).status == COMPLETED
    assert {len(phase.runs) for phase in mesh.phases.values()} == {1}
    await invariants(mesh, analysis)


@pytest.mark.parametrize("body", [b"\xff\xff", b"", PhaseTask(tenant_id="x").SerializeToString()])
async def test_a_message_that_makes_no_sense_is_dead_and_hurts_nobody(mesh: Mesh, body: bytes) -> None:
    client = await mesh.start()
    await client.broker.publish(queue_of("read"), body, "1")

    async def dead() -> bool:
        return await client.broker.depth(DEAD_LETTERS) == 1

    await until(dead)
    assert (await client.ended((await client.submit()).analysis.analysis_id)).status == COMPLETED


async def test_a_message_for_nothing_is_dropped(mesh: Mesh) -> None:
    client = await mesh.start()
    for tenant, analysis in ((uuid4(), uuid4()), (client.tenant, uuid4())):
        body = PhaseTask(tenant_id=str(tenant), analysis_id=str(analysis), phase="read").SerializeToString()
        await client.broker.publish(queue_of("read"), body, "1")
    assert (await client.ended((await client.submit()).analysis.analysis_id)).status == COMPLETED
    assert await client.broker.depth(DEAD_LETTERS) == 0


Publish = Callable[[str, bytes, str, Mapping[str, str] | None], Awaitable[None]]


@dataclass
class Faults:
    """Stands between the relay and the broker."""

    publish: Publish
    lost: int = 0
    down: int = 0
    unconfirmed: int = 0

    async def __call__(
        self, queue: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None
    ) -> None:
        if self.down > 0:
            self.down -= 1
            raise Unavailable("BROKER_UNAVAILABLE", "planted")
        if self.lost > 0:
            self.lost -= 1
            return
        await self.publish(queue, body, message_id, headers)
        if self.unconfirmed > 0:
            self.unconfirmed -= 1
            raise TimeoutError


@pytest.mark.parametrize("fault", [{"lost": 4}, {"down": 6}, {"unconfirmed": 6}])
async def test_a_broker_that_loses_refuses_or_repeats_is_survived(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch, fault: dict[str, int]
) -> None:
    client = await mesh.start()
    faults = Faults(client.broker.publish, **fault)
    monkeypatch.setattr(client.broker, "publish", faults)
    done = await client.ended((await client.submit()).analysis.analysis_id)
    assert (faults.lost, faults.down, faults.unconfirmed) == (0, 0, 0), "the fault was not met"
    assert done.status == COMPLETED
    assert {p.attempt for p in done.phases} == {1}
    assert {len(phase.runs) for phase in mesh.phases.values()} == {1}
    await invariants(mesh, done.analysis_id)


async def test_two_orchestrators_share_the_work_and_do_it_once(mesh: Mesh) -> None:
    one, two = await mesh.start(), await mesh.start()
    submitted = [(await c.submit()).analysis.analysis_id for c in (one, two, one, two)]
    for analysis in submitted:
        assert (await two.ended(analysis)).status == COMPLETED
        await invariants(mesh, analysis)
    assert {len(phase.runs) for phase in mesh.phases.values()} == {4}


class Clumsy(MemoryBroker):
    """A broker that cannot acknowledge the first `fails` messages, for a reason that nobody has thought of."""

    fails = 4

    async def consume(self, queue: str, prefetch: int, handler: Handler) -> Any:  # its class is private
        async def clumsily(delivery: Delivery) -> None:
            if self.fails > 0:
                self.fails -= 1
                delivery.ack = self._break
            await handler(delivery)

        return await super().consume(queue, prefetch, clumsily)

    async def _break(self) -> None:
        raise RuntimeError("nobody has thought of this")


async def test_a_claim_that_breaks_before_its_work_costs_no_attempt(mesh: Mesh) -> None:
    broker = Clumsy()
    client = await mesh.start(broker, retry_seconds=0.1)
    done = await client.ended((await client.submit(phases=[1])).analysis.analysis_id)
    assert (done.status, done.phases[0].attempt, broker.fails) == (COMPLETED, 1, 0)
    assert len(mesh.phases["read"].runs) == 1
    await invariants(mesh, done.analysis_id)
