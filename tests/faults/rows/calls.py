"""Calls between services that come to nothing, and certificates that change while calls go on."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from perito_runtime.development_ca import issue

from tests.faults.checker import Limits
from tests.faults.load import loaded
from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.faults.waiting import until
from tests.mesh import ServiceProcess

GONE = Limits(allowed=frozenset({(503, "SERVICE_UNAVAILABLE"), (503, "DEADLINE_EXCEEDED")}))
LIFE = timedelta(seconds=20)
"""Of certificates that expire in a row: enough to be noticed on a busy machine by all who call."""
RENEWED = "certificate renewed"
LONGEST_PAUSE = 10.0
"""Seconds between two probes of an open circuit, at most."""


@row("39a", "every replica of a phase gone", "its work waits and costs no attempt; then it is done", bound=30)
async def phase_gone(scene: Scene) -> None:
    phases = scene.mesh.of("pattern")
    for process in phases:
        await process.kill()
    analysis = await scene.submit()
    scene.expect(analysis, attempts=1)
    await scene.until_running(analysis, "consistency")
    await asyncio.sleep(2)
    await asyncio.gather(*(process.start() for process in phases))
    scene.faulted()
    await scene.all_ended()


@row("39b", "every replica of a phase frozen", "its lease ends, it is tried again; then it is done", bound=40)
async def phase_frozen(scene: Scene) -> None:
    phases = scene.mesh.of("pattern")
    word = scene.points.arm("phase.computing[pattern]=stop:once")
    analysis = await scene.submit()
    await scene.points.struck(word)
    for process in phases:
        process.signal(signal.SIGSTOP)
    await until(lambda: tried_again(scene, analysis), 30)
    for process in phases:
        process.signal(signal.SIGCONT)
    scene.faulted()
    await scene.all_ended()


async def tried_again(scene: Scene, analysis: object) -> bool:
    query = "SELECT count(*) FROM events WHERE analysis_id = $1 AND type = 'phase.retrying'"
    return bool(await scene.count(query, analysis))


@row("39c", "a phase that fails again and again", "after 3 tries the analysis ends without it, and says so")
async def phase_fails(scene: Scene) -> None:
    partial_report = ""
    for _ in range(2):
        scene.points.arm("phase.computing[pattern]=raise(unavailable):3")
        analysis = await scene.submit()
        status = await scene.ended(analysis)
        assert (status.status, status.partial) == ("completed", True), status
        summaries = (await scene.client.analysis(analysis)).summaries
        digests = {str(summary.phase): str(summary.content_digest) for summary in summaries}
        partial_report = partial_report or digests["reporting"]  # it says what is missing, each time in the same words
        scene.expect(
            analysis, failing=frozenset({"pattern"}), digests={**scene.undisturbed, "reporting": partial_report}
        )
    scene.expect(await scene.submit())
    await scene.all_ended()


@row(
    "39d",
    "every orchestrator frozen",
    "503 by the deadline, then at once; the circuit closes by itself",
    bound=LONGEST_PAUSE + 10,
    limits=GONE,
)
async def orchestrators_frozen(scene: Scene) -> None:
    analysis = await scene.submit()
    orchestrators = scene.mesh.of("orchestrator")
    (edge,) = scene.mesh.edges[:1]
    opened = edge.said().count(circuit("open"))
    for process in orchestrators:
        process.signal(signal.SIGSTOP)
    # The same question by all would be asked once (decision 117), which is too little to open a circuit.
    asked = [scene.http.get(f"{API}/list?limit={number}") for number in range(1, 9)]
    refused = {(answer.status_code, answer.json()["reason"]) for answer in await asyncio.gather(*asked)}
    assert refused <= GONE.allowed, refused
    await until(lambda: edge.said().count(circuit("open")) > opened, 30)
    for process in orchestrators:
        process.signal(signal.SIGCONT)
    scene.faulted()
    closed = edge.said().count(circuit("closed"))

    async def answers() -> bool:
        return (await scene.http.get(f"{API}/status/{analysis}")).is_success

    await until(answers, every=0.2)
    assert edge.said().count(circuit("closed")) > closed
    scene.mended()
    await scene.all_ended()


def circuit(state: str) -> str:
    """What the log of an edge holds when its circuit came to be so."""
    return f'"part": "breaker", "state": "{state}"'


@row("40", "every certificate renewed under load, the old ones expire", "no request fails, and nobody is restarted")
async def renewed(scene: Scene) -> None:
    before = {process.name: process.said().count(RENEWED) for process in callers(scene)}
    async with loaded(scene), probed(scene):
        try:
            await asyncio.to_thread(renew, scene, LIFE)
            await until(partial(have_renewed, scene, {name: count + 1 for name, count in before.items()}))
        finally:  # a row that fails must not leave a mesh in which nobody is believed any more
            await asyncio.to_thread(renew, scene, timedelta(days=1))
        await until(partial(have_renewed, scene, {name: count + 2 for name, count in before.items()}))
        await asyncio.sleep(LIFE.total_seconds())
        # What starts now makes every connection anew: to it, and from it, only the newest certificates are good.
        for service in ("pattern", "orchestrator"):
            process = scene.mesh.of(service)[0]
            assert await process.stop() == 0
            await process.start()


@asynccontextmanager
async def probed(scene: Scene) -> AsyncGenerator[None]:
    """Every edge is asked whether it is ready, again and again, as a balancer does: it calls the orchestrator then."""

    async def ask(address: str) -> None:
        while True:
            (await scene.http.get(f"http://{address}{API}/health")).raise_for_status()
            await asyncio.sleep(0.5)

    asking = [asyncio.create_task(ask(scene.mesh.address("edge", edge.number))) for edge in scene.mesh.edges]
    try:
        yield
    finally:
        for each in asking:
            each.cancel()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        refused = [outcome for outcome in outcomes if not isinstance(outcome, asyncio.CancelledError)]
        assert not refused, refused


def have_renewed(scene: Scene, times: Mapping[str, int]) -> bool:
    """Whether each has said so often that its certificate is a new one."""
    return all(process.said().count(RENEWED) >= times[process.name] for process in callers(scene))


def callers(scene: Scene) -> list[ServiceProcess]:
    """Processes that call others all the time, and look at their certificate when they do."""
    return [*scene.mesh.of("orchestrator"), *scene.mesh.edges]


def renew(scene: Scene, life: timedelta) -> None:
    """New certificates for every service, in the place of the old ones."""
    folder = scene.mesh.folder / "certificates"
    for service in scene.mesh.certificates:
        (folder / f"{service}.crt").unlink()
        issue(folder, [service], life=life)
