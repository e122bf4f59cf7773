"""The orchestrator with certificates: who is let in, for which tenant, and what the others are told."""

import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import grpc
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito.analysis.v1 import catalogue_pb2, keys_pb2, keys_pb2_grpc, review_pb2
from perito.analysis.v1.access_pb2 import AuthenticateRequest
from perito.analysis.v1.webhooks_pb2 import ListWebhooksRequest
from perito.analysis.v1.webhooks_pb2_grpc import WebhookServiceStub
from perito_kernel.errors import Forbidden, NotFound, PeritoError, Unavailable
from perito_orchestrator.callers import (
    ACCESS_SERVICE,
    ANALYSIS_SERVICE,
    CATALOGUE_SCOPES,
    CATALOGUE_SERVICE,
    KEY_SCOPES,
    KEY_SERVICE,
    REVIEW_SCOPES,
    REVIEW_SERVICE,
    SCOPES,
    WEBHOOK_SERVICE,
)
from perito_orchestrator.keys import SCOPES as ALL_SCOPES
from perito_orchestrator.keys import create_tenant
from perito_runtime.callers import ANY_SCOPE
from perito_runtime.development_ca import issue
from perito_runtime.grpc_client import call_errors, open_channel

from .mesh import Mesh
from .secured import CLIENT, Secured, secured


@pytest.fixture
async def secure(mesh: Mesh) -> AsyncGenerator[Secured, None]:
    async with secured(mesh) as running:
        yield running


def bearer(key: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {key}")


async def counted(channel: grpc.aio.Channel, *metadata: tuple[str, str]) -> pb.CountAnalysesResponse:
    """Asks for what needs the least; raises what was answered."""
    ask = channel.unary_unary(
        f"/{ANALYSIS_SERVICE}/CountAnalyses",
        request_serializer=pb.CountAnalysesRequest.SerializeToString,
        response_deserializer=pb.CountAnalysesResponse.FromString,
    )
    async with call_errors():
        return await ask(pb.CountAnalysesRequest(), timeout=5, metadata=metadata)


def test_every_method_needs_a_scope() -> None:
    for descriptor, service, scopes in (
        (pb.DESCRIPTOR, ANALYSIS_SERVICE, SCOPES),
        (keys_pb2.DESCRIPTOR, KEY_SERVICE, KEY_SCOPES),
        (review_pb2.DESCRIPTOR, REVIEW_SERVICE, REVIEW_SCOPES),
        (catalogue_pb2.DESCRIPTOR, CATALOGUE_SERVICE, CATALOGUE_SCOPES),
    ):
        methods = descriptor.services_by_name[service.rpartition(".")[2]].methods_by_name
        assert scopes.keys() == set(methods)
        assert set(scopes.values()) <= {*ALL_SCOPES, ANY_SCOPE}


async def test_the_edge_runs_an_analysis_through_the_secured_mesh(secure: Secured) -> None:
    async with secure.client("edge") as edge:
        ended = await edge.ended((await edge.submit()).analysis.analysis_id)
        assert ended.status == pb.ANALYSIS_STATUS_COMPLETED
        assert not ended.partial


async def test_an_internal_client_sees_what_its_key_is_of_and_nothing_else(secure: Secured) -> None:
    owner = await asyncpg.connect(secure.mesh.dsns.owner, server_settings={"search_path": "perito"})
    other = await create_tenant(owner, "B")
    await owner.close()
    key = await secure.key("read", "submit")
    async with secure.client("edge") as mine, secure.client("edge", other) as theirs, secure.channel(CLIENT) as channel:
        own, foreign = await mine.submit(), await theirs.submit()
        read = channel.unary_unary(
            f"/{ANALYSIS_SERVICE}/GetAnalysis",
            request_serializer=pb.GetAnalysisRequest.SerializeToString,
            response_deserializer=pb.GetAnalysisResponse.FromString,
        )
        wanted = own.analysis.analysis_id
        answer = await read(pb.GetAnalysisRequest(analysis_id=wanted), timeout=5, metadata=(bearer(key),))
        assert answer.analysis.analysis_id == wanted
        request = pb.GetAnalysisRequest(analysis_id=foreign.analysis.analysis_id)
        with pytest.raises(NotFound):
            async with call_errors():
                await read(request, timeout=5, metadata=(bearer(key),))
        with pytest.raises(Forbidden, match="TENANT_MISMATCH"):
            await counted(channel, bearer(key), ("perito-tenant", str(other)))


async def test_nobody_is_let_in_without_a_certificate_of_the_authority_or_whom_nobody_named(secure: Secured) -> None:
    tenant, key = ("perito-tenant", str(secure.mesh.tenant)), bearer(await secure.key("read"))
    for service in ("validation", "pos"):
        async with secure.channel(service) as channel:
            with pytest.raises(Forbidden, match=f"CALLER_NOT_ALLOWED: {service} may not call {ANALYSIS_SERVICE}"):
                await counted(channel, key)
    with tempfile.TemporaryDirectory() as folder:
        stranger = issue(Path(folder), ["edge"])[0].files
        for unknown in (open_channel(secure.address), open_channel(secure.address, tls=stranger)):
            async with unknown:
                with pytest.raises(Unavailable):
                    await counted(unknown, tenant)


async def test_only_the_edge_may_ask_whose_a_key_is(secure: Secured) -> None:
    key = await secure.key("read")
    request = AuthenticateRequest(api_key=key)
    async with secure.access("edge") as edge, secure.access(CLIENT) as client:
        assert (await edge.Authenticate(request, timeout=5)).tenant_id == str(secure.mesh.tenant)
        with pytest.raises(Forbidden, match=f"may not call {ACCESS_SERVICE}"):
            async with call_errors():
                await client.Authenticate(request, timeout=5, metadata=(bearer(key),))


async def test_an_internal_client_manages_keys_as_the_key_that_it_brings_and_as_no_other(secure: Secured) -> None:
    reader, admin = await secure.key("read"), await secure.key("read", "admin")
    wanted = keys_pb2.CreateKeyRequest(name="tills", scopes=["read"])
    async with secure.channel(CLIENT) as channel:
        keys = keys_pb2_grpc.KeyServiceStub(channel)
        told = await keys.GetCurrentKey(keys_pb2.GetCurrentKeyRequest(), timeout=5, metadata=(bearer(reader),))
        assert (told.key.key_id, told.tenant_id) == (reader.split("_")[2], str(secure.mesh.tenant))
        claimed = ("perito-key", admin.split("_")[2])
        for metadata, reason in (
            ((bearer(reader), claimed), "SCOPE_MISSING"),
            ((claimed, ("perito-tenant", str(secure.mesh.tenant))), "API_KEY_REQUIRED"),
        ):
            with pytest.raises(PeritoError, match=reason):
                async with call_errors():
                    await keys.CreateKey(wanted, timeout=5, metadata=metadata)
        made = await keys.CreateKey(wanted, timeout=5, metadata=(bearer(admin), ("perito-key", reader.split("_")[2])))
        assert made.key.created_by == admin.split("_")[2]


async def test_only_the_edge_may_ask_of_webhooks(secure: Secured) -> None:
    key = bearer(await secure.key("read", "admin"))
    tenant = ("perito-tenant", str(secure.mesh.tenant))
    async with secure.channel("edge") as edge, secure.channel(CLIENT) as client:
        request = ListWebhooksRequest()
        assert not (await WebhookServiceStub(edge).ListWebhooks(request, timeout=5, metadata=(tenant,))).webhooks
        with pytest.raises(Forbidden, match=f"may not call {WEBHOOK_SERVICE}"):
            async with call_errors():
                await WebhookServiceStub(client).ListWebhooks(request, timeout=5, metadata=(key,))
