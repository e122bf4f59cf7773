"""I8: each violation is planted where nothing was broken, and the checker says it in words."""

from collections.abc import AsyncIterator

import pytest
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_orchestrator.roles import Connection

from tests.faults import checker
from tests.servers.receiver import Receiver

from .hooks import SHORT, hooks_of
from .mesh import Mesh

Told = tuple[Connection, dict[str, set[bytes]]]


@pytest.fixture
async def told(mesh: Mesh) -> AsyncIterator[Told]:
    """The database and what arrived, after an analysis of which everything was delivered."""
    with Receiver() as receiver:
        client = await mesh.start(webhooks=SHORT)
        hooks = hooks_of(mesh, client)
        made = await hooks.create(receiver.url, "phase.completed")
        await client.ended((await client.submit()).analysis.analysis_id)
        await hooks.until_states(made.webhook.webhook_id, *[pb.DELIVERY_STATE_DELIVERED] * len(mesh.phases))
        connection = await checker.connect(mesh.dsns.superuser)
        yield connection, receiver.bodies
        await connection.close()


async def test_where_nothing_was_broken_it_finds_nothing(told: Told) -> None:
    assert await checker.webhook_faults(*told) == []
    assert len(told[1]) == 5


@pytest.mark.parametrize(
    ("planted", "words"),
    [
        ("DELETE FROM webhook_deliveries WHERE ctid = (SELECT min(ctid) FROM webhook_deliveries)", "1 events have no"),
        ("UPDATE webhook_deliveries SET state = 'given_up'", "is given_up"),
        ("UPDATE webhook_deliveries SET message_id = gen_random_uuid()", "never arrived"),
        ("UPDATE webhook_deliveries SET body = body || ' '::bytea", "with another one than is stored"),
    ],
)
async def test_what_the_database_lacks_is_told(told: Told, planted: str, words: str) -> None:
    await told[0].execute(planted)
    broken = await checker.webhook_faults(*told)
    assert broken
    assert all(text.startswith("I8: ") for text in broken)
    assert any(words in text for text in broken), broken


async def test_what_did_not_arrive_or_arrived_twice_otherwise_is_told(told: Told) -> None:
    connection, received = told
    first, second, *_ = received
    del received[first]
    received[second].add(b"{}")
    broken = await checker.webhook_faults(connection, received)
    assert broken == [
        f"I8: {first} never arrived",
        f"I8: {second} arrived with 2 bodies, or with another one than is stored",
    ]
