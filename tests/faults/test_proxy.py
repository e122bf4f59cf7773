"""Each fault of the proxy as a client feels it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from tests.faults.proxy import FaultProxy, Faults, proxy_to

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while said := await reader.read(65_536):
            writer.write(said)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


@asynccontextmanager
async def echo_behind_a_proxy() -> AsyncGenerator[FaultProxy]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, proxy_to("127.0.0.1", server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


@asynccontextmanager
async def connect(proxy: FaultProxy) -> AsyncGenerator[Ends]:
    """A client's connection, gone afterwards whatever became of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer(ends: Ends, text: bytes) -> bytes:
    """What comes back, all of it."""
    ends[1].write(text)
    return await asyncio.wait_for(ends[0].readexactly(len(text)), 10)


async def silence(ends: Ends) -> bool:
    """Whether nothing comes for a while."""
    try:
        await asyncio.wait_for(ends[0].read(1), 0.3)
    except TimeoutError:
        return True
    return False


async def test_a_sound_wire_passes_everything_and_both_ends() -> None:
    async with echo_behind_a_proxy() as proxy, connect(proxy) as (reader, writer):
        text = bytes(range(256)) * 4096
        assert await answer((reader, writer), text) == text
        writer.write_eof()
        assert await reader.read() == b""


async def test_latency_and_bandwidth_hold_up_each_way() -> None:
    async with echo_behind_a_proxy() as proxy, connect(proxy) as ends:
        proxy.faults = Faults(latency=0.15)
        begun = time.monotonic()
        assert await answer(ends, b"slow") == b"slow"
        assert time.monotonic() - begun >= 0.3
        proxy.faults = Faults(bytes_per_second=10_000)
        begun = time.monotonic()
        await answer(ends, bytes(2_000))
        assert time.monotonic() - begun >= 0.4


async def test_half_open_says_nothing_and_goes_on_later() -> None:
    async with echo_behind_a_proxy() as proxy, connect(proxy) as before:
        assert await answer(before, b"open") == b"open"
        proxy.faults = Faults(silent=True)
        async with connect(proxy) as after:
            for ends in (before, after):
                ends[1].write(b"hello")
                assert await silence(ends)
            proxy.faults = Faults()
            for ends in (before, after):
                assert await asyncio.wait_for(ends[0].readexactly(5), 10) == b"hello"


async def test_what_is_lost_stays_lost() -> None:
    async with echo_behind_a_proxy() as proxy, connect(proxy) as ends:
        proxy.faults = Faults(losing=True)
        ends[1].write(b"gone")
        assert await silence(ends)
        proxy.faults = Faults()
        assert await answer(ends, b"here") == b"here"


async def test_new_connections_are_reset_and_old_ones_go_on() -> None:
    async with echo_behind_a_proxy() as proxy, connect(proxy) as old:
        await answer(old, b"1")
        proxy.faults = Faults(refusing=True)
        async with connect(proxy) as new:
            with pytest.raises(ConnectionResetError):
                await answer(new, b"2")
        assert await answer(old, b"3") == b"3"


async def test_an_answer_is_truncated_after_so_many_bytes() -> None:
    async with echo_behind_a_proxy() as proxy, connect(proxy) as (reader, writer):
        proxy.faults = Faults(truncate_after=1_000)
        writer.write(bytes(5_000))
        assert await asyncio.wait_for(reader.read(), 10) == bytes(1_000)


async def test_all_connections_are_cut_or_reset_now() -> None:
    async with echo_behind_a_proxy() as proxy:
        async with connect(proxy) as one, connect(proxy) as two:
            for ends in (one, two):
                await answer(ends, b"x")
            assert proxy.cut() == 4
            for ends in (one, two):
                assert await asyncio.wait_for(ends[0].read(), 10) == b""
        async with connect(proxy) as three:
            await answer(three, b"y")
            proxy.reset()
            with pytest.raises(ConnectionResetError):
                await answer(three, b"z")
        assert proxy.accepted == 3


async def test_a_server_that_is_not_there_is_a_reset() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with proxy_to("127.0.0.1", port) as proxy, connect(proxy) as ends:
        with pytest.raises(ConnectionResetError):
            await answer(ends, b"x")
