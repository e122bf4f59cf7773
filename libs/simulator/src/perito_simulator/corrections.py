"""What clerks put right between counts: a piece that broke or was found, entered as an adjustment of a few units."""

import numpy as np

from perito_simulator.arrays import Flags, Ints, blank
from perito_simulator.batch import Columns
from perito_simulator.calendar import DAY
from perito_simulator.entities import World
from perito_simulator.people import CLERK
from perito_simulator.stock import Stock
from perito_simulator.waste import WRITTEN_OFF
from perito_simulator.words import place_of

_ADJUSTMENT = place_of("movement_type", "adjustment")
_DAMAGED, _FOUND = place_of("movement_reason", "DAMAGED"), place_of("movement_reason", "FOUND")
_A_DAY = 0.35
"""Chance of one correction in a shop on a trading day."""
_LESS = 0.55
_MOST = 5
_AGAIN = 90
"""Days in which nobody corrects the same product at the same place twice."""


class Corrections:
    """The corrections of one world. They move goods and books alike, so that honest books stay right."""

    def __init__(self, world: World, chance: np.random.Generator) -> None:
        self._world, self._chance = world, chance
        self._last: Ints = np.full((world.shops, world.size.products), -_AGAIN, np.int64)

    def of_day(self, day: int, stock: Stock, ranged: Flags) -> Columns:
        """Ledger entries of a day: one at most for each shop, of a product that it has enough of."""
        world, chance = self._world, self._chance
        there = np.minimum(stock.physical[1:], stock.book[1:]) >= _MOST + 1
        there &= ranged & (day - self._last >= _AGAIN)
        # Of each shop whatever comes first in an order of chance.
        lot = np.where(there, chance.random(there.shape), 0.0)
        product = np.argmax(lot, axis=1)
        shop = np.flatnonzero((chance.random(world.shops) < _A_DAY) & there.any(axis=1))
        product, count = product[shop], len(shop)
        qty = chance.integers(1, _MOST, count)
        less = chance.random(count) < _LESS
        self._last[shop, product] = day
        return {
            "ts": int(world.calendar.dates[day]) * DAY + WRITTEN_OFF - 600 + shop % 25,
            "product": product,
            "location": shop + 1,
            "type": np.full(count, _ADJUSTMENT, np.int64),
            "qty": np.where(less, -qty, qty),
            "unit_cost": world.prices.cost(day)[product],
            "ref_type": blank(count),
            "ref_id": blank(count),
            "ref_line": blank(count),
            "user": world.people.one_of(shop + 1, CLERK, product + day),
            "reason": np.where(less, _DAMAGED, _FOUND),
        }
