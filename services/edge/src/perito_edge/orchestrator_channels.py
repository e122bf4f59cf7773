"""The edge's two ways to the orchestrator: one for its work, one to ask how the orchestrator is.

Work goes to replicas in turn that say they are ready, with retries and a circuit breaker. Where none is ready that
channel answers nothing at all, so the question why (the process is gone, or what it needs) takes a way of its own.
"""

from dataclasses import dataclass

import grpc
from perito.analysis.v1 import access_pb2, analysis_pb2
from perito_runtime.breaker import CircuitBreaker
from perito_runtime.grpc_client import open_channel
from perito_runtime.tls import TlsFiles

_NAME = "orchestrator"
_SERVICES = (
    analysis_pb2.DESCRIPTOR.services_by_name["AnalysisService"],
    access_pb2.DESCRIPTOR.services_by_name["AccessService"],
)


@dataclass(frozen=True)
class OrchestratorChannels:
    """`work` and `health` belong together; `breaker` watches `work`."""

    work: grpc.aio.Channel
    health: grpc.aio.Channel
    breaker: CircuitBreaker

    async def close(self) -> None:
        """Closes both."""
        await self.work.close()
        await self.health.close()


def open_orchestrator(target: str, tls: TlsFiles | None = None) -> OrchestratorChannels:
    """Ways to `dns:///orchestrator:50051` and the like (see `open_channel`). With `tls` only a process whose
    certificate is good for the DNS name `orchestrator` is believed to be one. Raises `Invalid` TLS_FILES_INVALID.
    """
    breaker = CircuitBreaker(_NAME)
    work = open_channel(target, tls=tls, name=_NAME, services=_SERVICES, breaker=breaker)
    return OrchestratorChannels(work, open_channel(target, tls=tls, name=_NAME), breaker)
