"""How one service calls another: a channel whose every call has a timeout and carries the request's id.

A call made while serving another one gets what time that one has left, minus a little, so that the answer "too late"
comes from the side that knows what was being done.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from perito_runtime.grpc_errors import call_error, call_errors
from perito_runtime.grpc_server import MESSAGE_BYTES
from perito_runtime.renewing_channel import RenewingChannel
from perito_runtime.request_context import REQUEST_KEY, request_id, seconds_left, tenant_metadata, tenant_of
from perito_runtime.tls import TlsFiles, TlsMaterial, channel_credentials

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


def open_channel(
    target: str, *, tls: TlsFiles | None = None, default_timeout: float = 10.0, stream_timeout: float = 3600.0
) -> grpc.aio.Channel:
    """A channel to `dns:///name:50051`, `ipv4:127.0.0.1:50051,127.0.0.2:50051` or `unix:/path`. Close it when done.

    With `tls` both sides show certificates, and new files count for the calls that begin after. Calls that name no
    timeout get `default_timeout` seconds, those that stream answers `stream_timeout`. Raises `Invalid`
    TLS_FILES_INVALID.
    """
    timeouts = _Timeouts(default_timeout, stream_timeout)
    interceptors = [_UnaryUnary(timeouts), _UnaryStream(timeouts), _StreamUnary(timeouts), _StreamStream(timeouts)]
    if tls is None:
        return grpc.aio.insecure_channel(target, options=_OPTIONS, interceptors=interceptors)

    def secure(material: TlsMaterial) -> grpc.aio.Channel:
        credentials = channel_credentials(material)
        options = (*_OPTIONS, *_authority(target))
        return grpc.aio.secure_channel(target, credentials, options=options, interceptors=interceptors)

    return RenewingChannel(tls, secure, stream_timeout)


def _authority(target: str) -> tuple[tuple[str, str], ...]:
    """Which name a certificate must bear: of a list of addresses gRPC would ask for the whole list."""
    scheme, _, addresses = target.partition(":")
    several = scheme in ("ipv4", "ipv6") and "," in addresses
    return (("grpc.default_authority", addresses.partition(",")[0]),) if several else ()


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
