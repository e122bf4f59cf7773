"""What every call between services carries and is watched for: a timeout, request id, trace, the id of the API key
behind it, and the circuit breaker.

A call made while serving another one gets what time that one has left, minus a little, so that the answer "too late"
comes from the side that knows what was being done. A channel can be told to be patient: then a call that finds no
replica connected waits a moment for one, as happens where one leaves while the connection to another that came back is
being made.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from perito_runtime.breaker import CircuitBreaker
from perito_runtime.grpc_errors import STATUS_KEY
from perito_runtime.logs import logger
from perito_runtime.request_context import ACTOR_KEY, REQUEST_KEY, acting_key, request_id, seconds_left
from perito_runtime.trace_context import outgoing_trace

_MARGIN_SECONDS = 0.05
_TELL_SECONDS = 10.0
_TOLD_CHARACTERS = 300
_HEALTH = "/grpc.health."
_SILENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_log = logger("grpc")


class Calls:
    """What holds for all calls of one channel. Timeouts in seconds, for calls that name none; `patience`: seconds for
    which a call waits for a connection, counted as part of its time.
    """

    def __init__(
        self, target: str, unary: float, stream: float, breaker: CircuitBreaker | None, patience: float = 0.0
    ) -> None:
        self.unary = unary
        self.stream = stream
        self.channel: grpc.aio.Channel | None = None
        """The channel itself, which is made with the interceptors and so after this."""
        self._target = target
        self._breaker = breaker
        self._patience = patience
        self._silent = False
        self._tell_again = 0.0

    async def ready(self, details: grpc.aio.ClientCallDetails, default: float) -> grpc.aio.ClientCallDetails:
        """The call's details with the timeout that binds, ids of request and key and the trace, once it can begin."""
        timeout = default if details.timeout is None else details.timeout
        left = seconds_left()
        if left is not None and left <= _MARGIN_SECONDS:
            raise grpc.aio.AioRpcError(grpc.StatusCode.DEADLINE_EXCEEDED, details="no time is left for this call")
        if left is not None:
            timeout = min(timeout, left - _MARGIN_SECONDS)
        if self._patience and not _text(details.method).startswith(_HEALTH):
            timeout = max(0.0, timeout - await self._waited(min(timeout, self._patience)))
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        carried = {REQUEST_KEY: request_id(), ACTOR_KEY: acting_key(), **outgoing_trace()}
        for key, value in carried.items():
            if value and key not in metadata:
                metadata.add(key, value)
        return grpc.aio.ClientCallDetails(
            details.method, timeout, metadata, details.credentials, details.wait_for_ready
        )

    async def _waited(self, at_most: float) -> float:
        """Seconds until a replica was connected, or `at_most`: then the call itself finds out what is the matter."""
        if self.channel is None or self.channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY:
            return 0.0
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most):
                while (state := self.channel.get_state(try_to_connect=True)) is not grpc.ChannelConnectivity.READY:
                    await self.channel.wait_for_state_change(state)
        return time.monotonic() - began

    async def watched(self, method: str, begin: Callable[[], Awaitable[Any]]) -> Any:
        """A unary call, begun unless the circuit is open, and told to the breaker when it has ended."""
        breaker = None if _text(method).startswith(_HEALTH) else self._breaker
        token = breaker.admit() if breaker else None
        if breaker and token is None:
            raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, details=f"circuit of {self._target} is open")
        answered: bool | None = None
        try:
            call = await begin()
            answered = await self._answered(call, method)
        finally:
            if breaker and token is not None:
                breaker.ended(token, answered)
        return call

    async def _answered(self, call: Any, method: str) -> bool | None:
        try:
            code: grpc.StatusCode = await call.code()
        except BaseException:
            call.cancel()
            raise
        if code is grpc.StatusCode.CANCELLED:
            return None
        if code not in _SILENT or any(key == STATUS_KEY for key, _ in await call.trailing_metadata() or ()):
            self._tell_answer()
            return True
        await self._tell_silence(call, method, code)
        return False

    async def _tell_silence(self, call: Any, method: str, code: grpc.StatusCode) -> None:
        """Once, until somebody answers; where some calls are answered and some are not, now and then."""
        if self._silent or time.monotonic() < self._tell_again:
            return
        self._silent = True
        self._tell_again = time.monotonic() + _TELL_SECONDS
        why = str(await call.details())[:_TOLD_CHARACTERS]
        _log.warning("nobody answers", target=self._target, call=_text(method), code=code.name, why=why)

    def _tell_answer(self) -> None:
        if self._silent:
            self._silent = False
            _log.info("answers again", target=self._target)


def interceptors_of(calls: Calls) -> "list[grpc.aio.ClientInterceptor]":
    """One for each kind of method."""
    return [_UnaryUnary(calls), _UnaryStream(calls), _StreamUnary(calls), _StreamStream(calls)]


def _text(method: str | bytes) -> str:
    return method.decode() if isinstance(method, bytes) else method


_Continue = Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]]
"""What gRPC hands to an interceptor; messages differ by method, hence Any here and below."""


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def intercept_unary_unary(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        async def begin() -> Any:
            return await continuation(await self._calls.ready(client_call_details, self._calls.unary), request)

        return await self._calls.watched(client_call_details.method, begin)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def intercept_unary_stream(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(await self._calls.ready(client_call_details, self._calls.stream), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def intercept_stream_unary(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await continuation(await self._calls.ready(client_call_details, self._calls.unary), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def intercept_stream_stream(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await continuation(await self._calls.ready(client_call_details, self._calls.stream), request_iterator)
