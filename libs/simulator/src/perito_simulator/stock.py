"""What the books say is there, and what is there.

Both are kept for every location (row 0 is the warehouse) and product. On honest books they agree except between a loss
and the count that finds it; a theft that is planted takes from `physical` alone.
"""

import numpy as np

from perito_simulator.arrays import Ints


class Stock:
    """Units on hand. `arriving` are units under way to each shop, `ordered` units ordered and not yet received."""

    def __init__(self, opening: Ints) -> None:
        self.book: Ints = opening.copy()
        self.physical: Ints = opening.copy()
        self.arriving: Ints = np.zeros((opening.shape[0] - 1, opening.shape[1]), np.int64)
        self.ordered: Ints = np.zeros(opening.shape[1], np.int64)

    def move_goods(self, key: Ints, qty: Ints) -> None:
        """Goods move; keys are location times products plus product, and may stand several times."""
        _add(self.physical, key, qty)

    def move_books(self, key: Ints, qty: Ints) -> None:
        """The books say that goods moved."""
        _add(self.book, key, qty)


def _add(units: Ints, key: Ints, qty: Ints) -> None:
    if len(key) * 8 > units.size:
        units += np.bincount(key, weights=qty, minlength=units.size).astype(np.int64).reshape(units.shape)
    else:
        np.add.at(units.reshape(-1), key, qty)
