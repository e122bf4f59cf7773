"""A broker that dies, freezes or loses what it had: what was accepted stands in the database."""

import asyncio
import contextlib

from perito_orchestrator.broker import queue_of

from tests.faults.checker import Limits
from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.faults.waiting import until
from tests.mesh.house import PHASES

AWAY_SECONDS = 12.0
"""Longer than every pause of a link; stands for the ten minutes of the table."""
HELD_SECONDS = 18
"""Longer than the broker's `consumer_timeout` of 15 s."""
OUTBOX = "SELECT count(*) FROM outbox"
DUPLICATE = '"event": "duplicate message"'


@row("16", "broker killed, and started again", "submissions go on; everything resumes by itself", bound=10)
async def killed(scene: Scene) -> None:
    await asyncio.to_thread(scene.rabbit.kill)
    for _ in range(3):
        await scene.submit()
    assert await scene.count(OUTBOX) >= 3
    await asyncio.to_thread(scene.rabbit.start)
    scene.faulted()
    await scene.until_running(next(iter(scene.accepted)), "validation")
    scene.mended()
    await scene.all_ended()


@row("21", "queues deleted by an operator", "they are declared again, and what was queued is sent again", bound=60)
async def queues_deleted(scene: Scene) -> None:
    async with asyncio.timeout(60):
        submitting = [asyncio.create_task(scene.submit()) for _ in range(3)]
        for phase in PHASES:
            await asyncio.to_thread(scene.rabbit.api.delete_queue, scene.mesh.vhost, queue_of(phase))
        scene.faulted()
        await asyncio.gather(*submitting)
        await scene.all_ended()


async def accepted_without(scene: Scene, analyses: int) -> None:
    """Submissions are taken while the broker takes nothing: they wait in the outbox, and the edge stays ready."""
    before = await scene.count(OUTBOX)
    for _ in range(analyses):
        await scene.submit()
    assert await scene.count(OUTBOX) >= before + analyses
    answer = await scene.http.get(f"{API}/health", params={"probe": "ready"})
    assert answer.status_code == 200, answer.text


@row("17", "broker away for long", "submissions are taken and wait; it stays ready; everything resumes", bound=10)
async def away(scene: Scene) -> None:
    await asyncio.to_thread(scene.rabbit.stop)
    for _ in range(3):
        await accepted_without(scene, 1)
        await asyncio.sleep(AWAY_SECONDS / 3)
    await asyncio.to_thread(scene.rabbit.start)
    scene.faulted()
    await scene.until_running(next(iter(scene.accepted)), PHASES[0])
    scene.mended()
    await scene.all_ended()


@row("18", "broker stands still and keeps its connections", "submissions are taken; consumers are made again", bound=30)
async def frozen(scene: Scene) -> None:
    await asyncio.to_thread(scene.rabbit.freeze)
    try:
        await accepted_without(scene, 2)
        await asyncio.sleep(AWAY_SECONDS)
        await accepted_without(scene, 1)
    finally:
        await asyncio.to_thread(scene.rabbit.thaw)
    scene.faulted()
    await scene.all_ended()


@row("20", "broker blocks publishers, its disk is full", "as when it is away; late messages count once", bound=70)
async def alarmed(scene: Scene) -> None:
    await asyncio.to_thread(scene.rabbit.ctl, "set_disk_free_limit", "mem_relative", "1000.0")
    try:
        await accepted_without(scene, 2)
        await asyncio.sleep(AWAY_SECONDS)
    finally:
        await asyncio.to_thread(scene.rabbit.ctl, "set_disk_free_limit", "1MB")
    scene.faulted()
    await scene.all_ended()


@row("22", "what waits in the queues is thrown away", "it is found in the database and sent again", bound=60)
async def purged(scene: Scene) -> None:
    scene.points.arm(f"worker.before_claim[{PHASES[0]}]=sleep(1)")
    await asyncio.gather(*(scene.submit() for _ in range(10)))
    waiting = await scene.waiting()
    assert waiting[queue_of(PHASES[0])] > 0, waiting
    await asyncio.to_thread(scene.rabbit.api.purge_queue, scene.mesh.vhost, queue_of(PHASES[0]))
    scene.points.disarm()
    scene.faulted()
    await asyncio.gather(*(scene.until_running(analysis, PHASES[0]) for analysis in scene.accepted))
    scene.mended()
    await scene.all_ended()


@row("23", "a message is held longer than the broker allows", "work goes on, and is committed once")
async def held_too_long(scene: Scene) -> None:
    word = scene.points.arm(f"worker.after_claim[{PHASES[0]}]=sleep({HELD_SECONDS})")
    analysis = await scene.submit()
    process = await scene.struck(word)
    scene.points.disarm()
    await scene.ended(analysis)
    await asyncio.sleep(HELD_SECONDS)
    assert process.running
    await scene.submit()
    await scene.all_ended()


@row("33", "messages come many times, in any order, and late", "nothing changes, and they are counted")
async def repeated(scene: Scene) -> None:
    analysis = await scene.submit()
    scene.expect(analysis, attempts=1)
    bodies = [await scene.wake_message(analysis, phase) for phase in PHASES]
    ending = asyncio.create_task(scene.ended(analysis))
    while not ending.done():
        for phase, body in reversed(bodies):
            await scene.publish(queue_of(phase), body)
        await asyncio.sleep(0.1)
    events = await scene.count("SELECT sequence FROM analyses WHERE analysis_id = $1", analysis)
    counted = duplicates(scene)
    for phase, body in bodies * 10:
        await scene.publish(queue_of(phase), body)
    await until(lambda: duplicates(scene) >= counted + 10 * len(bodies))
    await scene.submit()
    await scene.all_ended()
    assert await scene.count("SELECT sequence FROM analyses WHERE analysis_id = $1", analysis) == events


def duplicates(scene: Scene) -> int:
    """How many messages the orchestrators found to be of work that was done already."""
    return sum(process.said().count(DUPLICATE) for process in scene.mesh.of("orchestrator"))


NONSENSE = (b"", b"\xff" * 40, b"{}", bytes(60_000))


@row(
    "38",
    "messages and requests without sense",
    "4xx, or dead letters; nobody restarts",
    limits=Limits(dead=len(NONSENSE)),
)
async def nonsense(scene: Scene) -> None:
    before = {name: process.pid for name, process in scene.mesh.processes.items()}
    for body in NONSENSE:
        await scene.publish(queue_of(PHASES[0]), body)
    for service in ("orchestrator", PHASES[0]):
        host, _, port = scene.mesh.address(service, 1).rpartition(":")
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(500), bytes(100_000)):
            await poked(host, int(port), garbage)
    for content in (b"{", b"[1e999]", b'{"dataset_id": 1}', b'{"a":' * 5000):
        answer = await scene.http.post(f"{API}/analyze", content=content, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500, (content[:20], answer.status_code)
    await scene.submit()
    await scene.all_ended()
    assert before == {name: process.pid for name, process in scene.mesh.processes.items() if process.running}


async def poked(host: str, port: int, garbage: bytes) -> None:
    """Sends this to a port and waits until it hangs up, or a moment."""
    reader, writer = await asyncio.open_connection(host, port)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(0.5):
            writer.write(garbage)
            await writer.drain()
            while await reader.read(1000):
                pass
    writer.transport.abort()
