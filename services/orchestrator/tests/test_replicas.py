"""Phases with several replicas: a busy one leaves the work to the next, and during an upgrade they differ."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.phase.v1 import phase_pb2_grpc
from perito_orchestrator.registry import Registry
from perito_runtime.grpc_server import GrpcServer, Service, build_server
from perito_runtime.objects import LocalObjectStore
from structlog.testing import capture_logs

from .mesh import Mesh
from .phases import FakePhase, until


@asynccontextmanager
async def replicas(*phases: FakePhase) -> AsyncGenerator[tuple[str, list[GrpcServer]], None]:
    """A target with a replica for each of these."""
    servers, port = list[GrpcServer](), "0"
    async with AsyncExitStack() as stack:
        for number, phase in enumerate(phases, 1):
            add = phase_pb2_grpc.add_PhaseServiceServicer_to_server
            service = Service("perito.phase.v1.PhaseService", add, phase)
            server = build_server([service], f"127.0.0.{number}:{port}")
            await server.start()
            stack.push_async_callback(server.stop, 0)
            servers.append(server)
            port = server.address.rpartition(":")[2]
        yield "ipv4:" + ",".join(server.address for server in servers), servers


async def test_a_busy_replica_leaves_the_work_to_one_that_is_not(mesh: Mesh) -> None:
    busy, free = FakePhase("read", 1, mesh.store, busy=10**6), FakePhase("read", 1, mesh.store)
    async with replicas(busy, free) as (target, _):
        # A lease that is given back would wait for longer than this test.
        client = await mesh.start(phase_addresses=[target, *mesh.settings.phase_addresses[1:]], busy_seconds=60)
        for _ in range(3):
            ended = await client.ended((await client.submit(phases=[1])).analysis.analysis_id)
            assert ended.status == pb.ANALYSIS_STATUS_COMPLETED
            assert ended.phases[0].attempt == 1
        assert (len(free.runs), len(busy.runs)) == (3, 0)
        assert busy.busy < 10**6, "it was asked too"


async def test_plans_name_a_new_version_once_all_replicas_have_it(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path / "objects")
    old, new = FakePhase("read", 1, store, version="1.0"), FakePhase("read", 1, store, version="1.0")
    async with replicas(old, new) as (target, servers):
        registry = Registry([target], patience_seconds=10, refresh_seconds=0.02)
        await registry.start()
        new.version = "2.0"
        with capture_logs() as logs:
            await until(lambda: sum(entry["event"] == "replicas of a phase differ" for entry in logs) >= 5)
            assert registry.infos[0].version == "1.0"
            old.version = "2.0"
            await until(lambda: registry.infos[0].version == "2.0")
        new.version = "3.0"
        await servers[0].stop(0)  # what does not answer has nothing to say
        await until(lambda: registry.infos[0].version == "3.0")
        await registry.stop()


async def test_phases_are_heard_again_whatever_broke_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phase = FakePhase("read", 1, LocalObjectStore(tmp_path / "objects"), version="1.0")

    def broken(_: object) -> None:
        raise RuntimeError("a fault of ours")

    async with replicas(phase) as (target, _):
        registry = Registry([target], patience_seconds=10, refresh_seconds=0.02)
        await registry.start()
        with monkeypatch.context() as patched, capture_logs() as logs:
            patched.setattr("perito_orchestrator.registry.check_registry", broken)
            phase.version = "2.0"
            await until(lambda: any(entry["event"] == "phase description broke" for entry in logs))
        await until(lambda: registry.infos[0].version == "2.0")
        await registry.stop()
