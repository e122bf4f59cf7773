"""Faults of master files: words in several forms or decoded twice, places too small for what they hold."""

from typing import ClassVar

import numpy as np

from perito_simulator.batch import Batch
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, Step, pick


class MasterKind(Kind):
    """Some cells of a master file."""

    feed: ClassVar[str]
    default = 1

    def masters(self, batch: Batch) -> None:
        """Plants in its feed."""
        if batch.feed.name == self.feed and self.count:
            self.alter(batch)

    def alter(self, batch: Batch) -> None:
        """Plants."""
        raise NotImplementedError

    def _some(self, batch: Batch, count: int) -> list[int]:
        return sorted(pick(self.chance, np.arange(len(batch)), min(count, len(batch))))


class NameDecodedTwice(MasterKind):
    """UTF-8 that somebody read as Windows-1252."""

    name = "name_decoded_twice"
    rule = "V-003"
    what = "names of some products were decoded twice, so that an accent is two odd signs"
    no_money = "a name that is written wrongly costs nothing by itself"
    feed = "products"

    def alter(self, batch: Batch) -> None:
        """Three names."""
        rows = self._some(batch, 3)
        for row in rows:
            text = f"Café especial {row + 1}".encode().decode("cp1252")
            batch.write_as(row, "name", text)
        planted = self.planted({}, 0)
        planted.of_file = planted.undated = True
        batch.mark(rows, planted.number)


class CategoryInOtherForms(MasterKind):
    """The same word in capitals."""

    name = "category_other_form"
    rule = "V-013"
    what = "a category is written in capitals for some products"
    no_money = "the spelling of a word costs nothing"
    feed = "products"

    def alter(self, batch: Batch) -> None:
        """Two products of one category."""
        category = int(batch["category"][int(self.chance.integers(0, len(batch)))])
        rows: list[int] = np.flatnonzero(batch["category"] == category)[:2].tolist()
        for row in rows:
            batch.write_as(row, "category", self.ground.code("category", category).upper())
        planted = self.planted({}, 0)
        planted.of_file = planted.undated = True
        batch.mark(rows, planted.number)


class PlaceOverfull(MasterKind):
    """Less room than what stands there."""

    name = "place_overfull"
    rule = "V-033"
    what = "a shop holds more than the capacity that its master states"
    no_money = "room has no value of its own"
    feed = "locations"

    def alter(self, batch: Batch) -> None:
        """The stated room is less than the stock at any month's end."""
        for shop in pick(self.chance, np.arange(1, len(batch)), self.count):
            batch["capacity_units"][shop] = max(1, int(batch["capacity_units"][shop]) // 24)
            planted = self.planted({"location": self.ground.code("location", shop)}, 0, last=self.ground.days - 1)
            planted.undated = True
            batch.mark([shop], planted.number)


class CostNothing(MasterKind):
    """Goods that cost nothing, it says, and have a price."""

    name = "cost_nothing"
    rule = "V-017"
    also = ("V-016", "C-030", "V-018", "P-048")
    what = "a product's master says that it costs nothing, while it has a price and stock"
    feed = "products"

    def prepare(self) -> None:
        """No product yet."""
        self._without: dict[int, Plant] = {}

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """What the last list of stock has of it is worth what it costs by its orders."""
        if step == "export" and batch.feed.name == "inventory":
            for product, planted in self._without.items():
                held = int(batch["qty"][batch["product"] == product].sum())
                planted.cents = held * self.ground.cost(day, product)

    def alter(self, batch: Batch) -> None:
        """A product that nobody has taken, each."""
        for row in self._some(batch, 30):
            if self.count and self.ground.take_everywhere(row):
                self.count -= 1
                batch["unit_cost"][row] = 0
                planted = self._without[row] = self.planted(
                    {"product": self.ground.code("product", row)}, 0, cents=0, last=self.ground.days - 1
                )
                planted.undated = True
                batch.mark([row], planted.number)


class PriceBelowCost(MasterKind):
    """Sold at a loss, it says."""

    name = "price_below_cost"
    rule = "V-018"
    also = ("V-022", "P-025", "V-016")
    what = "a product's list price in its master is lower than its cost"
    no_money = "what it will be sold for is not known"
    feed = "products"
    default = 2

    def alter(self, batch: Batch) -> None:
        """Nine tenths of the cost."""
        for row in self._some(batch, 40):
            if self.count and int(batch["unit_cost"][row]) >= 100 and self.ground.take_everywhere(row):
                self.count -= 1
                batch["unit_price"][row] = int(batch["unit_cost"][row]) * 9 // 10
                planted = self.planted({"product": self.ground.code("product", row)}, 0, last=self.ground.days - 1)
                planted.undated = True
                batch.mark([row], planted.number)


class CheckDigitWrong(MasterKind):
    """A number that no scanner would read."""

    name = "check_digit_wrong"
    rule = "V-023"
    what = "the bar codes of some products have a wrong check digit"
    no_money = "a wrong digit costs nothing by itself"
    feed = "products"

    def alter(self, batch: Batch) -> None:
        """Three of them."""
        rows = self._some(batch, 3)
        planted = self.planted({}, 0)
        planted.of_file = planted.undated = True
        for row in rows:
            gtin = batch.texts["gtin"][row].decode()
            batch.write_as(row, "gtin", gtin[:-1] + str((int(gtin[-1]) + 3) % 10))
        batch.mark(rows, planted.number)
