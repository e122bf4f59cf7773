"""Webhooks on their pages: a secret is shown once, and what a receiver answered is text."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Invalid

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import EVIL
from .orchestrator_double import ADMIN_KEY, KEY, TENANT
from .webhook_double import NOW, SECRET, delivery_of

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
URL = "https://erp.example.com/hooks/perito"
REFUSED = Invalid("WEBHOOK_URL_INVALID", "The URL cannot be a webhook's. It leads to nobody.", {"pointer": "/url"})
ACTIONS = ("test", "switch", "delete", "rotate", f"deliveries/{ID}/resend")


@pytest.fixture
async def admin(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, ADMIN_KEY) as client:
        yield client


async def made(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    said = {"csrf": await token(client), "key": "k", "url": URL, "event:analysis.completed": "1", **form}
    return await client.post("/webhooks", data=said)


def only(edge: Edge) -> pb.Webhook:
    (webhook,) = edge.double.webhooks.values()
    return webhook


async def test_one_is_made_and_its_secret_shown_once(edge: Edge, admin: httpx.AsyncClient) -> None:
    assert "No webhook yet" in (await admin.get("/webhooks")).text
    answer = await made(admin, description=EVIL)
    assert SECRET in answer.text
    assert "<script>alert" not in answer.text
    listed = await admin.get("/webhooks")
    assert SECRET not in listed.text
    assert EVIL in text_of(listed.text)
    assert list(only(edge).event_types) == ["analysis.completed"]
    assert (await made(admin, description=EVIL)).status_code == 200
    assert only(edge).url == URL, "sent twice it is made once"


async def test_what_is_refused_stands_in_the_form_with_the_reason(edge: Edge, admin: httpx.AsyncClient) -> None:
    edge.double.failures["CreateWebhook"] = edge.double.failures["UpdateWebhook"] = REFUSED
    answer = await made(admin, description=EVIL, **{"event:analysis.completed": "0", "event:analysis.failed": "1"})
    assert answer.status_code == 422
    assert "The URL cannot be a webhook's." in text_of(answer.text)
    assert re.findall(r'name="event:([a-z.]+)" value="1" checked', answer.text) == ["analysis.failed"]
    assert f'value="{URL}"' in answer.text
    assert "<script>alert" not in answer.text
    edge.double.failures.pop("CreateWebhook")
    await made(admin)
    where, shown = f"/webhooks/{only(edge).webhook_id}", await token(admin)
    form = {"csrf": shown, "url": "https://10.0.0.1/", "event:analysis.failed": "1"}
    changed = await admin.post(where, data=form)
    assert (changed.status_code, 'value="https://10.0.0.1/"' in changed.text) == (422, True)
    assert re.search(r"<details[^>]* open>", changed.text), "the form that was refused is open"
    assert (await admin.post(where, data={"csrf": shown, "url": URL})).status_code == 422, "no event at all"
    assert only(edge).url == URL


async def test_it_is_tested_switched_and_deleted(edge: Edge, admin: httpx.AsyncClient) -> None:
    await made(admin)
    where, shown = f"/webhooks/{only(edge).webhook_id}", await token(admin)
    tested = text_of((await admin.post(f"{where}/test", data={"csrf": shown, "key": "t"})).text)
    assert "The test: given up 503 · 12 ms" in tested
    for enabled in (False, True):
        form = {"csrf": shown, "enabled": "1" if enabled else "0"}
        assert (await admin.post(f"{where}/switch", data=form)).headers["location"] == where
        assert only(edge).enabled is enabled
    assert (await admin.post(f"{where}/delete", data={"csrf": shown})).headers["location"] == "/webhooks"
    assert edge.double.webhooks == {}


async def test_what_was_delivered_is_shown_and_sent_again(edge: Edge, admin: httpx.AsyncClient) -> None:
    await made(admin)
    hook = only(edge).webhook_id
    for number in range(21):
        each = delivery_of(hook, pb.DELIVERY_STATE_PENDING)
        each.attempts[0].answer, each.event_type = EVIL, f"event {number}"
        edge.double.deliveries.append(each)
    shown = await admin.get(f"/webhooks/{hook}")
    assert "<script>alert" not in shown.text
    assert EVIL in text_of(shown.text)
    assert "event 19" in shown.text
    following = re.search(r'href="(/webhooks/[^"]+)" rel="next"', shown.text)
    assert following is not None
    assert "event 20" in (await admin.get(following[1].replace("&amp;", "&"))).text
    assert (await admin.get(f"/webhooks/{hook}?cursor=forged")).status_code == 422
    again = f"/webhooks/{hook}/deliveries/{edge.double.deliveries[0].delivery_id}/resend"
    answer = await admin.post(again, data={"csrf": await token(admin)})
    assert answer.headers["location"] == f"/webhooks/{hook}"


async def test_nobody_else_sees_or_changes_them(edge: Edge, admin: httpx.AsyncClient) -> None:
    other = pb.Webhook(webhook_id=ID, url="https://elsewhere.example", enabled=True, created_at=NOW, updated_at=NOW)
    edge.double.webhooks["22222222-2222-4222-8222-222222222222", ID] = other
    shown = await token(admin)
    for webhook in (ID, "x", "' OR 1=1 --"):
        assert (await admin.get(f"/webhooks/{webhook}")).status_code == 404
        changed = await admin.post(f"/webhooks/{webhook}", data={"csrf": shown, "event:phase.failed": "1"})
        assert changed.status_code == 404
        for action in ACTIONS:
            answer = await admin.post(f"/webhooks/{webhook}/{action}", data={"csrf": shown, "hours": "0"})
            assert answer.status_code == 404
    assert "elsewhere.example" not in (await admin.get("/webhooks")).text
    async with signed_in(edge.app, KEY) as analyst:
        theirs = await token(analyst)
        for path in ("/webhooks", f"/webhooks/{ID}"):
            assert (await analyst.get(path)).status_code == 403
        for path in ("/webhooks", *(f"/webhooks/{ID}/{action}" for action in ACTIONS)):
            assert (await analyst.post(path, data={"csrf": theirs})).status_code == 403
            assert (await admin.post(path, data={"csrf": theirs})).status_code == 403
    assert [tenant for tenant, _ in edge.double.webhooks] != [TENANT]
    assert other.enabled


async def test_the_pages_speak_spanish(edge: Edge) -> None:
    async with signed_in(edge.app, ADMIN_KEY, "es") as admin:
        await made(admin)
        assert "Nuevo webhook" in (await admin.get("/webhooks")).text
        assert "Enviar una prueba" in (await admin.get(f"/webhooks/{only(edge).webhook_id}")).text


async def test_it_is_changed_and_keeps_at_least_one_event(edge: Edge, admin: httpx.AsyncClient) -> None:
    await made(admin)
    where, shown = f"/webhooks/{only(edge).webhook_id}", await token(admin)
    assert f'value="{URL}"' in (await admin.get(where)).text
    form = {"csrf": shown, "url": f"{URL}/2", "description": EVIL, "event:phase.failed": "1"}
    assert (await admin.post(where, data=form)).headers["location"] == where
    hook = only(edge)
    assert (hook.url, hook.description, list(hook.event_types)) == (f"{URL}/2", EVIL, ["phase.failed"])
    assert "<script>alert" not in (await admin.get(where)).text
    none = await admin.post(where, data={"csrf": shown, "url": URL})
    assert (none.status_code, "at least one event" in none.text) == (422, True)
    assert only(edge).url == f"{URL}/2"


async def test_its_secret_is_replaced_and_shown_once(edge: Edge, admin: httpx.AsyncClient) -> None:
    await made(admin)
    where, shown = f"/webhooks/{only(edge).webhook_id}", await token(admin)
    answer = await admin.post(f"{where}/rotate", data={"csrf": shown, "key": "r", "hours": "24"})
    assert SECRET in answer.text
    assert "two signatures" in text_of(answer.text)
    assert SECRET not in (await admin.get(where)).text
    for hours in ("", "1", "-24", "x"):
        refused = await admin.post(f"{where}/rotate", data={"csrf": shown, "hours": hours})
        assert (refused.status_code, "OVERLAP_INVALID" in refused.text) == (422, True)
    assert edge.double.count("RotateWebhookSecret") == 1


async def test_deliveries_are_narrowed_by_what_became_of_them(edge: Edge, admin: httpx.AsyncClient) -> None:
    await made(admin)
    hook = only(edge).webhook_id
    edge.double.deliveries += [delivery_of(hook, pb.DELIVERY_STATE_PENDING) for _ in range(25)]
    shown = (await admin.get(f"/webhooks/{hook}?state=pending")).text
    assert '<option value="pending" selected>' in shown
    following = re.search(r'href="([^"]+)" rel="next"', shown)
    assert following is not None
    assert "state=pending" in following[1]
    assert "Nothing was sent yet" in (await admin.get(f"/webhooks/{hook}?state=delivered")).text
    assert (await admin.get(f"/webhooks/{hook}?state=lost")).status_code == 200
