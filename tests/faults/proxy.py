"""A TCP proxy that misbehaves when it is told to, between a process and the server it depends on.

It knows nothing of what passes, so it stands before TLS as well. Its faults may change at any moment and are asked for
each chunk, so those of open connections change too.
"""

import asyncio
import contextlib
import math
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

_CHUNK = 65_536


@dataclass(frozen=True)
class Faults:
    """What is wrong with the wire. `Faults()` is a sound one.

    `latency`: seconds that each chunk waits, each way. `bytes_per_second`: each way and connection. `silent`:
    connections are taken and kept (half-open) and nothing passes until this ends. `losing`: what comes is thrown
    away. `refusing`: new connections are reset. `truncate_after`: bytes that the server may answer on a connection
    before it is closed.
    """

    latency: float = 0.0
    bytes_per_second: float = math.inf
    silent: bool = False
    losing: bool = False
    refusing: bool = False
    truncate_after: int | None = None


class FaultProxy:
    """Passes connections to `host:port` on to whatever `faults` allow."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._speaks = asyncio.Event()
        self.faults = Faults()
        self.port = 0
        self.accepted = 0

    @property
    def faults(self) -> Faults:
        """What is wrong with the wire now."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        if faults.silent:
            self._speaks.clear()
        else:
            self._speaks.set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens; `port` says where."""
        self._server = await asyncio.start_server(self._accept, host, port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Ends, and every connection with it."""
        if self._server is not None:
            self._server.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.reset()

    def cut(self) -> int:
        """Closes every connection now, politely; how many ends there were."""
        ends = list(self._writers)
        for writer in ends:
            writer.close()
        return len(ends)

    def reset(self) -> int:
        """Resets every connection now (RST); how many ends there were."""
        ends = list(self._writers)
        for writer in ends:
            _reset(writer)
        return len(ends)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        self.accepted += 1
        try:
            await self._serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the proxy ends; asyncio's server would print it
        finally:
            self._running.discard(task)
            self._forget(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self.faults.refusing:
            _reset(writer)
            return
        await self._speaks.wait()
        try:
            there, back = await asyncio.open_connection(*self._target)
        except OSError:
            _reset(writer)
            return
        self._writers.add(back)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, back, bounded=False))
                both.create_task(self._pass(there, writer, bounded=True))
        except* OSError:
            _reset(writer)
            _reset(back)
        finally:
            self._forget(back)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, bounded: bool) -> None:
        """One way of a connection, until its end. `bounded`: it may be truncated."""
        passed = 0
        while chunk := await reader.read(_CHUNK):
            faults = self.faults
            await asyncio.sleep(faults.latency + len(chunk) / faults.bytes_per_second)
            await self._speaks.wait()
            left = self.faults.truncate_after if bounded else None
            if left is not None and passed + len(chunk) > left:
                writer.write(chunk[: max(0, left - passed)])
                writer.close()
                return
            if not self.faults.losing:
                writer.write(chunk)
                await writer.drain()
            passed += len(chunk)
        with contextlib.suppress(OSError):
            writer.write_eof()

    def _forget(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection with RST, as a crashed kernel or a firewall would."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def proxy_to(host: str, port: int) -> AsyncGenerator[FaultProxy]:
    """A running proxy on a port of its own."""
    proxy = FaultProxy(host, port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
