"""docs/grpc.md: its programs run as they stand, with certificates, and its table is what happens."""

import asyncio
import re
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import grpc
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1.analysis_pb2_grpc import AnalysisServiceStub
from perito_kernel.errors import PeritoError
from perito_orchestrator.callers import ANALYSIS_SERVICE
from perito_orchestrator.keys import create_key, create_tenant, new_key
from perito_orchestrator.store import access
from perito_runtime import development_ca
from perito_runtime.error_kinds import CODE_OF_KIND
from perito_runtime.grpc_client import call_error
from perito_runtime.tls import WatchedMaterial, channel_credentials

from .mesh import Mesh
from .secured import CLIENT, Secured, secured

PAGE = (Path(__file__).parents[3] / "docs" / "grpc.md").read_text("utf-8")
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
PROMISED = {reason: code for code, reason in re.findall(r"^\|[^|]+\| `(\w+)` \| `(\w+)` \|$", PAGE, re.MULTILINE)}
SHOWN = re.search(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
async def secure(mesh: Mesh) -> AsyncGenerator[Secured, None]:
    async with secured(mesh) as running:
        yield running


async def run(program: str, secure: Secured, **environment: str) -> list[str]:
    """The lines that a program of the page prints, run where `certs` is."""
    (secure.mesh.folder / "certs").symlink_to(secure.certificates)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        cwd=secure.mesh.folder,
        env={"ORCHESTRATOR": secure.address, **environment},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    return said.decode().splitlines()


async def test_ten_lines_submit_and_watch(secure: Secured) -> None:
    program = PROGRAMS[0]
    assert len([line for line in program.splitlines() if line]) <= 10
    assert SHOWN is not None
    *first, _, last = SHOWN[1].splitlines()
    async with secure.client("edge") as edge:
        dataset = (await edge.dataset()).dataset.dataset_id
    key = await secure.key("read", "submit")
    said = await run(program, secure, KEY=key, DATASET=dataset)
    assert said[-1] == last
    # How far it is when it is asked depends on the machine, and progress alone is told without an event.
    happened = [line.split()[1] for line in said if len(line.split()) > 1]
    assert happened[: len(first)] == [line.split()[1] for line in first]


async def test_reflection_lists_what_is_served(secure: Secured) -> None:
    assert {ANALYSIS_SERVICE, "grpc.health.v1.Health"} <= set(await run(PROGRAMS[1], secure))


async def test_who_is_refused_is_told_what_the_table_says(secure: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await asyncpg.connect(secure.mesh.dsns.owner, server_settings={"search_path": "perito"})
    other, suspended = await create_tenant(owner, "B"), await create_tenant(owner, "C")
    theirs = bearer((await create_key(owner, suspended, ["read"])).text)
    async with owner.transaction():
        await access.act_as(owner, suspended)
        await owner.execute("UPDATE tenants SET suspended_at = clock_timestamp()")
    await owner.close()
    async with secure.client("edge", other) as edge:
        foreign = (await edge.submit()).analysis.analysis_id
    reader, metrics = bearer(await secure.key("read")), bearer(await secure.key("metrics"))
    monkeypatch.setattr(development_ca, "IDENTITY_PREFIX", "spiffe://elsewhere/")
    secure.files("nameless")
    calls: dict[str, tuple[str, list[tuple[str, str]], float | None]] = {
        "CALLER_UNKNOWN": ("nameless", [reader], 5),
        "CALLER_NOT_ALLOWED": ("validation", [("perito-tenant", str(secure.mesh.tenant))], 5),
        "API_KEY_REQUIRED": (CLIENT, [("perito-tenant", str(secure.mesh.tenant))], 5),
        "API_KEY_INVALID": (CLIENT, [bearer(new_key().text)], 5),
        "SCOPE_MISSING": (CLIENT, [metrics], 5),
        "TENANT_SUSPENDED": (CLIENT, [theirs], 5),
        "TENANT_MISMATCH": (CLIENT, [reader, ("perito-tenant", str(other))], 5),
        "ANALYSIS_NOT_FOUND": (CLIENT, [reader], 5),
        "DEADLINE_REQUIRED": (CLIENT, [reader], None),
    }
    assert calls.keys() == PROMISED.keys()
    for reason, (service, metadata, seconds) in calls.items():
        error = await refusal(secure, service, foreign, metadata, seconds)
        assert (error.reason, CODE_OF_KIND[error.kind].name) == (reason, PROMISED[reason])
        assert reader[1].removeprefix("Bearer ") not in error.message


async def refusal(
    secure: Secured, service: str, analysis: str, metadata: list[tuple[str, str]], seconds: float | None
) -> PeritoError:
    """What a client of gRPC's own, which adds nothing to a call, is told when it asks for an analysis."""
    credentials = channel_credentials(WatchedMaterial(secure.files(service)).look())
    async with grpc.aio.secure_channel(secure.address, credentials) as channel:
        call = AnalysisServiceStub(channel).GetAnalysis
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(pb.GetAnalysisRequest(analysis_id=analysis), timeout=seconds, metadata=metadata)
    return call_error(caught.value)


def bearer(key: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {key}")
