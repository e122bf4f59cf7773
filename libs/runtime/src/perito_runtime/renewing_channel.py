"""A channel that goes on with new certificates: gRPC's own keeps those that it was opened with for as long as it lives.

Each call asks which channel is current. Where the files have changed, a new channel is opened for the calls to come;
those that run end on the old one, which is closed after the last of them.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Self

import grpc

from perito_runtime.tls import TlsFiles, TlsMaterial, WatchedMaterial

_LOOK_SECONDS = 1.0
_BEGIN_SECONDS = 1.0

Opener = Callable[[TlsMaterial], grpc.aio.Channel]


class RenewingChannel(grpc.aio.Channel):
    """Calls of one target. `drain_seconds` bounds how long running calls may keep an old channel open.

    Raises `Invalid` TLS_FILES_INVALID when it is made and its files are not sound; later the old ones stay in force.
    """

    def __init__(self, files: TlsFiles, opener: Opener, drain_seconds: float) -> None:
        self._watched = WatchedMaterial(files)
        self._opener = opener
        self._drain_seconds = drain_seconds
        self._material = self._watched.look()
        self._channel = opener(self._material)
        self._next_look = time.monotonic() + _LOOK_SECONDS
        self._generation = 0
        self._leaving: set[asyncio.Task[None]] = set()

    def current(self) -> tuple[int, grpc.aio.Channel]:
        """The channel for a call that begins now, and its number."""
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LOOK_SECONDS
            material = self._watched.look()
            if material is not self._material:
                leaving = asyncio.create_task(self._leave(self._channel), name="old channel")
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
                self._material, self._channel = material, self._opener(material)
                self._generation += 1
        return self._generation, self._channel

    async def _leave(self, channel: grpc.aio.Channel) -> None:
        try:
            # A call whose interceptors are still at work would find the channel closing.
            await asyncio.sleep(_BEGIN_SECONDS)
            await channel.close(self._drain_seconds)
        finally:
            await channel.close()

    async def close(self, grace: float | None = None) -> None:
        """See `grpc.aio.Channel`."""
        for leaving in self._leaving:
            leaving.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await self._channel.close(grace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """See `grpc.aio.Channel`."""
        return self.current()[1].get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """See `grpc.aio.Channel`."""
        await self.current()[1].wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """See `grpc.aio.Channel`."""
        await self.current()[1].channel_ready()

    # What calls take and answer differs by method: generated stubs say it, nobody here looks at it.
    def unary_unary(self, *named: Any, **coders: Any) -> Any:
        """See `grpc.aio.Channel`."""
        return _Method(self, "unary_unary", named, coders)

    def unary_stream(self, *named: Any, **coders: Any) -> Any:
        """See `grpc.aio.Channel`."""
        return _Method(self, "unary_stream", named, coders)

    def stream_unary(self, *named: Any, **coders: Any) -> Any:
        """See `grpc.aio.Channel`."""
        return _Method(self, "stream_unary", named, coders)

    def stream_stream(self, *named: Any, **coders: Any) -> Any:
        """See `grpc.aio.Channel`."""
        return _Method(self, "stream_stream", named, coders)


class _Method:
    """One method, looked up again where the channel is another one."""

    def __init__(self, channel: RenewingChannel, kind: str, named: tuple[Any, ...], coders: dict[str, Any]) -> None:
        self._channel = channel
        self._kind = kind
        self._named = named
        self._coders = coders
        self._generation = -1
        self._call: Any = None

    def __call__(self, *request: Any, **options: Any) -> Any:
        generation, channel = self._channel.current()
        if generation != self._generation:
            self._call = getattr(channel, self._kind)(*self._named, **self._coders)
            self._generation = generation
        return self._call(*request, **options)
