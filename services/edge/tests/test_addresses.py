"""What no operation has is refused by all of them alike, and HEAD is answered wherever GET is."""

import asyncio
import re
from typing import Any

import pytest
from perito_edge.addresses import Addresses
from perito_edge.description import operations

from .conftest import Edge
from .finished import finished, running
from .orchestrator_double import ADMIN_KEY

PATHS = ("status/{id}", "analysis/{id}", "analysis/{id}/findings", "export/{id}", "list", "openapi.json", "metrics")


async def test_every_operation_refuses_a_parameter_that_it_does_not_have(edge: Edge) -> None:
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    tenant, key_id, scopes = edge.double.keys[ADMIN_KEY]
    edge.double.keys[ADMIN_KEY] = tenant, key_id, (*scopes, "rules")
    for path, method, said in operations(edge.app.openapi()):
        taken = [named["name"] for named in said.get("parameters", ()) if named["in"] == "query"]
        url = re.sub(r"\{\w+\}", "x", path)
        response = await edge.client.request(method.upper(), url, params={"nmae": "secret", "probe ": ""})
        body = response.json()
        assert (response.status_code, body["reason"]) == (422, "PARAMETER_INVALID"), said["operationId"]
        assert [error["pointer"] for error in body["errors"]] == ["query.nmae", "query.probe "]
        assert all(f"`{name}`" in body["errors"][0]["detail"] for name in taken), said["operationId"]
        assert "secret" not in response.text
        assert "422" in said["responses"]


async def test_many_and_long_names_make_no_long_answer(edge: Edge) -> None:
    many = "&".join(f"{'n' * 200}{number}" for number in range(150))
    response = await edge.client.get(f"/api/forensic/list?{many}&limit=3&limit=4&=&%ff=1")
    assert response.status_code == 422
    assert len(response.json()["errors"]) == 20
    assert len(response.content) < 10_000


async def test_who_has_no_key_learns_no_names(edge: Edge) -> None:
    response = await edge.client.get("/api/forensic/list?nmae=1", headers={"X-API-Key": "perito_wrong"})
    assert response.status_code == 401


async def test_head_has_the_headers_of_get_and_no_body(served: Edge) -> None:
    analysis = await finished(served)
    for path in PATHS:
        url = f"/api/forensic/{path.replace('{id}', analysis.analysis_id)}"
        got, head = await served.client.get(url), await served.client.head(url)
        assert (head.status_code, head.content) == (got.status_code, b"") == (200, b""), url
        # How a body is framed that is not sent, HEAD may leave out (RFC 9110, section 9.3.2).
        own = {"date", "x-request-id", "ratelimit", "transfer-encoding"} | (
            {"content-length"} if path == "metrics" else set[str]()
        )
        assert {n: v for n, v in head.headers.items() if n not in own} == {
            n: v for n, v in got.headers.items() if n not in own
        }
    assert (await served.client.head("/api/forensic/health")).status_code == 200


async def test_head_is_refused_like_get(served: Edge) -> None:
    unknown = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    wanted = {f"status/{unknown}": 404, "list?nmae=1": 422, "analyze": 405, "nothing": 404, f"export/{unknown}": 404}
    for path, status in wanted.items():
        response = await served.client.head(f"/api/forensic/{path}")
        assert (response.status_code, response.content) == (status, b""), path
    assert (await served.client.head("/api/forensic/list", headers={"X-API-Key": ""})).status_code == 401


async def test_head_of_a_stream_ends_at_once_and_gives_its_place_back(served: Edge) -> None:
    url = f"/api/forensic/analysis/{running(served).analysis_id}/events"
    # More than a key may hold at once: were one kept, the rest would be refused.
    async with asyncio.timeout(10):
        for _ in range(80):
            response = await served.client.head(url)
            assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


async def test_head_of_a_report_reads_no_further_than_its_beginning(
    served: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    analysis = await finished(served, {"cases": ["x" * 1000] * 20_000})
    read = 0
    opened = served.store.open_stream

    async def counted(ref: Any) -> Any:
        nonlocal read
        async for chunk in opened(ref):
            read += len(chunk)
            yield chunk

    monkeypatch.setattr(served.store, "open_stream", counted)
    url, told = f"/api/forensic/export/{analysis.analysis_id}", {"identity": "content-length", "gzip": "etag"}
    for coding, header in told.items():
        read = 0
        asked = {"Accept-Encoding": coding, "Want-Unencoded-Digest": "sha-256=10"}
        response = await served.client.head(url, headers=asked)
        assert response.headers[header]
        await asyncio.sleep(0.1)
        assert 0 < read < 10_000_000


def test_what_is_not_there_has_no_methods() -> None:
    known = Addresses()
    known.learn({"paths": {"/a/{id}": {"post": {}}}}, bare=["/b"])
    assert (known.methods("/a/1"), known.methods("/b"), known.methods("/c")) == ({"POST"}, {"GET", "HEAD"}, set())
