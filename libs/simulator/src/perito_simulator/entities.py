"""The retailer's entities: products, suppliers, places, people, tills and customers, as columns of numbers.

An entity is known everywhere by its place in its table; `codes` holds what the books write for it. Place 0 of the
locations is the warehouse, shop n stands at n + 1.
"""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import Floats, Ints, Texts
from perito_simulator.calendar import Calendar, calendar_of, season
from perito_simulator.documents import Numbering, numbering
from perito_simulator.people import STRANGERS, People, people_of
from perito_simulator.pricing import Prices, prices_of
from perito_simulator.size import Size

CATEGORIES = (
    "Coffee",
    "Tea",
    "Pasta",
    "Rice",
    "Preserves",
    "Oil",
    "Sweets",
    "Drinks",
    "Cleaning",
    "Paper",
    "Ice",
    "Toys",
)
_PEAKS = (15, 20, 40, 60, 300, 330, 350, 205, 90, 180, 200, 345)  # day of the year on which each category sells best
_SWINGS = (0.15, 0.2, 0.08, 0.06, 0.15, 0.1, 0.25, 0.35, 0.06, 0.04, 0.55, 0.35)
PERISHABLE = (False, False, False, False, False, False, True, False, False, False, True, False)
_PACKS = (4, 6, 6, 8, 10, 12, 12, 24)


@dataclass(frozen=True)
class Products:
    """One row per product. `pack` is base units in a carton; `bulk` the chance of a second unit on a sale line,
    `measure` the units of which a line is some: 1 of what is counted, more of what is measured."""

    category: Ints
    supplier: Ints
    pack: Ints
    popularity: Floats
    bulk: Floats
    measure: Ints
    gtin: Texts


@dataclass(frozen=True)
class Suppliers:
    """One row per supplier. Lead times are days; `weekday` is when it takes orders."""

    quoted_lead: Ints
    lead_spread: Floats
    weekday: Ints


@dataclass(frozen=True)
class Places:
    """`size` and `transit` (days from the warehouse) have one row per shop, `count_weekday` one per location."""

    size: Floats
    transit: Ints
    count_weekday: Ints
    tills: Ints


@dataclass(frozen=True)
class World:
    """All that stands before the first day."""

    size: Size
    calendar: Calendar
    products: Products
    suppliers: Suppliers
    places: Places
    people: People
    prices: Prices
    codes: dict[str, Texts]
    numbering: Numbering

    @property
    def shops(self) -> int:
        """How many shops."""
        return self.size.shops

    @property
    def locations(self) -> int:
        """Shops and the warehouse."""
        return self.size.shops + 1


def world_of(size: Size, streams: dict[str, np.random.Generator]) -> World:
    """The entities of a retailer of `size`. The same streams give the same."""
    chance = streams["entities"]
    calendar = calendar_of(size.first_day, size.days)
    suppliers = _suppliers(size.suppliers, chance)
    places = _places(size, chance)
    products = _products(size, chance)
    people = people_of(size.shops, size.lines_per_day * places.size / places.size.sum(), places.tills, chance)
    codes = {
        "product": _numbered("A", size.products, 1001),
        "supplier": _numbered("S", size.suppliers, 1),
        "location": np.concatenate((np.array([b"WH01"]), _numbered("T", size.shops, 1))),
        "category": np.array([name.encode() for name in CATEGORIES]),
        "user": _numbered("U", len(people.role), 1),
        "customer": _numbered("C", int(people.customers.sum()), 1),
        "till": _till_codes(places.tills),
        "card": _numbered("K", int(people.customers.sum()) * (1 + STRANGERS), 100_001),
    }
    prices = prices_of(size.products, products.supplier, calendar, streams["prices"])
    numbers = numbering(codes["location"][1:], codes["supplier"])
    return World(size, calendar, products, suppliers, places, people, prices, codes, numbers)


def _products(size: Size, chance: np.random.Generator) -> Products:
    count = size.products
    return Products(
        category=np.arange(count, dtype=np.int64) % len(CATEGORIES),
        supplier=chance.permutation(np.arange(count, dtype=np.int64) % size.suppliers),
        pack=np.array(_PACKS, np.int64)[chance.integers(0, len(_PACKS), count)],
        popularity=chance.lognormal(0.0, 0.9, count),
        bulk=chance.uniform(0.1, 0.4, count),
        measure=np.ones(count, np.int64),
        gtin=_gtins(chance.choice(10**9, count, replace=False).astype(np.int64)),
    )


def _suppliers(count: int, chance: np.random.Generator) -> Suppliers:
    return Suppliers(
        quoted_lead=chance.integers(3, 15, count),
        lead_spread=chance.uniform(0.05, 0.3, count),
        weekday=np.arange(count, dtype=np.int64) % 5,
    )


def _places(size: Size, chance: np.random.Generator) -> Places:
    scale = chance.lognormal(0.0, 0.3, size.shops)
    lines = size.lines_per_day * scale / scale.sum()
    return Places(
        size=scale,
        transit=chance.integers(1, 4, size.shops),
        count_weekday=chance.integers(0, 5, size.shops + 1),
        tills=np.clip(np.ceil(lines / 250), 2, 12).astype(np.int64),
    )


def season_of(world: World) -> Floats:
    """Demand of each category (column) on each day (row) against its mean."""
    return np.stack([season(world.calendar.dates, p, s) for p, s in zip(_PEAKS, _SWINGS, strict=True)], axis=1)


def _numbered(letter: str, count: int, first: int) -> Texts:
    width = len(str(first + count - 1)) if first > 1 else max(2, len(str(count)))
    return np.array([f"{letter}{first + n:0{width}d}".encode() for n in range(count)])


def _till_codes(tills: Ints) -> Texts:
    return np.array(
        [f"T{shop + 1:02d}-{till + 1}".encode() for shop, n in enumerate(tills.tolist()) for till in range(n)]
    )


def _gtins(numbers: Ints) -> Texts:
    """EAN-13 of a made-up company with prefix 849: nine digits of our own, and the check digit."""
    texts: list[bytes] = []
    for number in numbers.tolist():
        body = f"849{number:09d}"
        total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
        texts.append(f"{body}{-total % 10}".encode())
    return np.array(texts)
