"""A quota is given once a minute, whoever asks how fast; what is said of the wait is true."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perito_edge.rate_windows import WINDOW_SECONDS, Counts, LocalWindows, wait

QUOTA = 20


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


ASKED = st.lists(
    st.tuples(st.floats(0, 30, allow_nan=False), st.integers(1, QUOTA), st.integers(1, 30)), min_size=1, max_size=60
)
"""Pause before, cost, and how often it is asked then."""


def granted(asked: Sequence[tuple[float, int, int]]) -> list[tuple[float, int]]:
    """When how much was granted."""
    clock, found = Clock(), list[tuple[float, int]]()
    windows = LocalWindows(10, clock)
    for pause, cost, times in asked:
        clock.now += pause
        found += [(clock.now, cost) for _ in range(times) if windows.take("a", QUOTA, cost).granted]
    return found


@given(ASKED)
@settings(max_examples=300, deadline=None)
def test_a_counted_minute_gives_no_more_than_the_quota_and_no_stretch_of_one_more_than_twice_that(
    asked: Sequence[tuple[float, int, int]],
) -> None:
    found = granted(asked)
    began = found[0][0]
    for at, _ in found:
        if at >= began + 2 * WINDOW_SECONDS:
            began = at
        elif at >= began + WINDOW_SECONDS:
            began += WINDOW_SECONDS
        counted = sum(cost for when, cost in found if began <= when < began + WINDOW_SECONDS)
        assert counted <= QUOTA
        stretch = sum(cost for when, cost in found if at - WINDOW_SECONDS < when <= at)
        assert stretch <= 2 * QUOTA


@given(ASKED, st.integers(1, QUOTA))
@settings(max_examples=300, deadline=None)
def test_after_the_wait_that_was_told_the_same_is_granted_and_a_second_before_it_was_not(
    asked: Sequence[tuple[float, int, int]], cost: int
) -> None:
    clock = Clock()
    windows = LocalWindows(10, clock)
    for pause, each, times in asked:
        clock.now += pause
        for _ in range(times):
            windows.take("a", QUOTA, each)
    refused = windows.take("a", QUOTA, cost)
    if refused.granted:
        assert refused.retry_after == 0
        return
    assert 1 <= refused.retry_after <= 2 * WINDOW_SECONDS
    clock.now += refused.retry_after - 1.001
    assert not windows.take("a", QUOTA, cost).granted
    clock.now += 1.001
    assert windows.take("a", QUOTA, cost).granted


def test_what_is_left_is_told_and_comes_back_little_by_little() -> None:
    clock = Clock()
    windows = LocalWindows(10, clock)
    first = windows.take("a", QUOTA, 5)
    assert (first.granted, first.remaining, first.ends_in) == (True, 15, 60)
    assert windows.take("a", QUOTA, 15).remaining == 0
    refused = windows.take("a", QUOTA, 1)
    assert (refused.granted, refused.remaining, refused.quota) == (False, 0, QUOTA)
    clock.now += 60
    assert not windows.take("a", QUOTA, 1).granted, "all of it lies within the last minute"
    clock.now += 30
    assert windows.look("a", QUOTA).remaining == 10
    clock.now += 60
    assert windows.look("a", QUOTA).remaining == QUOTA


def test_names_are_counted_apart_and_no_more_of_them_kept_than_agreed() -> None:
    windows = LocalWindows(3, Clock())
    for name in ("a", "b", "c", "d"):
        assert windows.take(name, 1).granted
    assert len(windows) == 3
    assert not windows.take("d", 1).granted
    assert windows.take("a", 1).granted, "it made room for `d`"


@pytest.mark.parametrize(
    ("counts", "cost", "seconds"),
    [
        (Counts(0, 20, 60), 1, 61),  # the counted minute must end
        (Counts(20, 0, 60), 1, 1),
        (Counts(20, 0, 60), 10, 28),
        (Counts(20, 10, 30), 11, 31),
    ],
)
def test_the_wait_is_as_long_as_it_takes_for_the_cost_to_fit(counts: Counts, cost: int, seconds: int) -> None:
    assert wait(counts, QUOTA, cost) == seconds
