"""Plays a row: the fault, the wait, the invariants, and a whole mesh again for the next one."""

import asyncio
import contextlib
import tempfile
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.faults.bucket import faulty
from tests.faults.points import Failpoints
from tests.faults.row import BUCKET, CLUSTER, PLAIN, Row
from tests.faults.scene import Scene, opened
from tests.mesh import MeshSettings, mesh
from tests.servers import local_postgres, node
from tests.servers.buckets import buckets
from tests.servers.rabbit_local import LocalNode, local_cluster

CONSUMER_TIMEOUT = "consumer_timeout = 15000"
"""Milliseconds for which the broker lets a message be held, for row 23."""


@dataclass(frozen=True)
class Outcome:
    """What became of a row. `seconds`: from the fault until everything was as before; None where nothing was timed.
    `broken`: what was not kept, in words. `whole`: the mesh can be used for another row.
    """

    number: str
    seconds: float | None
    broken: tuple[str, ...]
    whole: bool = True


async def play(scene: Scene, row: Row, *, timed: bool = False) -> Outcome:
    """Plays the row; `timed`: its bound is held, which takes a machine that does nothing else.

    Raises nothing of what it finds.
    """
    scene.begin()
    broken: list[str] = []
    patience = asyncio.timeout(row.hangs)
    try:
        async with patience:
            await row.act(scene)
    except TimeoutError as error:
        why = f"it was not over after {row.hangs:.0f} s" if patience.expired() else waited_for(error)
        broken.append(f"{why}: {await unended(scene)}")
    except Exception as error:  # noqa: BLE001 - whatever it is, the row was not kept, and the next one is played
        broken.append(f"{type(error).__name__}: {str(error)[:500]}")
    scene.points.disarm()
    try:
        await scene.heal()
        broken += await scene.unsound(row.limits)
        if row.limits.dead:
            await scene.bury()  # the next row counts its own
    except Exception as error:  # noqa: BLE001 - a process that does not start, a server that the row left dead
        why = f"the mesh did not become whole again: {type(error).__name__}: {str(error)[:500]}"
        return Outcome(row.number, None, (*broken, why), whole=False)
    seconds = scene.mended_at - scene.fault_at if scene.fault_at and scene.mended_at else None
    if timed and seconds is not None and row.bound is not None and seconds > row.bound:
        broken.append(f"it took {seconds:.1f} s, and {row.bound:.0f} are promised")
    return Outcome(row.number, None if seconds is None else round(seconds, 2), tuple(broken))


def waited_for(error: TimeoutError) -> str:
    """Which line of the row waited in vain."""
    lines = [line for line in traceback.extract_tb(error.__traceback__) if "/rows/" in line.filename]
    return f"what line {lines[-1].lineno} waits for did not come ({lines[-1].line})" if lines else "it waited in vain"


async def unended(scene: Scene) -> str:
    """Where the analyses stand that did not end."""
    query = (
        "SELECT phase, state, attempt, lease_owner FROM phase_runs"
        " WHERE state NOT IN ('completed', 'failed', 'skipped')"
    )
    async with scene.database() as connection:
        return "; ".join(" ".join(map(str, row.values())) for row in await connection.fetch(query)) or "nothing is open"


@asynccontextmanager
async def standing(
    settings: Callable[..., MeshSettings], *, edges: int = 2, house: str = PLAIN
) -> AsyncGenerator[Scene]:
    """A scene with servers and a mesh of its own: two orchestrators, so many edges, one of each phase."""
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pf")))
        points = Failpoints(folder)
        told, bucket, cluster = settings(points, orchestrators=2, phases=1, edges=edges), None, list[LocalNode]()
        if house == CLUSTER:
            cluster = await asyncio.to_thread(stack.enter_context, local_cluster(settings=[CONSUMER_TIMEOUT]))
            told = replace(told, brokers=[each.address for each in cluster])
        if house == BUCKET:
            bucket = await stack.enter_async_context(faulty(stack.enter_context(buckets())))
            told = replace(told, objects=bucket.settings(folder))
        rabbit = (
            cluster[0] if cluster else await asyncio.to_thread(stack.enter_context, node(settings=[CONSUMER_TIMEOUT]))
        )
        postgres = await asyncio.to_thread(stack.enter_context, local_postgres(tcp=True))
        running = await stack.enter_async_context(mesh(postgres, rabbit, told))
        yield await stack.enter_async_context(opened(Scene(running, postgres, rabbit, points, bucket, cluster)))
