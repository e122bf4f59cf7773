"""A subscription that is watched: it comes back after every loss, and is made anew where deliveries stop.

Each delivery runs in a task of ours, not of aio-pika's, whose tasks die with their channel. What a lost channel had
delivered is no longer held: settling it does nothing, and it is delivered again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from perito_kernel.errors import PeritoError
from perito_runtime.logs import logger

from perito_orchestrator.broker import DEAD_LETTERS, Handler
from perito_orchestrator.rabbit.link import Link, RabbitSettings, short_channel
from perito_orchestrator.rabbit.topology import Topology
from perito_orchestrator.rabbit.words import in_our_words

log = logger("broker_rabbit")

_RETRY_SECONDS = 1.0
_HOPELESS_FAILURES = 3
_SECOND_LOOK_SECONDS = 1.0


class RabbitConsumer:
    """See `Consumer`."""

    def __init__(
        self, link: Link, topology: Topology, settings: RabbitSettings, queue: str, prefetch: int, handler: Handler
    ) -> None:
        self._link = link
        self._topology = topology
        self._settings = settings
        self._queue = queue
        self._prefetch = prefetch
        self._handler = handler
        self._subscription: _Subscription | None = None
        self._subscribed = asyncio.Event()
        self._held: set[_Delivery] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keeper: asyncio.Task[None] | None = None
        self._cancelled = False

    async def start(self) -> None:
        """Subscribes, or goes on trying in the background where the broker is away."""
        self._keeper = asyncio.create_task(self._keep(), name=f"rabbitmq {self._queue}")
        if self._link.up:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.answer_seconds):
                    await self._subscribed.wait()

    async def cancel(self, grace: float = 0) -> None:
        """See `Consumer.cancel`."""
        self._cancelled = True
        if self._keeper is not None:
            await _end(self._keeper)
        subscription = self._subscription
        if subscription is not None:
            await subscription.stop()
        tasks = self._tasks - {t for t in [asyncio.current_task()] if t is not None}
        if tasks and grace > 0:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for delivery in list(self._held):
            await delivery.nack()
        if subscription is not None:
            await subscription.close()
            self._subscription = None

    async def settle(self, delivery: "_Delivery", how: Callable[[], Awaitable[None]]) -> None:
        """Lets go of a delivery. Nothing where it is not held any more; a lost connection gives it back by itself."""
        if delivery not in self._held:
            return
        self._held.discard(delivery)
        with contextlib.suppress(PeritoError):
            async with in_our_words(self._settings.answer_seconds, self._queue):
                await how()

    async def _keep(self) -> None:
        """Whatever breaks is told and tried again: without its keeper a consumer takes nothing, and nobody notices."""
        failures = 0
        while not self._cancelled:  # where aiormq swallowed its cancellation, it ends all the same
            await self._link.connection()
            try:
                self._subscription = subscription = await self._subscribe()
            except Exception as error:  # noqa: BLE001 - see above
                failures += 1
                self._tell("cannot consume", error, failures=failures)
                if failures % _HOPELESS_FAILURES == 0 and self._link.up:
                    await self._replace()
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            failures = 0
            self._subscribed.set()
            try:
                await self._declare_dead_letters()
                await self._watch(subscription)
            except Exception as error:  # noqa: BLE001 - see above
                self._tell("consumer broke", error)
            self._held = {d for d in self._held if d.subscription is not subscription}
            self._subscription = None
            await subscription.close()

    def _tell(self, event: str, error: Exception, **facts: int) -> None:
        if isinstance(error, PeritoError):
            log.warning(event, queue=self._queue, reason=error.reason, **facts)
        else:
            log.error(event, queue=self._queue, exc_info=error, **facts)

    async def _declare_dead_letters(self) -> None:
        """On a channel of its own: where that queue does not answer, work goes on."""
        try:
            async with in_our_words(self._settings.answer_seconds, DEAD_LETTERS):
                connection = await self._link.connection()
                async with short_channel(connection) as channel:
                    await self._topology.declare(channel, DEAD_LETTERS)
        except PeritoError as error:
            log.error("no queue for dead letters", queue=DEAD_LETTERS, reason=error.reason)

    async def _replace(self) -> None:
        """Deletes a queue of work that does not answer while the broker does: a broker that is killed within seconds of
        making one can leave it without a leader for ever (3.10 and 4.0). What was in it stands in the database. In a
        cluster a majority may be away, and what was made then would have one member when it is back.
        """
        if not self._topology.is_work(self._queue):
            return
        if not self._link.alone:
            log.error("queue does not answer: its cluster may have no majority", queue=self._queue)
            return
        log.error("queue does not answer: replacing it", queue=self._queue)
        with contextlib.suppress(PeritoError):
            async with in_our_words(self._settings.answer_seconds, self._queue):
                connection = await self._link.connection()
                async with short_channel(connection) as channel:
                    await channel.queue_delete(self._queue)

    async def _subscribe(self) -> "_Subscription":
        async with in_our_words(self._settings.answer_seconds, self._queue):
            channel = (await self._link.connection()).channel(publisher_confirms=False)
            await channel.initialize()
            await self._topology.declare_exchanges(channel)
            await channel.set_qos(prefetch_count=self._prefetch)
            queue = await self._topology.declare(channel, self._queue)
            subscription = _Subscription(channel, queue, self._settings.answer_seconds)

            async def take(message: AbstractIncomingMessage) -> None:
                self._take(subscription, message)

            await subscription.start(take)
        return subscription

    async def _watch(self, subscription: "_Subscription") -> None:
        """Returns when the subscription is lost. Where messages wait and none comes, gives the connection up."""
        while True:
            before = subscription.delivered
            if await subscription.lost_within(self._settings.probe_seconds):
                return
            if subscription.delivered == before and await self._starves(subscription):
                self._link.drop(f"messages wait in {self._queue} and none is delivered")
                await subscription.lost.wait()
                return

    async def _starves(self, subscription: "_Subscription") -> bool:
        """Messages wait, there is room for them, and none comes within a second look."""
        before = subscription.delivered
        for _ in range(2):
            if len(self._held) >= self._prefetch or subscription.delivered != before:
                return False
            try:
                async with in_our_words(self._settings.answer_seconds, self._queue):
                    declared = await self._topology.declare(subscription.channel, self._queue)
            except PeritoError:
                return False  # the link finds out by itself
            if not declared.declaration_result.message_count:
                return False
            if await subscription.lost_within(_SECOND_LOOK_SECONDS):
                return False
        return True

    def _take(self, subscription: "_Subscription", message: AbstractIncomingMessage) -> None:
        if self._cancelled or subscription.lost.is_set():
            return  # its channel gives it back
        subscription.delivered += 1
        delivery = _Delivery(self, subscription, message)
        self._held.add(delivery)
        task = asyncio.create_task(self._handle(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, delivery: "_Delivery") -> None:
        try:
            await self._handler(delivery)
        except asyncio.CancelledError:
            await delivery.nack()
            raise
        except Exception:
            log.exception("handler failed", queue=self._queue, message_id=delivery.message_id)
        await delivery.fail()


async def _end(task: asyncio.Task[None]) -> None:
    """Cancels until it has ended: a channel that is being closed swallows a cancellation now and then."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_RETRY_SECONDS)
    await asyncio.gather(task, return_exceptions=True)


class _Subscription:
    """A channel that consumes. `lost` is set when it does no longer, for whatever reason."""

    def __init__(self, channel: AbstractChannel, queue: AbstractQueue, seconds: float) -> None:
        self.channel = channel
        self.lost = asyncio.Event()
        self.delivered = 0
        self._queue = queue
        self._seconds = seconds
        self._tag = ""

    async def start(self, take: Callable[[AbstractIncomingMessage], Awaitable[None]]) -> None:
        self.channel.close_callbacks.add(self._closed)
        underlay = await self.channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(self._cancelled_by_broker)
        self._tag = await self._queue.consume(take)

    async def stop(self) -> None:
        """No more deliveries; what was delivered can still be settled."""
        with contextlib.suppress(PeritoError):
            async with in_our_words(self._seconds):
                await self._queue.cancel(self._tag)

    async def close(self) -> None:
        """Everything unsettled goes back."""
        self.lost.set()
        with contextlib.suppress(PeritoError):
            async with in_our_words(self._seconds):
                await self.channel.close()

    async def lost_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.lost.wait()
        return self.lost.is_set()

    async def _cancelled_by_broker(self, _: object) -> None:
        self.lost.set()

    def _closed(self, *_: object) -> None:
        self.lost.set()


class _Delivery:
    def __init__(self, consumer: RabbitConsumer, subscription: _Subscription, message: AbstractIncomingMessage) -> None:
        self._consumer = consumer
        self._message = message
        self.subscription = subscription

    @property
    def body(self) -> bytes:
        return self._message.body

    @property
    def message_id(self) -> str:
        return self._message.message_id or ""

    @property
    def redelivered(self) -> bool:
        return bool(self._message.redelivered)

    @property
    def headers(self) -> Mapping[str, str]:
        return {name: value for name, value in self._message.headers.items() if isinstance(value, str)}

    async def ack(self) -> None:
        await self._consumer.settle(self, self._message.ack)

    async def nack(self) -> None:
        await self._consumer.settle(self, self._message.nack)

    async def reject(self) -> None:
        await self._consumer.settle(self, self._message.reject)

    async def fail(self) -> None:
        """A failed attempt: RabbitMQ 4.3 counts a `reject`, and no `nack`, towards the delivery limit."""
        await self._consumer.settle(self, lambda: self._message.reject(requeue=True))
