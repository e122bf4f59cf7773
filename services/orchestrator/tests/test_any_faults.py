"""Hypothesis chooses what happens to orchestrators, database and broker, all real, in which order: nothing is lost,
nothing is done twice.

Phases are doubles, which makes an example cheap; `tests/faults` breaks the whole mesh. A failure prints the steps that
led to it, and `@reproduce_failure` or the seed to take them again.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from perito.event.v1.event_pb2 import PhaseTask
from perito.phase.v1.phase_pb2 import RunPhaseRequest
from perito_kernel.errors import PeritoError, Unavailable
from perito_orchestrator.broker import queue_of
from perito_orchestrator.broker_rabbit import RabbitBroker

from tests.servers import LocalPostgres, RabbitServer

from .conftest import database_of
from .databases import Dsns
from .faults import COMPLETED, invariants
from .mesh import Client, Mesh, mesh_of
from .test_database_faults import cut

T = TypeVar("T")
PHASES = ("read", "books", "looks", "counts", "tell")
APPLICATIONS = ("perito-app", "perito-system", "perito-listen")


class Faults(RuleBasedStateMachine):
    """Each example has a database, a virtual host and five phases of its own, and begins with one orchestrator."""

    def __init__(self, server: LocalPostgres, rabbit: RabbitServer) -> None:
        super().__init__()
        self._loop = asyncio.Runner()
        self._held = contextlib.ExitStack()
        self._world = contextlib.AsyncExitStack()
        self._rabbit = rabbit
        self._url = self._held.enter_context(rabbit.vhost())
        self._clients: list[Client] = []
        self._submitted: list[str] = []
        folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="pm", dir="/tmp")))
        self._mesh = self._run(self._opened(server, folder))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(work)

    async def _opened(self, server: LocalPostgres, folder: Path) -> Mesh:
        dsns: Dsns = await self._world.enter_async_context(database_of(server))
        mesh = await self._world.enter_async_context(mesh_of(dsns, folder))
        mesh.make_broker = self._broker
        self._clients.append(await mesh.start(lease_seconds=1.0, heartbeat_seconds=0.2, max_attempts=20))
        return mesh

    async def _broker(self) -> RabbitBroker:
        broker = RabbitBroker(self._url)
        await broker.open()
        return broker

    @initialize()
    def something_is_at_work(self) -> None:
        self.submit(0, 2)

    @rule(which=st.integers(0, 9), times=st.integers(1, 3))
    def submit(self, which: int, times: int) -> None:
        async def work() -> None:
            client = self._clients[which % len(self._clients)]
            for _ in range(times):
                self._submitted.append((await patiently(client.submit)).analysis.analysis_id)

        self._run(work())

    @rule(applications=st.sets(st.sampled_from(APPLICATIONS), min_size=1))
    def cut_the_database(self, applications: set[str]) -> None:
        async def work() -> None:
            for application in sorted(applications):
                await cut(self._mesh, application)

        self._run(work())

    @rule()
    def cut_the_broker(self) -> None:
        self._rabbit.api.close_connections(self._url.rpartition("/")[2])

    @rule(phase=st.sampled_from(PHASES), deleted=st.booleans())
    def lose_messages(self, phase: str, deleted: bool) -> None:
        vhost = self._url.rpartition("/")[2]
        with contextlib.suppress(OSError):  # it is not declared again yet
            if deleted:
                self._rabbit.api.delete_queue(vhost, queue_of(phase))
            else:
                self._rabbit.api.purge_queue(vhost, queue_of(phase))

    @precondition(lambda self: bool(self._submitted))
    @rule(phase=st.sampled_from(PHASES), which=st.integers(0, 9), times=st.integers(1, 5))
    def repeat_a_message(self, phase: str, which: int, times: int) -> None:
        analysis = self._submitted[which % len(self._submitted)]
        tenant = str(self._mesh.tenant)
        body = PhaseTask(tenant_id=tenant, analysis_id=analysis, phase=phase).SerializeToString()

        async def work() -> None:
            for _ in range(times):
                with contextlib.suppress(PeritoError):  # the broker may be on its way back
                    await self._mesh.running[-1][1].publish(queue_of(phase), body, "again")

        self._run(work())

    @rule(phase=st.sampled_from(PHASES), times=st.integers(1, 2))
    def a_phase_fails(self, phase: str, times: int) -> None:
        left = [times]

        async def behave(_: RunPhaseRequest) -> PeritoError | None:
            left[0] -= 1
            return Unavailable("PLANTED", "It fails now, and will not for long.") if left[0] >= 0 else None

        self._mesh.phases[phase].behave = behave

    @precondition(lambda self: len(self._clients) < 3)
    @rule()
    def one_more_orchestrator(self) -> None:
        self._clients.append(self._run(self._mesh.start(lease_seconds=1.0, heartbeat_seconds=0.2, max_attempts=20)))

    @precondition(lambda self: len(self._clients) > 1)
    @rule(grace=st.sampled_from([0.0, 0.5]))
    def an_orchestrator_leaves(self, grace: float) -> None:
        self._run(self._clients.pop(0).orchestrator.stop(grace))

    @rule(seconds=st.floats(0.01, 0.5))
    def some_time_passes(self, seconds: float) -> None:
        self._run(asyncio.sleep(seconds))

    def teardown(self) -> None:
        """Everything submitted has ended whole, once."""
        try:
            self._run(self._all_whole())
        finally:
            self._run(self._world.aclose())
            self._held.close()
            self._loop.close()

    async def _all_whole(self) -> None:
        for analysis in self._submitted:
            done = await patiently(lambda known=analysis: self._clients[0].ended(known))
            assert (done.status, done.partial) == (COMPLETED, False), done
        for analysis in self._submitted:
            await invariants(self._mesh, analysis)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """As a client does: it asks again while it is told to come back later."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await ask()
            except (Unavailable, asyncpg.PostgresError):
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("examples", [3])
def test_whatever_happens_nothing_is_lost_and_nothing_done_twice(
    server: LocalPostgres, rabbit: RabbitServer, examples: int
) -> None:
    class Chosen(Faults):
        def __init__(self) -> None:
            super().__init__(server, rabbit)

    chosen = settings(
        max_examples=examples, stateful_step_count=12, deadline=None, print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    run_state_machine_as_test(Chosen, settings=chosen)
