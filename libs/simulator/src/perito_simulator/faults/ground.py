"""What plants stand in: the world that is being made, what is taken already, and the plants so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from perito_simulator.arrays import Flags, Ints
from perito_simulator.batch import Batch
from perito_simulator.demand import Demand
from perito_simulator.entities import World
from perito_simulator.faults.strength import Strength
from perito_simulator.house import limit_of
from perito_simulator.stock import Stock
from perito_simulator.truth import Days, SourceRow

_EPOCH = date(1970, 1, 1)


@dataclass
class Plant:
    """Something planted, a fault or an oddity. `cents` is what it costs; `rows` come when they are written.

    `touched` counts the rows of a plant that names only some of them. `of_file`: its entity `file` is the file of its
    rows. `undated`: what tells it names no days. `goods`: places and products whose shelves it emptied behind the
    books.
    """

    kind: str
    number: int
    entities: dict[str, str]
    first: int
    last: int
    cents: int | None = None
    rows: list[SourceRow] = field(default_factory=list[SourceRow])
    touched: int = 0
    of_file: bool = False
    undated: bool = False
    goods: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])


class Ground:
    """One per run. Products at places are taken once and never given back."""

    def __init__(self, world: World, demand: Demand, strength: Strength | None = None) -> None:
        self.world, self.demand, self.strength = world, demand, strength
        self.plants: list[Plant] = []
        self.limit = 0
        """Cents up to which an order needs no further approval, from the first day on."""
        self._stock: Stock | None = None
        self._taken: Flags = np.zeros((world.locations, world.size.products), np.bool_)
        self._people: set[int] = set()
        self._suppliers: dict[str, set[int]] = {}

    @property
    def stock(self) -> Stock:
        """Goods and books as they are now. Raises RuntimeError before the first day."""
        if self._stock is None:
            raise RuntimeError("there is no stock before the first day")
        return self._stock

    def have(self, stock: Stock) -> None:
        """Takes note of the stock."""
        self._stock = stock
        if not self.limit:
            self.limit = limit_of(self.world, self.demand)

    @property
    def days(self) -> int:
        """Days of the books."""
        return len(self.world.calendar)

    def taken_at(self) -> Ints:
        """How many products are taken at each place alone, and not everywhere."""
        return (self._taken & ~self._taken.all(axis=0)).sum(axis=1)

    def free(self, location: Ints, product: Ints) -> Flags:
        """Which keys nobody has taken."""
        return ~self._taken[location, product]

    def take(self, location: int, product: int) -> None:
        """A plant touches this product at this place."""
        self._taken[location, product] = True

    def take_everywhere(self, product: int) -> bool:
        """A plant touches this product at all places; False, and nothing is taken, where one has it already."""
        if self._taken[:, product].any():
            return False
        self._taken[:, product] = True
        return True

    def people(self, role: int, count: int, chance: np.random.Generator, shop: int | None = None) -> list[int]:
        """Up to `count` people of a role whom no plant has yet (in one shop where it is given), who are taken now."""
        people = self.world.people
        there = (people.role == role) & ((people.location > 0) if shop is None else (people.location == shop + 1))
        return _taken_of(np.flatnonzero(there), self._people, count, chance)

    def suppliers(self, count: int, chance: np.random.Generator, of: str, largest: int = 0) -> list[int]:
        """Up to `count` suppliers of which no plant has `of` (amounts, numbers, names) yet; they are taken now. Of the
        `largest` by what is bought of them, where that is given."""
        units = (self.demand.base * self.demand.units_per_line).sum(axis=0) * self.world.prices.last_cost
        bought = np.bincount(self.world.products.supplier, weights=units, minlength=self.world.size.suppliers)
        ranked = np.argsort(-bought, kind="stable")
        return _taken_of(ranked[: largest or len(ranked)], self._suppliers.setdefault(of, set()), count, chance)

    def plenty(self, batch: Batch, least: int) -> Flags:
        """Rows of whose product books and shelf have `least` units, and as many more as are sold in ten days."""
        key = batch["location"], batch["product"]
        there = np.minimum(self.stock.book[key], self.stock.physical[key])
        sold = self.demand.base * self.demand.units_per_line
        return there >= least + 10 * np.where(key[0] > 0, sold[np.maximum(key[0] - 1, 0), key[1]], 0)

    def cost(self, day: int, product: int) -> int:
        """Cents that one unit costs on that day."""
        return int(self.world.prices.cost(day)[product])

    def code(self, domain: str, place: int) -> str:
        """What the books write for an entity."""
        return self.world.codes[domain][place].decode()

    def document(self, number: int) -> str:
        """What the books write for a document."""
        return self.world.numbering.text(number)

    def key(self, location: int, product: int) -> dict[str, str]:
        """A product at a place, as entities."""
        return {"product": self.code("product", product), "location": self.code("location", location)}

    def plant(
        self, kind: str, entities: Mapping[str, str], day: int, *, cents: int | None = None, last: int | None = None
    ) -> Plant:
        """Notes a plant of the days `day` to `last`. Its number marks its rows."""
        planted = Plant(kind, len(self.plants), dict(entities), day, day if last is None else last, cents)
        self.plants.append(planted)
        return planted

    def goods_of(self, planted: Plant) -> dict[str, frozenset[str]]:
        """The goods of a plant as the books call them: products by location."""
        found: dict[str, set[str]] = {}
        for location, product in planted.goods:
            found.setdefault(self.code("location", location), set()).add(self.code("product", product))
        return {location: frozenset(products) for location, products in found.items()}

    def noted(self, number: int, file: str, record: int) -> None:
        """A row of a plant got its place."""
        self.plants[number].rows.append(SourceRow(file, record))

    def days_of(self, planted: Plant) -> Days:
        """Dates of a plant."""
        if planted.undated:
            return Days()
        first = _EPOCH + timedelta(days=self.world.calendar.first_date)
        return Days(first + timedelta(days=planted.first), first + timedelta(days=planted.last))


def _taken_of(candidates: Ints, taken: set[int], count: int, chance: np.random.Generator) -> list[int]:
    free = [one for one in chance.permutation(candidates).tolist() if one not in taken][:count]
    taken.update(free)
    return free


def money_of(cents: int | None) -> Decimal | None:
    """Cents as an amount."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def spread(count: int, window: tuple[float, float], days: int, chance: np.random.Generator) -> list[int]:
    """`count` days over the part `window` of the books, one in each of as many equal stretches, in order."""
    first, last = window[0] * days, window[1] * days
    at = first + (np.arange(count) + chance.random(count)) * (last - first) / max(count, 1)
    found: Sequence[int] = at.astype(np.int64).tolist()
    return list(found)
