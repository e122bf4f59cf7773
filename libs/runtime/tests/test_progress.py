"""Progress on its way to the caller: what it never does, whatever the work says."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from perito.phase.v1 import phase_pb2
from perito_runtime.progress import Progress

WHOLE = (0.0, 1.0)


async def heard(shares: list[float], pause: float, beat: float = 5.0) -> list[phase_pb2.Progress]:
    """What a caller hears of work that reports these shares, a pause after each."""
    progress = Progress(beat)

    async def work() -> phase_pb2.PhaseResult:
        for share in shares:
            progress.step(share, f"at {share}", WHOLE)
            await asyncio.sleep(pause)
        return phase_pb2.PhaseResult()

    return [message async for message in progress.until(asyncio.create_task(work()), asyncio.Event())]


async def test_it_never_falls() -> None:
    said = [message.fraction for message in await heard([0.1, 0.8, 0.3, float("nan"), 7.0, 0.2], 0.21)]
    assert len(said) >= 5
    assert said == sorted(said)
    assert (said[0], max(said)) == (0.1, 1.0)


async def test_news_are_told_a_few_times_a_second_and_no_more() -> None:
    said = await heard([n / 200 for n in range(200)], 0.005)
    assert 3 <= len(said) <= 8


async def test_silence_is_filled_with_the_last_news() -> None:
    said = await heard([0.4], 1.0, beat=0.1)
    assert len(said) >= 3
    assert {(message.fraction, message.step) for message in said} == {(0.4, "at 0.4")}


@settings(max_examples=200)
@given(st.lists(st.tuples(st.floats(), st.floats(0, 1), st.floats(0, 1))))
def test_any_reports_stay_between_nothing_and_all(reports: list[tuple[float, float, float]]) -> None:
    async def last_fractions() -> list[float]:
        progress = Progress(1)
        seen: list[float] = []
        for share, low, high in reports:
            progress.step(share, "", (min(low, high), max(low, high)))
            seen.append(progress.fraction)
        return seen

    seen = asyncio.run(last_fractions())
    assert seen == sorted(seen)
    assert all(0 <= fraction <= 1 for fraction in seen)
