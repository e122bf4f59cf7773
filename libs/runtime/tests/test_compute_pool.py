"""The pool with real children: what a job gets, what comes back, who may run when."""

import asyncio
import os
import stat
from pathlib import Path

import pytest
from perito_kernel.errors import Internal, Invalid, Unavailable
from perito_kernel.phases import RuleStatus
from perito_runtime.compute import ComputePool
from running_jobs import gone, job_for, names_in, run, taken


async def test_outcome_and_progress_come_back(pool: ComputePool) -> None:
    heard: list[tuple[float, str]] = []
    with taken(pool) as slot:
        outcome = await slot.run("compute_jobs:echo", job_for(pool, slot), lambda f, s: heard.append((f, s)), 20)
        assert (slot.out / "seen.json").is_file()
        assert outcome.summary["cwd"] == str(slot.scratch)
    assert outcome.artifacts[0].name == "seen.json"
    assert outcome.rules[0].status is RuleStatus.PASSED
    assert outcome.rules[0].facts == {"net": "-110"}
    assert heard == [(0.5, "half way")]


async def test_stray_prints_do_not_reach_the_channel(pool: ComputePool) -> None:
    first = await run(pool, "noisy")
    assert first.artifacts[0].rows == 1


async def test_progress_is_thinned_out_in_the_child(pool: ComputePool) -> None:
    heard: list[float] = []
    with taken(pool) as slot:
        await slot.run("compute_jobs:chatty", job_for(pool, slot), lambda f, _: heard.append(f), 20)
    assert heard
    assert len(heard) < 100


async def test_error_of_the_function_comes_back_as_it_was(pool: ComputePool) -> None:
    with pytest.raises(Invalid) as caught:
        await run(pool, "refuses")
    assert caught.value.reason == "DATE_UNREADABLE"
    assert caught.value.message == "Row 7 holds no date."
    assert caught.value.details == {"file": "sales.csv", "row": 7}


async def test_any_other_exception_is_internal_and_tells_nothing(pool: ComputePool) -> None:
    with pytest.raises(Internal) as caught:
        await run(pool, "breaks")
    assert caught.value.reason == "COMPUTE_FAILED"
    assert "secret" not in str(caught.value)


async def test_slots_are_counted_and_come_back(pool: ComputePool) -> None:
    first, second = taken(pool), taken(pool)
    assert pool.try_acquire() is None
    assert (pool.slots, pool.busy) == (2, 2)
    first.release()
    first.release()
    assert pool.busy == 1
    third = taken(pool)
    assert pool.try_acquire() is None
    third.release()
    second.release()
    assert pool.busy == 0


async def test_two_jobs_run_at_the_same_time(pool: ComputePool) -> None:
    await pool.ready()
    began = asyncio.get_running_loop().time()
    first, second = await asyncio.gather(run(pool, "silent", seconds=9, delay=1), run(pool, "silent", delay=1))
    assert asyncio.get_running_loop().time() - began < 1.9
    assert first.summary["pid"] != second.summary["pid"]


async def test_child_serves_several_jobs_and_is_replaced_in_time(pool: ComputePool) -> None:
    held = taken(pool)  # so that the other seat gets every job
    pids = [(await run(pool, "echo")).summary["pid"] for _ in range(7)]
    held.release()
    assert pids[0] == pids[1] == pids[2]
    assert pids[3] == pids[4] == pids[5]
    assert len(set(pids)) == 3
    assert await gone(pids[0])


async def test_folder_of_a_job_is_private_and_removed(pool: ComputePool) -> None:
    with taken(pool) as slot:
        folder = slot.folder
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        (slot.scratch / "spill").write_bytes(b"x" * 1000)
    for _ in range(200):
        if not folder.exists():
            break
        await asyncio.sleep(0.01)
    assert not folder.exists()


async def test_seat_survives_a_folder_that_cannot_be_made(pool: ComputePool, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "mkdir", full)
        with pytest.raises(OSError, match="No space left"):
            pool.try_acquire()
    assert pool.busy == 0
    assert (await run(pool, "echo")).content_digest


async def test_child_sees_no_secret_and_its_own_process_group(
    pool: ComputePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERITO_APP_DSN", "postgresql://app:secret@/perito")
    async with ComputePool(
        1, 512 * 1024**2, preload=("duckdb",), environment={"PYTHONPATH": str(Path(__file__).parent)}, work_dir=tmp_path
    ) as fresh:
        world = (await run(fresh, "tells_its_world")).summary
    assert "PERITO_APP_DSN" not in world["environment"]
    assert "PATH" in world["environment"]
    assert world["modules"] == ["duckdb"]
    assert world["group"] != os.getpgid(0)
    assert world["collects"], "what a job leaves behind is collected"


async def test_module_that_cannot_be_preloaded_is_a_clear_failure(tmp_path: Path) -> None:
    async with ComputePool(1, preload=("no_such_module",), work_dir=tmp_path) as broken:
        with pytest.raises(Internal) as caught:
            await broken.ready()
    assert caught.value.reason == "COMPUTE_START_FAILED"


async def test_warm_job_starts_in_milliseconds(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    async with ComputePool(1, environment=environment, work_dir=tmp_path) as warm:
        await warm.ready()
        await run(warm, "echo")  # imports the module of the function
        began = asyncio.get_running_loop().time()
        await run(warm, "echo")
        assert asyncio.get_running_loop().time() - began < 0.25
        assert (await run(warm, "tells_its_world")).summary["modules"] == ["duckdb", "pyarrow"]


async def test_chores_are_done_while_no_job_waits(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    chores = ("compute_jobs:sweeps",)
    async with ComputePool(1, preload=chores, environment=environment, work_dir=tmp_path) as tidy:
        for _ in range(2):  # before the first job and after one; a job that comes sooner does not wait for them
            while (await run(tidy, "tells_what_is_swept")).summary["rooms"] != 3:  # noqa: ASYNC110  # another process
                await asyncio.sleep(0.05)


async def test_closing_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    async with ComputePool(1, preload=(), environment=environment, work_dir=tmp_path) as brief:
        pid = (await run(brief, "echo")).summary["pid"]
    assert await gone(pid)
    assert names_in(tmp_path) == []


async def test_slot_released_after_closing_starts_nothing(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    async with ComputePool(1, preload=(), environment=environment, work_dir=tmp_path) as brief:
        slot = taken(brief)
        work = asyncio.create_task(
            slot.run("compute_jobs:sleeps", job_for(brief, slot), lambda _fraction, _step: None, 20)
        )
        await asyncio.sleep(0.3)
    with pytest.raises(Unavailable):
        await work
    before = asyncio.all_tasks()
    slot.release()
    assert asyncio.all_tasks() == before
    assert brief.try_acquire() is None
    with pytest.raises(Unavailable) as caught:
        await brief.start_child()
    assert caught.value.reason == "COMPUTE_CLOSED"


@pytest.mark.parametrize("moment", [0, 0.001, 0.005, 0.02, 0.1])
async def test_closing_while_children_are_on_their_way(tmp_path: Path, moment: float) -> None:
    for _ in range(3):
        async with asyncio.timeout(10):
            async with ComputePool(2, work_dir=tmp_path):
                await asyncio.sleep(moment)
        assert names_in(tmp_path) == []
