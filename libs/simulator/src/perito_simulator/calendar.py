"""The days of a world: weekdays, months, holidays, and how demand rises and falls with them.

Days are numbered from 0, the first day; dates in the books count from 1970-01-01, moments are local seconds since then.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from perito_simulator.arrays import Floats, Ints

DAY = 86_400
_EPOCH = date(1970, 1, 1)
HOLIDAYS = ((1, 1), (1, 6), (5, 1), (12, 25))
"""Month and day of those on which shops are closed."""
_WEEKDAYS = (0.86, 0.84, 0.90, 0.98, 1.22, 1.38, 0.82)
_YEAR = 365.25


@dataclass(frozen=True)
class Calendar:
    """`dates` and `weekdays` (0 is Monday) of every day; `trading` says that shops are open."""

    first: date
    dates: Ints
    weekdays: Ints
    trading: tuple[bool, ...]
    month_ends: frozenset[int]
    footfall: Floats

    def __len__(self) -> int:
        """Days."""
        return len(self.dates)

    @property
    def first_date(self) -> int:
        """Number of the first day's date; a day's date is this plus its number."""
        return int(self.dates[0])

    def next_trading(self, day: int) -> int:
        """`day`, or the next one on which shops are open; past the end every day is."""
        while day < len(self) and not self.trading[day]:
            day += 1
        return day

    def next_workday(self, day: int) -> int:
        """`day`, or the Monday after it where it is a weekend."""
        weekday = (int(self.weekdays[0]) + day) % 7
        return day + max(0, 7 - weekday) if weekday > 4 else day


def calendar_of(first: date, days: int) -> Calendar:
    """The `days` days from `first`."""
    all_days = [first + timedelta(days=n) for n in range(days)]
    ends = (n for n, day in enumerate(all_days) if (day + timedelta(days=1)).day == 1)
    return Calendar(
        first=first,
        dates=np.array([(day - _EPOCH).days for day in all_days], np.int64),
        weekdays=np.array([day.weekday() for day in all_days], np.int64),
        trading=tuple((day.month, day.day) not in HOLIDAYS for day in all_days),
        month_ends=frozenset(ends),
        footfall=np.array([_footfall(day) for day in all_days]),
    )


def _footfall(day: date) -> float:
    """How busy a day is against a mean one."""
    of_year = day.timetuple().tm_yday
    advent = 1 + 0.45 * max(0.0, 1 - abs(of_year - 355) / 22)
    pay_days = 1.06 if day.day >= 27 or day.day <= 3 else 0.99
    return _WEEKDAYS[day.weekday()] * advent * pay_days


def season(dates: Ints, peak: float, swing: float) -> Floats:
    """Demand against its mean: `swing` up at day `peak` of the year (0 to 365), as much down half a year apart."""
    return 1 + swing * np.cos(2 * np.pi * (dates - peak) / _YEAR)
