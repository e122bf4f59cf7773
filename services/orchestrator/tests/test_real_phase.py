"""The orchestrator with the phase service of the product: a real child process, a real object store, a real result."""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.dataset.v1.dataset_pb2 import DatasetRef, SourceFile
from perito_kernel.phases import Phase
from perito_runtime.compute import ComputePool
from perito_runtime.grpc_client import call_errors
from perito_runtime.grpc_server import build_server
from perito_runtime.objects import dataset_key
from perito_runtime.phase_service import PhaseServicer, phase_service

from .databases import Dsns
from .mesh import Client, Mesh, mesh_of
from .phases import until


@pytest.fixture
async def real(dsns: Dsns) -> AsyncIterator[Mesh]:
    """Two real phases, with one compute child between them, instead of five played ones."""
    here = str(Path(__file__).parent)
    with tempfile.TemporaryDirectory(prefix="pr", dir="/tmp") as folder:
        pool = ComputePool(1, 512 * 1024**2, preload=(), environment={"PYTHONPATH": here})
        async with pool, mesh_of(dsns, Path(folder), lambda _: {}) as mesh:
            for number, name in enumerate(("count", "stubborn"), 1):
                phase = Phase(name, number, "1.0", f"real_phase:{name}")
                servicer = PhaseServicer(phase, pool, mesh.store)
                server = build_server([phase_service(servicer)], f"unix:{folder}/{name}.sock")
                await server.start()
                mesh.servers.append(server)
            addresses = [server.address for server in mesh.servers]
            mesh.settings = replace(mesh.settings, phase_addresses=addresses)
            yield mesh


async def upload(mesh: Mesh, client: Client) -> str:
    """Two stored files and a mapping; the dataset's id."""
    tenant, dataset = str(mesh.tenant), str(uuid4())
    stored = [
        await mesh.store.put_bytes(dataset_key(tenant, dataset, name), content, "text/csv")
        for name, content in (("0", b"12345"), ("1", b"123"), ("mapping.yaml", b"version: 1"))
    ]
    files = [SourceFile(name=f"{n}.csv", object=stored[n]) for n in range(2)]
    ref = DatasetRef(dataset_id=dataset, files=files, mapping=stored[2])
    async with call_errors():
        await client.stub.CreateDataset(pb.CreateDatasetRequest(dataset=ref), metadata=client.metadata)
    return dataset


async def test_what_the_child_wrote_reaches_the_client(real: Mesh) -> None:
    client = await real.start()
    submitted = [(await client.submit(await upload(real, client), phases=[1])).analysis.analysis_id for _ in range(3)]
    for analysis in submitted:
        done = await client.ended(analysis)
        assert (done.status, done.phases[0].attempt) == (pb.ANALYSIS_STATUS_COMPLETED, 1)
        listed = await client.findings(analysis)
        assert [(f.impact, f.identity_json) for f in listed.findings] == [
            ("5", '{"file": "0.csv"}'), ("3", '{"file": "1.csv"}'),
        ]  # fmt: skip
        assert (listed.total, listed.capped) == (2, False)


async def test_the_refusal_of_the_child_reaches_the_client(real: Mesh) -> None:
    client = await real.start()
    submitted = await client.submit(await upload(real, client), phases=[1], params_json='{"refuse": true}')
    done = await client.ended(submitted.analysis.analysis_id)
    assert (done.status, done.failure.reason) == (pb.ANALYSIS_STATUS_FAILED, "REFUSED")
    assert done.failure.message == "The parameter refuse was given. Leave it out."
    assert done.failure.details_json == '{"row": 7}'


async def test_a_job_that_ignores_every_signal_is_killed_when_its_analysis_is_cancelled(real: Mesh) -> None:
    """With what it started; and nothing but the signal of the other process could have ended it."""
    never = {"heartbeat_seconds": 600.0, "lease_seconds": 600.0, "stale_seconds": 600.0}
    holder = await real.start(**never)
    dataset = await upload(real, holder)
    analysis = (await holder.submit(dataset, phases=[2])).analysis.analysis_id
    steps: list[str] = []

    async def said() -> bool:
        steps.append((await holder.get(analysis)).phases[0].step)
        return steps[-1].startswith("pids")

    await until(said)
    pids = [int(word) for word in steps[-1].split()[1:]]
    other = await real.start(workers=1, **never)
    await other.cancel(analysis)
    await until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    after = await holder.ended(
        (await holder.submit(dataset, phases=[2], params_json='{"end": 1}')).analysis.analysis_id
    )
    assert after.status == pb.ANALYSIS_STATUS_COMPLETED, "the only compute slot is free again"
