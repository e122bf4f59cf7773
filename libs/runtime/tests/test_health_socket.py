"""The health socket: one word in, yes or no out, whatever else is sent."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from perito_runtime.health_socket import HealthSocket

ASK = Path(__file__).resolve().parents[3] / "deploy" / "health.py"


async def ready_alone(what: str) -> bool:
    return what == "ready"


@asynccontextmanager
async def answering(path: Path) -> AsyncGenerator[None, None]:
    health = HealthSocket(path, ready_alone)
    await health.start()
    try:
        yield
    finally:
        await health.stop()


async def asked(path: Path, what: str) -> tuple[int, str]:
    """Exit code and output of the health check of a container."""
    command = [sys.executable, "-I", "-S", str(ASK), what]
    environment = {**os.environ, "PERITO_HEALTH_SOCKET": str(path)}
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()


async def test_the_check_of_a_container_hears_yes_and_no(short_dir: Path) -> None:
    path = short_dir / "health"
    async with answering(path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert await asked(path, "ready") == (0, "yes")
        assert await asked(path, "live") == (1, "no")
    code, said = await asked(path, "ready")
    assert (code, said.partition(":")[0]) == (1, "no")
    assert not path.exists()


async def test_a_socket_that_a_killed_process_left_is_taken_over(short_dir: Path) -> None:
    path = short_dir / "health"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with answering(path):
        assert await asked(path, "ready") == (0, "yes")


@pytest.mark.parametrize("sent", [b"", b"\n", b"ready please\n", b"x" * 10_000 + b"\n", b"\xff\xfe\n", b"READY\n"])
async def test_whatever_else_is_sent_is_no_and_the_next_is_answered(short_dir: Path, sent: bytes) -> None:
    path = short_dir / "health"
    async with answering(path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(sent)
        writer.write_eof()
        assert await reader.read() in {b"no\n", b""}
        writer.close()
        assert await asked(path, "ready") == (0, "yes")


async def test_without_a_path_there_is_none() -> None:
    health = HealthSocket(None, ready_alone)
    await health.start()
    await health.stop()
