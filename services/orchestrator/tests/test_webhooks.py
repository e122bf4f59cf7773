"""Webhooks from the event to the receiver: at least once, signed, the same on every try, and no further than it may."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Invalid, NotFound
from perito_orchestrator.housekeeping import Housekeeping
from perito_orchestrator.store.database import Database
from perito_orchestrator.webhook_requests import EVENT_TYPES
from perito_orchestrator.webhook_settings import WebhookSettings
from standardwebhooks.webhooks import WebhookVerificationError

from tests.servers.receiver import Receiver

from .hooks import ENDS, SHORT, Hooks, audited, hooks_of, ran, verified
from .mesh import Client, Mesh, errors_with
from .phases import until

ROOT = Path(__file__).resolve().parents[3]
STORE = ROOT / "services/orchestrator/src/perito_orchestrator/store"
PENDING, DELIVERED, GIVEN_UP = pb.DELIVERY_STATE_PENDING, pb.DELIVERY_STATE_DELIVERED, pb.DELIVERY_STATE_GIVEN_UP
Started = tuple[Client, Hooks]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def started(mesh: Mesh) -> Started:
    """An orchestrator with short times, and a client of its webhooks."""
    client = await mesh.start(webhooks=SHORT)
    return client, hooks_of(mesh, client)


async def restarted(mesh: Mesh, **changed: object) -> Started:
    """An orchestrator with other times."""
    client = await mesh.start(webhooks=replace(SHORT, **changed))  # type: ignore[arg-type] - names of settings
    return client, hooks_of(mesh, client)


async def test_every_event_comes_once_signed_and_as_it_is_recorded(started: Started, receiver: Receiver) -> None:
    client, hooks = started
    made = await hooks.create(receiver.url, *EVENT_TYPES)
    analysis = await ran(client)
    told = [each.event for each in await client.watch(analysis)]
    await hooks.until_states(made.webhook.webhook_id, *[DELIVERED] * len(told))
    sent = {}
    for message in receiver.messages:
        verified(made.secret, message)
        said = json.loads(message.body)
        sent[said["data"]["sequence"]] = said
    assert len(receiver.messages) == len(told) == len(receiver.bodies)
    for event in told:
        expected = {"analysis_id": analysis, "sequence": event.sequence, "facts": json.loads(event.data_json)}
        assert sent[event.sequence] == {"type": event.type, "timestamp": event.occurred_at, "data": expected}
    with pytest.raises(WebhookVerificationError):
        verified("whsec_" + "A" * 43 + "=", receiver.messages[0])


async def test_only_what_was_chosen_and_only_while_enabled(started: Started, receiver: Receiver) -> None:
    client, hooks = started
    made = await hooks.create(receiver.url, "analysis.completed")
    await hooks.create(receiver.url, "analysis.failed")
    off = await hooks.create(receiver.url, *ENDS, disabled=True)
    await ran(client)
    await hooks.until_states(made.webhook.webhook_id, DELIVERED)
    assert [json.loads(message.body)["type"] for message in receiver.messages] == ["analysis.completed"]
    assert await hooks.deliveries(off.webhook.webhook_id) == []


async def test_a_receiver_that_was_down_gets_all_under_one_id_each(started: Started) -> None:
    client, hooks = started
    receiver = Receiver()
    with receiver:
        made = await hooks.create(receiver.url)
    await ran(client)
    webhook = made.webhook.webhook_id

    async def tried_twice() -> bool:
        return all(each.attempt_count >= 2 for each in await hooks.deliveries(webhook))

    await until(tried_twice)
    (waiting,) = await hooks.until_states(webhook, PENDING)
    assert {attempt.failure for attempt in waiting.attempts} == {"unreachable"}
    assert waiting.next_at
    assert (await hooks.get(webhook)).failing_since
    receiver.status = 503
    with receiver:
        await until(lambda: _now(bool(receiver.messages)))
        receiver.status = 200
        (delivered,) = await hooks.until_states(webhook, DELIVERED)
        assert not (await hooks.get(webhook)).failing_since
    assert receiver.bodies == {delivered.message_id: {delivered.body_json.encode()}}
    assert len(receiver.messages) >= 2
    assert {m.headers["webhook-id"] for m in receiver.messages} == {delivered.message_id}
    for message in receiver.messages:
        verified(made.secret, message)


async def test_pauses_grow_and_end(mesh: Mesh, receiver: Receiver) -> None:
    client, hooks = await restarted(mesh, retry_seconds=0.4, give_up_seconds=3.0)
    receiver.status = 500
    made = await hooks.create(receiver.url)
    await ran(client)
    (given_up,) = await hooks.until_states(made.webhook.webhook_id, GIVEN_UP)
    assert (given_up.ended_at != "", given_up.next_at) == (True, "")
    times = [message.at for message in receiver.messages]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) >= 3
    assert all(later > 1.5 * earlier for earlier, later in pairwise(pauses)), pauses
    assert given_up.attempt_count == len(times) == len(given_up.attempts)
    assert (await hooks.get(made.webhook.webhook_id)).enabled, "not for days yet"


async def test_410_ends_it_at_once(mesh: Mesh, started: Started, receiver: Receiver) -> None:
    client, hooks = started
    receiver.status = 410
    made = await hooks.create(receiver.url)
    await ran(client)
    await hooks.until_states(made.webhook.webhook_id, GIVEN_UP)
    webhook = await hooks.get(made.webhook.webhook_id)
    assert (webhook.enabled, webhook.disabled_reason) == (False, "gone")
    told = await audited(mesh, client.tenant)
    assert [(each.action, each.actor) for each in told if each.subject == webhook.webhook_id] == [
        ("webhook.disabled", "perito"),
        ("webhook.created", "perito"),  # no key came with the call of this test
    ]
    await ran(client)
    assert len(await hooks.deliveries(made.webhook.webhook_id)) == 1
    receiver.status = 200
    again = await hooks.update(made.webhook.webhook_id, enabled=True)
    assert (again.enabled, again.disabled_reason, again.failing_since) == (True, "", "")
    await ran(client)
    await hooks.until_states(made.webhook.webhook_id, DELIVERED, GIVEN_UP)


async def test_one_that_fails_for_days_is_disabled_and_what_waits_is_sent_once_it_is_enabled(
    mesh: Mesh, receiver: Receiver
) -> None:
    client, hooks = await restarted(mesh, disable_seconds=0.5)
    receiver.status = 500
    made = await hooks.create(receiver.url)
    await ran(client)

    async def disabled() -> bool:
        return not (await hooks.get(made.webhook.webhook_id)).enabled

    await until(disabled)
    webhook = await hooks.get(made.webhook.webhook_id)
    assert (webhook.disabled_reason, webhook.failing_since != "") == ("failing", True)
    (waiting,) = await hooks.deliveries(made.webhook.webhook_id)
    assert waiting.state == PENDING
    receiver.status = 200
    await hooks.update(made.webhook.webhook_id, enabled=True)
    await hooks.until_states(made.webhook.webhook_id, DELIVERED)


async def test_a_slow_receiver_holds_up_nobody(mesh: Mesh, receiver: Receiver) -> None:
    client, hooks = await restarted(mesh, seconds=6.0)
    with Receiver() as slow:
        slow.delay = 60.0
        stuck = [(await hooks.create(slow.url, *EVENT_TYPES)).webhook.webhook_id for _ in range(3)]
        made = await hooks.create(receiver.url, *EVENT_TYPES)
        begun = time.monotonic()
        analysis = await ran(client)
        events = len(await client.watch(analysis))
        await hooks.until_states(made.webhook.webhook_id, *[DELIVERED] * events)
        assert time.monotonic() - begun < 6.0
        tries = [each.attempt_count for webhook in stuck for each in await hooks.deliveries(webhook)]
        assert sum(tries) <= 6, "two at once of each, at most"


async def test_a_redirect_to_where_a_cloud_keeps_its_secrets_is_told_and_not_followed(
    started: Started, receiver: Receiver
) -> None:
    client, hooks = started
    receiver.status = 302
    receiver.headers = {"Location": "http://169.254.169.254/latest/meta-data/"}
    made = await hooks.create(receiver.url)
    await ran(client)
    await until(lambda: _now(bool(receiver.messages)))

    async def told() -> bool:
        return any(
            attempt.failure == "redirect" for each in await hooks.deliveries(webhook) for attempt in each.attempts
        )

    webhook = made.webhook.webhook_id
    await until(told)
    assert "not followed" in (await hooks.deliveries(webhook))[0].attempts[0].detail


async def test_deliveries_go_with_their_analysis_and_with_their_webhook(started: Started, receiver: Receiver) -> None:
    client, hooks = started
    receiver.status = 500
    webhooks = [(await hooks.create(receiver.url)).webhook.webhook_id for _ in range(2)]
    first, second = await ran(client), await ran(client)
    await client.delete(first)
    for webhook in webhooks:
        assert [each.analysis_id for each in await hooks.deliveries(webhook)] == [second]
    await hooks.delete(webhooks[0])
    with pytest.raises(NotFound):
        await hooks.deliveries(webhooks[0])
    assert len(await hooks.deliveries(webhooks[1])) == 1


async def test_deleting_while_deliveries_are_being_written_down_waits_and_fails_nowhere(
    started: Started, receiver: Receiver
) -> None:
    client, hooks = started
    receiver.status = 500
    for _ in range(5):
        webhooks = [(await hooks.create(receiver.url, *EVENT_TYPES)).webhook.webhook_id for _ in range(4)]
        analysis = (await client.submit()).analysis.analysis_id
        await asyncio.gather(client.ended(analysis), *(hooks.delete(webhook) for webhook in webhooks))
    assert await hooks.all() == []


async def test_what_ended_long_ago_is_forgotten_and_what_waits_for_a_disabled_one_is_given_up(
    mesh: Mesh, started: Started, receiver: Receiver
) -> None:
    client, hooks = started
    webhook = (await hooks.create(receiver.url)).webhook.webhook_id
    receiver.status = 500
    await ran(client)
    await hooks.update(webhook, enabled=False)
    app, system = Database(mesh.dsns.app), Database(mesh.dsns.system)
    await app.open()
    await system.open()
    try:
        kept = Housekeeping(app, system, mesh.store, webhooks=WebhookSettings())
        await kept.forget_deliveries()
        assert [each.state for each in await hooks.deliveries(webhook)] == [PENDING]
        soon = Housekeeping(app, system, mesh.store, webhooks=WebhookSettings(give_up_seconds=0.001))
        await soon.forget_deliveries()
        assert [each.state for each in await hooks.deliveries(webhook)] == [GIVEN_UP]
        late = Housekeeping(app, system, mesh.store, webhooks=WebhookSettings(log_days=1e-9))
        await late.forget_deliveries()
        assert await hooks.deliveries(webhook) == []
    finally:
        await app.close()
        await system.close()


async def test_a_partial_analysis_says_so(mesh: Mesh, started: Started, receiver: Receiver) -> None:
    client, hooks = started
    mesh.phases["books"].behave = errors_with(Invalid("X_WRONG", "It is wrong. Correct it."))
    made = await hooks.create(receiver.url, "phase.failed", "analysis.completed")
    await ran(client)
    await hooks.until_states(made.webhook.webhook_id, DELIVERED, DELIVERED)
    told = {(said := json.loads(message.body))["type"]: said["data"]["facts"] for message in receiver.messages}
    assert told["phase.failed"]["reason"] == "X_WRONG"
    assert told["analysis.completed"] == {"partial": True}


def test_every_event_that_is_recorded_can_be_chosen_and_is_explained() -> None:
    sources = "".join(path.read_text("utf-8") for path in STORE.glob("*.py"))
    recorded = set(re.findall(r"events\.record\([^)]*?f?\"([a-z]+\.[a-z{}]+)\"", sources, re.DOTALL))
    assert "analysis.{status}" in recorded
    assert recorded - {"analysis.{status}"} | {"analysis.completed", "analysis.failed"} == set(EVENT_TYPES)
    page = (ROOT / "docs" / "events.md").read_text("utf-8")
    assert [name for name in EVENT_TYPES if f"`{name}`" not in page] == []


async def _now(value: bool) -> bool:
    return value
