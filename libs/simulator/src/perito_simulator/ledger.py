"""The stock ledger of a day: every movement with its document, and the balance of its key after it."""

import numpy as np

from perito_simulator.arrays import Ints, blank, order_by, starts_of_runs, sums_within
from perito_simulator.batch import Batch, Columns, joined
from perito_simulator.calendar import DAY
from perito_simulator.columns import Feed
from perito_simulator.entities import World
from perito_simulator.feeds import FEEDS
from perito_simulator.hooks import Hooks
from perito_simulator.stock import Stock
from perito_simulator.words import place_of

_WHOLE = FEEDS["movements"]
_LATER = {"movement", "posted_at", "balance_after", "value_delta", "value_after"}
ENTRY = Feed("movements", tuple(c for c in _WHOLE.columns if c.name not in _LATER))
"""A ledger row before it has a number, a value, a balance and a moment of entry."""
_SALE, _RETURN = place_of("movement_type", "sale"), place_of("movement_type", "return")
_NIGHTLY = 22 * 3600 + 900  # when the tills of the day are entered
_SOON = (20, 1_500)  # seconds after which anything else is
_DAYS_END = 86_399


class Ledger:
    """Entries of one day, in the order in which they were made, which is that of their moments."""

    def __init__(self, world: World, stock: Stock, hooks: Hooks | None, chance: np.random.Generator) -> None:
        self._stock, self._hooks, self._chance = stock, hooks, chance
        self._value: Ints | None = None
        self._opening_cost = world.prices.cost(0)
        self._products = world.size.products
        self._next = world.numbering.series("movement") + 1
        self._entries: list[Batch] = []

    def enter(self, day: int, columns: Columns, *, goods: bool = True) -> None:
        """Goods move (not if `goods` is false: then only the books do), and it is entered."""
        rows = {"reversal_of": blank(len(columns["qty"])), **columns}
        # A copy: what is changed later on the way to the file of the document is not changed here.
        entry = Batch(ENTRY, {column.name: rows[column.name].copy() for column in ENTRY.columns})
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
        key = self._keys(whole)
        order = order_by(key)
        balance = self._balances(key, whole["qty"], order)
        change, value = self._values(key, whole["qty"] * whole["unit_cost"], balance, order)
        columns: Columns = {
            **whole.columns,
            "movement": numbers,
            "posted_at": self._posted(whole),
            "value_delta": change,
            "balance_after": balance,
            "value_after": value,
        }
        written = Batch(_WHOLE, {column.name: columns[column.name] for column in _WHOLE.columns})
        written.marks, written.written = whole.marks, whole.written
        return written

    def _keys(self, batch: Batch) -> Ints:
        return batch["location"] * self._products + batch["product"]

    def open(self) -> None:
        """The books begin with what is there, at what it costs on the first day."""
        self._value = (self._stock.book * self._opening_cost[None, :]).reshape(-1)

    def _posted(self, whole: Batch) -> Ints:
        """When each row is entered: what the tills did at night, all else soon, both on the same day."""
        of_tills = (whole["type"] == _SALE) | (whole["type"] == _RETURN)
        midnight = whole["ts"] // DAY * DAY
        soon = np.minimum(whole["ts"] + self._chance.integers(*_SOON, len(whole)), midnight + _DAYS_END)
        return np.where(of_tills, np.maximum(whole["ts"], midnight + _NIGHTLY), soon)

    def _values(self, key: Ints, worth: Ints, balance: Ints, order: Ints) -> tuple[Ints, Ints]:
        """By how much each row changes its key's running value, and that value: what each movement cost by the price
        list of its day; the one that leaves no stock takes what is left of older lists along."""
        if self._value is None:
            raise RuntimeError("the books have not begun")
        of, places = key[order], np.arange(len(key))
        running = sums_within(worth[order], of) + self._value[of]
        first = starts_of_runs(of)
        emptied = np.maximum.accumulate(np.where(balance[order] == 0, places, -1))
        since = emptied >= np.repeat(first, np.diff(np.append(first, len(of))))
        value = running - np.where(since, running[emptied], 0)
        before = np.roll(value, 1)
        before[first] = self._value[of[first]]
        self._value[of] = value  # of a key's rows the last one stays
        changes, values = np.empty(len(key), np.int64), np.empty(len(key), np.int64)
        changes[order], values[order] = value - before, value
        return changes, values

    def _balances(self, key: Ints, qty: Ints, by_key: Ints) -> Ints:
        """Backwards from what the books say now: the balance after a row is that less all that came later."""
        order = by_key[::-1]
        later = sums_within(qty[order], key[order]) - qty[order]
        balance = np.empty(len(key), np.int64)
        balance[order] = self._stock.book.reshape(-1)[key[order]] - later
        return balance
