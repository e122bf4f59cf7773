"""A kind of fault, and how most of them are planted: in a row that comes by."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from perito_simulator.arrays import Flags, Ints
from perito_simulator.batch import Batch
from perito_simulator.faults.ground import Ground, Plant, spread
from perito_simulator.faults.strength import MIDDLE_TIMES
from perito_simulator.hooks import Moment

Step = Literal["decide", "enter", "export"]


class Kind:
    """Of a fault: `rule` should tell it, rules in `also` may tell symptoms of it. Of an oddity: no rule of `must_not`
    may tell it, and no rule at all where that is empty. `what` is a sentence for people.

    `no_money` says why it costs nothing by itself; where it is empty every plant has its cents. `planted` plants are
    made where `count` are wanted; books that offer too few places get fewer.
    """

    name: ClassVar[str]
    rule: ClassVar[str] = ""
    also: ClassVar[tuple[str, ...]] = ()
    must_not: ClassVar[tuple[str, ...]] = ()
    what: ClassVar[str]
    no_money: ClassVar[str] = ""
    default: ClassVar[int] = 3
    shown_by: ClassVar[tuple[str, str] | None] = None
    """Feed and column without which books show nothing of it; a style that leaves it out has no such fault."""

    def __init__(self, ground: Ground, count: int, chance: np.random.Generator) -> None:
        self.ground, self.count, self.chance = ground, count, chance
        self.prepare()

    @property
    def times(self) -> float:
        """How many times the threshold of its rule it goes to."""
        return self.ground.strength.times if self.ground.strength else MIDDLE_TIMES

    @property
    def much(self) -> float:
        """Its size, against that of a kind without a given strength."""
        return self.ground.strength.much if self.ground.strength else 1.0

    def rate(self, usual: float, threshold: float) -> float:
        """The share of rows that are touched: `usual`, or as far beyond `threshold` as the strength asks for."""
        return self.ground.strength.rate(threshold) if self.ground.strength else usual

    def prepare(self) -> None:
        """Before the first day: what the kind needs of its own, or what it plants at once."""

    def masters(self, batch: Batch) -> None:
        """See `Hooks.masters`."""

    def physical(self, day: int, moment: Moment) -> None:
        """See `Hooks.physical`."""

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """See `Hooks.decide`, `enter` and `export`."""

    def planted(
        self, entities: dict[str, str], day: int, *, cents: int | None = None, last: int | None = None
    ) -> Plant:
        """Notes a plant of this kind."""
        return self.ground.plant(self.name, entities, day, cents=cents, last=last)


class RowKind(Kind, ABC):
    """Takes rows of one feed as they come by, at `step`, one at a time spread over the `window` of the books."""

    feed: ClassVar[str]
    step: ClassVar[Step]
    window: ClassVar[tuple[float, float]] = (0.12, 0.85)
    place: ClassVar[str] = "location"

    def __init__(self, ground: Ground, count: int, chance: np.random.Generator) -> None:
        wanted = ground.strength.count(count) if ground.strength and self.rule else count
        self._due = spread(wanted, self.window, ground.days, chance)
        super().__init__(ground, wanted, chance)

    @abstractmethod
    def candidates(self, batch: Batch) -> Flags:
        """Which rows could bear it."""

    @abstractmethod
    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Plants at a free row; False where it cannot be after all."""

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants what is due."""
        if step == self.step and batch.feed.name == self.feed:
            self.watch(batch)
            if self._due and self._due[0] <= day and len(batch):
                self._plant_due(day, batch)

    def watch(self, batch: Batch) -> None:
        """Sees every batch of the feed before anything is planted in it."""

    def _plant_due(self, day: int, batch: Batch) -> None:
        free = self.candidates(batch) & self.ground.free(self._location(batch), batch["product"])
        rows = np.flatnonzero(free)
        for row in self.chance.permutation(rows).tolist():
            if self.plant(day, batch, row):
                # One a day is enough: what is due and not planted waits for the next batch.
                self._due.pop(0)
                return

    def _location(self, batch: Batch) -> Ints:
        if self.place in batch.columns:
            return batch[self.place]
        return np.zeros(len(batch), np.int64)

    def take(self, batch: Batch, row: int) -> None:
        """The row's product at its place is taken."""
        self.ground.take(int(self._location(batch)[row]), int(batch["product"][row]))


def pick(chance: np.random.Generator, candidates: Ints | Sequence[int], count: int) -> list[int]:
    """Up to `count` of them, each once, in an order of chance."""
    shuffled = chance.permutation(np.asarray(candidates, np.int64))
    found: list[int] = shuffled[:count].tolist()
    return found
