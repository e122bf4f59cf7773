"""RabbitMQ keeps every promise of the port."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from perito_orchestrator.broker import Broker, Delivery
from perito_orchestrator.broker_rabbit import RabbitBroker

from tests.servers import RabbitServer

from .broker_suite import BrokerSuite


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
