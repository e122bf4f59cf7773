"""The edge as a process of its own: its settings, and how it starts, is asked and leaves.

It needs nothing to start: without the orchestrator it answers that it is not ready, and why. On SIGTERM health says not
ready while requests are still taken for the notice time; then it refuses new connections, event streams say goodbye,
and what is being answered gets the drain time.
"""

import asyncio
from http.client import HTTPConnection, HTTPException
from socket import AF_UNIX, SOCK_STREAM, socket

from perito_kernel.errors import Unavailable
from perito_runtime.object_stores import StoreSettings, open_store
from perito_runtime.probe import own_address
from perito_runtime.settings import ServiceSettings
from pydantic import ByteSize, Field

from perito_edge.settings import EdgeSettings

_PROBE_SECONDS = 3.0
_STOP_SECONDS = 5.0
_LIMITS = EdgeSettings()


class EdgeProcessSettings(StoreSettings, ServiceSettings):
    """What the edge has beside what every process has."""

    listen: str = Field(description="Where to serve HTTP: 0.0.0.0:8080 behind a proxy that does TLS, or unix:/path")
    orchestrator: str = Field(description="The orchestrator: dns:///orchestrator:50051, 127.0.0.1:50051 or unix:/path")
    max_file_bytes: ByteSize = Field(default=ByteSize(_LIMITS.max_file_bytes), gt=0, description="One file of books")
    max_upload_bytes: ByteSize = Field(default=ByteSize(_LIMITS.max_upload_bytes), gt=0, description="One upload")
    max_uploads_at_once: int = Field(default=_LIMITS.max_uploads_at_once, ge=1, description="Uploads received at once")
    max_event_streams: int = Field(default=_LIMITS.max_event_streams, ge=1, description="Event streams open at once")
    max_event_streams_per_key: int = Field(
        default=_LIMITS.max_event_streams_per_key, ge=1, description="Event streams of one API key"
    )

    def limits(self) -> EdgeSettings:
        """The edge's own settings."""
        return EdgeSettings(
            max_file_bytes=self.max_file_bytes,
            max_upload_bytes=self.max_upload_bytes,
            max_uploads_at_once=self.max_uploads_at_once,
            max_event_streams=self.max_event_streams,
            max_event_streams_per_key=self.max_event_streams_per_key,
        )


async def serve_edge(settings: EdgeProcessSettings) -> None:
    """Serves until this process is told to stop. Raises `PeritoError` where it cannot start."""
    from perito_runtime.breaker import CircuitBreaker  # noqa: PLC0415
    from perito_runtime.health_socket import HealthSocket  # noqa: PLC0415  # a probe needs none of these
    from perito_runtime.lifecycle import Lifecycle, nothing, stop_signal  # noqa: PLC0415
    from perito_runtime.logs import logger  # noqa: PLC0415

    from perito_edge.app import create_app  # noqa: PLC0415
    from perito_edge.orchestrator_channel import ORCHESTRATOR, open_orchestrator  # noqa: PLC0415
    from perito_edge.server import EdgeServer  # noqa: PLC0415

    log = logger("edge")
    channel = open_orchestrator(settings.orchestrator, settings.tls(), CircuitBreaker(ORCHESTRATOR))
    app = create_app(settings.limits(), channel, open_store(settings))
    server = EdgeServer(app, settings.listen, grace_seconds=round(settings.drain_seconds))
    lifecycle = Lifecycle()
    lifecycle.add("orchestrator", nothing, channel.close, _STOP_SECONDS)
    health = HealthSocket(settings.health_socket, app.state.readiness.says)
    lifecycle.add("health", health.start, health.stop, _STOP_SECONDS)
    lifecycle.add("http", server.start, server.stop, settings.drain_seconds + _STOP_SECONDS)
    stop = asyncio.create_task(stop_signal())  # before the start: a signal then must not be lost
    async with lifecycle.unless(stop) as up:
        if not up:
            return
        log.info("serving", address=server.address)
        log.info("stopping", signal=await stop)
        app.state.readiness.leave()
        await asyncio.sleep(settings.notice_seconds)


async def probe_edge(settings: ServiceSettings, what: str) -> None:
    """Returns where the edge that listens as these settings say is live, ready or started. Raises Unavailable."""
    probe = "ready" if what == "ready" else "live"
    status = await asyncio.to_thread(_status, own_address(settings.listen), f"/api/forensic/health?probe={probe}")
    if status != 200:
        raise Unavailable("NOT_SERVING", f"The edge at {settings.listen} answers {status} and is not {what}.")


def _status(address: str, path: str) -> int:
    connection = _Unix(address.removeprefix("unix:")) if address.startswith("unix:") else HTTPConnection(address)
    connection.timeout = _PROBE_SECONDS
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Unavailable("NOT_SERVING", f"Nothing answers at {address}.") from error
    finally:
        connection.close()


class _Unix(HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("edge")
        self._path = path

    def connect(self) -> None:
        self.sock = socket(AF_UNIX, SOCK_STREAM)
        self.sock.settimeout(_PROBE_SECONDS)
        self.sock.connect(self._path)
