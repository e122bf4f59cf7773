"""Test servers in containers, where an engine answers and has the image."""

import functools
import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.servers import engine
from tests.servers.ports import free_ports
from tests.servers.processes import DidNotStart

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

RABBITMQ_IMAGE = "rabbitmq:4.0-management"
REDIS_IMAGE = "redis:8"
POSTGRES_IMAGE = "postgres:17"

_SECONDS = 90.0


class Container:
    """A running container. Its ports keep their numbers when it is started again."""

    def __init__(self, wrapped: "DockerContainer", ports: Mapping[int, int]) -> None:
        self._wrapped = wrapped
        self._ports = ports

    def address(self, port: int) -> str:
        """Host and port under which a port of the container is reached from here."""
        return f"{self._wrapped.get_container_host_ip()}:{self._ports[port]}"

    @property
    def engine(self) -> Any:
        """The container as Docker's own library has it, which brings no types: kill, pause, unpause, start, stop."""
        return self._wrapped.get_wrapped_container()

    def run(self, *command: str) -> str:
        """Output of a command inside. Raises RuntimeError where it fails."""
        code, output = self.engine.exec_run(list(command))
        text = output.decode(errors="replace")
        if code != 0:
            raise RuntimeError(f"{' '.join(command)}: {text}")
        return text

    def wait(self, answers: Callable[[], bool]) -> None:
        """Returns when it answers. Raises DidNotStart with the end of its log."""
        until = time.monotonic() + _SECONDS
        while not answers():
            self.engine.reload()
            if self.engine.status == "exited" or time.monotonic() > until:
                raise DidNotStart(self.engine.logs(tail=30).decode(errors="replace"))
            time.sleep(0.2)


@functools.cache
def available(image: str) -> bool:
    """An engine answers and has the image; asked once."""
    return engine.has(image)


@contextmanager
def container(
    image: str, ports: list[int], environment: Mapping[str, str], files: Mapping[str, bytes] | None = None
) -> Generator[Container]:
    """Runs an image with further files in it, by their paths inside. Gone at the end."""
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")  # an image more, for what `finally` does here
    os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - a second, for whoever has an engine

    bound = dict(zip(ports, free_ports(len(ports)), strict=True))
    wrapped = DockerContainer(image, env=dict(environment))
    for inside, outside in bound.items():
        wrapped.with_bind_ports(inside, outside)
    for path, content in (files or {}).items():
        wrapped.with_copy_into_container(content, path)
    with wrapped:
        yield Container(wrapped, bound)
