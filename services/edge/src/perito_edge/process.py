"""The edge as a process of its own: its settings, and how it starts, is asked and leaves.

It needs nothing to start: without the orchestrator it answers that it is not ready, and why. On SIGTERM health says not
ready while requests are still taken for the notice time; then it refuses new connections, event streams say goodbye,
and what is being answered gets the drain time.
"""

import asyncio
from dataclasses import fields
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_network
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import Any

from perito_kernel.errors import Unavailable
from perito_runtime.object_stores import StoreSettings, open_store
from perito_runtime.probe import own_address
from perito_runtime.settings import ServiceSettings, read_secret
from pydantic import ByteSize, Field, field_validator

from perito_edge.redis_windows import RedisAddress, RedisWindows
from perito_edge.settings import EdgeSettings, is_origin

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
    rate_read: int = Field(default=_LIMITS.rate_read, ge=1, description="Quota of a key a minute, scope `read`")
    rate_submit: int = Field(default=_LIMITS.rate_submit, ge=1, description="The same, scope `submit`")
    rate_rules: int = Field(default=_LIMITS.rate_rules, ge=1, description="The same, scope `rules`")
    rate_metrics: int = Field(default=_LIMITS.rate_metrics, ge=1, description="The same, scope `metrics`")
    rate_admin: int = Field(default=_LIMITS.rate_admin, ge=1, description="The same, scope `admin`")
    rate_most: int = Field(
        default=_LIMITS.rate_most,
        ge=1,
        description="The most that a key's own quota gives, or as much as every key has where that is more",
    )
    rate_unknown_keys: int = Field(
        default=_LIMITS.rate_unknown_keys, ge=1, description="Refused keys a minute after which an address must wait"
    )
    redis: str = Field(
        default="",
        description="Redis, in which all edges count requests together, without a password: redis://host:6379/0, or"
        " rediss:// where this process shows its certificate; without it each edge counts alone",
    )
    redis_password_file: Path | None = Field(default=None, description="File with the password of Redis")
    redis_seconds: float = Field(
        default=0.05, gt=0, le=5, description="The most that a request waits for Redis; then its edge counts alone"
    )
    replicas: int = Field(
        default=_LIMITS.replicas, ge=1, description="How many edges there are: each that counts alone gives its share"
    )
    trusted_proxies: str = Field(
        default="",
        description="Who is believed about the address and the TLS of a client (X-Forwarded-For, -Proto): addresses or"
        " networks, by blanks",
    )
    hsts_seconds: int = Field(
        default=_LIMITS.hsts_seconds,
        ge=0,
        description="How long browsers that came by TLS shall come by nothing else; 0 tells them nothing",
    )
    cors_origins: str = Field(
        default="",
        description="Origins whose pages may call the API from a browser, by blanks: https://app.example.org",
    )

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        if wrong := [origin for origin in value.split() if not is_origin(origin)]:
            raise ValueError(f"{wrong[0]} is no origin: write it as https://app.example.org, without a path")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for each in value.split():
            try:
                ip_network(each)
            except ValueError as error:
                raise ValueError(f"{each} is no address and no network: {error}") from error
        return value

    def limits(self) -> EdgeSettings:
        """The edge's own settings."""
        names = [field.name for field in fields(EdgeSettings) if field.name in type(self).model_fields]
        given: dict[str, Any] = {name: getattr(self, name) for name in names}
        given["cors_origins"] = tuple(self.cors_origins.split())
        return EdgeSettings(**given)

    def shared(self) -> RedisAddress | None:
        """Redis; None where each edge counts alone. Raises `Invalid` REDIS_URL or SETTINGS_INVALID."""
        if not self.redis:
            return None
        if self.redis_password_file is not None:
            read_secret(self.redis_password_file, "PERITO_REDIS_PASSWORD_FILE")  # refused now where it is none
        return RedisAddress(self.redis, self.redis_password_file, self.tls())


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
    address = settings.shared()
    windows = None if address is None else RedisWindows(address, settings.redis_seconds)
    app = create_app(settings.limits(), channel, open_store(settings), windows)
    trusted = settings.trusted_proxies.split()
    server = EdgeServer(app, settings.listen, round(settings.drain_seconds), trusted)
    lifecycle = Lifecycle()
    if windows is not None:
        lifecycle.add("redis", nothing, windows.close, _STOP_SECONDS)
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
