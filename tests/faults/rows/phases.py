"""Rows 9 to 13: each phase's worker, or the phase itself, is killed at each step of its work."""

from dataclasses import dataclass

from tests.faults.checker import KILLED, Limits
from tests.faults.row import row
from tests.faults.scene import Scene
from tests.faults.times import LEASE_SECONDS
from tests.mesh.house import PHASES


@dataclass(frozen=True)
class Step:
    """`runs` is how often the phase is claimed in all: 1 where nothing has to be done again."""

    point: str
    what: str
    promise: str
    runs: int


STEPS = {
    "a": Step("worker.before_claim", "before it claims", "another worker does it, the first time", 1),
    "b": Step("worker.after_claim", "after it claimed", "another worker does it, with the next fence", 2),
    "c": Step("phase.computing", "while it computes", "it is done again, with the next fence", 2),
    "d": Step("phase.after_write", "after its results are stored", "it is done again; the same bytes", 2),
    "d2": Step("worker.before_commit", "before the results are committed", "it is done again; the same bytes", 2),
    "e": Step("worker.after_commit", "after the commit", "nothing is done again", 1),
}


def enter(number: str, phase: str, step: Step) -> None:
    """One row: who is hit is the phase's own process or the orchestrator that works on it."""
    victim = phase if step.point.startswith("phase.") else f"{phase}'s worker"

    @row(number, f"{victim} killed {step.what}", step.promise, bound=LEASE_SECONDS + 15, limits=Limits(allowed=KILLED))
    async def act(scene: Scene) -> None:
        word = scene.points.arm(f"{step.point}[{phase}]=kill9:once")
        analysis = await scene.submit()
        process = await scene.died(word)
        await process.start()
        await scene.all_ended()
        query = "SELECT fence FROM phase_runs WHERE analysis_id = $1 AND phase = $2"
        fence = await scene.count(query, analysis, phase)
        assert (fence == 1) == (step.runs == 1), f"{phase} was claimed {fence} times"


for place, name in enumerate(PHASES, 9):
    for letter, each in STEPS.items():
        enter(f"{place}{letter}", name, each)
