"""Faults that show in the course of figures: sales that fall by themselves, values that do not follow."""

import numpy as np

from perito_simulator.arrays import Flags
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import Kind, RowKind, pick
from perito_simulator.hooks import Moment

_LONG = 290
"""Days of books from which a new level is no season."""


class SalesFell(Kind):
    """From one day on a product sells a third of what it did, everywhere."""

    name = "sales_fell"
    rule = "P-047"
    also = ("V-029", "P-032", "P-048", "V-031")
    what = "from one day on a product sells a third of what it did, in all shops, for no reason in the books"
    no_money = "what was not sold, or not rung up, is not known"
    default = 1

    def prepare(self) -> None:
        """Products that sell often, and from when."""
        ground = self.ground
        sold = ground.demand.base.sum(axis=0)
        often = np.argsort(-sold, kind="stable")[: max(10, len(sold) // 10)]
        self._from: dict[int, int] = {}
        for product in pick(self.chance, often, len(often)):
            if ground.days >= _LONG and len(self._from) < self.count and ground.take_everywhere(product):
                self._from[product] = int(ground.days * self.chance.uniform(0.45, 0.6))

    def physical(self, day: int, moment: Moment) -> None:
        """Fewer ask for it."""
        for product, first in self._from.items():
            if day == first and moment == "dawn":
                self.ground.demand.base[:, product] *= 1 / (1 + 2 * self.much)
                planted = self.planted(
                    {"product": self.ground.code("product", product)}, day, last=self.ground.days - 1
                )
                planted.undated = True


class ValueMisstated(RowKind):
    """One row's running value does not follow from the one before."""

    name = "value_misstated"
    rule = "C-009"
    also = ("C-010", "C-012")
    what = "the running value of a product's stock jumps at one movement by more than the movement is worth"
    no_money = "a value that one row states wrongly, and the next ones do not carry on, moves none"
    feed, step, window = "movements", "export", (0.1, 0.7)

    def candidates(self, batch: Batch) -> Flags:
        """Any movement that is worth something, and is the product's only one at its instant: of several nobody can say
        which came first."""
        moment = np.stack([batch[name] for name in ("location", "product", "ts")])
        _, place, count = np.unique(moment, axis=1, return_inverse=True, return_counts=True)
        return (np.abs(batch["value_delta"]) >= 100) & (count[place.reshape(-1)] == 1)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some hundreds more, in that row alone."""
        self.take(batch, row)
        key = self.ground.key(int(batch["location"][row]), int(batch["product"][row]))
        more = int(self.chance.integers(5_000, 20_000) * self.much)
        batch["value_after"][row] += more
        planted = self.planted(key, day, last=self.ground.days - 1)
        batch.mark([row], planted.number)
        return True
