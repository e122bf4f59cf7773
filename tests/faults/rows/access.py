"""Keys and tenants that lose their access while their analyses run."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

import httpx
from perito_orchestrator.operations import Place, opened

from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.faults.waiting import until


@row(
    "41a",
    "key revoked while an analysis that it began runs",
    "401 from every edge, streams end; it ends whole",
    bound=5,
)
async def key_revoked(scene: Scene) -> None:
    made = (await scene.http.post(f"{API}/keys", json={"name": "row 41", "scopes": ["read", "submit"]})).json()
    async with contextlib.AsyncExitStack() as stack:
        edges = [await stack.enter_async_context(asking(scene, n, made["key"])) for n in edges_of(scene)]
        analysis = await submitted(scene, edges[0])
        await scene.until_busy()
        streams = [asyncio.create_task(followed(edge, analysis)) for edge in edges]
        assert await statuses(edges) == [200] * len(edges)
        revoked = await scene.http.delete(f"{API}/keys/{made['key_id']}")
        scene.faulted()
        assert revoked.status_code == 200
        await refused(edges, 401)
        await asyncio.gather(*streams)
        scene.mended()
    await scene.all_ended()


@row("41b", "tenant suspended while its analysis runs", "403 from every edge; what was accepted ends whole", bound=5)
async def tenant_suspended(scene: Scene) -> None:
    place = Place(scene.mesh.dsn("perito_owner"), scene.mesh.dsn("perito_system"))
    async with opened(place) as operations, contextlib.AsyncExitStack() as stack:
        edges = [await stack.enter_async_context(asking(scene, n, scene.mesh.key)) for n in edges_of(scene)]
        tenant = (await edges[0].get(f"{API}/keys/current")).json()["tenant_id"]  # other rows make more of them
        analysis = await scene.submit()
        await scene.until_busy()
        assert await statuses(edges) == [200] * len(edges)
        await operations.suspend(tenant, "row 41")
        scene.faulted()
        try:
            await refused(edges, 403)
            scene.mended()

            async def whole() -> bool:
                ended = "SELECT count(*) FROM analyses WHERE analysis_id = $1 AND status = 'completed'"
                return bool(await scene.count(ended, analysis))

            await until(whole)
            assert await statuses(edges) == [403] * len(edges)
        finally:
            await operations.resume(tenant)

        async def let_in() -> bool:
            return await statuses(edges) == [200] * len(edges)

        await until(let_in)
    await scene.all_ended()


def edges_of(scene: Scene) -> range:
    return range(1, len(scene.mesh.edges) + 1)


def asking(scene: Scene, edge: int, key: str) -> httpx.AsyncClient:
    """HTTP to one edge, which nobody writes down: that it is refused is what is promised."""
    address = f"http://{scene.mesh.address('edge', edge)}"
    return httpx.AsyncClient(base_url=address, headers={"X-API-Key": key}, timeout=30)


async def submitted(scene: Scene, edge: httpx.AsyncClient) -> str:
    """An analysis that this key began, and that must end whole."""
    answer = await edge.post(f"{API}/analyze", json={"dataset_id": str(scene.dataset)})
    assert answer.status_code == 202, answer.text
    scene.expect(UUID(answer.json()["id"]))
    return answer.json()["id"]


async def followed(edge: httpx.AsyncClient, analysis: str) -> None:
    async with edge.stream("GET", f"{API}/analysis/{analysis}/events") as response:
        async for _ in response.aiter_lines():
            pass


async def statuses(edges: Sequence[httpx.AsyncClient]) -> list[int]:
    return [answer.status_code for answer in await asyncio.gather(*(edge.get(f"{API}/list") for edge in edges))]


async def refused(edges: Sequence[httpx.AsyncClient], status: int) -> None:
    """Returns when every edge answers so."""

    async def all_of_them() -> bool:
        return await statuses(edges) == [status] * len(edges)

    await until(all_of_them, every=0.05)
