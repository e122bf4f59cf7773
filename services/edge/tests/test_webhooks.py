"""Webhooks by REST: what is passed on, what is answered, and what is refused before anybody is asked."""

from typing import Any

import httpx
import pytest
from perito.analysis.v1 import webhooks_pb2 as pb
from perito_kernel.errors import Conflict, Exhausted, Invalid, Precondition

from .conftest import Edge
from .orchestrator_double import ADMIN_KEY, KEY, OTHER_ADMIN_KEY, READ_KEY
from .webhook_double import SECRET, delivery_of

HOOKS = "/api/forensic/webhooks"
URL = "https://erp.example.com/hooks"
NOBODY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
ASKED: dict[str, Any] = {"url": URL, "event_types": ["analysis.completed"]}


@pytest.fixture
def edge(edge: Edge) -> Edge:
    """Asked with a key that may."""
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    return edge


async def made(edge: Edge, **more: Any) -> dict[str, Any]:
    """A webhook, as its creation answered it."""
    answer = await edge.client.post(HOOKS, json={**ASKED, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_one_is_made_shown_once_changed_and_deleted(edge: Edge) -> None:
    first = await made(edge, description="ERP")
    assert first["secret"] == SECRET
    where = f"{HOOKS}/{first['id']}"
    read = (await edge.client.get(where)).json()
    assert "secret" not in read
    assert read == {key: value for key, value in first.items() if key != "secret"}
    assert (await edge.client.get(HOOKS)).json() == {"items": [read]}
    changed = (await edge.client.patch(where, json={"enabled": False, "event_types": ["phase.failed"]})).json()
    assert (changed["enabled"], changed["event_types"]) == (False, ["phase.failed"])
    assert (changed["url"], changed["description"]) == (URL, "ERP"), "what is not named stays"
    assert (await edge.client.delete(where)).status_code == 204
    assert (await edge.client.get(where)).status_code == 404
    assert (await edge.client.delete(where)).json()["reason"] == "WEBHOOK_NOT_FOUND"


async def test_the_same_key_makes_one(edge: Edge) -> None:
    key = {"Idempotency-Key": "k"}
    first = await edge.client.post(HOOKS, json=ASKED, headers=key)
    again = await edge.client.post(HOOKS, json=ASKED, headers=key)
    assert again.json() == first.json()
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert first.headers["Location"] == f"{HOOKS}/{first.json()['id']}"
    other = await edge.client.post(HOOKS, json={**ASKED, "description": "x"}, headers=key)
    assert (other.status_code, other.json()["reason"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_rotating_shows_the_new_secret_and_says_how_long_the_old_one_signs(edge: Edge) -> None:
    where = f"{HOOKS}/{(await made(edge))['id']}/rotate-secret"
    kept = await edge.client.post(where)
    assert (kept.status_code, kept.json()["secret"]) == (200, SECRET)
    assert kept.json()["previous_secret_until"] is not None
    ended = await edge.client.post(where, json={"overlap_seconds": 0})
    assert ended.json()["previous_secret_until"] is None
    refused = await edge.client.post(where, json={"overlap_seconds": 604_801})
    assert (refused.status_code, refused.json()["reason"]) == (422, "BODY_INVALID")


async def test_a_test_says_what_was_answered(edge: Edge) -> None:
    answer = (await edge.client.post(f"{HOOKS}/{(await made(edge))['id']}/test")).json()
    assert (answer["state"], answer["analysis_id"], answer["next_at"]) == ("given_up", None, None)
    (attempt,) = answer["attempts"]
    assert (attempt["status"], attempt["failure"], attempt["answer"]) == (503, "status", "busy")


async def test_the_log_comes_page_by_page_and_by_state(edge: Edge) -> None:
    webhook = (await made(edge))["id"]
    where = f"{HOOKS}/{webhook}/deliveries"
    assert (await edge.client.get(where)).json() == {"items": [], "next_cursor": None}
    pending, given_up = pb.DELIVERY_STATE_PENDING, pb.DELIVERY_STATE_GIVEN_UP
    edge.double.deliveries = [delivery_of(webhook, state) for state in (pending, given_up, pending)]
    first = (await edge.client.get(where, params={"limit": 2})).json()
    assert [each["state"] for each in first["items"]] == ["pending", "given_up"]
    rest = (await edge.client.get(where, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    chosen = (await edge.client.get(where, params={"state": "given_up"})).json()
    assert [each["state"] for each in chosen["items"]] == ["given_up"]
    wrong = await edge.client.get(where, params={"cursor": "x"})
    assert (wrong.status_code, wrong.json()["reason"]) == (422, "CURSOR_INVALID")


async def test_one_is_sent_again(edge: Edge) -> None:
    webhook = (await made(edge))["id"]
    edge.double.deliveries = [delivery_of(webhook, pb.DELIVERY_STATE_PENDING)]
    delivery = edge.double.deliveries[0].delivery_id
    answer = await edge.client.post(f"{HOOKS}/{webhook}/deliveries/{delivery}/resend")
    assert (answer.status_code, answer.json()["id"]) == (202, delivery)
    for unknown in (NOBODY, "x"):
        gone = await edge.client.post(f"{HOOKS}/{webhook}/deliveries/{unknown}/resend")
        assert (gone.status_code, gone.json()["reason"]) == (404, "DELIVERY_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate-secret"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", f"/deliveries/{NOBODY}/resend"),
    ],
)
async def test_another_tenants_is_not_there(edge: Edge, method: str, tail: str) -> None:
    webhook = (await made(edge))["id"]
    body: dict[str, Any] = {"json": {"enabled": True}} if method == "PATCH" else {}
    for where, headers in ((webhook, {"X-API-Key": OTHER_ADMIN_KEY}), (NOBODY, {}), ("x", {})):
        answer = await edge.client.request(method, f"{HOOKS}/{where}{tail}", headers=headers, **body)
        assert (answer.status_code, answer.json()["reason"]) == (404, "WEBHOOK_NOT_FOUND")
    assert (await edge.client.get(HOOKS, headers={"X-API-Key": OTHER_ADMIN_KEY})).json() == {"items": []}
    assert (await edge.client.get(f"{HOOKS}/{webhook}")).status_code == 200


async def test_every_operation_needs_the_scope_admin(edge: Edge) -> None:
    for method, tail in (("GET", ""), ("POST", ""), ("GET", f"/{NOBODY}"), ("POST", f"/{NOBODY}/test")):
        for key in (READ_KEY, KEY):
            answer = await edge.client.request(method, HOOKS + tail, headers={"X-API-Key": key})
            assert (answer.status_code, answer.json()["errors"]) == (403, [{"scope": "admin"}])
    assert not [call for call in edge.double.calls if "Webhook" in call.method]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"event_types": ["analysis.completed"]}, "/url"),
        ({"url": "ftp://x/y", "event_types": ["analysis.completed"]}, "/url"),
        ({"url": "https://x/\u00e9", "event_types": ["analysis.completed"]}, "/url"),
        ({"url": "https://" + "x" * 2000, "event_types": ["analysis.completed"]}, "/url"),
        ({"url": URL, "event_types": []}, "/event_types"),
        ({"url": URL, "event_types": ["analysis.*"]}, "/event_types/0"),
        ({"url": URL, "event_types": ["analysis.completed"], "enabled": "yes"}, "/enabled"),
        ({"url": URL, "event_types": ["analysis.completed"], "secret": "mine"}, "/secret"),
        ({"url": URL, "event_types": ["analysis.completed"], "description": "x" * 201}, "/description"),
    ],
)
async def test_what_is_wrong_with_a_body_is_pointed_at(edge: Edge, body: dict[str, Any], pointer: str) -> None:
    answer = await edge.client.post(HOOKS, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (422, "BODY_INVALID")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not edge.double.count("CreateWebhook")


async def test_null_changes_nothing_in_silence(edge: Edge) -> None:
    where = f"{HOOKS}/{(await made(edge))['id']}"
    answer = await edge.client.patch(where, json={"url": None})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/url")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("WEBHOOK_TARGET_REFUSED", "It leads inside, and nothing goes there.", {"pointer": "/url"}), 422),
        (Precondition("WEBHOOKS_FULL", "A tenant has at most 20 webhooks. Delete one."), 409),
        (Precondition("WEBHOOKS_OFF", "This deployment sends no webhooks at all."), 409),
        (Conflict("IDEMPOTENCY_CONFLICT", "This Idempotency-Key was used for another request."), 409),
    ],
)  # fmt: skip
async def test_refusals_of_the_orchestrator_are_told(edge: Edge, error: Exception, status: int) -> None:
    edge.double.failures["CreateWebhook"] = error
    answer = await edge.client.post(HOOKS, json=ASKED)
    assert (answer.status_code, answer.json()["reason"]) == (status, getattr(error, "reason", None))


async def test_too_many_tests_at_once_are_told_to_come_back(edge: Edge) -> None:
    where = f"{HOOKS}/{(await made(edge))['id']}/test"
    edge.double.failures["TestWebhook"] = Exhausted(
        "WEBHOOK_TESTS_BUSY", "2 tests of yours are under way. Wait for them.", {"retry_after_seconds": 2}
    )
    answer: httpx.Response = await edge.client.post(where)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
