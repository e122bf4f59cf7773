"""Reading a registered dataset: what was registered comes back, and nothing of anybody else's."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from perito_kernel.errors import Conflict, Invalid, NotFound
from perito_orchestrator.keys import create_tenant

from .mesh import Mesh


async def test_a_dataset_is_read_as_it_was_registered(mesh: Mesh) -> None:
    client = await mesh.start()
    began = datetime.now(UTC)
    first, other = (await client.dataset()).dataset, (await client.dataset(content="b")).dataset
    read = await client.get_dataset(first.dataset_id)
    assert read.dataset == first
    assert [file.name for file in read.dataset.files] == ["sales.csv", "stock.csv"]
    assert read.created_at.endswith("Z")
    # The wire has milliseconds, cut off.
    assert began - timedelta(milliseconds=1) <= datetime.fromisoformat(read.created_at) <= datetime.now(UTC)
    assert await client.get_dataset(first.dataset_id.upper()) == read
    assert (await client.get_dataset(other.dataset_id)).dataset == other


async def test_a_dataset_of_another_tenant_is_not_there_as_one_that_never_was(mesh: Mesh) -> None:
    client = await mesh.start()
    dataset = (await client.dataset()).dataset.dataset_id
    owner = await asyncpg.connect(mesh.dsns.owner, server_settings={"search_path": "perito"})
    stranger = client.of(await create_tenant(owner, "B"))
    await owner.close()
    mine = await stranger.dataset()
    assert (await stranger.get_dataset(mine.dataset.dataset_id)).dataset == mine.dataset
    told: set[tuple[str, str]] = set()
    for unseen in (dataset, str(uuid4())):
        with pytest.raises(NotFound) as caught:
            await stranger.get_dataset(unseen)
        told.add((caught.value.reason, caught.value.message))
    assert told == {("DATASET_NOT_FOUND", "There is no such dataset. Upload the files first.")}


async def test_a_dataset_may_have_no_mapping_and_is_another_one_then(mesh: Mesh) -> None:
    client = await mesh.start()
    bare = await client.dataset(key="bare", mapped=False)
    assert not bare.dataset.HasField("mapping")
    assert (await client.get_dataset(bare.dataset.dataset_id)).dataset == bare.dataset
    again = await client.dataset(key="bare", mapped=False)
    assert (again.dataset, again.replayed) == (bare.dataset, True)
    with pytest.raises(Conflict, match="IDEMPOTENCY_CONFLICT"):
        await client.dataset(key="bare")
    analysis = (await client.submit(bare.dataset.dataset_id, phases=[1])).analysis.analysis_id
    await client.ended(analysis)
    assert mesh.phases["read"].runs[0].dataset == bare.dataset


@pytest.mark.parametrize("nonsense", ["", "x", "../.."])
async def test_what_is_no_id_is_invalid(mesh: Mesh, nonsense: str) -> None:
    client = await mesh.start()
    with pytest.raises(Invalid, match="ID_INVALID"):
        await client.get_dataset(nonsense)
