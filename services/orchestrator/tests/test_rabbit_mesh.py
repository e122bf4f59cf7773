"""Orchestrators on a RabbitMQ that is killed, frozen, full or robbed of its messages: nothing is lost or done twice."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.event.v1.event_pb2 import PhaseTask
from perito_kernel.errors import Unavailable
from perito_orchestrator.broker import DEAD_LETTERS, Delivery, queue_of
from perito_orchestrator.broker_rabbit import RabbitBroker
from perito_orchestrator.store import outbox
from perito_orchestrator.tracing import trace_of

from tests.servers import RabbitNode, RabbitServer

from .faults import COMPLETED, held_up, invariants
from .mesh import Client, Mesh
from .phases import until
from .test_rabbit_link import opened

pytestmark = pytest.mark.trial_faults


@pytest.fixture
async def url(rabbit_node: RabbitNode) -> AsyncIterator[str]:
    with RabbitServer(rabbit_node.url, rabbit_node.api).vhost() as url:
        yield url


@pytest.fixture
async def broker(url: str) -> AsyncIterator[RabbitBroker]:
    async with opened(url) as broker:
        yield broker


async def completes(mesh: Mesh, client: Client, analyses: list[str]) -> None:
    """All of them, at the first attempt, each phase once."""
    for analysis in analyses:
        done = await client.ended(analysis, seconds=60)
        assert done.status == COMPLETED
        assert {p.attempt for p in done.phases} == {1}
        await invariants(mesh, analysis)
    assert await client.broker.depth(DEAD_LETTERS) == 0


async def away(client: Client) -> None:
    async def is_away() -> bool:
        return not client.broker.available

    await until(is_away, 20)


async def test_while_the_broker_is_dead_analyses_are_accepted_and_then_done(
    mesh: Mesh, broker: RabbitBroker, url: str, rabbit_node: RabbitNode
) -> None:
    began, go = held_up(mesh.phases["books"])
    client = await mesh.start(broker)
    submitted = [(await client.submit()).analysis.analysis_id]
    await asyncio.wait_for(began.wait(), 20)
    await asyncio.to_thread(rabbit_node.kill)
    try:
        await away(client)
        go.set()
        submitted += [(await client.submit()).analysis.analysis_id for _ in range(3)]
        async with opened(url) as another:  # one that starts meanwhile
            late = await mesh.start(another)
            submitted.append((await late.submit()).analysis.analysis_id)
            await asyncio.to_thread(rabbit_node.start)
            await completes(mesh, late, submitted)
    finally:
        if not rabbit_node.api.answers():
            await asyncio.to_thread(rabbit_node.start)


async def test_a_frozen_broker_holds_nothing_up_but_its_own_messages(
    mesh: Mesh, broker: RabbitBroker, rabbit_node: RabbitNode
) -> None:
    client = await mesh.start(broker)
    rabbit_node.freeze()
    try:
        submitted = [(await client.submit()).analysis.analysis_id for _ in range(3)]
        await away(client)
    finally:
        rabbit_node.thaw()
    await completes(mesh, client, submitted)


async def test_under_a_disk_alarm_work_waits_and_then_is_done_once(
    mesh: Mesh, broker: RabbitBroker, rabbit_node: RabbitNode
) -> None:
    client = await mesh.start(broker)
    await asyncio.to_thread(rabbit_node.ctl, "set_disk_free_limit", "1000000GB")
    try:
        submitted = [(await client.submit()).analysis.analysis_id for _ in range(3)]
        await away(client)
    finally:
        await asyncio.to_thread(rabbit_node.ctl, "set_disk_free_limit", "1MB")
    await completes(mesh, client, submitted)
    assert {len(phase.runs) for phase in mesh.phases.values()} == {3}


@pytest.mark.parametrize("how", ["deleted", "purged"])
async def test_messages_that_an_operator_took_are_sent_again(
    mesh: Mesh, broker: RabbitBroker, url: str, rabbit_node: RabbitNode, how: str
) -> None:
    began, go = held_up(mesh.phases["books"])
    client = await mesh.start(broker, workers=1)
    submitted = [(await client.submit()).analysis.analysis_id for _ in range(5)]
    await asyncio.wait_for(began.wait(), 20)
    vhost = urlsplit(url).path.removeprefix("/")
    take = rabbit_node.api.delete_queue if how == "deleted" else rabbit_node.api.purge_queue
    for phase in mesh.phases:
        await asyncio.to_thread(take, vhost, queue_of(phase))
    go.set()
    await completes(mesh, client, submitted)


async def test_two_replicas_send_again_no_more_than_what_was_lost(
    mesh: Mesh, broker: RabbitBroker, url: str, rabbit_node: RabbitNode
) -> None:
    client = await mesh.start(broker, workers=1)
    vhost = urlsplit(url).path.removeprefix("/")
    async with opened(url) as another:
        await mesh.start(another, workers=1)
        began, go = held_up(mesh.phases["read"])
        submitted = [(await client.submit()).analysis.analysis_id for _ in range(6)]
        await asyncio.wait_for(began.wait(), 20)
        await asyncio.to_thread(rabbit_node.api.purge_queue, vhost, queue_of("read"))
        await asyncio.sleep(2)  # both look ten times a second
        assert await broker.depth(queue_of("read")) <= 4 * len(submitted)
        go.set()
        await completes(mesh, client, submitted)


async def test_duplicates_change_nothing_and_are_counted(mesh: Mesh, broker: RabbitBroker) -> None:
    client = await mesh.start(broker)
    analysis = (await client.submit()).analysis.analysis_id
    await completes(mesh, client, [analysis])
    assert client.orchestrator is not None
    before = client.orchestrator.duplicates
    for phase in mesh.phases:
        body = PhaseTask(tenant_id=str(client.tenant), analysis_id=analysis, phase=phase).SerializeToString()
        for _ in range(3):
            await broker.publish(queue_of(phase), body, "the same")

    orchestrator = client.orchestrator

    async def counted() -> bool:
        return orchestrator.duplicates == before + 3 * len(mesh.phases)

    await until(counted)
    await completes(mesh, client, [analysis])
    assert {len(phase.runs) for phase in mesh.phases.values()} == {1}


async def test_an_outbox_that_is_full_refuses_work_until_it_has_room(mesh: Mesh) -> None:
    async with opened("amqp://guest@127.0.0.1:1/") as nobody:
        client = await mesh.start(nobody, outbox_cap=4)
        submitted: list[str] = []

        async def refused() -> bool:
            try:
                submitted.append((await client.submit()).analysis.analysis_id)
            except Unavailable as error:
                return error.reason == "OUTBOX_FULL"
            await asyncio.sleep(0.2)
            return False

        await until(refused)
        with pytest.raises(Unavailable, match="OUTBOX_FULL"):
            await client.batch([pb.SubmitAnalysisRequest(dataset_id=str(uuid4()))])
        connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})
        assert await connection.fetchval("SELECT count(*) FROM outbox") > 4
        await connection.close()
    healthy = await mesh.start()
    for analysis in submitted:
        assert (await healthy.ended(analysis)).status == COMPLETED
    await until(lambda: _accepted(client))


async def _accepted(client: Client) -> bool:
    try:
        await client.submit()
    except Unavailable:
        return False
    return True


async def test_a_message_carries_the_trace_of_the_request_that_wrote_it(mesh: Mesh, broker: RabbitBroker) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    got: list[Mapping[str, str]] = []

    async def take(delivery: Delivery) -> None:
        got.append(delivery.headers)
        await delivery.ack()

    await broker.bind("listener", "#")
    await broker.consume("listener", 1, take)
    with trace_of({"traceparent": trace}):  # as the gRPC server's interceptor makes it current
        orchestrator = await mesh.start(broker)
        connection = await asyncpg.connect(mesh.dsns.app, server_settings={"search_path": "perito"})
        await connection.execute("SELECT set_config('app.tenant', $1, false)", str(mesh.tenant))
        await outbox.append(connection, mesh.tenant, "topic", "analysis.submitted", b"x")
        await connection.close()

    async def arrived() -> bool:
        return bool(got)

    await until(arrived)
    assert got[0]["traceparent"] == trace
    assert orchestrator.broker is broker
