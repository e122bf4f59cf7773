"""A PhaseService that does what a test tells it, to look at what the runtime puts around any servicer."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from perito.phase.v1 import phase_pb2, phase_pb2_grpc, rule_catalogue_pb2
from perito_runtime.grpc_client import open_channel
from perito_runtime.grpc_server import GrpcServer, Service, build_server

ASK = phase_pb2.DescribePhaseRequest()
RUN = phase_pb2.RunPhaseRequest()
PHASE_SERVICE = "perito.phase.v1.PhaseService"

Described = Callable[[Any], Awaitable[phase_pb2.DescribePhaseResponse]]
Ran = Callable[[phase_pb2.RunPhaseRequest, Any], AsyncGenerator[phase_pb2.RunPhaseResponse, None]]


async def described(context: Any) -> phase_pb2.DescribePhaseResponse:
    """A phase without a fault."""
    return phase_pb2.DescribePhaseResponse(name="double")


async def ran(request: phase_pb2.RunPhaseRequest, context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
    """Two messages."""
    yield phase_pb2.RunPhaseResponse(progress=phase_pb2.Progress(fraction=0.5))
    yield phase_pb2.RunPhaseResponse(result=phase_pb2.PhaseResult(phase="double"))


class PhaseDouble(phase_pb2_grpc.PhaseServiceServicer):
    """Calls the two functions that it was given."""

    def __init__(self, describe: Described = described, run: Ran = ran) -> None:
        self.describe = describe
        self.run = run

    async def DescribePhase(  # noqa: N802 - the contract's name
        self,
        request: phase_pb2.DescribePhaseRequest,  # noqa: ARG002 - the contract's signature
        context: Any,
    ) -> phase_pb2.DescribePhaseResponse:
        return await self.describe(context)

    async def DescribeRules(  # noqa: N802 - the contract's name
        self,
        request: rule_catalogue_pb2.DescribeRulesRequest,  # noqa: ARG002 - the contract's signature
        context: Any,  # noqa: ARG002
    ) -> rule_catalogue_pb2.DescribeRulesResponse:
        return rule_catalogue_pb2.DescribeRulesResponse()

    async def RunPhase(  # noqa: N802 - the contract's name
        self, request: phase_pb2.RunPhaseRequest, context: Any
    ) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        async for message in self.run(request, context):
            yield message

    async def CheckRules(  # noqa: N802 - the contract's name
        self,
        request: phase_pb2.CheckRulesRequest,
        context: Any,  # noqa: ARG002 - the contract's signature
    ) -> phase_pb2.CheckRulesResponse:
        return phase_pb2.CheckRulesResponse(rules=[phase_pb2.CheckedRule(name=rule.name) for rule in request.rules])


def double_service(servicer: PhaseDouble) -> Service:
    """For `build_server`."""
    return Service(PHASE_SERVICE, phase_pb2_grpc.add_PhaseServiceServicer_to_server, servicer)


@asynccontextmanager
async def serving(servicer: PhaseDouble, folder: Path, **options: Any) -> AsyncGenerator[GrpcServer, None]:
    """A server on a socket in the folder."""
    server = build_server([double_service(servicer)], f"unix:{folder}/s", **options)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.2)


@asynccontextmanager
async def calling(servicer: PhaseDouble, folder: Path) -> "AsyncGenerator[phase_pb2_grpc.PhaseServiceAsyncStub, None]":
    """A client of such a server."""
    async with serving(servicer, folder) as server, open_channel(server.address) as channel:
        yield phase_pb2_grpc.PhaseServiceStub(channel)


def raising(error: Exception) -> PhaseDouble:
    """Both methods raise, the stream after its first message."""

    async def describe(context: Any) -> phase_pb2.DescribePhaseResponse:
        raise error

    async def run(request: Any, context: Any) -> AsyncGenerator[phase_pb2.RunPhaseResponse, None]:
        yield phase_pb2.RunPhaseResponse()
        raise error

    return PhaseDouble(describe, run)


async def drained(call: AsyncIterable[phase_pb2.RunPhaseResponse]) -> int:
    """Reads a stream to its end; says how many messages came."""
    return len([message async for message in call])
