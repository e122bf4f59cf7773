"""200 analyses through a real mesh under faults that a seed chooses: none lost, none doubled, all as undisturbed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from perito_runtime.logs import configure_logs

from tests.faults.checker import Limits
from tests.faults.play import standing, unended
from tests.faults.points import Failpoints
from tests.faults.random_faults import ATTEMPTS, RandomFaults
from tests.faults.scene import Scene
from tests.faults.times import settings_for
from tests.mesh import MeshSettings
from tests.trials.faults import SOURCES as FAULTS
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "random"
SOURCES = [*FAULTS, "tests/trials/random.py"]
ANALYSES = 200
ANNOUNCED = Limits(
    allowed=frozenset(
        (503, reason)
        for reason in ("DATABASE_UNAVAILABLE", "SERVICE_UNAVAILABLE", "DEADLINE_EXCEEDED", "RESTARTING", "HTTP_ERROR")
    )
)


def run(seed: int, say: Say) -> Figures:
    """Figures: `analyses`, and `faults` by what they were."""
    configure_logs("ERROR")
    return asyncio.run(_run(seed, say))


def patient_settings(points: Failpoints, **counts: int) -> MeshSettings:
    """Short times and many attempts."""
    short = settings_for(points, **counts)
    orchestrator = {**short.more["orchestrator"], "PERITO_MAX_ATTEMPTS": f"{ATTEMPTS}"}
    return replace(short, more={**short.more, "orchestrator": orchestrator})


async def _run(seed: int, say: Say) -> Figures:
    async with standing(patient_settings) as scene:
        scene.begin()
        say(f"a mesh stands; {ANALYSES} analyses under faults of seed {seed}")
        faults = RandomFaults(scene, seed)
        broken = await _broken_by(faults, scene, say) or await scene.unsound(ANNOUNCED)
        spent = await scene.count("SELECT max(attempt) FROM phase_runs")
    figures: Figures = {
        "analyses": len(scene.accepted),
        "faults": dict(faults.done.most_common()),
        "most_attempts": spent,
    }
    if broken:
        raise TrialFailed("; ".join(broken[:10]), {**figures, "broken": list(broken)})
    return figures


async def _broken_by(faults: RandomFaults, scene: Scene, say: Say) -> list[str]:
    """What made the run end before its time."""
    try:
        await faults.run(ANALYSES, say)
    except Exception as error:  # noqa: BLE001 - an analysis that is not over, a process that does not start: not kept
        return [f"{type(error).__name__}: {str(error)[:500]}: {await unended(scene)}"]
    return []


def tables(figures: Figures) -> Mapping[str, str]:
    """`faults` by how often each was injected."""
    counted = figures["faults"]
    assert isinstance(counted, dict)
    lines = ["| what was broken | times |", "|---|---|", *(f"| {what} | {times} |" for what, times in counted.items())]
    return {"faults": "\n".join(lines)}
