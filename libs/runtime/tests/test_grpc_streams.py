"""Methods whose requests stream: none of today's services has one, and what surrounds a call holds for them too."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from perito_kernel.errors import Invalid
from perito_runtime.grpc_client import call_errors, open_channel
from perito_runtime.grpc_server import Service, build_server
from perito_runtime.request_context import seconds_left


async def collect(requests: AsyncIterable[bytes], context: Any) -> bytes:
    """All requests in one, and how much time there was."""
    got = b"".join([request async for request in requests])
    if not got:
        raise Invalid("NOTHING_SENT", "Send something.")
    return got + f" {seconds_left():.0f}".encode()


async def echo(requests: AsyncIterable[bytes], context: Any) -> AsyncGenerator[bytes, None]:
    """Each request again, then how much time there was."""
    async for request in requests:
        if request == b"bad":
            raise Invalid("BAD_REQUEST", "Not this one.")
        yield request
    yield f"{seconds_left():.0f}".encode()


def add(servicer: object, server: grpc.aio.Server) -> None:
    """Adds both methods, with bytes for messages."""
    methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Collect": grpc.stream_unary_rpc_method_handler(collect, bytes, bytes),
        "Echo": grpc.stream_stream_rpc_method_handler(echo, bytes, bytes),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Streams", methods),))


def collected(channel: grpc.aio.Channel, *requests: bytes) -> grpc.aio.StreamUnaryCall[Any, bytes]:
    """A call of `collect`."""
    return channel.stream_unary("/test.Streams/Collect", bytes, bytes)(iter(requests))


async def echoed(channel: grpc.aio.Channel, *requests: bytes) -> list[bytes]:
    """A call of `echo` to its end."""
    return [answer async for answer in channel.stream_stream("/test.Streams/Echo", bytes, bytes)(iter(requests))]


@asynccontextmanager
async def channels(folder: Path) -> AsyncGenerator[tuple[grpc.aio.Channel, grpc.aio.Channel], None]:
    """A client of ours and a bare one, of a server with both methods."""
    server = build_server([Service("test.Streams", add, None)], f"unix:{folder}/s")
    await server.start()
    try:
        async with (
            open_channel(server.address, default_timeout=20, stream_timeout=40) as ours,
            grpc.aio.insecure_channel(server.address) as bare,
        ):
            yield ours, bare
    finally:
        await server.stop(0)


async def test_streams_get_their_deadline(short_dir: Path) -> None:
    async with channels(short_dir) as (ours, _):
        assert await collected(ours, b"a", b"b") == b"ab 20"
        assert await echoed(ours, b"a", b"b") == [b"a", b"b", b"40"]


async def test_errors_of_streams_arrive_as_they_were_raised(short_dir: Path) -> None:
    async with channels(short_dir) as (ours, _):
        with pytest.raises(Invalid, match="NOTHING_SENT"):
            async with call_errors():
                await collected(ours)
        with pytest.raises(Invalid, match="BAD_REQUEST"):
            async with call_errors():
                await echoed(ours, b"a", b"bad")


async def test_streams_without_a_deadline_are_refused(short_dir: Path) -> None:
    async with channels(short_dir) as (_, bare):
        with pytest.raises(Invalid, match="DEADLINE_REQUIRED"):
            async with call_errors():
                await collected(bare, b"a")
        with pytest.raises(Invalid, match="DEADLINE_REQUIRED"):
            async with call_errors():
                await echoed(bare, b"a")
