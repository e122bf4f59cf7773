"""What customers bring back: a share of all lines, within two weeks, to the shop and the ticket that sold them."""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import Flags, Ints, blank
from perito_simulator.batch import Batch, Columns
from perito_simulator.entities import World
from perito_simulator.words import WORDS, place_of

_SHARE = 0.015
_WITHIN_DAYS = 14
_SALE, _RETURN = place_of("sale_type", "sale"), place_of("sale_type", "return")
_KEPT = ("product", "location", "customer", "list_price", "unit_price", "discount", "promotion", "tender", "card")


@dataclass(frozen=True)
class Back:
    """Lines brought back on a day: their shop from 0, and the columns that a sale line has before its ticket."""

    shop: Ints
    columns: Columns


class Returns:
    """Returns to come, by day."""

    def __init__(self, world: World, chance: np.random.Generator) -> None:
        self._calendar, self._chance = world.calendar, chance
        self._due: dict[int, list[Columns]] = {}

    def expect(self, day: int, sold: Batch) -> None:
        """Some of the lines of `day` will come back."""
        drawn = self._chance.random(len(sold))
        chosen = np.flatnonzero((drawn < _SHARE) & (sold["type"] == _SALE))
        if not len(chosen):
            return
        later = self._chance.integers(1, _WITHIN_DAYS + 1, len(chosen))
        some = 1 + (self._chance.random(len(chosen)) * sold["qty"][chosen]).astype(np.int64)
        reason = self._chance.integers(0, len(WORDS["return_reason"]), len(chosen))
        rows: Columns = {name: sold[name][chosen] for name in _KEPT}
        rows |= {"original_document": sold["document"][chosen], "original_line": sold["line"][chosen]}
        rows |= {"qty": some, "reason": reason}
        for after in range(1, _WITHIN_DAYS + 1):
            picked = np.flatnonzero(later == after)
            if len(picked):
                due = self._calendar.next_trading(day + after)
                self._due.setdefault(due, []).append({name: column[picked] for name, column in rows.items()})

    def due(self, day: int, busy: Flags) -> Back:
        """What comes back on `day` to the shops that are `busy`; who finds one shut comes another day."""
        parts = self._due.pop(day, [])
        names = (*_KEPT, "original_document", "original_line", "qty", "reason")
        empty = np.zeros(0, np.int64)
        rows: Columns = {name: np.concatenate([empty, *(part[name] for part in parts)]) for name in names}
        served = busy[rows["location"] - 1]
        if not served.all():
            another = self._calendar.next_trading(day + 1)
            self._due.setdefault(another, []).append({name: column[~served] for name, column in rows.items()})
            rows = {name: column[served] for name, column in rows.items()}
        count = len(rows["qty"])
        qty, price, off = (rows[name] for name in ("qty", "unit_price", "discount"))
        rows["line_total"] = (qty * price * (100 - off) + 50) // 100
        rows["type"] = np.full(count, _RETURN, np.int64)
        rows["void_stage"], rows["approved_by"] = blank(count), blank(count)
        rows["price_override"], rows["qty_changed"] = np.zeros(count, np.int64), np.zeros(count, np.int64)
        return Back(rows["location"] - 1, rows)
