"""The main of a phase process: three lines there, everything here.

On SIGTERM: health says NOT_SERVING, new calls are refused, running ones get the drain time, what is left is cancelled
(its lease runs out elsewhere), then the children die. A second SIGTERM ends the process at once.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial

from perito_kernel.errors import PeritoError
from perito_kernel.phases import Phase
from perito_kernel.pseudonyms import tenant_key

from perito_runtime.compute import ComputePool
from perito_runtime.failpoints import arm_from_environment
from perito_runtime.grpc_server import Service, build_server, check_address
from perito_runtime.intake_service import IntakeServicer, intake_service
from perito_runtime.lifecycle import Lifecycle, stop_signal
from perito_runtime.logs import bind, configure_logs, logger
from perito_runtime.object_store import ObjectStore
from perito_runtime.objects import LocalObjectStore
from perito_runtime.phase_service import PhaseServicer, phase_service
from perito_runtime.settings import PhaseSettings, read_secret, read_settings

_STOP_SECONDS = 5.0
_log = logger("service")


def run_phase(phase: Phase) -> None:
    """Serves a phase until SIGTERM. Exits with 2 and one sentence on stderr where it cannot start."""
    try:
        settings = read_settings(PhaseSettings)
        check_address(settings.listen)
        configure_logs(settings.log_level)
        if armed := arm_from_environment():
            _log.warning("failpoints are armed", points=armed)
        asyncio.run(serve_phase(phase, settings))
    except PeritoError as error:
        sys.stderr.write(f"{error.message}\n")
        sys.exit(2)


async def serve_phase(phase: Phase, settings: PhaseSettings) -> None:
    """Serves a phase until this process is told to stop. Raises `PeritoError` where it cannot start."""
    bind(phase=phase.name)
    pool = ComputePool(
        settings.compute_slots,
        settings.compute_memory,
        settings.compute_threads,
        recycle_after=settings.compute_recycle_after,
        work_dir=settings.work_dir,
    )
    store = LocalObjectStore(settings.objects)
    keys = None
    if phase.personal:
        secret = read_secret(settings.pseudonym_secret_file, "PERITO_PSEUDONYM_SECRET_FILE")
        keys = partial(tenant_key, secret)
    server = build_server(services_of(phase, pool, store, keys), settings.listen)
    lifecycle = Lifecycle()
    lifecycle.add("compute", pool.__aenter__, lambda: pool.__aexit__(None, None, None), _STOP_SECONDS)
    lifecycle.add("warm children", pool.ready, _nothing)
    lifecycle.add(
        "grpc", server.start, lambda: server.stop(settings.drain_seconds), settings.drain_seconds + _STOP_SECONDS
    )
    stop = asyncio.create_task(stop_signal())  # before the start: a signal then must not be lost
    async with lifecycle:
        _log.info("serving", version=phase.version, address=server.address)
        _log.info("stopping", signal=await stop)


def services_of(
    phase: Phase, pool: ComputePool, store: ObjectStore, keys: Callable[[str], str] | None = None
) -> list[Service]:
    """Everything that a phase serves, on one address. `keys` gives the key of pseudonyms of a tenant."""
    served = [phase_service(PhaseServicer(phase, pool, store, pseudonym_keys=keys))]
    return [*served, intake_service(IntakeServicer(phase, pool, store))] if phase.propose else served


async def _nothing() -> None:
    return
