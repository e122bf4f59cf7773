"""The REST edge before a real orchestrator whose phases do what a test says."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
from perito_edge.app import create_app
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_orchestrator.keys import SCOPES, create_key, create_tenant

from .mesh import Client, Mesh

API = "/api/forensic"


class Rest:
    """HTTP with a key of the mesh's tenant; `other` has the key of another tenant."""

    def __init__(self, http: httpx.AsyncClient, other: str) -> None:
        self.http = http
        self.other = {"X-API-Key": other}

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request under the API's prefix."""
        return await self.http.request(method, API + path, **more)

    async def events(self, analysis: str, after: int = 0) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        """Events as they come: number (0 for progress) and data."""
        headers = {"Last-Event-ID": str(after)}
        async with self.http.stream("GET", f"{API}/analysis/{analysis}/events", headers=headers) as response:
            assert response.status_code == 200
            data = {}
            number = 0
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "data":
                    data = json.loads(value)
                elif name == "id":
                    number = int(value)
                elif not line and data:
                    yield number, data
                    data, number = {}, 0


@asynccontextmanager
async def rest_of(mesh: Mesh, client: Client) -> AsyncGenerator[Rest]:
    """A served edge over the client's orchestrator."""
    owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
    try:
        key = await create_key(owner, mesh.tenant, SCOPES)
        other = await create_key(owner, await create_tenant(owner, "B"), SCOPES)
    finally:
        await owner.close()
    channel = next(channel for inside, _, channel in mesh.running if inside is client.inside)
    app = create_app(EdgeSettings.for_each_scope(1_000_000), channel, mesh.store)
    server = EdgeServer(app, f"unix:{mesh.folder}/edge", grace_seconds=2)
    await server.start()
    transport = httpx.AsyncHTTPTransport(uds=f"{mesh.folder}/edge")
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://edge", headers={"X-API-Key": key.text}, timeout=30
        ) as http:
            yield Rest(http, other.text)
    finally:
        await server.stop()
