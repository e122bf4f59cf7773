"""What customers want: sale lines to be expected of each product in each shop on each day, and promotions.

A product is ranged in a shop where it sells often enough to be kept; elsewhere it is neither stocked nor sold.
"""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import NOTHING, Flags, Floats, Ints
from perito_simulator.entities import World, season_of
from perito_simulator.pricing import charm

_TASTE = 0.4
_LEAST_LINES = 0.08  # a day; below it the product is not ranged in the shop
_WINDOW = 60
SET_UP_DAYS = 8
"""Days before a shop opens in which it is filled."""
_PROMOTED = 0.3
_LENGTHS = (7, 7, 14)


@dataclass(frozen=True)
class Promotions:
    """One row per promotion, all shops; `starts` and `ends` are day numbers, both included, `price` cents."""

    product: Ints
    starts: Ints
    ends: Ints
    price: Ints
    lift: Floats

    def on(self, day: int, products: int) -> Ints:
        """The promotion of every product on `day`, NOTHING where there is none."""
        running = np.flatnonzero((self.starts <= day) & (self.ends >= day))
        found = np.full(products, NOTHING, np.int64)
        found[self.product[running]] = running
        return found


class Demand:
    """Expected sale lines by shop (row) and product (column)."""

    def __init__(self, world: World, chance: np.random.Generator, promotions: Promotions) -> None:
        products, places = world.products, world.places
        taste = chance.lognormal(0.0, _TASTE, (world.shops, world.size.products))
        lines = places.size[:, None] * products.popularity[None, :] * taste
        lines *= world.size.lines_per_day / lines.sum()
        self.ranged: Flags = lines >= _LEAST_LINES
        self.ranged[:, ~self.ranged.any(axis=0)] = True
        lines *= self.ranged
        busy = world.calendar.footfall[np.array(world.calendar.trading)].sum() / len(world.calendar)
        self.base: Floats = lines * (world.size.lines_per_day / lines.sum()) / busy
        self.units_per_line: Floats = 1 + products.bulk * _EXTRA_UNITS
        self.promotions = promotions
        self.opens: Ints = np.zeros(world.shops, np.int64)
        """Day on which each shop opens."""
        self.closures: list[tuple[int, int, int]] = []
        """Shop, first and last day of works that are planned."""
        self._season = season_of(world)
        self._category = products.category
        self._footfall = world.calendar.footfall
        self._trading = world.calendar.trading

    def level(self, day: int) -> Floats:
        """How much each product sells at this time of the year, promotions apart, against its mean."""
        return self._season[day, self._category]

    def open_places(self, day: int) -> Flags:
        """Which places, the warehouse first, are open by `day`, or being filled."""
        return np.concatenate((np.ones(1, np.bool_), self.opens - SET_UP_DAYS * (self.opens > 0) <= max(day, 0)))

    def lines(self, day: int, promoted: Ints) -> Floats:
        """Sale lines to be expected on a trading day; `promoted` as of `Promotions.on`."""
        factor = self.level(day) * self._footfall[day]
        running = np.flatnonzero(promoted != NOTHING)
        factor[running] *= self.promotions.lift[promoted[running]]
        return self.base * factor * (self.opens <= day)[:, None]


_EXTRA = np.array([1, 1, 1, 1, 1, 2, 2, 2, 3, 5], np.int64)
_EXTRA_UNITS = float(_EXTRA.mean())


def units_of_lines(bulk: Floats, chance: np.random.Generator) -> Ints:
    """Units of sale lines: one, or with chance `bulk` some more."""
    more = chance.random(len(bulk)) < bulk
    return 1 + more * _EXTRA[chance.integers(0, len(_EXTRA), len(bulk))]


def promotions_of(world: World, chance: np.random.Generator) -> Promotions:
    """Promotions begin on Thursdays and do not overlap: at most one per product and two months."""
    products, days = world.size.products, len(world.calendar)
    windows = max(1, days // _WINDOW)
    picked = np.flatnonzero(chance.random(products * windows) < _PROMOTED)
    product, window = picked % products, picked // products
    starts = window * _WINDOW + chance.integers(0, _WINDOW - 21, len(picked))
    starts += (3 - int(world.calendar.weekdays[0]) - starts) % 7
    ends = starts + np.array(_LENGTHS, np.int64)[chance.integers(0, len(_LENGTHS), len(picked))] - 1
    cut = chance.uniform(0.1, 0.35, len(picked))
    retail = world.prices.retail[product]
    highest_cost = np.maximum(world.prices.first_cost, world.prices.last_cost)[product]
    price = np.maximum(charm(retail * (1 - cut)), highest_cost + 1)
    kept = (price < retail) & (ends < days)
    lift = 1 + cut * chance.uniform(2.0, 5.0, len(picked))
    columns = (product, starts, ends, price)
    return Promotions(*(column[kept].astype(np.int64) for column in columns), lift=lift[kept])
