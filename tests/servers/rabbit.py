"""RabbitMQ for tests: one to share, in which each test has a virtual host of its own, and nodes to break.

with rabbitmq() as server, server.vhost() as url: ...   # whatever the environment or the machine has
with node() as broken: broken.kill(); broken.start()    # a node of one's own
"""

import os
import secrets
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from tests.servers import containers
from tests.servers.rabbit_api import ManagementApi
from tests.servers.rabbit_local import NodeTls, local_node, tls_settings

_TLS = "/etc"


class RabbitServer:
    """A running server, and its management API."""

    def __init__(self, url: str, api: ManagementApi) -> None:
        self.url = url
        self.api = api

    @property
    def version(self) -> str:
        """The server's, such as 3.10.8."""
        return self.api.version

    @contextmanager
    def vhost(self) -> Generator[str]:
        """URL of a virtual host with nothing in it, deleted at the end."""
        name = f"t{secrets.token_hex(6)}"
        self.api.add_vhost(name)
        try:
            yield urlsplit(self.url)._replace(path=f"/{name}").geturl()
        finally:
            self.api.delete_vhost(name)


class RabbitNode(Protocol):
    """A node to break. It keeps its address and what it stored."""

    api: ManagementApi

    @property
    def url(self) -> str:
        """AMQP without TLS, to the virtual host `/`."""
        ...

    @property
    def tls_url(self) -> str:
        """AMQP with TLS, where the node was given a certificate."""
        ...

    @property
    def pid(self) -> int:
        """The server's process on this machine."""
        ...

    def start(self) -> None:
        """Starts it again; returns when it answers."""
        ...

    def stop(self) -> None:
        """Ends it in order."""
        ...

    def kill(self) -> None:
        """SIGKILL."""
        ...

    def freeze(self) -> None:
        """It stands still and keeps its connections."""
        ...

    def thaw(self) -> None:
        """It goes on."""
        ...

    def ctl(self, *arguments: str) -> str:
        """Output of `rabbitmqctl`."""
        ...


class ContainerNode:
    """A node in a container."""

    def __init__(self, container: containers.Container) -> None:
        self._container = container
        self.api = ManagementApi(f"http://guest:guest@{container.address(15672)}")

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@{self._container.address(5672)}/"

    @property
    def tls_url(self) -> str:
        return f"amqps://guest:guest@{self._container.address(5671)}/"

    @property
    def pid(self) -> int:
        self._container.engine.reload()
        return self._container.engine.attrs["State"]["Pid"]

    def start(self) -> None:
        self._container.engine.start()
        self.wait()

    def stop(self) -> None:
        self._container.engine.stop(timeout=30)

    def kill(self) -> None:
        self._container.engine.kill()
        self._container.engine.wait()

    def freeze(self) -> None:
        self._container.engine.pause()

    def thaw(self) -> None:
        self._container.engine.unpause()

    def ctl(self, *arguments: str) -> str:
        return self._container.run("rabbitmqctl", "--quiet", *arguments)

    def wait(self) -> None:
        """Returns when it answers."""
        self._container.wait(self.api.answers)


@contextmanager
def node(tls: NodeTls | None = None, settings: Sequence[str] = ()) -> Generator[RabbitNode]:
    """A node of the caller's own, with further lines of rabbitmq.conf: a container, or the machine's programs.

    Raises ServerMissing, DidNotStart.
    """
    if not containers.available(containers.RABBITMQ_IMAGE):
        with local_node(tls, settings) as running:
            yield running
        return
    lines = ["loopback_users = none", "disk_free_limit.absolute = 1MB", *settings]
    files: dict[str, bytes] = {}
    if tls is not None:
        files |= {f"{_TLS}/{path.name}": path.read_bytes() for path in (tls.certificate, tls.key, tls.authority)}
        lines += ["listeners.ssl.default = 5671", *tls_settings(NodeTls(*(Path(place) for place in files)))]
    files["/etc/rabbitmq/conf.d/20-tests.conf"] = ("\n".join(lines) + "\n").encode()
    with containers.container(containers.RABBITMQ_IMAGE, [5672, 5671, 15672], {}, files) as container:
        contained = ContainerNode(container)
        contained.wait()
        yield contained


@contextmanager
def rabbitmq() -> Generator[RabbitServer]:
    """A server to share: PERITO_TEST_RABBITMQ (its management API at PERITO_TEST_RABBITMQ_API), or a `node`.

    Without PERITO_TEST_RABBITMQ_API the API is looked for on port 15672 of the same host, with the same user.
    """
    named = os.environ.get("PERITO_TEST_RABBITMQ")
    if named:
        address = urlsplit(named)
        user = f"{address.username or 'guest'}:{address.password or 'guest'}"
        api = os.environ.get("PERITO_TEST_RABBITMQ_API", f"http://{user}@{address.hostname}:15672")
        yield RabbitServer(named, ManagementApi(api))
        return
    with node() as running:
        yield RabbitServer(running.url, running.api)
