"""Says in gRPC health, under a name of its own, whether messages get through.

Readiness does not hang on it: what is accepted while the broker is away waits in the outbox.
"""

import asyncio

from perito_runtime.grpc_server import BROKER, GrpcServer
from perito_runtime.logs import logger

from perito_orchestrator.broker import Broker

log = logger("broker_health")


class BrokerHealth:
    """Looks every `poll_seconds`."""

    def __init__(self, broker: Broker, server: GrpcServer, *, poll_seconds: float = 1.0) -> None:
        self._broker = broker
        self._server = server
        self._poll_seconds = poll_seconds
        self._said = True
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Says it, and begins to look."""
        await self._say(self._broker.available)
        self._task = asyncio.create_task(self._run(), name="broker health")

    async def stop(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            if self._broker.available is not self._said:
                await self._say(self._broker.available)

    async def _say(self, available: bool) -> None:
        if available is not self._said:
            log.warning("broker is back" if available else "degraded: the broker is away, work waits for it")
        self._said = available
        await self._server.say(BROKER, serving=available)
