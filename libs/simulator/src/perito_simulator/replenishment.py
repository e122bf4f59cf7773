"""Shops are filled up from the warehouse: what is ordered on a delivery day, what the warehouse can send, and when it
arrives. Goods under way are in no place's books; they leave and arrive with the same number."""

import numpy as np

from perito_simulator.arrays import NOTHING, Ints, blank, places_within, starts_of_runs
from perito_simulator.batch import Batch, Columns, joined
from perito_simulator.calendar import DAY
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.people import CLERK, DISPATCHER
from perito_simulator.stock import Stock
from perito_simulator.words import place_of

LEAVES, ARRIVES = 22 * 3600, 8 * 3600
_EVERY_DAYS = 3  # days between two deliveries to a shop
_COVER_DAYS, _SAFETY_DAYS = 16.0, 4.0
_LEAST_SHELF = 2
_DELAYED = 0.04
_LOADING = 25  # minutes in which all lorries leave, or arrive
_RECEIVED, _SENT = place_of("transfer_status", "received"), place_of("transfer_status", "sent")


class Replenishment:
    """Transfers of one world."""

    def __init__(self, world: World, demand: Demand, stock: Stock, chance: np.random.Generator) -> None:
        self._world, self._demand, self._stock, self._chance = world, demand, stock, chance
        self._units = demand.base * demand.units_per_line
        self._next = world.numbering.series("transfer") + 1
        self._coming: dict[int, list[Batch]] = {}

    def levels(self, day: int, shops: Ints) -> tuple[Ints, Ints]:
        """Stock at which the products of `shops` are ordered, and to which: rows are shops."""
        daily = self._units[shops] * self._demand.level(day)
        transit = self._world.places.transit[shops][:, None]
        low = np.ceil(daily * (transit + _EVERY_DAYS + _SAFETY_DAYS)).astype(np.int64) + 1
        high = low + np.maximum(np.ceil(daily * _COVER_DAYS).astype(np.int64), _LEAST_SHELF)
        ranged = self._demand.ranged[shops]
        return low * ranged, high * ranged

    def send(self, day: int) -> Batch | None:
        """What leaves tonight, for the shops whose turn it is."""
        shops = np.flatnonzero((np.arange(self._world.shops) + day) % _EVERY_DAYS == 0)
        if not len(shops) or not self._world.calendar.trading[day]:
            return None
        low, high = self.levels(day, shops)
        there = self._demand.open_places(day)[shops + 1][:, None]
        low, high = low * there, high * there
        position = self._stock.book[shops + 1] + self._stock.arriving[shops]
        wanted = np.where(position < low, high - position, 0)
        there = np.minimum(self._stock.book[0], self._stock.physical[0])
        before = np.cumsum(wanted, axis=0) - wanted
        sent = np.minimum(wanted, np.maximum(there - before, 0))
        place, product = np.nonzero(sent)
        if not len(place):
            return None
        return self._batch(day, shops[place], product, sent[place, product])

    def expect(self, batch: Batch) -> None:
        """Remembers what was sent, until it arrives."""
        key = (batch["to_location"] - 1) * self._world.size.products + batch["product"]
        np.add.at(self._stock.arriving.reshape(-1), key, batch["qty_out"])
        arrival = self._arrivals(batch)
        for day in np.unique(arrival).tolist():
            rows = np.flatnonzero(arrival == day)
            part = Batch(batch.feed, {name: column[rows] for name, column in batch.columns.items()})
            self._coming.setdefault(day, []).append(part)

    def arrive(self, day: int) -> Batch | None:
        """What arrives this morning, in the order of arrival."""
        parts = self._coming.pop(day, [])
        if not parts:
            return None
        whole = joined(parts)
        order = np.argsort(whole["in_ts"], kind="stable")
        found = Batch(whole.feed, {name: column[order] for name, column in whole.columns.items()})
        key = (found["to_location"] - 1) * self._world.size.products + found["product"]
        np.add.at(self._stock.arriving.reshape(-1), key, -found["qty_out"])
        return found

    def _arrivals(self, batch: Batch) -> Ints:
        """Number of the day on which each row arrives; past the end for what is then under way."""
        moment = batch["in_ts"]
        return np.where(moment == NOTHING, len(self._world.calendar), moment // DAY - self._world.calendar.first_date)

    def _batch(self, day: int, shop: Ints, product: Ints, qty: Ints) -> Batch:
        world, count = self._world, len(shop)
        first = starts_of_runs(shop)
        lengths = np.diff(np.append(first, count))
        of_document = shop[first]
        number = self._next + np.arange(len(first), dtype=np.int64)
        self._next += len(first)
        late = (self._chance.random(len(first)) < _DELAYED).astype(np.int64)
        due = day + world.places.transit[of_document] + late
        arrival = np.array([world.calendar.next_trading(at) for at in due.tolist()], np.int64)
        known = np.repeat(arrival < len(world.calendar), lengths)
        today = int(world.calendar.dates[day]) * DAY
        minutes = np.repeat(np.arange(len(first), dtype=np.int64) * _LOADING // len(first), lengths) * 60
        in_ts = (np.repeat(arrival, lengths) + world.calendar.first_date) * DAY + ARRIVES + minutes
        receiver = np.repeat(world.people.one_of(of_document + 1, CLERK, day), lengths)
        rows: Columns = {
            "transfer": np.repeat(number, lengths),
            "line": places_within(shop),
            "product": product,
            "from_location": np.zeros(count, np.int64),
            "to_location": shop + 1,
            "qty_out": qty,
            "qty_in": np.where(known, qty, NOTHING),
            "out_ts": today + LEAVES + minutes,
            "in_ts": np.where(known, in_ts, blank(count)),
            "sender": np.repeat(world.people.one_of(0, DISPATCHER, of_document + day), lengths),
            "receiver": np.where(known, receiver, NOTHING),
            "status": np.where(known, _RECEIVED, _SENT),
        }
        return Batch(FEEDS["transfers"], rows)
