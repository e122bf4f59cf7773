"""Exchanges, queues and bindings, declared by everybody who uses them, always with the same arguments.

Messages of phases go through `perito.phases` to a quorum queue of the phase's name. A queue that is full refuses, so
that the message stays in the outbox; one that a message leaves by its delivery limit or a rejection hands it to
`perito.dead` and keeps it until it is there. Queues that listen to `perito.events` belong to their listeners and drop
their oldest when full: nobody who listens slowly may hold up anybody else.
"""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue
from pamqp.common import FieldValue

from perito_orchestrator.broker import DEAD_LETTERS

PHASES = "perito.phases"
EVENTS = "perito.events"

_WORK_BYTES = 64 * 1024 * 1024
_DEAD_BYTES = 256 * 1024 * 1024
_DEAD_MILLISECONDS = 14 * 24 * 3600 * 1000
_NEVER = 2**31 - 1


class Topology:
    """What this process uses, to be declared again on each new connection."""

    def __init__(self, delivery_limit: int) -> None:
        self._limit = delivery_limit
        self._patterns: dict[str, list[str]] = {DEAD_LETTERS: []}

    def add(self, queue: str, pattern: str | None = None) -> None:
        """A queue of work, or, with a pattern, one that listens to events."""
        patterns = self._patterns.setdefault(queue, [])
        if pattern is not None and pattern not in patterns:
            patterns.append(pattern)

    def knows(self, queue: str) -> bool:
        """It was added, or is that of the dead letters."""
        return queue in self._patterns

    def is_work(self, queue: str) -> bool:
        """What is in it stands in the database too, so that it may be thrown away."""
        return queue != DEAD_LETTERS and not self._patterns[queue]

    async def declare_exchanges(self, channel: AbstractChannel) -> dict[str, AbstractExchange]:
        """By name."""
        return {
            PHASES: await channel.declare_exchange(PHASES, ExchangeType.DIRECT, durable=True),
            EVENTS: await channel.declare_exchange(EVENTS, ExchangeType.TOPIC, durable=True),
        }

    async def declare(self, channel: AbstractChannel, queue: str) -> AbstractQueue:
        """Makes sure of a queue and its bindings."""
        declared = await channel.declare_queue(queue, durable=True, arguments=self._arguments(queue))
        if queue == DEAD_LETTERS:
            return declared
        patterns = self._patterns[queue]
        for pattern in patterns:
            await declared.bind(EVENTS, pattern)
        if not patterns:
            await declared.bind(PHASES, queue)
        return declared

    def _arguments(self, queue: str) -> dict[str, FieldValue]:
        if queue == DEAD_LETTERS:
            return {
                "x-queue-type": "quorum",
                "x-message-ttl": _DEAD_MILLISECONDS,
                "x-max-length-bytes": _DEAD_BYTES,
                # RabbitMQ 4 has a limit of 20 by default and drops what looking has given back so often.
                "x-delivery-limit": _NEVER,
                "x-overflow": "drop-head",
            }
        shared: dict[str, FieldValue] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": self._limit,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": DEAD_LETTERS,
            "x-max-length-bytes": _WORK_BYTES,
        }
        if self._patterns[queue]:
            return {**shared, "x-overflow": "drop-head"}
        # RabbitMQ dead-letters at least once only where a full queue refuses.
        return {**shared, "x-overflow": "reject-publish", "x-dead-letter-strategy": "at-least-once"}
