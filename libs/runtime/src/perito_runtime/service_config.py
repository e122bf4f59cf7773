"""gRPC's service config for a service with replicas: how calls are spread, and which are sent again by themselves.

The contract says which may be: methods with an `idempotency_level` (docs/decisions/0100). They are tried on the next
replica after UNAVAILABLE or CANCELLED; a bucket of tokens ends that where most calls fail, so that retries do not
finish off what is overloaded. What has no side effects is also tried elsewhere where a replica stays silent for a
while: a frozen one answers no call and refuses none.
"""

import json
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

_SILENCE = "5s"
_POLICY = {
    "maxAttempts": 4,
    "initialBackoff": "0.05s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    # A server whose grace is over cancels what it still does; a caller's own cancellation is never tried again.
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
# So many failures of a burst, such as the end of a replica under load, are tried again: half of the tokens.
_THROTTLING = {"maxTokens": 100, "tokenRatio": 0.2}


def service_config(services: Sequence[ServiceDescriptor]) -> str:
    """JSON for `grpc.service_config`. Replicas whose process is about to leave get no new calls.

    One that says only of its services that they are not ready gets them: what it lacks (its database) the others may
    lack as well, and its answer says so, where a channel without ready replicas would say that nobody is there.
    """
    methods = [method for service in services for method in service.methods]
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
        "retryThrottling": _THROTTLING,
        "methodConfig": [
            {"name": [{"service": method.containing_service.full_name, "method": method.name}], "retryPolicy": policy}
            for method in methods
            if (policy := retry_policy(method)) is not None
        ],
    }
    return json.dumps(config)


def retry_policy(method: MethodDescriptor) -> dict[str, Any] | None:
    """How a method is tried again; None where it is not."""
    level = method.GetOptions().idempotency_level
    if level == MethodOptions.NO_SIDE_EFFECTS:
        return {**_POLICY, "perAttemptRecvTimeout": _SILENCE}
    return _POLICY if level == MethodOptions.IDEMPOTENT else None
