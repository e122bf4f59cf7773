"""The composition root of the all-in-one: every service in one process, joined as they are in the mesh.

The services speak real gRPC to each other over Unix sockets, the database is a real PostgreSQL, and the phases share
one compute pool. Only this module knows that they are together. Parts start in order and stop in reverse.
"""

import asyncio
import importlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import asyncpg
import grpc
from perito_edge.app import create_app
from perito_edge.server import EdgeServer
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Internal, PeritoError
from perito_kernel.phases import Phase
from perito_kernel.pseudonyms import tenant_key
from perito_orchestrator.app import Orchestrator, OrchestratorSettings
from perito_orchestrator.broker_memory import MemoryBroker
from perito_orchestrator.quotas import Quotas
from perito_orchestrator.roles import APP, OWNER, ROLES, SYSTEM, bootstrap_roles
from perito_orchestrator.webhook_settings import WebhookSettings
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import open_channel
from perito_runtime.grpc_server import GrpcServer, build_server
from perito_runtime.lifecycle import Lifecycle, nothing
from perito_runtime.objects import LocalObjectStore
from perito_runtime.service import imported_early, services_of

from perito_standalone.data_directory import PSEUDONYM_SECRET, WEBHOOK_SECRET, remove_socket_folder, socket_folder
from perito_standalone.memory import compute_share, default_budget
from perito_standalone.postgres import EmbeddedPostgres, PostgresSettings

PHASES = (
    "perito_validation.phase:PHASE",
    "perito_consistency.phase:PHASE",
    "perito_pattern.phase:PHASE",
    "perito_performance.phase:PHASE",
    "perito_reporting.phase:PHASE",
)
_STOP_SECONDS = 5.0
_QUOTAS = Quotas(analyses=1000)  # who has the machine to himself knows by himself how much it holds
_Part = TypeVar("_Part")


@dataclass(frozen=True)
class SupervisorSettings:
    """`listen`: `127.0.0.1:8080`, or empty for a Unix socket of its own. Sizes in bytes, times in seconds, 0 threads
    means all cores for each job. A phase that takes `phase_seconds` is killed. `phases` are import paths; tests add
    their own. `pseudonym_key` is every tenant's where it is given; else each has its own, of a secret of the data
    directory, which has the one that seals those of webhooks, too. `rule_pack` are own rules of whoever has the house
    to himself: run where an analysis brings none.
    """

    data_dir: Path
    listen: str = ""
    memory_bytes: int = field(default_factory=default_budget)
    compute_slots: int = 2
    threads: int = 0
    phase_seconds: float = 3600.0
    drain_seconds: float = 5.0
    tenant_name: str = "default"
    pseudonym_key: str = field(default="", repr=False)
    postgres: PostgresSettings = field(default_factory=PostgresSettings)
    edge: EdgeSettings = field(default_factory=EdgeSettings)
    phases: tuple[str, ...] = PHASES
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    rule_pack: bytes = b""


class Supervisor:
    """An all-in-one, running while the `async with` block lasts.

    `address` is where HTTP is served (`127.0.0.1:8080` or `unix:/path`), `first_key` the API key made at the very first
    start of a data directory (None later: only its hash is kept), `channel` leads to the orchestrator and `store` holds
    the objects. Raises `PeritoError` where a part does not start; nothing is left running then. Where a part is lost
    for good later, the block is cancelled and leaves with that part's `PeritoError`.
    """

    def __init__(self, settings: SupervisorSettings) -> None:
        self.settings = settings
        self.first_key: str | None = None
        self.postgres = EmbeddedPostgres(settings.data_dir, settings.postgres, self._part_lost)
        self.pool = ComputePool(
            settings.compute_slots,
            compute_share(settings.memory_bytes),
            settings.threads,
            preload=imported_early([load_phase(path) for path in settings.phases]),
            work_dir=settings.data_dir / "work",
        )
        self._broker = MemoryBroker()
        self._sockets = Path()
        self._dsns: dict[str, str] = {}
        self._servers: list[GrpcServer] = []
        self._store: LocalObjectStore | None = None
        self._orchestrator: Orchestrator | None = None
        self._channel: grpc.aio.Channel | None = None
        self._edge: EdgeServer | None = None
        self._task: asyncio.Task[object] | None = None
        self._lost: PeritoError | None = None
        self._lifecycle = self._in_order()

    async def __aenter__(self) -> Self:
        self._task = asyncio.current_task()
        try:
            await self._lifecycle.start()
        except asyncio.CancelledError:
            self._raise_lost()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task = None  # from here on a loss changes nothing, and must not cut the stopping short
        await self._lifecycle.stop()
        if kind is asyncio.CancelledError:
            self._raise_lost()

    def _part_lost(self, error: PeritoError) -> None:
        if self._task is not None:
            self._lost = error
            self._task.cancel()

    def _raise_lost(self) -> None:
        """In place of the cancellation by which the block was left."""
        if self._lost is not None:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            raise self._lost from None

    @property
    def address(self) -> str:
        """Where HTTP is served."""
        return _running(self._edge).address

    @property
    def channel(self) -> grpc.aio.Channel:
        """To the orchestrator."""
        return _running(self._channel)

    @property
    def store(self) -> LocalObjectStore:
        """The objects of every tenant."""
        return _running(self._store)

    @property
    def _socket_link(self) -> Path:
        return self.settings.data_dir / "sockets"

    def _in_order(self) -> Lifecycle:
        drain = self.settings.drain_seconds
        stop_database = self.settings.postgres.stop_seconds + 2 * _STOP_SECONDS
        parts = Lifecycle()
        parts.add("database", self._start_database, self._stop_database, stop_database)
        parts.add("objects", self._open_objects, self._close_sockets)
        parts.add("compute", self.pool.__aenter__, self._stop_pool, _STOP_SECONDS)
        parts.add("phases", self._start_phases, self._stop_phases, drain + _STOP_SECONDS)
        parts.add("broker", nothing, self._broker.close, _STOP_SECONDS)
        parts.add("orchestrator", self._start_orchestrator, self._stop_orchestrator, drain + 6 * _STOP_SECONDS)
        parts.add("edge", self._start_edge, self._stop_edge, drain + 2 * _STOP_SECONDS)
        return parts

    async def _start_database(self) -> None:
        await self.postgres.__aenter__()
        try:
            passwords = {role: self.postgres.directory.secret(role) for role in ROLES}
            async with asyncio.timeout(self.settings.postgres.start_seconds):
                superuser = await asyncpg.connect(self.postgres.superuser_dsn)
                try:
                    await bootstrap_roles(superuser, passwords)
                finally:
                    await superuser.close()
        except BaseException:
            await self._stop_database()
            raise
        self._dsns = {role: self.postgres.dsn(role, passwords[role]) for role in ROLES}

    async def _stop_database(self) -> None:
        await self.postgres.__aexit__(None, None, None)

    async def _open_objects(self) -> None:
        self._sockets = await asyncio.to_thread(socket_folder, "run", self._socket_link)
        self._store = await asyncio.to_thread(LocalObjectStore, self.settings.data_dir / "objects")
        await self._store.sweep_staging(0)  # uploads that a killed process did not finish

    async def _close_sockets(self) -> None:
        await asyncio.to_thread(remove_socket_folder, self._socket_link)

    async def _stop_pool(self) -> None:
        await self.pool.__aexit__(None, None, None)

    async def _start_phases(self) -> None:
        try:
            for path in self.settings.phases:
                phase = load_phase(path)
                services = services_of(
                    phase, self.pool, self.store, self._pseudonym_key, rule_pack=self.settings.rule_pack
                )
                server = build_server(services, f"unix:{self._sockets}/{phase.name}")
                await server.start()
                self._servers.append(server)
        except BaseException:
            await self._stop_phases()
            raise

    def _pseudonym_key(self, tenant_id: str) -> str:
        return self.settings.pseudonym_key or tenant_key(self.postgres.directory.secret(PSEUDONYM_SECRET), tenant_id)

    async def _stop_phases(self) -> None:
        await asyncio.gather(*(server.stop(0) for server in self._servers))  # the orchestrator has drained already
        self._servers.clear()

    async def _start_orchestrator(self) -> None:
        settings = OrchestratorSettings(
            app_dsn=self._dsns[APP],
            system_dsn=self._dsns[SYSTEM],
            owner_dsn=self._dsns[OWNER],
            address=f"unix:{self._sockets}/orchestrator",
            phase_addresses=[server.address for server in self._servers],
            workers=self.settings.compute_slots,
            workers_total=self.settings.compute_slots,  # phases share one pool: one more would find it full
            phase_seconds=self.settings.phase_seconds,
            sole_holder=True,
            quotas=_QUOTAS,
            webhooks=replace(self.settings.webhooks, secret=self.postgres.directory.secret(WEBHOOK_SECRET)),
        )
        self._orchestrator = Orchestrator(settings, self._broker, self.store)
        await self._orchestrator.start()
        try:
            self.first_key = await self._orchestrator.first_key(self.settings.tenant_name)
        except BaseException:
            await self._stop_orchestrator()
            raise
        self._channel = open_channel(self._orchestrator.address)

    async def _stop_orchestrator(self) -> None:
        if self._channel is not None:
            await self._channel.close()
        await _running(self._orchestrator).stop(self.settings.drain_seconds)

    async def _start_edge(self) -> None:
        app = create_app(self.settings.edge, self.channel, self.store)
        listen = self.settings.listen or f"unix:{self._sockets}/edge"
        self._edge = EdgeServer(app, listen, grace_seconds=round(self.settings.drain_seconds))
        await self._edge.start()

    async def _stop_edge(self) -> None:
        await _running(self._edge).stop()


def load_phase(path: str) -> Phase:
    """The phase at an import path such as those in `PHASES`."""
    module, _, name = path.partition(":")
    phase = getattr(importlib.import_module(module), name)
    if not isinstance(phase, Phase):
        raise Internal("PHASE_INVALID", f"{path} is not a phase.")
    return phase


def _running(part: _Part | None) -> _Part:
    if part is None:
        raise Internal("NOT_STARTED", "A part of the all-in-one is asked for before it was started.")
    return part
