"""Redis for tests, with nothing in it and nothing kept."""

import os
import socket
import ssl
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from perito_runtime.tls import TlsFiles

from tests.servers import containers, programs
from tests.servers.ports import free_ports
from tests.servers.processes import ServerProcess


class LocalRedis:
    """A server on loopback that tests may kill, freeze and start again; it forgets all when it ends.

    With `tls` it shows that certificate, and lets in only who shows one of the same authority.
    """

    def __init__(self, folder: Path, port: int, tls: TlsFiles | None = None) -> None:
        program = programs.redis()
        if program is None:
            raise programs.ServerMissing("redis-server", "PERITO_TEST_REDIS")
        self.port = port
        self._tls = tls
        command = [str(program), "--bind", "127.0.0.1", "--dir", str(folder), *_listening(port, tls)]
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
        return f"redis{'s' if self._tls else ''}://127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as plain:
                if self._tls is None:
                    return _pong(plain)
                with _secured(plain, self._tls) as secured:
                    return _pong(secured)
        except OSError:
            return False


def _pong(connection: socket.socket) -> bool:
    connection.sendall(b"PING\r\n")
    return connection.recv(16).startswith(b"+PONG")


def _listening(port: int, tls: TlsFiles | None) -> list[str]:
    if tls is None:
        return ["--port", str(port)]
    files = {"--tls-cert-file": tls.certificate, "--tls-key-file": tls.key, "--tls-ca-cert-file": tls.authority}
    return ["--port", "0", "--tls-port", str(port), *(str(each) for option in files.items() for each in option)]


def _secured(plain: socket.socket, tls: TlsFiles) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=tls.authority)
    context.load_cert_chain(tls.certificate, tls.key)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


@contextmanager
def local_redis(tls: TlsFiles | None = None) -> Generator[LocalRedis]:
    """A new server, gone at the end. Raises ServerMissing."""
    with tempfile.TemporaryDirectory(prefix="pr") as folder:
        server = LocalRedis(Path(folder), free_ports(1)[0], tls)
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
