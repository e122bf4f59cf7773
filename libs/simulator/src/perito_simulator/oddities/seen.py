"""Oddities that honest books have anyway: they are pointed at, and nothing is changed."""

from typing import ClassVar

import numpy as np

from perito_simulator.arrays import NOTHING, Flags
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import RowKind
from perito_simulator.words import place_of


class Seen(RowKind):
    """Points at rows as they are. `named` are the columns, beside the product, that identify what is pointed at."""

    step = "export"
    named: ClassVar[tuple[tuple[str, str], ...]] = ()

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Nothing changes; the row stays free for others."""
        product = self.ground.code("product", int(batch["product"][row]))
        documents = {entity: self.ground.document(int(batch[column][row])) for column, entity in self.named}
        planted = self.planted({"product": product, **documents}, day)
        planted.undated = True
        batch.mark([row], planted.number)
        return True


class DeliveredInParts(Seen):
    """The second delivery of an order line."""

    name = "delivered_in_parts"
    must_not = ("C-024", "C-026", "C-027", "P-008", "P-009")
    what = "an order arrives in two deliveries, each with an invoice of its own"
    feed = "receipts"
    named = (("purchase_document", "purchase_document"),)

    def prepare(self) -> None:
        """Nothing has come yet."""
        self._seen: set[tuple[int, int]] = set()
        self._today: set[tuple[int, int]] = set()

    def candidates(self, batch: Batch) -> Flags:
        """Lines of which something came before."""
        lines = zip(batch["purchase_document"].tolist(), batch["purchase_line"].tolist(), strict=True)
        return np.array([line in self._seen for line in lines], np.bool_)

    def watch(self, batch: Batch) -> None:
        """Remembers what came on earlier days."""
        self._seen |= self._today
        self._today = set(zip(batch["purchase_document"].tolist(), batch["purchase_line"].tolist(), strict=True))


class PriceListMoved(Seen):
    """An order at the new cost of a supplier's price list."""

    name = "price_list_moved"
    must_not = ("C-025", "C-030")
    what = "a supplier's price list moves by a percent or two, and orders follow"
    feed = "purchases"
    named = (("document", "purchase_document"),)

    def candidates(self, batch: Batch) -> Flags:
        """Orders at the older cost of products whose cost changes."""
        return batch["unit_cost"] != self.ground.world.prices.last_cost[batch["product"]]


class UnderWayAtTheEnd(Seen):
    """Sent, and not yet there when the books end."""

    name = "under_way_at_the_end"
    must_not = ("C-019", "C-006", "C-022")
    what = "goods of a transfer are still under way when the books end"
    feed, place, window = "transfers", "to_location", (0.99, 1.0)
    named = (("transfer", "transfer"),)

    def candidates(self, batch: Batch) -> Flags:
        """Transfers without an arrival."""
        return batch["in_ts"] == NOTHING


class PromotionPrice(Seen):
    """A price far below the usual one, by a promotion."""

    name = "promotion_price"
    must_not = ("V-016", "V-019", "V-022")
    what = "a product sells at a promotion's price, up to a third below its list price"
    feed = "sales"
    named = (("document", "document"),)

    def candidates(self, batch: Batch) -> Flags:
        """Lines of a promotion."""
        return batch["promotion"] != NOTHING


class StaffDiscount(Seen):
    """An employee buys at a discount."""

    name = "staff_discount"
    must_not = ("V-016", "V-019")
    what = "an employee buys with the staff discount"
    feed = "sales"
    named = (("document", "document"),)

    def candidates(self, batch: Batch) -> Flags:
        """Lines with a discount."""
        return batch["discount"] > 0


class LineVoided(Seen):
    """Rung up twice, voided once."""

    name = "line_voided"
    must_not = ("V-008", "V-010", "C-015", "V-015")
    what = "a line is rung up twice by mistake, and one of the two is voided"
    feed = "sales"
    named = (("document", "document"),)

    def candidates(self, batch: Batch) -> Flags:
        """Voids."""
        return batch["type"] == place_of("sale_type", "void")
