"""Webhooks by the client: sent as the API takes them, made once through lost connections, read over all pages."""

import json

import pytest
from perito_client import PeritoClient, Refused

from .scripted import CUT, Answer, Service, told
from .test_calls import API, ID, refused

HOOKS = f"{API}/webhooks"
HOOK = f"{HOOKS}/{{webhook_id}}"
ONE = f"{HOOKS}/{ID}"
URL = "https://erp.example.com/hooks"


async def test_one_is_made_once_and_its_secret_told(service: Service, client: PeritoClient) -> None:
    service.answers[HOOKS] = [CUT, told(HOOKS, "post", 201)]
    made = await client.webhooks.create(URL, ["analysis.completed"], description="ERP")
    assert made.secret.startswith("whsec_")
    first, second = service.asked
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert json.loads(second.body) == {
        "url": URL, "event_types": ["analysis.completed"], "description": "ERP", "enabled": True,
    }  # fmt: skip


async def test_they_are_listed_looked_at_and_changed(service: Service, client: PeritoClient) -> None:
    service.answers[HOOKS] = [told(HOOKS, "get", 200)]
    assert len(await client.webhooks.all()) == 1
    service.answers[ONE] = [told(HOOK, "get", 200)]
    assert (await client.webhooks.get(ID)).enabled
    service.answers[ONE] = [told(HOOK, "patch", 200, enabled=False)]
    changed = await client.webhooks.update(ID, enabled=False, description="")
    assert not changed.enabled
    assert service.asked[-1].method == "PATCH"
    assert json.loads(service.asked[-1].body) == {"enabled": False, "description": ""}, "the rest is left as it is"


async def test_one_is_deleted_and_a_lost_answer_is_no_failure(service: Service, client: PeritoClient) -> None:
    gone = refused(404, HOOK, "delete")
    service.answers[ONE] = [Answer(204)]
    await client.webhooks.delete(ID)
    service.answers[ONE] = [CUT, gone]
    await client.webhooks.delete(ID)
    service.answers[ONE] = [gone]
    with pytest.raises(Refused, match="There is no such webhook"):
        await client.webhooks.delete(ID)


async def test_secrets_are_rotated_and_tests_sent(service: Service, client: PeritoClient) -> None:
    rotate, test = "rotate-secret", "test"
    service.answers[f"{ONE}/{rotate}"] = [CUT, told(f"{HOOK}/{rotate}", "post", 200)]
    assert (await client.webhooks.rotate(ID, 60)).secret.startswith("whsec_")
    assert json.loads(service.asked[-1].body) == {"overlap_seconds": 60}
    service.answers[f"{ONE}/{test}"] = [CUT, told(f"{HOOK}/{test}", "post", 200)]
    assert (await client.webhooks.test(ID)).state == "pending"
    keys = [asked.headers["idempotency-key"] for asked in service.asked]
    assert keys[0] == keys[1] != keys[2] == keys[3]


async def test_deliveries_come_over_all_pages_and_are_sent_again(service: Service, client: PeritoClient) -> None:
    path = f"{HOOK}/deliveries"
    pages = [told(path, "get", 200, next_cursor="c2"), told(path, "get", 200, next_cursor=None)]
    service.answers[f"{ONE}/deliveries"] = [pages[0], CUT, pages[1]]
    found = [each async for each in client.webhooks.deliveries(ID, "delivered")]
    assert len(found) == 2
    assert "state=delivered" in service.asked[0].target
    assert "cursor=c2" in service.asked[2].target
    resend = f"{ONE}/deliveries/{ID}/resend"
    service.answers[resend] = [told(f"{path}/{{delivery_id}}/resend", "post", 202)]
    assert (await client.webhooks.resend(ID, ID)).id
