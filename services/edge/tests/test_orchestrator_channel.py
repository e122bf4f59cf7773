"""The edge and several replicas of the orchestrator: frozen, unready, gone, or a hole that swallows everything."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from perito.analysis.v1.analysis_pb2 import SubmitAnalysisRequest
from perito_edge.orchestrator_channel import open_orchestrator
from perito_edge.orchestrator_client import Caller, OrchestratorClient
from perito_kernel.errors import NotFound, Unavailable
from perito_runtime.breaker import CircuitBreaker, State
from perito_runtime.grpc_server import GrpcServer

from .orchestrator_double import KEY, TENANT, Double

CALLER = Caller(TENANT, "key", frozenset({"read", "submit"}))


class Frozen(Double):
    """Takes what is submitted and never answers."""

    async def enter(self, method: str, tenant: str) -> None:
        await super().enter(method, tenant)
        if method == "SubmitAnalysis":
            await asyncio.Event().wait()


@asynccontextmanager
async def replicas(*doubles: Double) -> AsyncGenerator[tuple[str, list[GrpcServer]]]:
    """One port of several loopback addresses."""
    servers, port = list[GrpcServer](), "0"
    async with AsyncExitStack() as stack:
        for number, double in enumerate(doubles, 1):
            server = double.server(f"127.0.0.{number}:{port}")
            await server.start()
            stack.push_async_callback(server.stop, 0)
            servers.append(server)
            port = server.address.rpartition(":")[2]
        yield "ipv4:" + ",".join(server.address for server in servers), servers


@asynccontextmanager
async def client_of(target: str, seconds: float = 5) -> AsyncGenerator[tuple[OrchestratorClient, CircuitBreaker]]:
    breaker = CircuitBreaker("orchestrator")
    async with open_orchestrator(target, None, breaker) as channel:
        yield OrchestratorClient(channel, seconds, min(seconds, 1)), breaker


async def test_a_submission_with_a_key_is_sent_once_more_and_one_without_is_not() -> None:
    well, frozen = Double(), Frozen()
    async with replicas(well, frozen) as (target, _), client_of(target, 2) as (client, _):
        unkeyed, keyed = SubmitAnalysisRequest(name="a"), SubmitAnalysisRequest(name="a", idempotency_key="once")
        async with asyncio.timeout(20):
            while not (well.count("Authenticate") and frozen.count("Authenticate")):  # until it is connected to both
                await client.authenticate(KEY)
        for _ in range(2):
            with pytest.raises(NotFound):  # the double's own answer: it has no such dataset
                await client.submit(CALLER, keyed)
        assert frozen.count("SubmitAnalysis") >= 1
        outcomes = [await outcome(client, unkeyed) for _ in range(2)]
        assert sorted(outcomes) == ["DATASET_NOT_FOUND", "DEADLINE_EXCEEDED"]


async def outcome(client: OrchestratorClient, request: SubmitAnalysisRequest) -> str:
    try:
        await client.submit(CALLER, request)
    except (NotFound, Unavailable) as error:
        return error.reason
    return "accepted"


async def test_replicas_without_their_database_say_so_and_one_of_two_is_enough() -> None:
    lost, well = Double(), Double()
    lost.failures["SubmitAnalysis"] = Unavailable("DATABASE_UNAVAILABLE", "The database is away.")
    async with replicas(lost, well) as (target, servers), client_of(target) as (client, _):
        async with asyncio.timeout(20):
            while not (lost.count("Authenticate") and well.count("Authenticate")):  # until it is connected to both
                await client.authenticate(KEY)
        await servers[0].say_ready(ready=False)
        for _ in range(3):
            assert await client.checks() == {"orchestrator": "ok", "broker": "ok"}
            for _ in range(2):  # one after the other, so that each replica is met
                with pytest.raises(NotFound):  # the double's own answer: it has no such dataset
                    await client.submit(CALLER, SubmitAnalysisRequest(name="a", idempotency_key="once"))
        assert lost.count("SubmitAnalysis") >= 1
        await servers[1].say_ready(ready=False)
        await told(client, {"orchestrator": "ok", "database": "unreachable"})
        for server in servers:
            await server.stop(0)
        await told(client, {"orchestrator": "unreachable"})


async def told(client: OrchestratorClient, checks: dict[str, str]) -> None:
    """Health reaches a channel a moment later."""
    async with asyncio.timeout(10):
        while await client.checks() != checks:
            pass


async def test_a_hole_that_swallows_everything_opens_the_circuit() -> None:
    connected: list[Any] = []

    def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append((reader, writer))

    hole = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = hole.sockets[0].getsockname()[1]
    async with client_of(f"127.0.0.1:{port}", 0.2) as (client, breaker):
        for _ in range(5):
            with pytest.raises(Unavailable):
                await client.analysis(CALLER, "a")
        assert breaker.state is State.OPEN
        with pytest.raises(Unavailable, match="SERVICE_UNAVAILABLE: The service cannot be reached"):
            await client.analysis(CALLER, "a")
        assert await client.checks() == {"orchestrator": "unreachable"}
    for _, writer in connected:
        writer.close()
    hole.close()
    await hole.wait_closed()
