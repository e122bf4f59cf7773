"""One question for many callers: it is nobody's in particular, and each waits for its answer as long as it can."""

import asyncio

import pytest
from perito_kernel.errors import Unauthenticated
from perito_runtime.key_ring import KeyRing
from perito_runtime.request_context import enter_request, request_id, seconds_left

KEY = "perito_test_somebody"


class Asked:
    """A check that takes `seconds`, and fails, as a call does, where its request has less time left."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.requests: list[str] = []

    async def __call__(self, api_key: str) -> str:
        self.requests.append(request_id())
        async with asyncio.timeout(seconds_left()):
            await asyncio.sleep(self.seconds)
        return f"bearer of {api_key}"


async def asks(ring: KeyRing[str], request: str, seconds: float) -> str:
    """As a server does that serves a request: at its deadline, who waits is cancelled."""
    enter_request(request, seconds)
    async with asyncio.timeout(seconds):
        return await ring.identify(KEY)


async def test_the_first_caller_has_little_time_and_the_others_wait_by_their_own() -> None:
    check = Asked(0.4)
    ring = KeyRing(check, lambda: Unauthenticated("API_KEY_INVALID", "Send a valid key."))
    hurried = asyncio.create_task(asks(ring, "first", 0.1))
    await asyncio.sleep(0.05)
    patient = asyncio.create_task(asks(ring, "second", 20))
    with pytest.raises(TimeoutError):
        await hurried
    assert not patient.done(), "who was in a hurry left at its own deadline and before the answer"
    assert await patient == f"bearer of {KEY}"
    assert check.requests == ["first"], "asked once, under the name of whoever asked first, so that logs can be joined"
