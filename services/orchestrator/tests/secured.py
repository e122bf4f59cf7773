"""An orchestrator and its phases as the mesh runs them: on TCP, each with a certificate of one authority."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import asyncpg
import grpc
from perito.analysis.v1.access_pb2_grpc import AccessServiceStub
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito.phase.v1 import phase_pb2_grpc
from perito_orchestrator.app import Orchestrator
from perito_orchestrator.broker_memory import MemoryBroker
from perito_orchestrator.keys import create_key
from perito_runtime.callers import only
from perito_runtime.development_ca import SERVICES, issue
from perito_runtime.grpc_client import open_channel
from perito_runtime.grpc_server import GrpcServer, Service, build_server
from perito_runtime.tls import TlsFiles

from .mesh import Client, Mesh
from .phases import FakePhase

if TYPE_CHECKING:
    from perito.analysis.v1.access_pb2_grpc import AccessServiceAsyncStub

PHASE_SERVICE = "perito.phase.v1.PhaseService"
CLIENT = "erp"


@dataclass
class Secured:
    """`address` is the orchestrator's, `certificates` the folder with one for each service and the internal client."""

    mesh: Mesh
    address: str
    certificates: Path

    def files(self, service: str) -> TlsFiles:
        return issue(self.certificates, [service])[0].files

    @asynccontextmanager
    async def client(self, service: str, tenant: UUID | None = None) -> AsyncGenerator[Client, None]:
        """A client that shows the certificate of a service and names a tenant."""
        async with self.channel(service) as channel:
            yield Client(tenant or self.mesh.tenant, AnalysisServiceStub(channel), MemoryBroker())

    @asynccontextmanager
    async def access(self, service: str) -> "AsyncGenerator[AccessServiceAsyncStub, None]":
        async with self.channel(service) as channel:
            yield AccessServiceStub(channel)

    def channel(self, service: str) -> grpc.aio.Channel:
        return open_channel(self.address, tls=self.files(service))

    async def key(self, *scopes: str) -> str:
        """A new key of the mesh's tenant."""
        owner = await asyncpg.connect(self.mesh.dsns.owner, server_settings={"search_path": "perito"})
        try:
            return (await create_key(owner, self.mesh.tenant, scopes)).text
        finally:
            await owner.close()


async def serve_secured(phase: FakePhase, tls: TlsFiles) -> GrpcServer:
    """The phase on a loopback port, for the orchestrator alone."""
    service = Service(PHASE_SERVICE, phase_pb2_grpc.add_PhaseServiceServicer_to_server, phase)
    server = build_server([service], "127.0.0.1:0", tls=tls, interceptors=[only("orchestrator", [PHASE_SERVICE])])
    await server.start()
    return server


@asynccontextmanager
async def secured(mesh: Mesh, clients: Iterable[str] = (CLIENT,)) -> AsyncGenerator[Secured, None]:
    """The mesh's phases once more, with certificates, and an orchestrator that calls them so."""
    certificates = mesh.folder / "tls"
    files = {issued.service: issued.files for issued in issue(certificates, [*SERVICES, *clients])}
    servers = [await serve_secured(phase, files["validation"]) for phase in mesh.phases.values()]
    settings = replace(
        mesh.settings,
        address="127.0.0.1:0",
        phase_addresses=[server.address for server in servers],
        tls=files["orchestrator"],
        clients=tuple(clients),
    )
    broker = MemoryBroker()
    orchestrator = Orchestrator(settings, broker, mesh.store)
    await orchestrator.start()
    try:
        yield Secured(mesh, orchestrator.address, certificates)
    finally:
        await orchestrator.stop(0)
        await broker.close()
        for server in servers:
            await server.stop(0)
