"""Faults at the receiving dock: figures that do not fit, goods that nobody bills, deliveries kept short."""

import numpy as np

from perito_simulator.arrays import Flags, Ints
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import RowKind, Step
from perito_simulator.faults.orders import SupplierKind


class AcceptedMisstated(RowKind):
    """Received less rejected is not what was accepted."""

    name = "accepted_misstated"
    rule = "C-028"
    also = ("C-024", "C-027", "P-043", "P-044")
    shown_by = ("receipts", "accepted")
    what = "a receipt says that less was accepted than came, and rejects nothing; the stock ledger has all of it"
    feed, step = "receipts", "export"

    def candidates(self, batch: Batch) -> Flags:
        """Lines of some units."""
        return batch["qty"] >= 5

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Some units."""
        self.take(batch, row)
        less = int(self.chance.integers(1, 5))
        batch["accepted"][row] -= less
        entities = {
            "document": self.ground.document(int(batch["document"][row])),
            "product": self.ground.code("product", int(batch["product"][row])),
        }
        planted = self.planted(entities, day, cents=less * int(batch["unit_cost"][row]))
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class NeverBilled(RowKind):
    """Goods came, and no invoice ever does."""

    name = "never_billed"
    rule = "C-029"
    what = "a delivery is received and never billed"
    default = 2
    feed, step, window = "invoices", "decide", (0.1, 0.55)

    def prepare(self) -> None:
        """Nothing is to be marked."""
        self._before: list[tuple[int, int]] = []

    def candidates(self, batch: Batch) -> Flags:
        """Invoices whose products nobody has taken, where others come the same day."""
        free = self.ground.free(np.zeros(len(batch), np.int64), batch["product"])
        several = np.full(len(batch), len(np.unique(batch["document"])) > 1)
        return several & ~np.isin(batch["document"], batch["document"][~free])

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The invoice is not written."""
        rows = np.flatnonzero(batch["document"] == batch["document"][row])
        for line in rows.tolist():
            self.take(batch, line)
        entities = {
            "supplier": self.ground.code("supplier", int(batch["supplier"][row])),
            "purchase_document": self.ground.document(int(batch["purchase_document"][row])),
        }
        planted = self.planted(entities, day, cents=int(batch["line_total"][rows].sum()))
        planted.undated = True
        batch.remove(rows)
        return True


class DeliversShort(SupplierKind):
    """A little less than ordered, delivery after delivery."""

    name = "delivers_short"
    rule = "P-043"
    also = ("C-027", "C-024", "C-029", "P-044")
    what = "one supplier delivers, and bills, a few per cent less than was ordered, on most lines"
    no_money = "what did not come was not paid"
    feed, largest = "receipts", 4

    def prepare(self) -> None:
        """Nothing is short yet."""
        super().prepare()
        self._short: dict[tuple[int, int], int] = {}

    def act(self, day: int, batch: Batch, supplier: int, rows: Ints) -> None:
        """Four per cent less than came, on lines of which that can be seen."""
        for row in rows.tolist():
            less = int(int(batch["qty"][row]) * 0.04 * self.much)
            if less and self.chance.random() < 0.8:
                batch["qty"][row] -= less
                batch["accepted"][row] -= less
                self._short[int(batch["document"][row]), int(batch["product"][row])] = less
        self.note(supplier, day, batch, rows)

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Its invoices bill what came."""
        super().on(step, day, batch)
        if step == "decide" and batch.feed.name == "invoices" and self._short:
            for row in range(len(batch)):
                less = self._short.pop((int(batch["receipt_document"][row]), int(batch["product"][row])), 0)
                batch["qty"][row] -= less
                batch["line_total"][row] -= less * int(batch["unit_price"][row])
