"""What is another tenant's is not there: every operation answers its ids as it answers ids that nobody has."""

from typing import Any

import httpx
import pytest

from tests.security.calls import Call, calls, nobodys, unknown_places
from tests.security.world import PREFIX, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

WITH_IDS = {"get_status", "get_analysis", "follow_analysis", "list_findings", "export_report", "get_dataset", "analyze"}


def said(response: httpx.Response) -> Any:
    """Status and body, without what is of the one request alone."""
    if not response.content:
        return response.status_code
    body: dict[str, Any] = response.json()
    results: list[dict[str, Any]] = body.get("results", [])
    body.pop("instance", None)
    for entry in results:
        problem: dict[str, Any] = entry.get("problem") or {}
        problem.pop("instance", None)
    return response.status_code, body


def taking_ids(here: World) -> list[Call]:
    found = [call for call in calls(here) if call.places]
    assert {call.name for call in found} >= WITH_IDS, "they are found at all"
    return found


async def test_every_operation_with_an_id_has_one_of_the_other_tenants(here: World) -> None:
    missing = {call.name: unknown_places(call, here) for call in calls(here) if unknown_places(call, here)}
    assert missing == {}, "give the world one of each in tests/security/world.py"


async def test_foreign_ids_are_answered_as_ids_that_nobody_has(here: World) -> None:
    wrong: list[str] = []
    for call in taking_ids(here):
        foreign = await call.send(here.http, here.b, here.mine.__getitem__)
        unknown = await call.send(here.http, here.b, nobodys)
        if said(foreign) != said(unknown):
            wrong.append(f"{call.name}: {said(foreign)}, where nobody's id is {said(unknown)}")
        if call.in_path and foreign.status_code != 404:
            wrong.append(f"{call.name}: {foreign.status_code} and not 404")
    assert wrong == []


async def test_their_own_tenant_gets_further_with_the_same_requests(here: World) -> None:
    found: dict[str, int] = {}
    for call in taking_ids(here):
        if call.method in ("GET", "HEAD", "POST") and "/cases/" not in call.path:  # these books have none
            answer = await call.send(here.http, here.a, here.mine.__getitem__)
            # All slots may be taken by what this submits; a stranger is not told that.
            busy = answer.status_code == 503 and answer.json()["reason"] == "BUSY"
            found[call.name] = 200 if busy else answer.status_code
    assert [name for name, status in found.items() if status in (401, 403, 404) or status >= 500] == []
    assert {found["get_status"], found["export_report"], found["HEAD get_dataset"]} == {200}


async def test_nothing_of_another_tenants_is_changed_by_asking(here: World) -> None:
    async def stands() -> list[Any]:
        paths = (f"analysis/{here.mine['analysis_id']}", f"datasets/{here.mine['dataset_id']}")
        return [said(await here.http.get(f"{PREFIX}/{path}", headers=here.a)) for path in paths]

    before = await stands()
    for call in taking_ids(here):
        await call.send(here.http, here.b, here.mine.__getitem__)
    assert await stands() == before
    listed = (await here.http.get(f"{PREFIX}/list", headers=here.b)).json()
    assert (listed["items"], listed["total"]) == ([], 0)
