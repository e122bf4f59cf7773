"""haproxy before several edges: clients see restarts through it as they would in production.

It asks each edge for its readiness and sends nothing more to one that says no, or does not answer. A request that could
not be handed over goes to another edge; one that was handed over is never sent again.
"""

import os
import socket
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers import programs
from tests.servers.ports import free_ports
from tests.servers.processes import ServerProcess

LOOK_SECONDS = 0.2
"""How often it asks."""
_CONFIGURATION = """\
global
  maxconn 500
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout check 2s
  retries 3
  option redispatch 1
frontend perito
  bind 127.0.0.1:{port}
  default_backend edges
backend edges
  balance roundrobin
  option httpchk GET {health}
  default-server check inter {look}ms fall 1 rise 1
{servers}
"""


@contextmanager
def balancer(backends: Sequence[str], health: str) -> Generator[str]:
    """URL of a balancer over `host:port` of each backend; `health`: the path that says whether one takes requests.

    Raises ServerMissing.
    """
    program = programs.haproxy()
    if program is None:
        raise programs.ServerMissing("haproxy")
    (port,) = free_ports(1)
    servers = "\n".join(f"  server edge{number} {backend}" for number, backend in enumerate(backends, 1))
    with tempfile.TemporaryDirectory(prefix="ph") as folder:
        path = Path(folder, "haproxy.cfg")
        path.write_text(
            _CONFIGURATION.format(port=port, health=health, look=round(LOOK_SECONDS * 1000), servers=servers)
        )

        def answers() -> bool:
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    return True
            except OSError:
                return False

        process = ServerProcess(
            [str(program), "-db", "-f", str(path)],
            Path(folder, "log"),
            answers,
            environment={"PATH": os.environ["PATH"]},
        )
        process.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stop()
