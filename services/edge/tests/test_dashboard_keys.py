"""Keys and the audit log on their pages: for who may manage keys, and a new key is shown once."""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from perito.analysis.v1.audit_pb2 import AuditRecord

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import EVIL
from .orchestrator_double import ADMIN_KEY, KEY, OTHER_KEY, READ_KEY, TENANT

PAGES = ("/keys", "/audit")


@pytest.fixture
async def admin(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, ADMIN_KEY) as client:
        yield client


async def make(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    return await client.post("/keys", data={"csrf": await token(client), **form})


async def test_a_new_key_is_shown_once_and_works(edge: Edge, admin: httpx.AsyncClient) -> None:
    answer = await make(admin, name=EVIL, until="2027-03-31", **{"scope:read": "1", "scope:submit": "1"})
    assert answer.status_code == 200
    found = re.search(r"perito_test_\d{16}_made", answer.text)
    assert found is not None
    assert "It is not shown again" in answer.text
    assert "<script>alert" not in answer.text
    assert EVIL in text_of(answer.text)
    listed = await admin.get("/keys")
    assert found[0] not in listed.text
    assert EVIL in text_of(listed.text)
    assert edge.double.keys[found[0]] == (TENANT, found[0].split("_")[2], ("read", "submit"))
    async with signed_in(edge.app, found[0]) as fresh:
        assert (await fresh.get("/")).status_code == 200


async def test_a_key_gives_nothing_that_its_maker_lacks(edge: Edge, admin: httpx.AsyncClient) -> None:
    assert "scope:rules" not in (await admin.get("/keys")).text
    refused = await make(admin, name="x", **{"scope:rules": "1"})
    assert (refused.status_code, "SCOPE_NOT_YOURS" in refused.text) == (403, True)
    wrong = await make(admin, name="x", until="tomorrow", **{"scope:read": "1"})
    assert (wrong.status_code, "A day is written as 2026-03-31" in text_of(wrong.text)) == (422, True)


async def test_what_is_refused_stands_in_the_form_with_the_reason(admin: httpx.AsyncClient) -> None:
    answer = await make(admin, name=EVIL, **{"scope:submit": "1", "rate:submit": "none"})
    assert answer.status_code == 422
    assert re.findall(r'name="scope:([a-z]+)" value="1" checked', answer.text) == ["submit"]
    assert 'value="none"' in answer.text
    assert EVIL in "".join(
        html.unescape(value) for value in re.findall(r'name="name"[^>]*value="([^"]*)"', answer.text)
    )
    assert "<script>alert" not in answer.text


async def test_keys_are_replaced_and_revoked_and_unknown_ones_are_not_there(
    edge: Edge, admin: httpx.AsyncClient
) -> None:
    shown, mine = await token(admin), edge.double.keys[READ_KEY][1]
    replaced = await admin.post(f"/keys/{mine}/rotate", data={"csrf": shown})
    assert re.search(r"perito_test_\d{16}_made", replaced.text)
    revoked = await admin.post(f"/keys/{mine}/revoke", data={"csrf": shown})
    assert (revoked.status_code, revoked.headers["location"]) == (303, "/keys")
    assert "revoked" in text_of((await admin.get("/keys")).text)
    last = await admin.post(f"/keys/{edge.double.keys[ADMIN_KEY][1]}/revoke", data={"csrf": shown})
    assert (last.status_code, "LAST_ADMIN_KEY" in last.text) == (409, True)
    theirs = edge.double.keys[OTHER_KEY][1]
    for key in (theirs, "A" * 15, "x'; --", "%3Cscript%3E"):
        for what in ("rotate", "revoke"):
            answer = await admin.post(f"/keys/{key}/{what}", data={"csrf": shown})
            assert (answer.status_code, "KEY_NOT_FOUND" in answer.text) == (404, True)


async def test_the_audit_log_is_told_and_hostile_facts_are_text(edge: Edge, admin: httpx.AsyncClient) -> None:
    assert "No record yet" in (await admin.get("/audit")).text
    edge.double.records.append(
        AuditRecord(
            number=1, occurred_at="2026-03-01T10:00:00.000000Z", actor="key:DDDDDDDDDDDDDDDD", action="key.created",
            subject="AAAAAAAAAAAAAAAA", details_json=f'{{"name": "{EVIL}"}}', previous="0" * 64, digest="9f" * 32,
        )
    )  # fmt: skip
    shown = await admin.get("/audit")
    said = text_of(shown.text)
    for each in ("key.created", "key:DDDDDDDDDDDDDDDD", "2026-03-01 10:00", "9f9f9f9f9f9f"):
        assert each in said, each
    assert "<script>alert" not in shown.text


async def test_who_may_not_manage_keys_sees_neither(edge: Edge) -> None:
    async with signed_in(edge.app) as analyst:
        assert 'href="/keys"' not in (await analyst.get("/")).text
        shown = await token(analyst)
        for path in PAGES:
            assert (await analyst.get(path)).status_code == 403
        mine = edge.double.keys[KEY][1]
        for path in ("/keys", f"/keys/{mine}/rotate", f"/keys/{mine}/revoke"):
            assert (await analyst.post(path, data={"csrf": shown, "name": "x"})).status_code == 403
    async with signed_in(edge.app, ADMIN_KEY) as admin:
        for path in ("/keys", f"/keys/{mine}/rotate", f"/keys/{mine}/revoke"):
            assert (await admin.post(path, data={"csrf": "0" * 128})).status_code == 403
    assert edge.double.count("CreateKey") == edge.double.count("RotateKey") == edge.double.count("RevokeKey") == 0


async def test_both_pages_speak_spanish(edge: Edge) -> None:
    async with signed_in(edge.app, ADMIN_KEY, "es") as admin:
        assert "Nueva clave" in (await admin.get("/keys")).text
        assert "Quién hizo qué" in (await admin.get("/audit")).text
        assert (await admin.get("/keys?cursor=1")).status_code == 200
