"""An object store that is away, slow, failing or lying: work waits for it, and no answer is made of wrong bytes."""

import asyncio

from tests.faults.checker import Limits
from tests.faults.proxy import Faults
from tests.faults.row import BUCKET, row
from tests.faults.scene import API, Scene
from tests.faults.waiting import until
from tests.mesh.house import PHASES

AWAY_SECONDS = 8.0
SLOW_SECONDS = 0.05
CUTS = 3
AWAY = Limits(allowed=frozenset({(503, "OBJECT_STORE_FAILED")}))


@row(
    "30a",
    "object store away while phases work",
    "uploads are refused with 503 and Retry-After; work waits and goes on, and no attempt is spent",
    bound=30,
    limits=AWAY,
    house=BUCKET,
)
async def away(scene: Scene) -> None:
    await under_way(scene)
    scene.bucket.away()
    try:
        await refused(scene)
        await asyncio.sleep(AWAY_SECONDS)
    finally:
        scene.bucket.sound()
    scene.faulted()
    await scene.all_ended()


@row("30b", "object store slow", "work takes longer and ends the same", house=BUCKET)
async def slow(scene: Scene) -> None:
    scene.bucket.wire.faults = Faults(latency=SLOW_SECONDS)
    try:
        await under_way(scene)
        await scene.all_ended()
    finally:
        scene.bucket.sound()


@row(
    "30c",
    "object store answers 500",
    "uploads are refused with 503 and Retry-After; work waits and goes on, and no attempt is spent",
    bound=30,
    limits=AWAY,
    house=BUCKET,
)
async def failing(scene: Scene) -> None:
    await under_way(scene)
    scene.bucket.service.misbehave(status=500)
    try:
        await refused(scene)
        await asyncio.sleep(AWAY_SECONDS)
    finally:
        scene.bucket.sound()
    scene.faulted()
    await scene.all_ended()


@row("30d", "object store cuts what is read", "it is read again; the answers are the same", house=BUCKET)
async def cutting(scene: Scene) -> None:
    struck = scene.bucket.service.struck
    scene.bucket.service.misbehave(cut=True)
    try:
        await under_way(scene)
        await until(lambda: scene.bucket.service.struck > struck + CUTS)
    finally:
        scene.bucket.sound()
    await scene.all_ended()


@row(
    "30e",
    "object store gives other bytes of the books than it was given",
    "it is read again, then the analysis fails with DATASET_CORRUPT, and never answers anything wrong",
    house=BUCKET,
)
async def lying(scene: Scene) -> None:
    struck = scene.bucket.service.struck
    scene.bucket.service.misbehave(changed="/datasets/")
    try:
        analysis = await scene.submit()
        scene.expect(analysis, ends=frozenset({"failed"}), failing=frozenset(PHASES))
        status = await scene.ended(analysis)
        validation = next(phase for phase in status.phases if phase.phase == "validation")
        assert validation.error is not None, status
        assert (validation.attempts, validation.error.reason) == (3, "DATASET_CORRUPT"), status
        assert scene.bucket.service.struck > struck
    finally:
        scene.bucket.sound()
    await scene.submit()
    await scene.all_ended()


async def under_way(scene: Scene) -> None:
    """Three analyses, of which one is at work, and none may spend a second attempt."""
    for _ in range(3):
        scene.expect(await scene.submit(), attempts=1)
    await scene.until_busy()


async def refused(scene: Scene) -> None:
    """An upload is told to come again."""
    answer = await scene.http.post(f"{API}/datasets", files={"files": ("a.csv", b"a,b\n1,2\n")})
    assert (answer.status_code, answer.json()["reason"]) == (503, "OBJECT_STORE_FAILED"), answer.text
    assert answer.headers["Retry-After"]
