"""The edge over a real gRPC channel and a real local object store; every answer is held to the API description."""

import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from perito_edge.app import create_app
from perito_edge.description import describe
from perito_edge.security_headers import EVERYWHERE, OF_DATA, POLICY
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_runtime.grpc_client import open_channel
from perito_runtime.objects import LocalObjectStore

from .orchestrator_double import KEY, Double

_ALWAYS = (
    *EVERYWHERE,
    POLICY,
    "Content-Type",
    "Content-Length",
    "Date",
    "Transfer-Encoding",
    "Connection",
    "Cache-Control",
    "Content-Encoding",
    "Unencoded-Digest",
    "Vary",
)
MAPPING = b"files:\n  sales.csv: {table: sales}\n"


@dataclass
class Edge:
    """An application with what stands behind it."""

    app: FastAPI
    client: httpx.AsyncClient
    double: Double
    store: LocalObjectStore

    def objects(self) -> list[str]:
        """Keys of everything in the store, staging included."""
        return sorted(str(p.relative_to(self.store.root)) for p in self.store.root.rglob("*") if p.is_file())


@pytest.fixture(scope="session", autouse=True)
def described_once() -> Iterator[None]:
    """All applications describe themselves alike, and the description is most of what making one costs."""
    made: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:

        def describe_once(app: FastAPI) -> None:
            if not made:
                describe(app)
                made.append(app.openapi())
            patch.setattr(app, "openapi", lambda: made[0])

        patch.setattr("perito_edge.app.describe", describe_once)
        yield


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder: Unix sockets have paths of at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="pe") as path:
        yield Path(path)


@pytest.fixture
def settings() -> EdgeSettings:
    """Tests that need other limits define this fixture anew or use `edge_with`."""
    return EdgeSettings()


@pytest.fixture
async def double(folder: Path) -> AsyncIterator[Double]:
    """The orchestrator's double, serving."""
    state = Double()
    server = state.server(f"unix:{folder}/o")
    await server.start()
    yield state
    await server.stop(0)


@pytest.fixture
async def edge_with(folder: Path, double: Double) -> AsyncIterator[Callable[[EdgeSettings], Edge]]:
    """Makes edges with other settings."""
    made: list[tuple[Any, httpx.AsyncClient]] = []

    def make(settings: EdgeSettings) -> Edge:
        channel = open_channel(f"unix:{folder}/o")
        store = LocalObjectStore(folder / "objects")
        app = create_app(settings, channel, store)
        # What escapes the application would be a cut connection: it must not get as far as the transport.
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        client = checked_client(app, transport)
        made.append((channel, client))
        return Edge(app, client, double, store)

    yield make
    for channel, client in made:
        await client.aclose()
        await channel.close()


@pytest.fixture
def edge(edge_with: Callable[[EdgeSettings], Edge], settings: EdgeSettings) -> Edge:
    """An edge that is called without a network."""
    return edge_with(settings)


@pytest.fixture
async def served(edge: Edge, folder: Path) -> AsyncIterator[Edge]:
    """The same edge behind a real uvicorn on a Unix socket."""
    server = EdgeServer(edge.app, f"unix:{folder}/e", grace_seconds=2)
    await server.start()
    client = checked_client(edge.app, httpx.AsyncHTTPTransport(uds=f"{folder}/e"))
    yield Edge(edge.app, client, edge.double, edge.store)
    await client.aclose()
    await server.stop()


def checked_client(app: FastAPI, transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    """A client with a key that holds each answer to the API description."""
    described = app.openapi()["paths"]
    forms = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in described}

    async def check(response: httpx.Response) -> None:
        assert response.headers["X-Request-Id"]
        keeping = "private, no-cache" if "ETag" in response.headers else "no-store"
        assert response.headers["Cache-Control"] == keeping
        data = response.request.url.path.startswith("/api/")
        assert set(EVERYWHERE) <= {name for name in EVERYWHERE if response.headers.get(name)}
        assert not data or {name: response.headers[name] for name in EVERYWHERE} == EVERYWHERE
        request = response.request
        said, pages = response.headers[POLICY], "default-src 'self'; "
        assert said == OF_DATA or said.startswith("sandbox; default-src 'none'; " if data else pages)
        path = next((p for p, form in forms.items() if form.fullmatch(request.url.path)), None)
        operation = described.get(path, {}).get(request.method.lower())
        if operation is not None:
            assert "ETag" not in response.headers or response.status_code in (200, 304)
            assert str(response.status_code) in operation["responses"], f"{request.url} gave {response.status_code}"
            told = operation["responses"][str(response.status_code)]["headers"]
            untold = set(response.headers) - {header.lower() for header in [*_ALWAYS, *told]}
            assert untold == set(), f"{request.url} has {untold}"
        if request.method == "HEAD":
            assert response.status_code < 400 or response.headers["Content-Type"] == "application/problem+json"
        elif response.status_code >= 400 and not request.url.path.endswith("/health"):
            await response.aread()
            assert_problem(response)

    return httpx.AsyncClient(
        transport=transport,
        base_url="http://edge",
        headers={"X-API-Key": KEY},
        event_hooks={"response": [check]},
        timeout=30,
    )


def assert_problem(response: httpx.Response) -> None:
    """Holds a refusal to RFC 9457 and to Perito's own part of it."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "reason", "instance", "errors"}
    assert body["status"] == response.status_code
    assert re.fullmatch(r"[A-Z0-9_]+", body["reason"])
    assert body["type"] == "urn:perito:problem:" + body["reason"].lower().replace("_", "-")
    assert body["instance"] == "urn:perito:request:" + response.headers["X-Request-Id"]
    assert len(body["detail"]) > 20
    assert isinstance(body["errors"], list)
