"""A key that is revoked, and a tenant that is suspended: refused by every replica within five seconds."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito_edge.app import create_app
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import PeritoError
from perito_orchestrator.keys import SCOPES, create_key
from perito_runtime.grpc_client import call_errors

from .mesh import Client, Mesh
from .secured import CLIENT, secured

API = "/api/forensic"
BOUND_SECONDS = 5.0


@asynccontextmanager
async def edges_of(mesh: Mesh, clients: list[Client], key: str) -> AsyncGenerator[list[httpx.AsyncClient]]:
    """An edge over each orchestrator, and a client of each with the key."""
    async with contextlib.AsyncExitStack() as stack:
        asking: list[httpx.AsyncClient] = []
        for number, (_, _, channel) in enumerate(mesh.running):
            where = f"{mesh.folder}/e{number}"
            server = EdgeServer(create_app(EdgeSettings(), channel, mesh.store), f"unix:{where}", grace_seconds=1)
            await server.start()
            stack.push_async_callback(server.stop)
            transport = httpx.AsyncHTTPTransport(uds=where)
            http = httpx.AsyncClient(transport=transport, base_url="http://e", headers={"X-API-Key": key}, timeout=30)
            asking.append(await stack.enter_async_context(http))
        assert len(asking) == len(clients)
        yield asking


async def refused_after(ask: Callable[[], Awaitable[tuple[int, str]]], since: float) -> tuple[float, tuple[int, str]]:
    """Seconds until it is refused, asked all the time, and how; it stays refused."""
    loop = asyncio.get_running_loop()
    while (answer := await ask())[0] == 200:
        assert loop.time() - since < BOUND_SECONDS
        await asyncio.sleep(0.05)
    seconds = loop.time() - since
    for _ in range(5):
        await asyncio.sleep(0.1)
        assert await ask() == answer
    return seconds, answer


async def read_to_the_end(watch: AsyncIterator[pb.WatchAnalysisResponse]) -> None:
    async with call_errors():
        async for _ in watch:
            pass


async def slow(mesh: Mesh, client: Client) -> str:
    """An analysis that runs until the test ends."""
    waiting = asyncio.Event()

    async def wait(_: object) -> PeritoError | None:
        await waiting.wait()
        return None

    next(iter(mesh.phases.values())).behave = wait
    return (await client.submit()).analysis.analysis_id


@pytest.mark.parametrize("what", ["revoked", "suspended"])
async def test_every_replica_refuses_within_five_seconds(mesh: Mesh, what: str) -> None:
    clients = [await mesh.start(), await mesh.start()]
    owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
    admin, key = await create_key(owner, mesh.tenant, SCOPES), await create_key(owner, mesh.tenant, ["read"])
    running = await slow(mesh, clients[0])
    async with edges_of(mesh, clients, key.text) as edges:

        async def ask(edge: httpx.AsyncClient) -> tuple[int, str]:
            answer = await edge.get(f"{API}/list")
            return answer.status_code, "" if answer.status_code == 200 else answer.json()["reason"]

        async def follow(edge: httpx.AsyncClient) -> float:
            async with edge.stream("GET", f"{API}/analysis/{running}/events") as response:
                assert response.status_code == 200
                async for _ in response.aiter_lines():
                    pass
            return asyncio.get_running_loop().time()

        streams = [asyncio.create_task(follow(edge)) for edge in edges]
        assert [await ask(edge) for edge in edges] == [(200, "")] * 2
        await asyncio.sleep(1.5)  # so that not everything was asked at one moment
        if what == "revoked":
            ended = await edges[0].delete(f"{API}/keys/{key.key_id}", headers={"X-API-Key": admin.text})
            assert ended.status_code == 200
        else:
            async with owner.transaction():
                await owner.execute("SELECT set_config('app.tenant', $1, true)", str(mesh.tenant))
                await owner.execute("UPDATE tenants SET suspended_at = clock_timestamp()")
        since = asyncio.get_running_loop().time()
        found = await asyncio.gather(*(refused_after(lambda edge=edge: ask(edge), since) for edge in edges))
        expected = (401, "API_KEY_INVALID") if what == "revoked" else (403, "TENANT_SUSPENDED")
        assert [answer for _, answer in found] == [expected] * 2
        assert all(at - since < BOUND_SECONDS for at in await asyncio.gather(*streams))
        if what == "suspended":
            assert (await ask(edges[1])) == expected
            async with owner.transaction():
                await owner.execute("SELECT set_config('app.tenant', $1, true)", str(mesh.tenant))
                await owner.execute("UPDATE tenants SET suspended_at = NULL")
            await asyncio.sleep(1.1)  # a refusal is remembered for a second
            assert [await ask(edge) for edge in edges] == [(200, "")] * 2
    await owner.close()
    await clients[0].cancel(running)


async def test_a_watch_of_an_internal_client_ends_with_its_key(mesh: Mesh) -> None:
    client = await mesh.start()
    running = await slow(mesh, client)
    async with secured(mesh) as secure:
        key = await secure.key("read")
        async with secure.channel(CLIENT) as channel:
            stub = AnalysisServiceStub(channel)
            metadata = (("authorization", f"Bearer {key}"),)
            watch = stub.WatchAnalysis(pb.WatchAnalysisRequest(analysis_id=running), timeout=60, metadata=metadata)
            seen = aiter(watch)
            await anext(seen)
            superuser = await asyncpg.connect(mesh.dsns.superuser)
            await superuser.execute(
                "UPDATE perito.api_keys SET revoked_at = clock_timestamp() WHERE key_id = $1", key.split("_")[2]
            )
            await superuser.close()
            began = asyncio.get_running_loop().time()
            with pytest.raises(PeritoError, match="API_KEY_INVALID"):
                await read_to_the_end(seen)
            assert asyncio.get_running_loop().time() - began < BOUND_SECONDS
    await client.cancel(running)
