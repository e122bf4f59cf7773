"""What there is to find, as the phases say: gathered from all of them, and remembered while it is the same."""

import pytest
from perito.analysis.v1.catalogue_pb2 import DescribeCatalogueRequest, DescribeCatalogueResponse
from perito.analysis.v1.catalogue_pb2_grpc import CatalogueServiceStub
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata

from .mesh import Client, Mesh


@pytest.fixture
async def client(mesh: Mesh) -> Client:
    """One phase has no rules."""
    mesh.phases["tell"].rule_ids = ()
    mesh.phases["looks"].rule_ids = ("T-002", "T-003")
    return await mesh.start()


async def told(client: Client) -> DescribeCatalogueResponse:
    async with open_channel(client.orchestrator.address) as channel, call_errors():
        return await CatalogueServiceStub(channel).DescribeCatalogue(
            DescribeCatalogueRequest(), timeout=10, metadata=tenant_metadata(str(client.tenant))
        )


async def test_every_phase_with_rules_says_them_and_is_asked_once(client: Client, mesh: Mesh) -> None:
    catalogue = await told(client)
    assert [(phase.phase, phase.ordinal, phase.version) for phase in catalogue.phases] == [
        ("read", 1, "1.0"), ("books", 2, "1.0"), ("looks", 3, "1.0"), ("counts", 4, "1.0"),
    ]  # fmt: skip
    assert [rule.id for rule in catalogue.phases[2].rules] == ["T-002", "T-003"]
    assert catalogue.phases[2].rules[0].title_en == "looks"
    assert list(catalogue.unavailable) == []
    assert await told(client) == catalogue
    assert [mesh.phases[name].described for name in ("read", "looks", "tell")] == [1, 1, 0]


async def test_a_phase_that_does_not_answer_is_named_and_comes_back(client: Client, mesh: Mesh) -> None:
    mesh.phases["books"].silent = True
    catalogue = await told(client)
    assert [phase.phase for phase in catalogue.phases] == ["read", "looks", "counts"]
    assert list(catalogue.unavailable) == ["books"]
    mesh.phases["books"].silent = False
    catalogue = await told(client)
    assert [phase.phase for phase in catalogue.phases] == ["read", "books", "looks", "counts"]
    assert list(catalogue.unavailable) == []
