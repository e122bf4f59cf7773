"""Lines become tickets: which lines one customer buys together, and when."""

import numpy as np

from perito_simulator.arrays import Ints, order_by

_LINES_PER_TICKET = 2.6
OPENS, CLOSES = 9 * 3600, 21 * 3600
_PEAKS = ((0.55, 12.0, 1.6), (0.45, 18.5, 1.5))  # share, hour, spread in hours


class Tickets:
    """`of_line` gives each line (those sold, then those brought back) its ticket; tickets are in the order of their
    time; `order` puts the lines in the order of their tickets. `shop` and `second` (of the day) are per ticket."""

    def __init__(self, shop: Ints, second: Ints, of_line: Ints) -> None:
        self.shop, self.second, self.of_line = shop, second, of_line
        self.order = order_by(of_line)
        self.kept: dict[str, Ints] = {}

    def keep(self, **columns: Ints) -> None:
        """Further columns per ticket."""
        self.kept.update(columns)

    def draw(self, chance: np.random.Generator, below: Ints) -> Ints:
        """A whole number from 0 to less than `below` for each ticket."""
        return (chance.random(len(below)) * below).astype(np.int64)


def tickets_of(sold: Ints, back: Ints, shops: int, chance: np.random.Generator) -> Tickets:
    """`sold` and `back` are the shops of the lines sold and brought back; each of those has its own ticket."""
    lines = np.bincount(sold, minlength=shops)
    slots = np.ceil(lines / _LINES_PER_TICKET).astype(np.int64)
    first = np.cumsum(slots) - slots
    slot = first[sold] + (chance.random(len(sold)) * slots[sold]).astype(np.int64)
    sales = int(slots.sum())
    shop = np.concatenate((np.repeat(np.arange(shops, dtype=np.int64), slots), back))
    second = _seconds(len(shop), chance)
    of_line = np.concatenate((slot, sales + np.arange(len(back), dtype=np.int64)))
    order = order_by(second)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order), dtype=np.int64)
    return Tickets(shop[order], second[order], rank[of_line])


def _seconds(count: int, chance: np.random.Generator) -> Ints:
    """Moments of a day, most of them at noon and in the evening."""
    evening = chance.random(count) >= _PEAKS[0][0]
    drawn = chance.standard_normal(count)
    noon_hour = _PEAKS[0][1] + drawn * _PEAKS[0][2]
    evening_hour = _PEAKS[1][1] + drawn * _PEAKS[1][2]
    seconds = (np.where(evening, evening_hour, noon_hour) * 3600).astype(np.int64)
    return OPENS + (seconds - OPENS) % (CLOSES - OPENS)
