"""The all-in-one is killed 200 times while analyses go through it: none lost, none doubled, all as undisturbed.

`perito serve` on one data directory, with real signals: the process and its group at random moments and at steps of its
work, its successor while that starts, PostgreSQL with it and alone, compute children. After each kill everything that
was accepted must end whole and equal to an undisturbed run, with one result per phase and events without gap, and no
attempt spent but where a compute child was killed. At the end nothing may be left: no process, no socket, no half of a
file, and no object that nobody refers to once it is old enough to be swept. Times are told with whether the bound of
the design was kept; they fail nothing.
"""

import asyncio
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from uuid import UUID

from perito_runtime.logs import configure_logs
from perito_simulator import generate, size_of
from pydantic import JsonValue

from services.standalone.tests.house import reachable_folder
from tests.faults.checker import Accepted, Limits, analysis_faults, left_over, object_faults
from tests.faults.waiting import until
from tests.trials.embedded.kills import KINDS, Killed, Kills, quotas
from tests.trials.embedded.served import Served, until_ended
from tests.trials.harness.catalogue import Figures, Say, TrialFailed

NAME = "embedded"
SOURCES = [
    *("libs/kernel/src/**/*.py", "libs/runtime/src/**/*.py", "services/edge/src/**/*.py"),
    *("services/orchestrator/src/**/*.py", "services/orchestrator/src/**/*.sql", "services/standalone/src/**/*.py"),
    *("services/standalone/tests/house.py", "tests/faults/armed_perito.py", "tests/faults/checker.py"),
    *("tests/faults/points.py", "tests/faults/rows/phases.py", "tests/faults/waiting.py", "tests/trials/embedded/*.py"),
]
KILLS, ROWS = 200, 1_000
BOUND_SECONDS = 1.0
"""Within which the design has the all-in-one recover."""
LEAST_MET = 0.5
"""Share of the kills that must find work under way."""
_UNDISTURBED = 3
_SETTLED_SECONDS = 30.0


@dataclass
class _Times:
    """Seconds of the kills of one kind from when what recovers began; `interrupted`: kills that found work to do."""

    kills: int = 0
    interrupted: int = 0
    ready: list[float] = field(default_factory=list[float])
    work: list[float] = field(default_factory=list[float])
    done: list[float] = field(default_factory=list[float])


@dataclass
class _Found:
    """What came of all kills so far."""

    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    analyses: set[UUID] = field(default_factory=set[UUID])
    times: dict[str, _Times] = field(default_factory=lambda: defaultdict(_Times))
    after_ready: list[float] = field(default_factory=list[float])
    """Seconds from ready until at work, of kills after which a new process had to take up work."""
    broken: list[str] = field(default_factory=list[str])


def run(seed: int, say: Say, kills: int = KILLS) -> Figures:
    """Figures: `kills` by what was killed with their times, how many `analyses`, and what is said in `_figures`."""
    configure_logs("ERROR")
    with reachable_folder() as folder:
        served = Served(folder)
        try:
            return _killed(served, folder, random.Random(seed), kills, say)  # noqa: S311 - it hides nothing
        finally:
            served.put_down()


def _killed(served: Served, folder: Path, chance: random.Random, kills: int, say: Say) -> Figures:
    begun = time.monotonic()
    served.start()
    start = time.monotonic() - begun
    generate(folder / "books", size_of(ROWS), 1)
    dataset = served.upload(folder / "books")
    found = _Found()
    usual = _undisturbed(served, dataset, found)
    plan = quotas(kills, chance)
    say(f"it started in {start:.1f} s, an analysis takes {usual:.2f} s undisturbed; {len(plan)} kills")
    player = Kills(served, dataset, chance, usual, start)
    for number, what in enumerate(plan, 1):
        _one(served, player, what, found)
        if found.broken:
            found.broken[:] = [f"kill {number} ({what}): {text}" for text in found.broken]
            say(f"it said last:\n{served.said()}")
            raise TrialFailed("; ".join(found.broken[:10]), _figures(found))
        if number % 10 == 0:
            say(f"{number} of {len(plan)} kills, {len(found.analyses)} analyses")
    figures = {**_figures(found), **asyncio.run(_at_the_end(served, found))}
    met = sum(times.interrupted for times in found.times.values())
    if met < LEAST_MET * len(plan):
        found.broken.append(f"only {met} of {len(plan)} kills found work under way, which proves too little")
    if found.broken:
        raise TrialFailed("; ".join(found.broken[:10]), figures)
    return figures


def _undisturbed(served: Served, dataset: str, found: _Found) -> float:
    """Sets what all others are compared with. Seconds that an analysis takes at least: at a later moment
    there would be nothing to interrupt.
    """
    took: list[float] = []
    for _ in range(_UNDISTURBED):
        begun = time.monotonic()
        analysis = served.submit(dataset)
        served.completed(analysis)
        took.append(time.monotonic() - begun)
        found.digests = found.digests or served.digests(analysis)
        found.analyses.add(UUID(analysis))
        assert served.digests(analysis) == found.digests, "two undisturbed runs differ"
    return min(took)


def _one(served: Served, player: Kills, what: str, found: _Found) -> None:
    """One kill until everything accepted has ended; its times and what was broken are in `found`."""
    try:
        killed = player.play(what)
        at_work, ended = asyncio.run(until_ended(served, killed.analyses))
    except Exception as error:  # noqa: BLE001 - it does not start, it does not end: not kept, whatever is raised
        found.broken.append(f"{type(error).__name__}: {str(error)[:500]}")
        return
    found.analyses.update(killed.analyses)
    found.broken += [*killed.broken, *asyncio.run(_unsound(served, found.digests, killed))]
    for analysis in killed.analyses:
        status = served.ask("GET", f"/status/{analysis}").json()
        if (status["status"], status.get("partial")) != ("completed", False):
            found.broken.append(f"a client is told {status}")
    _note(found, killed, at_work, ended)


def _note(found: _Found, killed: Killed, at_work: float, ended: Mapping[UUID, float]) -> None:
    times = found.times[killed.what]
    times.kills += 1
    if killed.ready is not None:
        times.ready.append(killed.ready)
    last = max(ended.values())
    if last <= killed.begun:  # nothing was left to do
        return
    times.interrupted += 1
    times.done.append(last - killed.begun)
    if killed.ready is not None:
        work = min(at_work, last) - killed.begun
        times.work.append(work)
        found.after_ready.append(max(0.0, work - killed.ready))


async def _unsound(served: Served, digests: Mapping[str, str], killed: Killed) -> list[str]:
    """What does not hold once everything has ended and had its time to settle."""
    accepted = [Accepted(each, digests, attempts=1 + killed.children) for each in killed.analyses]
    patience = time.monotonic() + _SETTLED_SECONDS
    async with served.database() as connection:
        while True:
            broken = [text for each in accepted for text in await analysis_faults(connection, each)]
            broken += await left_over(connection, Limits())
            if not broken or time.monotonic() > patience:
                return broken
            await asyncio.sleep(0.1)


async def _at_the_end(served: Served, found: _Found) -> Figures:
    """All analyses once more, and what is left: of old objects after the sweep of one more start, of all after it
    stopped.
    """
    await asyncio.to_thread(served.stop)
    before = await served.objects()
    served.age_objects()
    await asyncio.to_thread(served.start)

    async def swept() -> bool:
        async with served.database() as connection:
            return not await object_faults(connection, await served.objects())

    try:
        await until(swept, _SETTLED_SECONDS)
    except TimeoutError:
        async with served.database() as connection:
            found.broken += await object_faults(connection, await served.objects())
    async with served.database() as connection:
        kept = {row["analysis_id"] for row in await connection.fetch("SELECT analysis_id FROM analyses")}
        attempts, voids = [
            int(await connection.fetchval(f"SELECT max({column}) FROM phase_runs"))  # noqa: S608 - two literals
            for column in ("attempt", "voids")
        ]
        for analysis in found.analyses:
            found.broken += await analysis_faults(connection, Accepted(analysis, found.digests, attempts=2))
    if kept != found.analyses:
        found.broken.append(f"{len(found.analyses)} analyses were accepted and {len(kept)} are kept")
    left = await served.objects()
    await asyncio.to_thread(served.stop)
    found.broken += served.left_behind()
    return {
        "swept_objects": len(before) - len(left),
        "most_attempts": attempts,
        "most_voids": voids,
    }


def _figures(found: _Found) -> Figures:
    """`kills`: by what was killed; `within_bound`: kills whose work went on within `BOUND_SECONDS` of the new process's
    start (of the kill, where the process lived on), and of when that was ready.
    """
    work = [seconds for times in found.times.values() for seconds in times.work]
    return {
        "analyses": len(found.analyses),
        "kills": {what: _row(found.times[what]) for what in KINDS if what in found.times},
        "bound_seconds": BOUND_SECONDS,
        "taken_up": len(work),
        "within_bound": {
            "from_start": sum(seconds <= BOUND_SECONDS for seconds in work),
            "from_ready": sum(seconds <= BOUND_SECONDS for seconds in found.after_ready),
        },
        "after_ready": _middle_and_most(found.after_ready),
    }


def _row(times: _Times) -> JsonValue:
    return {
        "times": times.kills,
        "interrupted": times.interrupted,
        "ready": _middle_and_most(times.ready),
        "work": _middle_and_most(times.work),
        "done": _middle_and_most(times.done),
    }


def _middle_and_most(seconds: Sequence[float]) -> list[JsonValue]:
    return [round(statistics.median(seconds), 2), round(max(seconds), 2)] if seconds else []


def tables(figures: Figures) -> Mapping[str, str]:
    """`kills` by what was killed, with times in seconds, and what came of the bound."""
    kinds = cast("Mapping[str, Mapping[str, object]]", figures["kills"])
    lines = [
        "| what was killed | times | with work under way | s until ready | s until at work | s until done |",
        "|---|---|---|---|---|---|",
    ]
    for what, each in kinds.items():
        cells = (_cell(cast("Sequence[float]", each[name])) for name in ("ready", "work", "done"))
        lines.append(f"| {what} | {each['times']} | {each['interrupted']} | {' | '.join(cells)} |")
    return {"kills": "\n".join([*lines, "", _bound(figures)])}


def _cell(seconds: Sequence[float]) -> str:
    return f"{seconds[0]:.2f}, at most {seconds[1]:.2f}" if seconds else ""


def _bound(figures: Figures) -> str:
    within = cast("Mapping[str, int]", figures["within_bound"])
    middle, most = cast("Sequence[float]", figures["after_ready"])
    taken, bound = figures["taken_up"], figures["bound_seconds"]
    return (
        f"{figures['analyses']} analyses in all, each whole. Work went on within {bound:g} s of the start of the new"
        f" process (or of PostgreSQL's end) after {within['from_start']} of {taken} kills, and within {bound:g} s of"
        f" being ready after {within['from_ready']} of {taken}: in {middle:.2f} s, at most {most:.2f} s."
    )
