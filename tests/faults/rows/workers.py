"""Orchestrators that die, freeze or leave while they relay, claim, work and commit."""

import asyncio
import signal
from uuid import UUID

from tests.faults.checker import KILLED, Limits
from tests.faults.load import loaded
from tests.faults.row import row
from tests.faults.scene import Scene
from tests.faults.times import LEASE_SECONDS
from tests.faults.waiting import until

DIED = Limits(allowed=KILLED)
FROZEN = Limits(allowed=frozenset({(503, "DEADLINE_EXCEEDED")}))
"""A request that was with a frozen orchestrator is answered by its deadline, until that one is no longer asked."""
FENCED = '"event": "fenced"'
WORK_SECONDS = 10.0
"""Longer than any phase takes on these books."""


@row("5", "orchestrator killed with messages in the outbox", "any other one sends them", bound=5, limits=DIED)
async def before_publish(scene: Scene) -> None:
    await one_dies(scene, "outbox.before_publish=kill9:once")


@row(
    "6",
    "orchestrator killed between the broker's word and the outbox",
    "a message comes twice, and counts once",
    bound=5,
    limits=DIED,
)
async def after_publish(scene: Scene) -> None:
    await one_dies(scene, "outbox.after_publish=kill9:once")


async def one_dies(scene: Scene, point: str) -> None:
    """An orchestrator dies at a point that a submission passes; the other one finishes, with no attempt spent."""
    word = scene.points.arm(point)
    analysis = await scene.submit()
    scene.expect(analysis, attempts=1)
    await scene.died(word)
    await scene.until_running(analysis, "validation")
    scene.mended()
    await scene.all_ended()


@row(
    "7",
    "orchestrator killed between the last result and the end of the analysis",
    "another one ends it",
    bound=LEASE_SECONDS + WORK_SECONDS,
    limits=DIED,
)
async def before_finalise(scene: Scene) -> None:
    word = scene.points.arm("analysis.before_finalise=kill9:once")
    await scene.submit()
    await scene.died(word)
    await scene.all_ended()


@row("8", "two orchestrators at once", "each analysis is planned, worked at and ended once")
async def two_at_once(scene: Scene) -> None:
    assert len(scene.mesh.of("orchestrator")) == 2
    for analysis in await asyncio.gather(*(scene.submit() for _ in range(6))):
        scene.expect(analysis, attempts=1)
    await scene.all_ended()


@row(
    "14",
    "worker frozen longer than its lease, then let go",
    "another one commits; the late one changes nothing and says that it was fenced",
    bound=LEASE_SECONDS + WORK_SECONDS,
    limits=FROZEN,
)
async def zombie(scene: Scene) -> None:
    word = scene.points.arm("worker.before_commit[validation]=stop:once")
    analysis = await scene.submit()
    stopped = await scene.struck(word)
    before = stopped.said().count(FENCED)
    # Not when a client hears of it: its stream may hang on the one that is frozen, until keepalive gives that up.
    await until(lambda: ended(scene, analysis))
    scene.mended()
    await scene.all_ended()
    events = await scene.count("SELECT sequence FROM analyses WHERE analysis_id = $1", analysis)
    stopped.signal(signal.SIGCONT)
    await until(lambda: stopped.said().count(FENCED) > before, 20)
    assert await scene.count("SELECT sequence FROM analyses WHERE analysis_id = $1", analysis) == events


async def ended(scene: Scene, analysis: UUID) -> bool:
    """Whether it has, in the database."""
    return bool(await scene.count("SELECT count(ended_at) FROM analyses WHERE analysis_id = $1", analysis))


@row("15", "every worker told to leave, one after the other", "no request fails, no attempt is spent, exit 0 in time")
async def rolling(scene: Scene) -> None:
    async with loaded(scene):
        for process in [each for each in scene.mesh.processes.values() if each.service != "edge"]:
            await scene.until_busy()
            assert await process.stop() == 0, f"{process.name} left with {process.code}"
            await process.start()
    failed = scene.observer.failed()
    assert not failed, f"{len(failed)} of {len(scene.observer.answers)} requests failed, such as {failed[0]}"
