"""Publishes with confirms: returns when the broker has the message for good."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange
from perito_kernel.errors import Precondition

from perito_orchestrator.rabbit.link import Link, RabbitSettings, short_channel
from perito_orchestrator.rabbit.topology import EVENTS, PHASES, Topology
from perito_orchestrator.rabbit.words import away, in_our_words

_CONTENT_TYPE = "application/x-protobuf"
_TYPES = {PHASES: "perito.event.v1.PhaseTask", EVENTS: "perito.event.v1.AnalysisEvent"}


@dataclass(frozen=True)
class _Open:
    connection: AbstractConnection
    channel: AbstractChannel
    exchanges: Mapping[str, AbstractExchange]


class Publisher:
    """One channel for everything that is published."""

    def __init__(self, link: Link, topology: Topology, settings: RabbitSettings) -> None:
        self._link = link
        self._topology = topology
        self._settings = settings
        self._lock = asyncio.Lock()
        self._open: _Open | None = None

    async def declare(self, queue: str) -> None:
        """Makes sure of a queue now. Raises Unavailable, Precondition QUEUE_DIFFERS.

        On a channel of its own: a queue that does not answer would take the publishing channel with it.
        """
        async with in_our_words(self._settings.answer_seconds, queue):
            connection = await self._link.connection()
            async with short_channel(connection) as channel:
                await self._topology.declare_exchanges(channel)
                await self._topology.declare(channel, queue)

    async def work(self, queue: str, body: bytes, message_id: str, headers: Mapping[str, str]) -> None:
        """To a queue of work. A queue that was ours and is gone is made again. Raises as `Broker.publish`."""
        try:
            await self._publish(PHASES, queue, _message(PHASES, body, message_id, headers))
        except Precondition as error:
            if error.reason != "UNROUTABLE" or not self._topology.knows(queue):
                raise
            await self.declare(queue)
            await self._publish(PHASES, queue, _message(PHASES, body, message_id, headers))

    async def event(self, topic: str, body: bytes, message_id: str, headers: Mapping[str, str]) -> None:
        """To whoever listens."""
        await self._publish(EVENTS, topic, _message(EVENTS, body, message_id, headers), mandatory=False)

    async def _publish(self, exchange: str, routing_key: str, message: Message, *, mandatory: bool = True) -> None:
        if not self._link.up:
            raise away()  # at once: the outbox keeps the message, and whoever waits could wait long
        async with in_our_words(self._settings.answer_seconds, routing_key):
            opened = await self._ready()
            await opened.exchanges[exchange].publish(message, routing_key, mandatory=mandatory)

    async def _ready(self) -> _Open:
        """The channel, opened anew on a new connection or after an error."""
        async with self._lock:
            connection = await self._link.connection()
            if self._open is None or self._open.connection is not connection or self._open.channel.is_closed:
                self._open = None
                channel = connection.channel(on_return_raises=True)
                await channel.initialize()
                exchanges = await self._topology.declare_exchanges(channel)
                self._open = _Open(connection, channel, exchanges)
            return self._open


def _message(exchange: str, body: bytes, message_id: str, headers: Mapping[str, str]) -> Message:
    return Message(
        body,
        headers=dict(headers),
        content_type=_CONTENT_TYPE,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message_id,
        timestamp=datetime.now(UTC),
        type=_TYPES[exchange],
        app_id="perito",
    )
