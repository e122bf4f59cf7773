"""A RabbitMQ node of Debian's package, or Homebrew's, with everything its own: folders, ports, name, epmd, cookie."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import programs
from tests.servers.ports import free_ports
from tests.servers.processes import ServerProcess
from tests.servers.rabbit_api import ManagementApi

_START_SECONDS = 120.0


@dataclass(frozen=True)
class NodeTls:
    """Certificate, key and authority (PEM files). Clients must show a certificate of that authority."""

    certificate: Path
    key: Path
    authority: Path


class LocalNode:
    """A node that tests may kill, freeze and start again on its files. Users: guest, with the password guest.

    One that is made `beside` another joins its cluster when it first starts.
    """

    def __init__(
        self, folder: Path, tls: NodeTls | None, settings: Sequence[str], beside: "LocalNode | None" = None
    ) -> None:
        found = programs.rabbitmq()
        if found is None:
            raise programs.ServerMissing("rabbitmq-server", "PERITO_TEST_RABBITMQ")
        self._programs = found
        self._folder = folder
        self._beside = beside
        self._amqp, self._amqps, self._http, dist, self._epmd_port = free_ports(5)
        self._cookie = secrets.token_hex(16)
        if beside is not None:
            self._epmd_port, self._cookie = beside._epmd_port, beside._cookie
            settings = [
                *settings,
                "cluster_formation.peer_discovery_backend = classic_config",
                f"cluster_formation.classic_config.nodes.1 = {beside.name}",
            ]
        self.api = ManagementApi(f"http://guest:guest@127.0.0.1:{self._http}")
        self._environment = self._make_environment(dist)
        self._configure(tls, settings)
        self._epmd: ServerProcess | None = None
        self._node = ServerProcess(
            [str(found / "rabbitmq-server")],
            folder / "log",
            self._answers,
            environment=self._environment,
            seconds=_START_SECONDS,
        )

    @property
    def name(self) -> str:
        """Of the node, as the broker says it."""
        return f"perito{self._amqp}@localhost"

    @property
    def address(self) -> str:
        """Host and port of AMQP without TLS."""
        return f"127.0.0.1:{self._amqp}"

    @property
    def url(self) -> str:
        """AMQP without TLS, to the virtual host `/`."""
        return f"amqp://guest:guest@127.0.0.1:{self._amqp}/"

    @property
    def tls_url(self) -> str:
        """AMQP with TLS, where the node was given a certificate."""
        return f"amqps://guest:guest@127.0.0.1:{self._amqps}/"

    @property
    def pid(self) -> int:
        """The Erlang machine itself."""
        return self._node.pid

    def start(self) -> None:
        """Starts it on its files; 5 to 10 s. Raises DidNotStart."""
        if self._epmd is None and self._beside is None:
            self._epmd = self._make_epmd()
            self._epmd.start()
        self._node.start()

    def kill(self) -> None:
        """SIGKILL."""
        self._node.kill()

    def stop(self) -> None:
        """Ends it in order."""
        self._node.stop()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._node.freeze()

    def thaw(self) -> None:
        """SIGCONT."""
        self._node.thaw()

    def ctl(self, *arguments: str) -> str:
        """Output of `rabbitmqctl`, about a second. Raises CalledProcessError."""
        command = [str(self._programs / "rabbitmqctl"), "--quiet", *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=self._environment, timeout=60
        ).stdout

    def close(self) -> None:
        """Kills everything: its files are thrown away."""
        with contextlib.suppress(ProcessLookupError):
            self._node.kill()
        if self._epmd is not None:
            self._epmd.kill()

    def _make_environment(self, dist: int) -> dict[str, str]:
        cookie = self._folder / ".erlang.cookie"
        cookie.write_text(self._cookie)
        cookie.chmod(0o400)
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(dist),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            # The start script then becomes the Erlang machine, whose pid is the one we hold.
            "RUNNING_UNDER_SYSTEMD": "true",
            # Erlang spins when idle by default, which takes the machine's cores from the tests. RabbitMQ 3.10 now and
            # then misses its own confirm of a letter that dies milliseconds after its queue was made, and then waits
            # for three minutes before it sends that letter again; here it waits for two seconds.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
            " -rabbit dead_letter_worker_publisher_confirm_timeout 2000",
        }

    def _configure(self, tls: NodeTls | None, settings: Sequence[str]) -> None:
        lines = [
            f"listeners.tcp.1 = 127.0.0.1:{self._amqp}",
            "management.tcp.ip = 127.0.0.1",
            f"management.tcp.port = {self._http}",
            "management_agent.disable_metrics_collector = false",
            "log.file.level = info",
            "disk_free_limit.absolute = 1MB",
            *settings,
        ]
        if tls is not None:
            lines += [f"listeners.ssl.1 = 127.0.0.1:{self._amqps}", *tls_settings(tls)]
        (self._folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (self._folder / "plugins").write_text("[rabbitmq_management].\n")

    def _make_epmd(self) -> ServerProcess:
        program = shutil.which("epmd") or "/usr/lib/erlang/bin/epmd"
        command = [program, "-address", "127.0.0.1", "-port", str(self._epmd_port)]

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._epmd_port), 1):
                return True
            return False

        return ServerProcess(command, self._folder / "epmd.log", answers, environment=self._environment)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._amqp), 1):
            return self.api.answers()
        return False


def tls_settings(tls: NodeTls) -> list[str]:
    """Lines of rabbitmq.conf that let in whoever shows a certificate of the authority."""
    return [
        f"ssl_options.certfile = {tls.certificate}",
        f"ssl_options.keyfile = {tls.key}",
        f"ssl_options.cacertfile = {tls.authority}",
        "ssl_options.verify = verify_peer",
        "ssl_options.fail_if_no_peer_cert = true",
        "ssl_options.versions.1 = tlsv1.3",
        "ssl_options.versions.2 = tlsv1.2",
    ]


@contextmanager
def local_node(tls: NodeTls | None = None, settings: Sequence[str] = ()) -> Generator[LocalNode]:
    """A running node with further lines of rabbitmq.conf, gone at the end. Raises ServerMissing, DidNotStart."""
    with _made(tls, settings, None) as node:
        yield node


@contextmanager
def local_cluster(nodes: int = 3, settings: Sequence[str] = ()) -> Generator[list[LocalNode]]:
    """Running nodes that are one broker, gone at the end. Raises ServerMissing, DidNotStart."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(_made(None, settings, None))
        yield [first, *(stack.enter_context(_made(None, settings, first)) for _ in range(nodes - 1))]


@contextmanager
def _made(tls: NodeTls | None, settings: Sequence[str], beside: LocalNode | None) -> Generator[LocalNode]:
    folder = Path(tempfile.mkdtemp(prefix="pb", dir="/tmp"))
    try:
        node = LocalNode(folder, tls, settings, beside)
        try:
            node.start()
            yield node
        finally:
            node.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
