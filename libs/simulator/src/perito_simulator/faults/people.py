"""Faults of one person: what somebody at a till does again and again, told of that person as a whole."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from perito_simulator.arrays import Flags, Ints, starts_of_runs
from perito_simulator.batch import Batch
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, Step
from perito_simulator.people import CASHIER

OF_A_TILL = ("P-020", "P-022", "P-025", "P-026", "P-031", "P-032", "P-035", "P-041", "P-048")
"""Rules that may tell what follows from goods or money leaving by way of a till."""
_TO_ONE = 12
"""People of a role for each of them who does it: who is compared with colleagues needs some who do not."""


class PersonKind(Kind, ABC):
    """Some people of a role, one of twelve at most, from a day on; one plant each, which gathers its rows and money."""

    default = 1
    role: ClassVar[int] = CASHIER
    since: ClassVar[tuple[float, float]] = (0.1, 0.25)
    least_part: ClassVar[float] = 0.0
    """Part of the time below which nobody could show it, however strongly."""

    def prepare(self) -> None:
        """Who, and from when."""
        ground = self.ground
        most = int((ground.world.people.role == self.role).sum()) // _TO_ONE
        who = ground.people(self.role, min(self.count, most), self.chance)
        self.first = {user: int(ground.days * self.chance.uniform(*self.since)) for user in who}
        self._plants: dict[int, Plant] = {}

    def at_work(self, day: int) -> list[int]:
        """Those who do it by now, and still."""
        part = max(self.ground.strength.part, self.least_part) if self.ground.strength else 1.0
        end = self.ground.days - 3
        return [user for user, first in self.first.items() if first <= day < first + (end - first) * part]

    def note(self, user: int, day: int, batch: Batch, rows: Ints | list[int], cents: int = 0) -> None:
        """Adds rows, and money where the kind has any, to the person's plant."""
        if not len(rows):
            return
        planted = self._plants.get(user)
        if planted is None:
            start = None if self.no_money else 0
            planted = self._plants[user] = self.planted({"user": self.ground.code("user", user)}, day, cents=start)
            planted.undated = True
        if not self.no_money:
            planted.cents = (planted.cents or 0) + cents
        planted.touched += len(rows)
        batch.mark(rows, planted.number)


class CashierKind(PersonKind, ABC):
    """What a cashier does to lines of tickets before they take effect."""

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Whatever those at work have rung up today."""
        if step == "decide" and batch.feed.name == "sales":
            for user in self.at_work(day):
                rows = np.flatnonzero(batch["user"] == user)
                if len(rows):
                    self.act(day, batch, user, rows)

    @abstractmethod
    def act(self, day: int, batch: Batch, user: int, rows: Ints) -> None:
        """Changes some of the person's `rows` of the day."""

    def some(self, rows: Ints, share: float) -> Ints:
        """Each row with the chance `share`."""
        return rows[self.chance.random(len(rows)) < share]

    def lines(self, batch: Batch, rows: Ints, good: Flags, share: float) -> Ints:
        """The lines of whole tickets, each with the chance `share`, all of whose lines are `good`."""
        tickets = tickets_of(batch, rows, good)
        return np.flatnonzero(np.isin(batch["document"], tickets[self.chance.random(len(tickets)) < share]))

    def gone(self, user: int, batch: Batch, rows: Ints) -> None:
        """The goods of these rows, which are noted already, leave the shelf, whatever the books say."""
        physical = self.ground.stock.physical
        key = batch["location"][rows], batch["product"][rows]
        np.subtract.at(physical, key, batch["qty"][rows])
        np.maximum(physical, 0, out=physical)
        if len(rows):
            pairs = zip(key[0].tolist(), key[1].tolist(), strict=True)
            self._plants[user].goods.update(pairs)


def alone(batch: Batch) -> Flags:
    """Rows that are the only one of their ticket."""
    document = batch["document"]
    same = document[1:] == document[:-1]
    edge = np.zeros(1, np.bool_)
    return ~(np.concatenate((edge, same)) | np.concatenate((same, edge)))


def tickets_of(batch: Batch, rows: Ints, good: Flags) -> Ints:
    """The documents of `rows` all of whose lines are `good`."""
    first = starts_of_runs(batch["document"])
    lengths = np.diff(np.append(first, len(batch)))
    whole = np.repeat(np.add.reduceat(good.astype(np.int64), first) == lengths, lengths)
    return np.unique(batch["document"][rows[whole[rows]]])


def reprice(batch: Batch, rows: Ints, price: Ints) -> int:
    """Sells `rows` at `price` (cents per unit). Returns by how many cents that is less."""
    before = int(batch["line_total"][rows].sum())
    batch["unit_price"][rows] = price
    total = (batch["qty"][rows] * price * (100 - batch["discount"][rows]) + 50) // 100
    batch["line_total"][rows] = total
    return before - int(total.sum())
