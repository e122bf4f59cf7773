"""One tenant that queues more than there is room for, and another one that wants little."""

import time
from uuid import UUID, uuid4

import asyncpg
from perito_client import PeritoClient
from perito_orchestrator import keys
from perito_orchestrator.roles import OWNER, SCHEMA

from tests.faults.observer import Observer, observed
from tests.faults.row import row
from tests.faults.scene import API, Scene

MOST = 60
"""Analyses of the crowd that may be open: far more than all workers have in hand."""
PASSED = 24
"""Of them that may end while one of the other tenant's goes through its phases: what was in hand at each, and more."""
ENDED = "SELECT count(*) FROM analyses WHERE ended_at IS NOT NULL AND analysis_id = ANY($1)"


@row(
    "32",
    "a tenant queues as much as it may, and more",
    "429 with Retry-After for that one; another one's analyses pass its queue",
    hangs=400,
)
async def crowded(scene: Scene) -> None:
    async with observed(f"http://{scene.mesh.address('edge', 1)}", await another_key(scene), Observer()) as (other, _):
        books = [path for name, path in scene.books.items() if name != "mapping.yaml"]
        mine = (await other.upload(books, scene.books["mapping.yaml"])).dataset_id
        await once_through(other, mine)
        await set_quota(scene, MOST)
        try:
            await queue_too_much(scene)
        finally:
            await set_quota(scene, None)
        crowd = list(scene.accepted)
        for _ in range(3):
            before, began = await scene.count(ENDED, crowd), time.monotonic()
            await once_through(other, mine)
            scene.fault_at, scene.mended_at = began, time.monotonic()
            passed = await scene.count(ENDED, crowd) - before
            assert passed <= PASSED, f"{passed} of the crowd's analyses ended before it, and were queued before it"
        assert await scene.count(ENDED, crowd) < len(crowd), "the crowd was through: it was none"
    await scene.all_ended()


async def once_through(client: PeritoClient, dataset: UUID) -> None:
    """An analysis from its submission to its end."""
    status = await client.wait((await client.submit(dataset)).id)
    assert (status.status, status.partial) == ("completed", False), status


async def queue_too_much(scene: Scene) -> None:
    """Submits until three were refused."""
    refused = 0
    while refused < 3:
        body, key = {"dataset_id": str(scene.dataset)}, {"Idempotency-Key": str(uuid4())}
        answer = await scene.http.post(f"{API}/analyze", json=body, headers=key)
        if answer.status_code == 202:
            scene.expect(UUID(answer.json()["id"]))
            continue
        refused += 1
        assert (answer.status_code, answer.json()["reason"]) == (429, "QUOTA_ANALYSES"), answer.text
        assert int(answer.headers["Retry-After"]) > 0


async def set_quota(scene: Scene, most: int | None) -> None:
    """Of analyses of the scene's own tenant; None: the default."""
    async with scene.database() as connection:
        await connection.execute("UPDATE tenants SET quota_analyses = $1 WHERE name = 'default'", most)


async def another_key(scene: Scene) -> str:
    """Of a tenant of its own."""
    owner = await asyncpg.connect(scene.mesh.dsn(OWNER), server_settings={"search_path": SCHEMA})
    try:
        tenant = await keys.create_tenant(owner, f"beside {uuid4()}")
        return (await keys.create_key(owner, tenant, ("read", "submit"))).text
    finally:
        await owner.close()
