"""Every operation of the API description as a request, with ids of a test's choice in all the places that take one.

Made from the description alone, so that none can be forgotten: a new operation is here by itself, and one with an id of
a kind that nobody gave the world fails by name.
"""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import httpx

from tests.security.world import World

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ALSO_CALLED = {"before": "analysis_id", "after": "analysis_id"}
"""Parameters that take an id under another name; `after` is one only where its example is."""
Id = Callable[[str], str]
"""The id for a place that is called so."""


@dataclass(frozen=True)
class Call:
    """One operation. `scope` None: any key will do, and none is needed where it is `open`. `places`: what its path,
    query and body call the ids that they take.
    """

    name: str
    method: str
    path: str
    scope: str | None
    open: bool
    query: Mapping[str, Any]
    body: Any
    places: frozenset[str]
    in_path: bool

    async def send(self, http: httpx.AsyncClient, headers: Mapping[str, str], chosen: Id) -> httpx.Response:
        """Asks, with `chosen` ids."""
        path = re.sub(r"\{(\w+)\}", lambda found: chosen(found[1]), self.path)
        query = {name: chosen(_kind(name)) for name in self.query}
        body = {} if self.body is None else {"json": _with_ids(self.body, chosen)}
        return await http.request(self.method, path, params=query, headers=dict(headers), **body)


def calls(world: World) -> list[Call]:
    """Every operation; HEAD where there is GET."""
    found = [
        _call(path, method.upper(), operation)
        for path, item in world.described["paths"].items()
        for method, operation in item.items()
    ]
    return [*found, *(_as_head(call) for call in found if call.method == "GET")]


def nobodys(place: str) -> str:
    """An id of the right form that nobody has."""
    return {"fingerprint": secrets.token_hex(32), "rule_id": "U-9998"}.get(place) or str(uuid4())


def unknown_places(call: Call, world: World) -> list[str]:
    """What it calls the ids of which the world has none."""
    return sorted(call.places - world.mine.keys())


def _call(path: str, method: str, operation: Mapping[str, Any]) -> Call:
    parameters = operation.get("parameters", ())
    in_path = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
    query = {
        parameter["name"]: parameter["example"]
        for parameter in parameters
        if parameter["in"] == "query" and _UUID.fullmatch(str(parameter["example"]))
    }
    content = operation.get("requestBody", {}).get("content", {})
    body = content["application/json"]["example"] if "application/json" in content else None
    places = frozenset({*in_path, *map(_kind, query), *_ids_of(body)})
    scopes = [scope for way in operation["security"] for named in way.values() for scope in named]
    scope = scopes[0] if scopes else None
    needs_none = not operation["security"]
    return Call(operation["operationId"], method, path, scope, needs_none, query, body, places, bool(in_path))


def _as_head(call: Call) -> Call:
    return replace(call, name=f"HEAD {call.name}", method="HEAD")


def _kind(name: str) -> str:
    return _ALSO_CALLED.get(name, name)


def _ids_of(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():  # pyright: ignore[reportUnknownVariableType] -- any JSON value
            yield from _ids_of(part, str(key))  # pyright: ignore[reportUnknownArgumentType] -- as above
    elif isinstance(value, list):
        for part in value:  # pyright: ignore[reportUnknownVariableType] -- as above
            yield from _ids_of(part, name)
    elif isinstance(value, str) and _UUID.fullmatch(value):
        yield _kind(name)


def _with_ids(value: Any, chosen: Id, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _with_ids(part, chosen, str(key)) for key, part in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- any JSON value
    if isinstance(value, list):
        return [_with_ids(part, chosen, name) for part in value]  # pyright: ignore[reportUnknownVariableType] -- as above
    return chosen(_kind(name)) if isinstance(value, str) and _UUID.fullmatch(value) else value
