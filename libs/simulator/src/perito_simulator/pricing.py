"""What products cost and sell for: costs spread over three powers of ten, supplier price lists that move at the start
of a month, and retail prices with the endings that shops use. All amounts are whole cents of one base unit."""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import Floats, Ints
from perito_simulator.calendar import Calendar

_MEDIAN_COST, _SPREAD_OF_COST = 450.0, 1.1
_LOWEST, _HIGHEST = 18, 60_000
_CHANGE_SHARE = 0.5
_LARGEST_CHANGE = 0.018  # the master keeps one cost, the newest: larger steps would make older receipts look wrong
_LEAST_CHANGED = 200  # cents; of less, one cent would be a larger step


@dataclass(frozen=True)
class Prices:
    """`retail` is the list price, `first_cost` and `last_cost` the cost before and from `change_day` (a day's number;
    one past the end where the price list did not move)."""

    retail: Ints
    first_cost: Ints
    last_cost: Ints
    change_day: Ints

    def cost(self, day: int) -> Ints:
        """Cost of every product on `day`."""
        return np.where(self.change_day <= day, self.last_cost, self.first_cost)


def prices_of(count: int, supplier: Ints, calendar: Calendar, chance: np.random.Generator) -> Prices:
    """Prices of `count` products."""
    raw = _MEDIAN_COST * chance.lognormal(0.0, _SPREAD_OF_COST, count)
    first = np.clip(raw, _LOWEST, _HIGHEST).astype(np.int64)
    starts = np.array([day + 1 for day in sorted(calendar.month_ends) if day + 1 < len(calendar)] or [len(calendar)])
    of_supplier = starts[chance.integers(0, len(starts), int(supplier.max()) + 1)]
    moved = (chance.random(count) < _CHANGE_SHARE) & (first >= _LEAST_CHANGED)
    change = chance.uniform(-0.4 * _LARGEST_CHANGE, _LARGEST_CHANGE, count)
    last = np.where(moved, np.floor(first * (1 + change)).astype(np.int64), first)
    day = np.where(last != first, of_supplier[supplier], len(calendar)).astype(np.int64)
    retail = charm(first * chance.uniform(1.3, 2.1, count))
    return Prices(np.maximum(retail, last + 2), first, last, day)


def charm(cents: Floats) -> Ints:
    """The nearest price that a shop would write: 1.x5, 1.x9 below 10; .49 .95 .99 below 100; .99 above."""
    low = np.floor(cents / 10) * 10 + np.where(cents % 10 < 5, 5, 9)
    euros = np.floor(cents / 100) * 100
    part = cents % 100
    middle = euros + np.where(part < 30, -1, np.where(part < 70, 49, np.where(part < 90, 95, 99)))
    high = np.round(cents / 100) * 100 - 1
    return np.where(cents < 1_000, low, np.where(cents < 10_000, middle, high)).astype(np.int64)
