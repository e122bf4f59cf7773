"""Cycle counts: what sells most is counted four times a year, the rest twice or once, each location on its weekday
after closing. A count finds small losses and misplacements, and the books are set to what was found.

The losses of a key since its last count are drawn when it is counted, so that honest books never go below nothing.
"""

import numpy as np

from perito_simulator.arrays import NOTHING, Ints, places_within, starts_of_runs
from perito_simulator.batch import Batch, Columns
from perito_simulator.calendar import DAY
from perito_simulator.demand import SET_UP_DAYS, Demand
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.people import COUNTER
from perito_simulator.stock import Stock

COUNTED = 22 * 3600 + 40 * 60
POSTED = 23 * 3600 + 30 * 60
_WEEKS_BETWEEN = np.array([13, 26, 52], np.int64)
_SHARE_A, _SHARE_B = 0.8, 0.95
_OFF_SHOP, _OFF_WAREHOUSE = 0.06, 0.03
_MISSING = 0.6
_RECOUNTED = 0.05


class Counting:
    """The count plan of one world."""

    def __init__(self, world: World, demand: Demand, stock: Stock, streams: dict[str, np.random.Generator]) -> None:
        self._world, self._demand, self._stock = world, demand, stock
        self._chance, self._recounts = streams["counting"], streams["recounts"]
        self._next = world.numbering.series("count") + 1
        self.ranged = np.concatenate((np.ones((1, world.size.products), np.bool_), demand.ranged))
        self._every = _WEEKS_BETWEEN[_classes(world, demand)]
        self._week = self._chance.integers(0, 52, (world.locations, world.size.products))

    def count(self, day: int) -> Batch | None:
        """The count lines of today. What is missing by honest mistake is missing now."""
        world, calendar = self._world, self._world.calendar
        last = day in calendar.month_ends or not calendar.trading[day]
        places = np.flatnonzero(world.places.count_weekday == calendar.weekdays[day])
        if last or not len(places):
            return None
        week = (calendar.first_date + day) // 7
        places = places[self._demand.open_places(day - SET_UP_DAYS)[places]]
        due = ((week + self._week[places]) % self._every == 0) & self.ranged[places]
        place, product = np.nonzero(due)
        if not len(place):
            return None
        location = places[place]
        self._lose(location, product)
        return self._batch(day, location, product)

    def sessions(self, counts: Batch) -> Batch:
        """One session per location and day."""
        first = starts_of_runs(counts["count_session"])
        number = counts["count_session"][first]
        began = counts["ts"][first] // DAY * DAY + COUNTED
        rows: Columns = {
            "count_session": number,
            "location": counts["location"][first],
            "type": np.zeros(len(first), np.int64),
            "started_at": began,
            "ended_at": began + 40 * 60,
            "posted_at": began // DAY * DAY + POSTED,
            "counter": counts["counter"][first],
            "status": np.zeros(len(first), np.int64),
        }
        return Batch(FEEDS["count_sessions"], rows)

    def schedule(self, counts: Batch) -> Batch:
        """What was planned to be counted that day, as it stands in the plan: at closing time."""
        at = counts["ts"] // DAY * DAY + COUNTED
        rows: Columns = {"scheduled_at": at, "location": counts["location"], "product": counts["product"]}
        return Batch(FEEDS["count_schedule"], rows)

    def _lose(self, location: Ints, product: Ints) -> None:
        drawn = self._chance.random(len(location))
        off = drawn < np.where(location == 0, _OFF_WAREHOUSE, _OFF_SHOP)
        size = 1 + (self._chance.random(len(location)) ** 3 * 4).astype(np.int64)
        sign = np.where(self._chance.random(len(location)) < _MISSING, -1, 1)
        there = self._stock.physical[location, product]
        self._stock.physical[location, product] = np.where(off, np.maximum(0, there + sign * size), there)

    def _batch(self, day: int, location: Ints, product: Ints) -> Batch:
        first = starts_of_runs(location)
        lengths = np.diff(np.append(first, len(location)))
        number = np.repeat(self._next + np.arange(len(first), dtype=np.int64), lengths)
        self._next += len(first)
        system, found = self._stock.book[location, product], self._stock.physical[location, product]
        place = places_within(location)
        share = (place - 1) * (40 * 60) // np.repeat(lengths, lengths)
        counter = self._world.people.one_of(location[first], COUNTER, day // 7)
        rows: Columns = {
            "count_session": number,
            "ts": int(self._world.calendar.dates[day]) * DAY + COUNTED + share,
            "product": product,
            "location": location,
            "system_qty": system,
            "counted_qty": found,
            "reported_variance": found - system,
            "recount_qty": found.copy(),
            "counter": np.repeat(counter, lengths),
            "recounter": self._world.people.one_of(location, COUNTER, day // 7 + 1),
        }
        # What is found as it should be is not counted again, but for some that a plan asks for.
        once = (found == system) & (self._recounts.random(len(found)) >= _RECOUNTED)
        rows["recount_qty"][once] = rows["recounter"][once] = NOTHING
        return Batch(FEEDS["counts"], rows)


def _classes(world: World, demand: Demand) -> Ints:
    """0, 1, 2 for A, B, C: products by what is expected to be sold of them, at cost."""
    usage = (demand.base * demand.units_per_line).sum(axis=0) * world.prices.last_cost
    order = np.argsort(-usage, kind="stable")
    before = np.cumsum(usage[order]) - usage[order]
    share = before / usage.sum()
    classes = np.empty(len(order), np.int64)
    classes[order] = (share >= _SHARE_A).astype(np.int64) + (share >= _SHARE_B)
    return classes
