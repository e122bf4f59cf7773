"""The broker inside the process keeps every promise of the port."""

import pytest
from perito_orchestrator.broker import Broker
from perito_orchestrator.broker_memory import MemoryBroker

from .broker_suite import BrokerSuite


class TestMemoryBroker(BrokerSuite):
    """See `broker_suite`."""

    patience = 2.0

    @pytest.fixture
    def broker(self) -> Broker:
        return MemoryBroker(delivery_limit=3)
