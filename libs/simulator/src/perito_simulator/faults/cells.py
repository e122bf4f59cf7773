"""Faults of files: cells that are no values, keys in other forms, rows exported twice, lines that do not work out."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from perito_simulator.arrays import NOTHING, Flags
from perito_simulator.batch import Batch
from perito_simulator.faults.ground import Plant
from perito_simulator.faults.kind import Kind, RowKind, Step, pick
from perito_simulator.words import place_of

_SALE = place_of("sale_type", "sale")


class CellKind(Kind):
    """Some rows of the sales of one shop on one day, told of their file and a column of it as a whole."""

    cells: ClassVar[int] = 7
    column: ClassVar[str]
    also = ()
    default = 1

    def prepare(self) -> None:
        """One day for each."""
        days = self.ground.days
        self._due = sorted(pick(self.chance, np.arange(days // 4, days * 3 // 4), self.count))

    def candidates(self, batch: Batch) -> Flags:
        """Sale lines that can bear it."""
        return batch["type"] == _SALE

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """Alters the rows; answers those that are marked."""
        raise NotImplementedError

    def entities(self) -> dict[str, str]:
        """Beside the file, what identifies it."""
        return {"table_name": "sales", "column_name": self.column}

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Plants on the first day that is due and has enough lines in one shop."""
        if step != "export" or batch.feed.name != "sales" or not self._due or self._due[0] > day:
            return
        free = self.candidates(batch) & self.ground.free(batch["location"], batch["product"])
        rows = np.flatnonzero(free)
        if not len(rows):
            return
        shops = batch["location"][rows]
        shop = int(np.bincount(shops).argmax())
        chosen = sorted(pick(self.chance, rows[shops == shop], self.cells))
        for row in chosen:
            self.ground.take(shop, int(batch["product"][row]))
        planted = self.planted(self.entities(), day)
        planted.of_file = planted.undated = True
        batch.mark(self.alter(batch, chosen), planted.number)
        self._due.pop(0)


class PriceUnreadable(CellKind):
    """Words where a price should be."""

    name = "price_unreadable"
    rule = "V-004"
    also = ("V-020",)
    what = "prices of some sale lines are no numbers"
    no_money = "a cell that cannot be read has no amount"
    column = "unit_price"
    _words = ("s/p", "3..50", "12,4O", "gratis", "?", "--", "see note")

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """A word for each."""
        for place, row in enumerate(rows):
            batch.write_as(row, self.column, self._words[place % len(self._words)])
        return rows


class TenderUnknown(CellKind):
    """A word that no list has."""

    name = "word_unknown"
    rule = "V-014"
    what = "some sale lines are paid by a means that no list knows"
    no_money = "a word that nobody knows has no amount"
    column = "tender"

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """The same word each time."""
        for row in rows:
            batch.write_as(row, self.column, "XYZ9")
        return rows


class CustomerUnknown(CellKind):
    """Keys that the master lacks."""

    name = "customer_unknown"
    rule = "V-011"
    what = "some sale lines name a loyalty card that no customer has"
    no_money = "an unknown key has no amount"
    column = "customer"

    def candidates(self, batch: Batch) -> Flags:
        """Lines with a card."""
        return (batch["type"] == _SALE) & (batch["customer"] != NOTHING)

    def entities(self) -> dict[str, str]:
        """Keys are told by their domain."""
        return {"domain": "customer", "column_name": self.column}

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """Cards of a series that was never issued."""
        for place, row in enumerate(rows):
            batch.write_as(row, self.column, f"X{9_000 + place}")
        return rows


class CustomerPlaceholder(CellKind):
    """A word that stands for no value."""

    name = "customer_placeholder"
    rule = "V-007"
    what = "some sale lines have N/A or UNKNOWN for the customer"
    no_money = "a cell without a value has no amount"
    column = "customer"

    def entities(self) -> dict[str, str]:
        """What is told names the file's own header, which differs by style."""
        return {"kind": "placeholder"}

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """The words by turns."""
        for place, row in enumerate(rows):
            batch.write_as(row, self.column, ("N/A", "UNKNOWN")[place % 2])
        return rows


class RowsExportedTwice(CellKind):
    """Whole rows that stand twice."""

    name = "rows_exported_twice"
    rule = "V-010"
    also = ("V-008", "V-009", "V-020", "C-016", "P-004")
    what = "rows of a sales file are exported twice"
    no_money = "a repeated row costs nothing by itself"
    cells = 25

    def entities(self) -> dict[str, str]:
        """Told by file alone."""
        return {}

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """Each a second time behind itself; the repetitions are marked."""
        for row in sorted(rows, reverse=True):
            batch.insert(row + 1, batch.row(row))
        return [row + 1 + place for place, row in enumerate(sorted(rows))]


class SignTurned(CellKind):
    """Sold, and yet negative."""

    name = "sign_turned"
    rule = "V-015"
    what = "some sale lines have a negative quantity and amount"
    no_money = "the sign decides nothing by itself"
    cells = 4
    also = ("C-015", "C-016", "V-020", "V-031")

    def entities(self) -> dict[str, str]:
        """Told by table, file and type."""
        return {"table_name": "sales", "type": "sale"}

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """Both turn, so that the line still works out."""
        for name in ("qty", "line_total"):
            batch[name][list(rows)] *= -1
        return rows


class PriceNegative(CellKind):
    """Sold for less than nothing."""

    name = "price_negative"
    rule = "V-016"
    also = ("V-020",)
    what = "some sale lines have a negative price"
    no_money = "what the right price would be is not known"
    column = "unit_price"
    cells = 3

    def alter(self, batch: Batch, rows: Sequence[int]) -> Sequence[int]:
        """Price and amount turn, so that the line still works out."""
        for name in ("unit_price", "line_total"):
            batch[name][list(rows)] *= -1
        return rows


class AmountMiscalculated(RowKind):
    """The line was added up wrongly."""

    name = "amount_miscalculated"
    rule = "V-019"
    also = ("V-020",)
    what = "the amount of a sale line is not quantity times price less discount"
    feed, step = "sales", "export"

    def candidates(self, batch: Batch) -> Flags:
        """Sales at the list price, whose amount can be read one way only."""
        plain = (batch["discount"] == 0) & (batch["promotion"] == NOTHING)
        return (batch["type"] == _SALE) & plain & (batch["line_total"] >= 200)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """A third to twice as much again."""
        self.take(batch, row)
        more = max(30, int(int(batch["line_total"][row]) * self.chance.uniform(0.33, 2.0)))
        batch["line_total"][row] += more
        document = self.ground.document(int(batch["document"][row]))
        entities = {
            "table_name": "sales",
            "document": document,
            "product": self.ground.code("product", int(batch["product"][row])),
        }
        batch.mark([row], self.planted(entities, day, cents=more).number)
        return True


class PackPriceOnPiece(RowKind):
    """A carton's price on a single piece."""

    name = "pack_price_on_piece"
    rule = "V-022"
    also = ("V-031", "P-025")
    what = "one piece is sold at the price of a whole carton"
    no_money = "which of quantity and price is in the wrong unit is not known"
    default = 2
    feed, step, window = "sales", "decide", (0.2, 0.85)

    def candidates(self, batch: Batch) -> Flags:
        """Sales at the list price of products that sell often enough for their price to be known."""
        plain = (batch["discount"] == 0) & (batch["promotion"] == NOTHING) & (batch["type"] == _SALE)
        plain &= batch["unit_price"] == batch["list_price"]
        often = self.ground.demand.base.sum(axis=0)[batch["product"]] * self.ground.days >= 40
        return plain & often & (self.ground.world.products.pack[batch["product"]] >= 4)

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Price and amount of the line are a carton's, and so the ticket's total."""
        product = int(batch["product"][row])
        if not self.ground.take_everywhere(product):
            return False
        pack = int(self.ground.world.products.pack[product])
        for name in ("list_price", "unit_price", "line_total"):
            batch[name][row] *= pack
        planted = self.planted({"table_name": "sales", "product": self.ground.code("product", product)}, day)
        planted.of_file = planted.undated = True
        batch.mark([row], planted.number)
        return True


class KeysInLowerCase(Kind):
    """A week of one shop writes product codes in small letters."""

    name = "keys_lower_case"
    rule = "V-012"
    also = ("V-011",)
    what = "for a week one shop writes product codes in lower case"
    no_money = "the spelling of a key costs nothing"
    default = 1
    _most = 5_000

    def prepare(self) -> None:
        """One shop for each, and from when its week may begin."""
        ground = self.ground
        shops = pick(self.chance, np.arange(1, ground.world.locations), self.count)
        self._chosen = {shop: int(self.chance.integers(ground.days // 4, ground.days // 2)) for shop in shops}
        self._plants: dict[int, Plant] = {}

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Writes the shop's codes of the week in small letters, up to some thousands of cells. The week begins when the
        shop sells something: on the chosen day it may be closed."""
        if step != "export" or batch.feed.name != "sales":
            return
        for shop, first in self._chosen.items():
            if first <= day < first + 7:
                self._lower(shop, day, batch)

    def _lower(self, shop: int, day: int, batch: Batch) -> None:
        rows: list[int] = np.flatnonzero(batch["location"] == shop).tolist()
        planted = self._plants.get(shop)
        if planted is None:
            if not rows:
                self._chosen[shop] = day + 1
                return
            planted = self._plants[shop] = self.planted({"domain": "product", "column_name": "product"}, day)
            planted.of_file = planted.undated = True
        for row in rows[: self._most - planted.touched]:
            code = self.ground.code("product", int(batch["product"][row]))
            batch.write_as(row, "product", code.lower())
            batch.mark([row], planted.number)
            planted.touched += 1
