"""What is killed, and when. Each kill submits its own analyses, kills in the middle, and lets the house come back."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import httpx

from services.standalone.tests.house import gone
from tests.faults.rows.phases import STEPS
from tests.mesh.house import PHASES
from tests.trials.embedded.served import Served

ELSEWHERE = (
    "edge.before_commit",
    "edge.after_commit",
    "outbox.before_publish",
    "outbox.after_publish",
    "analysis.before_finalise",
)
"""Steps of the process that are of no one phase."""
_STRIKE_SECONDS = 60.0


@dataclass
class Killed:
    """One kill. `begun`, seconds since 1970: when the (last) new process was started, or the kill itself where the
    process lived on. `ready` are seconds from `begun`, None where it was ready all along. `children`: how many compute
    children were killed by name, each of which costs an attempt.
    """

    what: str
    analyses: list[UUID] = field(default_factory=list[UUID])
    begun: float = 0.0
    ready: float | None = None
    children: int = 0
    broken: list[str] = field(default_factory=list[str])


class Kills:
    """`usual`: seconds that an analysis takes undisturbed, within which random moments lie; `start`: those of a start.
    What is broken is told in `Killed.broken`, in words.
    """

    def __init__(self, served: Served, dataset: str, chance: random.Random, usual: float, start: float) -> None:
        self._served = served
        self._dataset = dataset
        self._chance = chance
        self._usual = usual
        self._start = start
        self._done = Killed("")
        self._answered: dict[str, UUID | None] = {}

    def play(self, what: str) -> Killed:
        """One kill of `KINDS`; returns when the house is ready again, and its analyses may still be at work."""
        self._done = Killed(what)
        self._answered = {str(uuid4()): None for _ in range(self._chance.choice((1, 2)))}
        KINDS[what](self)
        self._done.analyses = self._ask_again()
        return self._done

    def at_random(self) -> None:
        """The process and its group, at any moment; the database lives on and is adopted."""
        self._submit()
        self._wait()
        self._die_and_come_back()

    def at_a_step(self) -> None:
        """The process, at a named step of its work; the database lives on."""
        word = self._served.points.arm(f"{self._chance.choice(_steps())}=kill9:once")
        self._submit()
        assert self._served.process is not None
        self._served.process.wait(_STRIKE_SECONDS)
        assert self._served.points.strikes(word), "it ended of something else"
        self._served.points.disarm()
        self._die_and_come_back()

    def with_database(self) -> None:
        """The process and PostgreSQL at one moment, with its backends or without."""
        self._submit()
        self._wait()
        children = self._served.kill_group()
        old = self._served.kill_database(whole=self._chance.random() < 0.5)
        self._come_back(children)
        self._hold(self._served.database_pid != old, "a database that was killed was adopted")

    def twice(self) -> None:
        """The process, and its successor while that starts."""
        self._submit()
        self._wait()
        children = self._served.kill_group()
        self._served.launch()
        time.sleep(self._chance.uniform(0, self._start))
        self._come_back([*children, *self._served.kill_group()])

    def database(self) -> None:
        """PostgreSQL alone: the process starts it again."""
        self._submit()
        self._wait()
        self._done.begun = time.time()
        old = self._served.kill_database(whole=False)
        until = time.monotonic() + _STRIKE_SECONDS
        while self._served.database_pid in (0, old):  # asked sooner, it would not have missed its database yet
            assert time.monotonic() < until, "nobody started the database again"
            time.sleep(0.01)
        self._ready()

    def child(self) -> None:
        """A process in which a phase computes: when it begins, or any of them at any moment."""
        self._done.children = 1
        if self._chance.random() < 0.5:
            word = self._served.points.arm(f"compute.begun[{self._chance.choice(PHASES)}]=kill9:once")
            self._submit()
            until = time.monotonic() + _STRIKE_SECONDS
            while not self._served.points.strikes(word):
                assert time.monotonic() < until, "no compute child passed where it should be killed"
                time.sleep(0.005)
            self._served.points.disarm()
        else:
            self._submit()
            self._wait()
            for process in self._chance.sample(self._served.compute_children(), 1):
                process.kill()
        self._done.begun = time.time()
        self._hold(self._served.well(), "it is not ready because a compute child died")

    def _submit(self) -> None:
        """Those that get no answer are asked for again later."""
        for key in self._answered:
            try:
                self._answered[key] = self._served.post(self._dataset, key)
            except httpx.TransportError:
                return

    def _ask_again(self) -> list[UUID]:
        """All requests once more, with the same keys: whoever was answered must be answered the same."""
        for key, before in self._answered.items():
            now = self._served.post(self._dataset, key)
            self._hold(before in {None, now}, f"the same key was answered {before} and then {now}")
            self._answered[key] = now
        return [each for each in self._answered.values() if each is not None]

    def _wait(self) -> None:
        time.sleep(self._chance.uniform(0, self._usual))

    def _die_and_come_back(self) -> None:
        """The process alone; the database must be the same one afterwards."""
        left = self._served.database_pid
        self._come_back(self._served.kill_group())
        self._hold(self._served.database_pid == left, "the running database was not adopted")

    def _come_back(self, children: list[int]) -> None:
        self._done.begun = time.time()
        self._served.launch()
        self._served.until_serving()
        self._ready()
        self._hold(gone(children), "compute children outlived the process")

    def _ready(self) -> None:
        self._served.until_well()
        self._done.ready = time.time() - self._done.begun

    def _hold(self, kept: bool, words: str) -> None:
        if not kept:
            self._done.broken.append(words)


KINDS: Mapping[str, Callable[[Kills], None]] = {
    "the process, at a random moment": Kills.at_random,
    "the process, at a step of its work": Kills.at_a_step,
    "the process, and its successor while it starts": Kills.twice,
    "the process and PostgreSQL": Kills.with_database,
    "PostgreSQL alone": Kills.database,
    "a compute child": Kills.child,
}
"""By what is killed."""


def _steps() -> list[str]:
    """Failpoints of the serving process, those of a phase's work for each phase."""
    return [*ELSEWHERE, *(f"{step.point}[{phase}]" for step in STEPS.values() for phase in PHASES)]


def quotas(kills: int, chance: random.Random) -> list[str]:
    """Kinds of so many kills in random order: most of the whole process, some of each other kind."""
    shares = dict(zip(KINDS, (72, 48, 20, 28, 16, 16), strict=True))
    whole = [kind for kind, share in shares.items() for _ in range(max(1, round(kills * share / 200)))]
    chance.shuffle(whole)
    return whole
