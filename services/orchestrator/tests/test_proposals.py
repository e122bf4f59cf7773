"""A preview of a mapping: for a tenant's own dataset, by the phase that says it can, with its errors as they are."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from perito.dataset.v1.intake_pb2 import Placement, ProposeMappingResponse
from perito_kernel.errors import Invalid, NotFound, Unavailable
from perito_orchestrator.keys import create_tenant
from perito_runtime.objects import LocalObjectStore

from .databases import Dsns
from .mesh import Client, Mesh, mesh_of
from .phases import FakePhase, five

PROPOSAL = ProposeMappingResponse(mapping_yaml="version: 1\n", placements=[Placement(file="sales.csv")])


def proposing(store: LocalObjectStore) -> dict[str, FakePhase]:
    phases = five(store)
    phases["read"].proposes = PROPOSAL
    return phases


@pytest.fixture
async def reader(dsns: Dsns) -> AsyncIterator[tuple[Client, FakePhase]]:
    """A client, and the phase that proposes."""
    with tempfile.TemporaryDirectory(prefix="pm", dir="/tmp") as folder:  # socket paths must be short
        async with mesh_of(dsns, Path(folder), proposing) as mesh:
            yield await mesh.start(), mesh.phases["read"]


async def test_a_preview_is_what_intake_says_of_the_registered_files(reader: tuple[Client, FakePhase]) -> None:
    client, phase = reader
    dataset = (await client.dataset(mapped=False)).dataset
    assert await client.propose(dataset.dataset_id, "NGN", "Africa/Lagos") == PROPOSAL
    ((tenant, asked),) = phase.asked
    assert (tenant, asked.dataset) == (str(client.tenant), dataset)
    assert (asked.hints.currency, asked.hints.timezone) == ("NGN", "Africa/Lagos")


async def test_another_tenants_dataset_is_not_there(reader: tuple[Client, FakePhase], dsns: Dsns) -> None:
    client, phase = reader
    dataset = (await client.dataset()).dataset.dataset_id
    owner = await asyncpg.connect(dsns.owner, server_settings={"search_path": "perito"})
    stranger = client.of(await create_tenant(owner, "B"))
    await owner.close()
    for asking, unseen in ((stranger, dataset), (client, str(uuid4()))):
        with pytest.raises(NotFound, match="DATASET_NOT_FOUND"):
            await asking.propose(unseen)
    assert phase.asked == []


@pytest.mark.parametrize(
    ("currency", "timezone"), [("euro", ""), ("EURO", ""), ("E\u00dcR", ""), ("", "x" * 65), ("", "a\nb")]
)
async def test_a_hint_has_a_form(reader: tuple[Client, FakePhase], currency: str, timezone: str) -> None:
    client, phase = reader
    with pytest.raises(Invalid, match="HINT_INVALID"):
        await client.propose((await client.dataset()).dataset.dataset_id, currency, timezone)
    assert phase.asked == []


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("BUSY", "All slots of phase read are taken; try again."),
        Unavailable("COMPUTE_CRASHED", "The process that did the work died."),
        Invalid("INTAKE_EMPTY", "sales.csv is empty.", {"file": "sales.csv"}),
    ],
)
async def test_what_intake_refuses_is_told_as_it_is(
    reader: tuple[Client, FakePhase], error: Unavailable | Invalid
) -> None:
    client, phase = reader
    dataset = (await client.dataset()).dataset.dataset_id
    phase.proposes = error
    with pytest.raises(type(error)) as caught:
        await client.propose(dataset)
    assert (caught.value.reason, caught.value.message, caught.value.details) == (
        *(error.reason, error.message, error.details),
    )
    phase.proposes = PROPOSAL
    assert await client.propose(dataset) == PROPOSAL


async def test_where_no_phase_proposes_it_is_said(mesh: Mesh) -> None:
    client = await mesh.start()
    with pytest.raises(Unavailable, match="INTAKE_UNSERVED"):
        await client.propose((await client.dataset()).dataset.dataset_id)
