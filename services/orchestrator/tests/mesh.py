"""An orchestrator with five phase services, as a test needs it: real PostgreSQL, real sockets, short times."""

import asyncio
import hashlib
import json
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import asyncpg
import grpc
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1.access_pb2_grpc import AccessServiceStub
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito.analysis.v1.review_pb2_grpc import ReviewServiceStub
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile
from perito.dataset.v1.intake_pb2 import MappingHints, ProposeMappingResponse
from perito_kernel.errors import PeritoError
from perito_orchestrator.app import Orchestrator, OrchestratorSettings
from perito_orchestrator.broker import Broker
from perito_orchestrator.broker_memory import MemoryBroker
from perito_orchestrator.keys import create_tenant
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata
from perito_runtime.grpc_server import GrpcServer
from perito_runtime.objects import LocalObjectStore

from .phases import FakePhase, five, serve

if TYPE_CHECKING:
    from perito.analysis.v1.access_pb2_grpc import AccessServiceAsyncStub
    from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceAsyncStub
    from perito.analysis.v1.review_pb2_grpc import ReviewServiceAsyncStub
from .databases import Dsns


async def in_memory() -> Broker:
    """A broker that nobody else has."""
    return MemoryBroker()


@dataclass
class Mesh:
    """What a test holds in its hands."""

    folder: Path
    dsns: Dsns
    store: LocalObjectStore
    phases: dict[str, FakePhase]
    tenant: UUID
    settings: OrchestratorSettings
    servers: list[GrpcServer] = field(default_factory=list[GrpcServer])
    processes: list["Process"] = field(default_factory=list["Process"])
    running: list[tuple[Orchestrator, Broker, grpc.aio.Channel]] = field(
        default_factory=list[tuple[Orchestrator, Broker, grpc.aio.Channel]]
    )
    make_broker: Callable[[], Awaitable[Broker]] = in_memory

    async def start(self, broker: Broker | None = None, /, **changed: object) -> "Client":
        """Starts one (more) orchestrator, with the broker given, or one of its own, and answers a client of it."""
        address = f"unix:{self.folder}/o{len(self.running)}.sock"
        settings = replace(self.settings, address=address, **changed)  # type: ignore[arg-type] - names of settings
        broker = broker or await self.make_broker()
        orchestrator = Orchestrator(settings, broker, self.store)
        await orchestrator.start()
        channel = open_channel(address)
        self.running.append((orchestrator, broker, channel))
        stubs = (AccessServiceStub(channel), ReviewServiceStub(channel))
        return Client(self.tenant, AnalysisServiceStub(channel), broker, orchestrator, *stubs)

    async def start_process(self, **changed: object) -> "Process":
        """Starts an orchestrator as a process of its own, with a client for it."""
        address = f"unix:{self.folder}/p{len(self.processes)}.sock"
        settings = replace(self.settings, address=address, **changed)  # type: ignore[arg-type] - names of settings
        argument = json.dumps({"settings": asdict(settings), "objects": str(self.folder / "objects")})
        log = self.folder / f"p{len(self.processes)}.log"
        script = Path(__file__).with_name("orchestrator_process.py")
        with log.open("wb") as output:
            child = await asyncio.create_subprocess_exec(sys.executable, str(script), argument, stderr=output)
        channel = open_channel(address)
        process = Process(child, log, channel, Client(self.tenant, AnalysisServiceStub(channel), MemoryBroker()))
        self.processes.append(process)
        async with asyncio.timeout(20):
            await channel.channel_ready()
        return process

    async def stop(self) -> None:
        for process in self.processes:
            await process.channel.close()
            if process.child.returncode is None:
                process.child.kill()
                await process.child.wait()
        for orchestrator, broker, channel in self.running:
            await channel.close()
            await orchestrator.stop(0)
            await broker.close()
        for server in self.servers:
            await server.stop(0)


@dataclass
class Process:
    """An orchestrator that can be killed."""

    child: asyncio.subprocess.Process
    log: Path
    channel: grpc.aio.Channel
    client: "Client"

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)


@dataclass
class Client:
    """A client of AnalysisService for one tenant. Errors come as PeritoError."""

    tenant: UUID
    stub: "AnalysisServiceAsyncStub"
    broker: Broker
    inside: Orchestrator | None = None
    access_stub: "AccessServiceAsyncStub | None" = None
    review_stub: "ReviewServiceAsyncStub | None" = None

    @property
    def orchestrator(self) -> Orchestrator:
        """The orchestrator behind it, where that lives in this process."""
        assert self.inside is not None
        return self.inside

    @property
    def access(self) -> "AccessServiceAsyncStub":
        """AccessService beside it."""
        assert self.access_stub is not None
        return self.access_stub

    @property
    def reviews(self) -> "ReviewServiceAsyncStub":
        """ReviewService beside it."""
        assert self.review_stub is not None
        return self.review_stub

    def of(self, tenant: UUID) -> "Client":
        """The same connection for another tenant."""
        return replace(self, tenant=tenant)

    async def dataset(
        self, dataset_id: UUID | None = None, key: str = "", content: str = "a", *, mapped: bool = True
    ) -> pb.CreateDatasetResponse:
        """Registers two files."""
        ref = dataset_ref(self.tenant, dataset_id or uuid4(), content)
        if not mapped:
            ref.ClearField("mapping")
        request = pb.CreateDatasetRequest(dataset=ref, idempotency_key=key)
        async with call_errors():
            return await self.stub.CreateDataset(request, metadata=self.metadata)

    async def dataset_of(self, owner: UUID) -> pb.CreateDatasetResponse:
        """Tries to register files that lie under another tenant's prefix."""
        request = pb.CreateDatasetRequest(dataset=dataset_ref(owner, uuid4()))
        async with call_errors():
            return await self.stub.CreateDataset(request, metadata=self.metadata)

    async def get_dataset(self, dataset_id: str) -> pb.GetDatasetResponse:
        """Reads a dataset."""
        async with call_errors():
            return await self.stub.GetDataset(pb.GetDatasetRequest(dataset_id=dataset_id), metadata=self.metadata)

    async def delete_dataset(self, dataset_id: str) -> None:
        """Deletes a dataset."""
        async with call_errors():
            await self.stub.DeleteDataset(pb.DeleteDatasetRequest(dataset_id=dataset_id), metadata=self.metadata)

    async def usage(self, key: str = "") -> pb.GetUsageResponse:
        """What the tenant has and may have."""
        async with call_errors():
            return await self.stub.GetUsage(pb.GetUsageRequest(dataset_key=key), metadata=self.metadata)

    async def propose(self, dataset_id: str, currency: str = "", timezone: str = "") -> ProposeMappingResponse:
        """Asks how a dataset could be read."""
        hints = MappingHints(currency=currency, timezone=timezone)
        request = pb.ProposeMappingRequest(dataset_id=dataset_id, hints=hints)
        async with call_errors():
            return (await self.stub.ProposeMapping(request, metadata=self.metadata)).proposal

    async def submit(self, dataset_id: str = "", **fields: object) -> pb.SubmitAnalysisResponse:
        """Submits, with a dataset of its own unless one is named or comes along."""
        if not dataset_id and "dataset" not in fields:
            dataset_id = (await self.dataset()).dataset.dataset_id
        request = pb.SubmitAnalysisRequest(dataset_id=dataset_id, **fields)  # type: ignore[arg-type] - names of fields
        async with call_errors():
            return await self.stub.SubmitAnalysis(request, metadata=self.metadata)

    async def get(self, analysis_id: str, *, results: bool = True) -> pb.Analysis:
        """Reads an analysis."""
        request = pb.GetAnalysisRequest(analysis_id=analysis_id, without_results=not results)
        async with call_errors():
            return (await self.stub.GetAnalysis(request, metadata=self.metadata)).analysis

    async def watch(self, analysis_id: str, after: int = 0, seconds: float = 20) -> list[pb.WatchAnalysisResponse]:
        """Watches to the end."""
        request = pb.WatchAnalysisRequest(analysis_id=analysis_id, after_sequence=after)
        async with call_errors():
            return [m async for m in self.stub.WatchAnalysis(request, metadata=self.metadata, timeout=seconds)]

    async def ended(self, analysis_id: str, seconds: float = 20) -> pb.Analysis:
        """The analysis, once it has ended."""
        return (await self.watch(analysis_id, seconds=seconds))[-1].analysis

    async def batch(self, requests: Sequence[pb.SubmitAnalysisRequest], key: str = "") -> list[pb.BatchOutcome]:
        """Submits many."""
        request = pb.BatchSubmitRequest(requests=requests, idempotency_key=key)
        async with call_errors():
            return list((await self.stub.BatchSubmit(request, metadata=self.metadata)).outcomes)

    async def cancel(self, analysis_id: str, reason: str = "") -> pb.Analysis:
        """Cancels."""
        request = pb.CancelAnalysisRequest(analysis_id=analysis_id, reason=reason)
        async with call_errors():
            return (await self.stub.CancelAnalysis(request, metadata=self.metadata)).analysis

    async def delete(self, analysis_id: str) -> None:
        """Deletes."""
        async with call_errors():
            await self.stub.DeleteAnalysis(pb.DeleteAnalysisRequest(analysis_id=analysis_id), metadata=self.metadata)

    async def analyses(self, **fields: object) -> pb.ListAnalysesResponse:
        """One page of analyses."""
        request = pb.ListAnalysesRequest(**fields)  # type: ignore[arg-type] - names of fields
        async with call_errors():
            return await self.stub.ListAnalyses(request, metadata=self.metadata)

    async def counts(self) -> dict[str, int]:
        """How many analyses are in each state."""
        async with call_errors():
            told = await self.stub.CountAnalyses(pb.CountAnalysesRequest(), metadata=self.metadata)
        prefix = "ANALYSIS_STATUS_"
        return {pb.AnalysisStatus.Name(count.status).removeprefix(prefix): count.analyses for count in told.counts}

    async def findings(
        self, analysis_id: str, size: int = 0, token: str = "", **filters: object
    ) -> pb.ListFindingsResponse:
        """One page of findings."""
        request = pb.ListFindingsRequest(
            analysis_id=analysis_id,
            page_size=size,
            page_token=token,
            **filters,  # type: ignore[arg-type] - names of fields
        )
        async with call_errors():
            return await self.stub.ListFindings(request, metadata=self.metadata)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return tenant_metadata(str(self.tenant))


def dataset_ref(tenant: UUID, dataset_id: UUID, content: str = "a") -> DatasetRef:
    """Two files and a mapping under the tenant's prefix; `content` decides their hashes."""

    def stored(name: str) -> ObjectRef:
        sha256 = hashlib.sha256((name + content).encode()).hexdigest()
        key = f"tenants/{tenant}/datasets/{dataset_id}/{name}"
        return ObjectRef(key=key, sha256=sha256, bytes=3, media_type="text/csv")

    files = [SourceFile(name="sales.csv", object=stored("0")), SourceFile(name="stock.csv", object=stored("1"))]
    return DatasetRef(dataset_id=str(dataset_id), files=files, mapping=stored("mapping.yaml"))


@asynccontextmanager
async def mesh_of(
    dsns: Dsns, folder: Path, make: Callable[[LocalObjectStore], dict[str, FakePhase]] = five
) -> AsyncGenerator[Mesh]:
    """Five phases, a tenant and no orchestrator yet."""
    store = LocalObjectStore(folder / "objects")
    phases = make(store)
    settings = OrchestratorSettings(
        app_dsn=dsns.app,
        system_dsn=dsns.system,
        owner_dsn=dsns.owner,
        address="",
        phase_addresses=[f"unix:{folder}/{name}.sock" for name in phases],
        lease_seconds=2.0,
        heartbeat_seconds=0.5,
        progress_seconds=0.02,
        phase_seconds=60,
        retry_seconds=0.05,
        busy_seconds=0.05,
        poll_seconds=0.1,
        watch_poll_seconds=0.5,
        stale_seconds=0.5,
        registry_seconds=5,
    )
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    tenant = await create_tenant(owner, "A")
    await owner.close()
    mesh = Mesh(folder, dsns, store, phases, tenant, settings)
    try:
        for phase in phases.values():
            mesh.servers.append(await serve(phase, folder))
        yield mesh
    finally:
        await mesh.stop()


def errors_with(error: PeritoError | None) -> Callable[[object], Awaitable[PeritoError | None]]:
    """A behaviour that fails with this error every time."""

    async def behave(_: object) -> PeritoError | None:
        return error

    return behave
