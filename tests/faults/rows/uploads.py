"""Edges that die while books come in: what they had stored is nobody's, and goes."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator

import httpx

from tests.faults.row import BUCKET, row
from tests.faults.scene import API, Scene
from tests.faults.times import SWEPT_SOON
from tests.faults.waiting import until

DATASETS = "SELECT count(*) FROM datasets"
BEGUN_BYTES = 24 << 20
"""Above what goes into a bucket as one request: of these the first parts have arrived when the edge dies."""
SWEPT_SECONDS = float(SWEPT_SOON["PERITO_ORPHAN_SECONDS"]) + 15
"""How old an orphan must be, and two looks at everything there is, on a machine with other work."""
FAULT = "edge killed in the middle of an upload"
PROMISE = "no dataset; what had arrived is swept, unfinished uploads too, after 15 minutes in production"


@row("4a", f"{FAULT}, into a folder", PROMISE, bound=SWEPT_SECONDS)
@row("4b", f"{FAULT}, into a bucket", PROMISE, bound=SWEPT_SECONDS, house=BUCKET)
async def in_the_middle(scene: Scene) -> None:
    known, registered = await stored(scene), await scene.count(DATASETS)
    (edge,) = scene.mesh.edges[:1]
    go = asyncio.Event()
    uploading = asyncio.create_task(upload(scene, go))
    try:
        await until(lambda: begun(scene, known))
        edge.signal(signal.SIGKILL)
        scene.faulted()
        await edge.ended()
    finally:
        go.set()
    assert await uploading is None, "the client was told that it had been taken"
    assert await stored(scene) - known, "nothing had arrived: nothing was tried"
    await edge.start()

    async def swept() -> bool:
        return not await stored(scene) - known

    await until(swept, SWEPT_SECONDS + 30, every=0.5)
    scene.mended()
    assert await scene.count(DATASETS) == registered
    await scene.submit()
    await scene.all_ended()


async def upload(scene: Scene, go: asyncio.Event) -> int | None:
    """The status of an upload that stands still after `BEGUN_BYTES` until it may go on; None where it was cut."""

    async def body() -> AsyncGenerator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="ledger.csv"\r\n\r\n'
        for _ in range(BEGUN_BYTES >> 20):
            yield b"0,1,2,3\n" * (1 << 17)
        await go.wait()
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with contextlib.suppress(httpx.TransportError):
        return (await scene.http.post(f"{API}/datasets", content=body(), headers=headers)).status_code
    return None


async def begun(scene: Scene, known: set[str]) -> bool:
    """Whether something of an upload has arrived that was not there before."""
    return any(name.startswith("unfinished ") for name in await stored(scene) - known)


async def stored(scene: Scene) -> set[str]:
    """Objects, and writes that have not ended, by name."""
    store = scene.mesh.store
    objects = {each.key async for page in store.list_objects() for each in page}
    writes = {f"unfinished {each.key} {each.token}" async for page in store.list_unfinished() for each in page}
    return objects | writes
