"""Children that die or must: at their deadline, of memory, of a crash, with their parent. The next job always runs."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest
from perito_kernel.errors import Exhausted, Unavailable
from perito_runtime.compute import ComputePool
from perito_runtime.compute_folder import ComputeFolder
from running_jobs import gone, is_running, job_for, names_in, run, taken

HERE = str(Path(__file__).parent)


async def _pid(pool: ComputePool) -> int:
    """The child of the seat that is next. Seats are taken in turn, so the other one is held meanwhile."""
    return int((await run(pool, "echo")).summary["pid"])


@pytest.mark.parametrize("function", ["stops", "sleeps"])
async def test_killed_at_the_deadline_whatever_it_does(pool: ComputePool, function: str) -> None:
    held = taken(pool)
    pid = await _pid(pool)
    began = asyncio.get_running_loop().time()
    with pytest.raises(Exhausted) as caught:
        await run(pool, function, seconds=0.5)
    assert caught.value.reason == "COMPUTE_TIME_EXCEEDED"
    assert asyncio.get_running_loop().time() - began < 3
    assert not is_running(pid)
    assert await _pid(pool) != pid
    held.release()


@pytest.mark.parametrize(
    "function",
    ["eats_in_one_bite", "eats_in_one_mapping", "eats_slowly", "eats_shared_memory", "eats_through_engine"],
)
async def test_child_that_eats_memory_dies_and_the_next_job_runs(pool: ComputePool, function: str) -> None:
    held = taken(pool)
    pid = await _pid(pool)
    with pytest.raises(Exhausted) as caught:
        await run(pool, function, seconds=60)
    assert caught.value.reason == "COMPUTE_MEMORY_EXCEEDED"
    assert caught.value.details == {"limit_mib": 384}
    assert not is_running(pid)
    assert await _pid(pool) != pid
    held.release()


async def test_memory_within_the_limit_is_left_alone(pool: ComputePool) -> None:
    assert (await run(pool, "eats", mib=200)).content_digest == "200"


async def test_child_that_keeps_much_memory_is_replaced(pool: ComputePool) -> None:
    held = taken(pool)
    pid = await _pid(pool)
    assert (await run(pool, "keeps", mib=250)).summary["pid"] == pid
    assert await _pid(pool) != pid
    held.release()


async def test_child_that_keeps_addresses_it_does_not_use_is_replaced(pool: ComputePool) -> None:
    """The limit of data counts them, so that another allocator in the same child would soon be refused."""
    held = taken(pool)
    pid = await _pid(pool)
    assert (await run(pool, "reserves")).summary["pid"] == pid
    assert await _pid(pool) != pid
    held.release()


async def test_addresses_that_are_not_touched_are_no_memory(pool: ComputePool) -> None:
    """Allocators had half as much again as was in use when 10 million rows went through a child of 1 GiB."""
    assert (await run(pool, "reserves", mib=700)).content_digest == "d" * 64


async def test_child_that_wrote_parquet_takes_the_next_job(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    async with ComputePool(1, 1536 * 1024**2, environment=environment, work_dir=tmp_path) as warm:
        pid = (await run(warm, "writes_parquet")).summary["pid"]
        assert (await run(warm, "writes_parquet")).summary["pid"] == pid


@pytest.mark.parametrize(("function", "name"), [("segfaults", "SIGSEGV"), ("leaves", "exit 3")])
async def test_crash_is_to_be_tried_again(pool: ComputePool, function: str, name: str) -> None:
    with pytest.raises(Unavailable) as caught:
        await run(pool, function)
    assert caught.value.reason == "COMPUTE_CRASHED"
    assert caught.value.details == {"signal": name}
    assert [(await run(pool, "echo")).artifacts[0].rows for _ in range(2)] == [1, 1]


async def test_failed_allocation_in_native_code_is_memory_and_not_a_crash(pool: ComputePool) -> None:
    with pytest.raises(Exhausted) as caught:
        await run(pool, "aborts_of_memory")
    assert caught.value.reason == "COMPUTE_MEMORY_EXCEEDED"


async def test_child_killed_from_outside_in_the_middle_of_a_job(pool: ComputePool) -> None:
    held = taken(pool)
    pid = await _pid(pool)
    work = asyncio.create_task(run(pool, "sleeps"))
    await asyncio.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unavailable) as caught:
        await work
    assert caught.value.reason == "COMPUTE_CRASHED"
    assert (await run(pool, "echo")).content_digest
    held.release()


async def test_child_killed_in_its_sleep_costs_nobody_a_job(pool: ComputePool) -> None:
    held = taken(pool)
    pid = await _pid(pool)
    os.kill(pid, signal.SIGKILL)
    assert await gone(pid)
    await asyncio.sleep(0.1)  # until asyncio has seen it too
    assert await _pid(pool) != pid
    held.release()


async def test_cancelling_who_waits_kills_the_child(pool: ComputePool) -> None:
    held = taken(pool)
    pid = await _pid(pool)
    work = asyncio.create_task(run(pool, "stops"))
    await asyncio.sleep(0.2)
    assert is_running(pid)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not is_running(pid)
    assert pool.busy == 1
    assert await _pid(pool) != pid
    held.release()


async def test_answer_beyond_all_bounds_is_refused(pool: ComputePool) -> None:
    with pytest.raises(Exception, match="COMPUTE_ANSWER_TOO_LONG"):
        await run(pool, "tells_too_much")
    assert (await run(pool, "echo")).content_digest


async def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import asyncio, sys
        from pathlib import Path
        sys.path.insert(0, {HERE!r})
        from perito_runtime.compute import ComputePool
        from running_jobs import job_for, run, taken

        async def main():
            pool = ComputePool(2, preload=(), environment={{"PYTHONPATH": {HERE!r}}}, work_dir=Path(sys.argv[1]))
            async with pool:
                await pool.ready()
                pids = []
                for held in (taken(pool), taken(pool)):
                    pids.append((await held.run("compute_jobs:echo", job_for(pool, held), print, 9)).summary["pid"])
                    asyncio.create_task(held.run("compute_jobs:stops", job_for(pool, held), print, 99))
                await asyncio.sleep(0.3)
                print("PIDS", *pids, flush=True)
                await asyncio.sleep(99)
        asyncio.run(main())
    """)
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    line = b""
    while not line.startswith(b"PIDS"):
        line = await asyncio.wait_for(parent.stdout.readline(), 20)
        assert line
    pids = [int(word) for word in line.split()[1:]]
    assert all(is_running(pid) for pid in pids)
    parent.kill()
    await parent.wait()
    assert [await gone(pid) for pid in pids] == [True, True]
    assert len(names_in(tmp_path)) == 1
    folder = ComputeFolder(tmp_path)
    folder.open()
    assert names_in(tmp_path) == [folder.path.name]
    folder.close()


def test_folder_that_another_pool_swept_meanwhile_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Services of one machine start at once and share its temporary folder."""
    left = tmp_path / "perito-compute-swept"

    def listed(*_: object) -> list[Path]:
        return [left]

    monkeypatch.setattr(Path, "glob", listed)
    folder = ComputeFolder(tmp_path)
    folder.open()
    assert folder.path.is_dir()
    folder.close()


async def test_folder_of_a_living_pool_is_not_swept(pool: ComputePool, tmp_path: Path) -> None:
    with taken(pool) as slot:
        other = ComputeFolder(tmp_path)
        other.open()
        assert slot.out.is_dir()
        other.close()
        outcome = await slot.run("compute_jobs:echo", job_for(pool, slot), lambda _f, _s: None, 20)
    assert json.loads(json.dumps(outcome.summary))["threads"] == 1
