"""How one service calls another: a channel whose every call has a timeout and carries the request's id.

A call made while serving another one gets what time that one has left, minus a little, so that the answer "too late"
comes from the side that knows what was being done.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from perito_runtime.grpc_errors import call_error, call_errors
from perito_runtime.grpc_server import MESSAGE_BYTES
from perito_runtime.request_context import REQUEST_KEY, request_id, seconds_left, tenant_metadata, tenant_of

__all__ = ["call_error", "call_errors", "open_channel", "tenant_metadata", "tenant_of"]

_MARGIN_SECONDS = 0.05
_OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    # Windows that grow with the line hold megabytes for each reader of a stream that does not keep up.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # The time that one attempt to connect may take: a busy machine or a TLS handshake needs more than moments.
    ("grpc.min_reconnect_backoff_ms", 2_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


def open_channel(address: str, *, default_timeout: float = 10.0, stream_timeout: float = 3600.0) -> grpc.aio.Channel:
    """A channel to a Unix socket or a loopback port. Close it when done.

    Calls that name no timeout get `default_timeout` seconds, those that stream answers `stream_timeout`.
    """
    timeouts = _Timeouts(default_timeout, stream_timeout)
    interceptors = [_UnaryUnary(timeouts), _UnaryStream(timeouts), _StreamUnary(timeouts), _StreamStream(timeouts)]
    return grpc.aio.insecure_channel(address, options=_OPTIONS, interceptors=interceptors)


class _Timeouts:
    def __init__(self, unary: float, stream: float) -> None:
        self.unary = unary
        self.stream = stream

    def applied(self, details: grpc.aio.ClientCallDetails, default: float) -> grpc.aio.ClientCallDetails:
        """The call's details with the timeout that binds and the request's id."""
        timeout = default if details.timeout is None else details.timeout
        left = seconds_left()
        if left is not None and left <= _MARGIN_SECONDS:
            raise grpc.aio.AioRpcError(grpc.StatusCode.DEADLINE_EXCEEDED, details="no time is left for this call")
        if left is not None:
            timeout = min(timeout, left - _MARGIN_SECONDS)
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if request_id() and REQUEST_KEY not in metadata:
            metadata.add(REQUEST_KEY, request_id())
        return grpc.aio.ClientCallDetails(
            details.method, timeout, metadata, details.credentials, details.wait_for_ready
        )


_Continue = Callable[[grpc.aio.ClientCallDetails, Any], Awaitable[Any]]
"""What gRPC hands to an interceptor; messages differ by method, hence Any here and below."""


class _UnaryUnary(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, timeouts: _Timeouts) -> None:
        self._timeouts = timeouts

    async def intercept_unary_unary(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._timeouts.applied(client_call_details, self._timeouts.unary), request)


class _UnaryStream(grpc.aio.UnaryStreamClientInterceptor):
    def __init__(self, timeouts: _Timeouts) -> None:
        self._timeouts = timeouts

    async def intercept_unary_stream(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        return await continuation(self._timeouts.applied(client_call_details, self._timeouts.stream), request)


class _StreamUnary(grpc.aio.StreamUnaryClientInterceptor):
    def __init__(self, timeouts: _Timeouts) -> None:
        self._timeouts = timeouts

    async def intercept_stream_unary(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await continuation(self._timeouts.applied(client_call_details, self._timeouts.unary), request_iterator)


class _StreamStream(grpc.aio.StreamStreamClientInterceptor):
    def __init__(self, timeouts: _Timeouts) -> None:
        self._timeouts = timeouts

    async def intercept_stream_stream(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request_iterator: Any
    ) -> Any:
        return await continuation(self._timeouts.applied(client_call_details, self._timeouts.stream), request_iterator)
