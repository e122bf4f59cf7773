"""Faults of stock counts: differences that nobody posts, figures that do not fit the books or each other."""

import numpy as np

from perito_simulator.arrays import Flags
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import RowKind, Step
from perito_simulator.words import place_of

_ADJUSTMENT = place_of("movement_type", "adjustment")


class CountNotPosted(RowKind):
    """A difference is found, and the books stay as they were."""

    name = "count_not_posted"
    rule = "C-035"
    also = ("C-033",)
    what = "a count finds a difference, and no adjustment follows"
    default = 5
    feed, step, window = "counts", "decide", (0.05, 0.93)

    def prepare(self) -> None:
        """No difference waits for its adjustment."""
        self._unposted: set[tuple[int, int]] = set()

    def candidates(self, batch: Batch) -> Flags:
        """Counts that agree, of enough goods that some can be missing."""
        return (batch["counted_qty"] == batch["system_qty"]) & (batch["system_qty"] >= 6)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units less are found than there are."""
        self.take(batch, row)
        place, product = int(batch["location"][row]), int(batch["product"][row])
        missing = int(self.chance.integers(2, 6))
        batch["counted_qty"][row] -= missing
        batch["reported_variance"][row] -= missing
        planted = self.planted(self.ground.key(place, product), day, cents=missing * self.ground.cost(day, product))
        batch.mark([row], planted.number)
        self._unposted.add((int(batch["count_session"][row]), product))
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and keeps the adjustments of what was planted out of the ledger."""
        super().on(step, day, batch)
        if step == "enter" and self._unposted:
            adjusted = np.flatnonzero(batch["type"] == _ADJUSTMENT)
            named = [(row, (int(batch["ref_id"][row]), int(batch["product"][row]))) for row in adjusted.tolist()]
            batch.remove([row for row, name in named if name in self._unposted])
            self._unposted -= {name for _, name in named}


class CountAgainstOtherBooks(RowKind):
    """The sheet's book quantity is not that of the books; its difference is right."""

    name = "count_against_other_books"
    rule = "C-033"
    what = "a count sheet gives another book quantity than the books had that day"
    feed, step, window = "counts", "export", (0.2, 0.85)

    def prepare(self) -> None:
        """Nothing has moved yet."""
        world = self.ground.world
        self._moved: Flags = np.zeros((world.locations, world.size.products), np.bool_)
        self._day = -1

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and remembers what moved today."""
        if step == "enter":
            if day != self._day:
                self._moved[:], self._day = False, day
            self._moved[batch["location"], batch["product"]] = True
        super().on(step, day, batch)

    def candidates(self, batch: Batch) -> Flags:
        """Counts that agree, of enough goods, none of which moved today: else the sheet might be of before or after."""
        still = ~self._moved[batch["location"], batch["product"]]
        return (batch["counted_qty"] == batch["system_qty"]) & (batch["system_qty"] >= 8) & still

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Both figures are lower by the same."""
        self.take(batch, row)
        place, product = int(batch["location"][row]), int(batch["product"][row])
        less = int(self.chance.integers(2, 8))
        batch["counted_qty"][row] -= less
        batch["system_qty"][row] -= less
        planted = self.planted(self.ground.key(place, product), day, cents=less * self.ground.cost(day, product))
        batch.mark([row], planted.number)
        return True


class CountDifferenceMisstated(RowKind):
    """The difference column says something else than the two figures beside it."""

    name = "count_difference_misstated"
    rule = "C-034"
    what = "the difference that a count states is not counted less book"
    no_money = "what a file states wrongly moves no stock"
    feed, step, window = "counts", "export", (0.05, 0.95)

    def candidates(self, batch: Batch) -> Flags:
        """Any count."""
        return np.ones(len(batch), np.bool_)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units off."""
        self.take(batch, row)
        place, product = int(batch["location"][row]), int(batch["product"][row])
        batch["reported_variance"][row] += int(self.chance.integers(1, 9))
        batch.mark([row], self.planted(self.ground.key(place, product), day).number)
        return True
