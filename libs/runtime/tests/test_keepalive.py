"""Pings on a connection that is silent: ours are allowed, those of a client that pings too often are not."""

import asyncio
from pathlib import Path
from types import ModuleType

import grpc
import pytest
from grpc._cython import cygrpc  # pyright: ignore[reportMissingTypeStubs] -- only its file is looked at
from perito.phase.v1 import phase_pb2_grpc
from perito_runtime import grpc_client, grpc_server
from perito_runtime.grpc_client import open_channel
from perito_runtime.grpc_server import build_server
from phase_double import ASK, PhaseDouble, double_service

ALLOWED, SENT = "grpc.http2.min_ping_interval_without_data_ms", "grpc.keepalive_time_ms"
Options = tuple[tuple[str, int], ...]


@pytest.mark.parametrize("options", [grpc_server.OPTIONS, grpc_client.OPTIONS])
def test_grpc_knows_every_option(options: Options) -> None:
    library = Path(cygrpc.__file__).read_bytes()
    unknown = [name for name, _ in options if name.encode() + b"\0" not in library]
    assert unknown == [], "it ignores what it does not know"


def test_our_clients_ping_no_more_often_than_our_servers_allow() -> None:
    allowed, sent = dict(grpc_server.OPTIONS)[ALLOWED], dict(grpc_client.OPTIONS)[SENT]
    assert 1.3 * allowed < sent


@pytest.mark.parametrize(("allowed", "lives"), [(600, True), (10_000, False)])
async def test_a_silent_channel_lives_where_it_pings_seldom_enough(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch, allowed: int, lives: bool
) -> None:
    """The same options with shorter times. A second is the least between two pings that gRPC sends."""
    _hurry(monkeypatch, grpc_server, grpc_server.OPTIONS, ALLOWED, allowed)
    _hurry(monkeypatch, grpc_client, grpc_client.OPTIONS, SENT, 1000)
    server = build_server([double_service(PhaseDouble())], f"unix:{short_dir}/s")
    await server.start()
    async with open_channel(server.address) as channel:
        await phase_pb2_grpc.PhaseServiceStub(channel).DescribePhase(ASK, timeout=10)
        assert await _ends(channel, 6.0) is not lives
    await server.stop(0)


async def _ends(channel: grpc.aio.Channel, seconds: float) -> bool:
    """Whether the connection ends within so many seconds in which nothing is called."""
    try:
        async with asyncio.timeout(seconds):
            await channel.wait_for_state_change(grpc.ChannelConnectivity.READY)
    except TimeoutError:
        return False
    return True


def _hurry(monkeypatch: pytest.MonkeyPatch, module: ModuleType, options: Options, name: str, milliseconds: int) -> None:
    assert name in dict(options)
    hurried = tuple((option, milliseconds if option == name else value) for option, value in options)
    monkeypatch.setattr(module, "OPTIONS", hurried)
