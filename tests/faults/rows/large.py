"""Books that are too large, for the edge or for the memory of those who examine them, and files that are made to be."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import psutil
from perito_runtime.compute_limits import private_bytes

from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.load.books import write_books
from tests.mesh.house import PHASES

LARGE_ROWS = 8_000_000
"""Movements of a ledger of 540 MiB."""
LESS_MEMORY = "512MiB"
"""Of the one compute child that each phase then has: less than the ledger alone."""
TOO_LITTLE_MEMORY = "192MiB"
BOUND_OF_A_FILE = 50_000
MOST_FOR_A_HOSTILE_FILE = 256 << 20
"""Bytes that a compute child may take for it."""
_CHUNK = 1 << 20
_MAPPING = "{version: 1, currency: EUR, timezone: UTC, files: {%s: {tables: {products: {columns: {product: id}}}}}}"


@row("36a", "a file larger than the edge takes", "413 with the bound, and nothing is kept of it")
async def refused(scene: Scene) -> None:
    (edge,) = scene.mesh.edges[:1]
    kept = await scene.count("SELECT count(*) FROM datasets")
    await edge.stop()
    await edge.start(PERITO_MAX_FILE_BYTES=f"{BOUND_OF_A_FILE}")
    try:
        files = {"files": ("users.csv", bytes(BOUND_OF_A_FILE + 1))}
        answer = await scene.http.post(f"{API}/datasets", files=files)
        assert (answer.status_code, answer.json()["reason"]) == (413, "FILE_TOO_LARGE"), answer.text
        assert f"{BOUND_OF_A_FILE}" in answer.json()["detail"], answer.text
        assert await scene.count("SELECT count(*) FROM datasets") == kept
    finally:
        await edge.stop()
        await edge.start()
    await scene.submit()
    await scene.all_ended()


@row(
    "36b",
    "books larger than the memory of every process that examines them",
    "they are examined all the same, with the same result as with ample memory",
    hangs=300,
)
async def examined_with_little(scene: Scene) -> None:
    folder = scene.mesh.folder / "large"
    await asyncio.to_thread(write_books, folder, LARGE_ROWS)
    files = sorted(folder.glob("*.csv"))
    assert (folder / "ledger.csv").stat().st_size > 512 << 20
    dataset = (await scene.client.upload(files, folder / "mapping.yaml")).dataset_id
    undisturbed = await scene.client.submit(dataset)
    await scene.ended(undisturbed.id)
    digests = await answered(scene, undisturbed.id)
    async with phases_with(scene, PHASES, LESS_MEMORY):
        analysis = await scene.submit(dataset=dataset)
        scene.expect(analysis, digests=digests, attempts=1)
        await scene.all_ended()


@row(
    "36c",
    "books that need more memory than there is",
    "that analysis fails at once with COMPUTE_MEMORY_EXCEEDED, the service lives, others pass",
)
async def too_little(scene: Scene) -> None:
    folder = scene.mesh.folder / "too large"
    await asyncio.to_thread(write_books, folder, LARGE_ROWS // 2)
    dataset = (await scene.client.upload(sorted(folder.glob("*.csv")), folder / "mapping.yaml")).dataset_id
    async with phases_with(scene, PHASES[:1], TOO_LITTLE_MEMORY):
        before = scene.mesh.of(PHASES[0])[0].pid
        assert await reason_of(scene, await scene.submit(dataset=dataset)) == "COMPUTE_MEMORY_EXCEEDED"
        scene.expect(await scene.submit(), attempts=1)
        await scene.all_ended()
        process = scene.mesh.of(PHASES[0])[0]
        assert process.running
        assert process.pid == before


@row("37a", "a file that expands a thousand times", "refused, in two seconds and 256 MiB", bound=2)
async def bomb(scene: Scene) -> None:
    await hostile(scene, "b.csv.gz", lambda path: path.write_bytes(gzip.compress(bytes(1 << 30))), "INTAKE_BOMB")


@row("37b", "a table of a million columns", "refused, in two seconds and 256 MiB", bound=2)
async def wide(scene: Scene) -> None:
    text = ",".join(f"column{number}" for number in range(1_000_000))
    await hostile(scene, "b.csv", lambda path: path.write_text(f"{text}\n{text}\n", "ascii"), "INTAKE_LINE_TOO_LONG")


@row("37c", "a cell of 1 GiB", "its record is set aside and told, in 256 MiB")
async def giant_cell(scene: Scene) -> None:
    dataset = await uploaded(scene, "b.csv", write_giant)
    most = [0]
    async with children_watched(scene, most):
        analysis = await scene.submit(dataset=dataset)
        await scene.ended(analysis)
    assert 0 < most[0] < MOST_FOR_A_HOSTILE_FILE, f"{most[0] >> 20} MiB"
    scene.expect(analysis, digests=await answered(scene, analysis), attempts=1)
    assert [finding.rule_id async for finding in scene.client.findings(analysis, rules=["V-002"])] == ["V-002"]
    await scene.all_ended()


def write_giant(path: Path) -> None:
    """One cell of 1 GiB below one that is sound."""
    with path.open("wb") as file:
        file.write(b'id\n1\n"')
        for _ in range(1 << 30 >> 20):
            file.write(b"x" * _CHUNK)
        file.write(b'"\n')


async def uploaded(scene: Scene, name: str, write: Callable[[Path], object]) -> UUID:
    """A dataset of the one file that `write` makes."""
    path, mapping = scene.mesh.folder / name, scene.mesh.folder / "hostile.yaml"
    await asyncio.to_thread(write, path)
    mapping.write_text(_MAPPING % name, "utf-8")
    dataset = (await scene.client.upload([path], mapping)).dataset_id
    path.unlink()
    return dataset


async def hostile(scene: Scene, name: str, write: Callable[[Path], object], reason: str) -> None:
    """The analysis of such a file fails for this reason in little memory, and others pass. The row's time is that of
    the phase that refuses it."""
    dataset, most = await uploaded(scene, name, write), [0]
    async with children_watched(scene, most):
        analysis = await scene.submit(dataset=dataset)
        await scene.until_running(analysis, PHASES[0])
        scene.faulted()
        found = await reason_of(scene, analysis)
        scene.mended()
    assert found == reason, found
    assert 0 < most[0] < MOST_FOR_A_HOSTILE_FILE, f"{most[0] >> 20} MiB"
    await scene.submit()
    await scene.all_ended()


async def reason_of(scene: Scene, analysis: UUID) -> str:
    """Why validation gave no result, the first time. What depends on it is skipped, and the report says so: there is
    no other that it could be compared with."""
    status = await scene.ended(analysis)
    failing, report = frozenset(PHASES[:-1]), await answered(scene, analysis)
    scene.expect(analysis, ends=frozenset({"failed"}), failing=failing, digests=report, attempts=1)
    failed = next(phase for phase in status.phases if phase.phase == PHASES[0])
    return str(failed.error and failed.error.reason)


async def answered(scene: Scene, analysis: UUID) -> Mapping[str, str]:
    """Digests of the phases that gave a result."""
    summaries = (await scene.client.analysis(analysis)).summaries
    return {str(summary.phase): str(summary.content_digest) for summary in summaries if summary.content_digest}


@asynccontextmanager
async def phases_with(scene: Scene, phases: tuple[str, ...], memory: str) -> AsyncGenerator[None]:
    """These phases have one compute child each, with so much memory."""
    processes = [process for phase in phases for process in scene.mesh.of(phase)]

    async def again(**more: str) -> None:
        await asyncio.gather(*(process.stop() for process in processes if process.running))
        await asyncio.gather(*(process.start(**more) for process in processes))

    await again(PERITO_COMPUTE_SLOTS="1", PERITO_COMPUTE_MEMORY=memory)
    try:
        yield
    finally:
        await again()


@asynccontextmanager
async def children_watched(scene: Scene, most: list[int]) -> AsyncGenerator[None]:
    """The most private memory that a compute child of validation had, in bytes, in the first place of `most`."""

    async def watch() -> None:
        while True:
            for process in scene.mesh.of(PHASES[0]):
                with contextlib.suppress(psutil.NoSuchProcess):
                    children = psutil.Process(process.pid).children()
                    most[0] = max(most[0], *(private_bytes(child.pid) for child in children), 0)
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])
