"""The orchestrator as a process of its own: its settings, and how it starts and leaves.

Any number may run beside each other: each migrates under a lock, relays, reconciles and works, and the database decides
who does what. On SIGTERM health says not ready while calls are still taken for the notice time; then watchers are sent
to another one, runs get the drain time, and the rest is given back without cost.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

from perito_kernel.errors import Invalid
from perito_runtime.object_stores import StoreSettings, open_store
from perito_runtime.settings import ServiceSettings, read_secret
from pydantic import ByteSize, Field, field_validator, model_validator

from perito_orchestrator.quotas import Quotas
from perito_orchestrator.roles import APP, OWNER, SYSTEM
from perito_orchestrator.settings import OrchestratorSettings
from perito_orchestrator.webhook_settings import WebhookProcessSettings

_STOP_SECONDS = 5.0
_DEFAULTS = OrchestratorSettings("", "", "", "", ())


class OrchestratorProcessSettings(WebhookProcessSettings, StoreSettings, ServiceSettings):
    """What the orchestrator has beside what every process has. Durations are seconds."""

    database: str = Field(
        description="PostgreSQL without user: postgresql://host:5432/perito?sslmode=verify-full"
        " (or several hosts with &target_session_attrs=read-write)"
    )
    database_secrets: Path = Field(
        description="Folder with the passwords of perito_owner, perito_app and perito_system, in files of these names"
    )
    broker: str = Field(
        description="RabbitMQ with user, without password: amqps://perito@host:5671/vhost (every node of a cluster, by"
        " commas); with amqps this process shows its certificate"
    )
    broker_password_file: Path = Field(description="File with the password of that user")
    broker_reconnect_seconds: float = Field(default=5.0, gt=0, description="The longest pause between tries to connect")
    broker_heartbeat_seconds: int = Field(default=10, ge=1, description="AMQP heartbeat")
    broker_answer_seconds: float = Field(default=5.0, gt=0, description="The most time for one answer of the broker")
    broker_probe_seconds: float = Field(
        default=10.0, gt=0, description="How often a silent broker is asked, and how long deliveries may stand still"
    )
    phases: str = Field(
        description="Where each phase is served, one target for all its replicas, separated by blanks:"
        " dns:///validation:50051 dns:///consistency:50051 ..."
    )
    clients: str = Field(
        default="", description="Internal clients that may call with an API key: names in their certificates, by blanks"
    )
    reflection: bool = Field(default=True, description="Whether it tells gRPC clients what it serves")
    first_key_file: Path | None = Field(
        default=None, description="Where the first start on an empty database leaves an API key with every scope"
    )
    first_tenant: str = Field(default="default", min_length=1, description="Name of the tenant of that key")
    workers: int = Field(
        default=_DEFAULTS.workers, ge=1, le=1000, description="Runs of each phase that are open at once"
    )
    lease_seconds: float = Field(
        default=_DEFAULTS.lease_seconds,
        gt=0,
        description="After so long of silence another worker takes a phase run over",
    )
    heartbeat_seconds: float = Field(
        default=_DEFAULTS.heartbeat_seconds, gt=0, description="How often a lease is extended: at most a third of it"
    )
    phase_seconds: float = Field(default=_DEFAULTS.phase_seconds, gt=0, description="The most time for one phase run")
    max_attempts: int = Field(
        default=_DEFAULTS.max_attempts,
        ge=1,
        le=100,
        description="Tries of a phase run that breaks; drains and busy phases cost none",
    )
    retry_seconds: float = Field(
        default=_DEFAULTS.retry_seconds, gt=0, description="Pause before the second try, doubled for each one after it"
    )
    poll_seconds: float = Field(
        default=_DEFAULTS.poll_seconds, gt=0, description="How long a lost signal can go unnoticed"
    )
    stale_seconds: float = Field(
        default=_DEFAULTS.stale_seconds,
        gt=0,
        description="After so long without its message a queued phase run is woken again",
    )
    outbox_cap: int = Field(
        default=_DEFAULTS.outbox_cap,
        ge=1,
        description="While more messages than these wait for a broker that is away, no analyses are accepted (503)",
    )
    database_seconds: float = Field(
        default=_DEFAULTS.database_seconds, gt=0, description="The most time for one unit of work of the database"
    )
    orphan_seconds: float = Field(
        default=_DEFAULTS.orphan_seconds,
        gt=0,
        description="Objects that nobody refers to are swept when they are so old: well above the four minutes after"
        " which a long upload shows that it goes on",
    )
    sweep_seconds: float = Field(
        default=_DEFAULTS.sweep_seconds, gt=0, description="How often one of the orchestrators looks for such objects"
    )
    retention_days: float = Field(
        default=_DEFAULTS.retention_days,
        ge=0,
        description="Ended analyses and unused datasets are deleted after so many days; 0 keeps them for ever",
    )
    quota_analyses: int = Field(
        default=_DEFAULTS.quotas.analyses,
        ge=0,
        description="Analyses of a tenant that have not ended, at most; more are refused (429). 0, here and below, is"
        " no bound; a tenant may have quotas of its own",
    )
    quota_running: int = Field(
        default=_DEFAULTS.quotas.running,
        ge=0,
        description="Those of them that run at once; the others wait until one ends",
    )
    quota_bytes: ByteSize = Field(
        default=ByteSize(_DEFAULTS.quotas.bytes),
        ge=0,
        description="Bytes of a tenant's books and results, such as 500GiB; books beyond are refused (413)",
    )
    quota_datasets: int = Field(
        default=_DEFAULTS.quotas.datasets, ge=0, description="Datasets of a tenant; more are refused (413)"
    )
    start_seconds: float = Field(
        default=60.0, gt=0, description="How long it waits for database, broker and phases when it starts"
    )

    @field_validator("phases")
    @classmethod
    def _some_phases(cls, value: str) -> str:
        if not value.split():
            raise ValueError("name where the phases are served")
        return value

    @model_validator(mode="after")
    def _beats_in_time(self) -> Self:
        if self.heartbeat_seconds * 3 > self.lease_seconds:
            raise ValueError("PERITO_HEARTBEAT_SECONDS may be a third of PERITO_LEASE_SECONDS at most")
        return self

    def orchestrator(self) -> OrchestratorSettings:
        """The orchestrator's own settings. Raises `Invalid` SETTINGS_INVALID where a password cannot be read."""
        return OrchestratorSettings(
            app_dsn=self.dsn(APP),
            system_dsn=self.dsn(SYSTEM),
            owner_dsn=self.dsn(OWNER),
            address=self.listen,
            phase_addresses=self.phases.split(),
            workers=self.workers,
            lease_seconds=self.lease_seconds,
            heartbeat_seconds=self.heartbeat_seconds,
            phase_seconds=self.phase_seconds,
            max_attempts=self.max_attempts,
            retry_seconds=self.retry_seconds,
            poll_seconds=self.poll_seconds,
            stale_seconds=self.stale_seconds,
            outbox_cap=self.outbox_cap,
            database_seconds=self.database_seconds,
            registry_seconds=self.start_seconds,
            orphan_seconds=self.orphan_seconds,
            sweep_seconds=self.sweep_seconds,
            retention_days=self.retention_days,
            quotas=Quotas(self.quota_analyses, self.quota_running, self.quota_bytes, self.quota_datasets),
            tls=self.tls(),
            clients=tuple(self.clients.split()),
            reflection=self.reflection,
            webhooks=self.webhooks(self.lease_seconds),
        )

    def dsn(self, role: str) -> str:
        """The database's address as this role."""
        password = read_secret(self.database_secrets / role, "PERITO_DATABASE_SECRETS")
        return with_user(self.database, role, password, "PERITO_DATABASE")


async def serve_orchestrator(settings: OrchestratorProcessSettings) -> None:
    """Serves until this process is told to stop. Raises `PeritoError` where it cannot start."""
    from perito_runtime.health_socket import HealthSocket  # noqa: PLC0415  # a probe needs none of these
    from perito_runtime.lifecycle import Lifecycle, stop_signal  # noqa: PLC0415
    from perito_runtime.logs import logger  # noqa: PLC0415

    from perito_orchestrator.app import Orchestrator  # noqa: PLC0415
    from perito_orchestrator.broker_rabbit import RabbitBroker, RabbitSettings  # noqa: PLC0415

    log = logger("orchestrator")
    read_secret(settings.broker_password_file, "PERITO_BROKER_PASSWORD_FILE")  # refused now where it is none
    times = RabbitSettings(
        reconnect_seconds=settings.broker_reconnect_seconds,
        heartbeat_seconds=settings.broker_heartbeat_seconds,
        answer_seconds=settings.broker_answer_seconds,
        probe_seconds=settings.broker_probe_seconds,
    )
    broker = RabbitBroker(
        settings.broker, password_file=settings.broker_password_file, tls=settings.tls(), settings=times
    )
    orchestrator = Orchestrator(settings.orchestrator(), broker, open_store(settings))
    health = HealthSocket(settings.health_socket, orchestrator.says)
    lifecycle = Lifecycle()
    lifecycle.add("health", health.start, health.stop, _STOP_SECONDS)
    lifecycle.add("broker", broker.open, broker.close, _STOP_SECONDS)
    drained = settings.drain_seconds + 6 * _STOP_SECONDS
    lifecycle.add("orchestrator", orchestrator.start, lambda: orchestrator.stop(settings.drain_seconds), drained)
    stop = asyncio.create_task(stop_signal())  # before the start: a signal then must not be lost
    async with lifecycle.unless(stop) as up:
        if not up:
            return
        if settings.first_key_file is not None:
            await orchestrator.first_key(settings.first_tenant, hand_over=_writer(settings.first_key_file))
        log.info("serving", address=orchestrator.address)
        log.info("stopping", signal=await stop)
        await orchestrator.leave()
        await asyncio.sleep(settings.notice_seconds)


def _writer(path: Path) -> Callable[[str], Awaitable[None]]:
    """Leaves a key in a file that only this user reads, whole or not at all."""

    def write(text: str) -> None:
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text + "\n")
            fresh.replace(path)
        except OSError as error:
            raise Invalid("SETTINGS_INVALID", f"PERITO_FIRST_KEY_FILE: {path} cannot be written.") from error

    async def deliver(text: str) -> None:
        await asyncio.to_thread(write, text)

    return deliver


def with_user(url: str, user: str, password: str, variable: str) -> str:
    """A URL with user and password put in. Raises `Invalid` SETTINGS_INVALID where it has a user already."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or "@" in parts.netloc:
        raise Invalid("SETTINGS_INVALID", f"Cannot start. {variable}: write postgresql://host:5432/perito, no user.")
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))
