"""The broker as RabbitMQ, 3.10 or 4: what separate processes use. `perito_orchestrator.broker` says what it keeps."""

import asyncio
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

from aio_pika.exceptions import ChannelNotFoundEntity
from perito_kernel.errors import Unavailable
from perito_runtime.logs import logger
from perito_runtime.tls import TlsFiles

from perito_orchestrator.broker import DELIVERY_LIMIT, Handler, check_body
from perito_orchestrator.rabbit.address import parse_address
from perito_orchestrator.rabbit.consumer import RabbitConsumer
from perito_orchestrator.rabbit.link import Link, RabbitSettings, short_channel
from perito_orchestrator.rabbit.publisher import Publisher
from perito_orchestrator.rabbit.topology import Topology
from perito_orchestrator.rabbit.words import away, in_our_words

__all__ = ["RabbitBroker", "RabbitSettings"]

log = logger("broker_rabbit")


class RabbitBroker:
    """`open` before use, `close` after. Where RabbitMQ is away, publishing raises Unavailable, consumers wait, and what
    was declared is declared when it is back.

    The URL is amqp[s]://user@host[:port][,host...]/vhost. Raises Invalid BROKER_URL.
    """

    def __init__(
        self,
        url: str,
        *,
        password_file: Path | None = None,
        tls: TlsFiles | None = None,
        delivery_limit: int = DELIVERY_LIMIT,
        settings: RabbitSettings | None = None,
    ) -> None:
        self._settings = settings or RabbitSettings()
        address = parse_address(url, password_file, tls)
        self._publishing = Link(address, "publishing", self._settings)
        self._consuming = Link(address, "consuming", self._settings)
        self._topology = Topology(delivery_limit)
        self._publisher = Publisher(self._publishing, self._topology, self._settings)
        self._consumers: list[RabbitConsumer] = []
        self._closed = False

    @property
    def available(self) -> bool:
        """See `Broker.available`."""
        return not self._closed and self._publishing.up and self._consuming.up

    async def open(self) -> None:
        """Connects, or begins to wait for a broker that is away.

        Raises Precondition BROKER_REFUSES where waiting would not help, Invalid for files that cannot be used.
        """
        try:
            await self._publishing.open()
            await self._consuming.open()
        except BaseException:
            await self.close()
            raise

    async def declare(self, queue: str) -> None:
        """See `Broker.declare`."""
        self._refuse_if_closed()
        self._topology.add(queue)
        await self._declare_now(queue)

    async def bind(self, queue: str, pattern: str) -> None:
        """See `Broker.bind`."""
        self._refuse_if_closed()
        self._topology.add(queue, pattern)
        await self._declare_now(queue)

    async def publish(self, queue: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None) -> None:
        """See `Broker.publish`."""
        self._refuse_if_closed()
        check_body(body)
        await self._publisher.work(queue, body, message_id, headers or {})

    async def publish_event(
        self, topic: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """See `Broker.publish_event`."""
        self._refuse_if_closed()
        check_body(body)
        await self._publisher.event(topic, body, message_id, headers or {})

    async def consume(self, queue: str, prefetch: int, handler: Handler) -> RabbitConsumer:
        """See `Broker.consume`."""
        self._refuse_if_closed()
        self._topology.add(queue)
        await self._declare_now(queue)
        consumer = RabbitConsumer(self._consuming, self._topology, self._settings, queue, prefetch, handler)
        self._consumers.append(consumer)
        await consumer.start()
        return consumer

    async def depth(self, queue: str) -> int:
        """See `Broker.depth`."""
        async with in_our_words(self._settings.answer_seconds, queue):
            connection = await self._consuming.connection()
            async with short_channel(connection) as channel:
                try:
                    declared = await channel.declare_queue(queue, passive=True)
                except ChannelNotFoundEntity:
                    return 0
                return declared.declaration_result.message_count or 0

    async def close(self) -> None:
        """See `Broker.close`. A broker that does not answer is left after `close_seconds`: it gives back what was held
        when it finds the connection gone.
        """
        self._closed = True
        half = self._settings.close_seconds / 2
        await _within(half, *(consumer.cancel() for consumer in self._consumers))
        await _within(half, self._publishing.close(), self._consuming.close())

    async def _declare_now(self, queue: str) -> None:
        """Where the broker is away, whoever uses the queue next declares it."""
        if not self._publishing.up:
            return
        try:
            await self._publisher.declare(queue)
        except Unavailable as error:
            log.warning("queue not declared yet", queue=queue, reason=error.reason)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise away()


async def _within(seconds: float, *work: Coroutine[Any, Any, None]) -> None:
    """All of it at once; raises the first error. What is not done in time is cancelled and not waited for."""
    tasks = [asyncio.create_task(one) for one in work]
    if not tasks:
        return
    try:
        done, late = await asyncio.wait(tasks, timeout=seconds)
    finally:
        for task in tasks:
            task.cancel()
    if late:
        log.warning("broker left without its answer", seconds=seconds)
    for task in done:
        task.result()
