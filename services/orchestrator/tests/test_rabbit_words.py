"""What the RabbitMQ library raises, in Perito's words."""

import asyncio

import pytest
from perito_kernel.errors import Unavailable
from perito_orchestrator.rabbit.words import in_our_words


@pytest.mark.parametrize("raised", [Exception, asyncio.CancelledError, ConnectionResetError])
async def test_what_a_torn_channel_raises_is_a_broker_that_is_away(raised: type[BaseException]) -> None:
    with pytest.raises(Unavailable, match="BROKER_UNAVAILABLE"):
        async with in_our_words(5):
            raise raised


async def test_a_mistake_of_ours_stays_one() -> None:
    with pytest.raises(KeyError):
        async with in_our_words(5):
            raise KeyError
