"""Who may call a service that knows its callers by certificate, and what an API key changes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from certificates import files_of, serving_tls
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Forbidden, Invalid, PeritoError, Unauthenticated, Unavailable
from perito_runtime.callers import ANY_SCOPE, Callers, KeyBearer, callers_around, key_ring, only
from perito_runtime.grpc_client import call_errors, open_channel, tenant_metadata, tenant_of
from perito_runtime.key_ring import KeyRing
from perito_runtime.request_context import acting_key, enter_acting_key
from perito_runtime.tls import identity_of
from phase_double import ASK, PHASE_SERVICE, PhaseDouble, serving
from test_grpc_server import health_of, services_of

TENANT, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
READER, SUBMITTER = "perito_test_reader", "perito_test_submitter"
BEARERS = {
    READER: KeyBearer(TENANT, "reader", frozenset({"read"})),
    SUBMITTER: KeyBearer(TENANT, "submitter", frozenset({"submit"})),
}


async def check(api_key: str) -> KeyBearer:
    if api_key not in BEARERS:
        raise Unauthenticated("KEY_INVALID", "There is no such key.")
    return BEARERS[api_key]


async def told(context: Any) -> phase_pb2.DescribePhaseResponse:
    """Which tenant the call is of."""
    return phase_pb2.DescribePhaseResponse(name=tenant_of(context))


def around() -> Any:
    rule = Callers(trusted=("edge",), with_key=("erp",), scopes={"DescribePhase": "read"})
    return callers_around({PHASE_SERVICE: rule}, key_ring(check))


@pytest.fixture
async def ask(tmp_path: Path) -> AsyncGenerator[Any, None]:
    """Calls as one service or another, with metadata; answers the tenant."""
    async with AsyncExitStack() as stack:
        served = serving_tls(files_of(tmp_path, "orchestrator"), PhaseDouble(told), interceptors=[around()])
        server = await stack.enter_async_context(served)

        async def ask(service: str, *metadata: tuple[str, str]) -> str:
            channel = open_channel(server.address, tls=files_of(tmp_path, service))
            async with channel, call_errors():
                stub = phase_pb2_grpc.PhaseServiceStub(channel)
                return (await stub.DescribePhase(ASK, metadata=metadata, timeout=5)).name

        yield ask


def bearer(key: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {key}")


async def test_one_service_may_call_and_no_other(tmp_path: Path) -> None:
    files = files_of(tmp_path, "validation")
    async with serving_tls(files, interceptors=[only("orchestrator", [PHASE_SERVICE])]) as server:
        for service, allowed in (("orchestrator", True), ("edge", False), ("validation", False), ("erp", False)):
            async with open_channel(server.address, tls=files_of(tmp_path, service)) as channel:
                call = phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK, timeout=5)
                if allowed:
                    assert (await call).name == "double"
                    continue
                with pytest.raises(Forbidden, match=f"{service} may not call {PHASE_SERVICE}"):
                    async with call_errors():
                        await call
                # Health and reflection are for everybody who has a certificate.
                assert await health_of(channel, PHASE_SERVICE) == 1
                assert PHASE_SERVICE in await services_of(channel)


async def test_what_is_not_named_is_nobodys(tmp_path: Path) -> None:
    files = files_of(tmp_path, "orchestrator")
    async with (
        serving_tls(files, interceptors=[callers_around({})]) as server,
        open_channel(server.address, tls=files) as channel,
    ):
        with pytest.raises(Forbidden):
            async with call_errors():
                await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK, timeout=5)


async def test_reflection_can_be_turned_off(tmp_path: Path) -> None:
    files = files_of(tmp_path, "validation")
    async with serving_tls(files, reflect=False) as server, open_channel(server.address, tls=files) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await services_of(channel)
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_the_key_says_which_tenant(ask: Any) -> None:
    assert await ask("edge", *tenant_metadata(OTHER)) == OTHER
    assert await ask("erp", bearer(READER)) == TENANT
    assert await ask("erp", bearer(READER), *tenant_metadata(TENANT.upper())) == TENANT
    assert await ask("edge", bearer(READER)) == TENANT, "where a key is given it is what counts"


@pytest.mark.parametrize(
    ("service", "metadata", "kind", "reason"),
    [
        ("erp", tenant_metadata(TENANT), Unauthenticated, "API_KEY_REQUIRED"),
        ("erp", (), Unauthenticated, "API_KEY_REQUIRED"),
        ("erp", (bearer("perito_test_nobody"),), Unauthenticated, "API_KEY_INVALID"),
        ("erp", (("authorization", f"Basic {READER}"),), Unauthenticated, "API_KEY_INVALID"),
        ("erp", (("authorization", ""),), Unauthenticated, "API_KEY_INVALID"),
        ("erp", (bearer("perito_" + "a" * 4000),), Unauthenticated, "API_KEY_INVALID"),
        ("erp", (bearer(SUBMITTER),), Forbidden, "SCOPE_MISSING"),
        ("erp", (bearer(READER), *tenant_metadata(OTHER)), Forbidden, "TENANT_MISMATCH"),
        ("edge", (bearer(READER), *tenant_metadata(OTHER)), Forbidden, "TENANT_MISMATCH"),
        ("edge", (bearer("perito_test_nobody"), *tenant_metadata(OTHER)), Unauthenticated, "API_KEY_INVALID"),
        ("erp", (bearer(READER), ("perito-tenant", "x")), Invalid, "TENANT_REQUIRED"),
        ("erp", (bearer(READER), *tenant_metadata(TENANT), *tenant_metadata(OTHER)), Forbidden, "TENANT_MISMATCH"),
        ("pos", (bearer(READER),), Forbidden, "CALLER_NOT_ALLOWED"),
        ("validation", tenant_metadata(TENANT), Forbidden, "CALLER_NOT_ALLOWED"),
    ],
)
async def test_who_is_refused(
    ask: Any, service: str, metadata: tuple[tuple[str, str], ...], kind: type[PeritoError], reason: str
) -> None:
    with pytest.raises(kind) as caught:
        await ask(service, *metadata)
    assert caught.value.reason == reason
    assert READER not in caught.value.message


async def test_on_a_unix_socket_the_file_system_says_who_may_call_and_a_key_still_counts(short_dir: Path) -> None:
    async with (
        serving(PhaseDouble(told), short_dir, interceptors=[around()]) as server,
        open_channel(server.address) as channel,
    ):
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        assert (await stub.DescribePhase(ASK, metadata=tenant_metadata(OTHER), timeout=5)).name == OTHER
        assert (await stub.DescribePhase(ASK, metadata=(bearer(READER),), timeout=5)).name == TENANT
        with pytest.raises(Unauthenticated):
            async with call_errors():
                await stub.DescribePhase(ASK, metadata=(bearer("perito_test_nobody"),), timeout=5)


@pytest.mark.parametrize(
    ("uris", "identity"),
    [
        (["spiffe://perito/edge"], "edge"),
        ([], None),
        (["spiffe://perito/edge", "spiffe://perito/orchestrator"], None),
        (["spiffe://perito/edge", "https://example.org"], None),
        (["spiffe://elsewhere/edge"], None),
        (["spiffe://perito/"], None),
        (["spiffe://perito.example.org/edge"], None),
        (["https://perito/edge"], None),
    ],
)
def test_one_uri_names_the_service(uris: list[str], identity: str | None) -> None:
    assert identity_of(uris) == identity


async def test_a_certificate_without_a_name_is_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = files_of(tmp_path, "orchestrator")
    monkeypatch.setattr("perito_runtime.development_ca.IDENTITY_PREFIX", "spiffe://elsewhere/")
    nameless = files_of(tmp_path, "edge")
    async with (
        serving_tls(files, interceptors=[around()]) as server,
        open_channel(server.address, tls=nameless) as channel,
    ):
        with pytest.raises(Unauthenticated) as caught:
            async with call_errors():
                await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK, timeout=5)
        assert caught.value.reason == "CALLER_UNKNOWN"


async def test_a_call_that_lasts_ends_when_its_key_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perito_runtime.callers.LOOK_SECONDS", 0.05)
    good = {"perito_test_passing": KeyBearer(TENANT, "passing", frozenset({"read"}))}
    away = False

    async def check_again(api_key: str) -> KeyBearer:
        if away:
            raise Unavailable("DATABASE_UNAVAILABLE", "The database is away.")
        if api_key not in good:
            raise Unauthenticated("KEY_INVALID", "There is no such key.")
        return good[api_key]

    ring = KeyRing(check_again, lambda: Unauthenticated("API_KEY_INVALID", "Send a valid one."), positive_seconds=0.1)
    rule = Callers(trusted=("edge",), with_key=("erp",), scopes={"DescribePhase": ANY_SCOPE})
    begun = asyncio.Event()

    async def wait(_: Any) -> phase_pb2.DescribePhaseResponse:
        begun.set()
        await asyncio.sleep(60)
        raise AssertionError

    around = callers_around({PHASE_SERVICE: rule}, ring)
    served = serving_tls(files_of(tmp_path, "orchestrator"), PhaseDouble(wait), interceptors=[around])
    async with served as server, open_channel(server.address, tls=files_of(tmp_path, "erp")) as channel:
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        call = asyncio.ensure_future(stub.DescribePhase(ASK, metadata=(bearer("perito_test_passing"),), timeout=30))
        await begun.wait()
        away = True
        await asyncio.sleep(0.4)
        assert not call.done(), "where nobody can say whether the key is good, the call goes on"
        away = False
        good.clear()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.wait_for(call, 5)
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_the_key_behind_a_call_is_the_one_that_came_with_it(tmp_path: Path) -> None:
    async def acting(_: Any) -> phase_pb2.DescribePhaseResponse:
        return phase_pb2.DescribePhaseResponse(name=acting_key())

    served = serving_tls(files_of(tmp_path, "orchestrator"), PhaseDouble(acting), interceptors=[around()])
    async with served as server:
        for service, metadata, expected in (
            ("edge", (("perito-key", "Abc9"),), "Abc9"),
            ("edge", (("perito-key", "no key"),), ""),
            ("edge", (), ""),
            ("erp", (bearer(READER), ("perito-key", "Abc9")), "reader"),
            ("edge", (bearer(READER), ("perito-key", "Abc9")), "reader"),
        ):
            async with open_channel(server.address, tls=files_of(tmp_path, service)) as channel:
                stub = phase_pb2_grpc.PhaseServiceStub(channel)
                assert (await stub.DescribePhase(ASK, metadata=metadata, timeout=5)).name == expected
                enter_acting_key("Own1")  # it travels by itself, unless the call says otherwise
                told = (await stub.DescribePhase(ASK, metadata=(bearer(READER),), timeout=5)).name
                enter_acting_key("")
                assert told == "reader"
