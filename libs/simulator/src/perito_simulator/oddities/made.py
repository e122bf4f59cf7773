"""Oddities that are made: unusual purchases, corrections and credits, late goods, a shop that closes for weeks."""

import numpy as np

from perito_simulator.arrays import NOTHING, Flags, Floats
from perito_simulator.batch import Batch
from perito_simulator.calendar import DAY
from perito_simulator.documents import SERIES
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.hooks import Moment
from perito_simulator.tickets import CLOSES
from perito_simulator.words import place_of

_SALE = place_of("sale_type", "sale")
_ADJUSTMENT, _RETURN = place_of("movement_type", "adjustment"), place_of("movement_type", "return")
_TICKET = place_of("ref_type", "ticket")
_CREDITS = 600_000_000
"""Numbers of credit notes within their series."""


class BoughtTwice(RowKind):
    """Two equal lines of one ticket."""

    name = "bought_twice"
    what = "a customer buys the same thing twice on one ticket, in two lines that differ in their number only"
    feed, step = "sales", "decide"

    def candidates(self, batch: Batch) -> Flags:
        """The last line of a ticket, of goods of which there are more."""
        last = np.append(batch["document"][1:] != batch["document"][:-1], True)
        left = self.ground.stock.physical[batch["location"], batch["product"]]
        return last & (batch["type"] == _SALE) & (left >= 3 * batch["qty"] + 10)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """One more line."""
        self.take(batch, row)
        again = batch.row(row)
        place = batch.insert(row + 1, again | {"line": again["line"] + 1})
        product = self.ground.code("product", again["product"])
        planted = self.planted({"document": self.ground.document(again["document"]), "product": product}, day)
        batch.mark([row, place], planted.number)
        return True


class LargePurchase(RowKind):
    """Most of the shelf, honestly bought."""

    name = "large_purchase"
    what = "one customer buys most of what is on the shelf"
    feed, step = "sales", "decide"

    def candidates(self, batch: Batch) -> Flags:
        """Sales of goods of which there is plenty."""
        key = batch["location"], batch["product"]
        left = self.ground.stock.physical[key]
        return (batch["type"] == _SALE) & (left >= 20) & (self.ground.stock.book[key] >= left)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Two thirds of what is there, less what others buy the same day."""
        place, product = int(batch["location"][row]), int(batch["product"][row])
        same = (batch["location"] == place) & (batch["product"] == product)
        left = int(self.ground.stock.physical[place, product]) - int(batch["qty"][same].sum())
        if left < 12:
            return False
        self.take(batch, row)
        qty = int(batch["qty"][row]) + left * 2 // 3
        off, price = int(batch["discount"][row]), int(batch["unit_price"][row])
        batch["qty"][row] = qty
        batch["line_total"][row] = (qty * price * (100 - off) + 50) // 100
        document = self.ground.document(int(batch["document"][row]))
        planted = self.planted({"document": document, "product": self.ground.code("product", product)}, day)
        batch.mark([row], planted.number)
        return True


class TransferLate(RowKind):
    """Some days longer on the road than its lane takes."""

    name = "transfer_late"
    must_not = ("C-019", "C-022", "C-006")
    what = "a transfer arrives some days later than usual, and is booked when it does"
    feed, step, place, window = "transfers", "decide", "to_location", (0.1, 0.85)

    def candidates(self, batch: Batch) -> Flags:
        """Transfers that arrive within the books."""
        return batch["in_ts"] != NOTHING

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Two to four days later."""
        calendar = self.ground.world.calendar
        arrival = int(batch["in_ts"][row]) // DAY - calendar.first_date
        later = calendar.next_trading(arrival + int(self.chance.integers(2, 5)))
        if later >= len(calendar):
            return False
        self.take(batch, row)
        batch["in_ts"][row] += (later - arrival) * DAY
        transfer = self.ground.document(int(batch["transfer"][row]))
        product = self.ground.code("product", int(batch["product"][row]))
        planted = self.planted({"transfer": transfer, "product": product}, day)
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class CreditNote(RowKind):
    """Billed too much, and the supplier takes it back."""

    name = "credit_note"
    must_not = ("C-024", "C-025", "C-026", "P-008", "P-009")
    what = "an invoice bills too much, and a credit note of the same order takes the excess back"
    feed, step, window = "invoices", "decide", (0.1, 0.75)
    default = 2

    def prepare(self) -> None:
        """No credit is due."""
        self._due_credits: list[tuple[int, int, dict[str, int]]] = []

    def candidates(self, batch: Batch) -> Flags:
        """Lines of some units."""
        return batch["qty"] >= 10

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Credits what is due, then bills too much."""
        if step == "decide" and batch.feed.name == "invoices":
            while self._due_credits and self._due_credits[0][0] <= day:
                _, number, line = self._due_credits.pop(0)
                batch.mark([batch.insert(len(batch), line | {"invoiced_at": int(batch["invoiced_at"][0])})], number)
        super().on(step, day, batch)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """A tenth too much; its credit follows in twelve days."""
        self.take(batch, row)
        more, price = int(batch["qty"][row]) // 10, int(batch["unit_price"][row])
        batch["qty"][row] += more
        batch["line_total"][row] += more * price
        order = self.ground.document(int(batch["purchase_document"][row]))
        product = self.ground.code("product", int(batch["product"][row]))
        planted = self.planted({"purchase_document": order, "product": product}, day)
        planted.undated = True
        batch.mark([row], planted.number)
        line = batch.row(row)
        number = line["document"] // SERIES * SERIES + _CREDITS + planted.number
        credit = {"document": number, "line": 1, "qty": -more, "line_total": -more * price}
        self._due_credits.append((day + 12, planted.number, line | credit))
        return True


class AdjustmentCorrected(RowKind):
    """A slip of the pen in the ledger, put right the next day by a row that names it."""

    name = "adjustment_corrected"
    what = "an adjustment is entered by mistake, and the next day its reversal, which names it"
    feed, step = "movements", "enter"

    def prepare(self) -> None:
        """Nothing is to be put right."""
        self._wrong: list[tuple[int, int, dict[str, int]]] = []
        self._numbers: dict[int, int] = {}

    def candidates(self, batch: Batch) -> Flags:
        """Sales whose product the books have plenty of."""
        return (batch["ref_type"] == _TICKET) & self.ground.plenty(batch, 8)

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Puts right what was wrong yesterday, among what the tills enter."""
        if step == "enter" and self._wrong and self._wrong[0][0] < day and int(batch["ref_type"][0]) == _TICKET:
            _, number, row = self._wrong.pop(0)
            moment = int(self.ground.world.calendar.dates[day]) * DAY + row["ts"] % DAY
            back = {"ts": moment, "qty": -row["qty"], "reversal_of": self._numbers[number]}
            back["reason"] = place_of("movement_reason", "CORRECTION")
            batch.mark([batch.insert(len(batch), row | back)], number)
        if step == "export" and batch.feed.name == self.feed and self._wrong:
            self._numbers |= {number: int(batch["movement"][row]) for row, number in batch.marks}
        super().on(step, day, batch)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Five units more or less than there are."""
        self.take(batch, row)
        nothing = dict.fromkeys(("ref_type", "ref_id", "ref_line", "reversal_of"), NOTHING)
        qty = 5 if self.chance.random() < 0.5 else -5
        moment = int(self.ground.world.calendar.dates[day]) * DAY + CLOSES
        reason = place_of("movement_reason", "DAMAGED")
        wrong = batch.row(row) | nothing | {"ts": moment, "type": _ADJUSTMENT, "qty": qty, "reason": reason}
        place = batch.insert(len(batch), wrong)
        planted = self.planted(self.ground.key(wrong["location"], wrong["product"]), day, last=day + 7)
        batch.mark([place], planted.number)
        self._wrong.append((day, planted.number, wrong))
        return True


class ReturnThrownAway(RowKind):
    """Brought back broken: money back, and nothing for the shelf."""

    name = "return_thrown_away"
    must_not = ("C-015", "C-006", "C-001", "C-005")
    what = "a customer brings something back that cannot be sold again, so that no stock comes in"
    feed, step = "movements", "enter"

    def candidates(self, batch: Batch) -> Flags:
        """Returns."""
        return batch["type"] == _RETURN

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The goods go into the bin; the till keeps its line."""
        self.take(batch, row)
        place, product, ticket = (int(batch[name][row]) for name in ("location", "product", "ref_id"))
        self.ground.stock.physical[place, product] -= int(batch["qty"][row])
        self.planted({"document": self.ground.document(ticket), **self.ground.key(place, product)}, day)
        batch.remove([row])
        return True


class ShopClosed(Kind):
    """Three weeks of works: nothing is sold, and that is no sign of anything."""

    name = "shop_closed"
    must_not = ("P-032", "P-041", "C-005", "C-006")
    what = "a shop is closed for three weeks of works, which its calendar says"
    default = 1
    _weeks = 3

    def prepare(self) -> None:
        """One shop, and from when."""
        ground = self.ground
        shops = pick(self.chance, np.arange(ground.world.shops), min(self.count, ground.world.shops - 1))
        self._closings = [(shop, int(ground.days * self.chance.uniform(0.3, 0.6))) for shop in shops]
        self._before: dict[int, Floats] = {}
        for shop, first in self._closings:
            ground.demand.closures.append((shop, first, first + 7 * self._weeks - 1))

    def physical(self, day: int, moment: Moment) -> None:
        """Nobody comes in."""
        base = self.ground.demand.base
        for shop, first in self._closings:
            if day == first and moment == "dawn":
                self._before[shop] = base[shop].copy()
                base[shop] = 0.0
                place = {"location": self.ground.code("location", shop + 1)}
                self.planted(place, day, last=day + 7 * self._weeks - 1)
            if day == first + 7 * self._weeks and moment == "dawn":
                base[shop] = self._before[shop]
