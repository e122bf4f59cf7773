"""Parts start in order and stop in reverse, whatever one of them does."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest
from perito_runtime.lifecycle import Lifecycle


class Diary:
    """Parts that write down what happens to them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def part(self, line: str, error: Exception | None = None, seconds: float = 0) -> Callable[[], Awaitable[None]]:
        async def happen() -> None:
            await asyncio.sleep(seconds)
            self.lines.append(line)
            if error is not None:
                raise error

        return happen

    def add(self, lifecycle: Lifecycle, name: str) -> None:
        lifecycle.add(name, self.part(f"+{name}"), self.part(f"-{name}"))


async def test_order_and_reverse() -> None:
    diary, lifecycle = Diary(), Lifecycle()
    for name in "abc":
        diary.add(lifecycle, name)
    await lifecycle.start()
    diary.lines.append("up")
    await lifecycle.stop()
    assert diary.lines == ["+a", "+b", "+c", "up", "-c", "-b", "-a"]


async def test_failed_start_stops_what_had_started_and_is_raised() -> None:
    diary, lifecycle = Diary(), Lifecycle()
    diary.add(lifecycle, "a")
    lifecycle.add("b", diary.part("+b", ValueError("no")), diary.part("-b"))
    diary.add(lifecycle, "c")
    with pytest.raises(ValueError, match="no"):
        await lifecycle.start()
    assert diary.lines == ["+a", "+b", "-a"]


async def test_part_that_fails_or_hangs_does_not_keep_the_others_from_stopping() -> None:
    diary, lifecycle = Diary(), Lifecycle()
    diary.add(lifecycle, "a")
    lifecycle.add("b", diary.part("+b"), diary.part("-b", ValueError("no")))
    lifecycle.add("c", diary.part("+c"), diary.part("-c", seconds=60), stop_seconds=0.05)
    await lifecycle.start()
    await lifecycle.stop()
    await lifecycle.stop()
    assert diary.lines == ["+a", "+b", "+c", "-b", "-a"]


async def test_what_has_started_is_left_out_by_the_collector_until_the_end() -> None:
    diary, lifecycle = Diary(), Lifecycle()
    diary.add(lifecycle, "a")
    before = gc.get_threshold()
    await lifecycle.start()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == (10_000, *before[1:])
    await lifecycle.stop()
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == before


@pytest.mark.parametrize(("starts_in", "lines"), [(0, ["+a", "+b", "-b", "-a"]), (60, ["+a", "-a"])])
async def test_whoever_is_told_to_leave_while_it_starts_leaves(starts_in: float, lines: list[str]) -> None:
    diary, lifecycle = Diary(), Lifecycle()
    diary.add(lifecycle, "a")
    lifecycle.add("b", diary.part("+b", seconds=starts_in), diary.part("-b"))

    async def signal() -> str:
        await asyncio.sleep(0.05)
        return "SIGTERM"

    told = asyncio.create_task(signal())
    async with asyncio.timeout(5), lifecycle.unless(told) as up:
        await told
        assert up == (starts_in == 0)
    assert diary.lines == lines


async def test_a_start_that_fails_is_raised_whoever_waits_for_a_signal() -> None:
    diary, lifecycle = Diary(), Lifecycle()
    diary.add(lifecycle, "a")
    lifecycle.add("b", diary.part("+b", ValueError("no")), diary.part("-b"))
    told = asyncio.create_task(asyncio.sleep(60, "SIGTERM"))
    with pytest.raises(ValueError, match="no"):
        async with lifecycle.unless(told):
            pass
    told.cancel()
    assert diary.lines == ["+a", "+b", "-a"]
