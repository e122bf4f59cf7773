"""Faults between order, delivery and invoice."""

import numpy as np

from perito_simulator.arrays import Flags, Ints
from perito_simulator.batch import Batch
from perito_simulator.documents import SERIES
from perito_simulator.faults.kind import RowKind, Step
from perito_simulator.words import place_of

_UNKNOWN_ORDERS = 900_000_000
"""Order numbers from here on are in no file."""


class BilledMoreThanReceived(RowKind):
    """The supplier asks for goods that never came."""

    name = "billed_more_than_received"
    rule = "C-024"
    what = "an invoice bills more of a product than was delivered"
    feed, step = "invoices", "decide"

    def candidates(self, batch: Batch) -> Flags:
        """Lines of some units."""
        return batch["qty"] >= 4

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """A tenth to a half more."""
        self.take(batch, row)
        more = max(1, int(int(batch["qty"][row]) * self.chance.uniform(0.1, 0.5)))
        price = int(batch["unit_price"][row])
        batch["qty"][row] += more
        batch["line_total"][row] += more * price
        planted = self.planted(_position(self, batch, row), day, cents=more * price)
        # The excess may show only when the whole order is looked at, whatever day that is told for.
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class BilledDearer(RowKind):
    """The supplier asks for another price than that of the order."""

    name = "billed_dearer"
    rule = "C-025"
    what = "an invoice bills a higher price than the order agreed"
    feed, step = "invoices", "decide"

    def candidates(self, batch: Batch) -> Flags:
        """Prices of which a twentieth can be seen."""
        return batch["unit_price"] >= 60

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """6 to 30 % more."""
        self.take(batch, row)
        price, qty = int(batch["unit_price"][row]), int(batch["qty"][row])
        dearer = int(price * self.chance.uniform(0.06, 0.3)) + 1
        batch["unit_price"][row] += dearer
        batch["line_total"][row] += dearer * qty
        document = self.ground.document(int(batch["document"][row]))
        planted = self.planted({"document": document, **_position(self, batch, row)}, day, cents=dearer * qty)
        batch.mark([row], planted.number)
        return True


class InvoiceWithoutOrder(RowKind):
    """Goods came and are billed, but the order that the invoice names does not exist."""

    name = "invoice_without_order"
    rule = "C-026"
    what = "an invoice names an order that the books do not have"
    default = 2
    feed, step = "invoices", "decide"

    def candidates(self, batch: Batch) -> Flags:
        """Invoices whose products nobody has taken."""
        free = self.ground.free(np.zeros(len(batch), np.int64), batch["product"])
        return ~np.isin(batch["document"], batch["document"][~free])

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """All its lines name another order."""
        rows = _whole(batch, row)
        for line in rows.tolist():
            self.take(batch, line)
        series = int(batch["purchase_document"][row]) // SERIES * SERIES
        batch["purchase_document"][rows] = series + _UNKNOWN_ORDERS + len(self.ground.plants)
        entities = {
            "supplier": self.ground.code("supplier", int(batch["supplier"][row])),
            "document": self.ground.document(int(batch["document"][row])),
        }
        planted = self.planted(entities, day, cents=int(batch["line_total"][rows].sum()))
        batch.mark(rows, planted.number)
        return True


class ReceivedMoreThanOrdered(RowKind):
    """More goods than were asked for; only those ordered are billed."""

    name = "received_more_than_ordered"
    rule = "C-027"
    what = "a delivery brings more than the order asked for"
    feed, step = "receipts", "decide"

    def candidates(self, batch: Batch) -> Flags:
        """Any line."""
        return batch["accepted"] >= 4

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """A tenth to a third more."""
        self.take(batch, row)
        more = max(1, int(int(batch["accepted"][row]) * self.chance.uniform(0.1, 0.35)))
        for name in ("qty", "accepted"):
            batch.columns[name] = batch[name].copy()  # the world may hand over one array for both
            batch[name][row] += more
        planted = self.planted(_position(self, batch, row), day, cents=more * int(batch["unit_cost"][row]))
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class BoughtDearerThanMaster(RowKind):
    """Ordered, received and billed at one price, which is not the product's."""

    name = "bought_dearer_than_master"
    rule = "C-030"
    what = "a product is ordered and received at a much higher cost than its master states"
    default = 2
    feed, step, window = "purchases", "decide", (0.1, 0.7)

    def candidates(self, batch: Batch) -> Flags:
        """Costs of which a twentieth can be seen."""
        return batch["unit_cost"] >= 60

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """12 to 40 % more than the master says."""
        product = int(batch["product"][row])
        if not self.ground.take_everywhere(product):
            return False
        master = int(self.ground.world.prices.last_cost[product])
        cost, qty = int(master * self.chance.uniform(1.12, 1.4)), int(batch["qty"][row])
        batch["unit_cost"][row] = cost
        batch["line_total"][row] = cost * qty
        entities = {
            "purchase_document": self.ground.document(int(batch["document"][row])),
            "product": self.ground.code("product", product),
        }
        planted = self.planted(entities, day, cents=(cost - master) * qty)
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class PaidForNothing(RowKind):
    """An order that is never delivered, and an invoice for it."""

    name = "paid_for_nothing"
    rule = "C-026"
    also = ("C-027", "C-029", "P-010")
    what = "an invoice bills an order of which nothing was ever received"
    default = 2
    feed, step, window = "purchases", "export", (0.1, 0.6)

    def prepare(self) -> None:
        """No invoice waits."""
        self._to_bill: list[tuple[int, int, dict[str, int]]] = []

    def candidates(self, batch: Batch) -> Flags:
        """Orders to copy."""
        return batch["qty"] >= 2

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """The order stands in the file alone: nobody delivers it."""
        self.take(batch, row)
        order = int(batch["document"][row]) // SERIES * SERIES + _UNKNOWN_ORDERS + len(self.ground.plants)
        line = batch.row(row) | {"document": order, "line": 1, "status": place_of("order_status", "open")}
        place = batch.insert(len(batch), line)
        planted = self.planted(_position(self, batch, place, order="document"), day, cents=line["line_total"])
        planted.undated = True
        batch.mark([place], planted.number)
        self._to_bill.append((day + 15, planted.number, line))
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants, and bills what was planted some days later."""
        super().on(step, day, batch)
        if step == "decide" and batch.feed.name == "invoices":
            while self._to_bill and self._to_bill[0][0] <= day:
                _, number, order = self._to_bill.pop(0)
                batch.mark([self._bill(batch, order)], number)

    def _bill(self, batch: Batch, order: dict[str, int]) -> int:
        series = self.ground.world.numbering.invoices_of(order["supplier"])
        receipts = self.ground.world.numbering.series("receipt")
        return batch.insert(
            len(batch),
            {
                "supplier": order["supplier"],
                "document": series + _UNKNOWN_ORDERS + order["document"] % 100_000,
                "line": 1,
                "invoiced_at": int(batch["invoiced_at"][0]),
                "purchase_document": order["document"],
                "purchase_line": 1,
                "receipt_document": receipts + _UNKNOWN_ORDERS + order["document"] % 100_000,
                "product": order["product"],
                "qty": order["qty"],
                "unit_price": order["unit_cost"],
                "line_total": order["line_total"],
                "user": int(batch["user"][0]),
            },
        )


def _whole(batch: Batch, row: int) -> Ints:
    """All rows of a row's document."""
    return np.flatnonzero(batch["document"] == batch["document"][row])


def _position(kind: RowKind, batch: Batch, row: int, order: str = "purchase_document") -> dict[str, str]:
    """What is ordered of whom, as entities."""
    return {
        "supplier": kind.ground.code("supplier", int(batch["supplier"][row])),
        "purchase_document": kind.ground.document(int(batch[order][row])),
        "product": kind.ground.code("product", int(batch["product"][row])),
    }
