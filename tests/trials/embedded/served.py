"""The all-in-one that is killed: a served data directory, what it leaves there, and its database seen from outside."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import psutil
from perito_orchestrator.roles import Connection
from perito_runtime.objects import LocalObjectStore
from perito_runtime.obstore_objects import STAGING
from perito_standalone.data_directory import read_secrets
from perito_standalone.postgres_process import end, living_server
from perito_standalone.postgres_watchdog import is_postgres, postmaster

from services.standalone.tests.house import House, gone
from tests.faults import checker
from tests.faults.points import Failpoints
from tests.trials.harness.sources import ROOT

_ARMED = [sys.executable, "-m", "tests.faults.armed_perito"]
_OLD_SECONDS = 7_200.0
"""Older than any object may become that nobody refers to."""
_PATIENCE_SECONDS = 120.0
_STOP_SECONDS = 30.0
_OPEN = ("pending", "running")


class Served(House):
    """`points` arms failpoints in the serving process and in its compute children."""

    def __init__(self, folder: Path) -> None:
        self.points = Failpoints(folder / "points")
        environment = {**self.points.environment, "PYTHONPATH": str(ROOT)}
        super().__init__(folder / "data", _ARMED, environment)
        self.socket_folders: set[Path] = set()
        """Every folder of sockets that a start made."""

    def until_serving(self) -> None:
        """As a house does, and remembers where its sockets are, which is outside the data directory."""
        super().until_serving()
        links = (self.data_dir / "sockets", self.data_dir / "postgres-socket")
        self.socket_folders |= {link.readlink() for link in links}

    def said(self, lines: int = 20) -> str:
        """The end of its log, without what is only told for information."""
        log = (self.data_dir.parent / "serve.log").read_text("utf-8", "replace").splitlines()
        return "\n".join([line for line in log if '"level": "info"' not in line][-lines:])

    @property
    def database_pid(self) -> int:
        """Process id of the postmaster; 0 where none is known."""
        return (postmaster(self.data_dir / "postgres") or (0,))[0]

    def post(self, dataset: str, key: str) -> UUID:
        """Submits with an Idempotency-Key. Raises httpx.TransportError where the process dies before it answers."""
        headers = {"X-API-Key": self.key, "Idempotency-Key": key}
        url = f"{self.base}/api/forensic/analyze"
        answer = httpx.post(url, json={"dataset_id": dataset}, headers=headers, timeout=30)
        assert answer.status_code == 202, answer.text
        return UUID(answer.json()["id"])

    def kill_group(self) -> list[int]:
        """SIGKILL to the process and all of its group; what else it had started, without PostgreSQL and its watchdog,
        which outlive it on purpose.
        """
        assert self.process is not None
        children: list[int] = []
        with suppress(psutil.NoSuchProcess):
            below = psutil.Process(self.process.pid).children(recursive=True)
            children = [child.pid for child in below if not (_outlives(child) or is_postgres(child.pid))]
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()
        return children

    def kill_database(self, *, whole: bool) -> int:
        """SIGKILL to the postmaster, `whole`: and to its backends; the id it had."""
        pid = self.database_pid
        with suppress(psutil.NoSuchProcess):
            server = psutil.Process(pid)
            backends = server.children() if whole else []
            for process in (server, *backends):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        return pid

    def well(self) -> bool:
        """Whether it says that it is ready, and answers what needs the database."""
        answers = (self.ask("GET", "/health"), self.ask("GET", "/list"))
        return all(answer.status_code == 200 for answer in answers)

    def until_well(self, seconds: float = 60) -> None:
        """Returns when it is. Fails where it takes too long."""
        until = time.monotonic() + seconds
        while not self.well():
            assert time.monotonic() < until, f"not ready within {seconds} s"
            time.sleep(0.02)

    @asynccontextmanager
    async def database(self) -> AsyncGenerator[Connection]:
        """A connection that sees everything, over the socket that is the only way in."""
        left = postmaster(self.data_dir / "postgres")
        if left is None:
            raise ConnectionRefusedError("no server says where it is")
        password = read_secrets(self.data_dir)["postgres"]
        connection = await checker.connect(f"postgresql://postgres:{password}@/perito?host={left[1]}")
        try:
            yield connection
        finally:
            await connection.close()

    async def objects(self) -> dict[str, int]:
        """Bytes of everything in the store, by key."""
        store = LocalObjectStore(self.data_dir / "objects")
        return {each.key: each.bytes async for page in store.list_objects() for each in page}

    def age_objects(self) -> None:
        """Everything in the store looks as if it had been written hours ago."""
        before = time.time() - _OLD_SECONDS
        for path in (self.data_dir / "objects").rglob("*"):
            if path.is_file():
                os.utime(path, (before, before))

    def left_behind(self) -> list[str]:
        """What is there and should not be when it has stopped: processes, folders of sockets, halves of files."""
        mine = [process for process in psutil.process_iter() if _belongs_to(process, self.data_dir)]
        broken = [] if gone([each.pid for each in mine]) else [f"processes are left: {[each.name() for each in mine]}"]
        broken += [f"the socket folder {path} is left" for path in sorted(self.socket_folders) if path.exists()]
        folders = (self.data_dir / "work", self.data_dir / "objects" / STAGING)
        return broken + [f"{path} is left" for folder in folders for path in folder.iterdir()]

    def put_down(self) -> None:
        """Leaves nothing running, whatever happened before. A server that is killed leaves its shared memory behind, so
        it is told to end.
        """
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.communicate(timeout=_STOP_SECONDS)
            self.kill_group()
        if server := living_server(self.database_pid):
            end(server, _STOP_SECONDS)
        for folder in self.socket_folders:
            shutil.rmtree(folder, ignore_errors=True)


def _outlives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return any("postgres_watchdog" in word for word in process.cmdline())
    return False


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    with suppress(psutil.Error):
        return any(str(folder) in word for word in (*process.cmdline(), process.cwd()))
    return False


async def until_ended(served: Served, analyses: Sequence[UUID]) -> tuple[float, dict[UUID, float]]:
    """When one of them was first seen at work or all of them ended, and when each ended (seconds since 1970).

    Asks the database, and patiently: it may be the one that was killed.
    """
    at_work = 0.0
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with served.database() as connection:
                while time.monotonic() < until:
                    rows = await connection.fetch(_STANDING, list(analyses))
                    open_now = [row for row in rows if row["status"] in _OPEN]
                    at_work = at_work or (time.time() if not open_now or any(r["busy"] for r in open_now) else 0.0)
                    if not open_now:
                        return at_work, {row["analysis_id"]: row["ended_at"].timestamp() for row in rows}
                    await asyncio.sleep(0.02)
        await asyncio.sleep(0.05)
    raise AssertionError(f"no end within {_PATIENCE_SECONDS:.0f} s of {[str(each) for each in analyses]}")


_STANDING = (
    "SELECT analysis_id, status, ended_at, EXISTS (SELECT FROM phase_runs r WHERE r.analysis_id = a.analysis_id"
    " AND r.state = 'leased' AND r.lease_until > clock_timestamp()) AS busy FROM analyses a"
    " WHERE analysis_id = ANY($1::uuid[])"
)
"""A lease whose holder was killed is over by then: the next start ends it before it serves."""
