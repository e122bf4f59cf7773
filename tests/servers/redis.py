"""Redis for tests, with nothing in it and nothing kept."""

import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import containers, programs
from tests.servers.ports import free_ports
from tests.servers.processes import ServerProcess


class LocalRedis:
    """A server on loopback that tests may kill, freeze and start again; it forgets all when it ends."""

    def __init__(self, folder: Path, port: int) -> None:
        program = programs.redis()
        if program is None:
            raise programs.ServerMissing("redis-server", "PERITO_TEST_REDIS")
        self.port = port
        command = [str(program), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        self.process = ServerProcess(
            [*command, "--save", "", "--appendonly", "no", "--daemonize", "no"],
            folder / "log",
            self._answers,
            environment=environment,
        )

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def local_redis() -> Generator[LocalRedis]:
    """A new server, gone at the end. Raises ServerMissing."""
    with tempfile.TemporaryDirectory(prefix="pr") as folder:
        server = LocalRedis(Path(folder), free_ports(1)[0])
        server.process.start()
        try:
            yield server
        finally:
            server.process.stop()


@contextmanager
def redis() -> Generator[str]:
    """URL of a server: PERITO_TEST_REDIS, a container, or the machine's own program. Raises ServerMissing."""
    named = os.environ.get("PERITO_TEST_REDIS")
    if named:
        yield named
        return
    if containers.available(containers.REDIS_IMAGE):
        with containers.container(containers.REDIS_IMAGE, [6379], {}) as running:
            running.wait(lambda: "PONG" in running.run("sh", "-c", "redis-cli ping || true"))
            yield f"redis://{running.address(6379)}/0"
        return
    with local_redis() as server:
        yield server.url
