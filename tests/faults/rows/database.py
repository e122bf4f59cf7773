"""A database that dies, freezes or refuses: clients are told in time, and nothing that was accepted is lost."""

import asyncio
from uuid import UUID, uuid4

from tests.faults.checker import Limits
from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.faults.waiting import until

AWAY = Limits(allowed=frozenset({(503, "DATABASE_UNAVAILABLE")}))


@row(
    "24",
    "PostgreSQL stopped at once, and started again",
    "503 with Retry-After meanwhile; then everything goes on",
    bound=10,
    limits=AWAY,
)
async def stopped(scene: Scene) -> None:
    analysis = await scene.submit()
    await scene.until_running(analysis, "validation")
    await asyncio.to_thread(scene.postgres.stop, immediate=True)
    body, key = {"dataset_id": str(scene.dataset)}, {"Idempotency-Key": str(uuid4())}
    for answer in (
        await scene.http.get(f"{API}/status/{analysis}"),
        await scene.http.post(f"{API}/analyze", json=body, headers=key),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (503, "DATABASE_UNAVAILABLE"), answer.text
        assert answer.headers["Retry-After"]
    await asyncio.to_thread(scene.postgres.start)
    scene.faulted()
    await until(lambda: answers(scene, analysis))
    scene.mended()
    await scene.submit()
    await scene.all_ended()


async def answers(scene: Scene, analysis: UUID) -> bool:
    """Whether a status can be had."""
    return (await scene.http.get(f"{API}/status/{analysis}")).status_code == 200


LISTENING = "FROM pg_stat_activity WHERE datname = $1 AND application_name = 'perito-listen'"


@row("27", "the connections that listen are cut", "a client still hears within a poll; they listen again", bound=5)
async def listeners_cut(scene: Scene) -> None:
    database, orchestrators = scene.mesh.database, len(scene.mesh.of("orchestrator"))

    async def listening() -> bool:
        return await scene.count(f"SELECT count(*) {LISTENING}", database) == orchestrators

    await until(listening)
    analysis = await scene.submit()
    cut = await scene.count(f"SELECT count(pg_terminate_backend(pid)) {LISTENING}", database)
    assert cut == orchestrators
    scene.faulted()
    await scene.until_running(analysis, "validation")
    await until(listening)
    scene.mended()
    await scene.all_ended()
