"""What large or odd bodies of `POST /analyze` cost others, in this thread's own work: a busy machine does not count."""

import asyncio
import json
import time

import pytest

from .test_books_in_the_body import MOVEMENTS, read


async def worst_turn(body: bytes) -> float:
    """The longest time, in milliseconds of this thread's own work, for which others of the loop had to wait."""
    gaps: list[float] = []

    async def others() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    watching = asyncio.create_task(others())
    await asyncio.sleep(0)
    try:
        await read(body)
    finally:
        watching.cancel()
    return max(gaps) * 1000


HEAVY = {
    "10,000 rows": json.dumps({"data": {"transactions": [{**MOVEMENTS[0], "id": f"T{n}"} for n in range(10_000)]}}),
    "empty rows": '{"data": {"transactions": [' + "{}," * 50_000 + "{}]}}",
    "a full row": '{"data": {"transactions": [{"a": [' + "1," * 30_000 + "1]}]}}",
    "small members": '{"data": {"providers": [{}]}, "params": {"x": [' + '{"a":1},' * 40_000 + "1]}}",
    "one string": '{"data": {"providers": [{}]}, "params": {"x": "' + '\\"' * 180_000 + '"}}',
}


@pytest.mark.parametrize("body", HEAVY.values(), ids=HEAVY.keys())
async def test_large_books_leave_room_for_others(body: str) -> None:
    assert await worst_turn(body.encode()) < 50


async def test_time_is_linear_however_small_the_chunks() -> None:
    long = json.dumps({"data": {"providers": [{"a": "x" * 60_000}] * 20}}).encode()
    began = time.thread_time()
    await read(long, [7] * (len(long) // 7))
    assert time.thread_time() - began < 10
