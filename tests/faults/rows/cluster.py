"""A broker of three nodes that loses the one that leads a queue, and then its majority."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from perito_orchestrator.broker import queue_of

from tests.faults.load import loaded
from tests.faults.row import CLUSTER, row
from tests.faults.scene import Scene
from tests.faults.waiting import until
from tests.mesh.house import PHASES
from tests.servers.rabbit_local import LocalNode

AWAY_SECONDS = 5.0


@row(
    "19a",
    "the node of three that leads the queues killed, under load",
    "confirmed messages survive; another node leads, everything goes on, a message may come twice",
    bound=30,
    house=CLUSTER,
)
async def leader(scene: Scene) -> None:
    await whole(scene)
    victim = await asyncio.to_thread(leading, scene)
    async with loaded(scene):
        await scene.until_busy()
        await asyncio.to_thread(victim.kill)
        scene.faulted()
        await scene.ended(await scene.submit())
        scene.mended()
    await scene.all_ended()
    await started(scene, [victim])


@row(
    "19b",
    "two nodes of three killed",
    "submissions are accepted and wait; they go on when there is a majority again",
    bound=30,
    house=CLUSTER,
)
async def minority(scene: Scene) -> None:
    await whole(scene)
    first = await scene.submit()
    await scene.until_busy()
    victims = scene.cluster[:2]
    await asyncio.gather(*(asyncio.to_thread(each.kill) for each in victims))
    waiting = [await scene.submit() for _ in range(3)]
    await asyncio.sleep(AWAY_SECONDS)
    await started(scene, victims)
    scene.faulted()
    for analysis in (first, *waiting):
        await scene.ended(analysis)
    scene.mended()
    await scene.submit()
    await scene.all_ended()


def leading(scene: Scene) -> LocalNode:
    """The node that leads the first phase's queue."""
    queue = scene.rabbit.api.get(f"queues/{scene.mesh.vhost}/{queue_of(PHASES[0])}")
    return next(each for each in scene.cluster if each.name == queue["leader"])


async def whole(scene: Scene) -> None:
    """Every queue of work has three members that are up."""

    def members() -> bool:
        with contextlib.suppress(OSError):  # the node that answers may be starting
            return all(len(queue.get("online", ())) == len(scene.cluster) for queue in queues())
        return False

    def queues() -> list[dict[str, Any]]:
        return [scene.rabbit.api.get(f"queues/{scene.mesh.vhost}/{queue_of(phase)}") for phase in PHASES]

    await until(lambda: asyncio.to_thread(members))


async def started(scene: Scene, nodes: Sequence[LocalNode]) -> None:
    """They run again, and hold the queues with the others."""
    await asyncio.gather(*(asyncio.to_thread(each.start) for each in nodes))
    await whole(scene)
