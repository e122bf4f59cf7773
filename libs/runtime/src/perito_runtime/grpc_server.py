"""One gRPC server, built the same way by every process: addresses, options, interceptors, health, reflection."""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from perito_kernel.errors import Invalid

from perito_runtime.interceptors import Around, interceptor_chain
from perito_runtime.logs import logger
from perito_runtime.tls import TlsFiles, server_credentials

MESSAGE_BYTES = 8 * 1024 * 1024
"""The longest message either way. More goes through the object store."""

READY, STARTED = "ready", "started"
"""Names that health checks may ask for beside those of the services and the empty one, which is the process itself:
whether it should be given work, and whether it has come up."""

BROKER = "perito.broker"
"""The orchestrator's name for whether messages get through, on which its readiness does not hang."""

HANDSHAKE_SECONDS = 10.0
"""How long a connection may take to say who it is. It holds a descriptor; gRPC's own patience is two minutes."""

_UNIX_PATH_BYTES = 107
OPTIONS = (
    ("grpc.so_reuseport", 0),  # by default two servers bind one port and say nothing
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),  # by default five minutes
    ("grpc.keepalive_permit_without_calls", 1),
)
_log = logger("grpc")


@dataclass(frozen=True)
class Service:
    """A servicer, its full name (`perito.phase.v1.PhaseService`) and the generated function that adds it."""

    name: str
    add: Callable[[Any, Any], None]
    servicer: object


def check_address(address: str, *, tls: bool = False) -> str:
    """Returns the address. Raises `Invalid` LISTEN_REFUSED for one that must not or cannot be listened on.

    Without certificates only Unix sockets and loopback are allowed: there it is the machine that says who may call.
    """
    if address.startswith("unix:"):
        path = address.removeprefix("unix:")
        if len(path.encode()) > _UNIX_PATH_BYTES:
            raise Invalid(
                "LISTEN_REFUSED", f"The socket's path has more than {_UNIX_PATH_BYTES} bytes: choose a shorter folder."
            )
        return address
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise Invalid("LISTEN_REFUSED", f"{address[:100]!r} is neither unix:/path nor an address such as [::]:50051.")
    if not tls and not _is_loopback(host.strip("[]")):
        raise Invalid(
            "LISTEN_REFUSED",
            f"{address[:100]!r} is not a Unix socket (unix:/path) or a loopback address (127.0.0.1:50051). To listen "
            "on others give the service a certificate (PERITO_TLS_CERTIFICATE, PERITO_TLS_KEY, PERITO_TLS_AUTHORITY).",
        )
    return address


class GrpcServer:
    """A server between `start` and `stop`. `address` is where it listens, with the port that was given for port 0."""

    def __init__(
        self,
        server: grpc.aio.Server,
        health_servicer: Any,
        names: Sequence[str],
        address: str,
        credentials: grpc.ServerCredentials | None = None,
    ) -> None:
        self._server = server
        self._credentials = credentials
        self._health = health_servicer
        self._names = tuple(names)
        self._ready = True
        self._started = False
        self._leaving = False
        self.address = address

    async def start(self) -> None:
        """Listens and says SERVING, unless it was told that it is not ready.

        Raises `Invalid` LISTEN_FAILED where the address is taken or not to be had.
        """
        if self.address.startswith("unix:") and await _answers(self.address.removeprefix("unix:")):
            raise Invalid("LISTEN_FAILED", f"Another process listens on {self.address}: stop it or choose another.")
        try:
            port = self._bind()
        except RuntimeError as error:
            raise Invalid("LISTEN_FAILED", f"Cannot listen on {self.address}: is another process there?") from error
        if self.address.startswith("unix:"):
            await self._server.start()
            await asyncio.to_thread(Path(self.address.removeprefix("unix:")).chmod, 0o600)
        else:
            self.address = f"{self.address.rpartition(':')[0]}:{port}"
            await self._server.start()
        self._started = True
        await self._health.set(STARTED, health_pb2.HealthCheckResponse.SERVING)
        await self.say_ready(ready=self._ready)
        _log.info("listening", address=self.address, tls=self._credentials is not None, services=list(self._names))

    def _bind(self) -> int:
        if self._credentials is None:
            return self._server.add_insecure_port(self.address)
        return self._server.add_secure_port(self.address, self._credentials)

    async def say_ready(self, *, ready: bool) -> None:
        """Tells health checks of the services whether what they need is there. Calls are served in either case.

        The health of the process itself (the empty name) stays SERVING: restarting it would help nobody.
        """
        self._ready = ready
        status = health_pb2.HealthCheckResponse.SERVING if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in (*self._names, READY):
            await self._health.set(name, status)

    async def says(self, what: str) -> bool:
        """What health checks are told of the process: `live`, `ready` or `started`."""
        return {"live": True, STARTED: self._started, READY: self._started and self._ready and not self._leaving}[what]

    async def say(self, name: str, *, serving: bool) -> None:
        """Tells health checks about something by a name of its own, on which readiness does not hang."""
        said = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        await self._health.set(name, said)

    async def say_not_serving(self) -> None:
        """Tells health checks that this process is on its way out. Calls are still served."""
        self._leaving = True
        await self._health.enter_graceful_shutdown()

    async def stop(self, grace: float) -> None:
        """Refuses new calls at once and cancels those still running after `grace` seconds."""
        await self.say_not_serving()
        await self._server.stop(grace)


def build_server(
    services: Sequence[Service],
    address: str,
    *,
    tls: TlsFiles | None = None,
    interceptors: Sequence[Around] = (),
    reflect: bool = True,
) -> GrpcServer:
    """A server for these services. Start it in a running loop.

    With `tls` it may listen anywhere and lets in only who shows a certificate of the authority; without, it listens on
    a Unix socket (`unix:/path`) or on loopback. `reflect`: whether it tells what it serves. Raises `Invalid`
    LISTEN_REFUSED, TLS_FILES_INVALID.
    """
    check_address(address, tls=tls is not None)
    credentials = server_credentials(tls) if tls else None
    options = (*OPTIONS, ("grpc.server_handshake_timeout_ms", round(1000 * HANDSHAKE_SECONDS)))
    server = grpc.aio.server(interceptors=[interceptor_chain(interceptors)], options=options)
    health_servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    for service in services:
        service.add(service.servicer, server)
    names = [service.name for service in services]
    if reflect:
        reflection.enable_server_reflection((*names, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return GrpcServer(server, health_servicer, names, address, credentials)


async def _answers(path: str) -> bool:
    """Whether somebody serves on a socket file. gRPC would take it away from them and say nothing."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
