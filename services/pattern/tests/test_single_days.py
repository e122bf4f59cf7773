"""P-047, single days: a day that is far above all others is told; occasions, seasons and chance are not."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
from perito_pattern.single_days import House, Terms, most_unusual, single_days
from perito_pattern.tails import Model, upper_tail

BEGINS, DAYS = date(2025, 1, 6), 364
HOUSE = House([BEGINS + timedelta(days=n) for n in range(DAYS)], np.full(DAYS, 1000.0))
TERMS = Terms(0.01, 3, 10)
NO_OFFER = np.zeros(DAYS, np.bool_)

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def selling(seed: int, rate: float = 4.0) -> Numbers:
    return np.random.default_rng(seed).poisson(rate, DAYS).astype(np.float64)


def with_day(sales: Numbers, at: int, to: float) -> Numbers:
    changed = sales.copy()
    changed[at] = to
    return changed


def told(series: Mapping[str, Numbers], house: House = HOUSE, offered: Flags = NO_OFFER) -> dict[str, int]:
    given = {name: (sales, offered) for name, sales in series.items()}
    return {name: day.at for name, day in single_days(house, given, TERMS).items()}


def test_a_day_by_hand() -> None:
    """Five a day but for thirty on one: expected is five, and the day is one of 364."""
    day = most_unusual(HOUSE, with_day(np.full(DAYS, 5.0), 100, 30), NO_OFFER)
    assert day is not None
    assert (day.at, day.sales, round(day.expected, 1), day.variance, day.alone) == (100, 30, 4.8, 0.05, True)
    assert day.chance == float(f"{364 * upper_tail(Model.POISSON, 0, 30, day.expected, 0.05):.8e}")


def test_one_wild_day_of_many_products_is_told() -> None:
    series = {f"P{n}": selling(n) for n in range(60)}
    assert told({**series, "A": with_day(selling(99), 200, 60)}) == {"A": 200}


def test_goods_that_seldom_sell_may_stand_out_too() -> None:
    series = {f"P{n}": selling(n, 0.2) for n in range(60)}
    assert told({**series, "A": with_day(selling(99, 0.2), 200, 15)}) == {"A": 200}
    assert told({**series, "A": with_day(selling(99, 0.2), 200, 5)}) == {}


def test_honest_days_are_left_alone() -> None:
    plain = {f"P{n}": selling(n) for n in range(60)}
    assert told(plain) == {}
    occasion = {name: with_day(plain[name], 39, 40) for name in ("P1", "P2")}
    assert told({**plain, **occasion}) == {}, "two products on one day are an occasion"
    fair = with_day(with_day(selling(99), 200, 60), 201, 45)
    assert told({**plain, "A": fair}) == {}, "a fair of two days"
    bulk = selling(99)
    bulk[::30] = 40
    assert told({**plain, "A": bulk}) == {}, "somebody who comes each month"
    crowd = House(HOUSE.days, with_day(HOUSE.sales, 200, 12_000))
    assert told({**plain, "A": with_day(selling(99), 200, 48)}, crowd) == {}, "twelve times as much was sold of all"
    weekend = np.array([30.0 if day.weekday() == 5 else 2.0 for day in HOUSE.days])
    assert told({**plain, "A": weekend}) == {}, "what sells on Saturdays"
    christmas = selling(99) * np.where(np.arange(DAYS) >= 330, 6, 1)
    assert told({**plain, "A": christmas}) == {}, "a season"


def test_promotions_launches_and_clearances_explain_themselves() -> None:
    wild = with_day(selling(99), 200, 60)
    offered = NO_OFFER.copy()
    offered[198:205] = True
    assert told({"A": wild}, offered=offered) == {}
    new, last = wild * (np.arange(DAYS) >= 195), wild * (np.arange(DAYS) <= 205)
    assert told({"A": new}) == {}
    assert told({"A": last}) == {}
    assert told({"A": wild}) == {"A": 200}


def test_clean_series_raise_no_alarm() -> None:
    """Three hundred products whose days scatter by themselves."""
    draw = np.random.default_rng(47)
    series = {
        f"P{n}": draw.poisson(draw.uniform(0.1, 30) * draw.gamma(4, 0.25, DAYS)).astype(np.float64) for n in range(300)
    }
    assert told(series) == {}
