"""Two years of a distributor with five warehouses, day by day: what was ordered, received, moved, sold and counted.

Stock is never told what it should be: it is what the days leave, so that opening and movements explain every closing.
How often something happens is drawn; how often each defect happens is not.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

WAREHOUSES = ("WH-LAG1", "WH-LAG2", "WH-IBD", "WH-ABJ", "WH-PHC")
FIRST, LAST, BARGAIN = date(2024, 7, 1), date(2026, 6, 30), date(2025, 3, 10)
PRODUCTS, SUPPLIERS, CUSTOMERS, EMPLOYEES = 34, 12, 300, 40
TRANSFERS, LATE_LINES, CHEAP_LINES, RETURNS = 222, 59, 18, 140
REASONS = ("DAMAGE", "EXPIRY", "SHRINKAGE")
LANES = [(a, b) for a in WAREHOUSES for b in WAREHOUSES if a != b]

Key = tuple[str, str]
"""Warehouse and product."""


@dataclass(frozen=True)
class Product:
    code: str
    supplier: str
    cost: int
    price: int
    per_carton: int


@dataclass
class Order:
    """One order line; `received` may lie after the books end."""

    number: int
    ordered: date
    key: Key
    qty: int
    cost: int
    promised: date
    received: date


@dataclass(frozen=True)
class Sale:
    number: int
    day: date
    key: Key
    qty: int
    customer: str


@dataclass
class World:
    """All that happened. `ledger` holds (day, type, key, signed quantity, reference) in the order of entry."""

    chance: Random
    products: dict[str, Product] = field(default_factory=dict[str, Product])
    quoted: dict[str, int] = field(default_factory=dict[str, int])
    transit: dict[Key, int] = field(default_factory=dict[Key, int])
    stock: dict[Key, int] = field(default_factory=dict[Key, int])
    orders: list[Order] = field(default_factory=list[Order])
    arriving: dict[date, list[Order]] = field(default_factory=dict[date, list[Order]])
    on_order: set[Key] = field(default_factory=set[Key])
    ledger: list[tuple[date, str, Key, int, str]] = field(default_factory=list[tuple[date, str, Key, int, str]])
    sales: list[Sale] = field(default_factory=list[Sale])
    lost: list[tuple[date, Key, int, str]] = field(default_factory=list[tuple[date, Key, int, str]])
    transfers: list[tuple[int, date, str, Key, str, int]] = field(
        default_factory=list[tuple[int, date, str, Key, str, int]]
    )
    snapshots: dict[tuple[date, Key], int] = field(default_factory=dict[tuple[date, Key], int])
    adjusted: dict[tuple[date, Key], list[int]] = field(default_factory=dict[tuple[date, Key], list[int]])


def live(seed: int) -> World:
    """The two years. The same seed gives the same world."""
    world = World(Random(seed))  # noqa: S311  # test data, not secrets
    _found(world)
    days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
    moving = sorted(world.chance.choices(range(20, len(days) - 20), k=TRANSFERS))
    for number, day in enumerate(days):
        _receive(world, day)
        for _ in range(moving.count(number)):
            _transfer(world, day)
        _sell(world, day)
        if (day + timedelta(1)).day == 1:
            _close_month(world, day)
        _order(world, day)
        if day == BARGAIN:
            _order_cheaply(world)
    _order_late(world)
    return world


def _found(world: World) -> None:
    chance = world.chance
    world.quoted = {f"SUP-{n:02}": chance.randint(4, 18) for n in range(1, SUPPLIERS + 1)}
    for n in range(1, PRODUCTS + 1):
        cost = chance.randint(8, 400) * 100
        code = f"PRD-{n:04}"
        price = cost * chance.randint(112, 135) // 100
        supplier = chance.choice(list(world.quoted))
        world.products[code] = Product(code, supplier, cost, price, chance.choice((6, 12, 20, 24, 48, 65)))
        for warehouse in WAREHOUSES:
            world.stock[warehouse, code] = chance.randint(20, 90)
    world.transit = {lane: chance.randint(1, 4) for lane in LANES}


def _receive(world: World, day: date) -> None:
    for line in world.arriving.pop(day, []):
        world.stock[line.key] += line.qty
        world.on_order.discard(line.key)
        world.ledger.append((day, "RECEIPT", line.key, line.qty, order_number(line)))


def _transfer(world: World, day: date) -> None:
    """Both legs on the day on which the goods leave, whatever the lane takes. Every lane is used."""
    number = len(world.transfers) + 1
    source, target = LANES[number % len(LANES)]
    product = max(world.products, key=lambda code: (world.stock[source, code], code))
    qty = world.chance.randint(1, world.stock[source, product] // 2)
    world.stock[source, product] -= qty
    world.stock[target, product] += qty
    reference = f"TRF-{number:05}"
    world.ledger.append((day, "TRANSFER_OUT", (source, product), -qty, reference))
    world.ledger.append((day, "TRANSFER_IN", (target, product), qty, reference))
    world.transfers.append((number, day, product, (source, target), reference, qty))


def _sell(world: World, day: date) -> None:
    chance = world.chance
    for key in world.stock:
        if chance.random() > (0.13 if key[0] == "WH-LAG1" else 0.09):
            continue
        wanted, there = chance.randint(1, 14), world.stock[key]
        if wanted > there:
            world.lost.append((day, key, wanted - there, "PARTIAL_FILL" if there else "STOCKOUT"))
        sold = min(wanted, there)
        if sold:
            world.stock[key] -= sold
            number = len(world.sales) + 1
            world.sales.append(Sale(number, day, key, sold, f"CUS-{chance.randint(1, CUSTOMERS):05}"))


def _close_month(world: World, day: date) -> None:
    """Adjusts a few products, some in two rows, then writes down what is there."""
    able = [key for key in world.stock if world.stock[key] >= 8]
    for place, key in enumerate(world.chance.sample(able, 8)):
        rows = [-1, -2] if place < 2 else [-world.chance.randint(1, 2)]
        for qty in rows:
            world.stock[key] += qty
            world.ledger.append((day, "ADJUSTMENT", key, qty, world.chance.choice(REASONS)))
        world.adjusted[day, key] = rows
    for key, qty in world.stock.items():
        world.snapshots[day, key] = qty


def _order(world: World, day: date) -> None:
    for key in world.stock:
        if world.stock[key] < 14 and key not in world.on_order and world.chance.random() < 0.5:
            line = _line(world, day, key, world.quoted[world.products[key[1]].supplier] + world.chance.randint(-4, 4))
            if line.received <= LAST:
                world.on_order.add(key)
                world.orders.append(line)
                world.arriving.setdefault(line.received, []).append(line)


def _order_cheaply(world: World) -> None:
    """A delivery of many goods, each in an order of its own and at 0.88 of what it costs."""
    for key in world.chance.sample([key for key in world.stock if key[0] == WAREHOUSES[-1]], CHEAP_LINES):
        line = _line(world, BARGAIN, key, 9)
        line.cost = line.cost * 88 // 100
        world.orders.append(line)
        world.arriving.setdefault(line.received, []).append(line)


def _order_late(world: World) -> None:
    """Orders of the last weeks that arrive when the stock books have ended."""
    for n in range(LATE_LINES):
        key = list(world.stock)[n]
        day = LAST - timedelta(world.chance.randint(0, 20))
        line = _line(world, day, key, (LAST - day).days + world.chance.randint(1, 28))
        line.number = len(world.orders) + 1
        world.orders.append(line)


def _line(world: World, day: date, key: Key, lead: int) -> Order:
    product = world.products[key[1]]
    promised = day + timedelta(world.quoted[product.supplier])
    received = day + timedelta(max(lead, 1))
    qty = world.chance.randint(30, 90)
    return Order(len(world.orders) + 1, day, key, qty, product.cost, promised, received)


def order_number(line: Order) -> str:
    """Number of the purchase order; each has one line."""
    return f"PO-{line.ordered.year}-{line.number:05}"
