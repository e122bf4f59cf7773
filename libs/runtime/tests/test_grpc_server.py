"""Server and client over real sockets: deadlines, requests, tenants, health, reflection, addresses, stopping."""

import asyncio
import contextlib
import socket
import stat
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from perito.phase.v1 import phase_pb2, phase_pb2_grpc
from perito_kernel.errors import Forbidden, Invalid, Unavailable
from perito_runtime.grpc_client import call_error, call_errors, open_channel, tenant_metadata, tenant_of
from perito_runtime.grpc_server import build_server, check_address
from perito_runtime.request_context import enter_request, request_id, seconds_left
from phase_double import ASK, PHASE_SERVICE, RUN, PhaseDouble, calling, double_service, drained, ran, serving

TENANT = "11111111-1111-4111-8111-111111111111"


async def health_of(channel: grpc.aio.Channel, service: str) -> int:
    """What the server says of a service; by hand, because the generated stubs of health are untyped."""
    check = channel.unary_unary(
        "/grpc.health.v1.Health/Check",
        request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )
    return (await check(health_pb2.HealthCheckRequest(service=service))).status


async def services_of(channel: grpc.aio.Channel) -> set[str]:
    """What reflection lists."""
    ask = channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    answers = ask(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
    return {service.name async for answer in answers for service in answer.list_services_response.service}


async def test_call_without_a_deadline_is_refused(short_dir: Path) -> None:
    async with serving(PhaseDouble(), short_dir) as server, grpc.aio.insecure_channel(server.address) as bare:
        stub = phase_pb2_grpc.PhaseServiceStub(bare)
        for call in (stub.DescribePhase(ASK), stub.RunPhase(RUN).read()):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            error = call_error(caught.value)
            assert isinstance(error, Invalid)
            assert error.reason == "DEADLINE_REQUIRED"
        assert (await stub.DescribePhase(ASK, timeout=5)).name == "double"


async def test_a_server_too_busy_to_greet_at_once_is_waited_for(short_dir: Path) -> None:
    """As on a crowded machine: the first byte of the server comes half a second after the connection."""

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        there, back = await asyncio.open_unix_connection(server.address.removeprefix("unix:"))
        await asyncio.gather(passed_on(reader, back), passed_on(there, writer))

    async def passed_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        target.close()

    async with serving(PhaseDouble(), short_dir) as server, await asyncio.start_unix_server(late, short_dir / "late"):
        channel = open_channel(f"unix:{short_dir}/late")
        assert (await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK)).name == "double"
        await channel.close()


async def test_every_call_of_our_client_has_a_deadline(short_dir: Path) -> None:
    left: list[float | None] = []

    async def describe(context: Any) -> phase_pb2.DescribePhaseResponse:
        left.append(seconds_left())
        return phase_pb2.DescribePhaseResponse()

    async def run(request: Any, context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        left.append(seconds_left())
        yield phase_pb2.RunPhaseResponse()

    async with calling(PhaseDouble(describe, run), short_dir) as stub:
        await stub.DescribePhase(ASK)
        await stub.DescribePhase(ASK, timeout=3)
        assert [message async for message in stub.RunPhase(RUN)]
        enter_request("", 1.5)  # as if this were served with 1.5 seconds to go
        await stub.DescribePhase(ASK)
        assert [message async for message in stub.RunPhase(RUN, timeout=60)]
        enter_request("", None)
    expected = [10, 3, 3600, 1.45, 1.45]
    assert left == [pytest.approx(seconds, rel=0.01, abs=0.1) for seconds in expected]  # the wire rounds


async def test_request_id_travels_on_and_a_bad_one_does_not(short_dir: Path) -> None:
    seen: list[str] = []

    async def describe(context: Any) -> phase_pb2.DescribePhaseResponse:
        seen.append(request_id())
        return phase_pb2.DescribePhaseResponse()

    async with calling(PhaseDouble(describe), short_dir) as stub:
        enter_request("request-1", None)
        await stub.DescribePhase(ASK)
        enter_request("", None)
        generated = request_id()
        await stub.DescribePhase(ASK)
        await stub.DescribePhase(ASK, metadata=(("perito-request-id", "x" * 65),))
    assert seen[:2] == ["request-1", generated]
    assert len(seen[2]) == 32


async def test_tenant_is_a_uuid_or_an_error(short_dir: Path) -> None:
    async def describe(context: Any) -> phase_pb2.DescribePhaseResponse:
        return phase_pb2.DescribePhaseResponse(name=tenant_of(context))

    async with calling(PhaseDouble(describe), short_dir) as stub:
        assert (await stub.DescribePhase(ASK, metadata=tenant_metadata(TENANT.upper()))).name == TENANT
        for metadata in ((), tenant_metadata("someone")):
            with pytest.raises(Invalid) as caught:
                async with call_errors():
                    await stub.DescribePhase(ASK, metadata=metadata)
            assert caught.value.reason == "TENANT_REQUIRED"


async def test_own_interceptor_runs_inside_the_deadline_check(short_dir: Path) -> None:
    @asynccontextmanager
    async def forbid(method: str, context: Any) -> AsyncGenerator[None, None]:
        if method.endswith("/DescribePhase"):
            raise Forbidden("SCOPE_MISSING", "Ask for another key.")
        yield

    async with (
        serving(PhaseDouble(), short_dir, interceptors=[forbid]) as server,
        open_channel(server.address) as channel,
        grpc.aio.insecure_channel(server.address) as bare,
    ):
        stub = phase_pb2_grpc.PhaseServiceStub(channel)
        with pytest.raises(Forbidden):
            async with call_errors():
                await stub.DescribePhase(ASK)
        assert [message async for message in stub.RunPhase(RUN)]
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await phase_pb2_grpc.PhaseServiceStub(bare).DescribePhase(ASK)
        assert call_error(caught.value).reason == "DEADLINE_REQUIRED"


async def test_cancelled_stream_cleans_up_at_the_server(short_dir: Path) -> None:
    ended = asyncio.Event()

    async def run(request: Any, context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        try:
            yield phase_pb2.RunPhaseResponse()
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with calling(PhaseDouble(run=run), short_dir) as stub:
        call = stub.RunPhase(RUN)
        await anext(aiter(call))
        call.cancel()
        await asyncio.wait_for(ended.wait(), 5)


async def test_health_and_reflection_know_the_service_and_need_no_deadline(short_dir: Path) -> None:
    async with serving(PhaseDouble(), short_dir) as server, grpc.aio.insecure_channel(server.address) as bare:
        for name in ("", PHASE_SERVICE):
            assert await health_of(bare, name) == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await health_of(bare, "perito.Nothing")
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert {PHASE_SERVICE, "grpc.health.v1.Health"} <= await services_of(bare)
        await server.say_not_serving()
        assert await health_of(bare, PHASE_SERVICE) == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_readiness_is_said_of_the_services_and_not_of_the_process(short_dir: Path) -> None:
    server = build_server([double_service(PhaseDouble())], f"unix:{short_dir}/s")
    await server.say_ready(ready=False)
    await server.start()
    try:
        async with grpc.aio.insecure_channel(server.address) as channel:

            async def said() -> list[int]:
                return [await health_of(channel, name) for name in (PHASE_SERVICE, "")]

            there, away = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
            assert await said() == [away, there], "it was not ready before it listened"
            await server.say_ready(ready=True)
            assert await said() == [there, there]
            await server.say_not_serving()
            await server.say_ready(ready=True)
            assert await said() == [away, away], "whoever leaves does not come back"
    finally:
        await server.stop(0)


async def test_socket_is_the_owners_alone_and_is_not_taken_from_a_living_server(short_dir: Path) -> None:
    async with serving(PhaseDouble(), short_dir) as server:
        assert stat.S_IMODE(_stat(short_dir / "s").st_mode) == 0o600
        with pytest.raises(Invalid) as caught:
            await build_server([double_service(PhaseDouble())], server.address).start()
        assert caught.value.reason == "LISTEN_FAILED"
        async with open_channel(server.address) as channel:
            assert (await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK)).name == "double"


async def test_socket_that_a_dead_server_left_is_used_again(short_dir: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(short_dir / "s"))
    left.close()
    async with calling(PhaseDouble(), short_dir) as stub:
        assert (await stub.DescribePhase(ASK)).name == "double"


async def test_loopback_port_is_chosen_and_never_shared() -> None:
    server = build_server([double_service(PhaseDouble())], "127.0.0.1:0")
    await server.start()
    try:
        assert not server.address.endswith(":0")
        async with open_channel(server.address) as channel:
            assert (await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK)).name == "double"
        with pytest.raises(Invalid) as caught:
            await build_server([double_service(PhaseDouble())], server.address).start()
        assert caught.value.reason == "LISTEN_FAILED"
    finally:
        await server.stop(0)


@pytest.mark.parametrize(
    "address", ["0.0.0.0:1", "[::]:1", "10.0.0.1:50051", "perito.example:1", ":1", "127.0.0.1", ""]
)
def test_address_that_strangers_reach_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_address(address)
    assert caught.value.reason == "LISTEN_REFUSED"


@pytest.mark.parametrize("address", ["127.0.0.1:1", "[::1]:0", "localhost:50051", "127.8.8.8:9", "unix:/tmp/s"])
def test_address_of_this_machine_is_fine(address: str) -> None:
    assert check_address(address) == address


def test_socket_path_that_grpc_cannot_bind_is_refused_with_a_sentence() -> None:
    assert check_address("unix:/" + "s" * 106)
    with pytest.raises(Invalid, match="shorter folder"):
        check_address("unix:/" + "s" * 107)


async def test_stopping_lets_a_running_call_end(short_dir: Path) -> None:
    began = asyncio.Event()

    async def run(request: Any, context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        began.set()
        await asyncio.sleep(0.3)
        async for message in ran(request, context):
            yield message

    server = build_server([double_service(PhaseDouble(run=run))], f"unix:{short_dir}/s")
    await server.start()
    async with open_channel(server.address) as channel:
        stub = phase_pb2_grpc.PhaseServiceStub(channel)

        running = asyncio.create_task(drained(stub.RunPhase(RUN)))
        await began.wait()
        stopping = asyncio.create_task(server.stop(5))
        assert await running == 2
        await asyncio.wait_for(stopping, 3)
        with pytest.raises(Unavailable):
            async with call_errors():
                await stub.DescribePhase(ASK)


def _stat(path: Path) -> Any:
    return path.stat()
