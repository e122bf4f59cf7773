"""What a broker promises, as tests that every implementation inherits: give `broker` and `patience`."""

import asyncio
from collections.abc import Callable

import pytest
from perito_kernel.errors import Exhausted, Precondition, Unavailable
from perito_orchestrator.broker import DEAD_LETTERS, MAX_BODY_BYTES, Broker, Delivery


class Recorder:
    """A handler that remembers what it got and settles as told: "ack", "nack", "reject", "raise", "leave", "hold"."""

    def __init__(self, *settle: str) -> None:
        self.settle = list(settle) or ["ack"]
        self.bodies: list[bytes] = []
        self.ids: list[str] = []
        self.redelivered: list[bool] = []
        self.held: list[Delivery] = []
        self.most_at_once = 0
        self._now = 0
        self.released = asyncio.Event()

    async def __call__(self, delivery: Delivery) -> None:
        how = self.settle[min(len(self.bodies), len(self.settle) - 1)]
        self.bodies.append(delivery.body)
        self.ids.append(delivery.message_id)
        self.redelivered.append(delivery.redelivered)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if how == "raise":
                raise ValueError("planted")
            if how == "hold":
                self.held.append(delivery)
                await self.released.wait()
                await delivery.ack()
            elif how != "leave":
                await {"ack": delivery.ack, "nack": delivery.nack, "reject": delivery.reject}[how]()
        finally:
            self._now -= 1


class BrokerSuite:
    """Inherit, and override the fixture `broker` with a fresh broker whose delivery limit is 3."""

    patience = 10.0

    @pytest.fixture
    def broker(self) -> Broker:
        raise NotImplementedError

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(self.patience):
            while not condition():  # noqa: ASYNC110 - conditions of any broker, which signals nothing here
                await asyncio.sleep(0.01)

    async def quiet(self) -> None:
        """Long enough for a delivery that must not come."""
        await asyncio.sleep(self.patience / 50)

    async def test_what_is_published_is_delivered_and_acked_once(self, broker: Broker) -> None:
        await broker.declare("q")
        await broker.publish("q", b"before", "1")
        got = Recorder()
        await broker.consume("q", 2, got)
        await broker.publish("q", b"after", "2")
        await self.until(lambda: len(got.bodies) == 2)
        await self.quiet()
        assert sorted(zip(got.bodies, got.ids, strict=True)) == [(b"after", "2"), (b"before", "1")]
        assert got.redelivered == [False, False]
        assert await broker.depth("q") == 0

    async def test_queues_do_not_mix(self, broker: Broker) -> None:
        got = Recorder()
        await broker.declare("other")
        await broker.consume("q", 1, got)
        await broker.publish("other", b"x", "1")
        await self.quiet()
        assert got.bodies == []
        assert await broker.depth("other") == 1

    async def test_a_message_given_back_comes_again_with_its_id(self, broker: Broker) -> None:
        got = Recorder("nack", "ack")
        await broker.consume("q", 1, got)
        await broker.publish("q", b"x", "7")
        await self.until(lambda: len(got.bodies) == 2)
        assert got.ids == ["7", "7"]
        assert got.redelivered == [False, True]

    @pytest.mark.parametrize("failure", ["raise", "leave"])
    async def test_a_handler_that_fails_sees_it_again_and_then_it_is_dead(self, broker: Broker, failure: str) -> None:
        got, dead = Recorder(failure), Recorder()
        await broker.consume("q", 1, got)
        await broker.consume(DEAD_LETTERS, 1, dead)
        await broker.publish("q", b"poison", "1")
        await self.until(lambda: dead.bodies == [b"poison"])
        await self.quiet()
        assert 3 <= len(got.bodies) <= 4  # a limit of three means three or four deliveries, depending on the broker
        assert dead.ids == ["1"]
        assert await broker.depth("q") == 0

    async def test_others_pass_beside_a_poison_message(self, broker: Broker) -> None:
        got: list[bytes] = []

        async def handler(delivery: Delivery) -> None:
            got.append(delivery.body)
            if delivery.body == b"poison":
                raise ValueError("planted")
            await delivery.ack()

        await broker.consume("q", 1, handler)
        await broker.publish("q", b"poison", "1")
        await broker.publish("q", b"good", "2")
        await self.until(lambda: b"good" in got)

    async def test_a_rejected_message_is_dead_at_once(self, broker: Broker) -> None:
        got, dead = Recorder("reject"), Recorder()
        await broker.consume("q", 1, got)
        await broker.consume(DEAD_LETTERS, 1, dead)
        await broker.publish("q", b"nonsense", "1")
        await self.until(lambda: dead.bodies == [b"nonsense"])
        assert len(got.bodies) == 1

    async def test_prefetch_bounds_what_is_in_hand(self, broker: Broker) -> None:
        got = Recorder("hold")
        await broker.declare("q")
        for n in range(6):
            await broker.publish("q", b"%d" % n, str(n))
        await broker.consume("q", 2, got)
        await self.until(lambda: len(got.bodies) == 2)
        await self.quiet()
        assert len(got.bodies) == 2
        got.released.set()
        await self.until(lambda: len(got.bodies) == 6)
        assert got.most_at_once == 2

    async def test_room_comes_with_the_ack_not_with_the_end_of_the_handler(self, broker: Broker) -> None:
        got: list[bytes] = []
        release = asyncio.Event()

        async def handler(delivery: Delivery) -> None:
            got.append(delivery.body)
            await delivery.ack()
            await release.wait()

        await broker.consume("q", 1, handler)
        await broker.publish("q", b"1", "1")
        await broker.publish("q", b"2", "2")
        await self.until(lambda: len(got) == 2)
        release.set()

    async def test_publishing_to_nobody_raises(self, broker: Broker) -> None:
        with pytest.raises(Precondition, match="UNROUTABLE"):
            await broker.publish("nowhere", b"x", "1")

    async def test_a_large_message_is_refused(self, broker: Broker) -> None:
        await broker.declare("q")
        await broker.publish("q", b"x" * MAX_BODY_BYTES, "1")
        with pytest.raises(Exhausted, match="MESSAGE_TOO_LARGE"):
            await broker.publish("q", b"x" * (MAX_BODY_BYTES + 1), "2")

    async def test_the_same_message_twice_is_two_deliveries(self, broker: Broker) -> None:
        got = Recorder()
        await broker.consume("q", 1, got)
        await broker.publish("q", b"x", "1")
        await broker.publish("q", b"x", "1")
        await self.until(lambda: len(got.bodies) == 2)

    async def test_a_cancelled_consumer_gives_back_what_it_held(self, broker: Broker) -> None:
        first, second = Recorder("hold"), Recorder()
        consumer = await broker.consume("q", 1, first)
        await broker.publish("q", b"held", "1")
        await broker.publish("q", b"waiting", "2")
        await self.until(lambda: len(first.bodies) == 1)
        await consumer.cancel()
        await consumer.cancel()
        await broker.consume("q", 2, second)
        await self.until(lambda: len(second.bodies) == 2)
        assert sorted(second.bodies) == [b"held", b"waiting"]
        assert len(first.bodies) == 1

    async def test_a_cancelled_consumer_lets_handlers_finish_in_their_time(self, broker: Broker) -> None:
        done: list[bytes] = []

        async def handler(delivery: Delivery) -> None:
            await asyncio.sleep(0.05)
            await delivery.ack()
            done.append(delivery.body)

        consumer = await broker.consume("q", 1, handler)
        await broker.publish("q", b"x", "1")
        await self.quiet()
        await consumer.cancel(grace=self.patience)
        assert done == [b"x"]
        after = Recorder()
        await broker.consume("q", 1, after)
        await self.quiet()
        assert after.bodies == []

    async def test_settling_what_is_no_longer_held_does_nothing(self, broker: Broker) -> None:
        first, second = Recorder("hold"), Recorder()
        consumer = await broker.consume("q", 1, first)
        await broker.publish("q", b"x", "1")
        await self.until(lambda: len(first.held) == 1)
        await consumer.cancel()
        await broker.consume("q", 1, second)
        await self.until(lambda: len(second.bodies) == 1)
        await first.held[0].ack()
        await first.held[0].nack()
        await first.held[0].reject()
        await self.quiet()
        assert len(second.bodies) == 1
        assert await broker.depth(DEAD_LETTERS) == 0

    async def test_two_consumers_share_the_work(self, broker: Broker) -> None:
        one, two = Recorder("hold"), Recorder("hold")
        await broker.consume("q", 1, one)
        await broker.consume("q", 1, two)
        await broker.publish("q", b"1", "1")
        await broker.publish("q", b"2", "2")
        await self.until(lambda: len(one.bodies) == 1 and len(two.bodies) == 1)
        one.released.set()
        two.released.set()

    async def test_events_go_to_whoever_is_bound(self, broker: Broker) -> None:
        everything, phases, ends = Recorder(), Recorder(), Recorder()
        for queue, pattern, got in (("all", "#", everything), ("p", "phase.*", phases), ("e", "*.completed", ends)):
            await broker.bind(queue, pattern)
            await broker.consume(queue, 1, got)
        for n, topic in enumerate(("analysis.submitted", "phase.completed", "analysis.completed")):
            await broker.publish_event(topic, topic.encode(), str(n))
        await self.until(lambda: len(everything.bodies) == 3 and len(phases.bodies) == 1 and len(ends.bodies) == 2)
        assert phases.bodies == [b"phase.completed"]

    async def test_an_event_that_nobody_wants_is_no_error(self, broker: Broker) -> None:
        await broker.publish_event("analysis.submitted", b"x", "1")

    async def test_closing_with_work_in_hand_loses_no_handler_and_refuses_more(self, broker: Broker) -> None:
        got = Recorder("hold")
        await broker.consume("q", 1, got)
        await broker.publish("q", b"x", "1")
        await self.until(lambda: len(got.bodies) == 1)
        await broker.close()
        await got.held[0].ack()  # too late, and no error
        with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
            await broker.publish("q", b"y", "2")
        await self.quiet()
        assert len(got.bodies) == 1
