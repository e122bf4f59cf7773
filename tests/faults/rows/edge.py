"""Edges that die: a client that asks again gets the same answer, and what it followed goes on."""

import asyncio
import signal
from uuid import uuid4

from tests.faults.row import row
from tests.faults.scene import Scene

MADE = "SELECT count(*) FROM idempotency WHERE key = $1 AND operation = 'analysis'"


@row("1", "edge killed before a submission is kept", "reset; the same request and key make exactly one")
async def before_commit(scene: Scene) -> None:
    key = str(uuid4())
    word = scene.points.arm("edge.before_commit=kill9:once")
    submitting = asyncio.create_task(scene.submit(key))
    edge = await scene.died(word)
    assert await scene.count(MADE, key) == 0
    await edge.start()
    await asked_again(scene, key, await submitting)


@row("2", "edge killed after a submission is kept", "the same request and key get the same 202")
async def after_commit(scene: Scene) -> None:
    key = str(uuid4())
    word = scene.points.arm("edge.after_commit=kill9:once")
    submitting = asyncio.create_task(scene.submit(key))
    edge = await scene.died(word)
    assert await scene.count(MADE, key) == 1
    await edge.start()
    await asked_again(scene, key, await submitting)


async def asked_again(scene: Scene, key: str, analysis: object) -> None:
    """The connection was lost once; one analysis was made, and asking once more says so."""
    first = next(answer for answer in scene.observer.answers if answer.path.endswith("/analyze"))
    assert first.status == 0, first
    assert await scene.submit(key) == analysis
    assert await scene.count(MADE, key) == 1
    await scene.all_ended()


@row("3", "edge killed with an event stream open", "the client goes on after its last event, without gap", bound=10)
async def stream_open(scene: Scene) -> None:
    analysis = await scene.submit()
    seen: list[int] = []
    begun = asyncio.Event()

    async def follow() -> None:
        async for event in scene.client.stream(analysis):
            if event.sequence:
                seen.append(event.sequence)
                begun.set()

    following = asyncio.create_task(follow())
    await begun.wait()
    (edge,) = scene.mesh.edges[:1]
    edge.signal(signal.SIGKILL)
    scene.faulted()
    await edge.ended()
    await edge.start()
    await following
    kept = await scene.count("SELECT count(*) FROM events WHERE analysis_id = $1", analysis)
    assert seen == list(range(1, kept + 1)), seen
    await scene.all_ended()
