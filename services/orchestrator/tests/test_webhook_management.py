"""Webhooks as they are managed: made, changed, tested, rotated, their deliveries looked at and sent again."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import asyncpg
import pytest
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Conflict, Invalid, NotFound, PeritoError, Precondition
from perito_orchestrator.keys import create_tenant
from perito_orchestrator.store.webhooks import MOST
from standardwebhooks.webhooks import WebhookVerificationError

from tests.servers.receiver import Receiver

from .hooks import ENDS, SHORT, Hooks, audited, hooks_of, ran, verified
from .mesh import Client, Mesh

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


async def test_changes_are_in_the_audit_log_without_what_is_secret(
    mesh: Mesh, started: Started, receiver: Receiver
) -> None:
    _, hooks = started
    webhook = (await hooks.create(receiver.url + "?token=mine", "phase.failed")).webhook.webhook_id
    await hooks.update(webhook, description="x")
    await hooks.rotate(webhook, 60)
    await hooks.delete(webhook)
    told = [each for each in await audited(mesh, hooks.tenant) if each.subject == webhook]
    assert [each.action.partition(".")[2] for each in told] == ["deleted", "rotated", "changed", "created"]
    facts = {"enabled": True, "event_types": ["phase.failed"], "host": "127.0.0.1"}
    assert json.loads(told[-1].details) == facts
    assert "whsec" not in repr(told)
    assert "token" not in repr(told)


@pytest.mark.parametrize("url", ["https://169.254.169.254/", "https://10.0.0.1/", "http://93.184.215.14/"])
async def test_targets_are_refused_when_they_are_given(started: Started, receiver: Receiver, url: str) -> None:
    _, hooks = started
    made = await hooks.create(receiver.url)
    for call in (hooks.create(url), hooks.update(made.webhook.webhook_id, url=url)):
        with pytest.raises(Invalid, match="WEBHOOK_TARGET_REFUSED"):
            await call
    assert [webhook.url for webhook in await hooks.all()] == [receiver.url]


async def test_rotation_signs_with_both_for_a_while(started: Started, receiver: Receiver) -> None:
    _, hooks = started
    made = await hooks.create(receiver.url)
    webhook = made.webhook.webhook_id
    rotated = await hooks.rotate(webhook, 3600, "k")
    assert rotated.secret != made.secret
    assert rotated.webhook.previous_secret_until
    again = await hooks.rotate(webhook, 3600, "k")
    assert (again.replayed, again.secret) == (True, rotated.secret)
    await hooks.test(webhook)
    for secret in (made.secret, rotated.secret):
        verified(secret, receiver.messages[-1])
    at_once = await hooks.rotate(webhook, 0)
    assert not at_once.webhook.previous_secret_until
    await hooks.test(webhook)
    verified(at_once.secret, receiver.messages[-1])
    with pytest.raises(WebhookVerificationError):
        verified(rotated.secret, receiver.messages[-1])


async def test_a_test_is_sent_once_whether_or_not_it_is_enabled(started: Started, receiver: Receiver) -> None:
    _, hooks = started
    made = await hooks.create(receiver.url, disabled=True)
    webhook = made.webhook.webhook_id
    sent = await hooks.test(webhook, "k")
    assert (sent.delivery.state, sent.delivery.event_type) == (DELIVERED, "webhook.test")
    assert sent.delivery.attempts[0].answer == "ok"
    again = await hooks.test(webhook, "k")
    assert (again.replayed, again.delivery) == (True, sent.delivery)
    receiver.status = 410
    failed = (await hooks.test(webhook)).delivery
    assert (failed.state, failed.attempts[0].status) == (GIVEN_UP, 410)
    assert len(receiver.messages) == 2
    assert (await hooks.get(webhook)).failing_since == "", "a test says nothing of the deliveries"


async def test_one_is_sent_again_under_the_same_id(started: Started, receiver: Receiver) -> None:
    client, hooks = started
    made = await hooks.create(receiver.url)
    webhook = made.webhook.webhook_id
    await ran(client)
    (first,) = await hooks.until_states(webhook, DELIVERED)
    assert (await hooks.resend(webhook, first.delivery_id)).state == PENDING
    (again,) = await hooks.until_states(webhook, DELIVERED)
    assert [attempt.attempt for attempt in again.attempts] == [2, 1]
    assert receiver.bodies == {first.message_id: {first.body_json.encode()}}
    assert len(receiver.messages) == 2
    await hooks.update(webhook, enabled=False)
    with pytest.raises(Precondition, match="WEBHOOK_DISABLED"):
        await hooks.resend(webhook, first.delivery_id)
    await hooks.update(webhook, enabled=True)
    with pytest.raises(NotFound, match="DELIVERY_NOT_FOUND"):
        await hooks.resend(webhook, str(uuid4()))


async def test_the_log_has_pages_and_states(started: Started, receiver: Receiver) -> None:
    _, hooks = started
    webhook = (await hooks.create(receiver.url)).webhook.webhook_id
    for number in range(5):
        receiver.status = 500 if number == 2 else 200
        await hooks.test(webhook)
    seen: list[str] = []
    token = ""
    while True:
        page = await hooks.page(webhook, page_size=2, page_token=token)
        seen += [each.delivery_id for each in page.deliveries]
        token = page.next_page_token
        if not token:
            break
    whole = await hooks.deliveries(webhook)
    assert seen == [each.delivery_id for each in whole]
    assert [each.created_at for each in whole] == sorted((each.created_at for each in whole), reverse=True)
    assert [each.state for each in (await hooks.page(webhook, state=GIVEN_UP)).deliveries] == [GIVEN_UP]
    first = await hooks.page(webhook, page_size=2)
    with pytest.raises(Invalid, match="PAGE_TOKEN_MISMATCH"):
        await hooks.page(webhook, state=GIVEN_UP, page_token=first.next_page_token)
    for token in ("x", "WyI1ZjBj"):
        with pytest.raises(Invalid, match="PAGE_TOKEN_INVALID"):
            await hooks.page(webhook, page_token=token)
    with pytest.raises(Invalid, match="PAGE_SIZE_INVALID"):
        await hooks.page(webhook, page_size=51)


async def test_the_same_key_makes_one_and_another_request_is_refused(started: Started, receiver: Receiver) -> None:
    _, hooks = started
    first = await hooks.create(receiver.url, idempotency_key="k")
    again = await hooks.create(receiver.url, idempotency_key="k")
    assert (again.replayed, again.secret, again.webhook) == (True, first.secret, first.webhook)
    with pytest.raises(Conflict):
        await hooks.create(receiver.url, "phase.failed", idempotency_key="k")
    await hooks.delete(first.webhook.webhook_id)
    assert not (await hooks.create(receiver.url, idempotency_key="k")).replayed, "what is gone is not answered again"


async def test_there_are_so_many_and_no_more(started: Started, receiver: Receiver) -> None:
    _, hooks = started
    made = await asyncio.gather(*(hooks.create(receiver.url) for _ in range(MOST + 5)), return_exceptions=True)
    refused = [each for each in made if isinstance(each, PeritoError)]
    assert len(await hooks.all()) == MOST
    assert {each.reason for each in refused} == {"WEBHOOKS_FULL"}
    assert len(refused) == 5


@pytest.mark.parametrize(
    "more",
    [{"description": "x" * 201}, {"description": "a\nb"}, {"event_types": ["webhook.test"]}, {"event_types": []}],
)
async def test_what_is_wrong_is_pointed_at(started: Started, receiver: Receiver, more: dict[str, object]) -> None:
    _, hooks = started
    fields: dict[str, object] = {"url": receiver.url, "event_types": ENDS, **more}
    with pytest.raises(Invalid, match="WEBHOOK_INVALID"):
        await hooks.create_of(pb.CreateWebhookRequest(**fields))  # type: ignore[arg-type] - names of fields


async def test_another_tenants_is_not_there(mesh: Mesh, started: Started, receiver: Receiver) -> None:
    client, hooks = started
    owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
    stranger = hooks.of(await create_tenant(owner, "B"))
    await owner.close()
    await stranger.create(receiver.url)
    webhook = (await hooks.create(receiver.url)).webhook.webhook_id
    await ran(client)
    (delivery,) = await hooks.until_states(webhook, DELIVERED)
    calls = (
        stranger.get(webhook),
        stranger.update(webhook, enabled=False),
        stranger.delete(webhook),
        stranger.rotate(webhook, 0),
        stranger.test(webhook),
        stranger.page(webhook),
        stranger.resend(webhook, delivery.delivery_id),
    )
    for call in calls:
        with pytest.raises(NotFound, match="WEBHOOK_NOT_FOUND"):
            await call
    (own,) = await stranger.all()
    assert own.webhook_id != webhook
    assert await stranger.deliveries(own.webhook_id) == [], "events of a tenant go to its own webhooks alone"
    assert len(receiver.messages) == 1


async def test_without_a_key_nothing_is_made_and_nothing_breaks(mesh: Mesh, receiver: Receiver) -> None:
    client = await mesh.start(webhooks=replace(SHORT, secret=""))
    hooks = hooks_of(mesh, client)
    with pytest.raises(Precondition, match="WEBHOOKS_OFF"):
        await hooks.create(receiver.url)
    assert await hooks.all() == []
    await ran(client)


async def test_the_database_has_no_secret_in_the_clear(mesh: Mesh, started: Started, receiver: Receiver) -> None:
    _, hooks = started
    made = await hooks.create(receiver.url)
    connection = await asyncpg.connect(mesh.dsns.superuser, server_settings={"search_path": "perito"})
    row = await connection.fetchrow("SELECT * FROM webhooks WHERE webhook_id = $1", UUID(made.webhook.webhook_id))
    await connection.close()
    assert made.secret[6:] not in repr(row)
    assert row is not None
    assert made.secret.encode() not in row["secret"]
