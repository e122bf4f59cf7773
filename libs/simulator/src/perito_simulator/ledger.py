"""The stock ledger of a day: every movement with its document, and the balance of its key after it."""

import numpy as np

from perito_simulator.arrays import Ints, order_by, sums_within
from perito_simulator.batch import Batch, Columns, joined
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS, Feed
from perito_simulator.hooks import Hooks
from perito_simulator.stock import Stock

_WHOLE = FEEDS["movements"]
ENTRY = Feed("movements", tuple(c for c in _WHOLE.columns if c.name not in {"movement", "balance_after"}))
"""A ledger row before it has a number and a balance."""


class Ledger:
    """Entries of one day, in the order in which they were made, which is that of their moments."""

    def __init__(self, world: World, stock: Stock, hooks: Hooks | None) -> None:
        self._stock, self._hooks = stock, hooks
        self._products = world.size.products
        self._next = world.numbering.series("movement") + 1
        self._entries: list[Batch] = []

    def enter(self, day: int, columns: Columns, *, goods: bool = True) -> None:
        """Goods move (not if `goods` is false: then only the books do), and it is entered."""
        entry = Batch(ENTRY, columns)
        if not len(entry):
            return
        key = self._keys(entry)
        if goods:
            self._stock.move_goods(key, entry["qty"])
        if self._hooks is not None:
            self._hooks.enter(day, entry, self._stock)
            key = self._keys(entry)
        self._stock.move_books(key, entry["qty"])
        self._entries.append(entry)

    def close(self) -> Batch | None:
        """The day's rows as they are written; the next day begins."""
        if not self._entries:
            return None
        whole = joined(self._entries)
        self._entries = []
        count = len(whole)
        numbers = np.arange(self._next, self._next + count, dtype=np.int64)
        self._next += count
        balance = self._balances(self._keys(whole), whole["qty"])
        columns: Columns = {**whole.columns, "movement": numbers, "balance_after": balance}
        written = Batch(_WHOLE, {column.name: columns[column.name] for column in _WHOLE.columns})
        written.marks, written.written = whole.marks, whole.written
        return written

    def _keys(self, batch: Batch) -> Ints:
        return batch["location"] * self._products + batch["product"]

    def _balances(self, key: Ints, qty: Ints) -> Ints:
        """Backwards from what the books say now: the balance after a row is that less all that came later."""
        order = order_by(key)[::-1]
        later = sums_within(qty[order], key[order]) - qty[order]
        balance = np.empty(len(key), np.int64)
        balance[order] = self._stock.book.reshape(-1)[key[order]] - later
        return balance
