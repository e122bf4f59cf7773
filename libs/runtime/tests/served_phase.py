"""One phase served over a real socket, with what its callers ask and are answered."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from perito.dataset.v1.dataset_pb2 import DatasetRef, SourceFile
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import PeritoError
from perito_kernel.phases import Phase
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import LocalObjectStore, dataset_key
from perito_runtime.phase_service import PhaseServicer, phase_service

TENANT = "11111111-1111-4111-8111-111111111111"
ANALYSIS = "44444444-4444-4444-8444-444444444444"
DATASET = "33333333-3333-4333-8333-333333333333"


@asynccontextmanager
async def served(
    pool: ComputePool, store: LocalObjectStore, folder: Path, function: str
) -> "AsyncGenerator[phase_pb2_grpc.PhaseServiceAsyncStub, None]":
    """A phase whose compute function is `compute_jobs:function`, and a client of it."""
    value = Phase("double", 2, "1.4", f"compute_jobs:{function}", requires=("validation",), after=("pattern",))
    servicer = PhaseServicer(value, pool, store, beat_seconds=0.25)
    server = build_server([phase_service(servicer)], f"unix:{folder}/s")
    await server.start()
    try:
        async with open_channel(server.address) as channel:
            yield phase_pb2_grpc.PhaseServiceStub(channel)
    finally:
        await server.stop(0)


async def books(store: LocalObjectStore, tenant: str = TENANT) -> DatasetRef:
    """Two files and a mapping, stored."""
    return DatasetRef(
        dataset_id=DATASET,
        files=[
            SourceFile(name=f"{n}.csv", object=await store.put_bytes(dataset_key(tenant, DATASET, n), b"%d" % n, "t"))
            for n in range(2)
        ],
        mapping=await store.put_bytes(dataset_key(tenant, DATASET, "mapping.yaml"), b"version: 1", "application/yaml"),
    )


def request(dataset: DatasetRef | None = None, params: str = "{}", fence: int = 7) -> phase_pb2.RunPhaseRequest:
    """One attempt."""
    return phase_pb2.RunPhaseRequest(
        tenant_id=TENANT, analysis_id=ANALYSIS, fence=fence, dataset=dataset, params_json=params
    )


async def attempt(
    stub: "phase_pb2_grpc.PhaseServiceAsyncStub", asked: phase_pb2.RunPhaseRequest, seconds: float = 30
) -> list[phase_pb2.RunPhaseResponse]:
    """All messages of one attempt; errors as Perito's."""
    async with call_errors():
        return [message async for message in stub.RunPhase(asked, timeout=seconds, metadata=tenant_metadata(TENANT))]


async def refused(stub: "phase_pb2_grpc.PhaseServiceAsyncStub", asked: phase_pb2.RunPhaseRequest) -> PeritoError:
    """The error of an attempt that must fail."""
    with pytest.raises(PeritoError) as caught:
        await attempt(stub, asked)
    return caught.value
