"""The edge as a process of its own: it starts without anything, says what it lacks, and leaves in order."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from .orchestrator_double import KEY, Double

BASE = "http://edge/api/forensic"


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Settings of an edge in this folder."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    own = {"PERITO_LISTEN": f"unix:{folder}/edge", "PERITO_OBJECTS": f"{folder}/objects"}
    return {"PATH": os.environ["PATH"], **measured, "PERITO_ORCHESTRATOR": f"unix:{folder}/nobody", **own, **more}


@asynccontextmanager
async def serving(folder: Path, **more: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """An edge that listens on `edge` in the folder."""
    command = (sys.executable, "-m", "perito_edge")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment(folder, **more), stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        while b'"serving"' not in await asyncio.wait_for(process.stderr.readline(), 30):
            assert process.returncode is None, "it ended before it served"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def probed(folder: Path, what: str) -> int | None:
    """Exit code of a probe."""
    command = (sys.executable, "-m", "perito_edge", "--probe", what)
    process = await asyncio.create_subprocess_exec(*command, env=environment(folder), stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


async def told(path: Path, what: str) -> str:
    """What the health socket says."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(f"{what}\n".encode())
    answer = (await reader.read()).decode().strip()
    writer.close()
    return answer


def client(folder: Path) -> httpx.AsyncClient:
    """To the edge in the folder."""
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=f"{folder}/edge"), base_url=BASE, timeout=10)


async def test_without_an_orchestrator_it_lives_and_is_not_ready(folder: Path) -> None:
    async with serving(folder, PERITO_HEALTH_SOCKET=f"{folder}/h") as process, client(folder) as http:
        assert (await http.get("/health")).json()["checks"] == {"orchestrator": "unreachable"}
        assert [await told(folder / "h", what) for what in ("live", "ready", "started")] == ["yes", "no", "yes"]
        assert [await probed(folder, what) for what in ("live", "ready", "started")] == [0, 1, 0]
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert await probed(folder, "live") == 1


async def test_told_to_stop_it_is_not_ready_first_and_still_answers(double: Double, folder: Path) -> None:
    address = {"PERITO_ORCHESTRATOR": f"unix:{folder}/o", "PERITO_NOTICE_SECONDS": "1.5"}
    async with serving(folder, **address) as process, client(folder) as http:
        assert (await http.get("/health")).json()["status"] == "ready"
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.2)
        answer = await http.get("/health")
        assert (answer.status_code, answer.json()["checks"]) == (503, {"edge": "stopping"})
        listed = await http.get("/list", headers={"X-API-Key": KEY})
        assert (listed.status_code, double.count("ListAnalyses")) == (200, 1)
        assert await asyncio.wait_for(process.wait(), 10) == 0
