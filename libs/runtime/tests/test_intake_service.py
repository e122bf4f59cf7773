"""How could these files be read? Asked over a real socket, worked out in real children."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from perito.dataset.v1 import intake_pb2, intake_pb2_grpc
from perito.dataset.v1.dataset_pb2 import DatasetRef, SourceFile
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Exhausted, Internal, Invalid, PeritoError, Unavailable
from perito_kernel.phases import Phase
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import LocalObjectStore, dataset_key
from perito_runtime.service import services_of
from running_jobs import freed, gone, run, taken

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
DATASET = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    """Where the books are."""
    return LocalObjectStore(tmp_path / "objects")


@asynccontextmanager
async def intake(
    pool: ComputePool, store: LocalObjectStore, folder: Path, function: str
) -> "AsyncGenerator[intake_pb2_grpc.IntakeServiceAsyncStub, None]":
    """A phase that proposes with `compute_jobs:function`, and a client of its intake."""
    value = Phase("double", 2, "1.4", "compute_jobs:echo", propose=f"compute_jobs:{function}")
    server = build_server(services_of(value, pool, store), f"unix:{folder}/s")
    await server.start()
    try:
        async with open_channel(server.address) as channel:
            described = await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(phase_pb2.DescribePhaseRequest())
            assert described.proposes_mappings
            yield intake_pb2_grpc.IntakeServiceStub(channel)
    finally:
        await server.stop(0)


async def request(store: LocalObjectStore, tenant: str = TENANT) -> intake_pb2.ProposeMappingRequest:
    """Two stored files."""
    files = [
        SourceFile(name=f"{n}.csv", object=await store.put_bytes(dataset_key(tenant, DATASET, n), b"%d" % n, "t"))
        for n in range(2)
    ]
    return intake_pb2.ProposeMappingRequest(dataset=DatasetRef(dataset_id=DATASET, files=files))


async def proposed(
    stub: "intake_pb2_grpc.IntakeServiceAsyncStub", asked: intake_pb2.ProposeMappingRequest, seconds: float = 30
) -> intake_pb2.ProposeMappingResponse:
    """The answer; errors as Perito's."""
    async with call_errors():
        return await stub.ProposeMapping(asked, timeout=seconds, metadata=tenant_metadata(TENANT))


async def refused(
    stub: "intake_pb2_grpc.IntakeServiceAsyncStub", asked: intake_pb2.ProposeMappingRequest, seconds: float = 30
) -> PeritoError:
    """The error of a call that must fail."""
    with pytest.raises(PeritoError) as caught:
        await proposed(stub, asked, seconds)
    return caught.value


async def test_what_the_work_says_is_the_answer(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    asked = await request(store)
    asked.hints.currency = "NGN"
    mapping = await store.put_bytes(dataset_key(TENANT, DATASET, "mapping.yaml"), b"version: 1", "application/yaml")
    asked.dataset.mapping.CopyFrom(mapping)
    async with intake(pool, store, short_dir, "proposes") as stub:
        answer = await proposed(stub, asked)
    assert json.loads(answer.mapping_yaml) == {
        "files": ["0.csv", "1.csv"],
        "mapping": "",
        "params": {"hints": {"currency": "NGN"}},
    }
    mapped, unplaced = answer.placements
    assert (mapped.file, mapped.source_column, mapped.table_name, mapped.column_name) == (
        *("0.csv", "SKU", "sales", "product"),
    )
    assert (mapped.status, mapped.confidence, mapped.reason_es) == (
        *(intake_pb2.PLACEMENT_STATUS_MAPPED, "0.93", "su nombre"),
    )
    assert (unplaced.status, unplaced.confidence) == (intake_pb2.PLACEMENT_STATUS_UNPLACED, "")
    (question,) = answer.questions
    assert (question.file, question.topic, question.add_yaml) == ("", "currency", "currency: EUR")
    assert pool.busy == 0


async def test_a_full_pool_is_busy(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    asked = await request(store)
    async with intake(pool, store, short_dir, "proposes") as stub:
        held = [taken(pool), taken(pool)]
        error = await refused(stub, asked)
        assert isinstance(error, Unavailable)
        assert error.reason == "BUSY"
        held.pop().release()
        assert (await proposed(stub, asked)).mapping_yaml
        held.pop().release()


async def test_no_object_of_another_tenant_is_read(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    theirs = await request(store, OTHER)
    mapping = await request(store)
    mapping.dataset.mapping.CopyFrom(theirs.dataset.files[0].object)
    async with intake(pool, store, short_dir, "proposes") as stub:
        for asked in (theirs, mapping):
            assert (await refused(stub, asked)).reason == "OBJECT_KEY_INVALID"
    assert pool.busy == 0


async def test_spoilt_files_are_never_looked_at(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    asked = await request(store)
    asked.dataset.files[1].object.sha256 = hashlib.sha256(b"other").hexdigest()
    async with intake(pool, store, short_dir, "proposes") as stub:
        assert (await refused(stub, asked)).reason == "DATASET_CORRUPT"
    assert await freed(pool)


@pytest.mark.parametrize(
    ("function", "kind", "reason"),
    [
        ("refuses", Invalid, "DATE_UNREADABLE"),
        ("breaks", Internal, "COMPUTE_FAILED"),
        ("segfaults", Unavailable, "COMPUTE_CRASHED"),
        ("leaves", Unavailable, "COMPUTE_CRASHED"),
        ("eats_in_one_bite", Exhausted, "COMPUTE_MEMORY_EXCEEDED"),
        ("proposes_nonsense", Internal, "PROPOSAL_INVALID"),
        ("echo", Internal, "PROPOSAL_INVALID"),
        ("proposes_too_much", Exhausted, "PROPOSAL_TOO_LARGE"),
    ],
)
async def test_what_fails_is_told_and_the_next_one_works(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path, function: str, kind: type[PeritoError], reason: str
) -> None:
    asked = await request(store)
    async with intake(pool, store, short_dir, function) as stub:
        for _ in range(3):
            error = await refused(stub, asked)
            assert (type(error), error.reason) == (kind, reason)
            assert "secret" not in error.message
    assert pool.busy == 0
    assert (await run(pool, "echo")).content_digest


async def test_the_child_is_killed_before_the_callers_deadline(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    asked = await request(store)
    async with intake(pool, store, short_dir, "stops") as stub:
        assert (await refused(stub, asked, seconds=2.5)).reason == "COMPUTE_TIME_EXCEEDED"
    assert await freed(pool)


async def test_a_caller_that_goes_away_kills_the_child(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    asked = await request(store)
    pids = [(await run(pool, "echo")).summary["pid"] for _ in range(2)]
    async with intake(pool, store, short_dir, "stops") as stub:
        call = stub.ProposeMapping(asked, timeout=30, metadata=tenant_metadata(TENANT))
        await asyncio.sleep(0.5)
        assert pool.busy == 1
        call.cancel()
        assert await freed(pool)
        assert await gone(pids[0])
