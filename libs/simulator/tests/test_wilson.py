"""Wilson's interval against figures published for it, and at its ends."""

import pytest
from perito_simulator.evaluation.wilson import Share


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), Two-sided confidence intervals, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_interval_is_the_published_one(hits: int, trials: int, low: float, high: float) -> None:
    assert Share(hits, trials).interval == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("trials", [1, 3, 7, 1000, 123_457])
def test_ends_are_exact_and_mirror_each_other(trials: int) -> None:
    nothing, everything = Share(0, trials).interval, Share(trials, trials).interval
    assert (nothing[0], everything[1]) == (0.0, 1.0)
    assert nothing[1] == pytest.approx(1 - everything[0])
    assert 0 < nothing[1] < 1


def test_without_trials_nothing_is_known() -> None:
    assert Share(0, 0).value is None
    assert Share(0, 0).interval == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "trials"), [(2, 1), (-1, 1), (0, -1)])
def test_what_is_no_share_is_refused(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        Share(hits, trials)
