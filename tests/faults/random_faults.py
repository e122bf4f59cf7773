"""Faults chosen by a seed, one after the other, while analyses are submitted: none is lost, none is done twice."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

from perito_orchestrator.broker import queue_of

from tests.faults.rows.phases import STEPS
from tests.faults.scene import Scene
from tests.faults.times import LEASE_SECONDS
from tests.mesh import ServiceProcess
from tests.mesh.house import PHASES

AT_ONCE = 4
"""Analyses that are open at the same time."""
ATTEMPTS = 20
"""The most that a phase may spend: where faults never end, one phase run may be hit again and again."""
_CALM_SECONDS = (0.5, 3.0)
_APPLICATIONS = ("perito-app", "perito-system", "perito-listen")


class RandomFaults:
    """`done` counts what was broken."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self._scene = scene
        self._chance = random.Random(seed)  # noqa: S311 - it hides nothing
        self.done: Counter[str] = Counter()
        self._faults: dict[str, Callable[[], Awaitable[None]]] = {
            "a process killed": self._killed,
            "a process killed at a step of its work": self._killed_at_a_step,
            "a process frozen for longer than a lease": self._frozen,
            "a process told to leave": self._told_to_leave,
            "connections to the database cut": self._database_cut,
            "connections to the broker closed": self._broker_closed,
            "queues purged": self._purged,
            "PostgreSQL stopped at once": self._database_stopped,
            "the broker killed": self._broker_killed,
        }
        self._weights = (6, 8, 3, 4, 4, 4, 3, 1, 1)

    async def run(self, analyses: int, tell: Callable[[str], None]) -> None:
        """Submits so many, a few at once, and breaks something again and again until the last one has ended."""
        over = asyncio.Event()
        breaking = asyncio.create_task(self._break(over))
        gate = asyncio.Semaphore(AT_ONCE)
        ended = 0

        async def one() -> None:
            nonlocal ended
            async with gate:
                analysis = await self._scene.submit()
                self._scene.expect(analysis, attempts=ATTEMPTS)
                await self._scene.ended(analysis)
            ended += 1
            if ended % 20 == 0:
                tell(f"{ended} of {analyses} analyses, {self.done.total()} faults")

        try:
            await asyncio.gather(*(one() for _ in range(analyses)))
        finally:
            over.set()  # not cancelled: a server that is just down comes up again
            await asyncio.gather(breaking, return_exceptions=True)
            await self._scene.heal()
        if error := breaking.exception():
            raise RuntimeError(f"it ceased to break things: {error}") from error

    async def _break(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await asyncio.sleep(self._chance.uniform(*_CALM_SECONDS))
            (name,) = self._chance.choices(list(self._faults), self._weights)
            self.done[name] += 1
            await self._faults[name]()

    def _anyone(self) -> ServiceProcess:
        return self._chance.choice(list(self._scene.mesh.processes.values()))

    async def _killed(self) -> None:
        process = self._anyone()
        await process.kill()
        await process.start()

    async def _killed_at_a_step(self) -> None:
        step, phase = self._chance.choice(list(STEPS.values())), self._chance.choice(PHASES)
        word = self._scene.points.arm(f"{step.point}[{phase}]=kill9:once")
        try:
            process = await self._scene.died(word)
        except TimeoutError:  # nobody passed there
            return
        finally:
            self._scene.points.disarm()
        await process.start()

    async def _frozen(self) -> None:
        process = self._anyone()
        process.signal(signal.SIGSTOP)
        await asyncio.sleep(LEASE_SECONDS + self._chance.uniform(0, 2))
        process.signal(signal.SIGCONT)

    async def _told_to_leave(self) -> None:
        process = self._anyone()
        await process.stop()
        await process.start()

    async def _database_cut(self) -> None:
        await self._scene.count(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = $1 AND application_name = $2",
            *(self._scene.mesh.database, self._chance.choice(_APPLICATIONS)),
        )

    async def _broker_closed(self) -> None:
        await asyncio.to_thread(self._scene.rabbit.api.close_connections, self._scene.mesh.vhost)

    async def _purged(self) -> None:
        for phase in self._chance.sample(PHASES, 2):
            await asyncio.to_thread(self._scene.rabbit.api.purge_queue, self._scene.mesh.vhost, queue_of(phase))

    async def _database_stopped(self) -> None:
        await asyncio.to_thread(self._scene.postgres.stop, immediate=True)
        await asyncio.sleep(self._chance.uniform(0, 2))
        await asyncio.to_thread(self._scene.postgres.start)

    async def _broker_killed(self) -> None:
        await asyncio.to_thread(self._scene.rabbit.kill)
        await asyncio.to_thread(self._scene.rabbit.start)
