"""Every operation of the API, read from its own description: who may ask it, and that no tenant finds another's things.

An operation that is added is tested by being described; one with a new kind of id in its path fails until an id of that
kind is made here.
"""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from perito_orchestrator.keys import SCOPES, create_key

from .hooks import SHORT
from .mesh import Mesh
from .own_rules import rules_of
from .phases import finding
from .rest import API, Rest, rest_of
from .rule_texts import text

ANY = "any"


@dataclass(frozen=True)
class Operation:
    """One operation, and the scope that it says it needs: "" where it needs no key, `ANY` where every key will do."""

    method: str
    path: str
    scope: str
    body: Any
    """The one that its description shows, where it needs one; else None."""

    def at(self, ids: dict[str, str]) -> str:
        """Its address; every kind of id in it has to be among the ids."""
        return self.path.format_map(ids)


def operations_of(described: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            ways = said["security"]
            scopes = next(iter(ways[0].values())) if ways else [""]
            body = said.get("requestBody", {})
            shown = body.get("content", {}).get("application/json", {}).get("example") if body.get("required") else None
            yield Operation(method.upper(), path, scopes[0] if scopes else ANY, shown)


@dataclass(frozen=True)
class Api:
    """All operations, things of one tenant by the name that paths have for their ids, and that tenant's keys by the
    scope that each lacks.
    """

    rest: Rest
    operations: list[Operation]
    ids: dict[str, str]
    lacking: dict[str, str]

    async def ask(self, one: Operation, ids: dict[str, str], key: str) -> httpx.Response:
        """The operation, with a body where it needs one."""
        return await self.rest.http.request(one.method, one.at(ids), headers={"X-API-Key": key}, json=one.body)


@pytest.fixture
async def api(mesh: Mesh) -> AsyncIterator[Api]:
    mesh.phases["read"].findings = [finding(0)]
    mesh.phases["books"].checks_rules = True
    client = await mesh.start(webhooks=SHORT)
    await rules_of(mesh, client).create(text())
    async with rest_of(mesh, client) as rest:
        wanted = {"url": "https://127.0.0.1:8443/events", "event_types": ["analysis.completed"]}
        webhook = (await rest.ask("POST", "/webhooks", json=wanted)).json()["id"]
        assert (await rest.ask("POST", f"/webhooks/{webhook}/test")).is_success
        deliveries = (await rest.ask("GET", f"/webhooks/{webhook}/deliveries")).json()["items"]
        submitted = (await client.submit(phases=[1])).analysis
        await client.ended(submitted.analysis_id)
        described = (await rest.ask("GET", "/openapi.json")).json()
        owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
        lacking = {
            scope: (await create_key(owner, mesh.tenant, [other for other in SCOPES if other != scope])).text
            for scope in SCOPES
        }
        key = await create_key(owner, mesh.tenant, ["read"])
        await owner.close()
        ids = {
            "analysis_id": submitted.analysis_id,
            "dataset_id": submitted.dataset_id,
            "key_id": key.key_id,
            "fingerprint": finding(0)["fingerprint"],
            "webhook_id": webhook,
            "delivery_id": deliveries[0]["id"],
            "rule_id": "U-001",
        }
        yield Api(rest, list(operations_of(described)), ids, lacking)


def words(response: httpx.Response) -> dict[str, Any]:
    """A problem without what differs from request to request."""
    body = response.json()
    assert body.pop("instance").startswith("urn:perito:request:")
    return {**body, "type of content": response.headers["Content-Type"]}


async def test_another_tenants_ids_are_answered_like_unknown_ones(api: Api) -> None:
    unknown = {name: str(uuid4()) for name in api.ids} | {"key_id": "0123456789abcdef", "fingerprint": "0" * 64}
    unknown["rule_id"] = "U-9998"
    other = api.rest.other["X-API-Key"]
    # What deletes comes last: after it there is nothing to find.
    with_ids = sorted((one for one in api.operations if "{" in one.path), key=lambda one: one.method == "DELETE")
    assert {name for one in with_ids for name in api.ids if f"{{{name}}}" in one.path} == set(api.ids)
    for one in with_ids:
        foreign = await api.ask(one, api.ids, other)
        nobodys = await api.ask(one, unknown, other)
        own = await api.rest.http.request(one.method, one.at(api.ids), json=one.body)
        assert (foreign.status_code, nobodys.status_code) == (404, 404), one
        assert words(foreign) == words(nobodys), one
        assert own.status_code != 404 or words(own) != words(foreign), f"{one} finds nobody's, so this proves nothing"


async def test_another_tenants_dataset_in_a_body_is_answered_like_an_unknown_one(api: Api) -> None:
    found: list[list[dict[str, Any]]] = []
    for dataset in (api.ids["dataset_id"], str(uuid4())):
        one = await api.rest.ask("POST", "/analyze", headers=api.rest.other, json={"dataset_id": dataset})
        many = await api.rest.ask(
            "POST", "/batch-analyze", headers=api.rest.other, json={"analyses": [{"dataset_id": dataset}]}
        )
        problem = many.json()["results"][0]["problem"]
        found.append([words(one), {name: value for name, value in problem.items() if name != "instance"}])
    assert found[0] == found[1]
    assert [problem["reason"] for problem in found[0]] == ["DATASET_NOT_FOUND"] * 2


async def test_a_key_without_the_scope_is_refused_everywhere(api: Api) -> None:
    with_scope = [one for one in api.operations if one.scope not in ("", ANY)]
    assert len({one.scope for one in with_scope}) > 1
    for one in with_scope:
        refused = await api.ask(one, api.ids, api.lacking[one.scope])
        assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_MISSING"), one
        assert f"`{one.scope}`" in refused.json()["detail"], one


async def test_without_a_key_health_alone_answers(api: Api) -> None:
    open_to_all = [one.path for one in api.operations if not one.scope]
    assert open_to_all == [f"{API}/health"]
    del api.rest.http.headers["X-API-Key"]
    refused = [await api.rest.http.request(one.method, one.at(api.ids)) for one in api.operations if one.scope]
    assert {response.status_code for response in refused} == {401}
    assert len({str(words(response)) for response in refused}) == 1, "and always in the same words"
    assert (await api.rest.http.get(open_to_all[0])).status_code == 200
