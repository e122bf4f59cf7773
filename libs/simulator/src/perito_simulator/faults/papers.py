"""Faults of single documents: dates that cannot be, wrong sums, tickets that are gone, numbers out of order."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from perito_simulator.arrays import Flags
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.faults.cells import CellKind
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.faults.people import alone
from perito_simulator.hooks import Moment
from perito_simulator.words import place_of

_SALE = place_of("sale_type", "sale")


class ReceivedBeforeOrdered(RowKind):
    """Goods that came before anybody ordered them."""

    name = "received_before_ordered"
    rule = "V-024"
    also = ("C-026", "C-029", "C-031", "C-032", "P-011")
    what = "a receipt is dated weeks before the order that it belongs to"
    no_money = "a wrong date moves no money"
    default = 2
    feed, step, window = "receipts", "export", (0.35, 0.9)

    def candidates(self, batch: Batch) -> Flags:
        """Any receipt."""
        return np.ones(len(batch), np.bool_)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Forty days, for all lines of the receipt."""
        rows = np.flatnonzero(batch["document"] == batch["document"][row])
        for line in rows.tolist():
            self.take(batch, line)
        batch["ts"][rows] -= 40 * DAY
        planted = self.planted({}, day)
        planted.undated = True
        batch.mark(rows, planted.number)
        return True


class SoldInTheFuture(CellKind):
    """Dates after the books were written."""

    name = "sold_in_the_future"
    rule = "V-025"
    also = ("C-016", "P-011", "V-024", "V-027", "V-031", "C-015")
    what = "some sale lines are dated more than a year later than they were sold"
    no_money = "a wrong date moves no money"
    column = "ts"
    cells = 4

    def candidates(self, batch: Batch) -> Flags:
        """Tickets of one line."""
        return (batch["type"] == _SALE) & alone(batch)

    def entities(self) -> dict[str, str]:
        """Told by table."""
        return {"table_name": "sales"}

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """380 days later."""
        batch["ts"][list(rows)] += 380 * DAY
        return rows


class InvoiceSumWrong(RowKind):
    """The header asks for more than its lines."""

    name = "invoice_sum_wrong"
    rule = "V-020"
    what = "the total of an invoice is more than its lines and tax come to"
    feed, step = "invoice_documents", "export"

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """One a day, of those that are due."""
        if step == self.step and batch.feed.name == self.feed and self._due and self._due[0] <= day and len(batch):
            row = int(self.chance.integers(0, len(batch)))
            if batch["total"][row] >= 5_000 and row not in batch.written:
                self._due.pop(0)
                self.plant(day, batch, row)

    def candidates(self, batch: Batch) -> Flags:
        """Any."""
        return batch["total"] >= 5_000

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """A tenth to a half more."""
        more = int(int(batch["total"][row]) * self.chance.uniform(0.1, 0.5) * self.much)
        batch["total"][row] += more
        entities = {
            "supplier": self.ground.code("supplier", int(batch["supplier"][row])),
            "document": self.ground.document(int(batch["document"][row])),
        }
        batch.mark([row], self.planted(entities, day, cents=more).number)
        return True


class TicketsTakenOut(RowKind):
    """Tickets that never were: neither sold nor entered, and their numbers are missing."""

    name = "tickets_taken_out"
    rule = "P-010"
    also = ("P-035", "P-031")
    what = "one to three tickets in a row were deleted at the till, so that numbers are missing in its series"
    no_money = "what a missing ticket sold is not known"
    feed, step = "sales", "decide"

    def prepare(self) -> None:
        """No gap is to be marked."""
        self._before: tuple[int, int] | None = None

    def candidates(self, batch: Batch) -> Flags:
        """Tickets that are not the first or last of their shop's day."""
        document = batch["document"]
        inner = np.isin(document - 3, document) & np.isin(document + 3, document)
        return inner & (batch["type"] == _SALE) & alone(batch)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """As many numbers; the goods are gone all the same."""
        first = int(batch["document"][row])
        rows = np.flatnonzero(
            (batch["document"] >= first) & (batch["document"] < first + int(self.chance.integers(1, 4)))
        )
        if not self.ground.free(batch["location"][rows], batch["product"][rows]).all():
            return False
        for line in rows.tolist():
            self.take(batch, line)
        shop = int(batch["location"][row])
        sold = rows[batch["type"][rows] == _SALE]
        shelf = self.ground.stock.physical[shop]
        np.subtract.at(shelf, batch["product"][sold], batch["qty"][sold])
        np.maximum(shelf, 0, out=shelf)
        planted = self.planted({"location": self.ground.code("location", shop)}, day)
        self._before = (first - 1, planted.number)
        batch.remove(rows)
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and marks the header before the gap."""
        super().on(step, day, batch)
        if step == "export" and batch.feed.name == "sale_documents" and self._before is not None:
            document, number = self._before
            batch.mark(np.flatnonzero(batch["document"] == document), number)
            self._before = None


class NumbersOutOfOrder(RowKind):
    """A later number with an earlier moment."""

    name = "numbers_out_of_order"
    rule = "P-011"
    what = "two tickets of one series have their moments the wrong way round"
    no_money = "the order of two tickets costs nothing"
    feed, step = "sale_documents", "export"

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """One a day, of those that are due."""
        if step == self.step and batch.feed.name == self.feed and self._due and self._due[0] <= day:
            rows = np.flatnonzero(self.candidates(batch))
            if len(rows) and self.plant(day, batch, pick(self.chance, rows, 1)[0]):
                self._due.pop(0)

    def candidates(self, batch: Batch) -> Flags:
        """Those with the next number in the same file, hours later."""
        return np.isin(batch["document"] + 2, batch["document"])

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The moments of this one and of the next but one are exchanged."""
        (other,) = np.flatnonzero(batch["document"] == batch["document"][row] + 2).tolist()
        pair = [row, other]
        later = int(batch["ts"][other]) - int(batch["ts"][row])
        if later < 120:
            return False
        for name in ("ts", "tendered_at"):
            batch[name][pair] = batch[name][pair[::-1]]
        planted = self.planted({"location": self.ground.code("location", int(batch["location"][row]))}, day)
        batch.mark(pair, planted.number)
        return True


class DaysMissing(Kind):
    """Two ordinary days of which a shop has nothing."""

    name = "days_missing"
    rule = "V-027"
    also = ("V-029", "P-047", "V-031")
    what = "a shop has no sales on two ordinary days on which it trades"
    no_money = "what was not sold, or not entered, is not known"
    default = 1
    _days: ClassVar[int] = 2

    def prepare(self) -> None:
        """Which shop, and when."""
        days = self.ground.days
        shops = pick(self.chance, np.arange(self.ground.world.shops), self.count)
        self._gaps = {shop: int(self.chance.integers(days * 2 // 3, days * 9 // 10)) for shop in shops}
        self._before = {shop: np.zeros(0) for shop in shops}

    def physical(self, day: int, moment: Moment) -> None:
        """Nobody comes in."""
        base, calendar = self.ground.demand.base, self.ground.world.calendar
        for shop, first in list(self._gaps.items()):
            if moment == "dawn" and day == first:
                if not all(calendar.trading[day : day + self._days]) or not base[shop].any():
                    self._gaps[shop] = day + 1
                    continue
                self._before[shop] = base[shop].copy()
                base[shop] = 0.0
                place = {"location": self.ground.code("location", shop + 1)}
                self.planted(place, day, last=day + self._days - 1)
            if moment == "dawn" and day == first + self._days and len(self._before[shop]):
                base[shop] = self._before[shop]
                del self._gaps[shop]
