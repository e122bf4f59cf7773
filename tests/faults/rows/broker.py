"""A broker that dies, freezes or loses what it had: what was accepted stands in the database."""

import asyncio

from tests.faults.row import row
from tests.faults.scene import Scene
from tests.mesh.house import PHASES

OUTBOX = "SELECT count(*) FROM outbox"


@row("16", "broker killed, and started again", "submissions go on; everything resumes by itself", bound=10)
async def killed(scene: Scene) -> None:
    await asyncio.to_thread(scene.rabbit.kill)
    for _ in range(3):
        await scene.submit()
    assert await scene.count(OUTBOX) >= 3
    await asyncio.to_thread(scene.rabbit.start)
    scene.faulted()
    await scene.until_running(next(iter(scene.accepted)), "validation")
    scene.mended()
    await scene.all_ended()


@row("21", "queues deleted by an operator", "they are declared again, and what was queued is sent again", bound=60)
async def queues_deleted(scene: Scene) -> None:
    async with asyncio.timeout(60):
        submitting = [asyncio.create_task(scene.submit()) for _ in range(3)]
        for phase in PHASES:
            await asyncio.to_thread(scene.rabbit.api.delete_queue, scene.mesh.vhost, f"phase.{phase}")
        scene.faulted()
        await asyncio.gather(*submitting)
        await scene.all_ended()
