"""The broker inside the process: what the all-in-one uses, with the same promises as a real one except durability.

It forgets everything when the process ends. Nothing is lost by that: the database says what is queued, and a start
wakes it again.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from perito_kernel.errors import Precondition, Unavailable
from perito_runtime.logs import logger

from perito_orchestrator.broker import DEAD_LETTERS, DELIVERY_LIMIT, Handler, check_body

log = logger("broker_memory")


@dataclass
class _Message:
    body: bytes
    message_id: str
    headers: Mapping[str, str]
    failures: int = 0
    redelivered: bool = False


@dataclass
class _Queue:
    name: str
    messages: deque[_Message] = field(default_factory=deque[_Message])
    consumers: list["_Consumer"] = field(default_factory=list["_Consumer"])


class MemoryBroker:
    """Broker (see `perito_orchestrator.broker`) for one process and one event loop."""

    def __init__(self, delivery_limit: int = DELIVERY_LIMIT) -> None:
        self._limit = delivery_limit
        self._queues: dict[str, _Queue] = {DEAD_LETTERS: _Queue(DEAD_LETTERS)}
        self._bindings: dict[tuple[str, str], None] = {}
        self._closed = False

    @property
    def available(self) -> bool:
        """See `Broker.available`."""
        return not self._closed

    async def declare(self, queue: str) -> None:
        """See `Broker.declare`."""
        self._open()
        self._queues.setdefault(queue, _Queue(queue))

    async def publish(self, queue: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None) -> None:
        """See `Broker.publish`."""
        self._open()
        check_body(body)
        if queue not in self._queues:
            raise Precondition(
                "UNROUTABLE",
                f"There is no queue {queue}. Start a worker for it, or remove the phase.",
                {"queue": queue},
            )
        self.put(queue, _Message(body, message_id, headers or {}))

    async def publish_event(
        self, topic: str, body: bytes, message_id: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """See `Broker.publish_event`."""
        self._open()
        check_body(body)
        for queue in sorted({q for q, pattern in self._bindings if _matches(pattern.split("."), topic.split("."))}):
            self.put(queue, _Message(body, message_id, headers or {}))

    async def bind(self, queue: str, pattern: str) -> None:
        """See `Broker.bind`."""
        await self.declare(queue)
        self._bindings[queue, pattern] = None

    async def consume(self, queue: str, prefetch: int, handler: Handler) -> "_Consumer":
        """See `Broker.consume`."""
        await self.declare(queue)
        consumer = _Consumer(self, self._queues[queue], prefetch, handler)
        self._queues[queue].consumers.append(consumer)
        self._deliver(self._queues[queue])
        return consumer

    async def depth(self, queue: str) -> int:
        """See `Broker.depth`."""
        return len(self._queues[queue].messages) if queue in self._queues else 0

    async def close(self) -> None:
        """See `Broker.close`."""
        self._closed = True
        consumers = [c for q in self._queues.values() for c in q.consumers]
        await asyncio.gather(*(c.cancel() for c in consumers))

    def put(self, queue: str, message: _Message) -> None:
        """Queues a message and delivers it if somebody has room."""
        self._queues[queue].messages.append(message)
        self._deliver(self._queues[queue])

    def fail(self, queue: str, message: _Message) -> None:
        """Gives a message back after a failed delivery, to the dead letters when that was one too many."""
        message.failures += 1
        message.redelivered = True
        self.put(DEAD_LETTERS if message.failures > self._limit else queue, message)

    def deliver_more(self, queue: str) -> None:
        """A consumer has room again."""
        self._deliver(self._queues[queue])

    def _deliver(self, queue: _Queue) -> None:
        while queue.messages and not self._closed:
            free = [c for c in queue.consumers if c.room > 0]
            if not free:
                return
            max(free, key=lambda c: c.room).take(queue.messages.popleft())

    def _open(self) -> None:
        if self._closed:
            raise Unavailable("BROKER_UNAVAILABLE", "The message broker is closed. Try again when it is back.")


class _Consumer:
    def __init__(self, broker: MemoryBroker, queue: _Queue, prefetch: int, handler: Handler) -> None:
        self._broker = broker
        self._queue = queue
        self._prefetch = prefetch
        self._handler = handler
        self._held: set[_Delivery] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelled = False

    @property
    def room(self) -> int:
        """Messages it could still take."""
        return 0 if self._cancelled else self._prefetch - len(self._held)

    def take(self, message: _Message) -> None:
        """Starts handling a message in a task of its own."""
        delivery = _Delivery(self, message)
        self._held.add(delivery)
        task = asyncio.get_running_loop().create_task(self._handle(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def settle(self, delivery: "_Delivery") -> bool:
        """Lets go of a delivery; False where it was not held any more."""
        if delivery not in self._held:
            return False
        self._held.discard(delivery)
        return True

    def done(self, delivery: "_Delivery") -> None:
        """Ack."""
        if self.settle(delivery):
            self._broker.deliver_more(self._queue.name)

    def give_back(self, delivery: "_Delivery") -> None:
        """Nack."""
        if self.settle(delivery):
            delivery.message.redelivered = True
            self._broker.put(self._queue.name, delivery.message)

    def bury(self, delivery: "_Delivery") -> None:
        """Reject."""
        if self.settle(delivery):
            self._broker.put(DEAD_LETTERS, delivery.message)
            self._broker.deliver_more(self._queue.name)

    async def cancel(self, grace: float = 0) -> None:
        """See `Consumer.cancel`."""
        self._cancelled = True
        if self in self._queue.consumers:
            self._queue.consumers.remove(self)
        tasks = self._tasks - {t for t in [asyncio.current_task()] if t is not None}
        if tasks and grace > 0:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for delivery in list(self._held):
            self.give_back(delivery)

    async def _handle(self, delivery: "_Delivery") -> None:
        try:
            await self._handler(delivery)
        except asyncio.CancelledError:
            self.give_back(delivery)
            raise
        except Exception:
            log.exception("handler failed", queue=self._queue.name, message_id=delivery.message_id)
        if self.settle(delivery):
            self._broker.fail(self._queue.name, delivery.message)
            self._broker.deliver_more(self._queue.name)


class _Delivery:
    def __init__(self, consumer: _Consumer, message: _Message) -> None:
        self._consumer = consumer
        self.message = message

    @property
    def body(self) -> bytes:
        return self.message.body

    @property
    def message_id(self) -> str:
        return self.message.message_id

    @property
    def redelivered(self) -> bool:
        return self.message.redelivered

    @property
    def headers(self) -> Mapping[str, str]:
        return self.message.headers

    async def ack(self) -> None:
        self._consumer.done(self)

    async def nack(self) -> None:
        self._consumer.give_back(self)

    async def reject(self) -> None:
        self._consumer.bury(self)


def _matches(pattern: list[str], words: list[str]) -> bool:
    """AMQP's topic rule: `*` is one word, `#` is any number of words."""
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_matches(pattern[1:], words[i:]) for i in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _matches(pattern[1:], words[1:])
