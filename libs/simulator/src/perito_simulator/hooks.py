"""Where something can be planted: the points of a day at which whoever plants may step in.

The world calls nothing of this where no hooks are given. The order within a day: `physical` at dawn; for receipts,
transfers and sales `decide` on their rows, then `enter` on the ledger rows that they cause; waste enters; counts are
decided, their adjustments enter; `physical` at dusk; and last, `export` on the rows of every feed of the day as they
would be written. What is decided or entered has consequences (stock, later orders, balances, counts); what is changed
at export stands in the file alone.

A plan is made in `begin`, from the world's own entities and the stream "faults". Rows are marked with the number of the
planted instance; `noted` tells file and record of each marked row once it has its place.
"""

from typing import Literal

import numpy as np

from perito_simulator.batch import Batch
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.stock import Stock

Moment = Literal["dawn", "dusk"]


class Hooks:
    """Does nothing. Derive from it and override what is needed."""

    def begin(self, world: World, demand: Demand, chance: np.random.Generator) -> None:
        """Before the first day: choose what to plant."""

    def masters(self, batch: Batch) -> None:
        """The rows of a master feed (products, suppliers, ...) before they are written."""

    def physical(self, day: int, moment: Moment, stock: Stock) -> None:
        """Goods may vanish or appear: change `stock.physical`, never below 0."""

    def decide(self, day: int, batch: Batch, stock: Stock) -> None:
        """Rows of purchases, receipts, invoices, transfers, sales or counts before they take effect.

        Changed quantities and prices have their consequences. Sales and returns move goods and books by `qty`; a
        receipt by `accepted`; a transfer takes out `qty_out` and brings `qty_in`; the adjustment of a count is
        `counted_qty` less `system_qty`, and the goods are left as they are.
        """

    def enter(self, day: int, batch: Batch, stock: Stock) -> None:
        """Ledger rows (without number and balance) after the goods have moved and before the books do: a row that is
        taken out was never entered, one that is added or changed moves the books alone."""

    def export(self, day: int, batch: Batch) -> None:
        """Rows of any feed as they would be written; `batch.feed.name` says of which."""

    def noted(self, instance: int, file: str, record: int) -> None:
        """A marked row of `instance` is record `record` (from 1) of `file`."""
