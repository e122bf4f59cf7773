"""What surrounds the processes: clocks that are wrong, scratch that is full, a balancer that sees everybody restart."""

import asyncio
import contextlib
from pathlib import Path

from tests.faults.load import loaded
from tests.faults.observer import Observer, observed
from tests.faults.row import row
from tests.faults.scene import API, Scene
from tests.servers import balancer, programs
from tests.servers.haproxy import LOOK_SECONDS


@row("31", "no space is left where a phase works", "tried again; nothing is left in its folder")
async def scratch_full(scene: Scene) -> None:
    word = scene.points.arm("compute.begun[validation]=raise(ENOSPC):once")
    analysis = await scene.submit()
    await scene.points.struck(word)
    await scene.all_ended()
    query = "SELECT attempt FROM phase_runs WHERE analysis_id = $1 AND phase = 'validation'"
    assert await scene.count(query, analysis) == 2
    await asyncio.sleep(1)
    left = await asyncio.to_thread(files_in, scene.mesh.folder / "work" / "validation-1")
    assert not left, left


def files_in(folder: Path) -> list[Path]:
    """What jobs left below. A pool's lock is none of that: it is there for as long as the pool lives."""
    pools = {pool / "lock" for pool in folder.glob("perito-compute-*")}
    return [path for path in folder.rglob("*") if path.is_file() and path not in pools]


@row(
    "34",
    "one orchestrator's clock is an hour ahead, and jumps two hours back",
    "leases, the order of events and the age of objects are the database's",
)
async def clock_wrong(scene: Scene) -> None:
    library = programs.faketime()
    if library is None:
        raise programs.ServerMissing("faketime")
    first = scene.mesh.of("orchestrator")[0]
    clock = scene.mesh.folder / "clock"
    clock.write_text("+1h")
    await first.stop()
    await first.start(
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_CACHE_DURATION="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    try:
        for analysis in await asyncio.gather(*(scene.submit() for _ in range(4))):
            scene.expect(analysis, attempts=1)
        await asyncio.gather(*(scene.until_running(analysis, "validation") for analysis in scene.accepted))
        clock.write_text("-1h")
        await scene.all_ended()
        unordered = (
            "SELECT count(*) FROM (SELECT occurred_at < lag(occurred_at) OVER (PARTITION BY analysis_id ORDER BY"
            " sequence) AS back FROM events) AS e WHERE back"
        )
        assert await scene.count(unordered) == 0
    finally:
        await first.stop()
        await first.start()


@row("15r", "every process of every service restarted in turn, under load", "no request fails behind a balancer")
async def rolling_everything(scene: Scene) -> None:
    addresses = [scene.mesh.address("edge", edge.number) for edge in scene.mesh.edges]
    seen, through = Observer(), contextlib.ExitStack()
    url = await asyncio.to_thread(through.enter_context, balancer(addresses, f"{API}/health?probe=ready"))
    try:
        async with observed(url, scene.mesh.key, seen) as (client, http), loaded(scene):
            asking = True

            async def ask() -> None:
                while asking:
                    await http.get(f"{API}/list")
                    accepted = await client.submit(scene.dataset)
                    scene.expect(accepted.id, attempts=1)
                    await client.wait(accepted.id)

            asks = [asyncio.create_task(ask()) for _ in range(2)]
            for process in list(scene.mesh.processes.values()):
                notice = {"PERITO_NOTICE_SECONDS": f"{5 * LOOK_SECONDS}"}
                assert await process.stop() == 0, f"{process.name} left with {process.code}"
                await process.start(**notice)
                await asyncio.sleep(2 * LOOK_SECONDS)
            asking = False
            await asyncio.gather(*asks)
    finally:
        await asyncio.to_thread(through.close)
    failed = seen.failed()
    assert not failed, f"{len(failed)} of {len(seen.answers)} requests failed, such as {failed[0]}"
