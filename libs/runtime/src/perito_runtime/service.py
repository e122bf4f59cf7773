"""A phase as a process of its own: three lines there, everything here.

On SIGTERM: health says NOT_SERVING, calls are still taken for the notice time; then new calls are refused and running
ones get the drain time; what is left is handed back to whoever asked, which costs no attempt; then the children die. A
second SIGTERM ends the process at once.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from perito_kernel.phases import Phase
from perito_kernel.pseudonyms import tenant_key

from perito_runtime.callers import only
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_server import GrpcServer, Service, build_server
from perito_runtime.health_socket import HealthSocket
from perito_runtime.intake_service import IntakeServicer, intake_service
from perito_runtime.lifecycle import Lifecycle, nothing, stop_signal
from perito_runtime.logs import bind, logger
from perito_runtime.object_store import ObjectStore
from perito_runtime.object_stores import open_store
from perito_runtime.own_rules import OwnRuleLimits
from perito_runtime.phase_service import PhaseServicer, phase_service
from perito_runtime.process import run_process
from perito_runtime.settings import BEAT_SECONDS, PhaseSettings, read_secret

ORCHESTRATOR = "orchestrator"
"""Who may call a phase."""

_STOP_SECONDS = 5.0
_HAND_BACK_SECONDS = 2.0
_log = logger("service")


def run_phase(phase: Phase) -> None:
    """The main of a phase's process."""
    run_process(f"perito_{phase.name}", PhaseSettings, partial(serve_phase, phase))


async def serve_phase(phase: Phase, settings: PhaseSettings) -> None:
    """Serves a phase until this process is told to stop. Raises `PeritoError` where it cannot start."""
    bind(phase=phase.name)
    pool = ComputePool(
        settings.compute_slots,
        settings.compute_memory,
        settings.compute_threads,
        recycle_after=settings.compute_recycle_after,
        preload=imported_early([phase]),
        work_dir=settings.work_dir,
    )
    keys = None
    if phase.personal:
        secret = read_secret(settings.pseudonym_secret_file, "PERITO_PSEUDONYM_SECRET_FILE")
        keys = partial(tenant_key, secret)
    leaving = asyncio.Event()
    limits = OwnRuleLimits(settings.own_rules_seconds, settings.own_rule_seconds)
    services = services_of(phase, pool, open_store(settings), keys, leaving, settings.beat_seconds, limits)
    server = build_server(
        services,
        settings.listen,
        tls=settings.tls(),
        interceptors=[only(ORCHESTRATOR, [service.name for service in services])],
        reflect=settings.reflection,
    )
    lifecycle = Lifecycle()
    lifecycle.add("compute", pool.__aenter__, lambda: pool.__aexit__(None, None, None), _STOP_SECONDS)
    lifecycle.add("warm children", pool.ready, nothing)
    health = HealthSocket(settings.health_socket, server.says)
    lifecycle.add("health", health.start, health.stop, _STOP_SECONDS)
    drained = settings.drain_seconds + _HAND_BACK_SECONDS + _STOP_SECONDS
    lifecycle.add("grpc", server.start, lambda: _drain(server, leaving, settings.drain_seconds), drained)
    stop = asyncio.create_task(stop_signal())  # before the start: a signal then must not be lost
    async with lifecycle.unless(stop) as up:
        if not up:
            return
        _log.info("serving", version=phase.version, address=server.address)
        _log.info("stopping", signal=await stop)
        await server.say_not_serving()
        await asyncio.sleep(settings.notice_seconds)


def imported_early(phases: Sequence[Phase]) -> tuple[str, ...]:
    """What compute children import and make while they wait for work, so that an analysis does not wait for it."""
    wanted = (entry for phase in phases for entry in (*phase.preload, phase.compute.partition(":")[0]))
    return tuple(dict.fromkeys(wanted))


def services_of(
    phase: Phase,
    pool: ComputePool,
    store: ObjectStore,
    keys: Callable[[str], str] | None = None,
    leaving: asyncio.Event | None = None,
    beat_seconds: float = BEAT_SECONDS,
    limits: OwnRuleLimits | None = None,
    rule_pack: bytes = b"",
) -> list[Service]:
    """Everything that a phase serves, on one address. `keys` gives the key of pseudonyms of a tenant; once `leaving`
    is set, running work is handed back; work repeats its progress every `beat_seconds`. `limits` bounds tenants' own
    rules, and `rule_pack` is run where a request has no such rules.
    """
    servicer = PhaseServicer(
        phase,
        pool,
        store,
        pseudonym_keys=keys,
        leaving=leaving,
        beat_seconds=beat_seconds,
        own_rules=limits,
        rule_pack=rule_pack,
    )
    served = [phase_service(servicer)]
    return [*served, intake_service(IntakeServicer(phase, pool, store))] if phase.propose else served


async def _drain(server: GrpcServer, leaving: asyncio.Event, seconds: float) -> None:
    """Refuses new calls at once, and hands back what is still running after so many seconds."""
    stopping = asyncio.create_task(server.stop(seconds + _HAND_BACK_SECONDS))
    await asyncio.wait([stopping], timeout=seconds)
    leaving.set()
    await stopping
