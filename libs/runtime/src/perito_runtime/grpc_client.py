"""How one service calls another: a channel that spreads calls over replicas and goes on with renewed certificates."""

from collections.abc import Sequence

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from perito_runtime.breaker import CircuitBreaker
from perito_runtime.client_interceptors import Calls, interceptors_of
from perito_runtime.grpc_errors import call_error, call_errors
from perito_runtime.grpc_server import MESSAGE_BYTES
from perito_runtime.renewing_channel import RenewingChannel
from perito_runtime.request_context import tenant_metadata, tenant_of
from perito_runtime.service_config import service_config
from perito_runtime.tls import TlsFiles, TlsMaterial, channel_credentials

__all__ = ["call_error", "call_errors", "open_channel", "tenant_metadata", "tenant_of"]

OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.max_send_message_length", MESSAGE_BYTES),
    # Windows that grow with the line hold megabytes for each reader of a stream that does not keep up.
    ("grpc.http2.bdp_probe", 0),
    # A process that is frozen keeps its connections; this is how long they are believed. Servers allow 10 seconds.
    ("grpc.keepalive_time_ms", 15_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # By default the third ping of a channel that sends nothing waits for a minute: so long the frozen are believed.
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # The time that one attempt to connect may take: a busy machine or a TLS handshake needs more than moments.
    ("grpc.min_reconnect_backoff_ms", 2_000),
    # A replica that came back is soon in use again, also where it is the only one.
    ("grpc.max_reconnect_backoff_ms", 500),
    ("grpc.dns_min_time_between_resolutions_ms", 5_000),  # 30 seconds are long for a replica that nobody knows yet
    ("grpc.experimental.enable_hedging", 1),  # without it `perAttemptRecvTimeout` of a service config is not read
)


def open_channel(
    target: str,
    *,
    tls: TlsFiles | None = None,
    name: str = "",
    services: Sequence[ServiceDescriptor] = (),
    breaker: CircuitBreaker | None = None,
    default_timeout: float = 10.0,
    stream_timeout: float = 3600.0,
    patience: float = 0.0,
) -> grpc.aio.Channel:
    """A channel to `dns:///name:50051`, `ipv4:127.0.0.1:50051,127.0.0.2:50051` or `unix:/path`. Close it when done.

    With `tls` both sides show certificates, and new files count for the calls that begin after; the other side's must
    be good for the DNS name `name` (default: the target's host, of several addresses the first). With `services` calls
    go to all addresses in turn whose process is not about to leave, and are sent again where the contract allows.
    Calls that name no timeout get `default_timeout` seconds, those that stream answers `stream_timeout`. A call that
    finds no replica connected waits for one for up to `patience` seconds of its time. Raises `Invalid`
    TLS_FILES_INVALID.
    """
    calls = Calls(target, default_timeout, stream_timeout, breaker, patience)
    calls.channel = _opened(target, calls, tls, name, services, stream_timeout)
    return calls.channel


def _opened(
    target: str,
    calls: Calls,
    tls: TlsFiles | None,
    name: str,
    services: Sequence[ServiceDescriptor],
    stream_timeout: float,
) -> grpc.aio.Channel:
    interceptors = interceptors_of(calls)
    options = [*OPTIONS, *([("grpc.service_config", service_config(services))] if services else [])]
    if tls is None:
        return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)
    expected = name or _first_of_several(target)
    options += [("grpc.default_authority", expected)] if expected else []

    def secure(material: TlsMaterial) -> grpc.aio.Channel:
        return grpc.aio.secure_channel(
            target, channel_credentials(material), options=options, interceptors=interceptors
        )

    return RenewingChannel(tls, secure, stream_timeout)


def _first_of_several(target: str) -> str:
    """The first host of a list of addresses, which gRPC would look for in certificates as a whole."""
    scheme, _, addresses = target.partition(":")
    if scheme not in {"ipv4", "ipv6"} or "," not in addresses:
        return ""
    return addresses.partition(",")[0].rpartition(":")[0].strip("[]")
