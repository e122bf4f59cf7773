"""A phase process as the operator sees it: three lines of main, an environment, signals, exit codes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Unavailable
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata
from running_jobs import gone, names_in

HERE = Path(__file__).parent
TENANT = "11111111-1111-4111-8111-111111111111"
MAIN = """
from perito_kernel.phases import Phase
from perito_runtime.service import run_phase
run_phase(Phase("double", 2, "1.4", "compute_jobs:silent"))
"""


async def started(settings: dict[str, str], main: str = MAIN) -> asyncio.subprocess.Process:
    """A phase process with these settings."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE), **measured, **settings}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", main), env=environment, stderr=asyncio.subprocess.PIPE
    )


@asynccontextmanager
async def serving(folder: Path, **more: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """A phase process that listens."""
    settings = {"PERITO_LISTEN": f"unix:{folder}/s", "PERITO_OBJECTS": f"{folder}/o", "PERITO_WORK_DIR": f"{folder}/w"}
    process = await started({**settings, "PERITO_COMPUTE_SLOTS": "1", **more})
    assert process.stderr is not None
    try:
        line = b""
        while b'"serving"' not in line:
            line = await asyncio.wait_for(process.stderr.readline(), 30)
            assert line, "it ended before it served"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def request(delay: float) -> phase_pb2.RunPhaseRequest:
    """Work that takes so long."""
    return phase_pb2.RunPhaseRequest(tenant_id=TENANT, analysis_id=TENANT, fence=1, params_json=f'{{"delay": {delay}}}')


async def run(stub: "phase_pb2_grpc.PhaseServiceAsyncStub", delay: float) -> phase_pb2.RunPhaseResponse:
    """The last message of one attempt."""
    async with call_errors():
        messages = [m async for m in stub.RunPhase(request(delay), timeout=60, metadata=tenant_metadata(TENANT))]
    return messages[-1]


async def test_it_serves_drains_on_sigterm_and_leaves_nothing(short_dir: Path) -> None:
    async with serving(short_dir) as process, open_channel(f"unix:{short_dir}/s") as channel:
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        assert (await stub.DescribePhase(phase_pb2.DescribePhaseRequest())).slots == 1
        running = asyncio.create_task(run(stub, 1.5))
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert (await running).result.phase == "double"
        assert await asyncio.wait_for(process.wait(), 10) == 0
        with pytest.raises(Unavailable):
            await run(stub, 0)
    assert names_in(short_dir / "w") == []


async def test_work_longer_than_the_drain_is_handed_back(short_dir: Path) -> None:
    async with (
        serving(short_dir, PERITO_DRAIN_SECONDS="0.3") as process,
        open_channel(f"unix:{short_dir}/s") as channel,
    ):
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        running = asyncio.create_task(run(stub, 60))
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(Unavailable) as handed_back:
            await running
        assert handed_back.value.reason == "PHASE_LEAVING"
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert names_in(short_dir / "w") == []


async def test_while_it_gives_notice_it_says_that_it_leaves_and_still_takes_work(short_dir: Path) -> None:
    async with (
        serving(short_dir, PERITO_NOTICE_SECONDS="2", PERITO_HEALTH_SOCKET=f"{short_dir}/h") as process,
        open_channel(f"unix:{short_dir}/s") as channel,
    ):
        assert [await probed(short_dir, what) for what in ("live", "ready", "started")] == [0, 0, 0]
        assert [await told(short_dir / "h", what) for what in ("live", "ready", "started")] == ["yes"] * 3
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        assert [await told(short_dir / "h", what) for what in ("live", "ready", "started")] == ["yes", "no", "yes"]
        assert await probed(short_dir, "ready") == 1
        assert (await run(phase_pb2_grpc.PhaseServiceStub(channel), 0)).result.phase == "double"
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert await probed(short_dir, "live") == 1


async def told(path: Path, what: str) -> str:
    """What the health socket says."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(f"{what}\n".encode())
    answer = (await reader.read()).decode().strip()
    writer.close()
    return answer


async def probed(folder: Path, what: str) -> int:
    """Exit code of the probe of a phase that listens in this folder."""
    environment = {"PATH": os.environ["PATH"], "PERITO_LISTEN": f"unix:{folder}/s", "PERITO_OBJECTS": f"{folder}/o"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "perito_validation", "--probe", what), env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert (process.returncode == 0) == (said == b"")
    return process.returncode or 0


async def test_second_signal_ends_it_at_once(short_dir: Path) -> None:
    async with serving(short_dir) as process, open_channel(f"unix:{short_dir}/s") as channel:
        running = asyncio.create_task(run(phase_pb2_grpc.PhaseServiceStub(channel), 60))
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 1
        with pytest.raises(Unavailable):
            await running


async def test_killed_process_takes_its_children_with_it(short_dir: Path) -> None:
    async with serving(short_dir) as process:
        children = [int(pid) for pid in _children(process.pid)]
        assert len(children) == 1
        process.kill()
        await process.wait()
        assert await gone(children[0])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, ["PERITO_LISTEN: is required", "PERITO_OBJECTS: is required"]),
        ({"PERITO_LISTEN": "0.0.0.0:50051", "PERITO_OBJECTS": "o"}, ["loopback", "0.0.0.0:50051"]),
        ({"PERITO_LISTEN": "127.0.0.1:0", "PERITO_OBJECTS": "o", "PERITO_COMPUTE_SLOTS": "none"}, ["COMPUTE_SLOTS"]),
        ({"PERITO_LISTEN": "127.0.0.1:0", "PERITO_OBJECTS": "o", "PERITO_LOG_LEVEL": "LOUD"}, ["PERITO_LOG_LEVEL"]),
    ],
)
async def test_wrong_settings_are_told_in_a_sentence(settings: dict[str, str], words: list[str]) -> None:
    process = await started(settings)
    _, told = await process.communicate()
    assert process.returncode == 2
    assert [word for word in words if word not in told.decode()] == []
    assert b"Traceback" not in told


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


@pytest.mark.parametrize(
    ("secret", "answer"),
    [(None, "name a file with a secret"), ("short", "must hold 32 characters or more"), ("", "cannot be read")],
)
async def test_a_phase_that_reads_people_does_not_start_without_a_secret(
    short_dir: Path, secret: str | None, answer: str
) -> None:
    settings = {"PERITO_LISTEN": f"unix:{short_dir}/s", "PERITO_OBJECTS": f"{short_dir}/o"}
    if secret is not None:
        settings["PERITO_PSEUDONYM_SECRET_FILE"] = f"{short_dir}/secret"
    if secret:
        (short_dir / "secret").write_text(secret)
    process = await started(settings, MAIN.replace('"compute_jobs:silent"', '"compute_jobs:silent", personal=True'))
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert answer in said.decode()
    assert "PERITO_PSEUDONYM_SECRET_FILE" in said.decode()
