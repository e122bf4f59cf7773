"""Faults of stock: goods that are not where the books say or that nobody buys, losses that somebody writes off."""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import NOTHING, Flags
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.hooks import Moment
from perito_simulator.people import CLERK
from perito_simulator.tickets import CLOSES
from perito_simulator.words import place_of

_ADJUSTMENT = place_of("movement_type", "adjustment")
_TICKET = place_of("ref_type", "ticket")
_MUCH = 1_000_000
"""Units said to be under way, so that nothing more is sent."""


class SnapshotAltered(RowKind):
    """The closing stock says more than there was and moved."""

    name = "snapshot_altered"
    rule = "C-006"
    also = ("C-008",)
    what = "the last stock list has more of a product than its movements explain"
    feed, step = "inventory", "export"

    def candidates(self, batch: Batch) -> Flags:
        """Shops' and warehouse's stock of the last day."""
        last = int(self.ground.world.calendar.dates[-1])
        return (batch["snapshot_date"] == last) & (batch["qty"] >= 1)

    def _plant_due(self, day: int, batch: Batch) -> None:
        while self._due and self._plant_one(day, batch):
            self._due.pop(0)

    def _plant_one(self, day: int, batch: Batch) -> bool:
        free = self.candidates(batch) & self.ground.free(batch["location"], batch["product"])
        chosen = pick(self.chance, np.flatnonzero(free), 1)
        return bool(chosen) and self.plant(day, batch, chosen[0])

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units more."""
        self.take(batch, row)
        place, product = int(batch["location"][row]), int(batch["product"][row])
        more = int(self.chance.integers(3, 15))
        batch["qty"][row] += more
        planted = self.planted(self.ground.key(place, product), day, cents=more * int(batch["unit_cost"][row]))
        batch.mark([row], planted.number)
        return True


@dataclass
class _Series:
    """A product in a shop from day `first` on."""

    shop: int
    product: int
    first: int
    planted: Plant | None = None
    lowest: int = 0
    below: int = 0
    held: int = 0


class _ChosenKeys(Kind):
    """Products in shops that are chosen before the first day, by how they sell."""

    least, most = 0.0, 1e9
    default = 2

    def choose(self, first: tuple[float, float]) -> list[_Series]:
        """Keys nobody has taken, with sale lines a day within bounds, each from a day within `first` on."""
        ground = self.ground
        base = ground.demand.base
        shop, product = np.nonzero((base >= self.least) & (base <= self.most))
        free = np.flatnonzero(ground.free(shop + 1, product))
        found: list[_Series] = []
        for place in pick(self.chance, free, self.count):
            key = int(shop[place]), int(product[place])
            ground.take(key[0] + 1, key[1])
            found.append(_Series(*key, int(ground.days * self.chance.uniform(*first))))
        return found


class PhantomStock(_ChosenKeys):
    """Stolen from the shelf; the books say that it is there, nobody counts it, and nothing is sold any more."""

    name = "phantom_stock"
    rule = "P-032"
    also = ("P-041", "P-033", "P-034", "P-042", "P-047")
    what = "a product that sold regularly is gone from the shelf, while the books say that it is there"
    least = 0.6
    _days = 50

    def prepare(self) -> None:
        """Which ones, and from when."""
        self._series = self.choose((0.0, 0.0)) if self.ground.days > 2 * self._days else []
        for series in self._series:
            series.first = self.ground.days - self._days

    def physical(self, day: int, moment: Moment) -> None:
        """The shelf is empty from the day on, whatever arrives."""
        for series in self._series:
            if day >= series.first:
                self.ground.stock.physical[series.shop + 1, series.product] = 0
                self._tell(series, day, moment)

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Nobody counts it, and what arrives is gone before anybody can buy it."""
        gone = [s for s in self._series if day >= s.first]
        if step == "decide" and batch.feed.name == "counts":
            _leave_out(batch, gone)
        if step == "enter":
            for series in gone:
                self.ground.stock.physical[series.shop + 1, series.product] = 0

    def _tell(self, series: _Series, day: int, moment: Moment) -> None:
        if day < self.ground.days - 1 or moment != "dusk":
            return
        there = int(self.ground.stock.book[series.shop + 1, series.product])
        if there > 0:
            cents = there * self.ground.cost(day, series.product)
            self.planted(self.ground.key(series.shop + 1, series.product), series.first, cents=cents, last=day)


class DeadStock(_ChosenKeys):
    """Goods stand there and nobody buys them."""

    name = "dead_stock"
    rule = "P-041"
    also = ("P-032", "P-034", "P-042", "P-047")
    what = "nobody buys a product any more, and what is left of it stays on the shelf"
    least, most = 0.08, 0.25
    _days = 200

    def prepare(self) -> None:
        """Which ones, and from when."""
        self._series = self.choose((0.0, 0.0)) if self.ground.days > self._days + 60 else []
        for series in self._series:
            series.first = self.ground.days - self._days

    def physical(self, day: int, moment: Moment) -> None:
        """Demand ends; what is on hand is told on the last day."""
        for series in self._series:
            if day >= series.first:  # every day, for a shop that opens again after works has its demand back
                self.ground.demand.base[series.shop, series.product] = 0.0
            if day == self.ground.days - 1 and moment == "dusk":
                there = int(self.ground.stock.book[series.shop + 1, series.product])
                if there > 0:
                    cents = there * self.ground.cost(day, series.product)
                    entities = self.ground.key(series.shop + 1, series.product)
                    self.planted(entities, series.first, cents=cents, last=day)

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """No count finds less of it."""
        if step == "decide" and batch.feed.name == "counts":
            _leave_out(batch, [s for s in self._series if day >= s.first])


class SoldWithoutStock(_ChosenKeys):
    """Goods came in by no document; they are sold, and the books fall below zero."""

    name = "sold_without_stock"
    rule = "C-005"
    also = ("P-033", "P-047")
    what = "more of a product is sold than the books ever had, for more than a week"
    least = 0.5
    _below_days = 10

    def prepare(self) -> None:
        """Which ones, and from when."""
        self._series = self.choose((0.15, 0.6))

    def physical(self, day: int, moment: Moment) -> None:
        """Goods appear; nothing is sent until the books have been below zero for some days."""
        for series in list(self._series):
            if day == series.first and moment == "dawn":
                base = float(self.ground.demand.base[series.shop, series.product])
                series.held = _MUCH
                self.ground.stock.physical[series.shop + 1, series.product] += 25 + int(base * 40)
                self.ground.stock.arriving[series.shop, series.product] += series.held
            if moment == "dusk" and day >= series.first:
                self._follow(series, day)

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Nobody counts it meanwhile."""
        if step == "decide" and batch.feed.name == "counts":
            _leave_out(batch, [s for s in self._series if day >= s.first])

    def _follow(self, series: _Series, day: int) -> None:
        there = int(self.ground.stock.book[series.shop + 1, series.product])
        series.lowest = min(series.lowest, there)
        series.below += there < 0
        if series.held and (series.below > self._below_days or day >= self.ground.days - 30):
            self.ground.stock.arriving[series.shop, series.product] -= series.held
            series.held = 0
        # It goes on falling until the next delivery.
        if not series.held and there >= 0:
            self._series.remove(series)
            if series.lowest < 0:
                self._tell(series, day)

    def _tell(self, series: _Series, day: int) -> None:
        cents = -series.lowest * self.ground.cost(day, series.product)
        entities = self.ground.key(series.shop + 1, series.product)
        self.planted(entities, series.first, cents=cents, last=self.ground.days - 1)


class WriterOff(Kind):
    """A clerk takes goods and writes them off as lost."""

    name = "one_sided_adjustments"
    rule = "P-036"
    also = ("P-048", "P-005", "P-015", "C-036")
    what = "one clerk's stock adjustments all go down, many times in the year"
    default = 1
    _times = 26

    def prepare(self) -> None:
        """Which shop's clerk, and on which days."""
        ground = self.ground
        self._plan: dict[int, list[int]] = {}
        self._clerks: dict[int, int] = {}
        self._plants: dict[int, Plant] = {}
        times = ground.strength.count(self._times) if ground.strength else self._times
        for shop in pick(self.chance, np.arange(ground.world.shops), self.count):
            trading = np.flatnonzero(np.array(ground.world.calendar.trading)[: ground.days * 9 // 10])
            for day in pick(self.chance, trading[5:], times):
                self._plan.setdefault(day, []).append(shop)
            self._clerks[shop] = ground.people(CLERK, 1, self.chance, shop)[0]

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Adds an adjustment to what the tills enter that day."""
        if step == "enter" and int(batch["type"][0]) == _ADJUSTMENT:
            self._leave_finds_to_others(batch)
        if step != "enter" or day not in self._plan or int(batch["ref_type"][0]) != _TICKET:
            return
        for shop in self._plan.pop(day):
            there = np.minimum(self.ground.stock.book[shop + 1], self.ground.stock.physical[shop + 1])
            products = np.arange(self.ground.world.size.products)
            free = (there >= 3 + round(3 * self.much)) & self.ground.free(np.full(len(products), shop + 1), products)
            for product in pick(self.chance, np.flatnonzero(free), 1):
                self._write_off(day, batch, shop, product)

    def _leave_finds_to_others(self, batch: Batch) -> None:
        people = self.ground.world.people
        for shop, clerk in self._clerks.items():
            found = (batch["user"] == clerk) & (batch["qty"] > 0)
            batch["user"][found] = people.one_of(shop + 1, CLERK, clerk - int(people.first[shop + 1, CLERK]) + 1)

    def _write_off(self, day: int, batch: Batch, shop: int, product: int) -> None:
        qty = max(1, round(int(self.chance.integers(1, 4)) * self.much))
        self.ground.stock.physical[shop + 1, product] -= qty
        self.ground.take(shop + 1, product)
        user = self._clerks[shop]
        place = batch.insert(
            len(batch),
            {
                "ts": int(self.ground.world.calendar.dates[day]) * DAY + CLOSES,
                "product": product,
                "location": shop + 1,
                "type": _ADJUSTMENT,
                "qty": -qty,
                "unit_cost": self.ground.cost(day, product),
                "ref_type": NOTHING,
                "ref_id": NOTHING,
                "ref_line": NOTHING,
                "user": user,
                "reason": place_of("movement_reason", "DAMAGED"),
                "reversal_of": NOTHING,
            },
        )
        planted = self._plants.get(shop)
        if planted is None:
            planted = self._plants[shop] = self.planted({"user": self.ground.code("user", user)}, day, cents=0)
            planted.undated = True
        planted.cents = (planted.cents or 0) + qty * self.ground.cost(day, product)
        batch.mark([place], planted.number)


def _leave_out(batch: Batch, series: list[_Series]) -> None:
    """Takes the counts of these products in these shops out."""
    gone = np.zeros(len(batch), np.bool_)
    for each in series:
        gone |= (batch["location"] == each.shop + 1) & (batch["product"] == each.product)
    if gone.any():
        batch.remove(np.flatnonzero(gone))
