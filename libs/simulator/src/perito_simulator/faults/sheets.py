"""Faults of whole counts: sheets that repeat the books, and losses that gather in one place."""

import numpy as np

from perito_simulator.arrays import NOTHING, Ints
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.counting import COUNTED
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, Step, pick
from perito_simulator.hooks import Moment
from perito_simulator.words import place_of

_LONG, _WEEKS = 100, 26
"""Lines of a count that say something by having no difference, and weeks between two counts of most products."""
_COUNT = place_of("ref_type", "count")


class CountedTooWell(Kind):
    """Session after session without a difference, in no time."""

    name = "counted_too_well"
    rule = "P-039"
    also = ("P-048", "V-024", "C-033", "P-032", "P-041")
    what = "the counts of one shop never find a difference, and take two minutes"
    no_money = "a difference that nobody looked for is not known"
    default = 1

    def prepare(self) -> None:
        """Which shops."""
        world = self.ground.world
        busy = np.argsort(-world.places.size, kind="stable")[: max(self.count, world.shops // 2)]
        # A weekly sheet of a dozen lines without a difference is nothing unusual, and nobody could tell it from a copy.
        long = self.ground.demand.ranged.sum(axis=1)[busy] >= _LONG * _WEEKS
        self._plants: dict[int, Plant] = {}
        self._shops = {shop + 1 for shop in pick(self.chance, busy[long], self.count)}

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """The sheet repeats the books."""
        if batch.feed.name not in {"counts", "count_sessions"} or step == "enter":
            return
        for place in self._shops:
            rows = np.flatnonzero(batch["location"] == place)
            if not len(rows):
                continue
            if step == "decide" and batch.feed.name == "counts":
                self._repeat(day, batch, place, rows)
            if step == "export" and batch.feed.name == "count_sessions":
                batch["ended_at"][rows] = batch["started_at"][rows] + 120
                batch.mark(rows, self._plants[place].number)

    def _repeat(self, day: int, batch: Batch, place: int, rows: Ints) -> None:
        rows = rows[self.ground.free(batch["location"][rows], batch["product"][rows])]
        batch["counted_qty"][rows] = batch["system_qty"][rows]
        # What would have been found too much is not there: the books would fall below nothing when it is sold.
        key = place, batch["product"][rows]
        self.ground.stock.physical[key] = np.minimum(self.ground.stock.physical[key], batch["system_qty"][rows])
        batch["reported_variance"][rows] = 0
        batch["recount_qty"][rows] = batch["recounter"][rows] = NOTHING
        midnight = batch["ts"] // DAY * DAY + COUNTED
        here = np.flatnonzero(batch["location"] == place)
        batch["ts"][here] = midnight[here] + np.arange(len(here)) * 119 // len(here)
        if place not in self._plants:
            planted = self.planted({"location": self.ground.code("location", place)}, day)
            planted.undated = True
            self._plants[place] = planted
        batch.mark(rows, self._plants[place].number)


class ShelfEmptied(Kind):
    """One shop loses one kind of goods, and its counts say so."""

    name = "shelf_emptied"
    rule = "P-035"
    also = ("P-036", "P-031", "P-048", "P-032", "P-033", "P-041", "C-005")
    what = "one category disappears from one shop all year, as its counts find, far more than anywhere else"
    default = 1
    _share = 0.25

    def prepare(self) -> None:
        """Which shop and category: one of the larger third, for few products are counted too seldom to tell."""
        world = self.ground.world
        products = np.bincount(world.products.category)
        large = np.flatnonzero(products >= np.quantile(products, 2 / 3))
        self._where = [
            (shop, int(self.chance.choice(large))) for shop in pick(self.chance, np.arange(world.shops), self.count)
        ]
        self._plants: dict[tuple[int, int], Plant] = {}

    def physical(self, day: int, moment: Moment) -> None:
        """Some units, some days."""
        if moment != "dusk" or day % 2:
            return
        world, stock = self.ground.world, self.ground.stock
        for shop, category in self._where:
            of_kind = (world.products.category == category) & (stock.physical[shop + 1] >= 4)
            free = of_kind & self.ground.free(np.full(world.size.products, shop + 1), np.arange(world.size.products))
            taken = np.flatnonzero(free & (self.chance.random(world.size.products) < self._share))
            stock.physical[shop + 1, taken] -= 1

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """What a count finds missing is the loss that can be known; what it has entered belongs to it."""
        if step == "enter" and self._plants and int(batch["ref_type"][0]) == _COUNT:
            category = self.ground.world.products.category[batch["product"]]
            for (shop, kind), planted in self._plants.items():
                batch.mark(np.flatnonzero((batch["location"] == shop + 1) & (category == kind)), planted.number)
        if step != "decide" or batch.feed.name != "counts":
            return
        cost = self.ground.world.prices.cost(day)
        for shop, category in self._where:
            mine = (batch["location"] == shop + 1) & (self.ground.world.products.category[batch["product"]] == category)
            rows = np.flatnonzero(mine & (batch["counted_qty"] < batch["system_qty"]))
            if not len(rows):
                continue
            planted = self._plants.get((shop, category))
            if planted is None:
                place = {"location": self.ground.code("location", shop + 1)}
                planted = self._plants[shop, category] = self.planted(place, day, cents=0)
                planted.undated = True
            missing = (batch["system_qty"] - batch["counted_qty"])[rows]
            planted.cents = (planted.cents or 0) + int((missing * cost[batch["product"][rows]]).sum())
            batch.mark(rows, planted.number)
