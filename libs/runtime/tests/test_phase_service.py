"""One servicer for all phases, over a real socket, with real children and a real object store."""

import asyncio
import hashlib
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from perito.dataset.v1.dataset_pb2 import DatasetRef, ObjectRef, SourceFile
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Conflict, Exhausted, Internal, Invalid, Unavailable
from perito_kernel.phases import Phase
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import open_channel, tenant_metadata
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import LocalObjectStore, dataset_key
from perito_runtime.phase_service import PhaseServicer, phase_service
from phase_double import drained
from running_jobs import freed, gone, names_in, run, taken
from served_phase import ANALYSIS, DATASET, TENANT, attempt, books, refused, request, served

OTHER = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    """The phases' object store."""
    return LocalObjectStore(tmp_path / "objects")


async def test_it_describes_itself(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    async with served(pool, store, short_dir, "echo") as stub:
        said = await stub.DescribePhase(phase_pb2.DescribePhaseRequest())
    assert (said.name, said.ordinal, said.version, said.slots) == ("double", 2, "1.4", 2)
    assert (list(said.requires), list(said.after)) == (["validation"], ["pattern"])


async def test_a_phase_that_reads_people_gets_its_tenants_key_and_no_other_phase_does(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    def keys(tenant: str) -> str:
        return f"key of {tenant}"

    told: list[str] = []
    for personal in (True, False):
        value = Phase("double", 2, "1.4", "compute_jobs:tells_its_key", personal=personal)
        server = build_server(
            [phase_service(PhaseServicer(value, pool, store, pseudonym_keys=keys))], f"unix:{short_dir}/{personal}"
        )
        await server.start()
        try:
            async with open_channel(server.address) as channel:
                messages = await attempt(phase_pb2_grpc.PhaseServiceStub(channel), request())
        finally:
            await server.stop(0)
        told.append(json.loads(messages[-1].result.summary_json)["key"])
    assert told == [f"key of {TENANT}", ""]


def test_a_phase_that_reads_people_is_not_served_without_keys(pool: ComputePool, store: LocalObjectStore) -> None:
    with pytest.raises(Internal) as caught:
        PhaseServicer(Phase("double", 2, "1.4", "compute_jobs:silent", personal=True), pool, store)
    assert caught.value.reason == "PSEUDONYM_KEY_MISSING"


async def test_inputs_reach_the_child_and_its_files_become_artefacts(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    earlier = await store.put_bytes(f"tenants/{TENANT}/analyses/{ANALYSIS}/validation/1/sales.parquet", b"PAR1", "p")
    asked = request(await books(store), '{"rules": {"V-004": {"share": "0.2"}}}')
    asked.upstream.add(
        phase="validation",
        result=phase_pb2.PhaseResult(
            phase="validation", artifacts=[phase_pb2.Artifact(name="sales.parquet", object=earlier)]
        ),
    )
    asked.upstream.add(phase="pattern", missing_reason="it ran out of memory")
    async with served(pool, store, short_dir, "echo") as stub:
        messages = await attempt(stub, asked)
    assert [message.WhichOneof("message") for message in messages[:-1]] == ["progress"] * (len(messages) - 1)
    result = messages[-1].result
    assert (result.phase, result.version, result.content_digest) == ("double", "1.4", "d" * 64)
    assert result.as_of == "2026-01-31T00:00:00Z"
    (rule,) = result.rules
    assert (rule.rule_id, rule.evaluated, rule.facts_json) == ("V-004", 3, '{"net":"-110"}')
    artifact = result.artifacts[0]
    assert artifact.object.key == f"tenants/{TENANT}/analyses/{ANALYSIS}/double/7/seen.json"
    seen = json.loads(await store.read_bytes(artifact.object, 10_000))
    assert seen == {
        "files": ["0", "1"],
        "mapping": "version: 1",
        "upstream": {"validation": ["sales.parquet"], "pattern": "it ran out of memory"},
        "params": {"rules": {"V-004": {"share": "0.2"}}},
    }
    assert pool.busy == 0


async def test_full_pool_is_busy_before_any_message(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "echo") as stub:
        held = [taken(pool), taken(pool)]
        error = await refused(stub, request())
        assert isinstance(error, Unavailable)
        assert error.reason == "BUSY"
        held.pop().release()
        assert (await attempt(stub, request()))[-1].result.phase == "double"
        held.pop().release()


async def test_progress_never_falls_and_never_stops(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "silent") as stub:
        silent = await attempt(stub, request(params='{"delay": 1.5}'))
    fractions = [message.progress.fraction for message in silent[:-1]]
    assert len(fractions) >= 4  # every 0.25 seconds, though the work says nothing
    assert fractions == sorted(fractions)


async def test_progress_of_a_chatty_phase_is_thinned_out(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "chatty") as stub:
        chatty = await attempt(stub, request())
    fractions = [message.progress.fraction for message in chatty[:-1]]
    assert len(fractions) < 30
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)


async def test_bad_input_is_told_as_the_phase_told_it(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "refuses") as stub:
        error = await refused(stub, request())
    assert isinstance(error, Invalid)
    assert (error.reason, error.details) == ("DATE_UNREADABLE", {"file": "sales.csv", "row": 7})
    assert pool.busy == 0


async def test_crash_frees_the_slot_and_can_be_tried_again(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "segfaults") as stub:
        for _ in range(3):
            assert (await refused(stub, request())).reason == "COMPUTE_CRASHED"
    assert pool.busy == 0
    assert (await run(pool, "echo")).content_digest


async def test_child_is_killed_before_the_callers_deadline(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "stops") as stub:
        with pytest.raises(Exhausted) as caught:
            await attempt(stub, request(), seconds=3)
    assert caught.value.reason == "COMPUTE_TIME_EXCEEDED"


async def test_caller_that_goes_away_kills_the_child(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    pids = [(await run(pool, "echo")).summary["pid"] for _ in range(2)]
    async with served(pool, store, short_dir, "stops") as stub:
        call = stub.RunPhase(request(), metadata=tenant_metadata(TENANT))
        await anext(aiter(call))
        await asyncio.sleep(0.3)
        assert pool.busy == 1
        call.cancel()
        assert await freed(pool)
        assert await gone(pids[0])


async def test_slot_comes_back_however_often_a_call_is_cancelled(pool: ComputePool, store: LocalObjectStore) -> None:
    servicer = PhaseServicer(Phase("double", 2, "1.4", "compute_jobs:stops"), pool, store)
    context = SimpleNamespace(invocation_metadata=lambda: tenant_metadata(TENANT), time_remaining=lambda: 30.0)
    messages = servicer.RunPhase(request(), context)
    await anext(messages)
    reading = asyncio.create_task(drained(messages))
    await asyncio.sleep(0.3)
    reading.cancel()
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await freed(pool)


async def test_no_object_of_another_tenant_is_read(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    theirs = await books(store, OTHER)
    file, mapping, artifact, metadata = request(), request(), request(), request()
    file.dataset.files.append(theirs.files[0])
    mapping.dataset.mapping.CopyFrom(theirs.mapping)
    artifact.upstream.add(phase="validation").result.artifacts.add(name="x", object=theirs.mapping)
    metadata.tenant_id = OTHER
    async with served(pool, store, short_dir, "echo") as stub:
        for asked in (file, mapping, artifact):
            assert (await refused(stub, asked)).reason == "OBJECT_KEY_INVALID"
        assert (await refused(stub, metadata)).reason == "TENANT_MISMATCH"
    assert pool.busy == 0


async def test_spoilt_input_is_never_computed_on(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    dataset = await books(store)
    dataset.files[1].object.sha256 = hashlib.sha256(b"other").hexdigest()
    missing = ObjectRef(key=dataset_key(TENANT, DATASET, 9), sha256="0" * 64, bytes=1)
    async with served(pool, store, short_dir, "echo") as stub:
        assert (await refused(stub, request(dataset))).reason == "DATASET_CORRUPT"
        gone_file = request(DatasetRef(dataset_id=DATASET, files=[SourceFile(name="x", object=missing)]))
        assert (await refused(stub, gone_file)).reason == "OBJECT_MISSING"


@pytest.mark.parametrize(
    "name", ["missing", "../scratch/x", "/etc/hostname", "", "..", "a/b", "Ñ", "UPPER", "x" * 101, ".hidden"]
)
async def test_only_files_of_the_job_become_artefacts(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path, name: str
) -> None:
    async with served(pool, store, short_dir, "names_what_it_did_not_leave") as stub:
        error = await refused(stub, request(params=json.dumps({"name": name})))
    assert isinstance(error, Internal)
    assert error.reason == "ARTIFACT_INVALID"
    assert names_in(store.root) == ["staging"]


async def test_link_does_not_carry_a_file_out(pool: ComputePool, store: LocalObjectStore, short_dir: Path) -> None:
    async with served(pool, store, short_dir, "leaves_a_link") as stub:
        assert (await refused(stub, request())).reason == "ARTIFACT_INVALID"


async def test_two_attempts_with_one_fence_cannot_both_write(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path
) -> None:
    async with served(pool, store, short_dir, "echo") as stub:
        first = await attempt(stub, request(fence=1))
        assert isinstance(await refused(stub, request(fence=1)), Conflict)
        second = await attempt(stub, request(fence=2))
    first_object, second_object = (messages[-1].result.artifacts[0].object for messages in (first, second))
    assert first_object.key != second_object.key
    assert first_object.sha256 == second_object.sha256


@pytest.mark.parametrize("params", ["[1]", "{", '"x"', "[" * 100_000])
async def test_params_that_are_no_object_are_refused(
    pool: ComputePool, store: LocalObjectStore, short_dir: Path, params: str
) -> None:
    async with served(pool, store, short_dir, "echo") as stub:
        assert (await refused(stub, request(params=params))).reason == "JSON_INVALID"
        assert pool.busy == 0
