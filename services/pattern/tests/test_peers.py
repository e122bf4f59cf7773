"""Peers: bounds and tails of the textbook, medians without oneself, and who stands out among whom."""

import math
from random import Random
from typing import Any

import pytest
from perito_pattern.peers import Cell, Terms, stand, standing_out
from perito_pattern.robust import leave_one_out_medians, leave_one_out_spreads, robust_z
from perito_pattern.tails import Model, poisson_lower, upper_tail, wilson_lower


def cells(**events: int) -> list[Cell]:
    """One cell of 1,000 trials for each member."""
    return [Cell(member, "L", "cashier", "super", "weekday", 1000, count) for member, count in events.items()]


def honest(members: int, events: int = 20, **more: str) -> list[Cell]:
    """Members of 1,000 trials with four events more or fewer than `events`."""
    place: dict[str, Any] = {"place": "L", "role": "cashier", "format": "super", "band": "weekday", **more}
    counts = [events + n % 9 - 4 for n in range(members)]
    return [Cell(f"{place['place']}{n:03d}", **place, trials=1000, events=count) for n, count in enumerate(counts)]


def told(given: list[Cell], terms: Terms | None = None) -> list[str]:
    terms = terms or Terms()
    return [standing.member for standing in standing_out(stand(given, terms), terms)]


def test_wilsons_bound_is_that_of_the_textbook() -> None:
    # Ten of a hundred at 95 % two-sided: 0.0552 to 0.1744.
    assert wilson_lower(10, 100, 1.959964) == pytest.approx(0.05522914, abs=1e-7)
    assert wilson_lower(0, 100) == wilson_lower(0, 0) == 0
    assert wilson_lower(100, 100, 1.959964) == pytest.approx(0.9630065, abs=1e-6)


def test_the_bound_of_a_number_is_where_its_score_is_the_quantile() -> None:
    bound = poisson_lower(20, 1.645)
    assert (20 - bound) / math.sqrt(bound) == pytest.approx(1.645)
    assert poisson_lower(0) == 0


@pytest.mark.parametrize(
    ("model", "trials", "events", "expected", "variance", "chance"),
    [
        (Model.BINOMIAL, 10, 10, 5, 0.0, 0.5**10),
        (Model.BINOMIAL, 4, 3, 2, 0.0, 5 / 16),
        (Model.BINOMIAL, 4, 2, 2, 0.0, 1),
        # Shares from a beta of 1 and 1 (variance 1/12, of a mean of a half: 1/3 of its square): every count alike.
        (Model.BINOMIAL, 9, 8, 4.5, 1 / 3, 0.2),
        (Model.POISSON, 1, 3, 1, 0.0, 1 - 2.5 / math.e),
        # A negative binomial of shape 1 is geometric: (1/2)^n.
        (Model.POISSON, 1, 5, 1, 1.0, 1 / 32),
    ],
)
def test_tails_are_those_of_the_textbook(
    model: Model, trials: int, events: int, expected: float, variance: float, chance: float
) -> None:
    assert upper_tail(model, trials, events, expected, variance) == pytest.approx(chance, rel=1e-8)


def test_a_tail_beyond_what_a_number_can_hold_is_small_and_not_zero() -> None:
    assert 0 < upper_tail(Model.BINOMIAL, 100_000, 90_000, 10) < 1e-200


def test_medians_and_spreads_leave_oneself_out() -> None:
    assert leave_one_out_medians([5, 1, 3, 2]) == [2, 3, 2, 3]
    assert leave_one_out_medians([4.0]) == [0.0]
    # Of 1, 2, 3 and 100 without the last: median 2, absolute deviations 1, 0, 1.
    assert leave_one_out_spreads([1, 2, 3, 100])[-1] == (2, pytest.approx(1.4826))
    # Median deviation 0: the mean deviation of 0, 0, 0, 8 is 2.
    assert leave_one_out_spreads([1, 1, 1, 9, 50])[-1] == (1, pytest.approx(1.2533 * 2))
    assert leave_one_out_spreads([1, 1, 1, 9])[-1] == (1, None)


def test_a_series_without_spread_has_no_z_and_never_zero() -> None:
    assert robust_z(9, [1, 1, 1]) is None
    assert robust_z(4, [1, 2, 3]) == pytest.approx(0.6745 * 2, rel=1e-4)


def test_every_leave_one_out_equals_the_median_of_the_rest() -> None:
    chance = Random(3)  # noqa: S311  # a simulation, not a secret
    for size in range(2, 12):
        values = [float(chance.randint(0, 6)) for _ in range(size)]
        for at, middle in enumerate(leave_one_out_medians(values)):
            rest = sorted(values[:at] + values[at + 1 :])
            assert middle == (rest[(size - 2) // 2] + rest[(size - 1) // 2]) / 2


def test_one_among_many_is_told_with_what_was_expected() -> None:
    given = [*honest(20), *cells(T=90)]
    terms = Terms()
    (standing,) = standing_out(stand(given, terms), terms)
    assert (standing.member, standing.trials, standing.events) == ("T", 1000, 90)
    assert standing.expected == pytest.approx(20, abs=0.5)
    assert standing.excess == pytest.approx(70, abs=0.5)
    assert standing.basis == "role_and_format"
    assert standing.peers == 20
    assert standing.z is not None


def test_thieves_do_not_hide_each_other() -> None:
    thieves = {f"T{n}": 80 + n for n in range(6)}
    assert told([*honest(30), *cells(**thieves)]) == sorted(thieves)


def test_where_all_do_so_nobody_stands_out() -> None:
    assert told(honest(20, 400)) == []


def test_seven_peers_are_too_few_and_eight_enough() -> None:
    assert told([*honest(7), *cells(T=200)]) == []
    assert stand([*honest(7), *cells(T=200)], Terms()) == []
    assert told([*honest(8), *cells(T=200)]) == ["T"]


def test_a_member_with_few_trials_is_not_tested() -> None:
    few = Cell("F", "L", "cashier", "super", "weekday", 49, 49)
    assert "F" not in {s.member for s in stand([*honest(20), few], Terms())}


def test_another_role_is_no_peer() -> None:
    """Managers take back what cashiers may not; three of them are too few to compare, and no cashiers."""
    managers = [Cell(f"M{n}", "L", "manager", "super", "weekday", 1000, 300) for n in range(3)]
    assert told([*honest(20), *managers]) == []


def test_unknown_roles_are_compared_with_each_other_and_it_is_said() -> None:
    given = [Cell(cell.member, cell.place, None, None, None, 1000, cell.events) for cell in [*honest(20), *cells(T=90)]]
    terms = Terms()
    assert [(s.member, s.basis) for s in standing_out(stand(given, terms), terms)] == [("T", "all")]


def test_a_weekend_with_few_people_is_taken_with_the_week() -> None:
    weekend = Cell("T", "L", "cashier", "super", "weekend", 300, 30)
    (standing,) = [s for s in stand([*honest(20), *cells(T=20), weekend], Terms()) if s.member == "T"]
    assert standing.trials == 1300
    assert standing.expected == pytest.approx(26, abs=0.5)


def test_what_weekends_make_usual_is_expected_of_who_works_at_weekends() -> None:
    week = honest(20)
    weekends = [Cell(f"W{n}", "L", "cashier", "super", "weekend", 1000, 98 + n % 5) for n in range(12)]
    assert told([*week, *weekends]) == []


def test_a_shop_with_a_practice_of_its_own_is_left_alone_but_not_who_exceeds_it() -> None:
    elsewhere = [cell for n in range(10) for cell in honest(6, place=f"P{n}")]
    practice = [Cell(f"Q{n}", "Q", "cashier", "super", "weekday", 1000, 98 + n) for n in range(6)]
    assert told([*elsewhere, *practice]) == []
    assert told([*elsewhere, *practice, Cell("T", "Q", "cashier", "super", "weekday", 1000, 400)]) == ["T"]


def test_one_odd_day_is_no_habit() -> None:
    odd = Cell("T", "L", "cashier", "super", "weekday", 1000, 90, busiest=72)
    assert told([*honest(20), odd]) == []


def test_a_rare_event_needs_more_than_one_of_it() -> None:
    """Most have none, so the median is 0: expected is what all have together, and five events are the least."""
    quiet = [Cell(f"N{n}", "L", None, None, None, 1000, int(n % 10 == 0)) for n in range(40)]
    assert told([*quiet, Cell("A", "L", None, None, None, 1000, 4)]) == []
    assert told([*quiet, Cell("A", "L", None, None, None, 1000, 9)]) == ["A"]


@pytest.mark.parametrize("model", list(Model))
def test_honest_people_who_differ_raise_no_alarm(model: Model) -> None:
    """Six hundred cashiers whose own rates differ by a third of their mean, each with 200 to 4,000 tickets."""
    chance = Random(11)  # noqa: S311  # a simulation, not a secret
    given: list[Cell] = []
    for n in range(600):
        rate, trials = 0.02 * chance.gammavariate(9, 1 / 9), chance.randint(200, 4000)
        events = sum(chance.random() < rate for _ in range(trials))
        given.append(Cell(f"U{n}", f"L{n % 30}", "cashier", "super", "weekday", trials, events))
    assert told(given, Terms(model)) == []
    thieves = [Cell(f"T{n}", f"L{n}", "cashier", "super", "weekday", 2000, 200) for n in range(12)]
    assert told([*given, *thieves], Terms(model)) == sorted(thief.member for thief in thieves)


def test_many_who_do_what_nobody_else_does_do_not_hide_each_other() -> None:
    """Six of thirty-six void after payment and nobody else does: no median deviation, and a mean that they bend."""
    quiet = [Cell(f"N{n}", "L", None, None, None, 1000, 0) for n in range(30)]
    thieves = [Cell(f"T{n}", "L", None, None, None, 1000, 30 + n) for n in range(6)]
    assert told([*quiet, *thieves]) == [thief.member for thief in thieves]
