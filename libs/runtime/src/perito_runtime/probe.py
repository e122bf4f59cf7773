"""Asks a running process whether it lives, can work, or has started: what stands behind `--probe`.

Live means that the process answers; restarting it would not help where only something it needs is away. Ready means
that it should be given work. Started means that it has been ready to be asked at all, once.
"""

from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc
from perito_kernel.errors import PeritoError, Unavailable

from perito_runtime.grpc_client import open_channel
from perito_runtime.grpc_errors import call_errors
from perito_runtime.grpc_server import READY, STARTED
from perito_runtime.health_socket import QUESTIONS
from perito_runtime.settings import ServiceSettings

PROBES = QUESTIONS

_NAMES = {"live": "", "ready": READY, "started": STARTED}
_SECONDS = 2.0


async def probe_grpc(settings: ServiceSettings, what: str) -> None:
    """Returns where the process that listens as these settings say is live, ready or started. Raises Unavailable."""
    channel = open_channel(own_address(settings.listen), tls=settings.tls())
    stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs give it no methods
    try:
        async with call_errors():
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=_NAMES[what]), timeout=_SECONDS)
    except PeritoError as error:
        raise Unavailable("NOT_SERVING", f"Nothing answers at {settings.listen}.") from error
    finally:
        await channel.close()
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise Unavailable("NOT_SERVING", f"The process at {settings.listen} answers and is not {what}.")


def own_address(listen: str) -> str:
    """Where a process on this machine reaches what listens there: an address of all interfaces is loopback's too."""
    for everything, loopback in (("0.0.0.0:", "127.0.0.1:"), ("[::]:", "[::1]:")):
        if listen.startswith(everything):
            return loopback + listen.removeprefix(everything)
    return listen
