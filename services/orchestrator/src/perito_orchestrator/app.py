"""The orchestrator put together: migrate, check roles, meet the phases, then relay, reconcile, work and serve."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
from perito_kernel.errors import Unavailable
from perito_runtime.grpc_server import build_server
from perito_runtime.lifecycle import Lifecycle, nothing
from perito_runtime.logs import logger
from perito_runtime.objects import ObjectStore
from perito_runtime.settings import MOST_DRAIN_SECONDS

from perito_orchestrator import keys
from perito_orchestrator.audit_servicer import AuditServicer
from perito_orchestrator.broker import Broker, queue_of
from perito_orchestrator.broker_health import BrokerHealth
from perito_orchestrator.callers import orchestrator_callers
from perito_orchestrator.catalogue_servicer import catalogue_service
from perito_orchestrator.housekeeping import Housekeeping
from perito_orchestrator.key_servicer import KeyServicer
from perito_orchestrator.last_use import LastUse
from perito_orchestrator.migrate import migrate
from perito_orchestrator.outbox import Relay
from perito_orchestrator.reads import Reads
from perito_orchestrator.reconcile import Reconcile
from perito_orchestrator.registry import Registry
from perito_orchestrator.review_servicer import ReviewServicer
from perito_orchestrator.roles import SCHEMA, Connection
from perito_orchestrator.rule_checks import RuleChecks
from perito_orchestrator.rule_servicer import RuleServicer, rule_service
from perito_orchestrator.servicer import AccessServicer, AnalysisServicer, services
from perito_orchestrator.sessions import session_service
from perito_orchestrator.settings import OrchestratorSettings
from perito_orchestrator.signals import Listener, Signals
from perito_orchestrator.store import access
from perito_orchestrator.store.database import Database, in_our_words
from perito_orchestrator.webhook_courier import Courier
from perito_orchestrator.webhook_servicer import WebhookServicer, webhook_service
from perito_orchestrator.workers import Workers

__all__ = ["Orchestrator", "OrchestratorSettings"]

log = logger("orchestrator")

_AGAIN_SECONDS = 0.5
_WATCHERS_LEAVE_SECONDS = 2.0


class Orchestrator:
    """AnalysisService, AccessService, RuleService and WebhookService with everything behind them, in one event loop.

    The phase services must be up, or come up within `settings.registry_seconds` of `start`. Broker and object store
    belong to the caller, who closes them after `stop`.
    """

    def __init__(self, settings: OrchestratorSettings, broker: Broker, store: ObjectStore) -> None:
        self._settings = settings
        self._broker = broker
        self._store = store
        self._epoch = uuid4().hex
        seconds, idle_seconds = settings.database_seconds, min(10.0, settings.lease_seconds)
        self._app = Database(
            settings.app_dsn,
            size=16,
            name="perito-app",
            seconds=seconds,
            idle_seconds=idle_seconds,
            session=settings.quotas.session(),
        )
        self._system = Database(
            settings.system_dsn, size=6, name="perito-system", seconds=seconds, idle_seconds=idle_seconds
        )
        self._signals = Signals()
        self._listener = Listener(settings.app_dsn, self._signals, answers=self._database_answers)
        self._registry = Registry(
            settings.phase_addresses, tls=settings.tls, patience_seconds=settings.registry_seconds
        )
        self._relay = Relay(
            self._system,
            broker,
            self._signals,
            poll_seconds=settings.poll_seconds,
            publish_seconds=min(5.0, 0.8 * idle_seconds),
            cap=settings.outbox_cap,
        )
        self._reconcile = Reconcile(
            self._system, broker, poll_seconds=settings.poll_seconds, stale_seconds=settings.stale_seconds
        )
        self._housekeeping = _housekeeping(settings, self._app, self._system, store)
        self._courier = Courier(self._app, self._system, settings.webhooks, poll_seconds=settings.poll_seconds)
        owner = f"{self._epoch}/{uuid4().hex}"
        self._workers = Workers(self._app, self._system, broker, self._registry, store, self._signals, settings, owner)
        self._last_use = LastUse(self._system)
        self._reads = Reads(self._app)
        analysis = AnalysisServicer(
            self._app,
            self._registry,
            self._signals,
            settings,
            before_submit=self._relay.refuse_if_full,
            reads=self._reads,
        )
        access_servicer = AccessServicer(self._system, self._last_use, self._reads)
        self._server = build_server(
            [
                *services(
                    analysis,
                    access_servicer,
                    KeyServicer(self._app),
                    AuditServicer(self._app),
                    ReviewServicer(self._app, self._registry, self._reads),
                ),
                session_service(self._system),
                catalogue_service(self._registry),
                webhook_service(WebhookServicer(self._app, self._courier)),
                rule_service(RuleServicer(self._app, RuleChecks(self._registry))),
            ],
            settings.address,
            tls=settings.tls,
            interceptors=[orchestrator_callers(self._system, settings.clients, self._last_use)],
            reflect=settings.reflection,
        )
        self._broker_health = BrokerHealth(broker, self._server, poll_seconds=settings.poll_seconds)
        self._grace = 0.0
        self._lifecycle = self._in_order()

    @property
    def address(self) -> str:
        """Where it listens, with the real port once it does."""
        return self._server.address

    @property
    def duplicates(self) -> int:
        """Messages that found their work taken or done, since the start of this process."""
        return self._workers.duplicates

    async def start(self) -> None:
        """Returns when it serves. Raises what a part raised, with nothing left running.

        Precondition MIGRATION_CHANGED, UNSAFE_DATABASE_ROLE, PHASES_INCONSISTENT, OBJECT_STORE_UNSUITABLE; Unavailable
        DATABASE_UNAVAILABLE, PHASE_SILENT; Invalid LISTEN_FAILED.
        """
        await self._lifecycle.start()

    async def stop(self, grace: float = 5.0) -> None:
        """Drains: runs get `grace` seconds to end, the rest is given back and costs no attempt."""
        self._grace = grace
        await self._lifecycle.stop()

    async def says(self, what: str) -> bool:
        """What health checks are told: `live`, `ready` or `started`."""
        return await self._server.says(what)

    async def leave(self) -> None:
        """Says that it ends soon: health is not serving from now on, and every call is still taken."""
        await self._server.say_not_serving()

    async def first_key(
        self,
        tenant_name: str,
        scopes: Sequence[str] = keys.SCOPES,
        hand_over: Callable[[str], Awaitable[None]] | None = None,
    ) -> str | None:
        """On a database that nobody has a key for: makes a tenant and a key and returns the key's text, once.

        `hand_over` gets the text before it counts: where that fails there is no key, and the next start makes another.
        """
        async with self._owner() as owner, owner.transaction():
            await owner.execute("SELECT pg_advisory_xact_lock(hashtext('perito first key'))")
            if await access.any_key(self._system):
                return None
            tenant = await keys.create_tenant(owner, tenant_name)
            text = (await keys.create_key(owner, tenant, scopes, name="first key")).text
            if hand_over is not None:
                await hand_over(text)
            return text

    def _in_order(self) -> Lifecycle:
        parts = Lifecycle()
        parts.add("migrations", self._migrate, nothing)
        parts.add("database", self._app.open, self._app.close)
        parts.add("database (system)", self._system.open, self._system.close)
        parts.add("registry", self._registry.start, self._registry.stop)
        parts.add("queues", self._declare, nothing)
        parts.add("listener", _later(self._listener.start), self._listener.stop)
        parts.add("relay", _later(self._relay.start), self._relay.stop, stop_seconds=25)
        parts.add("reconcile", self._start_reconcile, self._reconcile.stop)
        parts.add("housekeeping", self._start_housekeeping, self._housekeeping.stop)
        parts.add("last use of keys", _later(self._last_use.start), self._last_use.stop)
        parts.add("reads of results", _later(self._reads.start), self._reads.stop)
        parts.add("webhooks", _later(self._courier.start), self._courier.stop, stop_seconds=20)
        parts.add("workers", self._workers.start, self._stop_workers, stop_seconds=MOST_DRAIN_SECONDS + 30)
        parts.add("broker health", self._broker_health.start, self._broker_health.stop)
        parts.add("server", self._server.start, self._stop_server, stop_seconds=30)
        return parts

    async def _migrate(self) -> None:
        """The database may be starting as well, so it is waited for as long as the phases are."""
        until = asyncio.get_running_loop().time() + self._settings.registry_seconds
        while True:
            try:
                async with self._owner() as owner:
                    await migrate(owner)
                return
            except Unavailable:
                if asyncio.get_running_loop().time() > until:
                    raise
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _declare(self) -> None:
        for info in self._registry.infos:
            await self._broker.declare(queue_of(info.name))

    async def _start_reconcile(self) -> None:
        if self._settings.sole_holder:
            await self._reconcile.void_leases(self._epoch)
        self._reconcile.start()

    async def _start_housekeeping(self) -> None:
        try:
            await self._store.check()
        except Unavailable as error:  # it may come back; one that is unsuitable stays so, and is raised
            log.warning("the object store does not answer", reason=error.reason)
        self._housekeeping.start()

    async def _database_answers(self, answers: bool) -> None:
        await self._server.say_ready(ready=answers)

    async def _stop_workers(self) -> None:
        await self._workers.stop(self._grace)

    async def _stop_server(self) -> None:
        self._signals.close()
        await self._server.stop(_WATCHERS_LEAVE_SECONDS)

    @asynccontextmanager
    async def _owner(self) -> AsyncGenerator[Connection]:
        """A connection as the owner, for the moment that needs one."""
        seconds = self._settings.database_seconds
        settings = {"search_path": SCHEMA, "application_name": "perito-owner"}
        async with in_our_words():
            try:
                owner = await asyncpg.connect(self._settings.owner_dsn, timeout=seconds, server_settings=settings)
            except asyncpg.PostgresError as error:
                raise Unavailable(
                    "DATABASE_UNAVAILABLE", "The database refuses its owner. Correct its address or the password."
                ) from error
            try:
                yield owner
            finally:
                await owner.close(timeout=seconds)


def _housekeeping(settings: OrchestratorSettings, app: Database, system: Database, store: ObjectStore) -> Housekeeping:
    return Housekeeping(
        app,
        system,
        store,
        orphan_seconds=settings.orphan_seconds,
        sweep_seconds=settings.sweep_seconds,
        retention_days=settings.retention_days,
        webhooks=settings.webhooks,
        poll_seconds=settings.poll_seconds,
    )


def _later(start: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """A start that needs the running loop and nothing more."""

    async def begin() -> None:
        start()

    return begin
