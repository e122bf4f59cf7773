"""One large upload: how fast it is taken, and by how much the serving process grows meanwhile.

The all-in-one runs in a process of its own, so that what grows there is the service and not whoever sends. `python -m
tests.load.large_upload` is that process.
"""

import asyncio
import hashlib
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from perito_runtime.logs import configure_logs
from perito_standalone.analyze import temporary_directory
from perito_standalone.supervisor import Supervisor, SupervisorSettings

BYTES = 2 * 2**30
MOST_GROWTH = 100 * 2**20
_BLOCK = b"2026-06-01,SKU-000001,L1,12,5.00\n" * (2**20 // 33)
_EVERY_SECONDS = 0.02
_BOUNDARY = "perito"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class LargeUpload:
    """`sent` bytes of one file in `seconds`; `growth`: bytes by which the serving process was larger at most."""

    sent: int
    seconds: float
    growth: int


def measure(say: Callable[[str], None], size: int = BYTES) -> LargeUpload:
    """Uploads so many bytes (whole blocks of nearly a mebibyte) to a service of its own.

    Raises AssertionError where they are not taken, or not as they were sent.
    """
    return asyncio.run(_measured(say, size // len(_BLOCK)))


async def _measured(say: Callable[[str], None], blocks: int) -> LargeUpload:
    async with (
        _service() as (pid, address, key),
        httpx.AsyncClient(base_url=f"http://{address}", headers={"X-API-Key": key}, timeout=600) as client,
    ):
        await _upload(client, 16)  # whatever is loaded for the first one is no growth of this one
        await asyncio.sleep(0.5)
        before = resident(pid)
        watching = asyncio.create_task(_largest(pid))
        began = time.perf_counter()
        sent = await _upload(client, blocks)
        seconds = time.perf_counter() - began
        watching.cancel()
        (largest,) = await asyncio.gather(watching)
    growth = max(0, largest - before)
    say(f"{sent / 2**30:.2f} GiB taken in {seconds:.1f} s; the service grew by {growth / 2**20:.1f} MiB at most")
    return LargeUpload(sent, seconds, growth)


async def _upload(client: httpx.AsyncClient, blocks: int) -> int:
    """Bytes of the file; the service has the same digest of them."""
    digest = hashlib.sha256()

    async def body() -> AsyncGenerator[bytes]:
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="ledger.csv"\r\n\r\n'
        yield head.encode()
        for _ in range(blocks):
            digest.update(_BLOCK)
            yield _BLOCK
        yield f"\r\n--{_BOUNDARY}--\r\n".encode()

    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    answer = await client.post("/api/forensic/datasets", content=body(), headers=headers)
    assert answer.status_code == 201, answer.text
    (stored,) = answer.json()["files"]
    assert (stored["bytes"], stored["sha256"]) == (blocks * len(_BLOCK), digest.hexdigest())
    return stored["bytes"]


async def _largest(pid: int) -> int:
    """Until it is cancelled: the most bytes that were resident at once."""
    largest = 0
    try:
        while True:
            largest = max(largest, resident(pid))
            await asyncio.sleep(_EVERY_SECONDS)
    except asyncio.CancelledError:
        return largest


def resident(pid: int) -> int:
    """Bytes of a process that are in memory now."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@asynccontextmanager
async def _service() -> AsyncGenerator[tuple[int, str, str]]:
    """Process, address and key of an all-in-one."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_ROOT
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        address, key = (await asyncio.wait_for(child.stdout.readline(), 60)).decode().split()
        yield child.pid, address, key
    finally:
        child.stdin.close()
        await asyncio.wait_for(child.wait(), 60)


async def _serve() -> None:
    """Serves until its input ends."""
    configure_logs("ERROR")
    async with (
        temporary_directory() as data_dir,
        Supervisor(SupervisorSettings(data_dir, listen="127.0.0.1:0")) as perito,
    ):
        sys.stdout.write(f"{perito.address} {perito.first_key}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
