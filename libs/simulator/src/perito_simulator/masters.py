"""The master feeds: what the retailer's entities look like in its books."""

from collections.abc import Mapping

import numpy as np

from perito_simulator.arrays import NOTHING, Ints, Texts
from perito_simulator.batch import Batch
from perito_simulator.demand import Demand
from perito_simulator.entities import CATEGORIES, PERISHABLE, World
from perito_simulator.feeds import FEEDS
from perito_simulator.house import calendars_of, limits_of
from perito_simulator.people import ACCOUNTANT, CASHIER
from perito_simulator.purchasing import Purchasing
from perito_simulator.replenishment import Replenishment

CURRENCY, TIMEZONE = "EUR", "Europe/Madrid"
_CITIES = ("Madrid", "Sevilla", "Valencia", "Bilbao", "Zaragoza", "Vigo", "Murcia", "Palma", "Burgos", "Huelva")
_FIRST = (
    "Ana",
    "Luis",
    "Marta",
    "Jorge",
    "Elena",
    "Pablo",
    "Rosa",
    "Diego",
    "Laura",
    "Hugo",
    "Irene",
    "Marcos",
    "Clara",
)
_LAST = ("Ortiz", "Vega", "Soler", "Campos", "Rivas", "Pardo", "Luna", "Prieto", "Ferrer", "Mora", "Gil")
_KINDS = ("Classic", "Select", "Organic", "Family", "Light", "Premium", "Daily", "Gold")
_TRADES = ("Foods", "Trading", "Wholesale", "Imports", "Mills", "Supply")
_STREETS = ("Olmo", "Encina", "Real", "Mayor", "Sol", "Luna", "Rio", "Prado", "Fuente", "Nogal", "Arroyo", "Cruz")
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_SPACE = 6


def masters_of(world: World, demand: Demand, supply: tuple[Purchasing, Replenishment]) -> list[Batch]:
    """Every master feed, in the order in which files are listed."""
    promotions = demand.promotions
    return [
        _products(world),
        _suppliers(world),
        _locations(world, demand, *supply),
        _users(world),
        _customers(world),
        _batch(
            "tills",
            till=np.arange(len(world.codes["till"]), dtype=np.int64),
            location=np.repeat(np.arange(world.shops, dtype=np.int64), world.places.tills) + 1,
            opening_float=np.full(len(world.codes["till"]), 15_000, np.int64),
        ),
        _batch(
            "lanes",
            from_location=np.zeros(world.shops, np.int64),
            to_location=np.arange(1, world.shops + 1, dtype=np.int64),
            transit_days=world.places.transit,
            trip_cost=4_500 + 2_300 * world.places.transit,
        ),
        _batch(
            "promotions",
            promotion=np.arange(len(promotions.product), dtype=np.int64),
            product=promotions.product,
            starts=promotions.starts + world.calendar.first_date,
            ends=promotions.ends + world.calendar.first_date,
            price=promotions.price,
        ),
        calendars_of(world, demand),
        limits_of(supply[0].limit),
    ]


def _batch(feed: str, texts: Mapping[str, Texts] | None = None, **columns: Ints) -> Batch:
    # Copies: what is planted in a master's file leaves the world as it is.
    return Batch(FEEDS[feed], {name: column.copy() for name, column in columns.items()}, texts)


def _products(world: World) -> Batch:
    count = world.size.products
    kinds = [f"{CATEGORIES[n % len(CATEGORIES)]} {_KINDS[n // 12 % 8]} {n // 96 + 1}" for n in range(count)]
    texts = {
        "name": _texts(kinds),
        "gtin": world.products.gtin,
    }
    return _batch(
        "products",
        texts,
        product=np.arange(count, dtype=np.int64),
        category=world.products.category,
        supplier=world.products.supplier,
        unit_cost=world.prices.last_cost,
        unit_price=world.prices.retail,
        units_per_pack=world.products.pack,
        base_uom=np.zeros(count, np.int64),
        perishable=np.array(PERISHABLE, np.int64)[world.products.category],
    )


def _suppliers(world: World) -> Batch:
    count = world.size.suppliers
    texts = {
        "name": _texts([f"{_LAST[n % 11]} {_TRADES[n // 11 % 6]} {n + 1}" for n in range(count)]),
        "tax_id": _texts([f"B{84_000_000 + 7_919 * n}" for n in range(count)]),
        "bank_account": _texts([_account(2, n) for n in range(count)]),
        "address": _texts([f"Poligono {_LAST[n * 5 % 11]} nave {n * 3 + 1}" for n in range(count)]),
        "city": _texts([_CITIES[n * 3 % 10] for n in range(count)]),
        "phone": _texts([f"91{7_000_000 + 3_571 * n % 1_000_000:07d}" for n in range(count)]),
    }
    return _batch(
        "suppliers",
        texts,
        supplier=np.arange(count, dtype=np.int64),
        quoted_lead_days=world.suppliers.quoted_lead,
        created_at=world.calendar.first_date - 400 - (np.arange(count, dtype=np.int64) * 233) % 3_000,
        created_by=world.people.one_of(0, ACCOUNTANT, np.arange(count, dtype=np.int64)),
    )


def _locations(world: World, demand: Demand, purchasing: Purchasing, replenishment: Replenishment) -> Batch:
    count = world.locations
    shops = np.arange(world.shops, dtype=np.int64)
    room = [
        int(purchasing.levels(0)[1].sum()),
        *(int(replenishment.levels(0, shops[n : n + 1])[1].sum()) for n in shops),
    ]
    cities = [_CITIES[n % 10] for n in range(count)]
    old = world.calendar.first_date - 700 - np.arange(count, dtype=np.int64) * 113 % 3_000
    opens = np.concatenate((np.zeros(1, np.int64), demand.opens))
    names = ["Central warehouse", *(f"Shop {city} {n}" for n, city in enumerate(cities[1:], 1))]
    texts = {
        "name": _texts(names),
        "city": _texts(cities),
        "timezone": _texts([TIMEZONE] * count),
        "currency": _texts([CURRENCY] * count),
    }
    return _batch(
        "locations",
        texts,
        location=np.arange(count, dtype=np.int64),
        type=(np.arange(count) > 0).astype(np.int64),
        opened=np.where(opens > 0, world.calendar.first_date + opens, old),
        capacity_units=(np.array(room, np.int64) * _SPACE // 100 + 1) * 100,
    )


def _users(world: World) -> Batch:
    people = world.people
    count = len(people.role)
    texts = {
        "name": _texts([_person(n) for n in range(count)]),
        "address": _texts([f"Calle {_STREETS[n % 12]} {n // 12 + 1} piso {n * 7 % 9 + 1}" for n in range(count)]),
        "phone": _texts([f"6{10_000_000 + 104_729 * n % 90_000_000:08d}" for n in range(count)]),
        "bank_account": _texts([_account(1, n) for n in range(count)]),
        "tax_id": _texts([_tax_number(20_000_000 + 31_337 * n % 60_000_000) for n in range(count)]),
    }
    return _batch(
        "users",
        texts,
        user=np.arange(count, dtype=np.int64),
        role=people.role,
        location=people.location,
        hired=world.calendar.first_date - 30 - (np.arange(count, dtype=np.int64) * 397) % 3_600,
    )


def _customers(world: World) -> Batch:
    people = world.people
    shop = np.repeat(np.arange(world.shops, dtype=np.int64), people.customers)
    card = np.arange(len(shop), dtype=np.int64) - people.first_customer[shop]
    staff = card < people.staff_cards(shop)
    return _batch(
        "customers",
        {"name": _texts([_person(n * 17 + 5) for n in range(len(shop))])},
        customer=np.arange(len(shop), dtype=np.int64),
        since=world.calendar.first_date - 10 - (np.arange(len(shop), dtype=np.int64) * 61) % 2_500,
        employee=np.where(staff, people.first[shop + 1, CASHIER] + card, NOTHING),
    )


def _person(n: int) -> str:
    return f"{_FIRST[n % 13]} {_LAST[n // 13 % 11]} {_LAST[n * 7 % 11]}"


def _tax_number(number: int) -> str:
    return f"{number:08d}{_LETTERS[number % 23]}"


def _account(kind: int, n: int) -> str:
    return f"ES{10 + n % 89:02d}{kind:04d}{1_000 + n * 37 % 9_000:04d}{n * 7_919_993 % 10**12:012d}"


def promotion_codes(count: int) -> Texts:
    """What the books write for promotions."""
    return _texts([f"PR{n + 1:05d}" for n in range(count)]) if count else np.zeros(0, "S7")


def _texts(texts: list[str]) -> Texts:
    return np.array([text.encode() for text in texts], np.bytes_)
