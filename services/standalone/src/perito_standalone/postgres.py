"""PostgreSQL of the all-in-one: made, started, adopted, watched and stopped by us, reachable by nobody else.

Passwords are checked (scram-sha-256) even though the only way in is a socket in a folder that is closed to others, and
there is no TCP. A server that outlived a killed supervisor is adopted by the next one; where no next one comes, a
watchdog stops it. Whether a server is alive is asked by connecting: a process id says little (it may be a zombie, or
somebody else's by now).
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import asyncpg
import psutil
from perito_kernel.errors import Internal, PeritoError, Precondition, Unavailable

from perito_standalone import postgres_watchdog
from perito_standalone.data_directory import DataDirectory, remove_socket_folder, socket_folder
from perito_standalone.postgres_binaries import MAJOR, installation
from perito_standalone.postgres_cluster import ENVIRONMENT, SUPERUSER, as_user, initialise_cluster
from perito_standalone.postgres_keeper import keep_running
from perito_standalone.postgres_options import server_options
from perito_standalone.postgres_process import alive, end, end_orphans, living_server, reap
from perito_standalone.service_account import closed_parent, service_account

_PORT = 5432  # part of the socket's name, and nothing listens there


@dataclass(frozen=True)
class PostgresSettings:
    """Times in seconds. `durable` off suits a directory that is thrown away: it survives kills, not power cuts.

    A server that ended by itself is started again. It is given up when it did not start in `restart_tries` tries, or
    when it ended again within `steady_seconds` after as many starts in a row.
    """

    start_seconds: float = 60.0  # recovery after a crash may take a while
    stop_seconds: float = 20.0
    orphan_seconds: float = 30.0  # how long a server waits for a new supervisor
    durable: bool = True
    restart_tries: int = 8
    steady_seconds: float = 10.0


class EmbeddedPostgres:
    """A running PostgreSQL in `data_dir`, for as long as the `async with` block lasts.

    Where it ends by itself it is started again, on the same files and the same socket; `lost` is told where that fails.
    Raises Conflict where another process holds the directory, Precondition where directory or version do not suit,
    Unavailable where the server does not come up.
    """

    def __init__(
        self,
        data_dir: Path,
        settings: PostgresSettings | None = None,
        lost: Callable[[PeritoError], None] | None = None,
    ) -> None:
        self._settings = settings or PostgresSettings()
        self._account = service_account()
        self.directory = DataDirectory(data_dir, others_may_pass=self._account is not None)
        self._socket_folder = Path()
        self._process: psutil.Process | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._lost = lost or _nobody_cares
        self._keeper: asyncio.Task[None] | None = None
        self.adopted = False

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.directory.path / "postgres"

    @property
    def log_path(self) -> Path:
        """What the server said since this data directory was last opened."""
        return self.directory.path / "postgres.log"

    @property
    def _socket_link(self) -> Path:
        return self.directory.path / "postgres-socket"

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return self._running().pid

    @property
    def alive(self) -> bool:
        """Whether its postmaster runs."""
        return alive(self._process)

    @property
    def superuser_dsn(self) -> str:
        """For making roles and databases; never for requests."""
        return self.dsn(SUPERUSER, self.directory.secret(SUPERUSER), "postgres")

    def dsn(self, role: str, password: str, database: str = "perito") -> str:
        """Connection string of a role over the socket."""
        return f"postgresql://{role}:{password}@/{database}?host={self._socket_folder}&port={_PORT}"

    async def __aenter__(self) -> "EmbeddedPostgres":
        await asyncio.to_thread(self.directory.__enter__)
        try:
            self._refuse_closed_parents()
            self._refuse_other_major()
            self.directory.secret(SUPERUSER)
            self._watchdog = self._watch()  # before there is a server: recovery takes long, and we may die meanwhile
            self.adopted = await self._adopt()
            if not self.adopted:
                await self._start()
        except BaseException:
            await self._stop()
            raise
        tries, steady = self._settings.restart_tries, self._settings.steady_seconds
        self._keeper = asyncio.create_task(keep_running(self, tries, steady, self._lost), name="postgres keeper")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._stop()

    def _refuse_closed_parents(self) -> None:
        account = self._account
        closed = closed_parent(self.cluster, account.uid, account.gid) if account else None
        if account and closed:
            raise Precondition(
                "DATA_DIRECTORY_UNREACHABLE",
                f"PostgreSQL does not run as root, so it runs as user {account.uid}, which may not pass {closed}. Name"
                " a directory that others may pass with --data-dir, for example /var/lib/perito/data; Perito does not"
                " open directories by itself.",
                {"path": str(closed)},
            )

    def _refuse_other_major(self) -> None:
        stamp = self.cluster / "PG_VERSION"
        found = stamp.read_text(encoding="ascii").strip() if stamp.exists() else str(MAJOR)
        if found == str(MAJOR):
            return
        remedy = (
            f"Upgrade them with `perito upgrade --data-dir {self.directory.path}` and start again."
            if int(found.split(".")[0]) < MAJOR
            else "Install the version of Perito that made them, or a newer one."
        )
        raise Precondition(
            "DATABASE_VERSION",
            f"The books in {self.directory.path} were kept by PostgreSQL {found}; this Perito brings {MAJOR}. {remedy}",
            {"found": found, "path": str(self.directory.path)},
        )

    async def _adopt(self) -> bool:
        """Takes over a server that a killed supervisor left behind; says whether there was one that answers."""
        left = postgres_watchdog.postmaster(self.cluster)
        if left is None:
            return False
        pid, self._socket_folder = left
        self._process = living_server(pid)
        if self._process is None:
            await asyncio.to_thread(self._clear_away)
            return False
        return await self._answers()

    async def _start(self) -> None:
        if not (self.cluster / "PG_VERSION").exists():
            await asyncio.to_thread(self._initialise)
        self.log_path.unlink(missing_ok=True)
        self._socket_folder = socket_folder("pg", self._socket_link)
        if self._account:
            os.chown(self._socket_folder, self._account.uid, self._account.gid)
        await self._launch()

    async def restart(self) -> None:
        """Starts it again where it ended. Raises Unavailable POSTGRES_NOT_READY.

        The data directory is never made anew here: files that vanished are no reason to begin with empty books.
        """
        if self.alive:  # it came up too slowly the last time
            await asyncio.to_thread(end, self._running(), self._settings.stop_seconds)
        await asyncio.to_thread(self._clear_away)
        await asyncio.to_thread(self._clear_socket)
        await self._launch()

    def _clear_away(self) -> None:
        """What a killed server leaves: its children, and notes that name a process which is no server any more."""
        if self._process is not None:
            reap(self._process)
        end_orphans(self.cluster)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)  # we hold the lock, and nobody is left

    def _clear_socket(self) -> None:
        self._socket_folder.mkdir(mode=0o700, exist_ok=True)  # those who connect know it by this path
        if self._account:
            os.chown(self._socket_folder, self._account.uid, self._account.gid)
        for left in self._socket_folder.glob(".s.PGSQL.*"):
            left.unlink()

    async def _launch(self) -> None:
        options = server_options(self._socket_folder, durable=self._settings.durable)
        command = [str(installation(MAJOR, self._account) / "bin" / "postgres"), "-D", str(self.cluster), *options]
        log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            started = subprocess.Popen(  # noqa: ASYNC220 (a fork and exec; asyncio's own would tie it to this loop)
                command,
                cwd=self.cluster,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
                **as_user(self._account),
            )
        finally:
            os.close(log)
        started.returncode = 0  # psutil waits for it; this object is only how it was made
        self._process = psutil.Process(started.pid)
        if not await self._answers():
            said = self.log_path.read_text(encoding="utf-8", errors="replace")[-500:]
            raise Unavailable(
                "POSTGRES_NOT_READY",
                f"PostgreSQL did not come up within {self._settings.start_seconds:g} s; see {self.log_path}. It said:"
                f" {said.strip() or 'nothing'}",
                {"log": str(self.log_path)},
            )

    def _initialise(self) -> None:
        """initdb into a folder beside the cluster, renamed when complete: interrupted, it leaves nothing half made."""
        fresh = self.cluster.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        initialise_cluster(
            fresh, MAJOR, self.directory.secret(SUPERUSER), self._account, durable=self._settings.durable
        )
        fresh.rename(self.cluster)

    async def _answers(self) -> bool:
        """Waits until the server takes a connection. False when its process is gone or the time is over."""
        until = asyncio.get_running_loop().time() + self._settings.start_seconds
        refused = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, TimeoutError)
        while asyncio.get_running_loop().time() < until:
            try:
                async with asyncio.timeout(5):
                    connection = await asyncpg.connect(self.superuser_dsn, timeout=5)
            except refused:
                if not alive(self._process):
                    return False
                await asyncio.sleep(0.02)
                continue
            where = await connection.fetchval("SHOW data_directory")
            await connection.close()
            return Path(str(where)) == self.cluster
        return False

    def _watch(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", postgres_watchdog.__file__]
        arguments = [str(self.directory.lock_path), str(self.cluster), str(self._settings.orphan_seconds)]
        return subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE,  # closed by the kernel when we die, which is how it knows
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    async def _stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        try:
            if self._process is not None:
                await asyncio.to_thread(end, self._process, self._settings.stop_seconds)
                self._process = None
                remove_socket_folder(self._socket_link)
            if self._watchdog is not None:
                self._watchdog.kill()
                await asyncio.to_thread(self._watchdog.communicate)
                self._watchdog = None
        finally:
            self.directory.__exit__(None, None, None)

    def _running(self) -> psutil.Process:
        if self._process is None:
            raise Internal("POSTGRES_NOT_STARTED", "PostgreSQL is asked for before it was started.")
        return self._process


def _nobody_cares(_: PeritoError) -> None:
    """The log says it; nobody is told."""
