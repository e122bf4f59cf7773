"""A key does what its scope allows: every operation is refused to every key with another scope, and to none."""

import pytest

from tests.security.calls import calls
from tests.security.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_operation_is_refused_to_keys_of_other_scopes(here: World) -> None:
    asked = 0
    for call in calls(here):
        for scope, headers in here.with_scope.items():
            if call.scope in (None, scope):
                continue
            answer = await call.send(here.http, headers, here.mine.__getitem__)
            assert answer.status_code == 403, (call.name, scope, answer.status_code)
            if call.method != "HEAD":
                assert answer.json()["reason"] == "SCOPE_MISSING"
                assert answer.json()["errors"] == [{"scope": call.scope}]
            asked += 1
    assert asked > 60


async def test_every_operation_but_health_is_refused_without_a_key_and_with_a_wrong_one(here: World) -> None:
    said: set[str] = set()
    for call in calls(here):
        for headers in ({}, {"X-API-Key": here.a["X-API-Key"][:-1]}, {"X-API-Key": "perito_live_x"}):
            answer = await call.send(here.http, headers, here.mine.__getitem__)
            assert answer.status_code == (200 if call.open else 401), (call.name, answer.status_code)
            if not call.open and call.method != "HEAD":
                said.add(answer.json()["detail"])
    assert len(said) == 1, "no answer says what is wrong with a key"


async def test_a_read_is_answered_to_a_key_that_may_only_read(here: World) -> None:
    for call in calls(here):
        if call.method == "GET" and call.scope == "read":
            answer = await call.send(here.http, here.with_scope["read"], here.mine.__getitem__)
            assert answer.status_code in (200, 204), call.name


async def test_a_key_in_another_place_than_its_header_is_none(here: World) -> None:
    key = here.a["X-API-Key"]
    for answer in (
        await here.http.get("/api/forensic/list", params={"api_key": key}),
        await here.http.get("/api/forensic/list", headers={"Authorization": f"Bearer {key}"}),
        await here.http.get("/api/forensic/list", headers={"Cookie": f"X-API-Key={key}"}),
    ):
        assert answer.status_code == 401
