"""RabbitMQ keeps every promise of the port."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from perito_orchestrator.broker import Broker
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
