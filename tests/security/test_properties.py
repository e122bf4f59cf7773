"""A body sets what the description says and nothing else, and an answer holds no more than it says."""

from typing import Any

import jsonschema
import pytest

from tests.security.calls import calls
from tests.security.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_THEIRS = {"tenant_id": "22222222-2222-4222-8222-222222222222", "status": "completed", "is_admin": True}


async def test_a_member_that_is_not_the_clients_to_set_is_refused(here: World) -> None:
    with_bodies = [call for call in calls(here) if isinstance(call.body, dict)]
    assert len(with_bodies) >= 4
    for call in with_bodies:
        for name, value in NOT_THEIRS.items():
            if name in call.body:
                continue
            path = call.path
            for place, known in here.mine.items():
                path = path.replace(f"{{{place}}}", known)
            answer = await here.http.request(call.method, path, json={**call.body, name: value}, headers=here.a)
            assert (answer.status_code, answer.json()["reason"]) == (422, "BODY_INVALID"), (call.name, name)


def _closed(schema: Any) -> Any:
    """The same schema where an object takes no members but those that it names."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]  # pyright: ignore[reportUnknownVariableType] -- any JSON value
    if not isinstance(schema, dict):
        return schema
    closed: dict[str, Any] = {key: _closed(part) for key, part in schema.items()}  # pyright: ignore[reportUnknownVariableType] -- as above
    if "properties" in closed and "additionalProperties" not in closed:
        closed["additionalProperties"] = False
    return closed


async def test_answers_hold_nothing_that_the_description_does_not_name(here: World) -> None:
    components = _closed(here.described["components"])
    looked = 0
    for call in calls(here):
        if call.method != "GET":
            continue
        answer = await call.send(here.http, here.a, here.mine.__getitem__)
        told = here.described["paths"][call.path]["get"]["responses"][str(answer.status_code)]
        media = told.get("content", {}).get("application/json")
        if media is None or call.name == "export_report":
            continue
        schema = {"components": components, **_closed(media["schema"])}
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(answer.json()))  # pyright: ignore[reportUnknownMemberType] -- of the stubs
        assert [f"{error.json_path}: {error.message[:200]}" for error in errors] == [], call.name
        looked += 1
    assert looked >= 6
