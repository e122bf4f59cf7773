"""RabbitMQ keeps every promise of the port."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from perito_orchestrator.broker import Broker, Delivery
from perito_orchestrator.broker_rabbit import RabbitBroker
from perito_orchestrator.rabbit.consumer import RabbitConsumer

from tests.servers import RabbitServer

from .broker_suite import BrokerSuite
from .phases import until


class TestRabbitBroker(BrokerSuite):
    """See `broker_suite`."""

    @pytest.fixture
    async def broker(self, rabbit: RabbitServer) -> AsyncIterator[Broker]:
        with rabbit.vhost() as url:
            broker = RabbitBroker(url, delivery_limit=3)
            await broker.open()
            yield broker
            async with asyncio.timeout(30):  # a test that hangs would hold up all that come after it
                await broker.close()


async def test_a_consumer_cancelled_at_any_moment_of_its_start_ends(rabbit: RabbitServer) -> None:
    """It declares the queue of dead letters then, on a channel whose closing swallows a cancellation."""

    async def ignore(_: Delivery) -> None:
        """Nothing is published here."""

    with rabbit.vhost() as url:
        broker = RabbitBroker(url, delivery_limit=3)
        await broker.open()
        await broker.declare("phase.read")
        for pause in range(60):
            consumer = await broker.consume("phase.read", 1, ignore)
            await asyncio.sleep(pause / 2000)
            await asyncio.wait_for(consumer.cancel(), 20)
        await broker.close()


@pytest.mark.parametrize("step", ["_subscribe", "_watch"])
async def test_a_fault_that_nobody_thought_of_does_not_end_a_consumer(
    rabbit: RabbitServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The library raises a bare Exception out of a torn channel, and who knows what else."""
    fails, whole, got = 2, getattr(RabbitConsumer, step), asyncio.Event()

    async def broken(self: RabbitConsumer, *given: object) -> object:
        nonlocal fails
        fails -= 1
        if fails >= 0:
            raise KeyError("planted")
        return await whole(self, *given)

    async def take(delivery: Delivery) -> None:
        await delivery.ack()
        got.set()

    monkeypatch.setattr(RabbitConsumer, step, broken)
    with rabbit.vhost() as url:
        broker = RabbitBroker(url, delivery_limit=3)
        await broker.open()
        await broker.declare("phase.read")
        await broker.consume("phase.read", 1, take)
        await until(lambda: fails < 0, 30)
        await broker.publish("phase.read", b"{}", "id", {})
        await asyncio.wait_for(got.wait(), 30)
        await broker.close()
