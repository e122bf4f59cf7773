"""Known losses: what shops write off in the evening because it spoiled or broke, with its reason."""

import numpy as np

from perito_simulator.arrays import Flags, blank
from perito_simulator.batch import Columns
from perito_simulator.calendar import DAY
from perito_simulator.entities import PERISHABLE, World
from perito_simulator.people import CLERK
from perito_simulator.stock import Stock
from perito_simulator.words import place_of

WRITTEN_OFF = 21 * 3600 + 10 * 60
_PER_SALE_LINE = 0.006
_EXPIRED, _DAMAGED = place_of("movement_reason", "EXPIRED"), place_of("movement_reason", "DAMAGED")
_WASTE = place_of("movement_type", "waste")


def waste_of(day: int, world: World, stock: Stock, ranged: Flags, chance: np.random.Generator) -> Columns:
    """Ledger entries of a day's waste, one or two units of some of the products that shops have."""
    lines = int(chance.poisson(world.size.lines_per_day * _PER_SALE_LINE))
    shop = chance.integers(0, world.shops, lines)
    product = chance.integers(0, world.size.products, lines)
    key = np.unique(shop * world.size.products + product)
    shop, product = key // world.size.products, key % world.size.products
    there = np.minimum(stock.physical[shop + 1, product], stock.book[shop + 1, product])
    kept = (there > 2) & ranged[shop, product]
    shop, product = shop[kept], product[kept]
    count = len(shop)
    spoils = np.array(PERISHABLE)[world.products.category[product]] & (chance.random(count) < 0.7)
    moments = int(world.calendar.dates[day]) * DAY + WRITTEN_OFF + shop % 25 * 60
    order = np.argsort(moments, kind="stable")
    columns: Columns = {
        "ts": moments,
        "product": product,
        "location": shop + 1,
        "type": np.full(count, _WASTE, np.int64),
        "qty": -chance.integers(1, 3, count),
        "unit_cost": world.prices.cost(day)[product],
        "ref_type": blank(count),
        "ref_id": blank(count),
        "ref_line": blank(count),
        "user": world.people.one_of(shop + 1, CLERK, product + day),
        "reason": np.where(spoils, _EXPIRED, _DAMAGED),
    }
    return {name: column[order] for name, column in columns.items()}
