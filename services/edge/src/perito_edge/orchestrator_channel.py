"""The edge's way to the orchestrator: its replicas in turn, with retries and a circuit breaker."""

import grpc
from perito.analysis.v1 import access_pb2, analysis_pb2, audit_pb2, keys_pb2, review_pb2, rules_pb2, webhooks_pb2
from perito_runtime.breaker import CircuitBreaker
from perito_runtime.grpc_client import open_channel
from perito_runtime.tls import TlsFiles

ORCHESTRATOR = "orchestrator"
_PATIENCE_SECONDS = 2.0
"""Longer than a replica that came back may wait for the next try to connect to it (`grpc.max_reconnect_backoff_ms`)."""

_SERVICES = (
    analysis_pb2.DESCRIPTOR.services_by_name["AnalysisService"],
    access_pb2.DESCRIPTOR.services_by_name["AccessService"],
    keys_pb2.DESCRIPTOR.services_by_name["KeyService"],
    audit_pb2.DESCRIPTOR.services_by_name["AuditService"],
    review_pb2.DESCRIPTOR.services_by_name["ReviewService"],
    rules_pb2.DESCRIPTOR.services_by_name["RuleService"],
    webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"],
)


def open_orchestrator(target: str, tls: TlsFiles | None, breaker: CircuitBreaker) -> grpc.aio.Channel:
    """A channel to `dns:///orchestrator:50051` and the like (see `open_channel`). With `tls` only a process whose
    certificate is good for the DNS name `orchestrator` is believed to be one. Raises `Invalid` TLS_FILES_INVALID.
    """
    return open_channel(
        target, tls=tls, name=ORCHESTRATOR, services=_SERVICES, breaker=breaker, patience=_PATIENCE_SECONDS
    )
