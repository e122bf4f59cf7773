"""Judges whether a product sold far more on one single day than it ever does (P-047).

A day's sales are held against what all else sold that day, by weekday, times the level of the weeks around it, so that
weekdays, seasons and the traffic of the house cancel out. How much a product scatters is taken from all its other days,
those without a sale included (a negative binomial's tail, which intermittent goods have too), and a little more, since
few days say it badly. Of each product its most unusual day is looked at, as one of as many chances as it has days. It
must be twice as far out as the next one: what happens twice is how the product sells, and tails of real sales are
heavier than any formula's.

Honest are days that have neighbours like them (a season, a fair), on which another product stands out as well (an
occasion), of a promotion of the product, and of goods that have just come or are about to go.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from perito_rules.functions import significant

from perito_pattern.discovery import benjamini_hochberg
from perito_pattern.tails import Model, upper_tail

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]
    Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]

_AROUND = 24
"""Trading days on both sides from which the level of a day is taken: four weeks."""
_PRIOR = 5.0
"""Sales that the usual rate counts for beside those of the weekday and of the weeks around."""
_LEAST_VARIANCE = 0.05
"""Squared coefficient of variation that any product has: weather, neighbours, chance of the shelf."""
_UNSURE = 3.0
"""Part of the variance that is added for what is not known of it: so much over the root of the number of days."""
_APART = 2
"""Times the next most unusual day's multiple of what was expected."""
_SETTLED = 14
"""Days from the first sale on, and up to the last, in which goods come or go."""
_STANDS_OUT = 0.05
"""Chance up to which a product stands out enough to make a day an occasion for others."""


@dataclass(frozen=True)
class Terms:
    """`times`: what is expected that a day must reach at least; `least`: sales of such a day at least."""

    q: float
    times: float
    least: int


@dataclass(frozen=True)
class House:
    """Days on which anything was sold, in order, and how many sales there were on each; as many of each."""

    days: Sequence[date]
    sales: "Numbers"


@dataclass(frozen=True)
class Day:
    """A product's most unusual day: its place among the days of the house, sales, what was expected, the chance of so
    many on any of its days, the squared coefficient of variation of its other days; `alone` where none is like it."""

    at: int
    sales: int
    expected: float
    chance: float
    variance: float
    alone: bool


def single_days(house: House, series: "Mapping[str, tuple[Numbers, Flags]]", terms: Terms) -> dict[str, Day]:
    """The days that stand out, by product. `series` are sales per day of the house, and on which the product was on
    offer."""
    tops = {name: top for name, (sales, offered) in series.items() if (top := most_unusual(house, sales, offered))}
    threshold = benjamini_hochberg([top.chance for top in tops.values()], terms.q, max(1, len(series)))
    occasions = Counter(top.at for top in tops.values() if top.chance <= _STANDS_OUT)
    return {
        name: top
        for name, top in tops.items()
        if top.chance <= threshold
        and top.alone
        and occasions[top.at] == 1
        and top.sales >= terms.least
        and significant(top.sales / top.expected) >= terms.times
    }


def most_unusual(house: House, sales: "Numbers", offered: "Flags") -> Day | None:
    """The day that lies furthest above what was expected; None where there is none to look at."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    others = house.sales - sales
    asked = (others > 0) & ~offered
    if not sales[asked].any():
        return None
    expected = _expected(house, np.where(asked, sales, 0.0), np.where(asked, others, 0.0))
    above = np.where(asked, (sales - expected) / np.sqrt(np.maximum(expected, 1e-9)), -1.0).round(9)
    at = int(np.argmax(above))
    rest = asked.copy()
    rest[at] = False
    squares = float((((sales - expected) ** 2 - expected) * rest).sum())
    spread = squares / max(1e-9, float((expected**2 * rest).sum())) * (1 + _UNSURE / float(asked.sum()) ** 0.5)
    variance = significant(max(_LEAST_VARIANCE, spread))
    usual = significant(float(expected[at]))
    once = upper_tail(Model.POISSON, 0, int(sales[at]), usual, variance)
    chance = significant(min(1.0, once * int(asked.sum())))
    times = np.where(asked & (2 * sales >= sales[at].clip(max=2 * _PRIOR)), sales / np.maximum(expected, 1e-9), 0.0)
    next_times = float(np.delete(times, at).max(initial=0.0))
    alone = significant(float(times[at])) >= significant(_APART * next_times) and _is_alone(house, sales, expected, at)
    return Day(at, int(sales[at]), usual, chance, variance, alone)


def _expected(house: House, sales: "Numbers", others: "Numbers") -> "Numbers":
    """What each day was to bring, had it been like the product's other days."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    weekday = np.array([day.weekday() for day in house.days])
    rate = float(sales.sum() / others.sum())
    of_day, of_all = (np.bincount(weekday, part, 7)[weekday] - part for part in (sales, others))
    base = (of_day + _PRIOR) / (of_all + _PRIOR / rate) * others
    near_sales, near_base = (_around(part) - part for part in (sales, base))
    return base * (near_sales + _PRIOR) / (near_base + _PRIOR)


def _around(part: "Numbers") -> "Numbers":
    """Sum over the days around each, itself included."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    total, places = np.concatenate([[0.0], np.cumsum(part)]), np.arange(len(part))
    return total[np.minimum(places + _AROUND + 1, len(part))] - total[np.maximum(places - _AROUND, 0)]


def _is_alone(house: House, sales: "Numbers", expected: "Numbers", at: int) -> bool:
    """True of a day in the middle of a product's life whose neighbours are ordinary."""
    import numpy as np  # noqa: PLC0415  # heavy; compute children only

    sold = np.flatnonzero(sales)
    began = (house.days[at] - house.days[int(sold[0])]).days
    goes_on = (house.days[int(sold[-1])] - house.days[at]).days
    left = (house.days[-1] - house.days[at]).days
    if began < _SETTLED or goes_on < min(_SETTLED, left // 2):
        return False
    beside = [n for n in (at - 1, at + 1) if 0 <= n < len(sales)]
    return not any(sales[n] >= _PRIOR and sales[n] > 2 * expected[n] for n in beside)
