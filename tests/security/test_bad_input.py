"""Whatever a client sends, it gets the answer that docs/security.md says, and the next one is served."""

import asyncio
import re

import pytest
from perito_edge import wire

from tests.security.bad_input import BAD_INPUT, CUT_SECONDS, HARMLESS, answered
from tests.security.world import PREFIX, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def spoken(world: World, sent: bytes) -> tuple[bytes, bytes]:
    """Head and body of what the server says to these bytes, to the end of the connection."""
    host, port = world.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    try:
        async with asyncio.timeout(20):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            return head, await reader.readexactly(int(length[1]) if length else 0)
    finally:
        writer.close()


@pytest.mark.parametrize("name", BAD_INPUT)
async def test_bad_input_gets_the_answer_that_is_written_down(
    here: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", CUT_SECONDS)
    bad = BAD_INPUT[name]
    head, body = await spoken(here, bad.made(here))
    assert answered(head, body) == (bad.status, bad.reason), body[:500]
    assert b"Traceback" not in body
    assert b"root:" not in body
    assert (await here.http.get(f"{PREFIX}/health")).status_code == 200


@pytest.mark.parametrize("name", HARMLESS)
async def test_a_text_is_a_text_wherever_it_stands(here: World, name: str) -> None:
    found = await here.http.get(f"{PREFIX}/list", params={"name": HARMLESS[name]}, headers=here.a)
    assert (found.status_code, found.json()["items"]) == (200, [])
    body = {"dataset_id": here.mine["dataset_id"], "name": HARMLESS[name]}
    accepted = await here.http.post(f"{PREFIX}/analyze", json=body, headers=here.a)
    assert accepted.status_code == 202
    again = (await here.http.get(f"{PREFIX}/list", params={"name": HARMLESS[name]}, headers=here.a)).json()
    assert [item["id"] for item in again["items"]] == [accepted.json()["id"]]
    assert again["items"][0]["name"] == HARMLESS[name]
    await here.http.post(f"{PREFIX}/analysis/{accepted.json()['id']}/cancel", headers=here.a)


async def test_what_a_client_says_of_itself_is_believed_by_nobody(here: World) -> None:
    """A host, an address or a method in a header that clients may write."""
    said = {
        "Host": "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-HTTP-Method-Override": "DELETE",
        "X-Original-URL": "/api/forensic/metrics",
    }
    answer = await here.http.get(f"{PREFIX}/status/{here.mine['analysis_id']}", headers={**here.a, **said})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text + str(dict(answer.headers))
    assert all(link.startswith("/api/forensic/") for link in answer.json()["links"].values())
    assert "Strict-Transport-Security" not in answer.headers


async def test_nobody_is_told_what_answers(here: World) -> None:
    answer = await here.http.get(f"{PREFIX}/health")
    assert not {"server", "x-powered-by"} & set(answer.headers)
    for path in ("/docs", "/redoc", "/openapi.json", f"{PREFIX}/docs", "/.env", "/.git/config", "/metrics"):
        assert (await here.http.get(path, headers=here.a)).status_code == 404, path


async def test_many_slow_clients_leave_room_for_one_that_works(here: World) -> None:
    host, port = here.address.split(":")
    slow = [await asyncio.open_connection(host, int(port)) for _ in range(300)]
    try:
        for _, writer in slow:
            writer.write(b"POST /api/forensic/analyze HTTP/1.1\r\nHost: x\r\n")
        began = asyncio.get_running_loop().time()
        assert (await here.http.get(f"{PREFIX}/list", headers=here.a)).status_code == 200
        assert asyncio.get_running_loop().time() - began < 5
    finally:
        for _, writer in slow:
            writer.close()
