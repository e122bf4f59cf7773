"""Keys over REST: shown once, never more than their maker, refused where they are managed without the right to."""

import asyncio
from collections.abc import Callable

import pytest
from perito_edge.keys import RULES, scope_of
from perito_edge.settings import EdgeSettings

from .conftest import Edge
from .finished import running
from .orchestrator_double import ADMIN_KEY, KEY, OTHER_KEY, TENANT

KEYS = "/api/forensic/keys"
OWN = "DDDDDDDDDDDDDDDD"
UNKNOWN = "0123456789abcdef"


@pytest.fixture
def admin(edge: Edge) -> Edge:
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    return edge


async def test_a_key_is_shown_once_and_works(admin: Edge) -> None:
    made = await admin.client.post(
        KEYS, json={"name": "tills", "scopes": ["read"], "expires_at": "2030-01-01T00:00:00Z"}
    )
    assert made.status_code == 201
    key = made.json()
    assert (key["name"], key["scopes"], key["status"], key["expires_at"]) == (
        "tills",
        ["read"],
        "active",
        "2030-01-01T00:00:00Z",
    )
    listed = await admin.client.get(KEYS)
    assert key["key"] not in listed.text
    assert key["key_id"] in [item["key_id"] for item in listed.json()["items"]]
    told = await admin.client.get(f"{KEYS}/current", headers={"X-API-Key": key["key"]})
    assert (told.status_code, told.json()["key_id"], told.json()["tenant_id"]) == (200, key["key_id"], TENANT)
    assert "key" not in told.json()


async def test_a_key_gives_no_scope_that_it_lacks(admin: Edge) -> None:
    refused = await admin.client.post(KEYS, json={"name": "x", "scopes": ["read", "rules"]})
    assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_NOT_YOURS")
    # Rotating is making, too: the key of another has what this one lacks.
    refused = await admin.client.post(f"{KEYS}/AAAAAAAAAAAAAAAA/rotate")
    assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_NOT_YOURS")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", ""), ("POST", f"/{OWN}/rotate"), ("DELETE", f"/{OWN}"), ("PATCH", f"/{OWN}"), ("GET", "/x")],
)
async def test_keys_are_managed_with_the_scope_admin_alone(edge: Edge, method: str, path: str) -> None:
    edge.client.headers["X-API-Key"] = KEY
    refused = await edge.client.request(method, KEYS + path)
    assert (refused.status_code, refused.json()["reason"]) == (403, "SCOPE_MISSING")
    assert refused.json()["errors"] == [{"scope": "admin"}]
    assert (await edge.client.get(f"{KEYS}/current")).status_code == 200, "what it is, every key may ask"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "scopes": ["read"]},
        {"name": "x" * 101, "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["fly"]},
        {"name": "x", "scopes": ["read"], "expires_at": "tomorrow"},
        {"name": "x", "scopes": ["read"], "expires_at": "2030-01-01T00:00:00"},
        {"name": "x", "scopes": ["read"], "rates": {"read": 0}},
        {"name": "x", "scopes": ["read"], "rates": {"read": 1_000_001}},
        {"name": "x", "scopes": ["read"], "rates": {"read": "5"}},
        {"name": "x", "scopes": ["read"], "rates": {"fly": 5}},
        {"name": "x", "scopes": ["read"], "tenant_id": "22222222-2222-4222-8222-222222222222"},
    ],
)
async def test_a_body_that_is_wrong_is_refused_before_anybody_is_asked(admin: Edge, body: dict[str, object]) -> None:
    refused = await admin.client.post(KEYS, json=body)
    assert (refused.status_code, refused.json()["reason"]) == (422, "BODY_INVALID")
    assert admin.double.count("CreateKey") == 0


async def test_a_key_is_replaced_and_the_old_one_goes_on(admin: Edge) -> None:
    first = (await admin.client.post(KEYS, json={"name": "tills", "scopes": ["read"]})).json()
    for body, seconds in ((None, 86_400), ({"overlap_seconds": 0}, 0)):
        answer = await admin.client.post(f"{KEYS}/{first['key_id']}/rotate", json=body)
        assert answer.status_code == 201
        told = answer.json()
        assert (told["name"], told["scopes"]) == ("tills", ["read"])
        assert told["replaced"]["expires_at"] == f"in {seconds} s"
        assert told["replaced"]["rotated_to"] == told["key_id"] != first["key_id"]
    refused = await admin.client.post(f"{KEYS}/{first['key_id']}/rotate", json={"overlap_seconds": -1})
    assert (refused.status_code, refused.json()["reason"]) == (422, "BODY_INVALID")


async def test_a_key_is_ended_and_the_last_one_is_not(admin: Edge) -> None:
    made = (await admin.client.post(KEYS, json={"name": "x", "scopes": ["read"]})).json()
    ended = await admin.client.delete(f"{KEYS}/{made['key_id']}")
    assert (ended.status_code, ended.json()["status"]) == (200, "revoked")
    assert (await admin.client.delete(f"{KEYS}/{made['key_id']}")).status_code == 200
    refused = await admin.client.delete(f"{KEYS}/{OWN}")
    assert (refused.status_code, refused.json()["reason"]) == (409, "LAST_ADMIN_KEY")
    refused = await admin.client.post(f"{KEYS}/{made['key_id']}/rotate")
    assert (refused.status_code, refused.json()["reason"]) == (409, "KEY_ENDED")


@pytest.mark.parametrize("key_id", [UNKNOWN, "BBBBBBBBBBBBBBBB", "x", "..%2Fhealth", "ñ" * 16])
async def test_a_key_that_is_not_there_or_another_tenants_is_not_found(admin: Edge, key_id: str) -> None:
    for method, path, body in (
        ("DELETE", key_id, None),
        ("POST", f"{key_id}/rotate", None),
        ("PATCH", key_id, {"rates": {"read": 5}}),
    ):
        answer = await admin.client.request(method, f"{KEYS}/{path}", json=body)
        assert (answer.status_code, answer.json()["reason"]) in {(404, "KEY_NOT_FOUND"), (404, "HTTP_NOT_FOUND")}


async def test_a_key_has_quotas_of_its_own_that_every_answer_tells(admin: Edge) -> None:
    asked = {"name": "x", "scopes": ["read", "submit"], "rates": {"read": 7, "submit": None}}
    made = (await admin.client.post(KEYS, json=asked)).json()
    none = dict.fromkeys(("read", "submit", "rules", "metrics", "admin"))
    assert made["rates"] == none | {"read": 7}
    told = await admin.client.get(f"{KEYS}/current", headers={"X-API-Key": made["key"]})
    assert told.headers["RateLimit-Policy"] == '"read";q=7;w=60'
    changed = await admin.client.patch(f"{KEYS}/{made['key_id']}", json={"rates": {"submit": 5}})
    assert (changed.status_code, changed.json()["rates"]) == (200, none | {"submit": 5})
    lacking = await admin.client.patch(f"{KEYS}/{made['key_id']}", json={"rates": {"metrics": 5}})
    assert (lacking.status_code, lacking.json()["reason"]) == (422, "RATES_INVALID")
    bodies: list[dict[str, object]] = [{}, {"rates": None}, {"rates": {"read": -1}}, {"rates": {}, "name": "y"}]
    for body in bodies:
        refused = await admin.client.patch(f"{KEYS}/{made['key_id']}", json=body)
        assert (refused.status_code, refused.json()["reason"]) == (422, "BODY_INVALID")
    await admin.client.delete(f"{KEYS}/{made['key_id']}")
    ended = await admin.client.patch(f"{KEYS}/{made['key_id']}", json={"rates": {}})
    assert (ended.status_code, ended.json()["reason"]) == (409, "KEY_ENDED")


async def test_nobody_gets_more_than_the_deployment_gives(edge_with: Callable[[EdgeSettings], Edge]) -> None:
    edge = edge_with(EdgeSettings(rate_most=500))
    edge.client.headers["X-API-Key"] = ADMIN_KEY
    for method, path, more in (("POST", KEYS, {"name": "x", "scopes": ["read"]}), ("PATCH", f"{KEYS}/{OWN}", {})):
        refused = await edge.client.request(method, path, json={**more, "rates": {"read": 501}})
        assert (refused.status_code, refused.json()["reason"]) == (422, "RATE_TOO_HIGH")
        assert refused.json()["errors"] == [{"pointer": "/rates/read", "limit": 500}]
    edge.double.rates["AAAAAAAAAAAAAAAA"] = {"read": 100_000}  # as an operator may have written it
    answer = await edge.client.get("/api/forensic/list", headers={"X-API-Key": KEY})
    assert answer.headers["RateLimit-Policy"] == '"read";q=500;w=60'


async def test_the_list_goes_on_from_page_to_page(admin: Edge) -> None:
    first = await admin.client.get(f"{KEYS}?limit=2")
    assert len(first.json()["items"]) == 2
    second = await admin.client.get(first.headers["Link"].partition(">")[0].lstrip("<"))
    assert (len(second.json()["items"]), second.json()["next_cursor"]) == (1, None)
    ids = {item["key_id"] for page in (first, second) for item in page.json()["items"]}
    assert ids == {"AAAAAAAAAAAAAAAA", "CCCCCCCCCCCCCCCC", OWN}


async def test_a_tenant_that_is_suspended_is_told_so(edge: Edge) -> None:
    edge.double.suspended.add(KEY)
    for path in ("list", "keys/current", "openapi.json"):
        refused = await edge.client.get(f"/api/forensic/{path}")
        assert (refused.status_code, refused.json()["reason"]) == (403, "TENANT_SUSPENDED")
    assert (await edge.client.get("/api/forensic/list", headers={"X-API-Key": OTHER_KEY})).status_code == 200


async def test_an_event_stream_ends_with_its_key(served: Edge) -> None:
    analysis = running(served)
    loop = asyncio.get_running_loop()
    async with served.client.stream("GET", f"/api/forensic/analysis/{analysis.analysis_id}/events") as response:
        lines = response.aiter_lines()
        assert await anext(lines)
        del served.double.keys[KEY]
        began = loop.time()
        rest = [line async for line in lines]
    assert loop.time() - began < EdgeSettings().key_positive_seconds + 2
    assert "event: bye" in rest
    assert (await served.client.get("/api/forensic/list")).status_code == 401


def test_every_request_needs_something() -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"):
        assert scope_of("/api/forensic/health", method) is None
        assert scope_of("/api/forensic/keys", method) == "admin"
        assert scope_of("/api/forensic/keys/current/rotate", method) == "admin"
        for path in ("/", "", "/health", "/api/forensic/health/", "/api/forensic/a\nb", "/api/forensic/healthy"):
            assert scope_of(path, method) in {"read", "submit"}, path
    assert scope_of("/api/forensic/list", "HEAD") == "read"
    assert scope_of("/api/forensic/list", "DELETE") == "submit"
    assert RULES[-1].covers("anything\nat all", "BREW"), "the last rule has to cover everything"
