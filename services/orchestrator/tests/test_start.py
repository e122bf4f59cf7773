"""Starting: who must be there, who is refused, and what is noticed later."""

import tempfile
from pathlib import Path

import asyncpg
import pytest
from perito_kernel.errors import Precondition, Unavailable
from perito_orchestrator.registry import Registry
from perito_runtime.objects import LocalObjectStore

from .mesh import Mesh
from .phases import FakePhase, serve, until


async def connections(mesh: Mesh) -> int:
    superuser = await asyncpg.connect(mesh.dsns.superuser)
    found = await superuser.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'perito-%'", mesh.dsns.name
    )
    await superuser.close()
    return found


async def test_a_request_role_that_sees_every_tenant_is_refused_and_nothing_stays(mesh: Mesh) -> None:
    with pytest.raises(Precondition, match="UNSAFE_DATABASE_ROLE"):
        await mesh.start(app_dsn=mesh.dsns.superuser)
    with pytest.raises(Precondition, match="UNSAFE_DATABASE_ROLE"):
        await mesh.start(system_dsn=mesh.dsns.superuser)

    async def nobody_left() -> bool:
        return await connections(mesh) == 0

    await until(nobody_left)


async def test_a_phase_that_is_not_there_is_named(mesh: Mesh) -> None:
    missing = f"unix:{mesh.folder}/nobody.sock"
    with pytest.raises(Unavailable, match=r"PHASE_SILENT: The phase service at unix:/.*/nobody.sock did not answer"):
        await mesh.start(phase_addresses=[*mesh.settings.phase_addresses, missing], registry_seconds=0.3)
    with pytest.raises(Precondition, match=r"PHASES_INCONSISTENT: .* read, which nobody serves"):
        await mesh.start(phase_addresses=mesh.settings.phase_addresses[1:])


async def test_no_database_is_said_in_a_sentence(mesh: Mesh) -> None:
    with pytest.raises(Unavailable, match="DATABASE_UNAVAILABLE"):
        await mesh.start(owner_dsn="postgresql://nobody@/x?host=/nowhere")


async def test_a_phase_that_comes_late_is_waited_for_and_its_next_version_is_noticed() -> None:
    with tempfile.TemporaryDirectory(prefix="ps", dir="/tmp") as folder:
        store = LocalObjectStore(Path(folder) / "objects")
        registry = Registry([f"unix:{folder}/read.sock"], patience_seconds=10, refresh_seconds=0.1)
        phase = FakePhase("read", 1, store)
        server = await serve(phase, Path(folder))
        await registry.start()
        assert [(i.name, i.version) for i in registry.infos] == [("read", "1.0")]
        phase.version = "2.0"
        await until(lambda: registry.infos[0].version == "2.0")
        phase.requires = ("nobody",)  # cannot be: the last one that fits stays
        phase.version = "3.0"
        with pytest.raises(TimeoutError):
            await until(lambda: registry.infos[0].version == "3.0", 0.5)
        phase.name, phase.requires = "other", ()  # nobody would work on it: not before the next start
        with pytest.raises(TimeoutError):
            await until(lambda: len(registry.infos) > 1, 0.5)
        await server.stop(0)
        await registry.stop()
        with pytest.raises(Unavailable, match="PHASE_UNSERVED"):
            registry.served("other")
