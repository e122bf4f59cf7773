"""The addresses there are, as the API description has them: the methods of each, the parameters of its query, its cost.

What is described is what is accepted: a parameter that an operation does not have is refused here, for all of them, and
HEAD is answered wherever GET is (RFC 9110, section 9.3.2). Pure ASGI; it runs after the key check.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perito_edge.problems import InvalidFields
from perito_edge.request_figures import ROUTE

COST = "x-perito-cost"
"""What the API description calls the cost of an operation."""
_FOUND = "operation"
_TOLD = 20
"""Unknown parameters that one answer names at most."""
_NAME_TOLD = 100


@dataclass(frozen=True)
class Operation:
    """What an address answers to one method; `path` is the address as the description has it."""

    path: str
    form: re.Pattern[str]
    method: str
    parameters: Sequence[str]
    cost: int


class Addresses:
    """Finds what a path answers. Begins empty; `learn` reads a whole API description."""

    def __init__(self) -> None:
        self._known: dict[int, list[Operation]] = {}  # by the slashes of the path, so that few forms are compared

    def learn(self, document: Mapping[str, Any], bare: Sequence[str]) -> None:
        """Takes the operations of `document`, and `bare`: paths that answer GET without being described."""
        paths: Mapping[str, Mapping[str, Any]] = document["paths"]
        self._known = {}
        for path, item in paths.items():
            for method, said in item.items():
                self._add(path, method.upper(), _query_names(said), said.get(COST, 1))
        for path in bare:
            self._add(path, "GET", (), 1)

    def _add(self, path: str, method: str, parameters: Sequence[str], cost: int) -> None:
        operation = Operation(path, compile_path(path)[0], method, parameters, cost)
        self._known.setdefault(path.count("/"), []).append(operation)

    def methods(self, path: str) -> set[str]:
        """All methods that `path` answers; none where nothing is there."""
        found = {known.method for known in self._alike(path) if known.form.match(path)}
        return found | {"HEAD"} if "GET" in found else found

    def operation(self, path: str, method: str) -> Operation | None:
        """What a request asks for, HEAD what GET does; None where there is nothing."""
        asked = "GET" if method == "HEAD" else method
        matching = (known for known in self._alike(path) if known.method == asked and known.form.match(path))
        return next(matching, None)

    def _alike(self, path: str) -> Sequence[Operation]:
        return self._known.get(path.count("/"), ())


class Addressed:
    """Refuses unknown query parameters, and answers HEAD by what GET would answer, without its body."""

    def __init__(self, app: ASGIApp, addresses: Addresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = found_for(scope, self._addresses)
        if found is not None:
            scope["state"][ROUTE] = found.path
            if scope["query_string"]:
                _refuse_unknown(scope["query_string"], found.parameters)
        if found is not None and scope["method"] == "HEAD":
            await _head(self._app, scope, send)
        else:
            await self._app(scope, receive, send)


def found_for(scope: Scope, addresses: Addresses) -> Operation | None:
    """What the request asks for, looked for once."""
    state = scope["state"]
    if _FOUND not in state:
        state[_FOUND] = addresses.operation(scope["path"], scope["method"])
    found: Operation | None = state[_FOUND]
    return found


def _query_names(operation: Mapping[str, Any]) -> Sequence[str]:
    return tuple(parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query")


def _refuse_unknown(query: bytes, taken: Sequence[str]) -> None:
    unknown = [name for name in QueryParams(query) if name not in taken]
    if unknown:
        known = f"This address takes {', '.join(f'`{name}`' for name in taken)}." if taken else "This address has none."
        detail = f"There is no such parameter. {known}"
        errors = [{"pointer": f"query.{name[:_NAME_TOLD]}", "detail": detail} for name in unknown[:_TOLD]]
        raise InvalidFields("PARAMETER_INVALID", "A parameter is wrong: see `errors`.", errors)


async def _head(app: ASGIApp, scope: Scope, send: Send) -> None:
    begun = asyncio.Event()
    asked = False

    async def receive() -> Message:
        """A request without a body, and a client that leaves once it has the headers: so no stream is read through."""
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            begun.set()

    # A copy: the server looks at its own scope to know that no body follows.
    await app({**scope, "method": "GET"}, receive, send_headers)
