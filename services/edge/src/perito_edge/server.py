"""uvicorn inside a running event loop, started and stopped like every other part of the process.

It takes no signals, sets no loop and configures no logs: all three belong to whoever composes the process. Sockets are
bound here and not by uvicorn, which would exit the process where it cannot and open a Unix socket to everybody.
"""

import asyncio
import contextlib
import socket
import stat
from collections.abc import Generator, Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from perito_kernel.errors import Invalid

from perito_edge.event_streams import EventStreams
from perito_edge.read_notes import ReadNotes
from perito_edge.wire import SILENT_SECONDS, BoundedProtocol

_IDLE_SECONDS = round(SILENT_SECONDS)
"""How long a connection without a request stays open: longer than balancers and clients keep one. Whoever closes first
must be the one that sends, or a request goes into a connection that is just being closed (uvicorn's 5 s did that)."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves signals to the process."""
        yield


class EdgeServer:
    """Serves `app` on `host:port` (`127.0.0.1:8080`, `[::1]:0`) or on a Unix socket (`unix:/path`).

    `address` is where it listens, with the port that was given for port 0. Whoever connects from `trusted_proxies`
    (addresses or networks) is believed when it says for whom it asks, and whether that one came by TLS.
    """

    def __init__(
        self, app: FastAPI, address: str, grace_seconds: int = 20, trusted_proxies: Sequence[str] = ()
    ) -> None:
        self.address = address
        self._streams: EventStreams = app.state.event_streams
        self._reads: ReadNotes = app.state.reads
        self._server = _Server(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                ws="none",
                loop="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                timeout_keep_alive=_IDLE_SECONDS,
                # Without it one client that never leaves keeps the process for ever.
                timeout_graceful_shutdown=grace_seconds,
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens and accepts. Raises `Invalid` LISTEN_FAILED where the address is taken or not to be had."""
        listening = self._listen()
        self._streams.begin()
        self._serving = asyncio.create_task(self._server.serve(sockets=[listening]), name="edge-server")
        while not self._server.started:
            await asyncio.sleep(0.005)
            if self._serving.done():
                await self._serving

    async def stop(self) -> None:
        """Refuses new connections, lets answers finish within the grace and cancels the rest."""
        if self._serving is None:
            return
        self._streams.end()  # or each would hold the exit for the whole grace
        self._server.should_exit = True
        await self._serving
        self._serving = None
        await self._reads.stop()
        self._remove_socket()

    def _remove_socket(self) -> None:
        if self.address.startswith("unix:"):
            Path(self.address.removeprefix("unix:")).unlink(missing_ok=True)

    def _listen(self) -> socket.socket:
        try:
            if self.address.startswith("unix:"):
                return _unix_socket(Path(self.address.removeprefix("unix:")))
            listening = _tcp_socket(self.address)
        except (OSError, ValueError, OverflowError) as exc:
            message = f"Cannot listen on {self.address}: is another process there?"
            raise Invalid("LISTEN_FAILED", message, {"remedy": "Choose another address."}) from exc
        host = self.address.rpartition(":")[0]
        self.address = f"{host}:{listening.getsockname()[1]}"
        return listening


def _unix_socket(path: Path) -> socket.socket:
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise OSError("another process listens there")
        path.unlink()
    listening = _bound(socket.AF_UNIX, str(path))
    path.chmod(0o600)
    return listening


def _tcp_socket(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    return _bound(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, int(port)))


def _bound(family: socket.AddressFamily, address: str | tuple[str, int]) -> socket.socket:
    tcp = family is not socket.AF_UNIX
    # asyncio switches Nagle's algorithm off only where the protocol is named; with it every answer of more than one
    # packet waits 40 ms for the client's acknowledgement.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP if tcp else 0)
    try:
        if tcp:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
