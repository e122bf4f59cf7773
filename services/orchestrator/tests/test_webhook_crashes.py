"""Orchestrators that die in the middle of deliveries lose none, and two of them deliver nothing twice for no reason."""

import asyncio
import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_orchestrator.webhook_requests import EVENT_TYPES

from tests.faults import checker
from tests.faults.points import Failpoints
from tests.servers.receiver import Receiver

from .hooks import SHORT, Hooks, hooks_of
from .mesh import Mesh
from .phases import until

DELIVERED = pb.DELIVERY_STATE_DELIVERED


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


async def kept(mesh: Mesh, receiver: Receiver) -> list[str]:
    """What of I8 does not hold."""
    connection = await checker.connect(mesh.dsns.superuser)
    try:
        return await checker.webhook_faults(connection, receiver.bodies)
    finally:
        await connection.close()


async def test_a_delivery_whose_process_was_killed_is_tried_by_the_next(
    mesh: Mesh, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = Failpoints(tmp_path / "points")
    for name, value in points.environment.items():
        monkeypatch.setenv(name, value)
    word = points.arm("webhook.after_send=kill9:once")
    dying = await mesh.start_process(webhooks=replace(SHORT, seconds=3.0, hold_seconds=0.5))
    hooks = Hooks(mesh.tenant, dying.channel)
    made = await hooks.create(receiver.url)
    analysis = (await dying.client.submit()).analysis.analysis_id
    await points.struck(word)
    assert await dying.child.wait() == -signal.SIGKILL
    points.disarm()
    client = await mesh.start(webhooks=replace(SHORT, seconds=3.0, hold_seconds=0.5))
    await client.ended(analysis)
    (delivered,) = await hooks_of(mesh, client).until_states(made.webhook.webhook_id, DELIVERED)
    assert delivered.attempt_count == 2
    assert [attempt.attempt for attempt in delivered.attempts] == [2], "the first died before it could say what came"
    assert len(receiver.messages) == 2
    assert await kept(mesh, receiver) == []


async def test_kills_at_any_moment_lose_none(mesh: Mesh, receiver: Receiver) -> None:
    settings = replace(SHORT, seconds=0.5, hold_seconds=0.5)
    analyses: list[str] = []
    webhook = ""
    for number in range(4):
        process = await mesh.start_process(webhooks=settings)
        if not webhook:
            hooks = Hooks(mesh.tenant, process.channel)
            webhook = (await hooks.create(receiver.url, *EVENT_TYPES)).webhook.webhook_id
        analyses += [(await process.client.submit()).analysis.analysis_id for _ in range(3)]
        await asyncio.sleep(0.15 * number)
        process.signal(signal.SIGKILL)
        await process.child.wait()
    client = await mesh.start(webhooks=settings)
    for analysis in analyses:
        await client.ended(analysis)
    connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})

    async def all_delivered() -> bool:
        left = "SELECT count(*) FROM webhook_deliveries WHERE state <> 'delivered'"
        return await connection.fetchval(left) == 0

    await until(all_delivered, 60)
    events = await connection.fetchval("SELECT count(*) FROM events")
    await connection.close()
    assert len(receiver.bodies) == events
    assert await kept(mesh, receiver) == []


async def test_two_orchestrators_deliver_each_once_where_nobody_dies(mesh: Mesh, receiver: Receiver) -> None:
    first = await mesh.start(webhooks=SHORT)
    second = await mesh.start(webhooks=SHORT)
    hooks = hooks_of(mesh, first)
    webhook = (await hooks.create(receiver.url, *EVENT_TYPES)).webhook.webhook_id
    analyses = [(await client.submit()).analysis.analysis_id for client in (first, second) for _ in range(5)]
    told_of = [each for analysis in analyses for each in await first.watch(analysis)]
    # What only reports progress is no event; on a busy machine some come.
    events = [each for each in told_of if each.HasField("event")]

    async def all_delivered() -> bool:
        waiting = await hooks.page(webhook, state=pb.DELIVERY_STATE_PENDING, page_size=1)
        return not waiting.deliveries and len(receiver.bodies) == len(events)

    await until(all_delivered, 60)
    assert len(receiver.messages) == len(events)
    told = {(said["data"]["analysis_id"], said["data"]["sequence"]) for said in _said(receiver)}
    assert told == {(each.event.analysis_id, each.event.sequence) for each in events}
    assert await kept(mesh, receiver) == []


def _said(receiver: Receiver) -> list[dict[str, dict[str, str]]]:
    return [json.loads(message.body) for message in receiver.messages]
